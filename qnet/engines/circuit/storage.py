"""Storage in a joint circuit that is not exponential: one delay for each stretch of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from qiskit import QuantumCircuit
from qiskit.circuit import Qubit

from qnet.hardware.memory import Memory

__all__ = ["joined_delays"]

#: What does not end the storage of a qubit: waiting, marks, and corrections that depend on bits.
_STORED = frozenset({"delay", "barrier", "if_else"})


def joined_delays(
    circuit: QuantumCircuit,
    memories: Mapping[str, Memory],
    delivered: Iterable[tuple[int, tuple[Qubit, Qubit]]] = (),
) -> QuantumCircuit:
    """The circuit with the delays of each stretch of storage joined to one at its end.

    Only qubits whose memory has no decay rates are touched: there, waiting for t and then for u is
    not waiting for t + u. Corrections commute with their storage.

    Args:
        circuit: The circuit, whose delays are in seconds.
        memories: Memory by the name of the quantum register.
        delivered: Pairs that a distillation delivers, each after so many instructions: their
            storage begins there.
    """
    pending: dict[Qubit, float] = {
        qubit: 0.0
        for register in circuit.qregs
        for qubit in register
        if register.name in memories and memories[register.name].rates is None
    }
    if not pending:
        return circuit
    joined = circuit.copy_empty_like()

    def end(qubit: Qubit) -> None:
        if pending.get(qubit, 0.0) > 0.0:
            joined.delay(pending[qubit], qubit, unit="s")
            pending[qubit] = 0.0

    begins = dict(delivered)
    for number, step in enumerate(circuit.data):
        for qubit in begins.get(number, ()):
            end(qubit)
        name, qubits = step.operation.name, step.qubits
        if name == "delay" and qubits[0] in pending:
            pending[qubits[0]] += float(step.operation.duration)
            continue
        if name not in _STORED:
            for qubit in qubits:
                end(qubit)
        joined.append(step.operation, qubits, step.clbits)
    for qubit in pending:
        end(qubit)
    return joined
