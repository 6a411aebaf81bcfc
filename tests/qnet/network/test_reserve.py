"""Reserved routes in steady state: queues and loss systems against their closed forms."""

from __future__ import annotations

from itertools import pairwise, product
from math import factorial, prod

import numpy as np
import pytest

from qnet import play
from qnet.network import Demand, RunTimes, play_network
from tests.qnet.network.described import case, link, network
from tests.qnet.network.queues import is_near, memoryless, one_link, played, poisson, sure


def erlang_b(servers: int, load: float) -> float:
    """Share of calls that are lost, by Erlang's recursion."""
    lost = 1.0
    for count in range(1, servers + 1):
        lost = load * lost / (count + load * lost)
    return lost


@pytest.mark.parametrize(("servers", "load"), [(1, 0.5), (5, 3.0), (10, 7.0)])
@pytest.mark.parametrize("kind", [memoryless, sure])
def test_sessions_are_lost_as_erlang_says(servers, load, kind):
    """Erlang's loss formula (PN-D1), which asks nothing of holding times but their mean."""
    demands = [poisson(load)]
    size = {"sessions": 60_000, "warm_up_s": 20.0}
    result = played(one_link(kind(), servers), demands, discipline="drop", **size)
    lost = erlang_b(servers, load)
    assert is_near(result.demands[0]["refused_fraction"], lost)
    assert is_near(result.demands[0]["served_hz"], load * (1.0 - lost))
    assert is_near(result.edges[0].use, load * (1.0 - lost) / servers)
    assert result.edges[0].peak == servers


def kaufman_roberts(capacity: int, classes) -> list[float]:
    """Blocking of classes (memories, load): n g(n) = sum of load * memories * g(n - memories)."""
    g = [1.0]
    for n in range(1, capacity + 1):
        g.append(sum(a * b * g[n - b] for b, a in classes if n >= b) / n)
    return [sum(g[capacity - b + 1 :]) / sum(g) for b, _ in classes]


def test_sessions_of_several_memories_are_lost_as_kaufman_and_roberts_say():
    """Kaufman-Roberts recursion (PN-D2): of two copies of a link the first gives the pair."""
    # The first of two memoryless copies takes half the mean: a load of 2 at 4 sessions a second.
    demands = [poisson(4.0), poisson(4.0, memories=2)]
    size = {"sessions": 80_000, "warm_up_s": 20.0}
    result = played(one_link(memoryless(), 10), demands, discipline="drop", **size)
    expected = kaufman_roberts(10, [(1, 4.0), (2, 2.0)])
    assert expected == pytest.approx([0.110943966, 0.242453872])
    for demand, lost in zip(result.demands, expected, strict=True):
        assert is_near(demand["refused_fraction"], lost)


def product_form(capacities, flows) -> list[float]:
    """Blocking of flows (edges, load) by enumeration of all states that fit."""
    lost, total = [0.0] * len(flows), 0.0
    for state in product(range(max(capacities) + 1), repeat=len(flows)):
        each = list(zip(state, flows, strict=True))
        taken = [sum(n for n, (edges, _) in each if e in edges) for e in range(len(capacities))]
        if any(t > c for t, c in zip(taken, capacities, strict=True)):
            continue
        weight = prod(load**n / factorial(n) for n, (_, load) in each)
        total += weight
        for k, (edges, _) in enumerate(flows):
            lost[k] += weight * any(taken[e] == capacities[e] for e in edges)
    return [each / total for each in lost]


def test_circuits_over_two_links_are_lost_by_the_product_form():
    """The product form over all states that fit (PN-D3), not Erlang's fixed point."""
    line = network({("A", "B"): sure(), ("B", "C"): sure()}, memories=5)
    demands = [poisson(2.0), poisson(1.5, "B", "C"), poisson(2.0, "A", "C")]
    size = {"sessions": 80_000, "warm_up_s": 20.0}
    result = played(line, demands, discipline="drop", **size)
    expected = product_form([5, 5], [((0,), 2.0), ((1,), 1.5), ((0, 1), 2.0)])
    assert expected == pytest.approx([0.178425939, 0.120723285, 0.259116394])
    for demand, lost in zip(result.demands, expected, strict=True):
        assert is_near(demand["refused_fraction"], lost)
    fixed_point, found = 0.277990359, result.demands[2]["refused_fraction"]
    assert abs(found.best - expected[2]) < abs(found.best - fixed_point)


@pytest.mark.parametrize(("kind", "wait_s"), [(memoryless, 4.0), (sure, 2.0)])
def test_sessions_wait_for_one_server(kind, wait_s):
    """Pollaczek and Khinchine at a load of 0.8 (PN-D4): M/M/1 and M/D/1."""
    result = played(one_link(kind()), [poisson(0.8)], sessions=150_000)
    assert is_near(result.demands[0]["waiting_time_s"], wait_s)
    assert is_near(result.demands[0]["service_time_s"], 1.0)
    assert is_near(result.edges[0].use, 0.8)


def test_sessions_of_unequal_length_wait_longer():
    """Pollaczek and Khinchine with a squared coefficient of variation of 3 (PN-D4)."""
    # Half a second a pair, one session in 13 of 14 pairs: mean 1 s, mean square 4 s^2.
    demands = [poisson(0.8 * 12 / 13), poisson(0.8 / 13, pairs=14)]
    result = played(one_link(sure(0.5)), demands, sessions=300_000)
    assert is_near(result.demands[0]["waiting_time_s"], 8.0)
    assert is_near(result.demands[1]["waiting_time_s"], 8.0)
    assert is_near(result.demands[1]["service_time_s"], 7.0)


