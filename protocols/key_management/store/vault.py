"""Vault of a key store: rows of material that never move and are overwritten where they stand.

SQLite's ``secure_delete`` overwrites what is deleted, but where its trees are balanced, copies of
rows that moved stay behind in unused space of pages. Rows that are only appended, never deleted and
never change their length do not move: an update writes over the very bytes. So material is kept
apart from what describes it, in rows of a few sizes that are blanked and used again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from protocols.key_management.store.writer import GroupWriter

__all__ = ["Vault"]

#: Bytes of the smallest row.
_SMALLEST = 32


class Vault:
    """Material by the number of its row.

    Args:
        writer: In whose transactions it reads and writes.
    """

    def __init__(self, writer: GroupWriter) -> None:
        self._writer = writer
        self._free: dict[int, list[int]] = {}

    def load(self, used: Iterable[int]) -> None:
        """Find the rows that are free: all but these."""
        taken = set(used)
        for slot, size in self._writer.transactions.database.execute(
            "SELECT slot, length(content) FROM vault"
        ):
            if slot not in taken:
                self._free.setdefault(size, []).append(slot)

    def put(self, materials: Sequence[bytes]) -> list[int]:
        """Keep materials; return the number of the row of each."""
        return [self._put(material) for material in materials]

    def read(self, slot: int, length: int) -> bytes:
        """The first bytes of a row."""
        rows = self._writer.transactions.database.execute(
            "SELECT content FROM vault WHERE slot = ?", (slot,)
        )
        content: bytes = rows.fetchone()[0]
        return content[:length]

    def blank(self, slot: int, start: int, end: int) -> None:
        """Overwrite some bytes of a row."""
        content = bytearray(self.read(slot, 1 << 30))
        content[start:end] = bytes(end - start)
        self._write(slot, bytes(content))

    def clear(self, slots: Sequence[int]) -> None:
        """Overwrite rows; once that is committed, they can be used again."""
        rows = self._writer.transactions.database
        for slot in slots:
            ((size,),) = rows.execute(
                "UPDATE vault SET content = zeroblob(length(content)) WHERE slot = ?"
                " RETURNING length(content)",
                (slot,),
            ).fetchall()
            self._writer.transactions.after.append(self._freeing(size, slot))

    def _put(self, material: bytes) -> int:
        size = _size_of(len(material))
        content = material.ljust(size, b"\0")
        free = self._free.get(size)
        if free:
            slot = free.pop()
            self._writer.transactions.undo.append(self._freeing(size, slot))
            self._write(slot, content)
            return slot
        return int(
            self._writer.transactions.database.execute(
                "INSERT INTO vault(content) VALUES(?)", (content,)
            ).lastrowid
            or 0
        )

    def _write(self, slot: int, content: bytes) -> None:
        self._writer.transactions.database.execute(
            "UPDATE vault SET content = ? WHERE slot = ?", (content, slot)
        )

    def _freeing(self, size: int, slot: int) -> Callable[[], None]:
        return lambda: self._free.setdefault(size, []).append(slot)


def _size_of(length: int) -> int:
    """Bytes of the row that material of a length lies in: a power of two."""
    return max(_SMALLEST, 1 << (length - 1).bit_length())
