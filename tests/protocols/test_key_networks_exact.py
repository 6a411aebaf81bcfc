"""Exact engine of key networks against closed forms, linear algebra of its own, and replicas."""

from __future__ import annotations

import math
from decimal import Decimal, getcontext

import numpy as np
import pytest
from scipy.linalg import expm

from protocols.key_networks import (
    KeyDemand,
    KeyLink,
    KeyNetworkScenario,
    StoreTable,
)
from protocols.key_networks.exact.backlog import backlog
from protocols.key_networks.exact.fluid import FluidStore, drained
from protocols.key_networks.exact.units import Asker, UnitStore, joint_stores
from protocols.networks import TopologyTable
from qnet.network import RunTimes

TRIANGLE = [["A", "B"], ["A", "C"], ["C", "B"]]


def network(edges, link, demands, **changes):
    tables = {
        "run": RunTimes(duration_s=4000.0, warm_up_s=400.0, replicas=40),
        "topology": TopologyTable(edges=edges),
        "link": KeyLink(**link),
        "demand": tuple(KeyDemand(**each) for each in demands),
    }
    return KeyNetworkScenario(**tables | changes)


def single(link, demand, **changes):
    return network([["A", "B"]], link, [{"ends": ("A", "B")} | demand], **changes)


def best(result, demand=0):
    return {k: None if v is None else v.best for k, v in result.demands[demand].figures.items()}


@pytest.mark.parametrize(
    ("fill", "rate", "asked", "keys", "refused"),
    [
        ({"fill": "poisson", "unit_bits": 256}, 9.0, 10.0, 10, 0.145732358),
        ({"fill": "blocks", "block_bits": 2560}, 10.0, 9.5, 20, 0.0172859484),
        ({"fill": "blocks", "block_bits": 256}, 9.0, 10.0, 10, 0.112224604),
        ({}, 1.0, 0.9, 1, 0.473684211),
        ({}, 1.0, 0.9, 5, 0.0643618972),
    ],
)
def test_stores_of_the_reference(fill, rate, asked, keys, refused):
    """Rows PN-E1, PN-E2, PN-E2b and PN-E4 of the reference, in keys of 256 bits."""
    found = single(
        {"key_rate_hz": 256 * rate, **fill},
        {"rate_hz": asked},
        store=StoreTable(capacity_bits=256 * keys),
    ).play(engine="exact")
    figures = best(found)
    assert figures["refused_fraction"] == pytest.approx(refused, rel=1e-6)
    assert figures["served_hz"] == pytest.approx(asked * (1.0 - refused), rel=1e-6)
    assert found.edges[0].used_bits_hz.best == pytest.approx(256 * figures["served_hz"], rel=1e-12)
    assert figures["refused_fraction"] >= 1.0 - rate / asked
    assert all(v is None or v.is_exact for v in found.demands[0].figures.values())


def test_figures_of_all_demands_together():
    """Oracle: r/(1 + r) of two stores of one key, added up by hand; M/D/1 and nobody's wait."""
    demands = [{"ends": ("A", "B"), "rate_hz": 1.0}, {"ends": ("A", "C"), "rate_hz": 3.0}]
    link, store = {"key_rate_hz": 256.0}, StoreTable(capacity_bits=256)
    found = network(TRIANGLE, link, demands, store=store).play(engine="exact").totals
    assert found["asked_hz"].best == 4.0
    assert found["served_hz"].best == pytest.approx(1 / 2 + 3 / 4, rel=1e-9)
    assert found["refused_fraction"].best == pytest.approx(1 - 1.25 / 4, rel=1e-9)
    assert found["key_bits_hz"].best == pytest.approx(256 * 1.25, rel=1e-9)
    assert found["response_delay_s"].best == 0.0
    waiting = [{"ends": ("A", "B"), "rate_hz": 0.5, "on_shortage": "wait"}]
    refusing = [{"ends": ("A", "C"), "rate_hz": 1.0}]
    mixed = network(TRIANGLE, link, waiting + refusing, store=store).play(engine="exact").totals
    # Half a request a second waits, and half a request a second is served at once.
    assert mixed["response_delay_s"].best == pytest.approx(md1_wait() / 2, rel=1e-9)
    none = network(TRIANGLE, {"key_rate_hz": 0.0}, refusing).play(engine="exact").totals
    assert (none["refused_fraction"].best, none["response_delay_s"]) == (1.0, None)


