"""Vault of a key store: rows of material that never move and are overwritten where they stand.

SQLite's ``secure_delete`` overwrites what is deleted, but where its trees are balanced, copies of
rows that moved stay behind in unused space of pages. Rows that are only appended, never deleted and
never change their length do not move: an update writes over the very bytes. So material is kept
apart from what describes it, in rows of a few sizes that are blanked and used again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar

from protocols.key_management.store.database import LISTED, listed
from protocols.key_management.store.transactions import Transactions

__all__ = ["Vault"]

T = TypeVar("T")

#: Bytes of the smallest row.
_SMALLEST = 32

#: Most rows of one statement.
_PORTION = 256


class Vault:
    """Material by the number of its row.

    Args:
        transactions: In which it reads and writes.
    """

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._free: dict[int, list[int]] = {}

    def load(self, used: Iterable[int]) -> None:
        """Find the rows that are free: all but these."""
        taken = set(used)
        for slot, size in self._sql("SELECT slot, length(content) FROM vault"):
            if slot not in taken:
                self._free.setdefault(size, []).append(slot)

    def put(self, materials: Sequence[bytes]) -> list[int]:
        """Keep materials; return the number of the row of each."""
        slots: list[int] = []
        news: list[bytes] = []
        olds: list[tuple[int, bytes]] = []
        for material in materials:
            size = _size_of(len(material))
            content = material.ljust(size, b"\0")
            free = self._free.get(size)
            if free:
                olds.append((free.pop(), content))
                self._transactions.undo.append(partial(self._release, size, olds[-1][0]))
                slots.append(olds[-1][0])
            else:
                news.append(content)
                slots.append(-len(news))
        self._write(olds)
        first = self._append(news)
        return [slot if slot > 0 else first - slot - 1 for slot in slots]

    def read(self, slot: int, length: int) -> bytes:
        """The first bytes of a row."""
        ((content,),) = self._sql("SELECT content FROM vault WHERE slot = ?", slot)
        return bytes(content[:length])

    def blank(self, slot: int, start: int, end: int) -> None:
        """Overwrite some bytes of a row."""
        ((content,),) = self._sql("SELECT content FROM vault WHERE slot = ?", slot)
        self._write([(slot, content[:start] + bytes(end - start) + content[end:])])

    def clear(self, slots: Sequence[int]) -> None:
        """Overwrite rows; once that is committed, they can be used again."""
        for slot, size in self._sql(
            "UPDATE vault SET content = zeroblob(length(content))"
            f" WHERE slot IN {LISTED} RETURNING slot, length(content)",
            listed(slots),
        ):
            self._transactions.after.append(partial(self._release, size, slot))

    def _append(self, contents: Sequence[bytes]) -> int:
        """Put rows at the end; return the number of the first."""
        if not contents:
            return 0
        for some in _portions(contents):
            rows = ",".join("(?)" for _ in some)
            self._sql(f"INSERT INTO vault(content) VALUES {rows}", *some)
        ((last,),) = self._sql("SELECT max(slot) FROM vault")
        return int(last) - len(contents) + 1

    def _write(self, rows: Sequence[tuple[int, bytes]]) -> None:
        """Write over rows, each with as many bytes as it has."""
        for some in _portions(rows):
            values = [value for row in some for value in row]
            self._sql(
                f"WITH new(slot, content) AS (VALUES {','.join('(?,?)' for _ in some)})"
                " UPDATE vault SET content = new.content FROM new WHERE vault.slot = new.slot",
                *values,
            )

    def _release(self, size: int, slot: int) -> None:
        self._free.setdefault(size, []).append(slot)

    def _sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401
        return self._transactions.database.execute(statement, values).fetchall()


def _portions(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """As many at a time as a statement takes; each number of values is a statement of its own."""
    return (rows[start : start + _PORTION] for start in range(0, len(rows), _PORTION))


def _size_of(length: int) -> int:
    """Bytes of the row that material of a length lies in: a power of two."""
    return max(_SMALLEST, 1 << (length - 1).bit_length())
