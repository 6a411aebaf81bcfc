"""Faults of a plan that is played: every hop, station, node on the way and relay by itself."""

from __future__ import annotations

from collections.abc import Iterator

from protocols.planning.design.case import SpanOption
from protocols.planning.playing.layout import LaidHop, PlanLayout
from qnet.network import Fault

__all__ = ["ASSUMED_REPAIR_S", "plan_faults", "repairs_of", "share_of_time"]

#: Time to repair in s where only an availability is known; assumed.
ASSUMED_REPAIR_S = 12.0 * 3600.0


def share_of_time(repairs: tuple[float, float] | None) -> float:
    """Share of time in which a thing works, from its mean times between failures and to repair.

    Examples:
        >>> share_of_time((99.0, 1.0)), share_of_time(None)
        (0.99, 1.0)
    """
    if repairs is None:
        return 1.0
    return repairs[0] / (repairs[0] + repairs[1])


def repairs_of(
    availability: float, repairs: tuple[float, float] | None
) -> tuple[float, float] | None:
    """Mean times between failures and to repair in s; None of what never fails.

    Args:
        availability: Share of time in which it works.
        repairs: The times, where they are known.

    Examples:
        >>> repairs_of(0.9, None)
        (388800.0, 43200.0)
    """
    if repairs is not None:
        return repairs if repairs[1] > 0.0 else None
    if availability >= 1.0:
        return None
    if availability <= 0.0:
        return (1e-6 * ASSUMED_REPAIR_S, ASSUMED_REPAIR_S)
    return (round(availability / (1.0 - availability) * ASSUMED_REPAIR_S, 6), ASSUMED_REPAIR_S)


def plan_faults(layout: PlanLayout) -> tuple[Fault, ...]:
    """Faults of all that a plan's ways of key need, as its assessment counts them.

    Hops and stations on the way fail with their edge, nodes on the way as nodes. A site that relays
    fails as a relay alone, for the ends of a demand do not count; of several technologies there the
    one that fails most.

    Args:
        layout: The plan.
    """
    return (*_edges(layout), *_nodes(layout), *_relays(layout))


def _edges(layout: PlanLayout) -> Iterator[Fault]:
    place: dict[int, int] = {}
    for hop in layout.hops:
        if hop.option is None:
            continue
        option = layout.case.options[hop.option]
        number = place.get(hop.option, 0)
        place[hop.option] = number + 1
        yield from _of_edge(hop, option, number)


def _of_edge(hop: LaidHop, option: SpanOption, number: int) -> Iterator[Fault]:
    """The hops and stations that one edge of a span stands for."""
    hop_times = repairs_of(option.hop_availability, option.hop_repairs)
    node_times = repairs_of(option.node_availability, option.node_repairs)
    for count, times in ((option.hops, hop_times), (option.stations, node_times)):
        here, more = divmod(count, option.nodes + 1)
        if times is not None:
            for _ in range(here + (number < more)):
                yield Fault(edge=hop.ends, mtbf_s=times[0], mttr_s=times[1])


def _nodes(layout: PlanLayout) -> Iterator[Fault]:
    for number, names in layout.nodes_of.items():
        option = layout.case.options[number]
        times = repairs_of(option.node_availability, option.node_repairs)
        if option.nodes == 0 or times is None:
            continue
        for name in names[1:-1]:
            yield Fault(node=name, mtbf_s=times[0], mttr_s=times[1])


def _relays(layout: PlanLayout) -> Iterator[Fault]:
    for site, options in layout.used_at.items():
        here = [layout.case.options[k] for k in options]
        worst = min(here, key=lambda option: option.node_availability)
        times = repairs_of(worst.node_availability, worst.node_repairs)
        if times is not None:
            yield Fault(node=layout.sites[site], mtbf_s=times[0], mttr_s=times[1], relay_only=True)
