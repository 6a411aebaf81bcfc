"""Wiretaps for tests: a TCP proxy that writes down what passes, and may cut the wire."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable

import numpy as np

TLS_HEADER = 5


class Wiretap:
    """A proxy in front of a port.

    Args:
        port: Where it sends on what comes.
        lasts: Says for each new connection after how many bytes it is cut; never unless given.
    """

    def __init__(self, port: int, lasts: Callable[[], int] | None = None) -> None:
        self.target, self._lasts = port, lasts
        self.streams: list[bytearray] = []
        self.cuts = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._server.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._server.accept()
                try:
                    far = socket.create_connection(("127.0.0.1", self.target))
                except OSError:
                    near.close()
                    continue
                left = [self._lasts() if self._lasts else 1 << 62]
                for one, other in ((near, far), (far, near)):
                    stream = bytearray()
                    self.streams.append(stream)
                    threading.Thread(
                        target=self._pass, args=(one, other, stream, left), daemon=True
                    ).start()

    def _pass(
        self, one: socket.socket, other: socket.socket, stream: bytearray, left: list[int]
    ) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(1 << 16):
                left[0] -= len(data)
                if left[0] < 0:
                    self.cuts += 1
                    break
                stream += data
                other.sendall(data)
        for each in (one, other):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


def tls_records(stream: bytes) -> list[int]:
    """Content types of the records of a TLS stream (RFC 8446, section 5.1).

    Raises:
        AssertionError: If a byte belongs to no record.
    """
    found, place = [], 0
    while place + TLS_HEADER <= len(stream):
        kind, major = stream[place], stream[place + 1]
        assert kind in (20, 21, 22, 23), "a record of no type"
        assert major == 3, "a record of no version"
        found.append(kind)
        place += TLS_HEADER + int.from_bytes(stream[place + 3 : place + 5], "big")
    return found


def shared_words(wire: bytes, secret: bytes) -> int:
    """How often the 8-byte words of a secret stand on the wire, at any place."""
    words = np.frombuffer(secret[: len(secret) // 8 * 8], np.uint64)
    found = 0
    for offset in range(8):
        size = (len(wire) - offset) // 8
        if size > 0:
            found += int(np.isin(np.frombuffer(wire, np.uint64, size, offset), words).sum())
    return found
