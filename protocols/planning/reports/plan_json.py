"""JSON of a plan: what is built, who is served over which ways, what it costs, warnings."""

from __future__ import annotations

import math
from typing import Any

from protocols.planning.design.bill import loads_of, trusted_of
from protocols.planning.design.plan import NetworkPlan, PlannedDemand
from protocols.planning.operation.assess import AssessedDemand, PlanAssessment

__all__ = ["plan_as_dict", "promised_interval"]


def plan_as_dict(plan: NetworkPlan, assessment: PlanAssessment) -> dict[str, Any]:
    """A plan as JSON types; of one that is infeasible, its reason, and nothing that is built.

    Args:
        plan: The plan.
        assessment: What follows from it in operation.
    """
    totals = assessment.totals
    return {
        "status": plan.status,
        "objective": plan.objective,
        "bound": _finite(plan.bound),
        "gap": _finite(plan.gap),
        "reason": plan.reason,
        "found_by": plan.found_by,
        "edges": _edges(plan),
        "sites": _sites(plan),
        "demands": [
            _demand(plan, planned, assessed)
            for planned, assessed in zip(plan.demands, assessment.demands, strict=True)
        ],
        "units": [
            {"name": source.name, "technology": source.technology, "units": units}
            for source, units in zip(plan.case.sources, plan.units, strict=False)
        ],
        "totals": {
            "capital": totals.capital,
            "per_year": totals.per_year,
            "nodes": totals.nodes,
            "pairs": totals.pairs,
            "length_km": totals.length_km,
            "staff": totals.staff,
        },
        "warnings": list(dict.fromkeys([*plan.warnings, *assessment.warnings])),
    }


def _edges(plan: NetworkPlan) -> list[dict[str, Any]]:
    case, loads, found = plan.case, loads_of(plan.case, plan.demands), []
    for built in plan.built:
        option = case.options[built.option]
        found.append(
            {
                "ends": [case.sites[end].name for end in option.ends],
                "technology": option.technology,
                "length_km": option.length_km,
                "hops": option.hops,
                "nodes": option.nodes,
                "stations": option.stations,
                "pairs": built.pairs,
                "key_rate_hz": built.pairs * option.rate_hz.best,
                "key_rate_low_hz": built.pairs * option.rate_hz.low,
                "key_rate_high_hz": _finite(built.pairs * option.rate_hz.high),
                "load_hz": loads.get(built.option, 0.0),
                "cost": option.fixed_cost + built.pairs * option.pair_cost,
                "security": option.security.as_dict(),
                "notes": list(option.notes),
            }
        )
    return found


def _sites(plan: NetworkPlan) -> list[dict[str, Any]]:
    joined = {end for built in plan.built for end in plan.case.options[built.option].ends}
    return [
        {
            "name": site.name,
            "trusted": number in plan.relays,
            "joined": number in joined,
            "latitude": site.latitude,
            "longitude": site.longitude,
        }
        for number, site in enumerate(plan.case.sites)
    ]


def _demand(plan: NetworkPlan, planned: PlannedDemand, assessed: AssessedDemand) -> dict[str, Any]:
    names = [site.name for site in plan.case.sites]
    routes = [[names[site] for site in way] for part in planned.parts for way in part.ways]
    low, high = promised_interval(plan, planned)
    return {
        "ends": list(assessed.ends),
        "routes": [list(route) for route in dict.fromkeys(map(tuple, routes))],
        "key_rate_hz": assessed.key_rate_hz,
        "key_rate_low_hz": low,
        "key_rate_high_hz": high,
        "trusted_nodes": trusted_of(plan.case, planned),
        "trusted_sites": list(assessed.trusted_sites),
        "availability": assessed.availability,
        "downtime_min_per_year": assessed.downtime_min_per_year,
        "cost_per_bit": _finite(assessed.cost_per_bit),
        "cost_per_key": _finite(assessed.cost_per_key),
        "per_year": assessed.per_year,
        "parts": [
            {
                "key_rate_hz": part.key_rate_hz,
                "routes": [[names[site] for site in way] for way in part.ways],
            }
            for part in planned.parts
        ],
    }


def promised_interval(plan: NetworkPlan, planned: PlannedDemand) -> tuple[float, float]:
    """Key rate of a demand if all rates are at the low ends of their intervals, and as planned.

    Each edge then carries so much less of all that goes over it; of disjoint ways the better one
    counts. At the high ends the demand still gets what it asked for.

    Args:
        plan: The plan.
        planned: The demand.
    """
    loads = loads_of(plan.case, plan.demands)
    carried: dict[int, float] = {}
    for built in plan.built:
        load = loads.get(built.option, 0.0)
        low = built.pairs * plan.case.options[built.option].rate_hz.low
        carried[built.option] = min(1.0, low / load) if load > 0.0 else 1.0
    total = 0.0
    for part in planned.parts:
        share = max(min(carried[k] for k in options) for options in part.options)
        total += share * part.key_rate_hz
    return total, plan.case.demands[planned.demand].key_rate_hz


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
