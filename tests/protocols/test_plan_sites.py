"""Sites, spans and demands of a plan: files of every format, graphs and lengths by hand."""

import json
import math
from itertools import combinations

import pytest

import qnet
from protocols.key_networks.edge_rates import read_beside
from protocols.planning.sites.read_sites import site_graph
from protocols.planning.sites.site_table import SitesTable
from qnet.network import great_circle_km
from tests.qnet.network.topology_texts import GRAPHML, SNDLIB, published

POINTS = [
    ["A", 50.0, 8.0],
    ["B", 50.0, 9.0],
    ["C", 50.0, 11.0],
    ["D", 50.0, 15.0],
    ["E", 51.0, 8.0],
]


def ends_of(graph):
    """Names of the ends of every span."""
    names = [site.name for site in graph.sites]
    return {frozenset(names[end] for end in span.ends) for span in graph.spans}


def plan(text, folder=""):
    """A plan of a text."""
    return qnet.loads('kind = "plan"\n' + text, folder=str(folder))


@pytest.mark.parametrize("neighbours", [1, 2, 3, 9])
def test_nearest_neighbours(neighbours):
    """Oracle: for each site the others sorted by distances of another function; the union."""
    graph = site_graph(SitesTable(listed=POINTS, graph="nearest", neighbours=neighbours))
    expected = set()
    for name, north, east in POINTS:
        others = sorted(
            (great_circle_km(north, east, *other[1:]), other[0])
            for other in POINTS
            if other[0] != name
        )
        expected |= {frozenset((name, other)) for _, other in others[:neighbours]}
    assert ends_of(graph) == expected


def test_lengths_of_siting_and_of_fibre():
    """Oracle: by hand; an edge's own length is both, else the fibre takes the route factor."""
    edges = [["A", "B"], ["A", "C", 120.0], ["B", "C", {"key_rate_hz": 20e3}]]
    graph = site_graph(SitesTable(listed=POINTS[:3], edges=edges, route_factor=1.4))
    straight = great_circle_km(50.0, 8.0, 50.0, 9.0)
    assert graph.spans[0].siting_km == pytest.approx(straight)
    assert graph.spans[0].length_km == pytest.approx(1.4 * straight)
    assert (graph.spans[1].siting_km, graph.spans[1].length_km) == (120.0, 120.0)
    assert graph.spans[2].key_rate_hz == 20e3
    assert graph.spans[2].length_km == pytest.approx(1.4 * great_circle_km(50.0, 9.0, 50.0, 11.0))
    # Without places only given lengths are known; edges name the sites.
    bare = site_graph(SitesTable(edges=[["A", "t1", {"key_rate_hz": 20e3}], ["t1", "B", 7.0]]))
    assert [site.name for site in bare.sites] == ["A", "t1", "B"]
    assert [span.length_km for span in bare.spans] == [None, 7.0]


def test_every_graph_of_the_same_sites():
    # Oracle: any two of five.
    complete = site_graph(SitesTable(listed=POINTS, graph="complete"))
    assert ends_of(complete) == {frozenset(two) for two in combinations("ABCDE", 2)}
    assert {site.relays for site in complete.sites} == {True}
    some = site_graph(SitesTable(listed=POINTS, relays=["A", "C"]))
    assert [site.relays for site in some.sites] == [True, False, True, False, False]


def test_sites_of_a_csv(tmp_path):
    """Oracle: the rows by eye; comments, blank lines and other columns do not count."""
    (tmp_path / "sites.csv").write_text(
        "# places\n\nName, note, latitude_deg, longitude_deg, people\n"
        'Köln, "west, old", 50.94, 6.96, 1e6\nUlm,,48.4,9.99,\n',
        encoding="utf-8-sig",
    )
    text = '[sites]\nfile = "sites.csv"\ncolumns = { population = "people" }'
    first, second = plan(text, tmp_path).graph.sites
    assert (first.name, first.latitude, first.longitude) == ("Köln", 50.94, 6.96)
    assert (first.population, second.name, second.population) == (1e6, "Ulm", None)


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_marks_of_a_csv(mark, tmp_path):
    # Oracle: the same row, whatever sets its values apart.
    rows = [["name", "lat", "lon"], ["Ulm", "48.4", "9.99"]]
    (tmp_path / "sites.csv").write_text("\n".join(mark.join(row) for row in rows))
    (site,) = plan('[sites]\nfile = "sites.csv"', tmp_path).graph.sites
    assert (site.name, site.latitude, site.longitude) == ("Ulm", 48.4, 9.99)


