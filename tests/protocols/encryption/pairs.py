"""A pair of gateways between KMEs that run, with a wire between them that a test may attack."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

from protocols.encryption.gateway import Gateway, GatewaySettings
from tests.protocols.key_management.kmes import SAES, RunningKmes


def url(kmes: RunningKmes, sae: str) -> str:
    """The KME of an SAE."""
    return kmes.url(SAES[sae])


def refill(kmes: RunningKmes, bits: float) -> None:
    """Let alice's node make so much more key."""
    kmes.services[SAES["alice"]]._agreements._others.left_bits += bits


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
                threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near):
        with near, socket.create_connection(self._to) as far:
            back = threading.Thread(target=self._pass, args=(far, near, self._back), daemon=True)
            back.start()
            self._pass(near, far, self._attack)
            back.join()

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
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
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
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def echo(came: socket.socket) -> None:
    """Send back what comes, and the end."""
    while piece := came.recv(1 << 16):
        came.sendall(piece)
    came.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def gateways(kmes: RunningKmes, to, *, wire=None, sealed=None, timeout_s=10.0, **how):
    """A plain and a sealed gateway, each with the list of what it said; ``wire`` stands between."""
    said = {"plain": [], "sealed": []}
    common = {"certs": kmes.certs, "timeout_s": timeout_s, "listen": ("127.0.0.1", 0), **how}
    far = GatewaySettings(
        **{
            "kme": url(kmes, "bob"),
            "sae": "bob",
            "peer": "alice",
            "side": "sealed",
            "to": to,
            **common,
            **(sealed or {}),
        }
    )
    with Gateway(far, said["sealed"].append) as sealed_side:
        between = None if wire is None else Wire(sealed_side.address, **wire)
        near = GatewaySettings(
            kme=url(kmes, "alice"),
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
    """Send all, end, and hear all; nothing where the connection was reset at once."""
    try:
        sock = socket.create_connection(address, timeout=timeout)
    except ConnectionResetError:
        return b""
    with sock:
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


def until(condition, limit_s: float = 60.0) -> None:
    """Wait for a condition, with a generous limit."""
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


def records_attacked(work, tag: int = 16):
    """An attack on whole records after the hello: ``work(number, record)`` gives those that go on.

    A wire has one for each direction and connection, as tests here open one connection each.
    """
    came = bytearray()
    count = 0
    greeted = False

    def attack(before, piece):
        nonlocal count, greeted
        came.extend(piece)
        going = bytearray()
        while True:
            if len(came) < (12 if not greeted else 32):
                return bytes(going)
            start = 8 if not greeted else 4
            size = int.from_bytes(came[start : start + 4], "big")
            size += 12 if not greeted else 32 + tag
            if len(came) < size:
                return bytes(going)
            record = bytes(came[:size])
            del came[:size]
            if greeted:
                for each in work(count, record):
                    going += each
                count += 1
            else:
                going += record
                greeted = True

    return attack
