"""Agreement of the engines on random small networks: sampled, exact and circuit."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from scipy.stats import t as student

from qnet.network import RunTimes
from qnet.network.agree import agree_network
from qnet.network.circuit import play_circuit_network
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

#: Deliveries of a network that are played as joint circuits: about so many.
DELIVERIES = 40


@lru_cache(maxsize=COUNT)
def agreement(number):
    """What the sampled and the exact engine find of a random network, and the case."""
    case = KINDS[number % len(KINDS)](generator(11, number))
    return case, agree_network(case, engines=("sampled", "exact"), replayed=1)


@lru_cache(maxsize=COUNT)
def short_runs(number):
    """The sampled and the circuit engine's results of short runs of it, every state worked out."""
    case, _ = agreement(number)
    rates = [demand.rate_hz or 0.3 for demand in case.demands]
    duration_s = max(DELIVERIES / (10.0 * sum(rates)), 1.0)
    run = RunTimes(duration_s=duration_s, warm_up_s=10.0, replicas=10)
    short = replace(case, run=run)
    return play_sampled_network(short), play_circuit_network(short, circuit_pairs=10_000)


@pytest.mark.parametrize("number", range(COUNT))
def test_engines_agree_on_a_random_network(number):
    """Oracle: the exact engine, where it knows the law; whole histories in one circuit to 1e-10.

    The largest of all N differences is bounded: a figure of so many replicas differs by Student's t
    of REPLICAS - 1, and one of N by chance at 1e-3 by no more than the bound.
    """
    case, found = agreement(number)
    assert found.deviations
    assert found.largest_deviation < 1e-10
    comparisons = 2 * 9 * COUNT
    freedom = REPLICAS - 1
    # A difference is in standard errors as of a normal distribution: half a width over 1.96.
    scale = student.ppf(0.975, freedom) / 1.959964
    bound = student.isf(1e-3 / (2 * comparisons), freedom) / scale
    for each in found.comparisons:
        assert abs(each.standard_errors) < bound, f"{each} of {case.controller}"


@pytest.mark.parametrize("number", range(COUNT))
def test_the_circuit_engine_gives_the_figures_of_the_sampled_one(number):
    """Oracle: the same run with composed states; nothing is drawn between them."""
    sampled, circuit = short_runs(number)
    assert sum(demand.counts["pairs"] for demand in circuit.demands) > 0
    for one, other in zip(sampled.demands, circuit.demands, strict=True):
        for name, figure in one.figures.items():
            for each, same in zip(_several(figure), _several(other[name]), strict=True):
                found = (same.low, same.best, same.high)
                assert found == pytest.approx((each.low, each.best, each.high), abs=1e-9)


def _several(figure):
    if figure is None:
        return ()
    return figure if isinstance(figure, tuple) else (figure,)


def test_many_networks_with_contention_are_played_by_all_three():
    """Oracle: who refuses, and demands that share an edge."""
    played = 0
    for number in range(COUNT):
        case, found = agreement(number)
        edges = [set(case.network.edges_of(case.routes(k)[0])) for k in range(len(case.demands))]
        if found.comparisons and edges[0] & edges[1] and short_runs(number)[1].demands:
            played += 1
        elif not found.comparisons:
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
