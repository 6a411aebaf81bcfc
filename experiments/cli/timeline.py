"""``qnet timeline``: the pairs that one delivered pair was made of."""

from __future__ import annotations

import argparse

from experiments.cli.expectation import announce

__all__ = ["execute"]

_HEAD = ("pair", "step", "nodes", "begun_s", "ready_s", "waited_s", "attempts", "made of")


def execute(arguments: argparse.Namespace) -> int:
    """Print one line per pair, the delivered one last."""
    from experiments.scenario import load
    from qnet.engines import timeline
    from qnet.engines.sampled import batch_size

    scenario = load(arguments.file)
    shots = max(scenario.shots, arguments.shot + 1)
    plan = scenario.plan()
    announce(plan, min(shots, batch_size(plan)))
    records = timeline(plan, seed=scenario.seed, shot=arguments.shot, shots=shots)
    rows = [_HEAD]
    for record in records:
        rows.append(
            (
                record.pair,
                record.step,
                f"{record.left_node}-{record.right_node}",
                f"{record.begun_s:.6g}",
                f"{record.ready_s:.6g}",
                f"{record.waited_s:.6g}",
                "" if record.attempts is None else str(record.attempts),
                " ".join(record.made_of),
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())
    return 0
