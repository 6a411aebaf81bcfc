"""Agreement of two machines on the key that both give to a program: who says which, and proofs.

The master asks its KME for a key and tells the slave its identity; the slave collects the key from
its own KME, installs it, and says so; then the master installs it. Identities of keys are no
secret, but who could forge one could make the slave spend a key: so each message is signed by the
SAE, over a fresh number of the other end, with the certificate that it has for its KME.
"""

from __future__ import annotations

import json
import secrets
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from protocols.encryption.addresses import listener_at, listening_address
from protocols.encryption.client import KmeClient
from protocols.encryption.consumers.consumer import ConsumerError, Installed, KeyConsumer
from protocols.encryption.handshake import read_exactly
from protocols.encryption.identity import Identity
from protocols.encryption.records import BrokenConnection, key_bytes
from protocols.key_management.refusals import KeyRefusedError
from qnet.errors import ParameterError

__all__ = ["KeyFollower", "KeyLeader"]

_LONGEST = 1 << 16
_WAIT_S = 15.0


def _say(connection: socket.socket, fields: dict[str, Any]) -> None:
    body = json.dumps(fields).encode()
    connection.sendall(len(body).to_bytes(4, "big") + body)


def _hear(connection: socket.socket) -> dict[str, Any]:
    head = bytearray(4)
    came = read_exactly(connection, memoryview(head), _WAIT_S)
    size = int.from_bytes(head, "big")
    body = bytearray(size if size <= _LONGEST else 0)
    if came < 4 or size > _LONGEST or read_exactly(connection, memoryview(body), _WAIT_S) < size:
        raise _malformed()
    return _object(bytes(body))


def _object(text: str | bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise _malformed() from None
    if not isinstance(found, dict):
        raise _malformed()
    return found


def _malformed() -> BrokenConnection:
    return BrokenConnection("the other end does not speak as qnet consume does")


class _Signer:
    """Signed messages between two SAEs about one consumer."""

    def __init__(self, identity: Identity, peer: str, consumer: str) -> None:
        self._identity, self._peer, self._consumer = identity, peer, consumer

    def _message(self, body: str) -> bytes:
        return f"qnet consume|{self._consumer}|{body}".encode()

    def say(self, connection: socket.socket, **fields: str) -> None:
        body = json.dumps(fields)
        _say(connection, {"body": body, "signed": self._identity.signed(self._message(body))})

    def hear(self, connection: socket.socket, nonce: str) -> dict[str, str]:
        """A message that the peer signed, for this nonce."""
        found = _hear(connection)
        body = str(found.get("body"))
        self._identity.check_signed(found.get("signed"), self._message(body), self._peer)
        fields = _object(body)
        if fields.get("nonce") != nonce:
            sentence = "a message came that was said before"
            raise BrokenConnection(sentence)
        return {str(name): str(value) for name, value in fields.items()}


class KeyLeader:
    """The master's end.

    Args:
        kme: Its client.
        identity: Its SAE.
        peer: The slave's SAE.
        consumer: Name and object of what takes the keys.
        folder: For files of keys.
        to: Host and port of the slave.
    """

    def __init__(
        self,
        kme: KmeClient,
        identity: Identity,
        peer: str,
        consumer: tuple[str, KeyConsumer],
        folder: Path,
        to: tuple[str, int],
    ) -> None:
        self._kme, self._peer, self._to, self._folder = kme, peer, to, folder
        self._consumer = consumer[1]
        self._signer = _Signer(identity, peer, consumer[0])

    def next_key(self) -> Installed:
        """Give both ends the next key.

        Raises:
            KeyRefusedError: If the KME has none.
            BrokenConnection: If the slave cannot be told, or did not install it.
            ConsumerError: If the program here does not take it.
        """
        try:
            with socket.create_connection(self._to, timeout=_WAIT_S) as connection:
                (key,) = self._kme.enc_keys(self._peer, 1, self._consumer.key_bits)
                theirs = str(_hear(connection).get("nonce"))
                mine = secrets.token_hex(16)
                self._signer.say(connection, nonce=theirs, mine=mine, key_ID=key.key_id)
                answer = self._signer.hear(connection, mine)
        except OSError as error:
            why = error.strerror or type(error).__name__
            sentence = f"{self._peer} cannot be told of a key: {why}"
            raise BrokenConnection(sentence) from None
        if answer.get("answer") != "installed":
            said = answer.get("why", "")[:300]
            sentence = f"{self._peer} did not take the key: {said if said.isprintable() else ''}"
            raise BrokenConnection(sentence)
        return self._consumer.install(key, self._folder)


class KeyFollower:
    """The slave's end; arguments as of `KeyLeader`, with where it listens.

    Raises:
        ParameterError: If it cannot listen there.
    """

    def __init__(
        self,
        kme: KmeClient,
        identity: Identity,
        peer: str,
        consumer: tuple[str, KeyConsumer],
        folder: Path,
        listen: tuple[str, int],
    ) -> None:
        self._kme, self._peer, self._folder = kme, peer, folder
        self._consumer = consumer[1]
        self._signer = _Signer(identity, peer, consumer[0])
        self._listener = listener_at(listen)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port where it listens."""
        return listening_address(self._listener)

    def next_key(self, wait_s: float, say: Callable[[str], object]) -> Installed | None:
        """Wait for the master, and take the key that it says; None if there was none.

        Args:
            wait_s: Longest wait for the master to come, in s.
            say: Where a sentence goes that says why a key was not taken.
        """
        self._listener.settimeout(max(wait_s, 1e-3))
        try:
            connection, _ = self._listener.accept()
        except TimeoutError:
            return None
        except OSError:
            time.sleep(0.05)
            return None
        with connection:
            connection.settimeout(_WAIT_S)
            try:
                return self._taken(connection)
            except (BrokenConnection, OSError, ValueError) as stop:
                why = str(stop) if isinstance(stop, BrokenConnection) else type(stop).__name__
                say(f"no key was taken: {why}")
                return None

    def _taken(self, connection: socket.socket) -> Installed:
        nonce = secrets.token_hex(16)
        _say(connection, {"nonce": nonce})
        said = self._signer.hear(connection, nonce)
        theirs = said.get("mine", "")
        try:
            key_bytes(said.get("key_ID", ""))
            (key,) = self._kme.dec_keys(self._peer, [said["key_ID"]])
            if 8 * len(key.material) != self._consumer.key_bits:
                sentence = f"the key has {8 * len(key.material)} bits"
                raise BrokenConnection(sentence)
            done = self._consumer.install(key, self._folder)
        except (KeyRefusedError, ConsumerError, ParameterError, BrokenConnection) as stop:
            self._signer.say(connection, nonce=theirs, answer="refused", why=str(stop))
            raise BrokenConnection(str(stop)) from None
        self._signer.say(connection, nonce=theirs, answer="installed")
        return done

    def close(self) -> None:
        """Listen no more."""
        self._listener.close()
