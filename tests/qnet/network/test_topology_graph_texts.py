"""GML and GeoJSON: what both formats give, and what malformed files are refused with."""

import json

import pytest

from qnet import ParameterError
from qnet.network import parse_topology

GML = """
Creator "by hand" # the letter " in a comment opens nothing
Version 1
graph [
  directed 0
  node [ id 0 label "A'dam 1" Latitude 52.37 Longitude 4.90 population 741636 graphics [ x 1 y 2 ] ]
  node [
    id 1
    label "K&#246;ln"
    Latitude 50.94
    Longitude 6.96
  ]
  node [ id 5 ]
  edge [ source 0 target 1 length 250.5 ]
  edge [ source 1 target 5 cls "Core
 ring" ]
]
"""


def point(name, east, north, **properties):
    """A site of GeoJSON."""
    return {
        "type": "Feature",
        "properties": {"name": name, **properties},
        "geometry": {"type": "Point", "coordinates": [east, north]},
    }


def line(*places, **properties):
    """A fibre of GeoJSON."""
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "LineString", "coordinates": [list(place) for place in places]},
    }


def geojson(*features):
    """The text of a collection."""
    return json.dumps({"type": "FeatureCollection", "features": list(features)})


A, B = point("A", 9.8, 52.39, population=535061), point("B", 8.8, 53.08)


def test_gml():
    """Oracle: the text by eye."""
    found = parse_topology(GML, route_factor=None)
    assert found.names == ["A'dam 1", "Köln", "5"]
    assert (found.sites[0].latitude_deg, found.sites[0].longitude_deg) == (52.37, 4.9)
    assert [site.population for site in found.sites] == [741636.0, None, None]
    assert [(span.ends, span.length_km) for span in found.spans] == [
        (("A'dam 1", "Köln"), 250.5),
        (("Köln", "5"), None),
    ]


def test_geojson():
    """Oracle: the features by eye; a line leads to the points at its ends, or to those it names."""
    text = geojson(
        A,
        B,
        point("C", 10.08, 53.55),
        line((9.8, 52.39), (9.0, 52.9), (8.8, 53.08)),
        line((0.0, 0.0), (1.0, 1.0), **{"from": "A", "to": "C", "length_km": 170}),
        {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": []}},
        {"type": "Feature", "properties": None, "geometry": None},
    )
    found = parse_topology(text, route_factor=None)
    assert found.names == ["A", "B", "C"]
    assert found.sites[0].population == 535061.0
    assert (found.sites[1].latitude_deg, found.sites[1].longitude_deg) == (53.08, 8.8)
    assert [(span.ends, span.length_km) for span in found.spans] == [
        (("A", "B"), None),
        (("A", "C"), 170.0),
    ]
    assert found.assumptions == ("1 features that are no points or lines were left out",)


def test_lengths_from_places_and_route_factor():
    # Oracle: the great circle of both points, as other formats have it.
    text = geojson(A, B, line((9.8, 52.39), (8.8, 53.08)))
    sndlib = "NODES ( A ( 9.80 52.39 ) B ( 8.80 53.08 ) )\nLINKS ( L ( A B ) 0 0 0 0 ( ) )"
    one, other = (parse_topology(each, route_factor=1.25) for each in (text, sndlib))
    assert one.spans[0].length_km == pytest.approx(other.spans[0].length_km)


MALFORMED = {
    "gml open": (
        "graph [ node [ id 0 ]",
        "topology.file, its end, must close every list (got 'nothing'); write ]",
    ),
    "gml closed twice": (
        "graph [ node [ id 0 ] ] ]",
        "topology.file, line 1, must close a list that is open (got ']'); mend it",
    ),
    "gml without id": (
        'graph [\nnode [ label "A" ]\n]',
        "topology.file, line 2, must have the key 'id' (got 'nothing'); write id ...",
    ),
    "gml id twice": (
        "graph [\nnode [ id 0 ]\nnode [ id 0 ]\n]",
        "topology.file, line 3, must have an id of its own (got '0'); rename one of them",
    ),
    "gml edge to nowhere": (
        "graph [ node [ id 0 ]\nedge [ source 0 target 7 ] ]",
        "topology.file, line 2, must name nodes of the file (got '7'); add the node, or mend its "
        "name",
    ),
    "gml negative length": (
        "graph [ node [ id 0 ] node [ id 1 ]\nedge [ source 0 target 1 length -2 ] ]",
        "topology.file, line 2, must have no negative length (got -2.0); mend its length",
    ),
    "gml half a place": (
        "graph [ node [ id 0 Latitude 50 ] ]",
        "topology.file, line 1, must have latitude and longitude (got '50'); give both, or neither",
    ),
    "gml open text": (
        'graph [ node [ id 0 label "A ] ]',
        "topology.file, line 1, must close its quotation marks (got 'graph [ node [ id 0 label "
        '"A ] ]\'); write "',
    ),
    "gml graph in a list": (
        "a [\ngraph [ node [ id 0 ] ]\n]",
        "topology.file, line 1, must have a graph outside other lists (got 'none'); write graph [ "
        "... ]",
    ),
    "gml no nodes": (
        "graph [ ]",
        "topology.file, line 1, must have a node or more (got 0); add its nodes",
    ),
    "geojson without points": (
        geojson(line((1, 2), (3, 4))),
        "topology.file, features, must have a Point or more (got 0); add the sites as points",
    ),
    "geojson nameless": (
        geojson({**A, "properties": {}}),
        "topology.file, features[0], must have a name (got 'nothing'); write \"properties\": "
        '{"name": "A"}',
    ),
    "geojson twice": (
        geojson(A, A),
        "topology.file, features[1], must have a name of its own (got 'A'); rename one of them",
    ),
    "geojson off the Earth": (
        geojson(point("A", 9.0, 95.0)),
        "topology.file, features[0].geometry.coordinates, must lie on the Earth (got (9.0, 95.0)); "
        "write [longitude, latitude] in degrees",
    ),
    "geojson in words": (
        geojson(point("A", "9 E", 50.0)),
        "topology.file, features[0].geometry.coordinates, must be numbers (got '9 E'); write "
        "[longitude, latitude] in degrees",
    ),
    "geojson line to nowhere": (
        geojson(A, B, line((9.8, 52.39), (8.9, 53.08))),
        "topology.file, features[2], must have a site at the last position (got [8.9, 53.08]); the "
        "nearest, 'B', is 6.68 km away: add a point there",
    ),
    "geojson negative length": (
        geojson(A, B, line((9.8, 52.39), (8.8, 53.08), length_km=-1)),
        "topology.file, features[2].properties.length_km, must be a length (got -1); give a length "
        "in km, zero or more",
    ),
    "geojson no features": (
        '{"type": "FeatureCollection"}',
        'topology.file, features, must be a list (got None); write "features": [...]',
    ),
}


@pytest.mark.parametrize(("text", "message"), MALFORMED.values(), ids=list(MALFORMED))
def test_malformed_files_are_refused(text, message):
    """Oracle: the rule that each breaks, and where, by eye."""
    with pytest.raises(ParameterError) as error:
        parse_topology(text)
    assert str(error.value) == message
