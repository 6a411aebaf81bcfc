"""Keys that take the routes which their demand gives: no way round, in both engines and served."""

from __future__ import annotations

from itertools import product

import pytest

from protocols.key_management.nodes.routing import KeyRoutes
from protocols.key_networks.corrupt import arrival_probability, known_probability
from qnet.errors import ParameterError
from qnet.schema import loads
from tests.protocols.key_network_cases import agrees, key_network

#: A direct edge, and three ways of two hops.
EDGES = [["A", "B"], *([end, f"t{k}"] for k in (1, 2, 3) for end in "AB")]
TWO = [["A", "t1", "B"], ["A", "t2", "B"]]
#: Availability 0.9 of one edge of each way.
FAULTS = [{"edge": ["A", f"t{k}"], "mtbf_s": 9.0, "mttr_s": 1.0} for k in (1, 2)]
STREAM = {"ends": ["A", "B"], "device": "one-time-pad", "data_rate_bit_per_s": 1000.0}


def given(routes, demand=STREAM, **changes):
    """The network with a demand that gives its routes."""
    tables = {
        "topology.edges": EDGES,
        "demand": [dict(demand, routes=routes)],
        "relay": {"routes": 2, "shares_needed": 1},
        "store.capacity_bits": 100,
        **changes,
    }
    return key_network(tables)


def test_keys_take_no_other_way():
    """By hand: edges of 600 bit/s give a stream of 1000 its share 0.6, though a direct one has all.

    Without routes the direct edge, of 2560 bit/s, gives all of it.
    """
    slow = [{"ends": ["A", "t1"], "link": {"key_rate_hz": 600.0}}]
    for engine in ("exact", "sampled"):
        scenario = given(TWO[:1], edge=slow, **{"run.warm_up_s": 1.0})
        (demand,) = scenario.play(engine=engine).demands
        assert demand.figures["key_bits_hz"].best == pytest.approx(600.0, rel=1e-3)
        assert demand.routes == (("A", "t1", "B"),)
        assert demand.corrupt_node_learns == {"t1": 1.0}
        (free,) = given([], edge=slow, relay={}).play(engine=engine).demands
        assert free.figures["key_bits_hz"].best == pytest.approx(1000.0, rel=1e-9)
        assert free.routes == (("A", "B"),)


def test_only_the_given_routes_carry_on():
    """Two ways with an edge up 0.9 of the time each: 0.99, by enumeration of the four states.

    A third way and a direct edge stay up; a search would find them, and arrive with 1.
    """
    scenario = given(TWO, fault=FAULTS, **{"run.duration_s": 4e3, "store.capacity_bits": 1})
    case = scenario.case
    up = 0.0
    for one, two in product((True, False), repeat=2):
        up += (one or two) * (0.9 if one else 0.1) * (0.9 if two else 0.1)
    assert arrival_probability(case, case.demands[0]) == pytest.approx(up, rel=1e-12)
    (demand,) = scenario.play().demands
    assert agrees(demand.figures["availability"], up)
    assert agrees(demand.figures["key_bits_hz"], 1000.0 * up)
    assert demand.arrival_probability == pytest.approx(up, rel=1e-12)
    assert set(demand.relays) == {"t1", "t2"}


def test_shares_over_given_routes():
    """XOR over two ways: up 0.81 of the time; both relays are corrupt with 0.02 x 0.03."""
    nodes = [{"name": f"t{k}", "corrupt_probability": p} for k, p in ((1, 0.02), (2, 0.03))]
    scenario = given(TWO, fault=FAULTS, nodes=nodes, relay={"routes": 2})
    (routed,) = scenario.case.demands
    assert arrival_probability(scenario.case, routed) == pytest.approx(0.81, rel=1e-12)
    assert known_probability(scenario.case, routed) == pytest.approx(0.0006, rel=1e-12)


