"""Lengths of composable keys: sampling bounds by enumeration, published values, and devices."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import binom, hypergeom

from protocols.key_rates import DecoySettings, Security, tomamichel2012
from protocols.postprocessing import (
    AbortReason,
    DistillationSettings,
    Randomness,
    RawKey,
    asymptotic_bb84,
    composable_bb84,
)
from protocols.postprocessing.estimation import BasisTest
from protocols.postprocessing.key_length import claim_of, why_not
from protocols.postprocessing.photons import single_photons, untagged
from protocols.postprocessing.raw_key import kept_when_thinned
from protocols.postprocessing.sampling import errors_left, events_at_most, marked_at_most
from protocols.qkd import (
    BB84,
    BBM92,
    DecoyBB84,
    Detectors,
    Line,
    PhotonNumberSplitting,
    SinglePhotons,
    SixState,
    WeakPulses,
    raw_keys,
)
from protocols.qkd.entangled_key import finite_key
from qnet import ParameterError
from qnet.metrics.key_rate import binary_entropy
from qnet.metrics.security import ASSUMPTIONS, Apparatus
from qnet.states import werner
from tests.protocols.two_ends import disclosed, distilled, fresh_secret

# --- sampling without replacement ---------------------------------------------------------------


def chance(total: int, marked: int, drawn: int, found: int) -> Fraction:
    """Hypergeometric probability, in whole numbers."""
    if found > marked or drawn - found > total - marked:
        return Fraction(0)
    ways = math.comb(marked, found) * math.comb(total - marked, drawn - found)
    return Fraction(ways, math.comb(total, drawn))


@pytest.mark.parametrize(("kept", "tested"), [(12, 9), (30, 6), (7, 25), (40, 20)])
@pytest.mark.parametrize("failure", [0.2, 1e-2, 1e-4])
def test_s4_errors_left_over_hold_for_every_number_of_errors(kept, tested, failure):
    """Oracle: every number of errors and every outcome of the test, enumerated in fractions."""
    limits = [errors_left(kept, tested, c, math.log(failure)) for c in range(tested + 1)]
    for errors in range(kept + tested + 1):
        outcomes = range(max(0, errors - kept), min(errors, tested) + 1)
        missed = sum(
            chance(kept + tested, errors, tested, x) for x in outcomes if errors - x > limits[x]
        )
        assert missed <= Fraction(failure)


@pytest.mark.parametrize(
    ("kept", "tested", "errors"), [(1000, 1000, 0), (24_000, 1350, 30), (400_000, 40_000, 1200)]
)
def test_s4_errors_left_over_are_no_more_than_needed(kept, tested, errors):
    """Oracle: SciPy's hypergeometric tails at the limit, and one part in a hundred above it."""
    failure = 1e-20
    most = errors_left(kept, tested, errors, math.log(failure)) + errors
    total = kept + tested
    assert hypergeom.cdf(errors, total, most + 1, tested) <= failure * (1 + 1e-6)
    assert hypergeom.cdf(errors, total, math.floor(0.99 * most) - 1, tested) > failure


@pytest.mark.parametrize(
    ("total", "marked", "drawn"), [(1000, 100, 500), (50, 10, 49), (90, 0, 5), (9, 9, 4)]
)
def test_s2_marked_ones_among_those_drawn(total, marked, drawn):
    """Oracle: SciPy's hypergeometric tail, at the limit and two below."""
    failure = 1e-6
    most = marked_at_most(total, marked, drawn, math.log(failure))
    assert hypergeom.sf(most, total, marked, drawn) <= failure * (1 + 1e-6)
    assert most == 0 or hypergeom.sf(most - 2, total, marked, drawn) > failure


@pytest.mark.parametrize(("trials", "p"), [(1000, 0.1), (400_000, 0.0902), (50, 0.99), (10, 0.0)])
def test_s2_events_of_independent_trials(trials, p):
    """Oracle: SciPy's binomial tail, at the limit and two below."""
    failure = 1e-12
    most = events_at_most(trials, p, math.log(failure))
    assert binom.sf(most, trials, p) <= failure * (1 + 1e-6)
    assert most == 0 or binom.sf(most - 2, trials, p) > failure


