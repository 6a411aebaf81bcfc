"""Most common value, collision and Markov estimates: counts of symbols and of their pairs.

SP 800-90B, sections 6.3.1 to 6.3.3.
"""

from __future__ import annotations

import math

import numpy as np

from protocols.randomness.sp800_90b.estimate import (
    Z_99,
    EntropyEstimate,
    Symbols,
    from_probability,
    needs_symbols,
    upper,
)

__all__ = ["collision", "collision_times", "markov", "most_common_value"]

#: Length of the strings whose likeliest one the Markov estimate takes.
_LENGTH = 128


def most_common_value(symbols: Symbols, z: float = Z_99) -> EntropyEstimate:
    """Min-entropy from the share of the most common symbol, at its upper confidence bound.

    Args:
        symbols: Shape (n,), of any alphabet.
        z: Quantile of the confidence bound.

    Raises:
        NotApplicableError: If there are fewer than 2 symbols.

    Examples:
        >>> symbols = np.frombuffer(b"01120122010110221021", np.uint8)
        >>> round(most_common_value(symbols).min_entropy, 6)
        0.536341
    """
    n = needs_symbols(symbols, 2)
    share = int(np.bincount(symbols).max()) / n
    return from_probability(share, upper(share, n, z))


def collision(bits: Symbols, z: float = Z_99) -> EntropyEstimate:
    """Min-entropy from the mean time to the first repeated bit, 2 or 3.

    Of independent bits the mean is ``2 + 2 p (1 - p)``; its lower confidence bound is solved for p.
    Dependent bits can have any mean: the estimate is one of ten, and the least counts.

    Args:
        bits: Shape (n,).
        z: Quantile of the confidence bound.

    Raises:
        NotApplicableError: If there are fewer than 6 bits: two collisions.

    Examples:
        >>> collision(np.zeros(100, np.uint8)).min_entropy
        0.0
    """
    needs_symbols(bits, 6, binary=True)
    times = collision_times(bits)
    mean = float(times.mean())
    low = mean - z * float(times.std(ddof=1)) / math.sqrt(times.size)
    bias = math.sqrt(max(0.0, 1.25 - low / 2)) if low < 2.5 else 0.0
    return from_probability(mean, min(1.0, 0.5 + bias))


def collision_times(bits: Symbols) -> Symbols:
    """Bits until one comes for the second time, counted anew after each such collision.

    A pair of equal bits takes 2, anything else 3; what is left over at the end counts nothing.

    Examples:
        >>> collision_times(np.array([0, 0, 0, 1, 1, 1], np.uint8)).tolist()
        [2, 3]
    """
    is_equal = (bits[1:] == bits[:-1]).tolist()
    times, place = bytearray(), 0
    while place < len(is_equal):
        if is_equal[place]:
            times.append(2)
            place += 2
        else:
            times.append(3)
            place += 3
    if place > bits.size:
        times.pop()
    return np.frombuffer(bytes(times), np.uint8)


def markov(bits: Symbols) -> EntropyEstimate:
    """Min-entropy from the likeliest string of 128 bits of a first-order Markov chain.

    The likeliest string stays where it is, alternates, or changes once at its beginning.

    Args:
        bits: Shape (n,).

    Returns:
        The statistic is the logarithm to base 2 of the probability of that string.

    Raises:
        NotApplicableError: If there are fewer than 2 bits.

    Examples:
        >>> round(markov(np.array([0, 1] * 500, np.uint8)).min_entropy, 6)  # 1 bit of 128
        0.007812
    """
    n = needs_symbols(bits, 2, binary=True)
    ones = int(bits.sum(dtype=int))
    pairs = np.bincount(2 * bits[:-1] + bits[1:], minlength=4).reshape(2, 2)
    with np.errstate(divide="ignore"):
        first = np.log2(np.array([n - ones, ones]) / n)
        step = np.log2(pairs / np.maximum(1, pairs.sum(axis=1, keepdims=True)))
    likeliest: float = max(
        sum(count * log for count, log in parts if count)
        for x, y in ((0, 1), (1, 0))
        for parts in (
            ((1, first[x]), (_LENGTH - 1, step[x, x])),
            ((1, first[x]), (_LENGTH // 2, step[x, y]), (_LENGTH // 2 - 1, step[y, x])),
            ((1, first[x]), (1, step[x, y]), (_LENGTH - 2, step[y, y])),
        )
    )
    rate = min(1.0, abs(float(likeliest)) / _LENGTH)
    return EntropyEstimate(float(likeliest), 2.0**-rate, rate)
