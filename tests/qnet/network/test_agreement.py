"""Agreement of the engines on random small networks: sampled, exact and circuit."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from scipy.stats import t as student

from qnet.network.agree import agree_network
from qnet.network.exact import play_exact_network
from qnet.network.sampled import play_sampled_network
from tests.qnet.network.random_networks import generator, reserved, shared, slotted, switched

REPLICAS = 20

RESERVED = {"duration_s": 1000.0, "warm_up_s": 200.0, "replicas": REPLICAS}
SHARED = {"duration_s": 150.0, "warm_up_s": 50.0, "replicas": REPLICAS}

#: Ten kinds of networks, three of each.
KINDS = [
    lambda rng: reserved(rng, "fifo", **RESERVED),
    lambda rng: reserved(rng, "fifo", **RESERVED),
    lambda rng: reserved(rng, "priority", **RESERVED),
    lambda rng: reserved(rng, "priority", **RESERVED),
    lambda rng: reserved(rng, "drop", **RESERVED),
    lambda rng: reserved(rng, "drop", **RESERVED),
    lambda rng: switched(rng, duration_s=40.0, warm_up_s=10.0, replicas=REPLICAS),
    lambda rng: slotted(rng, **RESERVED),
    lambda rng: shared(rng, "statistical", **SHARED),
    lambda rng: shared(rng, "buffer-space", cutoff_s=20.0, **SHARED),
]

COUNT = 30


@lru_cache(maxsize=COUNT)
def agreement(number):
    """What the engines find of a random network, and the case."""
    case = KINDS[number % len(KINDS)](generator(11, number))
    return case, agree_network(case, circuit_pairs=1, replayed=1)


@pytest.mark.parametrize("number", range(COUNT))
def test_engines_agree_on_a_random_network(number):
    """Oracle: each other; whole histories in one circuit to 1e-10.

    The largest of all N differences is bounded: a figure of so many replicas differs by Student's t
    of REPLICAS - 1, and one of N by chance at 1e-3 by no more than the bound.
    """
    case, found = agreement(number)
    assert found.comparisons
    assert found.deviations
    assert found.largest_deviation < 1e-10
    comparisons = 2 * 9 * 2 * COUNT
    freedom = REPLICAS - 1
    # A difference is in standard errors as of a normal distribution: half a width over 1.96.
    scale = student.ppf(0.975, freedom) / 1.959964
    bound = student.isf(1e-3 / (2 * comparisons), freedom) / scale
    worst = max(found.comparisons, key=lambda each: abs(each.standard_errors))
    assert abs(worst.standard_errors) < bound, f"{worst} of {case.controller}"


def test_many_networks_with_contention_are_played_by_all_three():
    """Oracle: the engines that were compared, and demands that share an edge."""
    played = 0
    for number in range(COUNT):
        case, found = agreement(number)
        engines = {each.engine for each in found.comparisons}
        edges = [set(case.network.edges_of(case.routes(k)[0])) for k in range(len(case.demands))]
        if engines == {"exact", "circuit"} and edges[0] & edges[1]:
            played += 1
        else:
            assert any(engine == "exact" for engine, _ in found.refusals)
    assert played >= 10


def test_a_lie_is_found():
    """Oracle: the sampled run of another network: attempts that succeed less often."""
    case, _ = agreement(0)
    network = case.network
    slower = tuple(
        replace(e, link=replace(e.link, success_probability=0.5 * e.link.success_probability))
        for e in network.edges
    )
    other = replace(case, network=replace(network, edges=slower))
    sampled, exact = play_sampled_network(other), play_exact_network(case)
    for one, truth in zip(sampled.demands, exact.demands, strict=True):
        service = one["service_time_s"]
        error = (service.high - service.low) / 4.0
        assert abs(service.best - truth["service_time_s"].best) > 8.0 * error
        assert np.isfinite(error)
