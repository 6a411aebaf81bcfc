"""Sessions that wait for one another, on the exact engine.

Oracles: the values PN-D4 to D6 of the reference and the formulas they come from, written out here
from laws that are summed term by term; enumeration of the steps of several memories.
"""

from __future__ import annotations

import numpy as np
import pytest

from qnet import EngineError, Station, SwapAsap
from qnet.engines.exact import play_exact
from qnet.network import Demand, play_network
from qnet.network.exact.merged import merged_deliveries
from tests.qnet.network.described import case, link, network

AB = ("A", "B")


def played(described, demands, **how):
    return play_network(case(described, demands, **how), engine="exact")


def waits(described, demands, **how):
    return [d["waiting_time_s"].best for d in played(described, demands, **how).demands]


def two_links(p=0.1, **how):
    return network({("A", "S"): link(p), ("S", "B"): link(p)}, **how)


def chain_law(p, q, steps=4000):
    """Probability of the larger of two geometric times at 1, 2, ..."""
    k = np.arange(1, steps + 1)
    cumulative = (1.0 - (1.0 - p) ** k) * (1.0 - (1.0 - q) ** k)
    return np.diff(cumulative, prepend=0.0)


def test_waits_of_exponential_and_fixed_service():
    # Oracle: PN-D4; attempts of 1e-7 s that succeed with 1e-7 are exponential to 1e-7.
    demand = [Demand(ends=AB, rate_hz=0.8)]
    assert waits(network({AB: link(1e-7, 1e-7)}), demand) == pytest.approx([4.0], rel=1e-6)
    assert waits(network({AB: link(1.0, 1.0)}), demand) == pytest.approx([2.0], rel=1e-12)


def test_wait_of_a_mixture_whose_squared_variation_is_three():
    # Oracle: PN-D4, c_v^2 = 3: two demands with exponential service that share an edge which is
    # free at once; mean 1 and mean square 4 of the mixture of means a and b with weights w, 1 - w.
    w, a = 0.25, 1.0 + np.sqrt(3.0)
    b = (1.0 - w * a) / (1.0 - w)
    step = 1e-4
    edges = {
        ("S", "B"): link(1.0, step),
        ("A", "S"): link(step / a, step),
        ("C", "S"): link(step / b, step),
    }
    demands = [Demand(ends=AB, rate_hz=0.8 * w), Demand(ends=("C", "B"), rate_hz=0.8 * (1 - w))]
    mixed = 2.0 * (w * a**2 + (1.0 - w) * b**2)
    assert mixed == pytest.approx(4.0)
    assert waits(network(edges), demands) == pytest.approx([8.0, 8.0], rel=2e-4)


def test_slotted_wait_of_a_chain():
    # Oracle: PN-D5 and D5b.
    slotted = Demand(ends=AB, rate_hz=0.04, arrivals="bernoulli", slot_s=1.0)
    result = played(two_links(), [slotted])
    assert result.demands[0]["waiting_time_s"].best == pytest.approx(15.3522267, rel=1e-8)
    assert [edge.use.best for edge in result.edges] == pytest.approx([0.589473684] * 2, rel=1e-8)
    poisson = Demand(ends=AB, rate_hz=0.04)
    assert waits(two_links(), [poisson]) == pytest.approx([16.0701754], rel=1e-8)


def test_slotted_wait_in_slots_finer_than_attempts():
    # Oracle: a (E[S^2] - E[S]) / (2 (1 - rho)) with S twice a geometric number of slots.
    p, a = 0.3, 0.05
    found = waits(
        network({AB: link(p, 2.0)}),
        [Demand(ends=AB, rate_hz=a, arrivals="bernoulli", slot_s=1.0)],
    )
    mean, square = 2.0 / p, 4.0 * (2.0 - p) / p**2
    assert found == pytest.approx([a * (square - mean) / (2.0 * (1.0 - a * mean))], rel=1e-12)


