"""Histories of a string of bits: what followed the same context before, place by place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from protocols.randomness.sp800_90b.estimate import Symbols
from protocols.randomness.statistic import words_of

__all__ = ["counts_before", "first_contexts"]

_Counts = NDArray[np.int64]


def counts_before(
    bits: Symbols,
    depth: int,
    start: int | None = None,
    most_pairs: int | None = None,
    contexts: NDArray[np.bool_] | None = None,
) -> tuple[_Counts, _Counts]:
    """How often a zero and a one followed the last ``depth`` bits before each place.

    Args:
        bits: Shape (n,).
        depth: Bits of the context.
        start: First place that is predicted and remembered; ``depth`` by default.
        most_pairs: Only so many pairs of context and next bit are remembered, the first ones.
        contexts: Which contexts are remembered, shape (2^depth,); all by default.

    Returns:
        Two arrays of shape (n - start,).

    Examples:
        >>> zeros, ones = counts_before(np.array([0, 1, 0, 1, 0], np.uint8), 1)
        >>> zeros.tolist(), ones.tolist()
        ([0, 0, 0, 1], [0, 0, 1, 0])
    """
    begin = depth if start is None else start
    words = words_of(bits[:-1], depth)[begin - depth :]
    follows = bits[begin:].astype(np.int64)
    remembered = np.ones(words.size, bool)
    if most_pairs is not None and 2 ** (depth + 1) > most_pairs:
        remembered = _first(2 * words + follows, 2 ** (depth + 1), most_pairs)[2 * words + follows]
    if contexts is not None:
        remembered = contexts[words]
    order = np.argsort(words, kind="stable")
    sorted_words = words[order]
    is_first = np.concatenate([[True], sorted_words[1:] != sorted_words[:-1]])
    group = np.maximum.accumulate(np.where(is_first, np.arange(words.size), 0))
    found = []
    for bit in (0, 1):
        event = (remembered & (follows == bit))[order].astype(np.int64)
        before = np.cumsum(event) - event
        counts = np.empty(words.size, np.int64)
        counts[order] = before - before[group]
        found.append(counts)
    return found[0], found[1]


def _first(words: _Counts, kinds: int, most: int) -> NDArray[np.bool_]:
    """Which kinds of words are among the first ``most`` that come, shape (kinds,)."""
    is_in = np.zeros(kinds, bool)
    is_in[np.argsort(_appearance(words, kinds), kind="stable")[:most]] = True
    return is_in


def _appearance(words: _Counts, kinds: int) -> _Counts:
    """Place where each kind comes first; beyond the end where it never does, shape (kinds,)."""
    place = np.full(kinds, words.size, np.int64)
    np.minimum.at(place, words, np.arange(words.size))
    return place


def first_contexts(bits: Symbols, deepest: int, most: int) -> dict[int, NDArray[np.bool_]]:
    """Which contexts of 1, ..., ``deepest`` bits a dictionary of ``most`` entries takes.

    At each place from ``deepest`` on the longest context is entered first, until it is full.

    Returns:
        An array of shape (2^depth,) for each depth.

    Examples:
        >>> first = first_contexts(np.array([0, 1, 0, 1, 0], np.uint8), 2, 3)
        >>> first[2].tolist(), first[1].tolist()
        ([False, True, True, False], [False, True])
    """
    times, depths = [], []
    for depth in range(1, deepest + 1):
        place = _appearance(words_of(bits[:-1], depth)[deepest - depth :], 2**depth)
        times.append((deepest + 1) * place + deepest - depth)
        depths.append(2**depth)
    every = np.concatenate(times)
    is_in = np.zeros(every.size, bool)
    is_in[np.argsort(every, kind="stable")[:most]] = True
    parts = np.split(is_in, np.cumsum(depths)[:-1])
    return dict(zip(range(1, deepest + 1), parts, strict=True))
