"""Many deliveries of one node of a plan, as arrays: when, and out of what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from qnet.plans import Plan
from qnet.states.pauli import Array

__all__ = ["Deliveries", "concatenate"]

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Deliveries:
    """n deliveries of a node, each with the history of the round that succeeded.

    Args:
        plan: The node.
        time: Times (n,) in s from the node's start to the delivery.
        data: What the step adds, arrays (n, ...) by name; times within count from the node's start.
        parts: Deliveries of the parts that went into these, one ``Deliveries`` of n each.
    """

    plan: Plan
    time: Array
    data: dict[str, Array] = field(default_factory=dict)
    parts: tuple[Deliveries, ...] = ()

    def __len__(self) -> int:
        return len(self.time)

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
