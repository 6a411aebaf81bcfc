"""Keys as a key management entity handles them: parts of link key, end-to-end keys, assignments."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Assignment", "ManagedKey", "KeyPart"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPart:
    """Where some key of an edge stands: the same at both of its ends.

    Args:
        block: Identity of the block that the ends distilled.
        start: Its first byte in the block.
        length: How many bytes.
    """

    block: str
    start: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedKey:
    """A key with its identity; its bytes are not shown.

    Args:
        key_id: A UUID.
        material: The bytes.
    """

    key_id: str
    material: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Who may have a key: told to the KMEs of the slaves before the master gets it.

    Args:
        key_id: Which key.
        master: SAE that asked for it.
        slaves: SAEs that may collect it, each once.
    """

    key_id: str
    master: str
    slaves: tuple[str, ...]
