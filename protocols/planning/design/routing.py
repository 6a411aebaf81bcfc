"""Routing of key over what is built: from the flows of a solution to the ways of a plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from protocols.planning.design.bill import loads_of
from protocols.planning.design.case import PlanCase
from protocols.planning.design.flows import free_flow, once
from protocols.planning.design.formulation import DesignProgramme
from protocols.planning.design.heuristics import RoutedDesign
from protocols.planning.design.lines import SteppedLine, cheapest_option
from protocols.planning.design.plan import PlannedDemand, WaysOfKey
from protocols.planning.design.ways import disjoint_ways, single_ways, without_circles

__all__ = ["demands_of_routes", "demands_of_solution", "held"]


def demands_of_routes(
    case: PlanCase, lines: Sequence[SteppedLine], design: RoutedDesign
) -> tuple[PlannedDemand, ...]:
    """Demands with their ways, each line with the option that is cheapest for its load.

    Args:
        case: The case.
        lines: The lines.
        design: Ways over lines.
    """
    demands = []
    for d, (demand, routes) in enumerate(zip(case.demands, design.routes, strict=True)):
        part = WaysOfKey(
            key_rate_hz=demand.key_rate_hz,
            ways=tuple(sites for sites, _ in routes),
            options=tuple(tuple(lines[e].options[0] for e in way) for _, way in routes),
        )
        demands.append(PlannedDemand(demand=d, parts=(part,)))
    return _resized(case, lines, demands)


def _resized(
    case: PlanCase, lines: Iterable[SteppedLine], demands: Sequence[PlannedDemand]
) -> tuple[PlannedDemand, ...]:
    """The same ways, each line with the option that carries its load at least cost."""
    line_of = {option: line for line in lines for option in line.options}
    better: dict[int, int] = {}
    loads = loads_of(case, demands)
    whole: dict[int, float] = {}
    for option, load in loads.items():
        key = id(line_of[option])
        whole[key] = whole.get(key, 0.0) + load
    for option in loads:
        line = line_of[option]
        better[option] = cheapest_option(case, line, whole[id(line)])
    return tuple(
        replace(
            demand,
            parts=tuple(
                replace(part, options=tuple(tuple(better[o] for o in way) for way in part.options))
                for part in demand.parts
            ),
        )
        for demand in demands
    )


def held(programme: DesignProgramme, built: Mapping[int, int]) -> None:
    """Hold what is built: options with their pairs of devices, and nothing else.

    Equipment, units and relays may be as many as there are.

    Args:
        programme: A programme whose lines have one option each.
        built: Pairs of devices of each option.
    """
    model = programme.model
    for e, line in enumerate(programme.lines):
        option = line.options[0]
        pairs = built.get(option, 0)
        carries = pairs * programme.case.options[option].rate_hz.best
        if programme.steps[e]:
            lower = [0.0, *(step.carries_hz for step in line.steps)]
            for column, (below, step) in zip(
                programme.steps[e], zip(lower, line.steps, strict=False), strict=True
            ):
                grown = pairs > 0 and (step.pairs <= pairs or below < carries * (1.0 - 1e-9))
                model.lows[column] = model.highs[column] = float(grown)
        else:
            columns = programme.counted[option]
            most = model.highs[columns[0]]
            for column, value in zip(columns, (min(pairs, most), pairs > 0), strict=True):
                model.lows[column] = model.highs[column] = float(value)


def demands_of_solution(
    programme: DesignProgramme, values: npt.NDArray[np.float64]
) -> tuple[PlannedDemand, ...]:
    """Demands with their ways, from a solution of the programme.

    The flows are found again, exactly and as short as can be, over what the solution builds.

    Args:
        programme: The programme.
        values: Of its columns.
    """
    case = programme.case
    chosen = [programme.chosen(values, e) for e in range(len(programme.lines))]
    built = dict(each for each in chosen if each is not None)
    if free_flow(case):
        again = DesignProgramme(case, sorted(built), once(case))
        held(again, built)
        solution = _short(again)
        if solution is not None:
            programme, values = again, solution
    else:
        whole = np.array(programme.model.whole, dtype=bool)
        values = np.where(whole, np.round(values), values)
        if not all(commodity.whole for commodity in programme.commodities):
            values = _short_with(programme, values, whole)
    return _resized(case, programme.lines, _taken_apart(programme, values))


def _short(programme: DesignProgramme) -> npt.NDArray[np.float64] | None:
    """The shortest flows of a programme whose devices are held."""
    goal = np.zeros(len(programme.model.costs))
    for (c, _), arcs in programme.by.items():
        commodity = programme.commodities[c]
        columns = [programme.columns[a] for a in arcs]
        goal[columns] = commodity.total_hz * commodity.weight / programme.most_hz
    found = programme.model.relaxed(goal, exact=True)
    return None if found is None else found.values


def _short_with(
    programme: DesignProgramme,
    values: npt.NDArray[np.float64],
    whole: npt.NDArray[np.bool_],
) -> npt.NDArray[np.float64]:
    """The shortest flows with all whole numbers as they are."""
    model = programme.model
    lows, highs = model.lows, model.highs
    model.lows = np.where(whole, values, lows).tolist()
    model.highs = np.where(whole, values, highs).tolist()
    found = _short(programme)
    model.lows, model.highs = lows, highs
    return values if found is None else found


def _flow(
    programme: DesignProgramme, values: npt.NDArray[np.float64], c: int
) -> dict[tuple[int, int, int], float]:
    """Flow of a commodity in bit/s, on the option of each line that is built."""
    found: dict[tuple[int, int, int], float] = {}
    commodity = programme.commodities[c]
    for e, line in enumerate(programme.lines):
        chosen = programme.chosen(values, e)
        option = line.options[0] if chosen is None else chosen[0]
        for a in programme.by.get((c, e), []):
            share = float(values[programme.columns[a]])
            if share > 0.0:
                arc = programme.arcs[a]
                found[option, arc.tail, arc.head] = share * commodity.total_hz
    return found


def _taken_apart(
    programme: DesignProgramme, values: npt.NDArray[np.float64]
) -> tuple[PlannedDemand, ...]:
    """Ways that the flows are made of."""
    case = programme.case
    spans = {k: case.options[k].span for k in programme.options}
    parts: dict[int, tuple[WaysOfKey, ...]] = {}
    halves: dict[int, list[WaysOfKey]] = {}
    for c, commodity in enumerate(programme.commodities):
        flow = _flow(programme, values, c)
        if commodity.ways > 1:
            d, target = commodity.demands[0]
            ends, rate = (commodity.source, target), commodity.total_hz
            by = case.require.by
            parts[d] = disjoint_ways(flow, ends, rate, spans, by=by, ways=commodity.ways)
            continue
        left = without_circles(flow, 1e-12 * commodity.total_hz)
        for d, target in commodity.demands:
            rate = case.demands[d].key_rate_hz
            found = single_ways(left, commodity.source, target, rate)
            halves.setdefault(d, []).extend(
                replace(part, key_rate_hz=part.key_rate_hz * commodity.weight) for part in found
            )
    parts.update({d: tuple(found) for d, found in halves.items()})
    return tuple(PlannedDemand(demand=d, parts=parts[d]) for d in sorted(parts))
