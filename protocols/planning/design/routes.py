"""Cheapest ways of demands over lines of a design: single ways, and sets of disjoint ways."""

from __future__ import annotations

import heapq
import math
from collections.abc import Collection, Sequence

from protocols.planning.design.case import PlanCase, PlanDemand
from protocols.planning.design.lines import SteppedLine

__all__ = ["LineRoutes", "Route"]

#: Sites, and the lines between them.
Route = tuple[tuple[int, ...], tuple[int, ...]]


class LineRoutes:
    """Search for ways over lines, whose costs per bit may change.

    Args:
        case: The case.
        lines: The lines.
    """

    def __init__(self, case: PlanCase, lines: Sequence[SteppedLine]) -> None:
        self.case, self.lines = case, tuple(lines)
        self.relays = [site.relays for site in case.sites]
        self.around: list[list[tuple[int, int]]] = [[] for _ in case.sites]
        for e, line in enumerate(lines):
            one, two = line.ends
            self.around[one].append((e, two))
            self.around[two].append((e, one))

    def tree(
        self, source: int, on: Collection[int], costs: Sequence[float], passing: Sequence[float]
    ) -> list[tuple[int, int] | None]:
        """Of each site the line and site that its cheapest way from a source comes from.

        Args:
            source: The site.
            on: Numbers of the lines that may be used.
            costs: Cost of each line.
            passing: Cost of passing each site.
        """
        best = [math.inf] * len(self.around)
        by: list[tuple[int, int] | None] = [None] * len(self.around)
        best[source] = 0.0
        heap = [(0.0, source)]
        while heap:
            cost, site = heapq.heappop(heap)
            if cost > best[site] or (site != source and not self.relays[site]):
                continue
            if site != source:
                cost += passing[site]
            for e, other in self.around[site]:
                if e in on and cost + costs[e] < best[other]:
                    best[other] = cost + costs[e]
                    by[other] = (e, site)
                    heapq.heappush(heap, (best[other], other))
        return by

    @staticmethod
    def followed(by: Sequence[tuple[int, int] | None], source: int, target: int) -> Route | None:
        """The way to a site in a tree of cheapest ways; None without one."""
        sites, lines = [target], list[int]()
        while sites[-1] != source:
            step = by[sites[-1]]
            if step is None:
                return None
            lines.append(step[0])
            sites.append(step[1])
        return tuple(sites[::-1]), tuple(lines[::-1])

    def single(
        self,
        demands: Sequence[PlanDemand],
        on: Collection[int],
        costs: Sequence[float],
        passing: Sequence[float],
    ) -> list[tuple[Route, ...]] | None:
        """The cheapest way of each demand; None if one has none.

        Args:
            demands: The demands.
            on: Numbers of the lines that may be used.
            costs: Cost of each line.
            passing: Cost of passing each site.
        """
        trees: dict[int, list[tuple[int, int] | None]] = {}
        found: list[tuple[Route, ...]] = []
        for demand in demands:
            source, target = demand.ends
            if source not in trees:
                trees[source] = self.tree(source, on, costs, passing)
            route = self.followed(trees[source], source, target)
            if route is None:
                return None
            found.append((route,))
        return found

    def disjoint(
        self,
        ends: tuple[int, int],
        ways: int,
        on: Collection[int],
        costs: Sequence[float],
        passing: Sequence[float],
    ) -> tuple[Route, ...] | None:
        """Disjoint ways of least cost together, by the case's requirement; None without them.

        Augmenting ways (J. W. Suurballe, Networks 4, 125 (1974), doi:10.1002/net.3230040204) with
        each site taken apart into one where ways come in and one where they leave.

        Args:
            ends: The sites.
            ways: Number of ways.
            on: Numbers of the lines that may be used.
            costs: Cost of each line.
            passing: Cost of passing each site.
        """
        cheapest: dict[tuple[int, int], int] = {}
        for e in sorted(on):
            key = (self.lines[e].span, min(self.lines[e].ends))
            if key not in cheapest or costs[e] < costs[cheapest[key]]:
                cheapest[key] = e
        once = self.case.require.by == "nodes"
        edges: list[list[float]] = []

        def add(tail: int, head: int, cost: float, room: int, line: int) -> None:
            edges.append([tail, head, room, cost, line])
            edges.append([head, tail, 0, -cost, line])

        for site in range(len(self.around)):
            if site in ends:
                add(2 * site, 2 * site + 1, 0.0, ways, -1)
            elif self.relays[site]:
                add(2 * site, 2 * site + 1, passing[site], 1 if once else ways, -1)
        for e in cheapest.values():
            one, two = self.lines[e].ends
            for tail, head in ((one, two), (two, one)):
                if tail != ends[1] and head != ends[0]:
                    add(2 * tail + 1, 2 * head, costs[e], 1, e)
        for _ in range(ways):
            if not _augmented(edges, 2 * ends[0], 2 * ends[1] + 1):
                return None
        return _taken_apart(edges, ends, ways)


def _augmented(edges: list[list[float]], source: int, target: int) -> bool:
    """Send one unit more along the cheapest way that is left (Bellman and Ford)."""
    best = {source: 0.0}
    by: dict[int, int] = {}
    queue = [source]
    leaving: dict[int, list[int]] = {}
    for k, edge in enumerate(edges):
        leaving.setdefault(int(edge[0]), []).append(k)
    while queue:
        site = queue.pop(0)
        for k in leaving.get(site, ()):
            _, head, room, cost, _ = edges[k]
            there = best[site] + cost
            if room > 0 and there < best.get(int(head), math.inf) - 1e-12 * (1.0 + abs(there)):
                best[int(head)] = there
                by[int(head)] = k
                if head not in queue:
                    queue.append(int(head))
    if target not in by:
        return False
    site = target
    while site != source:
        k = by[site]
        edges[k][2] -= 1
        edges[k ^ 1][2] += 1
        site = int(edges[k][0])
    return True


def _taken_apart(
    edges: list[list[float]], ends: tuple[int, int], ways: int
) -> tuple[Route, ...] | None:
    """Ways that used edges make up, those that go both ways along a line left out."""
    used: dict[int, list[tuple[int, int]]] = {}
    both: dict[int, list[tuple[int, int]]] = {}
    for k in range(0, len(edges), 2):
        line = int(edges[k][4])
        if line >= 0 and edges[k + 1][2] > 0:
            both.setdefault(line, []).append((int(edges[k][0]) // 2, int(edges[k][1]) // 2))
    for line, steps in both.items():
        if len(steps) == 1:
            used.setdefault(steps[0][0], []).append((line, steps[0][1]))
    routes = []
    for _ in range(ways):
        sites, lines = [ends[0]], list[int]()
        while sites[-1] != ends[1]:
            if not used.get(sites[-1]):
                return None
            line, site = used[sites[-1]].pop()
            if site in sites:
                # A circle is left out.
                first = sites.index(site)
                del sites[first + 1 :], lines[first:]
                continue
            sites.append(site)
            lines.append(line)
        routes.append((tuple(sites), tuple(lines)))
    return tuple(sorted(routes))
