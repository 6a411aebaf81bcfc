"""Runs tests: does the string change too often or too seldom, and are runs of ones too long?

SP 800-22 revision 1a, sections 2.3 and 2.4.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfc, gammaincc, gammaln

from protocols.postprocessing.bits import Bits
from protocols.randomness.statistic import Statistic, blocks_of, needs

__all__ = ["exact_runs", "longest_run", "longest_run_law", "runs"]

#: Least number of bits, bits of a block, and the longest runs that fall into the outer classes.
_LONGEST = ((750_000, 10_000, 10, 16), (6_272, 128, 4, 9), (128, 8, 1, 4))


def runs(bits: Bits) -> Statistic:
    """Number of runs against its mean ``2 n p (1 - p)``, and its normal p-value.

    Where the share of ones is ``2 / sqrt(n)`` or more away from 1/2, the frequency test has failed
    already, and the p-value is 0 as the standard says; so it is of bits that are all equal.

    Args:
        bits: Shape (n,).

    Raises:
        NotApplicableError: If there are fewer than 2 bits.

    Examples:
        >>> from protocols.postprocessing.bits import bits_from_text
        >>> round(runs(bits_from_text("1001101011")).p_value, 6)
        0.147232
    """
    n = needs(bits, 2)
    share, found = float(bits.mean()), _count(bits)
    if abs(share - 0.5) >= min(0.5, 2 / math.sqrt(n)):
        return Statistic(float(found), {"runs": 0.0})
    width = 2 * share * (1 - share)
    distance = abs(found - n * width) / (math.sqrt(2 * n) * width)
    return Statistic(float(found), {"runs": float(erfc(distance))})


def _count(bits: Bits) -> int:
    return int(np.count_nonzero(bits[1:] != bits[:-1])) + 1


def exact_runs(bits: Bits) -> Statistic:
    """Number of runs, and its exact two-sided p-value given the number of ones.

    All orders of so many ones and zeros are equally likely, however biased the source
    (A. Wald, J. Wolfowitz, Ann. Math. Stat. 11, 147 (1940)); the p-value adds up all numbers of
    runs that are not more likely than the one found.

    Args:
        bits: Shape (n,).

    Raises:
        NotApplicableError: If there are fewer than 2 bits.

    Examples:
        >>> from protocols.postprocessing.bits import bits_from_text
        >>> round(exact_runs(bits_from_text("000111")).p_value, 6)  # 2 or 6 runs: 4 orders of 20
        0.2
    """
    n = needs(bits, 2)
    found, law = _count(bits), _law_of_runs(int(bits.sum(dtype=int)), n)
    p_value = float(law[law <= law[found] * (1 + 1e-9)].sum())
    return Statistic(float(found), {"exact_runs": min(1.0, p_value)})


def _law_of_runs(ones: int, n: int) -> NDArray[np.float64]:
    """Probability of 0, 1, ..., n runs of so many ones among n bits, shape (n + 1,)."""
    law = np.zeros(n + 1)
    zeros = n - ones
    if not ones or not zeros:
        law[1] = 1.0
        return law
    number = np.arange(2, n + 1)
    half, is_odd = number // 2, number % 2 == 1
    log_even = math.log(2) + _log_choose(ones - 1, half - 1) + _log_choose(zeros - 1, half - 1)
    log_odd = np.logaddexp(
        _log_choose(ones - 1, half) + _log_choose(zeros - 1, half - 1),
        _log_choose(ones - 1, half - 1) + _log_choose(zeros - 1, half),
    )
    total = _log_choose(n, np.array(ones))
    law[2:] = np.exp(np.where(is_odd, log_odd, log_even) - total)
    return law


def _log_choose(n: int, k: NDArray[np.int64]) -> NDArray[np.float64]:
    """Logarithm of a binomial coefficient; minus infinity where it is zero."""
    inside = (k >= 0) & (k <= n)
    held = np.where(inside, k, 0)
    value = gammaln(n + 1) - gammaln(held + 1) - gammaln(n - held + 1)
    return np.asarray(np.where(inside, value, -np.inf), np.float64)


def longest_run(bits: Bits) -> Statistic:
    """Longest runs of ones in blocks of 8, 128 or 10,000 bits, chi-squared over their classes.

    The probabilities of the classes are exact (`longest_run_law`); the standard prints them to
    four digits.

    Args:
        bits: Shape (n,).

    Raises:
        NotApplicableError: If there are fewer than 128 bits.

    Examples:
        >>> from protocols.postprocessing.randomness import Randomness
        >>> 0 < longest_run(Randomness.reproducible(1).bits(10_000)).p_value < 1
        True
    """
    n = needs(bits, 128)
    _, block, low, high = next(row for row in _LONGEST if n >= row[0])
    longest = _longest_runs(blocks_of(bits, block))
    counts = np.bincount(np.clip(longest, low, high) - low, minlength=high - low + 1)
    expected = longest.size * longest_run_law(block, low, high)
    distance = float(((counts - expected) ** 2 / expected).sum())
    return Statistic(distance, {"longest_run": float(gammaincc((high - low) / 2, distance / 2))})


def _longest_runs(blocks: Bits) -> NDArray[np.int64]:
    """Longest run of ones of each row, shape (rows,)."""
    places = np.arange(1, blocks.shape[1] + 1)
    last_zero = np.maximum.accumulate(np.where(blocks == 0, places, 0), axis=1)
    return np.asarray((places - last_zero).max(axis=1), np.int64)


def longest_run_law(block: int, low: int, high: int) -> NDArray[np.float64]:
    """Probabilities that the longest run of ones is ``<= low``, ``low + 1``, ..., ``>= high``.

    Strings of j bits without a run of more than k ones follow
    ``a_j = a_{j-1} + ... + a_{j-k-1}``, divided by ``2^j``.

    Returns:
        Shape (high - low + 1,).

    Examples:
        >>> longest_run_law(8, 1, 4).round(4).tolist()
        [0.2148, 0.3672, 0.2305, 0.1875]
    """
    within_law = np.array([_no_longer(block, most) for most in range(low, high)])
    return np.diff(np.concatenate([[0.0], within_law, [1.0]]))


def _no_longer(block: int, most: int) -> float:
    """Probability that no run of ones in a block is longer than ``most``."""
    chance = np.ones(block + 1)
    for j in range(most + 1, block + 1):
        lost = 0.5 ** (most + 1) if j == most + 1 else chance[j - most - 2] * 0.5 ** (most + 2)
        chance[j] = chance[j - 1] - lost
    return float(chance[block])