def test_requests_of_units_over_a_given_route():
    """A store of one unit: a birth-death chain of two states, served with 2/(2 + 3) as both know.

    Units come with 2/s where requests come with 3/s; the edge beyond the relay never lacks.
    """
    demand = {"ends": ["A", "B"], "rate_hz": 3.0, "key_bits": 1}
    plenty = {
        "link": {"key_rate_hz": 4000.0, "fill": "continuous"},
        "store": {"capacity_bits": 4000},
    }
    changes = {
        "link": {"key_rate_hz": 2.0, "fill": "poisson", "unit_bits": 1},
        "store.capacity_bits": 1,
        "edge": [{"ends": ["t1", "B"], **plenty}],
        "run.duration_s": 4000.0,
    }
    scenario = given(TWO[:1], demand, **changes)
    (found,) = scenario.play().demands
    assert agrees(found.figures["served_hz"], 3.0 * 0.4)
    alone = {**changes, "edge": [], "topology.edges": [["A", "B"]]}
    (exact,) = given([["A", "B"]], demand, **alone).play(engine="exact").demands
    assert exact.figures["served_hz"].best == pytest.approx(3.0 * 0.4, rel=1e-9)


def test_candidates_of_which_the_fullest_is_taken():
    # By hand: with the metric load, given routes are those that one is chosen from at a time.
    demand = {"ends": ["A", "B"], "rate_hz": 15.0}
    room = {"store.capacity_bits": 10_000, "run.replicas": 3}
    (found,) = given(TWO, demand, relay={"metric": "load"}, **room).play().demands
    assert set(found.routes) == {("A", "t1", "B"), ("A", "t2", "B")}
    learns = found.corrupt_node_learns
    assert sum(learns.values()) == pytest.approx(1.0)
    assert min(learns.values()) > 0.4


def test_a_served_network_takes_them_too():
    """By hand: from both ends; round a stopped edge the other of the two, and then none."""
    demands = [dict(STREAM, routes=[route]) for route in TWO]
    scenario = key_network({"topology.edges": EDGES, "demand": demands})
    levels = {"A--t1": 10, "B--t1": 10, "A--t2": 20, "B--t2": 20}
    here = {"stopped": {}, "down": (), "levels": levels}
    assert KeyRoutes(scenario, "A").find("B", **here) == ([("A", "t2", "B")], "")
    assert KeyRoutes(scenario, "B").find("A", **here) == ([("B", "t2", "A")], "")
    down = here | {"down": ("t2",)}
    assert KeyRoutes(scenario, "A").find("B", **down) == ([("A", "t1", "B")], "")
    none, reason = KeyRoutes(scenario, "A").find("B", **here | {"down": ("t1", "t2")})
    assert none == []
    assert "0 of the 1 routes given for A and B are open, and 1 must be" in reason
    assert KeyRoutes(scenario, "A").find("t3", **down) == ([("A", "t3")], "")


def test_routes_are_written_and_read():
    """Oracle: what was given; a demand without routes has the canonical form that it had."""
    scenario = given(TWO)
    again = loads(scenario.to_toml())
    assert again.demand == scenario.demand
    assert again.canonical() == scenario.canonical()
    assert again.demand[0].routes == (("A", "t1", "B"), ("A", "t2", "B"))
    without = key_network().canonical()
    assert "routes" not in str(without["demands"][0]["demand"])


def test_a_relay_that_passes_nothing_on():
    """By hand: up 0.9 of the time for key that passes t1, always for key that ends there."""
    fault = [{"node": "t1", "mtbf_s": 9.0, "mttr_s": 1.0, "relay_only": True}]
    demands = [dict(STREAM, routes=TWO[:1]), dict(STREAM, ends=["A", "t1"])]
    changes = {"fault": fault, "demand": demands, "run.duration_s": 4e3, "topology.edges": EDGES}
    scenario = key_network(changes | {"store.capacity_bits": 1})
    passing, ending = scenario.play().demands
    assert agrees(passing.figures["availability"], 0.9)
    assert agrees(passing.figures["key_bits_hz"], 900.0)
    assert ending.figures["availability"].best == 1.0
    chances = [arrival_probability(scenario.case, each) for each in scenario.case.demands]
    assert chances == pytest.approx([0.9, 1.0], rel=1e-12)
    with pytest.raises(ParameterError, match=r"fault\[0\].relay_only must come with node"):
        key_network({"fault": [{"edge": ["A", "B"], "down_s": [[1, 2]], "relay_only": True}]})
