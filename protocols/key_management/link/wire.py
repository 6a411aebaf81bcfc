"""Wire of a link: TLS connections whose ends check each other's certificates, and messages.

Both sides show a certificate of the network's authority, and each checks the common name of the
other's: host names play no part.
"""

from __future__ import annotations

import contextlib
import json
import queue
import select
import socket
import ssl
import threading
import time
from pathlib import Path
from typing import Any

from protocols.key_management.certificates import client_context, common_name, server_context
from protocols.postprocessing.channel import TcpChannel
from protocols.postprocessing.result import AbortReason, ProtocolAborted

__all__ = ["Listener", "RunChannel", "SecureChannel", "Talk", "dial"]

_CONTROL, _RUN = b"C", b"R"

#: Longest wait in s for a connection to be made and secured.
_HANDSHAKE_S = 10.0

#: Most handshakes of a listener at once, and its rest in s when no connection can be taken.
_MOST_GREETINGS, _REST_S = 64, 0.2


def dial(certificates: Path, owner: str, address: tuple[str, int], expected: str) -> SecureChannel:
    """A channel to who listens at an address.

    Args:
        certificates: Folder of the certificates.
        owner: Name of the files of this end's certificate.
        address: Host and port.
        expected: Common name that the other end must have.

    Raises:
        OSError: If there is no connection, its certificate is not of the authority, or it is of
            another name.
    """
    context = client_context(certificates, owner)
    context.check_hostname = False
    plain = socket.create_connection(address, timeout=_HANDSHAKE_S)
    return SecureChannel(_secured(context, plain, (expected,))[0])


class SecureChannel(TcpChannel):
    """A channel over TLS, which one thread uses and any may interrupt.

    Python's sockets under TLS, shut down or closed, send in the clear what comes after: so nothing
    can be sent any more before that is done.

    Args:
        connection: A connected socket under TLS, which the channel owns from now on.
    """

    def __init__(self, connection: ssl.SSLSocket) -> None:
        super().__init__(connection)
        self._secured = connection

    def interrupt(self) -> None:
        """End what a thread waits for on this channel; it is still to be closed by that thread."""
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self._secured, socket.SHUT_RDWR)

    @property
    def is_there(self) -> bool:
        """Whether the other end has not closed the connection, as far as is known here."""
        try:
            look = select.poll()
            look.register(self._secured, select.POLLIN)
            return not look.poll(0) or bool(socket.socket.recv(self._secured, 1, socket.MSG_PEEK))
        except (OSError, ValueError):
            return False

    def close(self) -> None:
        """Close this end."""
        self.interrupt()
        self._secured.close()


class Listener:
    """A listening socket that lets in who has one of some names.

    Handshakes go on beside each other: who connects and says nothing keeps nobody waiting.

    Args:
        certificates: Folder of the certificates.
        owner: Name of the files of this end's certificate.
        host: Address to listen at.
        expected: Common names that may connect.

    Attributes:
        port: Where it listens.
    """

    def __init__(
        self, certificates: Path, owner: str, host: str, expected: tuple[str, ...]
    ) -> None:
        self._context = server_context(certificates, owner)
        self._expected = expected
        self._socket = socket.create_server((host, 0))
        self._greetings = threading.BoundedSemaphore(_MOST_GREETINGS)
        self._came: queue.SimpleQueue[tuple[SecureChannel, str]] = queue.SimpleQueue()
        self._is_open = True
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._listen, name=f"listener {owner}", daemon=True).start()

    def accept(self, timeout_s: float) -> tuple[SecureChannel, str] | None:
        """The next connection and the name at its other end; None when none came in time.

        Raises:
            OSError: If the listener is closed.
        """
        deadline = time.monotonic() + timeout_s
        while self._is_open:
            try:
                channel, name = self._came.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                return None
            if channel.is_there:  # it may have gone while nobody accepted it
                return channel, name
            channel.close()
        raise ConnectionAbortedError("the listener is closed")

    def close(self) -> None:
        """Listen no more."""
        self._is_open = False
        with contextlib.suppress(OSError):  # this wakes the thread that accepts
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        with contextlib.suppress(queue.Empty):
            while True:
                self._came.get_nowait()[0].close()

    def _listen(self) -> None:
        """Take connections in; those above the limit are closed at once."""
        while self._is_open:
            try:
                plain, _ = self._socket.accept()
            except OSError:
                if self._is_open:  # too many files are open, or the like
                    time.sleep(_REST_S)
                continue
            if not self._greetings.acquire(blocking=False):
                plain.close()
                continue
            threading.Thread(target=self._greet, args=(plain,), daemon=True).start()

    def _greet(self, plain: socket.socket) -> None:
        """Do a handshake."""
        try:
            secured, name = _secured(self._context, plain, self._expected, server=True)
            channel = SecureChannel(secured)
            self._came.put((channel, name))
            if not self._is_open:
                channel.close()
        except OSError:
            pass
        finally:
            self._greetings.release()


