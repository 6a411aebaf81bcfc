"""Rank test: are 32 x 32 matrices of the bits as often of full rank as random ones?

SP 800-22 revision 1a, section 2.5.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc

from protocols.postprocessing.bits import Bits
from protocols.randomness.statistic import Statistic, blocks_of, needs

__all__ = ["matrix_rank", "rank", "rank_probability", "ranks"]

_SIDE = 32


def rank(bits: Bits) -> Statistic:
    """Ranks of 32 x 32 matrices over GF(2): full, one less, fewer; chi-squared, 2 degrees.

    Args:
        bits: Shape (n,).

    Raises:
        NotApplicableError: If there are fewer than 1,024 bits.

    Examples:
        >>> from protocols.postprocessing.randomness import Randomness
        >>> 0 < rank(Randomness.reproducible(1).bits(40_000)).p_value < 1
        True
    """
    needs(bits, _SIDE * _SIDE)
    found = ranks(blocks_of(bits, _SIDE * _SIDE).reshape(-1, _SIDE, _SIDE))
    full, less = rank_probability(_SIDE, _SIDE), rank_probability(_SIDE, _SIDE - 1)
    expected = found.size * np.array([full, less, 1 - full - less])
    counts = np.bincount(np.minimum(_SIDE - found, 2), minlength=3)
    distance = float(((counts - expected) ** 2 / expected).sum())
    return Statistic(distance, {"rank": float(gammaincc(1, distance / 2))})


def rank_probability(side: int, rank: int) -> float:
    """Probability that a random square matrix over GF(2) has this rank.

    ``2^(-(side - r)^2) prod_{i<r} (1 - 2^(i - side))^2 / (1 - 2^(i - r))``.

    Examples:
        >>> round(rank_probability(32, 32), 6), rank_probability(1, 0)
        (0.288788, 0.5)
    """
    i = np.arange(rank)
    product = np.prod((1 - 2.0 ** (i - side)) ** 2 / (1 - 2.0 ** (i - rank)))
    return float(2.0 ** -((side - rank) ** 2) * product)


def ranks(matrices: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Rank over GF(2) of many matrices at once, shape (matrices,) from (matrices, rows, columns).

    At most 63 columns: a row is kept as one number.
    """
    weights = 1 << np.arange(matrices.shape[2], dtype=np.int64)
    rows = matrices.astype(np.int64) @ weights
    found = np.zeros(rows.shape[0], np.int64)
    free = np.ones(rows.shape, bool)
    every = np.arange(rows.shape[0])
    for weight in weights:
        holds = (rows & weight != 0) & free
        pivot = holds.argmax(axis=1)
        has = holds[every, pivot]
        free[every[has], pivot[has]] = False
        found += has
        chosen = np.where(has, rows[every, pivot], 0)
        others = (rows & weight != 0) & free
        rows = np.where(others, rows ^ chosen[:, None], rows)
    return found


def matrix_rank(matrix: NDArray[np.uint8]) -> int:
    """Rank of one matrix over GF(2).

    Examples:
        >>> matrix_rank(np.array([[1, 0, 1], [0, 1, 1], [1, 1, 0]], np.uint8))
        2
    """
    return int(ranks(matrix[None])[0])
