"""Graph figures of topologies, against enumeration of all routes, and of published networks."""

import math
from itertools import combinations, pairwise

import numpy as np
import pytest

from qnet import ParameterError
from qnet.network import edge_list_topology, read_topology, shape_topology
from qnet.network.topologies.graph_figures import ends_figures, fewest_sites, graph_figures
from tests.qnet.network.topology_texts import published


def routes(edges, first, last, passed=()):
    """All routes without loops between two nodes of a list of edges, by trying every step."""
    if first == last:
        yield (*passed, last)
        return
    for edge in edges:
        for here, there in (edge[:2], edge[1::-1]):
            if here == first and there not in (*passed, first):
                yield from routes(edges, there, last, (*passed, first))


def most_disjoint(found, parts):
    """Most of some routes that have no part in common, by trying all sets of them."""
    best = 0
    for route in range(len(found)):
        free = [r for r in found[route + 1 :] if not parts(r) & parts(found[route])]
        best = max(best, 1 + most_disjoint(free, parts))
    return best


def edges_of(route):
    return {frozenset(step) for step in pairwise(route)}


def inner(route):
    """What node-disjoint routes may not share: nodes on the way, and the edge where none is."""
    return set(route[1:-1]) or {frozenset(route)}


def random_edges(rng):
    """Between 5 and 7 nodes, each pair joined with probability 0.55, whole lengths up to 200 km."""
    names = "ABCDEFG"[: rng.integers(5, 8)]
    edges = [
        [a, b, float(rng.integers(1, 200))]
        for a, b in combinations(names, 2)
        if rng.random() < 0.55
    ]
    return [*edges, ["A", "B", 150.0]] if ["A", "B"] not in [edge[:2] for edge in edges] else edges


