"""Requests that wait for key: first come, first served on every edge, hence no deadlock."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from protocols.key_networks.sampled.asking import DEMAND_COUNTS, Asking, Waiting, Way
from protocols.key_networks.sampled.levels import EdgeLevel
from qnet.network.kernel import EXPIRED, MADE, latest_start

if TYPE_CHECKING:
    from protocols.key_networks.sampled.replica import KeyReplica

__all__ = ["Queues"]

_GAVE_UP, _LOST = DEMAND_COUNTS.index("gave_up"), DEMAND_COUNTS.index("lost")


class Queues:
    """The queues of all edges.

    A request waits on every edge of its ways. It is served when enough of its ways hold a key for
    it and have nobody in front of it: a request joins all its queues at once, so that the one that
    joined first is in front of every queue that it is in, and somebody always can be served next.

    Args:
        replica: The replica.
    """

    def __init__(self, replica: KeyReplica) -> None:
        self.replica = replica
        #: Requests of the measured time that wait.
        self.counted = 0
        #: All that wait, in the order in which they came.
        self._all: dict[Waiting, None] = {}

    def head(self, store: EdgeLevel) -> Waiting | None:
        """The request in front of the queue of a store; None of an empty one."""
        queue = store.queue
        while queue and queue[0].gone:
            queue.popleft()
        return queue[0] if queue else None

    def join(
        self, asking: Asking, time: float, row: list[float] | None, ways: tuple[Way, ...]
    ) -> None:
        """A request begins to wait.

        Args:
            asking: Whose it is.
            time: Now, in s.
            row: Where it is counted; None outside the measured time.
            ways: Its ways.
        """
        request = Waiting(asking, time, row, ways)
        self._all[request] = None
        self.counted += row is not None
        for store in request.stores:
            store.queue.append(request)
        self._lose_patience(request, time)
        self._wake(request)

    def touch(self, stores: Iterable[EdgeLevel]) -> None:
        """Something changed at these stores: whoever is in front there tries again."""
        waiting = [self.head(store) for store in stores if store.queue]
        self._try(each for each in dict.fromkeys(waiting) if each is not None)

    def _try(self, requests: Iterable[Waiting]) -> None:
        """Serve those of these requests that can be, and whoever comes to the front by that."""
        replica, now = self.replica, self.replica.events.now
        ahead = list(requests)
        while ahead:
            request = ahead.pop(0)
            if request.gone:
                continue
            asking = request.asking
            able = replica.able(request.ways, asking, now, request)
            if len(able) < asking.needed:
                self._wake(request)
                continue
            replica.serve(asking, able, request.row, now, request.time)
            ahead += self._leave(request)

    def _leave(self, request: Waiting) -> list[Waiting]:
        """A request waits no more; who is in front now."""
        request.gone = True
        del self._all[request]
        self.counted -= request.row is not None
        heads = [self.head(store) for store in request.stores]
        return [each for each in dict.fromkeys(heads) if each is not None]

    def _wake(self, request: Waiting) -> None:
        """Try again when enough of the ways may hold a key, if nobody is in front there."""
        asking = request.asking
        times = []
        for way in request.ways:
            if all(self.head(store) is request for store in way):
                # A hair more than is taken: what rounding lacks is not waited for again.
                times.append(max(store.ready_at(asking.need) for store in way))
        request.token += 1
        if len(times) >= asking.needed:
            at = sorted(times)[asking.needed - 1]
            if at <= self.replica.last:
                at = max(at, math.nextafter(self.replica.events.now, math.inf))
                self.replica.events.at(at, MADE, self._again, (request, request.token))

    def _again(self, what: tuple[Waiting, int]) -> None:
        request, token = what
        if not request.gone and request.token == token:
            self._try([request])

    def _expire(self, request: Waiting) -> None:
        if request.gone:
            return
        if request.row is not None:
            request.row[_GAVE_UP] += 1.0
        self._try(self._leave(request))

    def reroute(self, askings: Sequence[Asking]) -> None:
        """The requests of demands that have other ways now take them, at the end of each queue.

        Args:
            askings: Those demands.
        """
        moved = set(askings)
        leaving = [each for each in self._all if each.asking in moved]
        for request in leaving:
            request.gone = True
            del self._all[request]
        again = [self._on_other_ways(request) for request in leaving]
        stores = dict.fromkeys(store for each in leaving for store in each.stores)
        heads = [self.head(store) for store in stores]
        self._try(each for each in dict.fromkeys((*heads, *again)) if each is not None)

    def _on_other_ways(self, before: Waiting) -> Waiting | None:
        """A request on the ways that its demand has now; None where it has none."""
        asking, now = before.asking, self.replica.events.now
        if not asking.ways or not asking.fits:
            self.counted -= before.row is not None
            if before.row is not None:
                before.row[_LOST] += 1.0
            return None
        after = Waiting(asking, before.time, before.row, asking.candidates(now))
        self._all[after] = None
        for store in after.stores:
            store.queue.append(after)
        self._lose_patience(after, now)
        return after

    def _lose_patience(self, request: Waiting, now: float) -> None:
        """Let a request give up when it has waited so long."""
        patience = request.asking.demand.patience_s
        if patience is not None:
            at = max(latest_start(request.time, patience), now)
            self.replica.events.at(at, EXPIRED, self._expire, request)
