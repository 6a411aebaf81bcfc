"""Inequalities that every plan keeps, and that bring the relaxed programme near to whole numbers.

- A tree: sites that have a demand with the same site are joined with it, each over a way of lines
  that are built and sites that relay, and all these ways make a tree (directed cuts: S. Chopra, M.
  R. Rao, Math. Program. 64, 209 (1994), doi:10.1007/BF01582573).
- Shares: demands that go over a line in shares need its steps in these shares, up to the load that
  they have together.
- Covers: steps of the lines out of a set of sites, which are too few for the key that must cross,
  are not all that is built.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from protocols.planning.design.formulation import DesignProgramme
from protocols.planning.design.model import LinearSolution

__all__ = ["add_tree", "cover_rows", "share_rows", "strengthen"]

#: Least violation, as a share, at which a row is added.
_VIOLATED = 1e-3

#: Most sites of a set whose cut is looked at, and most such sets.
_SITES, _SETS = 3, 400

_Values = npt.NDArray[np.float64]


def strengthen(
    programme: DesignProgramme, deadline: float, *, rounds: int = 12
) -> LinearSolution | None:
    """Add rows until none is violated; the relaxed solution at the end, whose cost is a bound.

    Args:
        programme: The programme; rows are added to it.
        deadline: Time of the monotonic clock after which no round begins.
        rounds: Most rounds.
    """
    add_tree(programme)
    sets = _cuts(programme)
    for total, lines in sets:
        row = [entry for e in lines for entry in programme.carried(e, total, 1.0 / total)]
        programme.model.row(row, low=1.0)
    best = None
    for _ in range(rounds):
        start = time.monotonic()
        found = programme.model.relaxed(time_limit_s=deadline - start)
        took = time.monotonic() - start
        if found is None:
            return best
        gained = np.inf if best is None else found.objective - best.objective
        best = found
        added = share_rows(programme, found.values) + cover_rows(programme, found.values, sets)
        late = time.monotonic() + 1.5 * took > deadline
        if not added or late or gained < 1e-3 * abs(found.objective):
            break
    return best


def add_tree(programme: DesignProgramme) -> None:
    """Join the site that has most demands with all that it has demands with, over a tree.

    Args:
        programme: The programme; columns and rows are added to it.
    """
    case, model = programme.case, programme.model
    partners: dict[int, set[int]] = {}
    for demand in case.demands:
        for one, two in (demand.ends, demand.ends[::-1]):
            partners.setdefault(one, set()).add(two)
    if not partners:
        return
    root = max(partners, key=lambda site: (len(partners[site]), -site))
    arcs: list[tuple[int, int, int]] = []
    for e, line in enumerate(programme.lines):
        both = []
        for tail, head in (line.ends, line.ends[::-1]):
            if head != root and (tail == root or tail in programme.relays):
                column = model.column(0.0, 1.0)
                arcs.append((tail, head, column))
                both.append((column, 1.0))
                if tail != root:
                    model.row([(column, 1.0), (programme.relays[tail][0][1], -1.0)], high=0.0)
        if both:
            model.row([*both, *programme.built(e, -1.0)], high=0.0)
    for target in sorted(partners[root]):
        _join(programme, arcs, root, target)


def _join(
    programme: DesignProgramme, arcs: list[tuple[int, int, int]], root: int, target: int
) -> None:
    """A way from the root of the tree to a site."""
    model = programme.model
    flows = []
    for tail, head, column in arcs:
        if tail != target:
            flow = model.column(0.0, 1.0)
            model.row([(flow, 1.0), (column, -1.0)], high=0.0)
            flows.append((tail, head, flow))
    for site in range(len(programme.case.sites)):
        inward = [(flow, 1.0) for _, head, flow in flows if head == site]
        outward = [(flow, -1.0) for tail, _, flow in flows if tail == site]
        share = float(site == target) - float(site == root)
        if inward or outward or share:
            model.row([*inward, *outward], share, share)
        if outward and site in programme.relays and site != root:
            relay = programme.relays[site][0][1]
            model.row([*((flow, 1.0) for flow, _ in outward), (relay, -1.0)], high=0.0)


def _cuts(programme: DesignProgramme) -> list[tuple[float, tuple[int, ...]]]:
    """Of small connected sets of sites the key that must cross, and the lines that do."""
    case = programme.case
    around: dict[int, set[int]] = {}
    for line in programme.lines:
        one, two = line.ends
        around.setdefault(one, set()).add(two)
        around.setdefault(two, set()).add(one)
    sets = {frozenset([site]) for site in around}
    last = sets
    for _ in range(_SITES - 1):
        last = {s | {new} for s in last for site in s for new in around[site] - s}
        if len(sets) + len(last) > _SETS:
            break
        sets |= last
    found = {}
    for inside in sorted(sets, key=sorted):
        total = sum(
            d.key_rate_hz for d in case.demands if (d.ends[0] in inside) != (d.ends[1] in inside)
        )
        crossing = tuple(
            e
            for e, line in enumerate(programme.lines)
            if (line.ends[0] in inside) != (line.ends[1] in inside)
        )
        if total > 0.0:
            found[crossing] = total
    return [(total, lines) for lines, total in found.items()]


def share_rows(programme: DesignProgramme, values: _Values) -> int:
    """Add, for each line, the row of the demands whose shares its steps are furthest below.

    Args:
        programme: The programme.
        values: Of its columns.
    """
    if any(commodity.weight < 1.0 for commodity in programme.commodities):
        return 0
    added = 0
    for e, line in enumerate(programme.lines):
        if not programme.steps[e]:
            continue
        shares = []
        for c, commodity in enumerate(programme.commodities):
            arcs = programme.by.get((c, e), [])
            share = sum(float(values[programme.columns[a]]) for a in arcs)
            if share > 1e-6:
                shares.append((share, commodity.total_hz, arcs))
        shares.sort(key=lambda each: -each[0])
        grown = [float(values[column]) for column in programme.steps[e]]
        caps = [step.carries_hz for step in line.steps]
        load = total = worst = 0.0
        chosen = 0
        for n, (share, rate, _) in enumerate(shares, 1):
            load, total = load + share * rate, total + rate
            over = load - _carried(caps, grown, total)
            if over > max(worst, _VIOLATED * total):
                worst, chosen = over, n
        if chosen:
            total = sum(rate for _, rate, _ in shares[:chosen])
            row = [
                entry
                for _, rate, arcs in shares[:chosen]
                for entry in programme.along(arcs, rate / total)
            ]
            programme.model.row([*row, *programme.carried(e, total, -1.0 / total)], high=0.0)
            added += 1
    return added


def _carried(caps: list[float], grown: list[float], most_hz: float) -> float:
    """What steps carry, grown so far in shares, of flows of at most this much."""
    carried = last = 0.0
    for cap, share in zip(caps, grown, strict=True):
        now = min(cap, most_hz)
        carried += (now - last) * share
        last = now
        if cap >= most_hz:
            break
    return carried


def cover_rows(
    programme: DesignProgramme,
    values: _Values,
    sets: Iterable[tuple[float, tuple[int, ...]]],
) -> int:
    """Add rows that say: one of these lines out of a set of sites has grown beyond this step.

    Args:
        programme: The programme.
        values: Of its columns.
        sets: The key that must cross, and the lines that do.
    """
    added = 0
    for total, lines in sets:
        if len(lines) > 12 or not all(programme.steps[e] for e in lines):
            continue
        columns = _least_cover(programme, values, total, lines)
        if columns:
            programme.model.row([(column, 1.0) for column in columns], low=1.0)
            added += 1
    return added


def _least_cover(
    programme: DesignProgramme, values: _Values, total: float, lines: Iterable[int]
) -> tuple[int, ...]:
    """Steps of least value below which all lines together carry too little."""
    states: list[tuple[float, float, tuple[int, ...]]] = [(0.0, 0.0, ())]
    for e in lines:
        caps = [0.0, *(step.carries_hz for step in programme.lines[e].steps)]
        new = []
        for carried, value, columns in states:
            for cap, column in zip(caps, [*programme.steps[e], None], strict=True):
                grown = 0.0 if column is None else float(values[column])
                if carried + cap >= total * (1.0 - 1e-7) or value + grown >= 1.0 - 1e-2:
                    continue
                chosen = columns if column is None else (*columns, column)
                new.append((carried + cap, value + grown, chosen))
        new.sort(key=lambda each: each[:2])
        states = []
        for each in new:
            if not states or each[1] < states[-1][1] - 1e-9:
                states.append(each)
        if not states:
            return ()
    return states[-1][2]
