"""Repeated tuples of symbols: how often each length repeats, from the array of sorted suffixes.

A suffix array by prefix doubling (U. Manber, G. Myers, SIAM J. Comput. 22, 935 (1993)) gives the
longest common prefix of neighbours; its intervals are the tuples that repeat.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from protocols.randomness.sp800_90b.estimate import Symbols

__all__ = ["Repeats", "repeats"]

_Places = NDArray[np.int64]
_Ranks = NDArray[np.int32]


@dataclass(frozen=True)
class Repeats:
    """How often tuples of each length repeat.

    Attributes:
        most: Occurrences of the most common tuple of length 1, 2, ...; shape (longest,).
        pairs: Pairs of equal tuples of each length, shape (longest,).
    """

    most: _Places
    pairs: _Places


def repeats(symbols: Symbols) -> Repeats:
    """Repeated tuples of every length up to the longest that repeats.

    Args:
        symbols: Shape (n,), 2 symbols or more.

    Examples:
        >>> found = repeats(np.array([0, 1, 0, 1, 0], np.uint8))
        >>> found.most.tolist(), found.pairs.tolist()
        ([3, 2, 2], [4, 2, 1])
    """
    common = _common_prefixes(symbols)
    depth, parent, size = _intervals(common)
    longest = int(common.max(initial=0))
    most = np.zeros(longest + 1, np.int64)
    np.maximum.at(most, depth, size)
    most = np.maximum.accumulate(most[::-1])[::-1]
    change = np.zeros(longest + 2, np.int64)
    np.add.at(change, parent + 1, size * (size - 1) // 2)
    np.subtract.at(change, depth + 1, size * (size - 1) // 2)
    return Repeats(most[1:], np.cumsum(change)[1 : longest + 1])


def _common_prefixes(symbols: Symbols) -> _Places:
    """Longest common prefix of each suffix with the next in order, shape (n - 1,)."""
    ranks = [np.unique(symbols, return_inverse=True)[1].astype(np.int32) + np.int32(1)]
    step = 1
    while True:
        last = ranks[-1].astype(np.int64)
        behind = np.zeros_like(last)
        behind[: max(0, last.size - step)] = last[step:]
        key = last * (int(last.max()) + 1) + behind
        order = np.argsort(key, kind="stable")
        is_new = np.concatenate([[True], np.diff(key[order]) != 0])
        rank = np.empty(last.size, np.int32)
        rank[order] = np.cumsum(is_new)
        if is_new.all():
            break
        ranks.append(rank)
        step *= 2
    return _matched(order, ranks, symbols.size)


def _matched(order: _Places, ranks: list[_Ranks], n: int) -> _Places:
    """Common prefix of neighbouring suffixes, adding up powers of two from the largest down."""
    left, right = order[:-1].copy(), order[1:].copy()
    total = np.zeros(n - 1, np.int64)
    for level in range(len(ranks) - 1, -1, -1):
        padded = np.append(ranks[level], np.int32(0))
        here, there = np.minimum(left, n), np.minimum(right, n)
        # Equal ranks mean equal prefixes of 2^level symbols, unless a suffix has ended.
        fits = (padded[here] == padded[there]) & (np.maximum(left, right) + 2**level <= n)
        for array in (total, left, right):
            array += fits * 2**level
    return total


def _intervals(common: _Places) -> tuple[_Places, _Places, _Places]:
    """Depth, depth of the parent, and number of suffixes of every tuple that repeats maximally."""
    depths: list[int] = []
    parents: list[int] = []
    sizes: list[int] = []
    open_depth, open_start = [0], [0]
    for place, length in enumerate([*common.tolist(), 0]):
        start = place
        while open_depth[-1] > length:
            depth, start = open_depth.pop(), open_start.pop()
            depths.append(depth)
            parents.append(max(open_depth[-1], length))
            sizes.append(place - start + 1)
        if length > open_depth[-1]:
            open_depth.append(length)
            open_start.append(start)
    return np.array(depths, np.int64), np.array(parents, np.int64), np.array(sizes, np.int64)
