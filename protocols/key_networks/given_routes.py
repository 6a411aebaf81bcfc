"""Routes that demands give themselves: whether a network has them, and which of them are open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from itertools import pairwise

from protocols.key_networks.tables import RelayTable
from protocols.networks.check_names import check_known, refuse

__all__ = ["GivenRoutes", "check_given_routes", "open_routes"]

#: Routes of a demand, as the names of their nodes.
GivenRoutes = tuple[tuple[str, ...], ...]


def check_given_routes(
    place: str,
    routes: GivenRoutes,
    *,
    names: Sequence[str],
    spans: Collection[frozenset[str]],
    trusted: Collection[str],
    relay: RelayTable,
) -> None:
    """Raise unless the keys of a demand can take the routes that it gives.

    Where several shares are needed to give a key back, no relay may see two of them; where one is
    enough, the routes share no edge. Candidates, of which the metric ``load`` takes the fullest,
    may share what they like.

    Args:
        place: Where the demand stands.
        routes: What it gives.
        names: Names of all nodes.
        spans: Ends of all edges.
        trusted: Names of the nodes that relay.
        relay: How keys get over trusted nodes.

    Raises:
        ParameterError: With the route, the rule and a hint.
    """
    for k, route in enumerate(routes):
        field = f"{place}.routes[{k}]"
        for name in route:
            check_known(field, name, names)
        for pair in pairwise(route):
            if frozenset(pair) not in spans:
                hint = "add it to topology.edges, or take another way"
                refuse(place, f"routes[{k}]", f"have an edge {' - '.join(pair)}", [*route], hint)
        for name in route[1:-1]:
            if name not in trusted:
                hint = "a node with trusted = false relays no key"
                refuse(place, f"routes[{k}]", f"not pass over {name}", [*route], hint)
    if relay.metric != "load":
        _check_number(place, routes, relay)
        _check_disjoint(place, routes, relay.needed)


def _check_number(place: str, routes: GivenRoutes, relay: RelayTable) -> None:
    """Raise where there are other numbers of routes than [relay] has."""
    if relay.needed <= len(routes) <= relay.routes:
        return
    least = f"{relay.needed} to {relay.routes}" if relay.needed < relay.routes else relay.routes
    hint = "each carries a share: write relay.routes, and shares_needed of them that are enough"
    rule = f"be {least} route{'s' if relay.routes > 1 else ''}, as relay.routes says"
    refuse(place, "routes", rule, [list(route) for route in routes], hint)


def _check_disjoint(place: str, routes: GivenRoutes, needed: int) -> None:
    """Raise where two routes share an edge, or a relay if it may not see two shares."""
    edges = Counter(frozenset(pair) for route in routes for pair in pairwise(route))
    relays = Counter(node for route in routes for node in route[1:-1])
    given = [list(route) for route in routes]
    for edge, count in edges.items():
        if count > 1:
            joined = " - ".join(sorted(edge))
            refuse(place, "routes", f"share no edge, as they do {joined}", given, "part the ways")
    for node, count in relays.items():
        if count > 1 and needed > 1:
            hint = "it would see two shares; with relay.shares_needed = 1 it may"
            refuse(place, "routes", f"share no relay, as they do {node}", given, hint)


def open_routes(
    routes: GivenRoutes, without: Collection[int], edges_of: Callable[[tuple[str, ...]], list[int]]
) -> GivenRoutes:
    """Those of some routes that use no closed edge.

    Args:
        routes: Names of the nodes of each.
        without: Numbers of edges that are closed.
        edges_of: Numbers of the edges of a route.
    """
    return tuple(route for route in routes if set(without).isdisjoint(edges_of(route)))