@pytest.mark.parametrize("seed", range(12))
def test_figures_of_two_ends_by_enumeration(seed):
    """Oracle: all routes and all sets of them, one by one."""
    edges = random_edges(np.random.default_rng(seed))
    topology = edge_list_topology(edges)
    length = {frozenset(edge[:2]): edge[2] for edge in edges}
    for one, other in combinations(topology.names[:4], 2):
        found = ends_figures(topology, one, other, spacing_km=60.0)
        all_routes = list(routes(edges, one, other))
        if not all_routes:
            assert (found.shortest_km, found.edge_disjoint) == (None, 0)
            continue
        spans = [[length[step] for step in map(frozenset, pairwise(r))] for r in all_routes]
        assert found.shortest_km == min(map(sum, spans))
        assert sum(length[frozenset(step)] for step in pairwise(found.shortest_route)) == (
            found.shortest_km
        )
        assert found.fewest_hops == min(map(len, spans))
        assert found.bottleneck_km == min(map(max, spans))
        assert found.fewest_sites == min(sum(-(-s // 60) for s in each) - 1 for each in spans)
        assert found.node_disjoint == most_disjoint(all_routes, inner)
        if len(all_routes) < 40:
            assert found.edge_disjoint == most_disjoint(all_routes, edges_of)


@pytest.mark.parametrize("seed", range(12))
def test_connectivity_by_enumeration(seed):
    """Oracle: all sets of nodes, and of edges, taken away."""
    edges = random_edges(np.random.default_rng(100 + seed))
    topology = edge_list_topology(edges)
    names = topology.names

    def parted(left, kept):
        joined = {name: {name} for name in left}
        for a, b, _ in kept:
            if a in joined and b in joined:
                whole = joined[a] | joined[b]
                joined |= dict.fromkeys(whole, whole)
        return any(len(part) < len(left) for part in joined.values())

    nodes = next(
        (
            count
            for count in range(len(names) - 1)
            for gone in combinations(names, count)
            if parted([name for name in names if name not in gone], edges)
        ),
        len(names) - 1,
    )
    cut = next(
        count
        for count in range(len(edges) + 1)
        for gone in combinations(edges, count)
        if parted(names, [edge for edge in edges if edge not in gone])
    )
    found = graph_figures(topology)
    assert (found.node_connectivity, found.edge_connectivity) == (nodes, cut)


@pytest.mark.parametrize(
    ("topology", "nodes", "edges", "hops"),
    [
        (shape_topology("line", nodes=5), 1, 1, 4),
        (shape_topology("ring", nodes=7), 2, 2, 3),
        (shape_topology("complete", nodes=5), 4, 4, 1),
        (shape_topology("star", leaves=6), 1, 1, 2),
        (shape_topology("grid", rows=3, columns=4), 2, 2, 5),
    ],
    ids=["line", "ring", "complete", "star", "grid"],
)
def test_figures_of_shapes(topology, nodes, edges, hops):
    """Oracle: textbook connectivities and diameters of these graphs."""
    found = graph_figures(topology)
    assert (found.node_connectivity, found.edge_connectivity) == (nodes, edges)
    assert (found.diameter_hops, found.diameter_km, found.length_km) == (hops, None, None)


def test_figures_of_graphs_in_parts_and_without_lengths():
    """Oracle: by eye; a length that is not known makes no route shorter."""
    found = graph_figures(edge_list_topology([["A", "B", 0.0], ["C", "D", 3.0]]))
    assert (found.parts, found.length_km) == (2, 3.0)
    assert (found.diameter_km, found.diameter_hops) == (None, None)
    assert (found.node_connectivity, found.edge_connectivity) == (0, 0)
    partly = ends_figures(
        edge_list_topology([["A", "B"], ["B", "C", 1.0], ["A", "C", 2.0]]), "A", "B"
    )
    assert (partly.shortest_route, partly.shortest_km) == (("A", "C", "B"), 3.0)
    assert (partly.fewest_hops, partly.bottleneck_km, partly.fewest_sites) == (1, 2.0, 1)


@pytest.mark.parametrize(
    ("length_km", "sites"),
    [(79.9, 0), (80.0, 0), (math.nextafter(80.0, 81.0), 0), (80.1, 1), (240.0, 2)],
)
def test_sites_on_one_fibre(length_km, sites):
    """Oracle: parts of at most 80 km; the last digit of a float adds no site."""
    assert fewest_sites(edge_list_topology([["A", "B", length_km]]), "A", "B") == sites


def test_ends_and_spacings_are_checked():
    """Oracle: the three rules."""
    line = shape_topology("line", nodes=3, length_km=1.0)
    with pytest.raises(ParameterError, match="ends must be one of '1', '2', '3'"):
        ends_figures(line, "1", "4")
    with pytest.raises(ParameterError, match="ends must be different nodes"):
        ends_figures(line, "1", "1")
    with pytest.raises(ParameterError, match="spacing_km must be positive"):
        fewest_sites(line, "1", "2", 0.0)


#: Two ends, and PN-G1 with PN-G1b, PN-G2 with PN-G2b of the reference: shortest route in km, hops,
#: node-disjoint routes, smallest longest fibre, diameter, node connectivity; sites 80 km apart.
KNOWN = {
    "nobel-germany.txt": (("Hamburg", "Muenchen"), (720.55, 4, 2, 186.6846, 790.2468, 2), 9),
    "nobel-eu.txt": (("Madrid", "Warsaw"), (2626.872, 7, 2, 530.3171, 3360.213, 2), 36),
}


@pytest.mark.parametrize("name", KNOWN)
def test_figures_of_published_networks(name):
    """Oracle: figures found by another program from the same files, on a sphere of 6371 km."""
    ends, values, sites = KNOWN[name]
    topology = read_topology(published(name))
    found, whole = ends_figures(topology, *ends), graph_figures(topology)
    assert (
        found.shortest_km,
        found.fewest_hops,
        found.node_disjoint,
        found.bottleneck_km,
        whole.diameter_km,
        whole.node_connectivity,
    ) == pytest.approx(values, rel=1e-6)
    assert found.fewest_sites == sites
