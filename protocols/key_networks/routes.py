"""Routes of keys over trusted nodes: the best by a metric, or several that share no relay."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise, takewhile
from typing import TYPE_CHECKING

from protocols.key_networks.case import EdgeSpan, KeyEdge, KeyNetworkCase
from protocols.key_networks.demand import KeyDemand
from protocols.key_networks.given_routes import open_routes
from protocols.key_networks.tables import KeyNodeTable, RelayTable
from qnet.errors import ParameterError
from qnet.network.routing.path_search import PathSearch

if TYPE_CHECKING:
    from protocols.key_networks.scenario import KeyNetworkScenario

__all__ = ["RouteFinder", "Routes", "node_tables"]

#: Routes, as the names of their nodes.
Routes = tuple[tuple[str, ...], ...]

#: Most routes with the fewest hops among which the fullest is taken.
MOST_CANDIDATES = 64


def node_tables(scenario: KeyNetworkScenario) -> tuple[KeyNodeTable, ...]:
    """What each node of the topology is, in its order."""
    own = {table.name: table for table in scenario.nodes}
    return tuple(own.get(name, KeyNodeTable(name=name)) for name in scenario.sites.names)


def _hops(edge: EdgeSpan) -> float:
    return 1.0


def _length(edge: EdgeSpan) -> float:
    if edge.length_km is None:
        rule = f"be another where an edge, {' - '.join(edge.ends)}, has no length"
        hint = 'give every edge its length in km, or take metric = "hops"'
        raise ParameterError("relay.metric", rule, "length", hint)
    return edge.length_km


def _seconds_of_key(edge: EdgeSpan) -> float:
    assert isinstance(edge, KeyEdge)
    return 1.0 / edge.fill.rate_hz if edge.fill.rate_hz > 0.0 else math.inf


#: What an edge adds to the cost of a route, by metric; of ``trust`` relays do.
_COSTS: dict[str, Callable[[EdgeSpan], float]] = {
    "hops": _hops,
    "load": _hops,
    "length": _length,
    "key-cost": _seconds_of_key,
}


@dataclass(frozen=True, kw_only=True)
class RouteFinder:
    """Search for the routes of keys; nodes that are not trusted are ends of routes alone.

    Args:
        nodes: What each node is.
        edges: The edges, with their rates where ``key-cost`` is the metric.
        relay: How many routes are wanted, and what they have least of.

    Raises:
        ParameterError: If lengths are asked for and an edge has none.
    """

    nodes: tuple[KeyNodeTable, ...]
    edges: tuple[EdgeSpan, ...]
    relay: RelayTable
    _searches: dict[object, PathSearch] = field(default_factory=dict, repr=False, compare=False)
    _numbers: dict[frozenset[str], int] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, case: KeyNetworkCase) -> RouteFinder:
        """The search in a case."""
        return cls(nodes=case.node_tables, edges=case.edges, relay=case.relay)

    def routes(self, ends: Sequence[str], without: Collection[int] = ()) -> tuple[Routes, str]:
        """The routes between two nodes, and a sentence why there are none.

        With the metric ``load`` they are the candidates, of which one is taken at a time; else they
        share no relay, and their total cost is least. There may be fewer than wanted, but not fewer
        than give the key back.

        Args:
            ends: Names of the two nodes.
            without: Numbers of edges that are not to be used.

        Returns:
            Names of the nodes of each route, first to last; and the sentence, empty if there are
            any.
        """
        search = self._search(tuple(ends), frozenset(without))
        number = {node.name: k for k, node in enumerate(self.nodes)}
        one, two = (number[end] for end in ends)
        joined = " and ".join(ends)
        first = search.first(one, two)
        if first is None:
            return (), f"no route over trusted nodes joins {joined}"
        if self.relay.metric == "load":
            least = takewhile(lambda path: path.hops == first.hops, search.each(one, two))
            return tuple(map(search.names, islice(least, MOST_CANDIDATES))), ""
        found = search.disjoint(one, [two], self.relay.routes, nodes=True)
        needed = self.relay.needed
        if len(found) < needed:
            return (), (
                f"{needed} routes that share no relay are needed to give a key back, and "
                f"{len(found)} join{'s' if len(found) == 1 else ''} {joined}"
            )
        return tuple(map(search.names, found)), ""

    def of_demand(self, demand: KeyDemand, without: Collection[int] = ()) -> tuple[Routes, str]:
        """The routes of a demand: those that it gives, or else those that are searched.

        Of given routes the ones without a closed edge are left, if enough shares go over them.

        Args:
            demand: Who asks for keys.
            without: Numbers of edges that are not to be used.

        Returns:
            As `routes`.
        """
        if not demand.routes:
            return self.routes(demand.ends, without)
        found = open_routes(demand.routes, without, self._edges_of)
        if len(found) >= self.relay.needed:
            return found, ""
        return (), (
            f"{len(found)} of the {len(demand.routes)} routes given for "
            f"{' and '.join(demand.ends)} are open, and {self.relay.needed} must be"
        )

    def _edges_of(self, route: tuple[str, ...]) -> list[int]:
        """Numbers of the edges of a route."""
        if not self._numbers:
            self._numbers.update({frozenset(e.ends): k for k, e in enumerate(self.edges)})
        return [self._numbers[frozenset(pair)] for pair in pairwise(route)]

    def _search(self, ends: tuple[str, ...], without: frozenset[int]) -> PathSearch:
        of_ends = ends if self.relay.metric == "trust" else ()
        same = (of_ends, without)
        if same not in self._searches:
            costs = self._costs(ends)
            costs = [math.inf if k in without else cost for k, cost in enumerate(costs)]
            self._searches[same] = PathSearch(
                [node.name for node in self.nodes],
                [edge.ends for edge in self.edges],
                costs,
                [node.trusted for node in self.nodes],
            )
        return self._searches[same]

    def _costs(self, ends: tuple[str, ...]) -> list[float]:
        """What each edge adds to the cost of a route between these ends."""
        if self.relay.metric != "trust":
            return [_COSTS[self.relay.metric](edge) for edge in self.edges]
        distrust = {node.name: _distrust(node) for node in self.nodes} | dict.fromkeys(ends, 0.0)
        # A relay is passed by two edges, each of which carries half of its cost.
        return [sum(distrust[end] for end in edge.ends) / 2.0 for edge in self.edges]


def _distrust(node: KeyNodeTable) -> float:
    """Cost of a relay, -ln of the chance that it is honest: it adds up along a route."""
    p = node.corrupt_probability
    return math.inf if p >= 1.0 else -math.log1p(-p)
