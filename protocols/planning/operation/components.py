"""Components of a plan: which things a way of key needs, and how often they work.

A way needs each span on it, with all hops and the nodes on the way, and each site that relays on
it; the ends of the demand do not count. Things that ways share are counted once. A demand gets the
share of its promised key that flows in the long run: of each part of its key, the probability that
at least one of the part's ways is up.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

from protocols.planning.design.case import PlanCase, SpanOption
from protocols.planning.design.plan import NetworkPlan, WaysOfKey
from protocols.planning.operation.reliability import (
    MOST_STATES,
    FailingEdge,
    Reliability,
    some_way_up,
    two_terminal_reliability,
)

__all__ = [
    "component_availability",
    "connection_probability",
    "needs_of_way",
    "option_availability",
    "parts_availability",
    "relay_availability",
]


def option_availability(option: SpanOption) -> float:
    """Share of time in which all hops of a span, and all nodes and stations on its way, work.

    Args:
        option: The span as it is built.
    """
    on_the_way = option.nodes + option.stations
    return float(option.hop_availability**option.hops * option.node_availability**on_the_way)


def needs_of_way(sites: Sequence[int], options: Sequence[int]) -> frozenset[Hashable]:
    """What a way needs: its spans as ``("option", k)``, its relaying sites as ``("site", k)``.

    Args:
        sites: Sites of the way, from end to end.
        options: Its options, one fewer.

    Examples:
        >>> sorted(needs_of_way((0, 1, 2), (5, 6)))
        [('option', 5), ('option', 6), ('site', 1)]
    """
    spans = {("option", option) for option in options}
    return frozenset(spans | {("site", site) for site in sites[1:-1]})


def relay_availability(case: PlanCase, site: int, options: Iterable[int]) -> float:
    """Share of time in which a site that relays works: the least that its technologies say.

    Args:
        case: What the plan is made from.
        site: Number of the site.
        options: Numbers of options that are used; those that do not end there do not count.
    """
    here = [case.options[k] for k in options if site in case.options[k].ends]
    return min((option.node_availability for option in here), default=1.0)


def component_availability(case: PlanCase, options: Iterable[int]) -> dict[Hashable, float]:
    """Availability of each option that is used, and of each site at which one of them ends.

    Args:
        case: What the plan is made from.
        options: Numbers of the options that are used.
    """
    used = tuple(dict.fromkeys(options))
    found: dict[Hashable, float] = {
        ("option", k): option_availability(case.options[k]) for k in used
    }
    for site in {end for k in used for end in case.options[k].ends}:
        found["site", site] = relay_availability(case, site, used)
    return found


def parts_availability(case: PlanCase, parts: Sequence[WaysOfKey]) -> float:
    """Share of a demand's key that flows in the long run over these ways; 0 without any.

    Args:
        case: What the plan is made from.
        parts: Parts of its key with their ways.
    """
    total = sum(part.key_rate_hz for part in parts)
    if total <= 0.0:
        return 0.0
    used = [k for part in parts for options in part.options for k in options]
    up = component_availability(case, used)
    flows = 0.0
    for part in parts:
        ways = [
            needs_of_way(way, options) for way, options in zip(part.ways, part.options, strict=True)
        ]
        flows += part.key_rate_hz * some_way_up(ways, up)
    return min(flows / total, 1.0)


def connection_probability(
    plan: NetworkPlan, ends: tuple[int, int], *, most_states: int = MOST_STATES
) -> Reliability:
    """Probability that two sites are joined by what is built and works, however key is rerouted.

    Only sites that relay in the plan do, for these are trusted and paid; the two ends count as up.
    Options of one span share a cable, and count as failing together: the span is up as often as the
    best of them.

    Args:
        plan: The plan.
        ends: Numbers of the two sites.
        most_states: Most partial states; beyond it the answer is a bracket.
    """
    case, built = plan.case, [each.option for each in plan.built if each.pairs > 0]
    best: dict[int, FailingEdge] = {}
    for k in built:
        option = case.options[k]
        if not all(site in ends or site in plan.relays for site in option.ends):
            continue
        up = option_availability(option)
        if option.span not in best or up > best[option.span].availability:
            best[option.span] = FailingEdge(ends=option.ends, availability=up)
    nodes: dict[Hashable, float] = {
        site: relay_availability(case, site, built) for site in plan.relays if site not in ends
    }
    return two_terminal_reliability(
        list(best.values()), ends[0], ends[1], nodes=nodes, most_states=most_states
    )
