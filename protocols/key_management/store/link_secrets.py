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
        self._sql(
            "INSERT OR IGNORE INTO secrets SELECT ?1, ?2, ?3"
            " WHERE ?2 > (SELECT secret FROM edges WHERE edge = ?1)",
            *(edge, number, material),
        )

    @transaction
    def next_secret(self, edge: str, at_least: int = 0) -> tuple[int, bytes]:
        """Take out the secret with the lowest number from this one on; lower ones are voided.

        Raises:
            KeyShortageError: If there is none.
        """
        rows = self._sql(
            "SELECT number, material FROM secrets WHERE edge = ? AND number >= ?"
            " ORDER BY number LIMIT 1",
            *(edge, at_least),
        )
        if not rows:
            message = f"edge {edge} has no secret left for authentication"
            raise KeyShortageError(message)
        ((number, material),) = rows
        passed = self._sql(
            "DELETE FROM secrets WHERE edge = ? AND number <= ? RETURNING number", edge, number
        )
        self._sql("UPDATE edges SET secret = ? WHERE edge = ?", number, edge)
        self._tally("used_secrets", edge, 1)
        self._tally("voided_secrets", edge, len(passed) - 1)
        return number, material

    @transaction
    def secrets_left(self, edge: str) -> int:
        """How many secrets of an edge there are."""
        return int(self._sql("SELECT count(*) FROM secrets WHERE edge = ?", edge)[0][0])
