"""``qnet timeline``: the pairs that one delivered pair was made of."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from experiments.cli.arguments import add_delivery, add_file, one_delivery, scenario_for

if TYPE_CHECKING:
    from qnet.engines.timeline import PairRecord

__all__ = ["SUMMARY", "add_arguments", "execute"]

SUMMARY = "every pair in the history of one delivered pair, as a table"

_HEAD = ("pair", "step", "nodes", "begun_s", "ready_s", "waited_s", "attempts", "made of")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet timeline``."""
    add_file(parser)
    add_delivery(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Print one line per pair, the delivered one last."""
    from experiments.cli.printer import columns

    traced = one_delivery(scenario_for(arguments, "delivery"), arguments)
    rows = [_row(record, traced.nodes(record)) for record in traced.records]
    print(*columns([_HEAD, *rows]), sep="\n")
    return 0


def _row(record: PairRecord, nodes: str) -> tuple[str, ...]:
    return (
        record.pair,
        record.step,
        nodes,
        f"{record.begun_s:.6g}",
        f"{record.ready_s:.6g}",
        f"{record.waited_s:.6g}",
        "" if record.attempts is None else str(record.attempts),
        " ".join(record.made_of),
    )
