"""Serial and approximate entropy tests: are all words of m bits equally frequent?

SP 800-22 revision 1a, sections 2.11 and 2.12.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc, xlogy

from protocols.postprocessing.bits import Bits
from protocols.randomness.statistic import Statistic, needs, within, words_of

__all__ = ["approximate_entropy", "serial"]


def serial(bits: Bits, length: int | None = None) -> Statistic:
    """First and second difference of the spread of words of m, m - 1 and m - 2 bits.

    Args:
        bits: Shape (n,); the words run on over its end.
        length: Bits m of a word; by default the longest below ``log2(n) - 2``, at most 16.

    Returns:
        Both p-values, and the first difference as the statistic.

    Raises:
        NotApplicableError: If there are fewer than 2 bits.
        ParameterError: If words are longer than the string, or than 24 bits.

    Examples:
        >>> from protocols.postprocessing.bits import bits_from_text
        >>> found = serial(bits_from_text("0011011101"), 3)
        >>> {name: round(p, 6) for name, p in found.p_values.items()}
        {'first': 0.808792, 'second': 0.67032}
    """
    n = needs(bits, 2)
    given = max(2, min(16, int(math.log2(n)) - 3)) if length is None else length
    size = within("length", given, 2, min(n, 24))
    longest = _counts(bits, size)
    middle = longest.reshape(-1, 2).sum(axis=1)
    shortest = middle.reshape(-1, 2).sum(axis=1)
    spreads = [_spread(counts) for counts in (longest, middle, shortest)]
    first, second = spreads[0] - spreads[1], spreads[0] - 2 * spreads[1] + spreads[2]
    p_first = float(gammaincc(2.0 ** (size - 2), max(first, 0.0) / 2))
    p_second = float(gammaincc(2.0 ** (size - 3), max(second, 0.0) / 2))
    return Statistic(first, {"first": p_first, "second": p_second})


def approximate_entropy(bits: Bits, length: int | None = None) -> Statistic:
    """Entropy of words of m + 1 bits less that of m bits, chi-squared against ``ln 2``.

    Args:
        bits: Shape (n,); the words run on over its end.
        length: Bits m of the shorter words; by default the longest below ``log2(n) - 5``, at most
            10.

    Raises:
        NotApplicableError: If there are fewer than 2 bits.
        ParameterError: If words are longer than the string, or than 23 bits.

    Examples:
        >>> from protocols.postprocessing.bits import bits_from_text
        >>> round(approximate_entropy(bits_from_text("0100110101"), 3).p_value, 6)
        0.261961
    """
    n = needs(bits, 2)
    given = max(1, min(10, int(math.log2(n)) - 6)) if length is None else length
    size = within("length", given, 1, min(n - 1, 23))
    longer = _counts(bits, size + 1)
    gain = _entropy(longer) - _entropy(longer.reshape(-1, 2).sum(axis=1))
    distance = 2 * n * (math.log(2) - gain)
    p_value = float(gammaincc(2.0 ** (size - 1), max(distance, 0.0) / 2))
    return Statistic(distance, {"approximate_entropy": p_value})


def _counts(bits: Bits, length: int) -> NDArray[np.int64]:
    """How often each word comes, over the end of the string and on, shape (2^length,)."""
    around = np.concatenate([bits, bits[: length - 1]])
    return np.bincount(words_of(around, length), minlength=2**length)


def _spread(counts: NDArray[np.int64]) -> float:
    """``2^m / n`` times the sum of squares, less n; zero where there is one word only."""
    n = int(counts.sum())
    return counts.size / n * float((counts.astype(np.float64) ** 2).sum()) - n


def _entropy(counts: NDArray[np.int64]) -> float:
    """Entropy of the frequencies in nats."""
    shares = counts / counts.sum()
    return -float(xlogy(shares, shares).sum())
