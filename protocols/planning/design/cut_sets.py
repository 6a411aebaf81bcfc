"""Lower bound of a plan's cost from cuts alone: what must stand between any two parts of the sites.

A programme without flows, of what is built and which sites relay, whose rows are those of a tree
and those of sets of sites: the lines out of a set carry the key that must cross, or, where sites
stand between two parts, the lines between the parts do or one of these sites relays. Sets come from
spanning trees of the relaxed solution and from small connected groups of sites.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from protocols.planning.design.case import PlanCase
from protocols.planning.design.cuts import add_tree
from protocols.planning.design.flows import ways_of
from protocols.planning.design.formulation import DesignProgramme
from protocols.planning.design.staircases import cover_value, priced_steps

__all__ = ["CutBound", "CutRow", "CutSets", "bound_of_cuts"]

#: Most lines out of a set of sites whose row is looked for, most rows of a round, and spanning
#: trees that sets are taken from in a round.
_LINES, _ROWS, _TREES = 14, 60, 25

#: Most sites of a small group, most such groups, and rounds between those that look at them.
_SITES, _GROUPS, _EACH = 3, 800, 4

#: Gain, as a share, that a round must bring, and rounds that may bring less.
_GAIN, _PATIENCE = 2e-4, 2

#: Share of the time that is left for the whole numbers of what is built, and relative gap of them.
_WHOLE, _WHOLE_GAP = 0.8, 1e-3

_Array = npt.NDArray[np.float64]
_Mask = npt.NDArray[np.bool_]

#: Column and value of a row, whose sum is at least 1.
CutRow = tuple[tuple[int, float], ...]


@dataclass(slots=True)
class CutBound:
    """What cuts say of a case.

    Args:
        bound: No plan costs less; None where nothing is known.
        rows: The rows, in columns that any programme over the same options has in common.
        built: Numbers of the lines that the cheapest solution of these rows builds.
    """

    bound: float | None = None
    rows: list[CutRow] = field(default_factory=list)
    built: frozenset[int] = frozenset()


def bound_of_cuts(
    case: PlanCase, options: Sequence[int], *, upper: float | None, gap: float, deadline: float
) -> CutBound:
    """A cost that no plan is below, with the rows that show it.

    Args:
        case: The case.
        options: Numbers of the options that may be built.
        upper: Cost of a known plan; None without one.
        gap: Relative gap to it at which the search ends.
        deadline: Time of the monotonic clock at which it ends.
    """
    programme = DesignProgramme(case, options, ())
    shared = len(programme.model.costs)
    add_tree(programme)
    cuts = CutSets(programme)
    found = CutBound(rows=cuts.rows)
    stop = np.inf if upper is None else upper * (1.0 - gap)
    values = _relaxed_bound(cuts, found, stop, deadline)
    while values is not None and (found.bound or 0.0) < stop:
        left = deadline - time.monotonic()
        if left <= 0.0:
            break
        solved = programme.model.solved(gap=_WHOLE_GAP, time_limit_s=_WHOLE * left)
        if solved.bound is not None:
            found.bound = max(found.bound or 0.0, solved.bound)
        if solved.values is None:
            break
        grown = solved.values
        found.built = frozenset(e for e, s in enumerate(programme.steps) if s and grown[s[0]] > 0.5)
        if solved.status != "optimal" or not cuts.add_rows(grown, deadline, small=True):
            break
    found.rows = [row for row in cuts.rows if all(column < shared for column, _ in row)]
    return found


def _relaxed_bound(cuts: CutSets, found: CutBound, stop: float, deadline: float) -> _Array | None:
    """Add rows to the relaxed programme until they gain no more; its last values."""
    model = cuts.programme.model
    values, stalled, k = None, 0, 0
    while stalled <= _PATIENCE:
        solved = model.relaxed(time_limit_s=deadline - time.monotonic())
        if solved is None:
            return values
        values, before = solved.values, found.bound or 0.0
        found.bound = max(before, solved.objective)
        if found.bound >= stop or time.monotonic() > deadline:
            break
        stalled = 0 if found.bound > before * (1.0 + _GAIN) else stalled + 1
        if not cuts.add_rows(values, deadline, small=k % _EACH == 0, apart=k % 2 == 1):
            stalled += 1
        k += 1
    return values


class CutSets:
    """Rows of sets of sites for a programme without flows.

    Args:
        programme: The programme; columns and rows are added to it.
        seed: Seed of the disturbed spanning trees.
    """

    def __init__(self, programme: DesignProgramme, seed: int = 0) -> None:
        self.programme, self.case = programme, programme.case
        self.rows: list[CutRow] = []
        self._numbers = np.random.default_rng(seed)
        self._ends = np.array([line.ends for line in programme.lines]).reshape(-1, 2)
        self._between = np.array([d.ends for d in self.case.demands]).reshape(-1, 2)
        self._once = np.array([demand.key_rate_hz for demand in self.case.demands])
        #: Key that crosses for each demand, over all its disjoint ways.
        self._rates = self._once * [ways_of(self.case, d) for d in range(len(self._once))]
        self._caps = [
            np.array([0.0, *(step.carries_hz for step in line.steps)]) for line in programme.lines
        ]
        self._units = [self._unit_steps(source) for source in range(len(self.case.sources))]
        self._groups = self._small_groups()

    def _unit_steps(self, source: int) -> tuple[_Array, list[int]]:
        """What units of a source carry between parts of the sites, and a column for each."""
        model, case = self.programme.model, self.case
        lines = [e for e, line in enumerate(self.programme.lines) if line.source == source]
        column = self.programme.units[source]
        for e in lines:
            model.row([(column, 1.0), *self.programme.built(e, -1.0)], low=0.0)
        rates = [case.options[self.programme.lines[e].options[0]].rate_hz.best for e in lines]
        site = next((k for k, each in enumerate(case.sites) if each.source == source), None)
        ends = site is not None and any(site in d.ends for d in case.demands)
        # Key through a constellation comes in and goes out, each for its time.
        rate = max(rates, default=0.0) / (1.0 if site is None or ends else 2.0)
        most = min(
            case.sources[source].most_units, int(np.ceil(self._rates.sum() / max(rate, 1e-9)))
        )
        steps = [model.column(0.0, 1.0, whole=True) for _ in range(most)]
        for lower, upper in pairwise(steps):
            model.row([(lower, 1.0), (upper, -1.0)], low=0.0)
        model.row([(column, 1.0), *((step, -1.0) for step in steps)], low=0.0)
        return rate * np.arange(most + 1.0), steps

    def _small_groups(self) -> list[frozenset[int]]:
        """Small connected groups of sites."""
        around: dict[int, set[int]] = {}
        for one, two in self._ends.tolist():
            around.setdefault(one, set()).add(two)
            around.setdefault(two, set()).add(one)
        groups = last = {frozenset([site]) for site in around}
        for _ in range(_SITES - 1):
            last = {group | {new} for group in last for s in group for new in around[s] - group}
            if len(groups) + len(last) > _GROUPS:
                break
            groups = groups | last
        return sorted(groups, key=sorted)

    def add_rows(
        self, values: _Array, deadline: float, *, small: bool = False, apart: bool = False
    ) -> int:
        """Add rows that a solution violates; their number.

        Args:
            values: Of the columns.
            deadline: Time of the monotonic clock at which no more are looked for.
            small: Whether small groups of sites are looked at too.
            apart: Whether sites that stand between two parts are.
        """
        sets = self._sets_of_trees(values)
        sets |= set(self._groups) if small else set()
        ordered = sorted(sets, key=sorted)
        wanted: list[tuple[float, tuple[frozenset[int], int | None]]] = []
        for inside in ordered:
            wanted += self._looked_at(values, inside, None)
        most = len(wanted) + _ROWS
        for site, columns in self.programme.relays.items() if apart else ():
            if values[columns[0][1]] < 1.0 - 1e-4 and self.case.sites[site].source is None:
                for inside in ordered:
                    wanted += self._looked_at(values, inside, site)
        wanted.sort(key=lambda each: (each[0], sorted(each[1][0]), each[1][1] or 0))
        added = 0
        for _, each in wanted[:most]:
            if time.monotonic() > deadline:
                break
            added += self._add(values, *each)
        return added

    def _looked_at(
        self, values: _Array, inside: frozenset[int], site: int | None
    ) -> list[tuple[float, tuple[frozenset[int], int | None]]]:
        """A set whose cover is violated, with how much is left of 1."""
        for total, stairs, columns in self._stairs(inside, site):
            grown = [np.clip(values[each], 0.0, 1.0) for each in columns]
            value = cover_value(total, stairs, grown)
            if value < 0.98:
                return [(value, (inside, site))]
        return []

    def _add(self, values: _Array, inside: frozenset[int], site: int | None) -> int:
        """Add the rows of a set that are violated."""
        added = 0
        for total, stairs, columns in self._stairs(inside, site):
            grown = [np.clip(values[each], 0.0, 1.0) for each in columns]
            prices = priced_steps(total, stairs, grown)
            if prices is not None:
                row = tuple(
                    (int(column), float(price))
                    for each, steps in zip(columns, prices, strict=True)
                    for column, price in zip(each, steps, strict=True)
                    if price > 1e-9
                )
                self.rows.append(row)
                self.programme.model.row(row, low=1.0)
                added += 1
        return added

    def _stairs(
        self, inside: Iterable[int], site: int | None
    ) -> list[tuple[float, list[_Array], list[npt.NDArray[np.intp]]]]:
        """What must cross, and the staircases that carry it, with their columns.

        A source counts by its lines, and once more by its units.
        """
        one = np.zeros(len(self.case.sites), dtype=bool)
        one[list(inside)] = True
        two = ~one
        if site is not None:
            one[site] = two[site] = False
        apart = _crossing(self._between, one, two)
        total, most = float(self._rates[apart].sum()), float(self._once[apart].sum())
        lines = np.flatnonzero(_crossing(self._ends, one, two))
        if total <= 0.0 or len(lines) > 4 * _LINES:
            return []
        sources = {self.programme.lines[e].source for e in lines} - {None}
        found = []
        for by_units in (False, True) if sources else (False,):
            stairs = [
                (self._caps[e], self.programme.steps[e], True)
                for e in lines
                if not (by_units and self.programme.lines[e].source is not None)
            ]
            if by_units:
                stairs += [(*self._units[s], False) for s in sources if s is not None]
            if site is not None:
                relay = [self.programme.relays[site][0][1]]
                stairs.append((np.array([0.0, total]), relay, False))
            if len(stairs) <= _LINES and all(columns for _, columns, _ in stairs):
                found.append((total, *_cut_off(total, most, stairs)))
        return found

    def _sets_of_trees(self, values: _Array) -> set[frozenset[int]]:
        """Sets on one side of each line of spanning trees of lines that stand most."""
        built = np.array([values[s[0]] if s else 0.0 for s in self.programme.steps])
        found: set[frozenset[int]] = set()
        for k in range(_TREES):
            disturbed = built + self._numbers.uniform(0.0, 0.3 if k else 1e-6, len(built))
            found |= self._sides(np.argsort(-disturbed, kind="stable"))
        return found

    def _sides(self, order: npt.NDArray[np.intp]) -> set[frozenset[int]]:
        """Sets on one side of each line of the spanning tree that takes lines in this order."""
        part = list(range(len(self.case.sites)))
        tree: dict[int, list[int]] = {site: [] for site in part}
        chosen = []
        for one, two in self._ends[order].tolist():
            if part[one] != part[two]:
                old, new = part[one], part[two]
                part = [new if each == old else each for each in part]
                tree[one].append(two)
                tree[two].append(one)
                chosen.append((one, two))
        found = set()
        for one, two in chosen:
            side, stack = {one}, [one]
            while stack:
                for other in tree[stack.pop()]:
                    if other not in side and other != two:
                        side.add(other)
                        stack.append(other)
            found.add(frozenset(side if 0 not in side else set(tree) - side))
        return found


def _crossing(pairs: npt.NDArray[np.int_], one: _Mask, two: _Mask) -> _Mask:
    """Which pairs of sites lie on different sides."""
    ends = one[pairs], two[pairs]
    return (ends[0][:, 0] & ends[1][:, 1]) | (ends[1][:, 0] & ends[0][:, 1])


def _cut_off(
    total: float, most: float, stairs: Sequence[tuple[_Array, Sequence[int], bool]]
) -> tuple[list[_Array], list[npt.NDArray[np.intp]]]:
    """Staircases without the levels beyond the first that carries all.

    A line takes at most one way of each demand; units and relays may take all.
    """
    caps, columns = [], []
    for carries, steps, is_line in stairs:
        enough = most if is_line else total
        last = min(int(np.searchsorted(carries, enough * (1.0 - 1e-9))), len(steps))
        caps.append(np.minimum(carries[: last + 1], enough))
        columns.append(np.array(steps[:last], dtype=np.intp))
    return caps, columns