# --- the composable rule ------------------------------------------------------------------------


def test_s4_composable_length_against_a_published_one():
    """Oracle: n = 1e6, k = 1e5, Q = 1 %, both epsilons 1e-10, f = 1.1 gives 735090.642.

    M. Tomamichel et al., Nat. Commun. 3, 634 (2012): their deviation is Serfling's, .0163871; the
    exact tail is smaller, so the length is above theirs, and below that of no deviation.
    """
    n, k, q, epsilon = 1_000_000, 100_000, 0.01, 1e-10
    leak = 1.1 * n * binary_entropy(q) + math.log2(1.0 / epsilon)
    seen = disclosed(
        (n, 0, 0),
        (0, k, 1000),
        leaked_bits=leak + 1.0,
        epsilon=2 * epsilon,
        epsilon_correctness=epsilon,
    )
    length = composable_bb84(seen)
    published = 735_090.642
    rules = Security(
        epsilon_secrecy=epsilon, epsilon_correctness=epsilon, error_correction_efficiency=1.1
    )
    assert tomamichel2012(key_bits=n, test_bits=k, qber=q, security=rules).unclipped == (
        pytest.approx(published, abs=1e-3)
    )
    assert published < length < n * (1.0 - binary_entropy(q)) - leak
    # The exact limit of the phase errors, by SciPy: (epsilon/4)^2 for the tail.
    tail = (epsilon / 4.0) ** 2
    low, high = 1000, 50_000
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (
            (middle, high) if hypergeom.cdf(1000, n + k, middle, k) > tail else (low, middle)
        )
    expected = n * (1.0 - binary_entropy((low - 1000) / n)) - leak - 1.0 - 2.0 * math.log2(1e10)
    assert length == pytest.approx(expected, abs=25.0)  # one error more is 7 bits


def test_s4_epsilon_is_shared_out():
    """Oracle: by hand. Half an epsilon for the hash costs 2 bits, as ``2 log2(1/eps)`` says."""
    seen = disclosed((1000, 1000, 0), (1000, 1000, 0), epsilon=3e-10, epsilon_correctness=1e-10)
    least = errors_left(1000, 1000, 0, 2 * math.log(2e-10 / 4) - math.log(2))
    by_hand = 2000 * (1 - binary_entropy(least / 1000)) - 2 * math.log2(1 / 2e-10)
    assert composable_bb84(seen) == pytest.approx(by_hand)
    assert composable_bb84(replace(seen, epsilon_authentication=2e-10)) == -math.inf


def test_s4_six_states_take_the_better_of_the_other_bases():
    """Oracle: a third basis without errors bounds the bits of the first, one with many does not."""
    two = disclosed((5000, 0, 0), (0, 2000, 300), (0, 0, 0))
    three = disclosed((5000, 0, 0), (0, 2000, 300), (0, 2000, 0))
    least = errors_left(5000, 2000, 0, 2 * math.log(9.9e-11 / 4) - math.log(2))
    assert composable_bb84(three) == pytest.approx(
        5000 * (1 - binary_entropy(least / 5000)) - 2 * math.log2(1 / 9.9e-11)
    )
    assert composable_bb84(three) > composable_bb84(two) + 1000


def test_s4_a_biased_block_gives_what_the_finite_key_of_the_project_gives():
    """Oracle: the project's finite key of the same rounds, which is none; asymptotic by name."""
    protocol = BBM92(pair=werner(0.97), key_basis_probability=0.95)
    rounds = protocol.play(60_000, seed=1)
    rules = Security(epsilon_secrecy=9.9e-11, epsilon_correctness=1e-12)
    assert finite_key(protocol, rounds.counts(), rules).value == 0.0
    keys, settings = raw_keys(protocol, rounds), DistillationSettings(test_fraction=0.3)
    alice, bob = distilled(*keys, settings=settings)
    assert alice.aborted is bob.aborted is AbortReason.TOO_FEW_BITS
    assert alice.security.notion == "none"
    alice, _ = distilled(*keys, settings=replace(settings, key_length="asymptotic"))
    assert alice.secret_bits > 2000
    assert (alice.security.notion, alice.security.epsilon) == ("asymptotic", None)
    assert "asymptotic" in alice.sentence


