"""Tests of independence and equal distribution: bits may be biased, if all are alike.

SP 800-90B, sections 5.1 and 5.2: chi-squared tests, the longest repeated substring, and statistics
that random orders of the same bits must not set apart.
"""

from __future__ import annotations

import bz2
import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc

from protocols.randomness.sp800_90b.estimate import Symbols, needs_symbols
from protocols.randomness.sp800_90b.repeats import Repeats, repeats
from protocols.randomness.statistic import NotApplicableError, Statistic, blocks_of, words_of
from qnet.errors import check_integer

__all__ = [
    "IID_TESTS",
    "goodness_of_fit",
    "independence",
    "longest_repetition",
    "order_statistics",
    "permutation",
]

#: Least expected count of a class, longest tuples, and number of parts of the string.
_EXPECTED, _LONGEST, _PARTS = 5.0, 11, 10

#: Lags of the periodicity and covariance statistics.
_LAGS = (1, 2, 8, 16, 32)


def _share(bits: Symbols) -> float:
    """Share of ones.

    Raises:
        NotApplicableError: If all bits are equal.
    """
    needs_symbols(bits, 2, binary=True)
    share = float(bits.mean())
    if share in (0.0, 1.0):
        hint = "constant bits have no order"
        raise NotApplicableError("bits", "be zeros and ones", int(bits[0]), hint)
    return share


def independence(bits: Symbols) -> Statistic:
    """Counts of tuples of up to 11 bits against products of the shares of their bits.

    Chi-squared with ``2^m - 2`` degrees, m the longest length of which the rarest tuple is expected
    five times.

    Args:
        bits: Shape (n,).

    Raises:
        NotApplicableError: If even pairs are too rare, or all bits are equal.

    Examples:
        >>> independence(np.array([0, 1] * 100, np.uint8)).p_value < 1e-9
        True
    """
    share = _share(bits)
    rarest = min(share, 1 - share)
    fits = [m for m in range(2, _LONGEST + 1) if rarest**m * (bits.size // m) >= _EXPECTED]
    if not fits:
        hint = "give a longer string"
        raise NotApplicableError("the rarest pair", "be expected 5 times", rarest**2, hint)
    length = max(fits)
    ones = np.array([word.bit_count() for word in range(2**length)])
    counts = np.bincount(words_of(blocks_of(bits, length), length)[:, 0], minlength=2**length)
    expected = bits.size // length * share**ones * (1 - share) ** (length - ones)
    distance = float(((counts - expected) ** 2 / expected).sum())
    p_value = float(gammaincc((2**length - 2) / 2, distance / 2))
    return Statistic(distance, {"independence": p_value})


def goodness_of_fit(bits: Symbols) -> Statistic:
    """Share of ones of each tenth of the string, chi-squared with 9 degrees.

    Args:
        bits: Shape (n,).

    Raises:
        NotApplicableError: If a tenth is expected to hold fewer than five ones or zeros, or all
            bits are equal.

    Examples:
        >>> goodness_of_fit(np.repeat(np.array([0, 1], np.uint8), 500)).p_value < 1e-9
        True
    """
    share = _share(bits)
    size = bits.size // _PARTS
    rarest = size * min(share, 1 - share)
    if rarest < _EXPECTED:
        hint = "give a longer string"
        raise NotApplicableError("the rarer bit", "be expected 5 times in a tenth", rarest, hint)
    ones = blocks_of(bits, size)[:_PARTS].sum(axis=1, dtype=np.int64)
    share = float(ones.sum()) / (size * _PARTS)
    distance = float(((ones - size * share) ** 2).sum() / (size * share * (1 - share)))
    return Statistic(
        distance, {"goodness_of_fit": float(gammaincc((_PARTS - 1) / 2, distance / 2))}
    )


def longest_repetition(bits: Symbols, found: Repeats | None = None) -> Statistic:
    """Length of the longest substring that repeats, against pairs of places that agree by chance.

    ``P(X >= 1) = 1 - (1 - p_col^W)^N`` over the N pairs of places: as if they were independent,
    which makes the p-value too large if anything.

    Args:
        bits: Shape (n,).
        found: The repeated tuples, where they are known already.

    Raises:
        NotApplicableError: If all bits are equal, or none repeats.

    Examples:
        >>> longest_repetition(np.array([0, 1] * 100, np.uint8)).p_value < 1e-9
        True
    """
    share = _share(bits)
    length = (repeats(bits) if found is None else found).most.size
    if not length:
        raise NotApplicableError("some bit", "repeat", 0, "give a longer string")
    places = bits.size - length + 1
    agree = (share**2 + (1 - share) ** 2) ** length
    pairs = places * (places - 1) / 2
    p_value = -math.expm1(pairs * math.log1p(-agree))
    return Statistic(float(length), {"longest_repetition": p_value})


def permutation(bits: Symbols, orders: int, generator: np.random.Generator) -> Statistic:
    """Statistics of the string among those of random orders of its bits: one exact p-value.

    Each statistic is measured in standard deviations from its mean over all orders, the string's
    own included; the largest distance of the string is compared with those of all orders. All
    orders are alike under independence, so that ``P(p <= a) <= a`` exactly, however the statistics
    depend on each other. The standard ranks each statistic by itself instead, which with so many
    of them rejects independent bits more often than it says.

    Args:
        bits: Shape (n,).
        orders: Number of random orders: 10,000 in the standard; p is at least ``1 / (orders + 1)``.
        generator: Where they are drawn from.

    Returns:
        The statistic is the largest distance, in standard deviations.

    Raises:
        NotApplicableError: If all bits are equal, or there are fewer than 512.

    Examples:
        >>> bits = np.array([0, 1] * 400, np.uint8)
        >>> permutation(bits, 99, np.random.default_rng(1)).p_value
        0.01
    """
    check_integer("permutations", orders, 1)
    _share(bits)
    needs_symbols(bits, 16 * max(_LAGS))
    rows = [order_statistics(bits)]
    rows += [order_statistics(generator.permutation(bits)) for _ in range(orders)]
    table = np.array(rows)
    spread = table.std(axis=0)
    far = np.abs(table - table.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    farthest = far.max(axis=1)
    as_far = np.count_nonzero(farthest >= farthest[0] * (1 - 1e-12))
    return Statistic(float(farthest[0]), {"permutation": float(as_far) / (orders + 1)})


def order_statistics(bits: Symbols) -> NDArray[np.float64]:
    """The nineteen statistics of SP 800-90B, section 5.1, of a string of bits.

    Excursion, and number and length of runs, of the bits; directional runs, periodicity and
    covariance of the numbers of ones in groups of eight; collisions of bytes; length when
    compressed by bzip2.

    Returns:
        Shape (19,).

    Examples:
        >>> order_statistics(np.array([0, 1] * 256, np.uint8))[:3]
        array([5.12e+02, 1.00e+00, 5.00e-01])
    """
    walk = np.cumsum(bits - float(bits.mean()))
    groups = blocks_of(bits, 8)
    weights = groups.sum(axis=1, dtype=np.int64)
    times = _collision_times(np.packbits(groups))
    return np.array(
        [
            *_runs(bits),
            float(np.abs(walk).max()),
            *_directions(weights),
            float(times.mean()),
            float(times.max()),
            *(float(np.count_nonzero(weights[lag:] == weights[:-lag])) for lag in _LAGS),
            *(float(weights[lag:] @ weights[:-lag]) for lag in _LAGS),
            float(len(bz2.compress((bits + np.uint8(ord("0"))).tobytes()))),
        ]
    )


def _runs(values: NDArray[np.generic]) -> tuple[float, float]:
    """Number of runs of equal values, and length of the longest."""
    edges = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1], [True]]))
    return float(edges.size - 1), float(np.diff(edges).max())


