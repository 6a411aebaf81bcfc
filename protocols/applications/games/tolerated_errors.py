"""Tolerated errors of a test in many rounds: honest parties, cheaters round by round, and any.

The bound on all cheaters holds where they pass every set of k rounds with at most c**k: then at
least a share g of n rounds is right with exp(-n D(g || c)) at most (R. Impagliazzo, V. Kabanets,
RANDOM 2010, doi:10.1007/978-3-642-15369-3_46), D the relative entropy of two bits.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = ["all_cheaters", "both_pass", "passes", "rounds_needed"]

#: Most rounds that are looked at.
LARGEST_ROUNDS = 10_000_000


def passes(rounds: int, allowed: int, right: float) -> float:
    """Probability of at most some wrong rounds, each right by itself with some probability.

    Examples:
        >>> passes(2, 1, 0.5)
        0.75
    """
    from scipy.stats import binom

    return float(binom.cdf(allowed, rounds, 1.0 - right))


def all_cheaters(rounds: int, allowed: int, chance: float) -> float:
    """Bound on the probability that cheaters have at most some wrong rounds, whatever they do.

    Args:
        rounds: Number of rounds.
        allowed: Wrong rounds that are let pass.
        chance: c, with which they pass a round at most, and any k rounds with c**k.

    Examples:
        >>> round(all_cheaters(20, 0, 0.75), 12) == round(0.75**20, 12)
        True
    """
    share = 1.0 - min(allowed, rounds) / rounds
    if share <= chance:
        return 1.0
    if chance <= 0.0:
        return 0.0
    apart = share * math.log(share / chance)
    if share < 1.0:
        apart += (1.0 - share) * math.log((1.0 - share) / (1.0 - chance))
    return math.exp(-rounds * apart)


def both_pass(rounds: int, allowed: int, chances: Any) -> float:  # noqa: ANN401 - a 2 x 2 array
    """Probability that two notes both have at most some wrong qubits, forged qubit by qubit.

    Args:
        rounds: Number of qubits.
        allowed: Wrong qubits of a note that are let pass.
        chances: Shape (2, 2): probability that the first and second copy of a qubit pass (index 0)
            or fail (index 1).

    Examples:
        >>> both_pass(2, 0, [[0.5, 0.25], [0.25, 0.0]])
        0.25
    """
    table = np.asarray(chances, dtype=float)
    allowed = min(allowed, rounds)
    found = np.zeros((allowed + 1, allowed + 1))
    found[0, 0] = 1.0
    for _ in range(rounds):
        after = table[0, 0] * found
        after[1:] += table[1, 0] * found[:-1]
        after[:, 1:] += table[0, 1] * found[:, :-1]
        after[1:, 1:] += table[1, 1] * found[:-1, :-1]
        found = after
    return float(found.sum())


def rounds_needed(right: float, chance: float, soundness: float, rejection: float) -> int | None:
    """Rounds after which honest parties pass and cheaters do not, with the best tolerance.

    As many wrong rounds are let pass as it takes to reject honest parties rarely enough.

    Args:
        right: Probability that an honest round is right.
        chance: c of ``all_cheaters``.
        soundness: Largest probability that cheaters pass.
        rejection: Largest probability that honest parties do not.

    Returns:
        The rounds, found by bisection; None where cheaters are as good as honest parties, or more
        than ten million rounds would be needed.

    Examples:
        >>> rounds_needed(1.0, 0.5, 1e-3, 0.01)
        10
    """
    from scipy.stats import binom

    def enough(rounds: int) -> bool:
        allowed = max(int(binom.isf(rejection, rounds, 1.0 - right)), 0)
        return all_cheaters(rounds, allowed, chance) <= soundness

    if right <= chance:
        return None
    high = 1
    while not enough(high):
        high *= 2
        if high > LARGEST_ROUNDS:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
