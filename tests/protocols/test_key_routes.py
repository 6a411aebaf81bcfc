"""Routes of keys, and what corrupt nodes learn: disjoint routes, trust, faults, attacked edges."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest

from protocols.key_management.nodes.layout import check_served
from protocols.key_management.nodes.routing import KeyRoutes
from protocols.key_networks import (
    KeyDemand,
    KeyEdgeTable,
    KeyLink,
    KeyNetworkScenario,
    KeyNodeTable,
    RelayTable,
)
from protocols.key_networks.attacks import (
    attacked_error_rate,
    attacked_key_share,
    watch_of,
    watched_link,
)
from protocols.key_networks.corrupt import (
    arrival_probability,
    corrupt_node_learns,
    is_known,
    known_probability,
    route_chances,
    routes_hit,
)
from protocols.key_networks.routes import RouteFinder
from protocols.networks import TopologyTable
from qnet.errors import EngineError, ParameterError
from qnet.metrics import secret_key_fraction
from qnet.network import Fault, RunTimes

#: Three node-disjoint routes between A and Z with 3, 4 and 5 relays.
LADDERS = tuple(tuple(f"{row}{k}" for k in range(n)) for row, n in (("p", 3), ("q", 4), ("r", 5)))


def ladders(**changes):
    edges = []
    for relays in LADDERS:
        nodes = ("A", *relays, "Z")
        edges += [[one, two, 10.0] for one, two in pairwise(nodes)]
    return scenario(edges, ends=("A", "Z"), **changes)


def scenario(edges, ends=("A", "C"), **changes):
    tables = {
        "run": RunTimes(duration_s=100.0),
        "topology": TopologyTable(edges=edges),
        "link": KeyLink(key_rate_hz=1000.0),
        "demand": (KeyDemand(ends=ends, rate_hz=1.0),),
    }
    return KeyNetworkScenario(**tables | changes)


def doubtful(chance, names):
    return tuple(KeyNodeTable(name=name, corrupt_probability=chance) for name in names)


@pytest.mark.parametrize(
    ("routes", "needed", "known", "arrives"),
    [
        (1, 1, 0.058808, 0.96059601),
        (3, 3, 0.000438637424, 0.860058355),
        (3, 2, 0.0167971295, 0.993120867),
    ],
)
def test_three_disjoint_routes(routes, needed, known, arrives):
    """Rows PN-E7 and PN-E8 of the reference: every relay corrupt with 0.02, every link up 0.99."""
    relays = [node for row in LADDERS for node in row]
    found = ladders(nodes=doubtful(0.02, relays))
    ends = [edge.ends for edge in found.case.edges]
    faults = tuple(Fault(edge=each, mtbf_s=99.0, mttr_s=1.0) for each in ends)
    relay = RelayTable(routes=routes, shares_needed=needed)
    case = ladders(nodes=doubtful(0.02, relays), fault=faults, relay=relay).case
    (routed,) = case.demands
    assert [len(route) - 2 for route in routed.routes] == [3, 4, 5][:routes]
    assert known_probability(case, routed) == pytest.approx(known, rel=1e-6)
    assert arrival_probability(case, routed) == pytest.approx(arrives, rel=1e-6)
    both = {"known_probability": known, "arrival_probability": arrives}
    assert route_chances(case, routed) == pytest.approx(both, rel=1e-6)
    bare = ladders(relay=relay).case
    assert route_chances(bare, bare.demands[0]) == dict.fromkeys(both)


def test_hits_of_routes_that_share_things():
    """Oracle: all 2^5 states of the things, one by one."""
    rng = np.random.default_rng(4)
    routes = [{"a", "b", "c"}, {"b", "d"}, {"c", "d", "e"}]
    chances = {name: float(p) for name, p in zip("abcde", rng.random(5), strict=True)}
    law = np.zeros(4)
    for states in product((False, True), repeat=5):
        bad = {name for name, state in zip("abcde", states, strict=True) if state}
        weight = np.prod([chances[n] if n in bad else 1.0 - chances[n] for n in "abcde"])
        law[sum(bool(route & bad) for route in routes)] += weight
    assert routes_hit(routes, chances) == pytest.approx(law, rel=1e-12)
    with pytest.raises(EngineError, match="share 20 things"):
        routes_hit([set(range(20)), set(range(20))], dict.fromkeys(range(20), 0.1))


def test_a_node_at_the_end_takes_every_route_with_it():
    """A fault of an end, 10 % of the time, is common to all routes: XOR arrives with 0.9."""
    relay = RelayTable(routes=2)
    fault = (Fault(node="A", mtbf_s=90.0, mttr_s=10.0), Fault(edge=("B", "D"), down_s=[[50, 75]]))
    edges = [["A", "B"], ["B", "D"], ["A", "C"], ["C", "D"]]
    case = scenario(edges, ends=("A", "D"), relay=relay, fault=fault).case
    assert arrival_probability(case, case.demands[0]) == pytest.approx(0.9 * 0.75, rel=1e-12)


def test_sets_of_corrupt_nodes():
    """By hand: XOR over two routes needs a relay of each, 2 of 3 any two, one route any relay."""
    case = ladders(relay=RelayTable(routes=3, shares_needed=2)).case
    (routed,) = case.demands
    assert set(corrupt_node_learns({routed.routes: 1.0}, 2).values()) == {0.0}
    assert not is_known(routed.routes, 2, {"p0", "p1", "p2", "A"})
    assert is_known(routed.routes, 2, {"p0", "r4"})
    assert not is_known(routed.routes, 3, {"p0", "r4"})
    alone = corrupt_node_learns({routed.routes[:1]: 3.0, routed.routes[1:2]: 1.0}, 1)
    assert alone == dict.fromkeys(LADDERS[0], 0.75) | dict.fromkeys(LADDERS[1], 0.25)


def test_nodes_that_are_not_trusted_relay_nothing():
    """By hand: over B there is one hop less, but B is not trusted; as an end it may be."""
    edges = [["A", "B"], ["B", "D"], ["A", "C"], ["C", "E"], ["E", "D"]]
    nodes = (KeyNodeTable(name="B", trusted=False),)
    found = scenario(edges, ends=("A", "D"), nodes=nodes).case.demands[0]
    assert found.routes == (("A", "C", "E", "D"),)
    assert scenario(edges, ends=("A", "B"), nodes=nodes).case.demands[0].routes == (("A", "B"),)
    case = scenario(edges, ends=("A", "D"), nodes=nodes).case
    two = RouteFinder(nodes=case.node_tables, edges=case.edges, relay=RelayTable(routes=2))
    assert two.routes(("A", "D")) == (
        (),
        "2 routes that share no relay are needed to give a key back, and 1 joins A and D",
    )
    lone = [["A", "B"], ["B", "D"]]
    (none,) = scenario(lone, ends=("A", "D"), nodes=nodes).case.demands
    assert none.reason == "no route over trusted nodes joins A and D"


def test_metrics():
    """By hand: the direct way, the short one, the one of much key, the one of few doubts."""
    edges = [["A", "D", 90.0], ["A", "B", 10.0], ["B", "D", 10.0], ["A", "C", 20.0],
             ["C", "E", 1.0], ["E", "D", 20.0]]  # fmt: skip
    nodes = (*doubtful(0.2, "B"), *doubtful(0.05, "CE"))
    rich = tuple(
        KeyEdgeTable(ends=ends, link={"key_rate_hz": 1e5})
        for ends in map(tuple, ("AC", "CE", "ED"))
    )
    for metric, route in (("hops", "AD"), ("length", "ABD"), ("key-cost", "ACED"), ("trust", "AD")):
        relay = RelayTable(metric=metric)
        found = scenario(edges, ends=("A", "D"), nodes=nodes, edge=rich, relay=relay)
        assert "".join(found.case.demands[0].routes[0]) == route, metric
    without = scenario(edges[1:], ends=("A", "D"), nodes=nodes, relay=RelayTable(metric="trust"))
    assert "".join(without.case.demands[0].routes[0]) == "ACED"
    with pytest.raises(ParameterError, match="A - B, has no length"):
        _ = scenario([["A", "B"], ["B", "C"]], relay=RelayTable(metric="length")).case


def test_routes_without_stopped_edges_and_by_load():
    """By hand: two ways of two hops are candidates; without an edge the other is left."""
    edges = [["A", "B"], ["B", "D"], ["A", "C"], ["C", "D"], ["A", "E"], ["E", "F"], ["F", "D"]]
    case = scenario(edges, ends=("A", "D"), relay=RelayTable(metric="load")).case
    assert case.demands[0].routes == (("A", "B", "D"), ("A", "C", "D"))
    finder = RouteFinder.of(case)
    assert finder.routes(("A", "D"), {0})[0] == (("A", "C", "D"),)
    assert finder.routes(("A", "D"), {0, 3})[0] == (("A", "E", "F", "D"),)
    assert finder.routes(("A", "D"), {0, 3, 5})[1] == "no route over trusted nodes joins A and D"


def test_routes_of_edges_whose_rate_nobody_knows():
    # Oracle: a network is served as fast as it goes; only seconds of key take a rate.
    edges = [["A", "B", 1.0], ["B", "C", 1.0], ["A", "C", 5.0]]
    where = {"stopped": {}, "down": (), "levels": {}}
    for metric, route in (("hops", "AC"), ("length", "ABC")):
        relay, link = RelayTable(metric=metric), KeyLink(protocol="bbm92")
        served = scenario(edges, link=link, relay=relay)
        assert KeyRoutes(served, "A").find("C", **where) == ([tuple(route)], "")
        check_served(served)
    with pytest.raises(ParameterError, match=r"link\.key_rate_hz must be given"):
        check_served(scenario(edges, link=link, relay=RelayTable(metric="key-cost")))


def test_attacked_edge():
    """By hand: a wrong basis, half the time, gives a random bit; Shor-Preskill's 1 - 2 h(q)."""
    for q in (0.0, 0.02, 0.09):
        for f in (0.1, 0.3, 1.0):
            expected = (1.0 - f) * q + f * (0.5 * q + 0.5 * 0.5)
            assert attacked_error_rate(q, f) == pytest.approx(expected, rel=1e-12)
            ratio = [secret_key_fraction([e, e, e]) for e in (expected, q)]
            assert attacked_key_share(q, f) == pytest.approx(ratio[0] / ratio[1], abs=1e-12)
    assert attacked_key_share(0.2, 0.1) == 0.0


def test_watch_of_an_edge():
    """The honest edge alarms at most with the stated chance a day: binomial tails of all blocks."""
    case = scenario([["A", "C"]], link=KeyLink(key_rate_hz=1e3, qber=0.02)).case
    link = watch_of(case.edges[0], case.alarm)
    assert (link.blocks, link.block) == (86_400, 1000)
    assert 0.0 < link.false_alarms <= 1e-6
    with pytest.raises(ParameterError, match="compared within a day"):
        watched_link(0.02, 1.0, block_bits=10**6)
