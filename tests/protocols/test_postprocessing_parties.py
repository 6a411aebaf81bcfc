"""Two parties in trouble: lost frames, slow readers, secrets used twice, odd settings, errors."""

from __future__ import annotations

import hmac
import struct
import threading

import numpy as np
import pytest

from protocols.key_rates import DecoySettings
from protocols.postprocessing import (
    AbortReason,
    Alice,
    AuthenticatedLink,
    Bob,
    DistillationSettings,
    Eavesdropper,
    KeyPool,
    RawKey,
    TcpChannel,
    channel_pair,
    distil,
    estimation,
    tcp_pair,
)
from protocols.postprocessing.authentication import _HEADER
from protocols.postprocessing.hashing import HashKey
from protocols.postprocessing.in_process import run_both
from protocols.postprocessing.key_length import Disclosed, length_of
from protocols.postprocessing.messages import Message, decode, encode
from protocols.postprocessing.result import ProtocolAborted
from protocols.postprocessing.sifting import sift_as_alice, sift_as_bob
from qnet import ParameterError
from qnet.estimate import Estimate
from qnet.metrics.security import Apparatus
from tests.protocols.two_ends import both, distilled, fresh_secret, raw_pair, run

# --- untagged messages --------------------------------------------------------------------------


def altered_run(change, victim="alice", **more):
    """A run in which one end's untagged messages are changed on the way."""

    def attack(number, frame):
        return change(frame) if frame[:1] == b"U" else [frame]

    def wrap():
        near, far = channel_pair()
        if victim == "alice":
            return Eavesdropper(near, attack), far
        return near, Eavesdropper(far, attack)

    settings = DistillationSettings(key_length=100, timeout_s=600.0, **more)
    return distilled(*raw_pair(), settings=settings, channels=wrap)


def rewritten(frame, change):
    """The same untagged message with other bits."""
    message = decode(frame[_HEADER.size :])
    fields = {
        name: change(value) if isinstance(value, np.ndarray) else value
        for name, value in message.fields.items()
    }
    return [frame[: _HEADER.size] + encode(Message(message.kind, fields))]


@pytest.mark.parametrize("victim", ["alice", "bob"])
@pytest.mark.parametrize(
    "change",
    [
        lambda bits: 1 - bits,
        lambda bits: np.zeros_like(bits),
        lambda bits: np.ones_like(bits),
        lambda bits: bits[:-1],
        lambda bits: np.concatenate([bits[:1] ^ 1, bits[1:]]),
        lambda bits: bits.astype(np.int64),
        lambda bits: np.random.default_rng(bits.size).integers(0, 2, bits.size).astype(np.uint8),
    ],
)
def test_s10_parities_that_are_altered_in_form_or_content_leave_no_key(victim, change):
    """Oracle: every untagged message of one end is altered; the next tag covers them."""
    for outcome in altered_run(lambda frame: rewritten(frame, change), victim):
        assert outcome.key is None
        assert outcome.aborted is AbortReason.AUTHENTICATION_FAILED


def test_s10_one_flipped_parity_in_a_run_leaves_no_key():
    """Oracle: a single bit of a single untagged message; nothing else shows it but the tag."""
    for target in (1, 2, 9, 17, 25):
        seen = [0]

        def once(frame, seen=seen, target=target):
            seen[0] += 1
            if seen[0] != target + 1:
                return [frame]
            return rewritten(frame, lambda bits: np.concatenate([bits[:1] ^ 1, bits[1:]]))

        outcomes = altered_run(once)
        assert seen[0] > target
        assert [o.aborted for o in outcomes] == [AbortReason.AUTHENTICATION_FAILED] * 2


