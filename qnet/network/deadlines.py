"""Deadlines of a network's waiting sessions and stored pairs, of which most are never met."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

from qnet.network.kernel import EventQueue

__all__ = ["Deadlines"]

_Waiting = TypeVar("_Waiting")

#: With fewer deadlines than this nothing is swept away.
_FEW = 64


class Deadlines(Generic[_Waiting]):
    """Times at which things end that wait, unless they are over before.

    The event queue holds one of them at a time, and those of things that are over are swept away:
    what is kept grows with what waits, not with what came. With each addition this takes a time
    that does not grow on average.

    Args:
        events: The queue.
        phase: Phase of the moment at which a deadline comes.
        is_over: Whether a thing needs no deadline any more, now and for ever.
        end: What becomes of it otherwise.

    Examples:
        >>> events, left = EventQueue(0.0), []
        >>> deadlines = Deadlines(events, 0, lambda name: name == "b", left.append)
        >>> for time, name in ((3.0, "a"), (1.0, "b"), (2.0, "c")):
        ...     deadlines.add(time, name)
        >>> events.run(2.5)
        >>> left, len(deadlines)
        (['c'], 1)
    """

    __slots__ = ("_due", "_end", "_events", "_is_over", "_limit", "_number", "_phase", "_waiting")

    def __init__(
        self,
        events: EventQueue,
        phase: int,
        is_over: Callable[[_Waiting], bool],
        end: Callable[[_Waiting], None],
    ) -> None:
        self._events, self._phase, self._is_over, self._end = events, phase, is_over, end
        self._waiting: list[tuple[float, int, _Waiting]] = []
        self._limit, self._number = _FEW, 0
        #: When the next event of the queue is.
        self._due = float("inf")

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, time: float, what: _Waiting) -> None:
        """A thing ends at a time in s unless it is over before; equal times in this order."""
        if len(self._waiting) >= self._limit:
            self._sweep()
        self._number += 1
        heappush(self._waiting, (time, self._number, what))
        if time < self._due:
            self._wake(time)

    def _sweep(self) -> None:
        is_over = self._is_over
        self._waiting[:] = [entry for entry in self._waiting if not is_over(entry[2])]
        heapify(self._waiting)
        self._limit = max(_FEW, 2 * len(self._waiting))

    def _wake(self, time: float) -> None:
        self._due = time
        self._events.at(time, self._phase, self._come)

    def _come(self, _: None) -> None:
        now, waiting, is_over = self._events.now, self._waiting, self._is_over
        if now < self._due:  # an earlier deadline came after this one
            return
        self._due = float("inf")
        while waiting and (waiting[0][0] <= now or is_over(waiting[0][2])):
            what = heappop(waiting)[2]
            if not is_over(what):
                self._end(what)
        if waiting and waiting[0][0] < self._due:
            self._wake(waiting[0][0])
