"""Pools of authentication key: in step again after lost frames, never used twice."""

from __future__ import annotations

import copy
import json
import pickle

import numpy as np
import pytest

from protocols.postprocessing import (
    AbortReason,
    AuthenticatedLink,
    DistillationSettings,
    Eavesdropper,
    KeyPool,
    channel_pair,
)
from protocols.postprocessing.authentication import _HEADER
from protocols.postprocessing.messages import Message, encode
from protocols.postprocessing.result import ProtocolAborted
from qnet import ParameterError
from tests.protocols.two_ends import distilled, fresh_secret, raw_pair, run

# --- P1: pools come back into step --------------------------------------------------------------


def dropped(number, frame, held):
    return []


def doubled(number, frame, held):
    return [frame, frame]


def cut(number, frame, held):
    return [frame[: len(frame) // 2]]


def delayed(number, frame, held):
    held.append(frame)
    return []


@pytest.mark.parametrize("victim", [0, 1])
@pytest.mark.parametrize("fault", [dropped, doubled, cut, delayed])
def test_p1_a_fault_at_any_frame_does_not_spoil_later_runs(victim, fault):
    """Oracle: after each run with one faulty frame, a clean run on the same pools gives a key."""
    secret, keys = fresh_secret(200_000), raw_pair(300)
    pools = KeyPool(secret), KeyPool(secret)
    frames = [0]

    def count(number, frame):
        frames[0] = number + 1
        return [frame]

    def wrapped(attack):
        def wrap(near, far):
            ends = [near, far]
            ends[victim] = Eavesdropper(ends[victim], attack)
            return tuple(ends)

        return wrap

    assert run(pools, keys, wrap=wrapped(count), length=20)[0].secret_bits == 20
    last = frames[0] - 1
    assert last > 15
    used = pools[0].used
    for at in range(last + 1):
        held: list[bytes] = []

        def attack(number, frame, at=at, held=held):
            if number == at:
                return fault(number, frame, held)
            return [frame, *[held.pop() for _ in held[:1]]]

        waits = fault in (dropped, delayed)
        wait = 0.03 if waits else 600.0
        outcomes = run(pools, keys, wrap=wrapped(attack), timeout_s=wait, length=20)
        found = [outcome.key for outcome in outcomes if outcome.key is not None]
        # The last message may have been the one that came twice or not at all: one end then knows.
        assert len(found) < 2 or (found[0].tobytes() == found[1].tobytes() and at == last)
        assert all(o.aborted is not None for o in outcomes if o.key is None)
        clean = run(pools, keys, length=20)
        assert clean[0].secret_bits == clean[1].secret_bits == 20
        assert clean[0].key.tobytes() == clean[1].key.tobytes()
        assert pools[0].position == pools[1].position
        assert pools[0].used > used  # forward only
        used = pools[0].used


def test_p1_a_pool_that_is_behind_with_its_own_messages_skips_forward():
    """Oracle: an older position given back at one end; the second run is in step."""
    secret = fresh_secret()
    pools = KeyPool(secret), KeyPool(secret)
    behind = KeyPool.for_one_run(secret), pools[1]  # of it no account is kept
    run(pools)
    first = run(behind)
    assert [outcome.key for outcome in first] == [None, None]
    assert AbortReason.MESSAGE_REPLAYED in [outcome.aborted for outcome in first]
    second = run(behind)
    assert second[0].secret_bits == second[1].secret_bits == 200


def test_p1_frames_of_an_earlier_run_are_none_of_this_one():
    """Oracle: Alice's frames of a run that Bob never heard, played to him in the next one."""
    secret = fresh_secret()
    pools = KeyPool(secret), KeyPool(secret)
    held: list[bytes] = []

    def steal(number, frame):
        held.append(frame)
        return []

    run(pools, wrap=lambda near, far: (Eavesdropper(near, steal), far), timeout_s=0.1)
    assert len(held) >= 1

    def replay(number, frame):
        return [held[number]] if number < len(held) else [frame]

    alice, bob = run(pools, wrap=lambda near, far: (Eavesdropper(near, replay), far), timeout_s=0.5)
    assert alice.key is None
    assert bob.key is None
    assert run(pools)[0].secret_bits == 200


def test_p1_a_position_cannot_be_made_up():
    """Oracle: whatever number and position a frame claims, without the tag nothing moves."""
    secret = fresh_secret(2000)
    near, far = channel_pair()
    pool = KeyPool(secret)
    bob = AuthenticatedLink(far, pool, "bob", timeout_s=600.0)
    for number, place in [(0, 0), (5, 240), (2**64 - 1, 2**64 - 1), (1, 872), (1, 873)]:
        near.send(_HEADER.pack(b"T", number, place) + bytes(6) + encode(Message("x")))
        with pytest.raises(ProtocolAborted) as stopped:
            bob.receive("x")
        assert stopped.value.reason in (
            AbortReason.AUTHENTICATION_FAILED,
            AbortReason.MESSAGE_MISSING,
        )
        assert pool.used == 254


def test_p1_a_refill_that_one_end_never_got_is_given_up():
    """Oracle: the sizes differ by the refill; both go on with what both hold."""
    secret = fresh_secret(4000)
    pools = KeyPool(secret), KeyPool(secret)
    pools[1].refill(np.ones(500, int))
    assert pools[1].sizes == (2123, 2123)
    assert run(pools)[0].secret_bits == 200
    assert pools[0].sizes == pools[1].sizes == (1873, 1873)


# --- P3: secrets are used once ------------------------------------------------------------------


@pytest.mark.parametrize("twin", [copy.copy, copy.deepcopy, pickle.dumps])
def test_p3_pools_cannot_be_copied(twin):
    """Oracle: the copy would hold the same one-time keys."""
    with pytest.raises(TypeError, match="cannot be copied or pickled"):
        twin(KeyPool(fresh_secret(1000)))


def test_p3_the_same_secret_twice_is_refused():
    """Oracle: the second run would use the same one-time keys."""
    secret = fresh_secret()
    alice, _ = distilled(*raw_pair(), secret=secret, settings=DistillationSettings(key_length=100))
    assert alice.secret_bits == 100
    with pytest.raises(ParameterError, match="secret must not have been used before"):
        distilled(*raw_pair(), secret=secret, settings=DistillationSettings(key_length=100))
    with pytest.raises(ParameterError, match="secret must not have been used before"):
        KeyPool(secret.tolist())


def test_p3_one_end_alone_cannot_begin_again_either():
    """Oracle: Alice's tags of both links would have the same pads."""
    secret = fresh_secret(2000)
    near, _ = channel_pair()
    link = AuthenticatedLink(near, KeyPool(secret), "alice")
    link.send("x")
    link.close()
    with pytest.raises(ParameterError, match="secret must not have been used before"):
        AuthenticatedLink(near, KeyPool(secret), "alice")


def test_p3_a_position_is_kept_and_given_back():
    """Oracle: the pads of a pool that goes on where another stopped are the next bits."""
    secret = fresh_secret()
    pools = KeyPool(secret), KeyPool(secret)
    run(pools)
    at = json.loads(json.dumps(pools[0].position))
    later = KeyPool(secret, start=at), KeyPool(secret, start=pools[1].position)
    assert later[0].used == pools[0].used
    assert run(later)[0].secret_bits == 200


def test_p3_the_same_secret_cut_elsewhere_is_refused():
    """Oracle: the hash key and the first pads of Alice would be the same."""
    secret = fresh_secret()
    run((KeyPool(secret), KeyPool(secret)))
    for part in (secret[:30_000], np.concatenate([secret, secret])):
        with pytest.raises(ParameterError, match="secret must not have been used before"):
            KeyPool(part)


def test_p3_a_refill_is_used_once():
    """Oracle: the pads of the refill would be given again, in this pool or another one."""
    first, second, more = (fresh_secret(2000) for _ in range(3))
    near, far = KeyPool(first), KeyPool(first)
    near.refill(more)
    far.refill(more)
    assert near.sizes == far.sizes
    other = KeyPool(second)
    for again in (
        lambda: near.refill(more),
        lambda: near.refill(first),
        lambda: other.refill(more),
    ):
        with pytest.raises(ParameterError, match="secret must not have been used before"):
            again()
    with pytest.raises(ParameterError, match="secret must not have been used before"):
        KeyPool(more)
    # A pool that goes on where another stopped is filled again in the same order.
    KeyPool(first, start=near.position).refill(more)


@pytest.mark.parametrize("start", [None, 5, (1, 2, 3), (0,) * 5, (0, 0, 0, -1), (10**30, 0, 0, 0)])
def test_p3_a_position_is_four_whole_numbers(start):
    with pytest.raises(ParameterError, match="start must"):
        KeyPool(fresh_secret(2000), start=start)
