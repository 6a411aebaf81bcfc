"""Maps of networks: lengths on a sphere, what is drawn where, labels that can be read."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from matplotlib import pyplot

from protocols import swap_asap
from qnet import Link, ParameterError
from qnet.figures import chain_map, network_map
from qnet.figures.labels import Labels
from qnet.figures.map_places import map_places
from qnet.network import (
    FibreSpan,
    Site,
    Topology,
    edge_list_topology,
    great_circle_km,
    shape_topology,
)
from qnet.states import werner

RADIUS_KM = 6371.0  # mean radius of the Earth


pytestmark = pytest.mark.usefixtures("without_a_screen")


def plane(name, x, y, kind="node"):
    return Site(name=name, x_km=float(x), y_km=float(y), kind=kind)


def earth(name, latitude, longitude):
    return Site(name=name, latitude_deg=float(latitude), longitude_deg=float(longitude))


def joined(sites, *spans):
    """A topology of sites and fibres, each two names and perhaps a length."""
    fibres = tuple(FibreSpan(ends=each[:2], length_km=(*each, None)[2]) for each in spans)
    return Topology(sites=tuple(sites), spans=fibres)


TRIANGLE = (plane("A", 0, 0, "user"), plane("B", 30, 40, "trusted-node"), plane("C", 60, 0))


def lines(axes, kind):
    return {
        line.get_gid().removeprefix(kind).strip(): line
        for line in axes.lines
        if (line.get_gid() or "").startswith(kind)
    }


def texts(axes):
    return [text.get_text() for text in axes.texts]


def words(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


@pytest.mark.parametrize(
    ("ends", "part"),
    [
        ((0, 0, 90, 0), 1 / 4),  # a quarter of a meridian
        ((90, 0, -90, 77), 1 / 2),  # from pole to pole
        ((0, 10, 0, 11), 1 / 360),  # a degree of the equator
        ((0, 170, 0, -170), 20 / 360),  # across the date line
        ((80, 0, 80, 180), 20 / 360),  # over the pole, not along the parallel
        ((52.5, 13.4, 52.5, 13.4), 0),
    ],
)
def test_great_circles_of_known_length(ends, part):
    """Oracle: parts of the circumference 2 pi R."""
    expected = 2 * math.pi * RADIUS_KM * part
    assert great_circle_km(*ends) == pytest.approx(expected, rel=1e-12, abs=1e-9)


def test_great_circles_by_vectors():
    """Oracle: the angle between unit vectors, from their cross and dot product."""
    rng = np.random.default_rng(7)
    latitudes, longitudes = rng.uniform(-90, 90, (2, 200)), rng.uniform(-180, 180, (2, 200))

    def vectors(latitude, longitude):
        phi, theta = np.radians(longitude), np.radians(latitude)
        return np.array([np.cos(theta) * np.cos(phi), np.cos(theta) * np.sin(phi), np.sin(theta)])

    a, b = (vectors(*place).T for place in zip(latitudes, longitudes, strict=True))
    angle = np.arctan2(np.linalg.norm(np.cross(a, b), axis=1), np.sum(a * b, axis=1))
    found = [
        great_circle_km(float(s), float(w), float(n), float(e))
        for s, w, n, e in zip(latitudes[0], longitudes[0], latitudes[1], longitudes[1], strict=True)
    ]
    assert found == pytest.approx(RADIUS_KM * angle, rel=1e-9)


def test_everything_is_drawn_at_its_place():
    """Oracle: the coordinates given; 3-4-5 triangles for the lengths."""
    axes = network_map(joined(TRIANGLE, ("A", "B"), ("B", "C", 62.5)))
    drawn = lines(axes, "fibre")
    assert drawn["A B"].get_xydata().tolist() == [[0, 0], [30, 40]]
    assert drawn["B C"].get_xydata().tolist() == [[30, 40], [60, 0]]
    nodes = lines(axes, "node")
    assert {name: node.get_xydata()[0].tolist() for name, node in nodes.items()} == {
        "A": [0, 0],
        "B": [30, 40],
        "C": [60, 0],
    }
    assert len({node.get_marker() for node in nodes.values()}) == 3
    assert texts(axes) == ["A", "B", "C", "50 km", "62.5 km", "italics: straight distance"]
    styles = {text.get_text(): text.get_fontstyle() for text in axes.texts}
    assert (styles["50 km"], styles["62.5 km"]) == ("italic", "normal")
    assert axes.get_aspect() == 1.0
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("x (km)", "y (km)")
    assert words(axes) == ["user", "trusted node"]


def test_lengths_can_be_left_out():
    """Oracle: the names alone."""
    assert texts(network_map(joined(TRIANGLE, ("A", "B")), lengths=False)) == ["A", "B", "C"]


def test_a_degree_of_longitude_is_as_short_as_it_is_there():
    """Oracle: at 60 degrees north a degree of longitude has half the length of one of latitude."""
    axes = network_map(joined([earth("S", 58, 10), earth("N", 62, 11)], ("S", "N")))
    assert axes.get_aspect() == pytest.approx(2.0)
    axes.figure.draw_without_rendering()
    corner, east, north = axes.transData.transform([(10, 60), (11, 60), (10, 61)])
    assert north[1] - corner[1] == pytest.approx(2.0 * (east[0] - corner[0]))
    assert texts(axes)[2] == f"{great_circle_km(58, 10, 62, 11):.0f} km"


@pytest.mark.parametrize("others", [(-179, 178), (179, -170, 175)])
def test_maps_are_cut_where_nothing_is(others):
    """Oracle: places on both sides of the date line lie as far apart as on the globe."""
    nodes = [earth("0", 10, 180), *(earth(str(k), 0, x) for k, x in enumerate(others, 1))]
    drawn = [line.get_xdata()[0] for line in lines(network_map(joined(nodes)), "node").values()]
    for (a, x), (b, y) in combinations(zip((180, *others), drawn, strict=True), 2):
        turn = abs(a - b) % 360
        assert abs(x - y) == pytest.approx(min(turn, 360 - turn))


def test_the_first_node_of_a_map_may_be_its_western_end():
    """Oracle: longitudes just west and east of Greenwich are a few degrees apart."""
    axes = network_map(joined([earth("Dublin", 53.35, -6.15), earth("Athens", 37.97, 23.72)]))
    west, east = (line.get_xdata()[0] for line in lines(axes, "node").values())
    assert (west, east) == (pytest.approx(-6.15), pytest.approx(23.72))


def zigzag(numbers, **how):
    """A chain on a plane with a number for each fibre that has one; axes and fibres."""
    sites = [plane(str(k), 40 * k, 30 * (k % 2)) for k in range(len(numbers) + 1)]
    ends = [(str(k), str(k + 1)) for k in range(len(numbers))]
    known = {pair: number for pair, number in zip(ends, numbers, strict=True) if number is not None}
    kind = "loads" if how.pop("loads", False) else "values"
    axes = network_map(joined(sites, *ends), **{kind: known}, **how)
    drawn = lines(axes, "fibre")
    return axes, [drawn[" ".join(pair)] for pair in ends]


@pytest.mark.parametrize(
    ("values", "parts"),
    [
        ((0.5, 1.0, 5.5, 10.0), (0, 1 / 19, 10 / 19, 1)),
        ((0.1, 10.0, 1e3, 1e5), (0, 1 / 3, 2 / 3, 1)),
    ],
)
def test_values_are_widths(values, parts):
    """Oracle: even steps, linear or by factors of 100."""
    _, drawn = zigzag(values)
    width = np.array([line.get_linewidth() for line in drawn])
    assert (width - width[0]) / (width[-1] - width[0]) == pytest.approx(parts)
    assert width[-1] > 3 * width[0] > 0


def test_values_that_are_nearly_alike_look_alike():
    """Oracle: 4 % less is at most 4 % less wide."""
    _, (one, other) = zigzag((96.0, 100.0))
    assert 0.96 <= one.get_linewidth() / other.get_linewidth() < 1.0


def test_widths_of_the_smallest_and_largest_numbers():
    """Oracle: powers of ten half-way between two others, the ratio of which is no float."""
    _, drawn = zigzag((1e-300, 1.0, 1e300))
    width = np.array([line.get_linewidth() for line in drawn])
    assert (width - width[0]) / (width[-1] - width[0]) == pytest.approx([0.0, 0.5, 1.0])


def test_names_are_texts_and_no_formulas():
    """Oracle: the names, which are no formulas that can be read."""
    names = [r"Ål $x^$ \frac{", "a_b $"]
    axes = network_map(joined([plane(names[0], 0, 0), plane(names[1], 50, 20)]))
    axes.figure.draw_without_rendering()
    assert [text.get_text() for text in axes.texts] == names


def test_nothing_is_dotted_and_not_known_is_plain():
    """Oracle: three kinds of values, three looks, and a legend of those with a number."""
    axes, drawn = zigzag((0.0, None, 26_542.0), value_label="key rate / bit/s")
    assert [line.get_linestyle() for line in drawn] == [":", "-", "-"]
    assert drawn[1].get_color() != drawn[2].get_color()
    assert words(axes) == ["key rate / bit/s", "26,500", "0"]


def lightness(line):
    """Of a line's colour, in grey print."""
    from matplotlib.colors import to_rgb

    return float(np.dot(to_rgb(line.get_color()), [0.299, 0.587, 0.114]))


