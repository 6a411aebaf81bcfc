"""Groups of edges of a key network that are solved one by one: demands tie them together."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from protocols.key_networks.case import KeyEdge, KeyNetworkCase, RoutedDemand
from qnet.errors import EngineError

__all__ = ["EdgeGroup", "check_plays", "groups_of"]


@dataclass(frozen=True, kw_only=True)
class EdgeGroup:
    """Edges that share no demand with others, and those who ask for their key.

    Args:
        edges: Numbers of the edges, in order.
        demands: Numbers of the demands; none of a part that nobody uses.
        case: The network.
    """

    edges: tuple[int, ...]
    demands: tuple[int, ...]
    case: KeyNetworkCase

    @property
    def described(self) -> list[KeyEdge]:
        """The edges."""
        return [self.case.edges[k] for k in self.edges]

    @property
    def asking(self) -> list[RoutedDemand]:
        """The demands with their routes."""
        return [self.case.demands[k] for k in self.demands]

    def ways(self, routed: RoutedDemand) -> tuple[tuple[int, ...], ...]:
        """Places in ``edges`` of the edges of each route of a demand."""
        place = {edge: k for k, edge in enumerate(self.edges)}
        return tuple(
            tuple(place[edge] for edge in self.case.edges_of(route)) for route in routed.routes
        )

    @property
    def needed(self) -> int:
        """How many routes must carry a share."""
        return self.case.relay.needed

    @property
    def are_alike(self) -> bool:
        """Whether all its stores fill at the same times, and lose the same: they are equal then."""
        first, *others = self.described
        same = all((e.fill, e.store) == (first.fill, first.store) for e in others)
        whole = all(set().union(*self.ways(d)) == set(range(len(self.edges))) for d in self.asking)
        by_chance = first.fill.kind == "poisson"
        return len(self.edges) == 1 or (same and whole and not by_chance)

    @property
    def capacities(self) -> list[float]:
        """Most bits that may be taken of each store: what is in reserve is not counted."""
        return [
            math.inf
            if edge.store.capacity_bits is None
            else float(edge.store.capacity_bits - edge.store.reserve_bits)
            for edge in self.described
        ]


def check_plays(case: KeyNetworkCase) -> None:
    """Raise unless the laws of a case can be known.

    Raises:
        EngineError: With the reason; ``sampled`` plays it.
    """
    reasons = {
        "faults": bool(case.faults),
        "attacks": bool(case.attacks),
        "edges that fill by a schedule": any(e.fill.kind == "schedule" for e in case.edges),
        "edges that share a device": any(e.fill.turn is not None for e in case.edges),
        "keys that age (time_to_live_s)": any(
            edge.store.time_to_live_s is not None for edge in case.edges
        ),
        'relay.metric = "load"': case.relay.metric == "load",
        "requests that give up (patience_s)": any(
            routed.demand.patience_s is not None for routed in case.demands
        ),
        'requests at regular times (arrivals = "regular", or an AES device)': any(
            not _is_random(routed) for routed in case.demands
        ),
    }
    found = [name for name, given in reasons.items() if given]
    if found:
        message = f'the exact engine plays no {", ".join(found)}: use engine = "sampled"'
        raise EngineError(message)


def _is_random(routed: RoutedDemand) -> bool:
    demand = routed.demand
    return demand.is_stream or (demand.device is None and demand.arrivals == "poisson")


def groups_of(case: KeyNetworkCase) -> Iterator[EdgeGroup]:
    """The parts of a case; demands that are never served tie nothing together."""
    group = list(range(len(case.edges)))
    used: dict[int, list[int]] = {}
    for number, routed in enumerate(case.demands):
        if is_never_served(case, routed):
            continue
        edges = sorted({edge for route in routed.routes for edge in case.edges_of(route)})
        used[number] = edges
        first = group[edges[0]]
        merged = {group[edge] for edge in edges}
        group = [first if name in merged else name for name in group]
    for name in dict.fromkeys(group):
        members = tuple(k for k, each in enumerate(group) if each == name)
        demands = tuple(number for number, edges in used.items() if edges[0] in members)
        yield EdgeGroup(edges=members, demands=demands, case=case)


def is_never_served(case: KeyNetworkCase, routed: RoutedDemand) -> bool:
    """Whether a demand is never served in the long run: too few routes with key on every edge."""
    good = [
        route
        for route in routed.routes
        if all(_may_give(case.edges[k], routed) for k in case.edges_of(route))
    ]
    return len(good) < case.relay.needed


def _may_give(edge: KeyEdge, routed: RoutedDemand) -> bool:
    """Whether a store makes key, and may hold enough for a request."""
    room = edge.store.capacity_bits
    need = 1 if routed.demand.is_stream else routed.demand.key_bits
    is_wide = room is None or room - edge.store.reserve_bits >= need
    return is_wide and edge.fill.rate_hz > 0.0
