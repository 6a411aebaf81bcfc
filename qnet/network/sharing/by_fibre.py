"""Swaps of shared pairs whose results travel in the fibre: each node knows what has reached it."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING

from qnet.network.kernel import MADE
from qnet.network.sharing.flows import SharedFlows
from qnet.network.sharing.pairs import LONG, MemoryChannel, SharedPair, sweep
from qnet.network.sharing.swaps import SharedSwaps, Side, from_port

if TYPE_CHECKING:
    from qnet.network.replica import Replica

__all__ = ["SharedByFibre"]


class _Qubit:
    """A stored qubit, and what its node knows of the pair that it belongs to."""

    __slots__ = ("channel", "gone", "mask", "news", "number", "oldest", "pair", "port", "version")

    def __init__(self, pair: SharedPair, port: int, channel: MemoryChannel) -> None:
        self.port, self.channel = port, channel
        #: The pair that it belongs to in truth; None once that is lost.
        self.pair: SharedPair | None = pair
        self.mask, self.oldest, self.number = pair.mask, pair.oldest, pair.identity
        #: When the last message on it that is under way reaches the node, in s.
        self.news = pair.ready
        self.gone = False
        #: How often the node has learned something: entries of an earlier version are out of date.
        self.version = 0


_Entry = tuple[float, int, int, _Qubit]


class SharedByFibre(SharedSwaps):
    """Every node swaps by what it knows: its own pairs, and messages that have reached it.

    A result goes from the node that measured to both ends of the new pair, along its edges. Until
    it comes, an end takes its pair for what it was: it may swap a pair that is lost already, or one
    that no flow can use any more. A channel tries again when both ends know that both memories are
    free. A complete pair can be used when both ends know. Sessions are known to both of their ends
    when they come, and both ends of an edge purify the same pair.
    """

    def __init__(self, replica: Replica, flows: SharedFlows) -> None:
        super().__init__(replica, flows)
        self.travel = [edge.travel_time_s for edge in self.edges]
        #: By port and mask: stored qubits that wait to be swapped, the oldest first.
        self.qubits: list[dict[int, list[_Entry]]] = [{} for _ in flows.turns]
        #: By identity of a pair: its first and its last qubit.
        self.held: dict[int, tuple[_Qubit, _Qubit]] = {}
        #: Qubits of which their nodes have learned something at this moment.
        self.changed: list[_Qubit] = []

    def decide(self, now: float) -> None:
        """Every node swaps what it can; then complete pairs go to sessions."""
        fresh, self.fresh = self.fresh, []
        changed, self.changed = self.changed, []
        for pair in fresh:
            if not pair.gone:
                first = _Qubit(pair, pair.first, pair.channels[0])
                last = _Qubit(pair, pair.last, pair.channels[1])
                self.held[pair.identity] = first, last
                changed += [first, last]
        if self.any_pair and len(changed) > 1:
            self.order.shuffle(changed)
        for qubit in changed:
            if not qubit.gone:
                self._settle_qubit(qubit, now)
        for pair in fresh:
            if not pair.gone:
                self._await(pair, now)
        if self.stock.asking:
            self.stock.serve()

    def _settle_qubit(self, qubit: _Qubit, now: float) -> None:
        found: _Entry | None = None
        used = 0
        for there, flows in self.turns[qubit.port]:
            for mask, waiting in self.qubits[there].items():
                if mask & flows & qubit.mask:
                    while waiting and _is_stale(waiting[0]):
                        heappop(waiting)
                    if waiting and (found is None or waiting[0][:2] < found[:2]):
                        found, used = waiting[0], mask & flows & qubit.mask
        pair = qubit.pair
        if pair is not None and found is not None and self.goes_to_session(pair, used, now):
            found = None
        if found is not None:
            self._measure(qubit, found[3], now)
        elif self.turns[qubit.port]:
            waiting = self.qubits[qubit.port].setdefault(qubit.mask, [])
            if len(waiting) >= LONG:
                sweep(waiting, _is_stale)
            heappush(waiting, (qubit.oldest, qubit.number, qubit.version, qubit))

    def _measure(self, one: _Qubit, other: _Qubit, now: float) -> None:
        """A node measures two of its qubits, whatever their pairs are in truth."""
        chance, duration, numbers = self.stations[one.port]
        known = now + duration
        for qubit in (one, other):
            qubit.gone = True
            self._release_known(qubit.channel, known, self.travel[qubit.port >> 1])
        works = chance >= 1.0 or next(numbers) < chance
        left, right = one.pair, other.pair
        if works and left is not None and right is not None and left.mask & right.mask:
            self._join(one, other, left, right, now)
            return
        for qubit, beside in ((one, other), (other, one)):
            if qubit.pair is not None:
                side = from_port(qubit.pair, qubit.port)
                outer = self._outer(qubit.pair, side)
                self._lose_truly(qubit.pair, now)
                self._tell(outer, max(known, beside.news) + self._distance(side), None)

    def _join(
        self, one: _Qubit, other: _Qubit, left: SharedPair, right: SharedPair, now: float
    ) -> None:
        known = now + self.stations[one.port][1]
        sides = from_port(left, one.port), from_port(right, other.port)
        outer = self._outer(left, sides[0]), self._outer(right, sides[1])
        del self.held[left.identity], self.held[right.identity]
        self.leave(left, now)
        self.leave(right, now)
        pair = self.joined(left, right, *sides, now)
        self.held[pair.identity] = outer
        for qubit, side, beside in ((outer[0], sides[0], other), (outer[1], sides[1], one)):
            qubit.pair = pair
            self._tell(qubit, max(known, beside.news) + self._distance(side), pair)
        pair.ready = max(qubit.news for qubit in outer)
        self._await(pair, now)

    def _await(self, pair: SharedPair, now: float) -> None:
        """A complete pair can be used when both ends know of all its swaps."""
        if self.complete.get((pair.first, pair.last), 0) & pair.mask:
            if pair.ready > now:
                self.events.at(pair.ready, MADE, self._known, pair)
            else:
                self._known(pair)

    def _known(self, pair: SharedPair) -> None:
        if pair.gone:
            return
        if self.any_pair:
            mask = self.complete[pair.first, pair.last] & pair.mask
            self.deliver(pair, self.flows.of_mask(mask)[0].demand)
        else:
            super()._known(pair)

    # Messages.

    def _tell(self, qubit: _Qubit, time: float, pair: SharedPair | None) -> None:
        """A node learns at a time in s what its qubit's pair has become; None where it is lost."""
        qubit.news = max(qubit.news, time)
        if time > self.events.now:
            self.events.at(time, MADE, self._hear, (qubit, pair))
        else:
            self._hear((qubit, pair))

    def _hear(self, what: tuple[_Qubit, SharedPair | None]) -> None:
        qubit, pair = what
        if qubit.gone:
            return
        if pair is None:
            qubit.gone = True
            # The message came past the other end of the edge, which knows as well.
            self.release(qubit.channel, self.events.now)
        elif qubit.mask & pair.mask != qubit.mask or pair.oldest < qubit.oldest:
            qubit.mask &= pair.mask
            qubit.oldest = min(qubit.oldest, pair.oldest)
            qubit.version += 1
            self.changed.append(qubit)
            self.decide_now()

    def _release_known(self, channel: MemoryChannel, time: float, travel_s: float) -> None:
        """A memory comes free at a time in s, and the other end of its edge is told."""
        channel.free_from = max(channel.free_from, time + travel_s)
        self.release(channel, time)

    def _distance(self, side: Side) -> float:
        """Time in s that a message takes along a pair."""
        return sum(self.travel[part.edge] for part in side.parts)

    def _outer(self, pair: SharedPair, side: Side) -> _Qubit:
        first, last = self.held[pair.identity]
        return first if first.port == side.far else last

    # How pairs end.

    def _lose_truly(self, pair: SharedPair, now: float) -> None:
        """A pair is lost, whoever knows."""
        for qubit in self.held.pop(pair.identity):
            qubit.pair = None
        self.leave(pair, now)
        self.lose_parts(pair)

    def _qubits_of(self, pair: SharedPair) -> tuple[_Qubit, _Qubit] | None:
        """Its qubits; None where it is so fresh that it has not been looked at."""
        return self.held.get(pair.identity)

    def lose_old(self, pair: SharedPair, now: float) -> None:
        """Both ends give a pair up when they know how old it is."""
        qubits = self._qubits_of(pair)
        if qubits is None:
            super().lose_old(pair, now)
            return
        self._lose_truly(pair, now)
        for qubit in qubits:
            self._tell(qubit, max(now, qubit.news), None)

    def lose_at(self, pair: SharedPair, edge: int, now: float) -> None:
        """The nodes of an edge know at once that a pair is lost there, the other end by message."""
        qubits = self._qubits_of(pair)
        if qubits is None:
            super().lose_at(pair, edge, now)
            return
        self._lose_truly(pair, now)
        distance = sum(self.travel[part.edge] for part in pair.parts)
        for qubit in qubits:
            here = qubit.port >> 1 == edge
            self._tell(qubit, now if here else max(qubit.news, now + distance), None)

    def withdraw(self, pair: SharedPair) -> None:
        """Both its qubits wait no longer."""
        for qubit in self.held.pop(pair.identity, ()):
            qubit.gone = True

    def deliver(self, pair: SharedPair, demand: int) -> None:
        """Both ends hand their qubits over, and tell the other ends of their edges."""
        for qubit in self.held.pop(pair.identity):
            qubit.gone = True
            travel = self.travel[qubit.port >> 1] if pair.swaps else 0.0
            qubit.channel.free_from = max(qubit.channel.free_from, self.events.now + travel)
        super().deliver(pair, demand)


def _is_stale(entry: _Entry) -> bool:
    return entry[3].gone or entry[3].version != entry[2]
