"""Compiled pieces, remembered by content.

The key of a piece is a SHA-256 over its own numbers: the channels after noise, the readout
matrices, conditions, qubits and bits, counted from 0 within the piece. Names and object identities
do not enter, so equal noise models that were built twice (whose ids differ), or Alice's and Bob's
equal halves of a protocol, are computed once.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from qnet.instrument.program import Branch, ChannelStep, Measure, ProgramStep

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["CacheInfo", "cache_info", "cached", "clear_cache", "program_key"]

# Channels are rounded to this many decimals before hashing: far below any error parameter, far
# above rounding.
_DECIMALS = 13


class CacheInfo(NamedTuple):
    """Statistics of the cache of this process.

    Attributes:
        hits: Pieces that were found.
        misses: Pieces that had to be computed.
        maxsize: Pieces that are kept at most; the least recently used is dropped.
        currsize: Pieces that are kept now.

    Examples:
        >>> CacheInfo(hits=3, misses=1, maxsize=512, currsize=1).hits
        3
    """

    hits: int
    misses: int
    maxsize: int
    currsize: int


@dataclass(slots=True)
class _Counts:
    hits: int = 0
    misses: int = 0


_MAXSIZE = 512
_STORE: OrderedDict[str, NDArray[Any]] = OrderedDict()
_COUNTS = _Counts()


def cache_info() -> CacheInfo:
    """Statistics of the cache.

    Examples:
        >>> clear_cache()
        >>> cache_info()
        CacheInfo(hits=0, misses=0, maxsize=512, currsize=0)
    """
    return CacheInfo(_COUNTS.hits, _COUNTS.misses, _MAXSIZE, len(_STORE))


def clear_cache() -> None:
    """Forget all compiled pieces and the counts.

    Examples:
        >>> clear_cache()
        >>> cache_info().currsize
        0
    """
    _STORE.clear()
    _COUNTS.hits = _COUNTS.misses = 0


def cached(key: str, compute: Callable[[], NDArray[Any]]) -> NDArray[Any]:
    """The array under a key, computed if it is not there.

    Args:
        key: Content key of the array (`program_key`).
        compute: Called without arguments when the key is new.

    Returns:
        The array, read-only.

    Examples:
        >>> cached("doctest", lambda: np.zeros(1)) is cached("doctest", lambda: np.ones(1))
        True
    """
    if key in _STORE:
        _COUNTS.hits += 1
        _STORE.move_to_end(key)
        return _STORE[key]
    _COUNTS.misses += 1
    array = compute()
    array.setflags(write=False)
    _STORE[key] = array
    if len(_STORE) > _MAXSIZE:
        _STORE.popitem(last=False)
    return array


def program_key(
    steps: Sequence[ProgramStep],
    inputs: Sequence[int],
    outputs: Sequence[int],
    records: Sequence[int],
    *,
    kind: str,
) -> str:
    """Content key of a piece.

    Args:
        steps: The steps; qubits and bits are numbered from 0 in the order of their first use.
        inputs: Input qubits, in order.
        outputs: Output qubits, in order.
        records: Bits to keep, in order.
        kind: What is computed from the piece.

    Returns:
        SHA-256 in hexadecimal.

    Examples:
        >>> one = ChannelStep(matrix=np.eye(4, dtype=complex), qubits=(4,))
        >>> other = ChannelStep(matrix=np.eye(4, dtype=complex), qubits=(7,))
        >>> program_key([one], [4], [4], [], kind="transfer") == program_key(
        ...     [other], [7], [7], [], kind="transfer"
        ... )
        True
    """
    hasher = _Hasher()
    hasher.text(kind)
    for name, indices in (("inputs", inputs), ("outputs", outputs)):
        hasher.text(name)
        hasher.indices(hasher.qubits, indices)
    hasher.text("records")
    hasher.indices(hasher.clbits, records)
    hasher.steps(steps)
    return hasher.digest.hexdigest()


class _Hasher:
    """Writes a program into a SHA-256, renumbering qubits and bits as they come."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256(b"qnet instrument 1")
        self.qubits: dict[int, int] = {}
        self.clbits: dict[int, int] = {}

    def text(self, text: str) -> None:
        self.digest.update(f"{text};".encode())

    def indices(self, known: dict[int, int], indices: Sequence[int]) -> None:
        self.text(str([known.setdefault(index, len(known)) for index in indices]))

    def array(self, array: NDArray[Any]) -> None:
        rounded = np.round(array.astype(complex), _DECIMALS) + 0.0  # -0.0 becomes 0.0
        self.text(str(array.shape))
        self.digest.update(rounded.tobytes())

    def steps(self, steps: Sequence[ProgramStep]) -> None:
        self.text(f"{len(steps)} steps")
        for step in steps:
            self.text(type(step).__name__)
            if isinstance(step, ChannelStep):
                self.indices(self.qubits, step.qubits)
                self.array(step.matrix)
            elif isinstance(step, Measure):
                self.indices(self.qubits, [step.qubit])
                self.indices(self.clbits, [step.clbit])
                self.array(step.readout)
            else:
                self.branch(step)

    def branch(self, step: Branch) -> None:
        self.indices(self.clbits, step.clbits)
        self.text(str(step.value))
        self.steps(step.match)
        self.steps(step.otherwise)
