"""Deliveries at any times: atoms of probability times mean state, and their storage sums.

Attempts of unequal durations fit no common grid, yet the times at which a node can deliver are
countable: sums of whole numbers of durations. A law is the sorted list of those times. Two parts
that are waited for in parallel deliver at the times of either, so lists grow by addition only.

Every atom may carry its whole numbers, the *key* (see ``integer_keys``). Times closer than rounding
are equal: two sums of the same durations differ by some units in the last place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qnet.states.pauli import Array

__all__ = ["TIE", "Atoms", "Keys", "Waits", "running", "together"]

Keys = npt.NDArray[np.int64]

#: Times closer than this share of themselves are equal: all of it is rounding.
TIE = 1e-12

#: Largest exponent of storage over a list of atoms that one cumulative sum covers.
_STEEPEST = 30.0

#: Atoms to a cumulative sum, at least, in the mean.
_BLOCK = 64


@dataclass(frozen=True, slots=True, eq=False)
class Atoms:
    """Probability times mean state at ascending times.

    Args:
        times: Shape (n,), in s, ascending.
        rows: Shape (k, n): row 0 is the probability, the others that times the components of the
            mean state; or fewer rows (m, n), of which ``mix`` makes those.
        keys: Shape (d, n): how many of each unit of duration every time is; d is 0 where no keys
            are kept.
        mix: Shape (k, m), or None where the rows are the components. All pairs of a link have one
            state: one row is enough.
    """

    times: Array
    rows: Array
    keys: Keys
    mix: Array | None = None

    @property
    def sequence(self) -> Array:
        """Components (k, n)."""
        return self.rows if self.mix is None else self.mix @ self.rows

    @property
    def mass(self) -> Array:
        """Probability (n,) of every atom."""
        return self.rows[0] if self.mix is None else np.asarray(self.mix[0] @ self.rows)

    def later(self, duration_s: float, key: Keys) -> Atoms:
        """All atoms later by one duration, whose key is ``key`` (d,)."""
        if duration_s == 0.0:
            return self
        return Atoms(self.times + duration_s, self.rows, self.keys + key[:, None], self.mix)

    def with_sequence(self, sequence: Array) -> Atoms:
        """Other components at the same times."""
        return Atoms(self.times, sequence, self.keys)

    def upto(self, limit_s: float) -> Atoms:
        """Those that come no later than a limit."""
        kept = int(np.searchsorted(self.times, limit_s * (1.0 + TIE), side="right"))
        return Atoms(self.times[:kept], self.rows[:, :kept], self.keys[:, :kept], self.mix)

    def transform(self, rate: float, *, but_one: bool = False) -> Array:
        """Components (k,) of the mean of ``exp(-rate t)``; with ``but_one`` of 1 less that."""
        factor = -np.expm1(-rate * self.times) if but_one else np.exp(-rate * self.times)
        found = self.rows @ factor
        return np.asarray(found if self.mix is None else self.mix @ found)

    @staticmethod
    def joined(lists: Sequence[Atoms]) -> Atoms:
        """The atoms of several lists in one, equal times added up."""
        times, keys, rows = together(lists)
        return Atoms(times, np.sum(rows, axis=0), keys)


def together(lists: Sequence[Atoms], *, rows: bool = False) -> tuple[Array, Keys, list[Array]]:
    """Several lists on the times of all of them.

    Args:
        lists: The lists.
        rows: Whether the rows are wanted in place of the components.

    Returns:
        The times (m,), their keys (d, m), and each list's sequence (k, m), zero where it has none.

    Examples:
        >>> none = np.empty((0, 2), dtype=np.int64)
        >>> one = Atoms(np.array([0.1, 0.3]), np.array([[0.5, 0.25]]), none)
        >>> two = Atoms(np.array([0.1 * 3, 0.6]), np.array([[0.5, 0.25]]), none)
        >>> times, _, found = together([one, two])
        >>> times, found[1]
        (array([0.1, 0.3, 0.6]), array([[0.  , 0.5 , 0.25]]))
    """
    times = np.concatenate([each.times for each in lists])
    order = np.argsort(times, kind="stable")
    ordered = times[order]
    first = np.ones(len(times), dtype=bool)
    first[1:] = np.diff(ordered) > TIE * ordered[1:]
    places = np.empty(len(times), dtype=np.intp)
    places[order] = np.cumsum(first) - 1
    keys = np.concatenate([each.keys for each in lists], axis=1)[:, order[first]]
    found, at = [], 0
    for each in lists:
        where = places[at : at + len(each.times)]
        at += len(each.times)
        sequence = each.rows if rows else each.sequence
        found.append(_scattered(sequence, where, int(np.count_nonzero(first))))
    return ordered[first], keys, found


def _scattered(sequence: Array, where: npt.NDArray[np.intp], size: int) -> Array:
    """Columns at their places; those of one place, which stand side by side, are added."""
    starts = np.flatnonzero(np.diff(where, prepend=-1))
    if len(starts) < len(where):
        sequence, where = np.add.reduceat(sequence, starts, axis=1), where[starts]
    result = np.zeros((len(sequence), size))
    result[:, where] = sequence
    return result


class Waits:
    """Which atoms may still wait at each of the ascending ``times``: all, or those of a window.

    Args:
        times: Shape (n,), in s.
        window_s: How long a pair may wait; None for any time.
    """

    def __init__(self, times: Array, window_s: float | None = None) -> None:
        self.times, self.window_s = times, window_s
        self.starts = np.zeros(len(times), dtype=bool)
        self.first: npt.NDArray[np.intp] | None = None
        if window_s is None or not len(times) or window_s >= times[-1]:
            return
        slack = 2.0 * TIE * (times + window_s)
        self.first = np.searchsorted(times, times - window_s - slack).astype(np.intp)
        if window_s > 0.0:
            # Blocks as long as a window: it is the end of one and the start of the next.
            block = np.floor((times + slack) / window_s)
            self.starts = np.diff(block, prepend=-1.0) > 0
            self._block_end = (block + 1.0) * window_s
            self._start = np.maximum.accumulate(np.where(self.starts, np.arange(len(times)), 0))

    def sums(self, sequence: Array, rates: Array) -> tuple[Array, Array]:
        """What has come before each time and waits, decayed to it; the same with what comes then.

        Args:
            sequence: Shape (k, n), in coordinates in which storage is diagonal.
            rates: Shape (k,), in 1/s.

        Returns:
            Two arrays (k, n). Nothing is subtracted: no digit is lost, however short the window.
        """
        if self.first is None:
            return running(sequence, rates, self.times)
        if self.window_s == 0.0:
            return np.zeros_like(sequence), sequence
        earlier, _ = running(sequence, rates, self.times, self.starts)
        for k, rate in enumerate(rates):
            earlier[k] += self._from_block_before(sequence[k], float(rate))
        return earlier, earlier + sequence

    def _from_block_before(self, row: Array, rate: float) -> Array:
        """The part of every window that lies in the block before."""
        if self.first is None:
            return np.zeros_like(row)
        weighted = row * np.exp(-rate * np.maximum(self._block_end - self.times, 0.0))
        tails = _segmented_from_behind(weighted, self.starts)
        start = self._start
        reaches = self.first < start
        where = np.minimum(self.first, len(row) - 1)
        gap = np.maximum(self.times - self._block_end[where], 0.0)
        return np.where(reaches, tails[where] * np.exp(-rate * gap), 0.0)


def _segmented_from_behind(row: Array, starts: npt.NDArray[np.bool_]) -> Array:
    """Sums from each place to the end of its segment, without subtracting across segments."""
    size = len(row)
    ends = np.append(starts[1:], True)
    value, open_to = row[::-1].copy(), (~ends[::-1]).astype(float)
    return _scan(value, open_to, size)[::-1]


def running(
    sequence: Array, rates: Array, times: Array, starts: npt.NDArray[np.bool_] | None = None
) -> tuple[Array, Array]:
    """Sums of ``w_j exp(-rate (t - t_j))`` over the atoms before each time, and up to it.

    Args:
        sequence: Shape (k, n).
        rates: Shape (k,), in 1/s.
        times: Shape (n,), ascending, in s.
        starts: Shape (n,): where the sums start anew; nowhere if not given.

    Examples:
        >>> earlier, up_to = running(np.ones((1, 3)), np.array([np.log(2.0)]), np.arange(3.0))
        >>> earlier.round(6), up_to.round(6)
        (array([[0.  , 0.5 , 0.75]]), array([[1.  , 1.5 , 1.75]]))
    """
    up_to = np.empty_like(sequence)
    earlier = np.zeros_like(sequence)
    if not len(times):
        return earlier, up_to
    gaps = np.diff(times)
    for rate in np.unique(rates):
        rows = np.flatnonzero(rates == rate)
        step = np.exp(-rate * gaps)
        if starts is None and rate * np.ptp(times) <= _STEEPEST * (1.0 + len(times) / _BLOCK):
            sums = _in_blocks(sequence[rows], float(rate), times)
        else:
            if starts is not None:
                step = np.where(starts[1:], 0.0, step)
            sums = _scan(sequence[rows].copy(), np.append(0.0, step), len(times))
        earlier[rows, 1:] = sums[:, :-1] * step
        up_to[rows] = earlier[rows] + sequence[rows]
    return earlier, up_to


def _in_blocks(sequence: Array, rate: float, times: Array) -> Array:
    """Sums up to each time, a block of moderate exponent at a time, by one cumulative sum each."""
    exponents = rate * (times - times[0])
    edges = np.arange(_STEEPEST, exponents[-1] + _STEEPEST, _STEEPEST)
    bounds = np.unique(np.searchsorted(exponents, edges))
    sums, start, last = np.empty_like(sequence), 0, 0.0
    carried = np.zeros((len(sequence), 1))
    for end in [*bounds.tolist(), len(times)]:
        if end > start:
            inside = exponents[start:end] - exponents[start]
            grown = np.exp(inside)
            sums[:, start:end] = np.cumsum(sequence[:, start:end] * grown, axis=1)
            carried = carried * np.exp(last - exponents[start])
            sums[:, start:end] = (sums[:, start:end] + carried) / grown
            carried, last, start = sums[:, end - 1 : end], exponents[end - 1], end
    return sums


def _scan(value: Array, decay: Array, size: int) -> Array:
    """``c_j = decay_j c_(j-1) + value_j`` along the last axis, by doubling; overwrites both."""
    stride = 1
    with np.errstate(under="ignore"):
        while stride < size and decay[stride:].any():
            value[..., stride:] += decay[stride:] * value[..., :-stride].copy()
            decay[stride:] *= decay[:-stride].copy()
            decay[:stride] = 0.0
            stride *= 2
    return value
