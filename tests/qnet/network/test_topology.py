"""Topologies: sites, fibres, lengths from places, edge lists and shapes."""

import math
from itertools import combinations

import pytest

from qnet import ParameterError
from qnet.hardware import Fibre
from qnet.network import (
    FibreSpan,
    Site,
    Topology,
    TrafficDemand,
    edge_list_topology,
    great_circle_km,
    shape_topology,
    traffic_demands,
)
from qnet.network.topologies.topology import distance_km

CITIES = {
    "Hannover": Site(name="Hannover", latitude_deg=52.37, longitude_deg=9.73),
    "Braunschweig": Site(name="Braunschweig", latitude_deg=52.26, longitude_deg=10.52),
}


def test_lengths_from_places_leave_given_ones_alone():
    """Oracle: the given length; the great circle times the factor."""
    sites = (*CITIES.values(), Site(name="Nowhere"), Site(name="Plane", x_km=0.0, y_km=0.0))
    spans = (
        FibreSpan(ends=("Hannover", "Braunschweig")),
        FibreSpan(ends=("Hannover", "Nowhere")),
        FibreSpan(ends=("Hannover", "Plane")),
        FibreSpan(ends=("Braunschweig", "Nowhere"), length_km=79.0),
    )
    found = Topology(sites=sites, spans=spans).with_lengths(1.2)
    straight = great_circle_km(52.37, 9.73, 52.26, 10.52)
    assert [span.length_km for span in found.spans] == [
        pytest.approx(1.2 * straight, rel=1e-12),
        None,
        None,
        79.0,
    ]
    assert found.assumptions == (
        "the lengths of 1 of 4 fibres are straight distances times 1.2, the route factor",
        "lengths that are not given need places of both ends: 2 of 4 have none",
    )


def test_nothing_is_said_where_nothing_is_assumed():
    """Oracle: all lengths are given."""
    found = edge_list_topology([["A", "S", 10.0], ["B", "S", 0]]).with_lengths(1.3)
    assert found.assumptions == ()
    assert [span.length_km for span in found.spans] == [10.0, 0.0]


def test_straight_distances():
    """Oracle: 5-12-13; none where a place is missing or of another kind."""
    plane, far = Site(name="A", x_km=1.0, y_km=1.0), Site(name="B", x_km=6.0, y_km=13.0)
    assert distance_km(plane, far) == 13.0
    assert distance_km(plane, Site(name="C", drawn_at=(0.0, 0.0))) is None
    assert distance_km(plane, CITIES["Hannover"]) is None


def test_edge_lists_name_nodes_in_their_order():
    """Oracle: by eye."""
    found = edge_list_topology([["A", "S", 10.0], ("B", "S"), ["C", "A", 3]])
    assert found.names == ["A", "S", "B", "C"]
    assert [(span.ends, span.length_km) for span in found.spans] == [
        (("A", "S"), 10.0),
        (("B", "S"), None),
        (("C", "A"), 3.0),
    ]
    assert found.length_km("S", "A") == 10.0
    with pytest.raises(ParameterError, match=r"route must follow edges \(got \('A', 'B'\)\)"):
        found.length_km("A", "B")


def test_parts_are_largest_first():
    """Oracle: by eye."""
    found = edge_list_topology([["X", "Y"], ["A", "B"], ["B", "C"]])
    assert found.parts == [["A", "B", "C"], ["X", "Y"]]


BAD_EDGES = {
    "no list": (
        "A-B",
        'topology.edges must be a list of edges (got \'A-B\'); write [["A", "B", 10.0]]',
    ),
    "nothing": ([], "topology.edges must have an edge or more (got []); list the edges"),
    "one name": (
        [["A"]],
        "topology.edges[0] must be two names and a length in km (got ['A']); "
        'write ["A", "B", 10.0]',
    ),
    "a number for a name": (
        [["A", "B"], [1, 2]],
        'topology.edges[1] must name its nodes by texts (got 1); write ["A", "B", 10.0]',
    ),
    "a text for a length": (
        [["A", "B", "10 km"]],
        "topology.edges[0] must be a finite number (got '10 km'); give zero or more",
    ),
    "negative": (
        [["A", "B", -1.0]],
        "topology.edges[0] must not be negative (got -1.0); give zero or more",
    ),
    "loop": (
        [["A", "A", 1.0]],
        "topology.edges[0] must join two different nodes (got 'A'); name another end",
    ),
    "twice": (
        [["A", "B"], ["B", "A"]],
        "edge.ends must be there once (got ('A', 'B')); draw "
        "parallel fibres as one edge with more memories",
    ),
}


@pytest.mark.parametrize(("edges", "message"), BAD_EDGES.values(), ids=list(BAD_EDGES))
def test_bad_edge_lists_are_refused(edges, message):
    """Oracle: the rules of an edge, one broken at a time."""
    with pytest.raises(ParameterError) as error:
        edge_list_topology(edges)
    assert str(error.value) == message


