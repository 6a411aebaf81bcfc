"""Files of topologies: what each format gives, and what was assumed; malformed ones are refused."""

import math

import pytest

from qnet import ParameterError
from qnet.network import great_circle_km, parse_topology, read_topology
from tests.qnet.network.topology_texts import (
    GRAPHML,
    MINUTES,
    SEQUENCE,
    SNDLIB,
    YED,
    published,
)

#: Nodes, edges without parallel ones, and demands, counted with grep and sort in the files.
SIZES = {
    "nobel-germany.txt": (17, 26, 121),
    "nobel-eu.txt": (28, 41, 378),
    "Surfnet.graphml": (50, 68, 0),
    "Dfn.graphml": (58, 87, 0),
}


def spans(topology):
    return {span.ends: span.length_km for span in topology.spans}


def test_sndlib_networks():
    """Oracle: the text by eye; an arc along the great circle, by the law of cosines."""
    found = parse_topology(SNDLIB, route_factor=1.25)
    assert found.names == ["Hannover", "Bremen", "Hamburg", "Berlin"]
    assert found.sites[1].latitude_deg == 53.08
    assert found.sites[1].longitude_deg == 8.80
    assert list(spans(found)) == [
        ("Hannover", "Bremen"),
        ("Bremen", "Hamburg"),
        ("Hamburg", "Berlin"),
        ("Berlin", "Hannover"),
    ]
    south, north, turn = map(math.radians, (52.39, 53.08, 1.0))
    arc = math.acos(
        math.sin(south) * math.sin(north) + math.cos(south) * math.cos(north) * math.cos(turn)
    )
    assert found.length_km("Bremen", "Hannover") == pytest.approx(1.25 * 6371.0 * arc, rel=1e-9)
    assert [demand.volume for demand in found.traffic] == [4.0, 2.0, 6.0]
    assert found.traffic_rates(0.5) == {
        ("Hannover", "Hamburg"): pytest.approx(0.25),
        ("Bremen", "Berlin"): pytest.approx(0.25),
    }
    assert found.assumptions == (
        "coordinates are read as decimal degrees: 9.80 cannot be degrees and minutes",
        "the length of every fibre is the straight distance of its ends times 1.25, the route "
        "factor",
    )


def test_degrees_and_minutes_are_told_by_the_data():
    """Oracle: capitals lie where they lie; 37.58 is 37 degrees and 58 minutes."""
    found = parse_topology(MINUTES)
    athens, dublin, london = found.sites[:3]
    assert athens.latitude_deg == pytest.approx(37 + 58 / 60)
    assert dublin.longitude_deg == pytest.approx(-(6 + 15 / 60))
    assert london.longitude_deg == pytest.approx(-7 / 60)  # west, though -0 is 0
    assert "none of 16 fractions is .60 or more" in found.assumptions[0]
    # London (51.507 N 0.128 W) to Dublin (53.350 N 6.260 W) is 463 km.
    assert found.spans[0].length_km == pytest.approx(463.0, abs=3.0)


@pytest.mark.parametrize(
    ("coordinates", "latitude"), [("decimal", 37.58), ("degrees.minutes", 37 + 58 / 60)]
)
def test_how_coordinates_are_written_can_be_said(coordinates, latitude):
    """Oracle: the two readings of 37.58."""
    found = parse_topology(MINUTES, coordinates=coordinates)
    assert found.sites[0].latitude_deg == pytest.approx(latitude)
    assert found.assumptions[0] == f"coordinates are read as {coordinates}, as was said"


def test_few_fractions_prove_nothing():
    """Oracle: six fractions below .60 are all so in decimal degrees with probability 0.6^6, 5 %."""
    few = "NODES ( A ( 9.10 52.20 ) B ( 8.30 53.08 ) C ( 10.08 53.55 ) )"
    found = parse_topology(few)
    assert found.sites[2].latitude_deg == 53.55
    assert "so few may all be below it" in found.assumptions[0]


