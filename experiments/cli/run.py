"""``qnet run``: the figures of merit of a scenario."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from experiments.cli import qkd
from experiments.cli.expectation import announce
from experiments.cli.progress import Progress
from experiments.cli.report import as_json, as_text
from qnet.errors import ParameterError

if TYPE_CHECKING:
    from protocols.repeaters.chain import Chain
    from qnet.engines.exact import ExactResult
    from qnet.engines.result import Result

__all__ = ["execute"]


def execute(arguments: argparse.Namespace) -> int:
    """Play the scenario and print what came out."""
    if qkd.handles(arguments):
        return qkd.execute(arguments)
    from experiments.scenario import load

    engine, distribution = arguments.engine, arguments.distribution
    if distribution and engine != "exact":
        hint = "draws have no distribution: add --engine exact"
        raise ParameterError("--distribution", "come with --engine exact", engine, hint)
    if arguments.width is not None and engine != "exact":
        hint = "more --shots make the interval of a sampled figure narrower: add --engine exact"
        raise ParameterError("--width", "come with --engine exact", engine, hint)
    scenario = load(arguments.file)
    result: Result | ExactResult
    remarks: tuple[str, ...] = ()
    if engine == "exact":
        result, remarks = _exact(scenario, arguments.width)
    else:
        result = _drawn(scenario, arguments)
    scenario = replace(scenario, remarks=remarks)
    if arguments.json:
        report = as_json(result, scenario, distribution=distribution)
        print(json.dumps(report, allow_nan=False))
    else:
        print(as_text(result, scenario, distribution=distribution))
    return 0


def _exact(scenario: Chain, width: float | None) -> tuple[ExactResult, tuple[str, ...]]:
    """Nothing is drawn: shots, seed and workers play no part."""
    # Local import: it brings SciPy with it.
    from experiments.cli.exact import play_scenario

    with Progress("exact", unit="time grids") as progress:
        return play_scenario(scenario, progress, width=width)


def _drawn(scenario: Chain, arguments: argparse.Namespace) -> Result:
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