def two_geometric(p: float) -> tuple[float, float]:
    """Mean and mean square of the larger of two geometric numbers, summed over their law."""
    n = np.arange(1, 2000)
    law = (1.0 - (1.0 - p) ** n) ** 2 - (1.0 - (1.0 - p) ** (n - 1)) ** 2
    return float(n @ law), float(n**2 @ law)


@pytest.mark.parametrize("arrivals", ["bernoulli", "poisson"])
def test_requests_wait_for_a_chain(arrivals):
    """Slotted and continuous arrivals at a two-link chain (PN-D5, PN-D5b)."""
    mean, square = two_geometric(0.1)
    load = 0.04 * mean
    wait = 0.04 * (square - (mean if arrivals == "bernoulli" else 0.0)) / (2.0 * (1.0 - load))
    assert wait == pytest.approx(15.3522267 if arrivals == "bernoulli" else 16.0701754)
    line = network({("A", "S"): link(), ("S", "B"): link()})
    slot = {"slot_s": 1.0} if arrivals == "bernoulli" else {}
    demand = Demand(ends=("A", "B"), arrivals=arrivals, rate_hz=0.04, **slot)
    result = played(line, [demand], sessions=80_000, warm_up_s=2000.0)
    assert is_near(result.demands[0]["waiting_time_s"], wait)
    assert is_near(result.demands[0]["service_time_s"], mean)
    assert is_near(result.edges[1].use, load)


def star_of_three(*links):
    """Users 1, 2, 3 with a link of their own to X, which a short sure one joins to Y."""
    edges = {(str(k + 1), "X"): each for k, each in enumerate(links)}
    return network({**edges, ("X", "Y"): sure(1e-3)})


@pytest.mark.parametrize("discipline", ["priority", "fifo"])
def test_priority_goes_first_without_taking_away(discipline):
    """Cobham's waits of a non-preemptive queue, and the law that conserves their sum (PN-D6)."""
    rates, means = (0.2, 0.3, 0.2), (1.0, 1.0, 1.5)
    demands = [poisson(r, str(k + 1), "Y", priority=-k) for k, r in enumerate(rates)]
    star = star_of_three(sure(), memoryless(), memoryless(1.5))
    sessions = 250_000 if discipline == "priority" else 120_000
    result = played(star, demands, sessions=sessions, discipline=discipline)
    rest = (0.2 * 1.0 + 0.3 * 2.0 + 0.2 * 2.0 * 1.5**2) / 2.0
    waits = [1.0625, 2.125, 8.5] if discipline == "priority" else [rest / 0.2] * 3
    for demand, wait in zip(result.demands, waits, strict=True):
        assert is_near(demand["waiting_time_s"], wait)
    loads = [r * m for r, m in zip(rates, means, strict=True)]
    pairs = zip(loads, result.demands, strict=True)
    assert sum(a * d["waiting_time_s"].best for a, d in pairs) == pytest.approx(3.4, rel=0.1)


@pytest.mark.parametrize(("hops", "q"), [(1, 1.0), (3, 1.0), (4, 0.5)])
def test_a_single_demand_gets_the_chain(hops, q):
    """The chain's own figures from the exact engine: rate, states and key of a demand that waits
    always, alone on a reserved line."""
    names = "ABCDE"[: hops + 1]
    edges = {(a, b): link(w=0.98, t2_s=300.0) for a, b in pairwise(names)}
    line = network(edges, q=q)
    demand = Demand(ends=(names[0], names[-1]), arrivals="backlog", pairs=20)
    run = RunTimes(duration_s=20_000.0 * hops, warm_up_s=1000.0)
    found = play_network(case(line, [demand], run=run)).demands[0]
    chain = play(line.plan(tuple(names)), engine="exact")
    assert is_near(found["pair_rate_hz"], chain.rate_hz.best)
    assert is_near(found["service_time_s"], 20.0 * chain.delivery_time_s.best)
    for name in ("fidelity", "qber_x", "qber_y", "qber_z"):
        assert is_near(found[name], getattr(chain, name).best)
    assert is_near(found["secret_key_rate_hz"], chain.secret_key_rate_hz.best, width=1.0)


def test_a_sessions_copies_play_side_by_side():
    """Slots until n pairs when m links try in each, from the chain of their binomial numbers."""
    p, copies, pairs = 0.3, 3, 7
    law = [prod([factorial(copies), p**k, (1 - p) ** (copies - k)]) for k in range(copies + 1)]
    law = [w / factorial(k) / factorial(copies - k) for k, w in enumerate(law)]
    slots = [0.0] * (pairs + copies + 1)
    for missing in range(1, pairs + 1):
        later = sum(law[k] * slots[max(0, missing - k)] for k in range(1, copies + 1))
        slots[missing] = (1.0 + later) / (1.0 - law[0])
    result = played(
        one_link(link(p=p), 3), [poisson(0.01, pairs=pairs, memories=copies)], sessions=8000
    )
    assert is_near(result.demands[0]["service_time_s"], slots[pairs])