@pytest.mark.parametrize(
    ("nodes", "words"),
    [
        ("A ( 285.00 125.00 ) B ( 300.00 20.00 )", "beyond those of the Earth"),
        ("A ( 0.00 0.00 ) B ( 0.00 0.00 )", "all the same"),
    ],
)
def test_points_of_a_drawing_are_no_places(nodes, words):
    """Oracle: no longitude is 285, and two cities do not lie in one point."""
    found = parse_topology(f"NODES ( {nodes} )\nLINKS ( L ( A B ) 0 0 0 0 ( ) )")
    assert not any(site.has_place for site in found.sites)
    assert found.spans[0].length_km is None
    assert words in found.assumptions[0]
    assert found.assumptions[1].endswith("need places of both ends: no fibre has a length")


def test_graphml_of_the_topology_zoo():
    """Oracle: the text by eye; a degree of the equator."""
    found = parse_topology(GRAPHML)
    assert found.names == ["West", "East", "None", "East (2)"]
    degree = great_circle_km(0.0, 10.0, 0.0, 11.0)
    assert spans(found) == {
        ("West", "East"): pytest.approx(degree),
        ("East", "None"): None,
        ("East (2)", "East"): 200.5,
    }
    told = " / ".join(found.assumptions)
    for words in (
        "1 of 4 nodes have no place",
        "edges of the file that join the same nodes are one edge, as long as the shortest: 1 were",
        "several nodes of the file have the name 'East'",
        "need places of both ends: 1 of 3 have none",
        "the lengths of 1 of 3 fibres are straight distances times 1,",
    ):
        assert words in told


def test_graphml_of_the_editor_yed():
    """Oracle: the text by eye; the editor's vertical axis points down."""
    found = parse_topology(YED)
    assert found.names == ["Den Haag", "Delft", "n2"]
    assert [site.drawn_at for site in found.sites] == [(300.0, 20.0), (310.0, -80.0), None]
    assert set(spans(found).values()) == {None}


def test_the_first_of_several_graphs_is_read_and_said():
    """Oracle: the text by eye."""
    two = GRAPHML.replace("</graphml>", '<graph><node id="x"/></graph></graphml>')
    found = parse_topology(two)
    assert len(found.sites) == 4
    assert "2 graphs, of which the first was read" in found.assumptions[0]


def test_topologies_of_sequence():
    """Oracle: the text by eye; metres are km over a thousand."""
    found = parse_topology(SEQUENCE)
    assert found.names == ["r0", "r1", "r2", "alice"]
    assert spans(found) == {("r1", "r2"): 20.0, ("alice", "r2"): 3.0, ("r0", "r1"): 4.0}
    assert found.assumptions == (
        "memories, gates and losses of the file are not read, but its fibres",
    )


def test_numbered_names_do_not_meet_others():
    """Oracle: by eye; a node has already the name that the second one would get."""
    node = '<node id="{}"><data key="d33">{}</data></node>'
    names = ["A", "A (2)", "A", "A"]
    text = "".join(node.format(k, name) for k, name in enumerate(names))
    key = '<key attr.name="label" for="node" id="d33"/>'
    found = parse_topology(f"<graphml>{key}<graph>{text}</graph></graphml>")
    assert found.names == ["A", "A (2)", "A (3)", "A (4)"]


@pytest.mark.parametrize("name", SIZES)
def test_published_files(name):
    """Oracle: lines counted in the files by other programs."""
    found = read_topology(published(name), route_factor=1.2)
    assert (len(found.sites), len(found.spans), len(found.traffic)) == SIZES[name]
    assert found.assumptions


def test_a_file_may_begin_with_a_mark_of_its_encoding(tmp_path):
    """Oracle: the same text without it."""
    path = tmp_path / "with.txt"
    path.write_bytes(b"\xef\xbb\xbf" + SNDLIB.encode())
    assert read_topology(path) == parse_topology(SNDLIB)


LAUGHS = (
    '<?xml version="1.0"?>\n<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>\n'
    "<graphml><graph><node id='&b;'/></graph></graphml>"
)
SECRET = '<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]><graphml>&x;</graphml>'

