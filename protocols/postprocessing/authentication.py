"""Wegman-Carter authentication: every message carries a tag that only the two ends can compute.

The tag of message number i is ``hash(sender, i, message) + pad_i  (mod 2^t)``: a universal hash
whose key is secret and stays the same, and t fresh bits of pre-shared key for each message.
Whatever an attacker has seen, the chance that a message other than the one sent passes, with any
tag, is at most

    ``((l + 1) + 2^(128 - t)) / (2^127 - 1)``,  l words of 15 bytes in the longer of the two,

about ``2^(1 - t)`` for messages below 10^20 bytes. M. N. Wegman, J. L. Carter, J. Comput. Syst.
Sci. 22, 265 (1981), doi:10.1016/0022-0000(81)90033-7; H. Krawczyk, CRYPTO '94, LNCS 839, 129
(1994), doi:10.1007/3-540-48658-5_15.

The number of the message is part of what is hashed: a replayed, lost or swapped message does not
carry the number that is due.
"""

from __future__ import annotations

import struct
from typing import Any, Literal, Protocol

from numpy.typing import ArrayLike

from protocols.postprocessing.bits import as_bits, text_from_bits
from protocols.postprocessing.channel import Channel
from protocols.postprocessing.hashing import (
    KEY_BITS,
    HashKey,
    collision_probability,
    universal_hash,
)
from protocols.postprocessing.messages import Message, decode, encode
from protocols.postprocessing.outcome import Reason, Stopped, Transcript
from qnet.errors import ParameterError, check_integer, check_positive

__all__ = ["AuthenticatedLink", "KeyPool", "Link", "Role"]

Role = Literal["alice", "bob"]
_NUMBER = struct.Struct(">Q")
_ABORT = "abort"


class Link(Protocol):
    """What the steps of the post-processing talk over.

    Examples:
        >>> from protocols.postprocessing.ends import both_ends
        >>> def greet(link: Link) -> None:
        ...     link.send("greeting", text="hello")
        >>> both_ends(greet, lambda link: link.receive("greeting"))[1]
        {'text': 'hello'}
    """

    transcript: Transcript

    def send(self, kind: str, **fields: Any) -> None:  # noqa: ANN401 - a message holds anything
        """Send a message."""

    def receive(self, kind: str) -> dict[str, Any]:
        """The fields of the next message, which must be of this kind."""


class KeyPool:
    """Pre-shared secret bits for authentication; both ends hold the same, and use each bit once.

    The first 254 bits choose the hash. The rest are two halves, one for the messages of each end,
    so that the ends stay in step whoever speaks first.

    Args:
        secret: Shape (n,): secret bits, n at least 256.

    Raises:
        ParameterError: If there are too few bits.

    Examples:
        >>> from protocols.postprocessing.randomness import Randomness
        >>> pool = KeyPool(Randomness.reproducible(1).bits(1254))
        >>> pool.remaining("alice")
        500
        >>> pad = pool.pad("alice", 0, 48)
        >>> pool.remaining("alice"), pool.used
        (452, 302)
    """

    def __init__(self, secret: ArrayLike) -> None:
        bits = as_bits("secret", secret)
        if bits.size < KEY_BITS + 2:
            cure = f"{KEY_BITS} bits choose the hash, and each message takes one tag"
            raise ParameterError("secret", f"hold at least {KEY_BITS + 2} bits", bits.size, cure)
        text = text_from_bits(bits)
        half = KEY_BITS // 2
        point, factor = int(text[:half], 2), int(text[half:KEY_BITS], 2)
        self.hash_key = HashKey(point=point, factor=factor)
        middle = (KEY_BITS + len(text)) // 2
        self._halves = {"alice": text[KEY_BITS:middle], "bob": text[middle:]}
        self._positions = {"alice": 0, "bob": 0}
        self._numbers = {"alice": 0, "bob": 0}
        self.in_use = False

    @property
    def used(self) -> int:
        """Bits used so far, those of the hash included."""
        return KEY_BITS + sum(self._positions.values())

    def remaining(self, sender: Role) -> int:
        """Bits left for the messages of one end."""
        return len(self._halves[sender]) - self._positions[sender]

    def number(self, sender: Role) -> int:
        """Number of the next message of one end."""
        return self._numbers[sender]

    def pad(self, sender: Role, number: int, bits: int) -> int:
        """The one-time pad of a message, as a whole number; it cannot be had a second time.

        Raises:
            ParameterError: If the pad of this message was used already, or is not yet due.
            Stopped: If the pool is exhausted.
        """
        if number != self._numbers[sender]:
            cure = "a pad is used once, in the order of the messages"
            raise ParameterError("number", f"be {self._numbers[sender]}", number, cure)
        if self.remaining(sender) < bits:
            sentence = (
                f"{bits} bits of authentication key were needed, {self.remaining(sender)} left"
            )
            raise Stopped(Reason.AUTHENTICATION_KEY_EXHAUSTED, sentence)
        start = self._positions[sender]
        self._numbers[sender] += 1
        self._positions[sender] += bits
        return int(self._halves[sender][start : start + bits], 2)

    def refill(self, secret: ArrayLike) -> None:
        """Add secret bits, the same at both ends: half for the messages of each."""
        text = text_from_bits(as_bits("secret", secret))
        middle = len(text) // 2
        self._halves["alice"] += text[:middle]
        self._halves["bob"] += text[middle:]


