"""Sending half of a sealed connection: records in order, and the key that they need."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence

from protocols.encryption.aes_gcm import AesGcmSealer
from protocols.encryption.one_time_pad import PadSealer
from protocols.encryption.records import HEADER_BYTES, BrokenConnection, Kind
from protocols.encryption.supply import DeliveredKey

__all__ = ["WINDOW_BYTES", "Outgoing", "Sealer"]

Sealer = AesGcmSealer | PadSealer

#: Data that may be under way before the other end has delivered it, in bytes. So a gateway always
#: takes what comes from the other one, however slow the clear side is, and records that bring key
#: are never stuck behind data.
WINDOW_BYTES = 1 << 22


class Outgoing:
    """Seals and sends records; its calls may come from several threads.

    Args:
        connection: To the other gateway, with a timeout.
        sealer: Of this direction.
        want: Called, with the lock held, when it is time to ask for key.
        over: Set when the connection has ended.
    """

    def __init__(
        self,
        connection: socket.socket,
        sealer: Sealer,
        want: Callable[[], object],
        over: threading.Event,
    ) -> None:
        self._connection, self._sealer, self._want, self._over = connection, sealer, want, over
        self._changed = threading.Condition(threading.RLock())
        self._out = bytearray(HEADER_BYTES + (1 << 14) + sealer.tag_bytes)
        self._credit = WINDOW_BYTES
        self.data_bytes = 0

    @property
    def keys_used(self) -> int:
        """Keys that were begun."""
        return self._sealer.keys_used

    def add(
        self, keys: Sequence[DeliveredKey], announce: Callable[[], object] | None = None
    ) -> None:
        """Take further keys, after the other end was told of them."""
        with self._changed:
            if announce is not None:
                announce()
            for each in keys:
                self._sealer.add(each.key, each.material, each.quantum)
            self._changed.notify_all()

    def credited(self, count: int) -> None:
        """Note that the other end has delivered so much data."""
        with self._changed:
            self._credit += count
            if self._credit > WINDOW_BYTES:
                sentence = "the other gateway says that it delivered more data than it got"
                raise BrokenConnection(sentence)
            self._changed.notify_all()

    def credit(self) -> int:
        """Bytes of data that may be sent, at least one, as soon as there are any.

        Raises:
            BrokenConnection: If the connection ended.
        """
        with self._changed:
            while self._credit <= 0:
                self._wait()
            return self._credit

    def send_data(self, data: memoryview) -> None:
        """Send data, in as many records as its keys make of it; waits for key."""
        while data:
            with self._changed:
                room = self._sealer.room()
                if room == 0:
                    self._want()
                    self._wait()
                    continue
                part = data[:room]
                self._put(Kind.DATA, part)
                self._credit -= len(part)
                self.data_bytes += len(part)
                if self._sealer.wants_key():
                    self._want()
            data = data[len(part) :]

    def send(self, kind: Kind, payload: bytes = b"") -> None:
        """Send a record without data; waits for key if it must."""
        with self._changed:
            while not self._sealer.may_seal(kind):
                self._want()
                self._wait()
            self._put(kind, memoryview(payload))

    def send_last(self, payload: bytes, patience_s: float = 1.0) -> None:
        """Send an alert if that is possible at once."""
        if not self._changed.acquire(timeout=patience_s):
            return
        try:
            if self._sealer.may_seal(Kind.ALERT):
                self._put(Kind.ALERT, memoryview(payload))
        finally:
            self._changed.release()

    def wake(self) -> None:
        """Let those who wait see that the connection has ended."""
        with self._changed:
            self._changed.notify_all()

    def close(self) -> None:
        """Let go of the keys."""
        with self._changed:
            self._sealer.close()

    def _wait(self) -> None:
        self._changed.wait(1.0)
        if self._over.is_set():
            sentence = "the connection has ended"
            raise BrokenConnection(sentence)

    def _put(self, kind: Kind, payload: memoryview) -> None:
        need = HEADER_BYTES + len(payload) + self._sealer.tag_bytes
        if need > len(self._out):
            self._out = bytearray(need)
        size = self._sealer.seal(kind, payload, self._out)
        self._connection.sendall(memoryview(self._out)[:size])
