"""Answers on the pairs, errors and traps of blind computing."""

from __future__ import annotations

from bisect import bisect_left
from functools import cache

from experiments.notebooks.kinds import Exercise, NumberExercise, single
from protocols.applications import StateTable
from protocols.applications.blind.blind_computing import BlindComputing
from protocols.applications.blind.verified_blind_computing import VerifiedBlindComputing

__all__ = ["EXERCISES"]


@cache
def _pairs() -> float:
    lossy = BlindComputing(program="cnot", client_loss=0.2).play()
    return single(lossy["pairs_per_computation"].value)


@cache
def _right() -> float:
    line = BlindComputing(angles=(0, 0, 0, 0), state=StateTable(fidelity=0.97)).play()
    return single(line["success_probability"].value)


@cache
def _runs() -> int:
    def is_rare(runs: int) -> bool:
        one = VerifiedBlindComputing(trap_positions=10, repetitions=runs)
        return single(one.play()["single_trap_missed"].value) <= 0.01

    numbers = range(1, 101)
    return numbers[bisect_left(numbers, True, key=is_rare)]


EXERCISES: dict[int, Exercise] = {
    1: NumberExercise(
        _pairs,
        "how many tries does one qubit take in the mean?",
        slips=((12.0, "the second pair may be lost as well, and the third"),),
    ),
    2: NumberExercise(_right, "means of signs multiply; each is w"),
    3: NumberExercise(_runs, "nine of ten times the spoiled qubit is not the trap"),
}