def test_loads_are_colours_and_widths():
    """Oracle: fuller is thicker, and darker in grey print; the legend shows quarters."""
    axes, drawn = zigzag((0.0, 0.3, 0.6, 0.8, 1.0), loads=True, load_label="use of memories")
    width = [line.get_linewidth() for line in drawn]
    assert np.diff(width) / (width[-1] - width[0]) == pytest.approx([0.3, 0.3, 0.2, 0.2])
    dark = [lightness(line) for line in drawn]
    assert dark == sorted(dark, reverse=True)
    assert len(set(dark)) == 5
    assert words(axes) == ["use of memories", "0 %", "25 %", "50 %", "75 %", "100 %"]


def test_widths_are_of_values_where_loads_are_there_too():
    """Oracle: the colours of loads alone, the widths of values alone."""
    fibres = joined(TRIANGLE, ("A", "B"), ("B", "C"))
    values, loads = {("B", "A"): 5.0, ("B", "C"): 1.0}, {("A", "B"): 0.1, ("C", "B"): 0.9}
    both = lines(network_map(fibres, values=values, loads=loads), "fibre")
    one = lines(network_map(fibres, values=values), "fibre")
    other = lines(network_map(fibres, loads=loads), "fibre")
    for name, line in both.items():
        assert line.get_linewidth() == one[name].get_linewidth()
        assert line.get_color() == other[name].get_color()