def test_priorities_that_do_not_preempt():
    # Oracle: PN-D6; the exponential services are geometric with attempts of 1e-5 s.
    step = 1e-5
    edges = {
        ("S", "B"): link(1.0, step),
        ("1", "S"): link(1.0, 1.0),
        ("2", "S"): link(step, step),
        ("3", "S"): link(step / 1.5, step),
    }
    rates = (0.2, 0.3, 0.2)
    demands = [
        Demand(ends=(str(k + 1), "B"), rate_hz=rate, priority=-k) for k, rate in enumerate(rates)
    ]
    described = network(edges)
    result = played(described, demands, discipline="priority")
    found = [demand["waiting_time_s"].best for demand in result.demands]
    assert found == pytest.approx([1.0625, 2.125, 8.5], rel=3e-5)
    loads = [rate * d["service_time_s"].best for rate, d in zip(rates, result.demands, strict=True)]
    weighted = sum(load * wait for load, wait in zip(loads, found, strict=True))
    assert weighted == pytest.approx(3.4, rel=3e-5)
    # Kleinrock's conservation law: the same in order of arrival, for every order of priorities.
    fifo = waits(described, demands)
    assert fifo == pytest.approx([fifo[0]] * 3, rel=1e-12)
    assert sum(loads) * fifo[0] == pytest.approx(weighted, rel=1e-12)


def test_equal_priorities_go_in_order_of_arrival():
    # Oracle: first come, first served.
    demands = [Demand(ends=AB, rate_hz=0.1, priority=3), Demand(ends=("B", "A"), rate_hz=0.2)]
    described = network({AB: link(0.5)})
    same = [demands[1], Demand(ends=AB, rate_hz=0.1)]
    assert waits(described, same, discipline="priority") == waits(described, same)
    high, low = waits(described, demands, discipline="priority")
    assert high < waits(described, demands)[0] < low


def test_backlog_gives_the_figures_of_the_chain():
    # Oracle: the chain itself, played by its own exact engine.
    described = network(
        {("A", "S"): link(0.3, t2_s=9.0), ("S", "B"): link(0.2, t2_s=7.0)}, memories=3
    )
    chain = play_exact(described.plan(("A", "S", "B")))
    found = played(described, [Demand(ends=AB, arrivals="backlog", pairs=4)]).demands[0]
    for name in ("fidelity", "qber_x", "qber_y", "qber_z"):
        assert found[name].best == pytest.approx(getattr(chain, name).best, rel=1e-9)
    # Three sessions fit at a time, and each makes pairs as the chain does.
    assert found["pair_rate_hz"].best == pytest.approx(3.0 * chain.rate_hz.best, rel=1e-9)
    assert found["service_time_s"].best == pytest.approx(4.0 * chain.delivery_time_s.best, rel=1e-9)
    key = 3.0 * chain.secret_key_rate_hz.best
    assert found["secret_key_rate_hz"].best == pytest.approx(key, rel=1e-6)
    assert found["refused_fraction"].best == 0.0


def test_demands_that_always_ask_are_served_in_turn():
    # Oracle: in a round each is served once, for 1/p attempts a pair.
    described = network({AB: link(0.5)})
    demands = [Demand(ends=AB, arrivals="backlog", pairs=n) for n in (1, 3)]
    found = played(described, demands).demands
    assert [each["waiting_time_s"].best for each in found] == pytest.approx([8.0, 8.0])
    assert [each["pair_rate_hz"].best for each in found] == pytest.approx([0.125, 0.375])
    unequal = [demands[0], Demand(ends=AB, arrivals="backlog", priority=1)]
    with pytest.raises(EngineError, match="always a session of higher priority"):
        played(described, unequal, discipline="priority")


@pytest.mark.parametrize(("pairs", "memories"), [(1, 1), (3, 1), (1, 4), (5, 2), (3, 3)])
def test_service_of_a_link_with_several_memories(pairs, memories):
    # Oracle: P(T > t) = P(fewer than n successes in m t attempts), summed.
    from scipy.stats import binom

    p = 0.2
    described = network({AB: link(p)}, memories=memories)
    demand = Demand(ends=AB, rate_hz=0.01, pairs=pairs, memories=memories)
    result = played(described, [demand])
    t = np.arange(2000)
    survives = binom.cdf(pairs - 1, memories * t, p)
    mean, square = survives.sum(), ((2 * t + 1) * survives).sum()
    assert result.demands[0]["service_time_s"].best == pytest.approx(mean, rel=1e-12)
    wait = 0.01 * square / (2.0 * (1.0 - 0.01 * mean))
    assert result.demands[0]["waiting_time_s"].best == pytest.approx(wait, rel=1e-12)
    assert result.edges[0].use.best == pytest.approx(0.01 * mean, rel=1e-12)


