"""Bill of a plan: devices, satellites and relays that its ways of key need, and their cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from protocols.planning.design.case import PlanCase
from protocols.planning.design.flows import pairs_for
from protocols.planning.design.plan import BuiltOption, NetworkPlan, PlannedDemand

__all__ = ["capital", "loads_of", "relay_cost", "relays_of", "sized_plan", "trusted_of"]


def loads_of(case: PlanCase, demands: Iterable[PlannedDemand]) -> dict[int, float]:
    """Secret bits per second over each option that is used, by its number.

    Args:
        case: The case.
        demands: The demands with their ways.
    """
    loads: dict[int, float] = {}
    for demand in demands:
        for part in demand.parts:
            for way in part.options:
                for option in way:
                    loads[option] = loads.get(option, 0.0) + part.key_rate_hz
    return dict(sorted(loads.items()))


def relays_of(demands: Iterable[PlannedDemand]) -> tuple[int, ...]:
    """Numbers of the sites that pass on keys of demands whose end they are not, ascending.

    Args:
        demands: The demands with their ways.
    """
    return tuple(
        sorted(
            {site for d in demands for part in d.parts for way in part.ways for site in way[1:-1]}
        )
    )


def trusted_of(case: PlanCase, demand: PlannedDemand) -> int:
    """Trusted nodes of a demand: sites that relay its key, and nodes of the spans on its ways.

    Each is counted once.

    Args:
        case: The case.
        demand: The demand with its ways.
    """
    sites = {site for part in demand.parts for way in part.ways for site in way[1:-1]}
    options = {option for part in demand.parts for way in part.options for option in way}
    return len(sites) + sum(case.options[option].nodes for option in options)


def relay_cost(case: PlanCase, site: int, built: Iterable[int]) -> float:
    """Cost of a site that relays: that of the dearest technology that is built there.

    A constellation that relays pays by its satellites.

    Args:
        case: The case.
        site: Number of the site.
        built: Numbers of the options that are built.
    """
    if case.sites[site].source is not None:
        return 0.0
    here = (case.options[k] for k in built)
    return max((each.relay_cost for each in here if site in each.ends), default=0.0)


def capital(
    case: PlanCase,
    built: Sequence[BuiltOption],
    relays: Sequence[int],
    units: Sequence[int],
) -> float:
    """The cost of all that is built.

    Args:
        case: The case.
        built: Options with their pairs of devices.
        relays: Numbers of the sites that relay.
        units: Units of each shared source.
    """
    options = [(case.options[each.option], each.pairs) for each in built]
    equipment = {number for option, _ in options for number in option.equipment}
    return (
        sum(option.fixed_cost + option.pair_cost * pairs for option, pairs in options)
        + sum(case.equipment[number].cost for number in sorted(equipment))
        + sum(each.unit_cost * n for each, n in zip(case.sources, units, strict=True))
        + sum(relay_cost(case, site, [each.option for each in built]) for site in relays)
    )


def sized_plan(
    case: PlanCase,
    demands: Sequence[PlannedDemand],
    *,
    status: str,
    found_by: str,
    bound: float | None = None,
) -> NetworkPlan:
    """The plan that serves demands over given ways with as few devices as carry them.

    Args:
        case: The case.
        demands: The demands in order, each way naming the options that it goes over.
        status: Status of the plan.
        found_by: What found it.
        bound: No plan costs less.
    """
    loads = loads_of(case, demands)
    times = [0.0] * len(case.sources)
    built = []
    for option, load in loads.items():
        table = case.options[option]
        built.append(BuiltOption(option=option, pairs=pairs_for(load, table.rate_hz.best)))
        if table.source is not None:
            times[table.source] += load / table.rate_hz.best
    units = tuple(pairs_for(time, 1.0) if time > 0.0 else 0 for time in times)
    relays = relays_of(demands)
    return NetworkPlan(
        case=case,
        status=status,
        objective=capital(case, built, relays, units),
        bound=bound,
        built=tuple(built),
        relays=relays,
        units=units,
        demands=tuple(demands),
        found_by=found_by,
    )