def test_routes_pass_their_nodes_in_order():
    """Oracle: the coordinates of the nodes; the first is the narrowest, and seen on the others."""
    fibres = joined(TRIANGLE, ("A", "B"), ("C", "B"), ("A", "C"))
    axes = network_map(fibres, routes=[["A", "B", "C"], ["A", "C"]], route_labels=["best", "next"])
    first, second = lines(axes, "route").values()
    if axes.lines.index(first) < axes.lines.index(second):
        first, second = second, first
    assert first.get_xydata().tolist() == [[0, 0], [30, 40], [60, 0]]
    assert second.get_xydata().tolist() == [[0, 0], [60, 0]]
    assert second.get_linewidth() > first.get_linewidth()
    widest = max(line.get_linewidth() for line in lines(axes, "fibre").values())
    assert first.get_linewidth() > widest
    assert first.get_zorder() < min(line.get_zorder() for line in lines(axes, "fibre").values())
    assert words(axes)[2:] == ["best", "next"]
    assert lines(network_map(fibres), "route") == {}


def test_routes_of_the_same_ends_are_numbered():
    """Oracle: by eye."""
    fibres = joined(TRIANGLE, ("A", "B"), ("C", "B"), ("A", "C"))
    axes = network_map(fibres, routes=[["A", "B", "C"], ["A", "C"], ["A", "B"]])
    assert words(axes)[2:] == ["A to C, 1", "A to C, 2", "A to B"]


