"""Cascade of groups of atoms: larger and larger GHZ states that read a phase digit by digit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from protocols.applications.sensing.phase_readout import PhaseCurve
    from qnet.states.pauli import Array

__all__ = ["group_sizes", "slip_probability", "slips_of_group"]

#: Phases of a fringe over which a slip is averaged.
_PHASES = 16


def group_sizes(levels: int, copies: int) -> tuple[int, ...]:
    """Atoms of every group of a cascade: copies of 1, 2, 4 and so on.

    Args:
        levels: Number of different sizes.
        copies: Number of groups of each size.

    Examples:
        >>> sum(group_sizes(5, 11))
        341
    """
    return tuple(2**level for level in range(levels) for _ in range(copies))


def slips_of_group(curve: PhaseCurve, copies: int) -> float:
    """Probability that groups of one size leave open which fringe of the next size is meant.

    Half of the copies are read at the fringe's sine, half at its cosine; the phase that they tell
    may be wrong by a quarter of a turn, half a fringe of groups that are twice as large.

    Args:
        curve: Mean of a group's parity against the phase.
        copies: Number of groups.

    Examples:
        >>> from protocols.applications.sensing.phase_readout import Harmonics
        >>> curve = Harmonics(frequencies=np.array([2.0]), columns=np.array([1.0, 0.0]))
        >>> slips_of_group(curve, 40) < 1e-4 < slips_of_group(curve, 10)
        True
    """
    angles = 2.0 * np.pi * (np.arange(_PHASES) + 0.5) / _PHASES
    quarter = np.pi / 2.0
    cosines, _, _ = curve.at(angles / curve.fastest)
    sines, _, _ = curve.at((angles - quarter) / curve.fastest)
    first = copies - copies // 2
    return float(
        np.mean(
            [
                _wrong(_signs((1.0 + c) / 2.0, first), _signs((1.0 + s) / 2.0, copies // 2), angle)
                for c, s, angle in zip(cosines, sines, angles, strict=True)
            ]
        )
    )


def _signs(chance: float, number: int) -> Array:
    """Probabilities (number + 1,) of how many of some readings are +1."""
    from scipy.stats import binom

    found = binom.pmf(np.arange(number + 1), number, min(max(chance, 0.0), 1.0))
    return np.asarray(found, dtype=np.float64)


def _wrong(cosines: Array, sines: Array, angle: float) -> float:
    """Probability that the direction read is more than a quarter of a turn off."""

    def means(chances: Array) -> Array:
        number = len(chances) - 1
        return np.linspace(-1.0, 1.0, number + 1) if number else np.zeros(1)

    along = np.add.outer(means(cosines) * np.cos(angle), means(sines) * np.sin(angle))
    chances = np.multiply.outer(cosines, sines)
    even = np.abs(along) < 1e-12
    return float(chances[(along < 0.0) & ~even].sum() + chances[even].sum() / 2.0)


def slip_probability(curves: Sequence[PhaseCurve], copies: int, spread_rad: float) -> float:
    """Probability that a cascade reads the phase on a wrong fringe.

    Args:
        curves: Mean of the parity of a group of each size, smallest first.
        copies: Number of groups of each size.
        spread_rad: Standard deviation of the phase before it is read; it has to lie on the middle
            fringe of the smallest groups.
    """
    first = 0.0
    if spread_rad > 0.0:
        first = math.erfc(np.pi / curves[0].fastest / (math.sqrt(2.0) * spread_rad))
    right = 1.0 - first
    for curve in curves[:-1]:
        right *= 1.0 - slips_of_group(curve, copies)
    return 1.0 - right
