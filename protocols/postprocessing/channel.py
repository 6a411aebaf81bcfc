"""Public classical channels between two ends: in one process, over TCP, and with an attacker on it.

A channel carries frames of bytes, in order; it protects nothing. What a frame says, and who wrote
it, is the business of `protocols.postprocessing.authentication`.
"""

from __future__ import annotations

import contextlib
import math
import queue
import socket
import struct
import time
from collections.abc import Callable
from typing import Protocol

from protocols.postprocessing.result import AbortReason, ProtocolAborted
from qnet.errors import ParameterError, check_integer, check_real

__all__ = ["ClassicalChannel", "Eavesdropper", "TcpChannel", "channel_pair", "tcp_pair"]

_LENGTH = struct.Struct(">I")

#: Longest wait in s of a send or a receive to which no other limit is given.
TIMEOUT_S = 30.0

#: Longest frame in bytes that is sent, or believed to come.
FRAME_BYTES = 1 << 28

#: Longest wait in s that operating systems take, with room to spare: eleven days.
LONGEST_S = 1e6

_PART = 1 << 20


class ClassicalChannel(Protocol):
    """One end of a two-way channel that carries frames of bytes.

    Examples:
        >>> ends: tuple[ClassicalChannel, ClassicalChannel] = channel_pair()
        >>> ends[0].close()
        >>> ends[1].receive(1.0)  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        protocols....ProtocolAborted: channel-closed: the other end closed the channel
    """

    def send(self, frame: bytes, timeout_s: float = TIMEOUT_S) -> None:
        """Send a frame; `ProtocolAborted` when it does not go in time, or the channel is closed."""

    def receive(self, timeout_s: float) -> bytes:
        """The next frame; `ProtocolAborted` when none comes in time, or the channel is closed."""

    def close(self) -> None:
        """Close this end: the other end reads what was sent, and then finds the channel closed."""


def _limit(timeout_s: float) -> float:
    """The longest wait that this time stands for, in s."""
    if timeout_s == math.inf:
        return LONGEST_S
    number = check_real("timeout_s", timeout_s, "give seconds, 0 or more")
    if number < 0.0:
        raise ParameterError("timeout_s", "be 0 or more", timeout_s, "30 is usual")
    return min(number, LONGEST_S)


class _QueueChannel:
    """One end of a channel inside one process."""

    def __init__(
        self,
        outgoing: queue.SimpleQueue[bytes | None],
        incoming: queue.SimpleQueue[bytes | None],
    ) -> None:
        self._outgoing, self._incoming = outgoing, incoming
        self._closed = False

    def send(self, frame: bytes, timeout_s: float = TIMEOUT_S) -> None:
        _limit(timeout_s)
        if self._closed:
            raise _closed()
        self._outgoing.put(frame)

    def receive(self, timeout_s: float) -> bytes:
        limit = _limit(timeout_s)
        if self._closed:
            raise _closed()
        try:
            frame = self._incoming.get(timeout=limit)
        except queue.Empty:
            raise _late(timeout_s) from None
        if frame is None:
            self._closed = True
            raise _closed()
        return frame

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._outgoing.put(None)


def channel_pair() -> tuple[ClassicalChannel, ClassicalChannel]:
    """The two ends of a channel inside one process.

    Examples:
        >>> alice, bob = channel_pair()
        >>> alice.send(b"hello")
        >>> bob.receive(1.0)
        b'hello'
    """
    forth: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    back: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    return _QueueChannel(forth, back), _QueueChannel(back, forth)