#: Text of the file, and the whole message.
MALFORMED = {
    "empty": (
        "",
        "topology.file must have a known format: GraphML, SNDlib's native format, GML, GeoJSON, "
        "SeQUeNCe's JSON (got ''); convert it",
    ),
    "prose": (
        "Dear colleague,\nplease find",
        "topology.file must have a known format: GraphML, "
        "SNDlib's native format, GML, GeoJSON, SeQUeNCe's JSON "
        "(got 'Dear colleague, please find'); convert it",
    ),
    "entities": (
        LAUGHS,
        "topology.file, line 2, must have no document type or entities (got "
        "'<!DOCTYPE'); remove it: entities are not read from files of others",
    ),
    "a file of another": (
        SECRET,
        "topology.file, line 1, must have no document type or entities "
        "(got '<!DOCTYPE'); remove it: entities are not read from files of others",
    ),
    "unclosed XML": (
        "<graphml>\n<graph>",
        "topology.file, line 2, must be well-formed XML (got 'no element found'); mend it",
    ),
    "unknown entity": (
        "<graphml>&nbsp;</graphml>",
        "topology.file, line 1, must be well-formed XML (got 'undefined entity'); mend it",
    ),
    "deep XML": (
        "<graphml>" + "<a>" * 100 + "</a>" * 100 + "</graphml>",
        "topology.file, line 1, "
        "must have at most 500,000 elements, 60 within each other (got 'a'); simplify the "
        "file",
    ),
    "another XML": (
        "<html></html>",
        "topology.file, line 1 (<html>), must be GraphML (got 'html'); "
        "its root element is <graphml>",
    ),
    "no graph": (
        "<graphml></graphml>",
        "topology.file, line 1 (<graphml>), must have a graph (got "
        "'no <graph>'); add <graph> with its nodes",
    ),
    "no node": (
        "<graphml><graph/></graphml>",
        "topology.file, line 1 (<graph>), must have a node or more (got 0); add its nodes",
    ),
    "nested graph": (
        "<graphml><graph>\n<node id='a'><graph/></node></graph></graphml>",
        "topology.file, line 2 (<graph>), must have plain nodes and edges (got "
        "'<graph>'); draw nodes and edges in one graph",
    ),
    "hyperedge": (
        "<graphml><graph><node id='a'/>\n<hyperedge/></graph></graphml>",
        "topology.file, line 2 (<hyperedge>), must have plain nodes and edges (got "
        "'<hyperedge>'); draw nodes and edges in one graph",
    ),
    "no id": (
        "<graphml><graph><node/></graph></graphml>",
        "topology.file, line 1 (<node>), must "
        "have the attribute 'id' (got 'nothing'); write id=\"...\"",
    ),
    "same id": (
        "<graphml><graph><node id='a'/>\n<node id='a'/></graph></graphml>",
        "topology.file, line 2 (<node>), must have an id of its own (got 'a'); rename one of them",
    ),
    "edge to nowhere": (
        "<graphml><graph><node id='a'/>\n<edge source='a' target='b'/></graph></graphml>",
        "topology.file, line 2 (<edge>), must name nodes of the file "
        "(got 'b'); add the node, or mend its name",
    ),
    "loop": (
        "<graphml><graph><node id='a'/>\n<edge source='a' target='a'/></graph></graphml>",
        "topology.file, line 2 (<edge>), must join two different nodes (got 'a'); name another end",
    ),
    "half a place": (
        GRAPHML.replace('<data key="d29">1.0</data>', ""),
        "topology.file, line 18 "
        "(<node>), must have latitude and longitude (got '11.0'); give both, or "
        "neither",
    ),
    "no number": (
        GRAPHML.replace(">1.0<", ">north<"),
        "topology.file, line 18 (<node>), must be a finite number (got 'north'); mend the number",
    ),
    "negative length": (
        GRAPHML.replace("200.5", "-1"),
        "topology.file, line 24 (<edge>), must have no negative length (got -1.0); mend length_km",
    ),
    "a solution": (
        "?SNDlib native format; type: solution; version: 1.0\n",
        "topology.file, line 1, "
        "must be of type network (got '?SNDlib native format; type: solution; version: "
        "1.0'); give the network, not a solution",
    ),
    "open section": (
        "NODES (\n A ( 1.0 2.0 )\n",
        "topology.file, its end, must close the section (got 'nothing'); write )",
    ),
    "one coordinate": (
        "NODES (\n A ( 1.0 )\n)",
        "topology.file, line 2, must have ( longitude latitude ) in 'A' (got ')'); complete it",
    ),
    "three coordinates": (
        "NODES (\n A ( 1.0 2.0 3.0 )\n)",
        "topology.file, line 2, must have ( longitude latitude ) in 'A' (got '3.0'); complete it",
    ),
    "infinite place": (
        "NODES (\n A ( inf 2.0 )\n)",
        "topology.file, line 2, must be a finite number (got 'inf'); mend the number",
    ),
    "same node": (
        "NODES (\n A ( 1.0 2.0 )\n A ( 3.0 4.0 ) )",
        "topology.file, line 3, must name each node once (got 'A'); rename one of them",
    ),
    "link to nowhere": (
        SNDLIB.replace("( Bremen Hamburg )", "( Bremen Humburg )"),
        "topology.file, "
        "line 13, must name nodes of the file (got 'Humburg'); add the node, or "
        "mend its name",
    ),
    "short link": (
        SNDLIB.replace("0.00 ( )", "( )"),
        "topology.file, line 13, must have four "
        "numbers and ( modules ) in 'L2' (got '('); complete it",
    ),
    "links first": (
        "LINKS ( )\nNODES ( A )",
        "topology.file, line 1, must come after the nodes (got 'LINKS'); begin with NODES",
    ),
    "nodes twice": (
        "NODES ( A )\nNODES ( B )",
        "topology.file, line 2, must have each section once (got 'NODES'); join the sections",
    ),
    "no nodes": (
        "NODES ( )",
        "topology.file, section NODES, must have a node or more (got 0); name the nodes",
    ),
    "negative demand": (
        SNDLIB.replace("1 4.00", "1 -4.00"),
        "topology.file, line 19, must not be negative (got '-4.00'); give zero or more",
    ),
    "demand to nowhere": (
        SNDLIB.replace("( Bremen Berlin )", "( Bremen Bonn )"),
        "topology.file, "
        "line 21, must name nodes of the file (got 'Bonn'); add the node, or mend "
        "its name",
    ),
    "broken JSON": (
        '{"nodes": [\n}',
        "topology.file, line 2, must be valid JSON (got 'Expecting value'); mend it",
    ),
    "deep JSON": (
        '{"nodes":' + "[" * 100_000,
        "topology.file, its values, must be plain JSON (got 'too deep or too long'); simplify it",
    ),
    "no list": (
        '{"nodes": {"a": 1}}',
        "topology.file, nodes, must be a list (got {'a': 1}); write \"nodes\": [...]",
    ),
    "no JSON nodes": (
        '{"nodes": []}',
        "topology.file, nodes, must have a node that is no middle (got []); list the nodes",
    ),
    "nameless node": (
        '{"nodes": [{"type": "QuantumRouter"}]}',
        'topology.file, nodes[0], must have "name", a text (got None); write "name": "A"',
    ),
    "node of numbers": (
        '{"nodes": [3]}',
        "topology.file, nodes[0], must be an object (got 3); write {...}",
    ),
    "same JSON name": (
        SEQUENCE.replace('"r2", "type"', '"r1", "type"'),
        "topology.file, nodes[2], must have a name of its own (got 'r1'); rename one of them",
    ),
    "channel to nowhere": (
        SEQUENCE.replace('"node2": "r2"', '"node2": "r9"'),
        "topology.file, "
        "qconnections[0], must name nodes of the file (got 'r9'); add the node, "
        "or mend its name",
    ),
    "negative distance": (
        SEQUENCE.replace("1500", "-1500"),
        "topology.file, qchannels[1], must "
        "have a distance of zero or more (got -1500); give it in metres",
    ),
    "endless distance": (
        SEQUENCE.replace("1500", "Infinity"),
        "topology.file, qchannels[1], must "
        "have a distance of zero or more (got inf); give it in metres",
    ),
    "unseen name": (
        '{"nodes": [{"name": "a\\u0007"}]}',
        "topology.file, nodes[0], must have a name that can be printed (got 'a\\x07'); write its "
        "name in letters and spaces",
    ),
    "half a letter": (
        "NODES ( \ud800 )",
        "topology.file must be a text in UTF-8 (got '\\ud800'); save it as UTF-8",
    ),
    "lonely middle": (
        SEQUENCE.replace(
            '"source": "r1", "destination": "BSM_0_1"', '"source": "r1", "destination": "alice"'
        ),
        "topology.file, node 'BSM_0_1', must be in the middle of two nodes (got "
        "['r0']); give it a channel from each of two nodes",
    ),
}