@pytest.mark.parametrize("victim", ["alice", "bob"])
@pytest.mark.parametrize("at", [0, 1, 2])
def test_s10_words_of_the_code_that_are_altered_leave_no_key(victim, at):
    """Oracle: one bit or place of one untagged message of LDPC is another one."""
    seen, altered = [], []

    def change(frame):
        seen.append(frame)
        if len(seen) - 1 != at:
            return [frame]
        after = rewritten(frame, lambda values: np.concatenate([values[:-1], values[-1:] ^ 1]))
        altered.append(after != [frame])  # a last request asks for nothing
        return after

    alice, bob = altered_run(change, victim, correction="ldpc")
    if altered != [True]:
        assert alice.aborted is None
        return
    assert alice.key is bob.key is None
    reasons = {alice.aborted, bob.aborted}
    assert AbortReason.AUTHENTICATION_FAILED in reasons or reasons == {
        AbortReason.CORRECTION_FAILED
    }


def test_s10_a_message_without_a_tag_is_not_taken_for_one_with():
    """Oracle: the form of a frame is not the attacker's choice."""
    secret = fresh_secret(2000)
    near, far = channel_pair()
    alice = AuthenticatedLink(near, KeyPool(secret), "alice")
    bob = AuthenticatedLink(far, KeyPool(secret), "bob", timeout_s=600.0)
    alice.send_untagged("hash", hash=1)
    with pytest.raises(
        ProtocolAborted, match="authentication-failed: a message without a tag came"
    ):
        bob.receive("hash")


# --- P2: limits of time -------------------------------------------------------------------------


def test_p2_a_send_to_a_reader_that_does_not_read_is_late():
    """Oracle: more bytes than the buffers of the system hold, and nobody takes them."""
    near, far = tcp_pair()
    with pytest.raises(
        ProtocolAborted, match=r"timeout: the other end took no message within 0\.2 s"
    ):
        near.send(bytes(64 << 20), 0.2)
    with pytest.raises(ProtocolAborted, match="timeout"):  # a frame was cut: nothing can follow it
        near.send(b"x")
    near.close()
    far.close()


def test_p2_the_limit_of_a_wait_does_not_hold_for_the_next_send():
    """Oracle: a wait of 10 ms, then a send to a reader who takes half a second to begin."""
    near, far = tcp_pair()
    with pytest.raises(ProtocolAborted, match="timeout: no message came within"):
        near.receive(0.01)
    frame = bytes(32 << 20)
    found = []

    def read_late():
        threading.Event().wait(0.5)
        found.append(far.receive(600.0))

    reader = threading.Thread(target=read_late)
    reader.start()
    near.send(frame, 600.0)
    reader.join()
    assert found == [frame]
    near.close()
    far.close()


def test_p2_a_frame_that_came_in_part_is_gone_on_with():
    """Oracle: the parts of one frame, with a wait that is too short between them."""
    near, far = tcp_pair()
    near._connection.sendall(struct.pack(">I", 6) + b"abc")
    with pytest.raises(ProtocolAborted, match="timeout"):
        far.receive(0.05)
    near._connection.sendall(b"def")
    assert far.receive(600.0) == b"abcdef"
    near.close()
    far.close()


def test_p2_a_channel_without_limits_of_its_own_is_taken():
    """Oracle: a channel whose send takes the frame alone."""

    class Plain:
        def __init__(self, channel):
            self.channel = channel
            self.receive, self.close = channel.receive, channel.close

        def send(self, frame):
            self.channel.send(frame)

    near, far = channel_pair()
    alice, bob = distilled(
        *raw_pair(),
        settings=DistillationSettings(key_length=100),
        channels=lambda: (Plain(near), Plain(far)),
    )
    assert alice.secret_bits == bob.secret_bits == 100


