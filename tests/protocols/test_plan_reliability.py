"""Reliability of networks and plans: values P-Q1, P-Q2, enumeration of all states, invariants."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from protocols.planning.operation.components import (
    connection_probability,
    needs_of_way,
    parts_availability,
)
from protocols.planning.operation.reliability import (
    FailingEdge,
    availability_of,
    downtime_min_per_year,
    some_way_up,
    two_terminal_reliability,
)
from qnet.errors import ParameterError
from tests.protocols.plan_toys import plan_of, ring, span


def line_of_five(ways=1):
    """A 400 km line of five hops with four relay nodes on the way, once or twice."""
    options = [span(0, 1, k, hops=5) for k in range(ways)]
    used = [(k,) for k in range(ways)]
    return plan_of("AB", options, [((0, 1), [(1e3, [(0, 1)] * ways, used)])])


def test_five_hops_with_four_relays():
    """P-Q1."""
    one, two = (
        parts_availability(plan.case, plan.demands[0].parts)
        for plan in (line_of_five(), line_of_five(2))
    )
    assert one == pytest.approx(0.992816021, rel=1e-8)
    assert two == pytest.approx(0.99994839, rel=1e-8)
    assert downtime_min_per_year(one) == pytest.approx(3775.89943, rel=1e-8)
    assert downtime_min_per_year(two) == pytest.approx(27.1259827, rel=1e-7)


def test_relays_at_sites_count_like_nodes_on_the_way():
    """P-Q1 again: the same line with its four relays as sites of the plan."""
    options = [span(k, k + 1, k) for k in range(5)]
    way = tuple(range(6))
    plan = plan_of("ABCDEF", options, [((0, 5), [(1e3, [way], [way[:-1]])])], relays=way[1:-1])
    assert parts_availability(plan.case, plan.demands[0].parts) == pytest.approx(
        0.992816021, rel=1e-8
    )
    assert connection_probability(plan, (0, 5)).low == pytest.approx(0.992816021, rel=1e-8)


def test_the_bridge():
    """P-Q2."""
    bridge = {"sa": 0.9, "sb": 0.8, "ab": 0.95, "at": 0.85, "bt": 0.9}
    edges = [FailingEdge(ends=tuple(e), availability=p) for e, p in bridge.items()]
    found = two_terminal_reliability(edges, "s", "t")
    assert found.is_exact
    assert found.low == pytest.approx(0.963745, rel=1e-12)
    # The same from its four ways.
    ways = ["sa at", "sb bt", "sa ab bt", "sb ab at"]
    assert some_way_up([set(way.split()) for way in ways], bridge) == pytest.approx(0.963745)


def joined(edges, states, source, target):
    """Whether two nodes are joined when these things are up."""
    live = [
        edge.ends
        for k, edge in enumerate(edges)
        if states["edge", k]
        and all(states.get(("risk", risk), True) for risk in edge.risks)
        and all(states.get(("node", end), True) for end in edge.ends)
    ]
    reached = {source} if states.get(("node", source), True) else set()
    while True:
        more = {end for ends in live if not reached.isdisjoint(ends) for end in ends} - reached
        if not more:
            return target in reached
        reached |= more


def by_enumeration(edges, source, target, nodes, risks):
    """The probability from all states of all things."""
    chances = {("edge", k): edge.availability for k, edge in enumerate(edges)}
    chances |= {("node", node): p for node, p in nodes.items()}
    chances |= {("risk", risk): p for risk, p in risks.items()}
    total = 0.0
    for values in itertools.product((True, False), repeat=len(chances)):
        states = dict(zip(chances, values, strict=True))
        weight = math.prod(chances[t] if up else 1.0 - chances[t] for t, up in states.items())
        total += weight * joined(edges, states, source, target)
    return total


def random_graph(seed):
    """A small graph with parallel edges, nodes and ducts that fail."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(3, 6))
    pairs = list(itertools.combinations(range(count), 2))
    edges = [
        FailingEdge(
            ends=pairs[rng.integers(len(pairs))],
            availability=float(rng.random()),
            risks=frozenset(duct for duct in "xy" if rng.random() < 0.3),
        )
        for _ in range(int(rng.integers(2, 8)))
    ]
    nodes = {node: float(rng.random()) for node in range(count) if rng.random() < 0.5}
    return edges, nodes, {duct: float(rng.random()) for duct in "xy"}


