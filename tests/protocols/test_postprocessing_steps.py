"""Every step of the post-processing against an answer worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.stats import binom

from protocols.postprocessing import Randomness, RawKey, cascade, ldpc, toeplitz_hash
from protocols.postprocessing.belief_propagation import decode
from protocols.postprocessing.bits import as_bits, bits_from_text, pack, text_from_bits, unpack
from protocols.postprocessing.codes import Code
from protocols.postprocessing.estimation import estimate_as_alice, estimate_as_bob, qber_from_test
from protocols.postprocessing.key_length import Disclosed, asymptotic_bb84, length_of
from protocols.postprocessing.messages import Message, decode as decode_message, encode
from protocols.postprocessing.privacy import error_bound
from protocols.postprocessing.result import AbortReason, ProtocolAborted
from protocols.postprocessing.sampling import log_tail
from protocols.postprocessing.sifting import sift_as_alice, sift_as_bob
from protocols.postprocessing.verification import verify_as_alice, verify_as_bob
from qnet import ParameterError
from qnet.estimate import Estimate
from tests.protocols.two_ends import Scripted, both, link_pair

bit_strings = st.lists(st.integers(0, 1), max_size=200).map(lambda v: np.array(v, np.uint8))


# --- sifting ---------------------------------------------------------------------------------


def test_sifting_by_hand():
    # Rounds 0..7; Bob detects 1, 2, 4, 6, 7. Bases agree in rounds 1, 4 and 7.
    alice = RawKey(bits=[0, 1, 1, 0, 0, 1, 0, 1], bases=[0, 1, 0, 1, 2, 0, 1, 0])
    bob = RawKey(bits=[1, 0, 0, 1, 1], bases=[1, 1, 2, 0, 0], rounds=[1, 2, 4, 6, 7])
    near, far = link_pair()
    mine, theirs = both(lambda: sift_as_alice(near, alice), lambda: sift_as_bob(far, bob))
    assert mine.rounds.tolist() == theirs.rounds.tolist() == [1, 4, 7]
    assert mine.bits.tolist() == [1, 0, 1]
    assert theirs.bits.tolist() == [1, 0, 1]
    assert mine.detected == theirs.detected == 5


def test_sifting_says_bases_and_rounds_but_no_bits():
    link = Scripted([{"kept": np.array([1, 0], np.uint8)}])
    sift_as_bob(link, RawKey(bits=[1, 0], bases=[1, 2], rounds=[3, 300]))
    ((kind, fields),) = link.sent
    assert kind == "bases"
    assert sorted(fields) == ["high", "low", "steps"]
    assert np.cumsum(fields["steps"]).tolist() == [4, 301]  # rounds plus one


def test_a_round_that_was_never_prepared_stops_the_sifting():
    near, far = link_pair()
    result = both(
        lambda: sift_as_alice(near, RawKey(bits=[0, 1], bases=[0, 0])),
        lambda: far.send(
            "bases",
            steps=np.array([1, 9], np.int8),
            low=np.zeros(2, np.uint8),
            high=np.zeros(2, np.uint8),
        ),
    )[0]
    assert result.reason is AbortReason.UNEXPECTED_MESSAGE


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bits": [0, 2]}, "string of bits"),
        ({"bases": [0]}, "shape"),
        ({"bases": [0, 3]}, "0, 1 or 2"),
        ({"rounds": [1, 1]}, "ascend"),
    ],
)
def test_raw_keys_are_checked(change, message):
    with pytest.raises(ParameterError, match=message):
        RawKey(**{"bits": [0, 1], "bases": [0, 0], **change})


# --- estimation ------------------------------------------------------------------------------


def test_estimation_by_hand():
    # All errors: every test bit differs, whichever is drawn; the kept bits stay in order.
    alice, bob = np.zeros(10, np.uint8), np.ones(10, np.uint8)
    near, far = link_pair()
    kept, theirs = both(
        lambda: estimate_as_alice(near, alice, Randomness(), test_bits=4, threshold=1.0),
        lambda: estimate_as_bob(far, bob, threshold=1.0),
    )
    assert kept[0].tolist() == [0] * 6
    assert theirs[0].tolist() == [1] * 6
    assert kept[1] == theirs[1]
    assert kept[1].best == 1.0
    assert kept[1].low == pytest.approx(0.025**0.25)  # all 4 of 4: Clopper-Pearson in closed form


def test_interval_is_that_of_clopper_and_pearson():
    qber = qber_from_test(7, 200, threshold=0.11, confidence=0.95)
    assert binom.sf(6, 200, qber.low) == pytest.approx(0.025)
    assert binom.cdf(7, 200, qber.high) == pytest.approx(0.025)


def test_error_rate_above_the_threshold_stops():
    assert qber_from_test(11, 100, threshold=0.11, confidence=0.95).best == 0.11
    with pytest.raises(
        ProtocolAborted, match=r"qber-too-high: the error rate of 100 test bits is 0\.12"
    ):
        qber_from_test(12, 100, threshold=0.11, confidence=0.95)


def test_the_sample_is_uniform():
    draws = np.zeros(6)
    source = Randomness.reproducible(3)
    for _ in range(6000):
        draws[source.subset(2, 6)] += 1
    assert draws.sum() == 12_000
    assert np.all(abs(draws - 2000) < 5 * math.sqrt(6000 * (1 / 3) * (2 / 3)))


# --- error correction --------------------------------------------------------------------------


def test_cascade_by_hand():
    # Q = 0.1825: blocks of 0.73/Q = 4. Bob's bit 2 is wrong.
    #   pass 1   blocks 1011 | 0010    Alice's parities 1 1, Bob's 0 1: the first differs
    #            half 10, parity 1:    Bob's the same: the error is in the other half
    #            bit 2, parity 1:      Bob's 0: found
    #   passes 2 to 14, two blocks each: nothing differs any more.
    alice = bits_from_text("10110010")
    answers = [{"differ": np.array(a, np.uint8)} for a in [[1, 0], [0], [1]] + [[0, 0]] * 13]
    link = Scripted(answers)
    cascade.correct_as_alice(link, alice, 0.1825, Randomness())
    said = [fields["parities"].tolist() for kind, fields in link.sent if kind == "parities"]
    assert said[:3] == [[1, 1], [1], [1]]
    assert len(said) == 16
    assert link.transcript.leaked_bits == 2 + 1 + 1 + 13 * 2
    assert all(sum(parities) % 2 == 0 for parities in said[3:])  # the parity of the whole key

    near, far = link_pair()
    corrected = both(
        lambda: cascade.correct_as_alice(near, alice, 0.1825, Randomness()),
        lambda: cascade.correct_as_bob(far, bits_from_text("10010010"), 0.1825),
    )[1]
    assert text_from_bits(corrected) == "10110010"
    assert near.transcript.leaked_bits == far.transcript.leaked_bits == 30


def test_cascade_block_lengths_by_hand():
    # 0.73/0.01 = 73: 128; then 256, 512, 1024; half of 4096 is 2048.
    assert cascade.block_levels(0.01, 4096) == [7, 8, 9, 10] + [11] * 10


HAMMING = Code(
    bits=7,
    checks=3,
    rows=tuple(np.array(r)[:, None] for r in ([0, 2, 4, 6], [1, 2, 5, 6], [3, 4, 5, 6])),
)


@pytest.mark.parametrize("wrong", [0, 1, 3])
def test_belief_propagation_by_hand(wrong):
    # The Hamming code: the syndrome of a single error is its place, counted from 1, in binary.
    # These bits take part in one check only, so their check alone is unsatisfied.
    error = np.zeros((7, 1), np.uint8)
    error[wrong] = 1
    syndrome = HAMMING.syndrome(error)
    assert syndrome[:, 0].tolist() == [wrong + 1 >> i & 1 for i in range(3)]
    beliefs = np.full((7, 1), 3.0, np.float32)
    beliefs[wrong] = 0.5  # the least certain bit
    decoded, _, done = decode(HAMMING, beliefs, syndrome)
    assert done.all()
    np.testing.assert_array_equal(decoded, error)


def test_one_visit_of_the_decoder_by_hand():
    # One check on three bits of beliefs 1, -2, 4, parity 0. Each hears the product of the others'
    # signs times 0.82 times their least magnitude: -1.64, 0.82, -0.82.
    code = Code(bits=3, checks=1, rows=(np.array([[0], [1], [2]]),))
    start = np.array([[1.0], [-2.0], [4.0]], np.float32)
    _, after, _ = decode(code, start, np.zeros((1, 1), np.uint8), iterations=1)
    np.testing.assert_allclose(after[:, 0], [1 - 1.64, -2 + 0.82, 4 - 0.82], rtol=1e-6)


def test_leakage_of_the_syndrome_by_hand():
    # 32768 bits and 2 % to spare are 64 blocks of 523. h(0.03) = 0.194392, so 1.21 h wants 7708:
    # 15 blocks of checks, 7845 in all, of which 137 punctured bits hide as many.
    frames = ldpc.plan_frames(32_768, 0.03)
    assert (frames.base_checks, frames.lift, frames.punctured) == (15, 523, 137)
    assert frames.leaked_bits == 7708
    assert [places.size for places in frames.places()] == [32_768, 137, 64 * 523 - 32_768 - 137]


# --- verification, privacy amplification -------------------------------------------------------


@pytest.mark.parametrize("equal", [True, False])
def test_verification(equal):
    alice = bits_from_text("1011" * 50)
    bob = alice.copy()
    bob[77] ^= not equal
    near, far = link_pair()
    results = both(
        lambda: verify_as_alice(near, alice, Randomness(), epsilon_correctness=1e-12),
        lambda: verify_as_bob(far, bob),
    )
    if equal:
        assert results == (None, None)
    else:
        assert [stopped.reason for stopped in results] == [AbortReason.VERIFICATION_FAILED] * 2
    # 2^(128 - t) / (2^127 - 1) <= 1e-12 wants 2^(t - 1) >= 1e12 = 2^39.9: 41 bits.
    assert near.transcript.leaked_bits == far.transcript.leaked_bits == 41


def test_toeplitz_p_e15():
    x, s = bits_from_text("10110010"), bits_from_text("11010010111")
    # Row 0 is s[7], s[6], ..., s[0] = 0 1 0 0 1 0 1 1: only place 6 is set in x as well, so 1; ...
    assert text_from_bits(toeplitz_hash(x, s, 4)) == "1010"


@given(
    st.integers(1, 90), st.integers(1, 90), st.integers(0, 2**32), st.sampled_from([1, 4, 16, 64])
)
def test_toeplitz_equals_the_direct_product(n, m, seed, tile):
    rng = np.random.default_rng(seed)
    x, s = (rng.integers(0, 2, size).astype(np.uint8) for size in (n, n + m - 1))
    matrix = s[np.arange(m)[:, None] - np.arange(n)[None, :] + n - 1].astype(int)
    np.testing.assert_array_equal(toeplitz_hash(x, s, m, tile=tile), matrix @ x % 2)


def test_long_toeplitz_product_is_exact():
    rng = np.random.default_rng(5)
    n, m = 300_000, 150_000
    x, s = (rng.integers(0, 2, size).astype(np.uint8) for size in (n, n + m - 1))
    x[:200_000] = s[:200_000] = 1  # large sums
    result = toeplitz_hash(x, s, m)
    for i in (0, 1, 77_777, 131_071, 131_072, m - 1):
        assert result[i] == np.count_nonzero(s[i : i + n][::-1] & x) % 2


def test_rounding_error_is_far_below_its_bound():
    rng = np.random.default_rng(6)
    tile = 1 << 12
    x, s = rng.integers(0, 2, tile), rng.integers(0, 2, 2 * tile - 1)
    exact = np.convolve(s, x)[tile - 1 : 2 * tile - 1]  # whole numbers, no transform
    length = 2 * tile
    product = np.fft.irfft(np.fft.rfft(s, length) * np.fft.rfft(x, length), length)
    assert np.abs(product[tile - 1 : 2 * tile - 1] - exact).max() < error_bound(tile, tile) < 1e-6
    assert error_bound(10**10) < 0.25


def test_a_seed_that_does_not_fit_is_refused():
    with pytest.raises(ParameterError, match="seed must hold 11 bits"):
        toeplitz_hash(np.zeros(8, np.uint8), np.zeros(10, np.uint8), 4)


def test_key_length_by_hand():
    qber = Estimate(0.02, 0.03, 0.11, 1000)
    disclosed = Disclosed(key_bits=1000, qber=qber, leaked_bits=200, authentication_bits=100)
    # h(0.11) = 0.499916: 1000 * 0.500084 - 200 - 100 = 200.08.
    assert asymptotic_bb84(disclosed) == pytest.approx(200.084, abs=1e-3)
    assert length_of(asymptotic_bb84, disclosed) == 200
    assert length_of(lambda d: -5.0, disclosed) == 0


# --- bits and messages --------------------------------------------------------------------------


@given(bit_strings)
def test_packing_round_trip(bits):
    np.testing.assert_array_equal(unpack(pack(bits), bits.size), bits)
    assert pack(bits) == sum(
        int(b) << (-bits.size % 8 + bits.size - 1 - i) for i, b in enumerate(bits)
    ).to_bytes(math.ceil(bits.size / 8), "big")


@given(
    bit_strings, st.lists(st.integers(-(2**40), 2**40)), st.text(), st.integers(), st.floats(0, 1)
)
def test_message_round_trip(bits, numbers, text, number, real):
    integers = np.array(numbers, np.int64)
    fields = {"bits": bits, "numbers": integers, "text": text, "number": number, "real": real}
    back = decode_message(encode(Message("kind", fields)))
    assert back.kind == "kind"
    np.testing.assert_array_equal(back.fields["bits"], bits)
    np.testing.assert_array_equal(back.fields["numbers"], integers)
    assert [back.fields[name] for name in ("text", "number", "real")] == [text, number, real]


@given(st.binary(max_size=60))
def test_garbage_is_refused_in_words(data):
    with pytest.raises(ParameterError, match="well formed"):
        decode_message(b"\x00\x00\x00\x05{bad}" + data)


def test_bits_are_checked():
    with pytest.raises(ParameterError, match="one-dimensional"):
        as_bits("key", [[0, 1]])
    with pytest.raises(ParameterError, match="string of bits"):
        as_bits("key", [0.5])


# --- randomness ---------------------------------------------------------------------------------


def test_randomness_comes_from_the_system_unless_asked():
    assert not Randomness().is_reproducible
    assert pack(Randomness().bits(256)) != pack(Randomness().bits(256))
    one, two = Randomness.reproducible(9), Randomness.reproducible(9)
    assert one.is_reproducible
    assert one.integer(127) == two.integer(127)


def test_integers_have_as_many_bits_as_asked():
    source = Randomness.reproducible(4)
    values = [source.integer(3) for _ in range(4000)]
    counts = np.bincount(values, minlength=8)
    assert counts.size == 8
    assert np.all(abs(counts - 500) < 5 * math.sqrt(4000 / 8 * 7 / 8))


def test_chances_are_uniform_and_children_are_their_own():
    """Oracle: the mean and the variance 1/12 of a uniform law; a child takes nothing away."""
    source, twin = Randomness.reproducible(6), Randomness.reproducible(6)
    chances = source.chances(40_000)
    assert 0.0 <= chances.min() < chances.max() < 1.0
    assert abs(chances.mean() - 0.5) < 5 * math.sqrt(1 / 12 / 40_000)
    assert abs(chances.var() - 1 / 12) < 5 * math.sqrt(1 / 180 / 40_000)
    twin.child().chances(10)
    np.testing.assert_array_equal(twin.chances(40_000), chances)
    assert not np.array_equal(twin.child().chances(10), twin.chances(10))
    assert not Randomness().child().is_reproducible


def test_tails_of_nothing_and_of_everything():
    """Oracle: none marked are always found to be none; more than there are never."""
    assert log_tail(10, 0, 5, 0) == 0.0
    assert log_tail(10, 10, 5, 4) == -np.inf
    assert log_tail(10, 5, 10, 4) == -np.inf
