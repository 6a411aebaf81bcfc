"""``qnet timeline``: the pairs that one delivered pair was made of."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from experiments.cli.arguments import add_file, add_shot, chain
from experiments.cli.expectation import announce_delivery

if TYPE_CHECKING:
    from qnet.engines.timeline import PairRecord

__all__ = ["SUMMARY", "add_arguments", "execute"]

SUMMARY = "every pair in the history of one delivered pair, as a table"

_HEAD = ("pair", "step", "nodes", "begun_s", "ready_s", "waited_s", "attempts", "made of")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet timeline``."""
    add_file(parser)
    add_shot(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Print one line per pair, the delivered one last."""
    from experiments.cli.printer import columns
    from qnet.engines import timeline

    scenario = chain(arguments)
    plan, shots = announce_delivery(scenario, arguments.shot)
    records = timeline(plan, seed=scenario.seed, shot=arguments.shot, shots=shots)
    print(*columns([_HEAD, *map(_row, records)]), sep="\n")
    return 0


def _row(record: PairRecord) -> tuple[str, ...]:
    return (
        record.pair,
        record.step,
        f"{record.left_node}-{record.right_node}",
        f"{record.begun_s:.6g}",
        f"{record.ready_s:.6g}",
        f"{record.waited_s:.6g}",
        "" if record.attempts is None else str(record.attempts),
        " ".join(record.made_of),
    )
