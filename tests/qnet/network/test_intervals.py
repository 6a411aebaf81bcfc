"""Intervals of a network's figures: how often they hold the value."""

from __future__ import annotations

import pytest

from qnet.network import RunTimes
from qnet.network.estimates import network_result
from qnet.network.replica import play_replica
from tests.qnet.network.described import case
from tests.qnet.network.queues import memoryless, one_link, poisson

#: Runs, of 2,000 sessions each.
RUNS = 120


@pytest.mark.parametrize("replicas", [20, 1])
def test_intervals_of_a_wait_hold_it_nineteen_times_in_twenty(replicas):
    """M/M/1 at a load of one half, where the mean wait is that of a service.

    From 20 replicas, and from one that is cut into 20 blocks. Of 120 runs 114 should hold the value
    (standard deviation 2.4): at least 105 must, and not all.
    """
    run = RunTimes(duration_s=2000.0 / 0.5 / replicas, warm_up_s=50.0, replicas=replicas)
    described = case(one_link(memoryless()), [poisson(0.5)], run=run)
    held = dict.fromkeys(("waiting_time_s", "service_time_s", "served_hz", "pair_rate_hz"), 0)
    values = {"waiting_time_s": 1.0, "service_time_s": 1.0, "served_hz": 0.5, "pair_rate_hz": 0.5}
    for number in range(RUNS):
        first = number * replicas
        tallies = [play_replica(described, first + k) for k in range(replicas)]
        found = network_result(described, tallies).demands[0]
        for name, value in values.items():
            held[name] += found[name].low <= value <= found[name].high
    least = 0.95 * RUNS - 4.0 * (RUNS * 0.95 * 0.05) ** 0.5
    assert min(held.values()) > least, held
    assert sum(held.values()) < 4 * RUNS, held


@pytest.mark.parametrize(("replicas", "duration_s"), [(20, 20.0), (9, 100.0)])
def test_intervals_of_a_short_run_hold_the_wait(replicas, duration_s):
    """M/M/1 at a load of one half, where a replica or block has only ten to fifteen sessions.

    A few long waits rule their mean, so that symmetric intervals would lie below it in one run of
    six. Of 120 runs at least 105 must hold it, as above.
    """
    run = RunTimes(duration_s=duration_s, warm_up_s=30.0, replicas=replicas)
    described = case(one_link(memoryless()), [poisson(0.5)], run=run)
    held = 0
    for number in range(RUNS):
        tallies = [play_replica(described, number * replicas + k) for k in range(replicas)]
        found = network_result(described, tallies).demands[0]["waiting_time_s"]
        held += found.low <= 1.0 <= found.high
    assert held >= 105
