"""Reports on key rates and on runs of key distribution: figures, and the key per second."""

from __future__ import annotations

from typing import Any

from protocols.key_rates.result import KeyRate
from qnet.errors import ParameterError
from qnet.metrics.figures import Figure, Value
from qnet.metrics.report import PER_SECOND, Report

__all__ = ["SAMPLED", "check_engine", "rate_report", "run_report"]

#: The engine of key distribution: it has no other.
SAMPLED = "sampled"

#: Rates that a clock turns into bits per second.
_PER_PULSE = ("secret_key_rate_per_pulse", "secret_key_rate_per_symbol")


def rate_report(scenario: Any, rate: KeyRate, notes: tuple[str, ...] = ()) -> Report:  # noqa: ANN401
    """What is shown of a key rate.

    Args:
        scenario: What was worked out.
        rate: What the analysis gives.
        notes: Remarks on the scenario.
    """
    figures = rate.as_dict()
    if scenario.clock_hz is not None and rate.name in _PER_PULSE:
        figures[PER_SECOND.name] = rate.value * scenario.clock_hz
    table: dict[Figure, Value] = {
        Figure(name=name, title=name): value for name, value in figures.items()
    }
    title = ", ".join(filter(None, dict.fromkeys((scenario.kind, scenario.model, rate.method))))
    method = {"method": rate.method} if rate.method else {}
    return Report(
        name=scenario.name,
        result=rate,
        lines=(f"{scenario.name}: {title}",),
        head={"kind": scenario.kind, "model": scenario.model, **method},
        text=table,
        json=table,
        notes=notes,
        width=28,
        digits=9,
    )


def check_engine(engine: str) -> None:
    """Raise where another engine is asked for than the one that key distribution has.

    Raises:
        ParameterError: If it is another one.
    """
    if engine != SAMPLED:
        hint = "leave --engine out: the circuits are compiled, their outcomes sampled"
        raise ParameterError("engine", "be 'sampled' for key distribution", engine, hint)


def run_report(scenario: Any, result: Any, called: str = "pulses") -> Report:  # noqa: ANN401
    """What is shown of a run.

    Args:
        scenario: What was played.
        result: What came out.
        called: What its rounds are called.
    """
    key, clock_hz = result.secret_key_rate_per_pulse, scenario.clock_hz
    how = f"{result.pulses} {called}, seed {result.seed}; 95 % intervals"
    head = {"kind": scenario.kind, "engine": SAMPLED, "seed": result.seed}
    return Report(
        name=scenario.name,
        result=result,
        lines=(f"{scenario.name}: {scenario.kind}", how),
        head={**head, "pulses": result.pulses},
        extra={PER_SECOND: None if clock_hz is None or key is None else key * clock_hz},
    )
