"""Answers on swapped pairs, teleportation, and the Bell measurement of a station."""

from __future__ import annotations

import numpy as np
from qiskit import QuantumCircuit

from experiments.notebooks.kinds import CircuitExercise, Exercise, NumberExercise
from qnet.circuits import teleportation
from qnet.instrument import compile as compile_circuit
from qnet.states import fidelity, werner

__all__ = ["EXERCISES"]

_SWAP = np.diag([1, 1, -1, 1])


def _swapped() -> float:
    pair = werner((4 * 0.95 - 1) / 3)
    return float(fidelity(pair @ _SWAP @ pair))


def _links() -> int:
    pair = long = werner(0.96)
    number = 1
    while float(fidelity(long)) >= 0.8:
        long, number = long @ _SWAP @ pair, number + 1
    return number


def _teleported() -> float:
    bare = teleportation()
    instrument = compile_circuit(bare, inputs=bare.qubits, outputs=[bare.qubits[2]])
    plus_and_pair = np.kron([1, 1, 0, 0], werner((4 * 0.85 - 1) / 3).ravel())
    return float(1 + (instrument.channel() @ plus_and_pair)[1]) / 2


def _bell_measurement() -> QuantumCircuit:
    circuit = QuantumCircuit(2, 2)
    circuit.cx(0, 1)
    circuit.h(0)
    circuit.measure([0, 1], [0, 1])
    return circuit


EXERCISES: dict[int, Exercise] = {
    1: NumberExercise(
        _swapped,
        "turn F into p, multiply, and turn back",
        slips=((0.95**2, "a pair with two errors can be right again"),),
    ),
    2: NumberExercise(
        _links,
        "(1 + 3 p^n)/4 < 0.8, with whole n",
        slips=((7.0, "seven links are still above 0.8"),),
    ),
    3: NumberExercise(
        _teleported,
        "the pair's correlations multiply the message's Bloch vector",
        slips=((0.85, "a message also survives some pairs that are not in Phi+"),),
    ),
    4: CircuitExercise(
        _bell_measurement,
        "undo the circuit that makes a Bell pair, then measure both qubits",
        keeps=False,
    ),
}
