"""Answers on the qubits, the logical errors and the losses of codes."""

from __future__ import annotations

from collections.abc import Callable

from experiments.notebooks.kinds import Exercise, NumberExercise
from protocols import Chain
from protocols.repeaters.cost import resources
from qnet import Link
from qnet.codes import PauliChannel, code_of, logical_map

__all__ = ["EXERCISES"]

#: Gives a chain of the notebook.
Builder = Callable[..., Chain]


def _qubits(stored: Builder) -> float:
    return float(resources(stored("steane").plan()).qubits_per_station)


def _logical_flip() -> float:
    return float(logical_map(code_of("steane"), PauliChannel(x=0.05)).logical_x)


def _arrivals(sent: Builder) -> float:
    plan = sent().plan()
    assert isinstance(plan, Link), "blocks are sent one way"
    return float(plan.success_probability)


EXERCISES: dict[int, Exercise] = {
    1: NumberExercise(
        _qubits,
        "ten attempts for each of seven pairs, towards two neighbours",
        slips=((70.0, "a station has two neighbours"), (14.0, "ten attempts go on at once")),
    ),
    2: NumberExercise(
        _logical_flip,
        "a pattern of w flips has the probability q^w (1 - q)^(7 - w): sum over all that fail",
        slips=((21 * 0.05**2, "that is only the leading power; all weights count"),),
    ),
    3: NumberExercise(
        _arrivals,
        "none of seven blocks is lost altogether, and not all are damaged; to the power 1000",
    ),
}
