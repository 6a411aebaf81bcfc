"""Cheapest plan of a case by integer programming, never dearer than heuristics, with its bound."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from protocols.planning.design.bill import sized_plan
from protocols.planning.design.case import PlanCase
from protocols.planning.design.cuts import strengthen
from protocols.planning.design.diagnosis import check_ways, why_infeasible
from protocols.planning.design.formulation import DesignProgramme
from protocols.planning.design.heuristics import Heuristics, RoutedDesign
from protocols.planning.design.model import SolvedProgramme
from protocols.planning.design.pareto import useful_options
from protocols.planning.design.plan import NetworkPlan, PlannedDemand
from protocols.planning.design.routing import demands_of_routes, demands_of_solution
from qnet.progress import ProgressCallback, opened, phase

__all__ = ["design"]

#: Shares of the time for the heuristics, and for a search among the lines that they use.
_HEURISTICS, _AMONG = 0.2, 0.25


def design(
    case: PlanCase,
    *,
    gap: float = 1e-6,
    time_limit_s: float = 110.0,
    progress: ProgressCallback | None = None,
) -> NetworkPlan:
    """The cheapest plan that serves all demands.

    Heuristics find a plan, a programme over the lines that they use a better one, and the programme
    over all lines the best or its bound. A required availability is met by disjoint ways beyond
    those that are asked for, and by better options, which is a heuristic.

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
        return _Search(case, gap, deadline, progress).found()


@dataclass(slots=True)
class _Search:
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

    def left_s(self, share: float = 1.0) -> float:
        """A share of the time that is left, in s."""
        return max(0.0, share * (self.deadline - time.monotonic()))

    def found(self) -> NetworkPlan:
        """The best plan, with the best bound."""
        case = self.case
        options = useful_options(case)
        phase(self.progress, "heuristics")
        programme = DesignProgramme(case, options)
        plans = self._by_heuristics(programme)
        phase(self.progress, "programme over all spans")
        solved, plan = self._solved(programme, plans)
        if plan is not None:
            plans.insert(0, plan)
        if not plans and solved.status == "infeasible":
            reason = why_infeasible(case, self.left_s)
            return NetworkPlan(case=case, status="infeasible", reason=reason)
        if not plans:
            reason = "the search stopped on time, before it had found any plan"
            return NetworkPlan(case=case, status="no plan", bound=solved.bound, reason=reason)
        best = min(plans, key=lambda each: each.objective or 0.0)
        return self._named(best, solved)