def test_labels_cover_neither_each_other_nor_nodes():
    """Oracle: the boxes of all texts and markers as Matplotlib draws them, on a 4 x 4 grid."""
    nodes = [plane(f"node {r}{c}", 50 * c, 40 * r, "repeater") for r in range(4) for c in range(4)]
    fibres = [
        (a.name, b.name)
        for a, b in combinations(nodes, 2)
        if abs(a.x_km - b.x_km) + abs(a.y_km - b.y_km) <= 50
    ]
    axes = network_map(joined(nodes, *fibres))
    assert len(axes.texts) == 16 + 24 + 1
    boxes = [text.get_window_extent() for text in axes.texts]
    for a, b in combinations(boxes, 2):
        assert not a.overlaps(b)
    pixels = axes.transData.transform([(node.x_km, node.y_km) for node in nodes])
    for box in boxes:
        assert not any(box.contains(*pixel) for pixel in pixels)


def test_a_length_without_room_is_left_out():
    """Oracle: a fibre of a hundredth of the map is shorter than any text."""
    nodes = [*TRIANGLE, plane("D", 0.5, 0), plane("E", 0, 0.5), plane("F", 0.5, 0.5)]
    near = list(combinations("ADEF", 2))
    shown = texts(network_map(joined(nodes, *near, ("A", "B"))))
    assert set("ABCDEF") < set(shown)
    assert "50 km" in shown
    assert len([text for text in shown if text.startswith("0.")]) < len(near)


def test_maps_without_places_have_no_scale():
    """Oracle: given lengths are written, and no distance on the map is called one."""
    axes = network_map(edge_list_topology([["A", "S", 10.0], ["S", "B"]]))
    assert texts(axes) == ["A", "S", "B", "10 km"]
    assert axes.get_xlabel() == "without a scale"
    assert list(axes.get_xticks()) == []


@pytest.mark.parametrize(
    "shape",
    [{"shape": "line", "nodes": 6}, {"shape": "ring", "nodes": 8}, {"shape": "star", "leaves": 5}],
    ids=lambda shape: shape["shape"],
)
def test_a_layout_finds_the_shape_again(shape):
    """Oracle: distances of a line are hops; in a ring and a star all fibres are equally long."""
    names = [span.ends for span in shape_topology(**shape).spans]
    places = map_places(edge_list_topology([list(ends) for ends in names]))
    assert places.laid_out == tuple(places)
    lengths = [math.dist(places[a], places[b]) for a, b in names]
    assert lengths == pytest.approx([np.mean(lengths)] * len(lengths), rel=0.02)
    if shape["shape"] == "line":
        assert math.dist(places["1"], places["6"]) == pytest.approx(5.0, rel=0.02)
    nearest = min(math.dist(places[a], places[b]) for a, b in combinations(places, 2))
    assert nearest > 0.3 * min(lengths)


def test_sites_without_a_place_go_beside_their_neighbours():
    """Oracle: given places stay; leaves of one site lie apart, one fibre from it."""
    sites = [plane("A", 0, 0), plane("B", 100, 0), Site(name="c"), Site(name="d")]
    places = map_places(joined(sites, ("A", "B"), ("B", "c"), ("B", "d")))
    assert (places["A"], places["B"], places.unit) == ((0.0, 0.0), (100.0, 0.0), "km")
    assert places.laid_out == ("c", "d")
    for name in "cd":
        assert 60.0 < math.dist(places["B"], places[name]) < 140.0
        assert math.dist(places["A"], places[name]) > 120.0
    assert math.dist(places["c"], places["d"]) > 60.0


def test_places_that_are_not_known_are_said():
    """Oracle: at 60 degrees north a degree of longitude counts half; one name is in italics."""
    sites = [earth("A", 60, 0), earth("B", 60, 2), Site(name="c")]
    axes = network_map(joined(sites, ("A", "B"), ("B", "c", 70.0)))
    styles = {text.get_text(): text.get_fontstyle() for text in axes.texts}
    assert (styles["A"], styles["c"]) == ("normal", "italic")
    assert "italics: straight distance, place not known" in styles
    places = map_places(joined(sites, ("A", "B"), ("B", "c", 70.0)))
    east, north = np.subtract(places["c"], places["B"])
    assert math.hypot(east / 2, north) == pytest.approx(1.0, rel=0.1)


