"""One-time pad of the records of one direction, with a tag that no computing power forges.

The delivered keys of a direction, one after the other, are one string of pad. Its first 32 bytes
say which universal hash makes the tags. Then every record takes, in order, as many bytes as its
payload has, which are added to it, and 12 for its tag:

    ``tag = hash(header, context, encrypted payload) + pad  (mod 2^96)``.

No byte of pad is taken twice: taking it overwrites it. A record other than the one that was sent
passes with probability at most ``((l + 1) + 2^32) / (2^127 - 1)``, below 2^-94 (Wegman-Carter; see
`protocols.postprocessing.hashing`). The hash may stay the same because each tag has fresh pad (C.
Portmann, IEEE Trans. Inf. Theory 60, 4383 (2014), arXiv:1202.1229). Records that keep the
connection alive (offers of keys, requests for them, credit) are authenticated and not encrypted:
they hold nothing secret, and cost 12 bytes of pad each.
"""

from __future__ import annotations

import hmac
from collections import deque

from protocols.encryption.aes_gcm import check_sequence, not_authentic
from protocols.encryption.erasure import wipe
from protocols.encryption.records import RECORD_BYTES, BrokenConnection, Header, Kind
from protocols.postprocessing.hashing import PRIME, HashKey, universal_hash

__all__ = ["HASH_KEY_BYTES", "RESERVE_BYTES", "TAG_BYTES", "Pad", "PadOpener", "PadSealer"]

TAG_BYTES = 12
_TAG_BITS = 8 * TAG_BYTES

#: Pad for the choice of the hash, and pad that data leaves for records without data, in bytes.
HASH_KEY_BYTES, RESERVE_BYTES = 32, 16 * TAG_BYTES

#: Tags that are left for the records that bring more key, or end the connection.
_ESSENTIAL = 6


class Pad:
    """Delivered keys as one string of bytes, each of which is taken once.

    Examples:
        >>> pad = Pad()
        >>> pad.add(bytes(16), bytearray(b"abcd"))
        >>> pad.take(3), pad.left, pad.taken
        (bytearray(b'abc'), 1, 3)
        >>> pad.take(2)
        Traceback (most recent call last):
        ...
        protocols.encryption.records.BrokenConnection: the one-time pad is used up
    """

    def __init__(self) -> None:
        self._keys: deque[tuple[bytes, bytearray]] = deque()
        self._start = 0
        self.left = self.taken = self.keys_used = 0

    def add(self, key_id: bytes, material: bytearray) -> None:
        """Append a key, which the pad overwrites as it is taken."""
        if material:
            self._keys.append((key_id, material))
            self.left += len(material)

    @property
    def key(self) -> bytes:
        """UUID of the key in which the next byte lies."""
        return self._keys[0][0] if self._keys else bytes(16)

    def take(self, count: int) -> bytearray:
        """The next bytes, which are then gone from here.

        Raises:
            BrokenConnection: If there are too few; nothing is taken then.
        """
        if count > self.left:
            raise BrokenConnection("the one-time pad is used up")
        taken = bytearray()
        while len(taken) < count:
            material = self._keys[0][1]
            part = min(count - len(taken), len(material) - self._start)
            end = self._start + part
            taken += material[self._start : end]
            material[self._start : end] = bytes(part)
            self._start = end
            if end == len(material):
                self._keys.popleft()
                self._start = 0
                self.keys_used += 1
        self.left -= count
        self.taken += count
        return taken

    def close(self) -> None:
        """Overwrite what is left."""
        for _, material in self._keys:
            wipe(material)
        self._keys.clear()
        self.left = 0


def _added(data: memoryview, pad: bytearray) -> bytes:
    """Data and pad, bit by bit modulo 2."""
    both = int.from_bytes(data, "big") ^ int.from_bytes(pad, "big")
    return both.to_bytes(len(pad), "big")


class _Authenticator:
    """Tags of a direction: a hash that the pad chose, and pad for each tag."""

    def __init__(self, context: bytes) -> None:
        self._context = context
        self._hash: HashKey | None = None

    @property
    def is_prepared(self) -> bool:
        """Whether the pad has chosen the hash."""
        return self._hash is not None

    def prepare(self, pad: Pad) -> None:
        """Let the pad choose the hash, the first time."""
        if self._hash is None:
            self._hash = HashKey(point=_below_prime(pad), factor=_below_prime(pad))

    def tag(self, header: bytes, payload: bytes | memoryview, pad: bytearray) -> bytes:
        """The tag of a record."""
        assert self._hash is not None
        value = universal_hash(b"".join((header, self._context, payload)), self._hash, _TAG_BITS)
        total = (value + int.from_bytes(pad, "big")) % (1 << _TAG_BITS)
        wipe(pad)
        return total.to_bytes(TAG_BYTES, "big")

    def close(self) -> None:
        self._hash = None


