"""Report on an analytic key rate: its figures by name, and the key per second."""

from __future__ import annotations

from typing import Protocol

from protocols.key_rates.result import KeyRate
from qnet.metrics.figures import Figure, Value
from qnet.metrics.report import PER_SECOND, Report

__all__ = ["rate_report"]

#: Rates that a clock turns into bits per second.
_PER_PULSE = ("secret_key_rate_per_pulse", "secret_key_rate_per_symbol")


class _Analysed(Protocol):
    """A scenario whose key rate is worked out."""

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> str: ...

    @property
    def model(self) -> str: ...

    @property
    def clock_hz(self) -> float | None: ...


def rate_report(scenario: _Analysed, rate: KeyRate, notes: tuple[str, ...] = ()) -> Report:
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
    title = ", ".join(dict.fromkeys((scenario.kind, scenario.model)))
    return Report(
        name=scenario.name,
        result=rate,
        lines=(f"{scenario.name}: {title}",),
        head={"kind": scenario.kind, "model": scenario.model},
        text=table,
        json=table,
        notes=notes,
        width=28,
        digits=9,
    )
