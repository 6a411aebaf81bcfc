"""Detectable Byzantine agreement: lists that expose a traitor, from four-qubit singlets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from protocols.applications.application import Application
from protocols.applications.local_measurements import joined, local_effects
from protocols.applications.needs import Need
from protocols.applications.parties.lists_of_outcomes import (
    LONGEST_LIST,
    OUTCOMES,
    agreement_failure,
    list_odds,
    misfits,
    shortest_list,
)
from protocols.applications.result import AppFigure
from protocols.qkd.bases import measure
from qnet import schema
from qnet.circuits import four_qubit_singlet, teleportation
from qnet.errors import ParameterError, check_probability
from qnet.instrument import compile, state
from qnet.schema import Whole

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from protocols.applications.delivered import Delivered
    from qnet.states.pauli import Array

__all__ = ["ByzantineAgreement"]


@dataclass(frozen=True, kw_only=True, repr=False)
class ByzantineAgreement(Application):
    r"""A general sends an order to two lieutenants, who find out who lies, if somebody does.

    The general holds two qubits of every singlet, the lieutenants one each; all measure in the same
    basis. With the order 0 goes the list of the rounds in which the general found 00: there both
    lieutenants must have found 1, and the opposite for the order 1. A lieutenant who passes on
    another order must guess as many rounds in which the other one's bit fits it. He knows his own
    bits, and which rounds the general listed: where he himself found 1 and the general does not
    list 00, the other one found 0 for sure, which gives him half of a false list; for the rest he
    guesses, right in two of three. A list is believed if no more than ``tolerated`` of its rounds
    do not fit. The figures are those of one list of ``list_length`` rounds, for the worse of both
    orders and lieutenants. A. Cabello, Phys. Rev. A 68, 012304 (2003),
    doi:10.1103/PhysRevA.68.012304; S. Gaertner et al., Phys. Rev. Lett. 100, 070504 (2008),
    doi:10.1103/PhysRevLett.100.070504.

    Args:
        basis: In which all measure.
        list_length: Rounds of a list.
        tolerated: Rounds of a list that may not fit; the number with the smallest failure
            probability unless given.
        target: Failure probability that the shortest list must reach.
        teleported: Whether the general prepares the states and teleports a qubit to each lieutenant
            through a pair, instead of getting them whole.

    Examples:
        >>> result = ByzantineAgreement(list_length=30).play()
        >>> print(result["probabilities"].value[0], result["failure_probability"].value)
        0.333333 0.0186566
    """

    name: ClassVar[str] = "byzantine-agreement"
    title: ClassVar[str] = "an order that two lieutenants agree on, or a lie found"
    cites: ClassVar[tuple[str, ...]] = ("Cabello2003", "Gaertner2008")

    basis: str = schema.key("Z", choices=("X", "Y", "Z"))
    list_length: int = schema.key(30, check=Whole(minimum=1, maximum=LONGEST_LIST))
    tolerated: int | None = schema.key(None, check=Whole(minimum=0), example=2)
    target: float = schema.key(1e-6, check=check_probability)
    teleported: bool = False

    def check_own(self) -> None:
        """Refuse to tolerate a whole list, a target that nothing reaches, and singlets by pairs."""
        if not self.teleported and (self.chain is not None or self.network is not None):
            hint = "then the general prepares the states, and teleports a qubit to each lieutenant"
            raise ParameterError("teleported", "be true where pairs are delivered", False, hint)
        if self.tolerated is not None and self.tolerated >= self.list_length:
            hint = "a list of which nothing need fit says nothing"
            rule = f"be below list_length, {self.list_length}"
            raise ParameterError("tolerated", rule, self.tolerated, hint)
        if not 0.0 < self.target < 1.0:
            raise ParameterError("target", "lie inside (0, 1)", self.target, "such as 1e-6")

    @property
    def needs(self) -> tuple[Need, ...]:
        """A four-qubit singlet, or a pair of the general with each lieutenant."""
        if self.teleported:
            return (Need(parties=("A", "B")), Need(parties=("A", "C")))
        return (Need(state="singlet", parties=("A", "A2", "B", "C")),)

    def circuit(self) -> QuantumCircuit:
        """All measure in the same basis; the first two qubits are the general's."""
        from qiskit import QuantumCircuit

        circuit = QuantumCircuit(4, 4, name="byzantine_agreement")
        for qubit in range(4):
            measure(circuit, qubit, qubit, self.basis)
        return circuit

    def figures(self, delivered: Delivered) -> tuple[AppFigure, ...]:
        """Failure probability, the shortest list, and the outcomes behind them."""
        found = delivered.apply(self._rows())

        def one(name: str, outcome: str) -> AppFigure:
            value = delivered.mean(found[:, OUTCOMES.index(outcome)], low=0.0, high=1.0)
            return AppFigure(name=name, value=value, title=f"probability of {outcome}")

        shown = [
            delivered.mean(column, low=0.0, high=1.0)
            for column in found[:, list(map(OUTCOMES.index, _SINGLET))].T
        ]
        return (
            AppFigure(
                name="failure_probability",
                value=delivered.estimate(self._failure, found, low=0.0, high=1.0),
                title="failure probability",
                meaning="the larger one of an honest list refused, and a false one believed",
            ),
            AppFigure(
                name="shortest_list",
                value=delivered.estimate(self._shortest, found)
                if self._reaches(delivered, found)
                else None,
                title="length of the shortest list for the target",
            ),
            AppFigure(
                name="misfit_probability",
                value=delivered.estimate(lambda p: misfits(p)[0], found, low=0.0, high=1.0),
                title="share of misfits in an honest list",
                meaning="per round",
            ),
            AppFigure(
                name="guess_probability",
                value=delivered.estimate(lambda p: 1.0 - misfits(p)[1], found, low=0.0, high=1.0),
                title="probability that a traitor's guess fits",
                meaning="per round, knowing his own bit alone; the general's list tells him more",
            ),
            one("correlated", "0011"),
            one("uncorrelated", "0101"),
            AppFigure(
                name="probabilities",
                value=tuple(shown),
                title=f"probabilities of {', '.join(_SINGLET)}",
                meaning="outcomes of the general's two qubits and of the two lieutenants",
            ),
        )

    def without_entanglement(self) -> Mapping[str, float | tuple[float, ...] | None]:
        """The same play on the states with all coherence lost.

        They still have the right outcomes in Z, but who hands them out knows them all: a traitor
        among those who do makes every false list fit.
        """
        found = dict(super().without_entanglement())
        return found | {
            "failure_probability": 1.0,
            "guess_probability": 1.0,
            "shortest_list": None,
        }

    def _rows(self) -> Array:
        """Effects (16, ...) of the outcomes on what is delivered."""
        effects = local_effects(self.basis, self.noise)
        rows = np.array([joined(effects[int(bit)] for bit in bits) for bits in OUTCOMES])
        return self._before_teleportation(rows) if self.teleported else rows

    def _before_teleportation(self, rows: Array) -> Array:
        """Effects (16, 256) on two pairs that teleport a half of the prepared state."""
        circuit = teleportation()
        *_, bob = circuit.qubits
        sent = compile(circuit, self.noise, inputs=circuit.qubits, outputs=[bob]).channel()
        step = sent.reshape(4, 4, 16)  # arrived; message, pair
        prepared = state(four_qubit_singlet(), self.noise).reshape((4,) * 4)
        tensor = rows.reshape(-1, 4, 4, 4, 4)
        found = np.einsum("kabcd,abxy,cxp,dyq->kpq", tensor, prepared, step, step, optimize=True)
        return np.asarray(found.reshape(len(rows), -1))

    def _failure(self, probabilities: Array) -> Array:
        flat = probabilities.reshape(-1, len(OUTCOMES))
        found = [
            agreement_failure(self.list_length, list_odds(each), self.tolerated) for each in flat
        ]
        return np.array(found).reshape(probabilities.shape[:-1])

    def _shortest(self, probabilities: Array) -> Array:
        flat = probabilities.reshape(-1, len(OUTCOMES))
        found = [shortest_list(list_odds(each), self.target) or LONGEST_LIST for each in flat]
        return np.array(found, dtype=float).reshape(probabilities.shape[:-1])

    def _reaches(self, delivered: Delivered, found: Array) -> bool:
        """Whether the longest list that is looked for reaches the target."""
        return shortest_list(list_odds(delivered.over_rounds(found)), self.target) is not None


#: Outcomes that the ideal state has.
_SINGLET = ("0011", "1100", "0101", "0110", "1001", "1010")
