"""Protocols over one chain: closed forms from the mean state and the users' errors; theorems."""

import math

import numpy as np
import pytest

from experiments.studies.protocols_over_one_chain import (
    BIAS,
    HARDWARE,
    PROTOCOLS,
    SECURITY,
    STUDY,
    chain,
    protocol,
    work,
)
from protocols.qkd.entangled_key import measure_pairs
from qnet.engines.exact import play_exact
from qnet.states import werner
from tests.oracles import binary_entropy

FIVE_SIGMA = 5.0 / 1.96

LENGTH_KM = 500.0


@pytest.fixture(scope="module")
def rows():
    return STUDY.rows(quick=True)


@pytest.fixture(scope="module")
def exact():
    return play_exact(chain(LENGTH_KM))


@pytest.fixture(scope="module")
def endless(rows):
    """The rows over the one length, by protocol."""
    return {row["protocol"]: row for row in rows if row["length_km"] == LENGTH_KM}


def _correlators(exact):
    """XX, YY and ZZ after one turning gate on either side for X (two for Y), and both readouts."""
    gates = HARDWARE.preset.node.gates
    turned = (1.0 - gates.single_qubit_depolarizing) ** 2
    read = (1.0 - gates.readout_flip_0 - gates.readout_flip_1) ** 2
    xx, yy, zz = np.diagonal(exact.mean_fano)[1:]
    return xx * turned * read, -yy * turned**2 * read, zz * read, turned


def _both_bases(e_z, e_x):
    """Key from both bases, each tested by the other, with the efficiency of error correction."""
    f = SECURITY.error_correction_efficiency
    return (
        1.0
        - binary_entropy(e_z)
        - binary_entropy(e_x)
        - (f - 1.0) * 0.5 * (binary_entropy(e_z) + binary_entropy(e_x))
    )


def test_bbm92(exact, endless):
    """Half of the pairs are kept; 1 - h(e_x) - f h(e_z) from the correlators."""
    xx, _, zz, _ = _correlators(exact)
    e_x, e_z = (1.0 - xx) / 2.0, (1.0 - zz) / 2.0
    row = endless["bbm92"]
    assert row["endless_qber"] == pytest.approx((e_x + e_z) / 2.0, rel=1e-6)
    expected = exact.rate_hz.best / 2.0 * _both_bases(e_z, e_x)
    assert row["endless_bits_per_s"] == pytest.approx(expected, rel=1e-6)


def test_a_bias_keeps_more_pairs(exact, endless):
    """b^2 of them in Z and (1 - b)^2 in X."""
    xx, _, zz, _ = _correlators(exact)
    e_x, e_z = (1.0 - xx) / 2.0, (1.0 - zz) / 2.0
    z, x = BIAS**2, (1.0 - BIAS) ** 2
    f = SECURITY.error_correction_efficiency
    from_z = 1.0 - binary_entropy(e_x) - f * binary_entropy(e_z)
    from_x = 1.0 - binary_entropy(e_z) - f * binary_entropy(e_x)
    expected = exact.rate_hz.best * (z * from_z + x * from_x)
    row = endless["bbm92-biased"]
    assert row["endless_bits_per_s"] == pytest.approx(expected, rel=1e-6)
    assert row["endless_qber"] == pytest.approx((z * e_z + x * e_x) / (z + x), rel=1e-6)


def test_six_state(exact, endless):
    """A third of the pairs; the entropy of the Bell-diagonal state with the three error rates.

    It is above that of the mean error rate, for mixing the bases raises the entropy.
    """
    xx, yy, zz, _ = _correlators(exact)
    q = (3.0 - xx - yy - zz) / 6.0
    shares = [1.0 + xx + yy + zz, 1.0 + xx - yy - zz, 1.0 - xx + yy - zz, 1.0 - xx - yy + zz]
    entropy = -sum(p / 4.0 * math.log2(p / 4.0) for p in shares)
    leak = sum(binary_entropy((1.0 - each) / 2.0) for each in (xx, yy, zz)) / 3.0
    extra = (SECURITY.error_correction_efficiency - 1.0) * leak
    row = endless["six-state"]
    assert row["endless_qber"] == pytest.approx(q, rel=1e-6)
    expected = exact.rate_hz.best / 3.0 * (1.0 - entropy - extra)
    assert row["endless_bits_per_s"] == pytest.approx(expected, rel=1e-6)


