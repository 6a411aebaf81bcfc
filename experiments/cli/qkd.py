"""Runs of key-distribution scenarios by ``qnet run``."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from experiments.cli import printer
from experiments.scenario.kinds import RUN_KINDS, kind_of
from qnet.engines import DEFAULT_ENGINE
from qnet.errors import ParameterError, UnknownNameError

if TYPE_CHECKING:
    from experiments.scenario.qkd import QkdScenario
    from protocols.qkd import QkdResult
    from qnet.metrics.figures import Figure, Value

__all__ = ["execute", "handles"]


def handles(arguments: argparse.Namespace) -> bool:
    """Whether the file is a key-distribution scenario.

    Raises:
        UnknownNameError: If its kind is neither that nor a chain.
    """
    kind = kind_of(arguments.file)
    if kind is not None and kind not in RUN_KINDS:
        raise UnknownNameError("kind", kind, RUN_KINDS)
    return kind not in (None, "chain")


def execute(arguments: argparse.Namespace) -> int:
    """Play the scenario and print what came out."""
    if arguments.engine != DEFAULT_ENGINE:
        hint = "leave --engine out: the circuits are compiled, their outcomes sampled"
        raise ParameterError("engine", "be 'sampled' for key distribution", arguments.engine, hint)
    if kind_of(arguments.file) == "cv":
        # Local imports: they bring Qiskit and SciPy, which a chain of repeaters may do without.
        from experiments.cli import cv

        return cv.execute(arguments)
    from experiments.scenario.qkd import read_qkd
    from experiments.scenario.read import read_text

    scenario = read_qkd(read_text(arguments.file), name=arguments.file.stem)
    if arguments.shots is not None:
        scenario = scenario.with_pulses(arguments.shots)
    seed = scenario.seed if arguments.seed is None else arguments.seed
    result = scenario.protocol.run(scenario.pulses, seed=seed)
    if arguments.json:
        head = {"kind": scenario.kind, "engine": "sampled", "seed": result.seed}
        report = printer.as_json(
            {**head, "pulses": result.pulses},
            _table(result, scenario, "json"),
            result,
            name=scenario.name,
            notes=scenario.notes,
        )
        print(json.dumps(report, allow_nan=False))
    else:
        title = f"{scenario.name}: {scenario.kind}"
        how = f"{result.pulses} pulses, seed {result.seed}; 95 % intervals"
        table = _table(result, scenario, "text")
        print(printer.as_text([title, how], table, result, notes=scenario.notes))
    return 0


def _table(result: QkdResult, scenario: QkdScenario, place: str) -> dict[Figure, Value]:
    """The figures, and the key per second where the scenario has a clock."""
    key, clock_hz = result.secret_key_rate_per_pulse, scenario.clock_hz
    per_second = None if clock_hz is None or key is None else key * clock_hz
    return {**result.table(place), printer.PER_SECOND: per_second}
