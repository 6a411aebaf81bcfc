"""``qnet agree``: the same scenario on every engine that can play it."""

from __future__ import annotations

import argparse

from experiments.cli.arguments import Traceable, add_sampling, int_range, scenario_for
from experiments.cli.expectation import announce
from qnet.progress import Progress

__all__ = ["SUMMARY", "add_arguments", "execute"]

SUMMARY = "the same scenario on every engine, differences in standard errors"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet agree``."""
    add_sampling(parser)
    parser.add_argument(
        "--circuit-shots",
        type=int_range(1),
        metavar="N",
        help="delivered pairs as joint circuits (default: 20; of a network 10 a demand and run)",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Print each figure on each engine; the exit code is 1 when they disagree."""
    scenario: Traceable = scenario_for(arguments, "agree")
    with Progress("agree") as progress:
        agreement = scenario.agree(
            shots=arguments.shots,
            seed=arguments.seed,
            circuit_shots=arguments.circuit_shots,
            workers=arguments.workers,
            progress=progress,
            expect=announce,
        )
    print(agreement)
    return 0 if agreement.holds else 1
