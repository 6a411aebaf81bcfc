"""Reservation: a session holds memories of every edge of its route until its last pair."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, ClassVar

from qnet.network.controllers.base import Controller
from qnet.network.kernel import DECIDED, EXPIRED, MADE
from qnet.network.ledger import Ledger
from qnet.network.service import Leg, RouteService
from qnet.network.session import Session
from qnet.network.session_arrivals import stream_names
from qnet.network.waiting import InOrder, Overtaking, Request, WaitingRoom

if TYPE_CHECKING:
    from qnet.network.replica import Replica

__all__ = ["Reserve"]

Route = tuple[str, ...]
Way = tuple[Route, tuple[int, ...]]


class Reserve(Controller):
    """Memories of a whole route are taken at once or not at all.

    A session holds its memories from the decision to its last pair. ``drop`` refuses a session that
    does not fit when it comes; ``fifo`` lets it wait, and ``priority`` too, higher first, without
    taking memories from one that runs. Of several routes a session takes the first that is free.
    """

    sentence: ClassVar[str] = "a session holds memories along its route until its last pair"

    def __init__(self, replica: Replica) -> None:
        super().__init__(replica)
        settings, network = self.case.controller, self.case.network
        self._drops = settings.discipline == "drop"
        self._ranks = settings.discipline == "priority"
        self.ledger = Ledger([edge.memories for edge in network.edges], replica.tally)
        anyone = self._drops or settings.overtaking
        self.room: WaitingRoom = (Overtaking if anyone else InOrder)(len(network.edges))
        self._names = stream_names(self.case.demands)
        self._services: dict[tuple[int, Route], RouteService] = {}
        self._ways: dict[int, list[Way]] = {}
        self._numbers = count()
        self._new: list[Request] = []
        self._freed: set[int] = set()
        self._decides = False

    def start(self) -> None:
        """Nothing happens before the first session."""

    # Sessions come, wait and go.

    def arrive(self, session: Session) -> None:
        """It asks for memories; who gets them is decided when all have asked that come now."""
        ways = self._ways_of(session.demand)
        if not ways:
            self.replica.refuse(session, "no_route")
            return
        demand = self.case.demands[session.demand]
        rank = (-demand.priority if self._ranks else 0, next(self._numbers))
        self._new.append(Request(session, rank, demand.memories, ways))
        self._decide_soon()

    def _ways_of(self, demand: int) -> list[Way]:
        if demand not in self._ways:
            edges_of = self.case.network.edges_of
            self._ways[demand] = [(route, edges_of(route)) for route in self.case.routes(demand)]
        return self._ways[demand]

    def _decide_soon(self) -> None:
        if not self._decides:
            self._decides = True
            self.replica.events.at(self.replica.events.now, DECIDED, self._decide)

    def _decide(self, _: None) -> None:
        self._decides = False
        new, self._new = self._new, []
        if len(new) == 1 and not self.room.count and self._start(new[0]):
            return
        for request in new:
            self.room.add(request)
            self._freed.update(request.edges)
        self._start_waiting()
        for request in new:
            if request.is_waiting:
                self._let_wait(request)

    def _let_wait(self, request: Request) -> None:
        demand = self.case.demands[request.session.demand]
        if self._drops and demand.arrivals != "backlog":
            self.room.remove(request)
            self.replica.refuse(request.session)
        elif demand.patience_s is not None:
            latest = request.session.arrival + demand.patience_s
            self.replica.events.at(latest, EXPIRED, self._lose_patience, request)

    def _lose_patience(self, request: Request) -> None:
        if request.is_waiting and request.session.started is None:
            self.room.remove(request)
            self.replica.refuse(request.session, "gave_up")
            self._freed.update(request.edges)
            self._decide_soon()

    # Who starts.

    def _start_waiting(self) -> None:
        """Start all who can, in their order."""
        candidates = self.room.at(self._freed)
        self._freed.clear()
        heapify(candidates)
        while candidates:
            request = heappop(candidates)
            if request.is_waiting and self._start(request):
                self.room.remove(request)
                for other in self.room.after(request):
                    heappush(candidates, other)

    def _start(self, request: Request) -> bool:
        """Start a session on the first of its routes that is free, if any is."""
        now, book, room = self.replica.events.now, self.ledger.book, self.room
        for route, path in request.ways:
            if room.lets(request, path) and book(now, path, request.memories):
                self._serve(request, route, path)
                return True
        return False

    def _serve(self, request: Request, route: Route, path: tuple[int, ...]) -> None:
        session = request.session
        if session.started is None:
            self.replica.begin(session)
        service = self._service(session.demand, route)
        leg = service.begin(self.replica.events.now, session.pairs)
        self.replica.events.at(leg.end, MADE, self._end, (request, service, leg, path))

    def _service(self, demand: int, route: Route) -> RouteService:
        key = demand, route
        if key not in self._services:
            self._services[key] = RouteService(self.replica, demand, route, self._names[demand])
        return self._services[key]

    def _end(self, what: tuple[Request, RouteService, Leg, tuple[int, ...]]) -> None:
        request, service, leg, path = what
        if leg.is_cut:
            return
        service.end(leg)
        self.replica.end(request.session)
        self.ledger.release(self.replica.events.now, path, request.memories)
        if self.room.count:
            self._freed.update(path)
            self._decide_soon()

    def finish(self) -> None:
        """Hand over the pairs of services that go on."""
        for service in self._services.values():
            service.finish()
