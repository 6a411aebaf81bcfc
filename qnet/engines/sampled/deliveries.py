"""Deliveries of one step of a plan, many at a time, as arrays: when, and out of what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce

import numpy as np
import numpy.typing as npt

from qnet.plans import Plan
from qnet.states.pauli import Array

__all__ = ["Deliveries", "Rows", "concatenate", "latest"]

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Deliveries:
    """n deliveries of a node, each with the history of the round that succeeded.

    Args:
        plan: The node.
        time: Times (n,) in s from the node's start to the delivery.
        data: What the step adds, arrays (n, ...) by name: ``ready_k``, when part k delivered its
            pair in the round that succeeded, and ``start``, when that round began, in s; ``state``
            where the step has worked it out.
        parts: Deliveries of the parts that went into these, one ``Deliveries`` of n each.
    """

    plan: Plan
    time: Array
    data: dict[str, Array] = field(default_factory=dict)
    parts: tuple[Deliveries, ...] = ()

    def __len__(self) -> int:
        return len(self.time)

    @property
    def is_handed_on(self) -> bool:
        """Whether the pair of the only part is delivered as it came, at once."""
        return len(self.parts) == 1 and "ready_0" not in self.data

    def births(self) -> list[Array]:
        """When each part delivered its pair, (n,) each, in s from the node's own start."""
        return self._times("ready", len(self.parts))

    def swap_times(self) -> list[Array]:
        """When each station of the node measured, (n,) each, in s from the node's own start."""
        return self._times("swap", len(self.plan.stations))

    def waits(self) -> list[Array]:
        """How long each part's pair waits for the last one, (n,) each, in s."""
        ready = [self.data[f"ready_{k}"] for k in range(len(self.parts))]
        complete = latest(ready)
        return [complete - time for time in ready]

    def _times(self, name: str, count: int) -> list[Array]:
        start = self.data.get("start")
        times = [self.data[f"{name}_{k}"] for k in range(count)]
        return times if start is None else [start + time for time in times]

    def take(self, rows: Rows) -> Deliveries:
        """The deliveries of these rows only, with their histories."""
        return Deliveries(
            self.plan,
            self.time[rows],
            {name: array[rows] for name, array in self.data.items()},
            tuple(part.take(rows) for part in self.parts),
        )


def concatenate(draws: Sequence[Deliveries]) -> Deliveries:
    """The deliveries of several draws of one node, one after the other."""
    first = draws[0]
    if len(draws) == 1:
        return first
    return Deliveries(
        first.plan,
        np.concatenate([draw.time for draw in draws]),
        {name: np.concatenate([draw.data[name] for draw in draws]) for name in first.data},
        tuple(concatenate([draw.parts[k] for draw in draws]) for k in range(len(first.parts))),
    )


def latest(times: Sequence[Array]) -> Array:
    """Row by row the last of several times, (n,) each."""
    return reduce(np.maximum, times)
