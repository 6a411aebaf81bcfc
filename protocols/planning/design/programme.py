"""Cheapest plan of a case by integer programming, with its bound and gap."""

from __future__ import annotations

import time

import numpy as np
import numpy.typing as npt

from protocols.planning.design.bill import sized_plan
from protocols.planning.design.case import PlanCase
from protocols.planning.design.formulation import DesignProgramme
from protocols.planning.design.plan import NetworkPlan, PlannedDemand, WaysOfKey
from protocols.planning.design.ways import disjoint_ways, single_ways, without_circles
from qnet.progress import ProgressCallback

__all__ = ["design"]


def design(
    case: PlanCase,
    *,
    gap: float = 1e-6,
    time_limit_s: float = 110.0,
    progress: ProgressCallback | None = None,
) -> NetworkPlan:
    """The cheapest plan that serves all demands.

    Args:
        case: Sites, options of spans, demands and requirements.
        gap: Relative gap at which the search may stop.
        time_limit_s: Time after which it stops, in s.
        progress: Called with what is done.
    """
    start = time.monotonic()
    programme = DesignProgramme(case, range(len(case.options)))
    found = programme.model.solved(gap=gap, time_limit_s=time_limit_s - (time.monotonic() - start))
    if found.values is None:
        status = "infeasible" if found.status == "infeasible" else "no plan"
        return NetworkPlan(case=case, status=status, bound=found.bound)
    demands = planned_demands(programme, found.values)
    return sized_plan(case, demands, status=found.status, found_by="programme", bound=found.bound)


def planned_demands(
    programme: DesignProgramme, values: npt.NDArray[np.float64]
) -> tuple[PlannedDemand, ...]:
    """Demands with their ways, from a solution.

    Args:
        programme: The programme.
        values: Of its columns.
    """
    case = programme.case
    spans = {k: case.options[k].span for k in programme.options}
    parts: dict[int, tuple[WaysOfKey, ...]] = {}
    values = _polished(programme, values)
    for c, commodity in enumerate(programme.commodities):
        flow = programme.flow(values, c)
        if commodity.ways > 1:
            d, target = commodity.demands[0]
            ends, rate = (commodity.source, target), commodity.total_hz
            by = case.require.by
            parts[d] = disjoint_ways(flow, ends, rate, spans, by=by, ways=commodity.ways)
            continue
        left = without_circles(flow, 1e-12 * commodity.total_hz)
        for d, target in commodity.demands:
            rate = case.demands[d].key_rate_hz
            parts[d] = single_ways(left, commodity.source, target, rate)
    return tuple(PlannedDemand(demand=d, parts=parts[d]) for d in sorted(parts))


def _polished(
    programme: DesignProgramme, values: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """The flows again, exact and short, with the whole numbers as they are."""
    from scipy.optimize import linprog

    model = programme.model
    whole = np.array(model.whole, dtype=bool)
    held = np.where(whole, np.round(values), values)
    columns = [column for column in programme.columns if not whole[column]]
    if not columns:
        return held
    matrix = model.matrix()
    goal = np.zeros(len(values))
    for c, commodity in enumerate(programme.commodities):
        for (number, _), arcs in programme.by.items():
            if number == c:
                goal[[programme.columns[a] for a in arcs]] = commodity.total_hz / programme.most_hz
    low, high = np.array(model.row_lows), np.array(model.row_highs)
    fixed = matrix[:, whole] @ held[whole]
    free = ~whole
    rows = matrix[:, free]
    equal = low == high
    upper, lower = ~equal & np.isfinite(high), ~equal & np.isfinite(low)
    from scipy.sparse import vstack

    found = linprog(
        goal[free],
        A_ub=vstack([rows[upper], -rows[lower]]),
        b_ub=np.concatenate([(high - fixed)[upper], (fixed - low)[lower]]),
        A_eq=rows[equal],
        b_eq=(low - fixed)[equal],
        bounds=np.column_stack([np.array(model.lows)[free], np.array(model.highs)[free]]),
        method="highs-ds",
        options={"primal_feasibility_tolerance": 1e-10},
    )
    if found.status == 0:
        held[free] = np.maximum(found.x, 0.0)
    return held
