"""Conditions of ``if_test`` blocks, and why a circuit cannot do without them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.circuit import Instruction

__all__ = ["BranchError", "condition_of"]


class BranchError(Exception):
    """A branch of a circuit that has no form without feed-forward; its text says why."""


def condition_of(operation: Instruction, circuit: QuantumCircuit) -> tuple[tuple[int, ...], int]:
    """Bits of a branch's condition, least significant first, and the value that they must have.

    Args:
        operation: The ``if_else`` of the circuit.
        circuit: The circuit.

    Raises:
        BranchError: If it is an expression, neither a bit nor a register.

    Examples:
        >>> from qnet.circuits import swap_feed_forward
        >>> circuit = swap_feed_forward()
        >>> [condition_of(step.operation, circuit) for step in circuit.data[-2:]]
        [((0,), 1), ((1,), 1)]
    """
    from qiskit.circuit import Clbit

    if not isinstance(operation.condition, tuple):
        reason = f"a condition is an expression ({operation.condition})"
        raise BranchError(reason)
    bits, value = operation.condition
    members = [bits] if isinstance(bits, Clbit) else list(bits)
    return tuple(circuit.find_bit(bit).index for bit in members), int(value)
