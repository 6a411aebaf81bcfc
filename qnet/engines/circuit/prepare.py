"""Preparation of an elementary pair: a Bell pair, then the channel that makes it the link's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from qiskit import QuantumCircuit
from qiskit.circuit import Instruction

from qnet.circuits import bell_pair
from qnet.engines.circuit.hardware import IDEAL
from qnet.states.pauli import PAULIS, Array, bell_weights, density_matrices, is_bell_diagonal

__all__ = ["channel", "ideal", "prepare_pair"]

_EXACT = 1e-15


def prepare_pair(fano: Array, label: str) -> QuantumCircuit:
    """A circuit on two qubits (left, right) that prepares a state exactly.

    A Bell pair; unless that is the state, then a channel: Pauli errors on the right qubit for a
    Bell-diagonal state (its weights are their probabilities), or for any other state one that puts
    this state in the place of the pair.

    Args:
        fano: The state (4, 4).
        label: What to call the channel in a drawing.

    Examples:
        >>> from qnet.states import werner
        >>> [i.name for i in prepare_pair(werner(0.9), "link 1").data]
        ['h', 'cx', 'kraus']
    """
    circuit = ideal(bell_pair())
    weights = bell_weights(fano).clip(min=0.0)
    if not is_bell_diagonal(fano, 0.0):
        values, vectors = np.linalg.eigh(density_matrices(fano))
        amplitudes = vectors.T * np.sqrt(values.clip(min=0.0))[:, None]
        operators = [np.outer(ket, bra) for ket in amplitudes for bra in np.eye(4)]
        circuit.append(channel(operators, label), circuit.qubits)
    elif weights[0] < 1.0 - _EXACT:
        # Phi+, Psi+, Psi-, Phi- are Phi+ with I, X, Y, Z on its right half.
        operators = [np.sqrt(weight) * p for weight, p in zip(weights, PAULIS, strict=True)]
        circuit.append(channel(operators, label), circuit.qubits[1:])
    return circuit


def ideal(circuit: QuantumCircuit) -> QuantumCircuit:
    """The circuit with labels that keep noise from its gates."""
    result = circuit.copy_empty_like()
    for instruction in circuit.data:
        operation = instruction.operation
        if operation.name in IDEAL:
            operation = operation.to_mutable()
            operation.label = IDEAL[operation.name]
        result.append(operation, instruction.qubits, instruction.clbits)
    return result


def channel(operators: Sequence[npt.NDArray[np.complex128]], label: str) -> Instruction:
    """A channel as a labelled instruction, from its Kraus operators (those that are not zero)."""
    kept = [operator.astype(complex) for operator in operators if np.abs(operator).max() > 1e-12]
    qubits = int(np.log2(len(kept[0])))
    return Instruction("kraus", qubits, 0, kept, label=label)
