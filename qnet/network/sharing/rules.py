"""Sharing: whose a pair is when it is made, one rule each."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from qnet.errors import check_one_of

__all__ = ["SHARING_RULES", "SharingRule", "sharing_rule"]

#: Random numbers that are drawn at a time.
_DRAWN = 1024


class SharingRule(ABC):
    """Whose the pairs of an edge are, as masks of flows (a bit each).

    Args:
        flows: The flows whose routes use the edge.
        memories: Number of its channels; None without a limit.
        rng: The edge's own stream of random numbers.
    """

    def __init__(
        self, flows: Sequence[int], memories: int | None, rng: np.random.Generator
    ) -> None:
        self.flows, self.memories, self.rng = tuple(flows), memories, rng

    @abstractmethod
    def owners(self) -> Callable[[int], int]:
        """A function from the number of a channel to the mask of a pair that is made there."""


class Statistical(SharingRule):
    """A pair belongs to nobody until it is swapped: any flow of its edge may use it."""

    def owners(self) -> Callable[[int], int]:
        """The mask of all flows."""
        mask = sum(1 << flow for flow in self.flows)
        return lambda _: mask


class BufferSpace(SharingRule):
    """Every flow owns an equal share of the memories, left-overs go to the first flows."""

    def owners(self) -> Callable[[int], int]:
        """The mask of the owner of a memory: memory k belongs to flow k modulo their number."""
        masks = [1 << flow for flow in self.flows] or [0]
        count = len(masks)
        return lambda channel: masks[channel % count]


class Dynamic(SharingRule):
    """A pair is given, when it is made, to one of the flows of its edge, evenly at random."""

    def owners(self) -> Callable[[int], int]:
        """The mask of a flow that is drawn anew each time."""
        if not self.flows:
            return lambda _: 0
        drawn = self._drawn()
        return lambda _: next(drawn)

    def _drawn(self) -> Iterator[int]:
        masks = [1 << flow for flow in self.flows]
        while True:
            for k in self.rng.integers(len(masks), size=_DRAWN).tolist():
                yield masks[k]


#: Every rule by the name that ``sharing = "..."`` says; a new one is a class and a line.
SHARING_RULES: dict[str, type[SharingRule]] = {
    "statistical": Statistical,
    "buffer-space": BufferSpace,
    "dynamic": Dynamic,
}


def sharing_rule(name: str) -> type[SharingRule]:
    """The rule of a name.

    Raises:
        UnknownNameError: If there is none.
    """
    return SHARING_RULES[check_one_of("controller.sharing", name, SHARING_RULES)]
