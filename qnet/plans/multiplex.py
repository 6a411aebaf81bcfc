"""Multiplexing: copies of a plan side by side, of which the first pair counts."""

from __future__ import annotations

import math
from dataclasses import dataclass

from qnet.errors import check_integer, check_type
from qnet.plans.base import Plan

__all__ = ["Multiplex"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Multiplex(Plan):
    """Run copies of a plan side by side and keep the pair that comes first; the others are dropped.

    Args:
        pair: The plan to copy.
        copies: How many, each with fibres and memories of its own.

    Examples:
        >>> from qnet import Link
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.1, attempt_time_s=1.0, state=werner(0.9))
        >>> Multiplex(pair=link, copies=4).signal_time_s
        0.0
    """

    pair: Plan
    copies: int

    def __post_init__(self) -> None:
        check_type("multiplex.pair", self.pair, Plan)
        check_integer("multiplex.copies", self.copies)

    @property
    def children(self) -> tuple[Plan, ...]:
        """The plan that every copy follows."""
        return (self.pair,)

    @property
    def attempts(self) -> tuple[float, float] | None:
        """One attempt of all copies, where the attempts of one are alike."""
        if self.pair.attempts is None:
            return None
        chance, duration_s = self.pair.attempts
        if chance < 1.0:
            chance = -math.expm1(self.copies * math.log1p(-chance))
        return chance, duration_s

    @property
    def title(self) -> str:
        """The number of copies."""
        return f"first of {self.copies} copies"
