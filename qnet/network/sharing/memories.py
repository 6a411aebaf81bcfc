"""Memories where pairs are shared: how pairs are made, stored and lost, and memories come free."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from qnet.errors import EngineError
from qnet.network.deadlines import Deadlines
from qnet.network.kernel import DECIDED, EXPIRED, MADE, after_attempts
from qnet.network.sharing.batches import DeliveryBatch
from qnet.network.sharing.edges import SharedEdge, uniform
from qnet.network.sharing.flows import SharedFlow, SharedFlows
from qnet.network.sharing.pairs import ElementaryPair, MemoryChannel, PairLedger, SharedPair
from qnet.network.sharing.sessions import SharedSessions

if TYPE_CHECKING:
    from qnet.network.replica import Replica
    from qnet.network.session import Session

__all__ = ["SharedMemories"]


#: A named tuple of all its values, without the call of its own constructor.
_new = tuple.__new__


def _is_held(pair: SharedPair, port: int) -> bool:
    """Whether the memory of an elementary pair at a port still holds its qubit."""
    heir = pair.heir
    held = zip((heir.first, heir.last), heir.channels, strict=True)
    return not heir.gone and (port, pair.channels[0]) in held


class SharedMemories(ABC):
    """Pairs of all edges as they are made and lost; what is done with them is a subclass.

    Args:
        replica: The replica.
        flows: Who may use them.
    """

    def __init__(self, replica: Replica, flows: SharedFlows) -> None:
        self.replica, self.case, self.events = replica, replica.case, replica.events
        network = self.case.network
        self.flows = flows
        self.edges = [SharedEdge(replica, e, flows.of_edge[e]) for e in range(len(network.edges))]
        self.ledger = PairLedger(len(network.edges))
        replica.tally.counted = self._counted
        self.peak = replica.tally.peak
        rngs = {node.name: uniform(replica.stream("node", node.name)) for node in network.nodes}
        #: By port: success probability, duration and stream of the node's Bell measurement.
        self.stations = []
        for edge in network.edges:
            for end in edge.ends:
                station = network.station(end)
                chance, duration = station.success_probability, station.duration_s
                self.stations.append((chance, duration, rngs[end]))
        self.sessions = SharedSessions(replica)
        self.batches = [self.batch(flow) for flow in flows.flows]
        #: Whether a switch serves any users, whose pairs are used at once: nobody asks, and pairs
        #: that come, or have waited, alike are looked at in a random order.
        self.any_pair = self.case.any_pair
        self.order = replica.stream("order")
        #: Channels that succeed at a time, with the number of their run.
        self.due: dict[float, list[tuple[MemoryChannel, int]]] = {}
        self.fresh: list[SharedPair] = []
        #: Whether a decision at this moment is still to come, or is being made.
        self.deciding = self.within = False
        cutoff = network.cutoff
        self.cutoff_s = None if cutoff is None else cutoff.time_s
        #: Pairs that grow too old.
        self.aging: Deadlines[SharedPair] = Deadlines(
            self.events, EXPIRED, lambda pair: pair.heir.gone, self._expire
        )
        #: Qubits, by a pair and the port where they are, whose memory loses them.
        self.losses: Deadlines[tuple[SharedPair, int]] = Deadlines(
            self.events, MADE, lambda what: not _is_held(*what), self._decay
        )

    def _counted(self, time: float) -> dict[str, list[float]]:
        """The totals of the ledger; what is taken as the measured time begins is a first peak."""
        if time <= 0.0:
            self.peak[:] = self.ledger.used
        return self.ledger.counted(time)

    # What a subclass does with them.

    @abstractmethod
    def decide(self, now: float) -> None:
        """Use what has come at this moment: ``fresh``, and what sessions ask for."""

    @abstractmethod
    def batch(self, flow: SharedFlow) -> DeliveryBatch:
        """What collects the deliveries of a flow."""

    @abstractmethod
    def ask(self, demand: int) -> None:
        """A session of a demand has come to wait: look at what is there for it."""

    def finish(self) -> None:
        """Hand over what was kept for a batch."""
        for batch in self.batches:
            batch.flush()

    # Making pairs.

    def start(self) -> None:
        """All channels begin to try."""
        now = self.events.now
        for edge in self.edges:
            if edge.gaps is not None:
                self.events.at(now + next(edge.gaps), MADE, self._generate, edge)
            else:
                self.try_idle(edge, now)

    def try_idle(self, edge: SharedEdge, now: float) -> None:
        """Let idle channels of an edge try, as many as may at once."""
        makers = edge.makers
        while makers and edge.trying < edge.limit:
            channel = makers.popleft()
            edge.trying += 1
            channel.begun = now
            time = after_attempts(now, next(edge.attempts), edge.attempt_time_s)
            due = self.due.get(time)
            if due is None:
                self.due[time] = [(channel, channel.run)]
                self.events.at(time, MADE, self._succeed)
            else:
                due.append((channel, channel.run))

    def _succeed(self, _: None) -> None:
        now = self.events.now
        for channel, run in self.due.pop(now):
            if channel.run == run:
                edge = self.edges[channel.edge]
                edge.trying -= 1
                if edge.purifier is not None:
                    edge.makers.append(channel)
                    self._use(edge, channel.begun, now)
                else:
                    self._make(edge, channel, now)
                    if edge.memories is None:
                        edge.supply()
                if edge.makers:
                    self.try_idle(edge, now)
        if self.fresh:
            self.decide_now()

    def _generate(self, edge: SharedEdge) -> None:
        now = self.events.now
        assert edge.gaps is not None
        gap = next(edge.gaps)
        self.events.at(now + gap, MADE, self._generate, edge)
        if not self.replica.down[edge.number]:
            self._use(edge, now, now)
            if self.fresh:
                self.decide_now()

    def _use(self, edge: SharedEdge, begun: float, now: float) -> None:
        """A pair that needs no memory of its own is there: purify with it, store it or drop it."""
        if edge.purifier is not None:
            stored = edge.purifier.oldest()
            if stored is not None and edge.purifier.wants():
                self._purify(edge, stored, now)
                return
        channel = edge.free_channel()
        if channel is not None:
            channel.begun = begun
            self._make(edge, channel, now)
        elif edge.purifier is not None:
            self.ledger.made[edge.number] += 1
            self.ledger.pairs_lost += 1
            self.ledger.lost[edge.number] += 1

    def _make(self, edge: SharedEdge, channel: MemoryChannel, now: float) -> None:
        """A pair of an edge is made in the memories of a channel."""
        number, ledger = edge.number, self.ledger
        channel.held = 2
        ledger.number = identity = ledger.number + 1
        pair = SharedPair(
            identity,
            edge.owner(channel.number),
            now,
            2 * number,
            2 * number + 1,
            (channel, channel),
            (_new(ElementaryPair, (number, channel.begun, now, None, None)),),
            (),
            now,
        )
        ledger.live[identity] = pair
        ledger.made[number] += 1
        ledger.stored[number] += 1
        ledger.stored_since[number] += now
        ledger.used[number] = used = ledger.used[number] + 1
        ledger.used_since[number] += now
        if used > self.peak[number]:
            self.peak[number] = used
        self.fresh.append(pair)
        if edge.purifier is not None:
            edge.purifier.store(pair)
        if self.cutoff_s is not None:
            self._grow_old(edge, pair, now)
        if edge.loss_times is not None:
            for port in (2 * number, 2 * number + 1):
                self.losses.add(now + next(edge.loss_times), (pair, port))

    def decide_now(self) -> None:
        """What has come is looked at when all has come that comes at this moment: the last call."""
        if self.deciding:
            return
        self.deciding = True
        if self.events.is_over and not self.within:
            self._decide(None)
        else:
            self.events.at(self.events.now, DECIDED, self._decide)

    def _decide(self, _: None) -> None:
        self.deciding, self.within = False, True
        self.decide(self.events.now)
        self.within = False

    # Purification.

    def _purify(self, edge: SharedEdge, stored: SharedPair, now: float) -> None:
        """Compare a stored pair with a fresh one; one is left of them, or none."""
        ledger, purifier = self.ledger, edge.purifier
        assert purifier is not None
        ledger.made[edge.number] += 1
        self.withdraw(stored)
        self.leave(stored, now)
        end = now + purifier.overhead_s
        part = purifier.compare(stored.parts[0], now)
        if part is None:
            ledger.pairs_lost += 1
            ledger.lost[edge.number] += 1
            self.lose_parts(stored)
            for channel in stored.channels:
                self.release(channel, end)
            return
        ledger.swapped += 1
        ledger.number = identity = ledger.number + 1
        kept = SharedPair(
            identity,
            stored.mask,
            stored.oldest,
            stored.first,
            stored.last,
            stored.channels,
            (part,),
            (),
            end,
        )
        ledger.live[identity] = stored.into = kept
        ledger.stored[edge.number] += 1
        ledger.stored_since[edge.number] += now
        if end > now:
            self.events.at(end, MADE, self._purified_later, kept)
        else:
            self._purified(kept)

    def withdraw(self, pair: SharedPair) -> None:  # noqa: B027
        """A stored pair is used for something else; it waits no longer to be swapped."""

    def _purified(self, pair: SharedPair) -> None:
        """What a purification left is there to be used."""
        purifier = self.edges[pair.first >> 1].purifier
        assert purifier is not None
        purifier.store(pair)
        self.fresh.append(pair)

    def _purified_later(self, pair: SharedPair) -> None:
        if not pair.gone:
            self._purified(pair)
            self.decide_now()

    # What becomes of them.

    def leave(self, pair: SharedPair, now: float) -> None:
        """A stored pair is no more, whatever becomes of it."""
        pair.gone = True
        ledger = self.ledger
        del ledger.live[pair.identity]
        if not pair.swaps:
            edge = pair.first >> 1
            ledger.stored[edge] -= 1
            ledger.stored_since[edge] -= now

    def lose_parts(self, pair: SharedPair) -> None:
        """Count a pair, and the elementary pairs that it was made of, as lost."""
        self.ledger.pairs_lost += 1
        for part in pair.parts:
            self.ledger.lost[part.edge] += 1

    def lose(self, pair: SharedPair, now: float) -> None:
        """A stored pair is given up or destroyed, and all know."""
        self.leave(pair, now)
        self.lose_parts(pair)
        for channel in pair.channels:
            self.release(channel, now)

    def lose_at(self, pair: SharedPair, edge: int, now: float) -> None:
        """A stored pair is destroyed in a memory of an edge."""
        self.lose(pair, now)

    def release(self, channel: MemoryChannel, time: float) -> None:
        """One memory of a channel comes free at a time in s, which may be now."""
        if time > self.events.now:
            self.events.at(time, MADE, self.free, channel)
        elif channel.held == 2:
            channel.held = 1
        else:
            self.free(channel)

    def free(self, channel: MemoryChannel) -> None:
        """One memory of a channel is free; with the other one, when both ends know, it rests."""
        now = self.events.now
        if channel.held == 1 and channel.free_from > now:
            self.events.at(channel.free_from, MADE, self.free, channel)
            return
        channel.held -= 1
        if not channel.held:
            number = channel.edge
            self.ledger.used[number] -= 1
            self.ledger.used_since[number] -= now
            self.rest(channel)

    def rest(self, channel: MemoryChannel) -> None:
        """Both memories of a channel are free, and both ends know."""
        edge = self.edges[channel.edge]
        edge.idle.append(channel)
        if edge.gaps is None and edge.trying < edge.limit and not self.replica.down[channel.edge]:
            self.try_idle(edge, self.events.now)

    # How pairs are lost.

    def _grow_old(self, edge: SharedEdge, pair: SharedPair, now: float) -> None:
        assert self.cutoff_s is not None
        # The time is brought to the grid of the attempts, so that it is the same moment as theirs.
        time = after_attempts(now + self.cutoff_s, 0.0, edge.attempt_time_s)
        self.aging.add(time, pair)

    def _expire(self, pair: SharedPair) -> None:
        self.lose_old(pair.heir, self.events.now)

    def lose_old(self, pair: SharedPair, now: float) -> None:
        """A stored pair is given up as too old."""
        self.lose(pair, now)

    def _decay(self, what: tuple[SharedPair, int]) -> None:
        """The memory that holds a qubit at a port loses it."""
        pair, port = what
        self.lose_at(pair.heir, port >> 1, self.events.now)

    def edge_fails(self, edge: int) -> None:
        """What is stored in the memories of an edge, or in the making there, is lost."""
        now, shared = self.events.now, self.edges[edge]
        shared.stop()
        block = self.replica.tally.block(now)
        for pair in list(self.ledger.live.values()):
            if edge in (pair.first >> 1, pair.last >> 1):
                demands = {flow.demand for flow in self.flows.of_mask(pair.mask)}
                if len(demands) == 1:
                    self.replica.tally.count(block, demands.pop(), "lost_pairs")
                self.lose_at(pair, edge, now)
        for demand in {self.flows.flows[flow].demand for flow in self.flows.of_edge[edge]}:
            self.sessions.count_failure(demand)

    def edge_works(self, edge: int) -> None:
        """All channels of an edge try anew."""
        if self.edges[edge].gaps is None:
            self.try_idle(self.edges[edge], self.events.now)

    def audit(self) -> None:
        """Look at every pair and every memory.

        Raises:
            EngineError: If something does not add up.
        """
        wrong, ledger = [], self.ledger
        if ledger.imbalance():
            wrong.append(f"{ledger.imbalance()} pairs are not accounted for")
        for place, pairs in ledger.holders().items():
            if len(pairs) != 1:
                wrong.append(f"memory {place} holds the pairs {pairs}")
            if not self.edges[place[0]].channels[place[1]].held:
                wrong.append(f"memory {place} holds a pair and counts as free")
        for edge in self.edges:
            held = sum(channel.held > 0 for channel in edge.channels)
            if held != ledger.used[edge.number]:
                wrong.append(f"edge {edge.number}: {ledger.used[edge.number]} of {held} in use")
        wrong += [
            f"pair {pair.identity} is stored and gone" for pair in ledger.live.values() if pair.gone
        ]
        if wrong:
            raise EngineError("; ".join(wrong))

    # Sessions.

    def arrive(self, session: Session) -> None:
        """A session waits for its first pair as long as it has patience."""
        if self.any_pair:
            return
        if self.flows.of_demand[session.demand]:
            self.sessions.arrive(session)
            self.ask(session.demand)
        else:
            self.replica.refuse(session, "no_route")
