"""Cheapest plan of a case by integer programming, never dearer than heuristics, with its bound."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from protocols.planning.design.bill import sized_plan
from protocols.planning.design.case import PlanCase
from protocols.planning.design.check import check_plan
from protocols.planning.design.cut_sets import CutBound, bound_of_cuts
from protocols.planning.design.cuts import strengthen
from protocols.planning.design.diagnosis import (
    check_ways,
    demand_name,
    usable,
    why_infeasible,
    why_no_way,
)
from protocols.planning.design.flows import commodities, free_flow, ways_of
from protocols.planning.design.formulation import DesignProgramme
from protocols.planning.design.heuristics import Heuristics, RoutedDesign
from protocols.planning.design.lagrangian import lagrangian_bound
from protocols.planning.design.lines import SteppedLine, span_lines
from protocols.planning.design.plan import NetworkPlan
from protocols.planning.design.routing import demands_of_routes, demands_of_solution
from protocols.planning.operation.components import parts_availability
from qnet.progress import ProgressCallback, opened, phase

__all__ = ["design"]

#: Shares of the time that is left for the heuristics, for the bound of cuts (more where key flows
#: freely and the programme is small), for a search from what the cuts build, for the Lagrangian
#: bound, and for the rows that strengthen the programme.
_HEURISTICS, _CUTS, _FREE_CUTS = 0.2, 0.6, 0.85
_NEAR, _PRICES, _ROOT = 0.5, 0.95, 0.4

#: Most demands times lines for which each demand flows by itself in the programme; and lines that
#: are few.
_APART, _FEW_LINES = 8000, 12

#: Time that is too short to begin a large programme, in s.
_LATE_S = 8.0

#: Most rounds of further ways for a required availability.
_MOST_WAYS = 4

#: Relative gap up to which a plan is called optimal.
_OPTIMAL = 1e-6


def design(
    case: PlanCase,
    *,
    gap: float = 1e-6,
    time_limit_s: float = 110.0,
    progress: ProgressCallback | None = None,
) -> NetworkPlan:
    """The cheapest plan that serves all demands.

    Heuristics find a plan, cuts a bound and what may be built, and the programme over all lines the
    best plan or a better bound. A required availability is met by disjoint ways beyond those
    that are asked for, which is a heuristic.

    Args:
        case: Sites, options of spans, demands and requirements.
        gap: Relative gap at which the search may stop.
        time_limit_s: Time after which it stops, in s.
        progress: Called between the phases of the search.

    Raises:
        ParameterError: If a demand has no way at all.
    """
    check_ways(case)
    deadline = time.monotonic() + time_limit_s
    with opened(progress):
        plan = _DesignSearch(case, gap, deadline, progress).found()
        if case.require.availability > 0.0 and plan.objective is not None:
            return _more_available(plan, gap, deadline, progress)
        return plan


def _more_available(
    plan: NetworkPlan, gap: float, deadline: float, progress: ProgressCallback | None
) -> NetworkPlan:
    """The plan with further disjoint ways of the demands that are available too rarely."""
    case, wanted = plan.case, plan.case.require.availability
    warning = "the required availability is met by further disjoint ways, one by one: a heuristic"
    bound, ways = plan.bound, case
    for _ in range(_MOST_WAYS):
        reached = [parts_availability(ways, each.parts) for each in plan.demands]
        short = [d for d, share in enumerate(reached) if share < wanted]
        if not short:
            break
        demands = list(ways.demands)
        for d in short:
            demands[d] = replace(demands[d], disjoint_paths=ways_of(ways, d) + 1)
        ways = replace(ways, demands=tuple(demands))
        stuck = why_no_way(ways)
        names = ", ".join(
            f"{demand_name(case, case.demands[d])} {reached[d]:.6g}" for d in short[:3]
        )
        if stuck or time.monotonic() > deadline:
            why = stuck or "the search stopped on time"
            reason = f"availability {wanted:g} is not reached by {names}: {why}"
            return NetworkPlan(
                case=case, status="infeasible" if stuck else "no plan", reason=reason
            )
        plan = _DesignSearch(ways, gap, deadline, progress).found()
        if plan.objective is None:
            reason = f"availability {wanted:g} is not reached by {names}: {plan.reason}"
            return replace(plan, case=case, reason=reason)
    # What was proven of the case without further ways is all that is known of the case.
    status = plan.status if ways is case else "heuristic"
    plan = replace(plan, case=case, bound=bound, warnings=(*plan.warnings, warning))
    return replace(plan, status=_word(plan.gap, gap, status))


@dataclass
class _DesignSearch:
    """Search for the plan of a case.

    Args:
        case: The case.
        gap: Relative gap at which it may stop.
        deadline: Time of the monotonic clock at which it stops.
        progress: Called between its phases.
    """

    case: PlanCase
    gap: float
    deadline: float
    progress: ProgressCallback | None

    @cached_property
    def options(self) -> tuple[int, ...]:
        """Numbers of the options that may be built."""
        return usable(self.case)

    @cached_property
    def lines(self) -> tuple[SteppedLine, ...]:
        """The lines that these options make."""
        most_hz = sum(demand.key_rate_hz for demand in self.case.demands)
        return span_lines(self.case, self.options, most_hz)

    @cached_property
    def large(self) -> bool:
        """Whether the programme is too large for each demand to flow by itself."""
        case = self.case
        lines = {(case.options[k].span, case.options[k].technology) for k in self.options}
        return len(case.demands) * len(lines) > _APART

    def left_s(self, share: float = 1.0) -> float:
        """A share of the time that is left, in s."""
        return max(0.0, share * (self.deadline - time.monotonic()))

    def found(self) -> NetworkPlan:
        """The best plan, with the best bound."""
        case = self.case
        reason = why_no_way(case)
        if reason:
            return NetworkPlan(case=case, status="infeasible", reason=reason)
        phase(self.progress, "heuristics", "designs")
        plans = self._by_heuristics()
        phase(self.progress, "programme over all spans", "plans")
        cuts, status = self._bound_of_cuts(plans), "time limit"
        best, bound = _least(plans), cuts.bound
        if not self._reached(best, bound):
            bound = self._bound_of_prices(best, bound)
        late = bound is not None and self.left_s() < _LATE_S and self.large
        if not late and not self._reached(best, bound):
            programme = self._programme()
            for row in cuts.rows:
                programme.model.row(row, low=1.0)
            relaxed = strengthen(programme, time.monotonic() + self.left_s(_ROOT))
            if relaxed is not None:
                bound = max(bound or 0.0, relaxed.objective)
            status, bound = self._solve(programme, plans, bound)
        if not plans and status == "infeasible":
            reason = why_infeasible(case, self.left_s)
            return NetworkPlan(case=case, status="infeasible", reason=reason)
        if not plans:
            reason = "the search stopped on time, before it had found any plan"
            return NetworkPlan(case=case, status="no plan", bound=bound, reason=reason)
        return self._named(plans, bound)

    def _reached(self, best: float | None, bound: float | None) -> bool:
        """Whether the gap is small enough."""
        return best is not None and bound is not None and best - bound <= self.gap * abs(best)

    def _bound_of_cuts(self, plans: list[NetworkPlan]) -> CutBound:
        """The bound of cuts where lines are many; a plan near what they build is added."""
        case = self.case
        if len(self.lines) <= _FEW_LINES:
            return CutBound()
        free = free_flow(case) and not self.large
        deadline = time.monotonic() + self.left_s(_FREE_CUTS if free else _CUTS)
        best = _least(plans)
        cuts = bound_of_cuts(case, self.options, upper=best, gap=self.gap, deadline=deadline)
        if cuts.built and not self._reached(best, cuts.bound):
            heuristics = Heuristics(case, self.lines, time.monotonic() + self.left_s(_NEAR))
            near = heuristics.improved(cuts.built)
            plans += [] if near is None else self._sized([near])
        return cuts

    def _bound_of_prices(self, best: float | None, bound: float | None) -> float | None:
        """The Lagrangian bound too, where the programme is too large."""
        if best is None or not self.large:
            return bound
        deadline = time.monotonic() + self.left_s(_PRICES)
        found = lagrangian_bound(self.case, self.options, best, gap=self.gap, deadline=deadline)
        return found if bound is None else max(bound, found or 0.0)

    def _programme(self) -> DesignProgramme:
        """The programme over all lines, with each demand by itself where that is not too large."""
        flows = commodities(self.case, apart=not self.large)
        return DesignProgramme(self.case, self.options, flows)

    def _by_heuristics(self) -> list[NetworkPlan]:
        """Plans of the heuristics."""
        deadline = time.monotonic() + self.left_s(_HEURISTICS)
        heuristics = Heuristics(self.case, self.lines, deadline)
        found: list[RoutedDesign] = [
            each
            for each in (
                heuristics.spanning_tree(),
                heuristics.shortest_paths(),
                heuristics.greedy_removal(),
            )
            if each is not None and each.cost < float("inf")
        ]
        local = heuristics.local_search(found)
        if local is not None:
            found.append(local)
        return self._sized(found)

    def _sized(self, found: Sequence[RoutedDesign]) -> list[NetworkPlan]:
        """Plans of designs, those that the check finds nothing wrong with."""
        case = self.case
        plans = [
            sized_plan(
                case,
                demands_of_routes(case, self.lines, each),
                status="time limit",
                found_by=each.name,
            )
            for each in found
            if each.cost < float("inf")
        ]
        return [plan for plan in plans if not check_plan(plan)]

    def _solve(
        self, programme: DesignProgramme, plans: list[NetworkPlan], bound: float | None
    ) -> tuple[str, float | None]:
        """Solve a programme, add its plan to the front, and give its status and bound."""
        solved = programme.model.solved(gap=self.gap, time_limit_s=self.left_s())
        if solved.bound is not None:
            bound = solved.bound if bound is None else max(bound, solved.bound)
        if solved.values is not None:
            demands = demands_of_solution(programme, solved.values)
            plan = sized_plan(self.case, demands, status="time limit", found_by="programme")
            if not check_plan(plan):
                plans.insert(0, plan)
        return solved.status, bound

    def _named(self, plans: Sequence[NetworkPlan], bound: float | None) -> NetworkPlan:
        """The first of the cheapest plans, with the bound and the word for its gap."""
        least = min(plan.objective or 0.0 for plan in plans)
        best = next(p for p in plans if (p.objective or 0.0) <= least + 1e-9 * abs(least))
        if bound is not None:
            bound = min(_next_cost(self.case, bound), best.objective or 0.0)
        best = replace(best, bound=bound)
        return replace(best, status=_word(best.gap, self.gap))


def _least(plans: Sequence[NetworkPlan]) -> float | None:
    """The least cost of plans; None without any."""
    return min((each.objective or 0.0 for each in plans), default=None)


def _next_cost(case: PlanCase, bound: float) -> float:
    """The least cost from a bound on that a plan can have where all costs are whole numbers."""
    costs = [each.cost for each in case.equipment] + [each.unit_cost for each in case.sources]
    for option in case.options:
        costs += [option.fixed_cost, option.pair_cost, option.relay_cost]
    step = math.gcd(*(int(cost) for cost in costs)) if all(c == int(c) for c in costs) else 0
    return float(math.ceil(bound / step - 1e-6) * step) if step else bound


def _word(gap: float | None, asked: float, otherwise: str = "time limit") -> str:
    """The status of a plan with this gap."""
    if gap is None or gap > asked:
        return otherwise
    return "optimal" if gap <= _OPTIMAL else "within gap"
