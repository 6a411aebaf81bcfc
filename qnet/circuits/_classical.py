"""Classical messages in a circuit: the time they take, and the Pauli gate that they decide on."""

from __future__ import annotations

from qiskit import QuantumCircuit
from qiskit.circuit import Clbit, Qubit

from qnet.errors import check_non_negative

__all__: list[str] = []


def wait(circuit: QuantumCircuit, latency_s: float, *qubits: Qubit) -> None:
    """Let ``qubits`` idle for the travel time of a message; no instruction when it is zero.

    The delay stands outside every ``if_test`` block, because noise of a delay inside one is lost.
    """
    if check_non_negative("latency_s", latency_s) > 0.0:
        for qubit in qubits:
            circuit.delay(float(latency_s), qubit, unit="s")


def correct_x(circuit: QuantumCircuit, bit: Clbit, qubit: Qubit) -> None:
    """Apply X to ``qubit`` when ``bit`` is 1."""
    with circuit.if_test((bit, 1)):
        circuit.x(qubit)


def correct_z(circuit: QuantumCircuit, bit: Clbit, qubit: Qubit) -> None:
    """Apply Z to ``qubit`` when ``bit`` is 1."""
    with circuit.if_test((bit, 1)):
        circuit.z(qubit)
