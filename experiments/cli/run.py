"""``qnet run``: the figures of merit of a scenario."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from experiments.cli.arguments import add_json, add_sampling, changes
from experiments.cli.expectation import announce
from experiments.cli.progress import Progress
from qnet.errors import ParameterError

if TYPE_CHECKING:
    from protocols.repeaters.chain import Chain
    from qnet.engines import ChainResult, Engine

__all__ = ["SUMMARY", "add_arguments", "execute"]

SUMMARY = "rate, fidelity, error rates and secret-key rate of a scenario"


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
    from experiments.cli import qkd
    from experiments.cli.report import as_json, as_text
    from experiments.scenario import read_played
    from qnet.engines import ENGINES
    from qnet.schema import override, parse, read_text

    values = override(parse(read_text(arguments.file)), changes(arguments))
    scenario = read_played(values, arguments.file.stem)
    if scenario.kind != "chain":
        return qkd.execute(scenario, arguments)
    engine = ENGINES[arguments.engine]
    if arguments.distribution and engine.draws:
        hint = "draws have no distribution: add --engine exact"
        raise ParameterError("--distribution", "come with --engine exact", engine.name, hint)
    if arguments.width is not None and "width" not in engine.options:
        hint = "more --shots make the interval of a sampled figure narrower: add --engine exact"
        raise ParameterError("--width", "come with --engine exact", engine.name, hint)
    result = _played(engine, scenario, arguments)
    if arguments.json:
        report = as_json(result, scenario, distribution=arguments.distribution)
        print(json.dumps(report, allow_nan=False))
    else:
        print(as_text(result, scenario, distribution=arguments.distribution))
    return 0


def _played(engine: Engine, scenario: Chain, arguments: argparse.Namespace) -> ChainResult:
    """What the engine finds; one that draws nothing asks for no shots, seed and workers."""
    from qnet.engines import play

    plan, options = scenario.plan(), engine.options_of(scenario)
    if arguments.width is not None:
        options["width"] = arguments.width
    if engine.draws:
        shots = scenario.shots if arguments.shots is None else arguments.shots
        announce(plan, shots)
        options |= {
            "shots": shots,
            "seed": scenario.seed if arguments.seed is None else arguments.seed,
            "workers": arguments.workers,
        }
    with Progress(engine.name, unit=engine.unit) as progress:
        return play(plan, engine=engine.name, key=scenario.key, progress=progress, **options)
