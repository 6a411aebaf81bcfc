"""Durations of a plan, and whether they are whole multiples of one another."""

from __future__ import annotations

import numpy as np

from qnet.plans import Distill, Plan, Pump, Swap, SwapAsap

__all__ = ["asap_overheads", "denominator", "durations_of"]

#: Durations may differ from a whole number of units by this share of themselves.
_ROUNDING = 1e-12


def durations_of(plan: Plan) -> set[float]:
    """Every duration in s that a delivery time can hold: attempts, overheads, cut-offs; no zero.

    A cut-off belongs to them because it ends a round: generation starts anew then.
    """
    durations = {link.attempt_time_s for link in plan.links()}
    for node in plan.nodes():
        cutoff = getattr(node, "cutoff", None)
        if cutoff is not None:
            durations.add(cutoff.time_s)
        if isinstance(node, Swap | Distill | Pump):
            durations.add(node.overhead_s)
        elif isinstance(node, SwapAsap):
            durations.update(asap_overheads(node))
    return durations - {0.0}


def asap_overheads(asap: SwapAsap) -> list[float]:
    """From each station's measurement to when the farther end knows its result, in s."""
    if not asap.classical_latency:
        return [station.duration_s for station in asap.stations]
    position = np.cumsum([segment.signal_time_s for segment in asap.segments])
    travels = np.maximum(position[:-1], position[-1] - position[:-1])
    return [
        station.duration_s + float(travel)
        for station, travel in zip(asap.stations, travels, strict=True)
    ]


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