def _below_prime(pad: Pad) -> int:
    while True:  # a second draw has probability 2^-127
        number = int.from_bytes(pad.take(HASH_KEY_BYTES // 2), "big") >> 1
        if number < PRIME:
            return number


class _PadEnd:
    """What both ends of a direction have: the pad, its tags, and the number of the next record."""

    tag_bytes = TAG_BYTES

    def __init__(self, direction: int, context: bytes) -> None:
        self.pad = Pad()
        self._tags = _Authenticator(direction.to_bytes(1, "big") + context)
        self.sequence = 0

    def add(self, key_id: bytes, material: bytearray, quantum: bool = True) -> None:
        """Append a delivered key, which is overwritten as it is used."""
        self.pad.add(key_id, material)

    def close(self) -> None:
        """Overwrite what is left of the pad."""
        self.pad.close()
        self._tags.close()


class PadSealer(_PadEnd):
    """The sending end of a direction.

    Args:
        direction: Number of the direction.
        context: Digest of what the gateways said to each other when they met.

    Examples:
        >>> near, far = PadSealer(1, b""), PadOpener(1, b"")
        >>> for end in (near, far):
        ...     end.add(bytes(16), bytearray(range(256)))
        >>> near.room()  # of 256 bytes: the hash, the reserve, and the tag are not for data
        20
        >>> out = bytearray(100)
        >>> size = near.seal(Kind.DATA, memoryview(b"hello"), out)
        >>> header = Header.decode(out[:32])
        >>> bytes(far.open(header, memoryview(out)[32:size], memoryview(bytearray(5))))
        b'hello'
        >>> near.room()  # five bytes and a tag are gone
        3
    """

    def __init__(self, direction: int, context: bytes) -> None:
        super().__init__(direction, context)
        self._low = 0

    @property
    def keys_used(self) -> int:
        """Keys that are used up."""
        return self.pad.keys_used

    def add(self, key_id: bytes, material: bytearray, quantum: bool = True) -> None:
        """Append a delivered key, which is overwritten as it is used."""
        super().add(key_id, material, quantum)
        self._low = max(self._low, self.pad.left // 2)

    def may_seal(self, kind: Kind) -> bool:
        """Whether a record without data may go now: credit leaves pad for what brings more key."""
        return self.pad.left >= (_ESSENTIAL if kind is Kind.CREDIT else 1) * TAG_BYTES

    def room(self) -> int:
        """Bytes of data that the next record may hold; 0 when it needs key first."""
        ahead = RESERVE_BYTES + TAG_BYTES + (0 if self._tags.is_prepared else HASH_KEY_BYTES)
        return max(0, min(self.pad.left - ahead, RECORD_BYTES))

    def wants_key(self) -> bool:
        """Whether it is time to ask for more key: half of what was there is used."""
        if self.pad.left > self._low and self.room():
            return False
        self._low = self.pad.left // 2
        return True

    def seal(self, kind: Kind, payload: memoryview, out: bytearray) -> int:
        """Write a record into a buffer; its length.

        Raises:
            BrokenConnection: If there is too little pad; none is taken then, but for the hash.
        """
        if not self._tags.is_prepared and self.pad.left < HASH_KEY_BYTES:
            raise BrokenConnection("the one-time pad is used up")
        self._tags.prepare(self.pad)
        size, data = len(payload), kind is Kind.DATA
        if (data and self.room() < size) or self.pad.left < TAG_BYTES:
            raise BrokenConnection("the one-time pad is used up")
        header = Header(kind, size, self.pad.key, self.sequence).encode()
        hidden = bytes(payload)
        if data:
            taken = self.pad.take(size)
            hidden = _added(payload, taken)
            wipe(taken)
        tag = self._tags.tag(header, hidden, self.pad.take(TAG_BYTES))
        end = len(header) + size + TAG_BYTES
        out[:end] = b"".join((header, hidden, tag))
        self.sequence += 1
        return end


class PadOpener(_PadEnd):
    """The receiving end of a direction; arguments as of `PadSealer`, which see."""

    def open(self, header: Header, sealed: memoryview, out: memoryview) -> memoryview:
        """The payload of a record, in the first bytes of ``out``.

        Raises:
            BrokenConnection: If it is not the next record, or not authentic.
        """
        check_sequence(header, self.sequence)
        self._tags.prepare(self.pad)
        data = header.kind is Kind.DATA
        if header.key != self.pad.key:
            msg = f"record {header.sequence} is under a key that is not due"
            raise BrokenConnection(msg)
        mask = self.pad.take(header.length) if data else bytearray()
        hidden, came = sealed[: header.length], sealed[header.length :]
        tag = self._tags.tag(header.encode(), hidden, self.pad.take(TAG_BYTES))
        if not hmac.compare_digest(tag, came):
            wipe(mask)
            raise not_authentic(header)
        payload = out[: header.length]
        payload[:] = _added(hidden, mask) if data else hidden
        wipe(mask)
        self.sequence += 1
        return payload
