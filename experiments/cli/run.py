"""``qnet run``: the figures of merit of a scenario."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, Protocol

from experiments.cli.arguments import add_json, add_sampling, changes
from experiments.cli.expectation import announce
from experiments.cli.progress import Progress
from qnet.errors import ParameterError

if TYPE_CHECKING:
    from qnet.metrics.report import Report

__all__ = ["SUMMARY", "Playable", "add_arguments", "execute"]

SUMMARY = "rate, fidelity, error rates and secret-key rate of a scenario"


class Playable(Protocol):
    """What the description of a kind of scenario offers, so that ``qnet run`` plays it."""

    def play(self, **how: Any) -> Any:  # noqa: ANN401 - the result of its kind
        """Play it: ``engine``, ``shots``, ``seed``, ``workers``, ``progress``, ``expect``."""

    def report(self, result: Any, *, distribution: bool = False) -> Report:  # noqa: ANN401
        """What is shown of a result."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet run``."""
    add_sampling(parser)
    from qnet.engines import DEFAULT_ENGINE, ENGINES

    parser.add_argument(
        "--engine",
        choices=tuple(ENGINES),
        default=DEFAULT_ENGINE,
        help="; ".join(f"{engine.name}: {engine.sentence}" for engine in ENGINES.values()),
    )
    parser.add_argument(
        "--distribution",
        action="store_true",
        help="with --engine exact: when pairs come; with --json the whole distribution",
    )
    parser.add_argument(
        "--width",
        type=float,
        metavar="W",
        help="with --engine exact: largest width of a figure (default: 1e-3, or [exact] width)",
    )
    add_json(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Play the scenario and print what came out."""
    from experiments.cli.printer import show
    from qnet.engines import ENGINES
    from qnet.schema import load

    engine = ENGINES[arguments.engine]
    if arguments.distribution and engine.draws:
        hint = "draws have no distribution: add --engine exact"
        raise ParameterError("--distribution", "come with --engine exact", engine.name, hint)
    if arguments.width is not None and "width" not in engine.options:
        hint = "more --shots make the interval of a sampled figure narrower: add --engine exact"
        raise ParameterError("--width", "come with --engine exact", engine.name, hint)
    scenario: Playable = load(arguments.file, use="play", changes=changes(arguments))
    options = {} if arguments.width is None else {"width": arguments.width}
    with Progress(engine.name, unit=engine.unit) as progress:
        result = scenario.play(
            engine=engine.name,
            shots=arguments.shots,
            seed=arguments.seed,
            workers=arguments.workers,
            progress=progress,
            expect=announce,
            **options,
        )
    show(scenario.report(result, distribution=arguments.distribution), arguments)
    return 0
