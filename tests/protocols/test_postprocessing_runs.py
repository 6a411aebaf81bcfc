"""Whole runs between two parties: equal keys, named reasons, and an attacker on the wire."""

from __future__ import annotations

import math
import socket
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import beta

from protocols.postprocessing import (
    AbortReason,
    Alice,
    Bob,
    DistillationSettings,
    Eavesdropper,
    KeyPool,
    Randomness,
    RawKey,
    TcpChannel,
    channel_pair,
    distil,
    tcp_pair,
)
from protocols.postprocessing.key_length import Disclosed
from protocols.postprocessing.result import ProtocolAborted
from qnet import ParameterError
from qnet.metrics.key_rate import binary_entropy
from tests.protocols.two_ends import fresh_secret

ROOT = Path(__file__).parents[2]


def without_authentication_cost(disclosed: Disclosed) -> float:
    """The asymptotic length, so that blocks of a thousand bits give a key."""
    entropy = disclosed.key_bits * (1.0 - binary_entropy(disclosed.qber.best))
    return entropy - disclosed.leaked_bits


def raw_keys(size: int, qber: float, seed: int, bases: int = 2) -> tuple[RawKey, RawKey]:
    """What Alice prepared, and what Bob measured in the half of the rounds that he detected."""
    rng = np.random.default_rng(seed)
    bits, hers, his = rng.integers(0, [[2], [bases], [bases]], (3, size))
    measured = np.where(hers == his, bits ^ (rng.random(size) < qber), rng.integers(0, 2, size))
    detected = np.flatnonzero(rng.random(size) < 0.5)
    alice = RawKey(bits=bits, bases=hers)
    return alice, RawKey(bits=measured[detected], bases=his[detected], rounds=detected)


def check(alice, bob):
    """Both ends hold the same key, or both say why not."""
    if alice.key is not None and bob.key is not None:
        np.testing.assert_array_equal(alice.key, bob.key)
        assert alice.key.size > 0
        assert alice.aborted is bob.aborted is None
    else:
        assert alice.key is None
        assert bob.key is None
        assert isinstance(alice.aborted, AbortReason)
        assert alice.aborted is bob.aborted
        assert alice.sentence.startswith("no key: ")
        assert bob.sentence.startswith("no key: ")


def test_errors_of_one_basis_alone_leave_no_key_in_the_other():
    """Eve measures every photon in Z: no error there, half of the rare bits in X are wrong."""
    rng = np.random.default_rng(1)
    size = 200_000
    bits, bases = rng.integers(0, 2, size), (rng.random(size) < 0.05).astype(int)
    heard = np.where(bases == 1, rng.integers(0, 2, size), bits)
    rounds = (RawKey(bits=each, bases=bases) for each in (bits, heard))
    alice, bob = distil(*rounds, secret=fresh_secret(), randomness=Randomness.reproducible(1))
    check(alice, bob)
    assert alice.qber.best == pytest.approx(0.025, abs=0.006)  # five sigma of 20,000 test bits
    assert alice.aborted is AbortReason.TOO_FEW_BITS
    assert "phase errors may be 5" in alice.sentence


def test_one_basis_alone_gives_no_key():
    bits = np.random.default_rng(1).integers(0, 2, 20_000)
    raw = RawKey(bits=bits, bases=np.zeros(20_000, int))
    alice, bob = distil(raw, raw, secret=fresh_secret(), randomness=Randomness.reproducible(1))
    check(alice, bob)
    assert alice.aborted is AbortReason.TOO_FEW_BITS
    assert "phase errors may be 50.0%" in alice.sentence


@pytest.mark.slow
def test_a_thousand_random_runs():
    rng = np.random.default_rng(2024)
    settings = DistillationSettings(test_fraction=0.2, key_length=without_authentication_cost)
    reasons: Counter[AbortReason | None] = Counter()
    for run in range(1000):
        qber = rng.uniform(0.0, 0.1)
        alice, bob = distil(
            *raw_keys(int(rng.integers(1200, 3000)), qber, run, bases=1 + run % 3),
            secret=fresh_secret(),
            settings=settings,
            randomness=Randomness.reproducible(run),
        )
        check(alice, bob)
        reasons[alice.aborted] += 1
        if qber < 0.03 and alice.sifted_bits > 700:
            assert alice.aborted in (None, AbortReason.VERIFICATION_FAILED)
    allowed = {
        None,
        AbortReason.QBER_TOO_HIGH,
        AbortReason.TOO_FEW_BITS,
        AbortReason.VERIFICATION_FAILED,
    }
    assert set(reasons) <= allowed
    assert reasons[AbortReason.VERIFICATION_FAILED] <= 3
    assert reasons[None] >= 600


