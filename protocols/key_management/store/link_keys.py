"""Link keys of a store: blocks that the two ends of an edge distilled, used up part by part.

Both ends hold the same bytes under the same names of blocks. The first end of an edge allocates
from its oldest block on; the other takes the very parts that it is told. Material leaves the
database in the transaction that returns it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from protocols.key_management.keys import KeyPart
from protocols.key_management.refusals import KeyShortageError, KeyUnknownError
from protocols.key_management.store.base import StorePart, transaction
from protocols.key_management.store.database import LISTED, listed
from qnet.errors import ParameterError, check_integer

__all__ = ["LinkKeys"]

PENDING, CONFIRMED = 0, 1
_STATES = {PENDING: "pending", CONFIRMED: "confirmed"}

#: Bytes of a row of material: small, because what is left of a row is written again.
_PIECE = 512

#: Bits of a place in a block: places of all blocks stand in one column.
_PLACE_BITS = 24

#: Most rows of one statement.
_PORTION = 256

#: Most bytes of a block.
_LONGEST = (1 << _PLACE_BITS) - 1

#: The range of any block.
_WHOLE = (0, _LONGEST)

#: Newest blocks that are remembered when they are used up, so that none is taken in again.
_REMEMBERED = 100_000

Row = tuple[int, str, int, int, int]


class LinkKeys(StorePart):
    """Layer 1: blocks of an edge, allocated, taken and voided in parts."""

    @transaction
    def add_block(self, edge: str, block_id: str, material: bytes) -> int:
        """Take in a block of key, pending until the peer is known to have it; return bytes kept.

        What does not fit in the store's capacity is dropped from the block's end. A block that was
        here before is ignored, used up or not.

        Args:
            edge: Name of the edge.
            block_id: Identity that both ends know it by.
            material: The key, at most 2^24 - 1 bytes.

        Raises:
            ParameterError: If the block is empty or too long.
        """
        if not 0 < len(material) <= _LONGEST:
            rule = f"hold 1 to {_LONGEST} bytes"
            raise ParameterError("material", rule, len(material), "cut it into blocks")
        if self._sql("SELECT 1 FROM blocks WHERE edge = ? AND block = ?", edge, block_id):
            return 0
        rules = self._rules_of(edge)
        kept = len(material)
        if rules.capacity_bits is not None:
            kept = min(kept, max(0, rules.capacity_bits // 8 - sum(self._held(edge))))
        ((number,),) = self._sql(
            "INSERT INTO blocks(edge, block, state, size, left, born) VALUES(?, ?, ?, ?, ?, ?)"
            " RETURNING number",
            *(edge, block_id, PENDING, kept, kept, self._now()),
        )
        self._keep(number, material[:kept])
        self._shift(edge, PENDING, kept)
        self._tally("added_blocks", edge, 1)
        self._tally("added_bytes", edge, len(material))
        self._tally("dropped_bytes", edge, len(material) - kept)
        self._forget()
        return kept

    @transaction
    def pending_blocks(self, edge: str) -> list[str]:
        """Identities of the blocks of which it is not known whether the peer has them."""
        rows = self._sql(
            "SELECT block FROM blocks WHERE edge = ? AND state = ? AND left > 0 ORDER BY number",
            *(edge, PENDING),
        )
        return [block for (block,) in rows]

    @transaction
    def block_sizes(self, edge: str, ids: Iterable[str]) -> dict[str, int]:
        """Bytes that were kept of each of these blocks: what the peer is told for `confirm_blocks`.

        Blocks that were never here, or were voided, are left out; those that are used up are not.
        """
        rows = self._sql(
            f"SELECT block, size FROM blocks WHERE edge = ? AND block IN {LISTED}"
            " AND state IN (0, 1) AND size > 0",
            *(edge, listed(ids)),
        )
        return dict(rows)

    @transaction
    def confirm_blocks(self, edge: str, ids: Iterable[str] | Mapping[str, int]) -> None:
        """Note that the peer has these blocks: from now on their key can be used.

        Args:
            edge: Name of the edge.
            ids: The blocks; as a table, with the bytes that the peer has kept of each: what is
                beyond them here is dropped, so that both ends hold the same.
        """
        sizes = dict(ids) if isinstance(ids, Mapping) else {}
        for block in ids:
            for number, _, state, _, left in self._rows(edge, [block]):
                if block in sizes:
                    cut = (sizes[block], _LONGEST)
                    left -= self._discard(edge, number, state, cut, "dropped_bytes")
                if state == PENDING:
                    self._confirm(edge, number, left)

    @transaction
    def void_blocks(self, edge: str, ids: Iterable[str]) -> int:
        """Throw away what is left of these blocks; return bytes."""
        voided = 0
        for number, _, state, _, _ in self._rows(edge, list(ids)):
            voided += self._discard(edge, number, state, _WHOLE, "voided_bytes")
            self._sql("UPDATE blocks SET state = 2 WHERE number = ?", number)
            self._tally("voided_blocks", edge, 1)
        return voided

    @transaction
    def void_edge(self, edge: str) -> int:
        """Throw away all key of an edge, confirmed or pending; return bytes."""
        rows = self._sql("SELECT block FROM blocks WHERE edge = ? AND left > 0", edge)
        return self.void_blocks(edge, [block for (block,) in rows])

    @transaction
    def allocate(
        self, edge: str, size: int, *, keep_reserve: bool = True
    ) -> tuple[list[KeyPart], bytes]:
        """Take out the oldest key of an edge, at the end that decides; return where it stood, too.

        Args:
            edge: Name of the edge.
            size: Bytes.
            keep_reserve: Whether the store's reserve stays untouched.

        Raises:
            KeyShortageError: If there is too little confirmed key; nothing is taken then.
        """
        check_integer("size", size)
        self._expire_blocks(edge, self._now())
        left = self._held(edge)[CONFIRMED]
        reserve = -(-self._rules_of(edge).reserve_bits // 8) if keep_reserve else 0
        if left - reserve < size:
            beyond = f" beyond the reserve of {reserve}" if reserve else ""
            message = f"edge {edge} holds {max(left - reserve, 0)} of {size} bytes of key{beyond}"
            raise KeyShortageError(message)
        parts: list[KeyPart] = []
        found: list[bytes] = []
        while size > 0:
            part, material = self._oldest(edge, size)
            size -= part.length
            parts.append(part)
            found.append(material)
        return parts, b"".join(found)

    @transaction
    def take(self, edge: str, parts: Sequence[KeyPart]) -> bytes:
        """Take out these parts, which the other end of the edge has allocated.

        Raises:
            KeyUnknownError: If any of it is not here; nothing is taken then.
        """
        found = []
        for part in parts:
            rows = self._rows(edge, [part.block])
            end = part.start + part.length
            material = self._cut(rows[0][0], part.start, end) if rows else b""
            if part.length < 1 or len(material) != part.length:
                message = f"{part.length} bytes of block {part.block} of edge {edge} are not here"
                raise KeyUnknownError(message)
            number, _, state, _, left = rows[0]
            if state == PENDING:  # the other end has it, for it allocates it
                self._confirm(edge, number, left)
            self._lose(edge, number, CONFIRMED, part.length, "taken_bytes")
            found.append(material)
        return b"".join(found)

    @transaction
    def void_parts(self, edge: str, parts: Sequence[KeyPart]) -> int:
        """Throw away what is here of these parts; return bytes."""
        voided = 0
        for part in parts:
            for number, _, state, _, _ in self._rows(edge, [part.block]):
                where = (part.start, part.start + part.length)
                voided += self._discard(edge, number, state, where, "voided_bytes")
        return voided

    @transaction
    def floor(self, edge: str) -> KeyPart | None:
        """Where the oldest key stands that is still here: nothing before it is ever allocated.

        Without any key here, the end of the newest block; None before the first block. Tell it to
        the other end (`void_below`) when no allocation is on its way there.
        """
        held = self._sql(
            "SELECT number, block FROM blocks WHERE edge = ? AND left > 0 ORDER BY number LIMIT 1",
            edge,
        )
        if held:
            ((number, block),) = held
            first = self._sql("SELECT min(place) FROM runs WHERE place >= ?", _place(number, 0))
            return KeyPart(block=block, start=first[0][0] - _place(number, 0), length=0)
        newest = self._sql(
            "SELECT block, size FROM blocks WHERE edge = ? ORDER BY number DESC LIMIT 1", edge
        )
        return KeyPart(block=newest[0][0], start=newest[0][1], length=0) if newest else None

    @transaction
    def void_below(self, edge: str, floor: KeyPart | None) -> int:
        """Throw away what the other end's `floor` says it will never allocate; return bytes.

        Both ends take in the blocks of an edge in one order. A floor in a block that is not known
        here voids nothing.
        """
        at = (
            None
            if floor is None
            else self._sql(
                "SELECT number FROM blocks WHERE edge = ? AND block = ?", edge, floor.block
            )
        )
        if floor is None or not at:
            return 0
        voided = 0
        older = self._sql(
            "SELECT number, state FROM blocks WHERE edge = ? AND left > 0 AND number <= ?",
            *(edge, at[0][0]),
        )
        for number, state in older:
            where = (0, floor.start) if number == at[0][0] else _WHOLE
            voided += self._discard(edge, number, state, where, "voided_bytes")
        return voided

    @transaction
    def level(self, edge: str) -> int:
        """Bytes of an edge that the peer is known to have, too."""
        return self._held(edge)[CONFIRMED]

    def _oldest(self, edge: str, size: int) -> tuple[KeyPart, bytes]:
        """Take out the oldest run of confirmed bytes of one block, at most this many."""
        ((number, block),) = self._sql(
            "SELECT number, block FROM blocks WHERE edge = ? AND state = 1 AND left > 0"
            " ORDER BY number LIMIT 1",
            edge,
        )
        runs = self._sql(
            "SELECT place, length FROM runs WHERE place >= ? AND place < ? ORDER BY place LIMIT ?",
            *(_place(number, 0), _place(number + 1, 0), size // _PIECE + 2),
        )
        start = end = runs[0][0] - _place(number, 0)
        for place, length in runs:
            if place != _place(number, end):
                break
            end += length
        part = KeyPart(block=block, start=start, length=min(size, end - start))
        material = self._cut(number, start, start + part.length)
        self._lose(edge, number, CONFIRMED, part.length, "taken_bytes")
        return part, material

    def _cut(self, number: int, start: int, end: int) -> bytes:
        """Take out what is here of a range of a block, overwriting it; return it."""
        base, found = _place(number, 0), []
        low, high = max(base, base + start - _PIECE + 1), base + min(end, _LONGEST)
        where = "place >= ? AND place < ? AND place + length > ?"
        runs = self._sql(
            f"SELECT place, length, slot, content FROM runs JOIN vault USING (slot) WHERE {where}"
            " ORDER BY place",
            *(low, high, base + start),
        )
        self._sql(f"DELETE FROM runs WHERE {where}", low, high, base + start)
        emptied: dict[int, None] = {}
        cuts = []
        for place, length, slot, content in runs:
            first = place - base
            window = first - first % _PIECE
            begin, stop = max(start, first), min(end, first + length)
            found.append(content[begin - window : stop - window])
            emptied[slot] = None
            cuts.append((slot, begin - window, stop - window))
            self._put_runs(number, [(first, begin, slot), (stop, first + length, slot)])
        for slot in self._slots_near(base, start, end):
            emptied.pop(slot, None)
        for slot, begin, stop in cuts:
            if slot not in emptied:
                self._vault.blank(slot, begin, stop)
        self._vault.clear(list(emptied))
        return b"".join(found)

    def _slots_near(self, base: int, start: int, end: int) -> set[int]:
        """Rows of material at the two borders of a range that still hold some."""
        found = set()
        for border in (start, min(end, _LONGEST) - 1):
            window = base + border - border % _PIECE
            found |= set(
                self._sql(
                    "SELECT slot FROM runs WHERE place >= ? AND place < ?", window, window + _PIECE
                )
            )
        return {slot for (slot,) in found}

    def _put_runs(self, number: int, runs: Sequence[tuple[int, int, int]]) -> None:
        """Note where material stands: ranges of a block and the row of each; empty ones are not."""
        values = [
            value
            for start, end, slot in runs
            if end > start
            for value in (_place(number, start), end - start, slot)
        ]
        for at in range(0, len(values), 3 * _PORTION):
            some = values[at : at + 3 * _PORTION]
            self._sql(f"INSERT INTO runs VALUES {','.join(['(?,?,?)'] * (len(some) // 3))}", *some)

    def _keep(self, number: int, material: bytes) -> None:
        """Put the material of a new block in, cut into pieces."""
        starts = range(0, len(material), _PIECE)
        slots = self._vault.put([material[start : start + _PIECE] for start in starts])
        ends = [min(start + _PIECE, len(material)) for start in starts]
        self._put_runs(number, list(zip(starts, ends, slots, strict=True)))

    def _rows(self, edge: str, ids: Sequence[str]) -> list[Row]:
        """Blocks of which something is here: number, identity, state, size, bytes left."""
        rows: list[Row] = self._sql(
            "SELECT number, block, state, size, left FROM blocks"
            f" WHERE edge = ? AND block IN {LISTED} AND left > 0 ORDER BY number",
            *(edge, listed(ids)),
        )
        return rows

    def _held(self, edge: str) -> tuple[int, int]:
        """Bytes of an edge that are here: pending, confirmed."""
        rows = self._sql("SELECT pending, confirmed FROM edges WHERE edge = ?", edge)
        return (rows[0][0], rows[0][1]) if rows else (0, 0)

    def _shift(self, edge: str, state: int, by: int) -> None:
        """Change how many bytes of an edge are pending or confirmed."""
        column = _STATES[state]
        self._sql(
            f"INSERT INTO edges(edge, {column}) VALUES(?, ?)"
            f" ON CONFLICT(edge) DO UPDATE SET {column} = {column} + excluded.{column}",
            *(edge, by),
        )

    def _confirm(self, edge: str, number: int, left: int) -> None:
        """Count what is left of a block among what both ends have."""
        self._sql("UPDATE blocks SET state = 1 WHERE number = ?", number)
        self._shift(edge, PENDING, -left)
        self._shift(edge, CONFIRMED, left)

    def _discard(
        self, edge: str, number: int, state: int, where: tuple[int, int], counter: str
    ) -> int:
        """Throw away what is here of a range of a block, and count it; return bytes."""
        lost = len(self._cut(number, *where))
        self._lose(edge, number, state, lost, counter)
        return lost

    def _lose(self, edge: str, number: int, state: int, size: int, counter: str) -> None:
        """Account for bytes of a block that were deleted."""
        if size:
            self._sql("UPDATE blocks SET left = left - ? WHERE number = ?", size, number)
            self._shift(edge, state, -size)
            self._tally(counter, edge, size)

    def _expire_blocks(self, edge: str, now: float) -> int:
        """Throw away the blocks of an edge that are too old; return bytes."""
        life = self._rules_of(edge).time_to_live_s
        if life is None:
            return 0
        expired = 0
        for number, state in self._sql(
            "SELECT number, state FROM blocks WHERE edge = ? AND left > 0 AND born <= ?",
            *(edge, now - life),
        ):
            expired += self._discard(edge, number, state, _WHOLE, "expired_bytes")
        return expired

    def _forget(self) -> None:
        """Forget the oldest of very many used-up blocks."""
        self._sql(
            "DELETE FROM blocks WHERE number IN (SELECT number FROM blocks WHERE left = 0"
            " AND number <= (SELECT max(number) FROM blocks) - ? LIMIT 16)",
            _REMEMBERED,
        )


def _place(number: int, start: int) -> int:
    return (number << _PLACE_BITS) + start
