"""Time-division multiple access: a periodic schedule says in which slots a route may be used."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from qnet.errors import ParameterError
from qnet.network.controllers.base import Controller
from qnet.network.deadlines import Deadlines
from qnet.network.kernel import DECIDED, EXPIRED, MADE, latest_start
from qnet.network.reservation.checks import check_reserved
from qnet.network.reservation.slot_service import SlotLeg, SlotService
from qnet.network.reservation.slots import OwnSlots
from qnet.network.session_arrivals import stream_names

if TYPE_CHECKING:
    from qnet.network.case import NetworkCase
    from qnet.network.replica import Replica
    from qnet.network.session import Session

__all__ = ["Tdma"]

#: Stretches of use that are added up together.
_ADDED = 4096


class Tdma(Controller):
    """Every demand has slots of a frame that repeats; in them its route's memories are its own.

    The sessions of a demand that are there when one of its slots begins are served in this slot one
    after the other, with the pairs as they come: the first from the slot's begin, each other one
    from the last pair of the one before it, if the slot is not over then. One whose pairs do not
    all come goes on in the next of these slots, as the first. One that comes during a slot waits
    for the next one, but of a backlog there is always one that waits, so that every pair is used.
    In each slot the chains start anew; they deliver one pair after the other, and what is not there
    at the slot's end is lost. Memories are taken from the begin of a service to its last pair, in
    the slots of its demand. A slot whose route has failed is not used any more; a session goes on
    with the first one after the repair.
    """

    sentence: ClassVar[str] = "a periodic schedule gives every demand slots of its own"
    counts_stored: ClassVar[bool] = False

    def __init__(self, replica: Replica) -> None:
        super().__init__(replica)
        self._lines = [
            _DemandSlots(replica, number, slots, name)
            for number, (slots, name) in enumerate(
                zip(
                    self.case.frame_schedule,
                    stream_names(each.ends for each in self.case.demands),
                    strict=True,
                )
            )
        ]

    @classmethod
    def check(cls, case: NetworkCase) -> None:
        """Raise where a demand has no slot, or none of its pairs fits into one."""
        check_reserved(case)
        slot_s = case.controller.slot_s or 1.0
        for number, slots in enumerate(case.frame_schedule):
            routes = case.routes(number)
            if routes and not slots:
                ends = " to ".join(case.demands[number].ends)
                rule = f"be enough for every demand to have a slot, as {ends}"
                hint = "take more slots, or give the nodes more memories"
                raise ParameterError(
                    "controller.frame_slots", rule, case.controller.frame_slots, hint
                )
            if routes and case.plan(routes[0]).soonest_s > slot_s * (1.0 + 1e-9):
                rule = f"be at least {case.plan(routes[0]).soonest_s:g} s"
                hint = f"no pair along {'-'.join(routes[0])} comes sooner: take longer slots"
                raise ParameterError("controller.slot_s", rule, slot_s, hint)

    def start(self) -> None:
        """Nothing happens before the first session."""

    def arrive(self, session: Session) -> None:
        """It waits for a slot."""
        if self.case.routes(session.demand):
            self._lines[session.demand].add(session)
        else:
            self.replica.refuse(session, "no_route")

    def edge_fails(self, edge: int) -> None:
        """Sessions over it lose what they are making."""
        for line in self._lines:
            if edge in line.path:
                line.fail()

    def edge_works(self, edge: int) -> None:
        """Sessions over it go on, if no other edge of theirs is down."""
        for line in self._lines:
            if edge in line.path:
                line.plan_next()

    def finish(self) -> None:
        """Hand over what is left, and say how much of each edge the fullest slot takes."""
        taken = np.zeros((self.case.controller.frame_slots or 1, len(self.case.network.edges)))
        for line in self._lines:
            line.finish()
            taken[np.ix_(line.slots, line.path)] += self.case.demands[line.demand].memories
        self.replica.tally.peak[:] = [int(most) for most in taken.max(axis=0)]


class _DemandSlots:
    """The sessions of one demand, which are served one after the other in its own slots.

    The next one begins when the one before it ends, so that it is known then who has given up, and
    whether the route still works.
    """

    def __init__(self, replica: Replica, demand: int, slots: list[int], name: object) -> None:
        case = replica.case
        self.replica, self.demand, self.slots = replica, demand, slots
        self.path: tuple[int, ...] = ()
        self._waiting: deque[Session] = deque()
        self._patience: Deadlines[Session] = Deadlines(
            replica.events,
            EXPIRED,
            lambda session: session.is_served,
            lambda session: replica.refuse(session, "gave_up"),
        )
        self._limits: Deadlines[Session] = Deadlines(
            replica.events, EXPIRED, lambda session: session.gone, self._end_early
        )
        self._serving: Session | None = None
        self._leg: SlotLeg | None = None
        self._is_late = False
        #: Number of the own slot that is waited for; None where none is.
        self._planned: int | None = None
        #: Number of the own slot that serves sessions one after the other; None where none does.
        self._open: int | None = None
        self._always_asks = case.demands[demand].always_asks
        self._uses: list[tuple[int, int, float, float]] = []
        if not case.routes(demand):
            return
        route = case.routes(demand)[0]
        self.path = case.network.edges_of(route)
        slot_s = case.controller.slot_s or 1.0
        self._own = OwnSlots(slots, case.controller.frame_slots or 1, slot_s)
        self._service = SlotService(replica, demand, route, self._own, name)

    def add(self, session: Session) -> None:
        """A session comes."""
        self._waiting.append(session)
        patience = self.replica.case.demands[self.demand].patience
        if patience is not None:
            latest = latest_start(session.arrival, patience)
            self._patience.add(latest, session)
        longest = self.replica.case.demands[self.demand].longest_s
        if longest is not None:
            self._limits.add(latest_start(session.arrival, longest), session)
        if self._leg is None and not (self._always_asks and self._goes_on()):
            self.plan_next()

    def _is_down(self) -> bool:
        return any(self.replica.down[edge] for edge in self.path)

    def plan_next(self) -> None:
        """Who is next waits for the next own slot, if nobody is served and the route works."""
        if self._leg is not None or not (self._waiting or self._serving) or self._is_down():
            return
        now = self.replica.events.now
        slot = self._own.next(now)
        if slot != self._planned:
            self._planned = slot
            begin = self._own.begin(slot)
            self.replica.events.at(max(now, begin), DECIDED, self._begin, slot)

    def _begin(self, slot: int) -> None:
        if slot == self._planned:
            self._planned = None
            if not self._is_down():
                self._serve(slot, None)

    def _goes_on(self) -> bool:
        """Whether another session begins now in the slot that is open.

        At its very end this is only for pairs that come then.
        """
        slot, now = self._open, self.replica.events.now
        if slot is None or not (self._own.is_open(slot, now) or self._service.has_more):
            return False
        return self._serve(slot, now)

    def _serve(self, slot: int, at: float | None) -> bool:
        """Begin to serve who is next in a slot, with it or later in s; whether there is one."""
        session = self._next(slot)
        if session is None:
            return False
        if session.started is None:
            self.replica.begin(session)
        self._leg = leg = self._service.begin(slot, session.pairs, at, session.number)
        self._open = leg.last
        self.replica.events.at(leg.end, MADE, self._end, leg)
        return True

    def _next(self, slot: int) -> Session | None:
        """Who goes on after a fault, or the first in time for a slot that has not given up."""
        waiting = self._waiting
        while self._serving is None and waiting:
            if not (self._always_asks or self._own.is_in_time(slot, waiting[0].arrival)):
                return None
            session = waiting.popleft()
            if not session.gone:
                self._serving, self._is_late = session, False
        return self._serving

    def _end(self, leg: SlotLeg) -> None:
        session = self._serving
        if leg.is_cut or session is None:
            return
        self._service.end(leg)
        self._stop(leg, session.pairs, leg.end)
        self._serving = None
        self.replica.end(session)
        if self._is_down():
            self._open = None
        elif not (self._waiting and self._goes_on()):
            self.plan_next()

    def _stop(self, leg: SlotLeg, kept: int, end: float) -> None:
        self._leg = None
        self._uses.append((leg.first, leg.last, leg.begin, end))
        if len(self._uses) >= _ADDED:
            self._add_up()
        session = self._serving
        if self._is_late and session is not None:
            self.replica.tally.count(session.block, self.demand, "late_pairs", kept)

    def fail(self) -> None:
        """A session that is served keeps the pairs that it has."""
        leg, session, now = self._leg, self._serving, self.replica.events.now
        self._open = None
        if leg is None or session is None or leg.end <= now:
            return
        kept = self._service.cut(leg, now)
        self._stop(leg, kept, now)
        session.pairs -= kept
        self._is_late = True
        begin = self._own.begin(self._own.next(now) - 1)
        if begin < now < begin + self._own.slot_s:
            lost = min(self.replica.case.demands[self.demand].memories, session.pairs)
            self.replica.tally.count(session.block, self.demand, "lost_pairs", lost)

    def _end_early(self, session: Session) -> None:
        """The time of a session is over: it keeps the pairs that it has."""
        leg, now = self._leg, self.replica.events.now
        is_served = session is self._serving
        if is_served and leg is not None:
            self._stop(leg, self._service.cut(leg, now), now)
        self.replica.refuse(session, "gave_up")
        if is_served:
            self._serving = self._open = None
            self.plan_next()

    def _add_up(self) -> None:
        """Add the time that memories were taken: in own slots, while a session was served."""
        uses, self._uses = self._uses, []
        firsts, lasts = np.array([each[:2] for each in uses], dtype=np.intp).T
        served = np.array([each[2:] for each in uses])
        counts = lasts + 1 - firsts
        numbers = np.arange(counts.sum()) + np.repeat(firsts - counts.cumsum() + counts, counts)
        slots, (froms, tos) = self._own.begins(numbers), np.repeat(served, counts, axis=0).T
        begins, ends = np.maximum(slots, froms), np.minimum(slots + self._own.slot_s, tos)
        memories = self.replica.case.demands[self.demand].memories
        self.replica.tally.count_use(self.path, begins, np.maximum(begins, ends), memories)

    def finish(self) -> None:
        """Hand over what is left."""
        if self._leg is not None:
            leg = self._leg
            self._uses.append((leg.first, leg.last, leg.begin, leg.end))
        if self._uses:
            self._add_up()
        if self.path:
            self._service.finish()
