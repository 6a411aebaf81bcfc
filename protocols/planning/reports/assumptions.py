"""Assumptions of a plan about costs and failures: what its file leaves out, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from protocols.planning.operation.money import MoneyTable
from protocols.planning.technologies.costs import COST_UNIT, default_cost

if TYPE_CHECKING:
    from protocols.planning.scenario import PlanScenario
    from protocols.planning.technologies.tables import TechnologyTable

__all__ = ["assumptions", "cost_unit"]


def cost_unit(scenario: PlanScenario) -> str:
    """The unit of all costs: as [money] says, or that of a cost which was assumed.

    Args:
        scenario: What was planned.
    """
    given = scenario.money.currency
    has_assumed = any(cost > 0.0 for each in scenario.technology for _, cost in _assumed(each))
    return COST_UNIT if has_assumed and given == MoneyTable().currency else given


def assumptions(scenario: PlanScenario) -> Iterator[str]:
    """What was assumed of each technology, one sentence each.

    Args:
        scenario: What was planned.
    """
    known = {each.name: _assumed(each) for each in scenario.technology}
    costs = [
        f"{', '.join(f'{name} {cost:g}' for name, cost in assumed)} of {technology}"
        for technology, assumed in known.items()
        if assumed
    ]
    if costs:
        has_unit = any(cost > 0.0 for assumed in known.values() for _, cost in assumed)
        unit = f", in {cost_unit(scenario)}" if has_unit else ""
        yield f"costs that the file leaves out are assumed{unit}: {'; '.join(costs)}"
    never = [
        f"{what} of {', '.join(names)} ({key})"
        for what, key in (("hops", "availability"), ("nodes", "node_availability"))
        if (names := [each.name for each in scenario.technology if getattr(each, key) is None])
    ]
    if never:
        yield f"what the file gives no availability never fails here: {' and '.join(never)}"


def _assumed(technology: TechnologyTable) -> list[tuple[str, float]]:
    """Keys of the costs that nobody gave, and what was taken."""
    names = technology.costs.assumed
    return [(name, default_cost(technology.kind, name) or 0.0) for name in names]
