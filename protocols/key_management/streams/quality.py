"""Quality of service of a key stream, and the statuses of its calls (ETSI GS QKD 004 V2.1.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

from protocols.key_networks import KmeTable
from qnet.errors import ParameterError

__all__ = ["LARGEST", "StreamQuality", "StreamStatus"]

#: Largest number of a field, and last index before it wraps: uint32.
LARGEST = 2**32 - 1


class StreamStatus(IntEnum):
    """What a call came to, by the numbers of the standard."""

    DONE = 0
    PEER_NOT_CONNECTED = 1
    TOO_LITTLE_KEY = 2
    PEER_NOT_YET_CONNECTED = 3
    NO_CONNECTION = 4
    IN_USE = 5
    TIMED_OUT = 6
    QUALITY_NOT_MET = 7
    METADATA_TOO_LARGE = 8


#: Field of the standard -> field here.
_NAMES = {
    "Key_chunk_size": "chunk_bytes",
    "Max_bps": "most_bit_per_s",
    "Min_bps": "least_bit_per_s",
    "Jitter": "jitter_bit_per_s",
    "Priority": "priority",
    "Timeout": "timeout_ms",
    "TTL": "ttl_s",
    "Metadata_mimetype": "metadata_type",
}

_LOWER = {name.lower(): field for name, field in _NAMES.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamQuality:
    """What an application asks of a key stream.

    Args:
        chunk_bytes: Bytes of each chunk.
        most_bit_per_s: Most key in bit/s; 0 for no limit.
        least_bit_per_s: Least key in bit/s that the application needs. Streams share the keys of
            their nodes and reserve none, so that it is noted and not promised.
        jitter_bit_per_s: How far the rate may stray, in bit/s: noted, as above.
        priority: Noted, as above.
        timeout_ms: How long a call may wait for key, in ms; 0 does not wait.
        ttl_s: How long a chunk that one end has read is kept for the other, in s; 0 for as long as
            the stream is open.
        metadata_type: Media type of the metadata of a chunk; ``application/json`` or nothing.

    Raises:
        ParameterError: If a number is no unsigned one of 32 bits, or the type no text.

    Examples:
        >>> StreamQuality(chunk_bytes=32, timeout_ms=500).as_json()["Key_chunk_size"]
        32
    """

    chunk_bytes: int
    most_bit_per_s: int = 0
    least_bit_per_s: int = 0
    jitter_bit_per_s: int = 0
    priority: int = 0
    timeout_ms: int = 0
    ttl_s: int = 0
    metadata_type: str = ""

    def __post_init__(self) -> None:
        for name, own in _NAMES.items():
            value = getattr(self, own)
            if own == "metadata_type":
                if not isinstance(value, str) or len(value) > 256:
                    raise ParameterError(name, "be a media type", value, "application/json")
            elif type(value) is not int or not 0 <= value <= LARGEST:
                raise ParameterError(name, f"be a whole number of 0 to {LARGEST}", value, "0")

    @classmethod
    def from_json(cls, given: Any) -> StreamQuality:  # noqa: ANN401 - what came over a wire
        """Quality from an object with the standard's names, in upper or lower case.

        Raises:
            ParameterError: If it is no object, has a name that is none, or lacks the chunk size.

        Examples:
            >>> StreamQuality.from_json({"key_chunk_size": 16, "TTL": 60}).ttl_s
            60
        """
        if not isinstance(given, Mapping):
            raise ParameterError("QoS", "be an object", type(given).__name__, "give Key_chunk_size")
        found: dict[str, Any] = {}
        for name, value in given.items():
            if str(name).lower() not in _LOWER:
                hint = f"it has {', '.join(_NAMES)}"
                raise ParameterError("QoS", "have known fields", str(name)[:40], hint)
            found[_LOWER[str(name).lower()]] = value
        if "chunk_bytes" not in found:
            raise ParameterError("QoS", "have Key_chunk_size", "none", "32 bytes are usual")
        return cls(**found)

    def as_json(self) -> dict[str, int | str]:
        """The same with the standard's names."""
        return {name: getattr(self, own) for name, own in _NAMES.items()}

    def met_by(self, rules: KmeTable) -> StreamQuality:
        """The nearest quality that a KME can give: itself, or a counter-proposal.

        A chunk is one key, so that its length is that of a key; no stream can have more than it
        may; metadata come as JSON or not at all.

        Examples:
            >>> StreamQuality(chunk_bytes=10_000).met_by(KmeTable()).chunk_bytes
            512
        """
        size = min(max(self.chunk_bytes, rules.min_key_bits // 8), rules.max_key_bits // 8)
        most, least = self.most_bit_per_s, self.least_bit_per_s
        known = self.metadata_type in ("", "application/json")
        return replace(
            self,
            chunk_bytes=size,
            least_bit_per_s=min(least, most) if most else least,
            metadata_type=self.metadata_type if known else "application/json",
        )