@pytest.mark.parametrize(("text", "message"), MALFORMED.values(), ids=list(MALFORMED))
def test_malformed_files_are_refused(text, message):
    """Oracle: the rule that each breaks, and the line that breaks it, by eye."""
    with pytest.raises(ParameterError) as error:
        parse_topology(text)
    assert str(error.value) == message


def test_minutes_that_are_none_are_refused():
    """Oracle: .80 is no number of minutes."""
    with pytest.raises(ParameterError) as error:
        parse_topology(SNDLIB, coordinates="degrees.minutes")
    assert str(error.value) == (
        "topology.file, line 5, must have minutes below 60 (got '9.80'); "
        'say coordinates = "decimal"'
    )


def test_other_numbers_are_no_degrees_and_minutes():
    """Oracle: a form that has no minutes."""
    for text in ("1e1", "-.30", "9.123"):
        with pytest.raises(ParameterError, match=r"have degrees and minutes such as 37\.58"):
            parse_topology(f"NODES ( A ( {text} 2.00 ) )", coordinates="degrees.minutes")


def test_places_beyond_the_earth_are_refused_where_degrees_were_said():
    """Oracle: no longitude is 285."""
    with pytest.raises(ParameterError, match=r"line 1, must lie on the Earth \(got \(285.0, 2.0\)"):
        parse_topology("NODES ( A ( 285.00 2.00 ) )", coordinates="decimal")


