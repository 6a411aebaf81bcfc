"""A key network in one process: key services on joined stores, and servers of their faces."""

from __future__ import annotations

import asyncio
import math
from contextlib import asynccontextmanager

from protocols.key_management.joined_stores import JoinedStores
from protocols.key_management.refusals import KeyRefusedError
from protocols.key_management.service import KeyService
from protocols.key_management.store import KeyStore
from protocols.key_networks import KmeTable, SaeTable

SAES = {"alice": "A", "anna": "A", "bob": "B", "ben": "B", "carol": "C"}


class JoinedNetwork:
    """Nodes whose stores are joined in this process, until there is no key left, or no way.

    Args:
        folder: Where the stores are.
        saes: Node of each SAE.
        rules: Lengths and numbers that are served.
        left: Bits of key that each node can make.
    """

    def __init__(self, folder, saes=SAES, *, rules=None, left=math.inf):
        tables = [SaeTable(name=name, node=node) for name, node in saes.items()]
        nodes = sorted(set(saes.values()))
        self.stores = {node: KeyStore(folder / f"{node}.sqlite") for node in nodes}
        self.agreements = {node: StoppedStores(node, self.stores, left_bits=left) for node in nodes}
        self.services = {
            node: KeyService(
                node,
                store=self.stores[node],
                agreements=self.agreements[node],
                saes=tables,
                rules=rules or KmeTable(),
            )
            for node in nodes
        }

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for store in self.stores.values():
            store.close()


class StoppedStores(JoinedStores):
    """Joined stores between which the way can be closed."""

    stopped = ""

    async def make(self, node, *, number, size_bits):
        if self.stopped:
            raise KeyRefusedError(self.stopped)
        return await super().make(node, number=number, size_bits=size_bits)

    def reason(self, node):
        return self.stopped or super().reason(node)

    async def bring(self, node, keys, assignments):
        if self.stopped:
            raise KeyRefusedError(self.stopped)
        store = self._stores[node]
        await store.run(store.add_in, self.node, keys)
        return await self.assign(node, assignments)

    async def withdraw(self, node, key_ids):
        if self.stopped:
            raise KeyRefusedError(self.stopped)
        store = self._stores[node]
        return await store.run(store.void_keys, self.node, key_ids, "in")


@asynccontextmanager
async def served(faces, folder, node="A", names=("alice", "bob", "kme-B", "manager")):
    """A server of faces over TLS of its own authority, and a function that makes clients.

    Yields:
        The base address, and a context manager of an HTTP client with somebody's certificate.
    """
    import aiohttp

    from protocols.key_management.certificates import (
        CertificateSubject,
        client_context,
        make_certificates,
        server_context,
    )
    from protocols.key_management.server.application import application_of
    from protocols.key_management.server.listening import KmeServer

    own = CertificateSubject(file=f"kme-{node}", name=f"kme-{node}", hosts=("localhost",))
    others = [CertificateSubject(file=name, name=name) for name in names]
    await asyncio.to_thread(make_certificates, folder, [own, *others])

    def client(name):
        connector = aiohttp.TCPConnector(ssl=client_context(folder, name))
        return aiohttp.ClientSession(f"https://localhost:{server.port}", connector=connector)

    context = server_context(folder, f"kme-{node}")
    async with KmeServer(application_of(faces), context) as server:
        yield f"https://localhost:{server.port}", client
