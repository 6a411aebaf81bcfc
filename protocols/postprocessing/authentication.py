"""Wegman-Carter authentication: a tag that only the two ends can compute covers every message.

The tag of a message is ``hash(header, session, untagged messages, message) + pad  (mod 2^t)``: a
universal hash whose key is secret and stays the same, and t fresh bits of pre-shared key for each
tag. Whatever an attacker has seen, the chance that something other than what was sent passes, with
any tag, is at most

    ``((l + 1) + 2^(128 - t)) / (2^127 - 1)``,  l words of 15 bytes in the longer of the two,

about ``2^(1 - t)`` for messages below 10^20 bytes. M. N. Wegman, J. L. Carter, J. Comput. Syst.
Sci. 22, 265 (1981), doi:10.1016/0022-0000(81)90033-7; H. Krawczyk, CRYPTO '94, LNCS 839, 129
(1994), doi:10.1007/3-540-48658-5_15. That the key of the hash may stay: C. Portmann, IEEE Trans.
Inf. Theory 60, 4383 (2014), arXiv:1202.1229.

**In step.** The header says the number of the message and the position of its pad. A message whose
pad was used is a replay. One that is ahead shows, if its tag is right, that others were lost: the
pool skips forward, so that the next run is in step, and this run ends. Only the greeting, with
which a run begins, may be ahead. It also says how far each end is, so that an end that is behind
with its own messages skips forward too; and it carries a fresh number from each end, which together
name the session in every later tag: a message of an earlier run, however late, is none of this one.

**Untagged messages.** Messages that come by the hundred, as the parities of Cascade do, go without
a tag; the next tag of each end covers all of them, in both directions and in their order. An end
acts on them at once, so an attacker who changes them may learn bits of the raw key; but then the
next tag is wrong, the run ends, and no key is ever made of these bits. Nothing secret depends on
them until that tag was found right. So the raw bits of a run that ended must not be used again.
"""

from __future__ import annotations

import hmac
import inspect
import secrets
import struct
from collections.abc import Callable
from typing import Any

from protocols.postprocessing.channel import LONGEST_S, ClassicalChannel
from protocols.postprocessing.hashing import HASH_BITS, collision_probability, universal_hash
from protocols.postprocessing.messages import Fields, Message, decode, encode
from protocols.postprocessing.pool import KeyPool, Role
from protocols.postprocessing.result import AbortReason, ProtocolAborted, Transcript
from qnet.errors import ParameterError, check_integer, check_one_of, check_positive

__all__ = ["AuthenticatedLink", "KeyPool", "Role", "check_tag_bits", "check_timeout"]

_HEADER = struct.Struct(">cQQ")
_SIZE = struct.Struct(">Q")
_TAGGED, _UNTAGGED, _LAST = b"T", b"U", b"A"
_ABORT = "abort"
_GREETING = "hello"
_NONCE = 8

#: Farthest position, which the header must hold, and longest sentence that is repeated.
_FARTHEST, _SENTENCE = 1 << 62, 1000


def check_tag_bits(value: object) -> int:
    """Length of a tag, which the hash must support."""
    bits = check_integer("tag_bits", value, 8, "a tag of 48 bits is usual")
    if bits > HASH_BITS:
        raise ParameterError("tag_bits", f"lie in 8 to {HASH_BITS}", value, "48 is usual")
    return bits


def check_timeout(value: object) -> float:
    """Longest wait in s, which the operating system must support."""
    wait = check_positive("timeout_s", value)
    if wait > LONGEST_S:
        hint = "30 is usual"
        raise ParameterError("timeout_s", f"be at most {LONGEST_S:g}", value, hint)
    return wait


