"""Bounds of networks, against cuts, walked paths, the whole linear programme, and the reference."""

import itertools
import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st
from scipy.optimize import linprog

from qnet import play
from qnet.errors import EngineError, ParameterError
from qnet.network import ControllerSettings, Demand, NetworkCase, RunTimes, play_network
from qnet.network.bounds import (
    BOUNDS,
    flooding,
    flow_programme,
    joint_bounds,
    network_bounds,
    path_flow,
    stationary_flow,
    widest_path,
)
from tests.qnet.network.small_networks import (
    N1,
    fibres,
    link_of,
    named,
    network,
    random_edges,
    simple_paths,
)

#: Unit links of two stars whose hubs are joined: PN-D10.
DOUBLE_STAR = [
    *((user, "E", 1.0) for user in "ABCD"),
    ("E", "F", 1.0),
    ("F", "J", 1.0),
    *(("J", user, 1.0) for user in "KLM"),
    *(("F", user, 1.0) for user in "GHI"),
]
FIVE_FLOWS = ["AK", "BL", "CI", "DH", "GM"]


def line(rates, q=1.0):
    """Links in a row, nodes 0, 1, ..."""
    return network([(str(k), str(k + 1), rate) for k, rate in enumerate(rates)], q)


def case_of(found, *ends, **how):
    """A case with demands between ends."""
    demands = tuple(Demand(ends=tuple(pair), rate_hz=1.0, **how) for pair in ends)
    return NetworkCase(network=found, demands=demands, run=RunTimes(duration_s=1.0))


# Oracles.


def least_cut(edges, source, target, users=()):
    """Smallest sum of capacities across a cut, all cuts tried; users between are left out."""
    edges = [edge for edge in edges if not {*edge[:2]} & (set(users) - {source, target})]
    inner = [name for name in named(edges) if name not in (source, target)]
    return min(
        sum(c for a, b, c in edges if (a in side) != (b in side))
        for count in range(len(inner) + 1)
        for side in ({source, *some} for some in itertools.combinations(inner, count))
    )


def path_programme(edges, q, demands, *, equal=False):
    """Optimum of the path programme with all paths listed."""
    place = {frozenset(edge[:2]): k for k, edge in enumerate(edges)}
    ways = [(d, p) for d, ends in enumerate(demands) for p in simple_paths(edges, *ends)]
    usage = np.zeros((len(edges), len(ways) + 1))
    for column, (_, path) in enumerate(ways):
        factor = math.prod(1.0 / q[name] for name in path[1:-1])
        for step in pairwise(path):
            usage[place[frozenset(step)], column] = factor
    right = [edge[2] for edge in edges]
    if not equal:
        goal = [-1.0] * len(ways) + [0.0]
        return -linprog(goal, A_ub=usage, b_ub=right).fun
    rows = [[-float(d == of) for of, _ in ways] + [1.0] for d in range(len(demands))]
    goal = [0.0] * len(ways) + [-1.0]
    found = linprog(goal, A_ub=np.vstack([usage, rows]), b_ub=[*right, *([0.0] * len(rows))])
    return -found.fun


def swap_programme(edges, q, demands, users=()):
    """Largest total of the stationary programme, all swap rates (i, k, j) as variables."""
    names = named(edges)
    pairs = [frozenset(pair) for pair in itertools.combinations(names, 2)]
    row = {pair: k for k, pair in enumerate(pairs)}
    columns, goal = [], []
    for pair, k in itertools.product(pairs, names):
        if k in pair or k in users:
            continue
        i, j = pair
        column = np.zeros(len(pairs))
        column[row[frozenset((i, k))]] += 1.0
        column[row[frozenset((k, j))]] += 1.0
        column[row[pair]] -= q[k]
        columns.append(column)
        goal.append(0.0)
    for ends in demands:
        column = np.zeros(len(pairs))
        column[row[frozenset(ends)]] = 1.0
        columns.append(column)
        goal.append(-1.0)
    made = np.zeros(len(pairs))
    for a, b, rate in edges:
        made[row[frozenset((a, b))]] = rate
    found = linprog(goal, A_ub=np.array(columns).T, b_ub=made)
    assert found.status == 0
    return -found.fun


# Values of the reference.


