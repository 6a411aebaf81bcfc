"""Distributed Grover search: the qubits of the register are in several processors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from protocols.applications.delivered import separable_states
from protocols.applications.processors.divided_circuit import DividedApplication
from protocols.applications.result import AppFigure
from qnet import schema
from qnet.errors import ParameterError
from qnet.estimate import Estimate
from qnet.schema import Whole

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from protocols.applications.delivered import Delivered

__all__ = ["DistributedGrover"]


@dataclass(frozen=True, kw_only=True, repr=False)
class DistributedGrover(DividedApplication):
    r"""Search for one marked item of :math:`2^n` with a register over several processors.

    Each round is an oracle that flips the sign of the marked item, and the inversion about the
    mean; both have one multi-controlled Z on all qubits, which is a remote gate (L. K. Grover,
    arXiv:quant-ph/9605043).

    Args:
        qubits: Size n of the register.
        marked: Number of the marked item; all bits 1 unless given. Bit k is that of qubit k.
        rounds: How often the marked item is amplified.

    Examples:
        >>> print(DistributedGrover(qubits=3).play()["success_probability"].value)
        0.78125
    """

    name: ClassVar[str] = "distributed-grover"
    title: ClassVar[str] = "Grover search with a register over several processors"
    cites: ClassVar[tuple[str, ...]] = ("Grover1996", "Yimsiriwattana2004", "Eisert2000")

    qubits: int = schema.key(3, check=Whole(minimum=2, maximum=6))
    marked: int | None = schema.key(None, check=Whole(minimum=0), example=7)
    rounds: int = schema.key(1, check=Whole(minimum=1, maximum=16))

    def check_own(self) -> None:
        """Raise where there is no such item."""
        if self.item >= 2**self.qubits:
            rule, hint = (
                f"be at most {2**self.qubits - 1}",
                f"the register has {self.qubits} qubits",
            )
            raise ParameterError("marked", rule, self.item, hint)

    @property
    def item(self) -> int:
        """Number of the marked item."""
        return 2**self.qubits - 1 if self.marked is None else self.marked

    def whole(self) -> QuantumCircuit:
        """The search with the whole register in one place."""
        from qiskit import QuantumCircuit

        circuit = QuantumCircuit(self.qubits)
        circuit.h(range(self.qubits))
        zeros = [k for k in range(self.qubits) if not self.item >> k & 1]
        for _ in range(self.rounds):
            self._flip_sign(circuit, zeros)
            circuit.h(range(self.qubits))
            self._flip_sign(circuit, list(range(self.qubits)))
            circuit.h(range(self.qubits))
        return circuit

    def _flip_sign(self, circuit: QuantumCircuit, zeros: list[int]) -> None:
        """Flip the sign of the item whose bits are 0 on some qubits and 1 on the others."""
        from qiskit.circuit.library import CCZGate, CZGate, ZGate

        gates = {2: CZGate, 3: CCZGate}
        flip = (
            gates[self.qubits]()
            if self.qubits in gates
            else ZGate().control(self.qubits - 1, annotated=False)
        )
        for qubit in zeros:
            circuit.x(qubit)
        circuit.append(flip, range(self.qubits))
        for qubit in zeros:
            circuit.x(qubit)

    def figures(self, delivered: Delivered) -> tuple[AppFigure, ...]:
        """Probability to read the marked item, fidelity of the state, and what it costs."""
        vectors = self.final(delivered)
        success = AppFigure(
            name="success_probability",
            value=delivered.mean(vectors @ self.outcomes()[self.item], low=0.0, high=1.0),
            title="probability to find the marked item",
        )
        return (success, self.state_figure(delivered, vectors), *self.cost_figures(delivered))

    def without_entanglement(self) -> Mapping[str, float | tuple[float, ...] | None]:
        """The better of two ways: pairs that lost all coherence, or a search item by item.

        Who asks the oracle for one item in each round, and then guesses among those that are left,
        finds the marked one with probability ``(rounds + 1) / 2**qubits``.
        """
        found = self.perfect().figures(separable_states(self.needs))
        one_by_one = min(1.0, (self.rounds + 1) / 2**self.qubits)
        dephased = found[0].value
        best = dephased.best if isinstance(dephased, Estimate) else 0.0
        return {found[0].name: max(one_by_one, best)}