@pytest.mark.parametrize("qber", [0.0, 0.02, 0.04])
def test_runs_with_ldpc(qber):
    rule = without_authentication_cost
    settings = DistillationSettings(correction="ldpc", key_length=rule, timeout_s=600.0)
    for seed in range(5):
        # Reproducible: of blocks this short, one in some three hundred does not come out.
        randomness = Randomness.reproducible(seed)
        keys = raw_keys(12_000, qber, seed)
        alice, bob = distil(*keys, secret=fresh_secret(), settings=settings, randomness=randomness)
        check(alice, bob)
        assert alice.aborted is None


def test_no_secret_bit_is_left_of_noise():
    alice, bob = distil(*raw_keys(8000, 0.25, 1), secret=fresh_secret())
    check(alice, bob)
    assert alice.aborted is AbortReason.QBER_TOO_HIGH
    assert "test bits is 0." in alice.sentence
    assert "above 11.00%" in alice.sentence
    # Which bits are compared is drawn anew by each run: five standard errors, not 95 %.
    assert alice.qber.best == pytest.approx(0.25, abs=5 * math.sqrt(0.25 * 0.75 / alice.qber.n))
    assert "the other end" not in alice.sentence


def test_too_few_bits_are_refused_with_numbers():
    alice, bob = distil(*raw_keys(3000, 0.02, 1), secret=fresh_secret())
    check(alice, bob)
    assert alice.aborted is AbortReason.TOO_FEW_BITS
    assert "leaked" in alice.sentence
    assert "authentication" in alice.sentence
    empty = RawKey(bits=[], bases=[])
    assert distil(empty, empty, secret=fresh_secret())[1].aborted is AbortReason.TOO_FEW_BITS


def test_the_transcript_says_what_was_disclosed():
    # Reproducible: both runs have the same messages.
    randomness = Randomness.reproducible(5)
    seen = []
    settings = DistillationSettings(key_length=lambda disclosed: seen.append(disclosed) or 1 << 40)
    keys = raw_keys(160_000, 0.02, 3)
    distil(*keys, secret=fresh_secret(), settings=settings, randomness=randomness)
    randomness = Randomness.reproducible(5)
    settings = DistillationSettings(key_length="asymptotic")
    alice, bob = distil(*keys, secret=fresh_secret(), settings=settings, randomness=randomness)
    check(alice, bob)
    steps = alice.transcript.steps
    names = ["begin", "sift", "estimate", "correct", "verify", "amplify"]
    assert [step.name for step in steps] == names
    assert [step.leaked_bits > 0 for step in steps] == [False, False, False, True, True, False]
    assert alice.transcript["verify"].leaked_bits == 41
    for step, other in zip(steps, bob.transcript.steps, strict=True):
        assert step.messages_sent == other.messages_received
        assert step.messages_received == other.messages_sent
        assert step.leaked_bits == other.leaked_bits
        tagged = step.name != "correct"  # the tags of the verification cover the parities
        assert step.authentication_bits == 48 * tagged * (
            step.messages_sent + step.messages_received
        )
    assert alice.transcript.authentication_bits == 10 * 48
    # The asymptotic rule, from the numbers of the transcript.
    kept = alice.sifted_bits - round(0.1 * alice.sifted_bits)
    in_z, in_x, in_y = seen[0].by_basis
    assert in_z.kept + in_x.kept == kept
    assert in_y == (0, 0, 0)
    secret = sum(
        # Clopper and Pearson's upper ends in the other basis, together with 95 %.
        here.kept
        * (1 - binary_entropy(beta.isf(0.0125, other.errors + 1, other.tested - other.errors)))
        for here, other in ((in_z, in_x), (in_x, in_z))
    )
    secret -= alice.transcript.leaked_bits + alice.transcript.authentication_bits
    assert alice.secret_bits == bob.secret_bits == int(secret)
    assert alice.security.notion == bob.security.notion == "asymptotic"
    assert alice.transcript.forgery_probability < 1e-9


def test_a_length_computed_elsewhere():
    keys = raw_keys(40_000, 0.02, 3)
    settings, randomness = DistillationSettings(key_length=2345), Randomness.reproducible(1)
    alice, bob = distil(*keys, secret=fresh_secret(), settings=settings, randomness=randomness)
    check(alice, bob)
    assert alice.secret_bits == 2345
    alice, bob = distil(
        *keys, secret=fresh_secret(), settings=DistillationSettings(key_length=9000)
    )
    assert alice.aborted is bob.aborted is AbortReason.TOO_FEW_BITS