@pytest.mark.parametrize("seed", range(25))
def test_random_graphs(seed):
    """Oracle: enumeration of all states; brackets of one state at a time contain it."""
    edges, nodes, risks = random_graph(seed)
    exact = by_enumeration(edges, 0, 1, nodes, risks)
    found = two_terminal_reliability(edges, 0, 1, nodes=nodes, risks=risks)
    assert found.is_exact
    assert found.low == pytest.approx(exact, abs=1e-13)
    for most in (1, 2, 5):
        part = two_terminal_reliability(edges, 0, 1, nodes=nodes, risks=risks, most_states=most)
        assert part.low - 1e-13 <= exact <= part.high + 1e-13
        assert part.is_exact == (part.low == part.high)


@pytest.mark.parametrize("seed", range(20))
def test_random_ways(seed):
    """Oracle: inclusion and exclusion over all sets of ways."""
    rng = np.random.default_rng(seed)
    up = {thing: float(rng.random()) for thing in "abcdefg"}
    ways = [{t for t in up if rng.random() < 0.4} for _ in range(int(rng.integers(1, 7)))]
    exact = -sum(
        (-1) ** size * math.prod(up[thing] for thing in set().union(*some))
        for size in range(1, len(ways) + 1)
        for some in itertools.combinations(ways, size)
    )
    assert some_way_up(ways, up) == pytest.approx(exact, abs=1e-12)


def test_a_duct_that_both_ways_share_counts_once():
    """Oracle: by hand, 0.99 (1 - (1 - 0.9)^2), and not 1 - (1 - 0.99 * 0.9)^2."""
    edges = [
        FailingEdge(ends=("s", "a"), availability=0.9, risks=frozenset({"duct"})),
        FailingEdge(ends=("a", "t"), availability=1.0),
        FailingEdge(ends=("s", "b"), availability=1.0),
        FailingEdge(ends=("b", "t"), availability=0.9, risks=frozenset({"duct"})),
    ]
    found = two_terminal_reliability(edges, "s", "t", risks={"duct": 0.99})
    assert found.low == pytest.approx(0.99 * 0.99, abs=1e-14)


def test_twenty_seven_sites_are_exact():
    """Oracle: on a graph of 27 places with four neighbours, sampled states within 5 errors."""
    rng = np.random.default_rng(5)
    places = rng.random((27, 2))
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    spans = sorted({tuple(sorted((i, int(j)))) for i in range(27) for j in apart[i].argsort()[1:5]})
    assert len(spans) > 60
    edges = [FailingEdge(ends=ends, availability=0.7) for ends in spans]
    nodes = dict.fromkeys(range(1, 26), 0.9)
    found = two_terminal_reliability(edges, 0, 26, nodes=nodes)
    assert found.is_exact
    count = 4000
    hits = sum(
        joined(
            edges,
            {("edge", k): up for k, up in enumerate(rng.random(len(edges)) < 0.7)}
            | {("node", n): up for n, up in zip(nodes, rng.random(25) < 0.9, strict=True)},
            0,
            26,
        )
        for _ in range(count)
    )
    error = math.sqrt(found.low * (1.0 - found.low) / count)
    assert abs(hits / count - found.low) < 5.0 * error


def test_a_dense_graph_is_a_bracket_that_says_so():
    """Oracle: ends of a complete graph of 14 are cut off by their own edges above all."""
    edges = [
        FailingEdge(ends=ends, availability=0.5) for ends in itertools.combinations(range(14), 2)
    ]
    found = two_terminal_reliability(edges, 0, 1, most_states=300)
    assert not found.is_exact
    assert "300 partial states" in found.reason
    # Both ends have an edge that works, in nearly all cases enough: 1 - 2 * 2^-13 + 2^-25.
    assert found.low < 1.0 - 2.0**-12 + 2.0**-25 < found.high


