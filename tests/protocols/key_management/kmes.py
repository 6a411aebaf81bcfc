"""Key management entities that really run: three nodes in a thread, and ways to ask them."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import ssl
import threading
from contextlib import AsyncExitStack, closing, suppress
from dataclasses import dataclass
from pathlib import Path

from protocols.key_management.certificates import (
    CertificateSubject,
    client_context,
    make_certificates,
    server_context,
)
from protocols.key_management.joined_stores import joined_services
from protocols.key_management.server.application import application_of
from protocols.key_management.server.faces import faces_of
from protocols.key_management.server.listening import KmeServer
from protocols.key_management.store import KeyStore
from protocols.key_networks import KmeTable, SaeTable

#: Who asks which node; mallory has a certificate of the authority, but no [[sae]].
SAES = {"alice": "A", "carol": "A", "bob": "C", "dave": "C", "erin": "B"}
NODES = ("A", "B", "C")
STRANGERS = ("mallory", "kme-B", "manager", "link-A--B")


def make_all_certificates(folder: Path) -> None:
    hosts = ("localhost", "127.0.0.1")
    make_certificates(
        folder,
        [
            *(CertificateSubject(file=f"kme-{n}", name=f"kme-{n}", hosts=hosts) for n in NODES),
            *(CertificateSubject(file=f"sae-{name}", name=name) for name in (*SAES, "mallory")),
            CertificateSubject(file="link-A--B", name="link-A--B"),
            CertificateSubject(file="manager", name="manager"),
        ],
    )


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def message(self):
        return self.json["message"]


class KmeClients:
    """Ways to ask KMEs that run: ``certs`` is the folder of certificates, ``ports`` are theirs."""

    certs: Path
    ports: dict[str, int]

    def __init__(self):
        self._contexts: dict[str, ssl.SSLContext] = {}

    def file(self, name: str) -> str:
        """Beginning of the names of somebody's certificate files."""
        return f"sae-{name}" if name in SAES or name == "mallory" else name

    def context(self, name: str) -> ssl.SSLContext:
        if name not in self._contexts:
            self._contexts[name] = client_context(self.certs, self.file(name))
        return self._contexts[name]

    def files(self, name: str) -> tuple[str, str, str]:
        """Paths of a certificate, its key, and the authority."""
        stem = self.certs / self.file(name)
        return f"{stem}.crt", f"{stem}.key", str(self.certs / "ca.crt")

    def url(self, node: str) -> str:
        return f"https://127.0.0.1:{self.ports[node]}"

    def connect(self, name: str, node: str) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(
            "127.0.0.1", self.ports[node], timeout=60, context=self.context(name)
        )

    def ask(self, name, path, *, node=None, method=None, body=None, headers=None) -> Answer:
        """The answer to a request of somebody, at its own KME unless said."""
        node = SAES.get(name, "A") if node is None else node
        headers = dict(headers or {})
        if isinstance(body, dict | list):
            body = json.dumps(body).encode()
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        method = method or ("GET" if body is None else "POST")
        with closing(self.connect(name, node)) as connection:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())

    def enc(self, name, slave, **body) -> Answer:
        return self.ask(name, f"/api/v1/keys/{slave}/enc_keys", body=body)

    def dec(self, name, master, *key_ids) -> Answer:
        listed = {"key_IDs": [{"key_ID": each} for each in key_ids]}
        return self.ask(name, f"/api/v1/keys/{master}/dec_keys", body=listed)

    def wire(self, name: str, node: str, buffer: int | None = None) -> ssl.SSLSocket:
        """A TLS connection for bytes that no library would send; it may take few at once."""
        plain = socket.socket()
        plain.settimeout(60)
        if buffer is not None:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        plain.connect(("127.0.0.1", self.ports[node]))
        return self.context(name).wrap_socket(plain, server_hostname="127.0.0.1")

    def raw(self, name: str, sent: bytes, *, node: str = "A") -> bytes:
        """What comes back for bytes until the KME closes."""
        with self.wire(name, node) as wire:
            with suppress(ConnectionError, ssl.SSLError):
                wire.sendall(sent)
            return read_all(wire)


class RunningKmes(KmeClients):
    """Three KMEs on ports of their own, in a loop in a thread; a context manager."""

    def __init__(self, folder, *, rules=None, limits=None, left_bits=float("inf"), faces=None):
        super().__init__()
        self.folder, self.certs = folder, folder / "certs"
        self.rules = KmeTable() if rules is None else rules
        self.limits, self.left_bits, self.faces = limits, left_bits, faces
        self.ports = {}
        self.services, self.stores, self.servers = {}, {}, {}

    def __enter__(self):
        make_all_certificates(self.certs)
        self._up, self._down = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        assert self._up.wait(60)
        assert self.ports, "the KMEs did not start"
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self._down.set)
        self._thread.join()

    def _run(self):
        try:
            asyncio.run(self._serve())
        finally:
            self._up.set()

    async def _serve(self):
        self.loop = asyncio.get_running_loop()
        saes = [SaeTable(name=name, node=node) for name, node in SAES.items()]
        async with AsyncExitStack() as stack:
            for node in NODES:
                (self.folder / node).mkdir(mode=0o700, exist_ok=True)
                store = KeyStore(self.folder / node / "keys.sqlite")
                self.stores[node] = stack.enter_context(store)
            self.services = joined_services(
                self.stores, saes, rules=self.rules, left_bits=self.left_bits
            )
            ports = {}
            for node, service in self.services.items():
                faces = faces_of(service, self.faces)
                server = KmeServer(
                    application_of(faces, limits=self.limits),
                    server_context(self.certs, f"kme-{node}"),
                    limits=self.limits,
                )
                self.servers[node] = await stack.enter_async_context(server)
                ports[node] = server.port
            self.ports = ports
            self._up.set()
            await self._down.wait()


def read_all(wire: ssl.SSLSocket) -> bytes:
    """What comes until the other end closes."""
    got = b""
    while True:
        try:
            part = wire.recv(65536)
        except (ConnectionError, ssl.SSLError):
            return got
        if not part:
            return got
        got += part
