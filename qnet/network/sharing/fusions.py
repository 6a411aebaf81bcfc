"""Switches that fuse stored pairs of several users into a GHZ state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.network.sharing.batches import DeliveryBatch
from qnet.network.sharing.flows import SharedFlow, SharedFlows
from qnet.network.sharing.memories import SharedMemories
from qnet.network.sharing.pairs import SharedPair, Waiting, oldest, put

if TYPE_CHECKING:
    from qnet.network.replica import Replica

__all__ = ["Fusions"]


class Fusions(SharedMemories):
    """A switch fuses one pair of each of n users, as soon as all are there and somebody asks.

    Where any n users do (``any_pair``), those whose pairs have waited longest go first, ties at
    random. The station's Bell measurement stands for that of all n qubits: it succeeds as often and
    takes as long.
    """

    def __init__(self, replica: Replica, flows: SharedFlows) -> None:
        super().__init__(replica, flows)
        self.size = len(self.case.demands[0].ends)
        #: By edge: stored pairs of its user, by their masks.
        self.legs: list[dict[int, Waiting]] = [{} for _ in self.edges]
        self.by_edges = {frozenset(flow.edges): flow for flow in flows.flows}

    def batch(self, flow: SharedFlow) -> DeliveryBatch:
        """What collects the GHZ states of a flow."""
        network = self.case.network
        links = [
            network.edges[e].directed(user) for e, user in zip(flow.edges, flow.route, strict=True)
        ]
        station = network.station(self.flows.hub)
        return DeliveryBatch(self.replica, flow.demand, flow.route, links, (station,), fused=True)

    def ask(self, demand: int) -> None:
        """There may be all pairs for a session already."""
        self.decide_now()

    def decide(self, now: float) -> None:
        """Fuse what can be fused."""
        fresh, self.fresh = self.fresh, []
        for pair in fresh:
            if not pair.gone:
                put(self.legs[pair.first >> 1].setdefault(pair.mask, []), pair)
        while self._fuse_oldest(now) if self.any_pair else self._fuse_for_session(now):
            pass

    def _oldest(self, edge: int, flows: int | None) -> SharedPair | None:
        """The oldest stored pair of a user that may serve one of these flows, or any."""
        found: SharedPair | None = None
        for mask, waiting in self.legs[edge].items():
            if flows is None or mask & flows:
                pair = oldest(waiting)
                if pair is not None and (found is None or pair.oldest < found.oldest):
                    found = pair
        return found

    def _fuse_oldest(self, now: float) -> bool:
        """Whether pairs of any users were there, and have been used."""
        stored = [pair for e in range(len(self.legs)) if (pair := self._oldest(e, None))]
        if len(stored) < self.size:
            return False
        ties = self.order.permutation(len(stored)).tolist()
        chosen = sorted(zip(stored, ties, strict=True), key=lambda each: (each[0].oldest, each[1]))
        pairs = [pair for pair, _ in chosen[: self.size]]
        flow = self.by_edges[frozenset(pair.first >> 1 for pair in pairs)]
        by_edge = {pair.first >> 1: pair for pair in pairs}
        self._fuse(flow, [by_edge[e] for e in flow.edges], now)
        return True

    def _fuse_for_session(self, now: float) -> bool:
        """Whether a session got something, or what was there for it has been used."""
        sessions = self.sessions
        asking = [d for d in range(len(self.case.demands)) if sessions.first(d) is not None]
        for demand in sorted(asking, key=sessions.turn):
            for number in self.flows.of_demand[demand]:
                flow = self.flows.flows[number]
                pairs = [self._oldest(e, 1 << number) for e in flow.edges]
                found = [pair for pair in pairs if pair is not None]
                session = sessions.first(demand)
                if len(found) == len(pairs) and session is not None:
                    time = self._fuse(flow, found, now, session.number)
                    if time is not None:
                        sessions.begin(session, time)
                        sessions.take(session, 1, time)
                    return True
        return False

    def _fuse(
        self, flow: SharedFlow, pairs: list[SharedPair], now: float, session: int = -1
    ) -> float | None:
        """Fuse pairs of a flow for a session; time in s when all ends know, None where it fails."""
        chance, duration, numbers = self.stations[flow.ports[0][1]]
        ledger, known = self.ledger, now + duration
        travel = [self.edges[pair.first >> 1].travel_time_s for pair in pairs]
        ready = known + max(travel)
        works = chance >= 1.0 or next(numbers) < chance
        for pair, travel_s in zip(pairs, travel, strict=True):
            self.leave(pair, now)
            if not works:
                self.lose_parts(pair)
            channel, until = pair.channels[0], ready if works else known + travel_s
            channel.free_from = max(channel.free_from, until + (travel_s if works else 0.0))
            self.release(channel, known)
            self.release(channel, until)
        if not works:
            return None
        ledger.swapped += len(pairs) - 1
        ledger.delivered += 1
        ledger.swaps += 1
        parts = tuple(pair.parts[0] for pair in pairs)
        self.batches[flow.number].add(parts, (now,), ready, session)
        return ready
