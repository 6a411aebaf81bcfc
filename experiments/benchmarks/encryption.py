"""Benchmark of encryption devices: ``python -m experiments.benchmarks encryption [--quick]``.

Records are sealed and opened in this process, on one core; beside each, ``openssl speed -evp
aes-256-gcm`` on blocks of the same size, so that the ratio holds on any machine (without the
program, a line says so). Then a stream goes through two processes of ``qnet encrypt``, which fetch
keys from KMEs that run here and take a new one each second; beside it, the same stream over plain
TCP between the same ends. The checksum of what arrives must be that of what was sent.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from experiments.benchmarks.timing import best_of, show
from protocols.encryption.aes_gcm import AesGcmOpener, AesGcmSealer
from protocols.encryption.one_time_pad import PadSealer
from protocols.encryption.records import HEADER_BYTES, Header, Kind
from protocols.key_management.certificates import (
    CertificateSubject,
    make_certificates,
    server_context,
)
from protocols.key_management.joined_stores import joined_services
from protocols.key_management.server.application import application_of
from protocols.key_management.server.faces import faces_of
from protocols.key_management.server.listening import KmeServer
from protocols.key_management.store import KeyStore
from protocols.key_networks import SaeTable

SAES = {"alice": "A", "bob": "B"}
SIZES = (1 << 10, 1 << 14, 1 << 18)


@cache
def openssl_speed(size: int) -> float | None:
    """Bytes a second of AES-256-GCM by the program; none where it is not installed."""
    if shutil.which("openssl") is None:
        return None
    done = subprocess.run(
        ["openssl", "speed", "-mr", "-evp", "aes-256-gcm", "-bytes", str(size), "-seconds", "1"],
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(r"\+F:\d+:[^:]*:([\d.]+)", done.stdout)
    return float(found[1]) if found else None


def ratio(rate: float, beside: float | None) -> str:
    """A rate beside that of the program."""
    if beside is None:
        return "no openssl program here"
    return f"{rate / beside:>6.2f} x openssl speed ({beside / 1e6:,.0f} MB/s)"


def record_rates(size: int, count: int) -> None:
    """Print how fast records of a size are sealed and opened."""

    def derive(key_id: bytes, material: bytearray, quantum: bool) -> bytearray:
        return bytearray(material)

    beside = openssl_speed(size)
    data, out = memoryview(os.urandom(size)), bytearray(HEADER_BYTES + size + 16)
    plain = memoryview(bytearray(size))

    def seal() -> AesGcmSealer:
        sealer = AesGcmSealer(1, derive)
        sealer.add(bytes(16), bytearray(32))
        for _ in range(count):
            sealer.seal(Kind.DATA, data, out)
        return sealer

    seconds = best_of(3, seal)
    rate = size * count / seconds
    name = f"sealed, records of {size >> 10} KiB"
    show(name, f"{rate / 1e6:>9,.0f} MB/s", ratio(rate, beside))

    sealer = AesGcmSealer(1, derive)
    sealer.add(bytes(16), bytearray(32))
    records = [bytes(out[: sealer.seal(Kind.DATA, data, out)]) for _ in range(min(count, 64))]

    def unseal() -> None:
        opener = AesGcmOpener(1, derive)
        opener.add(bytes(16), bytearray(32))
        for record in records:
            view = memoryview(record)
            opener.open(Header.decode(view[:HEADER_BYTES]), view[HEADER_BYTES:], plain)

    rate = size * len(records) / best_of(3, unseal)
    show(f"opened, records of {size >> 10} KiB", f"{rate / 1e6:>9,.0f} MB/s", ratio(rate, beside))


def pad_rate(size: int, count: int) -> None:
    """Print how fast one-time pad and tag are put on."""
    data, out = memoryview(os.urandom(size)), bytearray(HEADER_BYTES + size + 16)

    def seal() -> None:
        sealer = PadSealer(1, b"")
        sealer.add(bytes(16), bytearray(count * (size + 12) + 400))
        for _ in range(count):
            sealer.seal(Kind.DATA, data, out)

    rate = size * count / best_of(3, seal)
    name = f"one-time pad, records of {size >> 10} KiB"
    show(name, f"{rate / 1e6:>9,.1f} MB/s", f"{8 * rate / 1e6:>6,.0f} Mbit/s of key")


@contextlib.contextmanager
def running_kmes(folder: Path) -> Iterator[dict[str, int]]:
    """Port of the KME of each SAE, on durable stores that share keys."""
    hosts = ("localhost", "127.0.0.1")
    kmes = [CertificateSubject(file=f"kme-{n}", name=f"kme-{n}", hosts=hosts) for n in "AB"]
    saes = [CertificateSubject(file=f"sae-{name}", name=name) for name in SAES]
    make_certificates(folder / "certs", [*kmes, *saes])
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    with contextlib.ExitStack() as stack:
        stores = {n: stack.enter_context(KeyStore(folder / f"{n}.sqlite")) for n in "AB"}
        tables = [SaeTable(name=name, node=node) for name, node in SAES.items()]
        services = joined_services(stores, tables)
        ports = {}
        servers = []
        for node, service in services.items():
            context = server_context(folder / "certs", f"kme-{node}")
            server = KmeServer(application_of(faces_of(service, ["etsi014"])), context)
            asyncio.run_coroutine_threadsafe(server.start(), loop).result()
            servers.append(server)
            ports[node] = server.port
        yield {name: ports[node] for name, node in SAES.items()}
        for server in servers:
            asyncio.run_coroutine_threadsafe(server.stop(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@contextlib.contextmanager
def gateway(
    folder: Path, ports: dict[str, int], sae: str, side: str, to: tuple[str, int], *more: str
) -> Iterator[tuple[str, int]]:
    """A process of ``qnet encrypt``; where it listens."""
    peer = next(name for name in SAES if name != sae)
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "experiments.cli", "encrypt", "--sae", sae, "--peer", peer),
            *("--kme", f"https://127.0.0.1:{ports[sae]}", "--certs", str(folder / "certs")),
            *("--side", side, "--listen", "127.0.0.1:0", "--to", f"{to[0]}:{to[1]}", *more),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        host, port = json.loads(process.stdout.readline())["listen"].split(":")
        yield host, int(port)
    finally:
        process.terminate()
        process.communicate()


def sink(listener: socket.socket) -> None:
    """Take streams; answer each with its length and checksum."""
    buffer = bytearray(1 << 18)
    with contextlib.suppress(OSError):
        while True:
            came, _ = listener.accept()
            with came:
                size = check = 0
                while count := came.recv_into(buffer):
                    size += count
                    check = zlib.crc32(memoryview(buffer)[:count], check)
                came.sendall(f"{size} {check}".encode())


def stream_rate(address: tuple[str, int], size: int) -> float:
    """Bytes a second of a stream that arrived whole.

    Raises:
        RuntimeError: If something else arrived than was sent.
    """
    block = os.urandom(1 << 20)
    sent = check = 0
    start = time.perf_counter()
    with socket.create_connection(address) as client:
        while sent < size:
            client.sendall(block)
            check = zlib.crc32(block, check)
            sent += len(block)
        client.shutdown(socket.SHUT_WR)
        heard = client.makefile().read()
    if heard != f"{sent} {check}":
        message = "what arrived is not what was sent"
        raise RuntimeError(message)
    return sent / (time.perf_counter() - start)


def main(*, quick: bool = False) -> None:
    """Print the table; quick, of a fiftieth of the data."""
    size = 20_000_000 if quick else 1_000_000_000
    for length in SIZES[-1:] if quick else SIZES:
        record_rates(length, (16_000_000 if quick else 500_000_000) // length)
    pad_rate(1 << 14, 20 if quick else 500)
    with tempfile.TemporaryDirectory() as made, socket.create_server(("127.0.0.1", 0)) as listener:
        folder = Path(made)
        threading.Thread(target=sink, args=(listener,), daemon=True).start()
        service = listener.getsockname()
        plain = stream_rate(service, size)
        show("a stream over plain TCP", f"{plain / 1e6:>9,.0f} MB/s")
        beside = openssl_speed(SIZES[-1])
        with running_kmes(folder) as ports:
            for name, more in (("a key each second", ()), ("hybrid", ("--hybrid",))):
                options = ("--rekey-s", "1", *more)
                with (
                    gateway(folder, ports, "bob", "sealed", service, *options) as sealed,
                    gateway(folder, ports, "alice", "plain", sealed, *options) as address,
                ):
                    rate = stream_rate(address, size)
                show(
                    f"the stream through two gateways, {name}",
                    f"{rate / 1e6:>9,.0f} MB/s",
                    f"{rate / plain:>6.2f} x plain TCP,",
                    f"{ratio(rate, beside)};",
                    f"a gigabyte in {1e9 / rate:.1f} s",
                )
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
