"""States and ages of deliveries, worked out from their histories, and only for those asked for."""

from __future__ import annotations

from typing import Any

import numpy as np

from qnet.engines.algebra import Algebra
from qnet.engines.sampled.deliveries import Deliveries
from qnet.engines.sampled.rounds import latest
from qnet.plans.base import Link, Multiplex, Plan, Swap, SwapAsap
from qnet.plans.maps import correction_maps, frame_map, swap_map
from qnet.states.pauli import Array

__all__ = ["States", "births", "swap_times", "waits"]


def waits(draw: Deliveries) -> list[Array]:
    """How long each part's pair waits for the last one, (n,) each, in s."""
    ready = [draw.data[f"ready_{k}"] for k in range(len(draw.parts))]
    complete = latest(ready)
    return [complete - time for time in ready]


class States:
    """Works out states at the moment of delivery.

    Args:
        algebra: How states are carried.
    """

    def __init__(self, algebra: Algebra[Any]) -> None:
        self.algebra = algebra

    def of(self, draw: Deliveries) -> Any:  # noqa: ANN401
        """The states of these deliveries, in the form of the algebra."""
        if "state" in draw.data:
            return self.algebra.from_array(draw.data["state"])
        match draw.plan:
            case Link() as link:
                return self.algebra.link(link.fano)
            case Multiplex():
                return self.of(draw.parts[0])
            case Swap() as swap:
                return self._swapped(draw, swap)
            case SwapAsap() as asap:
                return self._swapped_asap(draw, asap)
        message = f"{type(draw.plan).__name__} keeps its state in the draw"
        raise TypeError(message)

    def ages(self, draw: Deliveries) -> Array:
        """Time (n,) in s since the oldest elementary pair in each delivered pair was heralded."""
        if isinstance(draw.plan, Link):
            return np.zeros(len(draw))
        if isinstance(draw.plan, Multiplex):
            return self.ages(draw.parts[0])
        oldest = np.zeros(len(draw))
        for part, birth in zip(draw.parts, births(draw), strict=True):
            np.maximum(oldest, draw.time - birth + self.ages(part), out=oldest)
        return oldest

    def _swapped(self, draw: Deliveries, swap: Swap) -> Any:  # noqa: ANN401
        left, right = (
            self._stored(part, child, wait)
            for part, child, wait in zip(draw.parts, swap.children, waits(draw), strict=True)
        )
        overhead = swap.overhead_s
        step = swap_map(swap.station.gates, swap.ends[1], overhead)
        pair = self.algebra.swap(left, right, step)
        # The right end's wait for the result is part of the compiled swap, if it has decay rates.
        right_wait = overhead if swap.ends[1].rates is None else 0.0
        return self.algebra.idle(pair, swap.ends, overhead, right_wait) if overhead else pair

    def _swapped_asap(self, draw: Deliveries, asap: SwapAsap) -> Any:  # noqa: ANN401
        swaps = swap_times(draw)
        pairs = []
        for k, (part, segment, birth) in enumerate(
            zip(draw.parts, asap.segments, births(draw), strict=True)
        ):
            left = (swaps[k - 1] if k else draw.time) - birth
            right = (swaps[k] if k < len(swaps) else draw.time) - birth
            pairs.append(self.algebra.idle(self.of(part), segment.ends, left, right))
        steps = [frame_map(station.gates) for station in asap.stations]
        return self.algebra.frame_chain(pairs, steps, correction_maps(asap.stations[-1].gates))

    def _stored(self, part: Deliveries, child: Plan, wait: Array) -> Any:  # noqa: ANN401
        return self.algebra.idle(self.of(part), child.ends, wait, wait)


def swap_times(draw: Deliveries) -> list[Array]:
    """When each station of a ``SwapAsap`` measured, (n,) each, in s from the node's own start."""
    start = draw.data.get("start")
    times = [draw.data[f"swap_{k}"] for k in range(len(draw.parts) - 1)]
    return times if start is None else [start + time for time in times]


def births(draw: Deliveries) -> list[Array]:
    """When each part delivered its pair, (n,) each, in s from the node's own start."""
    start = draw.data.get("start")
    times = [draw.data[f"ready_{k}"] for k in range(len(draw.parts))]
    return times if start is None else [start + time for time in times]
