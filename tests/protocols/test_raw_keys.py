"""From rounds to raw keys to a key: what is kept is what sifting by equal bases keeps."""

from __future__ import annotations

import numpy as np
import pytest

from protocols.postprocessing import Randomness, Reason, distil
from protocols.qkd import (
    BB84,
    BBM92,
    E91,
    InterceptResend,
    Line,
    SixState,
    TeleportedBB84,
    raw_keys,
)
from protocols.qkd.over_repeater import key_in_time, measure_pairs
from qnet import Link, ParameterError
from qnet.pairs import werner

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
    assert alice.reason is bob.reason is Reason.QBER_TOO_HIGH


def test_the_pairs_of_a_repeater_become_a_key():
    link = Link(success_probability=0.5, attempt_time_s=1e-3, state=werner(0.99))
    run = key_in_time(link, 100.0, seed=1, key_basis_probability=0.5)
    randomness = Randomness.reproducible(1)
    alice, bob = distil(*raw_keys(BBM92(), run.rounds), randomness=randomness)
    np.testing.assert_array_equal(alice.key, bob.key)
    # Werner states of weight 0.99: an error rate of 0.005 in both bases; five sigma of the sample.
    assert abs(alice.qber.best - 0.005) < 5 * (0.005 / alice.qber.n) ** 0.5


def test_other_ways_of_sifting_are_refused():
    with pytest.raises(ParameterError, match="keep the rounds with equal bases"):
        raw_keys(E91(), E91().play(1000, seed=1))


def test_a_run_without_a_pair_is_refused():
    """Oracle: no pair comes in half an attempt."""
    link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(0.98))
    run = key_in_time(link, 0.5, seed=1)
    with pytest.raises(ParameterError, match=r"rounds must be there .* no pair came"):
        raw_keys(BBM92(), run.rounds)
    with pytest.raises(ParameterError, match="states must hold at least one pair"):
        measure_pairs(BBM92(), np.zeros((0, 4, 4)), np.random.default_rng(1))
