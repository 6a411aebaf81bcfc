"""Chunks of a key stream: the keys at its indices, made in order at one of its ends."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from protocols.key_management.keys import ManagedKey
from protocols.key_management.streams.quality import LARGEST, StreamQuality

__all__ = ["KeyChunk", "KeyChunks", "RateAllowance", "after"]

#: How many chunks one end of a stream may be ahead of the other.
WINDOW = 1024


def after(index: int) -> int:
    """The next index: it wraps after 2^32 - 1.

    Examples:
        >>> after(5), after(2**32 - 1)
        (6, 0)
    """
    return (index + 1) & LARGEST


@dataclass(slots=True)
class KeyChunk:
    """One chunk of a stream, at the end that makes them.

    Args:
        key_id: Identity of its key, by which the other end collects it.
        made_s: When it was made, in s.
        material: Its bytes until this end reads them.
        is_told: Whether the other end knows its identity.
    """

    key_id: str
    made_s: float
    material: bytes | None = field(repr=False)
    is_told: bool = False

    def read(self) -> bytes | None:
        """Its bytes, the first time; they are gone then."""
        material, self.material = self.material, None
        return material


class KeyChunks:
    """The chunks of one stream at the end that makes them: one key each, at indices in order.

    Bytes are here only until this end reads them; identities stay for the other end, as many as
    `WINDOW`. Nothing is written down: a stream ends with its KME.

    Args:
        quality: Chunk size and time to live of the stream.
        first: First index.

    Examples:
        >>> chunks = KeyChunks(StreamQuality(chunk_bytes=2), first=2**32 - 1)
        >>> chunks.add(ManagedKey(key_id="k", material=b"ab"), now=0.0).key_id
        'k'
        >>> chunks.head, chunks.get(2**32 - 1, now=1.0).read()
        (0, b'ab')
    """

    def __init__(self, quality: StreamQuality, first: int = 0) -> None:
        self.quality = quality
        self.head = first
        self._chunks: OrderedDict[int, KeyChunk] = OrderedDict()

    @property
    def is_full(self) -> bool:
        """Whether the oldest chunk of a whole window still waits for this end to read it."""
        if len(self._chunks) < WINDOW:
            return False
        return next(iter(self._chunks.values())).material is not None

    def add(self, key: ManagedKey, now: float) -> KeyChunk:
        """Put a key at the next index."""
        if len(self._chunks) >= WINDOW:
            self._chunks.popitem(last=False)
        chunk = KeyChunk(key_id=key.key_id, made_s=now, material=key.material)
        self._chunks[self.head] = chunk
        self.head = after(self.head)
        return chunk

    def get(self, index: int, now: float) -> KeyChunk | None:
        """The chunk at an index; None if it was never made, or is too old."""
        self.expire(now)
        return self._chunks.get(index)

    def expire(self, now: float) -> None:
        """Drop what is older than the time to live."""
        ttl = self.quality.ttl_s
        while ttl and self._chunks:
            index, oldest = next(iter(self._chunks.items()))
            if now - oldest.made_s < ttl:
                return
            del self._chunks[index]

    def untold(self) -> list[str]:
        """Identities that the other end has never asked for."""
        return [chunk.key_id for chunk in self._chunks.values() if not chunk.is_told]

    def forget(self) -> None:
        """Drop every chunk's bytes: this end has closed the stream."""
        for chunk in self._chunks.values():
            chunk.material = None


class RateAllowance:
    """How many bits a stream may have: a bucket that fills at its largest rate.

    It holds what comes in a second, and at least one chunk.

    Args:
        bit_per_s: Largest rate; 0 for no limit.
        chunk_bits: Bits of a chunk.
        clock: Time in s.

    Examples:
        >>> now = [0.0]
        >>> allowance = RateAllowance(100, 256, clock=lambda: now[0])
        >>> allowance.take(), allowance.take()
        (True, False)
        >>> now[0] = 2.56
        >>> allowance.take()
        True
    """

    def __init__(self, bit_per_s: int, chunk_bits: int, clock: Callable[[], float]) -> None:
        self._rate, self._chunk, self._clock = bit_per_s, chunk_bits, clock
        self._most = float(max(bit_per_s, chunk_bits))
        self._held, self._since = self._most, clock()

    def take(self) -> bool:
        """Take a chunk's bits, if they are there."""
        if not self._rate:
            return True
        now = self._clock()
        self._held = min(self._most, self._held + (now - self._since) * self._rate)
        self._since = now
        if self._held < self._chunk:
            return False
        self._held -= self._chunk
        return True

    def give_back(self) -> None:
        """Put a chunk's bits back: there was no key for them."""
        self._held = min(self._most, self._held + self._chunk)
