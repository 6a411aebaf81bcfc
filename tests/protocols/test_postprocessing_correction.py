"""Error correction: what is left, and what leaks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.sparse import csr_array

from protocols.postprocessing import Randomness, cascade, ldpc
from protocols.postprocessing.belief_propagation import decode
from protocols.postprocessing.codes import BASE_COLUMNS, build_code, column_degrees
from protocols.postprocessing.result import AbortReason, ProtocolAborted
from qnet import ParameterError
from tests.oracles import binary_entropy
from tests.protocols.two_ends import both, link_pair, noisy_pair

METHODS = [cascade, ldpc]


def corrected(method, alice, bob, qber, seed=0):
    """Bob's corrected key and the bits that leaked."""
    near, far = link_pair()
    mine, theirs = both(
        lambda: method.correct_as_alice(near, alice, qber, Randomness.reproducible(seed)),
        lambda: method.correct_as_bob(far, bob, qber),
    )
    assert near.transcript.leaked_bits == far.transcript.leaked_bits
    np.testing.assert_array_equal(mine, alice)
    return theirs, near.transcript


@pytest.mark.parametrize(("method", "efficiency"), [(cascade, 1.2), (ldpc, 1.25)])
def test_leakage_at_three_percent(method, efficiency):
    size = 200_000
    alice, bob = noisy_pair(size, 0.03, seed=11)
    key, transcript = corrected(method, alice, bob, 0.03)
    np.testing.assert_array_equal(key, alice)
    assert (
        size * binary_entropy(0.03)
        < transcript.leaked_bits
        <= efficiency * size * binary_entropy(0.03)
    )


def test_cascade_counts_every_parity():
    from protocols.postprocessing.cascade import _Alice

    sent = []
    original = _Alice.differ

    def counted(self, number, nodes):
        sent.append(nodes.size)
        return original(self, number, nodes)

    alice, bob = noisy_pair(5000, 0.05, seed=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_Alice, "differ", counted)
        _, transcript = corrected(cascade, alice, bob, 0.05)
    assert transcript.leaked_bits == sum(sent)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 700), st.floats(0.0, 0.15), st.floats(0.001, 0.15), st.integers(0, 2**31))
def test_cascade_lowers_errors_at_any_size_and_any_guess(size, qber, guess, seed):
    alice, bob = noisy_pair(size, qber, seed)
    key, _ = corrected(cascade, alice, bob, guess, seed)
    assert key.size == size
    left = np.count_nonzero(key != alice)
    assert left % 2 == 0  # the parity of the whole key was compared
    assert left <= np.count_nonzero(bob != alice)


def test_cascade_leaves_errors_rarely():
    # A pair of errors survives the ten passes of half frames with probability 2^-10 or less; that
    # it survives the four before, too, is rare.
    wrong = 0
    for seed in range(30):
        alice, bob = noisy_pair(3000, 0.04, seed)
        wrong += not np.array_equal(corrected(cascade, alice, bob, 0.04, seed)[0], alice)
    assert wrong <= 1


@pytest.mark.parametrize("size", [200, 3001, 40_000])
@pytest.mark.parametrize("qber", [0.005, 0.05, 0.1])
def test_ldpc_corrects_keys_of_any_size(size, qber):
    alice, bob = noisy_pair(size, qber, seed=size)
    key, transcript = corrected(ldpc, alice, bob, qber)
    np.testing.assert_array_equal(key, alice)
    assert transcript.leaked_bits > 0


def test_ldpc_gives_up_in_words_when_the_error_rate_is_far_off():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ldpc, "ROUNDS", 2)
        alice, bob = noisy_pair(4000, 0.2, seed=1)
        near, far = link_pair()

        def bob_tells():
            try:
                return ldpc.correct_as_bob(far, bob, 0.02)
            except ProtocolAborted as stopped:
                far.abort(stopped)
                return stopped

        results = both(lambda: ldpc.correct_as_alice(near, alice, 0.02, Randomness()), bob_tells)
    assert [r.reason for r in results] == [AbortReason.CORRECTION_FAILED] * 2
    assert "do not decode after 2 rounds" in results[0].sentence


