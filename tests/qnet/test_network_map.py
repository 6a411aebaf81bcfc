"""Maps of networks: lengths on a sphere, what is drawn where, labels that can be read."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from matplotlib import pyplot

from protocols import swap_asap
from qnet import Link, ParameterError
from qnet.figures import MapFibre, MapNode, chain_map, network_map
from qnet.figures.labels import Labels
from qnet.network import great_circle_km
from qnet.states import werner

RADIUS_KM = 6371.0  # mean radius of the Earth


pytestmark = pytest.mark.usefixtures("without_a_screen")


def plane(name, x, y, role="node"):
    return MapNode(name=name, x_km=float(x), y_km=float(y), role=role)


def earth(name, latitude, longitude):
    return MapNode(name=name, latitude_deg=float(latitude), longitude_deg=float(longitude))


TRIANGLE = [plane("A", 0, 0, "end user"), plane("B", 30, 40, "trusted node"), plane("C", 60, 0)]


def lines(axes, kind):
    return {
        line.get_gid().removeprefix(kind).strip(): line
        for line in axes.lines
        if (line.get_gid() or "").startswith(kind)
    }


def texts(axes):
    return [text.get_text() for text in axes.texts]


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
    fibres = [MapFibre(left="A", right="B"), MapFibre(left="B", right="C", length_km=62.5)]
    axes = network_map(TRIANGLE, fibres)
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
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("x / km", "y / km")
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "end user",
        "trusted node",
    ]


def test_lengths_can_be_left_out():
    """Oracle: the names alone."""
    fibres = [MapFibre(left="A", right="B")]
    assert texts(network_map(TRIANGLE, fibres, lengths=False)) == ["A", "B", "C"]


def test_a_degree_of_longitude_is_as_short_as_it_is_there():
    """Oracle: at 60 degrees north a degree of longitude has half the length of one of latitude."""
    nodes = [earth("S", 58, 10), earth("N", 62, 11)]
    axes = network_map(nodes, [MapFibre(left="S", right="N")])
    assert axes.get_aspect() == pytest.approx(2.0)
    axes.figure.draw_without_rendering()
    corner, east, north = axes.transData.transform([(10, 60), (11, 60), (10, 61)])
    assert north[1] - corner[1] == pytest.approx(2.0 * (east[0] - corner[0]))
    assert texts(axes)[2] == f"{great_circle_km(58, 10, 62, 11):.0f} km"


@pytest.mark.parametrize("others", [(-179, 178), (179, -170, 175)])
def test_maps_are_cut_where_nothing_is(others):
    """Oracle: places on both sides of the date line lie as far apart as on the globe."""
    nodes = [earth("0", 10, 180), *(earth(str(k), 0, x) for k, x in enumerate(others, 1))]
    axes = network_map(nodes, [])
    drawn = [line.get_xdata()[0] for line in lines(axes, "node").values()]
    for (a, x), (b, y) in combinations(zip((180, *others), drawn, strict=True), 2):
        turn = abs(a - b) % 360
        assert abs(x - y) == pytest.approx(min(turn, 360 - turn))


def test_the_first_node_of_a_map_may_be_its_western_end():
    """Oracle: longitudes just west and east of Greenwich are a few degrees apart."""
    axes = network_map([earth("Dublin", 53.35, -6.15), earth("Athens", 37.97, 23.72)], [])
    west, east = (line.get_xdata()[0] for line in lines(axes, "node").values())
    assert (west, east) == (pytest.approx(-6.15), pytest.approx(23.72))


def widths(values):
    nodes = [plane(str(k), 40 * k, 30 * (k % 2)) for k in range(len(values) + 1)]
    fibres = [MapFibre(left=str(k), right=str(k + 1), value=v) for k, v in enumerate(values)]
    axes = network_map(nodes, fibres, value_label="key rate / bit/s")
    drawn = lines(axes, "fibre")
    return axes, [drawn[f"{k} {k + 1}"] for k in range(len(values))]


@pytest.mark.parametrize(
    ("values", "parts"),
    [((1.0, 2.0, 3.0), (0, 1 / 2, 1)), ((0.1, 10.0, 1e3, 1e5), (0, 1 / 3, 2 / 3, 1))],
)
def test_values_are_widths(values, parts):
    """Oracle: even steps, linear or by factors of 100."""
    _, drawn = widths(values)
    width = np.array([line.get_linewidth() for line in drawn])
    assert (width - width[0]) / (width[-1] - width[0]) == pytest.approx(parts)
    assert width[-1] > 3 * width[0] > 0


def test_widths_of_the_smallest_and_largest_numbers():
    """Oracle: powers of ten half-way between two others, the ratio of which is no float."""
    _, drawn = widths((1e-300, 1.0, 1e300))
    width = np.array([line.get_linewidth() for line in drawn])
    assert (width - width[0]) / (width[-1] - width[0]) == pytest.approx([0.0, 0.5, 1.0])


def test_names_are_texts_and_no_formulas():
    """Oracle: the names, which are no formulas that can be read."""
    names = [r"Ål $x^$ \frac{", "a_b $"]
    axes = network_map([plane(names[0], 0, 0), plane(names[1], 50, 20)], [])
    axes.figure.draw_without_rendering()
    assert [text.get_text() for text in axes.texts] == names


def test_nothing_is_dotted_and_not_known_is_plain():
    """Oracle: three kinds of values, three looks, and a legend of those with a number."""
    axes, drawn = widths((0.0, None, 26_542.0))
    assert [line.get_linestyle() for line in drawn] == [":", "-", "-"]
    assert drawn[1].get_color() != drawn[2].get_color()
    words = [text.get_text() for text in axes.get_legend().get_texts()]
    assert words == ["key rate / bit/s", "26,500", "0"]


def test_a_route_passes_its_nodes_in_order():
    """Oracle: the coordinates of the nodes, one after the other."""
    fibres = [MapFibre(left="A", right="B"), MapFibre(left="C", right="B")]
    axes = network_map(TRIANGLE, fibres, route=["A", "B", "C"])
    (band,) = (line for line in axes.lines if line.get_gid() == "route")
    assert band.get_xydata().tolist() == [[0, 0], [30, 40], [60, 0]]
    assert band.get_linewidth() > max(
        line.get_linewidth() for line in lines(axes, "fibre").values()
    )
    assert band.get_zorder() < min(line.get_zorder() for line in lines(axes, "fibre").values())
    assert "route" not in [line.get_gid() for line in network_map(TRIANGLE, fibres).lines]


def test_labels_cover_neither_each_other_nor_nodes():
    """Oracle: the boxes of all texts and markers as Matplotlib draws them, on a 4 x 4 grid."""
    nodes = [
        plane(f"node {r}{c}", 50 * c, 40 * r, "repeater station")
        for r in range(4)
        for c in range(4)
    ]
    fibres = [
        MapFibre(left=a.name, right=b.name)
        for a, b in combinations(nodes, 2)
        if abs(a.x_km - b.x_km) + abs(a.y_km - b.y_km) <= 50
    ]
    axes = network_map(nodes, fibres)
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
    near = [MapFibre(left=a, right=b) for a, b in combinations("ADEF", 2)]
    axes = network_map(nodes, [*near, MapFibre(left="A", right="B")])
    shown = texts(axes)
    assert set("ABCDEF") < set(shown)
    assert "50 km" in shown
    assert len([text for text in shown if text.startswith("0.")]) < len(near)


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
    assert axes.get_xlabel() == "place / km"


def test_given_axes_are_used():
    """Oracle: the axes given."""
    _, axes = pyplot.subplots()
    assert network_map(TRIANGLE, [], ax=axes) is axes


BAD_NODES = {
    "no place": ({"name": "A"}, "have latitude_deg and longitude_deg, or x_km and y_km"),
    "half a place": ({"name": "A", "x_km": 1.0}, "have latitude_deg and longitude_deg"),
    "two places": (
        {"name": "A", "x_km": 1.0, "y_km": 1.0, "latitude_deg": 1.0, "longitude_deg": 1.0},
        "have latitude_deg and longitude_deg",
    ),
    "no number": ({"name": "A", "x_km": math.nan, "y_km": 1.0}, "x_km must be a finite number"),
    "beyond the pole": (
        {"name": "A", "latitude_deg": 90.5, "longitude_deg": 0.0},
        r"latitude_deg must lie in \[-90, 90\]",
    ),
    "once around": (
        {"name": "A", "latitude_deg": 0.0, "longitude_deg": 181.0},
        r"longitude_deg must lie in \[-180, 180\]",
    ),
    "unknown role": (
        {"name": "A", "x_km": 1.0, "y_km": 1.0, "role": "end usr"},
        "did you mean 'end user'",
    ),
    "no name": ({"name": " ", "x_km": 1.0, "y_km": 1.0}, "name must be a text"),
}


@pytest.mark.parametrize(("fields", "words"), BAD_NODES.values(), ids=list(BAD_NODES))
def test_bad_nodes_are_refused(fields, words):
    """Oracle: the rules of a node, one broken at a time."""
    with pytest.raises(ParameterError, match=words):
        MapNode(**fields)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"right": "A"}, "join two different nodes"),
        ({"right": "B", "length_km": -1.0}, "length_km must not be negative"),
        ({"right": "B", "value": math.inf}, "value must be a finite number"),
    ],
)
def test_bad_fibres_are_refused(fields, words):
    """Oracle: the rules of a fibre, one broken at a time."""
    with pytest.raises(ParameterError, match=words):
        MapFibre(left="A", **fields)


AB = MapFibre(left="A", right="B")

BAD_MAPS = {
    "nothing": ([], [], (), "nodes must be one or more"),
    "same names": ([*TRIANGLE, plane("A", 1, 1)], [], (), "nodes must be there once each"),
    "two kinds": ([*TRIANGLE, earth("D", 1, 1)], [], (), "have places of one kind"),
    "unknown end": (TRIANGLE, [MapFibre(left="A", right="X")], (), "fibre must be one of"),
    "same fibres": (TRIANGLE, [AB, MapFibre(left="B", right="A")], (), "fibres must be there once"),
    "unknown stop": (TRIANGLE, [AB], ("A", "X"), "route must be one of"),
    "no way": (TRIANGLE, [AB], ("A", "B", "C"), "route must follow fibres"),
    "no route": (TRIANGLE, [AB], ("A",), "route must have two nodes or more"),
}


@pytest.mark.parametrize(
    ("nodes", "fibres", "route", "words"), BAD_MAPS.values(), ids=list(BAD_MAPS)
)
def test_bad_maps_are_refused(nodes, fibres, route, words):
    """Oracle: the rules of a map, one broken at a time."""
    with pytest.raises(ParameterError, match=words):
        network_map(nodes, fibres, route=route)
    assert not pyplot.get_fignums()


def test_chains_without_lengths_and_places_off_the_earth_are_refused():
    """Oracle: a length of zero; a latitude beyond the pole."""
    link = Link(success_probability=0.1, attempt_time_s=1e-3, state=werner(0.98))
    with pytest.raises(ParameterError, match="length_km must be positive"):
        chain_map(link)
    with pytest.raises(ParameterError, match="latitude_deg must lie in"):
        great_circle_km(0.0, 0.0, 91.0, 0.0)
