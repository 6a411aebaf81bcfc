"""Counts of a replica of a key network, in blocks of its measured time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from protocols.key_networks.case import KeyNetworkCase
from protocols.key_networks.routes import Routes
from protocols.key_networks.sampled.asking import DEMAND_COUNTS
from protocols.key_networks.sampled.levels import EDGE_COUNTS

if TYPE_CHECKING:
    from protocols.key_networks.sampled.replica import KeyReplica

__all__ = ["KeyTally"]

Array = npt.NDArray[np.float64]


class KeyTally:
    """What was counted in one replica.

    Args:
        case: What is played.
    """

    def __init__(self, case: KeyNetworkCase) -> None:
        blocks, demands, edges = case.run.blocks, len(case.demands), len(case.edges)
        #: Counts by block and demand: lists, whose elements are cheaper to add to than arrays'.
        self.rows = [[[0.0] * len(DEMAND_COUNTS) for _ in range(demands)] for _ in range(blocks)]
        #: Counts by block, edge, and the names of ``EDGE_COUNTS``.
        self.edges = np.zeros((blocks, edges, len(EDGE_COUNTS)))
        #: Of each demand: bits that went over which routes together.
        self.uses: list[dict[Routes, float]] = []
        #: Of each edge: its first alarm in s, and the last error rate that was seen.
        self.alarms: list[float | None] = []
        self.qber: list[float] = []
        #: Of each edge: requests that found too little there.
        self.short: list[int] = []

    @property
    def demands(self) -> Array:
        """Counts by block, demand, and the names of ``DEMAND_COUNTS``."""
        return np.array(self.rows, dtype=float).reshape(len(self.rows), -1, len(DEMAND_COUNTS))

    def finish(self, replica: KeyReplica) -> None:
        """Take over what a replica knows at its end."""
        end = replica.case.run.duration_s
        self.uses = [asking.uses for asking in replica.askings]
        self.short = [level.short for level in replica.levels]
        for conditions in replica.conditions:
            inside = [time for time in conditions.alarms if 0.0 < time <= end]
            self.alarms.append(inside[0] if inside else None)
            self.qber.append(conditions.qber)
