"""Records on the wire between two gateways: a header of 32 bytes, then what it announces.

``kind (1) | 0 (3) | length (4) | key (16) | sequence (8)``, big-endian, in clear and authenticated.
The length is that of the payload; the tag that follows it is not counted. The key is the UUID of
the delivered key under which the record is sealed. Sequence numbers of a direction begin at 0 and
never start again, whatever the key: records that are lost, repeated or put in another order are
noticed.
"""

from __future__ import annotations

import struct
import uuid
from dataclasses import dataclass
from enum import IntEnum

from qnet.errors import ParameterError

__all__ = ["HEADER_BYTES", "RECORD_BYTES", "BrokenConnection", "Header", "Kind", "key_bytes"]

_LAYOUT = struct.Struct(">B3xI16sQ")
HEADER_BYTES = _LAYOUT.size

#: Longest payload of a record, in bytes.
RECORD_BYTES = 1 << 18


class BrokenConnection(Exception):
    """The end of one connection before its time; its sentence says why, and holds no secret."""


class Kind(IntEnum):
    """What a record holds."""

    DATA = 1
    END = 2
    KEYS = 3
    ASK = 4
    CREDIT = 5
    ALERT = 6


@dataclass(frozen=True, slots=True)
class Header:
    """The beginning of a record.

    Args:
        kind: What it holds.
        length: Bytes of its payload.
        key: UUID of its key, 16 bytes.
        sequence: Its number in its direction.

    Examples:
        >>> header = Header(Kind.DATA, 5, bytes(16), 7)
        >>> Header.decode(header.encode()) == header
        True
    """

    kind: Kind
    length: int
    key: bytes
    sequence: int

    def encode(self) -> bytes:
        """Its 32 bytes."""
        return _LAYOUT.pack(self.kind, self.length, self.key, self.sequence)

    @classmethod
    def decode(cls, data: bytes | bytearray | memoryview) -> Header:
        """The header that 32 bytes hold.

        Raises:
            BrokenConnection: If they hold none.
        """
        number, length, key, sequence = _LAYOUT.unpack(data)
        if number not in Kind._value2member_map_ or any(data[1:4]):
            sentence = "something that is no record came: it was altered, or comes from elsewhere"
            raise BrokenConnection(sentence)
        if length > RECORD_BYTES:
            sentence = f"a record of {length} bytes was announced, {RECORD_BYTES} are the most"
            raise BrokenConnection(sentence)
        return cls(Kind(number), length, key, sequence)


def key_bytes(key_id: str) -> bytes:
    """The 16 bytes of a key's UUID.

    Raises:
        ParameterError: If it is no UUID, as ETSI GS QKD 014 demands.

    Examples:
        >>> key_bytes("00000000-0000-0000-0000-00000000000a")[-1]
        10
    """
    try:
        return uuid.UUID(key_id).bytes
    except (ValueError, AttributeError, TypeError):
        hint = "ETSI GS QKD 014 wants one from the KME"
        raise ParameterError("key_ID", "be a UUID", key_id, hint) from None
