"""Bounds of the bare fibres of a network, in bits per use: one path, or all of them together."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

import rustworkx

from qnet.metrics import plob
from qnet.network.network import Network
from qnet.network.routing.path_search import relays

__all__ = ["edges_between", "fibre_capacities", "flooding", "max_flow", "widest_path"]


def fibre_capacities(network: Network) -> list[float | None]:
    """Bits per use of each edge's fibre, -log2(1 - eta); None without a length or attenuation."""
    return [
        None if edge.transmission is None else _capacity(edge.transmission)
        for edge in network.edges
    ]


@lru_cache(maxsize=1 << 12)
def _capacity(transmission: float) -> float:
    return float(plob(transmission))


def edges_between(network: Network, source: int, target: int) -> list[int]:
    """Numbers of the edges that lie on a path without loops between two nodes.

    Those of the two-connected component of a further edge that joins the two directly.
    """
    passes = relays(network)
    passes[source] = passes[target] = True
    graph = rustworkx.PyGraph(multigraph=False)
    graph.add_nodes_from(range(len(network.nodes)))
    number, edge_of = network.node_number, {}
    for k, edge in enumerate(network.edges):
        one, two = sorted(number[end] for end in edge.ends)
        if passes[one] and passes[two]:
            edge_of[one, two] = k
            graph.add_edge(one, two, k)
    direct = (min(source, target), max(source, target))
    graph.add_edge(*direct, None)
    component = {
        (min(ends), max(ends)): which
        for ends, which in rustworkx.biconnected_components(graph).items()
    }
    return sorted(k for ends, k in edge_of.items() if component[ends] == component[direct])


def _of_fibres(
    network: Network,
    ends: Sequence[str],
    bound: Callable[[Mapping[tuple[int, int], float], int, int], float],
) -> float | None:
    """A bound by the capacities of the edges between two ends; None if an edge has none."""
    number, capacities = network.node_number, fibre_capacities(network)
    source, target = (number[end] for end in ends)
    found = {}
    for k in edges_between(network, source, target):
        one, two = (number[end] for end in network.edges[k].ends)
        capacity = capacities[k]
        if capacity is None:
            return None
        found[one, two] = capacity
    return bound(found, source, target)


def widest_path(network: Network, ends: Sequence[str]) -> float | None:
    """Bits per use of the best single path: the largest capacity of its worst fibre.

    Its nodes are ideal repeaters, and each fibre is used once (S. Pirandola, Commun. Phys. 2, 51
    (2019), doi:10.1038/s42005-019-0147-3).

    Args:
        network: Nodes and edges.
        ends: Names of two nodes.

    Returns:
        Bits per use; 0 where nothing joins the ends, None where an edge between them has no length.
    """
    return _of_fibres(network, ends, _widest)


def _widest(capacities: Mapping[tuple[int, int], float], source: int, target: int) -> float:
    """Largest least capacity of a path; 0 where there is none."""
    steps: dict[int, list[tuple[int, float]]] = {}
    for (one, two), capacity in capacities.items():
        steps.setdefault(one, []).append((two, capacity))
        steps.setdefault(two, []).append((one, capacity))
    seen: set[int] = set()
    heap = [(-math.inf, source)]
    while heap:
        width, node = heapq.heappop(heap)
        if node == target:
            return -width
        if node not in seen:
            seen.add(node)
            for other, capacity in steps.get(node, []):
                heapq.heappush(heap, (max(width, -capacity), other))
    return 0.0


def flooding(network: Network, ends: Sequence[str]) -> float | None:
    """Bits per use of all paths together: the maximum flow, which is the minimum cut.

    Its nodes are ideal repeaters, and each fibre is used once (S. Pirandola, Commun. Phys. 2, 51
    (2019), doi:10.1038/s42005-019-0147-3).

    Args:
        network: Nodes and edges.
        ends: Names of two nodes.

    Returns:
        Bits per use; 0 where nothing joins the ends, None where an edge between them has no length.
    """
    return _of_fibres(network, ends, max_flow)


def max_flow(capacities: Mapping[tuple[int, int], float], source: int, target: int) -> float:
    """Maximum flow between two nodes over undirected edges.

    By shortest augmenting paths (J. Edmonds, R. M. Karp, J. ACM 19, 248 (1972),
    doi:10.1145/321694.321699).

    Args:
        capacities: Of each edge, by its two nodes; may be infinite.
        source: A node.
        target: Another.

    Examples:
        >>> max_flow({(0, 1): 2.0, (1, 3): 1.0, (0, 2): 0.5, (2, 3): 4.0, (1, 2): 1.0}, 0, 3)
        2.5
        >>> max_flow({(0, 1): 1.0, (1, 2): 1e-20}, 0, 2)
        1e-20
    """
    widest = _widest(capacities, source, target)
    if math.isinf(widest):
        return math.inf
    left: dict[int, dict[int, float]] = {source: {}, target: {}}
    for (one, two), capacity in capacities.items():
        left.setdefault(one, {})[two] = capacity
        left.setdefault(two, {})[one] = capacity
    least = 1e-15 * widest  # what is less is rounding of the flow
    total = 0.0
    while (path := _augmenting(left, source, target, least)) is not None:
        steps = list(pairwise(path))
        sent = min(left[one][two] for one, two in steps)
        for one, two in steps:
            left[one][two] -= sent
            left[two][one] += sent
        total += sent
    return total


def _augmenting(
    left: Mapping[int, Mapping[int, float]], source: int, target: int, least: float
) -> list[int] | None:
    """A path of fewest edges with capacity left on each."""
    before = {source: source}
    queue = [source]
    for node in queue:
        for other, capacity in left[node].items():
            if capacity > least and other not in before:
                before[other] = node
                queue.append(other)
                if other == target:
                    path = [target]
                    while path[-1] != source:
                        path.append(before[path[-1]])
                    return path[::-1]
    return None
