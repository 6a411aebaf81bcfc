"""Answers on the parities of Cascade, the bits that leak, and the hash that makes up for them."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from experiments.notebooks.kinds import (
    CurveExercise,
    Exercise,
    NumberExercise,
    PlayedExercise,
    Verdict,
)
from protocols.postprocessing import toeplitz_hash
from protocols.postprocessing.bits import Bits
from protocols.postprocessing.cascade import CascadeSchedule, rehearse
from qnet.metrics import binary_entropy

__all__ = ["EXERCISES"]

_RATES = (0.01, 0.05, 0.1, 0.2, 0.5)


@cache
def _halvings() -> int:
    bits = np.zeros(32, np.uint8)
    wrong = bits.copy()
    wrong[11] = 1
    schedule = CascadeSchedule(levels=(5,), frame_bits=32)
    return rehearse(bits, wrong, schedule).parities[0] - 1


@cache
def _differing() -> list[float]:
    """Share of blocks of 8 bits whose parities differ, out of 4096."""
    rng, size = np.random.default_rng(7), 8 * 4096
    schedule = CascadeSchedule(levels=(3,), frame_bits=size)
    found = []
    for rate in _RATES:
        wrong = (rng.random(size) < rate).astype(np.uint8)
        done = rehearse(np.zeros(size, np.uint8), wrong, schedule, recorded=True)
        found.append(float(np.mean([each.differs for each in done.messages[0].questions])))
    return found


class _AskedAlice:
    """Alice, who tells parities of her bits and counts the questions."""

    def __init__(self, bits: Bits) -> None:
        self._bits, self.asked = bits, 0

    def parity(self, first: int, last: int) -> int:
        self.asked += 1
        return int(self._bits[operator.index(first) : operator.index(last)].sum()) % 2


def _searched(search: Callable[..., Any]) -> Verdict:
    """Play a search for every place of the error."""
    rng, most = np.random.default_rng(5), 0
    for place in range(64):
        right = rng.integers(0, 2, 64).astype(np.uint8)
        bob, alice = right.copy(), _AskedAlice(right)
        bob[place] ^= 1
        found = search(alice.parity, bob)
        if found != place:
            return Verdict(False, f"with the error at {place} it finds {found!s:.40}")
        most = max(most, alice.asked)
        if most > 6:
            return Verdict(False, f"with the error at {place} it asks {most} times, and six do")
    return Verdict(True, f"it finds the error at all 64 places, with {most} questions at most")


def _amplified(amplify: Callable[..., Any]) -> Verdict:
    """Play a hash on keys and strings of several lengths."""
    rng = np.random.default_rng(6)

    def drawn(size: int) -> Bits:
        return rng.integers(0, 2, size).astype(np.uint8)

    for size, length in ((8, 3), (20, 20), (300, 120)):
        key, seed = drawn(size), drawn(size + length - 1)
        wanted = toeplitz_hash(key, seed, length)
        found = np.asarray(amplify(key.copy(), seed.copy(), length))
        if found.shape != (length,):
            told = f"of {size} bits it makes an array of shape {found.shape}"
            return Verdict(False, f"{told}, where {length} bits are asked for")
        if not np.isin(found, (0, 1)).all():
            return Verdict(False, "what it returns are no bits: sums count modulo 2")
        wrong = int(np.sum(found != wanted))
        if wrong:
            return Verdict(False, f"of {length} bits {wrong} are not those of the matrix")
    return Verdict(True, "300 bits become 120, the same at both ends")


EXERCISES: dict[int, Exercise] = {
    1: NumberExercise(
        _halvings,
        "each parity halves the block that holds the error",
        slips=((32.0, "that would be bit by bit"), (6.0, "the parity of the block is known")),
    ),
    2: NumberExercise(
        lambda: 1e6 * float(binary_entropy(0.02)),
        "the Shannon limit is h(e) for each bit",
        slips=(
            (20_000.0, "that is how many errors there are; their places must be told"),
            (0.1414, "that is for one bit, and there are a million"),
        ),
    ),
    3: CurveExercise(
        _RATES,
        _differing,
        ("error rate", "share of the blocks"),
        "parities differ when the number of errors is odd; at 50 % the block is a coin toss",
    ),
    4: PlayedExercise(
        _searched, "compare parity(first, middle) with that of bits[first:middle], and go on there"
    ),
    5: PlayedExercise(_amplified, "toeplitz, above, makes the matrix; the sums are modulo 2"),
}
