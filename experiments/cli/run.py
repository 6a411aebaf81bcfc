"""``qnet run``: the figures of merit of a scenario."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from experiments.cli.arguments import add_json, add_sampling, changes
from experiments.cli.expectation import announce
from experiments.cli.progress import Progress
from qnet.errors import ParameterError

if TYPE_CHECKING:
    from experiments.scenario import Scenario
    from qnet.engines.exact import ExactResult
    from qnet.engines.result import Result

__all__ = ["SUMMARY", "add_arguments", "execute"]

SUMMARY = "rate, fidelity, error rates and secret-key rate of a scenario"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet run``."""
    add_sampling(parser)
    parser.add_argument(
        "--engine",
        choices=("sampled", "exact", "circuit"),
        default="sampled",
        help="sampled: Monte Carlo over the timing; exact: the distribution itself, draws nothing; "
        "circuit: every pair a joint circuit, slow",
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
    from experiments.cli import qkd
    from experiments.cli.report import as_json, as_text
    from experiments.scenario import load

    if qkd.handles(arguments):
        return qkd.execute(arguments)
    engine, distribution = arguments.engine, arguments.distribution
    if distribution and engine != "exact":
        hint = "draws have no distribution: add --engine exact"
        raise ParameterError("--distribution", "come with --engine exact", engine, hint)
    if arguments.width is not None and engine != "exact":
        hint = "more --shots make the interval of a sampled figure narrower: add --engine exact"
        raise ParameterError("--width", "come with --engine exact", engine, hint)
    scenario = load(arguments.file, changes=changes(arguments))
    result: Result | ExactResult
    remarks: tuple[str, ...] = ()
    if engine == "exact":
        result, remarks = _exact(scenario, arguments.width)
    else:
        result = _drawn(scenario, arguments)
    scenario = replace(scenario, notes=(*scenario.notes, *remarks))
    if arguments.json:
        report = as_json(result, scenario, distribution=distribution)
        print(json.dumps(report, allow_nan=False))
    else:
        print(as_text(result, scenario, distribution=distribution))
    return 0


def _exact(scenario: Scenario, width: float | None) -> tuple[ExactResult, tuple[str, ...]]:
    """Nothing is drawn: shots, seed and workers play no part."""
    from experiments.cli.exact import play_scenario

    with Progress("exact", unit="time grids") as progress:
        return play_scenario(scenario, progress, width=width)


def _drawn(scenario: Scenario, arguments: argparse.Namespace) -> Result:
    from qnet.engines import play

    plan = scenario.plan()
    shots = scenario.shots if arguments.shots is None else arguments.shots
    announce(plan, shots)
    with Progress(arguments.engine) as progress:
        found = play(
            plan,
            shots=shots,
            seed=scenario.seed if arguments.seed is None else arguments.seed,
            engine=arguments.engine,
            key=scenario.key,
            workers=arguments.workers,
            progress=progress,
        )
    return cast("Result", found)
