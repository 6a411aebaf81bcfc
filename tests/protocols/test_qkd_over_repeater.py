"""Key distribution on delivered pairs: each with its own state, and keys within a time."""

import math
import re

import numpy as np
import pytest

from protocols import nested
from protocols.key_rates import Security
from protocols.qkd import BBM92, E91, InterceptResend, Line, TeleportedBB84
from protocols.qkd.entangled_key import (
    delivered_pairs,
    finite_key,
    key_in_time,
    measure_pairs,
)
from qnet import Memory, play
from qnet.errors import InfeasiblePlanError, ParameterError
from qnet.hardware.gates import Gates
from qnet.metrics.key_rate import binary_entropy
from qnet.noise import from_gates
from qnet.states import werner
from tests.catalog import link

N = 200_000


def chain(memory: Memory, p: float = 0.2, segments: int = 2):
    return nested([link(p, 0.98, memory, attempt_time_s=1e-3)] * segments)


DEPHASING = Memory(dephasing_time_s=0.04)
RELAXING = Memory(t1_s=0.2, t2_s=0.1)


@pytest.mark.parametrize("memory", [DEPHASING, RELAXING], ids=["dephasing", "relaxing"])
def test_error_rates_are_those_of_the_engine(memory):
    """The mean over pairs is linear in the state: the sampled engine gives the same QBER."""
    plan, rng = chain(memory), np.random.default_rng(1)
    _, states = delivered_pairs(plan, N, rng)
    protocol = BBM92(bases="ZXY")
    result = protocol.estimate(measure_pairs(protocol, states, rng).counts())
    engine = play(plan, shots=N, seed=2)
    for basis in "XYZ":
        expected = getattr(engine, f"qber_{basis.lower()}").best
        found = result.qber_by_basis[basis]
        assert abs(found.best - expected) < 6 * math.sqrt(expected * (1 - expected) / found.n)


def test_every_pair_is_measured_in_its_own_state():
    """Pairs that waited longer err more often, each group as its own states say."""
    rng = np.random.default_rng(3)
    _, states = delivered_pairs(chain(DEPHASING), N, rng)
    protocol = BBM92()
    rounds = measure_pairs(protocol, states, rng)
    sifted = protocol.sift(rounds.columns)
    predicted = (1 - states[:, 1, 1]) / 2
    in_x = sifted.kept & (sifted.basis == 1)
    edges = np.quantile(predicted, [0.25, 0.5, 0.75])
    group = np.digitize(predicted, edges)
    rates = []
    for k in np.unique(group):
        here = in_x & (group == k)
        mean = predicted[here].mean()
        rates.append(np.mean(sifted.wrong[here]))
        assert abs(rates[-1] - mean) < 5 * math.sqrt(mean / here.sum())
    assert rates[-1] > 2 * rates[0]


def test_e91_over_a_chain_has_the_chsh_of_its_mean_state():
    rng = np.random.default_rng(4)
    _, states = delivered_pairs(chain(DEPHASING), N, rng)
    protocol = E91()
    result = protocol.estimate(measure_pairs(protocol, states, rng).counts())
    mean = states.mean(axis=0)
    expected = math.sqrt(2) * (mean[1, 1] + mean[3, 3])
    assert abs(result.chsh.best - expected) < 5 * (result.chsh.high - result.chsh.low) / 3.92


def test_readout_noise_of_the_end_nodes_adds():
    noise = from_gates(Gates(readout_flip_0=0.05, readout_flip_1=0.05))
    protocol = BBM92(noise=noise)
    states = np.broadcast_to(werner(1.0), (N, 4, 4))
    result = protocol.estimate(measure_pairs(protocol, states, np.random.default_rng(5)).counts())
    expected = 2 * 0.05 * 0.95
    assert abs(result.qber.best - expected) < 5 * math.sqrt(expected / result.qber.n)
    with pytest.raises(ParameterError, match="lossless"):
        measure_pairs(BBM92(line=Line(transmission=0.5)), states, np.random.default_rng(5))


def test_teleporting_over_delivered_pairs_errs_as_measuring_them():
    """A teleported state of Z or X errs with the ZZ or XX correlator of the pair it goes over."""
    rng = np.random.default_rng(7)
    _, states = delivered_pairs(chain(RELAXING), N, rng)
    protocol = TeleportedBB84(key_basis_probability=0.7)
    counts = measure_pairs(protocol, states, rng).counts()
    result = protocol.estimate(counts)
    mean = states.mean(axis=0)
    for basis, axis in (("Z", 3), ("X", 1)):
        expected, found = (1.0 - mean[axis, axis]) / 2.0, result.qber_by_basis[basis]
        assert abs(found.best - expected) < 5 * math.sqrt(expected * (1 - expected) / found.n)
    assert abs(result.sifted_bits.best / N - (0.7**2 + 0.3**2)) < 5 * math.sqrt(0.25 / N)
    # The same formula as for BBM92, from its own counts.
    errors = [result.qber_by_basis[basis] for basis in "ZX"]
    length = finite_key(protocol, counts)
    assert length.figures["key_bits"] == errors[0].n
    assert length.figures["qber_x"] == errors[1].best
    assert 0.0 < length.value < result.secret_bits.best