class TcpChannel:
    """One end of a channel over TCP: each frame after its length (4 bytes, big-endian).

    Every send and every receive has a limit of its own, from its start. A frame that came in part
    when the time was up is kept, and the next receive goes on with it; after a frame that went in
    part nothing more can be sent.

    Args:
        connection: A connected socket, which the channel owns from now on.
        frame_bytes: Longest frame that is sent, or believed to come.

    Raises:
        ParameterError: If the longest frame is below one byte, or above what four bytes count.

    Examples:
        >>> server = socket.create_server(("127.0.0.1", 0))
        >>> bob = TcpChannel(socket.create_connection(server.getsockname()))
        >>> alice = TcpChannel(server.accept()[0])
        >>> bob.send(b"hello")
        >>> alice.receive(5.0)
        b'hello'
        >>> alice.close(); bob.close(); server.close()
    """

    def __init__(self, connection: socket.socket, *, frame_bytes: int = FRAME_BYTES) -> None:
        if check_integer("frame_bytes", frame_bytes) >= 1 << 32:
            raise ParameterError("frame_bytes", "be below 2^32", frame_bytes, "2^28 is usual")
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection, self._most = connection, frame_bytes
        self._came = bytearray()
        self._cut: ProtocolAborted | None = None

    def send(self, frame: bytes, timeout_s: float = TIMEOUT_S) -> None:
        """Send a frame.

        Raises:
            ParameterError: If the frame is too long, or the limit no time.
            ProtocolAborted: If the other end does not take it in time, or the channel is closed.
        """
        if len(frame) > self._most:
            hint = "cut the key into blocks, or raise frame_bytes at both ends"
            raise ParameterError("frame", f"have at most {self._most} bytes", len(frame), hint)
        if self._cut is not None:
            raise self._cut
        deadline = time.monotonic() + _limit(timeout_s)
        whole = rest = memoryview(_LENGTH.pack(len(frame)) + frame)
        while rest:
            try:
                self._wait_until(deadline)
                rest = rest[self._connection.send(rest[:_PART]) :]
            except TimeoutError:
                sentence = f"the other end took no message within {timeout_s:g} s"
                late = ProtocolAborted(AbortReason.TIMEOUT, sentence)
                self._cut = late if len(rest) < len(whole) else None
                raise late from None
            except OSError:
                raise _closed() from None

    def receive(self, timeout_s: float) -> bytes:
        """The next frame.

        Raises:
            ParameterError: If the limit is no time.
            ProtocolAborted: If none comes in time, the channel is closed, or a longer frame is
                announced than is believed.
        """
        deadline = time.monotonic() + _limit(timeout_s)
        self._read(_LENGTH.size, deadline, timeout_s)
        (length,) = _LENGTH.unpack_from(self._came)
        if length > self._most:
            sentence = f"a frame of {length} bytes was announced, {self._most} are believed"
            raise ProtocolAborted(AbortReason.AUTHENTICATION_FAILED, sentence)
        self._read(_LENGTH.size + length, deadline, timeout_s)
        frame = bytes(self._came[_LENGTH.size :])
        self._came.clear()
        return frame

    def close(self) -> None:
        """Close this end."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()

    def _wait_until(self, deadline: float) -> None:
        """Limit the next call to the time that is left; a socket keeps its limit otherwise."""
        left = deadline - time.monotonic()
        if left <= 0.0:
            raise TimeoutError
        self._connection.settimeout(min(left, LONGEST_S))

    def _read(self, count: int, deadline: float, timeout_s: float) -> None:
        """Go on until this many bytes of the frame have come."""
        while len(self._came) < count:
            try:
                self._wait_until(deadline)
                part = self._connection.recv(min(count - len(self._came), _PART))
            except TimeoutError:
                raise _late(timeout_s) from None
            except OSError:
                raise _closed() from None
            if not part:
                raise _closed()
            self._came += part


def tcp_pair() -> tuple[TcpChannel, TcpChannel]:
    """The two ends of a TCP connection over the loopback interface, on a free port.

    Examples:
        >>> alice, bob = tcp_pair()
        >>> alice.send(b"hello")
        >>> bob.receive(5.0)
        b'hello'
        >>> alice.close(); bob.close()
    """
    with socket.create_server(("127.0.0.1", 0)) as server:
        near = socket.create_connection(server.getsockname())
        far, _ = server.accept()
    return TcpChannel(near), TcpChannel(far)


class Eavesdropper:
    """A channel whose sent frames pass through an attacker's hands.

    Args:
        channel: The end whose frames are attacked on their way out.
        attack: Called with the number of the frame, counted from 0, and the frame; returns the
            frames that go on in its place: none to drop it, two to replay it, another one to forge
            it.

    Examples:
        >>> alice, bob = channel_pair()
        >>> eve = Eavesdropper(alice, lambda number, frame: [frame, frame])
        >>> eve.send(b"hello")
        >>> bob.receive(1.0), bob.receive(1.0)
        (b'hello', b'hello')
    """

    def __init__(
        self, channel: ClassicalChannel, attack: Callable[[int, bytes], list[bytes]]
    ) -> None:
        self._channel, self._attack = channel, attack
        self._number = 0

    def send(self, frame: bytes, timeout_s: float = TIMEOUT_S) -> None:
        """Send what the attacker makes of the frame."""
        frames = self._attack(self._number, frame)
        self._number += 1
        for changed in frames:
            self._channel.send(changed, timeout_s)

    def receive(self, timeout_s: float) -> bytes:
        """The next frame, as it came."""
        return self._channel.receive(timeout_s)

    def close(self) -> None:
        """Close this end."""
        self._channel.close()


def _closed() -> ProtocolAborted:
    return ProtocolAborted(AbortReason.CHANNEL_CLOSED, "the other end closed the channel")


def _late(timeout_s: float) -> ProtocolAborted:
    return ProtocolAborted(AbortReason.TIMEOUT, f"no message came within {timeout_s:g} s")
