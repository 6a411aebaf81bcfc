"""Variants of a plan: the same network with one requirement more or less, and its cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from protocols.planning.operation.assess import assess
from qnet.errors import ParameterError
from qnet.progress import ProgressCallback

if TYPE_CHECKING:
    from protocols.planning.scenario import PlanScenario

__all__ = ["PlanVariant", "plan_variants", "varied"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanVariant:
    """A plan with another requirement.

    Args:
        name: What is different, in a few words.
        status: Status of its plan.
        capital: Its cost; None without a plan.
        bound: No plan of it costs less.
        per_year: Yearly cost; None without a plan.
        nodes: Trusted nodes.
        pairs: Pairs of devices.
        trusted_nodes: Most trusted nodes of a demand.
        availability: Least availability of a demand.
        reason: Why there is no plan; empty otherwise.
    """

    name: str
    status: str
    capital: float | None = None
    bound: float | None = None
    per_year: float | None = None
    nodes: int | None = None
    pairs: int | None = None
    trusted_nodes: int | None = None
    availability: float | None = None
    reason: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The form that goes into JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


def varied(scenario: PlanScenario) -> Iterator[tuple[str, PlanScenario]]:
    """The scenario with one requirement more or less, or without one of its technologies.

    Args:
        scenario: The scenario.
    """
    require = scenario.require
    two = require.disjoint_paths == 2
    other = 1 if two else 2
    name = "one way for each key" if two else "two disjoint ways for each key"
    yield name, replace(scenario, require=replace(require, disjoint_paths=other))
    if two:
        by = "edges" if require.by == "nodes" else "nodes"
        yield f"ways disjoint by {by}", replace(scenario, require=replace(require, by=by))
    if require.maximum_trusted_nodes != "any":
        free = replace(require, maximum_trusted_nodes="any")
        yield "any number of trusted nodes", replace(scenario, require=free)
    if require.availability > 0.0:
        free = replace(require, availability=0.0)
        yield "without a required availability", replace(scenario, require=free)
    if len(scenario.technology) > 1:
        for each in scenario.technology:
            rest = tuple(one for one in scenario.technology if one is not each)
            yield f"without {each.name}", replace(scenario, technology=rest)


def plan_variants(
    scenario: PlanScenario,
    *,
    gap: float | None = None,
    time_limit_s: float | None = None,
    progress: ProgressCallback | None = None,
) -> tuple[PlanVariant, ...]:
    """The plan of each variant.

    Args:
        scenario: The scenario.
        gap: Relative gap of each search, unless as described.
        time_limit_s: Longest search of each, unless as described.
        progress: Called with the number of variants done and there are.

    Raises:
        ParameterError: If a rate of an option cannot be worked out.
    """
    all_of_them, found = list(varied(scenario)), []
    for number, (name, changed) in enumerate(all_of_them):
        found.append(_found(name, changed, gap, time_limit_s))
        if progress is not None:
            progress(number + 1, len(all_of_them))
    return tuple(found)


def _found(
    name: str, scenario: PlanScenario, gap: float | None, time_limit_s: float | None
) -> PlanVariant:
    try:
        plan = scenario.plan(gap=gap, time_limit_s=time_limit_s)
    except ParameterError as error:
        # A variant that has no way for a demand is an answer, not a mistake.
        return PlanVariant(name=name, status="infeasible", reason=str(error))
    if plan.objective is None:
        return PlanVariant(name=name, status=plan.status, bound=plan.bound, reason=plan.reason)
    found = assess(plan, scenario.money, scenario.staff, reroute=False)
    return PlanVariant(
        name=name,
        status=plan.status,
        capital=found.totals.capital,
        bound=plan.bound,
        per_year=found.totals.per_year,
        nodes=found.totals.nodes,
        pairs=found.totals.pairs,
        trusted_nodes=max((each.trusted_nodes for each in found.demands), default=0),
        availability=min((each.availability for each in found.demands), default=1.0),
    )
