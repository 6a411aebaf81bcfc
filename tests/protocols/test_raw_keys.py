"""Raw keys of rounds: what is kept is what sifting by equal bases keeps."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from protocols.postprocessing import AbortReason, DistillationSettings, Randomness, distil
from protocols.qkd import (
    B92,
    BB84,
    BBM92,
    E91,
    SARG04,
    DecoyBB84,
    Detectors,
    InterceptResend,
    Line,
    SinglePhotons,
    SixState,
    TeleportedBB84,
    WeakPulses,
    raw_keys,
)
from protocols.qkd.entangled_key import key_in_time, measure_pairs
from qnet import Link, ParameterError
from qnet.states import werner

LOSSY = Line(transmission=0.3)


@pytest.mark.parametrize(
    "protocol",
    [BB84(), BB84(line=LOSSY), SixState(), BBM92(bases="ZXY"), BBM92(line=LOSSY), TeleportedBB84()],
    ids=str,
)
def test_equal_bases_of_perfect_rounds_agree(protocol):
    """Without noise every kept bit agrees, in Y too; as many are kept as the protocol counts."""
    rounds = protocol.play(4000, seed=2)
    alice, bob = raw_keys(protocol, rounds)
    _, hers, his = np.intersect1d(alice.rounds, bob.rounds, return_indices=True)
    assert his.size == bob.size
    same = np.asarray(alice.bases)[hers] == np.asarray(bob.bases)[his]
    np.testing.assert_array_equal(
        np.asarray(alice.bits)[hers][same], np.asarray(bob.bits)[his][same]
    )
    counted = protocol.estimate(rounds.counts()).sifted_bits.best
    assert np.count_nonzero(same) == pytest.approx(counted)


def test_losses_keep_the_numbers_of_the_rounds():
    """About 0.3 of 10,000 rounds are detected, and their numbers spread over all of them."""
    _, bob = raw_keys(BB84(line=LOSSY), BB84(line=LOSSY).play(10_000, seed=1))
    assert abs(bob.size - 3000) < 5 * (10_000 * 0.3 * 0.7) ** 0.5
    assert np.asarray(bob.rounds).max() > 9900


def test_intercept_and_resend_ends_with_the_reason():
    protocol = BB84(eve=InterceptResend())
    alice, bob = distil(*raw_keys(protocol, protocol.play(20_000, seed=1)))
    assert alice.aborted is bob.aborted is AbortReason.QBER_TOO_HIGH


def test_the_pairs_of_a_repeater_become_a_key():
    link = Link(success_probability=0.5, attempt_time_s=1e-3, state=werner(0.99))
    run = key_in_time(link, 100.0, seed=1, key_basis_probability=0.5)
    randomness = Randomness.reproducible(1)
    alice, bob = distil(*raw_keys(BBM92(), run.rounds), randomness=randomness)
    np.testing.assert_array_equal(alice.key, bob.key)
    # Werner states of weight 0.99: an error rate of 0.005 in both bases; five sigma of the sample.
    assert abs(alice.qber.best - 0.005) < 5 * (0.005 / alice.qber.n) ** 0.5


@pytest.mark.parametrize("protocol", [E91(), B92(), SARG04()], ids=str)
def test_s6_other_ways_of_sifting_are_refused(protocol):
    """Oracle: the proof is of rounds that are kept for their equal bases, and of no others."""
    with pytest.raises(ParameterError, match="keep the rounds with equal bases"):
        raw_keys(protocol, protocol.play(1000, seed=1))


def test_s2_raw_keys_carry_the_apparatus_of_their_rounds():
    """Oracle: what was put into the protocol."""
    detectors = Detectors(efficiency=0.5, efficiency_1=0.25)
    source = WeakPulses(intensities=(0.2,), probabilities=(1.0,))
    protocol = BB84(source=source, line=Line(detectors=detectors))
    for raw in raw_keys(protocol, protocol.play(5000, seed=1)):
        assert raw.apparatus.multi_photon == pytest.approx(1 - math.exp(-0.2) * 1.2)
        assert raw.apparatus.pulses == 5000
        assert raw.apparatus.efficiencies == ((0.5, 0.25),)
        assert raw.decoys is None


def test_s2_raw_keys_of_decoy_pulses_carry_the_intensities():
    """Oracle: the column of the rounds, and what was put into the source; Bob does not know it."""
    protocol = DecoyBB84(line=Line(transmission=0.2))
    rounds = protocol.play(20_000, seed=1)
    alice, bob = raw_keys(protocol, rounds)
    np.testing.assert_array_equal(alice.intensities, rounds["intensity"])
    assert bob.intensities is None
    assert alice.decoys == bob.decoys
    assert alice.decoys.intensities == (0.5, 0.1, 2e-4)


def test_s1_afterpulses_of_unequal_detectors_count_as_known():
    """Oracle: ``a/(1 + a)`` of the detections are afterpulses, whose bits thinning would bias."""
    detectors = Detectors(efficiency=0.5, efficiency_1=0.4, afterpulse_probability=0.05)
    protocol = BB84(line=Line(detectors=detectors))
    rounds = protocol.play(20_000, seed=1)
    alice, _ = raw_keys(protocol, rounds)
    expected = 0.05 / 1.05 * len(rounds) / 20_000
    assert alice.apparatus.multi_photon == pytest.approx(expected)
    even = replace(detectors, efficiency_1=0.5)
    protocol = BB84(line=Line(detectors=even))
    assert raw_keys(protocol, protocol.play(1000, seed=1))[0].apparatus.multi_photon == 0.0


@pytest.mark.parametrize(("zero", "one"), [(0.5, 0.25), (0.9, 0.1), (0.3, 0.3)])
def test_s1_asymptotic_keys_are_no_longer_than_those_of_a_run(zero, one):
    """Oracle: the figure of the protocol for the same rounds."""
    detectors = Detectors(efficiency=zero, efficiency_1=one)
    protocol = BB84(line=Line(misalignment=0.03, detectors=detectors))
    rounds = protocol.play(200_000, seed=6)
    best = protocol.estimate(rounds.counts()).secret_bits.high
    settings, randomness = DistillationSettings(key_length="asymptotic"), Randomness.reproducible(1)
    alice, _ = distil(*raw_keys(protocol, rounds), settings=settings, randomness=randomness)
    assert 0 < alice.secret_bits < best


def test_s1_detectors_are_those_that_clicked_not_the_bits():
    """Oracle: Phi+ is anticorrelated in Y, so that Bob's bit there is the other one."""
    protocol = BBM92(bases="ZXY")
    _, bob = raw_keys(protocol, protocol.play(3000, seed=1))
    flipped = np.asarray(bob.bits) != np.asarray(bob.detectors)
    np.testing.assert_array_equal(flipped, np.asarray(bob.bases) == 2)


