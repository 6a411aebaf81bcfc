"""``qnet keyrate``: the analytic key rate of a protocol, and the figures on the way to it."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from experiments.cli.arguments import add_file, add_json

if TYPE_CHECKING:
    from experiments.scenario.keyrate import Analysis
    from protocols.key_rates import KeyRate
    from qnet.metrics.figures import Figure, Value

__all__ = ["SUMMARY", "add_arguments", "execute"]

SUMMARY = "the analytic key rate of a protocol, finite blocks included"

_PER_SECOND = {
    "secret_key_rate_per_pulse": "secret_key_rate_hz",
    "secret_key_rate_per_symbol": "secret_key_rate_hz",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet keyrate``."""
    add_file(parser)
    add_json(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Work out the rate and print it; a rate of zero comes with its reason."""
    from experiments.cli import printer
    from experiments.scenario.keyrate import load

    analysis = load(arguments.file)
    rate = analysis.work()
    table = _table(analysis, rate)
    if arguments.json:
        head = {"kind": analysis.kind, "model": analysis.model}
        report = printer.as_json(head, table, rate, name=analysis.name, notes=analysis.notes)
        print(json.dumps(report, allow_nan=False))
    else:
        title = [analysis.kind, *([analysis.model] if analysis.model != analysis.kind else [])]
        lines = [f"{analysis.name}: {', '.join(title)}"]
        print(printer.as_text(lines, table, rate, notes=analysis.notes, width=28, digits=9))
    return 0


def _table(analysis: Analysis, rate: KeyRate) -> dict[Figure, Value]:
    """The figures in order, by name; bits per second when the file gives a clock rate."""
    from qnet.metrics.figures import Figure

    figures = rate.as_dict()
    if analysis.clock_hz is not None and rate.name in _PER_SECOND:
        figures[_PER_SECOND[rate.name]] = rate.value * analysis.clock_hz
    return {Figure(name=name, title=name): value for name, value in figures.items()}