def test_e91(exact, endless):
    """Two ninths of the pairs; S = sqrt 2 (XX + ZZ), every analyser turned by one gate; Acin."""
    xx, _, zz, turned = _correlators(exact)
    zz *= turned
    chsh = math.sqrt(2.0) * (xx + zz)
    # Half of the equal settings lie at 45 degrees, half at X.
    q = ((1.0 - (xx + zz) / 2.0) / 2.0 + (1.0 - xx) / 2.0) / 2.0
    known = binary_entropy((1.0 + math.sqrt((chsh / 2.0) ** 2 - 1.0)) / 2.0)
    fraction = 1.0 - SECURITY.error_correction_efficiency * binary_entropy(q) - known
    row = endless["e91"]
    assert row["endless_chsh"] == pytest.approx(chsh, rel=1e-6)
    assert row["endless_qber"] == pytest.approx(q, rel=1e-6)
    expected = exact.rate_hz.best * 2.0 / 9.0 * fraction
    assert row["endless_bits_per_s"] == pytest.approx(expected, rel=1e-6)


def test_teleporting_adds_the_errors_of_one_bell_measurement(endless):
    """One CNOT, at most three gates on single qubits and one readout more than measuring."""
    gates = HARDWARE.preset.node.gates
    more = gates.two_qubit_depolarizing / 2.0 + 1.5 * gates.single_qubit_depolarizing
    more += gates.readout_flip_0
    added = endless["teleported-bb84"]["endless_qber"] - endless["bbm92"]["endless_qber"]
    assert 0.0 < added < more


def test_runs_agree_with_the_endless_limit(rows):
    """Error rates, CHSH and number of pairs lie within five standard errors."""
    lengths = {row["length_km"] for row in rows}
    rates = {length: play_exact(chain(length)).rate_hz.best for length in lengths}
    for row in rows:
        assert abs(row["qber"].best - row["endless_qber"]) < FIVE_SIGMA * _half(row["qber"])
        if row["chsh"]:
            assert abs(row["chsh"].best - row["endless_chsh"]) < FIVE_SIGMA * _half(row["chsh"])
        # Times to a pair spread less than exponential ones.
        expected = row["time_s"] * rates[row["length_km"]]
        assert abs(row["pairs"] - expected) < 5.0 * math.sqrt(expected)


def _half(estimate):
    return (estimate.high - estimate.low) / 2.0


def test_finite_keys():
    """None within a second, and in ten minutes less than endlessly but more than nothing."""
    for name in PROTOCOLS:
        short = work({"protocol": name, "length_km": LENGTH_KM, "time_s": 1.0}, 1)
        assert short["key_bits"] == 0.0
        assert short["reason"].startswith("no key")
        long = work({"protocol": name, "length_km": LENGTH_KM, "time_s": 600.0}, 1)
        assert 0.0 < long["key_bits"] < 600.0 * long["endless_bits_per_s"]
        assert long["reason"] == ""


def test_no_pair_is_no_key():
    row = work({"protocol": "e91", "length_km": LENGTH_KM, "time_s": 1e-3}, 1)
    assert (row["pairs"], row["key_bits"]) == (0, 0.0)
    assert row["reason"] == "no key: no pair came within 0.001 s"


def test_perfect_pairs_err_by_the_users_alone():
    """Readouts flip either bit: 2 r (1 - r) in Z."""
    states = np.broadcast_to(werner(1.0), (200_000, 4, 4))
    counts = measure_pairs(protocol("bbm92"), states, np.random.default_rng(1)).counts()
    found = protocol("bbm92").estimate(counts).qber_by_basis["Z"]
    flip = HARDWARE.preset.node.gates.readout_flip_0
    expected = 2.0 * flip * (1.0 - flip)
    assert abs(found.best - expected) < 5.0 * math.sqrt(expected / found.n)
