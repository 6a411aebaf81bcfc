"""Histories of delivered pairs of a network: which are kept, and what they were made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from qnet.engines.sampled import Deliveries
from qnet.states.pauli import Array

if TYPE_CHECKING:
    from qnet.network.replica import Replica

__all__ = ["DeliveredPair", "Recorder"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DeliveredPair:
    """A delivered pair of a network, with all that it was made of.

    Args:
        replica: Number of the replica.
        demand: Number of the demand.
        route: The nodes that it came along.
        time_s: When it was delivered, in s of the run.
        draw: Its history, one delivery of the route's plan.
    """

    replica: int
    demand: int
    route: tuple[str, ...]
    time_s: float
    draw: Deliveries


class Recorder:
    """Keeps the first delivered pairs of each demand that come in the measured time.

    Args:
        most: How many of each demand.
        skip: How many of each demand are let go before.
    """

    def __init__(self, most: int, skip: int = 0) -> None:
        self.most, self.skip = most, skip
        self.pairs: list[DeliveredPair] = []
        self._seen: dict[int, int] = {}

    def keep(
        self,
        replica: Replica,
        demand: int,
        route: tuple[str, ...],
        times: Array,
        draw: Deliveries,
    ) -> None:
        """Look at delivered pairs, and keep those that are wanted."""
        inside = np.flatnonzero((times > 0.0) & (times <= replica.case.run.duration_s))
        seen = self._seen.get(demand, 0)
        self._seen[demand] = seen + len(inside)
        for k in inside[max(0, self.skip - seen) : max(0, self.skip + self.most - seen)]:
            self.pairs.append(
                DeliveredPair(
                    replica=replica.number,
                    demand=demand,
                    route=route,
                    time_s=float(times[k]),
                    draw=draw.take(np.array([k])),
                )
            )