def test_keys_come_from_the_system_unless_a_demonstration_is_asked_for():
    keys = raw_keys(10_000, 0.02, 3)
    settings = DistillationSettings(key_length=without_authentication_cost)
    one, _ = distil(*keys, secret=fresh_secret(), settings=settings)
    two, _ = distil(*keys, secret=fresh_secret(), settings=settings)
    assert not one.reproducible
    assert one.key.tobytes() != two.key.tobytes()
    runs = [
        distil(*keys, settings=settings, randomness=Randomness.reproducible(5)) for _ in range(2)
    ]
    assert runs[0][0].key.tobytes() == runs[1][1].key.tobytes()
    assert runs[0][0].reproducible
    assert "reproducible demonstration" in runs[0][0].sentence


def test_over_tcp():
    keys, randomness = raw_keys(240_000, 0.03, 4), Randomness.reproducible(5)
    alice, bob = distil(*keys, secret=fresh_secret(), channels=tcp_pair, randomness=randomness)
    check(alice, bob)
    assert alice.secret_bits > 1000


def test_tcp_frames_of_any_length_and_its_ends():
    near, far = tcp_pair()
    frames = [b"", b"x", bytes(300_000)]
    thread = threading.Thread(target=lambda: [near.send(frame) for frame in frames])
    thread.start()
    assert [far.receive(600.0) for _ in frames] == frames
    thread.join()
    with pytest.raises(ProtocolAborted, match=r"timeout: no message came within 0\.02 s"):
        far.receive(0.02)
    near.close()
    with pytest.raises(ProtocolAborted, match="channel-closed"):
        far.receive(600.0)
    with pytest.raises(ProtocolAborted, match="channel-closed"):
        near.send(b"x")
    far.close()
    assert isinstance(far, TcpChannel)


ALICE_ALONE = """
import socket, sys
import numpy as np
from protocols.postprocessing import Alice, KeyPool, RawKey, TcpChannel
rng = np.random.default_rng(8)
bits, bases = rng.integers(0, 2, (2, 60_000))
channel = TcpChannel(socket.create_connection(("127.0.0.1", int(sys.argv[1]))))
pool = KeyPool(np.random.default_rng(9).integers(0, 2, 60_000))
outcome = Alice(RawKey(bits=bits, bases=bases), channel, pool).run()
print(np.packbits(outcome.key).tobytes().hex())
"""


def test_two_processes_over_tcp():
    # Nothing is shared but the connection and the authentication key.
    rng = np.random.default_rng(8)
    bits, bases = rng.integers(0, 2, (2, 60_000))
    raw = RawKey(bits=bits ^ (rng.random(60_000) < 0.02), bases=bases)
    pool = KeyPool(np.random.default_rng(9).integers(0, 2, 60_000))
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        command = [sys.executable, "-c", ALICE_ALONE, port]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
            outcome = Bob(raw, TcpChannel(server.accept()[0]), pool).run()
            said = process.communicate(timeout=600)[0]
    assert outcome.secret_bits > 1000
    assert said.strip() == np.packbits(outcome.key).tobytes().hex()


# --- attacks ------------------------------------------------------------------------------------


def attacked_run(attack, victim, *, timeout_s=600.0, channels=channel_pair):
    """A run of which every message of one end passes through an attacker's hands."""

    def attacked():
        near, far = channels()
        if victim == "alice":
            return Eavesdropper(near, attack), far
        return near, Eavesdropper(far, attack)

    settings = DistillationSettings(timeout_s=timeout_s, key_length=without_authentication_cost)
    keys = raw_keys(5000, 0.02, 1)
    source = Randomness.reproducible(1)  # so that every run has the same messages
    return distil(
        *keys, secret=fresh_secret(), settings=settings, channels=attacked, randomness=source
    )


def at(number, change):
    """An attack on one message."""
    return lambda i, frame: change(frame) if i == number else [frame]


def flipped(frame):
    changed = bytearray(frame)
    changed[len(frame) // 2] ^= 1
    return [bytes(changed)]


def forged(frame):
    return [frame[:17] + bytes(6) + frame[23:]]


@pytest.mark.parametrize("victim", ["alice", "bob"])
@pytest.mark.parametrize("number", [0, 1, 2, 5, 20])
@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        (flipped, {AbortReason.AUTHENTICATION_FAILED}),
        (forged, {AbortReason.AUTHENTICATION_FAILED}),
        (lambda frame: [frame, frame], {AbortReason.MESSAGE_REPLAYED}),
        (lambda frame: [frame[:1] + bytes(16) + frame[17:], frame], {AbortReason.MESSAGE_REPLAYED}),
        (lambda frame: [frame[:-1]], {AbortReason.AUTHENTICATION_FAILED}),
    ],
)
def test_tampering_ends_the_run_with_a_named_reason(victim, number, change, reasons):
    alice, bob = attacked_run(at(number, change), victim)
    if number == 0 and reasons == {AbortReason.MESSAGE_REPLAYED}:
        reasons = reasons | {AbortReason.AUTHENTICATION_FAILED}  # its number is 0 already
    check(alice, bob)
    assert alice.aborted in reasons


