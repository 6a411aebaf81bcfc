"""Messages of a relay: what goes from node to node for a job, and what its tag covers."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from protocols.key_management.keys import KeyPart
from protocols.key_management.refusals import KeyRefusedError
from protocols.key_management.relaying.arithmetic import SCHEMES
from protocols.key_management.relaying.tags import TAG_KEY_BYTES

__all__ = ["HopMessage", "RelayJob", "parts_from", "parts_to"]

#: Most keys of a job, most bytes of a key, and most characters of a name.
MOST_KEYS, MOST_BYTES, MOST_NAME = 1000, 1 << 17, 200

_HEX = re.compile(r"(?:[0-9a-f]{2})*")


def _malformed(what: str) -> KeyRefusedError:
    message = f"the message is malformed: {what}"
    return KeyRefusedError(message)


def _text(value: object, what: str) -> str:
    """A short text of a message.

    Raises:
        KeyRefusedError: If it is none.
    """
    if not isinstance(value, str) or not 0 < len(value) <= MOST_NAME:
        raise _malformed(what)
    return value


def _number(value: object, low: int, high: int, what: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise _malformed(what)
    return value


def _texts(value: object, most: int, what: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not 0 < len(value) <= most:
        raise _malformed(what)
    return tuple(_text(each, what) for each in value)


def parts_to(parts: Iterable[KeyPart]) -> list[list[object]]:
    """Parts of link key as JSON types.

    Examples:
        >>> parts_to([KeyPart(block="b", start=0, length=8)])
        [['b', 0, 8]]
    """
    return [[part.block, part.start, part.length] for part in parts]


def parts_from(value: object) -> tuple[KeyPart, ...]:
    """Parts of link key from JSON types.

    Raises:
        KeyRefusedError: If they are none.

    Examples:
        >>> parts_from([["b", 0, 8]])
        (KeyPart(block='b', start=0, length=8),)
    """
    if not isinstance(value, list) or not all(isinstance(p, list) and len(p) == 3 for p in value):
        raise _malformed("parts of link key")
    return tuple(
        KeyPart(
            block=_text(block, "block"),
            start=_number(start, 0, 1 << 40, "start"),
            length=_number(length, 1, 1 << 40, "length"),
        )
        for block, start, length in value
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayJob:
    """Keys that a node relays to another one together.

    Args:
        job_id: Its identity.
        initiator: Node that makes the keys.
        incarnation: Of the initiator's process, so that a job of one that has died is known.
        target: Node that gets them.
        scheme: ``hop-by-hop`` or ``announced-xor``.
        key_ids: Identities of the keys.
        key_bytes: Length of each.
        check_bytes: Further bytes that are relayed, under which the ends compare the keys.
        shares: Number of routes.
        threshold: How many shares give the keys back.

    Examples:
        >>> job = RelayJob(job_id="1", initiator="A", incarnation="x", target="C",
        ...     scheme="hop-by-hop", key_ids=("k",), key_bytes=32, check_bytes=40)
        >>> job.length
        72
    """

    job_id: str
    initiator: str
    incarnation: str
    target: str
    scheme: str
    key_ids: tuple[str, ...]
    key_bytes: int
    check_bytes: int
    shares: int = 1
    threshold: int = 1

    @property
    def length(self) -> int:
        """What is relayed over each route, in bytes."""
        return len(self.key_ids) * self.key_bytes + self.check_bytes

    def write(self) -> dict[str, Any]:
        """As JSON types."""
        return asdict(self) | {"key_ids": list(self.key_ids)}

    @classmethod
    def read(cls, value: object) -> RelayJob:
        """A job from JSON types.

        Raises:
            KeyRefusedError: If it is none.
        """
        if not isinstance(value, Mapping) or set(value) != {each.name for each in fields(cls)}:
            raise _malformed("job")
        names = ("job_id", "initiator", "incarnation", "target", "scheme")
        job = cls(
            **{name: _text(value[name], name) for name in names},
            key_ids=_texts(value["key_ids"], MOST_KEYS, "key_ids"),
            key_bytes=_number(value["key_bytes"], 1, MOST_BYTES, "key_bytes"),
            check_bytes=_number(value["check_bytes"], 0, TAG_KEY_BYTES, "check_bytes"),
            shares=_number(value["shares"], 1, 255, "shares"),
            threshold=_number(value["threshold"], 1, 255, "threshold"),
        )
        if (
            job.scheme not in SCHEMES
            or job.threshold > job.shares
            or len(set(job.key_ids)) < len(job.key_ids)
            or job.check_bytes not in (0, TAG_KEY_BYTES)
        ):
            raise _malformed("job")
        return job


@dataclass(frozen=True, slots=True, kw_only=True)
class HopMessage:
    """What goes over one hop.

    Args:
        job: The job.
        route: Names of the nodes, from the initiator to the target.
        hop: Place of the sender on the route.
        number: Number of the share, from 1.
        parts: Where the link key of the hop stands: the pad, then the key of the tag.
        allocation: Under which name the receiver has set this key aside; empty if the sender took
            it from its own store.
        sent: What is sent; not shown.
        tag: Of all the others.
    """

    job: RelayJob
    route: tuple[str, ...]
    hop: int
    number: int
    parts: tuple[KeyPart, ...]
    allocation: str
    sent: tuple[bytes, ...] = field(repr=False)
    tag: bytes = b""

    @property
    def sender(self) -> str:
        """The node that sends it."""
        return self.route[self.hop]

    @property
    def receiver(self) -> str:
        """The node that it is for."""
        return self.route[self.hop + 1]

    @property
    def is_last(self) -> bool:
        """Whether it arrives at the target."""
        return self.hop == len(self.route) - 2

    def covered(self) -> bytes:
        """What the tag covers: all that is in the message, in one writing."""
        value = self.write()
        del value["tag"]
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()

    def write(self) -> dict[str, Any]:
        """As JSON types."""
        return {
            "job": self.job.write(),
            "route": list(self.route),
            "hop": self.hop,
            "number": self.number,
            "parts": parts_to(self.parts),
            "allocation": self.allocation,
            "sent": [base64.b64encode(each).decode() for each in self.sent],
            "tag": self.tag.hex(),
        }

    @classmethod
    def read(cls, value: object) -> HopMessage:
        """A message from JSON types.

        Raises:
            KeyRefusedError: If it is none.
        """
        if not isinstance(value, Mapping) or set(value) != {each.name for each in fields(cls)}:
            raise _malformed("hop")
        job = RelayJob.read(value["job"])
        route = _texts(value["route"], 255, "route")
        allocation, tag = value["allocation"], value["tag"]
        if (
            len(route) < 2
            or len(set(route)) < len(route)
            or route[0] != job.initiator
            or route[-1] != job.target
            or not isinstance(allocation, str)
            or len(allocation) > MOST_NAME
            or not isinstance(tag, str)
            or not _HEX.fullmatch(tag)
        ):
            raise _malformed("hop")
        return cls(
            job=job,
            route=route,
            hop=_number(value["hop"], 0, len(route) - 2, "hop"),
            number=_number(value["number"], 1, job.shares, "number"),
            parts=parts_from(value["parts"]),
            allocation=allocation,
            sent=_sent(value["sent"], job.length),
            tag=bytes.fromhex(tag),
        )


def _sent(value: object, length: int) -> tuple[bytes, ...]:
    """What was sent: strings of one length."""
    if not isinstance(value, list) or len(value) > 255:
        raise _malformed("sent")
    found = []
    for each in value:
        try:
            found.append(base64.b64decode(each, validate=True))
        except (TypeError, ValueError, binascii.Error):
            raise _malformed("sent") from None
    if any(len(each) != length for each in found):
        raise _malformed("sent")
    return tuple(found)