# --- P4: odd settings, odd data -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tag_bits", 200),
        ("tag_bits", 127),
        ("tag_bits", 48.0),
        ("timeout_s", 1e12),
        ("timeout_s", float("inf")),
        ("timeout_s", float("nan")),
        ("confidence", 1 - 1e-16),
        ("confidence", float("nan")),
        ("epsilon_correctness", 1e-40),
        ("epsilon", 1e-40),
        ("epsilon", 1e-12),
        ("epsilon", 1.5),
        ("key_length", float("nan")),
        ("key_length", 0),
        ("key_length", True),
        ("key_length", 12.5),
        ("key_length", None),
        ("test_fraction", float("nan")),
        ("qber_threshold", 1.1),
    ],
)
def test_p4_settings_are_checked_when_they_are_made(field, value):
    with pytest.raises(ParameterError, match=field):
        DistillationSettings(**{field: value})


@pytest.mark.parametrize("value", [float("nan"), "many", None, 1j, np.array([3, 4]), [5]])
def test_p4_a_rule_that_gives_no_number_is_refused(value):
    seen = Disclosed(key_bits=10, qber=Estimate.exact(0.0), leaked_bits=1, authentication_bits=1)
    with pytest.raises(ParameterError, match="key_length must give a number"):
        length_of(lambda _: value, seen)
    for huge in (float("inf"), 10**400):
        assert length_of(lambda _, huge=huge: huge, seen) == 9
        assert length_of(lambda _, huge=huge: -huge, seen) == 0


@pytest.mark.parametrize("field", ["epsilon", "confidence", "test_fraction", "timeout_s"])
def test_p4_settings_of_single_precision_are_taken(field):
    """Oracle: the number itself, in double precision, as all that is computed from it is."""
    value = np.float32(getattr(DistillationSettings(), field))
    assert type(getattr(DistillationSettings(**{field: value}), field)) is float
    settings = DistillationSettings(key_length=100, **{field: value})
    assert distilled(*raw_pair(), settings=settings)[1].secret_bits == 100


@pytest.mark.parametrize("change", [{"settings": 3}, {"randomness": 5}, {"settings": {}}])
def test_p4_ends_of_other_things_are_refused(change):
    with pytest.raises(ParameterError, match=next(iter(change))):
        distilled(*raw_pair(), **change) if "settings" in change else distil(*raw_pair(), **change)
    with pytest.raises(ParameterError, match="raw must be"):
        distilled(5, raw_pair()[1])
    with pytest.raises(ParameterError, match="role"):
        AuthenticatedLink(channel_pair()[0], KeyPool(fresh_secret(2000)), "eve")


@pytest.mark.parametrize("pair", [channel_pair, tcp_pair])
@pytest.mark.parametrize("limit", [-1.0, float("nan"), None, "30"])
def test_p2_limits_that_are_no_time_are_refused_and_break_nothing(pair, limit):
    near, far = pair()
    for wait in (lambda: near.send(b"x", limit), lambda: near.receive(limit)):
        with pytest.raises(ParameterError, match="timeout_s"):
            wait()
    near.send(b"hello", float("inf"))
    assert far.receive(1e12) == b"hello"
    with pytest.raises(ProtocolAborted, match="timeout"):
        near.receive(0.0)
    near.close()
    far.close()


def test_p2_a_frame_that_did_not_go_at_all_can_be_sent_again():
    """Oracle: with no time at all not one byte goes, so the next frame begins where it should."""
    near, far = tcp_pair()
    with pytest.raises(ProtocolAborted, match="timeout: the other end took no message within 0 s"):
        near.send(b"lost", 0.0)
    near.send(b"hello")
    assert far.receive(600.0) == b"hello"
    near.close()
    far.close()


DECOYS = DecoySettings(intensities=(0.5, 0.1, 0.0), probabilities=(0.6, 0.3, 0.1))


