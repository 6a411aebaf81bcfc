"""Circuits in plain gates: those of one and two qubits that the noise of a node knows."""

from __future__ import annotations

from qiskit import QuantumCircuit, transpile
from qiskit.circuit import Gate

from qnet.hardware.gates import SINGLE_QUBIT_GATES, TWO_QUBIT_GATES

__all__ = ["in_plain_gates"]

_PLAIN = (*SINGLE_QUBIT_GATES, *TWO_QUBIT_GATES)


def in_plain_gates(circuit: QuantumCircuit) -> QuantumCircuit:
    """The same circuit with every other gate written in plain ones, up to a global phase.

    Args:
        circuit: The circuit; measurements, branches, delays, channels and gates that carry a label
            stay as they are.

    Returns:
        A new circuit on the same registers, or the circuit itself.

    Raises:
        qiskit.exceptions.QiskitError: If a gate has no definition.

    Examples:
        >>> circuit = QuantumCircuit(3)
        >>> _ = circuit.ccx(0, 1, 2)
        >>> in_plain_gates(circuit).count_ops()["cx"]
        6
    """
    if not any(_is_other(instruction.operation) for instruction in circuit.data):
        return circuit
    plain = circuit.copy_empty_like()
    for instruction in circuit.data:
        if _is_other(instruction.operation):
            one = QuantumCircuit(len(instruction.qubits))
            one.append(instruction.operation, one.qubits)
            written = transpile(one, basis_gates=list(_PLAIN), optimization_level=0)
            plain.compose(written, instruction.qubits, inplace=True)
        else:
            plain.append(instruction)
    return plain


def _is_other(operation: object) -> bool:
    """Whether it is a gate that is not plain."""
    return (
        isinstance(operation, Gate)
        and not operation.label
        and operation.name not in (*_PLAIN, "id")
    )