BAD_SITES = {
    "half a place": ({"x_km": 1.0}, "have latitude and longitude, or x_km and y_km, or neither"),
    "two places": (
        {"x_km": 1.0, "y_km": 1.0, "latitude_deg": 1.0, "longitude_deg": 1.0},
        "have latitude and longitude, or x_km and y_km, or neither",
    ),
    "no number": ({"x_km": math.nan, "y_km": 1.0}, "node.x_km must be a finite number"),
    "beyond the pole": (
        {"latitude_deg": 90.5, "longitude_deg": 0.0},
        r"node.latitude_deg must lie in \[-90, 90\] \(got 90.5\)",
    ),
    "once around": (
        {"latitude_deg": 0.0, "longitude_deg": 181.0},
        r"node.longitude_deg must lie in \[-180, 180\] \(got 181.0\)",
    ),
    "unknown kind": ({"kind": "usr"}, "did you mean 'user'"),
    "no name": ({"name": " "}, "node.name must be a text"),
    "no point": ({"drawn_at": (0.0, math.inf)}, "node.drawn_at must be a finite number"),
}


@pytest.mark.parametrize(("fields", "words"), BAD_SITES.values(), ids=list(BAD_SITES))
def test_bad_sites_are_refused(fields, words):
    """Oracle: the rules of a site, one broken at a time."""
    with pytest.raises(ParameterError, match=words):
        Site(**{"name": "A", **fields})


AB = (Site(name="A"), Site(name="B"))

BAD_TOPOLOGIES = {
    "nothing": ({"sites": ()}, "topology must have a node or more"),
    "same names": ({"sites": (*AB, AB[0])}, "node.name must be there once"),
    "unknown end": ({"spans": (FibreSpan(ends=("A", "C")),)}, "edge.ends must be one of 'A', 'B'"),
    "unknown demand": (
        {"traffic": (TrafficDemand(ends=("A", "C"), volume=1.0),)},
        "traffic.ends must be one of",
    ),
}


@pytest.mark.parametrize(("fields", "words"), BAD_TOPOLOGIES.values(), ids=list(BAD_TOPOLOGIES))
def test_bad_topologies_are_refused(fields, words):
    """Oracle: the rules of a topology, one broken at a time."""
    with pytest.raises(ParameterError, match=words):
        Topology(**{"sites": AB, "spans": (), **fields})


def test_traffic_is_shared_out_among_demands():
    """Oracle: 3 of 4 parts, and the rest; both directions are one demand."""
    traffic = [(("A", "B"), 1.0), (("B", "A"), 2.0), (("C", "A"), 1.0), (("B", "C"), 0.0)]
    topology = Topology(
        sites=tuple(Site(name=name) for name in "ABC"),
        spans=(),
        traffic=tuple(TrafficDemand(ends=ends, volume=volume) for ends, volume in traffic),
    )
    demands = traffic_demands(topology, 8.0, pairs=3, arrivals="regular")
    assert [(each.ends, each.rate_hz, each.pairs) for each in demands] == [
        (("A", "B"), 6.0, 3),
        (("C", "A"), 2.0, 3),
    ]
    with pytest.raises(ParameterError, match="topology must have a traffic matrix"):
        traffic_demands(edge_list_topology([["A", "B"]]), 1.0)


def test_bad_spans_and_demands_are_refused():
    """Oracle: three rules."""
    with pytest.raises(ParameterError, match="join two different nodes"):
        FibreSpan(ends=("A", "A"))
    with pytest.raises(ParameterError, match="length_km must not be negative"):
        FibreSpan(ends=("A", "B"), length_km=-1.0)
    with pytest.raises(ParameterError, match=r"traffic.volume must not be negative"):
        TrafficDemand(ends=("A", "B"), volume=-1.0)


#: Shape, keys, names of the nodes, and the edges without their direction.
SHAPED = {
    "line": ({"nodes": 3}, "1 2 3", "1-2 2-3"),
    "ring": ({"nodes": 4}, "1 2 3 4", "1-2 2-3 3-4 4-1"),
    "complete": ({"nodes": 4}, "1 2 3 4", "1-2 1-3 1-4 2-3 2-4 3-4"),
    "star": ({"leaves": 3}, "hub 1 2 3", "hub-1 hub-2 hub-3"),
    "grid": (
        {"rows": 2, "columns": 3},
        "1,1 1,2 1,3 2,1 2,2 2,3",
        "1,1-1,2 1,1-2,1 1,2-1,3 1,2-2,2 1,3-2,3 2,1-2,2 2,2-2,3",
    ),
}


@pytest.mark.parametrize(("shape", "case"), SHAPED.items())
def test_shapes_have_the_names_and_edges_that_they_should(shape, case):
    """Oracle: drawn by hand; places are so far apart as fibres are long, but in a complete one."""
    keys, names, edges = case
    found = shape_topology(shape, **keys, length_km=7.0)
    assert found.names == names.split()
    assert {frozenset(span.ends) for span in found.spans} == {
        frozenset(edge.split("-")) for edge in edges.split()
    }
    assert {span.length_km for span in found.spans} == {7.0}
    for span in found.spans:
        one, other = (found.sites[found.site_number[end]] for end in span.ends)
        straight = distance_km(one, other)
        assert straight is None if shape == "complete" else straight == pytest.approx(7.0)
    bare = shape_topology(shape, **keys)
    assert {span.length_km for span in bare.spans} == {None}
    assert all(site.drawn_at is not None and not site.has_place for site in bare.sites)