def md1_wait(load=0.5, service_s=1.0):
    """Mean wait of M/D/1 in s (Pollaczek and Khinchine)."""
    return load * service_s / (2 * (1 - load))


def test_a_store_of_one_key_waits_as_a_queue():
    """Row PN-E3 of the reference: the wait of M/D/1, and that of M/M/1 with units that come so."""
    demand = {"rate_hz": 2.0, "on_shortage": "wait"}
    store = StoreTable(capacity_bits=256)
    found = single({"key_rate_hz": 640.0}, demand, store=store).play(engine="exact")
    assert best(found)["response_delay_s"] == pytest.approx(0.8, rel=1e-9)
    units = {"key_rate_hz": 640.0, "fill": "poisson", "unit_bits": 256}
    found = single(units, demand, store=store).play(engine="exact")
    # Time in M/M/1 at rates 2 and 2.5, for the requests that find the store empty.
    assert best(found)["response_delay_s"] == pytest.approx(0.8 / 0.5, rel=1e-12)


def test_stream_runs_dry():
    """Row PN-E6 of the reference: dry after 3333.33 s; then 0.8 of what is wanted is served."""
    stream = {"device": "one-time-pad", "data_rate_bit_per_s": 1500.0}
    store = StoreTable(capacity_bits=10**6, initial_bits=10**6)
    run = RunTimes(duration_s=86_400.0)
    found = single({"key_rate_hz": 1200.0}, stream, store=store, run=run).play(engine="exact")
    full = 1e6 / 300.0
    assert 86_400.0 * (1.0 - found.edges[0].dry_fraction.best) == pytest.approx(
        3333.33333, rel=1e-8
    )
    assert best(found)["key_bits_hz"] * 86_400.0 == pytest.approx(
        1200.0 * 86_400.0 + 1e6, rel=1e-12
    )
    assert best(found)["availability"] == pytest.approx(full / 86_400.0, rel=1e-12)
    later = RunTimes(duration_s=1000.0, warm_up_s=4000.0)
    found = single({"key_rate_hz": 1200.0}, stream, store=store, run=later).play(engine="exact")
    assert best(found)["refused_fraction"] == pytest.approx(0.2, rel=1e-12)


def test_stream_over_two_stores():
    """By hand: the first runs dry at 10 s, then the second has 2 a second less to give, until 20 s.

    After 10 s the stream gets 3 of the first, so that the second loses 1 a second.
    """
    stores = [
        FluidStore(rate_hz=3.0, capacity_bits=math.inf, initial_bits=20.0),
        FluidStore(rate_hz=2.0, capacity_bits=100.0, initial_bits=40.0),
    ]
    law = drained(stores, 5.0, warm_up_s=0.0, duration_s=40.0)
    assert law.served_bits == pytest.approx(5 * 10 + 3 * 10 + 2 * 20, rel=1e-12)
    assert law.bit_s == pytest.approx([100.0 + 0.0 + 20.0 * 10.0, 250.0 + 50.0], rel=1e-12)
    assert law.dry_s == pytest.approx([10.0, 20.0], rel=1e-12)
    lacking = FluidStore(rate_hz=1.0, capacity_bits=10.0, initial_bits=-5.0)
    law = drained([lacking], 0.5, warm_up_s=0.0, duration_s=30.0)
    assert law.served_bits == pytest.approx(12.5, rel=1e-12)
    assert law.bit_s[0] == pytest.approx(0.5 * 20 * 10.0 + 5 * 10.0, rel=1e-12)


