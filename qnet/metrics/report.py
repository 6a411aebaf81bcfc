"""Report on a result: the figures of merit that are shown, with titles, bounds and remarks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from qnet.metrics.figures import Figure, Result, Value

__all__ = ["PER_SECOND", "Report"]

#: The key per second of a protocol with a clock.
PER_SECOND = Figure(name="secret_key_rate_hz", title="key, bit/s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a description of an experiment shows of a result, to be printed as text or as JSON.

    Args:
        name: Of the scenario.
        result: What was found: figures, claim, notes and reason.
        lines: The lines above the table for people.
        head: What JSON begins with: what was played, and how.
        extra: Figures that the description adds to those of the result.
        text: Figures for people, where they are others.
        json: Figures for JSON, where they are others.
        notes: Remarks on the scenario.
        bounds: Bounds on the figures, by name, for JSON.
        details: Further numbers of the run, by name, for JSON.
        warnings: Further warnings, for JSON.
        tail: Lines below the claim, for people.
        width: Fewest characters for the titles, for people.
        digits: Significant digits of plain numbers, for people.

    Examples:
        >>> from qnet import Link, play
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(0.98))
        >>> report = Report(name="one link", result=play(link, engine="exact"), lines=("one link",))
        >>> next(iter(report.table("text"))).title
        'delivery time'
    """

    name: str
    result: Result
    lines: tuple[str, ...]
    head: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[Figure, Value] = field(default_factory=dict)
    text: Mapping[Figure, Value] | None = None
    json: Mapping[Figure, Value] | None = None
    notes: tuple[str, ...] = ()
    bounds: Mapping[str, float | None] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    tail: tuple[str, ...] = ()
    width: int = 16
    digits: int = 6

    def table(self, place: str) -> dict[Figure, Value]:
        """The figures that are shown in a place.

        Args:
            place: ``text`` or ``json``.
        """
        own = self.text if place == "text" else self.json
        return {**(self.result.table(place) if own is None else own), **self.extra}

    @property
    def remarks(self) -> tuple[str, ...]:
        """Notes on the scenario, those on the result, and why there is no key."""
        return (*self.notes, *self.result.notes, *filter(None, [self.result.reason]))