@pytest.mark.parametrize(
    "change",
    [
        {"rounds": np.array([3, 2, 1], np.uint8)},
        {"rounds": np.array([2**63, 2**63 + 1, 2**63 + 2], np.uint64)},
        {"rounds": [0.0, 1.0, 2.0]},
        {"rounds": [-1, 0, 1]},
        {"bases": [0.0, 1.0, 0.0]},
        {"bases": [0.0, np.nan, 0.0]},
        {"bases": np.array([0, 1, 3], np.uint8)},
        {"bases": [[0, 1, 0]]},
        {"bases": ["Z", "X", "Z"]},
        {"bits": [0.0, np.nan, 1.0]},
        {"detectors": [0, 1, 2]},
        {"intensities": [0, 1], "decoys": DECOYS},
        {"intensities": [0, 1, 3], "decoys": DECOYS},
        {"decoys": None, "intensities": [0, 1, 2]},
        {"apparatus": "perfect"},
        {"decoys": "three"},
        {"apparatus": Apparatus(pulses=-1)},
        {"apparatus": Apparatus(pulses=1.5)},
        {"bits": [[0], [1, 0]]},
        {"bases": [[0], [1, 0]]},
    ],
)
def test_p4_raw_keys_are_checked(change):
    with pytest.raises(ParameterError, match=next(iter(change))):
        RawKey(**{"bits": [0, 1, 1], "bases": [0, 1, 0], **change})


def test_p4_unsigned_rounds_that_ascend_are_taken():
    raw = RawKey(bits=[0, 1, 1], bases=[0, 1, 0], rounds=np.array([5, 200, 255], np.uint8))
    assert np.asarray(raw.rounds).tolist() == [5, 200, 255]


def test_p4_a_length_is_not_believed_before_it_is_checked():
    """Oracle: the length prefix of a frame of 4 GiB, from somebody who knows no secret."""
    near, far = tcp_pair()
    near._connection.sendall(b"\xff\xff\xff\xff")
    with pytest.raises(ProtocolAborted, match="authentication-failed: a frame of 4294967295 bytes"):
        far.receive(600.0)
    near.close()
    far.close()
    near, far = tcp_pair()
    small = TcpChannel(near._connection, frame_bytes=10)
    with pytest.raises(ParameterError, match="frame must have at most 10 bytes"):
        small.send(bytes(11))
    small.close()
    far.close()


def test_p4_the_end_that_sends_decoys_knows_which():
    raw = RawKey(bits=[0, 1, 1], bases=[0, 1, 0], decoys=DECOYS)
    with pytest.raises(ParameterError, match="intensities must be there"):
        distilled(raw, raw)


def test_settings_of_numpy_numbers_are_sent():
    """Oracle: the same run with plain numbers."""
    settings = DistillationSettings(
        tag_bits=np.int64(48), epsilon=np.float64(1e-10), key_length=np.int64(100)
    )
    for outcome in distilled(*raw_pair(), settings=settings):
        assert outcome.secret_bits == 100


def test_settings_of_both_ends_are_compared():
    """Oracle: two fields differ, and are named at both ends."""
    secret = fresh_secret()
    near, far = channel_pair()
    hers, his = raw_pair()
    alice = Alice(
        hers, near, KeyPool(secret), DistillationSettings(test_fraction=0.2, epsilon=1e-9)
    )
    bob = Bob(his, far, KeyPool(secret), DistillationSettings())
    for outcome in both(alice.run, bob.run):
        assert outcome.aborted is AbortReason.NOT_AGREED
        assert "do not agree on epsilon, test_fraction" in outcome.sentence


# --- errors of an end ---------------------------------------------------------------------------


def failing(disclosed: Disclosed) -> float:
    raise ZeroDivisionError("a rule that fails")