class AuthenticatedLink:
    """A channel on which every message is authenticated: what the steps of a run talk over.

    Args:
        channel: This end of the public channel.
        pool: Pre-shared key; the other end has its own copy.
        role: Which end this is.
        tag_bits: Length t of a tag, and key used per tag.
        timeout_s: Longest wait for a message to come, and for one to go, in s.

    Raises:
        ParameterError: If another link uses the pool, its bits were used before, or a number is out
            of range.

    Examples:
        >>> from protocols.postprocessing.channel import channel_pair
        >>> from protocols.postprocessing.randomness import Randomness
        >>> secret = Randomness().bits(1000)
        >>> near, far = channel_pair()
        >>> alice = AuthenticatedLink(near, KeyPool(secret), "alice")
        >>> bob = AuthenticatedLink(far, KeyPool(secret), "bob")
        >>> alice.send("greeting", text="hello")
        >>> bob.receive("greeting")["text"]
        'hello'
    """

    def __init__(
        self,
        channel: ClassicalChannel,
        pool: KeyPool,
        role: Role,
        *,
        tag_bits: int = 48,
        timeout_s: float = 30.0,
    ) -> None:
        self._tag_bits = check_tag_bits(tag_bits)
        self._tag_bytes = (tag_bits + 7) // 8
        self._timeout_s = check_timeout(timeout_s)
        check_one_of("role", role, ["alice", "bob"])
        pool.open(role)
        self._channel, self._pool, self._role = channel, pool, role
        self._peer: Role = "bob" if role == "alice" else "alice"
        self._put = _putter(channel)
        self._session = b""  # two nonces, once the ends have greeted each other
        self._sizes: tuple[int, int] | None = None  # of the other pool, until the session is sure
        # Untagged messages that the next tag of each end covers, and how many there were of each.
        self._open: dict[Role, list[bytes]] = {"alice": [], "bob": []}
        self._untagged: dict[Role, int] = {"alice": 0, "bob": 0}
        self.transcript = Transcript()
        self.transcript.begin("begin")

    @property
    def tag_bits(self) -> int:
        """Key used per tag, in bits."""
        return self._tag_bits

    def greet(self, **facts: Any) -> Fields:  # noqa: ANN401 - a message holds anything
        """Begin a run: both ends say where they are and what they hold; returns the other's facts.

        Raises:
            ProtocolAborted: As in `receive`.

        Examples:
            >>> from protocols.postprocessing.in_process import run_both
            >>> run_both(lambda link: link.greet(age=3), lambda link: link.greet(age=4))[0]["age"]
            4
        """
        mine = secrets.token_bytes(_NONCE)
        at = [list(self._pool.position), list(self._pool.sizes)]
        self.send(_GREETING, nonce=mine.hex(), at=at, facts=facts)
        heard = self.receive(_GREETING)
        try:
            theirs = bytes.fromhex(heard["nonce"])
            alice, bob, *numbers = _wholes(heard["at"][0], 4)
            sizes = _wholes(heard["at"][1], 2)
            facts = dict(heard["facts"])
        except (TypeError, ValueError, LookupError):
            raise ProtocolAborted(
                AbortReason.UNEXPECTED_MESSAGE, "the greeting is not well formed"
            ) from None
        place = alice if self._role == "alice" else bob
        number = numbers[0 if self._role == "alice" else 1]
        # What the other end has heard already is behind this end, too.
        self._pool.skip(self._role, place, number)
        self._sizes = sizes[0], sizes[1]
        nonces = [mine, theirs] if self._role == "alice" else [theirs, mine]
        self._session = b"".join(nonces)
        return Fields(facts)

    def send(self, kind: str, **fields: Any) -> None:  # noqa: ANN401 - a message holds anything
        """Send a message with its tag, which covers the untagged messages before it.

        Raises:
            ProtocolAborted: If the channel is closed or does not take the message in time, or the
                key pool is exhausted.
        """
        self._send_tagged(_TAGGED, Message(kind, fields))

    def receive(self, kind: str) -> Fields:
        """The fields of the next message, which must be of this kind, due, and authentic.

        Raises:
            ProtocolAborted: If it is not, if none comes in time, or if the other end gave up.
        """
        form, number, place, rest = self._next()
        if form == _UNTAGGED:
            self._in_order(number, self._untagged[self._peer])
            raise _forged(f"a message without a tag came where '{kind}' was due")
        return self._checked(form, number, place, rest, kind)

    def send_untagged(self, kind: str, **fields: Any) -> None:  # noqa: ANN401
        """Send a message that the next tag covers; see the head of this module.

        Raises:
            ProtocolAborted: If the channel is closed or does not take the message in time.
        """
        header = _HEADER.pack(_UNTAGGED, self._untagged[self._role], 0)
        self._transmit(self._note(self._role, header + encode(Message(kind, fields))))

    def receive_untagged(self, kind: str) -> Fields:
        """The next message, which nothing may be concluded from until a tag has covered it.

        Raises:
            ProtocolAborted: If it is not of this kind or not due, if none comes in time, or if the
                other end gave up.
        """
        form, number, place, rest = self._next()
        if form != _UNTAGGED:
            return self._checked(form, number, place, rest, kind)
        self._in_order(number, self._untagged[self._peer])
        self._note(self._peer, _HEADER.pack(form, number, place) + rest)
        self.transcript.steps[-1].messages_received += 1
        try:
            message = decode(rest)
        except ParameterError:
            message = Message("")
        if message.kind != kind:
            raise _forged(f"an untagged message was altered or forged: '{kind}' was due")
        fields = Fields(message.fields)
        fields.fault = AbortReason.AUTHENTICATION_FAILED
        return fields

    def abort(self, stopped: ProtocolAborted) -> None:
        """Tell the other end why the run ends; raises `ProtocolAborted` when that fails too."""
        fields = {"reason": str(stopped.reason), "sentence": stopped.sentence}
        self._send_tagged(_LAST, Message(_ABORT, fields))

    def close(self) -> None:
        """Close the channel and let go of the pool."""
        try:
            self._channel.close()
        finally:
            self._pool.close()

    def _send_tagged(self, form: bytes, message: Message) -> None:
        body = encode(message)
        number, place = self._pool.number(self._role), self._pool.place(self._role)
        header = _HEADER.pack(form, number, place)
        pad = self._pool.pad(self._role, number, self._tag_bits)
        self._transmit(header + self._tag(self._role, header, body, pad) + body)
        self._open[self._role].clear()

    def _transmit(self, frame: bytes) -> None:
        self._put(frame, self._timeout_s)
        step = self.transcript.steps[-1]
        step.messages_sent += 1
        step.bytes_sent += len(frame)

    def _next(self) -> tuple[bytes, int, int, bytes]:
        """The next frame: its form, number, position, and the rest."""
        frame = self._channel.receive(self._timeout_s)
        if len(frame) < _HEADER.size or frame[:1] not in (_TAGGED, _UNTAGGED, _LAST):
            raise _forged("what came is no message of this protocol")
        return *_HEADER.unpack_from(frame), frame[_HEADER.size :]

    def _in_order(self, number: int, expected: int) -> None:
        if number < expected:
            sentence = f"message {number} of {self._peer} came again: {expected} was due"
            raise ProtocolAborted(AbortReason.MESSAGE_REPLAYED, sentence)
        if number > expected:
            sentence = f"message {expected} of {self._peer} did not come: {number} came instead"
            raise ProtocolAborted(AbortReason.MESSAGE_MISSING, sentence)

    def _checked(self, form: bytes, number: int, place: int, rest: bytes, kind: str) -> Fields:
        """The fields of a tagged message, once its tag was found right."""
        if len(rest) < self._tag_bytes:
            raise _forged("a frame was too short to hold a tag")
        what, expected = f"message {number} of {self._peer}", self._pool.number(self._peer)
        if place < self._pool.place(self._peer):
            self._in_order(min(number, expected - 1), expected)
        ahead = place > self._pool.place(self._peer)
        tag, body = rest[: self._tag_bytes], rest[self._tag_bytes :]
        end = self._pool.place(self._peer) + self._pool.remaining(self._peer)
        if ahead and place + self._tag_bits > end:
            raise _forged(f"{what} was altered: it names a key beyond the end")
        pad = self._pool.peek(self._peer, place, self._tag_bits)
        header = _HEADER.pack(form, number, place)
        if not hmac.compare_digest(tag, self._tag(self._peer, header, body, pad)):
            if ahead and not self._session:  # it belongs to a session of which the start was lost
                self._in_order(max(number, expected + 1), expected)
            raise _forged(f"{what} was altered or forged: its tag is wrong")
        self._pool.skip(self._peer, place + self._tag_bits, number + 1)
        if self._sizes is not None and form == _TAGGED:
            self._pool.shorten(self._sizes)
            self._sizes = None
        try:
            message = decode(body)
        except ParameterError:
            sentence = f"{what} is not well formed"
            raise ProtocolAborted(AbortReason.UNEXPECTED_MESSAGE, sentence) from None
        if ahead and (self._session or message.kind != _GREETING):
            self._in_order(max(number, expected + 1), expected)
        self._open[self._peer].clear()
        self.transcript.steps[-1].messages_received += 1
        return _fields_of(message, kind)

    def _note(self, sender: Role, frame: bytes) -> bytes:
        """Keep an untagged message for the next tag of each end."""
        self._untagged[sender] += 1
        entry = sender.encode() + _SIZE.pack(len(frame)) + frame
        for covered in self._open.values():
            covered.append(entry)
        return frame

    def _tag(self, sender: Role, header: bytes, body: bytes, pad: int) -> bytes:
        """The tag of a message: its hash, hidden by its pad."""
        parts = [self._session, *self._open[sender]]
        if header[:1] == _LAST:  # An end that gives up need not have heard everything.
            parts = []
        before = b"".join(parts)
        hashed = b"".join([header, sender.encode(), _SIZE.pack(len(before)), before, body])
        value = universal_hash(hashed, self._pool.hash_key, self._tag_bits) + pad
        self.transcript.steps[-1].authentication_bits += self._tag_bits
        self.transcript.forgery_probability += collision_probability(len(hashed), self._tag_bits)
        return (value % (1 << self._tag_bits)).to_bytes(self._tag_bytes, "big")