def test_s4_a_long_block_does_not_exceed_the_finite_key_but_by_the_tails():
    """Oracle: n key bits in Z, all of X tested, by 2012's formula with the exact tail put in."""
    protocol = BBM92(pair=werner(0.97), key_basis_probability=0.9)
    rounds = protocol.play(1_000_000, seed=2)
    rules = Security(
        epsilon_secrecy=9.9e-11, epsilon_correctness=1e-12, error_correction_efficiency=1.0
    )
    theirs = finite_key(protocol, rounds.counts(), rules)
    n, k = (int(theirs.figures[name]) for name in ("key_bits", "test_bits"))
    wrong = round(theirs.figures["qber_x"] * k)
    exact = errors_left(n, k, wrong, 2 * math.log(9.9e-11 / 4)) / n
    slack = n * (
        binary_entropy(theirs.figures["qber_x"] + theirs.figures["deviation"])
        - binary_entropy(exact)
    )
    alice, bob = distilled(
        *raw_keys(protocol, rounds), settings=DistillationSettings(test_fraction=0.3)
    )
    assert theirs.value > 0
    assert 200_000 < alice.secret_bits == bob.secret_bits <= theirs.value + max(slack, 0.0)
    assert (alice.security.notion, alice.security.epsilon) == ("composable", 1e-10)
    assert "(composable, epsilon 1e-10)" in alice.sentence


def test_s4_key_from_one_basis_and_test_in_the_other_as_in_the_finite_key():
    """Oracle: 2012's formula for the bits that were kept, tested and leaked in the same run."""
    protocol = BBM92(pair=werner(0.97), key_basis_probability=0.93)
    rounds = protocol.play(100_000, seed=4)
    alice, bob = distilled(
        *raw_keys(protocol, rounds),
        settings=DistillationSettings(test_basis="X", test_fraction=0.05),
    )
    sifted = protocol.sift(rounds.columns)
    in_z, in_x = (sifted.kept & (sifted.basis == basis) for basis in (0, 1))
    n = int(in_z.sum()) - round(0.05 * int(in_z.sum()))
    k = int(in_x.sum())
    wrong = int((in_x & sifted.wrong).sum())
    secrecy = 1e-10 - 1e-12 - alice.transcript.forgery_probability
    deviation = math.sqrt((n + k) / (n * k) * (k + 1) / k * math.log(4 / secrecy))
    spent = alice.transcript.leaked_bits + alice.transcript.authentication_bits
    spent += 2 * math.log2(1 / secrecy)
    published = n * (1 - binary_entropy(wrong / k + deviation)) - spent
    asymptotic = n * (1 - binary_entropy(wrong / k)) - spent
    assert max(published, 0) < alice.secret_bits == bob.secret_bits < asymptotic
    exact = errors_left(n, k, wrong, 2 * math.log(secrecy / 4)) / n
    assert alice.secret_bits == pytest.approx(n * (1 - binary_entropy(exact)) - spent, abs=2)


def test_s5_a_claim_lists_what_it_rests_on():
    """Oracle: the assumptions of the proof, by name."""
    plain = claim_of("composable", disclosed((10, 10, 0), (10, 10, 0)))
    for name in ("single-photons", "equal-detectors", "no-blinding", "trusted-devices"):
        assert ASSUMPTIONS[name] in plain.assumes
    uneven = disclosed(
        (10, 10, 0), (10, 10, 0), apparatus=Apparatus(efficiencies=((0.5, 0.4),), pulses=100)
    )
    assert ASSUMPTIONS["known-detectors"] in claim_of("composable", uneven).assumes
    assert ASSUMPTIONS["equal-detectors"] not in claim_of("composable", uneven).assumes
    given = claim_of(100, uneven)
    assert (given.notion, given.epsilon) == ("none", None)
    assert "caller" in given.reason


# --- S2: pulses of several photons --------------------------------------------------------------


