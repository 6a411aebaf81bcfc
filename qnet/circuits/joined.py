"""Circuits put into larger ones, such that Qiskit draws them."""

from __future__ import annotations

from collections.abc import Sequence

from qiskit import QuantumCircuit
from qiskit.circuit import Clbit, IfElseOp, Qubit

__all__ = ["join"]


def join(
    whole: QuantumCircuit, part: QuantumCircuit, qubits: Sequence[Qubit], clbits: Sequence[Clbit]
) -> None:
    """Append a circuit to another in place, with conditional blocks on the bits of the whole.

    ``QuantumCircuit.compose`` leaves the bits of the part inside of its blocks, and Qiskit's
    drawers look for them in vain in the whole.

    Args:
        whole: The circuit that grows.
        part: What is appended.
        qubits: Qubits of the whole, for those of the part.
        clbits: Bits of the whole, for those of the part.

    Examples:
        >>> from qiskit import ClassicalRegister, QuantumRegister
        >>> from qnet.circuits import cat_uncopy
        >>> register, bit = QuantumRegister(2, "all"), ClassicalRegister(1, "seen")
        >>> whole = QuantumCircuit(register, bit)
        >>> join(whole, cat_uncopy(), whole.qubits, whole.clbits)
        >>> "seen_0=0x1" in str(whole.draw("text"))
        True
    """
    first = len(whole.data)
    whole.compose(part, qubits, clbits, inplace=True)
    for index in range(first, len(whole.data)):
        step = whole.data[index]
        if isinstance(step.operation, IfElseOp):
            blocks = [
                QuantumCircuit(list(step.qubits), list(step.clbits)).compose(
                    block, step.qubits, step.clbits
                )
                for block in step.operation.blocks
            ]
            whole.data[index] = step.replace(operation=step.operation.replace_blocks(blocks))
