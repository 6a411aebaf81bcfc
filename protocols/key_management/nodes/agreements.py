"""Agreements of a node with the others: whose keys are whose, and new keys over open routes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from protocols.key_management.keys import Assignment, ManagedKey
from protocols.key_management.nodes.routing import KeyRoutes, Route
from protocols.key_management.peering.book import PeerBook
from protocols.key_management.peering.calls import PeerCalls, PeerLostError
from protocols.key_management.refusals import KeyRefusedError, KeyShortageError
from protocols.key_management.relaying.messages import MOST_KEYS
from protocols.key_management.relaying.relayer import Relayer
from protocols.key_management.relaying.tags import TAG_KEY_BYTES
from protocols.key_management.store import KeyStore

__all__ = ["NodeAgreements", "read_assignments"]

#: Most bytes of key in one job; a longer key goes alone.
JOB_BYTES = 16_384


class NodeAgreements:
    """What the key service of a node needs of the network: `protocols.key_management.service`.

    Args:
        relayer: Of the node.
        routes: From the node.
        book: What it knows of the others.
        store: Its key store.
        peers: Calls to the others.
        own_edges: Level and stop of the node's own edges, by name.
        usual_bits: Length of a key that is kept ready.
        stock: How many of them are made at once, if there is key.
    """

    def __init__(
        self,
        relayer: Relayer,
        *,
        routes: KeyRoutes,
        book: PeerBook,
        store: KeyStore,
        peers: PeerCalls,
        own_edges: Callable[[], Mapping[str, tuple[int, str]]],
        usual_bits: int = 256,
        stock: int = 1,
    ) -> None:
        self.relayer, self.routes, self.book = relayer, routes, book
        self.usual_bits, self.stock = usual_bits, stock
        self._store, self._peers, self._own_edges = store, peers, own_edges
        #: Whether every other node was asked once which edges have stopped.
        self.is_informed = False
        #: Edges that ready keys with a node went over.
        self.crossed: dict[str, set[str]] = {}

    def stopped(self) -> dict[str, str]:
        """Edges that deliver no key, each with why, as far as is known here."""
        own = {name: why for name, (_, why) in self._own_edges().items() if why}
        return self.book.stopped() | own

    def levels(self) -> dict[str, int]:
        """Bytes of key of each edge, as far as is known here."""
        own = {name: level for name, (level, _) in self._own_edges().items()}
        return self.book.levels() | own

    def open_routes(self, node: str) -> list[Route]:
        """Routes to a node that are open.

        Raises:
            KeyShortageError: If there are too few.
        """
        routes, reason = self._find(node)
        if reason:
            raise KeyShortageError(reason)
        return routes

    def _find(self, node: str) -> tuple[list[Route], str]:
        return self.routes.find(
            node, stopped=self.stopped(), down=self.book.down(), levels=self.levels()
        )

    def reason(self, node: str) -> str:
        """Why no key can get to a node now; empty if one can."""
        return self._unsettled(node) or self._find(node)[1]

    def _unsettled(self, node: str) -> str:
        """Why nothing can be agreed with a node now, not even on keys that are ready."""
        entry, here = self.book.entries.get(node), self.routes.node
        if entry is None:
            return f"there is no node {node}"
        if not self.is_informed:
            return f"{here} has just begun"
        if not entry.is_up:
            return f"the KME of {node} does not answer"
        if not entry.is_settled:
            return f"{here} and {node} have yet to agree on the keys that they hold"
        stopped = self.stopped()
        over = sorted(self.crossed.get(node, set()) & set(stopped))
        return f"keys that are void: {stopped[over[0]]}" if over else ""

    def room(self, node: str, key_bytes: int) -> int:
        """How many keys the emptiest edges of the open routes to a node have key for.

        Raises:
            KeyShortageError: If there is no open route.
        """
        return self._room(self.open_routes(node), key_bytes)

    def _room(self, routes: Sequence[Route], key_bytes: int) -> int:
        """How many keys the emptiest edges of some routes have key for."""
        levels = self.levels()
        rooms = sorted((self.routes.level(route, levels) for route in routes), reverse=True)
        # As many routes as are needed have to have room.
        left = rooms[self.routes.threshold - 1] - 2 * TAG_KEY_BYTES
        return max(0, left // key_bytes)

    async def assign(self, node: str, assignments: Sequence[Assignment]) -> list[str]:
        """Tell a node whose its keys are; see `protocols.key_management.service.Agreements`."""
        if reason := self._unsettled(node):
            raise KeyShortageError(reason)
        told = {
            "assignments": [asdict(each) | {"slaves": list(each.slaves)} for each in assignments]
        }
        try:
            answer = await self._peers.call(node, "assign", told)
        except PeerLostError as error:
            # It may have noted them: both settle on what they hold before anything else is done.
            self.book.entries[node].is_settled = False
            raise KeyShortageError(str(error)) from None
        return [str(each) for each in answer.get("refused", [])]

    def check_assignments(
        self, sender: str, assignments: Sequence[Assignment], node_of: Mapping[str, str]
    ) -> None:
        """Refuse keys of another node for a master that is not of its own, or a slave not of here.

        Each node speaks for its own SAEs, and for masters of other networks that hand it their
        keys: a node that lies could else give out its keys as those of any master.

        Args:
            sender: The node that assigns keys.
            assignments: What it says.
            node_of: Node of each SAE of this network.

        Raises:
            KeyRefusedError: If it speaks for others.
        """
        here = self.routes.node
        for each in assignments:
            if node_of.get(each.master, sender) != sender:
                message = f"{sender} assigns keys of {each.master}, which is no SAE of it"
                raise KeyRefusedError(message)
            if any(node_of.get(slave) != here for slave in each.slaves):
                message = f"{sender} assigns keys to SAEs that are not of {here}"
                raise KeyRefusedError(message)

    async def make(self, node: str, *, number: int, size_bits: int) -> list[str]:
        """Relay new keys; see `protocols.key_management.service.Agreements`."""
        key_bytes = size_bits // 8
        if size_bits == self.usual_bits:
            # Others will ask for such keys soon: a message with many uses up little more.
            lacking = self.stock - self._store.ready(node, size_bits)
            number = max(number, min(lacking, self.room(node, key_bytes) // 2))
        made: list[str] = []
        while len(made) < number:
            batch = min(_most_of_job(key_bytes), number - len(made))
            made += await self._make(node, batch, key_bytes)
        return made

    async def _make(self, node: str, number: int, key_bytes: int) -> list[str]:
        """Relay some keys in one job."""
        routes = self._routes_for(node)
        if (room := self._room(routes, key_bytes)) < number:
            message = (
                f"the edges between {self.routes.node} and {node} hold key for {room} of {number} "
                "more keys"
            )
            raise KeyShortageError(message)
        edges = {name for route in routes for name in self.routes.edges_on(route)}
        self.crossed.setdefault(node, set()).update(edges)
        keys = await self._relay(node, routes, number=number, key_bytes=key_bytes)
        ids = [key.key_id for key in keys]
        if not edges.isdisjoint(self.stopped()):
            await self._store.run(self._store.void_keys, node, ids, "out")
            message = "an edge has stopped while the keys were on their way"
            raise KeyShortageError(message)
        return ids

    async def spread(self, first: str, ids: Sequence[str], nodes: Sequence[str]) -> None:
        """Relay ready keys to further nodes; see `protocols.key_management.service.Agreements`."""
        for node in nodes:
            self._routes_for(node)
        keys = await self._store.run(self._store.read_out, first, ids)
        for node in nodes:
            await self.bring(node, keys)

    async def bring(self, node: str, keys: Sequence[ManagedKey]) -> None:
        """Relay keys of one length that are here, or came from outside, a job at a time.

        Raises:
            KeyShortageError: If they cannot get there now.
        """
        most = _most_of_job(len(keys[0].material))
        for first in range(0, len(keys), most):
            batch = list(keys[first : first + most])
            await self._relay(node, self._routes_for(node), keys=batch)

    async def _relay(
        self,
        node: str,
        routes: Sequence[Route],
        **what: Any,  # noqa: ANN401 - as `Relayer.relay` takes it
    ) -> list[ManagedKey]:
        try:
            return await self.relayer.relay(node, routes, threshold=self.routes.threshold, **what)
        except PeerLostError as error:
            self.book.entries[node].is_settled = False
            raise KeyShortageError(str(error)) from None
        except KeyShortageError:
            raise
        except KeyRefusedError as error:
            raise KeyShortageError(str(error)) from None

    def _routes_for(self, node: str) -> list[Route]:
        """Open routes to a node for a relay; none where both do not know what they share.

        Raises:
            KeyShortageError: If there is none.
        """
        if reason := self._unsettled(node):
            raise KeyShortageError(reason)
        return self.open_routes(node)


def _most_of_job(key_bytes: int) -> int:
    """Most keys of a length that go in one job."""
    return min(MOST_KEYS, max(1, JOB_BYTES // max(1, key_bytes)))


def read_assignments(value: object) -> list[Assignment]:
    """Assignments of a message.

    Raises:
        KeyRefusedError: If they are none.

    Examples:
        >>> read_assignments([{"key_id": "k", "master": "alice", "slaves": ["bob"]}])
        [Assignment(key_id='k', master='alice', slaves=('bob',))]
    """
    message = "the assignments cannot be read"
    if not isinstance(value, list):
        raise KeyRefusedError(message)
    found = []
    for each in value:
        if not isinstance(each, dict) or set(each) != {"key_id", "master", "slaves"}:
            raise KeyRefusedError(message)
        slaves = each["slaves"]
        texts = [each["key_id"], each["master"], *(slaves if isinstance(slaves, list) else [None])]
        if not all(isinstance(text, str) for text in texts):
            raise KeyRefusedError(message)
        found.append(Assignment(key_id=each["key_id"], master=each["master"], slaves=tuple(slaves)))
    return found