@pytest.mark.parametrize("rule", ["composable", "asymptotic"])
def test_s2_photon_number_splitting_leaves_no_key(rule):
    """Oracle: Eve holds a photon of every sifted bit."""
    protocol = BB84(
        source=WeakPulses(intensities=(0.5,), probabilities=(1.0,)),
        line=Line(transmission=0.1),
        eve=PhotonNumberSplitting(pass_single=0.0),
    )
    alice, bob = distilled(
        *raw_keys(protocol, protocol.play(100_000, seed=1)),
        settings=DistillationSettings(key_length=rule),
    )
    assert alice.aborted is bob.aborted is AbortReason.NOT_SECRET
    assert ASSUMPTIONS["single-photons"] in alice.sentence
    assert alice.security.notion == "none"


@pytest.mark.parametrize("rule", ["composable", "asymptotic"])
def test_s2_as_many_pairs_of_photons_as_detections_leave_no_key(rule):
    """Oracle: 5.6 % of the pulses hold two photons, 2.1 % are detected: all may be tagged."""
    protocol = BB84(source=SinglePhotons(g2=0.1), line=Line(transmission=0.02))
    alice, _ = distilled(
        *raw_keys(protocol, protocol.play(1_000_000, seed=1)),
        settings=DistillationSettings(key_length=rule),
    )
    assert alice.aborted is AbortReason.TOO_FEW_BITS
    assert "0 are certain to come from single photons" in alice.sentence
    assert "use decoy intensities" in alice.sentence


def test_s2_few_pulses_of_two_photons_cost_their_share():
    """Oracle: the asymptotic share 1 - p N/D of the sifted bits bounds the key from above."""
    protocol = BB84(source=SinglePhotons(g2=0.005), line=Line(transmission=0.1))
    total = 400_000
    rounds = protocol.play(total, seed=3)
    alice, bob = distilled(*raw_keys(protocol, rounds))
    share = 1.0 - protocol.multi_photon_probability() * total / len(rounds)
    kept = 0.9 * alice.sifted_bits
    assert 0.97 < share < 0.98
    assert 0.5 * share * kept < alice.secret_bits == bob.secret_bits < share * kept
    assert ASSUMPTIONS["tagged"] in alice.security.assumes