def _directions(weights: NDArray[np.int64]) -> tuple[float, float, float]:
    """Number and longest of runs up or not up, and the larger number of steps of one kind."""
    is_up = weights[1:] >= weights[:-1]
    ups = int(np.count_nonzero(is_up))
    return *_runs(is_up), float(max(ups, is_up.size - ups))


def _collision_times(symbols: Symbols) -> NDArray[np.int64]:
    """Bytes until one comes for the second time, counted anew after each such collision."""
    order = np.argsort(symbols, kind="stable")
    last = np.full(symbols.size, -1, np.int64)
    is_same = symbols[order[1:]] == symbols[order[:-1]]
    last[order[1:][is_same]] = order[:-1][is_same]
    latest = np.maximum.accumulate(last)
    ends = np.searchsorted(latest, np.arange(symbols.size)).tolist()
    times, place = [], 0
    while place < symbols.size and ends[place] < symbols.size:
        times.append(ends[place] + 1 - place)
        place = ends[place] + 1
    return np.array(times, np.int64)


#: Tests of independence that every string is put to.
IID_TESTS: dict[str, tuple[str, str, Callable[[Symbols], Statistic]]] = {
    "independence": ("independence of neighbours", "5.2.3", independence),
    "goodness_of_fit": ("equal shares of all tenths", "5.2.4", goodness_of_fit),
    "longest_repetition": ("longest repetition", "5.2.5", longest_repetition),
}
