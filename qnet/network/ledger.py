"""Ledger of a network's memories: who may take how many of which edges, and how many are taken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qnet.network.tally import Tally

__all__ = ["Ledger"]


class Ledger:
    """Bookings of memories, of all edges of a route at once or of none.

    An edge with c memories has c of them at either end, which belong together: a middle node of a
    route gives memories on both of its sides.

    Args:
        memories: Number of memories of each edge; None for as many as are asked for.
        tally: Told how many are taken.

    Examples:
        >>> from qnet.network.settings import RunTimes
        >>> from qnet.network.tally import Tally
        >>> ledger = Ledger([2, 1], Tally(0, 2, RunTimes(duration_s=1.0)))
        >>> ledger.book(0.0, (0, 1), 1), ledger.book(0.0, (0, 1), 1), ledger.taken
        (True, False, [1, 0])
    """

    __slots__ = ("_limits", "_tally", "free")

    def __init__(self, memories: Sequence[int | None], tally: Tally) -> None:
        self._limits = [float("inf") if count is None else count for count in memories]
        #: Memories of each edge that nobody holds.
        self.free = list(self._limits)
        self._tally = tally

    @property
    def taken(self) -> list[float]:
        """Memories of each edge that are held; 0 is said of an edge without a limit."""
        return [
            limit - free if free < limit else 0
            for limit, free in zip(self._limits, self.free, strict=True)
        ]

    def fits(self, edges: Sequence[int], memories: int) -> bool:
        """Whether so many memories of each of these edges are free."""
        free = self.free
        return all(free[edge] >= memories for edge in edges)

    def book(self, time: float, edges: Sequence[int], memories: int) -> bool:
        """Take memories of all these edges at a time in s, or of none where one has too few."""
        if not self.fits(edges, memories):
            return False
        self._change(time, edges, memories)
        return True

    def release(self, time: float, edges: Sequence[int], memories: int) -> None:
        """Give them back at a time in s.

        Raises:
            ValueError: If more are given back than were taken.
        """
        self._change(time, edges, -memories)

    def _change(self, time: float, edges: Sequence[int], memories: int) -> None:
        free, change_level = self.free, self._tally.change_level
        for edge in edges:
            free[edge] -= memories
            if free[edge] > self._limits[edge]:
                message = f"edge {edge}: more memories were given back than were taken"
                raise ValueError(message)
            change_level(time, edge, "used_s", memories)
