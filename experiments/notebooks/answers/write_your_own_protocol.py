"""Answers on strategies, purification steps and attacks that somebody has written."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from qiskit import QuantumCircuit

from experiments.notebooks.kinds import (
    CircuitExercise,
    Exercise,
    NumberExercise,
    PlayedExercise,
    Verdict,
)
from protocols import from_tree
from protocols.qkd import BB84
from protocols.qkd.eve import Eve
from protocols.repeaters.strategy import Joining
from qnet import Abstract, Distill, Gates, Memory, Plan, Station, play
from qnet.states import fano_from_weights

__all__ = ["EXERCISES"]

#: Trees of the strategy that begins in the middle, by the number of links.
_TREES: dict[int, Any] = {
    2: [0, 1],
    3: [0, [1, 2]],
    4: [0, [[1, 2], 3]],
    5: [0, [1, [[2, 3], 4]]],
    6: [0, [[1, [[2, 3], 4]], 5]],
}


@cache
def _checked() -> float:
    """Fidelity of the pair that is kept, of two that have phase errors only."""
    state = fano_from_weights(np.array([0.9, 0.0, 0.0, 0.1]))
    link = Abstract(success_probability=0.5, attempt_time_s=1.0, state=state).link()
    return play(Distill(pair=link, scheme="dejmps"), engine="exact").fidelity.best


def _strategy(build: Callable[..., object]) -> Verdict:
    """Compare the plans of a strategy with the trees, and play the longest."""
    part = Abstract(
        success_probability=0.1, attempt_time_s=1e-3, fidelity=0.98, memory=Memory(t2_s=1.0)
    )
    joining: Joining = {"stations": Station(gates=Gates(two_qubit_depolarizing=0.01))}
    longest: Plan = part.link()
    for number, tree in _TREES.items():
        links = [part.link()] * number
        plan = build(links, **joining)
        if not isinstance(plan, Plan):
            return Verdict(False, f"it returns {type(plan).__name__}, where a plan is wanted")
        if plan == from_tree(links, tree):
            return Verdict(False, "it forgets the stations: hand `joining` on to `from_tree`")
        if plan != from_tree(links, tree, **joining):
            return Verdict(False, f"of {number} links another tree is wanted, {tree}")
        longest = plan
    fidelity = play(longest, shots=2000, seed=8).fidelity
    return Verdict(True, f"all trees fit; six links reach a fidelity of {fidelity}")


def _bit_check() -> QuantumCircuit:
    """The parity of both pairs in Z."""
    circuit = QuantumCircuit(4, 2)
    for keep, spend, bit in ((0, 1, 0), (2, 3, 1)):
        circuit.cx(keep, spend)
        circuit.measure(spend, bit)
    return circuit


def _seen(peek: Callable[[float], Eve]) -> float:
    """Error rate of all sifted bits where Eve is right in 90 % of the cases."""
    found = BB84(eve=peek(2 * float(np.arcsin(0.8)))).run(400_000, seed=4).qber
    return float("nan") if found is None else found.best


EXERCISES: dict[int, Exercise] = {
    1: NumberExercise(
        _checked,
        "kept are pairs of which both are right or both wrong: F^2 + (1 - F)^2",
        slips=((0.81, "that both are right is one thing, that they are accepted another"),),
    ),
    2: PlayedExercise(_strategy, "two numbers say how far it has grown; a flag whose turn it is"),
    3: CircuitExercise(_bit_check, "a CNOT on each side, from the pair to keep; then measure in Z"),
    4: NumberExercise(
        _seen,
        "cos(theta/2) follows from sin(theta/2) = 0.8; half of the sifted bits are Z",
        tolerance=0.04,
        slips=((0.2, "that is the one in X alone"),),
    ),
}
