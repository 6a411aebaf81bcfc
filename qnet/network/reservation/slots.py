"""Slots of a periodic schedule: who has which of a frame, and when they begin."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from qnet.states.pauli import Array

__all__ = ["NEAR_SLOT", "OwnSlots", "max_min_schedule"]

Numbers = npt.NDArray[np.intp]

#: A time this little after a slot's begin or end, as a share of the slot, is at it.
NEAR_SLOT = 1e-9


def max_min_schedule(
    paths: Sequence[Sequence[int]],
    needs: Sequence[int],
    memories: Sequence[float],
    slots: int,
) -> list[list[int]]:
    """Slots of a frame for each of several demands, by progressive filling.

    In each round every demand takes one slot more, in their order: the first slot in which every
    edge of its path has enough memories left. One that finds none has its share. So no demand
    could have more but at the cost of one that has no more than it (D. Bertsekas and R. Gallager,
    Data Networks, 2nd ed., 1992, section 6.5.2), up to whole slots.

    Args:
        paths: Numbers of the edges that each demand needs in the same slot; none for no slot.
        needs: Memories of each edge that it takes there.
        memories: Memories of each edge.
        slots: Number of slots of the frame.

    Returns:
        Numbers of the slots of each demand, ascending.

    Examples:
        >>> max_min_schedule([(0, 1), (0,), (1,)], [1, 1, 1], [1, 1], 4)
        [[0, 2], [1, 3], [1, 3]]
    """
    free = [list(memories) for _ in range(slots)]
    found: list[list[int]] = [[] for _ in paths]
    filling = [k for k, path in enumerate(paths) if path]
    while filling:
        filling = [k for k in filling if _take_slot(free, found[k], paths[k], needs[k])]
    return found


def _take_slot(free: list[list[float]], own: list[int], path: Sequence[int], memories: int) -> bool:
    # Slots before its last one were full for it, or are its own; they remain so.
    for slot in range(own[-1] + 1 if own else 0, len(free)):
        left = free[slot]
        if all(left[edge] >= memories for edge in path):
            own.append(slot)
            for edge in path:
                left[edge] -= memories
            return True
    return False


class OwnSlots:
    """The slots of one demand, numbered through all frames; slot 0 of frame 0 begins at 0 s.

    Args:
        slots: Its slots of a frame, ascending.
        frame: Number of slots of a frame.
        slot_s: Duration of a slot in s.

    Examples:
        >>> own = OwnSlots([1, 2], 5, 0.5)
        >>> own.begins(np.arange(3)).tolist(), own.next(0.5), own.next(0.6), own.next(1.1)
        ([0.5, 1.0, 3.0], 0, 1, 2)
    """

    def __init__(self, slots: Sequence[int], frame: int, slot_s: float) -> None:
        self.slots, self.frame, self.slot_s = np.array(slots, dtype=np.intp), frame, slot_s
        self._places = list(slots)

    def begins(self, numbers: Numbers) -> Array:
        """When own slots begin, in s."""
        frames, places = np.divmod(numbers, len(self.slots))
        return np.asarray((frames * self.frame + self.slots[places]) * self.slot_s)

    def begin(self, number: int) -> float:
        """When one begins, in s."""
        frames, place = divmod(number, len(self._places))
        return (frames * self.frame + self._places[place]) * self.slot_s

    def next(self, time: float) -> int:
        """Number of the first own slot that begins at a time in s, or after."""
        slot = math.ceil(time / self.slot_s - NEAR_SLOT)
        frame, place = divmod(slot, self.frame)
        return frame * len(self._places) + bisect_left(self._places, place)

    def is_open(self, number: int, time: float) -> bool:
        """Whether there is time left in one after a time in s."""
        return time < self.begin(number) + self.slot_s * (1.0 - NEAR_SLOT)

    def is_in_time(self, number: int, time: float) -> bool:
        """Whether a time in s is not after the begin of one."""
        return time <= self.begin(number) + self.slot_s * NEAR_SLOT