def test_capacities_of_the_fibre():
    # Oracle: PN-C1: single path 0.0855028198 (A C D), flooding 0.122204589.
    edges = [("A", "B", 50.0), ("B", "D", 80.0), ("A", "C", 60.0), ("C", "D", 62.0)]
    found = fibres([*edges, ("B", "C", 20.0)])
    assert widest_path(found, ("A", "D")) == pytest.approx(0.0855028198, rel=1e-6)
    assert flooding(found, ("A", "D")) == pytest.approx(0.122204589, rel=1e-6)


@pytest.mark.parametrize(
    ("q", "hops", "rate"), [(1.0, None, 10.0), (0.5, None, 3.25), (0.5, 2, 1.5)]
)
def test_best_rate_over_paths(q, hops, rate):
    # Oracle: PN-C3.
    flows = path_flow(network(N1, q), ("A", "E"), most_hops=hops)
    assert flows.total_hz == pytest.approx(rate, rel=1e-6)


def test_two_demands_over_paths():
    # Oracle: PN-C4: largest total 4.5, largest equal rate 2.16666667.
    programme = flow_programme(network(N1, 0.5), ["AE", "BE"], "path")
    assert programme.most_in_total().total_hz == pytest.approx(4.5, rel=1e-6)
    equal = programme.most_alike()
    assert equal.rates_hz == pytest.approx([2.16666667] * 2, rel=1e-6)
    # The ways that are named carry these rates, and no link more than it makes.
    for d, rate in enumerate(equal.rates_hz):
        assert sum(flow for of, _, flow in equal.ways if of == d) == pytest.approx(rate)


@pytest.mark.parametrize(
    ("links", "rate"), [(2, 0.5), (3, 0.25), (4, 0.25), (5, 0.166666667), (8, 0.125)]
)
def test_chains_with_ideal_storage(links, rate):
    # Oracle: PN-C5; over one path without storage q^(n - 1).
    found = line([1.0] * links, 0.5)
    ends = ("0", str(links))
    assert stationary_flow(found, ends).total_hz == pytest.approx(rate, rel=1e-6)
    assert path_flow(found, ends).total_hz == pytest.approx(0.5 ** (links - 1), rel=1e-6)


def test_a_sure_pair_per_user_with_memory():
    # Oracle: PN-C9: k/2 swaps per slot in total with memory.
    star = network([("H", user, 1.0) for user in "ABC"])
    total = flow_programme(star, ["AB", "AC", "BC"]).most_in_total().total_hz
    assert total == pytest.approx(1.5, rel=1e-6)


@pytest.mark.parametrize("ways", ["path", "stationary"])
def test_fair_shares_of_five_flows(ways):
    # Oracle: PN-D10: max-min fair rates.
    fair = flow_programme(network(DOUBLE_STAR), FIVE_FLOWS, ways).fair()
    assert fair.rates_hz == pytest.approx([0.25, 0.25, 0.25, 0.25, 0.5], rel=1e-6)


@pytest.mark.parametrize("ways", ["path", "stationary"])
def test_equal_rates_of_a_chain_of_relays(ways):
    # Oracle: PN-G5: end to end 85082.7; loads 5, 8, 9, 8, 5: the third link's rate over 9.
    rates = [85082.7] * 3 + [150797.3] * 2
    found = line(rates)
    assert flow_programme(found, ["05"], ways).most_in_total().total_hz == pytest.approx(85082.7)
    pairs = list(itertools.combinations("012345", 2))
    equal = flow_programme(found, pairs, ways).most_alike()
    assert equal.rates_hz == pytest.approx([9453.633333] * 15, rel=1e-6)


# Dualities and whole programmes.


@given(seed=st.integers(0, 10**9), nodes=st.integers(2, 7))
@settings(max_examples=40)
def test_maximum_flows_are_least_cuts(seed, nodes):
    # Oracle: all cuts; with swaps that succeed the flows are the same.
    rng = np.random.default_rng(seed)
    edges = random_edges(rng, nodes, nodes - 1 + int(rng.integers(7)))
    users = {f"n{k}" for k in range(2, nodes) if rng.random() < 0.2}
    found = network(edges, users=users)
    cut = least_cut(edges, "n0", "n1", users)
    for flow in (path_flow, stationary_flow):
        assert flow(found, ("n0", "n1")).total_hz == pytest.approx(cut, rel=1e-9, abs=1e-9)
    # Of fibres the lengths are chosen for the capacities.
    lengths = [-50.0 * math.log10(1.0 - 2.0**-c) for *_, c in edges]
    spans = network(edges, users=users, length_km=lengths, loss_db_per_km=[0.2] * len(edges))
    assert flooding(spans, ("n0", "n1")) == pytest.approx(cut, rel=1e-9, abs=1e-9)
    capacity = {frozenset(edge[:2]): edge[2] for edge in edges}
    widest = [
        min(capacity[frozenset(step)] for step in pairwise(path))
        for path in simple_paths(edges, "n0", "n1", users)
    ]
    assert widest_path(spans, ("n0", "n1")) == pytest.approx(max(widest, default=0.0), rel=1e-9)


