"""Tally of a replica: sessions, pairs and memories, in blocks of the measured time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from qnet.network.settings import RunTimes
from qnet.states.pauli import Array

__all__ = ["EDGE_COUNTS", "SESSION_COUNTS", "STATE_COLUMNS", "Tally"]

#: Of each demand: sessions that arrived, had no route, were refused at arrival, gave up, were
#: served; seconds that those waited and were served; pairs lost by a fault, and late by one.
SESSION_COUNTS = (
    "arrived",
    "no_route",
    "refused",
    "gave_up",
    "served",
    "waiting_s",
    "service_s",
    "lost_pairs",
    "late_pairs",
)

#: Of each edge: pairs made and lost there, memory seconds taken, and pair seconds stored.
EDGE_COUNTS = ("made", "lost", "used_s", "stored_s")

#: Elements of a state that are added up: the Fano matrix, its first element the number of pairs.
STATE_COLUMNS = 16

#: Names -> place in the last axis of the arrays.
_SESSION = {name: k for k, name in enumerate(SESSION_COUNTS)}
_EDGE = {name: k for k, name in enumerate(EDGE_COUNTS)}


class Tally:
    """Counts of one replica.

    Args:
        demands: Number of demands.
        edges: Number of edges.
        times: Measured time and blocks.
    """

    def __init__(self, demands: int, edges: int, times: RunTimes) -> None:
        self.duration_s, self.blocks = times.duration_s, times.blocks
        self.sessions = np.zeros((self.blocks, demands, len(SESSION_COUNTS)))
        self.pairs = np.zeros((self.blocks, demands, STATE_COLUMNS))
        self.edges = np.zeros((self.blocks, edges, len(EDGE_COUNTS)))
        self.swaps = np.zeros(self.blocks)
        self.peak = [0] * edges
        self._levels = {"used_s": [0] * edges, "stored_s": [0] * edges}
        self._since = {name: [0.0] * edges for name in self._levels}
        self._seconds = {name: [0.0] * edges for name in self._levels}
        self._begun = False
        #: What a controller counts itself: a function from a time in s to its totals up to it, by
        #: the names of ``EDGE_COUNTS`` (one number for each edge) and ``swaps`` (one in all).
        self.counted: Callable[[float], Mapping[str, Sequence[float]]] | None = None
        self._totals: Mapping[str, Sequence[float]] = {}

    def block(self, time: float) -> int:
        """Block of a time in s; -1 outside the measured time, which begins after 0."""
        if not 0.0 < time <= self.duration_s:
            return -1
        return min(int(time * self.blocks / self.duration_s), self.blocks - 1)

    def count(self, block: int, demand: int, name: str, amount: float = 1.0) -> None:
        """Add to a count of a demand, in the block of a session's arrival; nothing in block -1."""
        if block >= 0:
            self.sessions[block, demand, _SESSION[name]] += amount

    def count_edge(self, time: float, edge: int, name: str, amount: float = 1.0) -> None:
        """Add to a count of an edge at a time in s."""
        block = self.block(time)
        if block >= 0:
            self.edges[block, edge, _EDGE[name]] += amount

    def add_pairs(self, demand: int, times: Array, states: Array) -> None:
        """Add delivered pairs.

        Args:
            demand: Number of the demand.
            times: When they were delivered in s, (n,).
            states: Their Fano matrices, (n, 4, 4) or (n, 16), or one for all; of GHZ states rows of
                figures (`qnet.network.ghz.ghz_figures`).
        """
        inside = (times > 0.0) & (times <= self.duration_s)
        rows = np.broadcast_to(states.reshape(-1, STATE_COLUMNS), (len(times), STATE_COLUMNS))
        if self.blocks == 1:
            self.pairs[0, demand] += rows[inside].sum(axis=0) if not inside.all() else rows.sum(0)
            return
        blocks = (times[inside] * self.blocks / self.duration_s).astype(np.intp)
        np.add.at(self.pairs[:, demand], np.minimum(blocks, self.blocks - 1), rows[inside])

    # Levels, whose integrals over time are counted.

    def set_level(self, time: float, edge: int, name: str, level: int) -> None:
        """Say how many memories are used (``used_s``), or pairs stored (``stored_s``), from now on.

        Between two block ends, which call `end_block`.
        """
        self.change_level(time, edge, name, level - self._levels[name][edge])

    def change_level(self, time: float, edge: int, name: str, change: int) -> None:
        """Say how many more memories are used, or pairs stored, from now on than before."""
        levels, since = self._levels[name], self._since[name]
        if self._begun:
            self._seconds[name][edge] += levels[edge] * (time - since[edge])
            since[edge] = time
        level = levels[edge] = levels[edge] + change
        if name == "used_s" and level > self.peak[edge]:
            self.peak[edge] = level

    def begin(self) -> None:
        """The measured time begins: levels count from 0 s on."""
        self._begun = True
        for since in self._since.values():
            since[:] = [0.0] * len(since)
        self.peak = list(self._levels["used_s"])
        if self.counted is not None:
            self._totals = self.counted(0.0)

    def end_block(self, block: int) -> None:
        """A block ends: its integrals are put down."""
        end = self.duration_s * (block + 1) / self.blocks
        for name, levels in self._levels.items():
            seconds, since = self._seconds[name], self._since[name]
            for edge, level in enumerate(levels):
                self.edges[block, edge, _EDGE[name]] = seconds[edge] + level * (end - since[edge])
                seconds[edge], since[edge] = 0.0, end
        if self.counted is not None:
            before, self._totals = self._totals, self.counted(end)
            for name, totals in self._totals.items():
                more = np.subtract(totals, before[name])
                if name == "swaps":
                    self.swaps[block] = more[0]
                else:
                    self.edges[block, :, _EDGE[name]] = more
        if block == self.blocks - 1:
            self._begun, self.counted, self._totals = False, None, {}

    @staticmethod
    def column(counts: npt.NDArray[np.float64], name: str) -> Array:
        """A named count out of an array of them, along its last axis."""
        names: Sequence[str] = SESSION_COUNTS if name in _SESSION else EDGE_COUNTS
        return np.asarray(counts[..., names.index(name)])
