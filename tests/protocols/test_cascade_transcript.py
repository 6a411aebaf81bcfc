"""The recorded conversation of Cascade: what was asked, what it told, where the errors were."""

from __future__ import annotations

import numpy as np
import pytest

from protocols.postprocessing import cascade


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize(("size", "frame_bits"), [(64, 64), (91, 40), (1, 1)])
def test_every_line_is_true(at_once, size, frame_bits):
    """Oracle: parities counted here, from Alice's bits and from Bob's as flipped so far."""
    rng = np.random.default_rng(5)
    alice = rng.integers(0, 2, size).astype(np.uint8)
    wrong = rng.random(size) < 0.1
    schedule = cascade.CascadeSchedule(
        levels=(2, 3, 4, 5, 5), frame_bits=frame_bits, at_once=at_once
    )
    done = cascade.rehearse(alice, alice ^ wrong, schedule, seed=2, recorded=True)
    now = alice ^ wrong
    for message in done.messages:
        for question in message.questions:
            bits = list(question.bits)
            assert question.alice == alice[bits].sum() % 2
            assert question.bob == now[bits].sum() % 2
            assert bits == sorted(set(bits))
        now[list(message.corrected)] ^= 1
        assert 1 <= message.pass_number <= message.during <= 5
    assert np.array_equal(now, done.bits[-1])
    assert sum(len(message.questions) for message in done.messages) == done.parities[-1]
    assert np.array_equal(done.bits[-1], alice)
    found = [bit for message in done.messages for bit in message.corrected]
    assert sorted(found) == np.flatnonzero(wrong).tolist()


def test_whole_blocks_cover_the_key_and_halves_are_halves():
    """Oracle: the definition of the method."""
    rng = np.random.default_rng(6)
    alice = rng.integers(0, 2, 128).astype(np.uint8)
    bob = alice ^ (rng.random(128) < 0.06).astype(np.uint8)
    schedule = cascade.CascadeSchedule(levels=(3, 4), frame_bits=128)
    done = cascade.rehearse(alice, bob, schedule, seed=1, recorded=True)
    blocks = [message for message in done.messages if not message.halving]
    assert [(each.during, len(each.questions)) for each in blocks] == [(1, 16), (2, 8)]
    for each in blocks:
        assert sorted(bit for q in each.questions for bit in q.bits) == list(range(128))
    known = {frozenset(q.bits) for each in blocks for q in each.questions}
    for each in done.messages:
        for question in each.questions if each.halving else ():
            half = frozenset(question.bits)
            wholes = [other for other in known if half < other and len(other) == 2 * len(half)]
            assert wholes
            known |= {half, *(other - half for other in wholes)}


def test_nothing_is_recorded_unless_asked_for():
    """Oracle: the documented default."""
    bits = np.zeros(16, np.uint8)
    schedule = cascade.CascadeSchedule(levels=(2,), frame_bits=16)
    assert cascade.rehearse(bits, bits, schedule).messages == ()
