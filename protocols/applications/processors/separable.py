"""Separable bounds: how close parties without entanglement come to a state or to a gate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from qiskit import QuantumCircuit

__all__ = ["largest_overlap", "of_gate", "of_state"]

_STARTS, _SWEEPS = 24, 200


def of_state(circuit: QuantumCircuit, parts: Sequence[Sequence[int]]) -> float:
    """Largest fidelity of separable states with the state that a circuit prepares from 0.

    Args:
        circuit: Without measurements.
        parts: The qubits of each party.

    Examples:
        >>> from qnet.circuits import ghz
        >>> round(of_state(ghz(3), [[0], [1], [2]]), 9)
        0.5
    """
    from qiskit.quantum_info import Statevector

    size = circuit.num_qubits
    tensor = Statevector(circuit).data.reshape((2,) * size).transpose(range(size - 1, -1, -1))
    return largest_overlap(tensor, parts)


def of_gate(circuit: QuantumCircuit, parts: Sequence[Sequence[int]]) -> float:
    """Bound on the process fidelity with a gate that parties reach without entanglement.

    What they do by local operations and messages has a separable Choi state, so it is not above
    the largest fidelity of such states with that of the gate.

    Args:
        circuit: Without measurements.
        parts: The qubits of each party.

    Examples:
        >>> from qiskit import QuantumCircuit
        >>> toffoli = QuantumCircuit(3)
        >>> _ = toffoli.ccx(0, 1, 2)
        >>> round(of_gate(toffoli, [[0], [1, 2]]), 9)
        0.75
    """
    from qiskit.quantum_info import Operator

    size = circuit.num_qubits
    tensor = Operator(circuit).data.reshape((2,) * (2 * size)) / np.sqrt(2.0**size)
    order = [*range(size - 1, -1, -1), *range(2 * size - 1, size - 1, -1)]
    both = [[*part, *(size + qubit for qubit in part)] for part in parts]
    return largest_overlap(tensor.transpose(order), both)


def largest_overlap(tensor: NDArray[np.complex128], parts: Sequence[Sequence[int]]) -> float:
    """Largest squared overlap of a pure state with product states of its parts.

    For two parts it is the largest squared Schmidt coefficient; for more it is found by maximising
    over one part after the other, from several starts.

    Args:
        tensor: The state, one axis for each qubit.
        parts: The axes of each part.
    """
    kept = [list(part) for part in parts if part]
    if len(kept) < 2:
        return 1.0
    order = [axis for part in kept for axis in part]
    joined = tensor.transpose(order).reshape([2 ** len(part) for part in kept])
    if len(kept) == 2:
        return float(np.linalg.svd(joined, compute_uv=False)[0] ** 2)
    rng = np.random.default_rng(1)
    return max(_climbed(joined, rng) for _ in range(_STARTS))


def _climbed(tensor: NDArray[np.complex128], rng: np.random.Generator) -> float:
    """A local maximum from a random start."""
    factors: list[NDArray[np.complex128]] = []
    for size in tensor.shape:
        factor = np.asarray(rng.normal(size=size) + 1j * rng.normal(size=size))
        factors.append(factor / np.linalg.norm(factor))
    best = 0.0
    for _ in range(_SWEEPS):
        for place in range(tensor.ndim):
            rest = tensor
            for axis in reversed(range(tensor.ndim)):
                if axis != place:
                    rest = np.tensordot(rest, factors[axis].conj(), axes=(axis, 0))
            norm = float(np.linalg.norm(rest))
            factors[place] = rest / norm if norm > 0.0 else factors[place]
        if norm**2 - best < 1e-13:
            break
        best = norm**2
    return norm**2
