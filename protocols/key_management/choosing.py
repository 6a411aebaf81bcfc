"""Choice of keys for requests: those that are ready, and those that are made on demand."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from protocols.key_management.refusals import KeyRefusedError, KeyShortageError
from protocols.key_management.store import KeyStore

__all__ = ["KeyChooser"]

#: How often a request has keys made when others take them first.
TRIES = 3

#: Most keys that are made at once for all who wait.
MOST = 256


@dataclass(slots=True)
class _Making:
    """Who waits for keys of one node and length to be made, and how it went last.

    Args:
        lock: One makes at a time.
        wanted: Keys that all who wait want together.
        failures: How often it failed so far.
        failed: How many keys could not be made then.
        reason: Why.
    """

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    wanted: int = 0
    failures: int = 0
    failed: int = 0
    reason: KeyRefusedError | None = None


class KeyChooser:
    """Sets keys of a store aside for requests; what is missing is made, once for all who wait.

    Args:
        store: Where ready keys are.
        make: Makes keys of a length with a node, which are then ready: `Agreements.make`.
    """

    def __init__(self, store: KeyStore, make: Callable[..., Awaitable[list[str]]]) -> None:
        self._store, self._make = store, make
        self._makings: dict[tuple[str, int], _Making] = {}

    async def choose(self, node: str, number: int, size_bits: int) -> list[str]:
        """Identities of keys with a node that nobody else gets now.

        Raises:
            KeyShortageError: If there is too little key.
            KeyRefusedError: If no key gets to the node.
        """
        ids = self._set_aside(node, number, size_bits)
        if ids:
            return ids
        making = self._makings.setdefault((node, size_bits), _Making())
        failures = making.failures
        making.wanted += number
        try:
            async with making.lock:
                for _ in range(TRIES):
                    ids = self._set_aside(node, number, size_bits)
                    if ids:
                        return ids
                    missing = number - self._store.ready(node, size_bits)
                    if making.failures > failures and missing >= making.failed:
                        assert making.reason is not None  # it failed while this one waited
                        raise type(making.reason)(str(making.reason))
                    await self._make_for_all(making, node, missing, size_bits)
                ids = self._set_aside(node, number, size_bits)
        finally:
            making.wanted -= number
        if not ids:
            message = f"others took the keys with {node}; ask again"
            raise KeyShortageError(message)
        return ids

    def _set_aside(self, node: str, number: int, size_bits: int) -> list[str]:
        """Identities of ready keys that nobody else gets now; none if there are too few."""
        try:
            return self._store.reserve(node, size_bits, number)
        except KeyShortageError:
            return []

    async def _make_for_all(self, making: _Making, node: str, missing: int, size_bits: int) -> None:
        """Make what all who wait want, or what one of them misses if there is no key for more."""
        ready = self._store.ready(node, size_bits)
        for number in dict.fromkeys((max(missing, min(making.wanted - ready, MOST)), missing)):
            try:
                await self._make(node, number=number, size_bits=size_bits)
            except KeyRefusedError as error:
                making.reason = error
            else:
                return
        making.failures, making.failed = making.failures + 1, missing
        assert making.reason is not None
        raise making.reason
