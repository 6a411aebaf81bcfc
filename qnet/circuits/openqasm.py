"""OpenQASM 3 of a circuit, with waits as delays, or as boxes that a device fills itself.

A. W. Cross et al., ACM Trans. Quantum Comput. 3, 12 (2022), doi:10.1145/3505636: ``box`` holds what
happens within a given duration, ``stretch`` is a duration that the compiler finds.
"""

from __future__ import annotations

from collections.abc import Collection

from qiskit import QuantumCircuit, qasm3
from qiskit.circuit import CircuitInstruction, Qubit

__all__ = ["openqasm", "with_stretched_waits", "without_simulated_steps"]


#: Channels of a simulation: the noise of a step, which no gate makes.
_CHANNELS = frozenset({"kraus", "superop", "quantum_channel"})


def openqasm(circuit: QuantumCircuit, *, stretch: bool = False) -> str:
    """A circuit in OpenQASM 3.

    Args:
        circuit: The circuit; what the language does not have, because a simulator alone plays it,
            is left out (`without_simulated_steps`), and a comment at the top says so.
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
    plain, left_out = without_simulated_steps(circuit)
    text = str(qasm3.dumps(with_stretched_waits(plain) if stretch else plain)).strip()
    if not left_out:
        return text
    return f"// left out, of a simulation: {', '.join(left_out)}\n{text}"


def without_simulated_steps(
    circuit: QuantumCircuit, played: Collection[str] = ()
) -> tuple[QuantumCircuit, tuple[str, ...]]:
    """A circuit without the steps that no device plays, only a simulator.

    They are the ``save_...`` instructions of Aer, and channels: the noise of a simulated step, in
    whose place a device brings its own.

    Args:
        circuit: The circuit.
        played: Names of channels that are played all the same.

    Returns:
        The circuit, and the labels or names of what was left out, each once.

    Examples:
        >>> from qiskit_aer import AerSimulator
        >>> circuit = QuantumCircuit(1)
        >>> _ = circuit.h(0), circuit.save_statevector()
        >>> plain, left_out = without_simulated_steps(circuit)
        >>> dict(plain.count_ops()), left_out
        ({'h': 1}, ('statevector',))
    """
    refused = {name for name in circuit.count_ops() if name.startswith("save_")}
    refused |= _CHANNELS - set(played)
    if refused.isdisjoint(circuit.count_ops()):
        return circuit, ()
    plain = circuit.copy_empty_like()
    left_out: dict[str, None] = {}
    for step in circuit.data:
        if step.operation.name in refused:
            left_out[step.operation.label or step.operation.name] = None
        else:
            plain.append(step)
    return plain, tuple(left_out)


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
