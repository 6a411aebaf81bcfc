"""Universal test of Maurer: how far back does every word of the string lie?

SP 800-22 revision 1a, section 2.9; U. M. Maurer, J. Cryptol. 5, 89 (1992).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfc

from protocols.postprocessing.bits import Bits
from protocols.randomness.statistic import Statistic, blocks_of, needs, within, words_of

__all__ = ["LEAST_BITS", "universal", "universal_distances", "universal_law"]

#: Least number of bits for words of 6, 7, ..., 16 bits: ``1010 * 2^L * L``.
LEAST_BITS = {length: 1010 * 2**length * length for length in range(6, 17)}


def universal(bits: Bits, length: int | None = None) -> Statistic:
    """Mean logarithm of the distance to the last equal word, and its normal p-value.

    Mean and variance are computed (`universal_law`); the standard prints them.

    Args:
        bits: Shape (n,).
        length: Bits L of a word; by default the longest that the standard allows for this length.
            The first ``10 * 2^L`` words fill the table.

    Raises:
        NotApplicableError: If there are fewer than 387,840 bits and no length is given, or no word
            is left after the first ones.

    Examples:
        >>> from protocols.postprocessing.randomness import Randomness
        >>> 0 < universal(Randomness.reproducible(1).bits(50_000), 4).p_value < 1
        True
    """
    if length is None:
        needs(bits, LEAST_BITS[6])
        length = max(size for size, least in LEAST_BITS.items() if bits.size >= least)
    first = 10 * 2 ** within("length", length, 1, 16)
    needs(bits, (first + 1) * length)
    logs = np.log2(universal_distances(bits, length, first))
    mean, variance = universal_law(length)
    shrink = 0.7 - 0.8 / length + (4 + 32 / length) * logs.size ** (-3 / length) / 15
    deviation = shrink * math.sqrt(variance / logs.size)
    value = float(logs.mean())
    p_value = float(erfc(abs(value - mean) / (math.sqrt(2) * deviation)))
    return Statistic(value, {"universal": p_value})


def universal_distances(bits: Bits, length: int, first: int) -> NDArray[np.int64]:
    """Distance of each word after the ``first`` ones to the last equal word before it.

    A word that did not come before is as far from place 0, the one before the first word.

    Returns:
        Shape (words - first,).

    Examples:
        >>> from protocols.postprocessing.bits import bits_from_text
        >>> bits = bits_from_text("01011010011101010111")
        >>> universal_distances(bits, 2, 4).tolist()
        [3, 6, 2, 1, 1, 4]
    """
    words = words_of(blocks_of(bits, length), length)[:, 0]
    return distances(words)[first:]


def distances(words: NDArray[np.int64]) -> NDArray[np.int64]:
    """Distance of each word to the last equal one, or to place 0 where there is none."""
    order = np.argsort(words, kind="stable")
    last = np.zeros(words.size, np.int64)
    is_same = words[order[1:]] == words[order[:-1]]
    last[order[1:][is_same]] = order[:-1][is_same] + 1
    return np.asarray(np.arange(1, words.size + 1) - last, np.int64)


def universal_law(length: int) -> tuple[float, float]:
    """Mean and variance of the logarithm of the distance between equal words of random bits.

    The distance is geometric with probability ``2^-L``; the sums end where what is left is below
    1e-15 of them.

    Examples:
        >>> mean, variance = universal_law(7)
        >>> round(mean, 7), round(variance, 3)
        (6.1962507, 3.125)
    """
    chance = 2.0**-length
    place = np.arange(1, 45 * 2**length + 1)
    weight = np.exp((place - 1) * math.log1p(-chance)) * chance
    logs = np.log2(place)
    mean = float(weight @ logs)
    return mean, float(weight @ logs**2) - mean**2
