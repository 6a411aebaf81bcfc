"""Runs of key-distribution scenarios by ``qnet run``."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from experiments.cli import printer
from qnet.engines import DEFAULT_ENGINE
from qnet.errors import ParameterError

if TYPE_CHECKING:
    from qnet.metrics.figures import Figure, Value

__all__ = ["execute"]


def execute(scenario: Any, arguments: argparse.Namespace) -> int:  # noqa: ANN401 - of any kind
    """Play a scenario of key distribution and print what came out."""
    if arguments.engine != DEFAULT_ENGINE:
        hint = "leave --engine out: the circuits are compiled, their outcomes sampled"
        raise ParameterError("engine", "be 'sampled' for key distribution", arguments.engine, hint)
    result = scenario.play(pulses=arguments.shots, seed=arguments.seed)
    if arguments.json:
        head = {"kind": scenario.kind, "engine": "sampled", "seed": result.seed}
        report = printer.as_json(
            {**head, "pulses": result.pulses},
            _table(result, scenario, "json"),
            result,
            name=scenario.name,
        )
        print(json.dumps(report, allow_nan=False))
    else:
        called, width = ("symbols", 18) if scenario.kind == "cv" else ("pulses", 16)
        title = f"{scenario.name}: {scenario.kind}"
        how = f"{result.pulses} {called}, seed {result.seed}; 95 % intervals"
        table = _table(result, scenario, "text")
        print(printer.as_text([title, how], table, result, width=width))
    return 0


def _table(result: Any, scenario: Any, place: str) -> dict[Figure, Value]:  # noqa: ANN401
    """The figures, and the key per second where the scenario has a clock."""
    key, clock_hz = result.secret_key_rate_per_pulse, scenario.clock_hz
    per_second = None if clock_hz is None or key is None else key * clock_hz
    return {**result.table(place), printer.PER_SECOND: per_second}
