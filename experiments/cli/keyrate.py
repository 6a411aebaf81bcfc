"""``qnet keyrate``: the analytic key rate of a protocol, and the figures on the way to it."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from experiments.cli.arguments import add_file, add_json, changes

if TYPE_CHECKING:
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
    from protocols.key_rates.scenario import read_rate
    from qnet.schema import override, parse, read_text

    values = override(parse(read_text(arguments.file)), changes(arguments))
    scenario, notes = read_rate(values, arguments.file.stem)
    rate = scenario.key_rate()
    table = _table(scenario, rate)
    if arguments.json:
        head = {"kind": scenario.kind, "model": scenario.model}
        report = printer.as_json(head, table, rate, name=scenario.name, notes=notes)
        print(json.dumps(report, allow_nan=False))
    else:
        title = [scenario.kind, *([scenario.model] if scenario.model != scenario.kind else [])]
        lines = [f"{scenario.name}: {', '.join(title)}"]
        print(printer.as_text(lines, table, rate, notes=notes, width=28, digits=9))
    return 0


def _table(scenario: Any, rate: KeyRate) -> dict[Figure, Value]:  # noqa: ANN401 - of any kind
    """The figures in order, by name; bits per second when the file gives a clock rate."""
    from qnet.metrics.figures import Figure

    figures = rate.as_dict()
    if scenario.clock_hz is not None and rate.name in _PER_SECOND:
        figures[_PER_SECOND[rate.name]] = rate.value * scenario.clock_hz
    return {Figure(name=name, title=name): value for name, value in figures.items()}
