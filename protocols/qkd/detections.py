"""Numbers of the registered rounds among very many, in most of which nothing is registered.

Rounds are independent, so the number of rounds up to the next registered one is geometric. A dead
time of m gates puts m rounds after each in which nothing can be registered.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["arrival_count", "arrival_numbers"]


def arrival_numbers(
    chance: float, rounds: int, rng: np.random.Generator, dead_gates: int = 0
) -> NDArray[np.int64]:
    """Numbers of the registered rounds, ascending, each in [0, rounds).

    Args:
        chance: Probability that a round is registered when the detectors are ready.
        rounds: How many rounds are played.
        rng: Source of randomness.
        dead_gates: Rounds after each registered one in which nothing can be registered.

    Examples:
        >>> arrival_numbers(1.0, 10, np.random.default_rng(1), dead_gates=2).tolist()
        [0, 3, 6, 9]
    """
    if chance <= 0.0:
        return np.zeros(0, dtype=np.int64)
    parts: list[NDArray[np.int64]] = []
    last = -1 - dead_gates
    while last < rounds:
        mean = (rounds - last) / (1.0 / chance + dead_gates)
        size = int(mean + 5.0 * math.sqrt(mean) + 10.0)
        gaps = np.minimum(rng.geometric(min(chance, 1.0), size), rounds + 1)
        numbers = last + np.cumsum(gaps + dead_gates)
        parts.append(numbers)
        last = int(numbers[-1])
    numbers = np.concatenate(parts)
    return numbers[: int(np.searchsorted(numbers, rounds))]


def arrival_count(chance: float, rounds: int, rng: np.random.Generator, dead_gates: int = 0) -> int:
    """How many rounds are registered: the length of `arrival_numbers`, drawn at once.

    Without dead time a binomial number. With it, at least k are registered when k successes come
    within ``rounds - (k - 1) dead_gates`` independent trials.

    Args:
        chance: As in `arrival_numbers`.
        rounds: As in `arrival_numbers`.
        rng: Source of randomness.
        dead_gates: As in `arrival_numbers`.

    Examples:
        >>> arrival_count(1.0, 10, np.random.default_rng(1), dead_gates=2)
        4
    """
    p = min(max(chance, 0.0), 1.0)
    if dead_gates == 0 or p == 0.0:
        return int(rng.binomial(rounds, p))
    # Not SciPy's bdtrc, which counts trials in 32 bits and says nothing beyond.
    from scipy.special import betainc

    u = rng.random()

    def at_least(k: int) -> float:
        trials = rounds - (k - 1) * dead_gates
        if k <= 0 or trials < k:
            return float(k <= 0)
        return 1.0 if p == 1.0 else float(betainc(k, trials - k + 1, p))

    low, high = 0, 1 + (rounds - 1) // (dead_gates + 1) + 1
    while high - low > 1:  # at_least(low) > u >= at_least(high)
        middle = (low + high) // 2
        low, high = (middle, high) if at_least(middle) > u else (low, middle)
    return low