def test_key_in_an_hour():
    """Pairs: rate times time; length: the formula, from the bits that were measured."""
    plan = chain(Memory(dephasing_time_s=0.4))
    rules = Security(epsilon_secrecy=1e-10, error_correction_efficiency=1.16)
    hour = key_in_time(plan, 600.0, seed=1, security=rules)
    assert (np.diff(hour.delivered_s) > 0).all()
    assert hour.delivered_s[-1] <= 600.0
    assert len(hour.rounds) == len(hour.delivered_s) == hour.result.pulses
    # Two parallel links: (3 - 2p)/(p (2 - p)) attempts.
    mean = 1e-3 * (3 - 0.4) / (0.2 * 1.8)
    assert abs(len(hour.delivered_s) - 600.0 / mean) < 5 * math.sqrt(600.0 / mean)
    sifted = BBM92().sift(hour.rounds.columns)
    key, test = (sifted.kept & (sifted.basis == basis) for basis in (0, 1))
    n, k = key.sum(), test.sum()
    e_z, e_x = sifted.wrong[key].mean(), sifted.wrong[test].mean()
    deviation = math.sqrt((n + k) / (n * k) * (k + 1) / k * math.log(4 / 1e-10))
    length = n * (1 - binary_entropy(float(e_x) + deviation)) - 1.16 * n * binary_entropy(
        float(e_z)
    )
    length -= math.log2(2 / (1e-10**2 * 1e-15))
    assert hour.key.value == math.floor(length) > 0
    claim = hour.key.security
    assert (claim.notion, claim.epsilon) == ("composable", pytest.approx(1e-10 + 1e-15))
    assert "observed counts" in claim.assumes[0]
    again = key_in_time(plan, 600.0, seed=1, security=rules)
    assert again.key.value == hour.key.value
    # The pilot's choice of the bias is better than ones far away.
    for bias in (0.5, 0.97):
        other = key_in_time(plan, 600.0, seed=1, security=rules, key_basis_probability=bias)
        assert other.key.value < hour.key.value


def test_too_short_a_time_gives_no_key_and_says_so():
    plan = chain(Memory(dephasing_time_s=0.4))
    short = key_in_time(plan, 10.0, seed=1, key_basis_probability=0.8)
    assert short.key.value == 0.0
    times = float(re.search("too few, it takes (.*) times as many", short.key.reason)[1])
    longer = key_in_time(plan, 15.0 * times, seed=1, key_basis_probability=0.8)
    assert longer.key.value > 0.0
    noisy = key_in_time(chain(Memory(dephasing_time_s=0.001)), 100.0, seed=1)
    assert re.search("error rates of .* in X leave none", noisy.key.reason)
    # So few pairs that no basis choice leaves a whole bit to test.
    assert key_in_time(plan, 0.01, seed=5).key.value == 0.0
    none = key_in_time(plan, 1e-4, seed=1)
    assert (len(none.delivered_s), none.rounds, none.result) == (0, None, None)
    assert none.key.reason == "no key: no pair came within 0.0001 s"


def test_hopeless_and_endless_requests_are_refused():
    with pytest.raises(InfeasiblePlanError):
        key_in_time(chain(DEPHASING, p=1e-300), 1.0, seed=1)
    with pytest.raises(ParameterError, match="be positive"):
        key_in_time(chain(DEPHASING), -1.0, seed=1)


def test_eve_on_delivered_pairs_has_many_classes():
    """E91 with every basis intercepted: 9 settings, 4 actions, and her bit."""
    eve = InterceptResend(fraction=0.9, bases=("X", "Y", "Z", 30.0))
    protocol = E91(eve=eve)
    states = np.broadcast_to(werner(1.0), (N, 4, 4))
    rounds = measure_pairs(protocol, states, np.random.default_rng(6))
    assert len(rounds.table.probabilities) > 256
    table = protocol.table()
    sifted = protocol.sift(table.columns)
    expected = table.probabilities[sifted.wrong].sum() / table.probabilities[sifted.kept].sum()
    qber = protocol.estimate(rounds.counts()).qber
    assert abs(qber.best - expected) < 5 * math.sqrt(expected * (1 - expected) / qber.n)
