"""Marks of key stores: numbers that only rise, by which the other nodes know an older copy.

A store that was put back from a copy holds keys that were delivered since. It cannot know that; but
what it counted stands lower than what it told the others before.
"""

from __future__ import annotations

from collections.abc import Iterable

from protocols.key_management.store.base import StorePart, transaction
from protocols.key_management.store.database import LISTED, listed

__all__ = ["HEARD", "StoreMarks"]

#: Counter of what other nodes told of their stores; no part of this store's own mark.
HEARD = "heard"


class StoreMarks(StorePart):
    """Marks of this store, one for each peer, and the highest that each peer told of its own."""

    @transaction
    def mark(self, peer: str, edges: Iterable[str] = ()) -> int:
        """All that this store has counted of what it shares with a peer, on the disk.

        Nothing happens to a key that is not counted. What is thrown away with one peer must not
        raise the mark for another.

        Args:
            peer: The other node.
            edges: Edges to it.
        """
        return self._mark(peer, edges)

    @transaction
    def heard(self, peer: str) -> int:
        """The highest mark that a peer told."""
        return self._heard(peer)

    @transaction
    def hear(self, peer: str, mark: int) -> None:
        """Remember what a peer tells of its store, if it is more than before."""
        # At once, not as a tally: calls at the same time would each add what is lacking.
        self._sql(
            "INSERT INTO counters VALUES(?, ?, ?)"
            " ON CONFLICT(name, subject) DO UPDATE SET value = max(value, excluded.value)",
            *(HEARD, peer, mark),
        )

    def _mark(self, peer: str, edges: Iterable[str]) -> int:
        ((found,),) = self._sql(
            f"SELECT sum(value) FROM counters WHERE name <> ? AND subject IN {LISTED}",
            *(HEARD, listed([peer, *edges])),
        )
        return int(found or 0)

    def _heard(self, peer: str) -> int:
        rows = self._sql("SELECT value FROM counters WHERE name = ? AND subject = ?", HEARD, peer)
        return int(rows[0][0]) if rows else 0
