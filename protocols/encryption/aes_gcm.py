"""AES-256-GCM of the records of one direction: keys in turn, nonces that count, limits of each key.

NIST SP 800-38D, doi:10.6028/NIST.SP.800-38D. The nonce is the deterministic one of its section
8.2.1: a fixed field of 32 bits (the direction) and an invocation field of 64 bits (the record's
sequence number, which never starts again). The header is authenticated. The key of a record is
derived from the delivered key, the direction, and all that the two gateways said to each other when
they met (`protocols.encryption.derivation`), so that records of another connection or of the other
direction are not authentic here.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Any

from protocols.encryption.erasure import wipe
from protocols.encryption.packages import primitive
from protocols.encryption.records import RECORD_BYTES, BrokenConnection, Header, Kind
from protocols.encryption.rekeying import RekeyPolicy

__all__ = ["TAG_BYTES", "AesGcmOpener", "AesGcmSealer", "GcmCipher", "nonce_of"]

TAG_BYTES = 16

#: Most records under one key, those without data counted: SP 800-38D, section 8.3.
_MOST = 1 << 32


def nonce_of(direction: int, sequence: int) -> bytes:
    """The nonce of a record: its direction in 32 bits, its number in 64.

    Examples:
        >>> nonce_of(1, 2).hex()
        '000000010000000000000002'
    """
    return direction.to_bytes(4, "big") + sequence.to_bytes(8, "big")


class GcmCipher:
    """AES-256-GCM under one key, from and into given buffers where the library can.

    Args:
        key: 32 bytes, which are overwritten.
    """

    def __init__(self, key: bytearray) -> None:
        library = primitive("ciphers.aead")
        self._cipher: Any = library.AESGCM(bytes(key))
        self._in_place = hasattr(self._cipher, "encrypt_into")
        self._forged: type[Exception] = _invalid_tag()
        wipe(key)

    def seal(self, nonce: bytes, data: memoryview, header: bytes, out: memoryview) -> None:
        """Write the encrypted data and the tag of data and header."""
        if self._in_place:
            self._cipher.encrypt_into(nonce, data, header, out)
        else:
            out[:] = self._cipher.encrypt(nonce, bytes(data), header)

    def open(self, nonce: bytes, data: memoryview, header: bytes, out: memoryview) -> bool:
        """Write the data of an encrypted message and its tag; whether it is authentic."""
        try:
            if self._in_place:
                self._cipher.decrypt_into(nonce, data, header, out)
            else:
                out[:] = self._cipher.decrypt(nonce, bytes(data), header)
        except self._forged:
            return False
        return True


def _invalid_tag() -> type[Exception]:
    from importlib import import_module

    found: type[Exception] = import_module("cryptography.exceptions").InvalidTag
    return found


class _GcmEnd:
    """What both ends of a direction have: keys in turn, and the number of the next record."""

    tag_bytes = TAG_BYTES

    def __init__(
        self, direction: int, derive: Callable[[bytes, bytearray, bool], bytearray]
    ) -> None:
        self._direction, self._derive = direction, derive
        self._next: deque[tuple[bytes, GcmCipher]] = deque()
        self._key, self._cipher = b"", None  # type: tuple[bytes, GcmCipher | None]
        self.sequence = 0

    def add(self, key_id: bytes, material: bytearray, quantum: bool = True) -> None:
        """Take the key that comes after those it has; its bytes are overwritten."""
        self._next.append((key_id, GcmCipher(self._derive(key_id, material, quantum))))
        wipe(material)

    def close(self) -> None:
        """Let go of every key."""
        self._cipher = None
        self._next.clear()


class AesGcmSealer(_GcmEnd):
    """The sending end of a direction.

    Args:
        direction: Fixed field of its nonces.
        derive: Key of the cipher from a delivered key's UUID, its bytes, and whether it is a
            quantum key.
        policy: When the next key is due.
        clock: Seconds that never go back.

    Examples:
        >>> derive = lambda key_id, material, quantum: bytearray(material)
        >>> near, far = AesGcmSealer(1, derive), AesGcmOpener(1, derive)
        >>> for end in (near, far):
        ...     end.add(bytes(16), bytearray(32))
        >>> out = bytearray(100)
        >>> size = near.seal(Kind.DATA, memoryview(b"hello"), out)
        >>> header = Header.decode(out[:32])
        >>> room = bytearray(5)
        >>> bytes(far.open(header, memoryview(out)[32:size], memoryview(room)))
        b'hello'
    """

    def __init__(
        self,
        direction: int,
        derive: Callable[[bytes, bytearray, bool], bytearray],
        policy: RekeyPolicy | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(direction, derive)
        self._policy, self._clock = policy or RekeyPolicy(), clock
        self._since: float | None = None
        self._messages = self._records = self._bytes = 0
        self.keys_used = 0

    def may_seal(self, kind: Kind) -> bool:
        """Whether a record without data may go now: it may under a key that is at its limit."""
        return self._cipher is not None or bool(self._next)

    def room(self) -> int:
        """Bytes of data that the next record may hold; 0 when it needs a key first."""
        age = 0.0 if self._since is None else self._clock() - self._since
        left = 0
        if self._cipher is not None:
            left = self._policy.room(self._messages, self._bytes, age)
        if left == 0 and self._next:
            self._turn()
            left = self._policy.room(0, 0, 0.0)
        return min(left, RECORD_BYTES)

    def wants_key(self) -> bool:
        """Whether it is time to ask for another key."""
        if self._next:
            return False
        age = 0.0 if self._since is None else self._clock() - self._since
        return self._cipher is None or self._policy.is_half_used(self._messages, self._bytes, age)

    def _turn(self) -> None:
        self._key, self._cipher = self._next.popleft()
        self._since = None
        self._messages = self._records = self._bytes = 0
        self.keys_used += 1

    def seal(self, kind: Kind, payload: memoryview, out: bytearray) -> int:
        """Write a record into a buffer; its length.

        Raises:
            BrokenConnection: If there is no key that may seal it.
        """
        size = len(payload)
        if self._cipher is None and self._next:
            self._turn()
        if (kind is Kind.DATA and self.room() < size) or self._cipher is None:
            raise BrokenConnection("there is no key for another record")
        if self._records >= _MOST:
            raise BrokenConnection("a key has sealed 2^32 records, and no other one has come")
        header = Header(kind, size, self._key, self.sequence).encode()
        end = len(header) + size + TAG_BYTES
        out[: len(header)] = header
        nonce = nonce_of(self._direction, self.sequence)
        self._cipher.seal(nonce, payload, header, memoryview(out)[len(header) : end])
        if self._since is None:
            self._since = self._clock()
        self.sequence += 1
        self._records += 1
        if kind is Kind.DATA:
            self._messages += 1
            self._bytes += size
        return end


class AesGcmOpener(_GcmEnd):
    """The receiving end of a direction; arguments as of `AesGcmSealer`, which see."""

    def open(self, header: Header, sealed: memoryview, out: memoryview) -> memoryview:
        """The payload of a record, in the first bytes of ``out``.

        Args:
            header: As it came.
            sealed: The encrypted payload and the tag.
            out: Where to.

        Raises:
            BrokenConnection: If it is not the next record, or not authentic.
        """
        check_sequence(header, self.sequence)
        key, cipher = self._key, self._cipher
        turns = header.key != key or cipher is None
        if turns:
            if not self._next or self._next[0][0] != header.key:
                sentence = f"record {header.sequence} is under a key that is not due"
                raise BrokenConnection(sentence)
            key, cipher = self._next[0]
        assert cipher is not None
        nonce = nonce_of(self._direction, header.sequence)
        payload = out[: header.length]
        if not cipher.open(nonce, sealed, header.encode(), payload):
            raise not_authentic(header)
        if turns:
            self._key, self._cipher = self._next.popleft()
        self.sequence += 1
        return payload


def check_sequence(header: Header, due: int) -> None:
    """Raise `BrokenConnection` unless a record is the next one."""
    if header.sequence < due:
        sentence = f"record {header.sequence} came again, where {due} was due: it was replayed"
        raise BrokenConnection(sentence)
    if header.sequence > due:
        sentence = f"record {header.sequence} came where {due} was due: records were lost or moved"
        raise BrokenConnection(sentence)


def not_authentic(header: Header) -> BrokenConnection:
    """A record whose tag is wrong."""
    return BrokenConnection(f"record {header.sequence} is not authentic: it was altered or forged")
