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

    Who hears records never waits for who sends them: credit and keys are noted under a lock that
    nobody holds while a record is sent. Otherwise two gateways that send at the same time could
    each wait for the other to take a record.

    Args:
        connection: To the other gateway, with a timeout.
        sealer: Of this direction.
        want: Called when it is time to ask for key, once until some has come.
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
        self._turn = threading.RLock()  # held while a record is sealed and sent
        self._news = threading.Condition()  # of credit and keys; never held for long
        self._count = 0
        self._fresh: list[DeliveredKey] = []
        self._asked = False  # for keys that have not come yet; read and written in turn
        self._out = bytearray(HEADER_BYTES + (1 << 14) + sealer.tag_bytes)
        self._credit = WINDOW_BYTES
        self.data_bytes = 0

    @property
    def keys_used(self) -> int:
        """Keys that were begun."""
        return self._sealer.keys_used

    def add(self, keys: Sequence[DeliveredKey]) -> None:
        """Take further keys, which the other end was told of."""
        with self._news:
            self._fresh.extend(keys)
            self._tell()

    def credited(self, count: int) -> None:
        """Note that the other end has delivered so much data.

        Raises:
            BrokenConnection: If that is more than it got.
        """
        with self._news:
            self._credit += count
            if self._credit > WINDOW_BYTES:
                sentence = "the other gateway says that it delivered more data than it got"
                raise BrokenConnection(sentence)
            self._tell()

    def credit(self) -> int:
        """Bytes of data that may be sent, at least one, as soon as there are any.

        Raises:
            BrokenConnection: If the connection ended.
        """
        while True:
            with self._news:
                seen, credit = self._count, self._credit
            if credit > 0:
                return credit
            self._wait(seen)

    def send_data(self, data: memoryview) -> None:
        """Send data, in as many records as its keys make of it; waits for key.

        Raises:
            BrokenConnection: If the connection ended.
            OSError: If the other end is gone, or takes nothing in time.
        """
        while data:
            with self._turn:
                seen = self._take_keys()
                part = data[: self._sealer.room()]
                if part:
                    self._note_sent(len(part))  # before: credit for it may be back at once
                    self._put(Kind.DATA, part)
                if not part or self._sealer.wants_key():
                    self._ask()
            if not part:
                self._wait(seen)
            data = data[len(part) :]

    def send(self, kind: Kind, payload: bytes = b"") -> None:
        """Send a record without data; waits for key if it must. Raises as `send_data`."""
        while True:
            with self._turn:
                seen = self._take_keys()
                if self._sealer.may_seal(kind):
                    self._put(kind, memoryview(payload))
                    return
                self._ask()
            self._wait(seen)

    def send_last(self, payload: bytes, patience_s: float = 1.0) -> None:
        """Send an alert if that is possible at once."""
        if not self._turn.acquire(timeout=patience_s):
            return
        try:
            self._take_keys()
            if self._sealer.may_seal(Kind.ALERT):
                self._put(Kind.ALERT, memoryview(payload))
        finally:
            self._turn.release()

    def wake(self) -> None:
        """Let those who wait see that the connection has ended."""
        with self._news:
            self._tell()

    def close(self) -> None:
        """Let go of the keys."""
        with self._turn:
            self._take_keys()
            self._sealer.close()

    def _tell(self) -> None:
        self._count += 1
        self._news.notify_all()

    def _ask(self) -> None:
        """Ask for key, unless that was done."""
        if not self._asked:
            self._asked = True
            self._want()

    def _take_keys(self) -> int:
        """Give the sealer the keys that have come; how much news there was so far."""
        with self._news:
            seen, fresh = self._count, self._fresh
            self._fresh = []
        self._asked &= not fresh
        for each in fresh:
            self._sealer.add(each.key, each.material, each.quantum)
        return seen

    def _wait(self, seen: int) -> None:
        """Wait for news after those that were seen."""
        with self._news:
            while self._count == seen and not self._over.is_set():
                self._news.wait(1.0)
        if self._over.is_set():
            sentence = "the connection has ended"
            raise BrokenConnection(sentence)

    def _note_sent(self, count: int) -> None:
        with self._news:
            self._credit -= count
        self.data_bytes += count

    def _put(self, kind: Kind, payload: memoryview) -> None:
        need = HEADER_BYTES + len(payload) + self._sealer.tag_bytes
        if need > len(self._out):
            self._out = bytearray(need)
        size = self._sealer.seal(kind, payload, self._out)
        self._connection.sendall(memoryview(self._out)[:size])
