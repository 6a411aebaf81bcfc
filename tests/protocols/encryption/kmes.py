"""Two KMEs in this process, whose stores share keys, and a pair of gateways between them.

The servers are the project's own: ETSI GS QKD 014 over mutual TLS, durable stores. What stands for
the quantum network is `JoinedStores`, whose budget of key a test sets.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from pathlib import Path

from protocols.encryption.gateway import Gateway, GatewaySettings
from protocols.key_management.certificates import (
    CertificateSubject,
    make_certificates,
    server_context,
)
from protocols.key_management.joined_stores import JoinedStores
from protocols.key_management.server.application import application_of
from protocols.key_management.server.faces import faces_of
from protocols.key_management.server.listening import KmeServer
from protocols.key_management.service import KeyService
from protocols.key_management.store import KeyStore
from protocols.key_networks import KmeTable, SaeTable

NODES = {"alice": "A", "bob": "B", "carol": "B"}


class Kmes:
    """The KMEs of alice (node A) and of bob and carol (node B); a context manager.

    Args:
        folder: For stores and certificates.
        left_bits: Key that can be made; without end unless given.
        rules: What the KMEs serve.
    """

    def __init__(self, folder: Path, *, left_bits: float = float("inf"), rules=None):
        self.certs = folder / "certs"
        kmes = [
            CertificateSubject(file=f"kme-{n}", name=f"kme-{n}", hosts=("localhost", "127.0.0.1"))
            for n in "AB"
        ]
        saes = [CertificateSubject(file=f"sae-{name}", name=name) for name in NODES]
        make_certificates(self.certs, [*kmes, *saes])
        self.stores = {n: KeyStore(folder / f"{n}.sqlite") for n in "AB"}
        tables = tuple(SaeTable(name=name, node=node) for name, node in NODES.items())
        self.agreements = {n: JoinedStores(n, self.stores, left_bits=left_bits) for n in "AB"}
        self.services = {
            n: KeyService(
                n,
                store=self.stores[n],
                agreements=self.agreements[n],
                saes=tables,
                rules=rules or KmeTable(),
            )
            for n in "AB"
        }
        self._ports = {}
        self._servers = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self):
        self._thread.start()
        for node in "AB":
            self.start(node)
        return self

    def __exit__(self, *_):
        for node in list(self._servers):
            self.stop(node)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        for store in self.stores.values():
            store.close()

    def start(self, node: str) -> None:
        """Serve; on the same port as before."""
        server = KmeServer(
            application_of(faces_of(self.services[node])),
            server_context(self.certs, f"kme-{node}"),
            port=self._ports.get(node, 0),
        )
        self._do(server.start())
        self._servers[node], self._ports[node] = server, server.port

    def stop(self, node: str) -> None:
        self._do(self._servers.pop(node).stop())

    def _do(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def url(self, sae: str) -> str:
        return f"https://127.0.0.1:{self._ports[NODES[sae]]}"

    def refill(self, bits: float) -> None:
        """Let alice's node make more key."""
        self.agreements["A"].left_bits += bits


class Wire:
    """A man in the middle of the sealed side's TCP: passes bytes on, changed by ``attack``.

    Args:
        to: Where to.
        attack: From the bytes that go to the sealed side so far passed, and a piece, to what goes
            on in its place; None cuts the connection.
    """

    def __init__(self, to, attack=lambda before, piece: piece, back=lambda before, piece: piece):
        self._to, self._attack, self._back = to, attack, back
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = self._listener.getsockname()
        self.seen = bytearray()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._to)
                for pair in ((near, far, self._attack), (far, near, self._back)):
                    threading.Thread(target=self._pass, args=pair, daemon=True).start()

    def _pass(self, near, far, attack):
        before = 0
        with contextlib.suppress(OSError):
            while piece := near.recv(1 << 16):
                self.seen += piece
                changed = attack(before, piece)
                before += len(piece)
                if changed is None:
                    near.shutdown(socket.SHUT_RDWR)
                    break
                far.sendall(changed)
        with contextlib.suppress(OSError):
            far.shutdown(socket.SHUT_WR)

    def close(self):
        self._listener.close()


class Service:
    """A TCP service behind the sealed side: ``work`` is given each connection."""

    def __init__(self, work):
        self._work = work
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.address = self._listener.getsockname()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                came, _ = self._listener.accept()
                threading.Thread(target=self._guarded, args=(came,), daemon=True).start()

    def _guarded(self, came):
        with contextlib.suppress(OSError), came:
            self._work(came)

    def close(self):
        self._listener.close()


def echo(came: socket.socket) -> None:
    """Send back what comes, and the end."""
    while piece := came.recv(1 << 16):
        came.sendall(piece)
    came.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def gateways(kmes: Kmes, to, *, wire=None, sealed=None, timeout_s=10.0, **how):
    """A plain and a sealed gateway, each with the list of what it said; ``wire`` stands between."""
    said = {"plain": [], "sealed": []}
    common = {"certs": kmes.certs, "timeout_s": timeout_s, "listen": ("127.0.0.1", 0), **how}
    far = GatewaySettings(
        kme=kmes.url("bob"),
        sae="bob",
        peer="alice",
        side="sealed",
        to=to,
        **{**common, **(sealed or {})},
    )
    with Gateway(far, said["sealed"].append) as sealed_side:
        between = None if wire is None else Wire(sealed_side.address, **wire)
        near = GatewaySettings(
            kme=kmes.url("alice"),
            sae="alice",
            peer="bob",
            side="plain",
            to=sealed_side.address if between is None else between.address,
            **common,
        )
        with Gateway(near, said["plain"].append) as plain_side:
            yield plain_side, sealed_side, said, between
        if between is not None:
            between.close()


def exchange(address, data: bytes, timeout: float = 60.0) -> bytes:
    """Send all, end, and hear all."""
    with socket.create_connection(address, timeout=timeout) as sock:
        heard = bytearray()

        def hear():
            with contextlib.suppress(OSError):
                while piece := sock.recv(1 << 16):
                    heard.extend(piece)

        listener = threading.Thread(target=hear)
        listener.start()
        with contextlib.suppress(OSError):
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
        listener.join(timeout)
        return bytes(heard)
