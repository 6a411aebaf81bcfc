"""Outcomes of circuits: probabilities of what is read out of a Pauli vector, and ideal states."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from protocols.applications.effects import outcome_effects
from qnet.instrument.pauli import pauli_vector

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from qnet.noise import Noise
    from qnet.states.pauli import Array

__all__ = ["hellinger_fidelity", "outcome_map", "pure_state"]


def outcome_map(qubits: int, measured: Sequence[int], noise: Noise | None) -> Array:
    """Map from the Pauli vector of some qubits to the probabilities of outcomes.

    Args:
        qubits: Number of qubits, the first most significant in the vector.
        measured: Those that are read out; the others are ignored.
        noise: Noise of the readout.

    Returns:
        Shape (2**len(measured), 4**qubits); the first measured qubit is the least significant bit
        of an outcome, as in Qiskit.

    Examples:
        >>> outcome_map(2, [0], None)[:, [0, 12]]
        array([[ 0.5,  0.5],
               [ 0.5, -0.5]])
    """
    from qiskit import QuantumCircuit

    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0)
    _, read = outcome_effects(circuit, noise, circuit.qubits)
    ignored = np.array([[1.0, 0.0, 0.0, 0.0]])
    found = np.ones((1, 1))
    for qubit in range(qubits):
        found = np.kron(found, read if qubit in measured else ignored)
    size = len(measured)
    order = (*range(size - 1, -1, -1), size)
    tensor = found.reshape((2,) * size + (4**qubits,)).transpose(order)
    return np.asarray(tensor.reshape(2**size, -1))


def pure_state(circuit: QuantumCircuit) -> Array:
    """Pauli vector (4**n,) of what a circuit of gates makes of 0, first qubit most significant.

    Examples:
        >>> from qiskit import QuantumCircuit
        >>> circuit = QuantumCircuit(1)
        >>> _ = circuit.h(0)
        >>> pure_state(circuit).round(12) + 0.0
        array([1., 1., 0., 0.])
    """
    from qiskit.quantum_info import Statevector

    vector = Statevector(circuit).data
    return np.asarray(pauli_vector(np.outer(vector, vector.conj())))


def hellinger_fidelity(found: Array, wanted: Array) -> Array:
    """Hellinger fidelity (...,) of distributions (..., k) with another one (k,).

    Examples:
        >>> float(hellinger_fidelity(np.array([0.5, 0.5]), np.array([1.0, 0.0])).round(12))
        0.5
    """
    overlap = np.sqrt(np.clip(found, 0.0, None) * np.clip(wanted, 0.0, None)).sum(axis=-1)
    return np.asarray(overlap**2)
