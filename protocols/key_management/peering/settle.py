"""Settlement of two nodes on the keys that they share: what only one of them has is voided.

The initiator of keys, whose masters will get them, asks what the other node holds for it. A key
that it still has and the other has not is void; so is one that the other holds and it has not. One
that is assigned there but still here was on its way to a master when a process ended: nobody has it
for sure, so it is void at both. A key that was delivered here stays assigned there.

Key of an edge is allocated at its first end, oldest first: what the other end holds before the
oldest that the first end has left was given out for a message that never came, and is void.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from typing import Any

from protocols.key_management.peering.calls import PeerCalls
from protocols.key_management.refusals import KeyRefusedError
from protocols.key_management.store import KeyStore

__all__ = ["PairSettlement"]

#: Identities in one call.
PAGE = 500


class PairSettlement:
    """Settles what a node shares with others.

    Args:
        store: The node's key store.
        peers: Calls to the others.
    """

    def __init__(self, store: KeyStore, peers: PeerCalls) -> None:
        self._store, self._peers = store, peers

    async def settle(self, peer: str, on_the_way: Collection[str], others: Sequence[str]) -> int:
        """Agree with a peer on the keys of this node's masters; repeated, it does nothing.

        Args:
            peer: The node that holds them for slaves.
            on_the_way: Keys of jobs that are going on.
            others: Further nodes, which may hold some of the keys too.

        Returns:
            Keys that were voided here.

        Raises:
            KeyRefusedError: If the peer does not answer.
        """
        # Whatever is added here, there, or delivered while this goes on is in one of these sets.
        before = await self._store.run(self._store.out_ids, peer)
        held = await self._peers.call(peer, "holdings", {})
        waiting, assigned = _texts(held, "waiting"), _texts(held, "assigned")
        going = set(on_the_way)
        ours = await self._store.run(self._store.out_ids, peer)
        # Voided here first: what is delivered in the meantime stays assigned at the other end.
        lost = await self._void_here(peer, [each for each in before if each not in waiting])
        orphans = waiting - going - set(before) - set(ours)
        await self._tell(peer, "void_keys", sorted(assigned.intersection(lost)))
        await self._tell(peer, "void_unassigned", sorted(orphans))
        for other in others if lost else ():
            with suppress(KeyRefusedError):
                await self._tell(other, "void_keys", lost)
        return len(lost)

    async def void_ready(self, peer: str) -> int:
        """Void the keys that are ready for a peer, at both ends; how many there were."""
        lost = await self._void_here(peer, await self._store.run(self._store.out_ids, peer))
        with suppress(KeyRefusedError):
            await self._tell(peer, "void_keys", lost)
        return len(lost)

    async def settle_edge(self, peer: str, edge: str) -> None:
        """Tell the other end of an edge, from its first end, what will never be allocated.

        Raises:
            KeyRefusedError: If it does not answer.
        """
        floor = await self._store.run(self._store.floor, edge)
        if floor is not None:
            body = {"edge": edge, "block": floor.block, "start": floor.start}
            await self._peers.call(peer, "floor", body)

    async def holdings(self, peer: str) -> dict[str, Any]:
        """What this node holds for a peer's masters: waiting for them, and assigned."""
        assigned = await self._store.run(self._store.assigned_ids, peer)
        every = await self._store.run(self._store.in_ids, peer)
        there = set(assigned)
        return {"waiting": [each for each in every if each not in there], "assigned": assigned}

    async def _void_here(self, peer: str, ids: Sequence[str]) -> list[str]:
        """Void keys of this node's masters; those that were not delivered in the meantime."""
        return await self._store.run(self._store.void_keys, peer, ids, "out")

    async def _tell(self, peer: str, what: str, ids: Sequence[str]) -> None:
        for page in _pages(ids):
            await self._peers.call(peer, what, {"ids": page})


def _pages(ids: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), PAGE):
        yield list(ids[start : start + PAGE])


def _texts(value: dict[str, Any], name: str) -> set[str]:
    found = value.get(name)
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        message = "what the other node holds cannot be read"
        raise KeyRefusedError(message)
    return set(found)
