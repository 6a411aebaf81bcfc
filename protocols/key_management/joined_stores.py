"""Key stores of several nodes in one program, joined without links: for trials of a key service.

`JoinedStores` agrees keys between them as a network would, but draws them from the operating
system's entropy: nothing here is a quantum channel or a relay.
"""

from __future__ import annotations

import math
import secrets
import uuid
from collections.abc import Iterable, Mapping, Sequence

from protocols.key_management.keys import Assignment, ManagedKey
from protocols.key_management.refusals import KeyShortageError
from protocols.key_management.service import KeyService
from protocols.key_management.store import KeyStore
from protocols.key_networks import KmeTable, SaeTable

__all__ = ["JoinedStores", "joined_services"]


class JoinedStores:
    """`Agreements` of a node with nodes of the same program.

    Args:
        node: Whose agreements they are.
        stores: The key store of each node.
        left_bits: How many bits of key can still be made; without end unless given.
    """

    def __init__(
        self,
        node: str,
        stores: Mapping[str, KeyStore],
        *,
        left_bits: float = math.inf,
    ) -> None:
        self.node, self.left_bits = node, left_bits
        self._stores = stores

    async def assign(self, node: str, assignments: Sequence[Assignment]) -> list[str]:
        """Note at a node whose its keys are; the identities that it does not hold."""
        store = self._stores[node]
        return await store.run(store.assign_in, self.node, assignments)

    async def make(self, node: str, *, number: int, size_bits: int) -> list[str]:
        """Draw keys and put them in the stores of both nodes.

        Raises:
            KeyShortageError: If fewer bits are left.
        """
        if number * size_bits > self.left_bits:
            message = f"{self.left_bits} bits of key are left between {self.node} and {node}"
            raise KeyShortageError(message)
        self.left_bits -= number * size_bits
        keys = [
            ManagedKey(key_id=str(uuid.uuid4()), material=secrets.token_bytes(size_bits // 8))
            for _ in range(number)
        ]
        own, other = self._stores[self.node], self._stores[node]
        await other.run(other.add_in, self.node, keys)
        await own.run(own.add_out, node, keys)
        return [each.key_id for each in keys]

    async def spread(self, first: str, ids: Sequence[str], nodes: Sequence[str]) -> None:
        """Put keys that are ready here for a first node in the stores of further ones."""
        own = self._stores[self.node]
        keys = await own.run(own.read_out, first, ids)
        for node in nodes:
            await self._stores[node].run(self._stores[node].add_in, self.node, keys)

    def reason(self, node: str) -> str:
        """Why no key can be made; empty if one can."""
        return "" if self.left_bits else f"no key is left between {self.node} and {node}"


def joined_services(
    stores: Mapping[str, KeyStore],
    saes: Iterable[SaeTable],
    *,
    rules: KmeTable | None = None,
    left_bits: float = math.inf,
) -> dict[str, KeyService]:
    """A key service for each node, on stores that are joined in this program.

    Args:
        stores: The key store of each node.
        saes: SAEs of all nodes.
        rules: Lengths and numbers that are served.
        left_bits: How many bits of key each node can make.

    Examples:
        >>> import asyncio, tempfile
        >>> saes = SaeTable(name="alice", node="A"), SaeTable(name="bob", node="B")
        >>> async def share(services):
        ...     (key,) = await services["A"].request_keys("alice", ["bob"])
        ...     return key, await services["B"].collect_keys("bob", "alice", [key.key_id])
        >>> with (
        ...     tempfile.TemporaryDirectory() as folder,
        ...     KeyStore(f"{folder}/A.sqlite") as one,
        ...     KeyStore(f"{folder}/B.sqlite") as other,
        ... ):
        ...     key, collected = asyncio.run(share(joined_services({"A": one, "B": other}, saes)))
        >>> collected == [key], len(key.material), key.material.hex() in repr(key)
        (True, 32, False)
    """
    saes = tuple(saes)
    return {
        node: KeyService(
            node,
            store=store,
            agreements=JoinedStores(node, stores, left_bits=left_bits),
            saes=saes,
            rules=rules,
        )
        for node, store in stores.items()
    }
