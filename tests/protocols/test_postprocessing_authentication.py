"""Universal hashing, counted over whole families; authentication by hand and under attack."""

from __future__ import annotations

import itertools
import math
import struct

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from protocols.postprocessing import (
    AuthenticatedLink,
    Eavesdropper,
    KeyPool,
    Randomness,
    channel_pair,
    toeplitz_hash,
)
from protocols.postprocessing.hashing import (
    PRIME,
    HashKey,
    collision_probability,
    hash_bits_for,
    polynomial_value,
    universal_hash,
)
from protocols.postprocessing.messages import Message, encode
from protocols.postprocessing.result import AbortReason, ProtocolAborted
from qnet import ParameterError
from tests.protocols.two_ends import fresh_secret, link_pair

# --- universal hashing --------------------------------------------------------------------------


def test_polynomials_differ_by_a_given_amount_at_few_points():
    # Modulo 11, all pairs of strings of one or two words with their lengths: at most l + 1 points.
    prime = 11
    strings = [[w, 1] for w in range(prime)] + [
        [v, w, 2] for v in range(0, prime, 3) for w in range(prime)
    ]
    values = np.array(
        [[polynomial_value(words, r, prime) for r in range(prime)] for words in strings]
    )
    for one, two in itertools.combinations(range(len(strings)), 2):
        degree = max(len(strings[one]), len(strings[two]))
        counts = np.bincount((values[one] - values[two]) % prime, minlength=prime)
        assert counts.max() <= degree


def test_the_whole_hash_is_almost_universal_for_differences():
    # Modulo 31, t = 4 bits, all 961 keys: at most ((l + 1) + ceil((2 p - 1) / 2^t)) / p.
    prime, bits = 31, 4
    keys = [HashKey(point=r, factor=a) for r in range(prime) for a in range(prime)]
    hashes = np.array(
        [[universal_hash(bytes([m]), key, bits, prime) for key in keys] for m in range(0, 31, 2)]
    )
    bound = (2 + math.ceil((2 * prime - 1) / 2**bits)) / prime
    worst = max(
        np.bincount((hashes[i] - hashes[j]) % 16, minlength=16).max() / len(keys)
        for i, j in itertools.combinations(range(len(hashes)), 2)
    )
    assert 1 / 16 <= worst <= bound < 0.2


def test_toeplitz_matrices_are_universal():
    # All 2^6 matrices of 3 rows and 4 columns: every pair of strings collides for exactly 1 in 8.
    seeds = [np.array(s, np.uint8) for s in itertools.product((0, 1), repeat=6)]
    strings = [np.array(x, np.uint8) for x in itertools.product((0, 1), repeat=4)]
    hashes = np.array([[toeplitz_hash(x, s, 3) @ [4, 2, 1] for s in seeds] for x in strings])
    for i, j in itertools.combinations(range(16), 2):
        assert np.count_nonzero(hashes[i] == hashes[j]) == len(seeds) // 8


def test_short_hashes_collide_as_often_as_they_may():
    source = Randomness.reproducible(2)
    trials, bits = 4000, 5
    collisions = 0
    for _ in range(trials):
        key = HashKey.random(source)
        collisions += universal_hash(b"one", key, bits) == universal_hash(b"two", key, bits)
    expected = trials / 2**bits  # the bound is twice that, for any difference
    assert abs(collisions - expected) < 5 * math.sqrt(expected)


@given(st.binary(max_size=100))
def test_hash_of_a_string_by_its_definition(data):
    words = [int.from_bytes(data[i : i + 15], "big") for i in range(0, len(data), 15)] + [len(data)]
    degree = len(words)
    value = sum(w * pow(12345, degree - i, PRIME) for i, w in enumerate(words))
    key = HashKey(point=12345, factor=678)
    assert universal_hash(data, key, 60) == value * 678 % PRIME % 2**60


def test_zeros_at_the_end_change_the_hash():
    key = HashKey(point=3, factor=1)
    assert universal_hash(b"", key, 64) != universal_hash(b"\0", key, 64)