def _secured(
    context: ssl.SSLContext,
    plain: socket.socket,
    expected: tuple[str, ...],
    *,
    server: bool = False,
) -> tuple[ssl.SSLSocket, str]:
    """The connection under TLS, and the name at its other end."""
    plain.settimeout(_HANDSHAKE_S)
    try:
        secured = context.wrap_socket(plain, server_side=server)
    except BaseException:
        plain.close()
        raise
    name = common_name(secured.getpeercert())
    if name not in expected:
        secured.close()
        message = f"the certificate there is of {name!r}, {' or '.join(expected)} was expected"
        raise ConnectionRefusedError(message)
    return secured, name


class Talk:
    """Messages between the ends beside those of runs, over one channel that both share.

    Frames say what they belong to: one of a run that is over is passed by.

    Args:
        channel: To the other end.
        timeout_s: Longest wait for a message, in s.
    """

    def __init__(self, channel: TcpChannel, timeout_s: float) -> None:
        self.channel, self.timeout_s = channel, timeout_s
        self.early: list[bytes] = []

    def say(self, **fields: Any) -> None:  # noqa: ANN401 - whatever JSON holds
        """Send a message."""
        self.channel.send(_CONTROL + json.dumps(fields).encode(), self.timeout_s)

    def hear(self, *wanted: str) -> dict[str, Any]:
        """The next message, which must hold these fields; what is left of runs is passed by.

        Raises:
            ProtocolAborted: If none comes in time, or one without these fields.
        """
        deadline = time.monotonic() + self.timeout_s
        while True:
            frame = self.early.pop(0) if self.early else None
            frame = frame or self.channel.receive(max(deadline - time.monotonic(), 0.0))
            if frame[:1] == _CONTROL:
                break
        with contextlib.suppress(ValueError):
            found = json.loads(frame[1:])
            if isinstance(found, dict) and all(name in found for name in wanted):
                return found
        sentence = "the other end sent a message that was not due"
        raise ProtocolAborted(AbortReason.UNEXPECTED_MESSAGE, sentence)


class RunChannel:
    """The channel of one run: its frames alone; closing it leaves the connection open.

    Args:
        talk: Whose channel it uses.
        run: Identity of the run, 32 hexadecimal digits.
    """

    def __init__(self, talk: Talk, run: str) -> None:
        self._talk, self._mark = talk, _RUN + bytes.fromhex(run)

    def send(self, frame: bytes, timeout_s: float = 30.0) -> None:
        """Send a frame of this run."""
        self._talk.channel.send(self._mark + frame, timeout_s)

    def receive(self, timeout_s: float) -> bytes:
        """The next frame of this run.

        Raises:
            ProtocolAborted: If the other end has left the run, or none comes in time.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            frame = self._talk.channel.receive(max(deadline - time.monotonic(), 0.0))
            if frame.startswith(self._mark):
                return frame[len(self._mark) :]
            if frame[:1] == _CONTROL:
                self._talk.early.append(frame)
                raise ProtocolAborted(AbortReason.CHANNEL_CLOSED, "the other end left the run")

    def close(self) -> None:
        """Nothing: the connection goes on."""
