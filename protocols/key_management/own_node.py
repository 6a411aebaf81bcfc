"""Keys that SAEs of one node share: their KME draws them, and no key travels."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING

from protocols.key_management.keys import Assignment, ManagedKey
from protocols.key_management.store import KeyStore

if TYPE_CHECKING:
    from protocols.key_management.service import Agreements

__all__ = ["WithOwnNode"]


class WithOwnNode:
    """Agreements of a node that reach itself too.

    Whoever trusts the KME of its site with keys for others trusts it with those of a neighbour at
    the same site: they come from the operating system's entropy, and cost no key of any link.

    Args:
        node: The node.
        store: Its store; keys for its own SAEs are held there under its own name.
        others: Agreements with other nodes.
    """

    def __init__(self, node: str, store: KeyStore, others: Agreements) -> None:
        self._node, self._store, self._others = node, store, others

    async def assign(self, node: str, assignments: Sequence[Assignment]) -> list[str]:
        """Note whose keys are, here or at another node: `Agreements.assign`."""
        if node != self._node:
            return await self._others.assign(node, assignments)
        return await self._store.run(self._store.assign_in, node, assignments)

    async def make(self, node: str, *, number: int, size_bits: int) -> list[str]:
        """Keys for SAEs here, or for those of another node: `Agreements.make`."""
        if node != self._node:
            return await self._others.make(node, number=number, size_bits=size_bits)
        keys = [
            ManagedKey(key_id=str(uuid.uuid4()), material=secrets.token_bytes(size_bits // 8))
            for _ in range(number)
        ]
        await self._store.run(self._store.add_own, self._node, keys)
        return [key.key_id for key in keys]

    async def spread(self, first: str, ids: Sequence[str], nodes: Sequence[str]) -> None:
        """Give further nodes keys that are ready here for a first one: `Agreements.spread`."""
        others = [node for node in nodes if node != self._node]
        if others:
            await self._others.spread(first, ids, others)
        if self._node in nodes:
            keys = await self._store.run(self._store.read_out, first, ids)
            await self._store.run(self._store.add_in, self._node, keys)

    def reason(self, node: str) -> str:
        """Why no key can get to a node now: `Agreements.reason`."""
        return "" if node == self._node else self._others.reason(node)
