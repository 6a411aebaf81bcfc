"""Authentication secrets of links in a store: numbered, each used once."""

from __future__ import annotations

from protocols.key_management.refusals import KeyShortageError
from protocols.key_management.store.base import StorePart, transaction

__all__ = ["LinkSecrets"]


class LinkSecrets(StorePart):
    """Secrets of a link's post-processing, the same numbers at both ends."""

    @transaction
    def add_secret(self, edge: str, number: int, material: bytes) -> None:
        """Take in a secret; one whose number was used, passed over, or is here is ignored."""
        self._sql("INSERT OR IGNORE INTO edges(edge) VALUES(?)", edge)
        ((used,),) = self._sql("SELECT secret FROM edges WHERE edge = ?", edge)
        here = self._sql("SELECT 1 FROM secrets WHERE edge = ? AND number = ?", edge, number)
        if number > used and not here:
            (slot,) = self._vault.put([material])
            self._sql("INSERT INTO secrets VALUES(?, ?, ?, ?)", edge, number, slot, len(material))

    @transaction
    def next_secret(self, edge: str, at_least: int = 0) -> tuple[int, bytes]:
        """Take out the secret with the lowest number from this one on; lower ones are voided.

        Raises:
            KeyShortageError: If there is none.
        """
        rows = self._sql(
            "SELECT number, slot, size FROM secrets WHERE edge = ? AND number >= ?"
            " ORDER BY number LIMIT 1",
            *(edge, at_least),
        )
        if not rows:
            message = f"edge {edge} has no secret left for authentication"
            raise KeyShortageError(message)
        ((number, slot, size),) = rows
        material = self._vault.read(slot, size)
        passed = self._sql(
            "DELETE FROM secrets WHERE edge = ? AND number <= ? RETURNING slot", edge, number
        )
        self._vault.clear([slot for (slot,) in passed])
        self._sql("UPDATE edges SET secret = ? WHERE edge = ?", number, edge)
        self._tally("used_secrets", edge, 1)
        self._tally("voided_secrets", edge, len(passed) - 1)
        return number, material

    @transaction
    def secrets_left(self, edge: str) -> int:
        """How many secrets of an edge there are."""
        return int(self._sql("SELECT count(*) FROM secrets WHERE edge = ?", edge)[0][0])
