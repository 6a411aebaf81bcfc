"""The swap of two pairs by a Bell measurement at one station."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from qnet.errors import check_one_of, check_type
from qnet.plans.base import ORDERS, Plan
from qnet.plans.cutoff import Cutoff, check_optional_cutoff
from qnet.plans.maps import swap_map
from qnet.plans.station import Station
from qnet.states.maps import SwapMap

__all__ = ["Swap"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap(Plan):
    """Join the pairs of two parts by a Bell measurement at the station between them.

    Args:
        left: Plan that delivers the left pair.
        right: Plan that delivers the right pair.
        station: The Bell measurement between them; a perfect one unless given.
        order: ``parallel`` (both start together) or ``sequential`` (right starts once left is
            ready).
        cutoff: When to give up waiting, or None.
        classical_latency: Whether the result takes the fibre's time to the farther end before the
            pair can be used (or, after a failure, before generation starts anew).

    Examples:
        >>> from qnet import Link
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.1, attempt_time_s=1.0, state=werner(0.98))
        >>> len(list(Swap(left=link, right=link).links()))
        2
    """

    left: Plan
    right: Plan
    station: Station = field(default_factory=partial(Station, perfect=True))
    order: Literal["parallel", "sequential"] = "parallel"
    cutoff: Cutoff | None = None
    classical_latency: bool = False

    def __post_init__(self) -> None:
        check_type("swap.left", self.left, Plan)
        check_type("swap.right", self.right, Plan)
        check_type("swap.station", self.station, Station)
        check_one_of("swap.order", self.order, ORDERS)
        check_optional_cutoff(self.cutoff)

    @property
    def children(self) -> tuple[Plan, ...]:
        """Left and right."""
        return self.left, self.right

    @property
    def signal_time_s(self) -> float:
        """From end to end, in s."""
        return self.left.signal_time_s + self.right.signal_time_s

    @property
    def overhead_s(self) -> float:
        """Time in s from when both pairs are there to when both ends know the result."""
        travel = max(self.left.signal_time_s, self.right.signal_time_s)
        return self.station.duration_s + (travel if self.classical_latency else 0.0)

    @property
    def stations(self) -> tuple[Station, ...]:
        """The station between the two parts."""
        return (self.station,)

    def compiled(self) -> SwapMap:
        """The swap with feed-forward, in which the right end waits for the result."""
        return swap_map(self.station.gates, self.ends[1], self.overhead_s)

    @property
    def is_bell_diagonal(self) -> bool:
        """Whether the station's gates keep Bell-diagonal states Bell-diagonal."""
        return self.compiled().correlator_factors is not None
