"""Leader election: parties who are all alike choose one of them by measuring a W state."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from protocols.applications.application import Application
from protocols.applications.local_measurements import joined, local_effects
from protocols.applications.needs import LARGEST_NEED, Need
from protocols.applications.parties.fused import party_names
from protocols.applications.result import AppFigure
from protocols.qkd.bases import measure
from qnet import schema
from qnet.schema import Whole

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from protocols.applications.delivered import Delivered
    from qnet.noise import Noise
    from qnet.states.pauli import Array

__all__ = ["LeaderElection"]


@dataclass(frozen=True, kw_only=True, repr=False)
class LeaderElection(Application):
    """All measure Z on a W state, and the one who finds 1 leads.

    Parties who are all alike and share no state cannot elect one of them with certainty; with a W
    state they do. E. D'Hondt, P. Panangaden, arXiv:quant-ph/0412177. Without it each puts himself
    forward with the same probability, the best one.

    Args:
        parties: Number of parties.

    Examples:
        >>> from protocols.applications import StateTable
        >>> result = LeaderElection(parties=4, state=StateTable(visibility=0.9)).play()
        >>> print(result["success_probability"].value)
        0.925
    """

    name: ClassVar[str] = "leader-election"
    title: ClassVar[str] = "one leader of parties who are all alike"
    cites: ClassVar[tuple[str, ...]] = ("DHondtPanangaden2004",)

    parties: int = schema.key(3, check=Whole(minimum=3, maximum=LARGEST_NEED))

    @property
    def needs(self) -> tuple[Need, ...]:
        """One W state."""
        return (Need(state="w", parties=party_names(self.parties)),)

    def circuit(self) -> QuantumCircuit:
        """All measure Z."""
        from qiskit import QuantumCircuit

        circuit = QuantumCircuit(self.parties, self.parties, name="leader_election")
        for party in range(self.parties):
            measure(circuit, party, party, "Z")
        return circuit

    def figures(self, delivered: Delivered) -> tuple[AppFigure, ...]:
        """Probability of one leader and no more, and how fairly it falls on the parties."""
        found = delivered.apply(_leads(self.parties, self.noise))
        return (
            AppFigure(
                name="success_probability",
                value=delivered.mean(found.sum(axis=1), low=0.0, high=1.0),
                title="probability of exactly one leader",
            ),
            AppFigure(
                name="leader_shares",
                value=tuple(
                    delivered.estimate(lambda means, k=k: _shares(means)[..., k], found)  # type: ignore[misc]
                    for k in range(self.parties)
                ),
                title="share of each party among the leaders",
            ),
            AppFigure(
                name="bias",
                value=delivered.estimate(_bias, found, low=0.0),
                title="unfairness",
                meaning="largest share less the smallest",
            ),
        )

    def without_entanglement(self) -> Mapping[str, float | tuple[float, ...] | None]:
        """Parties alike who share nothing: each measures a qubit turned by the best angle."""
        # Local import: it takes long to load.
        from scipy.optimize import minimize_scalar

        rows = _leads(self.parties, None)

        def chances(angle: float) -> Array:
            qubit = np.array([1.0, math.sin(angle), 0.0, math.cos(angle)])
            return np.asarray(rows @ joined([qubit] * self.parties))

        best = minimize_scalar(
            lambda angle: -float(chances(angle).sum()),
            bounds=(0.0, math.pi / 2.0),
            method="bounded",
            options={"xatol": 1e-10},
        )
        found = chances(float(best.x))
        return {
            "success_probability": float(found.sum()),
            "leader_shares": tuple(map(float, _shares(found))),
            "bias": float(_bias(found)),
        }


def _leads(parties: int, noise: Noise | None) -> Array:
    """Effects (parties, 4**parties) of the outcomes in which one party alone finds 1."""
    zero, one = local_effects("Z", noise)
    return np.array(
        [
            joined(one if each == leader else zero for each in range(parties))
            for leader in range(parties)
        ]
    )


def _shares(chances: Array) -> Array:
    """Shares of the parties among the leaders, from the probabilities (..., parties) to lead.

    All 0 where nobody ever leads.
    """
    total = chances.sum(axis=-1, keepdims=True)
    return np.asarray(chances / np.where(total > 0.0, total, 1.0))


def _bias(chances: Array) -> Array:
    shares = _shares(chances)
    return np.asarray(shares.max(axis=-1) - shares.min(axis=-1))
