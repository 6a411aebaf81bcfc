"""Tests of the key of three bases, held against the entropy given a purification."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from protocols.qkd import (
    BBM92,
    Detectors,
    EntanglingProbe,
    InterceptResend,
    Line,
    SixState,
    WeakPulses,
)
from protocols.qkd.result import shared_fraction
from protocols.qkd.three_bases import SecretShare
from qnet.metrics import binary_entropy, secret_key_fraction
from qnet.states import fano_from_weights, werner
from tests.protocols.information import endless, known

#: Errors in Z, X, Y of Psi+, Psi-, Phi-.
ERRORS = np.array([[1, 1, 0], [0, 1, 1], [1, 0, 1]])


def conditional(bell, basis):
    """H(phase | bit) of a Bell-diagonal state: 1 - S(bit|E), by grouping its populations."""
    wrong = np.concatenate([[0], ERRORS[basis]])
    groups = [bell[wrong == bit] for bit in (0, 1)]
    return sum(g.sum() * binary_entropy(float(g[0] / g.sum())) for g in groups if g.sum() > 0.0)


@pytest.mark.parametrize("bases", [("Z",), ("X",), ("Y",), ("Z", "X"), ("X", "Y"), (45.0,)])
@pytest.mark.parametrize("bias", [1 / 3, 0.6, 0.9, 0.99])
@pytest.mark.parametrize("fraction", [0.1, 0.3, 1.0])
def test_f1_biased_bases_claim_no_more_than_eve_leaves(bases, bias, fraction):
    """Oracle: H(A|E) - H(A|B) of the exact classes, Eve's outcomes and bases known."""
    eve = InterceptResend(fraction=fraction, bases=bases)
    protocol = BBM92(bases="ZXY", key_basis_probability=bias, eve=eve)
    told = known(protocol)

    claimed = endless(protocol, 10**10).secret_key_fraction.best

    assert claimed <= max(0.0, told["H(A|E)"] - told["H(A|B)"]) + 1e-6


def test_f1_a_basis_that_eve_never_disturbs_is_hers():
    """Oracle: Eve measures every pair in Z, the key basis nine times of ten: she has it all."""
    protocol = BBM92(bases="ZXY", key_basis_probability=0.9, eve=InterceptResend(bases=("Z",)))

    result = protocol.run(1_000_000, seed=1)

    assert result.secret_bits.best == 0.0
    assert result.security.notion == "none"
    assert "in Y" in result.reason


@pytest.mark.parametrize("seed", range(40))
def test_f1_a_box_claims_its_worst_pair(seed):
    """Oracle: the entropy of random Bell-diagonal states whose error rates lie in the box."""
    rng = np.random.default_rng(seed)
    bell = rng.dirichlet([[8, 0.3, 0.3, 0.3], [8, 0.02, 0.02, 0.5], [1, 1, 1, 1]][seed % 3])
    rates, shares = ERRORS @ bell[1:], rng.dirichlet([1, 1, 1])
    width = rng.uniform(0.0, 0.05, 3) * 10.0 ** -rng.integers(0, 4)
    low, high = np.maximum(rates - width, 0.0), np.minimum(rates + width, 1.0)
    box = SecretShare(secret=tuple(shares))
    found = []
    for scale in np.repeat([0.0, 1e-3, 0.03, 0.3, 1.0], 200):
        other = np.abs((1.0 - scale) * bell + scale * rng.dirichlet([1, 1, 1, 1]))
        seen = ERRORS @ other[1:]
        if (seen >= low).all() and (seen <= high).all():
            found.append(sum(w * (1.0 - conditional(other, b)) for b, w in enumerate(shares)))

    assert box.least(low, high) <= min(found) + 1e-9
    assert box.most(low, high) >= max(found) - 1e-9
    assert box.least(rates, rates) == pytest.approx(found[0], abs=1e-9)


