"""Routing in one slot, against all outcomes one by one, and values of the reference."""

import itertools
import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from qnet.errors import EngineError, ParameterError
from qnet.network.bounds import one_slot, slot_region, slot_swaps
from tests.qnet.network.small_networks import link_of, named, network, random_edges, simple_paths


def grid(rows, columns, p, q):
    """A grid of nodes "r,c"."""
    edges = [(f"{r},{c}", f"{r},{c + 1}", p) for r in range(rows) for c in range(columns - 1)]
    edges += [(f"{r},{c}", f"{r + 1},{c}", p) for r in range(rows - 1) for c in range(columns)]
    return network(edges, q, link=[link_of(p, p=p)] * len(edges))


def test_corners_of_a_grid():
    # Oracle: PN-C6: 3x3, p = .6, q = .9.
    found = one_slot(grid(3, 3, 0.6, 0.9), ("0,0", "2,2"))
    assert found.connected == pytest.approx(0.47674121, rel=1e-6)
    assert found.disjoint_paths == pytest.approx(0.521916162, rel=1e-6)
    assert found.one_path == pytest.approx(0.34503912, rel=1e-6)


@given(seed=st.integers(0, 10**9), nodes=st.integers(2, 5))
@settings(max_examples=25)
def test_expectations_are_sums_over_outcomes(seed, nodes):
    # Oracle: for every outcome the largest set of paths without a common edge, by trying them.
    rng = np.random.default_rng(seed)
    edges = random_edges(rng, nodes, nodes - 1 + int(rng.integers(4)))
    p = rng.uniform(0.2, 1.0, len(edges))
    q = {name: float(rng.uniform(0.3, 1.0)) for name in named(edges)}
    users = {f"n{k}" for k in range(2, nodes) if rng.random() < 0.2}
    found = network(edges, q, users=users, link=[link_of(each, p=each) for each in p])
    place = {frozenset(edge[:2]): k for k, edge in enumerate(edges)}
    paths = [
        (
            {place[frozenset(step)] for step in pairwise(path)},
            math.prod(q[name] for name in path[1:-1]),
        )
        for path in simple_paths(edges, "n0", "n1", users)
    ]
    sums = np.zeros(3)
    for came in itertools.product((False, True), repeat=len(edges)):
        chance = math.prod(x if y else 1 - x for x, y in zip(p, came, strict=True))
        open_ways = [(s, value) for s, value in paths if all(came[k] for k in s)]
        most = _most_apart([s for s, _ in open_ways])
        best = max((value for _, value in open_ways), default=0.0)
        sums += chance * np.array([bool(open_ways), most, best])
    slot = one_slot(found, ("n0", "n1"))
    assert [slot.connected, slot.disjoint_paths, slot.one_path] == pytest.approx(list(sums))


def _most_apart(sets):
    """Largest number of sets without a common element."""
    if not sets:
        return 0
    first, *rest = sets
    return max(_most_apart(rest), 1 + _most_apart([s for s in rest if not s & first]))


def test_several_memories_of_a_link():
    # Oracle: by hand: 2 attempts of 1/2 on each of two links: mean of the smaller number.
    link = link_of(0.5, p=0.5)
    found = network([("A", "B", 1.0), ("B", "C", 1.0)], link=[link] * 2, memories=[2, 2])
    slot = one_slot(found, ("A", "C"))
    assert slot.connected == pytest.approx(0.75**2)
    assert slot.disjoint_paths == pytest.approx(0.75**2 + 0.25**2)
    once = network([("A", "B", 1.0)], link=[link], memories=[2], attempts_at_once=[1])
    assert one_slot(once, ("A", "B")).disjoint_paths == pytest.approx(0.5)


def test_ends_apart_get_nothing():
    found = network([("A", "B", 1.0), ("C", "D", 1.0)])
    slot = one_slot(found, ("A", "C"))
    assert (slot.connected, slot.disjoint_paths, slot.one_path) == (0.0, 0.0, 0.0)


def test_too_many_outcomes_are_refused():
    with pytest.raises(EngineError, match="24 links has more than 1048576 outcomes"):
        one_slot(grid(4, 4, 0.5, 1.0), ("0,0", "3,3"))
    endless = network([("A", "B", 1.0)], memories=[None])
    with pytest.raises(EngineError, match="A - B has no number of attempts in a slot"):
        one_slot(endless, ("A", "B"))


def star(users, p, q=1.0, **how):
    """A switch S and so many users."""
    edges = [("S", f"u{k}", p) for k in range(users)]
    return network(edges, q, link=[link_of(p, p=p)] * users, **how)


def test_switch_without_memory():
    # Oracle: PN-C9: one swap of three sure pairs; PN-A9: E[floor(X/2)] of five users, p = .2.
    assert slot_swaps(star(3, 1.0), "S") == pytest.approx(1.0)
    assert slot_swaps(star(5, 0.2), "S") == pytest.approx(0.26944, rel=1e-6)
    # Formula of section 1: (kp - (1 - (1 - 2p)^k)/2)/2.
    k, p = 4, 0.35
    floors = (k * p - (1 - (1 - 2 * p) ** k) / 2) / 2
    assert slot_swaps(star(k, p, 0.5), "S") == pytest.approx(0.5 * floors)
    # Two pairs of one user and one of another: one swap, not one and a half.
    assert slot_swaps(star(2, 1.0, memories=[2, 1]), "S") == pytest.approx(1.0)


@given(seed=st.integers(0, 10**9), users=st.integers(2, 5))
@settings(max_examples=25)
def test_region_of_sure_pairs_is_the_matching_polytope(seed, users):
    # Oracle: Edmonds' inequalities: 1 for every user, (n - 1)/2 for every odd set of n.
    rng = np.random.default_rng(seed)
    names = [f"u{k}" for k in range(users)]
    pairs = list(itertools.combinations(names, 2))
    rates = {pair: float(rng.uniform()) * (rng.random() < 0.7) for pair in pairs}
    rates[pairs[0]] += 0.1
    limits = [1.0 / total for n in names if (total := sum(r for p, r in rates.items() if n in p))]
    for size in range(3, users + 1, 2):
        for some in itertools.combinations(names, size):
            inside = sum(r for p, r in rates.items() if set(p) <= set(some))
            limits += [(size - 1) / 2 / inside] if inside else []
    assert slot_region(star(users, 1.0), "S", rates) == pytest.approx(min(limits))


def test_region_of_equal_rates_is_the_mean_number_of_swaps():
    # Oracle: by symmetry: every pair gets an equal share of all swaps; enumeration of the number.
    pairs = list(itertools.combinations(["u0", "u1", "u2", "u3"], 2))
    factor = slot_region(star(4, 0.3, 0.8), "S", dict.fromkeys(pairs, 1.0))
    assert 6 * factor == pytest.approx(slot_swaps(star(4, 0.3, 0.8), "S"))


def test_region_wants_users():
    with pytest.raises(ParameterError, match="rates must be of two users of S"):
        slot_region(star(3, 1.0), "S", {("u0", "S"): 1.0})
    with pytest.raises(ParameterError, match="rates must hold one above 0"):
        slot_region(star(3, 1.0), "S", {("u0", "u1"): 0.0})
    with pytest.raises(EngineError, match="11 links has more than 1024 outcomes"):
        slot_region(star(11, 0.5), "S", {("u0", "u1"): 1.0})
