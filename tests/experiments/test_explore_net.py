"""Numbers of the page of a network against closed forms and searches of another kind."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
import rustworkx

import qnet
from experiments.explore.network.answers import NET_ANSWERS, NET_FILES
from experiments.explore.network.controls import NETWORKS, NetControls, net_choices, shipped_network
from experiments.explore.network.map import net_map
from experiments.explore.network.routes import net_routes
from experiments.explore.network.shares import net_shares
from qnet.errors import ParameterError

LINE = NetControls(network="line", source="1", target="5")
RING = NetControls(network="city-ring", source="1", target="4")
STARS = NetControls(network="double-star", source="a1", target="b1")


def test_lengths_of_the_map_are_great_circles():
    """Haversine formula on a sphere of 6371 km, a fifth longer; y is down, north is up."""
    sites = {site.name: site for site in shipped_network("national").sites.sites}
    found = net_map(NetControls())
    for edge in found["edges"]:
        one, other = (sites[end] for end in edge["ends"])
        lat = [math.radians(site.latitude_deg) for site in (one, other)]
        turn = math.radians(one.longitude_deg - other.longitude_deg)
        a = math.sin((lat[0] - lat[1]) / 2) ** 2
        a += math.cos(lat[0]) * math.cos(lat[1]) * math.sin(turn / 2) ** 2
        assert edge["length_km"] == pytest.approx(1.2 * 2 * 6371.0 * math.asin(a**0.5), rel=2e-3)
        assert edge["loss_db"] == pytest.approx(0.2 * edge["length_km"])
    height = {node["name"]: node["y"] for node in found["nodes"]}
    assert (height["Nordhaven"], height["Grenzland"]) == (0.0, 1.0)
    assert {node["links"] for node in found["nodes"]} == {2, 3, 4}


def test_a_link_by_itself():
    """Success probability over attempt time; Werner parameter 0.98 is a fidelity of 0.985.

    A pair is heralded at the end of an attempt, and is used there.
    """
    found = net_map(LINE)["edges"][0]
    assert found["alone"]["rate_hz"]["best"] == pytest.approx(0.2 / 0.1, rel=1e-6)
    assert found["alone"]["draws"] == 0
    assert found["fresh_fidelity"] == pytest.approx((3 * 0.98 + 1) / 4)
    assert found["rate_hz"] == pytest.approx(2.0)
    assert found["decays"] == [{"does": "depolarises", "time_s": pytest.approx(40.0)}]


def test_two_links_wait_for_the_slower_one():
    """(3 - 2p)/(p (2 - p)) attempts until both of two links are there."""
    found = net_routes(replace(LINE, target="3"))["routes"][0]
    p = 0.2
    attempts = (3 - 2 * p) / (p * (2 - p))
    assert found["delivery_time_s"]["best"] == pytest.approx(0.1 * attempts, rel=1e-6)
    assert found["rate_hz"]["best"] == pytest.approx(10.0 / attempts, rel=1e-6)


def test_routes_are_simple_paths_of_what_is_left():
    """Another search: all simple paths of the graph with the cut fibres taken out."""
    controls = NetControls(cuts="Mittelstadt~Talheim,Suhl~Grenzland")
    found = net_routes(controls)
    graph = rustworkx.PyGraph()
    names = {node["name"]: graph.add_node(node["name"]) for node in net_map(controls)["nodes"]}
    for edge in net_map(controls)["edges"]:
        assert edge["is_cut"] is (frozenset(edge["ends"]) in controls.cut_edges)
        if not edge["is_cut"]:
            graph.add_edge(*(names[end] for end in edge["ends"]), None)
    paths = rustworkx.all_simple_paths(graph, names["Nordhaven"], names["Grenzland"])
    known = {tuple(graph[k] for k in path) for path in paths}
    routes = [tuple(row["route"]) for row in found["routes"]]
    assert len(routes) == len(set(routes)) >= 3
    assert set(routes) <= known
    keys = [row["secret_key_rate_hz"]["best"] for row in found["routes"]]
    assert keys == sorted(keys, reverse=True)
    # Nothing cut leaves five links and more key; the page tells both.
    assert len(found["before"]["route"]) == 6
    assert found["before"]["secret_key_rate_hz"]["best"] > keys[0]
    assert any(text.startswith("With nothing cut") for text in found["says"])


def test_a_ring_has_another_way_round():
    """Three links one way and five the other; each cut leaves one way, two cuts none."""
    both = [row["hops"] for row in net_routes(RING)["routes"]]
    assert both == [3, 5]
    cut = net_routes(replace(RING, cuts="2~3"))
    assert [row["route"] for row in cut["routes"]] == [["1", "8", "7", "6", "5", "4"]]
    none = net_routes(replace(RING, cuts="5~6,2~3"))
    assert none["routes"] == []
    assert none["reason"] == "no route joins 1 and 4"
    assert none["security"]["notion"] == "none"


def test_strategies_of_the_best_route():
    """Nested joins no five links but two or four; links of a shared network swap at once."""
    found = {row["strategy"]: row for row in net_routes(LINE)["strategies"]}
    assert found["swap-asap"]["rate_hz"]["best"] > found["sequential"]["rate_hz"]["best"]
    assert [row["strategy"] for row in net_routes(STARS)["strategies"]] == ["swap-asap"]
    with pytest.raises(ParameterError, match="strategy must be swap-asap"):
        net_routes(replace(STARS, strategy="nested"))


def test_light_load_is_served_in_full():
    """Every session gets its pairs: rate times pairs, each within 5 standard errors.

    Arrivals are Poisson: sessions over 4 runs scatter by the root of their number.
    """
    found = net_shares(replace(LINE, load=0.5), seed=2)
    time_s = 4 * found["duration_s"]
    for demand, rate, pairs in zip(found["demands"], (0.05, 0.1), (1, 2), strict=True):
        sessions = rate * time_s
        reach = 5.0 * math.sqrt(sessions) * pairs / time_s
        assert demand["pair_rate_hz"]["best"] == pytest.approx(rate * pairs, abs=reach)
        assert demand["security"]["notion"] in ("asymptotic", "none")
    assert sum(demand["share"] for demand in found["demands"]) == pytest.approx(1.0)
    assert net_shares.__wrapped__(replace(LINE, load=0.5), 2)["demands"] == found["demands"]


def test_the_middle_link_bounds_all_flows():
    """Every pair takes one of the middle fibre, whose memories make 5 p/tau = 5 a second."""
    found = net_shares(STARS)
    together = sum(demand["pair_rate_hz"]["best"] for demand in found["demands"])
    assert len(found["demands"]) == 5
    assert 2.0 < together < 5.0 * 1.1


def test_who_has_no_route_gets_nothing_and_is_told():
    """a1 hangs on one fibre; the others go on; the copied file holds what is left."""
    found = net_shares(replace(STARS, cuts="a1~left"))
    assert [(each["ends"], each["reason"]) for each in found["unserved"]] == [
        (["a1", "b1"], "no route joins a1 and b1")
    ]
    assert [demand["ends"][0] for demand in found["demands"]] == ["a2", "a3", "a4", "a5"]
    copied = qnet.loads(found["scenario"])
    assert len(copied.network.edges) == 10
    assert [demand.ends for demand in copied.demands] == [("a2", "b2"), ("a3", "b3"), ("a4", "b4"),
                                                          ("a5", "b5")]  # fmt: skip
    assert (copied.run.duration_s, copied.run.replicas) == (found["duration_s"], 4)
    for demand, played in zip(found["demands"], copied.play().demands, strict=True):
        assert demand["pair_rate_hz"]["best"] == played["pair_rate_hz"].best


def test_two_more_users_ask_as_the_first_ones_do():
    found = net_shares(replace(LINE, source="1", target="2"))
    assert [demand["ends"] for demand in found["demands"]] == [["1", "5"], ["2", "4"], ["1", "2"]]
    assert [demand["is_own"] for demand in found["demands"]] == [False, False, True]


def test_slow_hardware_is_played_for_longer_and_always_asked():
    """Trapped ions give 0.05 pairs a second where 0.1 are asked for: a queue without an end."""
    found = net_shares(replace(LINE, hardware="trapped-ion"))
    assert [demand["always_asks"] for demand in found["demands"]] == [True, True]
    assert found["demands"][0]["pair_rate_hz"]["best"] < 0.1
    assert [each["always_asks"] for each in net_shares(LINE)["demands"]] == [False, False]
    found = net_shares(replace(RING, hardware="trapped-ion"))
    assert found["duration_s"] > found["file_duration_s"]
    assert "reaches a fidelity of 0.9" in found["unserved"][0]["reason"]


@pytest.mark.parametrize("network", NETWORKS)
def test_every_answer_is_json(network):
    source, target = NETWORKS[network][1]
    for hardware in ("own", "ideal"):
        controls = NetControls(network=network, source=source, target=target, hardware=hardware)
        for work in (net_map, net_routes, net_shares):
            found = json.loads(json.dumps(work(controls), allow_nan=False))
            assert all(text.endswith(".") for text in found.get("says", ()))
        for node in net_map(controls)["nodes"]:
            assert 0.0 <= node["x"] <= 1.0
            assert 0.0 <= node["y"] <= 1.0
    offered = json.loads(json.dumps(net_choices(), allow_nan=False))
    assert offered["networks"][network]["users"] == [source, target]


def query(**changes):
    return {name: [text] for name, text in (NetControls().as_query() | changes).items()}


def test_queries_are_read_back_and_cuts_have_one_form():
    one = NetControls(cuts="Bruck~Rheinau,Seeberg~Nordhaven,Nordhaven~Seeberg")
    other = NetControls.from_query(query(cuts="Nordhaven~Seeberg,Rheinau~Bruck"))
    assert one == other
    assert NetControls.from_query({k: [v] for k, v in one.as_query().items()}) == one
    assert one.cuts == "Nordhaven~Seeberg,Bruck~Rheinau"


@pytest.mark.parametrize(
    ("field", "text", "rule"),
    [
        ("network", "atlantis", "be one of"),
        ("hardware", "abacus", "be one of"),
        ("strategy", "random", "be one of"),
        ("source", "Nordhafen", "be one of"),
        ("target", "Nordhaven", "differ from source"),
        ("load", "nan", "be a finite number"),
        ("load", "-1", "lie in [0.1, 20]"),
        ("load", "1e99", "lie in [0.1, 20]"),
        ("cuts", "Nordhaven~Grenzland", "name fibres of the network"),
        ("cuts", "x" * 5000, "be short"),
        ("seed", "1.5", "be a whole number"),
    ],
)
def test_bad_queries_are_refused(field, text, rule):
    """Field and rule in one line, before anything is worked out."""
    with pytest.raises(ParameterError) as caught:
        NET_ANSWERS["/network/shares"](None, query(**{field: text}))
    assert str(caught.value).startswith(f"{field} must {rule}")
    assert len(str(caught.value)) < 500


def test_a_misspelt_field_is_refused():
    with pytest.raises(ParameterError, match="did you mean 'cuts'"):
        NET_ANSWERS["/network/map"](None, query(cutz=""))
    assert set(NET_FILES) == {"/network", "/network.css", "/network.js"}
