"""``qnet keyrate``: the analytic key rate of a protocol, and the figures on the way to it."""

from __future__ import annotations

import argparse

from experiments.cli.arguments import add_file, add_json, values

__all__ = ["SUMMARY", "add_arguments", "execute"]

SUMMARY = "the analytic key rate of a protocol, finite blocks included"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet keyrate``."""
    add_file(parser)
    add_json(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Work out the rate and print it; a rate of zero comes with its reason."""
    from experiments.cli.reports import show
    from protocols.key_rates.report import rate_report
    from protocols.key_rates.scenario import read_rate

    scenario, notes = read_rate(values(arguments), arguments.file.stem)
    show(rate_report(scenario, scenario.key_rate(), notes), arguments)
    return 0