class AuthenticatedLink:
    """A channel on which every message is authenticated.

    Args:
        channel: This end of the public channel.
        pool: Pre-shared key; the other end has its own copy.
        role: Which end this is.
        tag_bits: Length t of a tag, and key used per message.
        timeout_s: Longest wait for a message, in s.

    Raises:
        ParameterError: If another link uses the pool.

    Examples:
        >>> from protocols.postprocessing.channel import channel_pair
        >>> from protocols.postprocessing.randomness import Randomness
        >>> secret = Randomness.reproducible(1).bits(1000)
        >>> near, far = channel_pair()
        >>> alice = AuthenticatedLink(near, KeyPool(secret), "alice")
        >>> bob = AuthenticatedLink(far, KeyPool(secret), "bob")
        >>> alice.send("greeting", text="hello")
        >>> bob.receive("greeting")["text"]
        'hello'
    """

    def __init__(
        self,
        channel: Channel,
        pool: KeyPool,
        role: Role,
        *,
        tag_bits: int = 48,
        timeout_s: float = 30.0,
    ) -> None:
        if pool.in_use:
            cure = "one pool serves one link at a time; close the other link first"
            raise ParameterError("pool", "not be in use", role, cure)
        pool.in_use = True
        self._channel, self._pool, self._role = channel, pool, role
        self._peer: Role = "bob" if role == "alice" else "alice"
        self._tag_bits = check_integer("tag_bits", tag_bits)
        self._tag_bytes = (tag_bits + 7) // 8
        self._timeout_s = check_positive("timeout_s", timeout_s)
        self.transcript = Transcript()
        self.transcript.begin("begin")

    @property
    def tag_bits(self) -> int:
        """Key used per message, in bits."""
        return self._tag_bits

    def send(self, kind: str, **fields: Any) -> None:  # noqa: ANN401 - a message holds anything
        """Send a message with its tag.

        Raises:
            Stopped: If the channel is closed, or the key pool exhausted.
        """
        body = encode(Message(kind, fields))
        number = self._pool.number(self._role)
        tag = self._tag(self._role, number, body)
        frame = _NUMBER.pack(number) + tag + body
        self._channel.send(frame)
        step = self.transcript.steps[-1]
        step.messages_sent += 1
        step.bytes_sent += len(frame)

    def receive(self, kind: str) -> dict[str, Any]:
        """The fields of the next message, which must be of this kind, due, and authentic.

        Raises:
            Stopped: If it is not, if none comes in time, or if the other end gave up.
        """
        frame = self._channel.receive(self._timeout_s)
        expected = self._pool.number(self._peer)
        start = _NUMBER.size + self._tag_bytes
        if len(frame) < start:
            raise Stopped(Reason.AUTHENTICATION_FAILED, "a frame was too short to hold a tag")
        (number,) = _NUMBER.unpack_from(frame)
        if number < expected:
            sentence = f"message {number} of {self._peer} came again: {expected} was due"
            raise Stopped(Reason.MESSAGE_REPLAYED, sentence)
        if number > expected:
            sentence = f"message {expected} of {self._peer} did not come: {number} came instead"
            raise Stopped(Reason.MESSAGE_MISSING, sentence)
        body = frame[start:]
        if frame[_NUMBER.size : start] != self._tag(self._peer, number, body):
            sentence = f"message {number} of {self._peer} was altered or forged: its tag is wrong"
            raise Stopped(Reason.AUTHENTICATION_FAILED, sentence)
        self.transcript.steps[-1].messages_received += 1
        return _fields_of(decode(body), kind)

    def abort(self, stopped: Stopped) -> None:
        """Tell the other end why the run ends; raises `Stopped` when that fails too."""
        self.send(_ABORT, reason=str(stopped.reason), sentence=stopped.sentence)

    def close(self) -> None:
        """Close the channel and let go of the pool."""
        self._channel.close()
        self._pool.in_use = False

    def _tag(self, sender: Role, number: int, body: bytes) -> bytes:
        """The tag of a message: its hash, hidden by the pad of this number."""
        pad = self._pool.pad(sender, number, self._tag_bits)
        hashed = sender.encode() + _NUMBER.pack(number) + body
        tag = (universal_hash(hashed, self._pool.hash_key, self._tag_bits) + pad) % (
            1 << self._tag_bits
        )
        self.transcript.steps[-1].authentication_bits += self._tag_bits
        self.transcript.forgery_probability += collision_probability(len(hashed), self._tag_bits)
        return tag.to_bytes(self._tag_bytes, "big")


def _fields_of(message: Message, kind: str) -> dict[str, Any]:
    if message.kind == _ABORT:
        reason = Reason(message.fields["reason"])
        sentence = f"the other end stopped: {message.fields['sentence']}"
        raise Stopped(reason, sentence, known_to_peer=True)
    if message.kind != kind:
        sentence = f"a message '{message.kind}' came where '{kind}' was due"
        raise Stopped(Reason.UNEXPECTED_MESSAGE, sentence)
    return dict(message.fields)
