"""Anonymous transmission: a GHZ state of many that becomes a pair of two whom nobody knows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, product
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from protocols.applications.effects import process_fidelity
from protocols.applications.local_measurements import joined, local_effects, sign_row
from protocols.applications.needs import ideal_vector
from protocols.applications.parties.fused import GhzApplication
from protocols.applications.result import AppFigure
from protocols.qkd.bases import measure
from qnet import schema
from qnet.circuits import teleportation
from qnet.errors import ParameterError
from qnet.instrument import compile
from qnet.schema import Whole

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from protocols.applications.delivered import Delivered
    from qnet.states.pauli import Array

__all__ = ["AnonymousTransmission"]

_NOTHING = np.array([1.0, 0.0, 0.0, 0.0])


@dataclass(frozen=True, kw_only=True, repr=False)
class AnonymousTransmission(GhzApplication):
    """A sender and a receiver keep a pair of a GHZ state, and all announcements hide who they are.

    All others measure X and announce what they find. The sender announces a bit drawn by chance and
    applies Z if it is 1; the receiver announces another, and applies Z if the bits of all but the
    receiver have odd parity. The pair then teleports a qubit. M. Christandl, S. Wehner,
    arXiv:quant-ph/0409201.

    Args:
        sender: Who sends; 0 is the first party.
        receiver: Who receives.

    Examples:
        >>> from protocols.applications import StateTable
        >>> result = AnonymousTransmission(parties=5, state=StateTable(visibility=0.88)).play()
        >>> print(result["pair_fidelity"].value, result["teleportation_fidelity"].value)
        0.91 0.94
    """

    name: ClassVar[str] = "anonymous-transmission"
    title: ClassVar[str] = "a qubit sent to somebody by somebody unknown"
    cites: ClassVar[tuple[str, ...]] = ("ChristandlWehner2004",)

    sender: int = schema.key(0, check=Whole(minimum=0))
    receiver: int = schema.key(1, check=Whole(minimum=0))

    def check_own(self) -> None:
        """Refuse a sender or receiver who is nobody, or the same."""
        super().check_own()
        rule = f"be a party, 0 to {self.parties - 1}"
        for field in ("sender", "receiver"):
            if getattr(self, field) >= self.parties:
                raise ParameterError(field, rule, getattr(self, field), "0 is the first party")
        if self.sender == self.receiver:
            hint = "0 is the first party"
            raise ParameterError("receiver", "be another than the sender", self.receiver, hint)

    def circuit(self) -> QuantumCircuit:
        """A round in which the sender's bit is 0; each X outcome of 1 turns the receiver's qubit.

        A receiver who waits for all bits applies Z once, or not at all.
        """
        from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister

        qubits = QuantumRegister(self.parties, "parties")
        bits = ClassicalRegister(self.parties - 2, "announced")
        circuit = QuantumCircuit(qubits, bits, name="anonymous_transmission")
        for bit, other in zip(bits, self._others, strict=True):
            measure(circuit, qubits[other], bit, "X")
        for bit in bits:
            with circuit.if_test((bit, 1)):
                circuit.z(qubits[self.receiver])
        return circuit

    @property
    def _others(self) -> list[int]:
        return [each for each in range(self.parties) if each not in (self.sender, self.receiver)]

    def figures(self, delivered: Delivered) -> tuple[AppFigure, ...]:
        """Fidelity of a teleported qubit and of the pair, and what announcements give away."""
        from qiskit import QuantumCircuit

        circuit = teleportation()
        message, alice, bob = circuit.qubits

        teleported = process_fidelity(
            circuit,
            QuantumCircuit(1),
            data=[message],
            inputs=[alice, bob],
            outputs=[bob],
            noise=self.noise,
        )
        rows = np.array(
            [
                self.on_delivered(self._kept(row))
                for row in (ideal_vector("pair", 2) / 4, teleported)
            ]
        )
        found = delivered.apply(rows)
        process = delivered.mean(found[:, 1], low=0.0, high=1.0)
        outcomes = self._outcomes(delivered)
        return (
            AppFigure(
                name="teleportation_fidelity",
                value=process.map(lambda fidelity: (2.0 * fidelity + 1.0) / 3.0),
                title="fidelity of a teleported qubit",
                meaning="mean over all states of it",
            ),
            AppFigure(
                name="pair_fidelity",
                value=delivered.mean(found[:, 0], low=0.0, high=1.0),
                title="fidelity of the pair",
            ),
            AppFigure(
                name="anonymity_loss",
                value=delivered.estimate(self._loss, outcomes, low=0.0, high=1.0),
                title="loss of anonymity (statistical distance)",
                meaning="largest of the announcements of two choices of sender and receiver",
            ),
        )

    def _kept(self, row: Array) -> Array:
        """Effect (4**parties,) on the GHZ state of one (16,) on the pair that the two keep."""
        turned = [_phase(bit, self) for bit in (0, 1)]
        sign = joined(sign_row("X", self.noise) for _ in self._others)
        nothing = joined(_NOTHING for _ in self._others)
        whole = np.zeros(4**self.parties).reshape(4, 4, -1)
        for own, parity in product((0, 1), repeat=2):
            corrected = np.kron(turned[own], turned[own ^ parity])
            announced = 0.5 * (nothing + (1 - 2 * parity) * sign)
            whole += 0.5 * np.multiply.outer((row @ corrected).reshape(4, 4), announced)
        tensor = whole.reshape((4,) * self.parties)
        order = [self.sender, self.receiver, *self._others]
        return np.asarray(np.moveaxis(tensor, range(self.parties), order).reshape(-1))

    def _outcomes(self, delivered: Delivered) -> Array:
        """Probabilities (rows, 2**parties) of what all would find who measured X."""
        effects = local_effects("X", self.noise)
        columns = [
            delivered.apply(self.on_delivered(joined(effects[bit] for bit in bits)))[:, 0]
            for bits in product((0, 1), repeat=self.parties)
        ]
        return np.array(columns).T

    def _loss(self, outcomes: Array) -> Array:
        """Largest total variation distance of announcements (..., 2**parties) between choices."""
        shape = outcomes.shape[:-1]
        whole = outcomes.reshape(shape + (2,) * self.parties)
        seen = []
        for two in combinations(range(self.parties), 2):
            axes = tuple(len(shape) + each for each in two)
            mean = whole.mean(axis=axes, keepdims=True)  # their own bits are drawn by chance
            seen.append(np.broadcast_to(mean, whole.shape).reshape(*shape, -1))
        pairs = combinations(seen, 2)
        return np.max([0.5 * np.abs(one - two).sum(axis=-1) for one, two in pairs], axis=0)


def _phase(bit: int, application: AnonymousTransmission) -> Array:
    """Pauli transfer matrix (4, 4) of Z if a bit is 1, with its noise."""
    from qiskit import QuantumCircuit

    circuit = QuantumCircuit(1)
    if bit:
        circuit.z(0)
    return compile(circuit, application.noise, inputs=circuit.qubits).channel()