def test_layouts_of_parts_and_single_sites():
    """Oracle: every site has a finite place of its own."""
    for sites, spans in (("A", []), ("AB", []), ("ABCD", [("A", "B"), ("C", "D")])):
        places = map_places(joined([Site(name=name) for name in sites], *spans))
        assert np.isfinite(list(places.values())).all()
        assert len(set(places.values())) == len(sites)


def test_labels_avoid_lines():
    """Oracle: of two free places, left and right, a line passes through the right one."""
    axes = pyplot.figure().add_axes((0, 0, 1, 1))
    axes.set(xlim=(-1, 1), ylim=(-1, 1))
    line = np.array([[[0.0, 0.0], [1.0, 0.0]]])
    labels = Labels(axes, np.zeros((1, 2)), line)
    note = labels.put("word", (0.0, 0.0), [(8, 0), (-8, 0)])
    assert note.get_position()[0] < 0
    free = Labels(axes, np.zeros((1, 2)), line[:0]).put("word", (0.0, 0.0), [(8, 0), (-8, 0)])
    assert free.get_position()[0] > 0


def test_the_chain_of_a_plan():
    """Oracle: running sums of the lengths."""
    spans = (62.5, 20.0, 80.0)
    links = [
        Link(success_probability=0.1, attempt_time_s=1e-3, state=werner(0.98), length_km=span)
        for span in spans
    ]
    axes = chain_map(swap_asap(links))
    drawn = {name: line.get_xdata()[0] for name, line in lines(axes, "node").items()}
    assert drawn == {"Alice": 0.0, "station 1": 62.5, "station 2": 82.5, "Bob": 162.5}
    assert texts(axes)[4:] == ["62.5 km", "20 km", "80 km"]
    assert axes.get_xlabel() == "place (km)"


def test_given_axes_are_used():
    """Oracle: the axes given."""
    _, axes = pyplot.subplots()
    assert network_map(joined(TRIANGLE), ax=axes) is axes


AB = joined(TRIANGLE, ("A", "B"))
MANY = Topology(sites=tuple(Site(name=str(k)) for k in range(1001)), spans=())

BAD_MAPS = {
    "two kinds": (joined([*TRIANGLE, earth("D", 1, 1)]), {}, "nodes must have places of one kind"),
    "too many": (MANY, {}, "map must have at most 1,000 nodes"),
    "unknown stop": (AB, {"routes": [("A", "X")]}, "routes must pass nodes that are there"),
    "no way": (AB, {"routes": [("A", "B", "C")]}, "routes must follow fibres"),
    "no route": (AB, {"routes": [("A",)]}, "routes must have two nodes or more each"),
    "no words": (AB, {"routes": [("A", "B")], "route_labels": "ab"}, "route_labels must be one"),
    "no fibre": (AB, {"values": {("A", "C"): 1.0}}, "values must belong to fibres"),
    "negative": (AB, {"values": {("A", "B"): -1.0}}, "values must not be negative"),
    "endless": (AB, {"values": {("A", "B"): math.inf}}, "values must be a finite number"),
    "overfull": (AB, {"loads": {("B", "A"): 1.2}}, "loads must be shares of at most 1"),
}


@pytest.mark.parametrize(("topology", "how", "rule"), BAD_MAPS.values(), ids=list(BAD_MAPS))
def test_bad_maps_are_refused(topology, how, rule):
    """Oracle: the rules of a map, one broken at a time."""
    with pytest.raises(ParameterError, match=rule):
        network_map(topology, **how)
    assert not pyplot.get_fignums()


def test_chains_without_lengths_and_places_off_the_earth_are_refused():
    """Oracle: a length of zero; a latitude beyond the pole."""
    link = Link(success_probability=0.1, attempt_time_s=1e-3, state=werner(0.98))
    with pytest.raises(ParameterError, match="length_km must be positive"):
        chain_map(link)
    with pytest.raises(ParameterError, match="latitude_deg must lie in"):
        great_circle_km(0.0, 0.0, 91.0, 0.0)
