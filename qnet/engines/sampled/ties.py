"""Times of delivery that count as equal."""

from __future__ import annotations

import numpy as np

from qnet.pairs.fano import Array

__all__ = ["ties"]

#: Share of a time that may be lost to rounding, as where the exact engine looks for a time grid.
_ROUNDING = 1e-9

#: Largest difference of equal times, as a share of the shortest attempt.
_OF_ATTEMPT = 1e-6


def ties(time_s: Array | float, shortest_s: float) -> Array:
    """How much later than a limit a pair may come and still be in time.

    Attempts of durations that differ by more than 10^-9 of themselves are different attempts: a
    cut-off of 0 never lets them meet.

    Args:
        time_s: The limits in s, of any shape.
        shortest_s: Duration of the shortest attempt of the plan in s.

    Examples:
        >>> [float(each) for each in ties(np.array([1.0, 1e6, np.inf]), 1.0)]
        [1e-09, 1e-06, 1e-06]
    """
    return np.minimum(_ROUNDING * np.abs(time_s), _OF_ATTEMPT * shortest_s)
