"""Shortest, k shortest and disjoint paths between nodes of a network, ties in the order of nodes.

Costs are whole numbers, so that equal sums are equal: of paths of equal cost the one of fewer edges
comes first, then the one whose nodes come first. A node that does not relay (a user) is an end of a
path, and never in its middle.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from qnet.network.network import Network

__all__ = ["FoundPath", "PathSearch", "relays"]

#: Parts that the smallest cost of an edge is cut into, and what counts as no cost beside the
#: largest.
_PARTS, _NOTHING = 1 << 40, 1e-12


def relays(network: Network) -> list[bool]:
    """Whether each node swaps pairs that are not its own: a repeater and a switch, no user."""
    return [node.kind != "user" for node in network.nodes]


@dataclass(frozen=True, order=True, slots=True)
class FoundPath:
    """A path, compared by cost, then by its number of edges, then by the numbers of its nodes.

    Args:
        cost: Sum of the costs of its edges.
        hops: Number of its edges.
        nodes: Numbers of its nodes.
    """

    cost: int
    hops: int
    nodes: tuple[int, ...]


class PathSearch:
    """Search for paths under costs of edges that add up.

    Args:
        names: Names of the nodes.
        ends: Names of the nodes that each edge joins.
        costs: Cost of each edge, 0 or more; an edge of infinite cost is not used.
        relays: Whether each node may be in the middle of a path.

    Examples:
        >>> search = PathSearch("ABC", [("A", "B"), ("B", "C")], [1, 1], [True] * 3)
        >>> search.names(search.first(0, 2))
        ('A', 'B', 'C')
    """

    def __init__(
        self,
        names: Sequence[str],
        ends: Sequence[tuple[str, str]],
        costs: Sequence[float],
        relays: Sequence[bool],
    ) -> None:
        self._names, self.relays = tuple(names), list(relays)
        finite = [cost for cost in costs if math.isfinite(cost)]
        least = min((c for c in finite if c > _NOTHING * max(finite)), default=1.0)
        #: Neighbours of each node, in the order of nodes, with the cost of the edge between.
        self.steps: list[dict[int, int]] = [{} for _ in self._names]
        number = {name: k for k, name in enumerate(self._names)}
        for edge, cost in zip(ends, costs, strict=True):
            if math.isfinite(cost):
                one, two = (number[end] for end in edge)
                self.steps[one][two] = self.steps[two][one] = round(cost / least * _PARTS)
        self.steps = [dict(sorted(each.items())) for each in self.steps]
        self._trees: dict[int, dict[int, FoundPath]] = {}

    @classmethod
    def of(cls, network: Network, costs: Sequence[float]) -> PathSearch:
        """The search in a network.

        Args:
            network: Where.
            costs: Cost of each edge, 0 or more; an edge of infinite cost is not used.

        Examples:
            >>> from qnet.network.network import NetworkEdge, NetworkNode
            >>> from qnet.plans import Link
            >>> from qnet.states import werner
            >>> link = Link(success_probability=0.1, attempt_time_s=1.0, state=werner(0.98))
            >>> ends = [("A", "B"), ("B", "C"), ("A", "C")]
            >>> network = Network(
            ...     nodes=tuple(NetworkNode(name=name) for name in "ABC"),
            ...     edges=tuple(NetworkEdge(ends=pair, link=link) for pair in ends),
            ... )
            >>> search = PathSearch.of(network, [1.0, 1.0, 3.0])
            >>> search.names(search.first(0, 2))
            ('A', 'B', 'C')
        """
        names = [node.name for node in network.nodes]
        return cls(names, [edge.ends for edge in network.edges], costs, relays(network))

    def names(self, path: FoundPath) -> tuple[str, ...]:
        """Names of the nodes of a path."""
        return tuple(self._names[k] for k in path.nodes)

    def first(self, source: int, target: int) -> FoundPath | None:
        """The first path; the paths from a node are found together, and kept."""
        if source not in self._trees:
            self._trees[source] = self._search(source)
        return self._trees[source].get(target)

    def _search(
        self,
        source: int,
        target: int = -1,
        closed: Collection[int] = (),
        barred: Collection[int] = (),
    ) -> dict[int, FoundPath]:
        """First path to each node (Dijkstra), up to the target.

        Args:
            source: Where paths begin.
            target: Where the search may end.
            closed: Nodes that are not entered.
            barred: Nodes that are not entered from the source.
        """
        found: dict[int, FoundPath] = {}
        heap = [FoundPath(0, 0, (source,))]
        while heap:
            path = heapq.heappop(heap)
            node = path.nodes[-1]
            if node in found:
                continue
            found[node] = path
            if node == target:
                break
            if node != source and not self.relays[node]:
                continue
            for other, cost in self.steps[node].items():
                if other in found or other in closed or (node == source and other in barred):
                    continue
                further = FoundPath(path.cost + cost, path.hops + 1, (*path.nodes, other))
                heapq.heappush(heap, further)
        return found

    def each(self, source: int, target: int) -> Iterator[FoundPath]:
        """All paths without loops, first to last.

        J. Y. Yen, Management Science 17, 712 (1971), doi:10.1287/mnsc.17.11.712.
        """
        path = self.first(source, target)
        given: list[FoundPath] = []
        waiting: list[FoundPath] = []
        seen: set[tuple[int, ...]] = set()
        while path is not None:
            yield path
            given.append(path)
            for further in self._deviations(path, given):
                if further.nodes not in seen:
                    seen.add(further.nodes)
                    heapq.heappush(waiting, further)
            path = heapq.heappop(waiting) if waiting else None

    def _deviations(self, path: FoundPath, given: Sequence[FoundPath]) -> Iterator[FoundPath]:
        """First paths that leave a path at each of its nodes, and differ from those given."""
        cost, target = 0, path.nodes[-1]
        for k, node in enumerate(path.nodes[:-1]):
            root = path.nodes[:k]
            if k:
                cost += self.steps[path.nodes[k - 1]][node]
            barred = {each.nodes[k + 1] for each in given if each.nodes[: k + 1] == (*root, node)}
            rest = self._search(node, target, set(root), barred).get(target)
            if rest is not None:
                yield FoundPath(cost + rest.cost, k + rest.hops, root + rest.nodes)

    def disjoint(
        self, source: int, targets: Sequence[int], count: int, *, nodes: bool = False
    ) -> list[FoundPath]:
        """Paths that share no edge, as many as wanted and there are, their total cost least.

        By flows of least cost (J. W. Suurballe, Networks 4, 125 (1974),
        doi:10.1002/net.3230040204).

        Args:
            source: Where all begin.
            targets: Where they end: all at the one node, or one at each of several.
            count: How many at most.
            nodes: Whether they share no node either, but the ends.

        Returns:
            The paths, first to last; to several targets in their order.
        """
        flow = _UnitFlow(self, source, targets, nodes=nodes)
        while flow.sent < count and flow.augment():
            pass
        found = [self._measured(path) for path in flow.paths()]
        if len(targets) > 1:
            return sorted(found, key=lambda path: targets.index(path.nodes[-1]))
        return sorted(found)

    def _measured(self, nodes: tuple[int, ...]) -> FoundPath:
        steps = pairwise(nodes)
        return FoundPath(sum(self.steps[a][b] for a, b in steps), len(nodes) - 1, nodes)


class _UnitFlow:
    """Flow of least cost from a node to others, each edge used once.

    Every node k is two vertices, entered at 2 k and left at 2 k + 1, joined by an arc that is there
    once where paths may share no node. Of an edge both directions are arcs; flows against each
    other cost what nobody pays, and never are.
    """

    def __init__(
        self, search: PathSearch, source: int, targets: Sequence[int], *, nodes: bool
    ) -> None:
        self.size = len(search.steps)
        self.source, self.sink = 2 * source + 1, 2 * self.size
        self.sent = 0
        #: What is left of each arc, and what a unit along it costs.
        self.left: list[dict[int, int]] = [{} for _ in range(2 * self.size + 1)]
        self.cost: dict[tuple[int, int], int] = {}
        large = self.size * self.size
        for node, steps in enumerate(search.steps):
            if search.relays[node] and node != source:
                self._add(2 * node, 2 * node + 1, 1 if nodes else large, 0)
            for other, cost in steps.items():
                # One more than nothing per edge: fewer edges first, and no loops for free.
                self._add(2 * node + 1, 2 * other, 1, cost * large + 1)
        single = len(targets) == 1
        for target in targets:
            if single:
                self.left[2 * target].pop(2 * target + 1, None)
            self._add(2 * target, self.sink, large if single else 1, 0)
        self.whole = [dict(each) for each in self.left]

    def _add(self, one: int, two: int, capacity: int, cost: int) -> None:
        self.left[one][two] = capacity
        self.left[two].setdefault(one, 0)
        self.cost[one, two], self.cost[two, one] = cost, -cost

    def augment(self) -> bool:
        """Send one unit more along the cheapest way that is left; whether there was one."""
        best: dict[int, tuple[int, int]] = {self.source: (0, -1)}
        queue = [self.source]
        while queue:
            reached: list[int] = []
            for one in queue:
                for two, left in self.left[one].items():
                    cost = best[one][0] + self.cost[one, two]
                    if left > 0 and (two not in best or cost < best[two][0]):
                        best[two] = (cost, one)
                        reached.append(two)
            queue = sorted(set(reached))
        if self.sink not in best:
            return False
        two = self.sink
        while two != self.source:
            one = best[two][1]
            self.left[one][two] -= 1
            self.left[two][one] += 1
            two = one
        self.sent += 1
        return True

    def paths(self) -> list[tuple[int, ...]]:
        """Nodes of the paths that the flow is made of."""
        used = [
            {two: whole - self.left[one][two] for two, whole in arcs.items()}
            for one, arcs in enumerate(self.whole)
        ]
        found = []
        for _ in range(self.sent):
            at, nodes = self.source, [self.source // 2]
            while at != self.sink:
                two = next(two for two, units in used[at].items() if units > 0)
                used[at][two] -= 1
                if two != self.sink and two % 2 == 0:
                    nodes.append(two // 2)
                at = two
            found.append(tuple(nodes))
        return found
