"""Arrivals of sessions: one process of times per demand, each with its own stream of numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from qnet.network.demand import Demand
from qnet.network.kernel import ARRIVED, to_digits

if TYPE_CHECKING:
    from qnet.network.replica import Replica

__all__ = ["Arrivals", "Turns", "start_arrivals"]

#: Random numbers that are drawn at a time.
_DRAWN = 256

Times = Iterator[float]


def _poisson(demand: Demand, begin: float, rng: np.random.Generator) -> Times:
    mean, time = 1.0 / (demand.rate_hz or 1.0), begin
    while True:
        for gap in (mean * rng.standard_exponential(_DRAWN)).tolist():
            time += gap
            yield time


def _regular(demand: Demand, begin: float, _: np.random.Generator) -> Times:
    rate = demand.rate_hz or 1.0
    for k in count(math.floor(begin * rate) + 1):
        yield to_digits(k / rate)


def _listed(demand: Demand, _begin: float, _: np.random.Generator) -> Times:
    yield from map(to_digits, sorted(demand.at_s or ()))


def _bernoulli(demand: Demand, begin: float, rng: np.random.Generator) -> Times:
    slot_s = demand.slot_s or 1.0
    chance = (demand.rate_hz or 0.0) * slot_s
    slot = math.floor(begin / slot_s)
    while True:
        for gap in rng.geometric(chance, _DRAWN).tolist():
            slot += gap
            yield to_digits(slot * slot_s)


def _backlog(_demand: Demand, begin: float, _: np.random.Generator) -> Times:
    yield begin


_PROCESSES: dict[str, Callable[[Demand, float, np.random.Generator], Times]] = {
    "poisson": _poisson,
    "regular": _regular,
    "list": _listed,
    "bernoulli": _bernoulli,
    "backlog": _backlog,
    "in-turn": _backlog,
}


class Arrivals:
    """The sessions of one demand as they come.

    Args:
        replica: The replica.
        demand: Number of the demand.
        name: What tells its stream from those of others.
    """

    def __init__(self, replica: Replica, demand: int, name: object) -> None:
        self.replica, self.demand = replica, demand
        described = replica.case.demands[demand]
        begin = -replica.case.run.warm_up_s
        rng = replica.stream("arrivals", name)
        self._times = _PROCESSES[described.arrivals](described, begin, rng)
        self._number = 0
        self._schedule()

    def _schedule(self) -> None:
        time = next(self._times, None)
        if time is not None:
            self.replica.events.at(time, ARRIVED, self._arrive)

    def _arrive(self, _: None) -> None:
        session = self.replica.session(self.demand, self._number)
        self._number += 1
        self._schedule()
        self.replica.controller.arrive(session)

    def another(self, at: float | None = None) -> None:
        """Of a backlog, or in turn: another session comes now, or at a later time in s."""
        now = self.replica.events.now
        self.replica.events.at(now if at is None else max(now, at), ARRIVED, self._arrive)


class Turns:
    """Sessions that come in turn: the next one when the one before, and those of its round, end.

    Args:
        replica: The replica.
    """

    def __init__(self, replica: Replica) -> None:
        self.replica = replica
        of_round: dict[object, list[int]] = {}
        for number, demand in enumerate(replica.case.demands):
            if demand.arrivals == "in-turn":
                of_round.setdefault(demand.round_name or number, []).append(number)
        #: By demand: the demands of its round, and how many sessions of it have ended so far.
        self._members = {k: numbers for numbers in of_round.values() for k in numbers}
        self._ended = dict.fromkeys(self._members, 0)
        self._latest = dict.fromkeys(self._members, 0.0)

    def end(self, demand: int, at: float) -> None:
        """A session of a demand has its pairs at a time in s."""
        members = self._members.get(demand)
        if members is None:
            return
        first = members[0]
        self._latest[first] = max(self._latest[first], at) if self._ended[first] else at
        self._ended[first] += 1
        if self._ended[first] == len(members):
            self._ended[first] = 0
            for each in members:
                self.replica.arrivals[each].another(self._latest[first])


def stream_names(demands: Iterable[tuple[str, ...]]) -> tuple[tuple[object, ...], ...]:
    """Names of the streams of demands: their ends, and how many of the same ends came before."""
    seen: dict[tuple[str, ...], int] = {}
    names = []
    for ends in demands:
        number = seen.get(ends, 0)
        seen[ends] = number + 1
        names.append((*ends, number))
    return tuple(names)


def start_arrivals(replica: Replica) -> tuple[Arrivals, ...]:
    """Let the first session of every demand come."""
    names = stream_names(demand.ends for demand in replica.case.demands)
    return tuple(Arrivals(replica, k, name) for k, name in enumerate(names))
