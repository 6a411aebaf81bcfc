"""Benchmark of a KME under load: ``python -m experiments.benchmarks kme [--quick]``.

One process on one core serves requests of one key each over kept-alive mutual TLS; every key is
assigned durably in the peer's store and taken out durably of its own before the answer goes. Both
stores, so both ends' work on the disk, are on that core; keys are ready beforehand, as links and
relays make them, and the clients are on the other cores. Beside it, the same server and clients
with a handler that answers a constant: what TLS and HTTP alone cost.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import secrets
import ssl
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path

from aiohttp import web

from experiments.benchmarks.timing import show
from protocols.key_management.certificates import (
    CertificateSubject,
    client_context,
    make_certificates,
    server_context,
)
from protocols.key_management.joined_stores import joined_services
from protocols.key_management.keys import ManagedKey
from protocols.key_management.server.application import application_of
from protocols.key_management.server.face import Face
from protocols.key_management.server.faces import faces_of
from protocols.key_management.server.limits import ServerLimits
from protocols.key_management.server.listening import KmeServer
from protocols.key_management.store import KeyStore
from protocols.key_networks import SaeTable

SAES = (SaeTable(name="alice", node="A"), SaeTable(name="bob", node="B"))
SUBJECTS = (
    CertificateSubject(file="kme-A", name="kme-A", hosts=("localhost", "127.0.0.1")),
    CertificateSubject(file="sae-alice", name="alice"),
)
LIMITS = ServerLimits(rate_hz=1e6, burst=1_000_000)

PATH = "/api/v1/keys/bob/enc_keys"

#: Kind of server -> what is printed of it.
NAMES = {
    "kme": "one durable key a request",
    "guarded": "a constant, with a KME's care",
    "bare": "a constant, bare aiohttp",
}

#: An answer as long as that of a request of one key.
CONSTANT = b'{"keys": [{"key_ID": "%s", "key": "%s"}]}' % (b"0" * 36, b"A" * 44)


def cores(server: bool) -> set[int]:
    """Cores of the server, one, or of its clients, the others; all where that cannot be said."""
    if not hasattr(os, "sched_getaffinity"):
        return set()
    free = sorted(os.sched_getaffinity(0))
    return {free[0]} if server else set(free[1:]) or set(free)


@contextlib.contextmanager
def pinned(wanted: set[int]) -> Iterator[None]:
    """Keep this process, and its threads to come, to some cores; then as before."""
    if not wanted:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, wanted)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def fill(stores: dict[str, KeyStore], number: int) -> None:
    """Put keys in both stores, ready for requests."""
    for first in range(0, number, 1000):
        keys = [
            ManagedKey(key_id=str(uuid.uuid4()), material=secrets.token_bytes(32))
            for _ in range(min(1000, number - first))
        ]
        stores["B"].add_in("A", keys)
        stores["A"].add_out("B", keys)


def constant_face() -> Face:
    """A face that answers the same to everybody."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=CONSTANT, headers={"Content-Type": "application/json"})

    return Face(prefix="/api/v1/keys", roles={"sae"}, routes=[web.get(PATH, answer)])


