"""Many tests at once: Holm's thresholds, and p-values of blocks that should be uniform."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaincc

from protocols.postprocessing.bits import Bits
from protocols.randomness.statistic import NotApplicableError, Statistic
from qnet.errors import ParameterError, check_probability

__all__ = ["LEAST_BLOCKS", "holm", "p_values_of_blocks", "uniformity"]

#: Fewest blocks whose p-values are tested for being uniform (SP 800-22, section 4.2.2).
LEAST_BLOCKS = 55


def holm(p_values: Mapping[str, float], alpha: float) -> dict[str, tuple[float, bool]]:
    """Threshold of each test and whether it fails, with at most alpha for any false failure.

    The least of k p-values is held against ``alpha / k``, the next against ``alpha / (k - 1)``, and
    so on up to the first that is above (S. Holm, Scand. J. Stat. 6, 65 (1979)). The tests may
    depend on each other.

    Raises:
        ParameterError: If alpha is no probability.

    Examples:
        >>> holm({"a": 0.03, "b": 0.004, "c": 0.5}, 0.01)
        {'b': (0.0033333333333333335, False), 'a': (0.005, False), 'c': (0.01, False)}
        >>> holm({"a": 0.004, "b": 0.003}, 0.01)
        {'b': (0.005, True), 'a': (0.01, True)}
    """
    check_probability("alpha", alpha)
    found, fails = {}, True
    for place, name in enumerate(sorted(p_values, key=lambda name: p_values[name])):
        threshold = alpha / (len(p_values) - place)
        fails = fails and p_values[name] <= threshold
        found[name] = (threshold, fails)
    return found


def p_values_of_blocks(
    bits: Bits, blocks: int, test: Callable[[Bits], Statistic]
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """p-value of the first part of a test on each of so many equal blocks, shape (blocks,).

    Raises:
        ParameterError: If there are fewer bits than blocks.

    Examples:
        >>> from protocols.randomness.sp800_22.frequency import frequency
        >>> p_values_of_blocks(np.array([0, 1, 1, 1], np.uint8), 2, frequency).round(3).tolist()
        [1.0, 0.157]
    """
    if blocks > bits.size:
        raise ParameterError("blocks", f"be at most {bits.size}", blocks, "take fewer")
    size = bits.size // blocks
    parts = bits[: blocks * size].reshape(blocks, size)
    return np.array([next(iter(test(part).p_values.values())) for part in parts])


def uniformity(p_values: ArrayLike) -> Statistic:
    """p-values against the uniform law: chi-squared over ten classes, 9 degrees.

    Args:
        p_values: Shape (blocks,).

    Raises:
        NotApplicableError: If there are fewer than 55.

    Examples:
        >>> round(uniformity(np.arange(100) / 100).p_value, 6)
        1.0
    """
    found = np.asarray(p_values, np.float64)
    if found.size < LEAST_BLOCKS:
        hint = "take more blocks"
        raise NotApplicableError("blocks", f"be at least {LEAST_BLOCKS}", found.size, hint)
    counts = np.bincount(np.minimum((found * 10).astype(np.int64), 9), minlength=10)
    distance = float(((counts - found.size / 10) ** 2).sum() * 10 / found.size)
    return Statistic(distance, {"uniformity": float(gammaincc(4.5, distance / 2))})