@pytest.mark.parametrize("victim", ["alice", "bob"])
@pytest.mark.parametrize("number", [0, 3])
def test_a_dropped_message_ends_the_run_in_time(victim, number):
    alice, bob = attacked_run(at(number, lambda frame: []), victim, timeout_s=0.1)
    allowed = {AbortReason.TIMEOUT, AbortReason.MESSAGE_MISSING, AbortReason.CHANNEL_CLOSED}
    for outcome in (alice, bob):
        assert outcome.key is None
        assert outcome.aborted in allowed


def test_tampering_over_tcp():
    alice, bob = attacked_run(at(2, flipped), "alice", channels=tcp_pair)
    check(alice, bob)
    assert alice.aborted is AbortReason.AUTHENTICATION_FAILED


def test_every_single_message_is_protected():
    # Whichever message of a run is altered, no key is made at the end that receives it.
    alice, bob = attacked_run(lambda number, frame: [frame], "alice")
    check(alice, bob)
    assert alice.aborted is None
    total = sum(step.messages_sent for step in alice.transcript.steps)
    for number in range(0, total, 3):
        alice, bob = attacked_run(at(number, flipped), "alice")
        assert alice.key is None
        assert bob.key is None
        assert alice.aborted in (
            AbortReason.AUTHENTICATION_FAILED,
            AbortReason.MESSAGE_REPLAYED,
        ) or (alice.aborted is AbortReason.MESSAGE_MISSING)


def test_ends_with_different_authentication_keys_do_not_talk():
    near, far = channel_pair()
    keys = raw_keys(1000, 0.0, 1)
    settings = DistillationSettings(timeout_s=600.0)
    alice = Alice(keys[0], near, KeyPool(fresh_secret()), settings)
    bob = Bob(keys[1], far, KeyPool(fresh_secret(50_000)), settings)
    outcomes = []
    thread = threading.Thread(target=lambda: outcomes.append(bob.run()))
    thread.start()
    outcomes.append(alice.run())
    thread.join()
    assert [o.aborted for o in outcomes] == [AbortReason.AUTHENTICATION_FAILED] * 2


def test_too_short_a_pool_ends_the_run():
    alice, bob = distil(*raw_keys(5000, 0.02, 1), secret=fresh_secret(600))
    for outcome in (alice, bob):
        assert outcome.key is None
        assert outcome.aborted in (
            AbortReason.AUTHENTICATION_KEY_EXHAUSTED,
            AbortReason.CHANNEL_CLOSED,
        )
    assert AbortReason.AUTHENTICATION_KEY_EXHAUSTED in (alice.aborted, bob.aborted)


def test_an_end_that_leaves_is_noticed():
    near, far = channel_pair()
    far.close()
    outcome = Alice(raw_keys(100, 0.0, 1)[0], near, KeyPool(fresh_secret())).run()
    assert outcome.aborted is AbortReason.CHANNEL_CLOSED
    assert outcome.key is None


def test_pools_stay_in_step_over_runs_and_can_be_refilled():
    secret = fresh_secret()
    pools = KeyPool(secret), KeyPool(secret)
    for seed in range(3):
        keys = raw_keys(20_000, 0.02, seed)
        near, far = channel_pair()
        ends = Alice(keys[0], near, pools[0]), Bob(keys[1], far, pools[1])
        outcomes = {}
        thread = threading.Thread(
            target=lambda ends=ends, outcomes=outcomes: outcomes.update(bob=ends[1].run())
        )
        thread.start()
        outcomes["alice"] = ends[0].run()
        thread.join()
        check(outcomes["alice"], outcomes["bob"])
        for role in ("alice", "bob"):
            assert pools[0].remaining(role) == pools[1].remaining(role)
            assert pools[0].number(role) == pools[1].number(role)
        if outcomes["alice"].key is not None:
            pools[0].refill(outcomes["alice"].key)
            pools[1].refill(outcomes["bob"].key)
    assert pools[0].used == pools[1].used > 254 + 3 * 48


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("test_fraction", 0.0),
        ("test_fraction", 1.5),
        ("qber_threshold", -0.1),
        ("confidence", 1.0),
        ("correction", "winnow"),
        ("epsilon_correctness", 0.0),
        ("tag_bits", 4),
        ("timeout_s", 0.0),
        ("key_length", 0),
    ],
)
def test_settings_are_checked(field, value):
    with pytest.raises(ParameterError, match=field):
        DistillationSettings(**{field: value})
