"""Template tests: do given patterns come as often as they should?

SP 800-22 revision 1a, sections 2.7 and 2.8.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc

from protocols.postprocessing.bits import Bits, text_from_bits, unpack
from protocols.randomness.statistic import Statistic, blocks_of, needs, within, words_of

__all__ = [
    "aperiodic_templates",
    "non_overlapping_template",
    "overlapping_template",
    "overlapping_template_law",
]

#: Bits of a block of the overlapping test, ones of its template, and its last class.
_BLOCK, _ONES, _LAST = 1032, 9, 5


def aperiodic_templates(length: int) -> NDArray[np.int64]:
    """Patterns that cannot overlap themselves, as numbers, first bit highest, shape (templates,).

    Examples:
        >>> aperiodic_templates(3).tolist(), aperiodic_templates(9).size
        ([1, 3, 4, 6], 148)
    """
    words = np.arange(2**length)
    is_free = np.ones(words.size, bool)
    for shift in range(1, length):
        is_free &= (words >> shift) != (words & (2 ** (length - shift) - 1))
    return words[is_free]


def non_overlapping_template(
    bits: Bits, length: int = 9, blocks: int = 8, templates: NDArray[np.int64] | None = None
) -> Statistic:
    """Counts of each aperiodic pattern in blocks against mean and variance, chi-squared.

    Args:
        bits: Shape (n,).
        length: Bits m of a pattern.
        blocks: Number N of blocks of ``n // N`` bits.
        templates: The patterns as numbers; all aperiodic ones by default. A pattern that overlaps
            itself has another variance and is not meant.

    Returns:
        The p-value of each pattern by its bits; the statistic is that of the least.

    Raises:
        NotApplicableError: If a block cannot hold two patterns.

    Examples:
        >>> from protocols.postprocessing.bits import bits_from_text
        >>> bits = bits_from_text("10100100101110010110")
        >>> found = non_overlapping_template(bits, 3, 2, np.array([1]))
        >>> {name: round(p, 6) for name, p in found.p_values.items()}
        {'001': 0.344154}
    """
    size = needs(bits, 2 * length * blocks) // blocks
    chosen = aperiodic_templates(length) if templates is None else templates
    words = words_of(blocks_of(bits, size)[:blocks], length)
    counts = np.stack([np.bincount(row, minlength=2**length)[chosen] for row in words])
    mean = (size - length + 1) / 2**length
    variance = size * (2.0**-length - (2 * length - 1) / 2.0 ** (2 * length))
    distances = ((counts - mean) ** 2).sum(axis=0) / variance
    p_values = gammaincc(blocks / 2, distances / 2)
    names = [_pattern(word, length) for word in chosen]
    return Statistic(float(distances.max()), dict(zip(names, map(float, p_values), strict=True)))


def _pattern(word: int, length: int) -> str:
    return text_from_bits(unpack(int(word).to_bytes(4, "big"), 32)[32 - length :])


def overlapping_template(bits: Bits) -> Statistic:
    """Counts of nine ones in blocks of 1,032 bits, overlaps included; chi-squared, 5 degrees.

    The probabilities of the counts are exact (`overlapping_template_law`), as K. Hamano and
    T. Kaneko asked for (IEICE Trans. Fundam. E90-A, 1788 (2007)).

    Args:
        bits: Shape (n,).

    Raises:
        NotApplicableError: If there are fewer than 1,032 bits.

    Examples:
        >>> from protocols.postprocessing.randomness import Randomness
        >>> 0 < overlapping_template(Randomness.reproducible(1).bits(10**5)).p_value < 1
        True
    """
    needs(bits, _BLOCK)
    words = words_of(blocks_of(bits, _BLOCK), _ONES)
    found = np.count_nonzero(words == 2**_ONES - 1, axis=1)
    counts = np.bincount(np.minimum(found, _LAST), minlength=_LAST + 1)
    expected = found.size * overlapping_template_law(_BLOCK, _ONES, _LAST)
    distance = float(((counts - expected) ** 2 / expected).sum())
    return Statistic(distance, {"overlapping_template": float(gammaincc(_LAST / 2, distance / 2))})


def overlapping_template_law(block: int, ones: int, last: int) -> NDArray[np.float64]:
    """Probability of 0, 1, ..., ``last`` or more runs of ``ones`` ones, overlaps counted apart.

    A chain over the length of the present run of ones and the count so far, bit by bit.

    Returns:
        Shape (last + 1,).

    Examples:
        >>> overlapping_template_law(1032, 9, 5).round(6).tolist()
        [0.364091, 0.185659, 0.139381, 0.100571, 0.070432, 0.139865]
    """
    within("ones", ones, 1, block)
    state = np.zeros((ones, last + 1))
    state[0, 0] = 1.0
    for _ in range(block):
        after = np.zeros_like(state)
        after[0] = state.sum(axis=0) / 2
        after[1:] += state[:-1] / 2
        after[-1, 1:] += state[-1, :-1] / 2
        after[-1, last] += state[-1, last] / 2
        state = after
    return np.asarray(state.sum(axis=0), np.float64)
