"""Identities of keys that are ready for requests, in memory: who has set which aside."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from protocols.key_management.refusals import KeyShortageError

__all__ = ["ReadyKeys"]


class ReadyKeys:
    """Identities of the keys of each peer and length, oldest first; those set aside are left out.

    Examples:
        >>> ready = ReadyKeys()
        >>> ready.add("C", 256, ["one", "two"])
        >>> ready.reserve("C", 256, 1), ready.count("C", 256)
        (['one'], 1)
        >>> ready.release(["one"])
        >>> ready.count("C", 256)
        2
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free: dict[tuple[str, int], dict[str, None]] = {}
        self._where: dict[str, tuple[str, int]] = {}

    def add(self, peer: str, size_bits: int, ids: Iterable[str]) -> None:
        """Take in keys that are now in the store."""
        with self._lock:
            free = self._free.setdefault((peer, size_bits), {})
            for key_id in ids:
                self._where[key_id] = (peer, size_bits)
                free[key_id] = None

    def remove(self, ids: Iterable[str]) -> None:
        """Leave out keys that are no longer in the store."""
        with self._lock:
            for key_id in ids:
                where = self._where.pop(key_id, None)
                if where is not None:
                    self._free[where].pop(key_id, None)

    def count(self, peer: str, size_bits: int) -> int:
        """How many keys nobody has set aside."""
        with self._lock:
            return len(self._free.get((peer, size_bits), ()))

    def reserve(self, peer: str, size_bits: int, number: int) -> list[str]:
        """Set the oldest keys aside.

        Raises:
            KeyShortageError: If there are too few; none is set aside then.
        """
        with self._lock:
            free = self._free.get((peer, size_bits), {})
            if len(free) < number:
                message = f"{len(free)} of {number} keys of {size_bits} bits with {peer} are ready"
                raise KeyShortageError(message)
            ids = [key_id for key_id, _ in zip(free, range(number), strict=False)]
            for key_id in ids:
                del free[key_id]
            return ids

    def release(self, ids: Iterable[str]) -> None:
        """Give back keys that were set aside and are still in the store; they come last."""
        with self._lock:
            for key_id in ids:
                where = self._where.get(key_id)
                if where is not None:
                    self._free[where][key_id] = None
