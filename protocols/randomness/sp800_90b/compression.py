"""Compression estimate: Maurer's statistic of 6-bit blocks, solved for a probability.

SP 800-90B, section 6.3.4.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import brentq

from protocols.randomness.sp800_22.universal import distances
from protocols.randomness.sp800_90b.estimate import Z_99, EntropyEstimate, Symbols, needs_symbols
from protocols.randomness.statistic import blocks_of, words_of

__all__ = ["LEAST_BITS", "compression", "expected_logarithm"]

#: Bits of a block, blocks that fill the dictionary, and the factor of the standard deviation.
_BITS, _FIRST, _SHRINK = 6, 1000, 0.5907

#: Least number of bits: two blocks after those that fill the dictionary.
LEAST_BITS = _BITS * (_FIRST + 2)


def compression(bits: Symbols, z: float = Z_99) -> EntropyEstimate:
    """Min-entropy per bit from the mean logarithm of the distance between equal blocks.

    The law that is solved has one likeliest block, and all others equally likely.

    Args:
        bits: Shape (n,).
        z: Quantile of the confidence bound.

    Raises:
        NotApplicableError: If there are fewer than 6,012 bits.

    Examples:
        >>> compression(np.zeros(10_000, np.uint8)).min_entropy
        0.0
    """
    needs_symbols(bits, LEAST_BITS, binary=True)
    logs = np.log2(distances(words_of(blocks_of(bits, _BITS), _BITS)[:, 0])[_FIRST:])
    mean, blocks = float(logs.mean()), logs.size + _FIRST
    spread = math.sqrt(max(0.0, float((logs**2).sum()) / (logs.size - 1) - mean**2))
    low = mean - z * _SHRINK * spread / math.sqrt(logs.size)
    chance = _likeliest(low, blocks)
    return EntropyEstimate(mean, chance ** (1 / _BITS), abs(math.log2(chance)) / _BITS)


def _likeliest(low: float, blocks: int) -> float:
    """Probability of the likeliest block whose mean logarithm is ``low``; least where none is."""
    least, others = 2.0**-_BITS, 2**_BITS - 1

    def mean(chance: float) -> float:
        rest = (1 - chance) / others
        return expected_logarithm(chance, blocks) + others * expected_logarithm(rest, blocks)

    if low >= mean(least):
        return least
    if low <= 0.0:
        return 1.0
    return float(brentq(lambda chance: mean(chance) - low, least, 1.0, xtol=1e-14))


def expected_logarithm(chance: float, blocks: int, first: int = _FIRST) -> float:
    """What a block of probability z adds to the mean logarithm: G(z) of the standard.

    ``G = sum_t sum_(u <= t) log2(u) F(z, t, u) / (blocks - first)`` over the places t after the
    first ones, ``F = z^2 (1 - z)^(u - 1)`` for u below t and ``z (1 - z)^(t - 1)`` for u = t; the
    sum over t is done first.

    Examples:
        >>> round(expected_logarithm(0.5, 3, first=2), 6)  # u = 2 and u = 3 of t = 3
        0.32312
    """
    if chance in (0.0, 1.0):
        return 0.0
    places = np.arange(2, blocks + 1)
    beyond = np.minimum(blocks - first, blocks - places)
    weight = np.exp((places - 1) * math.log1p(-chance)) * chance
    total = (np.log2(places) * weight) @ (chance * beyond + (places > first))
    return float(total) / (blocks - first)