def test_probability_of_a_collision_by_hand():
    # 150 bytes: ten words and the length, 11; (11 + 2^(128 - 50)) / (2^127 - 1) = 2^-49 + ...
    assert collision_probability(150, 50) == pytest.approx(2.0**-49)
    assert collision_probability(150, 126) == pytest.approx(15 / 2.0**127)
    assert hash_bits_for(1e-12, 150) == 41  # 2^(t - 1) >= 10^12 = 2^39.9
    with pytest.raises(ParameterError, match="epsilon"):
        hash_bits_for(1e-40, 150)


# --- authentication -----------------------------------------------------------------------------


def secret_of(point: int, factor: int, alice: str, bob: str) -> list[int]:
    return [int(letter) for letter in f"{point:0127b}{factor:0127b}{alice}{bob}"]


HEADER = struct.Struct(">cQQ")  # form, number, position of the pad


def test_a_tag_by_hand():
    """Oracle: Horner's rule by hand, and a pad that is written down."""
    near, far = channel_pair()
    pads = "00000101" + "1" * 40, "0" * 48
    alice = AuthenticatedLink(near, KeyPool(secret_of(3, 5, *pads)), "alice", tag_bits=8)
    alice.send("done")
    frame = far.receive(600.0)
    body = encode(Message("done"))
    assert frame[:17] == HEADER.pack(b"T", 0, 0)
    assert frame[18:] == body
    # 17 bytes of header, 5 of name, 8 that count what is covered before: nothing; 19 of message.
    data = frame[:17] + b"alice" + bytes(8) + body
    words = [int.from_bytes(data[i : i + 15], "big") for i in range(0, len(data), 15)]
    assert (len(data), len(words)) == (49, 4)
    value = sum(w * 3 ** (5 - i) for i, w in enumerate(words)) + len(data) * 3
    assert frame[17] == (value * 5 % (2**127 - 1) + 5) % 256  # the pad is 00000101


def test_each_message_uses_fresh_key():
    alice, bob = link_pair()
    for _ in range(3):
        alice.send("same")
        bob.receive("same")
    assert alice.transcript.authentication_bits == bob.transcript.authentication_bits == 3 * 48
    assert alice.transcript.forgery_probability == pytest.approx(3 * 2.0**-47, rel=1e-6)


def test_equal_messages_have_different_tags():
    near, far = channel_pair()
    alice = AuthenticatedLink(near, KeyPool(fresh_secret(2000)), "alice")
    tags = set()
    for _ in range(10):
        alice.send("same")
        tags.add(far.receive(600.0)[17:23])
    assert len(tags) == 10


def test_no_pad_is_given_twice():
    """Oracle: the pads are the bits of the secret, one after the other."""
    secret = fresh_secret(1000)
    pool = KeyPool(secret)
    mine = "".join(map(str, secret[254 : 254 + 373]))
    assert pool.pad("alice", 0, 48) == int(mine[:48], 2)
    with pytest.raises(ParameterError, match="number must be 1"):
        pool.pad("alice", 0, 48)
    with pytest.raises(ParameterError, match="used once"):
        pool.pad("alice", 2, 48)
    with pytest.raises(
        ProtocolAborted, match=r"message-replayed: .* its one-time key was used before"
    ):
        pool.peek("alice", 0, 48)
    assert pool.pad("alice", 1, 48) == int(mine[48:96], 2)
    assert pool.used == 254 + 2 * 48
    pool.skip("alice", 0, 0)  # never back
    assert pool.position[:3] == (96, 0, 2)


def test_a_pool_serves_one_link_at_a_time():
    pool = KeyPool(fresh_secret(1000))
    near, far = channel_pair()
    link = AuthenticatedLink(near, pool, "alice")
    with pytest.raises(ParameterError, match="pool must not be in use"):
        AuthenticatedLink(far, pool, "bob")
    link.close()
    assert AuthenticatedLink(far, pool, "bob").tag_bits == 48


def test_the_pool_runs_dry_and_is_refilled():
    pool = KeyPool(np.ones(354, int) - np.arange(354) % 2)  # 1010...
    assert pool.remaining("alice") == pool.remaining("bob") == 50
    pool.pad("alice", 0, 48)
    with pytest.raises(ProtocolAborted, match="48 bits of authentication key were needed, 2 left"):
        pool.pad("alice", 1, 48)
    assert (pool.remaining("alice"), pool.used) == (2, 302)
    pool.refill(np.ones(100, int))
    assert (pool.remaining("alice"), pool.remaining("bob")) == (52, 100)
    assert pool.pad("alice", 1, 4) == 0b1011  # the last two of the old bits, 10, then new ones


