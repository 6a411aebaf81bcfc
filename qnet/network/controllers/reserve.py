"""Reservation: a session holds memories of every edge of its route until its last pair."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar

from qnet.network.controllers.base import Controller
from qnet.network.deadlines import Deadlines
from qnet.network.kernel import ARRIVED, DECIDED, EXPIRED, MADE, latest_start
from qnet.network.reservation.checks import check_reserved
from qnet.network.reservation.ledger import Ledger
from qnet.network.reservation.service import Leg, RouteService
from qnet.network.reservation.waiting import InOrder, Overtaking, Request, WaitingRoom
from qnet.network.reservation.ways import Route, Way, Ways
from qnet.network.session import Session
from qnet.network.session_arrivals import stream_names

if TYPE_CHECKING:
    from collections.abc import Callable

    from qnet.network.case import NetworkCase
    from qnet.network.replica import Replica

__all__ = ["Reserve"]


class _Reservation:
    """A session that holds memories along a route, and its service there once it has begun."""

    __slots__ = ("leg", "path", "request", "route", "service")

    def __init__(self, request: Request, way: Way) -> None:
        self.request = request
        self.route, self.path = way
        self.service: RouteService | None = None
        self.leg: Leg | None = None


class Reserve(Controller):
    """Memories of a whole route are taken at once or not at all.

    A session holds its memories from the decision until the controller knows of its last pair.
    ``drop`` refuses a session that does not fit; ``fifo`` lets it wait, and ``priority`` too,
    higher first, without taking memories from one that runs. Nobody starts before an earlier one
    who waits for an edge of the same route, unless ``overtaking`` is allowed. Of several routes a
    session takes the first that is free. A backlog always waits; it is never refused.

    Where messages travel (`qnet.network.signalling`), the controller sits at one node and decides
    by what has reached it; a service begins when the farthest node of its route knows.

    When an edge fails, a session that runs over it keeps the pairs that it has and asks again for
    the others, with its old place in the order: for another of its routes, or a detour.
    """

    sentence: ClassVar[str] = "a session holds memories along its route until its last pair"
    counts_stored: ClassVar[bool] = False

    def __init__(self, replica: Replica) -> None:
        super().__init__(replica)
        settings, network = self.case.controller, self.case.network
        self._drops = settings.discipline == "drop"
        self._ranks = settings.discipline == "priority"
        self.ledger = Ledger([edge.memories for edge in network.edges])
        replica.tally.counted = self._counted
        anyone = self._drops or settings.overtaking
        self.room: WaitingRoom = (Overtaking if anyone else InOrder)(len(network.edges))
        self.ways = Ways(self.case)
        self.signalling = self.case.signalling
        self._names = stream_names(each.ends for each in self.case.demands)
        self._services: dict[tuple[int, Route], RouteService] = {}
        self._numbers = count()
        self._new: list[Request] = []
        self._freed: set[int] = set()
        self._decides = False
        self._patience: Deadlines[Request] = Deadlines(
            replica.events, EXPIRED, lambda request: request.session.is_served, self._lose_patience
        )
        self._limits: Deadlines[Session] = Deadlines(
            replica.events, EXPIRED, lambda session: session.gone, self._end_early
        )
        #: Of sessions that may take so long only: what each asks, and its run.
        self._asked: dict[Session, Request] = {}
        self._running: dict[Session, _Reservation] = {}
        #: The runs over each edge, kept where an edge can fail.
        self._runs: list[dict[int, _Reservation]] | None = None
        if self.case.faults:
            self._runs = [{} for _ in network.edges]

    @classmethod
    def check(cls, case: NetworkCase) -> None:
        """Raise where a demand never fits, or its pairs do not come by a chain of its own."""
        check_reserved(case)
        _ = case.signalling  # whether its messages reach every demand

    def start(self) -> None:
        """Nothing happens before the first session."""

    def _counted(self, time: float) -> dict[str, list[float]]:
        most = self.ledger.look()
        if time > 0.0:
            peak = self.replica.tally.peak
            peak[:] = map(max, peak, most)
        return {"used_s": self.ledger.used_s(time)}

    def _later(
        self,
        delay_s: float,
        phase: int,
        action: Callable[[Any], None],
        what: Any,  # noqa: ANN401 - what the action takes
    ) -> None:
        """Let something happen when a message has arrived: now, where that takes no time."""
        if delay_s:
            self.replica.events.at(self.replica.events.now + delay_s, phase, action, what)
        else:
            action(what)

    # Sessions come, wait and go.

    def arrive(self, session: Session) -> None:
        """It asks for memories; who gets them is decided when all have asked that come now."""
        demand = self.case.demands[session.demand]
        if not self.case.routes(session.demand):
            self.replica.refuse(session, "no_route")
            return
        rank = (-demand.priority if self._ranks else 0, next(self._numbers))
        request = Request(session, rank, demand.memories, ())
        if demand.patience is not None:
            latest = latest_start(session.arrival, demand.patience)
            self._patience.add(latest, request)
        if demand.longest_s is not None:
            self._asked[session] = request
            self._limits.add(latest_start(session.arrival, demand.longest_s), session)
        self._later(self.signalling.request_s(demand.ends), ARRIVED, self._hear, request)

    def _hear(self, request: Request) -> None:
        if request.session.gone:
            return
        request.move(self.ways.of(request.session.demand))
        self._new.append(request)
        self._decide_soon()

    def _lose_patience(self, request: Request) -> None:
        session, now = request.session, self.replica.events.now
        if request.told_at <= now:
            return
        self.replica.refuse(session, "gave_up")
        ends = self.case.demands[session.demand].ends
        self._later(self.signalling.request_s(ends), EXPIRED, self._forget, request)

    def _forget(self, request: Request) -> None:
        if request.is_waiting:
            self.room.remove(request)
            self._free(request.edges)

    def _end_early(self, session: Session) -> None:
        """The time of a session is over: it keeps the pairs that it has."""
        request, run = self._asked.pop(session), self._running.pop(session, None)
        if run is not None and run.service is not None and run.leg is not None:
            kept = run.service.cut(run.leg, self.replica.events.now)
            self._stop(run, kept)
            delay = 0.0
            if not self.signalling.is_instantaneous:
                delay = self.signalling.release_s(run.route)
            self._later(delay, MADE, self._release, run)
        self.replica.refuse(session, "gave_up")
        ends = self.case.demands[session.demand].ends
        self._later(self.signalling.request_s(ends), EXPIRED, self._forget, request)

    # Who starts.

    def _free(self, edges: Any) -> None:  # noqa: ANN401 - any collection of numbers
        """Memories of these edges may have come free: who waits there may start."""
        if self.room.count:
            self._freed.update(edges)
            self._decide_soon()

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
            if self._may_wait(request.session):
                self.room.add(request)
                self._freed.update(request.edges)
        self._start_waiting()
        for request in new:
            session = request.session
            if not self._may_wait(session) and not self._start(request):
                self.replica.refuse(session)

    def _may_wait(self, session: Session) -> bool:
        always = self.case.demands[session.demand].always_asks
        return not self._drops or always or session.started is not None

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
        """Grant a session the first of its ways that is free, if any is."""
        now, book, lets = self.replica.events.now, self.ledger.book, self.room.lets
        for way in request.ways:
            if lets(request, way[1]) and book(now, way[1], request.memories):
                run, signalling = _Reservation(request, way), self.signalling
                if signalling.is_instantaneous:
                    self._serve(run)
                    return True
                request.told_at = now + signalling.to_node_s(way[0][0])
                self._later(signalling.grant_s(way[0]), MADE, self._serve, run)
                return True
        return False

    # Service.

    def _serve(self, run: _Reservation) -> None:
        """All nodes know of the grant: the service begins."""
        session, now = run.request.session, self.replica.events.now
        if session.gone:
            back = self.signalling.to_node_s(run.route[0])
            self._later(max(0.0, run.request.told_at + back - now), MADE, self._release, run)
            return
        if any(self.replica.down[edge] for edge in run.path):
            self._later(self.signalling.release_s(run.route), MADE, self._ask_again, run)
            return
        if session.started is None:
            self.replica.begin(session)
        run.service = self._service(session.demand, run.route)
        run.leg = run.service.begin(now, session.pairs, session.number)
        if session in self._asked:
            self._running[session] = run
        if self._runs is not None:
            for edge in run.path:
                self._runs[edge][id(run)] = run
        self.replica.events.at(run.leg.end, MADE, self._end, run)

    def _service(self, demand: int, route: Route) -> RouteService:
        key = demand, route
        if key not in self._services:
            self._services[key] = RouteService(self.replica, demand, route, self._names[demand])
        return self._services[key]

    def _end(self, run: _Reservation) -> None:
        """The last pair has come, unless a fault has ended the service before."""
        leg, service, session = run.leg, run.service, run.request.session
        if leg is None or service is None or leg.is_cut:
            return
        service.end(leg)
        self._asked.pop(session, None)
        self._running.pop(session, None)
        self._stop(run, session.pairs)
        self.replica.end(session)
        delay = 0.0
        if not self.signalling.is_instantaneous:
            delay = self.signalling.release_s(run.route)
        self._later(delay, MADE, self._release, run)

    def _release(self, run: _Reservation) -> None:
        self.ledger.release(self.replica.events.now, run.path, run.request.memories)
        self._free(run.path)

    def finish(self) -> None:
        """Hand over the pairs of services that go on."""
        for service in self._services.values():
            service.finish()

    # Faults.

    def _stop(self, run: _Reservation, kept: int) -> None:
        """A service is over, with so many pairs; those after a fault are late."""
        if self._runs is None:
            return
        for edge in run.path:
            self._runs[edge].pop(id(run), None)
        session = run.request.session
        if run.request.is_late:
            self.replica.tally.count(session.block, session.demand, "late_pairs", kept)

    def edge_fails(self, edge: int) -> None:
        """Services over it end; the controller hears of it from its nearer end."""
        now, news = self.replica.events.now, self._news_s(edge)
        for run in list(self._runs[edge].values()) if self._runs is not None else ():
            if run.leg is None or run.service is None or run.leg.end <= now:
                continue
            session = run.request.session
            kept = run.service.cut(run.leg, now)
            self._stop(run, kept)
            session.pairs -= kept
            self._running.pop(session, None)
            lost = min(run.request.memories, session.pairs)
            self.replica.tally.count(session.block, session.demand, "lost_pairs", lost)
            self._later(news, MADE, self._ask_again, run)
        self._later(news, MADE, self._learn, (edge, True))

    def edge_works(self, edge: int) -> None:
        """The controller hears of it from its nearer end."""
        self._later(self._news_s(edge), MADE, self._learn, (edge, False))

    def _news_s(self, edge: int) -> float:
        return self.signalling.news_s(self.case.network.edges[edge].ends)

    def _ask_again(self, run: _Reservation) -> None:
        """A session gives its memories back, and waits for others in its old place."""
        self._release(run)
        old = run.request
        request = Request(old.session, old.rank, old.memories, ())
        request.is_late = True
        if old.session in self._asked:
            self._asked[old.session] = request
        self._hear(request)

    def _learn(self, what: tuple[int, bool]) -> None:
        edge, is_down = what
        self.ways.learn(edge, is_down=is_down)
        self.room.rehouse(self.ways.of)
        for request in self._new:
            request.move(self.ways.of(request.session.demand))
        self._free(range(len(self.case.network.edges)))
