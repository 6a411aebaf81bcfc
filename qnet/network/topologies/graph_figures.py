"""Graph figures of a topology: shortest and disjoint routes, bottleneck, diameter, connectivity."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
import numpy.typing as npt
import rustworkx

from qnet.errors import ParameterError, check_one_of, check_positive
from qnet.network.topologies.topology import Topology

__all__ = ["EndsFigures", "GraphFigures", "ends_figures", "fewest_sites", "graph_figures"]

#: Usual longest fibre between two trusted nodes in km, unless another is given (assumed).
_SPACING_KM = 80.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EndsFigures:
    """Graph figures of two sites of a topology; None where a length is not known, or no route.

    Args:
        ends: Names of the two sites.
        shortest_km: Length of the shortest route.
        shortest_route: Names of its sites.
        fewest_hops: Edges of the route with the fewest.
        edge_disjoint: Most routes of which no two share an edge.
        node_disjoint: Most routes of which no two share a site but the ends.
        bottleneck_km: Smallest possible longest edge of a route.
        fewest_sites: Fewest sites strictly between the ends, at most so far apart as was asked;
            see `fewest_sites`.
    """

    ends: tuple[str, str]
    shortest_km: float | None
    shortest_route: tuple[str, ...]
    fewest_hops: int | None
    edge_disjoint: int
    node_disjoint: int
    bottleneck_km: float | None
    fewest_sites: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphFigures:
    """Graph figures of a whole topology.

    Args:
        sites: Number of its sites.
        spans: Number of its fibres.
        parts: Number of parts that no fibre joins.
        length_km: Length of all fibres; None where one is not known.
        diameter_km: Longest of all shortest routes; None where a length is not known, or two sites
            are not joined.
        diameter_hops: The same in edges.
        node_connectivity: Fewest sites whose loss parts the others; for a complete graph, all but
            one.
        edge_connectivity: Fewest fibres whose loss parts the sites.
    """

    sites: int
    spans: int
    parts: int
    length_km: float | None
    diameter_km: float | None
    diameter_hops: int | None
    node_connectivity: int
    edge_connectivity: int


def ends_figures(
    topology: Topology, one: str, other: str, *, spacing_km: float = _SPACING_KM
) -> EndsFigures:
    """Graph figures of two sites of a topology.

    Numbers of disjoint routes are maximal flows (K. Menger, Fund. Math. 10, 96 (1927)).

    Args:
        topology: Where; its fibres may lack lengths.
        one: Name of the one site.
        other: Name of the other.
        spacing_km: Longest way between neighbours of ``fewest_sites``.

    Raises:
        ParameterError: If a site is not there, or both are the same.

    Examples:
        >>> from qnet.network import shape_topology
        >>> found = ends_figures(shape_topology("ring", nodes=6, length_km=100.0), "1", "3")
        >>> found.shortest_km, found.fewest_hops, found.node_disjoint, found.fewest_sites
        (200.0, 2, 2, 3)
    """
    ends = _ends(topology, one, other)
    lengths = _lengths(topology)
    route, shortest = _shortest(topology, ends, lambda k: lengths[k])
    _, hops = _shortest(topology, ends, lambda _: 1.0)
    return EndsFigures(
        ends=(one, other),
        shortest_km=_finite(shortest),
        shortest_route=route if math.isfinite(shortest) else (),
        fewest_hops=int(hops) if math.isfinite(hops) else None,
        edge_disjoint=_flow(topology, *ends, through_sites=False),
        node_disjoint=_flow(topology, *ends, through_sites=True),
        bottleneck_km=_finite(_bottleneck(topology, ends, lengths)),
        fewest_sites=fewest_sites(topology, one, other, spacing_km),
    )


def fewest_sites(
    topology: Topology, one: str, other: str, spacing_km: float = _SPACING_KM
) -> int | None:
    """Fewest sites strictly between two sites, along the best route, at most so far apart.

    Those of the topology that the route passes count; others are put on the fibres between them
    where these are longer than the spacing. None where no route has known lengths.

    Args:
        topology: Where.
        one: Name of the one site.
        other: Name of the other.
        spacing_km: Longest way between neighbours, in km.

    Raises:
        ParameterError: If a site is not there, both are the same, or the spacing is not positive.

    Examples:
        >>> from qnet.network import edge_list_topology
        >>> fewest_sites(edge_list_topology([["A", "S", 80.0], ["S", "B", 81.0]]), "A", "B", 80.0)
        2
    """
    check_positive("spacing_km", spacing_km)
    lengths = _lengths(topology)

    def parts(span: int) -> float:
        # A fibre as long as the spacing is not cut; rounding of its length must not add a site.
        return max(math.ceil(lengths[span] / spacing_km * (1.0 - 1e-12)), 1.0)

    _, cost = _shortest(
        topology,
        _ends(topology, one, other),
        lambda k: parts(k) if math.isfinite(lengths[k]) else math.inf,
    )
    return int(cost) - 1 if math.isfinite(cost) else None


def graph_figures(topology: Topology) -> GraphFigures:
    """Graph figures of a whole topology.

    The connectivity of nodes is the least number of disjoint routes of two sites that are not
    neighbours (A. H. Esfahanian, S. L. Hakimi, Networks 14, 355 (1984)).

    Args:
        topology: Where; its fibres may lack lengths.

    Examples:
        >>> from qnet.network import shape_topology
        >>> found = graph_figures(shape_topology("grid", rows=3, columns=3, length_km=5.0))
        >>> found.diameter_km, found.diameter_hops, found.node_connectivity
        (20.0, 4, 2)
    """
    lengths = _lengths(topology)
    known = all(map(math.isfinite, lengths))
    hops = _diameter(topology, lambda _: 1.0)
    return GraphFigures(
        sites=len(topology.sites),
        spans=len(topology.spans),
        parts=len(topology.parts),
        length_km=sum(lengths, 0.0) if known else None,
        diameter_km=_finite(_diameter(topology, lambda k: lengths[k])) if known else None,
        diameter_hops=int(hops) if math.isfinite(hops) else None,
        node_connectivity=_node_connectivity(topology),
        edge_connectivity=_edge_connectivity(topology),
    )


def _ends(topology: Topology, one: str, other: str) -> tuple[int, int]:
    for name in (one, other):
        check_one_of("ends", name, topology.site_number)
    if one == other:
        raise ParameterError("ends", "be different nodes", one, "name another end")
    return topology.site_number[one], topology.site_number[other]


def _lengths(topology: Topology) -> list[float]:
    """Lengths of all fibres; infinite where they are not known."""
    lengths = [span.length_km for span in topology.spans]
    return [math.inf if length is None else length for length in lengths]


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _shortest(
    topology: Topology, ends: tuple[int, int], cost: Callable[[int], float]
) -> tuple[tuple[str, ...], float]:
    """The route of least cost, and its cost; none and infinity where there is none."""
    first, last = ends
    paths = rustworkx.dijkstra_shortest_paths(topology.graph, first, target=last, weight_fn=cost)
    if last not in paths:
        return (), math.inf
    route = tuple(topology.sites[k].name for k in paths[last])
    return route, sum(cost(topology.span_number[step]) for step in pairwise(route))


def _bottleneck(topology: Topology, ends: tuple[int, int], lengths: Sequence[float]) -> float:
    """Smallest possible longest edge: the way through a least spanning tree."""
    graph = topology.graph
    tree = rustworkx.minimum_spanning_tree(graph, weight_fn=lambda k: lengths[k])
    paths = rustworkx.dijkstra_shortest_paths(tree, ends[0], target=ends[1])
    if ends[1] not in paths:
        return math.inf
    way = list(paths[ends[1]])
    return max(lengths[tree.get_edge_data(a, b)] for a, b in pairwise(way))


def _diameter(topology: Topology, cost: Callable[[int], float]) -> float:
    """The longest of all shortest routes; infinite where two sites are not joined."""
    # Local import to reduce the cost of importing this module.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import shortest_path

    size = len(topology.sites)
    rows, columns = _joined(topology)
    costs = [cost(k) for k in range(len(topology.spans))]
    # A length of zero is no entry of a sparse matrix: the least positive number stands for it.
    graph = coo_array((np.maximum(costs, 5e-324), (rows, columns)), shape=(size, size))
    return float(shortest_path(graph.tocsr(), directed=False).max(initial=0.0))


def _joined(topology: Topology) -> npt.NDArray[np.int64]:
    """Numbers of both ends of every fibre, (2, m)."""
    number = topology.site_number
    ends = [[number[end] for end in span.ends] for span in topology.spans]
    return np.array(ends, dtype=np.int64).reshape(-1, 2).T


def _flow(topology: Topology, first: int, last: int, *, through_sites: bool) -> int:
    """Most routes between two sites that share no edge, or no site on the way either."""
    # Local import to reduce the cost of importing this module.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import maximum_flow

    size = len(topology.sites)
    a, b = _joined(topology)
    # Site k is entered at k and left at k + size; the way through it is one route wide.
    sites, behind = np.arange(size), size if through_sites else 0
    tails, heads = np.concatenate([a, b]) + behind, np.concatenate([b, a])
    if through_sites:
        tails, heads = np.concatenate([tails, sites]), np.concatenate([heads, sites + size])
    ones = np.ones(len(tails), dtype=np.int32)
    shape = (size + behind, size + behind)
    graph = coo_array((ones, (tails, heads)), shape=shape).tocsr()
    return int(maximum_flow(graph, first + behind, last).flow_value)


def _node_connectivity(topology: Topology) -> int:
    graph, size = topology.graph, len(topology.sites)
    if len(topology.parts) > 1:
        return 0
    least = min(range(size), key=graph.degree)
    around = set(graph.neighbors(least))
    # A smallest cut misses the site of least degree, or leaves two of its neighbours apart.
    pairs = [(least, k) for k in range(size) if k != least and k not in around]
    pairs += [(a, b) for a, b in combinations(sorted(around), 2) if not graph.has_edge(a, b)]
    best = min(graph.degree(least), size - 1)
    for first, last in pairs:
        best = min(best, _flow(topology, first, last, through_sites=True))
    return best


def _edge_connectivity(topology: Topology) -> int:
    """The least cut (M. Stoer, F. Wagner, J. ACM 44, 585 (1997))."""
    found = rustworkx.stoer_wagner_min_cut(topology.graph, weight_fn=lambda _: 1.0)
    return 0 if found is None else round(found[0])
