"""Heralds of an attempt: which clicks, how likely, and the pair that they tell of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qnet.states.maps import PAULI_CHARACTERS
from qnet.states.pauli import Array, werner
from qnet.states.typed import FanoRows, fano_rows

__all__ = ["MIXED", "Herald", "corrected"]

#: State of a pair that never comes.
MIXED = fano_rows(werner(0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Herald:
    """One pattern of clicks that heralds a pair.

    Args:
        clicks: Which detectors clicked.
        correction: Pauli operator on the right memory that turns the pair into Phi+.
        probability: Probability of this pattern per attempt and mode.
        state: Fano matrix (4, 4) after the correction, when the herald is known at both ends.

    Examples:
        >>> from qnet.links import HeraldedAttempt, SingleClick
        >>> attempt = HeraldedAttempt(transmission=0.1, attempt_time_s=1e-5)
        >>> [round(herald.probability, 6) for herald in SingleClick(attempt).heralds()]
        [0.00995, 0.00995]
    """

    clicks: str
    correction: str
    probability: float
    state: FanoRows

    @property
    def fano(self) -> Array:
        """The state as an array (4, 4)."""
        return np.array(self.state)


def corrected(clicks: str, correction: str, fano: Array, acceptance: float = 1.0) -> Herald:
    """A herald from its unnormalised state.

    Args:
        clicks: Which detectors clicked.
        correction: ``"I"``, ``"X"``, ``"Y"`` or ``"Z"``, on the right memory.
        fano: Shape (4, 4), before the correction; its [0, 0] element is the probability.
        acceptance: Factor on the probability.

    Examples:
        >>> psi_plus = np.diag([0.25, 0.25, 0.25, -0.25])
        >>> herald = corrected("plus", "X", psi_plus)
        >>> herald.probability, herald.fano.diagonal()
        (0.25, array([ 1.,  1., -1.,  1.]))
    """
    probability = float(fano[0, 0])
    state = MIXED
    if probability > 0.0:
        flipped = fano * PAULI_CHARACTERS["IXYZ".index(correction)] / probability
        state = fano_rows(flipped)
    return Herald(
        clicks=clicks, correction=correction, probability=probability * acceptance, state=state
    )