def test_a_random_shape_joins_all_that_are_near():
    """Oracle: all pairs, one by one; uniform places have their mean in the middle."""
    found = shape_topology(
        "random-geometric", nodes=80, side_km=100.0, reach_km=20.0, route_factor=1.5, seed=3
    )
    joined = {frozenset(span.ends): span.length_km for span in found.spans}
    for one, other in combinations(found.sites, 2):
        straight = math.dist((one.x_km, one.y_km), (other.x_km, other.y_km))
        length = joined.get(frozenset((one.name, other.name)))
        assert (length is not None) == (straight <= 20.0)
        assert length is None or length == pytest.approx(1.5 * straight)
    # The mean of 80 uniform numbers has a standard error of 100/sqrt(12 x 80) = 3.2.
    assert sum(site.x_km for site in found.sites) / 80 == pytest.approx(50.0, abs=5 * 3.2)
    again = shape_topology(
        "random-geometric", nodes=80, side_km=100.0, reach_km=20.0, route_factor=1.5, seed=3
    )
    assert again == found
    other = shape_topology("random-geometric", nodes=80, side_km=100.0, reach_km=20.0, seed=4)
    assert other.sites != found.sites


def test_a_random_shape_says_whether_it_is_connected():
    """Oracle: nodes that reach the whole square, and nodes that reach nothing."""
    wide = shape_topology("random-geometric", nodes=9, side_km=10.0, reach_km=15.0)
    assert len(wide.spans) == 36
    assert not any("connected" in said for said in wide.assumptions)
    narrow = shape_topology("random-geometric", nodes=9, side_km=10.0, reach_km=1e-6)
    assert narrow.assumptions[-1] == (
        "the random graph is not connected: it has 9 parts, the largest of 1 nodes"
    )


BAD_SHAPES = {
    "unknown": (
        {"shape": "start", "leaves": 3},
        "topology.shape must be one of 'complete', 'grid', "
        "'line', 'random-geometric', 'ring', 'star' (got 'start'); did you mean 'star'?",
    ),
    "missing": (
        {"shape": "star"},
        "topology.leaves must be given (got nothing); add leaves = 4 under [topology]",
    ),
    "of another": (
        {"shape": "star", "leaves": 3, "nodes": 4},
        "topology.nodes must be left out "
        "with shape = 'star' (got 4); remove it, or take another shape",
    ),
    "short ring": (
        {"shape": "ring", "nodes": 2},
        "topology.nodes must be at least 3 (got 2); give a whole number, 3 or more",
    ),
    "half": (
        {"shape": "line", "nodes": 2.5},
        "topology.nodes must be a whole number (got 2.5); give a whole number, 2 or more",
    ),
    "one cell": (
        {"shape": "grid", "rows": 1, "columns": 1},
        "topology.rows must make two nodes or more (got 1); add a row",
    ),
    "negative": (
        {"shape": "line", "nodes": 2, "length_km": -1.0},
        "topology.length_km must not be negative (got -1.0); give zero or more",
    ),
    "too large": (
        {"shape": "complete", "nodes": 400},
        "topology must have at most 50,000 edges (got 79800); take a smaller one",
    ),
    "no side": (
        {"shape": "random-geometric", "nodes": 4, "side_km": 0.0, "reach_km": 1.0},
        "topology.side_km must be positive (got 0.0); give a number above zero",
    ),
}


@pytest.mark.parametrize(("keys", "message"), BAD_SHAPES.values(), ids=list(BAD_SHAPES))
def test_bad_shapes_are_refused(keys, message):
    """Oracle: the rules of a shape, one broken at a time."""
    with pytest.raises(ParameterError) as error:
        shape_topology(**keys)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("length_km", "loss_db_per_km", "loss_db"),
    [(45.0, 0.3, 13.5), (12.0, 0.5, 6.0), (13.0, 0.5, 6.5)],
)
def test_losses_of_the_tokyo_network(length_km, loss_db_per_km, loss_db):
    """Oracle: km times dB/km of M. Sasaki et al., Opt. Express 19, 10387 (2011)."""
    fibre = Fibre(length_km=length_km, loss_db_per_km=loss_db_per_km)
    assert -10.0 * math.log10(fibre.transmission) == pytest.approx(loss_db, rel=1e-12)


@pytest.mark.parametrize(
    ("length_km", "loss_db_per_km", "key_hz"), [(85.0, 0.2417, 150797.3), (100.0, 0.2303, 85083.18)]
)
def test_key_rates_of_the_czech_reference_route(length_km, loss_db_per_km, key_hz):
    """Oracle: the published estimate R0 10^(-loss/10) of M. Mehic et al., IEEE Network (2025)."""
    fibre = Fibre(length_km=length_km, loss_db_per_km=loss_db_per_km)
    source_hz = 1e9 * 0.42 * 0.5 * 0.25 * 0.88 * 0.37
    assert source_hz * fibre.transmission == pytest.approx(key_hz, rel=1e-6)
