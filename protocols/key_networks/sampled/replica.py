"""Replica of a key network: one run with its own seed, stores worked out between its requests."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from protocols.key_networks.case import KeyNetworkCase
from protocols.key_networks.routes import RouteFinder
from protocols.key_networks.sampled.asking import DEMAND_COUNTS, Asking, Way
from protocols.key_networks.sampled.conditions import FAILED, SHUT, edge_conditions
from protocols.key_networks.sampled.counts import KeyTally
from protocols.key_networks.sampled.drains import Drains
from protocols.key_networks.sampled.gains import Gains, gains_of
from protocols.key_networks.sampled.levels import EDGE_COUNTS, EdgeLevel, edge_level
from protocols.key_networks.sampled.relay_faults import RelayFaults
from protocols.key_networks.sampled.request_times import RequestTimes, merged
from protocols.key_networks.sampled.single_store import SingleStore, is_single
from protocols.key_networks.sampled.waiting import Queues
from qnet.network.kernel import ARRIVED, MADE, EventQueue
from qnet.network.session_arrivals import stream_names
from qnet.network.streams import named_stream
from qnet.progress import ProgressCallback

__all__ = ["KeyReplica", "play_key_replica"]

Array = npt.NDArray[np.float64]

#: Requests that wait when the measured time is over are followed for so many times its duration.
_PATIENT = 10.0

#: Requests that are listed at a time.
_LISTED = 200_000.0

#: Looks at a demand whose requests do not come by chance, per block of the measured time.
_LOOKS = 200

_ASKED, _NO_ROUTE, _SHORT, _SERVED, _AT_ONCE, _WAITING, _BITS, _SPIED, _SEEN, _READY = (
    DEMAND_COUNTS.index(name)
    for name in (
        "asked",
        "no_route",
        "short",
        "served",
        "at_once",
        "waiting_s",
        "bits",
        "spied_bits",
        "looks",
        "ready",
    )
)


class KeyReplica:
    """One run of a case.

    Args:
        case: What is played.
        number: Number of the replica, from 0; with the seed of the case it seeds all draws.
        progress: Called with the blocks of the measured time played and wanted.
    """

    def __init__(
        self, case: KeyNetworkCase, number: int, progress: ProgressCallback | None = None
    ) -> None:
        self.case, self.number, self.progress = case, number, progress
        run = case.run
        waits = any(each.demand.on_shortage == "wait" for each in case.demands)
        self.last = run.duration_s * (1.0 + _PATIENT * waits)
        self.conditions = [
            edge_conditions(case, k, number, self.last) for k in range(len(case.edges))
        ]
        self.relay_faults = RelayFaults(case, number, self.last)
        self.levels = [self._level(k) for k in range(len(case.edges))]
        finder = RouteFinder.of(case)
        self.askings = [Asking(case, k, self.levels, finder) for k in range(len(case.demands))]
        names = stream_names(each.demand.ends for each in case.demands)
        self.names = names
        self.times = [
            RequestTimes(asking.demand, -run.warm_up_s, self.stream("requests", name))
            for asking, name in zip(self.askings, names, strict=True)
        ]
        self.events = EventQueue(-run.warm_up_s)
        self.rows: list[list[float]] | None = None
        self.queues = Queues(self)
        self.drains = Drains(self)
        self.shut: frozenset[int] = frozenset()
        self.failed: frozenset[int] = frozenset()
        self._schedule_conditions()

    def stream(self, *names: object) -> np.random.Generator:
        """A stream of random numbers that belongs to a thing of this replica by its names."""
        return named_stream(self.case.seed, self.number, *names)

    def _level(self, number: int) -> EdgeLevel:
        edge, conditions = self.case.edges[number], self.conditions[number]
        rng = self.stream("gains", *sorted(edge.ends))
        return edge_level(edge, conditions, Gains(gains_of(edge.fill, conditions.spells, rng)))

    # What befalls edges.

    def _schedule_conditions(self) -> None:
        times = {spell.begin for each in self.conditions for spell in each.spells[1:]}
        times |= self.relay_faults.times
        self._next_spell = [1] * len(self.conditions)
        for time in times:
            self.events.at(time, MADE, self._change)
        self._set_barred()

    def _change(self, _: None) -> None:
        """Edges begin another spell now."""
        now = self.events.now
        changed = []
        for k, conditions in enumerate(self.conditions):
            place = self._next_spell[k]
            if place < len(conditions.spells) and conditions.spells[place].begin <= now:
                self.levels[k].advance(now)
                self.levels[k].change(conditions.spells[place])
                self._next_spell[k] += 1
                changed.append(self.levels[k])
        self._set_barred()
        self.queues.touch(changed)

    def _set_barred(self) -> None:
        places = zip(self.conditions, self._next_spell, strict=True)
        states = [each.spells[number - 1].state for each, number in places]
        self.shut = frozenset(k for k, state in enumerate(states) if state == SHUT)
        self.failed = frozenset(k for k, state in enumerate(states) if state == FAILED)
        self.relay_faults.go(self.events.now)
        moved = [
            each
            for each in self.askings
            if each.reroute(self.shut | self.relay_faults.closed_to(each.demand.ends), self.failed)
        ]
        self.queues.reroute(moved)
        self.drains.settle(self.events.now)

    # Requests.

    def ask(self, asking: Asking, time: float, row: list[float] | None) -> None:
        """A request comes.

        Args:
            asking: Whose it is.
            time: Now, in s.
            row: Where it is counted; None outside the measured time.
        """
        way = asking.way
        if way is None or asking.waits:
            self._ask_many(asking, time, row)
            return
        least = asking.least
        for store in way:
            store.advance(time)
            if store.level - store.reserve < least or (store.queue and self.queues.head(store)):
                store.short += 1
                if row is not None:
                    row[_ASKED] += 1.0
                    row[_SHORT] += 1.0
                return
        if row is not None:
            row[_ASKED] += 1.0
        self.serve(asking, (way,), row, time)

    def _ask_many(self, asking: Asking, time: float, row: list[float] | None) -> None:
        """A request of which several ways, or waiting, may come."""
        if row is not None:
            row[_ASKED] += 1.0
        ways = asking.candidates(time)
        able = self.able(ways, asking, time)
        if ways and len(able) >= asking.needed:
            self.serve(asking, able, row, time)
        elif ways and asking.waits and asking.fits:
            self.queues.join(asking, time, row, ways)
        elif row is not None:
            row[_SHORT if ways else _NO_ROUTE] += 1.0

    def able(
        self, ways: Sequence[Way], asking: Asking, time: float, first: object = None
    ) -> tuple[Way, ...]:
        """The ways that can carry a key of a demand now.

        Args:
            ways: Those to look at.
            asking: The demand.
            time: Now, in s.
            first: The request that may wait in front; others may not.
        """
        found = []
        for way in ways:
            for store in way:
                store.advance(time)
                if store.level - store.reserve < asking.least:
                    store.short += first is None
                    break
                if store.queue and self.queues.head(store) not in (None, first):
                    break
            else:
                found.append(way)
        return tuple(found)

    def serve(
        self,
        asking: Asking,
        ways: tuple[Way, ...],
        row: list[float] | None,
        time: float,
        since: float | None = None,
    ) -> None:
        """Take the key of a request, which came now unless said, on every hop of its ways."""
        need, spied, drained = asking.need, False, False
        for way in ways:
            for store in way:
                store.take(need)
                spied = spied or store.attacked
                drained = drained or store.drain > 0.0
        if drained:
            self.drains.settle(time)
        if row is None:
            return
        row[_SERVED] += 1.0
        row[_BITS] += need
        if spied:
            row[_SPIED] += need
        if since is None:
            row[_AT_ONCE] += 1.0
        else:
            row[_WAITING] += time - since
        names = asking.routes if len(ways) == len(asking.ways) else asking.names(ways)
        asking.uses[names] = asking.uses.get(names, 0.0) + need

    def look(self, number: int) -> None:
        """Look whether a request of a demand would be served now."""
        asking = self.askings[number]
        if self.rows is None:
            return
        row, now = self.rows[number], self.events.now
        ways = asking.candidates(now)
        row[_SEEN] += 1.0
        if ways and len(self.able(ways, asking, now, self)) >= asking.needed:
            row[_READY] += 1.0

    # The run.

    def play(self) -> KeyTally:
        """Play it to its end: until every request that counts is served, or has gone."""
        run = self.case.run
        tally = KeyTally(self.case)
        singles = [
            SingleStore(asking, self.times[k])
            for k, asking in enumerate(self.askings)
            if is_single(self, asking)
        ]
        self.singles = {each.asking.number for each in singles}
        bounds = np.linspace(0.0, run.duration_s, run.blocks + 1).tolist()
        if run.warm_up_s > 0.0:
            self._until(0.0, singles, None)
        before = self._counts(0.0)
        for level in self.levels:
            level.short = 0
        for block, (begin, end) in enumerate(pairwise(bounds)):
            self.rows = tally.rows[block]
            self._schedule_looks(begin, end)
            self._until(end, singles, self.rows)
            counts = self._counts(end)
            tally.edges[block] = counts - before
            before = counts
            if self.progress is not None:
                self.progress(block + 1, run.blocks)
        self.rows = None
        self._follow()
        tally.finish(self)
        return tally

    def _counts(self, time: float) -> Array:
        for level in self.levels:
            level.advance(time)
        self.drains.count(time)
        counts = [level.counts() for level in self.levels]
        return np.array(counts).reshape(len(self.levels), len(EDGE_COUNTS))

    def _schedule_looks(self, begin: float, end: float) -> None:
        """Look at demands whose requests do not come by chance, evenly with a random part."""
        for k, asking in enumerate(self.askings):
            if asking.demand.is_stream or not self.times[k].regular:
                continue
            step = (end - begin) / _LOOKS
            parts = self.stream("looks", self.names[k], begin).random(_LOOKS)
            for time in (begin + (np.arange(_LOOKS) + parts) * step).tolist():
                self.events.at(time, ARRIVED, self.look, k)

    def _until(
        self, end: float, singles: Sequence[SingleStore], rows: list[list[float]] | None
    ) -> None:
        """Play up to a time in s, in parts whose requests fit in memory."""
        for single in singles:
            single.play(end, None if rows is None else rows[single.asking.number])
        others = [k for k in range(len(self.askings)) if k not in self.singles]
        rate = sum(self.times[k].rate for k in others)
        begin = self.events.now
        parts = max(1, math.ceil((end - begin) * rate / _LISTED))
        for stop in np.linspace(begin, end, parts + 1)[1:].tolist():
            times, whose = merged([self.times[k].until(stop) for k in others], others)
            self._play(times, whose, rows)
            self.events.run(stop)

    def _play(self, times: list[float], whose: list[int], rows: list[list[float]] | None) -> None:
        events, askings, ask = self.events, self.askings, self.ask
        for time, number in zip(times, whose, strict=True):
            if events.next_at <= time:
                events.run(time)
            events.now = time
            ask(askings[number], time, None if rows is None else rows[number])

    def _follow(self) -> None:
        """Follow the requests that still wait."""
        if self.queues.counted:
            self.events.run(self.last, lambda: not self.queues.counted)


def play_key_replica(
    case: KeyNetworkCase, number: int, progress: ProgressCallback | None = None
) -> KeyTally:
    """The tally of one replica of a case; ``progress`` as of `KeyReplica`."""
    return KeyReplica(case, number, progress).play()
