"""Storage of a pair that is there until somebody asks for it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from qnet.errors import check_duration, check_non_negative, check_type
from qnet.plans.base import Plan
from qnet.plans.station import multiple

__all__ = ["Stored"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored(Plan):
    """Keep a pair in its two memories for a while before it is handed over.

    Args:
        pair: The plan that delivers the pair.
        time_s: How long it is kept, in s.

    Raises:
        ParameterError: If the time is negative or out of range.

    Examples:
        >>> from qnet import Link
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.1, attempt_time_s=1.0, state=werner(0.9))
        >>> Stored(pair=link, time_s=2.0).soonest_s
        3.0
    """

    pair: Plan
    time_s: float = 0.0

    def __post_init__(self) -> None:
        check_type("stored.pair", self.pair, Plan)
        check_non_negative("stored.time_s", self.time_s)
        if self.time_s > 0.0:
            check_duration("stored.time_s", self.time_s)

    @property
    def children(self) -> tuple[Plan, ...]:
        """The plan of the pair."""
        return (self.pair,)

    @property
    def overhead_s(self) -> float:
        """How long it is kept, in s."""
        return self.time_s

    def coarsened(self, step_s: float) -> Plan:
        """A plan that keeps its pair for the nearest multiple of a step."""
        time_s = multiple(self.time_s, step_s)
        return replace(self, pair=self.pair.coarsened(step_s), time_s=time_s)

    @property
    def title(self) -> str:
        """How long the pair is kept."""
        return f"kept for {self.time_s:.3g} s"