def test_populations_of_graphml(tmp_path):
    """Oracle: the text by eye."""
    keys = "".join(
        f'<key id="{name}" for="node" attr.name="{name}"/>'
        for name in ("Latitude", "Longitude", "population")
    )
    node = (
        '<node id="A"><data key="Latitude">1</data><data key="Longitude">2</data>'
        '<data key="population">5e5</data></node>'
    )
    (tmp_path / "a.graphml").write_text(f"<graphml>{keys}<graph>{node}</graph></graphml>")
    (site,) = plan('[sites]\nfile = "a.graphml"\ngraph = "complete"', tmp_path).graph.sites
    assert (site.population, site.latitude, site.longitude) == (5e5, 1.0, 2.0)


def test_gravity_of_points_of_geojson(tmp_path):
    """Oracle: by hand."""
    places = {"A": (8.0, 50.0, 3e6), "B": (8.0, 51.0, 4e6), "C": (8.0, 53.0, 0)}
    features = [
        {
            "type": "Feature",
            "properties": {"name": name, "population": people},
            "geometry": {"type": "Point", "coordinates": [east, north]},
        }
        for name, (east, north, people) in places.items()
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features})
    (tmp_path / "sites.geojson").write_text(text)
    text = '[sites]\nfile = "sites.geojson"\n[demands]\nmodel = "gravity"\ntotal_key_hz = 9.0'
    (only,) = plan(text, tmp_path).asked
    # Nobody lives in C.
    assert (only.ends, only.key_rate_hz) == ((0, 1), 9.0)


def test_the_capitals_come_with_the_package():
    """Oracle: 27 members; two populations of Malta by eye; a licence and a credit in the file."""
    scenario = plan('[sites]\nfile = "capitals.csv"')
    names = {site.name: site for site in scenario.graph.sites}
    assert len(names) == 27
    assert names["Valletta"].population == 6794
    text = '[sites]\nfile = "capitals.csv"\n'
    text += 'columns = { name = "country", population = "country_population" }'
    assert {s.name: s.population for s in plan(text).graph.sites}["MT"] == 483530
    from qnet.schema.shipped import find_data

    said = find_data("capitals.csv", "nowhere").read_text(encoding="utf-8")
    assert "GeoNames" in said
    assert "CC BY 4.0" in said


def test_graphs_of_files(tmp_path):
    """Oracle: the texts by eye; the file's own edges unless another graph is asked for."""
    (tmp_path / "net.graphml").write_text(GRAPHML)
    (tmp_path / "net.txt").write_text(SNDLIB)
    graph = plan('[sites]\nfile = "net.txt"', tmp_path).graph
    assert len(graph.spans) == 4
    assert len(graph.traffic) == 3
    complete = plan('[sites]\nfile = "net.txt"\ngraph = "complete"', tmp_path).graph
    assert len(complete.spans) == 6
    assert plan('[sites]\nfile = "net.graphml"', tmp_path).graph.spans
    (tmp_path / "bare.csv").write_text("name,latitude,longitude\nA,1,2\nB,3,4\n")
    with pytest.raises(qnet.ParameterError, match="come with a file that has edges"):
        _ = plan('[sites]\nfile = "bare.csv"\ngraph = "file"', tmp_path).graph


def test_errors_of_files_name_the_table(tmp_path):
    # Oracle: the reader of topologies calls it topology.file.
    (tmp_path / "net.graphml").write_text("<graphml>")
    with pytest.raises(qnet.ParameterError, match=r"^sites\.file, line 1, must"):
        _ = plan('[sites]\nfile = "net.graphml"', tmp_path).graph
    with pytest.raises(qnet.ParameterError, match=r"^sites\.file must be a file that can be read"):
        _ = plan('[sites]\nfile = "gone.csv"', tmp_path).graph