def test_a_run_without_a_pair_is_refused():
    """Oracle: no pair comes in half an attempt."""
    link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(0.98))
    run = key_in_time(link, 0.5, seed=1)
    with pytest.raises(ParameterError, match=r"rounds must be there .* no pair came"):
        raw_keys(BBM92(), run.rounds)
    with pytest.raises(ParameterError, match="states must hold at least one pair"):
        measure_pairs(BBM92(), np.zeros((0, 4, 4)), np.random.default_rng(1))


@pytest.mark.parametrize(
    "played",
    [
        BB84(source=WeakPulses(intensities=(0.5,), probabilities=(1.0,))),
        BB84(source=SinglePhotons(g2=0.1)),
        DecoyBB84(),
        B92(),
        SARG04(),
    ],
    ids=str,
)
def test_s2_rounds_of_another_source_or_protocol_are_refused(played):
    """Oracle: pulses of several photons, or no bases, are none of bb84 with single photons."""
    with pytest.raises(ParameterError, match=r"rounds must (come from the source|be of bb84)"):
        raw_keys(BB84(), played.play(3000, seed=1))


@pytest.mark.parametrize(("protocol", "rounds"), [(5, None), (BB84, None), (BB84(), 5)])
def test_other_things_than_protocols_and_rounds_are_refused(protocol, rounds):
    played = BB84().play(100, seed=1) if rounds is None else rounds
    with pytest.raises(ParameterError, match=r"(protocol|rounds) must be"):
        raw_keys(protocol, played)
