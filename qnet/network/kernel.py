"""Event queue of a network: what happens when, in order of time and, at one time, of phase."""

from __future__ import annotations

import math
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

__all__ = [
    "ARRIVED",
    "DECIDED",
    "EXPIRED",
    "MADE",
    "EventQueue",
    "after_attempts",
    "latest_start",
    "to_digits",
]

#: Phases of one moment: pairs are made and memories come free, sessions arrive, controllers decide,
#: pairs and patience end.
MADE, ARRIVED, DECIDED, EXPIRED = range(4)

#: A start this close to a multiple of the attempt time, in attempts, is one.
_NEAR = 1e-9


class EventQueue:
    """Events of one replica, each an action with an argument.

    Args:
        now: Time in s at which it begins.
    """

    __slots__ = ("_heap", "_number", "now")

    def __init__(self, now: float) -> None:
        self.now = now
        self._heap: list[tuple[float, int, int, Callable[[Any], None], Any]] = []
        self._number = 0

    def at(self, time: float, phase: int, action: Callable[[Any], None], what: Any = None) -> None:  # noqa: ANN401
        """Let ``action(what)`` happen at a time in s; equal times and phases in this order."""
        self._number += 1
        heappush(self._heap, (time, phase, self._number, action, what))

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens at this moment, as far as is known."""
        return not self._heap or self._heap[0][0] > self.now

    @property
    def next_at(self) -> float:
        """Time in s of what happens next; infinite where nothing does."""
        return self._heap[0][0] if self._heap else math.inf

    def __bool__(self) -> bool:
        """Whether anything is still to happen."""
        return bool(self._heap)

    def run(self, until: float, is_done: Callable[[], bool] | None = None) -> None:
        """Let everything happen up to a time, or until asked after an event whether it is enough.

        Args:
            until: Time in s; what happens at it still counts.
            is_done: Asked after each event.
        """
        heap = self._heap
        while heap and heap[0][0] <= until:
            self.now, _, _, action, what = heappop(heap)
            action(what)
            if is_done is not None and is_done():
                return
        self.now = max(self.now, until)


def to_digits(time: float) -> float:
    """The number of fifteen digits next to a time in s.

    Sums and multiples of the same decimal numbers become equal, such as 0.1 + 0.2, 3 * 0.1 and 0.3:
    what happens at one moment is seen to do so.

    Examples:
        >>> to_digits(0.1 + 0.2) == to_digits(3 * 0.1) == 0.3
        True
    """
    return float(f"{time:.15g}")


def latest_start(arrival: float, patience_s: float) -> float:
    """Time in s until which a session waits; not before it comes.

    Examples:
        >>> latest_start(0.1, 0.2), latest_start(1.0 / 3.0, 0.0) == 1.0 / 3.0
        (0.3, True)
    """
    return max(arrival, to_digits(arrival + patience_s))


def after_attempts(start: float, attempts: float, attempt_time_s: float) -> float:
    """Time in s at which a number of attempts has been made.

    A start on the grid of the attempts stays on it, so that edges whose attempts begin together
    also end together, without the rounding of sums.

    Examples:
        >>> after_attempts(0.1 + 0.2, 1, 0.1) == after_attempts(0.0, 4, 0.1)
        True
    """
    slots = start / attempt_time_s
    whole = round(slots)
    if abs(slots - whole) < _NEAR * max(1.0, abs(whole)):
        return to_digits((whole + attempts) * attempt_time_s)
    return start + attempts * attempt_time_s