def test_too_small_a_pool_is_refused():
    with pytest.raises(ParameterError, match="at least 256 bits"):
        KeyPool(np.zeros(255, int))


def attacked(attack):
    """A link from Alice to Bob with an attacker between."""
    secret = fresh_secret(4000)
    near, far = channel_pair()
    alice = AuthenticatedLink(Eavesdropper(near, attack), KeyPool(secret), "alice")
    return alice, AuthenticatedLink(far, KeyPool(secret), "bob", timeout_s=0.05)


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_any_flipped_bit_is_noticed(place):
    def flip(number, frame):
        bit = place % (8 * len(frame))
        changed = bytearray(frame)
        changed[bit // 8] ^= 1 << bit % 8
        return [bytes(changed)]

    alice, bob = attacked(flip)
    alice.send("bits", bits=np.ones(100, np.uint8))
    with pytest.raises(ProtocolAborted) as stopped:
        bob.receive("bits")
    allowed = {AbortReason.AUTHENTICATION_FAILED, AbortReason.MESSAGE_MISSING}
    assert stopped.value.reason in allowed


def test_a_replayed_message_is_noticed():
    alice, bob = attacked(lambda number, frame: [frame, frame])
    alice.send("one")
    bob.receive("one")
    with pytest.raises(ProtocolAborted, match="message 0 of alice came again: 1 was due"):
        bob.receive("one")


def test_a_replayed_message_with_a_new_number_is_noticed():
    def renumber(number, frame):
        return [frame, HEADER.pack(b"T", 1, 48) + frame[17:]]

    alice, bob = attacked(renumber)
    alice.send("one")
    bob.receive("one")
    with pytest.raises(
        ProtocolAborted, match="authentication-failed: message 1 of alice was altered"
    ):
        bob.receive("one")


def test_a_lost_message_is_noticed():
    alice, bob = attacked(lambda number, frame: [frame] if number else [])
    alice.send("one")
    with pytest.raises(ProtocolAborted, match=r"timeout: no message came within 0\.05 s"):
        bob.receive("one")
    alice.send("two")
    with pytest.raises(ProtocolAborted, match="message 0 of alice did not come: 1 came instead"):
        bob.receive("two")


def test_a_message_sent_back_to_its_sender_is_noticed():
    secret = fresh_secret(4000)
    near, far = channel_pair()
    alice = AuthenticatedLink(near, KeyPool(secret), "alice")
    alice.send("one")
    far.send(far.receive(600.0))
    with pytest.raises(ProtocolAborted, match="altered or forged"):
        alice.receive("one")


def test_forged_and_truncated_messages_are_noticed():
    start = HEADER.pack(b"T", 0, 0)
    for forged in (b"", bytes(13), start, start + b"\x01" * 6 + encode(Message("done"))):
        alice, bob = attacked(lambda number, frame, forged=forged: [forged])
        alice.send("done")
        with pytest.raises(ProtocolAborted) as stopped:
            bob.receive("done")
        assert stopped.value.reason is AbortReason.AUTHENTICATION_FAILED


def test_the_share_of_forgeries_that_pass_short_tags():
    # With tags of 8 bits, a random tag passes once in 256.
    trials, passed = 3000, 0
    secret = fresh_secret(254 + 16 * trials)
    near, far = channel_pair()
    bob = AuthenticatedLink(far, KeyPool(secret), "bob", tag_bits=8)
    body = encode(Message("done"))
    for number, tag in enumerate(np.random.default_rng(1).integers(0, 256, trials)):
        near.send(HEADER.pack(b"T", number, 8 * number) + bytes([tag]) + body)
        try:
            bob.receive("done")
        except ProtocolAborted:
            continue
        passed += 1
    expected = trials / 256
    assert abs(passed - expected) < 5 * math.sqrt(expected)
    assert bob.transcript.forgery_probability >= trials / 256


def test_a_message_of_another_kind_is_refused():
    alice, bob = link_pair()
    alice.send("parities")
    with pytest.raises(ProtocolAborted, match="a message 'parities' came where 'hash' was due"):
        bob.receive("hash")
