"""Tally of a replica: sessions, pairs and memories, in blocks of the measured time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

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

#: Place of ``served``, before its times of waiting and of service.
_SERVED = _SESSION["served"]

#: Places of XX, YY and ZZ in a row of a Fano matrix.
_CORRELATORS = (5, 10, 15)


class Tally:
    """Counts of one replica.

    Args:
        demands: Number of demands.
        edges: Number of edges.
        times: Measured time and blocks.
    """

    def __init__(self, demands: int, edges: int, times: RunTimes) -> None:
        self.duration_s, self.blocks = times.duration_s, times.blocks
        self.pairs = np.zeros((self.blocks, demands, STATE_COLUMNS))
        self.edges = np.zeros((self.blocks, edges, len(EDGE_COUNTS)))
        self.swaps = np.zeros(self.blocks)
        #: Most memories of each edge that were taken at once.
        self.peak = [0] * edges
        #: What a controller counts itself: a function from a time in s to its totals up to it, by
        #: the names of ``EDGE_COUNTS`` (one number for each edge) and ``swaps`` (one in all). It is
        #: asked when the measured time begins, and at the end of each block.
        self.counted: Callable[[float], Mapping[str, Sequence[float]]] | None = None
        self._totals: Mapping[str, Sequence[float]] = {}
        # Lists, whose elements are cheaper to add to than those of an array.
        self._sessions = [
            [[0.0] * len(SESSION_COUNTS) for _ in range(demands)] for _ in range(self.blocks)
        ]

    @property
    def sessions(self) -> Array:
        """Counts of sessions by block, demand, and the names of ``SESSION_COUNTS``."""
        shape = (self.blocks, -1, len(SESSION_COUNTS))
        return np.array(self._sessions, dtype=float).reshape(shape)

    def block(self, time: float) -> int:
        """Block of a time in s; -1 outside the measured time, which begins after 0."""
        if not 0.0 < time <= self.duration_s:
            return -1
        return min(int(time * self.blocks / self.duration_s), self.blocks - 1)

    def is_measured(self, times: Array) -> npt.NDArray[np.bool_]:
        """Whether times (n,) in s are in the measured time, which begins after 0."""
        return (times > 0.0) & (times <= self.duration_s)

    def blocks_of(self, times: Array) -> npt.NDArray[np.intp]:
        """Blocks of times (n,) in s that are all in the measured time."""
        blocks = (times * (self.blocks / self.duration_s)).astype(np.intp)
        return np.minimum(blocks, self.blocks - 1)

    def count(self, block: int, demand: int, name: str, amount: float = 1.0) -> None:
        """Add to a count of a demand, in the block of a session's arrival; nothing in block -1."""
        if block >= 0:
            self._sessions[block][demand][_SESSION[name]] += amount

    def count_served(self, block: int, demand: int, waiting_s: float, service_s: float) -> None:
        """Count a session that was served, in the block of its arrival; nothing in block -1."""
        if block >= 0:
            counts = self._sessions[block][demand]
            counts[_SERVED] += 1.0
            counts[_SERVED + 1] += waiting_s
            counts[_SERVED + 2] += service_s

    def add_pairs(self, demand: int, times: Array, states: Array) -> None:
        """Add pairs that were delivered in the measured time.

        Args:
            demand: Number of the demand.
            times: When they were delivered in s, (n,).
            states: Their Fano matrices, (n, 4, 4) or (n, 16); of GHZ states rows of figures
                (`qnet.network.ghz.ghz_figures`); or correlators (XX, -YY, ZZ), (n, 3), of
                Bell-diagonal pairs.
        """
        if states.shape[1:] == (3,):
            self._add_correlators(demand, times, states)
            return
        rows = states.reshape(-1, STATE_COLUMNS)
        if self.blocks == 1:
            self.pairs[0, demand] += rows.sum(axis=0)
            return
        blocks = self.blocks_of(times)
        for column, values in enumerate(rows.T):
            self.pairs[:, demand, column] += np.bincount(blocks, values, self.blocks)

    def _add_correlators(self, demand: int, times: Array, states: Array) -> None:
        if self.blocks == 1:
            blocks = np.zeros(1, dtype=np.intp)
            counts, columns = np.array([float(len(times))]), states.sum(axis=0)[:, None]
        else:
            blocks = self.blocks_of(times)
            counts, columns = np.bincount(blocks, minlength=self.blocks), states.T
        self.pairs[:, demand, 0] += counts
        for place, sign, values in zip(_CORRELATORS, (1.0, -1.0, 1.0), columns, strict=True):
            self.pairs[:, demand, place] += sign * np.bincount(blocks, values, self.blocks)

    def add_served(self, demand: int, times: Array) -> None:
        """Add sessions of one pair that came, were served at once and ended at these times in s."""
        inside = times[self.is_measured(times)]
        for block, number in enumerate(np.bincount(self.blocks_of(inside), minlength=self.blocks)):
            for name in ("arrived", "served"):
                self._sessions[block][demand][_SESSION[name]] += float(number)

    def count_made(self, edges: Sequence[int], times: Array) -> None:
        """Count pairs that were made on each of these edges at times (n,) in s."""
        inside = times[self.is_measured(times)]
        made = np.bincount(self.blocks_of(inside), minlength=self.blocks)
        self.edges[:, edges, _EDGE["made"]] += made[:, None]

    def count_use(self, edges: Sequence[int], begins: Array, ends: Array, memories: int) -> None:
        """Count memories of these edges that were taken from and to times (n,) in s."""
        bounds = np.linspace(0.0, self.duration_s, self.blocks + 1)
        for block, (first, last) in enumerate(pairwise(bounds.tolist())):
            within = np.minimum(ends, last) - np.maximum(begins, first)
            seconds = memories * float(within.clip(0.0).sum())
            self.edges[block, edges, _EDGE["used_s"]] += seconds

    # The measured time.

    def begin(self) -> None:
        """The measured time begins."""
        self.peak[:] = [0] * len(self.peak)
        if self.counted is not None:
            self._totals = self.counted(0.0)

    def end_block(self, block: int) -> None:
        """A block ends: what was counted in it is put down."""
        if self.counted is not None:
            before, self._totals = (
                self._totals,
                self.counted(self.duration_s * (block + 1) / self.blocks),
            )
            for name, totals in self._totals.items():
                more = np.subtract(totals, before[name])
                if name == "swaps":
                    self.swaps[block] = more[0]
                else:
                    self.edges[block, :, _EDGE[name]] = more
        if block == self.blocks - 1:
            self.counted, self._totals = None, {}

    @staticmethod
    def column(counts: npt.NDArray[np.float64], name: str) -> Array:
        """A named count out of an array of them, along its last axis."""
        names: Sequence[str] = SESSION_COUNTS if name in _SESSION else EDGE_COUNTS
        return np.asarray(counts[..., names.index(name)])
