"""Conference keys from GHZ states: one secret key of many parties, by the N-party BB84 protocol."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from protocols.applications.key_figures import secret_rate
from protocols.applications.local_measurements import joined, sign_row, signs_row
from protocols.applications.parties.fused import GhzApplication
from protocols.applications.result import AppFigure
from protocols.key_rates.checks import check_epsilon, check_shannon, check_size
from protocols.key_rates.claims import QUBITS, finite
from protocols.key_rates.finite_size import Security
from protocols.key_rates.tomamichel2012 import tomamichel2012
from protocols.qkd.bases import measure
from qnet import schema
from qnet.errors import ParameterError
from qnet.estimate import Estimate
from qnet.metrics.key_rate import binary_entropy
from qnet.metrics.security import SecurityClaim

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from protocols.applications.delivered import Delivered
    from qnet.states.pauli import Array

__all__ = ["ConferenceKey"]

_NAMES = ("trusted-devices", "identical-pairs", "collective")


@dataclass(frozen=True, kw_only=True, repr=False)
class ConferenceKey(GhzApplication):
    r"""One key of all parties: Z outcomes are its bits, X outcomes of some rounds test for Eve.

    :math:`r = 1 - h(Q_X) - f \max_k h(Q_{AB_k})` of endless blocks, where :math:`Q_X` is the error
    of the product of all X outcomes (M. Epping et al., New J. Phys. 19, 093012 (2017),
    arXiv:1612.05585; F. Grasselli, H. Kampermann, D. Bruss, New J. Phys. 20, 113014 (2018),
    arXiv:1807.04472). With a number of rounds the key is finite: its secrecy against Eve is that of
    two parties, the first one and all others together, so that the length of M. Tomamichel et al.,
    Nat. Commun. 3, 634 (2012), holds with the largest error rate of a party, and with one check of
    correctness for each.

    Args:
        error_correction_efficiency: Bits disclosed per Shannon bit of the worst party.
        key_rounds: Rounds measured in Z, of a finite key.
        test_rounds: Rounds measured in X, of a finite key.
        epsilon_secrecy: Probability of all failures of secrecy together, of a finite key.
        epsilon_correctness: Probability that any two keys differ undetected, of a finite key.

    Examples:
        >>> from protocols.applications import StateTable
        >>> result = ConferenceKey(parties=4, state=StateTable(visibility=0.93)).play()
        >>> print(result["secret_key_fraction"].value, result["qber_x"].value)
        0.562245 0.035
    """

    name: ClassVar[str] = "conference-key"
    title: ClassVar[str] = "one secret key of many parties"
    cites: ClassVar[tuple[str, ...]] = ("Grasselli2018", "Epping2017", "Murta2020")

    error_correction_efficiency: float = schema.key(1.0, check=check_shannon)
    key_rounds: float | None = schema.key(None, check=check_size, example=1e6)
    test_rounds: float | None = schema.key(None, check=check_size, example=1e5)
    epsilon_secrecy: float = schema.key(1e-10, check=check_epsilon)
    epsilon_correctness: float = schema.key(1e-15, check=check_epsilon)

    def check_own(self) -> None:
        """Refuse half of a finite key's rounds."""
        super().check_own()
        if (self.key_rounds is None) != (self.test_rounds is None):
            missing = "key_rounds" if self.key_rounds is None else "test_rounds"
            hint = "leave both out for the rate of endless blocks"
            raise ParameterError(missing, "be given for a finite key", None, hint)

    def circuit(self) -> QuantumCircuit:
        """A key round: all measure Z."""
        from qiskit import QuantumCircuit

        circuit = QuantumCircuit(self.parties, self.parties, name="conference_key")
        for party in range(self.parties):
            measure(circuit, party, party, "Z")
        return circuit

    def figures(self, delivered: Delivered) -> tuple[AppFigure, ...]:
        """Secret bits per key round, or in all, and the error rates behind them."""
        errors = 0.5 * (1.0 - delivered.apply(self._rows()))
        in_z = tuple(delivered.mean(column, low=0.0, high=1.0) for column in errors.T[1:])
        secret = delivered.estimate(self._fraction, errors, low=0.0, high=1.0)
        worst = delivered.estimate(lambda rates: rates.max(axis=-1), errors[:, 1:])
        found = (
            AppFigure(
                name="secret_key_fraction",
                value=secret,
                title="secret bits per key round",
                meaning="1 - h(Q_X) - f max h(Q_AB), rate of endless blocks",
            ),
            AppFigure(
                name="qber_x",
                value=delivered.mean(errors[:, 0], low=0.0, high=1.0),
                title="error rate in X",
                meaning="the product of all outcomes in X is not +1",
            ),
            AppFigure(name="qber_z", value=worst, title="largest error rate in Z"),
            AppFigure(
                name="qber_z_of_parties",
                value=in_z,
                title="error rates in Z",
                meaning="of each party's bit with the first one's",
            ),
            *secret_rate(secret, delivered),
        )
        if self.key_rounds is None:
            return found
        bits = AppFigure(
            name="secret_bits",
            value=delivered.estimate(self._bits, errors, low=0.0),
            title="secret bits of the finite key",
            meaning="length if no more errors are seen than in the mean",
        )
        return (bits, *found)

    def _rows(self) -> Array:
        """Effects of the signs that say whether there is an error: X of all, Z of each pair."""
        others = range(1, self.parties)
        rows = [signs_row("X" * self.parties, self.noise), *map(self._pair_sign, others)]
        return np.array([self.on_delivered(row) for row in rows])

    def _pair_sign(self, other: int) -> Array:
        """Effect of the product of the first party's Z outcome and another's."""
        sign, nothing = sign_row("Z", self.noise), np.array([1.0, 0.0, 0.0, 0.0])
        return joined(sign if party in (0, other) else nothing for party in range(self.parties))

    def _fraction(self, errors: Array) -> Array:
        """Secret bits per key round of error rates (..., parties): in X, then of each party."""
        shares = np.clip(errors, 0.0, 1.0)
        leak = self.error_correction_efficiency * binary_entropy(shares[..., 1:]).max(axis=-1)
        return np.asarray(1.0 - binary_entropy(shares[..., 0]) - leak)

    def _bits(self, errors: Array) -> Array:
        """Length of the finite key of error rates (..., parties)."""
        assert self.key_rounds is not None  # checked, as the next
        assert self.test_rounds is not None
        rules = Security(
            epsilon_secrecy=self.epsilon_secrecy,
            epsilon_correctness=self.epsilon_correctness / (self.parties - 1),
            error_correction_efficiency=self.error_correction_efficiency,
        )
        flat = np.clip(errors, 0.0, 1.0).reshape(-1, self.parties)
        found = [
            tomamichel2012(
                key_bits=self.key_rounds,
                test_bits=self.test_rounds,
                qber=float(row[0]),
                key_qber=float(np.minimum(row[1:], 1.0 - row[1:]).max()),
                security=rules,
            ).unclipped
            for row in flat
        ]
        return np.array(found).reshape(errors.shape[:-1])

    def security(self, figures: tuple[AppFigure, ...]) -> SecurityClaim:
        """Of endless blocks, or composable where rounds are given."""
        value = figures[0].value
        if not isinstance(value, Estimate) or value.best <= 0.0:
            return SecurityClaim.none("no key: errors are too frequent, or rounds too few")
        if self.key_rounds is None:
            return SecurityClaim.under("asymptotic", *_NAMES)
        rules = Security(
            epsilon_secrecy=self.epsilon_secrecy, epsilon_correctness=self.epsilon_correctness
        )
        proof = "Tomamichel et al. 2012, all receivers taken as one"
        return finite(rules, "fixed", proof, [*QUBITS, "leak"])

    def remarks(self) -> Iterator[str]:
        """What a round is, and what is not counted."""
        if self.key_rounds is None:
            yield "rounds that are spent on the test are not subtracted from the fraction"
        if self.fused and self.hub != 0:
            yield (
                f"the key is made of the bits of {self.names[0]}, two pairs away from all but the "
                f"hub {self.names[self.hub]}: hub = 0 makes it one"
            )
