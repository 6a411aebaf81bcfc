"""Entropy budgets: what a bias costs, and how many raw bits a seed needs.

Raw bits are hashed by a function from a two-universal family; by the leftover hash lemma
(R. Impagliazzo, L. A. Levin, M. Luby, STOC 1989) the outcome is within epsilon of uniform.
"""

from __future__ import annotations

import math

from qnet.errors import ParameterError, check_integer, check_positive, check_real
from qnet.metrics import binary_entropy

__all__ = ["min_entropy_of_bias", "raw_bits_for_seed", "seed_bits_from", "shannon_entropy_of_bias"]


def _bias(bias: float) -> float:
    if abs(check_real("bias", bias)) > 0.5:
        hint = "a one comes with probability 1/2 + bias"
        raise ParameterError("bias", "lie between -1/2 and 1/2", bias, hint)
    return abs(bias)


def min_entropy_of_bias(bias: float) -> float:
    """Min-entropy of a bit that is a one with probability 1/2 + bias, ``-log2(1/2 + |b|)``.

    Raises:
        ParameterError: If the bias is outside -1/2 to 1/2.

    Examples:
        >>> round(min_entropy_of_bias(0.01), 9)
        0.971430848
    """
    return abs(math.log2(0.5 + _bias(bias)))


def shannon_entropy_of_bias(bias: float) -> float:
    """Shannon entropy of such a bit, ``h(1/2 + b)``: more than the min-entropy, and no budget.

    Raises:
        ParameterError: If the bias is outside -1/2 to 1/2.

    Examples:
        >>> round(shannon_entropy_of_bias(0.01), 9)
        0.999711442
    """
    return float(binary_entropy(0.5 + _bias(bias)))


def raw_bits_for_seed(seed_bits: int, epsilon: float, min_entropy: float) -> int:
    """Raw bits to hash into a seed within epsilon of uniform: ``n h >= l + 2 log2(1/epsilon)``.

    The lemma asks for two bits less; they are kept as a margin.

    Args:
        seed_bits: Length l of the seed.
        epsilon: Trace distance from uniform.
        min_entropy: Bits per raw bit, given all that an adversary knows.

    Raises:
        ParameterError: If a number is out of range.

    Examples:
        >>> raw_bits_for_seed(256, 2.0**-64, min_entropy_of_bias(0.01))
        396
    """
    wanted = check_integer("seed_bits", seed_bits, 1) + 2 * _margin(epsilon)
    return math.ceil(wanted / _rate(min_entropy) - 1e-9)


def seed_bits_from(raw_bits: int, epsilon: float, min_entropy: float) -> int:
    """Length of the longest seed within epsilon of uniform that raw bits give; 0 where none.

    Raises:
        ParameterError: If a number is out of range.

    Examples:
        >>> seed_bits_from(396, 2.0**-64, min_entropy_of_bias(0.01))
        256
    """
    held = check_integer("raw_bits", raw_bits, 0) * _rate(min_entropy)
    return max(0, math.floor(held - 2 * _margin(epsilon) + 1e-9))


def _margin(epsilon: float) -> float:
    if check_positive("epsilon", epsilon) >= 1.0:
        hint = "it is a distance: the smaller, the closer to uniform"
        raise ParameterError("epsilon", "be below 1", epsilon, hint)
    return -math.log2(epsilon)


def _rate(min_entropy: float) -> float:
    if check_positive("min_entropy", min_entropy) > 1.0:
        hint = "a bit has at most one bit of entropy"
        raise ParameterError("min_entropy", "be at most 1", min_entropy, hint)
    return min_entropy