def test_demands_of_files(tmp_path):
    """Oracle: by hand; both directions of a matrix add up, a total scales them."""
    (tmp_path / "net.txt").write_text(SNDLIB)
    text = '[sites]\nfile = "net.txt"\n[demands]\nmodel = "file"\n'
    own = plan(text, tmp_path)
    names = [site.name for site in own.graph.sites]
    found = {tuple(names[k] for k in each.ends): each.key_rate_hz for each in own.asked}
    assert found == {("Hannover", "Hamburg"): 6.0, ("Bremen", "Berlin"): 6.0}
    scaled = plan(text + "total_key_hz = 30.0", tmp_path).asked
    assert [each.key_rate_hz for each in scaled] == [15.0, 15.0]
    (tmp_path / "keys.csv").write_text("from,to,rate\nHannover,Bremen,12.5\n")
    listed = plan(text + 'file = "keys.csv"', tmp_path).asked
    assert [(each.ends, each.key_rate_hz) for each in listed] == [((0, 1), 12.5)]
    (tmp_path / "keys.csv").write_text("from,to\nHannover,Bremen\n")
    with pytest.raises(qnet.ParameterError, match="have a column called rate"):
        _ = plan(text + 'file = "keys.csv"', tmp_path).asked


def test_mesh_and_gravity():
    """Oracle: the formulas; all demands add up to the total."""
    points = [[*row, float(k + 1)] for k, row in enumerate(POINTS)]
    sites = f"[sites]\nlist = {points}\n".replace("'", '"')
    mesh = plan(sites + '[demands]\nmodel = "mesh"\ntotal_key_hz = 50.0').asked
    assert [each.key_rate_hz for each in mesh] == [5.0] * 10
    for exponent in (0.0, 1.0, 2.0):
        text = f'[demands]\nmodel = "gravity"\ntotal_key_hz = 7.0\nexponent = {exponent}'
        found = {each.ends: each.key_rate_hz for each in plan(sites + text).asked}
        pulls = {
            (a, b): (a + 1.0)
            * (b + 1.0)
            / great_circle_km(*POINTS[a][1:], *POINTS[b][1:]) ** exponent
            for a, b in combinations(range(5), 2)
        }
        scale = 7.0 / math.fsum(pulls.values())
        assert found == pytest.approx({ends: scale * pull for ends, pull in pulls.items()})


def test_a_plan_is_written_and_read_again():
    """Oracle: the same description, and the same digest, whatever the file was called."""
    text = """
[sites]
edges = [["A", "t1", { key_rate_hz = 20e3 }], ["A", "B", 80.0], ["B", "t1"]]
relays = ["t1"]
[demands]
list = [["A", "B", 1e4]]
[require]
disjoint_paths = 2
maximum_trusted_nodes = 3
[site]
question = "steiner"
terminals = ["A", "t1"]
"""
    scenario = plan(text)
    again = qnet.loads(scenario.to_toml(), name="other")
    assert again == scenario
    assert again.digest == scenario.digest
    assert scenario.with_({"demands.list": [["A", "B", 2e4]]}).digest != scenario.digest


@pytest.mark.parametrize(
    "change",
    [
        {"demands.splittable": False},
        {"solve.gap": 0.1},
        {"sites.relays": ["B"]},
        {"money.years": 9},
        {"technology.0.keyrate": "weaker.toml"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_changes_an_answer_changes_the_digest(tmp_path, change):
    """Oracle: two descriptions that may have two answers; how long is searched is none of them."""
    shipped = read_beside("keyrate/lim2014", "", "keyrate")[0]
    (tmp_path / "link.toml").write_text(shipped)
    (tmp_path / "same.toml").write_text(f"# the same\n{shipped}")
    (tmp_path / "weaker.toml").write_text(
        shipped.replace("\nefficiency = 0.1", "\nefficiency = 0.05")
    )
    text = """
[sites]
edges = [["A", "B", 80.0], ["B", "C", 80.0]]
[demands]
list = [["A", "C", 1e3]]
[[technology]]
name = "fibre"
keyrate = "link.toml"
"""
    scenario = plan(text, str(tmp_path))
    assert scenario.with_(change).digest != scenario.digest
    for same in ({"solve.time_limit_s": 3.0}, {"technology.0.keyrate": "same.toml"}):
        assert scenario.with_(same).digest == scenario.digest


def test_a_published_network():
    # Oracle: 17 sites, 26 fibres; the file gives no lengths.
    path = str(published("nobel-germany.txt"))
    graph = plan(f"[sites]\nfile = {path!r}\nroute_factor = 1.5").graph
    assert (len(graph.sites), len(graph.spans)) == (17, 26)
    assert graph.spans[0].length_km == pytest.approx(1.5 * graph.spans[0].siting_km)
