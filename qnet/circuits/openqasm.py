"""OpenQASM 3 of a circuit, with waits as delays, or as boxes that a device fills itself.

A. Cross et al., ACM Trans. Quantum Comput. 3, 12 (2022), doi:10.1145/3505636: ``box`` holds what
happens within a given duration, ``stretch`` is a duration that the compiler finds.
"""

from __future__ import annotations

from qiskit import QuantumCircuit, qasm3
from qiskit.circuit import CircuitInstruction, Qubit

__all__ = ["openqasm", "with_stretched_waits", "without_saves"]


def openqasm(circuit: QuantumCircuit, *, stretch: bool = False) -> str:
    """A circuit in OpenQASM 3.

    Args:
        circuit: The circuit; ``save_...`` instructions of Aer, which the language does not have,
            are left out.
        stretch: Whether waits become boxes of their duration, within which the device places the
            idle time (`with_stretched_waits`). Aer plays neither; the circuit itself keeps its
            delays.

    Examples:
        >>> from qnet.circuits import idle
        >>> print(openqasm(idle(5e-5, "alice", "bob"), stretch=True))
        OPENQASM 3.0;
        include "stdgates.inc";
        qubit[1] alice;
        qubit[1] bob;
        stretch wait_1;
        box[5e-05s] {
          delay[wait_1] alice[0];
          delay[wait_1] bob[0];
        }
    """
    plain = without_saves(circuit)
    return qasm3.dumps(with_stretched_waits(plain) if stretch else plain).strip()


def without_saves(circuit: QuantumCircuit) -> QuantumCircuit:
    """A circuit without the ``save_...`` instructions of a simulator.

    Examples:
        >>> from qiskit_aer import AerSimulator
        >>> circuit = QuantumCircuit(1)
        >>> _ = circuit.h(0), circuit.save_statevector()
        >>> dict(without_saves(circuit).count_ops())
        {'h': 1}
    """
    names = set(circuit.count_ops())
    if not any(name.startswith("save_") for name in names):
        return circuit
    plain = circuit.copy_empty_like()
    for step in circuit.data:
        if not step.operation.name.startswith("save_"):
            plain.append(step)
    return plain


def with_stretched_waits(circuit: QuantumCircuit) -> QuantumCircuit:
    """A circuit whose waits are boxes of a fixed duration with a stretch in them.

    Qubits that wait for the same message, one delay after the other in the circuit, share a box.
    For export alone: Aer plays neither boxes nor stretches.

    Args:
        circuit: The circuit.

    Examples:
        >>> from qnet.circuits import idle
        >>> [stretch.name for stretch in with_stretched_waits(idle(1e-3)).iter_stretches()]
        ['wait_1']
    """
    boxed = circuit.copy_empty_like()
    waits: list[CircuitInstruction] = []
    number = 0
    for step in [*circuit.data, None]:
        if waits and (step is None or not _joins(step, waits)):
            number += 1
            _append_box(boxed, waits, number)
            waits = []
        if step is not None and step.operation.name == "delay":
            waits.append(step)
        elif step is not None:
            boxed.append(step)
    return boxed


def _joins(step: CircuitInstruction, waits: list[CircuitInstruction]) -> bool:
    """Whether a step is one more qubit that waits for as long."""
    operation, first = step.operation, waits[0].operation
    waiting: set[Qubit] = {qubit for wait in waits for qubit in wait.qubits}
    return (
        operation.name == "delay"
        and (operation.duration, operation.unit) == (first.duration, first.unit)
        and waiting.isdisjoint(step.qubits)
    )


def _append_box(circuit: QuantumCircuit, waits: list[CircuitInstruction], number: int) -> None:
    first = waits[0].operation
    stretch = circuit.add_stretch(f"wait_{number}")
    with circuit.box(duration=first.duration, unit=first.unit):
        for wait in waits:
            circuit.delay(stretch, wait.qubits[0])
