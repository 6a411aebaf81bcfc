"""``qnet agree``: the same plan on every engine that can play it."""

from __future__ import annotations

import argparse

from experiments.cli.arguments import add_sampling, chain, int_range
from experiments.cli.expectation import announce
from experiments.cli.progress import Progress

__all__ = ["SUMMARY", "add_arguments", "execute"]

SUMMARY = "the same plan on every engine, differences in standard errors"

#: Delivered pairs on the circuit engine: tenths of a second each, seconds for long chains.
_CIRCUIT_SHOTS = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet agree``."""
    add_sampling(parser)
    parser.add_argument(
        "--circuit-shots", type=int_range(1), metavar="N", help="delivered pairs as joint circuits"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Print each figure on each engine; the exit code is 1 when they disagree."""
    from qnet.engines.agree import agree

    scenario = chain(arguments)
    plan = scenario.plan()
    shots = scenario.shots if arguments.shots is None else arguments.shots
    announce(plan, shots)
    with Progress("agree") as progress:
        agreement = agree(
            plan,
            shots=shots,
            seed=scenario.seed if arguments.seed is None else arguments.seed,
            circuit_shots=arguments.circuit_shots or _CIRCUIT_SHOTS,
            workers=arguments.workers,
            progress=progress,
        )
    print(agreement)
    return 0 if agreement.holds else 1
