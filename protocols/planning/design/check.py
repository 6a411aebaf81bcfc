"""Independent check of a plan: flows, capacities, disjoint ways, requirements and cost."""

from __future__ import annotations

import math
from collections import Counter
from itertools import combinations, pairwise

from protocols.planning.design.case import PlanCase
from protocols.planning.design.plan import NetworkPlan, PlannedDemand, WaysOfKey

__all__ = ["check_plan"]

#: Relative slack of loads and sums.
_SLACK = 1e-9


def check_plan(plan: NetworkPlan) -> tuple[str, ...]:
    """What is wrong with a plan, a sentence each; nothing if it holds what it says.

    All is computed anew from the ways of key and what is built.

    Args:
        plan: The plan; one without an objective promises nothing.
    """
    if plan.objective is None:
        return ()
    found = [*_built(plan), *_loads(plan)]
    if [each.demand for each in plan.demands] != list(range(len(plan.case.demands))):
        found.append("the demands are not those of the case, in order")
    for demand in plan.demands:
        found += _demand(plan, demand)
    relays = {s for d in plan.demands for p in d.parts for way in p.ways for s in way[1:-1]}
    if tuple(sorted(relays)) != tuple(plan.relays):
        found.append(f"sites {sorted(relays)} relay, and {list(plan.relays)} are paid for")
    cost = _cost(plan)
    if not math.isclose(cost, plan.objective, rel_tol=_SLACK, abs_tol=_SLACK):
        found.append(f"what is built costs {cost}, not {plan.objective}")
    if plan.bound is not None and plan.bound > plan.objective * (1.0 + 1e-6) + 1e-9:
        found.append(f"the bound {plan.bound} is above the cost {plan.objective}")
    return tuple(found)


def _built(plan: NetworkPlan) -> list[str]:
    """Devices, units and options against what the case allows."""
    case, found = plan.case, []
    lines = Counter(
        (case.options[b.option].span, case.options[b.option].technology) for b in plan.built
    )
    found += [f"{n} options of span {line} are built" for line, n in lines.items() if n > 1]
    for each in plan.built:
        most = case.options[each.option].most_pairs
        if each.pairs < 1 or (most is not None and each.pairs > most):
            found.append(
                f"option {each.option} has {each.pairs} pairs of devices of at most {most}"
            )
    for source, units in zip(case.sources, plan.units, strict=True):
        if not 0 <= units <= source.most_units:
            found.append(f"{source.name} has {units} units of at most {source.most_units}")
    return found


def _loads(plan: NetworkPlan) -> list[str]:
    """Loads against what devices and units carry."""
    case, found = plan.case, []
    loads: Counter[int] = Counter()
    for part in (part for demand in plan.demands for part in demand.parts):
        for option in (option for way in part.options for option in way):
            loads[option] += part.key_rate_hz  # type: ignore[assignment]
    pairs = {each.option: each.pairs for each in plan.built}
    times = [0.0] * len(case.sources)
    for option, load in loads.items():
        table = case.options[option]
        carries = pairs.get(option, 0) * table.rate_hz.best
        if load > carries * (1.0 + _SLACK):
            found.append(f"option {option} carries {carries} bit/s, and {load} go over it")
        if table.source is not None:
            times[table.source] += load / table.rate_hz.best
    for source, units, time in zip(case.sources, plan.units, times, strict=True):
        if time > units * (1.0 + _SLACK):
            found.append(f"{source.name} has {units} units, and {time} are used")
    return found


def _demand(plan: NetworkPlan, planned: PlannedDemand) -> list[str]:
    """A demand's ways against what is required."""
    case, require = plan.case, plan.case.require
    demand = case.demands[planned.demand]
    name = "-".join(case.sites[end].name for end in demand.ends)
    found = [
        f"{name}: {sentence}" for part in planned.parts for sentence in _part(case, planned, part)
    ]
    total = math.fsum(part.key_rate_hz for part in planned.parts)
    if not math.isclose(total, demand.key_rate_hz, rel_tol=_SLACK):
        found.append(f"{name}: parts of {total} bit/s for {demand.key_rate_hz}")
    if not require.splittable and len(planned.parts) != 1:
        found.append(f"{name}: {len(planned.parts)} parts of a key that may not be split")
    sites = {s for part in planned.parts for way in part.ways for s in way[1:-1]}
    options = {o for part in planned.parts for way in part.options for o in way}
    trusted = len(sites) + sum(case.options[o].nodes for o in options)
    most = require.maximum_trusted_nodes
    if most is not None and trusted > most:
        found.append(f"{name}: {trusted} trusted nodes of at most {most}")
    return found


def _part(case: PlanCase, planned: PlannedDemand, part: WaysOfKey) -> list[str]:
    """Ways of a part: from end to end, over sites that relay, disjoint."""
    found = []
    ends = set(case.demands[planned.demand].ends)
    if part.key_rate_hz <= 0.0:
        found.append("a part of nothing")
    wanted = max(case.require.disjoint_paths, case.demands[planned.demand].disjoint_paths)
    if len(part.ways) < wanted or len(part.ways) != len(part.options):
        found.append(f"{len(part.ways)} ways of {wanted}")
    for sites, options in zip(part.ways, part.options, strict=False):
        joined = [set(case.options[o].ends) for o in options]
        steps = [set(pair) for pair in pairwise(sites)]
        if {sites[0], sites[-1]} != ends or joined != steps or len(set(sites)) != len(sites):
            found.append(f"way {sites} over options {options} does not join its ends")
        if not all(case.sites[s].relays for s in sites[1:-1]):
            found.append(f"way {sites} passes a site that does not relay")
    for one, two in combinations(range(len(part.ways)), 2):
        spans = [{case.options[o].span for o in part.options[k]} for k in (one, two)]
        inner = [set(part.ways[k][1:-1]) for k in (one, two)]
        if spans[0] & spans[1] or (case.require.by == "nodes" and inner[0] & inner[1]):
            found.append(f"ways {part.ways[one]} and {part.ways[two]} are not disjoint")
    return found


def _cost(plan: NetworkPlan) -> float:
    """What all that is built costs."""
    case = plan.case
    built = [(case.options[each.option], each.pairs) for each in plan.built]
    cost = math.fsum(option.fixed_cost + pairs * option.pair_cost for option, pairs in built)
    wanted = {number for option, _ in built for number in option.equipment}
    cost += math.fsum(case.equipment[number].cost for number in wanted)
    cost += math.fsum(s.unit_cost * n for s, n in zip(case.sources, plan.units, strict=True))
    for site in plan.relays:
        if case.sites[site].source is None:
            cost += max((o.relay_cost for o, _ in built if site in o.ends), default=0.0)
    return cost
