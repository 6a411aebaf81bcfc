"""Remote state preparation, an application of one pair and one bit.

C. H. Bennett et al., Phys. Rev. Lett. 87, 077902 (2001), arXiv:quant-ph/0006044.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from protocols.applications import AppFigure, Application
from protocols.applications.effects import expectation
from protocols.applications.needs import Need

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from protocols.applications.delivered import Delivered

__all__ = ["StatePreparation"]

#: Angles on the equator of the Bloch sphere: their mean is that of the whole equator.
ANGLES = (0.0, math.pi / 2.0)


@dataclass(frozen=True, kw_only=True, repr=False)
class StatePreparation(Application):
    r"""Alice knows a state on the equator and prepares it at Bob's: one pair, one bit.

    She measures her half in the basis :math:`(|0\rangle \pm e^{i\phi}|1\rangle)/\sqrt2` and sends
    the outcome; on a minus, Bob applies Z. Of Werner pairs of parameter w, the fidelity is
    :math:`(1 + w)/2`.

    Examples:
        >>> from protocols.applications.state_table import StateTable
        >>> print(StatePreparation(state=StateTable(fidelity=0.925)).play()["fidelity"].value)
        0.95
    """

    name: ClassVar[str] = "state-preparation"
    title: ClassVar[str] = "remote state preparation"

    @property
    def needs(self) -> tuple[Need, ...]:
        """One pair."""
        return (Need(),)

    def circuit(self) -> QuantumCircuit:
        """The state plus, and Bob's check of it."""
        return _round(0.0)

    def figures(self, delivered: Delivered) -> tuple[AppFigure, ...]:
        """Fidelity of the prepared state, mean over the equator."""
        rows = []
        for angle in ANGLES:
            circuit = _round(angle)
            rows.append(
                expectation(
                    circuit,
                    self.noise,
                    circuit.qubits,
                    lambda outcome: float(outcome["check"] == "0"),
                )
            )
        found = delivered.apply(np.mean(rows, axis=0))
        return (
            AppFigure(
                name="fidelity",
                value=delivered.mean(found[:, 0], low=0.0, high=1.0),
                title="fidelity of the prepared state",
                meaning="mean over the equator of the Bloch sphere",
            ),
        )


def _round(angle: float) -> QuantumCircuit:
    """Alice's measurement, Bob's correction, and whether his qubit is the conjugate state."""
    from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister

    pair = QuantumRegister(2, "pair")
    sent, check = ClassicalRegister(1, "sent"), ClassicalRegister(1, "check")
    circuit = QuantumCircuit(pair, sent, check, name="state_preparation")
    circuit.rz(-angle, pair[0])
    circuit.h(pair[0])
    circuit.measure(pair[0], sent[0])
    with circuit.if_test((sent, 1)):
        circuit.z(pair[1])
    circuit.rz(angle, pair[1])
    circuit.h(pair[1])
    circuit.measure(pair[1], check[0])
    return circuit