def _forged(sentence: str) -> ProtocolAborted:
    return ProtocolAborted(AbortReason.AUTHENTICATION_FAILED, sentence)


def _putter(channel: ClassicalChannel) -> Callable[[bytes, float], None]:
    """How to send over a channel: one that knows no limits takes the frame alone."""
    try:
        inspect.signature(channel.send).bind(b"", 1.0)
    except TypeError:
        return lambda frame, _: channel.send(frame)
    return channel.send


def _wholes(values: Any, count: int) -> list[int]:  # noqa: ANN401 - a message holds anything
    """Whole numbers that a position may have."""
    if len(values) != count or not all(type(v) is int and 0 <= v <= _FARTHEST for v in values):
        raise ValueError
    return list(values)


def _fields_of(message: Message, kind: str) -> Fields:
    if message.kind == _ABORT:
        fields = Fields(message.fields)
        told = " ".join(str(fields["sentence"]).split())[:_SENTENCE]
        sentence = f"the other end stopped: {told}"
        known = [each for each in AbortReason if each == fields["reason"]]
        reason = known[0] if known else AbortReason.UNEXPECTED_MESSAGE
        raise ProtocolAborted(reason, sentence, known_to_peer=True)
    if message.kind != kind:
        sentence = f"a message '{message.kind}' came where '{kind}' was due"
        raise ProtocolAborted(AbortReason.UNEXPECTED_MESSAGE, sentence)
    return Fields(message.fields)
