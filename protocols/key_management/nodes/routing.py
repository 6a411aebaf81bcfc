"""Routes of keys from a node that is served: around edges that stopped and nodes that are down."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from protocols.key_management.certificates import edge_name
from protocols.key_networks.build import spans_of
from protocols.key_networks.demand import KeyDemand
from protocols.key_networks.routes import RouteFinder, node_tables

if TYPE_CHECKING:
    from protocols.key_networks import KeyNetworkScenario

__all__ = ["KeyRoutes"]

Route = tuple[str, ...]

#: Sets of closed edges whose routes are remembered.
REMEMBERED = 1000


class KeyRoutes:
    """Routes that keys take from one node, as the scenario wants them.

    Args:
        scenario: The network.
        node: Where they begin.

    Raises:
        ParameterError: If the metric of the routes takes a rate or a length that is not given.
    """

    def __init__(self, scenario: KeyNetworkScenario, node: str) -> None:
        self.node = node
        self.threshold = scenario.relay.needed
        self.by_load = scenario.relay.metric == "load"
        self._finder = RouteFinder(
            nodes=node_tables(scenario), edges=spans_of(scenario), relay=scenario.relay
        )
        self._edges = [edge.ends for edge in self._finder.edges]
        self.names = {frozenset(ends): edge_name(ends) for ends in self._edges}
        self._given = [d for d in scenario.demand if d.routes and node in d.ends]
        self._known = 0

    def edges_on(self, route: Route) -> list[str]:
        """Names of the edges of a route."""
        return [self.names[frozenset(pair)] for pair in pairwise(route)]

    def find(
        self,
        target: str,
        *,
        stopped: Mapping[str, str],
        down: Collection[str],
        levels: Mapping[str, int],
    ) -> tuple[list[Route], str]:
        """Node-disjoint routes to a node, and why there are too few.

        Args:
            target: Where they end.
            stopped: Edges that deliver no key, each with why.
            down: Nodes that do not answer.
            levels: Bytes of key of each edge: where the scenario wants it, the fullest route is
                taken.
        """
        if target in down:
            return [], f"the KME of {target} does not answer"
        without = [
            number
            for number, ends in enumerate(self._edges)
            if self.names[frozenset(ends)] in stopped or not set(down).isdisjoint(ends)
        ]
        found, reason = self._search(target, without, levels)
        if reason:
            silent = [f"the KME of {node} does not answer" for node in sorted(down)]
            return [], "; ".join([reason, *(stopped[name] for name in sorted(stopped)), *silent])
        if not self.by_load:
            return list(found), ""
        return [max(found, key=lambda route: self.level(route, levels))], ""

    def level(self, route: Route, levels: Mapping[str, int]) -> int:
        """Bytes of key of the emptiest edge of a route."""
        return min(levels.get(name, 0) for name in self.edges_on(route))

    def _search(
        self, target: str, without: list[int], levels: Mapping[str, int]
    ) -> tuple[tuple[Route, ...], str]:
        """The routes over what is left of the network; the finder remembers them for a while.

        Where demands between the two nodes give their routes, those of one of them are taken: with
        most key of those that are open.
        """
        given = [demand for demand in self._given if target in demand.ends]
        if given:
            return self._of_demands(given, without, levels)
        self._known += 1
        if self._known % REMEMBERED == 0:
            self._finder = replace(self._finder, _searches={})
        return self._finder.routes((self.node, target), without)

    def _of_demands(
        self, demands: list[KeyDemand], without: list[int], levels: Mapping[str, int]
    ) -> tuple[tuple[Route, ...], str]:
        """The routes that demands between this node and another give, from here on."""
        found = [self._finder.of_demand(demand, without) for demand in demands]
        ways = [
            tuple(route if route[0] == self.node else route[::-1] for route in routes)
            for routes, reason in found
            if not reason
        ]
        if not ways:
            return (), found[0][1]
        return max(ways, key=lambda routes: self._room(routes, levels)), ""

    def _room(self, routes: tuple[Route, ...], levels: Mapping[str, int]) -> int:
        """Bytes of key of the emptiest edge of as many routes as are needed."""
        rooms = sorted((self.level(route, levels) for route in routes), reverse=True)
        return rooms[self.threshold - 1]
