"""Prediction estimates: how often four predictors guess the next bit.

SP 800-90B, sections 6.3.7 to 6.3.10. Each has several guessers; the one that was
right most often so far speaks (`contest`), and the share and the longest run of its right guesses
bound the probability of a guess (`from_guesses`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from protocols.randomness.sp800_90b.estimate import (
    Z_99,
    EntropyEstimate,
    Symbols,
    from_probability,
    needs_symbols,
    upper,
)
from protocols.randomness.sp800_90b.histories import counts_before, first_contexts

__all__ = ["contest", "from_guesses", "lag", "longest_streak", "lz78y", "multi_mcw", "multi_mmc"]

_Right = NDArray[np.bool_]

#: Windows of the first predictor, lags of the second, longest contexts of the last two.
_WINDOWS, _LAGS, _DEPTH = (63, 255, 1023, 4095), 128, 16

#: Most entries of the tables of the last two predictors.
_PAIRS, _CONTEXTS = 100_000, 65_536

#: Steps that a contest plays at once.
_CHUNK = 1 << 16


class _Guesses(Protocol):
    """Whether a guesser is right, step by step."""

    def __len__(self) -> int: ...

    def __getitem__(self, steps: slice, /) -> _Right: ...


@dataclass(frozen=True)
class _Lag:
    """Whether a bit equals the one some places before, from the second bit on."""

    bits: Symbols
    back: int

    def __len__(self) -> int:
        return self.bits.size - 1

    def __getitem__(self, steps: slice) -> _Right:
        start, stop, _ = steps.indices(len(self))
        right = np.zeros(stop - start, bool)
        first = max(start + 1, self.back)
        if first <= stop:
            now, before = self.bits[first : stop + 1], self.bits[first - self.back :]
            right[first - start - 1 :] = now == before[: now.size]
        return right


def contest(right: Sequence[_Guesses] | _Right) -> _Right:
    """Whether the leading guesser is right at every step.

    Whoever was right and now has at least as many points as the leader leads from the next step on;
    of several, the last one. The first guesser leads at the beginning.

    Args:
        right: Shape (guessers, steps): who is right when.

    Returns:
        Shape (steps,).

    Examples:
        >>> contest(np.array([[False, True, True], [True, True, False]])).tolist()
        [False, True, False]
    """
    found, score, leader = [], np.zeros(len(right), np.int64), 0
    steps = len(right[0])
    for start in range(0, steps, _CHUNK):
        part = np.stack([each[start : start + _CHUNK] for each in right], axis=1)
        scores = score + np.cumsum(part, axis=0, dtype=np.int64)
        takes = part & (scores == scores.max(axis=1, keepdims=True))
        last = part.shape[1] - 1 - takes[:, ::-1].argmax(axis=1)
        when = np.where(takes.any(axis=1), np.arange(len(part)), -1)
        since = np.maximum.accumulate(when)
        after = np.where(since >= 0, last[since], leader)
        leads = np.concatenate([[leader], after[:-1]])
        found.append(part[np.arange(len(part)), leads])
        score, leader = scores[-1], int(after[-1])
    return np.concatenate(found)


def longest_streak(right: _Right) -> int:
    """Longest run of right guesses.

    Examples:
        >>> longest_streak(np.array([True, True, False, True]))
        2
    """
    wrong = np.flatnonzero(np.concatenate([[True], ~right, [True]]))
    return int(np.diff(wrong).max()) - 1


def from_guesses(right: int, streak: int, n: int, z: float = Z_99) -> EntropyEstimate:
    """Min-entropy from the share of right guesses and their longest run, of binary symbols.

    The local bound is the p for which no run longer than the one found has probability 0.99:
    ``(1 - p x) / ((r + 1 - r x) q x^(n + 1)) = 0.99``, x the root of ``1 - x + q p^r x^(r + 1)``
    (W. Feller, An Introduction to Probability Theory, volume 1, chapter XIII.7).

    Args:
        right: Number of right guesses.
        streak: Longest run of them.
        n: Number of guesses, 2 or more.
        z: Quantile of the confidence bound.

    Examples:
        >>> round(from_guesses(662836, 21, 1165665, 2.5758293035489008).min_entropy, 9)
        0.811434613
    """
    share = right / n
    bound = upper(share, n, z) if right else 1 - 0.01 ** (1 / n)
    likeliest = max(0.5, bound)
    if likeliest < 1.0:
        likeliest = max(likeliest, _local(streak + 1, n, likeliest))
    return from_probability(share, likeliest)


def _local(r: int, n: int, least: float) -> float:
    """The p for which runs of r right guesses are absent with probability 0.99, if above least."""

    def excess(p: float) -> float:
        q, x = 1 - p, 1.0
        for _ in range(65):
            x = 1 + q * math.exp(r * math.log(p) + (r + 1) * math.log(x))
        top, bottom = 1 - p * x, (r + 1 - r * x) * q
        if top <= 0.0 or bottom <= 0.0:
            return -math.inf
        return math.log(top) - math.log(bottom) - (n + 1) * math.log(x) - math.log(0.99)

    high = 1 - 1e-12
    if excess(least) <= 0.0:
        return least
    return float(brentq(lambda p: max(excess(p), -1e9), least, high, xtol=1e-14))


def _judged(right: _Right, n: int, z: float) -> EntropyEstimate:
    return from_guesses(int(np.count_nonzero(right)), longest_streak(right), n, z)


def multi_mcw(bits: Symbols, z: float = Z_99) -> EntropyEstimate:
    """The most common bit of the last 63, 255, 1,023 and 4,095: the last one of them in a tie.

    Args:
        bits: Shape (n,).
        z: Quantile of the confidence bound.

    Raises:
        NotApplicableError: If there are fewer than 65 bits.

    Examples:
        >>> round(multi_mcw(np.zeros(1000, np.uint8)).min_entropy, 6)
        0.0
    """
    first = _WINDOWS[0]
    n = needs_symbols(bits, first + 2, binary=True)
    ones = np.concatenate([[0], np.cumsum(bits, dtype=np.int64)])
    rights = []
    for window in _WINDOWS:
        right = np.zeros(n - first, bool)
        if n > window:
            twice = 2 * (ones[window:-1] - ones[: n - window])
            guess = np.where(twice == window, bits[window - 1 : -1], twice > window)
            right[window - first :] = guess == bits[window:]
        rights.append(right)
    return _judged(contest(rights), n - first, z)


def lag(bits: Symbols, z: float = Z_99) -> EntropyEstimate:
    """The bit that came 1, 2, ..., 128 places before.

    Args:
        bits: Shape (n,).
        z: Quantile of the confidence bound.

    Raises:
        NotApplicableError: If there are fewer than 3 bits.

    Examples:
        >>> lag(np.array([0, 1, 1] * 1000, np.uint8)).min_entropy < 0.01
        True
    """
    n = needs_symbols(bits, 3, binary=True)
    return _judged(contest([_Lag(bits, back) for back in range(1, _LAGS + 1)]), n - 1, z)


def multi_mmc(bits: Symbols, z: float = Z_99) -> EntropyEstimate:
    """The bit that most often followed the last 1, 2, ..., 16 bits so far: a one in a tie.

    A table of at most 100,000 pairs of context and next bit for each length.

    Args:
        bits: Shape (n,).
        z: Quantile of the confidence bound.

    Raises:
        NotApplicableError: If there are fewer than 4 bits.

    Examples:
        >>> multi_mmc(np.array([0, 1, 1] * 1000, np.uint8)).min_entropy < 0.01
        True
    """
    n = needs_symbols(bits, 4, binary=True)
    rights = []
    for depth in range(1, _DEPTH + 1):
        right = np.zeros(n - 2, bool)
        if depth < n - 1:
            zeros, ones = counts_before(bits, depth, most_pairs=_PAIRS)
            guessed = (zeros + ones > 0) & ((ones >= zeros) == bits[depth:])
            right[max(0, depth - 2) :] = guessed[max(0, 2 - depth) :]
        rights.append(right)
    return _judged(contest(rights), n - 2, z)


def lz78y(bits: Symbols, z: float = Z_99) -> EntropyEstimate:
    """The bit that most often followed any of the last 16, 15, ..., 1 bits: the longer in a tie.

    A dictionary of the first 65,536 contexts, filled from place 17 on.

    Args:
        bits: Shape (n,).
        z: Quantile of the confidence bound.

    Raises:
        NotApplicableError: If there are fewer than 20 bits.

    Examples:
        >>> lz78y(np.array([0, 1] * 1000, np.uint8)).min_entropy < 0.01
        True
    """
    n = needs_symbols(bits, _DEPTH + 4, binary=True)
    first = first_contexts(bits, _DEPTH, _CONTEXTS)
    best = np.zeros(n - _DEPTH, np.int64)
    guess = np.zeros(n - _DEPTH, bool)
    for depth in range(_DEPTH, 0, -1):
        zeros, ones = counts_before(bits, depth, start=_DEPTH, contexts=first[depth])
        count = np.maximum(zeros, ones)
        is_better = count > best
        guess[is_better] = (ones >= zeros)[is_better]
        best = np.maximum(best, count)
    right = ((best > 0) & (guess == bits[_DEPTH:]))[1:]
    return _judged(right, n - _DEPTH - 1, z)
