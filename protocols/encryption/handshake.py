"""Meeting of two gateways: who they are, which keys they begin with, what the conversation was.

The plain side's hello offers keys of its KME for both directions; the sealed side collects them
from its own and answers. Both are in clear, and nothing in them is secret. What proves them is that
every key is derived with a digest of both: if a byte of either was changed, no record is authentic.

A hybrid adds a key exchange, and signatures of the two SAEs under the certificates that they have
for their KMEs: so a connection that begins without quantum key has authentic ends, too. (ECDSA
does not withstand a quantum computer; the quantum keys do, and authenticate whatever they are part
of.)
"""

from __future__ import annotations

import hashlib
import json
import secrets
import socket
import struct
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from protocols.encryption.exchange import KeyExchange, answered
from protocols.encryption.identity import Identity
from protocols.encryption.records import BrokenConnection
from protocols.encryption.supply import DeliveredKey, KeySupply

__all__ = ["Meeting", "NeverBegunError", "answer", "greet", "read_exactly", "refuse"]

_MAGIC = b"QNETENC1"
_LENGTH = struct.Struct(">8sI")
_LONGEST = 1 << 17


class NeverBegunError(BrokenConnection):
    """The end of a connection on which the other end said nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """What two gateways agreed on.

    Args:
        context: Digest of all that was said.
        there: Keys of the direction from the plain to the sealed side.
        back: Keys of the other direction.
        exchanged: Secrets of the key exchange; empty ones without a hybrid.
    """

    context: bytes
    there: list[DeliveredKey]
    back: list[DeliveredKey]
    exchanged: tuple[bytes, bytes] = field(default=(b"", b""), repr=False)


def greet(
    connection: socket.socket,
    keys: tuple[list[DeliveredKey], list[DeliveredKey]],
    *,
    mode: str,
    identity: Identity,
    peer: str,
    hybrid: bool,
) -> Meeting:
    """The plain side's part: offer keys, hear the answer.

    Args:
        connection: To the other gateway, with a timeout.
        keys: Those of each direction.
        mode: What seals records.
        identity: This end's SAE.
        peer: The other end's.
        hybrid: Whether to add a key exchange.

    Raises:
        BrokenConnection: If the other gateway refuses, or says something else.
        OSError: If the connection breaks.
    """
    exchange = KeyExchange() if hybrid else None
    hello = _frame(
        {
            "mode": mode,
            "master": identity.name,
            "slave": peer,
            "nonce": secrets.token_hex(16),
            "there": _listed(keys[0]),
            "back": _listed(keys[1]),
            "exchange": None if exchange is None else exchange.public,
        }
    )
    connection.sendall(hello)
    try:
        reply, fields = _read(connection)
    except NeverBegunError as never:
        raise BrokenConnection(str(never)) from None
    if "refused" in fields:
        said = str(fields["refused"])[:300]
        said = said if said.isprintable() else "for a reason that cannot be shown"
        sentence = f"the other gateway refuses: {said}"
        raise BrokenConnection(sentence)
    exchanged = (b"", b"")
    body = str(fields.get("body"))
    if exchange is not None:
        spoken = hello + body.encode()
        identity.check_signed(fields.get("signed"), _digest(b"answer", spoken), peer)
        try:
            exchanged = exchange.secrets(json.loads(body)["exchange"])
        except (ValueError, KeyError, TypeError):
            raise _malformed() from None
        connection.sendall(_frame({"signed": identity.signed(_digest(b"finish", hello + reply))}))
    context = _digest(b"context", hello + reply)
    return Meeting(context=context, there=keys[0], back=keys[1], exchanged=exchanged)


def answer(
    connection: socket.socket,
    supply: KeySupply,
    over: threading.Event,
    *,
    mode: str,
    identity: Identity,
    peer: str,
    hybrid: bool,
    ready: Callable[[], object] = lambda: None,
) -> Meeting:
    """The sealed side's part: collect the offered keys, answer.

    Arguments as of `greet`; ``ready`` is called before the answer goes, and may refuse.

    Raises:
        BrokenConnection: If the other end is no gateway, or not one that goes with this.
        OSError: If the connection breaks.
    """
    hello, fields = _read(connection)
    _check(fields, mode=mode, name=identity.name, peer=peer, hybrid=hybrid)
    offers = _offers(fields, "there"), _offers(fields, "back")
    public, exchanged = None, (b"", b"")
    if hybrid:
        public, exchanged = answered(fields["exchange"])
    collected = supply.collected([*offers[0], *offers[1]], over)
    ready()
    body = json.dumps({"nonce": secrets.token_hex(16), "exchange": public})
    said: dict[str, Any] = {"body": body}
    if hybrid:
        said["signed"] = identity.signed(_digest(b"answer", hello + body.encode()))
    reply = _frame(said)
    connection.sendall(reply)
    if hybrid:
        _, last = _read(connection)
        identity.check_signed(last.get("signed"), _digest(b"finish", hello + reply), peer)
    count = len(offers[0])
    context = _digest(b"context", hello + reply)
    return Meeting(
        context=context, there=collected[:count], back=collected[count:], exchanged=exchanged
    )


def refuse(connection: socket.socket, why: str) -> None:
    """Tell the plain side why there is no connection."""
    connection.sendall(_frame({"refused": why}))


def read_exactly(connection: socket.socket, into: memoryview, limit_s: float) -> int:
    """Fill a buffer from a connection; how many bytes came before it was closed.

    Args:
        connection: With a timeout for each part.
        into: The buffer.
        limit_s: Longest time for all of it, in s, beside that of its last part.

    Raises:
        TimeoutError: If it takes longer.
    """
    came, deadline = 0, time.monotonic() + limit_s
    while came < len(into):
        part = connection.recv_into(into[came:])
        if not part:
            break
        came += part
        if came < len(into) and time.monotonic() > deadline:
            raise TimeoutError
    return came


def _digest(what: bytes, spoken: bytes) -> bytes:
    return hashlib.sha256(b"qnet encrypt " + what + b"|" + spoken).digest()


def _listed(keys: Sequence[DeliveredKey]) -> list[list[object]]:
    return [[str(uuid.UUID(bytes=each.key)), each.quantum] for each in keys]


def _offers(fields: dict[str, Any], name: str) -> list[tuple[bytes, bool]]:
    try:
        found = [(uuid.UUID(key).bytes, quantum is True) for key, quantum in fields[name]]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise _malformed() from None
    if not found:
        raise _malformed()
    return found


def _check(fields: dict[str, Any], *, mode: str, name: str, peer: str, hybrid: bool) -> None:
    """Raise `BrokenConnection` unless the other gateway is one that goes with this."""
    if fields.get("mode") != mode:
        sentence = f"this gateway seals by {mode}, the other one does not: give both the same mode"
        raise BrokenConnection(sentence)
    if (fields.get("master"), fields.get("slave")) != (peer, name):
        sentence = f"this gateway is {name} and speaks with {peer}: check --sae and --peer of both"
        raise BrokenConnection(sentence)
    if (fields.get("exchange") is not None) != hybrid:
        sentence = "give --hybrid to both gateways or to none"
        raise BrokenConnection(sentence)


def _frame(fields: dict[str, Any]) -> bytes:
    body = json.dumps(fields).encode()
    return _LENGTH.pack(_MAGIC, len(body)) + body


def _read(connection: socket.socket) -> tuple[bytes, dict[str, Any]]:
    head = bytearray(_LENGTH.size)
    limit = connection.gettimeout() or 0.0
    came = read_exactly(connection, memoryview(head), limit)
    if came < len(head):
        sentence = "the connection ended before the gateways had met"
        if not came:
            raise NeverBegunError(sentence)
        raise BrokenConnection(sentence)
    magic, length = _LENGTH.unpack(head)
    if magic != _MAGIC or length > _LONGEST:
        raise _malformed()
    body = bytearray(length)
    if read_exactly(connection, memoryview(body), limit) < length:
        sentence = "the connection ended before the gateways had met"
        raise BrokenConnection(sentence)
    try:
        fields = json.loads(bytes(body))
    except (ValueError, RecursionError):
        raise _malformed() from None
    if not isinstance(fields, dict):
        raise _malformed()
    return bytes(head + body), fields


def _malformed() -> BrokenConnection:
    return BrokenConnection("the other end does not speak as a gateway of qnet encrypt does")
