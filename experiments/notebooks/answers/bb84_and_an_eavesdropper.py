"""Answers on BB84, its error rate, and the rounds that are kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from scipy.optimize import brentq

from experiments.notebooks.kinds import (
    CurveExercise,
    Exercise,
    NumberExercise,
    PlayedExercise,
    Verdict,
)
from protocols.qkd import BB84, InterceptResend, SixState
from qnet.estimate import Estimate
from qnet.metrics import binary_entropy

__all__ = ["EXERCISES"]

_FRACTIONS = (0.0, 0.25, 0.5, 0.75, 1.0)


def _fraction_without_key() -> float:
    largest = brentq(lambda e: 1 - 2 * float(binary_entropy(e)), 0.01, 0.2)
    return 4 * float(largest)


def _bits_to_compare() -> int:
    unnoticed = np.cumprod(np.full(200, 1 - InterceptResend().error_rate("Z")))
    return 1 + int(np.argmax(unnoticed < 1e-9))


@cache
def _lazy_eve() -> Estimate:
    return _qber(BB84(eve=InterceptResend(bases=("Z",))), 200_000, seed=6)


def _qber(protocol: BB84 | SixState, rounds: int, seed: int) -> Estimate:
    qber = protocol.run(rounds, seed=seed).qber
    assert qber is not None, "no bit was sifted"
    return qber


def _six_state() -> list[float]:
    eves = [InterceptResend(fraction=f, bases=("Z", "X", "Y")) for f in _FRACTIONS]
    return [_qber(SixState(eve=eve), 20_000, seed=8).best for eve in eves]


def _sifting(sift: Callable[..., Any]) -> Verdict:
    """Play a sifting rule on new rounds, without and with an eavesdropper."""
    for protocol in (BB84(), BB84(eve=InterceptResend())):
        rounds = protocol.play(2000, seed=9)
        same = rounds["basis_alice"] == rounds["basis_bob"]
        names = ("basis_alice", "basis_bob", "bit_alice", "bit_bob")
        kept = sift(*(np.array(rounds[name]) for name in names))
        if not isinstance(kept, tuple) or len(kept) != 2:
            return Verdict(False, "it has to return two keys, Alice's and Bob's")
        found, wanted = (
            [np.asarray(each).tolist() for each in keys]
            for keys in (kept, (rounds["bit_alice"][same], rounds["bit_bob"][same]))
        )
        if [len(each) for each in found] != [len(each) for each in wanted]:
            return Verdict(
                False,
                f"of 2000 rounds it keeps {len(found[0])} bits of Alice and {len(found[1])} of"
                f" Bob, where {len(wanted[0])} have equal bases",
            )
        if found != wanted:
            return Verdict(False, "it keeps the right number of bits, but not their own bits")
    errors = float(np.mean(np.array(found[0]) != np.array(found[1])))
    return Verdict(True, f"{len(found[0])} of 2000 rounds are kept; with Eve {errors:.3f} differ")


EXERCISES: dict[int, Exercise] = {
    1: NumberExercise(
        _fraction_without_key,
        "the QBER is f/4, and must stay below 11.0 %",
        tolerance=0.01,
        slips=((0.11, "that is the QBER; Eve makes only f/4 of it"),),
    ),
    2: NumberExercise(
        _bits_to_compare,
        "each bit is right with 3/4, so n of them are with (3/4)^n; round up",
        slips=((30.0, "each bit shows her with a quarter only, not with a half"),),
    ),
    3: NumberExercise(
        _lazy_eve,
        "no errors where Alice sends in Z; and where she sends in X?",
        slips=((0.5, "that is the error rate in X alone"), (0.0, "that is the one in Z alone")),
    ),
    4: CurveExercise(
        _FRACTIONS,
        _six_state,
        ("fraction that Eve intercepts", "QBER"),
        "Eve guesses wrong in two of three cases, and then Bob tosses a coin",
        tolerance=0.05,
    ),
    5: PlayedExercise(_sifting, "compare both arrays of bases, and use what comes out as an index"),
}
