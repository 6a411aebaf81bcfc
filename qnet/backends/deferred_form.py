"""Deferred measurements: feed-forward as controlled gates, with every readout at the end.

The principle of deferred measurement: M. A. Nielsen and I. L. Chuang, *Quantum Computation and
Quantum Information*, section 4.4 (Cambridge University Press, 2010).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.backends.conditions import BranchError, condition_of

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.circuit import CircuitInstruction, Instruction, Qubit

__all__ = ["deferred_form", "measured_last", "reused_qubits"]

_PASSIVE = frozenset({"barrier", "delay"})


def deferred_form(circuit: QuantumCircuit) -> QuantumCircuit:
    """A circuit without feed-forward: measured qubits control gates, and are read out at the end.

    Args:
        circuit: A circuit whose ``if_test`` blocks hold gates.

    Returns:
        The circuit, on the same qubits and bits.

    Raises:
        BranchError: If a measured qubit is used again, a bit is written twice or never, or a branch
            holds more than gates, or an alternative to a value of several bits.

    Examples:
        >>> from qnet.circuits import swap_feed_forward
        >>> sorted(deferred_form(swap_feed_forward()).count_ops().items())
        [('cx', 2), ('cz', 1), ('h', 1), ('measure', 2)]
    """
    reused = reused_qubits(circuit)
    if reused:
        reason = f"qubit {reused[0]} is used again after its measurement"
        raise BranchError(reason)
    plain = circuit.copy_empty_like()
    source: dict[int, Qubit] = {}
    readouts = []
    for instruction in _without_idle_records(circuit):
        operation = instruction.operation
        if operation.name == "measure":
            bit = circuit.find_bit(instruction.clbits[0]).index
            if bit in source:
                reason = "a bit is measured twice"
                raise BranchError(reason)
            source[bit] = instruction.qubits[0]
            readouts.append(instruction)
        elif operation.name == "if_else":
            clbits, value = condition_of(operation, circuit)
            if not set(clbits) <= set(source):
                reason = "a branch asks for a bit that is not measured before it"
                raise BranchError(reason)
            controls = [source[bit] for bit in clbits]
            _append_branch(plain, operation, list(instruction.qubits), controls, value)
        else:
            plain.append(instruction)
    for instruction in readouts:
        plain.append(instruction)
    return plain


def _append_branch(
    plain: QuantumCircuit,
    operation: Instruction,
    qubits: list[Qubit],
    controls: list[Qubit],
    value: int,
) -> None:
    from qiskit.circuit import Gate

    blocks = [block for block in operation.blocks if block is not None]
    if len(blocks) == 2 and len(controls) != 1:
        reason = "a branch has an alternative to a value of several bits"
        raise BranchError(reason)
    for number, block in enumerate(blocks):
        state = value if number == 0 else 1 - value
        for step in block.data:
            if step.operation.name == "barrier":
                continue
            if not isinstance(step.operation, Gate):
                reason = f"a branch holds {step.operation.name!r}, which is no gate"
                raise BranchError(reason)
            on = [qubits[block.find_bit(qubit).index] for qubit in step.qubits]
            if set(on) & set(controls):
                reason = "a branch acts on the qubit that it was decided by"
                raise BranchError(reason)
            gate = step.operation.control(len(controls), ctrl_state=state, annotated=False)
            plain.append(gate, [*controls, *on])


def reused_qubits(circuit: QuantumCircuit) -> list[int]:
    """Indices of the qubits that do more than wait after a measurement.

    Examples:
        >>> from qiskit import QuantumCircuit
        >>> circuit = QuantumCircuit(2, 2)
        >>> _ = circuit.measure([0, 1], [0, 1]), circuit.reset(1)
        >>> reused_qubits(circuit)
        [1]
    """
    measured: set[int] = set()
    found: list[int] = []
    for instruction in circuit.data:
        if instruction.operation.name in _PASSIVE:
            continue
        on = [circuit.find_bit(qubit).index for qubit in instruction.qubits]
        found += [qubit for qubit in on if qubit in measured and qubit not in found]
        if instruction.operation.name == "measure":
            measured.update(on)
    return found


def measured_last(circuit: QuantumCircuit) -> QuantumCircuit:
    """The same circuit with its measurements behind everything else, where no qubit is used again.

    Examples:
        >>> from qnet.circuits import teleportation
        >>> circuit = teleportation(frame=True)
        >>> _ = circuit.h(2)
        >>> [step.operation.name for step in measured_last(circuit).data][-2:]
        ['measure', 'measure']
    """
    if reused_qubits(circuit):
        return circuit
    plain = circuit.copy_empty_like()
    steps = _without_idle_records(circuit)
    for step in sorted(steps, key=lambda step: step.operation.name == "measure"):
        plain.append(step)
    return plain


def _without_idle_records(circuit: QuantumCircuit) -> list[CircuitInstruction]:
    """The steps of a circuit without waits of qubits that were measured: their record waits."""
    measured: set[Qubit] = set()
    kept = []
    for step in circuit.data:
        if step.operation.name == "measure":
            measured.update(step.qubits)
        if step.operation.name != "delay" or not set(step.qubits) <= measured:
            kept.append(step)
    return kept
