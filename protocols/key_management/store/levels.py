"""Levels of a key store over time, as rows and as CSV, and its counters."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, fields
from io import StringIO

from protocols.key_management.store.base import StorePart, transaction
from protocols.key_management.store.marks import HEARD

__all__ = ["StoreLevel", "StoreLevels", "levels_csv"]

#: Most rows of the history that are kept.
_MOST_ROWS = 1_000_000


@dataclass(frozen=True, slots=True)
class StoreLevel:
    """How much key of one kind a store held at a time.

    Args:
        time_s: Seconds since the epoch.
        layer: ``pending`` or ``confirmed`` for link keys, ``out`` or ``in`` for pair keys.
        subject: The edge or the peer.
        keys: How many blocks or keys.
        bytes: Their bytes.
    """

    time_s: float
    layer: str
    subject: str
    keys: int
    bytes: int


class StoreLevels(StorePart):
    """What is in the store, what was, and what became of it."""

    @transaction
    def levels(self) -> list[StoreLevel]:
        """What the store holds now, by layer and by edge or peer."""
        return self._levels(self._now())

    @transaction
    def record_levels(self, now: float | None = None) -> None:
        """Keep the levels of this time for `level_history`.

        Args:
            now: The time; the clock's when None.
        """
        time_s = self._now() if now is None else now
        self._writer.transactions.database.executemany(
            "INSERT INTO levels(time_s, layer, subject, keys, bytes) VALUES(?, ?, ?, ?, ?)",
            [astuple(row) for row in self._levels(time_s)],
        )
        self._sql(
            "DELETE FROM levels WHERE number <= (SELECT max(number) FROM levels) - ?", _MOST_ROWS
        )

    @transaction
    def level_history(
        self, after_s: float = float("-inf"), most: int = _MOST_ROWS
    ) -> list[StoreLevel]:
        """The recorded levels after a time, oldest first.

        Args:
            after_s: Seconds since the epoch.
            most: How many, about: up to the end of the record in which so many are reached. Ask
                again after the time of the last one for more.
        """
        rows = self._sql(
            "SELECT time_s, layer, subject, keys, bytes FROM levels WHERE time_s > ?1 AND time_s <="
            " coalesce((SELECT time_s FROM levels WHERE time_s > ?1 ORDER BY time_s LIMIT 1"
            " OFFSET ?2), 9e999) ORDER BY time_s, number",
            *(after_s, most - 1),
        )
        return [StoreLevel(*row) for row in rows]

    @transaction
    def count(self, name: str, subject: str, by: int = 1) -> None:
        """Raise a counter of the store's owner, which is kept with those of the store."""
        self._tally(name, subject, by)

    @transaction
    def counters(self, subject: str | None = None) -> dict[str, int]:
        """What became of all key that was ever here, by name.

        Args:
            subject: An edge, a peer or an SAE; the sum over all when None.
        """
        rows = self._sql(
            "SELECT name, sum(value) FROM counters"
            " WHERE (?1 IS NULL OR subject = ?1) AND name <> ?2 GROUP BY name",
            *(subject, HEARD),
        )
        return dict(rows)

    def _levels(self, time_s: float) -> list[StoreLevel]:
        found: list[StoreLevel] = []
        for layer, query in {
            "pending": "SELECT edge, count(*), sum(left) FROM blocks"
            " WHERE left > 0 AND state = 0 GROUP BY edge",
            "confirmed": "SELECT edge, count(*), sum(left) FROM blocks"
            " WHERE left > 0 AND state = 1 GROUP BY edge",
            "out": "SELECT peer, count(*), sum(size) FROM out_keys GROUP BY peer",
            "in": "SELECT peer, count(*), sum(size) FROM in_keys GROUP BY peer",
        }.items():
            found += [
                StoreLevel(time_s, layer, subject, keys, size)
                for subject, keys, size in self._sql(query)
            ]
        return found


def levels_csv(nodes: Mapping[str, Iterable[StoreLevel]]) -> str:
    """Levels of one or more nodes as a table of comma-separated values.

    Args:
        nodes: The levels of each.

    Examples:
        >>> row = StoreLevel(time_s=1.5, layer="confirmed", subject="A--B", keys=2, bytes=250)
        >>> print(levels_csv({"A": [row]}), end="")
        node,time_s,layer,subject,keys,bytes
        A,1.5,confirmed,A--B,2,250
    """
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["node", *(item.name for item in fields(StoreLevel))])
    writer.writerows([node, *astuple(row)] for node, rows in nodes.items() for row in rows)
    return text.getvalue()
