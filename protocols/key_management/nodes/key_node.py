"""Node of a key network as it is served: store, links, relays, agreements, and its HTTPS server."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from protocols.key_management.certificates import server_context
from protocols.key_management.keys import KeyPart
from protocols.key_management.link.preshared import load_preshared
from protocols.key_management.nodes.agreements import NodeAgreements, read_assignments
from protocols.key_management.nodes.duties import NodeDuties
from protocols.key_management.nodes.layout import (
    RunFolder,
    check_served,
    edges_of,
    store_rules,
    urls_of,
)
from protocols.key_management.nodes.links import links_of
from protocols.key_management.nodes.manage import manage_face
from protocols.key_management.nodes.outside import OutsideInterfaces
from protocols.key_management.nodes.routing import KeyRoutes
from protocols.key_management.peering.book import PeerBook
from protocols.key_management.peering.client import PeerClient
from protocols.key_management.peering.face import Answer, ids_of, peer_face
from protocols.key_management.peering.settle import PairSettlement
from protocols.key_management.refusals import KeyRefusedError
from protocols.key_management.relaying.messages import parts_from
from protocols.key_management.relaying.pads import EdgeEnd, LinkPads
from protocols.key_management.relaying.relayer import Relayer
from protocols.key_management.server.application import application_of
from protocols.key_management.server.faces import faces_of
from protocols.key_management.server.limits import ServerLimits
from protocols.key_management.server.listening import KmeServer
from protocols.key_management.service import KeyService
from protocols.key_management.store import KeyStore
from protocols.key_networks import StoreTable
from qnet.errors import ParameterError

if TYPE_CHECKING:
    from protocols.key_networks import KeyNetworkScenario

__all__ = ["KeyNode"]

logger = logging.getLogger("qnet.key_management.node")


class KeyNode:
    """One node; an asynchronous context manager that serves within.

    Args:
        scenario: The network.
        node: Which node.
        folder: Of the network; certificates and pre-shared secrets are there.

    Raises:
        ParameterError: If something is missing in the folder.
        KeyStoreError: If its store cannot be opened.
    """

    def __init__(self, scenario: KeyNetworkScenario, node: str, folder: RunFolder) -> None:
        self.scenario, self.node, self.folder = scenario, node, folder
        check_served(scenario)
        self.edges = edges_of(scenario)
        self.own = {name: ends for name, ends in self.edges.items() if node in ends}
        self.urls = urls_of(scenario)
        #: Bytes of key of each own edge, and why it has stopped; looked at several times a second.
        self.seen: dict[str, tuple[int, str]] = dict.fromkeys(self.own, (0, ""))
        #: Edges that have held key, and nodes that keys were ready for, since the beginning.
        self.filled: set[str] = set()
        self.stocked: set[str] = set()
        self.begun = time.time()
        self.store = self._store()
        others = {name: url for name, url in self.urls.items() if name != node}
        self.peers = PeerClient(node, others, folder.certificates)
        self.book = PeerBook(others, self.edges)
        self.pads = LinkPads(
            [_edge_end(name, ends, node) for name, ends in self.own.items()],
            store=self.store,
            peers=self.peers,
            stopped=lambda edge: self.seen[edge][1],
        )
        trust = {table.name: table.trusted for table in scenario.nodes}
        self.relayer = Relayer(
            node,
            store=self.store,
            pads=self.pads,
            peers=self.peers,
            scheme=scenario.relay.scheme,
            is_trusted=trust.get(node, True),
        )
        self.agreements = NodeAgreements(
            self.relayer,
            routes=KeyRoutes(scenario, node),
            book=self.book,
            store=self.store,
            peers=self.peers,
            own_edges=lambda: self.seen,
            usual_bits=scenario.kme.default_key_bits,
            stock=scenario.kme.ready_keys,
        )
        self.service = KeyService(
            node,
            store=self.store,
            agreements=self.agreements,
            saes=scenario.sae,
            rules=scenario.kme,
        )
        self.settlement = PairSettlement(self.store, self.peers)
        self.links = links_of(
            scenario,
            node,
            folder=folder,
            store=self.store,
            level=lambda edge: self.seen[edge][0],
            ports=self._ports,
            on_alarm=self._alarm,
        )
        for name, link in self.links.items():  # before anything is served
            if alarm := link.report().alarm:
                self.seen[name] = 0, alarm.sentence
        self.duties = NodeDuties(self)
        self.outside = OutsideInterfaces(self)
        self._server: KmeServer | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def saes(self) -> list[str]:
        """Names of the SAEs of this node."""
        return [sae.name for sae in self.scenario.sae if sae.node == self.node]

    @property
    def targets(self) -> list[str]:
        """Nodes with which keys are kept ready: those with SAEs, if this one has some too."""
        nodes = {sae.node for sae in self.scenario.sae}
        return sorted(nodes - {self.node}) if self.node in nodes else []

    async def __aenter__(self) -> KeyNode:
        self._loop = asyncio.get_running_loop()
        host, _, port = self.urls[self.node].removeprefix("https://").rpartition(":")
        # Whole messages of relays have to fit, and requests with several long keys.
        limits = ServerLimits(body_bytes=max(1 << 17, self.scenario.kme.max_key_bits))
        faces = [
            *faces_of(self.service),
            *self.outside.faces,
            peer_face(frozenset(self.book.entries), self._answers()),
            manage_face(self),
        ]
        self._server = KmeServer(
            application_of(faces, limits=limits),
            server_context(self.folder.certificates, f"kme-{self.node}"),
            host=host.strip("[]"),
            port=int(port),
            limits=limits,
        )
        await self.store.run(self.store.void_unfinished, self.node)
        # Whoever knows that the store is an older copy says so before anything is delivered.
        await self.duties.tell()
        try:
            await self._server.start()
        except OSError as error:
            await self.duties.stop()
            await self.peers.close()
            self.store.close()
            reason = (error.strerror or str(error)).lower()
            raise ParameterError(
                "kme.port", f"be free ({reason})", int(port), "change it"
            ) from None
        for peer in self.book.entries:  # nobody remembers which way the keys came that are here
            if await self.store.run(self.store.out_ids, peer):
                self.agreements.crossed[peer] = set(self.edges)
        logger.info("node %s serves at %s", self.node, self.urls[self.node])
        for link in self.links.values():
            link.start()
        self.duties.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.duties.stop()
        await self.outside.close()
        await asyncio.gather(*(asyncio.to_thread(link.stop) for link in self.links.values()))
        if self._server is not None:
            await self._server.stop()
        await self.peers.close()
        self.store.close()
        logger.info("node %s has ended", self.node)

    def edges_to(self, peer: str) -> list[str]:
        """Names of the edges to another node."""
        return [name for name, ends in self.own.items() if peer in ends]

    async def news(self, peer: str) -> dict[str, Any]:
        """What another node is told."""
        run, store = self.store.run, self.store
        return {
            "incarnation": self.relayer.incarnation,
            "edges": {name: list(seen) for name, seen in self.seen.items()},
            "mark": await run(store.mark, peer, self.edges_to(peer)),
            "heard": await run(store.heard, peer),
        }

    def _store(self) -> KeyStore:
        """The store, with what the node shares with its neighbours beforehand."""
        self.folder.make_node(self.node)
        whole = self.scenario.store
        rules = whole if isinstance(whole, StoreTable) else StoreTable(**dict(whole or {}))
        file = self.folder.store(self.node)
        store = KeyStore(file, rules=rules, edge_rules=store_rules(self.scenario))
        try:
            for edge in self.own:
                load_preshared(self.folder.preshared(self.node, edge), edge, store)
        except BaseException:
            store.close()
            raise
        return store

    def _ports(self, node: str, edge: str) -> dict[str, int] | None:
        """Ports of an edge, asked by a thread of a link."""
        if self._loop is None or self._loop.is_closed():
            return None
        call = self.peers.call(node, "links", {"edge": edge}, timeout_s=3.0)
        try:
            found = asyncio.run_coroutine_threadsafe(call, self._loop).result(5.0)
        except (KeyRefusedError, TimeoutError, RuntimeError):
            return None
        return found.get("ports")

    def _alarm(self, edge: str, sentence: str, miss: float) -> None:
        """Note an alarm, as a thread of a link tells it."""
        logger.warning("%s (missed with probability %.3g)", sentence, miss)
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.duties.alarm, edge, sentence)

    def _answers(self) -> Mapping[str, Answer]:
        """What answers the calls of other nodes."""
        return {
            **self.outside.answers,
            "hello": self.duties.hear,
            "links": self._tell_ports,
            "allocate": self._allocate,
            "void_parts": self._void_parts,
            "relay": self.relayer.receive,
            "finish": self.relayer.finish,
            "void_job": self.relayer.void_job,
            "assign": self._assign,
            "holdings": self._holdings,
            "void_keys": self._void_keys,
            "void_unassigned": self._void_unassigned,
            "floor": self._floor,
            "void_edge": self._void_edge,
        }

    async def _tell_ports(self, sender: str, body: dict[str, Any]) -> dict[str, Any]:
        link = self.links.get(self._edge(sender, body))
        return {"ports": getattr(link, "ports", None)}

    async def _allocate(self, sender: str, body: dict[str, Any]) -> dict[str, Any]:
        size = body.get("size")
        if not isinstance(size, int) or not 0 < size <= 1 << 24:
            message = "the size of an allocation cannot be read"
            raise KeyRefusedError(message)
        return await self.pads.set_aside(sender, self._edge(sender, body), size)

    async def _void_parts(self, sender: str, body: dict[str, Any]) -> None:
        parts, name = parts_from(body.get("parts")), str(body.get("allocation", ""))
        await self.pads.void_here(sender, parts, name)

    async def _assign(self, sender: str, body: dict[str, Any]) -> dict[str, Any]:
        assignments = read_assignments(body.get("assignments"))
        self.agreements.check_assignments(sender, assignments, self.service.node_of)
        refused = await self.store.run(self.store.assign_in, sender, assignments)
        return {"refused": refused}

    async def _holdings(self, sender: str, _: dict[str, Any]) -> dict[str, Any]:
        return await self.settlement.holdings(sender)

    async def _void_keys(self, sender: str, body: dict[str, Any]) -> None:
        await self.store.run(self.store.void_keys, sender, ids_of(body), "in")

    async def _void_unassigned(self, sender: str, body: dict[str, Any]) -> None:
        await self.store.run(self.store.void_unassigned, sender, ids_of(body))

    async def _void_edge(self, sender: str, body: dict[str, Any]) -> None:
        await self.store.run(self.store.void_edge, self._edge(sender, body))

    async def _floor(self, sender: str, body: dict[str, Any]) -> None:
        edge = self._edge(sender, body)
        if self.own[edge][0] != sender:
            message = f"{sender} is not the first end of edge {edge}"
            raise KeyRefusedError(message)
        block, start = body.get("block"), body.get("start")
        if not isinstance(block, str) or not isinstance(start, int):
            message = "the floor of an edge cannot be read"
            raise KeyRefusedError(message)
        floor = KeyPart(block=block, start=start, length=0)
        await self.store.run(self.store.void_below, edge, floor)

    def _edge(self, sender: str, body: dict[str, Any]) -> str:
        """The edge to the sender that a message names."""
        edge = body.get("edge")
        if not isinstance(edge, str) or sender not in self.own.get(edge, ()):
            message = "no such edge joins this node and the sender"
            raise KeyRefusedError(message)
        return edge


def _edge_end(name: str, ends: tuple[str, str], node: str) -> EdgeEnd:
    other = ends[1] if ends[0] == node else ends[0]
    return EdgeEnd(name=name, node=node, neighbour=other, is_first=ends[0] == node)
