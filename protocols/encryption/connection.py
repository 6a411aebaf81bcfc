"""One connection through a pair of gateways: clear TCP on one side, records on the other.

Three threads: one seals what comes in clear, one opens the records that come, one delivers what
they held. A record is taken from the other gateway at once, whatever the clear side does; data that
was not delivered is bounded by a window (`protocols.encryption.outgoing`). Each direction ends with
a record that says so: a connection that is cut is not a clean end, and the clear side is reset.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial

from protocols.encryption.aes_gcm import AesGcmOpener, AesGcmSealer
from protocols.encryption.derivation import derived_keys
from protocols.encryption.handshake import Meeting, read_exactly
from protocols.encryption.one_time_pad import PadOpener, PadSealer
from protocols.encryption.outgoing import WINDOW_BYTES, Outgoing, Sealer
from protocols.encryption.records import (
    HEADER_BYTES,
    RECORD_BYTES,
    BrokenConnection,
    Header,
    Kind,
)
from protocols.encryption.rekeying import RekeyPolicy
from protocols.encryption.supply import AES_256_GCM, DeliveredKey, KeySupply

__all__ = ["BACK", "THERE", "SealedConnection", "reset"]

#: Directions: from the plain side to the sealed side, and back.
THERE, BACK = 1, 2

_COUNT = struct.Struct(">Q")
_NUMBER = struct.Struct(">I")
_OFFER = struct.Struct(">B16s")

#: Most keys that one request asks for, and how long what still comes is read after an alert.
_MOST_ASKED, _DRAIN_S = 1 << 12, 5.0

#: How long a thread waits in clear before it looks whether the connection has ended, in s.
_GLANCE_S = 1.0


class SealedConnection:
    """A pair of connected sockets between which records are made and opened.

    Args:
        clear: To the application, which this object closes.
        sealed: To the other gateway, likewise.
        meeting: What the gateways agreed on.
        supply: Where further keys come from.
        side: ``plain`` asks for keys and offers them; ``sealed`` collects them.
        mode: ``aes-256-gcm`` or ``one-time-pad``.
        policy: When the next key is due.
        timeout_s: Longest time for a record, once it began, and for the other end to take one.
    """

    def __init__(
        self,
        clear: socket.socket,
        sealed: socket.socket,
        meeting: Meeting,
        supply: KeySupply,
        *,
        side: str,
        mode: str,
        policy: RekeyPolicy,
        timeout_s: float,
        over: threading.Event,
    ) -> None:
        self._clear, self._sealed, self._supply = clear, sealed, supply
        self._plain, self._timeout_s = side == "plain", timeout_s
        self._over = over
        self.reason = ""
        mine, theirs = (THERE, BACK) if self._plain else (BACK, THERE)
        sealer: Sealer
        if mode == AES_256_GCM:
            derive = derived_keys(meeting.context, mine, meeting.exchanged)
            sealer = AesGcmSealer(mine, derive, policy)
            other = derived_keys(meeting.context, theirs, meeting.exchanged)
            self._opener: AesGcmOpener | PadOpener = AesGcmOpener(theirs, other)
        else:
            sealer = PadSealer(mine, meeting.context)
            self._opener = PadOpener(theirs, meeting.context)
        self._out = Outgoing(sealed, sealer, self._want, over)
        self._out.add(meeting.there if self._plain else meeting.back)
        self._expect(meeting.back if self._plain else meeting.there)
        self._fetching: list[threading.Thread] = []
        self._number = {THERE: len(meeting.there), BACK: len(meeting.back)}
        self._state = threading.Condition()
        self._due: deque[memoryview | None] = deque()
        self._undelivered = 0
        self._saying_end = self._said_end = False
        self._heard_end = self._delivered_end = False
        self.received_bytes = 0

    @property
    def sent_bytes(self) -> int:
        """Data that was sealed, in bytes."""
        return self._out.data_bytes

    @property
    def keys_used(self) -> int:
        """Keys under which this end has sealed."""
        return self._out.keys_used

    def run(self) -> str:
        """Carry data until both directions have ended; why not all went well, if so."""
        for end in (self._clear, self._sealed):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._clear.settimeout(_GLANCE_S)
        self._sealed.settimeout(self._timeout_s)
        _keep_alive(self._sealed, self._timeout_s)
        threads = [
            threading.Thread(target=self._guarded, args=(work,), daemon=True)
            for work in (self._seal, self._deliver)
        ]
        for each in threads:
            each.start()
        self._guarded(self._listen)
        for each in threads:
            each.join()
        self._over.set()
        if self.reason:
            reset(self._clear)
        self._clear.close()
        self._sealed.close()
        for each in self._fetching:
            each.join()
        self._out.close()
        self._opener.close()
        return self.reason

    def fail(self, reason: str, *, tell: bool = True) -> None:
        """End the connection before its time; the first reason counts."""
        with self._state:
            if self.reason or self._is_done():
                return
            self.reason = reason
            self._over.set()
            self._state.notify_all()
        if tell:
            with contextlib.suppress(OSError, BrokenConnection):
                self._out.send_last(reason.encode()[:500])
        self._out.wake()
        with contextlib.suppress(OSError):
            self._sealed.shutdown(socket.SHUT_WR)
        with contextlib.suppress(OSError):
            self._clear.shutdown(socket.SHUT_RD)

    def abandon(self) -> None:
        """Wait no longer for the other gateway."""
        with contextlib.suppress(OSError):
            self._sealed.shutdown(socket.SHUT_RDWR)

    def _is_done(self) -> bool:
        return self._said_end and self._delivered_end

    def _guarded(self, work: Callable[[], None]) -> None:
        """Do the work of a thread; whatever goes wrong ends the connection with a reason."""
        try:
            work()
        except BrokenConnection as stop:
            self.fail(str(stop))
        except TimeoutError:
            self.fail(f"the other gateway took or sent nothing for {self._timeout_s:g} s")
        except OSError as error:
            why = error.strerror or type(error).__name__
            self.fail(f"the other gateway broke the connection off: {why}", tell=False)
        except Exception as error:
            self.fail(f"an internal error: {type(error).__name__}")
        if work == self._listen and self.reason:
            self._drain()

    # --- from clear to sealed

    def _seal(self) -> None:
        buffer = bytearray(1 << 14)
        while True:
            most = min(self._out.credit(), len(buffer))
            count = self._heard_clear(memoryview(buffer)[:most])
            if count == 0:
                break
            self._out.send_data(memoryview(buffer)[:count])
            if count == len(buffer) < RECORD_BYTES:
                buffer = bytearray(2 * len(buffer))
        self._saying_end = True
        self._out.send(Kind.END)
        self._note(said=True)

    def _heard_clear(self, into: memoryview) -> int:
        while not self._over.is_set():
            try:
                count = self._clear.recv_into(into)
            except TimeoutError:
                continue
            except OSError:
                sentence = "the application at this end broke its connection off"
                raise BrokenConnection(sentence) from None
            if self._over.is_set():
                break
            return count
        raise BrokenConnection("the connection has ended")

    def _note(self, *, said: bool = False, delivered: bool = False) -> None:
        """Note that a direction has ended; after both this end has nothing more to say."""
        with self._state:
            self._said_end |= said
            self._delivered_end |= delivered
            done = self._is_done() and not self.reason
        if done:
            with contextlib.suppress(OSError):
                self._sealed.shutdown(socket.SHUT_WR)

    # --- from sealed to clear

    def _listen(self) -> None:
        head = bytearray(HEADER_BYTES)
        body = memoryview(bytearray(1 << 14))
        while self._next_header(head):
            header = Header.decode(head)
            size = header.length + self._opener.tag_bytes
            if size > len(body):
                body = memoryview(bytearray(size))
            if read_exactly(self._sealed, body[:size], self._timeout_s) < size:
                raise _cut()
            room = memoryview(bytearray(header.length))
            self._handle(header.kind, self._opener.open(header, body[:size], room))
            if self.reason:
                return
        if not self._heard_end or not self._saying_end:
            raise _cut()

    def _next_header(self, head: bytearray) -> bool:
        """Read a header, for whose beginning there is no limit; False at the end."""
        view = memoryview(head)
        while True:
            try:
                came = self._sealed.recv_into(view)
            except TimeoutError:
                if self._over.is_set():
                    return False
                continue
            if came == 0:
                return False
            if came < len(view):
                came += read_exactly(self._sealed, view[came:], self._timeout_s)
            if came < len(view):
                raise _cut()
            return True

    def _handle(self, kind: Kind, payload: memoryview) -> None:
        if kind is Kind.DATA:
            self._queue(payload)
        elif kind is Kind.CREDIT and len(payload) == _COUNT.size:
            self._out.credited(_COUNT.unpack(payload)[0])
        elif kind is Kind.END and not self._heard_end and not payload:
            self._heard_end = True
            self._queue(None)
        elif kind is Kind.KEYS and not self._plain and payload:
            self._take(payload)
        elif kind is Kind.ASK and self._plain and len(payload) == _NUMBER.size:
            self._fetch(BACK, min(_NUMBER.unpack(payload)[0], _MOST_ASKED))
        elif kind is Kind.ALERT:
            said = bytes(payload).decode("utf-8", "replace")
            said = said if said.isprintable() else "a reason that cannot be shown"
            self.fail(f"the other gateway ended it: {said}", tell=False)
        else:
            raise BrokenConnection("a record came that has no place here")

    def _queue(self, payload: memoryview | None) -> None:
        with self._state:
            if payload is not None:
                self._undelivered += len(payload)
                self.received_bytes += len(payload)
                if self._heard_end or self._undelivered > WINDOW_BYTES:
                    raise BrokenConnection("more data came than was asked for")
            self._due.append(payload)
            self._state.notify_all()

    def _deliver(self) -> None:
        done = 0
        while True:
            with self._state:
                while not self._due:
                    self._state.wait(_GLANCE_S)
                    if self._over.is_set():
                        return
                payload = self._due.popleft()
            if payload is None:
                break
            self._write_clear(payload)
            done += len(payload)
            with self._state:
                self._undelivered -= len(payload)
            if done >= WINDOW_BYTES // 4 and not self._heard_end:
                self._out.send(Kind.CREDIT, _COUNT.pack(done))
                done = 0
        with contextlib.suppress(OSError):
            self._clear.shutdown(socket.SHUT_WR)
        self._note(delivered=True)

    def _write_clear(self, data: memoryview) -> None:
        while data:
            if self._over.is_set():
                raise BrokenConnection("the connection has ended")
            try:
                data = data[self._clear.send(data) :]
            except TimeoutError:
                continue
            except OSError:
                sentence = "the application at this end broke its connection off"
                raise BrokenConnection(sentence) from None

    def _drain(self) -> None:
        """Read what still comes: closed at once, the alert might be lost with it."""
        until = time.monotonic() + _DRAIN_S
        waste = bytearray(1 << 16)
        with contextlib.suppress(OSError):
            self._sealed.settimeout(_DRAIN_S)
            while time.monotonic() < until and self._sealed.recv_into(waste):
                pass

    # --- keys

    def _want(self) -> None:
        """Ask for the next key of what this end sends."""
        if self._plain:
            self._fetch(THERE, self._grown(THERE))
        else:
            self._out.send(Kind.ASK, _NUMBER.pack(self._grown(BACK)))

    def _grown(self, direction: int) -> int:
        """How many keys to ask for: of one-time pads, twice as many each time."""
        if isinstance(self._opener, AesGcmOpener):
            return 1
        self._number[direction] = min(2 * self._number[direction], _MOST_ASKED)
        return self._number[direction]

    def _fetch(self, direction: int, number: int) -> None:
        work = partial(self._fetched, direction, max(1, number))
        thread = threading.Thread(target=self._guarded, args=(work,), daemon=True)
        with self._state:
            self._fetching = [each for each in self._fetching if each.is_alive()]
            self._fetching.append(thread)
            thread.start()

    def _fetched(self, direction: int, number: int) -> None:
        """Get keys of the KME, tell the other end, and use them from now on."""
        keys = self._supply.more(number, self._over)
        offer = bytes([direction]) + b"".join(_OFFER.pack(each.quantum, each.key) for each in keys)
        if direction == THERE:
            self._out.send(Kind.KEYS, offer)
            self._out.add(keys)
        else:
            self._expect(keys)
            self._out.send(Kind.KEYS, offer)

    def _take(self, payload: memoryview) -> None:
        """Collect the keys that the plain side offers."""
        direction, rest = payload[0], payload[1:]
        if direction not in (THERE, BACK) or len(rest) % _OFFER.size:
            raise BrokenConnection("a record came that has no place here")
        offered = [(key, bool(quantum)) for quantum, key in _OFFER.iter_unpack(rest)]
        keys = self._supply.collected(offered, self._over)
        if direction == BACK:
            self._out.add(keys)
        else:
            self._expect(keys)

    def _expect(self, keys: Sequence[DeliveredKey]) -> None:
        """Take keys under which the other end seals from now on."""
        for each in keys:
            self._opener.add(each.key, each.material, each.quantum)


def _cut() -> BrokenConnection:
    sentence = "the connection was cut before its end: what came may not be all that was sent"
    return BrokenConnection(sentence)


def _keep_alive(connection: socket.socket, timeout_s: float) -> None:
    """Let the operating system find out when the other machine is gone, on idle connections too."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    third = max(1, round(timeout_s / 3))
    for name, value in (
        ("TCP_KEEPIDLE", third),
        ("TCP_KEEPINTVL", third),
        ("TCP_KEEPCNT", 3),
        ("TCP_USER_TIMEOUT", max(1, round(1000 * timeout_s))),
    ):
        if hasattr(socket, name):
            with contextlib.suppress(OSError):
                connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def reset(connection: socket.socket) -> None:
    """Let a close reset the connection, so that nobody takes it for an end of the data."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