def test_an_error_rate_without_a_code_is_refused():
    with pytest.raises(
        ProtocolAborted, match="no code of positive rate corrects an error rate of 40"
    ):
        ldpc.plan_frames(10_000, 0.4)


# --- the codes ----------------------------------------------------------------------------------


@pytest.mark.parametrize("checks", [6, 15, 36])
def test_codes_have_the_degrees_asked_for(checks):
    code = build_code(checks, 16)
    matrix = code.matrix()
    assert matrix.shape == (checks * 16, BASE_COLUMNS * 16)
    degrees = matrix.sum(axis=0).reshape(BASE_COLUMNS, 16)
    np.testing.assert_array_equal(degrees, np.repeat(column_degrees(checks), 16).reshape(-1, 16))
    loads = matrix.sum(axis=1)
    assert loads.max() - loads.min() <= 4


def test_long_codes_have_no_cycles_of_length_four():
    # Two checks share at most one bit.
    code = build_code(15, 512)
    members = np.concatenate([row.T.reshape(-1) for row in code.rows])
    sizes = np.concatenate([np.full(512, row.shape[0]) for row in code.rows])
    checks = np.repeat(np.arange(code.checks), sizes)
    matrix = csr_array((np.ones(members.size, np.int32), (checks, members)))
    overlaps = (matrix @ matrix.T).tolil()
    overlaps.setdiag(0)
    assert overlaps.tocsr().max() == 1


def test_both_ends_build_the_same_code():
    one, two = build_code(15, 64), build_code.__wrapped__(15, 64)
    assert all(np.array_equal(a, b) for a, b in zip(one.rows, two.rows, strict=True))


def test_syndromes_are_those_of_the_matrix():
    code = build_code(10, 24)
    words = np.random.default_rng(0).integers(0, 2, (code.bits, 3)).astype(np.uint8)
    np.testing.assert_array_equal(code.syndrome(words), code.matrix().astype(int) @ words % 2)


def test_decoded_words_have_the_syndrome_asked_for():
    code = build_code(20, 64)
    rng = np.random.default_rng(2)
    errors = (rng.random((code.bits, 6)) < np.linspace(0.005, 0.06, 6)).astype(np.uint8)
    wanted = code.syndrome(errors)
    beliefs = np.full(errors.shape, 3.0, np.float32)
    words, _, done = decode(code, beliefs, wanted)
    assert done[0]
    np.testing.assert_array_equal(code.syndrome(words)[:, done], wanted[:, done])
    assert not np.array_equal(code.syndrome(words), wanted) or done.all()


def test_codes_out_of_range_are_refused():
    with pytest.raises(ParameterError, match="base_checks must lie in 6 to 63"):
        build_code(5, 16)


@pytest.mark.parametrize("size", [500, 2000, 6000])
def test_punctured_bits_hide_what_the_syndrome_would_tell(size):
    # The punctured columns of the matrix have full rank, so p random bits in them make p of the m
    # parities uniform: at most m - p tell something of the key.
    frames = ldpc.plan_frames(size, 0.03)
    places = frames.places()[1]
    assert places.size == frames.punctured > 0
    assert rank(frames.code.matrix()[:, places]) == frames.punctured
    payload, punctured, padding = frames.places()
    together = np.sort(np.concatenate([payload, punctured, padding]))
    np.testing.assert_array_equal(together, np.arange(frames.code.bits))


def rank(matrix):
    rows = [int("".join(map(str, row)), 2) for row in matrix.T]
    count = 0
    while rows:
        pivot = rows.pop()
        if pivot:
            count += 1
            low = pivot & -pivot
            rows = [row ^ pivot if row & low else row for row in rows]
    return count