def test_copies_of_a_chain_side_by_side():
    # Oracle: the smaller of two independent times, from the law of the larger of two geometric
    # ones; and for three pairs the steps of two copies, enumerated.
    p, q = 0.4, 0.3
    chance = chain_law(p, q)
    beyond = 1.0 - np.cumsum(chance)
    first = 1.0 + (beyond**2)[:-1].sum()
    plan = SwapAsap(segments=(link(p), link(q)), stations=(Station(perfect=True),))
    result = play_exact(plan, tolerance=1e-11)
    assert merged_deliveries(result, 1, 2).mean_s.best == pytest.approx(first, rel=1e-9)
    # Numbers that one copy has made by t, from powers of its law; of two copies, added up.
    size = 300
    law = np.concatenate([[0.0], chance[: size - 1]])
    powers = [np.eye(1, size)[0]]
    for _ in range(4):
        powers.append(np.convolve(powers[-1], law)[:size])
    upto = np.cumsum(powers, axis=1)
    made = [upto[n] - upto[n + 1] for n in range(3)]
    fewer = sum(made[a] * made[b] for a in range(3) for b in range(3) if a + b < 3)
    found = merged_deliveries(result, 3, 2)
    assert found.mean_s.best == pytest.approx(fewer.sum(), rel=1e-9)
    square = ((2 * np.arange(size) + 1) * fewer).sum()
    assert found.square_s2.best == pytest.approx(square, rel=1e-9)


def test_states_of_copies_are_those_of_one_where_states_do_not_decay():
    # Oracle: Werner parameters multiply.
    described = two_links(0.3, memories=2)
    demand = Demand(ends=AB, arrivals="backlog", pairs=3, memories=2)
    found = played(described, [demand]).demands[0]
    assert found["fidelity"].best == pytest.approx((1.0 + 3.0 * 0.98**2) / 4.0, rel=1e-10)


def test_demands_without_a_common_edge_do_not_meet():
    # Oracle: each alone.
    edges = {("A", "B"): link(0.3), ("C", "D"): link(0.2), ("B", "C"): link(1.0)}
    one, other = Demand(ends=AB, rate_hz=0.1), Demand(ends=("C", "D"), rate_hz=0.1)
    both = waits(network(edges), [one, other])
    assert both == waits(network(edges), [one]) + waits(network(edges), [other])


def test_demand_without_a_route_is_refused():
    # Oracle: nothing is served without a route.
    edges = {("A", "B"): link(0.3), ("C", "D"): link(0.2)}
    demands = [Demand(ends=AB, rate_hz=0.1), Demand(ends=("A", "D"), rate_hz=0.1)]
    found = played(network(edges), demands).demands
    assert found[0]["refused_fraction"].best == 0.0
    assert found[1]["refused_fraction"].best == 1.0
    assert found[1]["pair_rate_hz"].best == 0.0
    assert found[1]["fidelity"] is None


def test_figures_of_a_link_have_no_width():
    # Oracle: an estimate of one number.
    found = played(network({AB: link(0.3)}), [Demand(ends=AB, rate_hz=0.1)])
    assert all(value.is_exact for name, value in found.demands[0].figures.items() if name[0] != "b")
    assert (found.engine, found.seed, found.replicas) == ("exact", None, 0)


@pytest.mark.parametrize(
    ("demand", "memories", "how", "words"),
    [
        ({"rate_hz": 0.2}, 1, {}, "the load of A and B is 2.947"),
        ({"rate_hz": 0.02, "patience_s": 1.0}, 1, {}, "lose their patience"),
        ({"rate_hz": 0.02, "arrivals": "regular"}, 1, {}, "at given times"),
        ({"rate_hz": 0.02}, 1, {"signalling": "fibre"}, "messages take their time"),
        ({"rate_hz": 0.02}, 2, {}, "two of A and B"),
        (
            {"rate_hz": 0.02, "arrivals": "bernoulli", "slot_s": 0.7},
            1,
            {},
            "takes multiples of 1 s",
        ),
    ],
)
def test_what_it_does_not_know_is_refused_with_a_sentence(demand, memories, how, words):
    # Oracle: the sentence says why, and names the engine that plays it.
    with pytest.raises(EngineError, match=words) as caught:
        played(two_links(memories=memories), [Demand(ends=AB, **demand)], **how)
    assert "engine='sampled'" in str(caught.value)
