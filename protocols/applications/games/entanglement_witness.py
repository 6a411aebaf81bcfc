"""Entanglement witnesses: local measurements that prove entanglement of all parties together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from protocols.applications.application import Application
from protocols.applications.games.pauli_settings import fidelity_row, settings_of
from protocols.applications.needs import LARGEST_NEED, Need, ideal_vector
from protocols.applications.parties.fused import party_names
from protocols.applications.result import AppFigure
from protocols.applications.state_table import StateTable
from protocols.qkd.bases import measure
from qnet import schema
from qnet.estimate import Estimate
from qnet.instrument.pauli import state_matrix
from qnet.schema import Whole

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from protocols.applications.delivered import Delivered
    from qnet.states.pauli import Array

__all__ = ["EntanglementWitness"]


@dataclass(frozen=True, kw_only=True, repr=False)
class EntanglementWitness(Application):
    r"""The witness :math:`a - |\psi\rangle\langle\psi|` of a GHZ or W state by local measurements.

    Its mean value is negative only of states that are entangled between all parties: a is the
    largest fidelity with the target that a state has which is separable between two groups of them,
    the largest squared Schmidt coefficient over all divisions. M. Bourennane et al., Phys. Rev.
    Lett. 92, 087902 (2004), doi:10.1103/PhysRevLett.92.087902; O. Guhne, G. Toth,
    arXiv:0811.2803.

    Args:
        parties: Number of parties.
        target: ``ghz`` or ``w``.

    Examples:
        >>> result = EntanglementWitness().play()
        >>> print(result["witness"].value, result["least_visibility"].value)
        -0.5 0.428571
    """

    name: ClassVar[str] = "entanglement-witness"
    title: ClassVar[str] = "entanglement of all parties proved by local measurements"
    cites: ClassVar[tuple[str, ...]] = ("Bourennane2004", "GuehneToth2009")

    parties: int = schema.key(3, check=Whole(minimum=3, maximum=LARGEST_NEED))
    target: str = schema.key("ghz", choices=("ghz", "w"))

    @property
    def needs(self) -> tuple[Need, ...]:
        """One state."""
        return (Need(state=self.target, parties=party_names(self.parties)),)

    def circuit(self) -> QuantumCircuit:
        """The measurement in the first of the settings."""
        from qiskit import QuantumCircuit

        circuit = QuantumCircuit(self.parties, self.parties, name="entanglement_witness")
        for party, basis in enumerate(settings_of(self.target, self.parties)[0]):
            measure(circuit, party, party, basis)
        return circuit

    @cached_property
    def bound(self) -> float:
        """Largest fidelity with the target without entanglement of all parties."""
        matrix = state_matrix(ideal_vector(self.target, self.parties))
        vector = np.linalg.eigh(matrix)[1][:, -1].reshape((2,) * self.parties)
        first, *others = range(self.parties)
        largest = 0.0
        for number in range(self.parties - 1):
            for group in combinations(others, number):
                rows = [first, *group]
                rest = [each for each in others if each not in group]
                cut = vector.transpose(rows + rest).reshape(2 ** len(rows), -1)
                largest = max(largest, float(np.linalg.norm(cut, 2)) ** 2)
        return largest

    def figures(self, delivered: Delivered) -> tuple[AppFigure, ...]:
        """Mean value of the witness, fidelity, and how much white noise it bears."""
        fidelity = delivered.mean(delivered.apply(self._row)[:, 0])
        witness = fidelity.map(lambda value: self.bound - value)
        return (
            AppFigure(
                name="witness",
                value=witness,
                title="mean value of the witness",
                meaning="below 0 all parties are entangled",
            ),
            AppFigure(
                name="fidelity",
                value=fidelity,
                title="fidelity with the target",
                meaning="as the noisy local measurements give it",
            ),
            AppFigure(
                name="separable_fidelity",
                value=Estimate.exact(self.bound),
                title="largest fidelity without entanglement of all",
            ),
            AppFigure(
                name="least_visibility",
                value=self._least_visibility,
                title="visibility at which the witness is 0",
                meaning="share of the target in white noise, with these gates",
            ),
            AppFigure(
                name="settings",
                value=Estimate.exact(float(len(settings_of(self.target, self.parties)))),
                title="local settings",
            ),
        )

    def remarks(self) -> Iterator[str]:
        """Where the witness must not be believed as it is read."""
        if self.gates.readout_flip_0 != self.gates.readout_flip_1:
            yield (
                "readout errors that depend on the bit can put product states below 0: undo them "
                "before the witness is believed"
            )

    @cached_property
    def _row(self) -> Array:
        return fidelity_row(self.target, self.parties, self.noise)

    @cached_property
    def _least_visibility(self) -> Estimate | None:
        """Share of the target in white noise at which the witness vanishes; None: nowhere."""
        # Local import: it takes long to load.
        from scipy.optimize import brentq

        def excess(visibility: float) -> float:
            vector = StateTable(visibility=visibility).vector(self.target, self.parties)
            return float(self._row @ vector) - self.bound

        if excess(1.0) <= 0.0:
            return None
        return Estimate.exact(float(brentq(excess, 0.0, 1.0, xtol=1e-13)))
