"""Superdense coding: two bits in one qubit, if it is half of a pair that is good enough."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from protocols.applications.application import Application
from protocols.applications.effects import outcome_effects
from protocols.applications.needs import Need
from protocols.applications.result import AppFigure
from protocols.applications.state_table import StateTable
from qnet.circuits import bell_measurement
from qnet.estimate import Estimate
from qnet.instrument import compile
from qnet.instrument.pauli import state_matrix

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from protocols.applications.delivered import Delivered
    from qnet.states.pauli import Array

__all__ = ["SuperdenseCoding"]

#: The two bits, and the gates that write them on a qubit; the second bit is written by X.
MESSAGES = {"00": (), "01": ("x",), "10": ("z",), "11": ("x", "z")}


@dataclass(frozen=True, kw_only=True, repr=False)
class SuperdenseCoding(Application):
    r"""The sender writes two bits on a half of a pair by Pauli gates, and sends it after the other.

    C. H. Bennett, S. J. Wiesner, Phys. Rev. Lett. 69, 2881 (1992),
    doi:10.1103/PhysRevLett.69.2881. The capacity is the Holevo quantity of the four states that
    the receiver gets, :math:`S(\bar\rho) - \sum_m S(\rho_m)/4` (T. Hiroshima,
    arXiv:quant-ph/0009048): bits per pair if long blocks are measured together. Plain decoding is a
    Bell measurement of each pair. The pair's state counts after the qubit was sent.

    Examples:
        >>> result = SuperdenseCoding(state=StateTable(fidelity=0.95)).play()
        >>> print(result["capacity"].value, result["decoding_success"].value)
        1.63435 0.95
    """

    name: ClassVar[str] = "superdense-coding"
    title: ClassVar[str] = "two bits in one qubit"
    cites: ClassVar[tuple[str, ...]] = ("BennettWiesner1992", "Hiroshima2001")

    @property
    def needs(self) -> tuple[Need, ...]:
        """One pair."""
        return (Need(),)

    def circuit(self) -> QuantumCircuit:
        """The message 11, and its Bell measurement."""
        return _round("11")

    def figures(self, delivered: Delivered) -> tuple[AppFigure, ...]:
        """Capacity, success of plain decoding, and the fidelity that it takes."""
        pairs = delivered.reduced(range(2))
        success = delivered.apply(self._decoded)
        return (
            AppFigure(
                name="capacity",
                value=delivered.estimate(self._capacity, pairs, low=0.0, high=2.0),
                title="capacity",
                unit="bit",
                meaning="Holevo quantity of the four messages, per pair",
            ),
            AppFigure(
                name="decoding_success",
                value=delivered.mean(success[:, 0], low=0.0, high=1.0),
                title="probability to read both bits",
                meaning="by a Bell measurement of every pair",
            ),
            AppFigure(
                name="least_fidelity",
                value=self._least_fidelity,
                title="fidelity at which the capacity is 1 bit",
                meaning="of Werner pairs, with these gates",
            ),
        )

    @cached_property
    def _written(self) -> Array:
        """Maps (4, 16, 16) from the pair to the pair that carries each message."""
        from qiskit import QuantumCircuit

        found = []
        for gates in MESSAGES.values():
            circuit = QuantumCircuit(2)
            for gate in gates:
                getattr(circuit, gate)(0)
            found.append(compile(circuit, self.noise, inputs=circuit.qubits).channel())
        return np.array(found)

    @cached_property
    def _decoded(self) -> Array:
        """Effect (16,) of a message drawn by chance that is read as it was written."""
        rows = []
        for message in MESSAGES:
            circuit = _round(message)
            outcomes, effects = outcome_effects(circuit, self.noise, circuit.qubits)
            right = [outcome["bsm"] == message for outcome in outcomes]
            rows.append(effects[right].sum(axis=0))
        return np.asarray(np.mean(rows, axis=0))

    def _capacity(self, pairs: Array) -> Array:
        """Holevo quantity in bits, of states (..., 16)."""
        sent = np.einsum("mij,...j->...mi", self._written, pairs)
        return np.asarray(_entropy(sent.mean(axis=-2)) - _entropy(sent).mean(axis=-1))

    @cached_property
    def _least_fidelity(self) -> Estimate | None:
        """Fidelity of Werner pairs whose capacity is one bit; None where no pair reaches it."""
        # Local import: it takes long to load.
        from scipy.optimize import brentq

        def excess(fidelity: float) -> float:
            return float(self._capacity(StateTable(fidelity=fidelity).vector("pair", 2))) - 1.0

        if excess(1.0) <= 0.0:
            return None
        return Estimate.exact(float(brentq(excess, 0.25, 1.0, xtol=1e-12)))


def _round(message: str) -> QuantumCircuit:
    """A round: the sender's gates on the first qubit, then the receiver's Bell measurement."""
    circuit = bell_measurement().copy_empty_like(name="superdense_coding")
    for gate in MESSAGES[message]:
        getattr(circuit, gate)(0)
    return circuit.compose(bell_measurement(), circuit.qubits, circuit.clbits)


def _entropy(vectors: Array) -> Array:
    """Von Neumann entropy in bits of states (..., 4**n)."""
    populations = np.clip(np.linalg.eigvalsh(state_matrix(vectors)), 0.0, 1.0)
    logs = np.log2(np.where(populations > 0.0, populations, 1.0))
    return np.asarray(-(populations * logs).sum(axis=-1))
