"""Ways of demands: those of their routes that can be taken now, or a detour around faults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.network.path_search import PathSearch

if TYPE_CHECKING:
    from qnet.network.case import NetworkCase

__all__ = ["Route", "Way", "Ways"]

#: Names of the nodes of a route.
Route = tuple[str, ...]

#: A route, and the numbers of its edges.
Way = tuple[Route, tuple[int, ...]]


class Ways:
    """The ways of all demands, as far as the faults are known.

    A demand takes those of its routes whose edges all work and have as many memories as one of its
    sessions takes. Where a fault leaves none, it takes the shortest route around the failed edges
    (by length where that is the metric, else by hops), if there is one.

    Args:
        case: What is played.
    """

    def __init__(self, case: NetworkCase) -> None:
        self.case = case
        self.down: set[int] = set()
        self._memories = [
            float("inf") if edge.memories is None else edge.memories for edge in case.network.edges
        ]
        self._known: dict[int, list[Way]] = {}

    def learn(self, edge: int, *, is_down: bool) -> None:
        """An edge has failed, or works again."""
        if is_down:
            self.down.add(edge)
        else:
            self.down.discard(edge)
        self._known.clear()

    def of(self, demand: int) -> list[Way]:
        """The ways of a demand, best first; none where nothing leads to its other end."""
        if demand not in self._known:
            self._known[demand] = self._found(demand)
        return self._known[demand]

    def _found(self, demand: int) -> list[Way]:
        network, memories = self.case.network, self.case.demands[demand].memories
        ways = [(tuple(route), network.edges_of(route)) for route in self.case.routes(demand)]
        fitting = [way for way in ways if self._fits(way, memories)]
        working = [way for way in fitting if self.down.isdisjoint(way[1])]
        if working or not fitting:
            return working
        route = self._detour(demand, memories)
        return [] if route is None else [(route, network.edges_of(route))]

    def _fits(self, way: Way, memories: int) -> bool:
        return all(self._memories[edge] >= memories for edge in way[1])

    def _detour(self, demand: int, memories: int) -> Route | None:
        network, costs = self.case.network, []
        by_length = self.case.controller.metric == "length"
        for number, edge in enumerate(network.edges):
            is_open = number not in self.down and self._memories[number] >= memories
            cost = edge.length_km if by_length and edge.length_km is not None else 1.0
            costs.append(cost if is_open else float("inf"))
        search, ends = PathSearch(network, costs), self.case.demands[demand].ends
        first, last = (network.node_number[end] for end in (ends[0], ends[-1]))
        path = search.first(first, last)
        return None if path is None else search.names(path)
