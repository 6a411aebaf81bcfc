"""Remote CNOT: a CNOT between two processors, by a cat copy or by teleporting the control."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from protocols.applications.processors.remote_controlled_u import RemoteGate

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

__all__ = ["RemoteCnot"]


@dataclass(frozen=True, kw_only=True, repr=False)
class RemoteCnot(RemoteGate):
    """CNOT between a control in one processor and a target in another.

    Examples:
        >>> from protocols.applications import StateTable
        >>> result = RemoteCnot(state=StateTable(fidelity=0.9)).play()
        >>> print(result["process_fidelity"].value)
        0.9
    """

    name: ClassVar[str] = "remote-cnot"
    title: ClassVar[str] = "CNOT between two processors through one pair"
    cites: ClassVar[tuple[str, ...]] = ("GottesmanChuang1999", "Eisert2000", "Yimsiriwattana2004")

    def gate(self) -> QuantumCircuit:
        """The CNOT."""
        from qiskit import QuantumCircuit

        circuit = QuantumCircuit(2)
        circuit.cx(0, 1)
        return circuit
