"""Frequency tests: are there as many ones as zeros, in all and in every block?

SP 800-22 revision 1a, sections 2.1 and 2.2.
"""

from __future__ import annotations

import math

from scipy.special import erfc, gammaincc
from scipy.stats import binomtest

from protocols.postprocessing.bits import Bits
from protocols.randomness.statistic import Statistic, blocks_of, needs, within

__all__ = ["block_frequency", "exact_frequency", "frequency"]


def frequency(bits: Bits) -> Statistic:
    """Excess of ones over zeros, ``|S| / sqrt(n)``, and its normal p-value.

    Args:
        bits: Shape (n,).

    Raises:
        NotApplicableError: If there are no bits.

    Examples:
        >>> from protocols.postprocessing.bits import bits_from_text
        >>> round(frequency(bits_from_text("1011010101")).p_value, 6)
        0.527089
    """
    n = needs(bits, 1)
    excess = abs(2 * int(bits.sum(dtype=int)) - n) / math.sqrt(n)
    return Statistic(excess, {"frequency": float(erfc(excess / math.sqrt(2)))})


def exact_frequency(bits: Bits) -> Statistic:
    """Number of ones, and its exact two-sided binomial p-value: right for any length.

    Args:
        bits: Shape (n,).

    Raises:
        NotApplicableError: If there are no bits.

    Examples:
        >>> from protocols.postprocessing.bits import bits_from_text
        >>> exact_frequency(bits_from_text("1111")).p_value
        0.125
    """
    n = needs(bits, 1)
    ones = int(bits.sum(dtype=int))
    return Statistic(float(ones), {"exact_frequency": float(binomtest(ones, n).pvalue)})


def block_frequency(bits: Bits, block: int | None = None) -> Statistic:
    """Spread of the shares of ones over blocks, ``4 M sum (pi - 1/2)^2``, chi-squared.

    Args:
        bits: Shape (n,).
        block: Bits M of a block; by default the least that the standard allows for this length: at
            least 20, and fewer than 100 blocks.

    Raises:
        NotApplicableError: If there are no bits.
        ParameterError: If a block is longer than the string.

    Examples:
        >>> from protocols.postprocessing.bits import bits_from_text
        >>> round(block_frequency(bits_from_text("0110011010"), 3).p_value, 6)
        0.801252
    """
    n = needs(bits, 1)
    size = within("block", min(n, max(20, n // 100 + 1)) if block is None else block, 1, n)
    shares = blocks_of(bits, size).mean(axis=1)
    spread = 4.0 * size * float(((shares - 0.5) ** 2).sum())
    return Statistic(spread, {"block_frequency": float(gammaincc(shares.size / 2, spread / 2))})
