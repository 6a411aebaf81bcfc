"""Results of applications: figures with what they would ideally be, and without entanglement."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

from protocols.applications.figure_table import HEAD, figure_cells, figure_lines
from protocols.applications.needs import Need
from qnet.estimate import Estimate
from qnet.metrics.security import SecurityClaim

__all__ = ["AppFigure", "ApplicationResult", "gain_over", "if_finite"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AppFigure:
    """One figure of an application.

    Args:
        name: As in JSON.
        value: With its interval; several of them; None where it is not known.
        title: In words; the name unless given.
        unit: Of the value.
        meaning: What it says, a clause.
        ideal: The same with perfect states and gates.
        without_entanglement: The same for parties who share no entanglement.
        bound: Where the value is a bound: ``lower`` or ``upper``.
    """

    name: str
    value: Estimate | tuple[Estimate, ...] | None
    title: str = ""
    unit: str = ""
    meaning: str = ""
    ideal: float | tuple[float, ...] | None = None
    without_entanglement: float | tuple[float, ...] | None = None
    bound: str = ""

    @property
    def best(self) -> float | tuple[float, ...] | None:
        """The value without its interval."""
        if isinstance(self.value, tuple):
            return tuple(each.best for each in self.value)
        return None if self.value is None else self.value.best

    def as_dict(self) -> dict[str, Any]:
        """As JSON types."""
        value = self.value
        shown = (
            [each.as_dict() for each in value]
            if isinstance(value, tuple)
            else None
            if value is None
            else value.as_dict()
        )
        said = {
            "title": self.title or None,
            "value": shown,
            "ideal": self.ideal,
            "without_entanglement": self.without_entanglement,
            "unit": self.unit or None,
            "bound": self.bound or None,
            "meaning": self.meaning or None,
        }
        return {name: each for name, each in said.items() if each is not None or name == "value"}


@dataclass(frozen=True, kw_only=True)
class ApplicationResult:
    """What an application is worth on the entanglement that it gets.

    Args:
        application: Its name.
        title: What it is, in words.
        needs: What one round asks for.
        figures: The figure of merit first.
        duration: Mean time until the entanglement of a round is there, in s; None of given states.
        engine: What played the deliveries.
        seed: Seed of what was drawn.
        rounds: Number of rounds that were drawn; 0 where nothing was.
        source: Where the states come from.
        security: What secret bits claim; None where there are none.
        notes: What a reader should know, one sentence each.
        more: Further results of an application, as JSON types.
        references: Keys of the bibliography.
    """

    application: str
    title: str
    needs: tuple[Need, ...]
    figures: tuple[AppFigure, ...]
    duration: Estimate | None = None
    engine: str = "given"
    seed: int | None = None
    rounds: int = 0
    source: str = "given states"
    security: SecurityClaim | None = None
    notes: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)
    references: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> AppFigure:
        """A figure by its name.

        Raises:
            KeyError: If there is none.
        """
        return next(iter(each for each in self.figures if each.name == name), None) or _no(name)

    @property
    def merit(self) -> AppFigure:
        """The figure of merit."""
        return self.figures[0]

    @property
    def rate_hz(self) -> Estimate | None:
        """Rounds per second that the entanglement allows."""
        return None if self.duration is None else self.duration.inverse()

    def as_dict(self) -> dict[str, Any]:
        """As JSON types."""
        rate = self.rate_hz
        return {
            "kind": "application",
            "name": self.application,
            "title": self.title,
            "source": self.source,
            "engine": self.engine,
            "seed": self.seed,
            "rounds": self.rounds,
            "needs": [
                {"state": each.state, "parties": list(each.parties), "number": each.number}
                for each in self.needs
            ],
            "figure_of_merit": self.merit.name,
            "figures": {each.name: each.as_dict() for each in self.figures},
            "duration_s": None if self.duration is None else self.duration.as_dict(),
            "round_rate_hz": None if rate is None else rate.as_dict(),
            "security": None if self.security is None else self.security.as_dict(),
            "notes": list(self.notes),
            **self.more,
        }

    def row(self) -> dict[str, Any]:
        """Its figures as the cells of a table; of several numbers one cell each."""
        found: dict[str, Any] = {}
        for figure in self.figures:
            if isinstance(figure.value, tuple):
                found |= {f"{figure.name}_{k}": each for k, each in enumerate(figure.value, 1)}
            else:
                found[figure.name] = figure.value
        if self.duration is not None:
            found |= {"duration_s": self.duration, "round_rate_hz": self.rate_hz}
        return found | {"security": None if self.security is None else self.security.as_dict()}

    def __str__(self) -> str:
        lines = figure_lines(self.figures)
        return "\n".join([f"{self.application}: {self.title}", *lines, self.source])

    def _repr_html_(self) -> str:
        lines = "".join(
            f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>"
            for row in (HEAD, *map(figure_cells, self.figures))
        )
        said = escape(f"{self.title}; {self.source}")
        return f"<table><caption style='caption-side:bottom'>{said}</caption>{lines}</table>"


def if_finite(value: Estimate) -> Estimate | None:
    """The value, or None where it is infinite, such as the variance of what is not told at all.

    Examples:
        >>> if_finite(Estimate.exact(float("inf"))) is None
        True
    """
    return value if math.isfinite(value.best) else None


def gain_over(alone: float, value: float) -> float:
    """How much larger an uncertainty is without entanglement; 1 where neither tells anything.

    Examples:
        >>> gain_over(2.0, 1.0), gain_over(float("inf"), float("inf")), gain_over(2.0, 0.0)
        (2.0, 1.0, inf)
    """
    if math.isinf(alone) and math.isinf(value):
        return 1.0
    return alone / value if value else math.inf


def _no(name: str) -> AppFigure:
    raise KeyError(name)
