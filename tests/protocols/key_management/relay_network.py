"""Relays of several nodes in one process: real stores, calls that pass through JSON, a wire tap."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import Counter
from contextlib import ExitStack, contextmanager

from protocols.key_management.keys import Assignment, KeyPart
from protocols.key_management.peering.calls import PeerLostError
from protocols.key_management.peering.settle import PairSettlement
from protocols.key_management.relaying.messages import parts_from
from protocols.key_management.relaying.pads import EdgeEnd, LinkPads
from protocols.key_management.relaying.relayer import Relayer
from protocols.key_management.store import KeyStore


class Wire:
    """Calls from one node to the others, as a wire tap sees them."""

    def __init__(self, node, network):
        self.node, self.network = node, network

    async def call(self, node, what, body, *, timeout_s=10.0):
        """Hand a call over; all that passes is kept."""
        text = json.dumps(body)
        self.network.tapped.append((self.node, node, what, text))
        alter = self.network.alter
        if alter is not None:
            text = alter(self.node, node, what, text)
        if text is None or node in self.network.dead:
            raise PeerLostError(f"the KME of {node} does not answer")
        answer = await self.network.answer(self.node, node, what, json.loads(text))
        self.network.tapped.append((node, self.node, what, json.dumps(answer)))
        return answer or {}


class RelayNetwork:
    """Nodes that relay, each with a store of its own."""

    def __init__(self, folder, edges, *, scheme="hop-by-hop", untrusted=()):
        self.tapped, self.dead, self.stopped, self.alter = [], set(), {}, None
        self.edges = {"--".join(ends): ends for ends in edges}
        self.stack = ExitStack()
        self.stores, self.pads, self.relayers, self.settlements = {}, {}, {}, {}
        for node in dict.fromkeys(node for ends in edges for node in ends):
            store = self.stack.enter_context(KeyStore(folder / f"{node}.sqlite"))
            wire = Wire(node, self)
            ends = [
                EdgeEnd(
                    name=name,
                    node=node,
                    neighbour=pair[1] if pair[0] == node else pair[0],
                    is_first=pair[0] == node,
                )
                for name, pair in self.edges.items()
                if node in pair
            ]
            self.stores[node] = store
            self.pads[node] = LinkPads(
                ends, store=store, peers=wire, stopped=lambda edge: self.stopped.get(edge, "")
            )
            self.settlements[node] = PairSettlement(store, wire)
            self.relayers[node] = Relayer(
                node,
                store=store,
                pads=self.pads[node],
                peers=wire,
                scheme=scheme,
                is_trusted=node not in untrusted,
            )

    def fill(self, size=4096, **sizes):
        """Put the same key in both ends of every edge; what it is, by edge."""
        made = {}
        for name, ends in self.edges.items():
            made[name] = secrets.token_bytes(sizes.get(name.replace("--", "_"), size))
            for node in ends:
                self.stores[node].add_block(name, "block", made[name])
                self.stores[node].confirm_blocks(name, ["block"])
        return made

    async def answer(self, sender, node, what, body):
        """What a node answers."""
        pads, relayer, store = self.pads[node], self.relayers[node], self.stores[node]
        if what == "allocate":
            return await pads.set_aside(sender, body["edge"], body["size"])
        if what == "void_parts":
            await pads.void_here(sender, parts_from(body["parts"]), body["allocation"])
            return {}
        if what == "void_keys":
            return {"voided": store.void_keys(sender, body["ids"], "in")}
        if what == "void_unassigned":
            return {"voided": store.void_unassigned(sender, body["ids"])}
        if what == "holdings":
            return await self.settlements[node].holdings(sender)
        if what == "floor":
            floor = KeyPart(block=body["block"], start=body["start"], length=0)
            return {"voided": store.void_below(body["edge"], floor)}
        calls = {"relay": relayer.receive, "finish": relayer.finish, "void_job": relayer.void_job}
        await calls[what](sender, body)
        return {}

    def relay(self, *routes, number=3, key_bytes=32, threshold=None, keys=()):
        """The keys of a relay over these routes, such as ``ABC``."""
        names = [tuple(route) for route in routes]
        relayer = self.relayers[names[0][0]]
        job = relayer.relay(
            names[0][-1],
            names,
            threshold=threshold or len(names),
            number=number,
            key_bytes=key_bytes,
            keys=keys,
        )
        return asyncio.run(job)

    def levels(self):
        """Bytes left at each end of each edge."""
        return {
            name: {node: self.stores[node].level(name) for node in ends}
            for name, ends in self.edges.items()
        }

    def used(self, size=4096):
        """Bytes of each edge that are gone at both ends; they are the same at both."""
        left = self.levels()
        for levels in left.values():
            assert len(set(levels.values())) == 1, left
        return Counter({name: size - min(levels.values()) for name, levels in left.items()})

    def held(self, node, peer, master="m", slave="s"):
        """Keys that a node holds for a peer, by identity: what a slave would collect."""
        store = self.stores[node]
        ids = store.in_ids(peer)
        if not ids:
            return {}
        store.assign_in(peer, [Assignment(key_id=i, master=master, slaves=(slave,)) for i in ids])
        return {key.key_id: key.material for key in store.collect(slave, master, ids)}

    def ready(self, node, peer):
        """Keys that are ready at a node for a peer, by identity."""
        store = self.stores[node]
        ids = store.out_ids(peer)
        if not ids:
            return {}
        keys = store.hand_out(peer, ids, master="m", slaves=("s",))
        return {key.key_id: key.material for key in keys}


@contextmanager
def relay_network(folder, edges, **how):
    """A network of relays, whose stores are closed at the end."""
    network = RelayNetwork(folder, edges, **how)
    with network.stack:
        yield network
