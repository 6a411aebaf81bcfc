"""``qnet run``: the figures of merit of a scenario."""

from __future__ import annotations

import argparse
import json

from experiments.cli.progress import Progress
from experiments.cli.report import as_json, as_text

__all__ = ["execute"]


def execute(arguments: argparse.Namespace) -> int:
    """Play the scenario and print what came out."""
    from experiments.scenario import load
    from qnet.engines import play

    scenario = load(arguments.file)
    plan = scenario.plan()
    with Progress(arguments.engine) as progress:
        result = play(
            plan,
            shots=scenario.shots if arguments.shots is None else arguments.shots,
            seed=scenario.seed if arguments.seed is None else arguments.seed,
            engine=arguments.engine,
            key=scenario.key,
            workers=arguments.workers,
            progress=progress,
        )
    if arguments.json:
        print(json.dumps(as_json(result, scenario), allow_nan=False))
    else:
        print(as_text(result, scenario))
    return 0
