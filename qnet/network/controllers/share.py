"""Sharing: pairs are made all the time, and swapped for whoever can use them."""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from qnet.network.controllers.base import Controller
from qnet.network.controllers.shared_edges import SharedEdge, uniform
from qnet.network.controllers.shared_flows import Flows
from qnet.network.kernel import DECIDED, EXPIRED, MADE, after_attempts
from qnet.network.shared_history import DeliveryBatch
from qnet.network.shared_pairs import Channel, Ledger, Part, SharedPair

if TYPE_CHECKING:
    from qnet.network.replica import Replica
    from qnet.network.session import Session

__all__ = ["Share"]

#: Pairs of a port or a demand, the oldest first.
Waiting = list[tuple[float, int, SharedPair]]


class Share(Controller):
    """Pairs are made all the time, and swapped as soon as both are there."""

    sentence = "no reservation: pairs are made all the time and swapped for whoever can use them"

    def __init__(self, replica: Replica) -> None:
        super().__init__(replica)
        network = self.case.network
        self.events = replica.events
        self.flows = flows = Flows(self.case)
        self.edges = [SharedEdge(replica, e, flows.of_edge[e]) for e in range(len(network.edges))]
        self.ledger = Ledger(len(network.edges))
        replica.tally.counted = self.ledger.counted
        self.turns, self.complete = flows.turns, flows.complete
        #: By port: pairs that wait there to be swapped, by their masks.
        self.ports: list[dict[int, Waiting]] = [{} for _ in flows.turns]
        #: By port: success probability, duration and stream of the node's Bell measurement.
        self.stations = []
        rngs = {node.name: uniform(replica.stream("node", node.name)) for node in network.nodes}
        for edge in network.edges:
            for end in edge.ends:
                station = network.nodes[network.node_number[end]].station
                chance, duration = station.success_probability, station.duration_s
                self.stations.append((chance, duration, rngs[end]))
        demands = range(len(self.case.demands))
        self.sessions: list[deque[Session]] = [deque() for _ in demands]
        #: By demand: complete pairs that wait for a session.
        self.stock: list[Waiting] = [[] for _ in demands]
        self.batches = [DeliveryBatch(replica, flow) for flow in flows.flows]
        #: Channels that succeed at a time, with the number of their run.
        self.due: dict[float, list[tuple[Channel, int]]] = {}
        self.fresh: list[SharedPair] = []
        self.asking: set[int] = set()
        self.deciding = False
        #: Whether a switch swaps any two users' pairs, which are used at once; then pairs that come
        #: at one time are looked at in a random order.
        self.any_pair = self.case.any_pair
        self.order = replica.stream("order")
        cutoff = network.cutoff
        self.cutoff_s = None if cutoff is None else cutoff.time_s
        #: Pairs in the order in which they grow too old.
        self.aging: deque[tuple[float, SharedPair]] = deque()

    # Making pairs.

    def start(self) -> None:
        """All channels begin to try."""
        now = self.events.now
        for edge in self.edges:
            if edge.gaps is not None:
                self.events.at(now + next(edge.gaps), MADE, self._generated, edge)
            else:
                self._try_idle(edge, now)

    def _try_idle(self, edge: SharedEdge, now: float) -> None:
        while edge.idle and edge.trying < edge.limit:
            self._try(edge, edge.idle.popleft(), now)

    def _try(self, edge: SharedEdge, channel: Channel, now: float) -> None:
        edge.trying += 1
        channel.begun = now
        time = after_attempts(now, next(edge.attempts), edge.attempt_time_s)
        due = self.due.get(time)
        if due is None:
            self.due[time] = [(channel, channel.run)]
            self.events.at(time, MADE, self._succeed, None)
        else:
            due.append((channel, channel.run))

    def _succeed(self, _: None) -> None:
        now = self.events.now
        for channel, run in self.due.pop(now):
            if channel.run == run:
                edge = self.edges[channel.edge]
                edge.trying -= 1
                self._make(edge, channel, now)
                if edge.idle:
                    self._try_idle(edge, now)

    def _generated(self, edge: SharedEdge) -> None:
        now = self.events.now
        self.events.at(now + next(edge.gaps), MADE, self._generated, edge)
        if not self.replica.down[edge.number]:
            channel = edge.free_channel()
            if channel is not None:
                channel.begun = now
                self._make(edge, channel, now)

    def _make(self, edge: SharedEdge, channel: Channel, now: float) -> None:
        """A pair of an edge is made."""
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
            (Part(number, channel.begun, now),),
            (),
            now,
        )
        ledger.live[identity] = pair
        ledger.made[number] += 1
        ledger.stored[number] += 1
        ledger.stored_since[number] += now
        ledger.used[number] = used = ledger.used[number] + 1
        ledger.used_since[number] += now
        if used > self.replica.tally.peak[number]:
            self.replica.tally.peak[number] = used
        self.fresh.append(pair)
        if not self.deciding:
            self._decide_now()
        if self.cutoff_s is not None:
            self._grow_old(edge, pair, now)
        if edge.loss_times is not None:
            for _ in range(2):
                self.events.at(now + next(edge.loss_times), MADE, self._decay, pair)

    def _decide_now(self) -> None:
        if not self.deciding:
            self.deciding = True
            self.events.at(self.events.now, DECIDED, self._decide)

    # What becomes of them.

    def _decide(self, _: None) -> None:
        self.deciding = False
        now = self.events.now
        fresh, self.fresh = self.fresh, []
        if self.any_pair and len(fresh) > 1:
            self.order.shuffle(fresh)
        for pair in fresh:
            if not pair.gone:
                self._settle(pair, now)
        if self.asking:
            self._serve(now)

    def _settle(self, pair: SharedPair, now: float) -> None:
        """Swap a new pair with the oldest ones that it fits, or keep it."""
        turns, ports = self.turns, self.ports
        while True:
            oldest, found = None, None
            mask = pair.mask
            for here in (pair.first, pair.last):
                for there, flows in turns[here]:
                    if mask & flows:
                        for other, waiting in ports[there].items():
                            if mask & flows & other:
                                while waiting and waiting[0][2].gone:
                                    heappop(waiting)
                                if waiting and (oldest is None or waiting[0] < oldest):
                                    oldest, found = waiting[0], (here, there)
            if oldest is None or found is None:
                break
            swapped = self._swap(pair, oldest[2], *found, now)
            if swapped is None:
                return
            pair = swapped
        self._keep(pair, now)

    def _keep(self, pair: SharedPair, now: float) -> None:
        first, last, mask = pair.first, pair.last, pair.mask
        entry = (pair.oldest, pair.identity, pair)
        for port in (first, last):
            if self.turns[port]:
                waiting = self.ports[port]
                if mask in waiting:
                    heappush(waiting[mask], entry)
                else:
                    waiting[mask] = [entry]
        complete = self.complete.get((first, last), 0) & mask
        if complete:
            if self.any_pair:
                self._deliver(pair, self.flows.of_mask(complete)[0].demand, pair.ready)
            elif pair.ready > now:
                self.events.at(pair.ready, MADE, self._known, pair)
            else:
                self._offer(pair, complete)

    def _known(self, pair: SharedPair) -> None:
        """Both ends of a complete pair know of all its swaps."""
        if not pair.gone:
            self._offer(pair, self.complete[pair.first, pair.last] & pair.mask)
            self._decide_now()

    def _offer(self, pair: SharedPair, mask: int) -> None:
        for flow in self.flows.of_mask(mask):
            heappush(self.stock[flow.demand], (pair.oldest, pair.identity, pair))
            self.asking.add(flow.demand)

    def _swap(
        self, one: SharedPair, other: SharedPair, here: int, there: int, now: float
    ) -> SharedPair | None:
        """Measure at a node the qubits at two of its ports; None where that fails."""
        first, outer, inner, parts, swaps = _towards(one, here)
        last, far, near, more, later = _from(other, there)
        chance, duration, numbers = self.stations[here]
        known = now + duration
        self._leave(one, now)
        self._leave(other, now)
        if chance < 1.0 and next(numbers) >= chance:
            self._lose_parts(one)
            self._lose_parts(other)
            for channel in (outer, inner, near, far):
                self._release(channel, known)
            return None
        ledger = self.ledger
        ledger.number = identity = ledger.number + 1
        ledger.swapped += 1
        ledger.swaps += 1
        pair = SharedPair(
            identity,
            one.mask & other.mask,
            min(one.oldest, other.oldest),
            first,
            last,
            (outer, far),
            parts + more,
            (*swaps, now, *later),
            max(one.ready, other.ready, known),
        )
        one.into = other.into = ledger.live[identity] = pair
        self._release(inner, known)
        self._release(near, known)
        return pair

    def _leave(self, pair: SharedPair, now: float) -> None:
        """A stored pair is no more, whatever becomes of it."""
        pair.gone = True
        ledger = self.ledger
        del ledger.live[pair.identity]
        if not pair.swaps:
            edge = pair.parts[0].edge
            ledger.stored[edge] -= 1
            ledger.stored_since[edge] -= now

    def _lose_parts(self, pair: SharedPair) -> None:
        self.ledger.pairs_lost += 1
        for part in pair.parts:
            self.ledger.lost[part.edge] += 1

    def _lose(self, pair: SharedPair, now: float) -> None:
        """A stored pair is given up or destroyed."""
        self._leave(pair, now)
        self._lose_parts(pair)
        for channel in pair.channels:
            self._release(channel, now)

    def _release(self, channel: Channel, time: float) -> None:
        """One memory of a channel comes free at a time in s, which may be now."""
        if time > self.events.now:
            self.events.at(time, MADE, self._free, channel)
        else:
            self._free(channel)

    def _free(self, channel: Channel) -> None:
        channel.held -= 1
        if not channel.held:
            now, number = self.events.now, channel.edge
            self.ledger.used[number] -= 1
            self.ledger.used_since[number] -= now
            self._rest(channel)

    def _rest(self, channel: Channel) -> None:
        """A channel is free: it tries again if it may."""
        edge = self.edges[channel.edge]
        edge.idle.append(channel)
        if edge.gaps is None and not self.replica.down[channel.edge]:
            self._try_idle(edge, self.events.now)

    # Sessions.

    def arrive(self, session: Session) -> None:
        """A session waits for its first pair as long as it has patience."""
        if self.any_pair:
            return
        demand = self.case.demands[session.demand]
        if not self.case.routes(session.demand):
            self.replica.refuse(session, "no_route")
            return
        session.state = session.pairs
        self.sessions[session.demand].append(session)
        if self.stock[session.demand]:
            self.asking.add(session.demand)
            self._decide_now()
        if demand.patience_s is not None:
            time = session.arrival + demand.patience_s
            self.events.at(time, EXPIRED, self._give_up, session)

    def _give_up(self, session: Session) -> None:
        if session.started is None and not session.gone:
            self.replica.refuse(session, "gave_up")

    def _serve(self, now: float) -> None:
        """Give complete pairs to waiting sessions: higher priority first, then earlier ones."""
        asking = self.asking
        while asking:
            demand = min(asking, key=self._turn) if len(asking) > 1 else next(iter(asking))
            if not self._serve_one(demand, now):
                asking.discard(demand)

    def _turn(self, demand: int) -> tuple[int, float, int]:
        sessions = self.sessions[demand]
        arrival = sessions[0].arrival if sessions else 0.0
        return -self.case.demands[demand].priority, arrival, demand

    def _serve_one(self, demand: int, now: float) -> bool:
        """Whether the first session of a demand got what it can get now."""
        sessions, stock = self.sessions[demand], self.stock[demand]
        while sessions and sessions[0].gone:
            sessions.popleft()
        while stock and stock[0][2].gone:
            heappop(stock)
        if not sessions or not stock:
            return False
        session = sessions[0]
        wanted = 1
        if self.case.demands[demand].together:
            stock[:] = sorted(entry for entry in stock if not entry[2].gone)
            wanted = session.pairs
            if len(stock) < wanted:
                return False
        if session.started is None:
            self.replica.begin(session)
        for _ in range(wanted):
            self._deliver(heappop(stock)[2], demand, now)
        session.state -= wanted
        if not session.state:
            sessions.popleft()
            self.replica.end(session)
        return True

    def _deliver(self, pair: SharedPair, demand: int, now: float) -> None:
        self._leave(pair, now)
        self.ledger.delivered += 1
        mask = self.complete[pair.first, pair.last] & pair.mask
        flow = next(f for f in self.flows.of_mask(mask) if f.demand == demand)
        self.batches[flow.number].add(pair, now)
        for channel in pair.channels:
            self._release(channel, now)

    # How pairs are lost.

    def _grow_old(self, edge: SharedEdge, pair: SharedPair, now: float) -> None:
        # The time is brought to the grid of the attempts, so that it is the same moment as theirs.
        time = after_attempts(now + self.cutoff_s, 0.0, edge.attempt_time_s)
        if not self.aging:
            self.events.at(time, EXPIRED, self._expire)
        self.aging.append((time, pair))

    def _expire(self, _: None) -> None:
        now, aging = self.events.now, self.aging
        while aging and (aging[0][0] <= now or aging[0][1].gone):
            pair = aging.popleft()[1]
            while pair.into is not None:
                pair = pair.into
            if not pair.gone:
                self._lose(pair, now)
        if aging:
            self.events.at(aging[0][0], EXPIRED, self._expire)

    def _decay(self, pair: SharedPair) -> None:
        if not pair.gone:
            self._lose(pair, self.events.now)

    def edge_fails(self, edge: int) -> None:
        """What is stored in its memories, or in the making, is lost."""
        now, shared = self.events.now, self.edges[edge]
        idle = set(shared.idle)
        for channel in shared.channels:
            channel.run += 1
            if not channel.held and channel not in idle:
                shared.idle.append(channel)
        shared.trying = 0
        for pair in list(self.ledger.live.values()):
            if edge in (pair.first >> 1, pair.last >> 1):
                self._lose(pair, now)

    def edge_works(self, edge: int) -> None:
        """All its channels try anew."""
        if self.edges[edge].gaps is None:
            self._try_idle(self.edges[edge], self.events.now)

    def finish(self) -> None:
        """Hand over the pairs that were kept for a batch."""
        for batch in self.batches:
            batch.flush()

    def audit(self) -> None:
        """Raise if a pair has no single owner, a memory is taken twice, or counts do not add up."""
        ledger = self.ledger
        if ledger.imbalance():
            message = f"{ledger.imbalance()} pairs are not accounted for"
            raise AssertionError(message)
        for place, pairs in ledger.holders().items():
            if len(pairs) != 1:
                message = f"memory {place} holds the pairs {pairs}"
                raise AssertionError(message)
            if not self.edges[place[0]].channels[place[1]].held:
                message = f"memory {place} holds a pair and counts as free"
                raise AssertionError(message)


def _towards(
    pair: SharedPair, port: int
) -> tuple[int, Channel, Channel, tuple[Part, ...], tuple[float, ...]]:
    """Far port, far and near channel, parts and swaps of a pair, ending at a port."""
    if pair.last == port:
        return pair.first, pair.channels[0], pair.channels[1], pair.parts, pair.swaps
    return pair.last, pair.channels[1], pair.channels[0], pair.parts[::-1], pair.swaps[::-1]


def _from(
    pair: SharedPair, port: int
) -> tuple[int, Channel, Channel, tuple[Part, ...], tuple[float, ...]]:
    """Far port, far and near channel, parts and swaps of a pair, beginning at a port."""
    if pair.first == port:
        return pair.last, pair.channels[1], pair.channels[0], pair.parts, pair.swaps
    return pair.first, pair.channels[0], pair.channels[1], pair.parts[::-1], pair.swaps[::-1]
