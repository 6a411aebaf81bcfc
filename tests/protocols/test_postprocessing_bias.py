"""Biased key bits, which no proof covers, and bases in which most bits are wrong."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import beta, binom

from protocols.postprocessing import AbortReason, DistillationSettings, RawKey, composable_bb84
from protocols.postprocessing.bias import Ones, ones_of, why_biased
from protocols.postprocessing.estimation import BasisTest, flipped_bases
from protocols.postprocessing.sampling import errors_left
from protocols.qkd import BB84, BBM92, Detectors, Line, SixState, raw_keys
from qnet.metrics.key_rate import binary_entropy
from qnet.states import werner
from qnet.states.pauli import fano_from_weights
from tests.protocols.two_ends import disclosed, distilled

SIZE = 60_000


def plain(*keys: RawKey) -> list[RawKey]:
    """The same raw keys of which nobody says what they were measured with."""
    return [RawKey(bits=key.bits, bases=key.bases, rounds=key.rounds) for key in keys]


def biased(share: float, bases_of_bias: tuple[int, ...] = (0, 1), seed: int = 1) -> list[RawKey]:
    """Both ends hold the same bits, ones with this share in some bases and one half in others."""
    rng = np.random.default_rng(seed)
    bases, others = rng.integers(0, 2, (2, SIZE))
    ones = np.where(np.isin(bases, bases_of_bias), share, 0.5)
    bits = (rng.random(SIZE) < ones).astype(int)
    return [RawKey(bits=bits, bases=bases), RawKey(bits=bits, bases=others)]


# --- bias ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["composable", "asymptotic"])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.75, 1.0])
@pytest.mark.parametrize("where", [(0, 1), (0,), (1,)])
def test_s1_biased_bits_make_no_key(share, where, rule):
    """Oracle: bits with this share of ones have an entropy below what no error promises."""
    alice, bob = distilled(*biased(share, where), settings=DistillationSettings(key_length=rule))
    assert alice.aborted is bob.aborted is AbortReason.NOT_SECRET
    assert alice.key is bob.key is None
    assert alice.security.notion == "none"
    assert "are ones" in alice.sentence


def test_s1_a_test_of_one_bit_does_not_hide_the_bias():
    """Oracle: all bits are zero; next to none of them is tested."""
    settings = DistillationSettings(test_basis="X", test_fraction=1e-5)
    alice, bob = distilled(*biased(0.0), settings=settings)
    assert alice.aborted is bob.aborted is AbortReason.NOT_SECRET


@pytest.mark.parametrize("better", [0, 1])
@pytest.mark.parametrize(("worse", "flips"), [(0.5, 0.0), (0.3, 0.02), (0.1, 0.05), (0.0, 0.0)])
def test_s1_unequal_detectors_that_nobody_told_of_make_no_key(better, worse, flips):
    """Oracle: the share of ones r/(1 + r), up to the flips, asks for more errors than there are."""
    efficiencies = (1.0, worse) if better == 0 else (worse, 1.0)
    detectors = Detectors(efficiency=efficiencies[0], efficiency_1=efficiencies[1])
    protocol = BB84(line=Line(misalignment=flips, detectors=detectors))
    keys = plain(*raw_keys(protocol, protocol.play(200_000, seed=1)))
    alice, bob = distilled(*keys)
    share = (worse * (1 - flips) + flips) / (1 + worse)
    assert (1 - 2 * share) ** 2 + (1 - 2 * flips) ** 2 > 1.0
    assert alice.aborted is bob.aborted is AbortReason.NOT_SECRET
    assert "detectors" in alice.sentence


@pytest.mark.parametrize("seed", range(8))
def test_s1_keys_of_weakly_biased_bits_are_no_longer_than_their_surprisal(seed):
    """Oracle: the surprisal of independent bits of known bias, plus 60 bits."""
    share = np.random.default_rng(seed).uniform(0.3, 0.5)
    for rule in ("composable", "asymptotic"):
        keys = biased(share, seed=seed)
        alice, _ = distilled(*keys, settings=DistillationSettings(key_length=rule))
        sifted = np.asarray(keys[0].bases) == np.asarray(keys[1].bases)
        ones = int(np.asarray(keys[0].bits)[sifted].sum())
        zeros = int(sifted.sum()) - ones
        surprisal = -ones * math.log2(share) - zeros * math.log2(1.0 - share)
        assert alice.secret_bits <= 0.9 * surprisal + 60 + 5 * math.sqrt(SIZE)


def test_s1_uniform_bits_are_refused_as_rarely_as_stated():
    """Oracle: binomial law: of n fair bits the shares that are refused add up to epsilon at most.

    No bit is lost: the check takes nothing off, it ends the run or does not.
    """
    epsilon, bits = 1e-3, 400
    for rest in (0, 10):
        seen = [BasisTest(bits, 400, rest), BasisTest(bits, 400, rest)]
        entropy = 2 * bits * (1.0 - binary_entropy(errors_left(bits, 400, rest, -20.0) / bits))
        refused = [
            ones
            for ones in range(bits + 1)
            if why_biased(
                [Ones(bits, ones), Ones(0, 0)], seen, entropy=entropy / 2, epsilon=epsilon
            )
        ]
        assert binom.pmf(refused, bits, 0.5).sum() <= epsilon
        assert {0, 1, bits} <= set(refused)


def test_s1_states_on_the_edge_of_the_disc_are_not_refused():
    """Oracle: ``sqrt(p)|00> + sqrt(1 - p)|11>`` has p ones in Z and 1/2 - sqrt(p(1-p)) errors in X.

    Its entropy given Eve, who holds nothing, is h(p), so a key is right. Among errors of less, and
    more bias, no state is left.
    """
    n = 1_000_000
    for p in (0.1, 0.3, 0.45):
        error = 0.5 - math.sqrt(p * (1.0 - p))
        seen = [BasisTest(n, n, 0), BasisTest(n, n, round(error * n))]
        promised = n * (1.0 - binary_entropy(error))
        assert promised <= n * binary_entropy(p)
        entropy = {"entropy": promised, "epsilon": 1e-10}
        assert why_biased([Ones(n, round(p * n)), Ones(0, 0)], seen, **entropy) == ""
        bias = 1.0 - 2.0 * (p - 0.01)
        less = 0.5 - 0.5 * math.sqrt(1.0 - bias**2)
        assert less > error
        assert "no qubits" in why_biased(
            [Ones(n, round((p - 0.01) * n)), Ones(0, 0)], seen, **entropy
        )


def test_s1_too_few_strings_are_refused_where_photons_are_counted():
    """Oracle: ``log2 C(n, w)``, in whole numbers, against the entropy less the stated margin."""
    n, w, epsilon = 5000, 500, 1e-10
    strings = math.log2(math.comb(n, w))
    assert Ones(n, w).log_strings == pytest.approx(strings, abs=1e-6)
    margin = math.log2(1 / epsilon) + math.log2(n + 1)
    seen = [BasisTest(n, 1000, 0), BasisTest(0, 1000, 0)]
    for entropy, reason in ((strings + margin - 1, False), (strings + margin + 1, True)):
        found = why_biased(
            [Ones(n, w), Ones(0, 0)], seen, entropy=entropy, epsilon=epsilon, several_photons=True
        )
        assert bool(found) is reason


@pytest.mark.parametrize(
    "protocol",
    [
        BBM92(pair=werner(0.97)),
        SixState(line=Line(misalignment=0.01)),
        BB84(line=Line(detectors=Detectors(efficiency=0.9, efficiency_1=0.5))),
    ],
    ids=str,
)
def test_s1_honest_keys_pass(protocol):
    """Oracle: qubits measured as the proof presumes, or thinned to be so."""
    alice, bob = distilled(*raw_keys(protocol, protocol.play(100_000, seed=2)))
    np.testing.assert_array_equal(alice.key, bob.key)
    assert alice.aborted is None


def test_ones_are_counted_by_basis_and_not_shown():
    """Oracle: by hand; class 4 is X of the second intensity."""
    found = ones_of(np.array([1, 0, 1, 1], np.uint8), np.array([0, 0, 4, 2], np.uint8))
    assert found == [(2, 1), (1, 1), (1, 1)]
    assert repr(found[0]) == "Ones(2 bits)"


# --- S9: bases in which most bits are wrong ------------------------------------------------------


@pytest.mark.parametrize("correction", ["cascade", "ldpc"])
@pytest.mark.parametrize("flipped", [(0, 1), (0,), (1,)])
def test_s9_flipped_bits_make_the_key_that_others_make(flipped, correction):
    """Oracle: the same bits and errors, not flipped, make as many bits to a tenth."""
    rng = np.random.default_rng(3)
    bits, bases = rng.integers(0, 2, (2, SIZE))
    noise = (rng.random(SIZE) < 0.02).astype(int)
    turned = np.isin(bases, flipped).astype(int)
    settings = DistillationSettings(correction=correction)
    lengths = []
    for flip in (0, 1):
        alice, bob = distilled(
            RawKey(bits=bits, bases=bases),
            RawKey(bits=bits ^ noise ^ (turned * flip), bases=bases),
            settings=settings,
        )
        np.testing.assert_array_equal(alice.key, bob.key)
        assert alice.qber.best < 0.03
        assert ("Bob flipped his there" in alice.sentence) is bool(flip)
        lengths.append(alice.secret_bits)
    assert 0.9 * lengths[0] < lengths[1] < lengths[0] + 100  # the limits are wider


@pytest.mark.parametrize("bases", ["ZX", "ZXY"])
def test_s9_pairs_in_psi_minus_make_a_key(bases):
    """Oracle: Psi- is Phi+ with Bob's bits flipped in Z and X, as many bits to a tenth."""
    lengths = []
    for weights in ([0.97, 0.01, 0.01, 0.01], [0.01, 0.01, 0.97, 0.01]):
        protocol = BBM92(pair=fano_from_weights(weights), bases=bases)
        alice, bob = distilled(*raw_keys(protocol, protocol.play(100_000, seed=5)))
        np.testing.assert_array_equal(alice.key, bob.key)
        lengths.append(alice.secret_bits)
        assert alice.security.notion == "composable"
    assert lengths[1] == pytest.approx(lengths[0], rel=0.1)


