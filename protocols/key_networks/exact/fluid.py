"""Streams of one-time pads that drain stores: levels in straight pieces, from the beginning on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = ["FluidStore", "StreamLaw", "drained"]

#: A share this close to all is all.
_ALL = 1.0 - 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class FluidStore:
    """A store that fills continuously.

    Args:
        rate_hz: Bits made per second.
        capacity_bits: Most bits above those in reserve; may be infinite.
        initial_bits: Bits at the beginning, less those in reserve: they may be lacking.
    """

    rate_hz: float
    capacity_bits: float
    initial_bits: float


@dataclass(slots=True)
class StreamLaw:
    """What a stream and its stores did in the measured time.

    Args:
        served_bits: Bits that the stream got.
        whole_s: Time in s in which it got all.
        bit_s: Of each store, integral of its bits over time.
        dry_s: Of each store, time in s without a bit.
    """

    served_bits: float
    whole_s: float
    bit_s: list[float] = field(default_factory=list)
    dry_s: list[float] = field(default_factory=list)


def drained(
    stores: Sequence[FluidStore], drain_hz: float, *, warm_up_s: float, duration_s: float
) -> StreamLaw:
    """A stream that takes the same of every store, as much as is wanted, or as the least one gives.

    Args:
        stores: The stores of all its edges.
        drain_hz: Bits per second that are wanted; 0 for stores that nobody uses.
        warm_up_s: Time in s before the measured time.
        duration_s: Measured time in s.

    Examples:
        >>> store = FluidStore(rate_hz=1200.0, capacity_bits=1e6, initial_bits=1e6)
        >>> found = drained([store], 1500.0, warm_up_s=0.0, duration_s=86_400.0)
        >>> round(86_400.0 - found.dry_s[0], 6), found.served_bits / 1500.0 / 86_400.0
        (3333.333333, 0.8077160493827161)
    """
    found = StreamLaw(0.0, 0.0, [0.0] * len(stores), [0.0] * len(stores))
    levels = [float(min(store.initial_bits, store.capacity_bits)) for store in stores]
    time = -warm_up_s
    while time < duration_s:
        got = _given(stores, levels, drain_hz)
        slopes = [
            0.0 if level >= store.capacity_bits and store.rate_hz >= got else store.rate_hz - got
            for store, level in zip(stores, levels, strict=True)
        ]
        # Until the next store is dry, full, or has its reserve.
        spans = [
            _until(store, level, slope)
            for store, level, slope in zip(stores, levels, slopes, strict=True)
        ]
        span = min(*spans, duration_s - time)
        _count(found, levels, slopes, got, drain_hz, (max(-time, 0.0), span))
        for k, store in enumerate(stores):
            ends = spans[k] <= span * (1.0 + 1e-15)
            target = store.capacity_bits if slopes[k] > 0.0 and levels[k] >= 0.0 else 0.0
            levels[k] = target if ends else levels[k] + slopes[k] * span
        time += span
    return found


def _given(stores: Sequence[FluidStore], levels: Sequence[float], drain_hz: float) -> float:
    """Bits per second that the stream gets."""
    least = drain_hz
    for store, level in zip(stores, levels, strict=True):
        if level <= 0.0:
            least = min(least, store.rate_hz if level == 0.0 else 0.0)
    return least


def _until(store: FluidStore, level: float, slope: float) -> float:
    """Time in s until the level meets its bound."""
    if slope < 0.0:
        return -level / slope
    if slope == 0.0:
        return math.inf
    return (store.capacity_bits - level if level >= 0.0 else -level) / slope


def _count(
    found: StreamLaw,
    levels: Sequence[float],
    slopes: Sequence[float],
    got: float,
    drain_hz: float,
    window: tuple[float, float],
) -> None:
    """Count a piece; only what lies in the window, from its beginning, in s."""
    begin, end = window
    span = end - begin
    if span <= 0.0:
        return
    found.served_bits += got * span
    if got >= drain_hz * _ALL:
        found.whole_s += span
    for k, (level, slope) in enumerate(zip(levels, slopes, strict=True)):
        middle = max(level + slope * (begin + end) / 2.0, 0.0)
        found.bit_s[k] += middle * span
        if level <= 0.0 and slope <= 0.0:
            found.dry_s[k] += span
