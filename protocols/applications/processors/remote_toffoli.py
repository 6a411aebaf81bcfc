"""Remote Toffoli: one or both controls stand in other processors than the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from protocols.applications.processors.links import copied, uncopied
from protocols.applications.processors.processor import ProcessorApplication
from protocols.applications.processors.separable import of_gate
from protocols.applications.processors.steps import Step, StepSequence, pair_wire
from qnet import schema
from qnet.schema import Whole

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from protocols.applications.delivered import Delivered
    from protocols.applications.result import AppFigure

__all__ = ["RemoteToffoli"]


@dataclass(frozen=True, kw_only=True, repr=False)
class RemoteToffoli(ProcessorApplication):
    """Toffoli gate whose target stands elsewhere than one or both of its controls.

    Each remote control is copied to the target's processor by a pair of its own.

    Args:
        remote_controls: 1: in A, target and the other control in B; 2: in A and B, target in C.

    Examples:
        >>> from protocols.applications import StateTable
        >>> result = RemoteToffoli(state=StateTable(fidelity=0.88)).play()
        >>> print(result["process_fidelity"].value)
        0.89
    """

    name: ClassVar[str] = "remote-toffoli"
    title: ClassVar[str] = "Toffoli gate with controls in other processors"
    cites: ClassVar[tuple[str, ...]] = ("Eisert2000", "Yimsiriwattana2004")

    remote_controls: int = schema.key(1, check=Whole(minimum=1, maximum=2))

    def steps(self) -> StepSequence:
        """Copies, the gate, and the copies taken back."""
        target, late = "BC"[self.remote_controls - 1], self.feed_forward_s
        sources = "AB"[: self.remote_controls]
        copies = [pair_wire(k, target) for k in range(self.remote_controls)]
        steps = [copied(f"control{k}", k, home, target, late) for k, home in enumerate(sources)]
        controls = [*copies, *(f"control{k}" for k in range(self.remote_controls, 2))]
        steps.append(Step(circuit=self.gate(), wires=(*controls, "target")))
        steps += [uncopied(f"control{k}", copy, late) for k, copy in enumerate(copies)]
        data = ("control0", "control1", "target")
        pairs = tuple((home, target) for home in sources)
        return StepSequence(steps=tuple(steps), data=data, outputs=data, pairs=pairs)

    def gate(self) -> QuantumCircuit:
        """The Toffoli gate."""
        from qiskit import QuantumCircuit

        circuit = QuantumCircuit(3)
        circuit.ccx(0, 1, 2)
        return circuit

    def figures(self, delivered: Delivered) -> tuple[AppFigure, ...]:
        """Process fidelity, and the average fidelity of the gate on a random state."""
        parts = [[0], [1, 2]] if self.remote_controls == 1 else [[0], [1], [2]]
        return self.gate_figures(delivered, self.gate(), of_gate(self.gate(), parts))
