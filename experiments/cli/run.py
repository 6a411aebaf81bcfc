"""``qnet run``: the figures of merit of a scenario."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from experiments.cli.arguments import add_json, add_sampling, changes
from experiments.cli.expectation import announce
from qnet.errors import ParameterError
from qnet.progress import Progress

if TYPE_CHECKING:
    from qnet.engines import Engine

__all__ = ["SUMMARY", "Playable", "add_arguments", "execute"]

SUMMARY = "rate, fidelity, error rates and secret-key rate of a scenario"


class Playable(Protocol):
    """What the description of a kind of scenario offers, so that ``qnet run`` plays it."""

    def play(self, **how: Any) -> Any:  # noqa: ANN401 - the result of its kind
        """Play it: ``engine``, ``shots``, ``seed``, ``workers``, ``progress``, ``expect``."""

    def report(self, result: Any, *, distribution: bool = False) -> object:  # noqa: ANN401
        """What is shown of a result: a report that `experiments.cli.reports` knows."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet run``."""
    add_sampling(parser)
    from qnet.engines import DEFAULT_ENGINE, ENGINES

    told = "; ".join(f"{engine.name}: {engine.sentence}" for engine in ENGINES.values())
    parser.add_argument(
        "--engine",
        choices=tuple(ENGINES),
        help=f"{told} (default: that of the file, or {DEFAULT_ENGINE})",
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
    from experiments.cli.reports import show
    from qnet.schema import load

    scenario: Playable = load(arguments.file, use="play", changes=changes(arguments))
    engine = _engine(arguments, scenario)
    is_used = _has_applications(scenario)
    options = {} if arguments.width is None else {"width": arguments.width}
    with Progress(engine.name, getattr(scenario, "unit", engine.unit)) as progress:
        result = scenario.play(
            engine=engine.name,
            shots=arguments.shots,
            seed=arguments.seed,
            workers=arguments.workers,
            progress=progress,
            expect=announce,
            **options,
        )
        report = scenario.report(result, distribution=arguments.distribution)
        if is_used:
            report = _with_applications(scenario, report, arguments, progress)
    show(report, arguments)
    return 0


def _has_applications(scenario: Any) -> bool:  # noqa: ANN401
    """Whether applications use the pairs of a network's demands; a wrong name is refused."""
    if scenario.kind != "network" or all(each.application is None for each in scenario.demands):
        return False
    from protocols.applications.services.demand_applications import demand_applications

    return bool(demand_applications(scenario))


def _with_applications(
    scenario: Any,  # noqa: ANN401 - a scenario of a network
    report: Any,  # noqa: ANN401 - its report
    arguments: argparse.Namespace,
    progress: Progress,
) -> object:
    """The report with what the applications of demands are worth."""
    from protocols.applications.services.demand_applications import play_demand_applications

    found = play_demand_applications(
        scenario, seed=arguments.seed, workers=arguments.workers, progress=progress
    )
    return replace(report, applications=found)


def _engine(arguments: argparse.Namespace, scenario: Any) -> Engine:  # noqa: ANN401
    """The engine of the arguments, of the file, or the one that plays everything.

    Raises:
        ParameterError: If an argument is another engine's, or of a chain alone.
    """
    from qnet.engines import DEFAULT_ENGINE, ENGINES

    named = getattr(scenario, "engine", None)
    of_file = named if isinstance(named, str) else DEFAULT_ENGINE
    name = arguments.engine or of_file
    # A kind of scenario may have engines that play nothing else.
    engine = ENGINES.get(name) or replace(ENGINES[DEFAULT_ENGINE], name=name)
    if arguments.distribution and engine.draws:
        hint = "draws have no distribution: add --engine exact"
        raise ParameterError("--distribution", "come with --engine exact", engine.name, hint)
    if arguments.width is not None and "width" not in engine.options:
        hint = "more --shots make the interval of a sampled figure narrower: add --engine exact"
        raise ParameterError("--width", "come with --engine exact", engine.name, hint)
    is_network = scenario.kind in ("network", "key-network")
    for option in ("distribution", "width"):
        value = getattr(arguments, option)
        if is_network and value not in (None, False):
            field, hint = f"--{option}", "play the chain of one route for that"
            raise ParameterError(field, "be left out with a network", value, hint)
    return engine