@given(seed=st.integers(0, 10**9))
@example(seed=840)
@example(seed=0)
@settings(max_examples=15)
def test_rates_of_many_orders_of_magnitude(seed):
    # Oracle: all cuts; fair rates keep to every link, and equal rates are their least.
    rng = np.random.default_rng(seed)
    edges = [(a, b, 10.0 ** float(rng.uniform(-6, 6))) for a, b, _ in random_edges(rng, 7, 11)]
    found = network(edges)
    cut = least_cut(edges, "n0", "n1")
    for flow in (path_flow, stationary_flow):
        assert flow(found, ("n0", "n1")).total_hz == pytest.approx(cut, rel=1e-7)
    programme = flow_programme(found, [("n0", "n1"), ("n2", "n3"), ("n4", "n5")])
    fair, equal = programme.fair().rates_hz, programme.most_alike().rates_hz
    assert min(fair) == pytest.approx(equal[0], rel=1e-6)
    assert fair[0] <= cut * (1.0 + 1e-6)


@given(seed=st.integers(0, 10**9), nodes=st.integers(3, 6), several=st.booleans())
@settings(max_examples=30)
def test_programmes_with_all_columns(seed, nodes, several):
    # Oracle: all paths, and all swap rates, as columns of one programme; swaps of their own.
    rng = np.random.default_rng(seed)
    edges = random_edges(rng, nodes, nodes + int(rng.integers(5)))
    q = {name: float(rng.uniform(0.3, 1.0)) for name in named(edges)}
    if rng.random() < 0.5:
        q = dict.fromkeys(q, q["n0"])
    demands = [("n0", "n1"), ("n0", "n2")] if several else [("n0", "n1")]
    found = network(edges, q)
    paths = flow_programme(found, demands, "path")
    total = path_programme(edges, q, demands)
    assert paths.most_in_total().total_hz == pytest.approx(total, rel=1e-7)
    equal = path_programme(edges, q, demands, equal=True)
    assert paths.most_alike().rates_hz == pytest.approx([equal] * len(demands), rel=1e-7)
    stationary = flow_programme(found, demands).most_in_total().total_hz
    assert stationary == pytest.approx(swap_programme(edges, q, demands), rel=1e-7)
    assert stationary >= total * (1.0 - 1e-9)


def test_detour_with_a_stop_over():
    # Oracle: the whole programme: pairs parked at x, whose swaps are sure, save pairs of s u.
    edges = [("s", "u", 1.0), ("u", "v", 9.0), ("v", "t", 1.5), ("v", "x", 99.0)]
    q = {"s": 1.0, "t": 1.0, "u": 0.5, "v": 0.2, "x": 1.0}
    found = stationary_flow(network(edges, q), ("s", "t")).total_hz
    assert found == pytest.approx(swap_programme(edges, q, [("s", "t")]), rel=1e-7)
    without = [edge for edge in edges if "x" not in edge]
    assert found > 1.01 * swap_programme(without, q, [("s", "t")])


@given(seed=st.integers(0, 10**9))
@settings(max_examples=15)
def test_fair_rates_cannot_be_raised(seed):
    # Oracle: the definition: raising one needs a smaller or equal one to fall, by a programme.
    rng = np.random.default_rng(seed)
    edges = random_edges(rng, 6, 8)
    demands = [("n0", "n1"), ("n2", "n3"), ("n4", "n5")]
    found = network(edges, 0.7)
    programme = flow_programme(found, demands, "path")
    fair = np.array(programme.fair().rates_hz)
    place = {frozenset(edge[:2]): k for k, edge in enumerate(edges)}
    ways = [(d, p) for d, ends in enumerate(demands) for p in simple_paths(edges, *ends)]
    usage = np.zeros((len(edges), len(ways)))
    for column, (_, path) in enumerate(ways):
        for step in pairwise(path):
            usage[place[frozenset(step)], column] = 0.7 ** (2 - len(path))
    rows = np.array([[-float(d == of) for of, _ in ways] for d in range(3)])
    for d in range(3):
        least = np.where((fair <= fair[d] + 1e-9) & (np.arange(3) != d), fair - 1e-7, 0.0)
        right = [*(edge[2] for edge in edges), *(-np.maximum(least, 0.0))]
        best = linprog(rows[d], A_ub=np.vstack([usage, rows]), b_ub=right)
        assert -best.fun == pytest.approx(fair[d], abs=1e-5)