@pytest.mark.parametrize("flipped", [(0,), (2,), (0, 1, 2)])
def test_s9_of_three_bases_one_or_three_cannot_be_flipped(flipped):
    """Oracle: no Pauli operation of Bob flips one or three; the reason says what to do."""
    rng = np.random.default_rng(4)
    bits, bases = rng.integers(0, 2, SIZE), rng.integers(0, 3, SIZE)
    turned = np.isin(bases, flipped).astype(int)
    alice, bob = distilled(RawKey(bits=bits, bases=bases), RawKey(bits=bits ^ turned, bases=bases))
    assert alice.aborted is bob.aborted is AbortReason.QBER_TOO_HIGH
    assert "flip the labels of Y at one end" in alice.sentence


def test_s9_a_few_wrong_bits_are_no_reason_to_flip():
    """Oracle: Clopper and Pearson's lower limit, in closed form where all differ."""
    kept = np.array([900, 900, 0])
    for tested in range(1, 12):
        low = beta.ppf(0.025, tested, 1)
        wrong = np.array([tested, 0, 0])
        found, _ = flipped_bases(kept, np.array([tested, 100, 0]), wrong, 0.95)
        assert (found == "Z") is bool(low > 0.5)


def test_s9_a_flipped_basis_pays_for_the_choice():
    """Oracle: the bound with 2^-10 of its failure, by hand."""
    seen = disclosed((5000, 5000, 50), (5000, 5000, 50))
    turned = disclosed((5000, 5000, 50), (5000, 5000, 50), flipped="ZX")
    log = 2 * math.log(9.9e-11 / 4) - math.log(2)
    for given, share in ((seen, 1.0 - 2.0**-10), (turned, 2.0**-10)):
        least = errors_left(5000, 5000, 50, log + math.log(share))
        by_hand = 10_000 * (1 - binary_entropy(least / 5000)) - 2 * math.log2(1 / 9.9e-11)
        assert composable_bb84(given) == pytest.approx(by_hand)
    assert composable_bb84(turned) < composable_bb84(seen)
