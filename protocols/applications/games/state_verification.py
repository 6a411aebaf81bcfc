"""State verification: tests of some copies that a state far from the target fails."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from protocols.applications.application import Application
from protocols.applications.games.pauli_settings import (
    fidelity_row,
    measured_row,
)
from protocols.applications.local_measurements import joined, local_effects
from protocols.applications.needs import LARGEST_NEED, Need
from protocols.applications.parties.fused import party_names
from protocols.applications.result import AppFigure
from protocols.qkd.bases import measure
from qnet import schema
from qnet.estimate import Estimate
from qnet.instrument.pauli import state_matrix
from qnet.schema import Whole, Within

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from protocols.applications.delivered import Delivered
    from qnet.noise import Noise
    from qnet.states.pauli import Array

__all__ = ["StateVerification"]

_INSIDE = Within(low=1e-12, high=1.0 - 1e-12, rule="lie inside (0, 1)", hint="such as 0.01")


@dataclass(frozen=True, kw_only=True, repr=False)
class StateVerification(Application):
    r"""Each copy is measured in a setting drawn at random, and must give what the target gives.

    A state of infidelity e passes a test with probability :math:`1 - \nu e` at most, where
    :math:`\nu` is one less the second eigenvalue of the strategy :math:`\Omega = \sum_i p_i P_i`:
    :math:`N = \lceil \ln d/\ln(1 - \nu e) \rceil` copies that all pass rule it out with a
    significance d. S. Pallister, N. Linden, A. Montanaro, Phys. Rev. Lett. 120, 170502 (2018),
    doi:10.1103/PhysRevLett.120.170502.

    Args:
        parties: Number of parties: the target is a pair of two, a GHZ state of more.
        strategy: ``stabilizers``: all Pauli products that stabilise the target, equally likely (XX,
            -YY and ZZ of a pair); ``two-settings``: all in X or all in Z (XX and ZZ).
        infidelity: Infidelity e that is to be ruled out.
        significance: Probability d to accept a state of it.

    Examples:
        >>> result = StateVerification().play()
        >>> print(result["copies"].value, StateVerification(strategy="two-settings").copies)
        689 919
    """

    name: ClassVar[str] = "state-verification"
    title: ClassVar[str] = "a state verified by local measurements of copies"
    cites: ClassVar[tuple[str, ...]] = ("Pallister2018",)

    parties: int = schema.key(2, check=Whole(minimum=2, maximum=LARGEST_NEED))
    strategy: str = schema.key("stabilizers", choices=("stabilizers", "two-settings"))
    infidelity: float = schema.key(0.01, check=_INSIDE)
    significance: float = schema.key(0.01, check=_INSIDE)

    @property
    def target(self) -> str:
        """The state to be verified."""
        return "pair" if self.parties == 2 else "ghz"

    @property
    def needs(self) -> tuple[Need, ...]:
        """One copy of the target."""
        return (Need(state=self.target, parties=party_names(self.parties)),)

    def circuit(self) -> QuantumCircuit:
        """A test in X."""
        from qiskit import QuantumCircuit

        circuit = QuantumCircuit(self.parties, self.parties, name="state_verification")
        for party in range(self.parties):
            measure(circuit, party, party, "X")
        return circuit

    @cached_property
    def gap(self) -> float:
        r""":math:`\nu`, one less the second eigenvalue of the strategy with perfect gates."""
        return 1.0 - float(self._eigenvalues[-2])

    @property
    def copies(self) -> int:
        """Copies that must all pass."""
        return math.ceil(math.log(self.significance) / math.log1p(-self.gap * self.infidelity))

    @cached_property
    def _eigenvalues(self) -> Array:
        """Eigenvalues of the strategy, ascending: an effect is a matrix as a state is one."""
        effect = self._passes(None) * 2.0**self.parties
        return np.asarray(np.linalg.eigvalsh(state_matrix(effect)))

    def figures(self, delivered: Delivered) -> tuple[AppFigure, ...]:
        """Copies needed, and how the delivered ones fare."""
        rows = [self._passes(self.noise), fidelity_row(self.target, self.parties, None)]
        found = delivered.apply(np.array(rows))
        one = found[:, 0]
        copies = self.copies
        return (
            AppFigure(
                name="copies",
                value=Estimate.exact(float(copies)),
                title="copies to be tested",
                meaning="if all pass, a state of the given infidelity is ruled out",
            ),
            AppFigure(
                name="gap",
                value=Estimate.exact(self.gap),
                title="gap of the strategy",
                meaning="a state of infidelity e fails a test with probability gap e at least",
            ),
            AppFigure(
                name="second_eigenvalue",
                value=Estimate.exact(1.0 - self.gap),
                title="second eigenvalue of the strategy",
            ),
            AppFigure(
                name="pass_probability",
                value=delivered.mean(one, low=0.0, high=1.0),
                title="probability that a copy passes",
            ),
            AppFigure(
                name="all_pass_probability",
                value=delivered.estimate(
                    lambda means: np.clip(means[..., 0], 0.0, 1.0) ** copies,
                    one[:, None],
                    low=0.0,
                    high=1.0,
                ),
                title="probability that all copies pass",
                meaning="of copies that are delivered independently of each other",
            ),
            AppFigure(
                name="fidelity",
                value=delivered.mean(found[:, 1], low=0.0, high=1.0),
                title="fidelity of a copy with the target",
            ),
        )

    def _passes(self, noise: Noise | None) -> Array:
        """Effect (4**parties,) of a test that is passed."""
        nothing = measured_row("I" * self.parties, None)
        if self.strategy == "stabilizers":
            # The fidelity is the mean of the signs of all stabilizers, the identity among them.
            number = 2**self.parties
            signs = number * fidelity_row(self.target, self.parties, noise) - nothing
            return np.asarray(0.5 * (nothing + signs / (number - 1)))
        zero, one = local_effects("Z", noise)
        equal = joined([zero] * self.parties) + joined([one] * self.parties)
        return np.asarray(0.5 * (0.5 * (nothing + measured_row("X" * self.parties, noise)) + equal))
