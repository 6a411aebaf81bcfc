"""Key stores of plans: values P-Q3 to P-Q7, the engine of key networks, simulated fluids."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from protocols.planning.operation.encryptor_keys import EncryptorKeys, mesh_store_bits
from protocols.planning.operation.fluid import chain_law, fluid_law
from protocols.planning.operation.stores import (
    daily_store,
    failing_devices,
    store_law,
    store_size,
    supply_of_span,
)
from qnet.errors import ParameterError
from tests.protocols.key_network_cases import key_network, standard_error
from tests.protocols.plan_toys import span

DAY = 86_400.0


def closed_form(rate, use, up, repair, size):
    """P(no key) and P(full) of P-Q3, from its densities and masses."""
    z = 1.0 / (repair * use) - 1.0 / (up * (rate - use))
    decay = math.exp(-abs(z) * size)
    inner = (-math.expm1(-abs(z) * size) / abs(z) if z else size) * (1.0 + (rate - use) / use)
    empty = (rate - use) * repair * (decay if z > 0.0 else 1.0)
    full = (rate - use) * up * (decay if z <= 0.0 else 1.0)
    return empty / (inner + empty + full), full / (inner + empty + full)


def test_a_store_bridges_repairs():
    """P-Q3, and P-Q4 by a search."""
    supply = failing_devices(1, 3.0, 1000.0, 12.0)
    law = store_law(supply, 1.0, 24.0)
    assert law.no_key == pytest.approx(0.0016157224, rel=1e-7)
    assert law.full == pytest.approx(0.9830213, rel=1e-7)
    assert store_law(supply, 1.0, 0.0).no_key == pytest.approx(0.011857708, rel=1e-7)
    assert store_size(supply, 1.0, 1e-5).bits == pytest.approx(85.3778907, rel=1e-8)


@settings(max_examples=60, deadline=None)
@given(
    surplus=st.floats(0.01, 5.0),
    up=st.floats(5.0, 5000.0),
    repair=st.floats(0.1, 50.0),
    size=st.floats(0.01, 300.0),
)
def test_one_device(surplus, up, repair, size):
    """Oracle: the closed form."""
    exact = closed_form(1.0 + surplus, 1.0, up, repair, size)
    law = store_law(failing_devices(1, 1.0 + surplus, up, repair), 1.0, size)
    assert law.no_key == pytest.approx(exact[0], rel=1e-6, abs=1e-13)
    assert law.full == pytest.approx(exact[1], rel=1e-6, abs=1e-13)
    assert law.unserved == pytest.approx(law.no_key, rel=1e-12)


def test_supply_as_large_as_the_use():
    """Oracle: the closed form without an exponent: up 1000 h at +0.012, down 12 h at -1."""
    for size in (1.0, 1e3, 1e6):
        law = store_law(failing_devices(1, 1.012, 1000.0, 12.0), 1.0, size)
        assert law.no_key == pytest.approx(closed_form(1.012, 1.0, 1e3, 12.0, size)[0], rel=1e-5)


def simulated(chain, net, size, runs, steps, seed):
    """Shares of time at empty and full while the level falls or rises, of several runs."""
    rng = np.random.default_rng(seed)
    found = np.zeros((runs, 2))
    stays = -1.0 / np.diag(chain)
    jumps = chain * stays[:, None]
    np.fill_diagonal(jumps, 0.0)
    cut = np.cumsum(jumps, axis=1)
    for run in range(runs):
        state, level, time = 0, size, 0.0
        waits, picks = rng.standard_exponential(steps), rng.random(steps)
        for wait, pick in zip(waits.tolist(), picks.tolist(), strict=True):
            stay = wait * stays[state]
            rate = net[state]
            room = level / -rate if rate < 0.0 else (size - level) / rate if rate > 0.0 else stay
            if rate and stay > room:
                found[run, int(rate > 0.0)] += stay - room
            level = min(max(level + rate * stay, 0.0), size)
            time += stay
            state = int(np.searchsorted(cut[state], pick))
        found[run] /= time
    return found.mean(axis=0), found.std(axis=0, ddof=1) / math.sqrt(runs)


def test_three_devices_one_of_which_is_enough_for_a_standstill():
    """Oracle: the fluid simulated, 16 runs of 8000 changes; one state has no net rate."""
    supply = failing_devices(3, 1.0, 10.0, 4.0)
    net = supply.rates_hz - 2.0
    assert 0.0 in net
    law = store_law(supply, 2.0, 6.0)
    mean, error = simulated(supply.generator, net, 6.0, 16, 8000, seed=3)
    assert abs(law.no_key - mean[0]) < 5.0 * error[0]
    assert abs(law.full - mean[1]) < 5.0 * error[1]


@pytest.mark.parametrize("size", [1.0, 30.0, 1000.0])
@pytest.mark.parametrize("count", [2, 10, 40])
def test_what_comes_is_used_or_lost(count, size):
    """Oracle: the balance of the mean flow, for chains of up to 41 states."""
    supply = failing_devices(count, 1.0, 100.0, 12.0)
    use = 0.85 * count
    net = supply.rates_hz - use
    law = fluid_law(supply.generator, net, size)
    kept = law.states - law.full - law.empty
    assert abs(float(kept @ net)) < 1e-9
    assert law.states.sum() == pytest.approx(1.0)
    assert (kept > -1e-10).all()


@pytest.mark.parametrize("seed", range(12))
def test_random_chains(seed):
    """Oracle: the same equations as an initial value problem, by a matrix exponential."""
    from scipy.linalg import expm

    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 7))
    chain = rng.exponential(1.0, (count, count))
    np.fill_diagonal(chain, 0.0)
    chain -= np.diag(chain.sum(axis=1))
    net = rng.uniform(0.5, 2.0, count) * np.where(np.arange(count) % 2, 1.0, -1.0)
    law = fluid_law(chain, net, 1.5)
    change, down = expm(chain / net * 1.5), net < 0.0
    # From an empty store, which no state that fills sees, to a full one, which none that empties.
    empty = np.linalg.solve(change[np.ix_(down, down)].T, law.states[down])
    assert law.empty[down] == pytest.approx(empty, rel=1e-7)
    full = law.states - empty @ change[down]
    assert law.full[~down] == pytest.approx(full[~down], rel=1e-7, abs=1e-10)


def test_a_line_of_hops_stops_with_any_of_them():
    """Oracle: probabilities of the states of a span of five hops and four nodes, P-Q1."""
    option = span(0, 1, 0, hops=5, rate=100.0)
    supply = supply_of_span(option, 2)
    assert supply.mean_hz == pytest.approx(200.0 * 0.992816021, rel=1e-8)
    found = store_size(supply, 150.0, 1e-4)
    assert store_law(supply, 150.0, found.bits).no_key == pytest.approx(1e-4, rel=1e-6)
    # Larger than what bridges a mean repair, as many repairs take longer.
    assert found.bits > 150.0 * 12 * 3600.0


def test_a_store_does_not_make_up_for_too_little_key():
    """Oracle: the sentence as it is meant."""
    found = store_size(failing_devices(1, 1.0, 99.0, 1.0), 0.995, 1e-3)
    assert found.bits is None
    assert "0.99 bit/s in the long run and is used at 0.995" in found.reason
    # Where the share without key is small enough anyway, no store is needed.
    assert store_size(failing_devices(1, 1.0, 99.0, 1.0), 0.5, 0.02).bits == 0.0


def test_a_store_in_simulated_time():
    """Oracle: the engine of key networks with faults and a one-time pad: 5 standard errors."""
    hour = 3600.0
    changes = {
        "link.key_rate_hz": 3000.0 / hour,
        "store.capacity_bits": 12_000,
        "store.initial_bits": 12_000,
        "demand[0].rate_hz": None,
        "demand[0].device": "one-time-pad",
        "demand[0].data_rate_bit_per_s": 1000.0 / hour,
        "fault": [{"edge": ["A", "B"], "mtbf_s": 100.0 * hour, "mttr_s": 12.0 * hour}],
        "run.duration_s": 8000.0 * hour,
        "run.replicas": 40,
    }
    edge = key_network(changes).play().edges[0]
    law = store_law(failing_devices(1, 3000.0, 100.0, 12.0), 1000.0, 12_000.0)
    error = standard_error(edge.dry_fraction, 40)
    assert error < 0.1 * law.no_key
    assert abs(edge.dry_fraction.best - law.no_key) < 5.0 * error


def test_a_satellite_by_day():
    """P-Q5, as a chain and by the engine of key networks: a pass at noon, a key at midnight."""
    law = daily_store({0: 0.75, 5: 0.25}, {1: 1.0}, 15)
    assert law.no_key == pytest.approx(0.0441270992, rel=1e-8)
    days, key = 2000, 256
    changes = {
        "link.key_rate_hz": None,
        "link.schedule": [[(day + 0.5) * DAY, 5.0 * key, 0.25] for day in range(days)],
        "store.capacity_bits": 15 * key,
        "demand[0].arrivals": "regular",
        "demand[0].rate_hz": 1.0 / DAY,
        "run.warm_up_s": 0.0,
        "run.duration_s": days * DAY + 1.0,
        "store.initial_bits": 8 * key,
        "run.replicas": 20,
    }
    found = key_network(changes).play().demands[0].figures["refused_fraction"]
    error = standard_error(found)
    assert error < 0.1 * law.no_key
    assert abs(found.best - law.no_key) < 5.0 * error


def test_any_law_of_a_day():
    """Oracle: the same store, day by day, for 400 000 days in 40 runs."""
    gains, uses, capacity = {0: 0.5, 3: 0.3, 8: 0.2}, {1: 0.6, 4: 0.4}, 12
    law = daily_store(gains, uses, capacity)
    rng = np.random.default_rng(8)
    size = (10_000, 40)
    come = rng.choice(list(gains), size, p=list(gains.values()))
    asked = rng.choice(list(uses), size, p=list(uses.values()))
    level, short, missed, lost = np.zeros((4, 40))
    for gain, use in zip(come, asked, strict=True):
        full = np.minimum(level + gain, capacity)
        lost += level + gain - full
        short += use > full
        missed += np.maximum(use - full, 0)
        level = np.maximum(full - use, 0)
    for value, sums in (
        (law.no_key, short / size[0]),
        (law.unserved, missed / asked.sum(axis=0)),
        (law.lost, lost / come.sum(axis=0)),
    ):
        assert abs(value - sums.mean()) < 5.0 * sums.std(ddof=1) / math.sqrt(40)


def test_key_of_encryptors():
    """P-Q6: by time and by data, and whichever comes first; P-Q7: 72 h of a mesh of 27 sites."""
    by_time = EncryptorKeys(encryptors=200, every_s=60.0)
    by_data = EncryptorKeys(encryptors=200, every_bytes=2**30, data_rate_bit_per_s=10e9)
    both = EncryptorKeys(encryptors=200, every_s=60.0, every_bytes=2**30, data_rate_bit_per_s=10e9)
    assert by_time.key_rate_hz == pytest.approx(853.333333, rel=1e-9)
    assert by_data.key_rate_hz == pytest.approx(59604.6448, rel=1e-9)
    assert both.key_rate_hz == by_data.key_rate_hz
    assert by_time.demand("A", "B").key_rate_hz == pytest.approx(853.333333, rel=1e-9)
    assert mesh_store_bits(27, 72 * 3600.0, EncryptorKeys(every_s=60.0)) == pytest.approx(
        28.75392e6
    )


def test_wrong_questions_about_stores():
    """Oracle: the messages as they are meant."""
    with pytest.raises(ParameterError, match="gains must have probabilities that sum up to 1"):
        daily_store({0: 0.5}, {1: 1.0}, 5)
    with pytest.raises(ParameterError, match="generator must have rows that sum up to 0"):
        chain_law(np.array([[1.0, 1.0], [1.0, -1.0]]))
    with pytest.raises(ParameterError, match="generator must have one stationary law"):
        chain_law(np.zeros((2, 2)))
    with pytest.raises(ParameterError, match=r"probability must lie in \[1e-09, 1\)"):
        store_size(failing_devices(1, 1.0, 99.0, 1.0), 0.5, 0.0)
    with pytest.raises(ParameterError, match="every_s must be given, or every_bytes"):
        EncryptorKeys()
    with pytest.raises(ParameterError, match="every_bytes must come together with"):
        EncryptorKeys(every_bytes=1e9)
