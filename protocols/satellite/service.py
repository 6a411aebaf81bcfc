"""Constellation service: which satellite serves which station when passes overlap.

A satellite points its telescope at one station at a time, and a station its own at one satellite:
in each slot who serves whom is a matching of the satellites and stations that see each other. The
most key in all is a matching of most worth in each slot. The largest common factor of what
stations ask for is a linear programme over mixtures of such schedules, solved by generating
columns (G. B. Dantzig, P. Wolfe, Oper. Res. 8, 101 (1960), doi:10.1287/opre.8.1.101): prices of
the stations make a schedule, and every set of prices bounds what any schedule can reach.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from protocols.satellite.key_rule import KeyRule
from protocols.satellite.slots import Flight, SlotTable
from qnet.errors import EngineError, check_one_of
from qnet.metrics.key_rate import binary_entropy
from qnet.schema import Description, Within, check_fields, key
from qnet.space.earth import Floats

__all__ = [
    "GOALS",
    "Service",
    "ServiceTable",
    "Sights",
    "overlapping",
    "serve",
    "sights_of",
]

#: What a service maximises: what all stations get in proportion, or what they get in all.
GOALS = ("common", "total")

#: Schedules that are tried for a common factor, and the relative gap at which it is found.
_MOST_SCHEDULES, _GAP = 120, 2e-3

_SLOT = Within(
    low=0.0,
    high=3600.0,
    is_open=True,
    rule="lie above 0 and below 3600 s",
    hint="a telescope turns to another station once in so many seconds: 30 is usual",
)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ServiceTable(Description):
    """How satellites are shared among stations: [service].

    Args:
        goal: ``common``: the largest common factor of what the stations ask for in [[demand]], or
            of equal parts; ``total``: most in all.
        slot_s: How long a satellite stays with a station at least.

    Raises:
        ParameterError: If the goal is unknown, or the slot out of its range.
    """

    goal: str = key("common", choices=GOALS)
    slot_s: float = key(30.0, check=_SLOT)

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sights:
    """Times in which a satellite and a station see each other, by slot.

    Args:
        slot: Number of the slot, ascending, shape ``(n,)``.
        satellite: Number of the satellite.
        station: Number of the station.
        worth: What it brings to serve the station then.
    """

    slot: np.ndarray
    satellite: np.ndarray
    station: np.ndarray
    worth: Floats

    def per_station(self, chosen: np.ndarray, stations: int) -> Floats:
        """What each station gets of the chosen ones, shape ``(stations,)``."""
        return _sums(self.station, self.worth * chosen, stations)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Who serves whom.

    Args:
        goal: What is maximised.
        chosen: Of each sight, whether it is served, shape ``(n,)``.
        per_station: Worth that each station gets, shape ``(stations,)``.
        best: The common factor, or all worth.
        bound: What no service exceeds.
        unseen: Stations that nothing of worth passes; they do not count in a common factor.
    """

    goal: str
    chosen: np.ndarray
    per_station: Floats
    best: float
    bound: float
    unseen: tuple[int, ...] = ()

    @property
    def gap(self) -> float:
        """How far it may be from the best, as a share of the bound."""
        return 1.0 - self.best / self.bound if self.bound > 0.0 else 0.0


def sights_of(slots: SlotTable, rule: KeyRule, slot_s: float) -> tuple[Sights, np.ndarray]:
    """Sights of the passes over single stations, and the number of that of each slot of a pass.

    Worth is the sifted bits of the key basis, by the probability of free sight, times ``1 - 2
    h(Q)``, the asymptotic share of single photons that is secret; where that is zero, next to
    nothing.

    Args:
        slots: Slots of all passes.
        rule: How counts become key.
        slot_s: Length of a slot of the service in s.
    """
    counts = rule.counts(slots) * slots.clear[:, 0, None, None]
    sifted = rule.sifted_bits(counts)
    qber = np.clip(rule.wrong_bits(counts) / np.where(sifted > 0.0, sifted, 1.0), 0.0, 0.5)
    worth = sifted * np.maximum(1.0 - 2.0 * binary_entropy(qber), 1e-9)
    owner = np.repeat(np.arange(len(slots.passes)), np.diff(slots.offsets))
    place = np.array([each.stations[0] for each in slots.passes], dtype=int)
    lit = np.array([each.satellite for each in slots.passes], dtype=int)
    number = np.floor(slots.time_s / slot_s).astype(int)
    _, first, sight = np.unique(
        number * len(slots.passes) + owner, return_index=True, return_inverse=True
    )
    found = Sights(
        slot=number[first],
        satellite=lit[owner[first]],
        station=place[owner[first]],
        worth=_sums(sight, worth, len(first)),
    )
    return found, sight


