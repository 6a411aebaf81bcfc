"""Tuple estimates: the most common tuples, and the longest that repeat.

SP 800-90B, sections 6.3.5 and 6.3.6.
"""

from __future__ import annotations

import numpy as np

from protocols.randomness.sp800_90b.estimate import (
    Z_99,
    EntropyEstimate,
    Symbols,
    from_probability,
    needs_symbols,
    upper,
)
from protocols.randomness.sp800_90b.repeats import Repeats, repeats
from protocols.randomness.statistic import NotApplicableError

__all__ = ["longest_repeated_substring", "t_tuple"]

#: A tuple counts as common when it comes so often.
_COMMON = 35


def t_tuple(symbols: Symbols, z: float = Z_99, found: Repeats | None = None) -> EntropyEstimate:
    """Min-entropy from the most common tuple of every length that still comes 35 times.

    Args:
        symbols: Shape (n,), of any alphabet.
        z: Quantile of the confidence bound.
        found: The repeated tuples, where they are known already.

    Raises:
        NotApplicableError: If no symbol comes 35 times.

    Examples:
        >>> t_tuple(np.zeros(100, np.uint8)).min_entropy
        0.0
    """
    n = needs_symbols(symbols, _COMMON)
    most = (repeats(symbols) if found is None else found).most
    common = most[most >= _COMMON]
    if not common.size:
        hint = "give a longer string"
        raise NotApplicableError("the most common symbol", "come 35 times", int(most.max()), hint)
    length = np.arange(1, common.size + 1)
    share = float(((common / (n - length + 1)) ** (1 / length)).max())
    return from_probability(share, upper(share, n, z))


def longest_repeated_substring(
    symbols: Symbols, z: float = Z_99, found: Repeats | None = None
) -> EntropyEstimate:
    """Min-entropy from the share of equal pairs among tuples too long to come 35 times.

    Args:
        symbols: Shape (n,), of any alphabet.
        z: Quantile of the confidence bound.
        found: The repeated tuples, where they are known already.

    Raises:
        NotApplicableError: If every tuple that repeats comes 35 times, so that there is none left.

    Examples:
        >>> from protocols.postprocessing.randomness import Randomness
        >>> bits = Randomness.reproducible(1).bits(20_000)
        >>> 0.8 < longest_repeated_substring(bits).min_entropy < 1
        True
    """
    n = needs_symbols(symbols, 2)
    repeated = repeats(symbols) if found is None else found
    first = int(np.count_nonzero(repeated.most >= _COMMON))
    length = np.arange(first + 1, repeated.most.size + 1)
    if not length.size:
        hint = "see the t-tuple estimate"
        raise NotApplicableError("some tuple", "repeat fewer than 35 times", first, hint)
    places = (n - length + 1).astype(np.float64)
    shares = repeated.pairs[first:] / (places * (places - 1) / 2)
    share = float((shares ** (1 / length)).max())
    return from_probability(share, upper(share, n, z))
