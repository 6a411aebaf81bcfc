"""Answers on Werner pairs, the CHSH value, and the four Bell states."""

from __future__ import annotations

from functools import cache

import numpy as np
from qiskit import QuantumCircuit
from scipy.optimize import brentq

from experiments.notebooks.kinds import CircuitExercise, Exercise, NumberExercise
from protocols.qkd import BBM92, E91, InterceptResend
from qnet.estimate import Estimate
from qnet.states import chsh, fidelity, werner

__all__ = ["EXERCISES"]


def _least_fidelity() -> float:
    p = brentq(lambda p: float(chsh(werner(p))) - 2, 0.5, 1.0)
    return float(fidelity(werner(p)))


@cache
def _fraction_without_violation() -> float:
    """Where the CHSH value of two runs, a straight line between them, reaches 2."""
    runs = [E91(eve=InterceptResend(fraction=f)).run(400_000, seed=5) for f in (0.0, 1.0)]
    alone, tapped = (run.chsh.best for run in runs if run.chsh is not None)
    return (alone - 2) / (alone - tapped)


@cache
def _werner_errors() -> Estimate:
    qber = BBM92(pair=werner((4 * 0.925 - 1) / 3)).run(200_000, seed=4).qber
    assert qber is not None, "no bit was sifted"
    return qber


def _singlet() -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.x([0, 1])
    circuit.h(0)
    circuit.cx(0, 1)
    return circuit


EXERCISES: dict[int, Exercise] = {
    1: NumberExercise(
        _least_fidelity,
        "S = 2 sqrt(2) p, and F = (1 + 3 p)/4",
        tolerance=0.005,
        slips=((float(1 / np.sqrt(2)), "that is p; the fidelity is (1 + 3 p)/4"),),
    ),
    2: NumberExercise(
        _fraction_without_violation,
        "the dashed line of the figure is 2 sqrt(2) (1 - f/2)",
        tolerance=0.01,
    ),
    3: NumberExercise(
        _werner_errors,
        "a share p of the pairs agrees always, the others in half of the cases",
        slips=((0.075, "each of the other Bell states errs in two of the three bases only"),),
    ),
    4: CircuitExercise(
        _singlet,
        "start from the circuit of Phi+; an X makes Psi of it, a Z turns the sign",
        prepares=True,
    ),
}
