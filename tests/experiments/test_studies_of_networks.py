"""Studies of networks: fairness and waste by hand, bounds, limits of light load, and answers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from experiments.studies import (
    controllers_on_a_national_network as national,
    five_flows_on_a_double_star as flows,
    ring_or_switch_in_a_city as cities,
)
from experiments.studies.network_runs import WAYS, NetworkRun, look_of, played
from qnet.network import RunTimes
from qnet.network.bounds import joint_bounds


def standard_error(estimate):
    """That of an interval of 95 % by Student's t with twenty units or so."""
    return (estimate.high - estimate.low) / (2.0 * 2.09)


def run_of(pairs, **more):
    pairs = np.array(pairs, dtype=float)
    zeros = np.zeros(len(pairs))
    given = {"hops": np.array([4.0, 2.0]), "made": zeros, "swaps": zeros, "done_s": None}
    return NetworkRun(result=None, pairs=pairs, **(given | more))


def test_fairness_by_hand():
    """Jain's index: 1 for equal rates, 1/n where one has all, 16/20 for 3 to 1."""
    assert run_of([[2, 2], [3, 3]]).fairness().best == pytest.approx(1.0)
    assert run_of([[2, 0], [3, 0]]).fairness().best == pytest.approx(0.5)
    assert run_of([[3, 1], [3, 1]]).fairness().best == pytest.approx(0.8)
    assert run_of([[0, 0], [0, 0]]).fairness() is None


def test_what_became_of_swaps_by_hand():
    """A pair over four links needs three swaps and four pairs, one over two a swap and two."""
    run = run_of([[1, 1], [1, 1]], swaps=np.array([5.0, 5.0]), made=np.array([10.0, 14.0]))
    assert run.swaps_kept().best == pytest.approx(8.0 / 10.0)
    assert run.pairs_kept().best == pytest.approx(12.0 / 24.0)
    assert run_of([[1, 1], [1, 1]]).pairs_kept() is None


def test_ways_look_different_in_grey():
    looks = [look_of(way) for way in WAYS]
    told = {(str(look["linestyle"]), look["marker"]) for look in looks}
    assert len(told) == len(WAYS)


# Five flows on a double star.


def test_bounds_of_the_double_star():
    """Max-min fair rates of 1/4, 1/4, 1/4, 1/4, 1/2 of a link that makes 12 * 0.1 / 1 ms."""
    bounds = joint_bounds(flows.double_star("tdma", 1.0, seed=1).case)
    assert bounds.fair_hz == pytest.approx([300.0, 300.0, 300.0, 300.0, 600.0])
    # Most in all: C-I and D-H fill E-F, G-M fills F-J.
    assert bounds.total_hz == pytest.approx(2400.0)


def test_the_schedule_of_the_double_star_is_fair():
    """The same rates in slots of a frame of four."""
    slots = flows.double_star("tdma", 1.0, seed=1).case.frame_schedule
    assert [len(own) for own in slots] == [1, 1, 1, 1, 2]


def test_short_coherence_wastes_shared_pairs_and_the_longer_flow_pays():
    """Trends that peers measure: five standard errors, or intervals that do not meet."""
    kept = {}
    for way in ("share, statistical", "share, buffer-space"):
        scenario = flows.double_star(way, 0.02, seed=3)
        run = played(scenario.with_(run=RunTimes(duration_s=0.6, warm_up_s=0.1, replicas=6)))
        kept[way] = run.swaps_kept()
        rates = [each["pair_rate_hz"] for each in run.result.demands]
        assert rates[0].high < rates[4].low
    waste, own = kept["share, statistical"], kept["share, buffer-space"]
    apart = own.best - waste.best
    assert apart > 5.0 * math.hypot(standard_error(own), standard_error(waste))
    point = {"way": "share, statistical", "coherence_s": 1.28, "quick": True}
    long = flows.work(point, seed=3)
    assert long["swaps_kept"].best > own.best + 0.1
    assert long["pair_rate_hz"].best < long["most_pairs_hz"]


# Controllers on a national network.


def test_who_is_alone_gets_a_pair_in_the_time_of_its_chain():
    """At a light load a request waits for nobody: the mean of the chains' own delivery times, each
    drawn alone; five standard errors, and 2 % for the few that do wait."""
    scenario = national.national_network("reserve, fifo", 0.5, seed=5)
    run = played(scenario.with_(run=RunTimes(duration_s=60.0, replicas=20)))
    case = scenario.case
    chains = [
        scenario.chain(case.routes(k)[0]).play(shots=1000, seed=7).delivery_time_s
        for k in range(len(case.demands))
    ]
    expected = sum(each.best for each in chains) / len(chains)
    off = abs(run.done_s.best - expected)
    of_chains = math.hypot(*map(standard_error, chains)) / len(chains)
    spread = math.hypot(standard_error(run.done_s), of_chains)
    assert off < 5.0 * spread + 0.02 * expected
    assert spread < 0.05 * expected


def test_sessions_that_do_not_fit_are_refused_and_slow_nobody():
    """Oracle: a refused session takes no memory; the service of the others stays the chain's."""
    light, heavy = (
        national.work({"way": "reserve, drop", "rate_hz": rate, "quick": True}, seed=3)
        for rate in (4.0, 32.0)
    )
    assert heavy["waiting_time_s"].best == 0.0
    assert heavy["refused_fraction"].low > 0.3
    both = math.hypot(standard_error(light["done_s"]), standard_error(heavy["done_s"]))
    # Longer routes are refused more often: the others' mean service is shorter, not longer.
    assert heavy["done_s"].best < light["done_s"].best + 5.0 * both


# A city.


@pytest.mark.parametrize("design", list(cities.DESIGNS))
def test_designs_have_as_many_memories_and_their_fibre(design):
    """By hand: a ring as long as the circle, a star of radii; 4 memories at each fibre's ends."""
    network = cities.city(82.0, design, 6, seed=1).network
    fibre = sum(edge.length_km for edge in network.edges)
    expected = 82.0 if design.startswith("ring") else 6 * 82.0 / (2.0 * math.pi)
    assert fibre == pytest.approx(expected)
    assert sum(2 * edge.memories for edge in network.edges) == 48


def test_a_switch_is_fair_and_below_its_bound():
    """By symmetry all pairs of users get the same; no more than the linear programme allows."""
    point = {"city": "Berlin", "design": "switch", "users": 4, "quick": True}
    row = cities.work(point, seed=2)
    assert row["fairness"].best > 0.97
    assert row["secret_key_rate_hz"].best < row["pair_rate_hz"].best < row["most_each_hz"]
    # The star's bound by hand: each user's link is in 3 of the 6 pairs.
    scenario = cities.city(82.0, "switch", 4, seed=1)
    each = scenario.network.edges[0].pair_rate_hz / 3.0
    assert row["most_each_hz"] == pytest.approx(each, rel=1e-6)
