"""CHSH test in which every event counts: settings, and what inefficient detectors make of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from protocols.key_rates.entangled import TSIRELSON

if TYPE_CHECKING:
    from qnet.states.pauli import Array

__all__ = ["CHSH_SIGNS", "SETTINGS", "each_by_itself", "largest_zero", "seen"]

#: Alice's and Bob's setting of each correlator, and its sign in the CHSH value.
CHSH_SIGNS = {(1, 0): 1.0, (1, 1): 1.0, (2, 0): 1.0, (2, 1): -1.0}

#: Settings whose outcomes are the key.
KEY_SETTINGS = (0, 0)

#: All settings that are used together.
SETTINGS = (KEY_SETTINGS, *CHSH_SIGNS)


def seen(means: Array, efficiency: float) -> tuple[float, float]:
    """CHSH value and error rate when who gets no click writes down +1.

    Args:
        means: The ten mean values of ``DeviceIndependentKey``: five correlators, Alice's three mean
            signs and Bob's two.
        efficiency: Probability of a click at each end.

    Examples:
        >>> chsh, qber = seen(np.array([1.0, 0.7, 0.7, 0.7, -0.7, 0, 0, 0, 0, 0]), 1.0)
        >>> round(chsh, 12), qber
        (2.8, 0.0)
    """
    eta = efficiency
    correlators = []
    for mean, (a, b) in zip(means, SETTINGS, strict=False):
        lonely = means[5 + a] + means[8 + b]
        correlators.append(eta**2 * mean + eta * (1.0 - eta) * lonely + (1.0 - eta) ** 2)
    chsh = sum(sign * each for sign, each in zip(CHSH_SIGNS.values(), correlators[1:], strict=True))
    qber = min(max(0.5 * (1.0 - correlators[0]), 0.0), 1.0)
    # A negative value is as good: Bob turns his outcomes round.
    return min(abs(float(chsh)), TSIRELSON), float(qber)


def each_by_itself(function: Callable[[Array], float]) -> Callable[[Array], Array]:
    """The same function of means (..., k), one by one."""

    def over(means: Array) -> Array:
        flat = [function(row) for row in means.reshape(-1, means.shape[-1])]
        return np.array(flat).reshape(means.shape[:-1])

    return over


def largest_zero(balance: Callable[[float], float], low: float = 0.0) -> float:
    """Largest zero of a balance below 1, where it is positive; 1 where it is not."""
    # Local import: it takes long to load.
    from scipy.optimize import brentq

    if balance(1.0) <= 0.0:
        return 1.0
    grid = np.linspace(1.0, low, 201)
    above = 1.0
    for value in map(float, grid[1:]):
        if balance(value) <= 0.0:
            return float(brentq(balance, value, above, xtol=1e-13))
        above = value
    return low
