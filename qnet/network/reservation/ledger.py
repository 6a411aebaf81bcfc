"""Ledger of a network's memories: who may take how many of which edges, and how many are taken."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["Ledger"]


class Ledger:
    """Bookings of memories, of all edges of a route at once or of none.

    An edge with c memories has c of them at either end, which belong together: a middle node of a
    route gives memories on both of its sides.

    Args:
        memories: Number of memories of each edge; None for as many as are asked for.

    Examples:
        >>> ledger = Ledger([2, 1])
        >>> ledger.book(0.0, (0, 1), 1), ledger.book(1.0, (0, 1), 1), ledger.taken
        (True, False, [1, 1])
        >>> ledger.used_s(3.0)
        [3.0, 3.0]
    """

    __slots__ = ("_limits", "_sums", "free", "most", "taken")

    def __init__(self, memories: Sequence[int | None]) -> None:
        self._limits = [float("inf") if count is None else count for count in memories]
        #: Memories of each edge that nobody holds.
        self.free = list(self._limits)
        #: Memories of each edge that are held, and the most that were since they were looked at.
        self.taken = [0] * len(memories)
        self.most = [0] * len(memories)
        # The integral of what is held is its number times the time, plus this.
        self._sums = [0.0] * len(memories)

    def book(self, time: float, edges: Sequence[int], memories: int) -> bool:
        """Take memories of all these edges at a time in s, or of none where one has too few."""
        free, taken, most, sums = self.free, self.taken, self.most, self._sums
        for edge in edges:
            if free[edge] < memories:
                return False
        seconds = memories * time
        for edge in edges:
            free[edge] -= memories
            sums[edge] -= seconds
            now = taken[edge] = taken[edge] + memories
            if now > most[edge]:
                most[edge] = now
        return True

    def release(self, time: float, edges: Sequence[int], memories: int) -> None:
        """Give them back at a time in s.

        Raises:
            ValueError: If more are given back than were taken.
        """
        free, taken, sums = self.free, self.taken, self._sums
        seconds = memories * time
        for edge in edges:
            free[edge] += memories
            taken[edge] -= memories
            sums[edge] += seconds
            if taken[edge] < 0:
                message = f"edge {edge}: more memories were given back than were taken"
                raise ValueError(message)

    def used_s(self, time: float) -> list[float]:
        """Seconds that memories of each edge were held, all together, up to a time in s."""
        return [count * time + more for count, more in zip(self.taken, self._sums, strict=True)]

    def look(self) -> list[int]:
        """The most memories of each edge that were held at once since the last look."""
        most, self.most = self.most, list(self.taken)
        return most
