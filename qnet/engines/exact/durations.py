"""Durations of a plan, and whether they are whole multiples of one another."""

from __future__ import annotations

import numpy as np

from qnet.plans import Plan

__all__ = ["denominator", "durations_of"]

#: Durations may differ from a whole number of units by this share of themselves.
_ROUNDING = 1e-12


def durations_of(plan: Plan) -> set[float]:
    """Every duration in s that a delivery time can hold: attempts, overheads, cut-offs; no zero.

    A cut-off belongs to them because it ends a round: generation starts anew then.
    """
    durations: set[float] = set()
    for node in plan.nodes():
        durations.update(node.durations_s)
        if node.cutoff is not None:
            durations.add(node.cutoff.time_s)
    return durations - {0.0}


def denominator(ratio: float, finest: int, largest: float) -> int:
    """Least denominator of a fraction equal to a ratio but for rounding; ``finest + 1`` if none is.

    Args:
        ratio: Of two durations.
        finest: Largest denominator that is tried.
        largest: Ratios from this on are equal to none.

    Examples:
        >>> denominator(1.5, 12, 1e300), denominator(2.0**0.5, 12, 1e300)
        (2, 13)
    """
    if not ratio < largest:
        return finest + 1
    multiples = ratio * np.arange(1.0, finest + 2.0)
    fits = np.abs(multiples - np.round(multiples)) <= _ROUNDING * multiples
    fits[-1] = True
    return int(np.argmax(fits)) + 1
