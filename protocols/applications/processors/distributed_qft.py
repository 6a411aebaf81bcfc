"""Distributed quantum Fourier transform: its register is in several processors."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from protocols.applications.processors.divided_circuit import DividedApplication
from protocols.applications.processors.separable import of_gate
from protocols.applications.processors.steps import check_size
from qnet import schema
from qnet.errors import ParameterError
from qnet.schema import Whole

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from protocols.applications.delivered import Delivered
    from protocols.applications.result import AppFigure

__all__ = ["DistributedQft"]


@dataclass(frozen=True, kw_only=True, repr=False)
class DistributedQft(DividedApplication):
    r"""Fourier transform :math:`|x\rangle \to 2^{-n/2} \sum_y e^{2 \pi i x y / 2^n} |y\rangle`.

    Hadamards and controlled phases; the bits of y come out in reverse order. All phases of a qubit
    with another processor share one cat copy (A. Yimsiriwattana and S. J. Lomonaco,
    arXiv:quant-ph/0402148).

    Args:
        qubits: Size n of the register.
        number: The x that goes in.
        smallest_angle: Controlled phases below this angle, in rad, are left out.

    Examples:
        >>> result = DistributedQft(qubits=4).play()
        >>> print(result["state_fidelity"].value, result["pairs"].value)
        1 2
    """

    name: ClassVar[str] = "distributed-qft"
    title: ClassVar[str] = "quantum Fourier transform of a register over several processors"
    cites: ClassVar[tuple[str, ...]] = ("Yimsiriwattana2004", "Coppersmith2002", "Eisert2000")

    qubits: int = schema.key(4, check=Whole(minimum=2, maximum=10))
    number: int = schema.key(0, check=Whole(minimum=0))
    smallest_angle: float = schema.key(0.0, range={"minimum": 0.0})

    def check_own(self) -> None:
        """Raise where the number does not fit in the register."""
        if self.number >= 2**self.qubits:
            rule, hint = (
                f"be at most {2**self.qubits - 1}",
                f"the register has {self.qubits} qubits",
            )
            raise ParameterError("number", rule, self.number, hint)
        if not 0.0 <= self.smallest_angle <= math.pi:
            hint = "0 leaves none out"
            raise ParameterError("smallest_angle", "lie in [0, pi]", self.smallest_angle, hint)

    def whole(self) -> QuantumCircuit:
        """The number, and its transform, with the whole register in one place."""
        from qiskit import QuantumCircuit

        circuit = QuantumCircuit(self.qubits)
        for qubit in range(self.qubits):
            if self.number >> qubit & 1:
                circuit.x(qubit)
        return circuit.compose(self.transform())

    def transform(self) -> QuantumCircuit:
        """The transform alone."""
        from qiskit import QuantumCircuit

        circuit = QuantumCircuit(self.qubits)
        for high in reversed(range(self.qubits)):
            circuit.h(high)
            for low in reversed(range(high)):
                angle = math.pi / 2 ** (high - low)
                if angle >= self.smallest_angle:
                    circuit.cp(angle, low, high)
        return circuit

    def figures(self, delivered: Delivered) -> tuple[AppFigure, ...]:
        """Fidelity of the state, of the process where it is small enough, and what it costs."""
        found = [self.state_figure(delivered, self.final(delivered))]
        if check_size(self.sequence, delivered, self.qubits, raises=False):
            bound = of_gate(self.division.whole, self.division.parts)
            found += self.gate_figures(delivered, self.division.whole, bound)
        return (*found, *self.cost_figures(delivered))
