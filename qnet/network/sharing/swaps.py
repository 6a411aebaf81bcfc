"""Swaps of shared pairs as soon as both are there, oldest first, for whoever can use them."""

from __future__ import annotations

from heapq import heappop
from typing import TYPE_CHECKING, NamedTuple

from qnet.network.deadlines import Deadlines
from qnet.network.kernel import EXPIRED, MADE, to_digits
from qnet.network.sharing.batches import DeliveryBatch
from qnet.network.sharing.edges import uniform
from qnet.network.sharing.flows import SharedFlow, SharedFlows
from qnet.network.sharing.memories import SharedMemories
from qnet.network.sharing.pairs import (
    ElementaryPair,
    MemoryChannel,
    SharedPair,
    Waiting,
    put,
)
from qnet.network.sharing.stock import PairStock

if TYPE_CHECKING:
    from qnet.network.replica import Replica

__all__ = ["SharedSwaps", "Side", "SwapsAtOnce", "from_port"]


#: A named tuple of all its values, without the call of its own constructor.
_new = tuple.__new__


class Side(NamedTuple):
    """A pair as it is seen from one of its ports.

    Args:
        far: Its other port.
        outer: The channel there.
        near: The channel here.
        parts: Its elementary pairs, from here on.
        swaps: When the stations between them measured, from here on, in s.
    """

    far: int
    outer: MemoryChannel
    near: MemoryChannel
    parts: tuple[ElementaryPair, ...]
    swaps: tuple[float, ...]


def from_port(pair: SharedPair, port: int) -> Side:
    """A pair as it is seen from one of its ports."""
    near, outer = pair.channels
    if pair.first == port:
        return _new(Side, (pair.last, outer, near, pair.parts, pair.swaps))
    return _new(Side, (pair.first, near, outer, pair.parts[::-1], pair.swaps[::-1]))


class SharedSwaps(SharedMemories):
    """What is the same whatever the nodes know of each other.

    A pair may serve the flows of its mask. Two pairs that meet at a node are swapped if a flow that
    both may serve passes there from the one to the other; then the pair serves the flows of both.
    """

    def __init__(self, replica: Replica, flows: SharedFlows) -> None:
        super().__init__(replica, flows)
        self.turns, self.complete = flows.turns, flows.complete
        self.stock = PairStock(self.sessions, self.deliver)
        #: Complete pairs that may not wait longer for the others of a session.
        self.windows: Deadlines[SharedPair] = Deadlines(
            self.events,
            EXPIRED,
            lambda pair: pair.gone,
            lambda pair: self.lose_old(pair, self.events.now),
        )
        self.coin = uniform(replica.stream("coin"))

    def batch(self, flow: SharedFlow) -> DeliveryBatch:
        """What collects the pairs of a flow."""
        links = self.case.network.links_of(flow.route)
        stations = self.case.network.stations_of(flow.route)
        return DeliveryBatch(self.replica, flow.demand, flow.route, links, stations)

    def ask(self, demand: int) -> None:
        """There may be complete pairs for a session."""
        if self.stock.ask(demand):
            self.decide_now()

    def goes_to_session(self, pair: SharedPair, used: int, now: float) -> bool:
        """Whether a complete pair goes to a session that waits, rather than on for other flows.

        Each flow that could use it now is as likely as any other.

        Args:
            pair: The pair.
            used: Flows that it could be swapped for.
            now: Time in s.
        """
        complete = self.complete.get((pair.first, pair.last), 0) & pair.mask
        if not complete or self.any_pair or pair.ready > now:
            return False
        demands = {flow.demand for flow in self.flows.of_mask(complete)}
        waiting = sum(self.sessions.first(demand) is not None for demand in demands)
        return bool(waiting) and next(self.coin) * (waiting + used.bit_count()) < waiting

    def _known(self, pair: SharedPair) -> None:
        """Both ends of a complete pair know of all its swaps."""
        if not pair.gone:
            self._offer(pair, self.complete[pair.first, pair.last] & pair.mask)
            self.decide_now()

    def _offer(self, pair: SharedPair, mask: int) -> None:
        for flow in self.flows.of_mask(mask):
            self.stock.offer(pair, flow.demand)
            window_s = self.case.demands[flow.demand].window_s
            if window_s is not None:
                self.windows.add(to_digits(max(self.events.now, pair.ready) + window_s), pair)

    def joined(
        self, one: SharedPair, other: SharedPair, left: Side, right: Side, now: float
    ) -> SharedPair:
        """The pair that a successful swap makes of two."""
        ledger = self.ledger
        ledger.number = identity = ledger.number + 1
        ledger.swapped += 1
        ledger.swaps += 1
        pair = SharedPair(
            identity,
            one.mask & other.mask,
            min(one.oldest, other.oldest),
            left.far,
            right.far,
            (left.outer, right.outer),
            left.parts[::-1] + right.parts,
            (*left.swaps[::-1], now, *right.swaps),
            now,
        )
        one.into = other.into = ledger.live[identity] = pair
        return pair

    def deliver(self, pair: SharedPair, demand: int) -> None:
        """A complete pair is handed over at the moment at which both ends know of it."""
        now = self.events.now
        time = max(now, pair.ready)
        self.leave(pair, now)
        self.ledger.delivered += 1
        mask = self.complete[pair.first, pair.last] & pair.mask
        flow = next(f for f in self.flows.of_mask(mask) if f.demand == demand)
        parts, swaps = pair.parts, pair.swaps
        if pair.first != flow.ends[0]:
            parts, swaps = parts[::-1], swaps[::-1]
        session = None if self.any_pair else self.sessions.first(demand)
        number = -1 if session is None else session.number
        self.batches[flow.number].add(parts, swaps, time, number)
        for channel in pair.channels:
            self.release(channel, time)