@pytest.mark.parametrize(
    ("rho", "end"), [(0.9, 4.0), (0.05, 3.2), (0.99, 50.0), (1.0, 20.5), (1.3, 10.25), (12.0, 5.5)]
)
def test_backlog_by_its_alternating_sum(rho, end):
    """Erlang's sum for M/D/1, sum of (rho (j - u))^j/j! exp(rho (u - j)), with 300 digits."""
    getcontext().prec = 300
    total, load, place = Decimal(0), Decimal(rho), Decimal(end)
    for j in range(int(end) + 1):
        term = load * (place - j)
        power = (-term) ** j if j else Decimal(1)
        total += power / math.factorial(j) * term.exp()
    assert float(Decimal(backlog(rho, end).inverse) * total) == pytest.approx(1.0, rel=1e-12)


def test_large_stores_of_the_dam():
    """Limits: all is served below load 1, all key is used above; linear at 1 (M/D/1 by hand)."""
    assert backlog(0.9, 4e5).inverse == pytest.approx(0.1, rel=1e-12)
    assert backlog(1.5, 4e5).inverse == 0.0
    # At load 1 the line that H comes to is 2 u + 2/3 (residues of its transform at 0).
    assert backlog(1.0, 2e4).inverse == pytest.approx(1.0 / (4e4 + 2.0 / 3.0), rel=1e-10)
    demand = {"rate_hz": 3.0}
    endless = single({"key_rate_hz": 512.0}, demand).play(engine="exact")
    assert best(endless)["refused_fraction"] == pytest.approx(1.0 / 3.0, rel=1e-12)


def test_store_of_one_key_that_fills_continuously():
    """By hand: full with 1/(1 + rho), else uniform: mean (1 + rho/2)/(1 + rho)."""
    found = single(
        {"key_rate_hz": 256.0}, {"rate_hz": 0.9}, store=StoreTable(capacity_bits=256)
    ).play(engine="exact")
    assert found.edges[0].stored_bits.best == pytest.approx(256 * 1.45 / 1.9, rel=1e-12)


def test_blocks_by_exponentials_of_a_generator():
    """Oracle: requests as a death process in continuous time, its exponential over each block.

    What is served, stored and dry are integrals, which the exponential of a larger matrix gives.
    """
    block, key, top, period, rate = 5, 2, 13, 2.0, 1.7
    states = np.arange(top + 1)
    death = np.zeros((top + 1, top + 1))
    for content in states[states >= key]:
        death[content, content - key] = rate
        death[content, content] = -rate
    size = top + 1
    large = np.zeros((2 * size, 2 * size))
    large[:size, :size], large[:size, size:] = death, np.eye(size)
    flow = expm(large * period)
    after, spent = flow[:size, :size], flow[:size, size:]
    fill = np.zeros((size, size))
    fill[states, np.minimum(states + block, top)] = 1.0
    system = np.vstack([(after @ fill).T - np.eye(size), np.ones(size)])
    weights = np.linalg.lstsq(system, np.append(np.zeros(size), 1.0), rcond=None)[0]
    share = weights @ spent / period
    found = single(
        {"key_rate_hz": block / period, "fill": "blocks", "block_bits": block},
        {"rate_hz": rate, "key_bits": key},
        store=StoreTable(capacity_bits=top),
    ).play(engine="exact")
    edge = found.edges[0]
    assert best(found)["availability"] == pytest.approx(share[key:].sum(), rel=1e-10)
    assert edge.stored_bits.best == pytest.approx(share @ states, rel=1e-10)
    assert edge.dry_fraction.best == pytest.approx(share[0], rel=1e-10)


