"""Routes of demands, against paths that are walked one by one, and values of the reference."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from qnet import play
from qnet.engines import Key
from qnet.errors import ParameterError
from qnet.network import ControllerSettings, Demand, NetworkCase, RunTimes
from qnet.network.routing.path_search import PathSearch
from qnet.network.routing.routes import choose_routes
from tests.qnet.network.small_networks import (
    fibres,
    link_of,
    network,
    random_edges,
    simple_paths,
    werner_links,
)


def choice(found, ends, *, least=0.0, memories=1, play_all=False, **settings):
    """The choice of one demand."""
    demand = Demand(ends=ends, rate_hz=1.0, minimum_fidelity=least, memories=memories)
    controller = ControllerSettings(**settings)
    return choose_routes(found, [demand], controller, Key(), play_all=play_all)[0]


def two_ways():
    """Routes of 20 s and 16.15 s of seconds per pair in sum: PN-C2."""
    edges = [("A", "B", 0.1), ("B", "D", 0.1), ("A", "C", 0.066), ("C", "D", 1.0)]
    links = [link_of(rate, p=rate) for *_, rate in edges]
    return network(edges, link=links)


def test_sums_of_times_pick_the_route_that_takes_longer():
    # Oracle: PN-C2: sums 20 and 16.15 slots, means of the later link 14.7368421 and 15.1515152.
    added = choice(two_ways(), ("A", "D"), metric="delivery-time", play_all=True)
    assert added.routes == (("A", "C", "D"),)
    assert added.chosen[0].delivery_time_s.best == pytest.approx(15.1515152, rel=1e-6)
    played = choice(two_ways(), ("A", "D"), routing="evaluated", metric="delivery-time")
    assert played.routes == (("A", "B", "D"),)
    assert played.chosen[0].delivery_time_s.best == pytest.approx(14.7368421, rel=1e-6)
    assert played.chosen[0].delivery_time_s.is_exact


def test_best_fidelity_is_that_of_the_longer_route():
    # Oracle: PN-C7: 0.941456 over A B C D; by hand w = .9733 * .96 * .98667.
    edges = [("A", "B", 0.98), ("B", "C", 0.97), ("C", "D", 0.99), ("A", "D", 0.93)]
    found = choice(werner_links([*edges, ("B", "D", 0.95)]), ("A", "D"), routing="fidelity")
    assert found.routes == (tuple("ABCD"),)
    assert found.chosen[0].fidelity.best == pytest.approx(0.941456, abs=1e-6)


@pytest.mark.parametrize(("least", "hops"), [(0.85, 8), (0.5, 40)])
def test_most_hops_that_reach_a_fidelity(least, hops):
    # Oracle: PN-C8: floor(ln w_min / ln w).
    names = [str(k) for k in range(hops + 2)]
    line = werner_links([(a, b, 0.98) for a, b in pairwise(names)])
    good = choice(line, (names[0], names[hops]), least=least)
    assert good.chosen[0].hops == hops
    bad = choice(line, (names[0], names[hops + 1]), least=least)
    assert bad.routes == ()
    w = ((4 * 0.98 - 1) / 3) ** (hops + 1)
    assert bad.reason == (
        f"no route between 0 and {hops + 1} reaches a fidelity of {least:g}; the best, "
        f"{' - '.join(names)}, has {(1 + 3 * w) / 4:.6g}"
    )


def test_longer_route_is_taken_where_the_first_is_not_good_enough():
    # Oracle: by hand: the direct link has 0.8, the way over B 0.9604 + 3 * ... > 0.95.
    edges = [("A", "B", 0.98), ("B", "C", 0.98), ("A", "C", 0.8)]
    assert choice(werner_links(edges), ("A", "C")).routes == (("A", "C"),)
    found = choice(werner_links(edges), ("A", "C"), least=0.95)
    assert found.routes == (("A", "B", "C"),)
    assert [each.route for each in found.considered] == [("A", "C"), ("A", "B", "C")]


def test_figures_are_those_of_the_chain_along_the_route():
    # Oracle: the exact engine on the plan of the route.
    found = werner_links([("A", "B", 0.95), ("B", "C", 0.97), ("C", "D", 0.99)], 0.7)
    figures = choice(found, ("D", "A"), play_all=True).chosen[0]
    chain = play(found.plan(("A", "B", "C", "D")), engine="exact")
    for name in ("delivery_time_s", "fidelity", "secret_key_rate_hz"):
        assert getattr(figures, name).best == pytest.approx(getattr(chain, name).best, rel=1e-9)


def test_figures_without_a_common_grid_are_drawn_with_an_interval():
    # Oracle: mean of the later of two geometric times, attempts of 1 s and pi/3 s, by sums.
    steps = np.array([1.0, math.pi / 3.0])
    links = [link_of(0.1 / step, p=0.1) for step in steps]
    found = network([("A", "B", 1.0), ("B", "C", 1.0)], link=links)
    figures = choice(found, ("A", "C"), play_all=True).chosen[0]
    times = steps[:, None] * np.arange(1, 400)
    both = np.maximum(times[0][:, None], times[1])
    law = 0.1 * 0.9 ** np.arange(399)
    mean, low, high = law @ both @ law, *(figures.delivery_time_s.low, figures.delivery_time_s.high)
    assert figures.delivery_time_s.n > 0
    middle, half = (low + high) / 2, (high - low) / 2
    assert abs(mean - middle) < 2.5 * half < 0.1 * mean
    again = choice(found, ("A", "C"), play_all=True).chosen[0]
    assert again == figures


def test_metrics_find_different_routes():
    # Oracle: by hand.
    edges = [("A", "D", 1.0), ("A", "B", 9.0), ("B", "D", 8.0), ("A", "C", 2.0), ("C", "D", 90.0)]
    links = [link_of(rate, 0.9 if k == 0 else 0.99) for k, (*_, rate) in enumerate(edges)]
    lengths = [50.0, 30.0, 30.0, 10.0, 10.0]
    found = network(edges, link=links, length_km=lengths)
    routes = {
        metric: choice(found, ("A", "D"), metric=metric).routes[0]
        for metric in ("hops", "length", "delivery-time", "key-rate")
    }
    assert routes == {
        "hops": ("A", "D"),
        "length": ("A", "C", "D"),
        "delivery-time": ("A", "B", "D"),
        "key-rate": ("A", "B", "D"),
    }


def test_most_key_is_on_a_route_that_no_sum_puts_first():
    # Oracle: the exact engine on all routes: six fast ways of four links against a slow one.
    edges = [("A", "B", 0.02)]
    for k in range(6):
        names = ["A", *(f"{k}{n}" for n in range(3)), "B"]
        edges += [(a, b, 1.0) for a, b in pairwise(names)]
    links = [link_of(rate, 0.955, p=rate / 2) for *_, rate in edges]
    found = network(edges, link=links)
    best = choice(found, ("A", "B"), routing="evaluated", metric="key-rate")
    assert len(best.considered) == 6
    rates = {
        path: play(found.plan(path), engine="exact").secret_key_rate_hz.best
        for path in simple_paths(edges, "A", "B")
    }
    assert rates[best.routes[0]] == max(rates.values())
    assert best.routes == (("A", "B"),)


def test_equal_routes_come_in_the_order_of_nodes():
    # Oracle: 0.1 + 0.2 equals 0.3 as it is written, then fewer edges, then the first node.
    edges = [("A", "C", 0.1), ("C", "D", 0.2), ("A", "B", 0.2), ("B", "D", 0.1), ("A", "D", 0.3)]
    found = fibres(edges)
    chosen = choice(found, ("A", "D"), metric="length", routes=5)
    assert chosen.routes == (("A", "D"), ("A", "C", "D"), ("A", "B", "D"))
    assert [node.name for node in found.nodes] == ["A", "C", "D", "B"]


@given(seed=st.integers(0, 10**9), nodes=st.integers(3, 7), more=st.integers(0, 6))
@settings(max_examples=60)
def test_k_shortest_are_the_first_of_all_paths(seed, nodes, more):
    # Oracle: all paths without loops, walked one by one and sorted.
    rng = np.random.default_rng(seed)
    edges = [
        (a, b, float(rng.integers(1, 4))) for a, b, _ in random_edges(rng, nodes, nodes - 1 + more)
    ]
    users = {f"n{k}" for k in range(nodes) if rng.random() < 0.2}
    found = network(edges, users=users)
    search = PathSearch.of(found, [cost for *_, cost in edges])
    cost = {frozenset(edge[:2]): edge[2] for edge in edges}
    number = found.node_number
    every = sorted(
        (
            sum(cost[frozenset(step)] for step in pairwise(path)),
            len(path),
            [number[name] for name in path],
        )
        for path in simple_paths(edges, "n0", "n1", users)
    )
    paths = list(search.each(number["n0"], number["n1"]))
    assert [list(path.nodes) for path in paths] == [nodes for *_, nodes in every]
    first = search.first(number["n0"], number["n1"])
    assert first == (paths[0] if paths else None)


@given(seed=st.integers(0, 10**9), nodes=st.integers(3, 7), apart=st.booleans())
@settings(max_examples=60)
def test_disjoint_paths_are_the_cheapest_pair(seed, nodes, apart):
    # Oracle: every pair of paths.
    rng = np.random.default_rng(seed)
    edges = [
        (a, b, float(rng.integers(1, 9)))
        for a, b, _ in random_edges(rng, nodes, nodes - 1 + int(rng.integers(7)))
    ]
    found = network(edges)
    costs = {frozenset(edge[:2]): edge[2] for edge in edges}

    def steps(path):
        return {frozenset(step) for step in pairwise(path)}

    def cost(path):
        return sum(costs[step] for step in steps(path))

    paths = simple_paths(edges, "n0", "n1")
    pairs = [
        cost(one) + cost(two)
        for one in paths
        for two in paths
        if one < two
        and not steps(one) & steps(two)
        and (not apart or not set(one[1:-1]) & set(two[1:-1]))
    ]
    search = PathSearch.of(found, [edge[2] for edge in edges])
    source, target = found.node_number["n0"], found.node_number["n1"]
    chosen = [search.names(p) for p in search.disjoint(source, [target], 2, nodes=apart)]
    assert all(path in paths for path in chosen)
    if not pairs:
        assert len(chosen) == 1
        assert cost(chosen[0]) == min(map(cost, paths))
    else:
        assert not steps(chosen[0]) & steps(chosen[1])
        assert not apart or not set(chosen[0][1:-1]) & set(chosen[1][1:-1])
        assert sum(map(cost, chosen)) == min(pairs)


@given(seed=st.integers(0, 10**9), nodes=st.integers(3, 8), apart=st.booleans())
@settings(max_examples=60)
def test_as_many_disjoint_paths_as_must_be_cut(seed, nodes, apart):
    # Oracle: Menger's theorem: fewest edges (or inner nodes) whose loss parts the ends.
    rng = np.random.default_rng(seed)
    edges = random_edges(rng, nodes, nodes - 1 + int(rng.integers(8)))
    edges = [edge for edge in edges if not apart or {*edge[:2]} != {"n0", "n1"}]
    found = network([*edges, ("n0", "x", 1.0), ("n1", "y", 1.0)])
    search = PathSearch.of(found, [1.0] * (len(edges) + 2))
    number = found.node_number
    count = len(search.disjoint(number["n0"], [number["n1"]], 99, nodes=apart))
    inner = [f"n{k}" for k in range(2, nodes)]
    least = min(
        (
            sum(1 for a, b, _ in edges if (a in side) != (b in side))
            for side in ({"n0", *part} for part in _subsets(inner))
        )
        if not apart
        else (
            len(lost)
            for lost in map(set, _subsets(inner))
            if not _joined([e for e in edges if not {*e[:2]} & lost], "n0", "n1")
        )
    )
    assert count == least


def _subsets(names):
    return [[n for k, n in enumerate(names) if bits >> k & 1] for bits in range(1 << len(names))]


def _joined(edges, source, target):
    seen, size = {source}, 0
    while len(seen) > size:
        size = len(seen)
        seen |= {x for a, b, _ in edges if seen & {a, b} for x in (a, b)}
    return target in seen


def test_disjoint_routes_avoid_the_shortest_one_where_it_is_in_the_way():
    # Oracle: by hand: A B C D is shortest, and shares an edge with both others.
    edges = [("A", "B", 1.0), ("B", "C", 1.0), ("C", "D", 1.0), ("A", "C", 4.0), ("B", "D", 4.0)]
    found = choice(fibres(edges), ("A", "D"), routing="disjoint", metric="length", routes=3)
    assert sorted(found.routes) == [("A", "B", "D"), ("A", "C", "D")]


def test_users_do_not_relay():
    # Oracle: by hand.
    edges = [("A", "U", 1.0), ("U", "B", 1.0), ("A", "R", 1.0), ("R", "S", 1.0), ("S", "B", 1.0)]
    assert choice(network(edges, users="ABU"), ("A", "B")).routes == (("A", "R", "S", "B"),)
    assert choice(network(edges, users="ABU"), ("A", "U")).routes == (("A", "U"),)
    for memories in (1, 2):
        line = network(edges[:2], users="ABU", memories=[2, 2])
        closed = choice(line, ("A", "B"), memories=memories)
        assert closed.routes == ()
        assert closed.reason == (
            "no route joins A and B: users do not relay, and one stands on every way"
        )


def test_an_edge_joins_two_nodes():
    with pytest.raises(ParameterError, match=r"edge\.ends must join two different nodes"):
        network([("A", "A", 1.0)])


def test_reserved_routes_have_the_memories_of_a_session():
    # Oracle: by hand.
    edges = [("A", "B", 1.0), ("A", "C", 1.0), ("C", "B", 1.0)]
    found = network(edges, memories=[1, 2, None])
    assert choice(found, ("A", "B"), memories=2).routes == (("A", "C", "B"),)
    assert choice(found, ("A", "B"), memories=2, allocation="share").routes == (("A", "B"),)
    few = choice(found, ("A", "B"), memories=3)
    reason = "no route joins A and B whose every edge has the 3 memories that a session takes"
    assert (few.routes, few.reason) == ((), reason)


def test_ghz_demand_takes_a_star_of_its_own_edges():
    # Oracle: by hand: at S the ways from B and C would share an edge; R is reached by all.
    edges = [("A", "S", 1.0), ("S", "R", 1.0), ("B", "R", 1.0), ("C", "R", 1.0)]
    found = choice(network(edges, users="ABC"), ("A", "B", "C"))
    assert found.routes == (("A", "S", "R"), ("B", "R"), ("C", "R"))
    none = choice(network(edges[:3], users="AB"), ("A", "B", "S"))
    assert none.reason == "no switch or repeater has routes to A, B and S that share no edge"


def test_nothing_is_played_without_need(monkeypatch):
    # Oracle: the engine is not called.
    import qnet.network.routing.route_figures as figures

    def refuse(*_args, **_how):
        message = "played"
        raise AssertionError(message)

    monkeypatch.setattr(figures, "play", refuse)
    found = werner_links([("A", "B", 0.91), ("B", "C", 0.92), ("A", "C", 0.93)])
    for routing in ("shortest", "disjoint"):
        assert choice(found, ("A", "B"), routing=routing, routes=2).routes
    with pytest.raises(AssertionError):
        choice(found, ("A", "B"), routing="evaluated")


def test_equal_links_are_played_once(monkeypatch):
    # Oracle: the number of calls: one for one link, one for two.
    import qnet.network.routing.route_figures as figures

    calls = []
    monkeypatch.setattr(
        figures, "play", lambda plan, **how: calls.append(plan) or play(plan, **how)
    )
    names = [str(k) for k in range(7)]
    ring = werner_links([(a, b, 0.977) for a, b in pairwise([*names, "0"])])
    demands = [Demand(ends=(a, b), rate_hz=1.0) for a in names for b in names if a != b]
    choose_routes(ring, demands, ControllerSettings(), Key(), play_all=True)
    assert len(calls) == 3


def test_length_metric_wants_lengths():
    found = network([("A", "B", 1.0)])
    with pytest.raises(ParameterError, match=r"A - B, has no length .* take metric = .hops."):
        choice(found, ("A", "B"), metric="length")


def test_route_that_never_delivers_says_so():
    # Oracle: by hand: a swap that never succeeds.
    found = network([("A", "B", 1.0), ("B", "C", 1.0)], 0.0)
    figures = choice(found, ("A", "C"), play_all=True).considered[0]
    assert figures.fidelity is None
    assert figures.reason.startswith("it does not deliver: no pair would ever come")


def test_case_has_its_choice():
    case = NetworkCase(
        network=two_ways(),
        demands=(Demand(ends=("A", "D"), rate_hz=1.0), Demand(ends=("D", "C"), rate_hz=1.0)),
        run=RunTimes(duration_s=1.0),
        controller=ControllerSettings(routing="evaluated", metric="delivery-time"),
    )
    assert [case.routes(k)[0] for k in range(2)] == [("A", "B", "D"), ("D", "C")]
