"""Statistics of strings of bits with their p-values, and the checks of their arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from protocols.postprocessing.bits import Bits
from qnet.errors import ParameterError, check_integer

__all__ = ["NotApplicableError", "Statistic", "blocks_of", "needs", "within", "words_of"]


class NotApplicableError(ParameterError):
    """A test cannot be done on this string: the data themselves break what the test presumes."""


@dataclass(frozen=True)
class Statistic:
    """What a test found: its statistic and its p-values, one for each part of the test.

    Attributes:
        value: The statistic; of several parts, the one of the least p-value.
        p_values: p-value of each part, by its name.

    Examples:
        >>> Statistic(1.5, {"forward": 0.2, "backward": 0.04}).p_value
        0.08
    """

    value: float
    p_values: Mapping[str, float]

    @property
    def p_value(self) -> float:
        """One p-value of the whole test: Bonferroni's, so that its parts may depend."""
        return min(1.0, len(self.p_values) * min(self.p_values.values()))


def needs(bits: Bits, least: int) -> int:
    """The number of bits, or raise when there are fewer than the formulas can work with.

    Raises:
        NotApplicableError: If there are fewer than ``least`` bits.
    """
    if bits.size < least:
        hint = "give a longer string"
        raise NotApplicableError("bits", f"be at least {least} for this test", bits.size, hint)
    return int(bits.size)


def within(field: str, value: int, low: int, high: int) -> int:
    """A whole number between two ends, or raise.

    Raises:
        ParameterError: If it is none, or outside.

    Examples:
        >>> within("block", 3, 1, 10)
        3
    """
    found = check_integer(field, value, low)
    if found > high:
        raise ParameterError(field, f"be at most {high}", value, "take a smaller one, or more bits")
    return found


def blocks_of(bits: Bits, block: int) -> Bits:
    """The string cut into whole blocks, shape (blocks, block); the rest is left out.

    Examples:
        >>> blocks_of(np.array([1, 0, 1, 1, 0], np.uint8), 2)
        array([[1, 0],
               [1, 1]], dtype=uint8)
    """
    return bits[: bits.size // block * block].reshape(-1, block)


def words_of(bits: NDArray[np.uint8], length: int) -> NDArray[np.int64]:
    """Every run of ``length`` neighbouring bits as a number, first bit highest; last axis shrinks.

    Examples:
        >>> words_of(np.array([1, 0, 1, 1], np.uint8), 2)
        array([2, 1, 3])
    """
    count = bits.shape[-1] - length + 1
    words = np.zeros((*bits.shape[:-1], count), np.int64)
    for offset in range(length):
        words = 2 * words + bits[..., offset : offset + count]
    return words
