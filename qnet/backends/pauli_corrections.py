"""Pauli corrections in software: feed-forward that only flips bits which are measured later.

A gate X, Y or Z that a measured bit decides on need not be applied: it is carried through the rest
of the circuit, as a Pauli operator under conjugation by each gate, and flips the bits of the
measurements with which it anticommutes (E. Knill, Nature 434, 39 (2005), doi:10.1038/nature03350).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from qnet.backends.conditions import BranchError, condition_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from qiskit import QuantumCircuit
    from qiskit.circuit import Gate, Instruction

__all__ = ["BitFlip", "Decision", "corrected_bits", "without_branches"]

_PAULIS = frozenset({"id", "x", "y", "z"})


@dataclass(frozen=True, slots=True)
class Decision:
    """A condition on measured bits, which decides on a Pauli correction.

    Args:
        clbits: Indices of the bits, least significant first.
        value: The value that they must have.
        negated: Whether the correction comes when they have another one.
    """

    clbits: tuple[int, ...]
    value: int
    negated: bool = False


@dataclass(frozen=True, slots=True)
class BitFlip:
    """A measured bit, flipped once for each of some decisions that came out true.

    Args:
        clbit: Index of the bit.
        decisions: Numbers of the decisions, in their order.
    """

    clbit: int
    decisions: tuple[int, ...]


def corrected_bits(
    bits: NDArray[np.bool_], steps: tuple[Decision | BitFlip, ...]
) -> NDArray[np.bool_]:
    """The bits that would have been recorded if the corrections had been applied.

    Args:
        bits: What was recorded, one column per bit, shape (shots, bits).
        steps: Decisions and flips in the order of the circuit.

    Returns:
        Array of the same shape.

    Examples:
        >>> raw = np.array([[1, 0], [1, 1], [0, 1]], dtype=bool)
        >>> corrected_bits(raw, (Decision((0,), 1), BitFlip(1, (0,)))).astype(int).tolist()
        [[1, 1], [1, 0], [0, 1]]
    """
    bits, made = bits.copy(), []
    for step in steps:
        if isinstance(step, Decision):
            wanted = [bool(step.value >> place & 1) for place in range(len(step.clbits))]
            holds = (bits[:, list(step.clbits)] == wanted).all(axis=1)
            made.append(~holds if step.negated else holds)
        else:
            for number in step.decisions:
                bits[:, step.clbit] ^= made[number]
    return bits


def without_branches(
    circuit: QuantumCircuit,
) -> tuple[QuantumCircuit, tuple[Decision | BitFlip, ...]]:
    """A circuit whose Pauli feed-forward is left to software.

    Args:
        circuit: A circuit whose ``if_test`` blocks hold X, Y and Z alone.

    Returns:
        The circuit without the blocks, and what to do with its recorded bits.

    Raises:
        BranchError: If a block holds more, a correction meets a gate that makes no Pauli operator
            of it, or a bit is written twice.

    Examples:
        >>> from qnet.circuits import teleportation
        >>> circuit = teleportation()
        >>> circuit.measure_all()
        >>> plain, steps = without_branches(circuit)
        >>> "if_else" in plain.count_ops(), steps[-1]
        (False, BitFlip(clbit=4, decisions=(0,)))
    """
    tracker = _Tracker(circuit)
    for instruction in circuit.data:
        on = [circuit.find_bit(qubit).index for qubit in instruction.qubits]
        bits = [circuit.find_bit(clbit).index for clbit in instruction.clbits]
        if instruction.operation.name == "if_else":
            tracker.branch(instruction.operation, on)
        else:
            tracker.carry(instruction.operation, on, bits)
            tracker.plain.append(instruction)
    return tracker.plain, tuple(tracker.steps)


@dataclass
class _Tracker:
    """The Pauli operator of each decision, carried through a circuit."""

    circuit: QuantumCircuit
    steps: list[Decision | BitFlip] = field(default_factory=list)
    frames: list[dict[int, str]] = field(default_factory=list)
    written: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.plain = self.circuit.copy_empty_like()

    def branch(self, operation: Instruction, on: list[int]) -> None:
        """A new decision for each block."""
        clbits, value = condition_of(operation, self.circuit)
        for number, block in enumerate(each for each in operation.blocks if each is not None):
            frame: dict[int, str] = {}
            for step in block.data:
                name = step.operation.name
                if name not in _PAULIS:
                    reason = f"a branch holds {name!r}, which is no Pauli gate"
                    raise BranchError(reason)
                qubit = on[block.find_bit(step.qubits[0]).index]
                frame[qubit] = _product(frame.get(qubit, "I"), name.replace("id", "i").upper())
            self.steps.append(Decision(clbits, value, negated=number == 1))
            self.frames.append(frame)

    def carry(self, operation: Instruction, on: list[int], bits: list[int]) -> None:
        """Take every correction past an operation."""
        if operation.name == "measure":
            if bits[0] in self.written:
                reason = "a bit is measured twice"
                raise BranchError(reason)
            self.written.add(bits[0])
            flips = [k for k, frame in enumerate(self.frames) if frame.get(on[0], "I") in "XY"]
            if flips:
                self.steps.append(BitFlip(bits[0], tuple(flips)))
        elif operation.name == "reset":
            for frame in self.frames:
                frame.pop(on[0], None)
        elif operation.name != "delay" and not getattr(operation, "_directive", False):
            for frame in self.frames:
                letters = "".join(frame.get(qubit, "I") for qubit in on)
                if set(letters) != {"I"}:
                    frame.update(zip(on, _conjugated(operation, letters), strict=True))


def _product(first: str, second: str) -> str:
    from qnet.circuits import frame_product

    return frame_product(first, second)


def _conjugated(operation: Gate | Instruction, letters: str) -> str:
    """The Pauli operator U P U^dagger, without its sign; a letter per qubit of the gate."""
    from qiskit.exceptions import QiskitError
    from qiskit.quantum_info import Operator, Pauli, SparsePauliOp

    try:
        unitary = Operator(operation).data
    except (QiskitError, TypeError) as error:
        reason = f"a correction meets {operation.name!r}, which is no gate with a matrix"
        raise BranchError(reason) from error
    matrix = Pauli(letters[::-1]).to_matrix()
    turned = unitary @ matrix @ unitary.conj().T
    found = SparsePauliOp.from_operator(Operator(turned)).simplify(atol=1e-9)
    if len(found) != 1:
        reason = f"a correction meets {operation.name!r}, which makes no Pauli operator of it"
        raise BranchError(reason)
    return str(found.paulis[0].to_label())[::-1]
