"""Ways of demands: those of their routes that can be taken now, or a detour around faults."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qnet.network.routing.routes import choose_routes

if TYPE_CHECKING:
    from qnet.network.case import NetworkCase

__all__ = ["Route", "Way", "Ways"]

#: Names of the nodes of a route.
Route = tuple[str, ...]

#: A route, and the numbers of its edges.
Way = tuple[Route, tuple[int, ...]]


class Ways:
    """The ways of all demands, as far as the faults are known.

    A demand takes those of its routes whose edges all work. Where a fault leaves none, it takes the
    routes that it would take in a network without the failed edges, if there are any.

    Args:
        case: What is played.
    """

    def __init__(self, case: NetworkCase) -> None:
        self.case = case
        self.down: frozenset[int] = frozenset()
        self._known: dict[tuple[frozenset[int], int], list[Way]] = {}

    def learn(self, edge: int, *, is_down: bool) -> None:
        """An edge has failed, or works again."""
        self.down = self.down | {edge} if is_down else self.down - {edge}

    def of(self, demand: int) -> list[Way]:
        """The ways of a demand, best first; none where nothing leads to its other end."""
        key = self.down, demand
        if key not in self._known:
            self._known[key] = self._working(demand) or self._detours(demand)
        return self._known[key]

    def _working(self, demand: int) -> list[Way]:
        edges_of = self.case.network.edges_of
        ways = [(route, edges_of(route)) for route in self.case.routes(demand)]
        return [way for way in ways if self.down.isdisjoint(way[1])]

    def _detours(self, demand: int) -> list[Way]:
        case = self.case
        if not case.routes(demand):
            return []
        edges = [edge for k, edge in enumerate(case.network.edges) if k not in self.down]
        rest = replace(case.network, edges=tuple(edges))
        choice = choose_routes(rest, [case.demands[demand]], case.controller, case.key, case.seed)[
            0
        ]
        return [(route, case.network.edges_of(route)) for route in choice.routes]
