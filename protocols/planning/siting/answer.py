"""Answer to a siting question: what is chosen, at which length or cost, and how sure it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from qnet.schema import FrozenMapping

__all__ = ["SitingAnswer"]


@dataclass(frozen=True, kw_only=True)
class SitingAnswer:
    """What a question was answered with.

    Args:
        question: Its name.
        status: ``optimal``; ``within gap`` that was asked for; ``time limit`` when the search
            stopped with an answer; ``infeasible``; or ``no plan`` when it stopped without one.
        objective: What was made small; None without an answer.
        bound: No answer is below it; None where it is not known.
        unit: Unit of both: ``km``, ``sites``, ``repeaters`` or ``cost``.
        chosen: Names of the sites that are chosen; of trees and ways those that were not asked for.
        edges: Names of both ends of each edge that is used.
        reason: Why there is no answer; empty otherwise.
        more: Further figures of the question, as JSON types.
        notes: What its reader must know.

    Examples:
        >>> answer = SitingAnswer(question="cover", status="optimal", objective=2.0, bound=2.0)
        >>> answer.gap
        0.0
    """

    question: str
    status: str
    objective: float | None = None
    bound: float | None = None
    unit: str = "km"
    chosen: tuple[str, ...] = ()
    edges: tuple[tuple[str, str], ...] = ()
    reason: str = ""
    more: Mapping[str, Any] = field(default_factory=lambda: FrozenMapping({}))
    notes: tuple[str, ...] = ()

    @property
    def gap(self) -> float | None:
        """How far above the bound the objective may be, as a share of it."""
        if self.objective is None or self.bound is None:
            return None
        if self.objective <= 0.0:
            return 0.0
        return max(0.0, (self.objective - self.bound) / self.objective)

    def as_dict(self) -> dict[str, Any]:
        """The answer as JSON types."""
        found: dict[str, Any] = {
            "question": self.question,
            "status": self.status,
            "objective": self.objective,
            "unit": self.unit,
            "chosen": list(self.chosen),
            "edges": [list(ends) for ends in self.edges],
            "bound": self.bound,
            "gap": self.gap,
            **self.more,
            "warnings": list(self.notes),
        }
        return found | ({"reason": self.reason} if self.reason else {})
