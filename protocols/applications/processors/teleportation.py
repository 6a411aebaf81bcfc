"""Teleportation: a qubit moves to another processor at the price of one pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from protocols.applications.processors.processor import ProcessorApplication
from protocols.applications.processors.separable import of_state
from protocols.applications.processors.steps import Step, StepSequence
from protocols.applications.result import AppFigure
from qnet.circuits import bell_pair, teleportation

if TYPE_CHECKING:
    from protocols.applications.delivered import Delivered
    from qnet.states.pauli import Array

__all__ = ["Teleportation"]

#: Bloch vectors of the six states that are sent, by name.
SENT = {
    "0": (0.0, 0.0, 1.0),
    "1": (0.0, 0.0, -1.0),
    "+": (1.0, 0.0, 0.0),
    "-": (-1.0, 0.0, 0.0),
    "+i": (0.0, 1.0, 0.0),
    "-i": (0.0, -1.0, 0.0),
}


@dataclass(frozen=True, kw_only=True, repr=False)
class Teleportation(ProcessorApplication):
    """A qubit that moves from one processor to another by a pair and two bits.

    C. H. Bennett et al., Phys. Rev. Lett. 70, 1895 (1993); what the average over all states is
    worth without entanglement: S. Massar and S. Popescu, Phys. Rev. Lett. 74, 1259 (1995).

    Examples:
        >>> from protocols.applications import StateTable
        >>> result = Teleportation(state=StateTable(fidelity=0.94)).play()
        >>> print(result["process_fidelity"].value, result["average_fidelity"].value)
        0.94 0.96
    """

    name: ClassVar[str] = "teleportation"
    title: ClassVar[str] = "a qubit moves to another processor through one pair"
    cites: ClassVar[tuple[str, ...]] = ("Bennett1993", "MassarPopescu1995")

    def steps(self) -> StepSequence:
        """One teleportation, from A to B."""
        circuit = teleportation(latency_s=self.feed_forward_s)
        wires = ("message", "pair0_A", "pair0_B")
        step = Step(circuit=circuit, wires=wires, spent=wires[:2], role="copy")
        return StepSequence(
            steps=(step,), data=("message",), outputs=("pair0_B",), pairs=(("A", "B"),)
        )

    def figures(self, delivered: Delivered) -> tuple[AppFigure, ...]:
        """Process fidelity, its average over all states, and that of six states each."""
        from qiskit import QuantumCircuit

        # What comes in is at A, what goes out at B: together they are as a pair.
        bound = of_state(bell_pair(), [[0], [1]])
        matrices = self.transferred(delivered)
        sent = tuple(
            delivered.mean(_kept(matrices, bloch), low=0.0, high=1.0) for bloch in SENT.values()
        )
        return (
            *self.gate_figures(delivered, QuantumCircuit(1), bound),
            AppFigure(
                name="state_fidelities",
                value=sent,
                title=f"fidelity of the states {', '.join(SENT)}",
                meaning="how much of each comes out",
            ),
        )


def _kept(matrices: Array, bloch: tuple[float, ...]) -> Array:
    """Fidelity (rows,) of what comes out with a pure state that goes in."""
    vector = np.array([1.0, *bloch])
    return np.asarray(np.einsum("i,nij,j->n", vector, matrices, vector) / 2.0)