class SwapsAtOnce(SharedSwaps):
    """Every node knows at once of everything."""

    def __init__(self, replica: Replica, flows: SharedFlows) -> None:
        super().__init__(replica, flows)
        #: By port: pairs that wait there to be swapped, by their masks.
        self.ports: list[dict[int, Waiting]] = [{} for _ in flows.turns]
        #: By port and mask: what a pair may be swapped with there; found anew with every new mask.
        self.options: list[dict[int, list[tuple[Waiting, int, int]]]] = [{} for _ in flows.turns]

    def decide(self, now: float) -> None:
        """Swap what has come; then give complete pairs to sessions."""
        fresh, self.fresh = self.fresh, []
        if self.any_pair and len(fresh) > 1:
            self.order.shuffle(fresh)
        for pair in fresh:
            if not pair.gone:
                self._settle(pair, now)
        if self.stock.asking:
            self.stock.serve()

    def _settle(self, pair: SharedPair, now: float) -> None:
        """Swap a new pair with the oldest ones that it fits, or keep it."""
        options = self.options
        while True:
            oldest, at, used = None, (0, 0), 0
            mask = pair.mask
            for here in (pair.first, pair.last):
                found = options[here].get(mask)
                if found is None:
                    found = options[here][mask] = self._partners(here, mask)
                for waiting, there, flows in found:
                    while waiting and waiting[0][2].gone:
                        heappop(waiting)
                    if waiting and (oldest is None or waiting[0] < oldest):
                        oldest, at, used = waiting[0], (here, there), flows
            if oldest is None or self.goes_to_session(pair, used, now):
                break
            swapped = self._swap(pair, oldest[2], *at, now)
            if swapped is None:
                return
            pair = swapped
        self._keep(pair, now)

    def _partners(self, here: int, mask: int) -> list[tuple[Waiting, int, int]]:
        """What a pair at a port may be swapped with: pairs, their port there, and for whom."""
        return [
            (waiting, there, mask & flows & other)
            for there, flows in self.turns[here]
            for other, waiting in self.ports[there].items()
            if mask & flows & other
        ]

    def _keep(self, pair: SharedPair, now: float) -> None:
        first, last, mask = pair.first, pair.last, pair.mask
        complete = self.complete.get((first, last), 0) & mask
        if complete and self.any_pair:
            self.deliver(pair, self.flows.of_mask(complete)[0].demand)
            return
        for port in (first, last):
            if self.turns[port]:
                waiting = self.ports[port].get(mask)
                if waiting is None:
                    waiting = self.ports[port][mask] = []
                    for options in self.options:
                        options.clear()
                put(waiting, pair)
        if complete:
            if pair.ready > now:
                self.events.at(pair.ready, MADE, self._known, pair)
            else:
                self._offer(pair, complete)
                self.stock.serve()

    def _swap(
        self, one: SharedPair, other: SharedPair, here: int, there: int, now: float
    ) -> SharedPair | None:
        """Measure at a node the qubits at two of its ports; None where that fails."""
        left, right = from_port(one, here), from_port(other, there)
        chance, duration, numbers = self.stations[here]
        known = now + duration
        self.leave(one, now)
        self.leave(other, now)
        if chance < 1.0 and next(numbers) >= chance:
            self.lose_parts(one)
            self.lose_parts(other)
            for channel in (left.outer, left.near, right.near, right.outer):
                self.release(channel, known)
            return None
        pair = self.joined(one, other, left, right, now)
        pair.ready = max(one.ready, other.ready, known)
        self.release(left.near, known)
        self.release(right.near, known)
        return pair
