"""Bounds of key networks: least cuts by enumeration, concurrent flow by hand and by paths."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
from scipy.optimize import linprog

from protocols.key_networks import KeyDemand, KeyLink, KeyNetworkScenario, KeyNodeTable
from protocols.key_networks.bounds import key_network_bounds
from protocols.networks import TopologyTable
from qnet.network import RunTimes

#: Links of the Czech reference route, in bit/s, before its source rounds them.
CZECH = (85082.7, 85082.7, 85082.7, 150797.0, 150797.0)


def case(rates, demands, **changes):
    """A case with these rates of edges, and key rates of demands, by their ends."""
    edges = list(rates)
    return KeyNetworkScenario(
        run=RunTimes(duration_s=1.0),
        topology=TopologyTable(edges=[list(ends) for ends in edges]),
        edge=tuple({"ends": list(e), "link": {"key_rate_hz": r}} for e, r in rates.items()),
        link=KeyLink(key_rate_hz=1.0),
        demand=tuple(
            KeyDemand(ends=tuple(ends), rate_hz=rate / 256.0) for ends, rate in demands.items()
        ),
        **changes,
    ).case


def random_rates(seed, nodes="ABCDEF"):
    rng = np.random.default_rng(seed)
    ring = [*pairwise(nodes), (nodes[0], nodes[-1])]
    extra = [pair for pair in combinations(nodes, 2) if pair not in ring and rng.random() < 0.4]
    return {pair: float(rng.uniform(0.5, 9.0)) for pair in (*ring, *extra)}


def test_czech_chain():
    """Rows PN-G5 of the reference: five links of given rates, from end to end and all pairs."""
    rates = dict(zip(pairwise("ABCDEF"), CZECH, strict=True))
    found = key_network_bounds(case(rates, {"AF": 1.0}))
    assert found.min_cut_bits_hz == pytest.approx([85082.7], rel=1e-12)
    assert found.concurrent.factor == pytest.approx(85082.7, rel=1e-9)
    pairs = dict.fromkeys(map("".join, combinations("ABCDEF", 2)), 1.0)
    found = key_network_bounds(case(rates, pairs))
    # The middle link of the slow ones carries 9 of the 15 pairs.
    assert found.concurrent.factor == pytest.approx(9453.633, rel=1e-6)
    assert found.tight == (("C", "D"),)
    assert found.as_dict()["concurrent_factor"] == found.concurrent.factor


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_least_cut_by_enumeration(seed):
    """Oracle: all sets of nodes on the side of the one end."""
    rates = random_rates(seed)
    found = key_network_bounds(case(rates, {"AD": 2.0, "BF": 1.0}))
    for (one, other), best in zip(("AD", "BF"), found.min_cut_bits_hz, strict=True):
        rest = [node for node in "ABCDEF" if node not in (one, other)]
        cuts = [
            sum(rate for ends, rate in rates.items() if len(side & set(ends)) == 1)
            for size in range(5)
            for chosen in combinations(rest, size)
            for side in [{one, *chosen}]
        ]
        assert best == pytest.approx(min(cuts), rel=1e-12)


def simple_paths(rates, one, other, passes):
    """All routes without loops, over nodes that pass key on."""
    found, stack = [], [(one,)]
    while stack:
        path = stack.pop()
        if path[-1] == other:
            found.append(path)
            continue
        if len(path) > 1 and path[-1] not in passes:
            continue
        for ends in rates:
            if path[-1] in ends:
                (step,) = set(ends) - {path[-1]}
                if step not in path:
                    stack.append((*path, step))
    return found


@pytest.mark.parametrize(("seed", "passes"), [(4, "ABCDEF"), (5, "ABCDEF"), (6, "ABDEF")])
def test_concurrent_flow_by_paths(seed, passes):
    """Oracle: the programme over all routes, one variable for each."""
    rates = random_rates(seed)
    demands = {"AD": 2.0, "BF": 1.0, "CE": 1.5, "AC": 0.5}
    columns = [
        (k, path) for k, ends in enumerate(demands) for path in simple_paths(rates, *ends, passes)
    ]
    size = len(columns) + 1
    above = np.zeros((len(rates), size))
    equal = np.zeros((len(demands), size))
    for column, (k, path) in enumerate(columns):
        equal[k, column] = 1.0
        for step in pairwise(path):
            row = next(j for j, ends in enumerate(rates) if set(ends) == set(step))
            above[row, column] = 1.0
    equal[:, -1] = [-rate for rate in demands.values()]
    goal = np.append(np.zeros(size - 1), -1.0)
    zero = np.zeros(len(demands))
    expected = linprog(goal, above, list(rates.values()), equal, zero, method="highs").x[-1]
    nodes = tuple(KeyNodeTable(name=n, trusted=False) for n in "ABCDEF" if n not in passes)
    found = key_network_bounds(case(rates, demands, nodes=nodes))
    assert found.concurrent.factor == pytest.approx(expected, rel=1e-7)
    assert found.tight
    assert min(found.min_cut_bits_hz) > 0.0


def test_what_cannot_be_served():
    """By hand: an end behind a node that is not trusted gets nothing; nor do all together then."""
    rates = {("A", "B"): 5.0, ("B", "C"): 5.0}
    nodes = (KeyNodeTable(name="B", trusted=False),)
    found = key_network_bounds(case(rates, {"AC": 1.0, "AB": 1.0}, nodes=nodes))
    assert found.min_cut_bits_hz == (0.0, 5.0)
    assert found.concurrent.factor == 0.0
    assert key_network_bounds(case(rates, {})).as_dict() == {
        "min_cut_bits_hz": [],
        "concurrent_factor": None,
        "tight_edges": [],
    }
    assert key_network_bounds(case({("A", "B"): 0.0}, {"AB": 1.0})).concurrent.factor == 0.0