def test_stores_of_several_edges_by_linear_algebra():
    """Oracle: the generator of all pairs of contents, and its null vector by a dense solver."""
    top, made, asked = 3, (1.2, 0.8), (0.9, 0.7)
    number = {(a, b): a * (top + 1) + b for a in range(top + 1) for b in range(top + 1)}
    rates = np.zeros((len(number), len(number)))
    for (a, b), k in number.items():
        moves = [(made[0], (min(a + 1, top), b)), (made[1], (a, min(b + 1, top)))]
        if a and b:
            moves.append((asked[0], (a - 1, b - 1)))
        if b:
            moves.append((asked[1], (a, b - 1)))
        for rate, other in moves:
            rates[k, number[other]] += rate
            rates[k, k] -= rate
    system = np.vstack([rates.T, np.ones(len(number))])
    law = np.linalg.lstsq(system, np.append(np.zeros(len(number)), 1.0), rcond=None)[0]
    law = law.reshape(top + 1, top + 1)
    edges = [["A", "B"], ["B", "C"]]
    found = network(
        edges,
        {"key_rate_hz": made[0], "fill": "poisson", "unit_bits": 1},
        [
            {"ends": ("A", "C"), "rate_hz": asked[0], "key_bits": 1},
            {"ends": ("B", "C"), "rate_hz": asked[1], "key_bits": 1},
        ],
        store=StoreTable(capacity_bits=top),
        edge=({"ends": ["B", "C"], "link": {"key_rate_hz": made[1]}},),
    ).play(engine="exact")
    assert best(found, 0)["availability"] == pytest.approx(law[1:, 1:].sum(), rel=1e-10)
    assert best(found, 1)["availability"] == pytest.approx(law[:, 1:].sum(), rel=1e-10)
    assert found.edges[1].dry_fraction.best == pytest.approx(law[:, 0].sum(), rel=1e-10)
    assert found.demands[0].corrupt_node_learns == {"B": 1.0}


@pytest.mark.parametrize("ratio", [0.5, 0.999, 1.0, 1.5])
def test_large_stores_of_units(ratio):
    """M/M/1/K with K = 1000: (1 - r)/(1 - r^(K + 1)), and 1/(K + 1) at r = 1."""
    size = 1000
    store = UnitStore(unit_hz=ratio, unit_bits=1, capacity_bits=size)
    asker = Asker(request_hz=1.0, key_bits=1, ways=((0,),), needed=1)
    law = joint_stores([store], [asker])
    powers = ratio ** np.arange(size + 1)
    assert law.dry[0] == pytest.approx(1.0 / powers.sum(), rel=1e-10)
    assert law.served[0] == pytest.approx(1.0 - 1.0 / powers.sum(), rel=1e-12)


def test_a_large_store_of_other_units_than_keys():
    """Oracle: the generator of contents 0 to 500, its null vector by a dense solver."""
    top, made, asked = 500, 0.6, ((0.5, 2), (0.3, 3))
    rates = np.zeros((top + 1, top + 1))
    for content in range(top + 1):
        rates[content, min(content + 3, top)] += made
        for rate, key in asked:
            rates[content, content - key if content >= key else content] += rate
    system = np.vstack([(rates - np.diag(rates.sum(axis=1))).T, np.ones(top + 1)])
    law = np.linalg.lstsq(system, np.append(np.zeros(top + 1), 1.0), rcond=None)[0]
    store = UnitStore(unit_hz=made, unit_bits=3, capacity_bits=top)
    askers = [Asker(request_hz=r, key_bits=k, ways=((0,),), needed=1) for r, k in asked]
    found = joint_stores([store], askers)
    assert found.served == pytest.approx([law[2:].sum(), law[3:].sum()], rel=1e-9)
    assert found.stored_bits[0] == pytest.approx(law @ np.arange(top + 1), rel=1e-9)
    for number, (rate, key) in enumerate(asked):
        assert sum(found.uses[number].values()) == pytest.approx(rate * law[key:].sum(), rel=1e-9)
