"""Single stores: an edge with one demand of its own, played without events, in arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from protocols.key_networks.sampled.asking import DEMAND_COUNTS, Asking
from protocols.key_networks.sampled.levels import NOTHING, EdgeLevel
from protocols.key_networks.sampled.request_times import RequestTimes

if TYPE_CHECKING:
    from protocols.key_networks.sampled.replica import KeyReplica

__all__ = ["SingleStore", "is_single"]

Array = npt.NDArray[np.float64]

_ASKED, _SHORT, _SERVED, _AT_ONCE, _BITS = (
    DEMAND_COUNTS.index(name) for name in ("asked", "short", "served", "at_once", "bits")
)

#: Requests that are played at a time: their arrays stay in the cache.
_PLAYED = 5_000.0


def is_single(replica: KeyReplica, asking: Asking) -> bool:
    """Whether a demand has an edge of its own, on which nothing else ever happens."""
    if asking.demand.is_stream or asking.waits or asking.way is None or len(asking.way) != 1:
        return False
    if not all(each.is_quiet for each in replica.conditions):
        return False
    store = asking.way[0]
    users = sum(store in way for each in replica.askings for way in each.ways)
    return users == 1 and store.edge.store.time_to_live_s is None


class SingleStore:
    """A demand with a store of its own.

    Args:
        asking: The demand.
        times: When its requests come.
    """

    def __init__(self, asking: Asking, times: RequestTimes) -> None:
        self.asking, self.times = asking, times
        self.store: EdgeLevel = (asking.way or ())[0]

    def play(self, end: float, row: list[float] | None) -> None:
        """Play up to a time in s.

        Args:
            end: Up to when.
            row: Where requests are counted; None outside the measured time.
        """
        store = self.store
        parts = max(1, int((end - store.at) * self.times.rate / _PLAYED))
        for stop in np.linspace(store.at, end, parts + 1)[1:].tolist():
            times = self.times.until(stop)
            if len(times):
                served = self._part(times)
                if row is not None:
                    need = self.asking.need
                    for place, value in (
                        (_ASKED, len(times)),
                        (_SERVED, served),
                        (_AT_ONCE, served),
                        (_SHORT, len(times) - served),
                        (_BITS, served * need),
                    ):
                        row[place] += value
                    uses, names = self.asking.uses, self.asking.routes
                    uses[names] = uses.get(names, 0.0) + served * need
            store.advance(stop)

    def _part(self, times: Array) -> int:
        """Play requests at these times; how many are served."""
        store = self.store
        gains, bits = store.gains.until(float(times[-1]))
        gaps = np.diff(times, prepend=store.at)
        made = gaps * store.rate
        if len(gains):
            made += np.bincount(np.searchsorted(times, gains), bits, len(times))
        start, least = store.level, self.asking.least + store.reserve
        after = np.array(_levels(start, made.tolist(), least, self.asking.need, store.capacity))
        before = np.concatenate([[start], after[:-1]])
        full = np.minimum(before + made, store.capacity)
        served = int((after < full).sum())
        if len(gains):
            self._integrate_steps(times, after, gains, bits)
        else:
            self._integrate_lines(before, gaps)
        store.made += float(made.sum())
        store.dropped += float((before + made - full).sum())
        store.used += served * self.asking.need
        store.short += len(times) - served
        store.level, store.at = float(after[-1]), float(times[-1])
        return served

    def _integrate_lines(self, before: Array, gaps: Array) -> None:
        """Add up the level between requests, where it rises all the time."""
        store, rate = self.store, self.store.rate
        over = np.maximum(before + rate * gaps - store.capacity, 0.0)
        saved = (0.5 / rate) * over * over if rate > 0.0 else 0.0
        store.bit_s += float((before * gaps + 0.5 * rate * gaps * gaps - saved).sum())
        lack = np.where(before <= store.reserve + NOTHING, store.reserve - before, -1.0)
        if rate > 0.0:
            store.dry_s += float(np.minimum(np.maximum(lack, 0.0) / rate, gaps).sum())
        else:
            store.dry_s += float(gaps[before <= store.reserve + NOTHING].sum())

    def _integrate_steps(self, times: Array, after: Array, gains: Array, bits: Array) -> None:
        """Add up the level between requests and units that come at once."""
        store = self.store
        gap = np.searchsorted(times, gains)
        came = np.cumsum(bits)
        each = np.bincount(gap, minlength=len(times) + 1)
        # What came in the same gap before.
        first = (np.cumsum(each) - each)[gap]
        since = came - (came - bits)[first]
        start = np.concatenate([[store.level], after])[gap]
        moments, steps = np.empty((2, len(gains) + len(times)))
        places = np.arange(len(gains)) + gap
        moments[places], steps[places] = gains, np.minimum(start + since, store.capacity)
        places = np.arange(len(times)) + np.cumsum(each)[: len(times)]
        moments[places], steps[places] = times, after
        levels = np.concatenate([[store.level], steps[:-1]])
        spans = np.diff(moments, prepend=store.at)
        store.bit_s += float((levels * spans).sum())
        store.dry_s += float(spans[levels <= store.reserve + NOTHING].sum())


def _levels(
    level: float, made: list[float], least: float, need: float, capacity: float
) -> list[float]:
    """Level after each request, where so much was made before it.

    Args:
        level: At the beginning, in bits.
        made: Bits made up to each request since the one before.
        least: Level at which a request is served.
        need: Bits that it takes.
        capacity: What does not fit is dropped.

    Examples:
        >>> _levels(0.0, [1.0, 5.0, 0.0, 0.0], 2.0, 2.0, 4.0)
        [1.0, 2.0, 0.0, 0.0]
    """
    found: list[float] = []
    keep = found.append
    for bits in made:
        level += bits
        if level > capacity:
            level = capacity
        if level >= least:
            level -= need
        keep(level)
    return found