@given(seed=st.integers(0, 10**9), links=st.integers(2, 4))
@settings(max_examples=12)
def test_chains_keep_to_their_bound(seed, links):
    # Oracle: the exact engine: a chain that swaps as soon as it can has a rate of 1/E[T].
    rng = np.random.default_rng(seed)
    rates = [round(float(rate), 2) for rate in rng.uniform(0.05, 0.5, links)]
    found = network(
        [(str(k), str(k + 1), rate) for k, rate in enumerate(rates)],
        round(float(rng.uniform(0.4, 1.0)), 2),
        link=[link_of(rate, p=rate) for rate in rates],
    )
    route = tuple(map(str, range(links + 1)))
    rate = play(found.plan(route), engine="exact").rate_hz.best
    assert 0.0 < rate <= stationary_flow(found, (route[0], route[-1])).total_hz


def test_dual_values_are_what_one_more_unit_brings():
    # Oracle: the programme solved again with a little more of one link.
    for ways in ("path", "stationary"):
        before = flow_programme(network(N1, 0.5), ["AE", "BE"], ways).most_in_total()
        for k, price in enumerate(before.prices):
            more = [(a, b, c + 1e-4 * (place == k)) for place, (a, b, c) in enumerate(N1)]
            after = flow_programme(network(more, 0.5), ["AE", "BE"], ways).most_in_total()
            gain = (after.total_hz - before.total_hz) / 1e-4
            assert gain == pytest.approx(price, abs=1e-6)


# Limits, and what is missing.


def test_minimum_fidelity_limits_the_paths():
    # Oracle: paths of at most two of the links, floor(ln w_min / ln w) = 2: PN-C3 with 2 hops.
    links = [link_of(rate, fidelity=0.98) for *_, rate in N1]
    found = network(N1, 0.5, link=links)
    w = (4 * 0.98 - 1) / 3
    least = (1 + 3 * w**2.5) / 4
    flows = path_flow(found, ("A", "E"), minimum_fidelity=least)
    assert flows.total_hz == pytest.approx(1.5, rel=1e-6)
    assert path_flow(found, ("A", "E"), minimum_fidelity=0.97999).total_hz == 0.0
    assert path_flow(found, ("A", "B"), minimum_fidelity=0.98).total_hz == pytest.approx(10.0)


def test_unlimited_links_are_no_limit():
    # Oracle: by hand.
    found = network([("A", "S", 1.0), ("S", "B", 3.0)], memories=[None, 1])
    assert stationary_flow(found, ("A", "B")).total_hz == pytest.approx(3.0)
    assert path_flow(found, ("A", "B")).total_hz == pytest.approx(3.0)
    open_way = network(
        [("A", "S", 1.0), ("S", "B", 3.0), ("S", "C", 2.0)], memories=[None, None, 1]
    )
    (bounds, other) = network_bounds(case_of(open_way, "AB", "AC"))
    assert (bounds.stationary_flow, bounds.path_flow) == (math.inf, math.inf)
    assert bounds.as_dict()["stationary_flow"] is None
    assert "stationary_flow of A - B is infinite: it needs none but unlimited links" in (
        bounds.remarks
    )
    assert other.stationary_flow == pytest.approx(2.0)
    joint = joint_bounds(case_of(open_way, "AB", "AC"))
    assert joint.total_hz == math.inf
    assert joint.fair_hz == pytest.approx((math.inf, 2.0))


