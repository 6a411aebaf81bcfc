"""Shared pairs: their identity, their one owner, their memories, and what becomes of each."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from heapq import heapify, heappop, heappush
from typing import Any, NamedTuple, TypeVar

from qnet.states.pauli import Array

__all__ = [
    "LONG",
    "MemoryChannel",
    "PairLedger",
    "ElementaryPair",
    "SharedPair",
    "Waiting",
    "oldest",
    "put",
    "sweep",
]

_Entry = TypeVar("_Entry", bound=tuple[Any, ...])

#: Heaps as long as this are cleared of what is over, each time they have doubled.
LONG = 64


class ElementaryPair(NamedTuple):
    """An elementary pair that a shared pair is made of, as it went into the first swap.

    Args:
        edge: Number of its edge.
        begun: When its attempts began, in s.
        born: When it was made, in s; after a purification, when this was over.
        state: Its Fano matrix (4, 4) then; None for a pair that was not purified.
        fresh: When the last pair went into it by purification, in s, and what was before;
            None for a pair that was not purified.
    """

    edge: int
    begun: float
    born: float
    state: Array | None = None
    fresh: tuple[float, Any] | None = None

    @property
    def made(self) -> list[float]:
        """When every pair that went into it was made, in s; the first is the one that was kept."""
        times, fresh = [], self.fresh
        while fresh is not None:
            times.append(fresh[0])
            fresh = fresh[1]
        return times[::-1] or [self.born]


class MemoryChannel:
    """A memory at either end of an edge, which hold a pair of it together.

    Args:
        edge: Number of the edge.
        number: Its number among those of the edge.
    """

    __slots__ = ("begun", "edge", "free_from", "held", "number", "run")

    def __init__(self, edge: int, number: int) -> None:
        self.edge, self.number = edge, number
        #: How many of its two memories hold a qubit, or do not know yet that theirs is gone.
        self.held = 0
        #: When the attempts that it makes now began, in s.
        self.begun = 0.0
        #: When both ends will know of all memories that have come free so far, in s.
        self.free_from = -math.inf
        #: How often it has begun to try: attempts that a fault ended are told by it.
        self.run = 0


class SharedPair:
    """A pair between the memories of two channels, elementary or swapped.

    Its owner is one thing at a time: the flows of ``mask``, any of which may use it. A port is an
    end of an edge, numbered ``2 edge + side``.

    Args:
        identity: Number of it, by the order of making.
        mask: Flows that it may serve, a bit each.
        oldest: When its oldest elementary pair was made, in s.
        first: Port of its first qubit.
        last: Port of its last qubit.
        channels: The channels that hold its first and its last qubit.
        parts: The elementary pairs that it was made of, from first to last.
        swaps: When the stations between them measured, in s.
        ready: When both ends know of all swaps, in s.
    """

    __slots__ = (
        "channels",
        "first",
        "gone",
        "identity",
        "into",
        "last",
        "mask",
        "oldest",
        "parts",
        "ready",
        "swaps",
    )

    def __init__(
        self,
        identity: int,
        mask: int,
        oldest: float,
        first: int,
        last: int,
        channels: tuple[MemoryChannel, MemoryChannel],
        parts: tuple[ElementaryPair, ...],
        swaps: tuple[float, ...],
        ready: float,
    ) -> None:
        self.identity, self.mask, self.oldest = identity, mask, oldest
        self.first, self.last, self.channels = first, last, channels
        self.parts, self.swaps, self.ready = parts, swaps, ready
        self.gone = False
        #: The pair that it was swapped into.
        self.into: SharedPair | None = None

    @property
    def heir(self) -> SharedPair:
        """What has become of it by swaps and purification, which may be gone too."""
        pair = self
        while pair.into is not None:
            pair = pair.into
        return pair


#: Pairs that wait for something, a heap with the oldest first: age, identity, pair.
Waiting = list[tuple[float, int, SharedPair]]


def sweep(heap: list[_Entry], is_over: Callable[[_Entry], bool]) -> None:
    """Drop what is over from a long heap, now and then: its length stays that of the rest."""
    size = len(heap)
    if size >= LONG and not size & (size - 1):
        heap[:] = [each for each in heap if not is_over(each)]
        heapify(heap)


def put(waiting: Waiting, pair: SharedPair) -> None:
    """Let a pair wait."""
    if len(waiting) >= LONG:
        sweep(waiting, _is_gone)
    heappush(waiting, (pair.oldest, pair.identity, pair))


def oldest(waiting: Waiting) -> SharedPair | None:
    """The oldest pair that waits and is not gone; None without one."""
    while waiting and waiting[0][2].gone:
        heappop(waiting)
    return waiting[0][2] if waiting else None


def _is_gone(entry: tuple[float, int, SharedPair]) -> bool:
    return entry[2].gone


class PairLedger:
    """Counts of what was made of pairs, and for how long pairs and memories were held.

    ``made = delivered + stored + lost + swapped`` at any time: a swap makes one pair out of two,
    and one of them counts as swapped; a purification does the same.

    Args:
        edges: Number of edges.
    """

    __slots__ = (
        "delivered",
        "live",
        "lost",
        "made",
        "number",
        "pairs_lost",
        "stored",
        "stored_since",
        "swapped",
        "swaps",
        "used",
        "used_since",
    )

    def __init__(self, edges: int) -> None:
        self.made, self.lost = [0] * edges, [0] * edges
        self.delivered = self.pairs_lost = self.swapped = self.swaps = self.number = 0
        #: Every pair that is stored, by its identity.
        self.live: dict[int, SharedPair] = {}
        # The integral of a number over time up to t is ``number * t - (sum of the times at which it
        # rose, less those at which it fell)``.
        self.stored, self.stored_since = [0] * edges, [0.0] * edges
        self.used, self.used_since = [0] * edges, [0.0] * edges

    def counted(self, time: float) -> dict[str, list[float]]:
        """What the tally wants, up to a time in s, by the names of its counts."""
        return {
            "made": [float(n) for n in self.made],
            "lost": [float(n) for n in self.lost],
            "used_s": _integrals(self.used, self.used_since, time),
            "stored_s": _integrals(self.stored, self.stored_since, time),
            "swaps": [float(self.swaps)],
        }

    def imbalance(self) -> int:
        """Pairs made less those delivered, stored, lost and swapped; always zero."""
        accounted = self.delivered + len(self.live) + self.pairs_lost + self.swapped
        return sum(self.made) - accounted

    def holders(self) -> dict[tuple[int, int, int], list[int]]:
        """Identities of the stored pairs in each memory, by edge, channel and side."""
        found: dict[tuple[int, int, int], list[int]] = {}
        for pair in self.live.values():
            for port, channel in zip((pair.first, pair.last), pair.channels, strict=True):
                place = (port >> 1, channel.number, port & 1)
                found.setdefault(place, []).append(pair.identity)
        return found


def _integrals(levels: Iterable[int], since: Iterable[float], time: float) -> list[float]:
    return [level * time - sums for level, sums in zip(levels, since, strict=True)]
