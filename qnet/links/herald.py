"""What a scheme delivers per attempt: the heralds, their probabilities and states."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qnet.hardware import Memory
from qnet.links.attempt import Setup
from qnet.plans import Link
from qnet.states.maps import PAULI_CHARACTERS
from qnet.states.pauli import Array, werner
from qnet.states.typed import fano_rows

__all__ = ["Herald", "as_link", "corrected"]

Matrix = tuple[tuple[float, ...], ...]

_MIXED = fano_rows(werner(0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Herald:
    """One pattern of clicks that heralds a pair.

    Args:
        clicks: Which detectors clicked.
        correction: Pauli operator on the right memory that turns the pair into Phi+.
        probability: Probability of this pattern per attempt and mode.
        state: Fano matrix (4, 4) after the correction, when the herald is known at both ends.

    Examples:
        >>> from qnet.links import HeraldedAttempt, heralds
        >>> attempt = HeraldedAttempt(transmission=0.01, attempt_time_s=1e-5)
        >>> [(herald.clicks, herald.correction) for herald in heralds("single-click", attempt)]
        [('plus', 'X'), ('minus', 'Y')]
    """

    clicks: str
    correction: str
    probability: float
    state: Matrix

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
    state = _MIXED
    if probability > 0.0:
        flipped = fano * PAULI_CHARACTERS["IXYZ".index(correction)] / probability
        state = fano_rows(flipped)
    return Herald(
        clicks=clicks, correction=correction, probability=probability * acceptance, state=state
    )


def as_link(
    name: str,
    setup: Setup,
    heralds: tuple[Herald, ...],
    right: Memory | None = None,
    *,
    without_dark_counts: tuple[Herald, ...] | None = None,
) -> Link:
    """The link of a scheme: its state is the average over the heralds.

    What heralds more often with dark counts than without them is their share of the heralds.

    Args:
        name: Name of the link.
        setup: Times, memory and modes.
        heralds: What an attempt can give.
        right: Memory of the right end, if it is another one.
        without_dark_counts: What the same attempt gives when nothing clicks falsely; None if
            nothing does.

    Examples:
        >>> from qnet.links import HeraldedAttempt
        >>> attempt = HeraldedAttempt(transmission=0.1, attempt_time_s=1e-3)
        >>> setup = Setup(attempt=attempt, memory=Memory(), modes=1)
        >>> as_link("mine", setup, ()).success_probability
        0.0
    """
    total = sum((herald.probability for herald in heralds), 0.0)
    light = heralds if without_dark_counts is None else without_dark_counts
    true = sum((herald.probability for herald in light), 0.0)
    state = _MIXED
    if total > 0.0:
        state = fano_rows(np.sum([h.probability / total * h.fano for h in heralds], axis=0))
    return Link(
        success_probability=min(total, 1.0),
        attempt_time_s=setup.attempt.attempt_time_s,
        state=state,
        left=setup.memory,
        right=right or setup.memory,
        modes=setup.modes,
        length_km=setup.length_km,
        speed_km_per_s=setup.speed_km_per_s,
        name=name,
        dark_herald_share=max(0.0, 1.0 - true / total) if total > 0.0 else 0.0,
    )
