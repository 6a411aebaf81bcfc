"""Secret sharing over GHZ states: a dealer's bit that all the others find together, and only so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from protocols.applications.key_figures import secret_rate
from protocols.applications.local_measurements import signs_row
from protocols.applications.needs import ideal_vector
from protocols.applications.parties.fused import GhzApplication
from protocols.applications.result import AppFigure
from protocols.qkd.bases import measure, turn_back, turn_to_z
from qnet import schema
from qnet.errors import ParameterError
from qnet.estimate import Estimate
from qnet.instrument import compile
from qnet.metrics.key_rate import binary_entropy
from qnet.metrics.security import ASSUMPTIONS, SecurityClaim
from qnet.schema import Whole

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from protocols.applications.delivered import Delivered
    from qnet.states.pauli import Array

__all__ = ["SecretSharing"]


@dataclass(frozen=True, kw_only=True, repr=False)
class SecretSharing(GhzApplication):
    """A dealer and several members measure a GHZ state, each in X or Y at random.

    In half of the settings the product of all outcomes is certain: there the members together know
    the dealer's bit, while all but one of them know nothing. M. Hillery, V. Buzek, A. Berthiaume,
    Phys. Rev. A 59, 1829 (1999), doi:10.1103/PhysRevA.59.1829. One who intercepts a qubit on its
    way, measures it in X or Y and sends on what was found causes errors in those rounds.

    Args:
        intercepted: Who misses the qubit under that attack: 1 is the first member.

    Examples:
        >>> from protocols.applications import StateTable
        >>> result = SecretSharing(state=StateTable(visibility=0.92)).play()
        >>> print(result["kept_share"].value, result["qber"].value)
        0.5 0.04
    """

    name: ClassVar[str] = "secret-sharing"
    title: ClassVar[str] = "a secret that several members can read together only"
    cites: ClassVar[tuple[str, ...]] = ("Hillery1999", "Memmen2023")

    intercepted: int = schema.key(1, check=Whole(minimum=1))

    def check_own(self) -> None:
        """Refuse an attack on nobody."""
        super().check_own()
        if self.intercepted >= self.parties:
            rule = f"be a member, 1 to {self.parties - 1}"
            raise ParameterError("intercepted", rule, self.intercepted, "0 is the dealer")

    def circuit(self) -> QuantumCircuit:
        """One kept round: the dealer in X, the others in X too."""
        from qiskit import QuantumCircuit

        circuit = QuantumCircuit(self.parties, self.parties, name="secret_sharing")
        for party in range(self.parties):
            measure(circuit, party, party, "X")
        return circuit

    @cached_property
    def settings(self) -> tuple[tuple[str, int], ...]:
        """Settings that are kept, each with the sign that the outcomes of the ideal state have."""
        ideal = ideal_vector("ghz", self.parties).reshape((4,) * self.parties)
        found = []
        for bases in map("".join, product("XY", repeat=self.parties)):
            sign = ideal[tuple("IXYZ".index(basis) for basis in bases)]
            if abs(sign) > 0.5:
                found.append((bases, round(float(sign))))
        return tuple(found)

    def figures(self, delivered: Delivered) -> tuple[AppFigure, ...]:
        """Secret bits, share of kept rounds, and error rates, with and without the attack."""
        found = delivered.apply(self._rows())
        kept = len(self.settings) / 2**self.parties
        errors = 0.5 * (1.0 - found)  # dealer in X, in Y; the same under attack
        mean = 0.5 * (errors[:, 0] + errors[:, 1])
        attacked = 0.5 * (errors[:, 2] + errors[:, 3])
        secret = delivered.estimate(_fraction, errors[:, :2], low=0.0, high=1.0)
        return (
            AppFigure(
                name="secret_key_fraction",
                value=secret,
                title="secret bits per kept round",
                meaning="shared bits that nobody outside knows, 1 - h(Q_X) - h(Q_Y)",
            ),
            AppFigure(
                name="kept_share",
                value=Estimate.exact(kept),
                title="share of rounds kept",
                meaning="settings in which the ideal outcomes of all determine each other",
            ),
            AppFigure(
                name="qber",
                value=delivered.mean(mean, low=0.0, high=1.0),
                title="error rate",
                meaning="the members' common bit is not the dealer's, in kept rounds",
            ),
            AppFigure(
                name="qber_intercepted",
                value=delivered.mean(attacked, low=0.0, high=1.0),
                title="error rate if a qubit is intercepted",
                meaning="an outsider or a member measures it in X or Y and sends on what was found",
            ),
            *secret_rate(secret, delivered, kept),
        )

    def _rows(self) -> Array:
        """Effects of the mean sign of kept rounds: dealer in X, in Y; then under attack."""
        honest = []
        for basis in "XY":
            kept = [(bases, sign) for bases, sign in self.settings if bases[0] == basis]
            rows = (sign * signs_row(bases, self.noise) for bases, sign in kept)
            honest.append(sum(rows, np.zeros(4**self.parties)) / len(kept))
        before = 4**self.intercepted
        met = [
            np.einsum("abc,bx->axc", row.reshape(before, 4, -1), intercept_resend()).reshape(-1)
            for row in honest
        ]
        return np.array([self.on_delivered(row) for row in (*honest, *met)])

    def security(self, figures: tuple[AppFigure, ...]) -> SecurityClaim:
        """Against outsiders, in the limit of endless blocks."""
        value = figures[0].value
        if not isinstance(value, Estimate) or value.best <= 0.0:
            return SecurityClaim.none("no secret: the members' errors are too frequent")
        names = ("trusted-devices", "identical-pairs", "collective")
        said = tuple(ASSUMPTIONS[name].replace("pair", "state") for name in names)
        members = "the members are honest: the claim is against outsiders"
        return SecurityClaim(notion="asymptotic", assumes=(*said, members))

    def remarks(self) -> Iterator[str]:
        """What a dishonest member may do."""
        yield (
            "a member who may answer last, or knows the bases first, can cheat without errors "
            "(arXiv:2312.13376); members name outcomes and bases in an order drawn by chance"
        )


def intercept_resend() -> Array:
    """Pauli transfer matrix (4, 4) of a measurement in X or Y, each with probability 1/2.

    The attacker's apparatus is perfect, and sends the state on that was found.

    Examples:
        >>> intercept_resend().diagonal().round(12)
        array([1. , 0.5, 0.5, 0. ])
    """
    from qiskit import QuantumCircuit

    maps = []
    for basis in "XY":
        circuit = QuantumCircuit(1, 1)
        turn_to_z(circuit, 0, basis)
        circuit.measure(0, 0)
        turn_back(circuit, 0, basis)
        maps.append(compile(circuit, inputs=circuit.qubits, outputs=circuit.qubits).channel())
    return np.asarray(sum(maps, np.zeros((4, 4))) / len(maps))


def _fraction(errors: Array) -> Array:
    """Secret bits per kept round of mean error rates (..., 2): dealer in X, dealer in Y."""
    shares = np.clip(errors, 0.0, 1.0)
    return np.asarray(1.0 - binary_entropy(shares[..., 0]) - binary_entropy(shares[..., 1]))
