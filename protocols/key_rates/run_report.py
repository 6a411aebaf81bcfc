"""Report on a run of key distribution: its figures, and the key per second."""

from __future__ import annotations

from typing import Protocol

from qnet.engines import DEFAULT_ENGINE
from qnet.errors import ParameterError
from qnet.estimate import Estimate
from qnet.metrics.figures import Result
from qnet.metrics.report import PER_SECOND, Report

__all__ = ["check_engine", "run_report"]


class _DrawnScenario(Protocol):
    """A scenario that is drawn pulse by pulse."""

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> str: ...

    @property
    def clock_hz(self) -> float | None: ...


class _Drawn(Result, Protocol):
    """What such a run gives."""

    @property
    def pulses(self) -> int: ...

    @property
    def seed(self) -> int | None: ...

    @property
    def secret_key_rate_per_pulse(self) -> Estimate | None: ...


def check_engine(engine: str) -> None:
    """Raise where another engine is asked for than the one that key distribution has.

    Raises:
        ParameterError: If it is another one.
    """
    if engine != DEFAULT_ENGINE:
        hint = "leave --engine out: the circuits are compiled, their outcomes sampled"
        raise ParameterError("engine", "be 'sampled' for key distribution", engine, hint)


def run_report(scenario: _DrawnScenario, result: _Drawn, called: str = "pulses") -> Report:
    """What is shown of a run.

    Args:
        scenario: What was played.
        result: What came out.
        called: What its rounds are called.
    """
    key, clock_hz = result.secret_key_rate_per_pulse, scenario.clock_hz
    how = f"{result.pulses} {called}, seed {result.seed}; 95 % intervals"
    head = {"kind": scenario.kind, "engine": DEFAULT_ENGINE, "seed": result.seed}
    return Report(
        name=scenario.name,
        result=result,
        lines=(f"{scenario.name}: {scenario.kind}", how),
        head={**head, "pulses": result.pulses},
        extra={PER_SECOND: None if clock_hz is None or key is None else key * clock_hz},
    )