def split(mask: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A random fifth of the rounds of a mask to test, and the others."""
    test = mask & (rng.random(mask.size) < 0.2)
    return mask & ~test, test


@pytest.mark.parametrize("seed", range(5))
def test_s2_no_more_single_photons_are_claimed_than_there_were(seed):
    """Oracle: the emulator knows the photon number of every pulse."""
    protocol = BB84(source=SinglePhotons(g2=0.02), line=Line(transmission=0.1))
    rounds = protocol.play(200_000, seed=seed)
    rng = np.random.default_rng(seed)
    sifted = protocol.sift(rounds.columns)
    masks = [split(sifted.kept & (sifted.basis == basis), rng) for basis in (0, 1)]
    seen = disclosed(
        *((int(kept.sum()), int(test.sum()), 0) for kept, test in masks),
        detected=len(rounds),
        apparatus=protocol.apparatus(200_000),
    )
    single = rounds["photons"] < 2
    for (kept, test), bound in zip(masks, untagged(seen, math.log(1e-12)), strict=True):
        assert 0 < bound.kept <= int((kept & single).sum())
        assert bound.tested <= int((test & single).sum())


@pytest.mark.parametrize("seed", range(5))
def test_s2_decoys_bound_the_single_photons_that_there_were(seed):
    """Oracle: the emulator knows the photon number of every pulse."""
    source = WeakPulses(intensities=(0.5, 0.1, 0.0), probabilities=(0.5, 0.3, 0.2))
    protocol = DecoyBB84(source=source, line=Line(transmission=0.5, misalignment=0.02))
    rounds = protocol.play(2_000_000, seed=seed)
    rng = np.random.default_rng(seed)
    sifted = protocol.sift(rounds.columns)
    masks = [split(sifted.kept & (sifted.basis == basis), rng) for basis in (0, 1)]
    wrong, intensity, single = sifted.wrong, rounds["intensity"], rounds["photons"] == 1
    by_intensity = tuple(
        tuple(
            BasisTest(*(int((m & (intensity == k)).sum()) for m in (kept, test, test & wrong)))
            for kept, test in masks
        )
        for k in range(3)
    )
    decoys = DecoySettings(intensities=source.intensities, probabilities=source.probabilities)
    bounds = single_photons(by_intensity, decoys, 1e-12)
    for (kept, test), bound in zip(masks, bounds, strict=True):
        assert 0.3 * (kept & single).sum() < bound.kept <= int((kept & single).sum())
        assert bound.tested <= int((test & single).sum())
        assert bound.errors >= min(int((test & wrong & single).sum()), bound.tested)


@pytest.mark.slow
def test_s2_decoy_pulses_make_a_key_from_their_single_photons():
    """Oracle: no more bits than single photons among the key bits, and the two ends agree."""
    protocol = DecoyBB84(line=Line(transmission=0.3))
    rounds = protocol.play(8_000_000, seed=1)
    alice, bob = distilled(
        *raw_keys(protocol, rounds), settings=DistillationSettings(test_fraction=0.3)
    )
    np.testing.assert_array_equal(alice.key, bob.key)
    single = int((protocol.sift(rounds.columns).kept & (rounds["photons"] == 1)).sum())
    assert 10_000 < alice.secret_bits < 0.71 * single
    assert alice.security.notion == "composable"
    assert ASSUMPTIONS["decoys"] in alice.security.assumes


def test_s2_two_intensities_give_no_key_but_a_reason():
    """Oracle: no bound for them is built, so nothing may be claimed."""
    source = WeakPulses(intensities=(0.5, 0.1), probabilities=(0.7, 0.3))
    protocol = DecoyBB84(source=source, line=Line(transmission=0.3))
    alice, bob = distilled(*raw_keys(protocol, protocol.play(50_000, seed=1)))
    assert alice.aborted is bob.aborted is AbortReason.NOT_SECRET
    assert "give three that fall" in alice.sentence


# --- S1: unequal detectors, and what attacks break ----------------------------------------------


def test_s1_a_detector_that_never_clicks_leaves_no_key():
    """Oracle: every registered bit is zero."""
    protocol = BB84(line=Line(detectors=Detectors(efficiency=1.0, efficiency_1=0.0)))
    alice, bob = distilled(*raw_keys(protocol, protocol.play(50_000, seed=1)))
    assert alice.aborted is bob.aborted is AbortReason.NOT_SECRET
    assert "never clicks" in alice.sentence


@pytest.mark.parametrize(
    "protocol",
    [
        BB84(line=Line(detectors=Detectors(efficiency=0.8, efficiency_1=0.4))),
        SixState(line=Line(detectors=Detectors(efficiency=0.4, efficiency_1=0.8))),
        BBM92(
            bases="ZXY",
            line=Line(detectors=Detectors(efficiency=0.9, efficiency_1=0.6)),
            line_alice=Line(detectors=Detectors(efficiency=0.5, efficiency_1=0.6)),
        ),
    ],
    ids=str,
)
def test_s1_bits_of_unequal_detectors_are_uniform_and_fewer(protocol):
    """Oracle: each click of a party is kept with the ratio of its worse detector to the one hit.

    Where one party measures, that is ``2 r/(1 + r)`` of the sifted bits.
    """
    rounds = protocol.play(120_000, seed=5)
    keys = raw_keys(protocol, rounds)
    efficiencies = protocol.apparatus().efficiencies
    alice, bob = distilled(*keys, settings=DistillationSettings(key_length=1000))
    np.testing.assert_array_equal(alice.key, bob.key)
    sifted = protocol.sift(rounds.columns)
    kept = np.ones(len(rounds))
    for name, pair in zip(
        ("bit_alice", "bit_bob")[-len(efficiencies) :], efficiencies, strict=True
    ):
        low = min(pair)
        kept *= np.where(rounds[name] == 0, low / pair[0], low / pair[1])
    chances = kept[sifted.kept]
    spread = math.sqrt(float((chances * (1 - chances)).sum()))
    assert abs(alice.sifted_bits - chances.sum()) < 5 * spread
    if len(efficiencies) == 1:
        # 2 r/(1 + r) = 2/3 of those that were registered.
        assert alice.sifted_bits / chances.size == pytest.approx(2 / 3, abs=0.02)


def test_s1_thinning_makes_both_outcomes_equally_likely():
    """Oracle: 40,000 clicks at efficiencies .8 and .2: a quarter of the first is kept."""
    rng = np.random.default_rng(1)
    bits = (rng.random(40_000) < 0.2).astype(int)
    raw = RawKey(bits=bits, bases=np.zeros(40_000, int))
    keeps = Apparatus(efficiencies=((0.8, 0.2),)).keeps[0]
    kept = kept_when_thinned(raw, keeps, Randomness.reproducible(2))
    zeros, ones = (int((kept & (bits == bit)).sum()) for bit in (0, 1))
    assert ones == bits.sum()
    assert abs(zeros - ones) < 5 * math.sqrt(zeros + ones)


@pytest.mark.parametrize("name", sorted(ASSUMPTIONS))
def test_s1_attacks_that_break_an_assumption_leave_no_key(name):
    """Oracle: the apparatus says what is broken; no number of errors can make up for it."""
    raw = RawKey(
        bits=np.ones(2000, int),
        bases=np.arange(2000) % 2,
        apparatus=Apparatus(broken=(name,)),
    )
    for rule in ("composable", "asymptotic", 100):
        alice, bob = distilled(raw, raw, settings=DistillationSettings(key_length=rule))
        assert alice.aborted is bob.aborted is AbortReason.NOT_SECRET
        assert ASSUMPTIONS[name] in alice.security.reason


def test_s2_pulses_that_nobody_counted_leave_no_key():
    """Oracle: how many of them held several photons cannot be bounded."""
    assert "number of pulses" in why_not(Apparatus(multi_photon=0.1), None)
    assert why_not(Apparatus(multi_photon=0.1, pulses=10), None) == ""
    assert "intensities" in why_not(Apparatus(decoys=True), None)


@pytest.mark.parametrize(
    ("hers", "his"),
    [
        (Apparatus(), None),
        (Apparatus(pulses=100), Apparatus(pulses=101)),
        (Apparatus(efficiencies=((0.5, 0.5),)), Apparatus(efficiencies=((0.5, 0.4),))),
    ],
)
def test_s2_ends_that_hold_other_facts_make_no_key(hers, his):
    """Oracle: the two apparatus differ."""
    raw = {"bits": np.ones(2000, int), "bases": np.arange(2000) % 2}
    alice, bob = distilled(RawKey(**raw, apparatus=hers), RawKey(**raw, apparatus=his))
    assert alice.aborted is bob.aborted is AbortReason.NOT_AGREED
    assert "do not agree on apparatus" in alice.sentence


# --- S10: what authentication costs -------------------------------------------------------------


@pytest.mark.parametrize(("correction", "messages"), [("cascade", 40), ("ldpc", 12)])
@pytest.mark.parametrize("qber", [0.01, 0.03])
def test_s10_the_tags_of_a_run_do_not_grow_with_its_parities(qber, correction, messages):
    """Oracle: ten tags by hand: two greetings, and two in each other step but the correction."""
    rng = np.random.default_rng(7)
    size = 27_221
    bits, bases = rng.integers(0, 2, (2, size))
    errors = rng.random(size) < qber
    alice, bob = distilled(
        RawKey(bits=bits, bases=bases),
        RawKey(bits=bits ^ errors, bases=bases),
        secret=fresh_secret(),
        settings=DistillationSettings(key_length="asymptotic", correction=correction),
    )
    assert alice.transcript.messages > messages
    assert alice.transcript.authentication_bits == bob.transcript.authentication_bits == 10 * 48
    assert alice.secret_bits > 8000


def test_other_rules_than_asymptotic_are_refused_by_name():
    with pytest.raises(ParameterError, match="key_length"):
        DistillationSettings(key_length="best")
    assert asymptotic_bb84(disclosed((10, 10, 0), (10, 10, 0))) < composable_bb84(
        disclosed((10**6, 10**6, 0), (10**6, 10**6, 0))
    )