def _sums(place: np.ndarray, values: Floats, size: int) -> Floats:
    """Sums of values by their place, shape ``(size,)``."""
    return np.asarray(np.bincount(place, values, minlength=size), dtype=np.float64)


def overlapping(flights: Sequence[Flight]) -> int:
    """Number of passes that share time with another one of their satellite or station.

    Args:
        flights: The passes.
    """
    begin = np.array([each.end_s - each.duration_s for each in flights])
    end = np.array([each.end_s for each in flights])
    order, shared = np.argsort(begin, kind="stable"), np.zeros(len(flights), dtype=bool)
    owners = (
        [each.satellite for each in flights],
        [each.stations[0] for each in flights],
    )
    for owner in map(np.array, owners):
        latest: dict[int, int] = {}
        for k in order.tolist():
            last = latest.get(int(owner[k]))
            if last is not None and end[last] > begin[k]:
                shared[[last, k]] = True
            if last is None or end[k] > end[last]:
                latest[int(owner[k])] = k
    return int(shared.sum())


def serve(sights: Sights, asked: Sequence[float], goal: str) -> Service:
    """The service of most worth.

    Args:
        sights: Who sees whom.
        asked: What each station asks for, of the goal ``common``.
        goal: One of ``GOALS``.

    Raises:
        EngineError: If HiGHS finds no mixture of schedules.

    Examples:
        >>> sights = Sights(
        ...     slot=np.array([0, 0, 1, 1]), satellite=np.zeros(4, dtype=int),
        ...     station=np.array([0, 1, 0, 1]), worth=np.array([3.0, 2.0, 3.0, 2.0]),
        ... )
        >>> serve(sights, [1.0, 1.0], "total").per_station
        array([6., 0.])
        >>> serve(sights, [1.0, 1.0], "common").per_station
        array([3., 2.])
    """
    check_one_of("service.goal", goal, GOALS)
    stations, schedules = len(asked), _Schedules(sights)
    if goal == "total":
        chosen = schedules.best(sights.worth)
        got = sights.per_station(chosen, stations)
        total = float(got.sum())
        return Service(goal=goal, chosen=chosen, per_station=got, best=total, bound=total)
    all_worth = np.bincount(sights.station, sights.worth, minlength=stations)
    wants = np.array(asked, dtype=float)
    seen = np.flatnonzero((all_worth > 0.0) & (wants > 0.0))
    unseen = tuple(np.flatnonzero((all_worth <= 0.0) & (wants > 0.0)).tolist())
    if not len(seen):
        nobody = np.zeros(len(sights.slot), dtype=bool)
        return Service(
            goal=goal, chosen=nobody, per_station=np.zeros(stations), best=0.0, bound=0.0
        )
    columns, shares, bound = _mixture(sights, schedules, wants, seen)
    chosen = _rounded(sights, columns, shares, wants)
    got = sights.per_station(chosen, stations)
    return Service(
        goal=goal,
        chosen=chosen,
        per_station=got,
        best=float(np.min(got[seen] / wants[seen])),
        bound=bound,
        unseen=unseen,
    )


class _Schedules:
    """Matchings of most worth in every slot, for any worth of its sights.

    Most slots are stars: a satellite that sees some stations which no other sees, or the reverse.
    Their matching is the best of the star; that of the others is found slot by slot.
    """

    def __init__(self, sights: Sights) -> None:
        self.sights = sights
        self.by_satellite, at_satellite = _groups(sights.slot, sights.satellite)
        self.by_station, at_station = _groups(sights.slot, sights.station)
        # A star holds no sight that shares its far end with another.
        crossed = at_station[self.by_station] > 1
        shared = at_satellite[self.by_satellite] > 1
        self.star = np.bincount(self.by_satellite, crossed)[self.by_satellite] == 0
        self.fan = ~self.star & (np.bincount(self.by_station, shared)[self.by_station] == 0)
        rest = np.flatnonzero(~self.star & ~self.fan)
        cuts = np.flatnonzero(np.diff(sights.slot[rest])) + 1
        self.knots = [(part, *self._matrix(part)) for part in np.split(rest, cuts) if len(part)]

    def _matrix(self, part: np.ndarray) -> tuple[np.ndarray, np.ndarray, tuple[int, int]]:
        rows, row = np.unique(self.sights.satellite[part], return_inverse=True)
        columns, column = np.unique(self.sights.station[part], return_inverse=True)
        return row, column, (len(rows), len(columns))

    def best(self, worth: Floats) -> np.ndarray:
        """Of each sight, whether it is in the matching of most worth, shape ``(n,)``."""
        from scipy.optimize import linear_sum_assignment

        chosen = np.zeros(len(worth), dtype=bool)
        for where, group in ((self.star, self.by_satellite), (self.fan, self.by_station)):
            mine = np.flatnonzero(where)
            order = mine[np.lexsort((worth[mine], group[mine]))]
            chosen[order[np.flatnonzero(np.diff(group[order], append=-1))]] = True
        for part, row, column, shape in self.knots:
            matrix = np.zeros(shape)
            matrix[row, column] = worth[part]
            taken = np.zeros(shape, dtype=bool)
            taken[linear_sum_assignment(matrix, maximize=True)] = True
            chosen[part] = taken[row, column]
        return chosen