@pytest.mark.parametrize("efficiency", [1.0, 1.16])
@pytest.mark.parametrize("bell", [(0.9, 0.05, 0.02, 0.03), (0.94, 0.0, 0.0, 0.06)])
def test_f1_one_basis_has_its_textbook_fraction(bell, efficiency):
    """Oracle: the six-state formula for the key of Z, with X, Y and Z permuted, by shares."""
    protocol = BBM92(
        bases="ZXY",
        key_basis_probability=0.8,
        pair=fano_from_weights(bell),
        error_correction_efficiency=efficiency,
    )
    e_z, e_x, e_y = ERRORS @ np.array(bell[1:])
    by_basis = [
        1.0 - conditional(np.array(bell), b) - efficiency * binary_entropy(float(e))
        for b, e in enumerate((e_z, e_x, e_y))
    ]
    shares = np.array([0.64, 0.01, 0.01]) / 0.66
    textbook = float(
        secret_key_fraction(
            [e_x, e_y, e_z], protocol="six-state", error_correction_efficiency=efficiency
        )
    )

    assert by_basis[0] == pytest.approx(textbook, abs=1e-9)
    found = endless(protocol, 10**12).secret_key_fraction.best
    assert found == pytest.approx(shares @ by_basis, abs=2e-5)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, shared_fraction("six-state", 0.03, 0.03)),
        ({"error_correction_efficiency": 1.2}, shared_fraction("six-state", 0.03, 0.03, 1.2)),
    ],
)
def test_f1_even_bases_and_equal_rates_keep_their_fraction(changed, expected):
    """Oracle: the fraction of one error rate, 1 - H(1 - 3Q/2, Q/2, Q/2, Q/2) - (f - 1) h(Q)."""
    protocols = (
        SixState(line=Line(misalignment=0.03), **changed),
        BBM92(bases="ZXY", pair=werner(0.94), **changed),
    )
    for protocol in protocols:
        result = endless(protocol, 10**12)
        assert result.secret_key_fraction.best == pytest.approx(expected, abs=1e-6)


def test_f1_several_photons_and_unequal_detectors_keep_their_fraction():
    """Oracle: the fraction of one error rate with a share given up, all bases alike."""
    line = Line(detectors=Detectors(efficiency=1.0, efficiency_1=0.5), misalignment=0.02)
    unequal = shared_fraction("six-state", 0.02, 0.02, lost=1 / 3, kept_error=0.02)
    assert endless(SixState(line=line), 10**12).secret_key_fraction.best == pytest.approx(
        unequal, abs=1e-6
    )
    weak = SixState(source=WeakPulses(intensities=(0.01,)), line=Line(misalignment=0.02))
    result = endless(weak, 10**12)
    share = weak.multi_photon_probability() / (1.0 - np.exp(-0.01))
    rate = result.qber.best
    tagged = shared_fraction("six-state", rate, rate, tagged=share)
    assert result.secret_key_fraction.best == pytest.approx(tagged, abs=1e-5)


@pytest.mark.parametrize("strength", [0.02, 0.1])
def test_f1_unequal_rates_of_photons_stay_below_what_eve_leaves(strength):
    """Oracle: H(A|E) - H(A|B) of the exact classes; the probe errs twice as often in Y."""
    protocol = SixState(eve=EntanglingProbe(strength=strength))
    told = known(protocol)
    result = endless(protocol, 10**10)

    assert result.qber_by_basis["Y"].best == pytest.approx(2 * strength, abs=1e-6)
    assert result.secret_key_fraction.best <= told["H(A|E)"] - told["H(A|B)"] + 1e-6


def test_f1_intervals_of_small_runs_reach_the_worst_corner():
    """Oracle: one and the same run, ten times as long, has a narrower interval inside."""
    table = BBM92(bases="ZXY", pair=werner(0.96)).table()
    counts = table.count(10_000, np.random.default_rng(1))
    protocol = BBM92(bases="ZXY", pair=werner(0.96))
    few = protocol.estimate(counts).secret_key_fraction
    longer = replace(counts, counts=10 * counts.counts, total=10 * counts.total)
    many = protocol.estimate(longer).secret_key_fraction

    assert few.best == pytest.approx(many.best)
    assert few.low < many.low < many.best < many.high < few.high
