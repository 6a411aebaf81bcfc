"""Remote CNOT: a CNOT between two processors at the price of one pair, by a cat copy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from protocols.applications.application import Application
from protocols.applications.effects import process_fidelity
from protocols.applications.needs import Need
from protocols.applications.result import AppFigure
from qnet.circuits import teleported_cnot

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from protocols.applications.delivered import Delivered

__all__ = ["RemoteCnot"]


@dataclass(frozen=True, kw_only=True, repr=False)
class RemoteCnot(Application):
    """CNOT between a control in one processor and a target in another.

    Examples:
        >>> from protocols.applications import StateTable
        >>> result = RemoteCnot(state=StateTable(fidelity=0.9)).play()
        >>> print(result["process_fidelity"].value)
        0.9
    """

    name: ClassVar[str] = "remote-cnot"
    title: ClassVar[str] = "CNOT between two processors through one pair"
    cites: ClassVar[tuple[str, ...]] = ("GottesmanChuang1999", "Eisert2000")

    @property
    def needs(self) -> tuple[Need, ...]:
        """One pair."""
        return (Need(),)

    def circuit(self) -> QuantumCircuit:
        """The CNOT with its cat copy and corrections; the pair is ``alice`` and ``bob``."""
        return teleported_cnot()

    def figures(self, delivered: Delivered) -> tuple[AppFigure, ...]:
        """Process fidelity, and the average fidelity of the gate on a random state."""
        from qiskit import QuantumCircuit

        circuit = self.circuit()
        control, alice, bob, target = circuit.qubits
        ideal = QuantumCircuit(2)
        ideal.cx(0, 1)
        row = process_fidelity(
            circuit, ideal, data=[control, target], inputs=[alice, bob], noise=self.noise
        )
        process = delivered.mean(delivered.apply(row)[:, 0], low=0.0, high=1.0)
        return (
            AppFigure(name="process_fidelity", value=process, title="process fidelity"),
            AppFigure(
                name="average_fidelity",
                value=process.map(lambda fidelity: (4.0 * fidelity + 1.0) / 5.0),
                title="average gate fidelity",
            ),
        )