def _groups(slot: np.ndarray, place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Number of the group of each sight, and the size of each group."""
    name = slot * (int(place.max(initial=0)) + 1) + place
    _, group, sizes = np.unique(name, return_inverse=True, return_counts=True)
    return group, sizes


def _mixture(
    sights: Sights, schedules: _Schedules, wants: Floats, seen: np.ndarray
) -> tuple[list[np.ndarray], Floats, float]:
    """Schedules, the share of time of each, and a bound on the common factor of any service."""
    prices = np.zeros(len(wants))
    prices[seen] = 1.0 / (wants[seen] * len(seen))
    columns: list[np.ndarray] = []
    totals: list[Floats] = []
    bound, best_prices = np.inf, prices
    shares = np.ones(1)
    for _ in range(_MOST_SCHEDULES):
        chosen = schedules.best(sights.worth * prices[sights.station])
        got = sights.per_station(chosen, len(wants))
        reach = float(prices @ got)
        if reach < bound:
            bound, best_prices = reach, prices
        columns.append(chosen)
        totals.append(got)
        factor, shares, dual = _master(np.array(totals)[:, seen] / wants[seen])
        if bound - factor <= _GAP * bound:
            break
        fresh = np.zeros(len(wants))
        fresh[seen] = dual / wants[seen]
        # Between the prices of the best bound and those of the programme: fewer schedules.
        prices = 0.5 * best_prices + 0.5 * fresh
    used = np.flatnonzero(shares > 1e-9)
    return [columns[k] for k in used], shares[used] / shares[used].sum(), float(bound)


def _master(totals: Floats) -> tuple[float, Floats, Floats]:
    """The mixture of schedules of the largest common factor: factor, shares, and prices."""
    from scipy.optimize import linprog

    number, stations = totals.shape
    unit = float(totals.max())
    found = linprog(
        np.append(np.zeros(number), -1.0),
        A_ub=np.hstack([-totals.T / unit, np.ones((stations, 1))]),
        b_ub=np.zeros(stations),
        A_eq=np.append(np.ones(number), 0.0)[None],
        b_eq=[1.0],
        method="highs",
    )
    if found.status != 0:
        message = f"HiGHS finds no mixture of schedules: {found.message}"
        raise EngineError(message)
    return unit * float(found.x[-1]), found.x[:-1], np.maximum(-found.ineqlin.marginals, 0.0)


def _rounded(
    sights: Sights, columns: Sequence[np.ndarray], shares: Floats, wants: Floats
) -> np.ndarray:
    """One schedule that keeps to a mixture as it goes: what is least off after each slot."""
    table = np.array(columns)
    chosen = table[0].copy()
    scale = np.where(wants > 0.0, wants, np.inf)
    owed = np.zeros(len(wants))
    edges = np.concatenate([[0], np.flatnonzero(np.diff(sights.slot)) + 1, [len(sights.slot)]])
    differs = np.add.reduceat(np.any(table != table[0], axis=0), edges[:-1]) > 0
    for k in np.flatnonzero(differs):
        part = slice(edges[k], edges[k + 1])
        place, inverse = np.unique(sights.station[part], return_inverse=True)
        gains = np.zeros((len(table), len(place)))
        worth = sights.worth[part] / scale[sights.station[part]]
        np.add.at(gains.T, inverse, (table[:, part] * worth).T)
        due = owed[place] + shares @ gains
        taken = int(np.argmin(((due - gains) ** 2).sum(axis=1)))
        owed[place] = due - gains[taken]
        chosen[part] = table[taken, part]
    return chosen