@pytest.mark.parametrize("end", ["alice", "bob"])
def test_p4_an_error_of_an_end_reaches_its_caller_and_the_other_end(end):
    """Oracle: a rule that raises at one end alone; the other waits for nothing."""

    def counting(disclosed: Disclosed) -> float:
        return 100.0

    counting.__name__ = failing.__name__
    secret = fresh_secret()
    near, far = channel_pair()
    hers, his = raw_pair()
    rules = (failing, counting) if end == "alice" else (counting, failing)
    alice = Alice(hers, near, KeyPool(secret), DistillationSettings(key_length=rules[0]))
    bob = Bob(his, far, KeyPool(secret), DistillationSettings(key_length=rules[1]))
    found = {}

    def work(name, party):
        try:
            found[name] = party.run()
        except ZeroDivisionError as error:
            found[name] = error

    thread = threading.Thread(target=work, args=("bob", bob))
    thread.start()
    work("alice", alice)
    thread.join()
    assert isinstance(found.pop(end), ZeroDivisionError)
    ((_, other),) = found.items()
    assert other.aborted is AbortReason.FAULT
    assert "ZeroDivisionError" in other.sentence
    assert "a rule that fails" not in other.sentence


def test_p4_errors_of_either_thread_are_raised_by_distil():
    """Oracle: the error itself."""
    with pytest.raises(ZeroDivisionError, match="a rule that fails"):
        distilled(*raw_pair(), settings=DistillationSettings(key_length=failing))

    def bob(link):
        link.receive("x")
        raise KeyError("bob")

    with pytest.raises(KeyError, match="bob"):
        run_both(lambda link: (link.send("x"), link.receive("y")), bob)


def test_p4_a_pool_in_use_closes_the_channel():
    """Oracle: the other end finds the channel closed instead of waiting."""
    pool = KeyPool(fresh_secret(2000))
    pool.open("alice")
    near, far = channel_pair()
    with pytest.raises(ParameterError, match="pool must not be in use"):
        Alice(raw_pair()[0], near, pool).run()
    with pytest.raises(ProtocolAborted, match="channel-closed"):
        far.receive(600.0)


# --- P5: what is shown, and what one end can know -----------------------------------------------


def test_p5_nothing_shows_the_bits_of_a_key():
    """Oracle: the bits as NumPy and as text would write them."""
    secret = fresh_secret(1000)
    hers, _ = raw_pair()
    alice, _ = distilled(*raw_pair(), settings=DistillationSettings(key_length=100))
    sifted = run_both(lambda link: sift_as_alice(link, hers), lambda link: sift_as_bob(link, hers))[
        0
    ]
    tested = estimation.Tested(np.asarray(hers.bits), Estimate.exact(0.0), ())
    key = HashKey(point=123_456_789, factor=987_654_321)
    for thing in (hers, alice, KeyPool(secret), key, sifted, tested):
        for text in (repr(thing), str(thing)):
            assert "array(" not in text
            assert "[0" not in text.replace("[0.", "")
            assert "[1" not in text
            assert "123456789" not in text
            assert "987654321" not in text
    with pytest.raises(ParameterError) as refused:
        HashKey(point=2**127, factor=1)
    assert str(2**127) not in str(refused.value)


def test_p5_tags_and_hashes_are_compared_in_constant_time(monkeypatch):
    """Oracle: the standard library's comparison is asked for every tag, and for the hash."""
    asked = []
    compare = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", lambda a, b: asked.append(1) or compare(a, b))
    distilled(*raw_pair(), settings=DistillationSettings(key_length=100))
    assert len(asked) == 10 + 1


def test_p5_without_the_last_message_one_end_has_a_key_and_the_other_a_reason():
    """Oracle: Bob's last message is lost; he cannot know, and Alice says why she has none."""
    frames = []
    secret = fresh_secret()
    pools = KeyPool(secret), KeyPool(secret)

    def counted(number, frame):
        frames.append(frame)
        return [frame]

    run(pools, wrap=lambda near, far: (near, Eavesdropper(far, counted)))
    last = len(frames) - 1

    def attack(number, frame):
        return [] if number == last else [frame]

    alice, bob = run(pools, wrap=lambda near, far: (near, Eavesdropper(far, attack)))
    assert bob.secret_bits == 200
    assert alice.key is None
    assert alice.aborted is AbortReason.CHANNEL_CLOSED
