"""Replica of a network: one run with its own seed, from warming up to its last session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qnet.engines.sampled import Deliveries, Sampler
from qnet.network.case import NetworkCase
from qnet.network.controllers import controller_class
from qnet.network.faults import start_faults
from qnet.network.ghz import Fusion, fused_states, ghz_figures
from qnet.network.kernel import EventQueue
from qnet.network.reservation.slots import Numbers
from qnet.network.session import Session
from qnet.network.session_arrivals import Arrivals, Turns, start_arrivals
from qnet.network.streams import named_stream
from qnet.network.tally import Tally
from qnet.progress import ProgressCallback
from qnet.states.pauli import Array

if TYPE_CHECKING:
    from qnet.network.history import Recorder

__all__ = ["Replica", "play_replica"]

#: A run ends when none of the sessions that count has been over for so many times its duration, and
#: so many others were over meanwhile (none, of sessions in turn); and without after so many times.
_PATIENT, _OTHERS, _LATEST = 10.0, 1000, 1000.0


class Replica:
    """One run of a case.

    Args:
        case: What is played.
        number: Number of the replica, from 0; with the seed of the case it seeds all draws.
        recorder: Keeps the histories of delivered pairs, where they are wanted.
        progress: Called with the blocks of the measured time played and wanted.
    """

    def __init__(
        self,
        case: NetworkCase,
        number: int,
        recorder: Recorder | None = None,
        progress: ProgressCallback | None = None,
    ) -> None:
        self.case, self.number, self.recorder = case, number, recorder
        self.progress = progress
        self.events = EventQueue(-case.run.warm_up_s)
        self.tally = Tally(len(case.demands), len(case.network.edges), case.run)
        self.open_sessions = 0
        #: Sessions that do not count and are over.
        self.others_over = 0
        #: How many faults hold each edge down.
        self.down = [0] * len(case.network.edges)
        self.arrivals: tuple[Arrivals, ...] = ()
        self._turns = Turns(self)
        self._samplers: dict[tuple[str, ...], Sampler] = {}
        self.controller = controller_class(case.controller.allocation)(self)

    def stream(self, *names: object) -> np.random.Generator:
        """A stream of random numbers that belongs to a thing of this replica by its names.

        It does not depend on what else there is, such as the number of demands.
        """
        return named_stream(self.case.seed, self.number, *names)

    def sampler(self, route: tuple[str, ...]) -> Sampler:
        """The sampler of a route's plan."""
        if route not in self._samplers:
            self._samplers[route] = Sampler(self.case.plan(route))
        return self._samplers[route]

    # What a controller tells of its sessions.

    def session(self, demand: int, number: int) -> Session:
        """A session that arrives now; it is counted if this is in the measured time."""
        now = self.events.now
        block = self.tally.block(now)
        found = Session(demand, number, now, self.case.demands[demand].pairs, block)
        if block >= 0:
            self.tally.count(block, demand, "arrived")
            self.open_sessions += 1
        if self.recorder is not None:
            self.recorder.came(found)
        return found

    def refuse(self, session: Session, why: str = "refused") -> None:
        """A session is not served: ``no_route``, ``refused`` at arrival, or it ``gave_up``."""
        session.gone, session.why, session.ended = True, why, self.events.now
        self.tally.count(session.block, session.demand, why)
        self._close(session)

    def begin(self, session: Session, at: float | None = None) -> None:
        """The service of a session begins, now unless said."""
        session.started = self.events.now if at is None else at
        if self.case.demands[session.demand].is_backlog:
            self.arrivals[session.demand].another()

    def end(self, session: Session, at: float | None = None) -> None:
        """A session has its last pair, now unless said."""
        started = session.arrival if session.started is None else session.started
        ended = self.events.now if at is None else at
        session.gone, session.ended = True, ended
        self.tally.count_served(
            session.block, session.demand, started - session.arrival, ended - started
        )
        self._close(session)
        self._turns.end(session.demand, ended)

    def _close(self, session: Session) -> None:
        if session.block >= 0:
            self.open_sessions -= 1
        else:
            self.others_over += 1

    def deliver(
        self,
        demand: int,
        route: tuple[str, ...],
        times: Array,
        draw: Deliveries,
        sampler: Sampler | None = None,
        sessions: Numbers | None = None,
    ) -> None:
        """Hand over delivered pairs: their states are worked out, those outside not counted.

        Args:
            demand: Number of the demand.
            route: The route that they came along; of a GHZ state its ends.
            times: When each was delivered, (n,), in s of the run.
            draw: How each came about; its own times begin where its history does.
            sampler: That of the plan of ``draw``, where it is not the plan of the route.
            sessions: Numbers of the sessions that took them, (n,); -1 of none.
        """
        recorder = self.recorder
        if recorder is not None and recorder.follows_sessions:
            recorder.keep(demand, route, times, draw, sessions)
        inside = self.tally.is_measured(times)
        if not inside.any():
            return
        if not inside.all():
            rows = np.flatnonzero(inside)
            times, draw = times[rows], draw.take(rows)
        if recorder is not None and not recorder.follows_sessions:
            recorder.keep(demand, route, times, draw)
        self.tally.add_pairs(demand, times, self.states(route, draw, sampler))

    def states(
        self, route: tuple[str, ...], draw: Deliveries, sampler: Sampler | None = None
    ) -> Array:
        """States of delivered pairs as `Tally.add_pairs` takes them, or figures of GHZ states."""
        if isinstance(draw.plan, Fusion):
            return ghz_figures(fused_states(draw))
        sampler = self.sampler(route) if sampler is None else sampler
        return np.asarray(sampler.algebra.to_array(sampler.states.of(draw), len(draw)))

    # The run.

    def play(self) -> Tally:
        """Play it to its end: until every session that counts is over."""
        run, events = self.case.run, self.events
        self.arrivals = start_arrivals(self)
        start_faults(self)
        self.controller.start()
        events.run(0.0)
        self.tally.begin()
        recorder = self.recorder
        enough = None if recorder is None else recorder.enough
        for block in range(run.blocks):
            events.run(run.duration_s * (block + 1) / run.blocks, enough)
            self.tally.end_block(block)
            if self.progress is not None:
                self.progress(block + 1, run.blocks)
        while not (enough is not None and enough()) and self._goes_on():
            pass
        self.controller.finish()
        return self.tally

    def _goes_on(self) -> bool:
        """Play until a session that counts is over; whether others that count still can be."""
        events, duration, before = self.events, self.case.run.duration_s, self.open_sessions
        since, others = events.now, self.others_over
        # Sessions that come in turn have no others after them: they are waited for less long.
        in_turn = all(demand.arrivals == "in-turn" for demand in self.case.demands)
        least = 0 if in_turn else _OTHERS
        while before and self.open_sessions == before and events:
            events.run(events.now + _PATIENT * duration, lambda: self.open_sessions < before)
            passed, over = events.now - since, self.others_over - others
            if passed >= _LATEST * duration or (passed >= _PATIENT * duration and over >= least):
                break
        return self.open_sessions < before


def play_replica(case: NetworkCase, number: int, progress: ProgressCallback | None = None) -> Tally:
    """The tally of one replica of a case; ``progress`` as of `Replica`."""
    return Replica(case, number, progress=progress).play()
