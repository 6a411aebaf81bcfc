"""Local oscillator of clocks: how its wandering phase blurs what groups of atoms read."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from protocols.applications.sensing.phase_readout import best_phases

if TYPE_CHECKING:
    from protocols.applications.sensing.phase_readout import PhaseCurve
    from qnet.states.pauli import Array

__all__ = ["blurred_information"]

#: Standard deviations of the oscillator's phase that are followed to each side.
_WIDTH = 8.0

#: Wander in rad of the slowest fringe beyond which nothing is left of it: exp(-14^2/2) < 1e-42.
_BLURRED = 14.0

#: Readings that are worked out at once.
_BLOCK = 1 << 21


def blurred_information(curve: PhaseCurve, probes: int, spread_rad: float) -> float:
    r"""Fisher information of a phase that probes read at the same time, with a common wander.

    Each probe reads one of two outcomes, whose mean is the curve; all of them see the phase plus
    the same Gaussian deviation x, so that the number k of a kind has the probability
    :math:`\int B(k; p(\varphi + x)) g(x) \mathrm{d}x`, and its derivative by :math:`\varphi` is
    exact too. Without wander it is the number of probes times the information of one.

    Args:
        curve: Mean of a probe's reading against the phase.
        probes: Number of probes.
        spread_rad: Standard deviation of the common phase.

    Returns:
        In 1/rad^2, at the phase where one probe by itself tells most.

    Examples:
        >>> from protocols.applications.sensing.phase_readout import Harmonics
        >>> curve = Harmonics(frequencies=np.array([1.0]), columns=np.array([1.0, 0.0]))
        >>> round(blurred_information(curve, 10, 0.0), 9)
        10.0
        >>> round(blurred_information(curve, 1, 0.5) - math.exp(-0.25), 9)
        0.0
    """
    phase, one = best_phases(curve)
    if spread_rad == 0.0:
        return probes * one
    if 2.0 * np.pi / curve.period * spread_rad > _BLURRED:
        return 0.0
    # The trapezoid is exact to rounding once it follows the fringes and the width of the counts.
    turns = curve.fastest * spread_rad
    points = 1 + 2 * math.ceil(_WIDTH * max(12.0, 2.0 * turns, math.sqrt(probes) * turns / 2.0))
    deviations = np.linspace(-_WIDTH, _WIDTH, points)
    weights = np.exp(-(deviations**2) / 2.0)
    weights /= weights.sum()
    mean, slope, _ = curve.at(phase + spread_rad * deviations)
    chance = np.clip((1.0 + mean) / 2.0, 0.0, 1.0)
    found, changes = _counts(chance, slope / 2.0, weights, probes)
    seen = found > 1e-300
    return float((changes[seen] ** 2 / found[seen]).sum())


def _counts(chance: Array, slope: Array, weights: Array, probes: int) -> tuple[Array, Array]:
    """Probability of each count of probes, and its derivative, averaged over the wander.

    The derivative of a binomial is a difference of two with one probe less.
    """
    from scipy.stats import binom

    found, changes = np.zeros(probes + 1), np.zeros(probes + 1)
    step = max(1, _BLOCK // (probes + 1))
    counts = np.arange(probes + 1)[:, None]
    for start in range(0, len(chance), step):
        some = slice(start, start + step)
        found += binom.pmf(counts, probes, chance[some]) @ weights[some]
        less = binom.pmf(counts[:-1], probes - 1, chance[some]) * (probes * slope[some])
        changes[1:] += less @ weights[some]
        changes[:-1] -= less @ weights[some]
    return found, changes
