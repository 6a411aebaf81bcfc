"""Service of a reserved route: its chain's deliveries for many sessions, drawn in batches.

A session with m memories of each edge plays m copies of the route's chain side by side from the
begin of its service, and takes the pairs as they come: the first ones of m merged renewal
processes. Nothing but the begin of a service depends on what else happens in the network, so that
times and histories of many sessions are drawn at once, and states worked out for whole batches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qnet.engines.sampled import Deliveries, Sampler, batch_size, concatenate
from qnet.errors import InfeasiblePlanError
from qnet.network.kernel import after_attempts
from qnet.network.reservation.slots import Numbers
from qnet.states.pauli import Array

if TYPE_CHECKING:
    from qnet.network.replica import Replica

__all__ = ["Leg", "RouteService", "session_deliveries"]

#: Sessions of the first batch of a demand, and how much larger each further one is.
_FIRST, _GROWTH = 4, 4

#: Pairs of each session that are drawn at most for some that come within a window, and the share of
#: a time that is rounding.
_BARREN, _ROUNDING = 1 << 17, 1e-12

#: Pairs of a session that are drawn at once, where a window is hard to meet.
_WIDEST = 1 << 10


def session_deliveries(
    sampler: Sampler,
    sessions: int,
    pairs: int,
    copies: int,
    rng: np.random.Generator,
    window_s: float | None = None,
) -> tuple[Array, Deliveries]:
    """Times (sessions, pairs) in s from the begin of a service to its pairs, and their histories.

    Args:
        sampler: Of the route's plan.
        sessions: How many sessions.
        pairs: Pairs of each.
        copies: Chains of each, side by side.
        rng: Source of random numbers.
        window_s: Longest time in s that a pair may wait for the session's last one; a pair that is
            older is given up. Of one chain.

    Returns:
        The times, ascending in each row, and ``sessions * pairs`` deliveries, row after row.

    Raises:
        InfeasiblePlanError: If pairs hardly ever come within the window.
    """
    if window_s is not None and pairs > 1:
        return _within(sampler, sessions, pairs, window_s, rng)
    if copies == 1:
        draw = sampler.draw(sampler.plan, sessions * pairs, rng)
        return draw.time.reshape(sessions, pairs).cumsum(axis=1), draw
    # Every copy draws somewhat more than its share. Where a copy's last pair comes before the
    # session's, later ones of it may belong in between: it draws more.
    share = pairs / copies
    width = min(pairs, int(share + 3.0 * np.sqrt(share)) + 1)
    draw = sampler.draw(sampler.plan, sessions * copies * width, rng)
    times = draw.time.reshape(sessions, copies, width).cumsum(axis=2)
    numbers = np.arange(times.size).reshape(times.shape)
    draws = [draw]
    while True:
        order = np.argsort(times.reshape(sessions, -1), axis=1, kind="stable")[:, :pairs]
        chosen = np.take_along_axis(times.reshape(sessions, -1), order, axis=1)
        short = np.flatnonzero(chosen[:, -1] > times[:, :, -1].min(axis=1))
        if not len(short):
            break
        shape = (len(short), copies, width)
        more = sampler.draw(sampler.plan, int(np.prod(shape)), rng)
        later = np.full((sessions, copies, width), np.inf)
        further = np.zeros((sessions, copies, width), dtype=np.intp)
        later[short] = times[short, :, -1:] + more.time.reshape(shape).cumsum(axis=2)
        further[short] = sum(map(len, draws)) + np.arange(len(more)).reshape(shape)
        times, numbers = np.concatenate([times, later], 2), np.concatenate([numbers, further], 2)
        draws.append(more)
    rows = np.take_along_axis(numbers.reshape(sessions, -1), order, axis=1)
    return chosen, concatenate(draws).take(rows.ravel())


def _within(
    sampler: Sampler, sessions: int, pairs: int, window_s: float, rng: np.random.Generator
) -> tuple[Array, Deliveries]:
    """Deliveries of one chain each, of which the last ones come within a window."""
    chosen = np.zeros((sessions, pairs))
    numbers = np.zeros((sessions, pairs), dtype=np.intp)
    rows, begun, width, drawn = np.arange(sessions), np.zeros(sessions), pairs, 0
    times = np.zeros((sessions, 0))
    places = np.zeros((sessions, 0), dtype=np.intp)
    draws: list[Deliveries] = []
    while len(rows):
        draw = sampler.draw(sampler.plan, len(rows) * width, rng)
        later = begun[:, None] + draw.time.reshape(len(rows), width).cumsum(axis=1)
        further = drawn + np.arange(len(draw)).reshape(len(rows), width)
        drawn += len(draw)
        if drawn > _BARREN * sessions:
            rule, hint = "be long enough for pairs to come together", "take a longer window"
            raise InfeasiblePlanError("demand.window_s", rule, window_s, hint)
        draws.append(draw)
        times, places = np.hstack([times, later]), np.hstack([places, further])
        fits = times[:, pairs - 1 :] - times[:, : times.shape[1] - pairs + 1]
        is_near = fits <= window_s * (1.0 + _ROUNDING)
        found, first = is_near.any(axis=1), is_near.argmax(axis=1)
        columns = first[found, None] + np.arange(pairs)
        chosen[rows[found]] = np.take_along_axis(times[found], columns, axis=1)
        numbers[rows[found]] = np.take_along_axis(places[found], columns, axis=1)
        # What may still wait for a later one: the last pairs but one.
        rows, begun, width = rows[~found], times[~found, -1], min(2 * width, _WIDEST)
        keep = times.shape[1] - pairs + 1
        times, places = times[~found, keep:], places[~found, keep:]
    return chosen, concatenate(draws).take(numbers.ravel())


class Leg:
    """A stretch of a session's service on one route, from its begin to its last pair or a fault.

    Args:
        batch: The batch that it belongs to.
        row: Its row there.
        begin: When it begins, in s.
        end: When its last pair comes, in s.
    """

    __slots__ = ("batch", "begin", "end", "is_cut", "row")

    def __init__(self, batch: _SessionBatch, row: int, begin: float, end: float) -> None:
        self.batch, self.row, self.begin, self.end = batch, row, begin, end
        self.is_cut = False


class _SessionBatch:
    """Deliveries of many sessions, until all of them are over."""

    __slots__ = ("begins", "draw", "durations", "kept", "numbers", "open", "times")

    def __init__(self, times: Array, draw: Deliveries) -> None:
        self.times, self.draw = times, draw
        self.durations: list[float] = times[:, -1].tolist()
        self.begins: list[float] = []
        self.numbers: list[int] = []
        self.kept: dict[int, int] = {}
        self.open = 0

    @property
    def is_used_up(self) -> bool:
        return len(self.begins) == len(self.durations)

    def delivered(self) -> tuple[Array, Deliveries, Numbers]:
        """Times in s of the run, histories and sessions of all pairs that were delivered."""
        begun, pairs = len(self.begins), self.times.shape[1]
        times = (np.array(self.begins)[:, None] + self.times[:begun]).ravel()
        numbers = np.repeat(np.array(self.numbers, dtype=np.intp), pairs)
        if not self.kept and begun == len(self.times):
            return times, self.draw, numbers
        kept = np.full(begun, pairs)
        for row, count in self.kept.items():
            kept[row] = count
        rows = np.flatnonzero((np.arange(pairs) < kept[:, None]).ravel())
        return times[rows], self.draw.take(rows), numbers[rows]


class RouteService:
    """Serves the sessions of one demand on one route.

    Args:
        replica: The replica.
        demand: Number of the demand.
        route: Names of the nodes.
        name: What tells its stream of random numbers from those of other demands.
    """

    def __init__(self, replica: Replica, demand: int, route: tuple[str, ...], name: object) -> None:
        self.replica, self.demand, self.route = replica, demand, route
        described = replica.case.demands[demand]
        self.pairs, self.copies = described.pairs, described.memories
        self.window_s = described.window_s
        self.sampler = replica.sampler(route)
        self._edges = replica.case.network.edges_of(route)
        self._rng = replica.stream("service", name, route)
        self._most = max(1, batch_size(self.sampler.plan) // self.pairs)
        self._size = min(_FIRST, self._most)
        self._attempt_s = _common_attempt(self.sampler)
        self._batch: _SessionBatch | None = None
        self._using: list[_SessionBatch] = []

    def begin(self, time: float, pairs: int, session: int = -1) -> Leg:
        """Begin a service of a session at a time in s.

        Args:
            time: When.
            pairs: How many pairs: all of the session's, or its rest.
            session: Number of the session.
        """
        batch = self._batch
        if pairs != self.pairs:
            batch = self._drawn(1, pairs)
        elif batch is None or batch.is_used_up:
            batch = self._batch = self._drawn(self._size, pairs)
            self._size = min(self._most, self._size * _GROWTH)
        row = len(batch.begins)
        batch.begins.append(time)
        batch.numbers.append(session)
        batch.open += 1
        duration, attempt = batch.durations[row], self._attempt_s
        if attempt:
            return Leg(batch, row, time, after_attempts(time, round(duration / attempt), attempt))
        return Leg(batch, row, time, time + duration)

    def _drawn(self, sessions: int, pairs: int) -> _SessionBatch:
        batch = _SessionBatch(
            *session_deliveries(
                self.sampler, sessions, pairs, self.copies, self._rng, self.window_s
            )
        )
        self._using.append(batch)
        return batch

    def cut(self, leg: Leg, time: float) -> int:
        """A fault ends a service at a time in s; number of the pairs that came before."""
        leg.is_cut = True
        batch = leg.batch
        kept = int(np.searchsorted(batch.times[leg.row], time - leg.begin, side="right"))
        batch.kept[leg.row] = kept
        self.end(leg)
        return kept

    def end(self, leg: Leg) -> None:
        """A service is over: a batch whose services all are is handed over."""
        batch = leg.batch
        batch.open -= 1
        if not batch.open and batch.is_used_up:
            self._using.remove(batch)
            self._hand_over(batch)

    def finish(self) -> None:
        """Hand over what is still there."""
        for batch in self._using:
            if batch.begins:
                self._hand_over(batch)
        self._using.clear()

    def _hand_over(self, batch: _SessionBatch) -> None:
        times, draw, sessions = batch.delivered()
        self.replica.tally.count_made(self._edges, times)
        self.replica.deliver(self.demand, self.route, times, draw, sessions=sessions)


def _common_attempt(sampler: Sampler) -> float:
    """Duration in s of an attempt, where every delivery takes a whole number of them; else 0."""
    nodes = set(sampler.plan.nodes())
    durations = {each for node in nodes for each in node.durations_s if each}
    if len(durations) > 1 or any(node.cutoff is not None for node in nodes):
        return 0.0
    return durations.pop()
