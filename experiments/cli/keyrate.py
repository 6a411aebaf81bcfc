"""``qnet keyrate``: the analytic key rate of a protocol, and the figures on the way to it."""

from __future__ import annotations

import argparse

from experiments.cli.arguments import add_file, add_json, changes

__all__ = ["SUMMARY", "add_arguments", "execute"]

SUMMARY = "the analytic key rate of a protocol, finite blocks included"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet keyrate``."""
    add_file(parser)
    add_json(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Work out the rate and print it; a rate of zero comes with its reason."""
    from experiments.cli.printer import show
    from experiments.scenario.keyrate import load

    analysis = load(arguments.file, changes=changes(arguments))
    show(analysis.report(analysis.work()), arguments)
    return 0