def test_ways_of_a_ring():
    """Oracle: enumeration of the five spans and nodes of both ways, by hand of the shares."""
    plan = ring()
    a, n = availability_of(8760.0, 12.0), availability_of(43_800.0, 4.0)
    one, two = a * n * a, a * a * n * n * a
    first, second, third = (parts_availability(plan.case, d.parts) for d in plan.demands)
    assert first == pytest.approx(1.0 - (1.0 - one) * (1.0 - two), abs=1e-14)
    assert second == pytest.approx(a * n * a, abs=1e-14)
    assert third == pytest.approx(a, abs=1e-14)
    # By rerouting, also the longer way round helps: with one more way the third demand is up.
    other = a * n * a * n * a * a * n
    found = connection_probability(plan, (0, 1))
    assert found.low == pytest.approx(1.0 - (1.0 - a) * (1.0 - other), abs=1e-14)


def test_sites_that_must_not_relay_do_not_reroute():
    """Oracle: by hand, the span alone."""

    plan = replace(ring(), relays=())
    found = connection_probability(plan, (0, 1))
    assert found.low == pytest.approx(availability_of(8760.0, 12.0), abs=1e-14)


def test_options_of_one_span_share_its_cable():
    """Oracle: by hand, the best of the two, not 1 - (1 - a)(1 - b)."""
    options = [span(0, 1, 0, hop_availability=0.9), span(0, 1, 0, hop_availability=0.8)]
    plan = plan_of("AB", options, [((0, 1), [(1e3, [(0, 1)], [(0,)])])])
    assert connection_probability(plan, (0, 1)).low == pytest.approx(0.9, abs=1e-14)


@settings(max_examples=40, deadline=None)
@given(
    chances=st.lists(st.floats(0.0, 1.0), min_size=8, max_size=8),
    which=st.integers(0, 7),
    better=st.floats(0.0, 1.0),
)
def test_better_components_never_make_it_worse(chances, which, better):
    """Oracle: a coherent system is monotone in each component."""
    pairs = [(0, 2), (0, 3), (2, 3), (2, 1), (3, 1)]

    def found(values):
        edges = [
            FailingEdge(ends=ends, availability=p, risks=frozenset({"duct"} if k in (0, 4) else ()))
            for k, (ends, p) in enumerate(zip(pairs, values, strict=False))
        ]
        nodes, risks = {2: values[5], 3: values[6]}, {"duct": values[7]}
        return two_terminal_reliability(edges, 0, 1, nodes=nodes, risks=risks).low

    improved = [max(p, better) if k == which else p for k, p in enumerate(chances)]
    assert found(improved) >= found(chances) - 1e-14


def test_needs_of_a_way_leave_its_ends_out():
    """Oracle: by eye."""
    assert needs_of_way((4, 1, 2), (0, 7)) == {("option", 0), ("option", 7), ("site", 1)}


def test_wrong_questions():
    """Oracle: the messages as they are meant."""
    edge = FailingEdge(ends=("s", "t"), availability=0.5)
    with pytest.raises(ParameterError, match="target must be another node than source"):
        two_terminal_reliability([edge], "s", "s")
    with pytest.raises(ParameterError, match=r"nodes\['a'\] must lie in \[0, 1\]"):
        two_terminal_reliability([edge], "s", "t", nodes={"a": 1.5})
    assert two_terminal_reliability([edge], "s", "x").high == 0.0


@settings(max_examples=25, deadline=None)
@given(
    chances=st.lists(st.floats(0.0, 1.0), min_size=4, max_size=4),
    which=st.integers(0, 3),
    better=st.floats(0.0, 1.0),
)
def test_a_better_span_never_makes_a_demand_less_available(chances, which, better):
    """Oracle: a coherent system is monotone; and rerouting adds ways."""

    def found(values):
        plan = ring()
        options = tuple(
            replace(option, hop_availability=value)
            for option, value in zip(plan.case.options, values, strict=True)
        )
        plan = replace(plan, case=replace(plan.case, options=options))
        return [
            (
                parts_availability(plan.case, demand.parts),
                connection_probability(plan, plan.case.demands[demand.demand].ends).low,
            )
            for demand in plan.demands
        ]

    improved = [max(p, better) if k == which else p for k, p in enumerate(chances)]
    for before, after in zip(found(chances), found(improved), strict=True):
        assert after[0] >= before[0] - 1e-14
        assert after[1] >= before[1] - 1e-14
        assert after[1] >= after[0] - 1e-14