def test_bounds_of_a_case():
    # Oracle: by hand: two memories of 0.1 pairs a second each, swaps of one half.
    found = network(
        [("A", "S", 0.1), ("S", "B", 0.1), ("B", "C", 0.1)],
        0.5,
        memories=[2, 2, 1],
        length_km=[10.0, 10.0, None],
        loss_db_per_km=[0.2, 0.2, 0.2],
    )
    bounds, longer = network_bounds(case_of(found, "AB", "AC"))
    capacity = -math.log2(1 - 10 ** (-0.2))
    assert bounds.as_dict() == {
        "ends": ["A", "B"],
        "widest_path": pytest.approx(capacity),
        "flooding": pytest.approx(capacity),
        "path_flow": pytest.approx(0.1),
        "stationary_flow": pytest.approx(0.1),
    }
    assert (longer.widest_path, longer.flooding) == (None, None)
    assert longer.stationary_flow == pytest.approx(0.05)
    # Of A - S and S - B only both together bring more: the dual values say what one brings.
    gains = {gain.ends: gain for gain in longer.gains}
    assert gains["B", "C"].per_pair == pytest.approx(0.5)
    assert gains["B", "C"].per_memory_hz == pytest.approx(0.05)
    assert set(BOUNDS) == set(bounds.as_dict()) - {"ends"}


def test_bound_of_a_ghz_demand_is_that_of_its_worst_pair():
    # Oracle: by hand: the pair of B and C goes over links of 0.2 and 0.3.
    star = network([("A", "S", 1.0), ("B", "S", 0.2), ("C", "S", 0.3)], 0.5)
    (bounds,) = network_bounds(case_of(star, "ABC"))
    assert bounds.stationary_flow == pytest.approx(0.1)
    assert bounds.path_flow is None
    assert joint_bounds(case_of(star, "ABC")) is None


def test_flows_of_very_many_demands_are_left_out_with_a_reason():
    # Oracle: where swaps are sure the flow is the least rate on the way.
    edges = [(str(k), str(k + 1), 1.0 + k % 7) for k in range(50)]
    ends = list(itertools.combinations([str(k) for k in range(51)], 2))
    bounds = network_bounds(case_of(network(edges, 0.5), *ends))
    assert {each.stationary_flow for each in bounds} == {None}
    assert "would take minutes" in bounds[0].remarks[0]
    for each in network_bounds(case_of(network(edges), *ends)):
        one, two = map(int, each.ends)
        least = min(rate for _, _, rate in edges[one:two])
        assert each.stationary_flow == each.path_flow == pytest.approx(least)


def test_ends_that_nothing_joins():
    # Oracle: nothing flows.
    found = network([("A", "B", 1.0), ("C", "D", 1.0)])
    (bounds,) = network_bounds(case_of(found, "AC"))
    assert bounds.stationary_flow == bounds.path_flow == bounds.flooding == 0.0
    assert flow_programme(found, ["AC", "AB"]).most_alike().rates_hz == (0.0, 0.0)
    assert flow_programme(found, ["AC", "AB"]).fair().rates_hz == pytest.approx((0.0, 1.0))


def test_ends_of_a_flow_are_two_nodes():
    with pytest.raises(ParameterError, match="ends must be two different nodes"):
        flow_programme(network(N1), ["AA"])


def test_a_programme_without_optimum_is_an_error(monkeypatch):
    class Failed:
        status, message = 4, "numerical difficulties"

    monkeypatch.setattr("scipy.optimize.linprog", lambda *_args, **_how: Failed)
    with pytest.raises(EngineError, match=r"HiGHS found no optimum .* numerical difficulties"):
        stationary_flow(network(N1), ("A", "E"))


@pytest.mark.parametrize("allocation", ["reserve", "share"])
@pytest.mark.parametrize("seed", [1, 2])
def test_controllers_keep_to_the_bounds(seed, allocation):
    # Oracle: the sampled engine: no rate is above its bound, four standard errors apart.
    rng = np.random.default_rng(seed)
    edges = random_edges(rng, 5, 6, 0.05, 0.5)
    found = network(
        edges,
        round(float(rng.uniform(0.4, 1.0)), 2),
        link=[link_of(rate, p=rate) for *_, rate in edges],
        memories=[int(rng.integers(1, 4)) for _ in edges],
    )
    ends = [("n0", "n1"), ("n2", "n3")]
    case = NetworkCase(
        network=found,
        demands=tuple(Demand(ends=each, arrivals="backlog") for each in ends),
        run=RunTimes(duration_s=1000.0, replicas=2),
        controller=ControllerSettings(allocation=allocation, routes=2),
    )
    rates = [demand["pair_rate_hz"] for demand in play_network(case).demands]
    errors = [(rate.high - rate.low) / 3.9 for rate in rates]
    for rate, error, bounds in zip(rates, errors, network_bounds(case), strict=True):
        assert 0.0 < rate.best <= bounds.stationary_flow + 4.0 * error
    total = sum(rate.best for rate in rates)
    assert total <= joint_bounds(case).total_hz + 4.0 * sum(errors)