def test_settings_of_reading_are_checked():
    """Oracle: the two rules."""
    with pytest.raises(ParameterError, match=r"topology.coordinates must be one of 'auto', 'deci"):
        parse_topology(SNDLIB, coordinates="minutes")
    with pytest.raises(ParameterError, match=r"route_factor must be at least 1 \(got 0.5\); 1 is"):
        parse_topology(SNDLIB, route_factor=0.5)


def test_files_that_cannot_be_read_are_refused(tmp_path):
    """Oracle: what is wrong with each: no file, a folder, another encoding, too many bytes."""
    with pytest.raises(
        ParameterError, match=r"file must be a file that can be read .*No such file"
    ):
        read_topology(tmp_path / "none.graphml")
    with pytest.raises(ParameterError, match=r"must be a file that can be read .*directory"):
        read_topology(tmp_path)
    with pytest.raises(ParameterError, match=r"^topology.file must be a file .*may have no end"):
        read_topology("/dev/null")
    latin = tmp_path / "latin.txt"
    latin.write_bytes("NODES ( Köln )".encode("latin-1"))
    with pytest.raises(ParameterError, match=r"must be a text in UTF-8 .*byte 9 is no UTF-8"):
        read_topology(latin)
    large = tmp_path / "large.txt"
    with large.open("wb") as file:
        file.truncate((1 << 23) + 1)
    with pytest.raises(ParameterError, match=r"must be at most 8 MiB \(got '8,388,609 bytes'\)"):
        read_topology(large)
    with pytest.raises(ParameterError, match="must be the name of a file"):
        read_topology("a\0b")
