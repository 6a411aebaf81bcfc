"""Link keys as pads: taken at both ends of an edge, for one message from one end to the other."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from protocols.key_management.keys import KeyPart
from protocols.key_management.peering.calls import PeerCalls
from protocols.key_management.refusals import KeyRefusedError, KeyUnknownError
from protocols.key_management.relaying.messages import parts_from, parts_to
from protocols.key_management.store import KeyStore

__all__ = ["EdgeEnd", "LinkPad", "LinkPads"]

#: How long key that was set aside waits for its message, in s.
ASIDE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeEnd:
    """An edge as one of its nodes sees it.

    Args:
        name: Name of the edge.
        node: This end.
        neighbour: The other end.
        is_first: Whether this end allocates its key.
    """

    name: str
    node: str
    neighbour: str
    is_first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkPad:
    """Key of an edge for one message; its bytes are not shown.

    Args:
        edge: Name of the edge.
        parts: Where it stood.
        allocation: Under which name the other end has set it aside; empty if it still is in its
            store.
        material: The bytes.
    """

    edge: str
    parts: tuple[KeyPart, ...]
    allocation: str
    material: bytes = field(repr=False)


class LinkPads:
    """Link keys of the edges of a node.

    The first end of an edge takes key out and says where it stood, and the other takes the same.
    Where the other end is to send, it asks the first end, which sets the key aside until the
    message comes.

    Args:
        edges: The edges of this node.
        store: Its key store.
        peers: Calls to the other nodes.
        stopped: Why an edge delivers no key; empty if it does.
        clock: Time in s.
    """

    def __init__(
        self,
        edges: Sequence[EdgeEnd],
        *,
        store: KeyStore,
        peers: PeerCalls,
        stopped: Callable[[str], str] = lambda edge: "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.edges: Mapping[str, EdgeEnd] = {end.neighbour: end for end in edges}
        #: Bytes of key used up, by edge.
        self.used: Counter[str] = Counter()
        #: Bytes of key that this end had taken and threw away, by edge.
        self.voided: Counter[str] = Counter()
        self._store, self._peers, self._stopped, self._clock = store, peers, stopped, clock
        self._aside: dict[str, tuple[float, LinkPad]] = {}

    def edge_to(self, neighbour: str) -> EdgeEnd:
        """The edge to a neighbour, if it delivers key.

        Raises:
            KeyRefusedError: If there is none, or it has stopped.
        """
        end = self.edges.get(neighbour)
        if end is None:
            message = f"no edge joins this node and {neighbour}"
            raise KeyRefusedError(message)
        if reason := self._stopped(end.name):
            raise KeyRefusedError(reason)
        return end

    async def for_sending(self, neighbour: str, size: int) -> LinkPad:
        """Key for a message to a neighbour.

        Args:
            neighbour: Who gets the message.
            size: Bytes.

        Raises:
            KeyShortageError: If there is too little.
            KeyRefusedError: If the edge has stopped, or the neighbour does not answer.
        """
        end = self.edge_to(neighbour)
        parts: Sequence[KeyPart]
        if end.is_first:
            parts, material = await self._store.run(self._store.allocate, end.name, size)
            allocation = ""
        else:
            body = {"edge": end.name, "size": size}
            answer = await self._peers.call(neighbour, "allocate", body)
            allocation, parts = str(answer.get("allocation", "")), parts_from(answer.get("parts"))
            material = await self._store.run(self._store.take, end.name, parts)
        self.used[end.name] += size
        return LinkPad(edge=end.name, parts=tuple(parts), allocation=allocation, material=material)

    async def for_receiving(
        self, neighbour: str, parts: Sequence[KeyPart], allocation: str
    ) -> LinkPad:
        """Key of a message that came from a neighbour.

        Args:
            neighbour: Who sent it.
            parts: Where the key stands.
            allocation: Under which name it was set aside here.

        Raises:
            KeyUnknownError: If it is not here.
            KeyRefusedError: If the edge has stopped.
        """
        end = self.edge_to(neighbour)
        if not end.is_first:
            material = await self._store.run(self._store.take, end.name, tuple(parts))
            self.used[end.name] += len(material)
            return LinkPad(
                edge=end.name, parts=tuple(parts), allocation=allocation, material=material
            )
        _, pad = self._aside.pop(allocation, (0.0, None))
        if pad is None or pad.edge != end.name or pad.parts != tuple(parts):
            message = f"no key of edge {end.name} was set aside under this name"
            raise KeyUnknownError(message)
        return pad

    async def set_aside(self, neighbour: str, edge: str, size: int) -> dict[str, Any]:
        """Take key out for a message that a neighbour will send: where it stands, as JSON types.

        Raises:
            KeyShortageError: If there is too little.
            KeyRefusedError: If this is not the end that allocates, or the edge has stopped.
        """
        end = self.edge_to(neighbour)
        if not end.is_first or end.name != edge:
            message = f"{neighbour} asked the wrong end for key of edge {edge}"
            raise KeyRefusedError(message)
        parts, material = await self._store.run(self._store.allocate, edge, size)
        self.used[edge] += size
        name = str(uuid.uuid4())
        pad = LinkPad(edge=edge, parts=tuple(parts), allocation=name, material=material)
        self._aside[name] = self._clock(), pad
        return {"allocation": name, "parts": parts_to(parts)}

    async def void(self, neighbour: str, pad: LinkPad) -> None:
        """Throw away key whose message did not arrive, at the other end too if it answers."""
        await self._lose(pad)
        body = {"edge": pad.edge, "parts": parts_to(pad.parts), "allocation": pad.allocation}
        # What it still holds when it does not answer is voided when it is back.
        with suppress(KeyRefusedError):
            await self._peers.call(neighbour, "void_parts", body, timeout_s=2.0)

    async def void_here(self, neighbour: str, parts: Sequence[KeyPart], allocation: str) -> int:
        """Throw away key that a neighbour had taken for a message that did not arrive; bytes."""
        end = self.edges.get(neighbour)
        if end is None:
            return 0
        if not end.is_first:
            return await self._store.run(self._store.void_parts, end.name, tuple(parts))
        _, pad = self._aside.pop(allocation, (0.0, None))
        if pad is None:
            return 0
        await self._lose(pad)
        return len(pad.material)

    async def expire(self) -> int:
        """Throw away key that was set aside for a message that never came; bytes."""
        before = self._clock() - ASIDE_S
        old = [name for name, (born, _) in self._aside.items() if born < before]
        lost = 0
        for name in old:
            _, pad = self._aside.pop(name)
            await self._lose(pad)
            lost += len(pad.material)
        return lost

    async def _lose(self, pad: LinkPad) -> None:
        """Count key that was taken for nothing."""
        self.voided[pad.edge] += len(pad.material)
        await self._store.run(self._store.count, "voided_bytes", pad.edge, len(pad.material))