def bare_application() -> web.Application:
    """An application without any of a KME's care."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=CONSTANT, headers={"Content-Type": "application/json"})

    application = web.Application()
    application.router.add_get(PATH, answer)
    return application


async def serve(kind: str, folder: Path, number: int, pipe: Connection) -> None:
    """Serve until told to stop; say the port first, and the processor time in s last."""
    context = server_context(folder / "certs", "kme-A")
    with contextlib.ExitStack() as stack:
        if kind == "kme":
            stores = {n: stack.enter_context(KeyStore(folder / f"{n}.sqlite")) for n in "AB"}
            fill(stores, number)
            services = joined_services(stores, SAES)
            application = application_of(faces_of(services["A"], ["etsi014"]), limits=LIMITS)
        elif kind == "guarded":
            application = application_of([constant_face()], limits=LIMITS)
        else:
            application = bare_application()
        if kind == "bare":
            runner = web.AppRunner(application, access_log=None)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
            await site.start()
            pipe.send(runner.addresses[0][1])
            stop = runner.cleanup
        else:
            server = KmeServer(application, context, limits=LIMITS)
            await server.start()
            pipe.send(server.port)
            stop = server.stop
        await asyncio.to_thread(pipe.recv)  # the clients are connected
        start = time.process_time()
        await asyncio.to_thread(pipe.recv)  # the last answer has come
        used = time.process_time() - start
        await stop()
    pipe.send(used)


def server_process(kind: str, folder: Path, number: int, pipe: Connection) -> None:
    """A process of its own, on one core."""
    with pinned(cores(server=True)):
        asyncio.run(serve(kind, folder, number, pipe))


class KeptAliveClient(asyncio.Protocol):
    """A client that asks again as soon as it is answered, over one connection.

    Args:
        left: How many requests all clients together still make, in a list.
        done: Told when there is none left.
    """

    REQUEST = f"GET {PATH} HTTP/1.1\r\nHost: kme\r\n\r\n".encode()

    def __init__(self, left: list[int], done: asyncio.Future[None]) -> None:
        self._left, self._done = left, done
        self._got = b""
        self.bodies: list[bytes] = []
        self.is_closed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Say that the socket is closed."""
        self.is_closed.set()

    def ask(self) -> None:
        """Send a request, if there is one left."""
        if self._left[0] > 0:
            self._left[0] -= 1
            self._transport.write(self.REQUEST)
        elif not self._done.done():
            self._done.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Keep a whole answer, and ask again."""
        self._got += data
        head, found, body = self._got.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        if len(body) < length:
            return
        if not head.startswith(b"HTTP/1.1 200"):
            self._done.set_exception(RuntimeError(body.decode()))
            return
        self.bodies.append(body)
        self._got = b""
        self.ask()


async def load(
    port: int, context: ssl.SSLContext, number: int, clients: int, pipe: Connection
) -> tuple[float, list[bytes]]:
    """Time in s of a number of requests by clients at once, handshakes not counted; answers."""
    loop = asyncio.get_running_loop()
    left, done = [number], loop.create_future()
    make: Callable[[], KeptAliveClient] = lambda: KeptAliveClient(left, done)  # noqa: E731
    pairs = [
        await loop.create_connection(make, "127.0.0.1", port, ssl=context) for _ in range(clients)
    ]
    pipe.send("connected")
    start = time.perf_counter()
    for _, client in pairs:
        client.ask()
    await done
    while sum(len(client.bodies) for _, client in pairs) < number:
        await asyncio.sleep(0.001)
    taken = time.perf_counter() - start
    pipe.send("answered")
    for transport, client in pairs:
        transport.abort()
        await client.is_closed.wait()
    return taken, [body for _, client in pairs for body in client.bodies]


def measure(kind: str, folder: Path, number: int, clients: int) -> float:
    """Requests a second of a server of a kind, and print its line."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=server_process, args=(kind, folder, number, theirs))
    process.start()
    theirs.close()  # so that the end of the process is seen here
    port = ours.recv()
    with pinned(cores(server=False)):
        context = client_context(folder / "certs", "sae-alice")
        taken, bodies = asyncio.run(load(port, context, number, clients, ours))
    used = ours.recv()
    process.join()
    if kind == "kme" and len(set(bodies)) < number:
        message = "a key was delivered twice"
        raise RuntimeError(message)
    show(
        f"{NAMES[kind]}, {clients} clients",
        f"{number / taken:>9,.0f} requests/s",
        f"{used / number * 1e6:>6.0f} us of the core each",
        f"{used / taken:>5.0%} of it busy",
    )
    return number / taken


def sync_seconds(folder: Path, runs: int = 50) -> float:
    """Mean time in s of writing a page and forcing it to the disk."""
    with (folder / "page").open("wb") as file:
        start = time.perf_counter()
        for _ in range(runs):
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
        return (time.perf_counter() - start) / runs


def main(*, quick: bool = False) -> None:
    """Run the benchmark and print its lines."""
    number = 200 if quick else 10_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_certificates(folder / "certs", SUBJECTS)
        show("a page forced to the disk", f"{sync_seconds(folder) * 1e6:,.0f} us")
        for clients in (4,) if quick else (1, 16, 64):
            rates = {}
            for kind in NAMES:
                rates[kind] = measure(kind, folder, number, clients)
                for left in folder.glob("*.sqlite*"):
                    left.unlink()
            show("", f"{rates['kme'] / rates['bare']:.2f} of bare aiohttp")
