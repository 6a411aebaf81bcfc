"""Sessions that are refused where they do not fit, on the exact engine.

Oracles: the values PN-D1 to D3 of the reference; all states enumerated here, with their weights.
"""

from __future__ import annotations

import math
from itertools import product

import pytest

from qnet import EngineError
from qnet.network import Demand, play_network
from tests.qnet.network.described import case, link, network

AB, BC, AC = ("A", "B"), ("B", "C"), ("A", "C")


def refused(described, demands):
    result = play_network(case(described, demands, discipline="drop"), engine="exact")
    return [demand["refused_fraction"].best for demand in result.demands]


@pytest.mark.parametrize("service", [(1.0, 1.0), (0.25, 0.25), (0.001, 0.001)])
@pytest.mark.parametrize(
    ("memories", "load", "share"),
    [(1, 0.5, 0.333333333), (5, 3.0, 0.110054348), (10, 7.0, 0.078740883)],
)
def test_erlang_loss_whatever_the_law_of_the_service(memories, load, share, service):
    # Oracle: PN-D1; the service takes 1 s in the mean, of any number of attempts.
    described = network({AB: link(*service)}, memories=memories)
    found = refused(described, [Demand(ends=AB, rate_hz=load)])
    assert found == pytest.approx([share], rel=1e-7)


def test_sessions_of_one_and_of_two_memories():
    # Oracle: PN-D2; with two memories a pair takes 1 / (1 - (1 - p)^2) attempts.
    described = network({AB: link(0.5)}, memories=10)
    demands = [Demand(ends=AB, rate_hz=2.0), Demand(ends=AB, rate_hz=1.5, memories=2)]
    assert refused(described, demands) == pytest.approx([0.110943966, 0.242453872], rel=1e-7)


def test_two_links_and_a_flow_over_both():
    # Oracle: PN-D3, exact; loads 2, 1.5 and 2.
    described = network({AB: link(0.5), BC: link(0.5)}, memories=5)
    both = (2.0 / 0.5 - 1.0 / 0.75) / 1.0  # the larger of two geometric times
    demands = [
        Demand(ends=AB, rate_hz=1.0),
        Demand(ends=BC, rate_hz=0.75),
        Demand(ends=AC, rate_hz=2.0 / both),
    ]
    found = refused(described, demands)
    assert found == pytest.approx([0.178425939, 0.120723285, 0.259116394], rel=1e-7)


def enumerated(limits, takes, loads):
    """Share of refused sessions of each demand, from all states that fit."""

    def fits(numbers):
        return all(
            sum(n * t[edge] for n, t in zip(numbers, takes, strict=True)) <= limit
            for edge, limit in enumerate(limits)
        )

    states = [n for n in product(range(max(limits) + 1), repeat=len(takes)) if fits(n)]
    weights = {
        n: math.prod(a**k / math.factorial(k) for a, k in zip(loads, n, strict=True))
        for n in states
    }
    total = sum(weights.values())
    return [
        sum(w for n, w in weights.items() if not fits([*n[:k], n[k] + 1, *n[k + 1 :]])) / total
        for k in range(len(takes))
    ]


def test_line_of_three_edges_with_unequal_memories():
    # Oracle: enumeration.
    edges = {AB: link(1.0), BC: link(1.0), ("C", "D"): link(1.0)}
    special = {AB: {"memories": 3}, BC: {"memories": 4}, ("C", "D"): {"memories": 2}}
    described = network(edges, memories=4, special=special)
    demands = [
        Demand(ends=AC, rate_hz=0.7),
        Demand(ends=("B", "D"), rate_hz=0.9, memories=2),
        Demand(ends=("A", "D"), rate_hz=0.4),
        Demand(ends=BC, rate_hz=1.1, memories=2),
    ]
    takes = [(1, 1, 0), (0, 2, 2), (1, 1, 1), (0, 2, 0)]
    expected = enumerated((3, 4, 2), takes, (0.7, 0.9, 0.4, 1.1))
    assert refused(described, demands) == pytest.approx(expected, rel=1e-12)


def test_memories_without_a_limit_refuse_nobody():
    # Oracle: everybody fits.
    described = network({AB: link(0.5), BC: link(0.5)}, memories=None)
    assert refused(described, [Demand(ends=AC, rate_hz=50.0)]) == [0.0]


def test_use_is_what_the_served_sessions_hold():
    # Oracle: Little's law.
    described = network({AB: link(0.25)}, memories=3)
    result = play_network(
        case(described, [Demand(ends=AB, rate_hz=0.6, pairs=2)], discipline="drop"), engine="exact"
    )
    demand, edge = result.demands[0], result.edges[0]
    held = demand["served_hz"].best * 8.0
    assert demand["service_time_s"].best == pytest.approx(8.0)
    assert edge.use.best == pytest.approx(held / 3.0, rel=1e-12)
    assert demand["pair_rate_hz"].best == pytest.approx(2.0 * demand["served_hz"].best)
    assert edge.pair_rate_hz.best == pytest.approx(demand["pair_rate_hz"].best)


def test_small_shares_keep_their_digits():
    # Oracle: Erlang's formula, as a sum of positive terms.
    memories, load = 12, 0.1
    terms = [load**k / math.factorial(k) for k in range(memories + 1)]
    described = network({AB: link(1.0)}, memories=memories)
    found = refused(described, [Demand(ends=AB, rate_hz=load)])
    assert found == pytest.approx([terms[-1] / sum(terms)], rel=1e-10)


def test_other_arrivals_are_refused_with_a_sentence():
    # Oracle: the sentence.
    described = network({AB: link(0.5)}, memories=2)
    with pytest.raises(EngineError, match="arrive otherwise than Poisson: regular"):
        refused(described, [Demand(ends=AB, rate_hz=1.0, arrivals="regular")])


def test_too_many_states_are_refused_with_a_sentence():
    # Oracle: 101 to the fourth states.
    names = "ABCDE"
    edges = {(names[k], names[k + 1]): link(0.5) for k in range(4)}
    demands = [Demand(ends=ends, rate_hz=1.0) for ends in edges] + [
        Demand(ends=("A", "E"), rate_hz=1.0)
    ]
    with pytest.raises(EngineError, match="more than 16777216 states"):
        refused(network(edges, memories=100), demands)
