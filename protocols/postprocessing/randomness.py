"""Sources of random bits: the operating system, or a seed where a run is to be repeated."""

from __future__ import annotations

import secrets

import numpy as np
from numpy.typing import NDArray

from protocols.postprocessing.bits import Bits, unpack
from qnet.errors import ParameterError, check_integer

__all__ = ["Randomness"]


class Randomness:
    """A source of uniform bits.

    ``Randomness()`` asks the operating system (`secrets`) and has no seed.
    ``Randomness.reproducible(seed)`` repeats itself: for demonstrations and tests, never for keys
    that are to be kept; every result that comes from it says so.

    Examples:
        >>> Randomness().is_reproducible
        False
        >>> Randomness.reproducible(7).bits(8)
        array([1, 0, 0, 0, 1, 0, 1, 1], dtype=uint8)
    """

    __slots__ = ("_generator",)

    def __init__(self) -> None:
        self._generator: np.random.Generator | None = None

    @classmethod
    def reproducible(cls, seed: int) -> Randomness:
        """A source that gives the same bits for the same seed: no secret comes from it."""
        source = cls()
        source._generator = np.random.default_rng(check_integer("seed", seed, 0))
        return source

    @property
    def is_reproducible(self) -> bool:
        """Whether the bits follow from a seed."""
        return self._generator is not None

    def child(self) -> Randomness:
        """Another source of the same sort, for another thread; this one gives what it gave."""
        source = Randomness()
        if self._generator is not None:
            (source._generator,) = self._generator.spawn(1)
        return source

    def chances(self, count: int) -> NDArray[np.float64]:
        """Uniform numbers in [0, 1) of 53 bits, shape (count,)."""
        words = np.frombuffer(self.bytes(8 * count), np.uint64)
        return np.asarray((words >> np.uint64(11)) * 2.0**-53, np.float64)

    def bytes(self, count: int) -> bytes:
        """``count`` random bytes."""
        if self._generator is None:
            return secrets.token_bytes(count)
        return self._generator.bytes(count)

    def bits(self, count: int) -> Bits:
        """``count`` random bits, shape (count,)."""
        return unpack(self.bytes((count + 7) // 8), count)

    def integer(self, bits: int) -> int:
        """A uniform whole number of ``bits`` bits.

        Examples:
            >>> 0 <= Randomness().integer(127) < 2**127
            True
        """
        return int.from_bytes(self.bytes((bits + 7) // 8), "big") >> (-bits % 8)

    def subset(self, size: int, among: int) -> NDArray[np.int64]:
        """A uniform choice of ``size`` different numbers below ``among``, in ascending order.

        Every number gets a random 64-bit rank, and the lowest ranks win; equal ranks, of
        probability below ``among**2 / 2**65``, are drawn again.

        Raises:
            ParameterError: If ``size`` exceeds ``among``.

        Examples:
            >>> Randomness.reproducible(1).subset(3, 10).size
            3
        """
        if not 0 <= size <= among:
            raise ParameterError("size", f"lie in 0 to {among}", size, "choose fewer")
        if size in (0, among):
            return np.arange(size, dtype=np.int64)
        while True:
            ranks = np.frombuffer(self.bytes(8 * among), np.uint64)
            order = np.argpartition(ranks, (size - 1, size))
            if ranks[order[size - 1]] != ranks[order[size]]:
                return np.sort(order[:size]).astype(np.int64)
