"""Intervals of time in which a smooth function is positive: none longer than a limit is missed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from qnet.errors import ParameterError, check_positive, check_real
from qnet.space.earth import Floats

__all__ = ["Intervals", "covered", "intersection", "positive_intervals"]

#: Functions of rows and times, which are broadcast against each other: ``function(rows, times_s)``.
Rows = np.ndarray
Function = Callable[[Rows, Floats], Floats]

#: Most values of a coarse scan that are held at a time.
_CHUNK = 1 << 20

#: A root is found when the function is as small as this, or its bracket as short in s.
_SMALL = 1e-8
_SHORT_S = 1e-7


@dataclass(frozen=True, slots=True)
class Intervals:
    """Intervals of several rows, ordered by row and time.

    Args:
        row: Row of each, shape ``(n,)``.
        begin_s: Where it begins, in s.
        end_s: Where it ends, in s.
        cut_begin: Whether it had begun before the window.
        cut_end: Whether it lasts beyond the window.
    """

    row: Rows
    begin_s: Floats
    end_s: Floats
    cut_begin: np.ndarray
    cut_end: np.ndarray

    def of(self, row: int) -> Floats:
        """The intervals of a row, shape ``(n, 2)``."""
        mine = self.row == row
        return np.column_stack([self.begin_s[mine], self.end_s[mine]])


def positive_intervals(
    function: Function,
    rows: int,
    *,
    start_s: float,
    end_s: float,
    curvature: float,
    step_s: float,
    shortest_s: float = 0.01,
) -> Intervals:
    """Intervals where each row of a function is at least 0.

    A coarse grid is split where something may hide. Between two points a and b = a + h the function
    F lies within ``M x (b - x)/2`` of its chord, M the largest ``|F''|``; a piece whose ends have
    one sign is dropped when that keeps it from the other. A piece whose ends differ has one root
    alone if ``|F(b) - F(a)| > M h^2``: then F' does not change its sign. Pieces that are neither
    are halved until they are shorter than ``shortest_s``; so every interval, and every gap, that
    lasts longer than this is found. Roots are then bracketed by false position and bisection.

    Args:
        function: ``function(rows, times_s) -> values``; rows of shape ``(rows, 1)`` and times of
            shape ``(n,)`` while the grid is scanned, later one row for each time.
        rows: How many rows there are.
        start_s: Where the window begins, in s.
        end_s: Where it ends.
        curvature: Bound M on the second derivative of every row.
        step_s: Longest step of the grid.
        shortest_s: Duration in s up to which an interval may be missed.

    Raises:
        ParameterError: If the window is empty, or a step is not positive.

    Examples:
        >>> found = positive_intervals(
        ...     lambda row, t: np.sin(t) - 0.5, 1, start_s=0.0, end_s=9.0, curvature=1.0, step_s=1.0
        ... )
        >>> (found.of(0) * 6 / np.pi).round(6), found.cut_end.tolist()
        (array([[ 1.,  5.],
               [13., 17.]]), [False, False])
    """
    check_positive("step_s", step_s)
    check_positive("shortest_s", shortest_s)
    if not check_real("end_s", end_s) > check_real("start_s", start_s):
        raise ParameterError("end_s", f"be later than start_s = {start_s:g}", end_s, "in seconds")
    grid = np.linspace(start_s, end_s, max(2, int(np.ceil((end_s - start_s) / step_s)) + 1))
    width = max(1, _CHUNK // rows)
    found, first, last = [], np.empty(0), np.empty(0)
    for place in range(0, len(grid) - 1, width):
        times = grid[place : place + width + 1]
        grown = function(np.arange(rows)[:, None], times)
        values = np.broadcast_to(grown, (rows, len(times)))
        first = values[:, 0] if place == 0 else first
        last = values[:, -1]
        pieces = _pieces(times, values, curvature)
        found.append(_split(function, pieces, curvature, shortest_s))
    row, low, high, at_low, at_high = _joined(found)
    roots = _roots(function, row, low, high, at_low, at_high)
    return _paired(row, roots, at_high >= 0.0, first >= 0.0, last >= 0.0, (start_s, end_s))


Pieces = tuple[Rows, Floats, Floats, Floats, Floats]


def _pieces(times: Floats, values: Floats, curvature: float) -> Pieces:
    """Pieces of a coarse grid in which a root may lie."""
    low, high = values[:, :-1], values[:, 1:]
    kept = _may_change(low, high, np.diff(times), curvature)
    where, place = np.nonzero(kept)
    return where, times[place], times[place + 1], low[kept], high[kept]


def _may_change(low: Floats, high: Floats, width: Floats, curvature: float) -> np.ndarray:
    """Whether a piece may hold a root: its ends differ, or a parabola reaches 0 between them."""
    span = curvature * width**2
    apart = np.minimum(np.abs(high - low), span / 2.0)
    # The parabola through both ends with curvature -M rises above the nearer end by this.
    rise = (span / 2.0 - apart) ** 2 / (2.0 * span)
    nearer = np.minimum(np.abs(low), np.abs(high))
    return ((low >= 0.0) != (high >= 0.0)) | (nearer <= rise)


def _split(function: Function, pieces: Pieces, curvature: float, shortest_s: float) -> Pieces:
    """Pieces with one root each, by halving."""
    done = []
    while True:
        row, low, high, at_low, at_high = pieces
        differs = (at_low >= 0.0) != (at_high >= 0.0)
        width = high - low
        is_short = width <= shortest_s
        is_single = differs & ((np.abs(at_high - at_low) > curvature * width**2) | is_short)
        done.append(_chosen(pieces, is_single))
        more = ~is_single & ~is_short
        if not more.any():
            break
        row, low, high, at_low, at_high = _chosen(pieces, more)
        middle = (low + high) / 2.0
        at_middle = function(row, middle)
        halves = _joined(
            [(row, low, middle, at_low, at_middle), (row, middle, high, at_middle, at_high)]
        )
        kept = _may_change(halves[3], halves[4], halves[2] - halves[1], curvature)
        pieces = _chosen(halves, kept)
    return _joined(done)


def _chosen(pieces: Pieces, which: np.ndarray) -> Pieces:
    row, low, high, at_low, at_high = pieces
    return row[which], low[which], high[which], at_low[which], at_high[which]


def _joined(parts: list[Pieces]) -> Pieces:
    row, low, high, at_low, at_high = (np.concatenate(each) for each in zip(*parts, strict=True))
    return row, low, high, at_low, at_high


def _roots(
    function: Function, row: Rows, low: Floats, high: Floats, at_low: Floats, at_high: Floats
) -> Floats:
    """The root in each bracket: false position (Illinois), and every fourth time a bisection."""
    low, high, at_low, at_high = low.copy(), high.copy(), at_low.copy(), at_high.copy()
    roots = np.where(np.abs(at_low) <= np.abs(at_high), low, high)
    best = np.minimum(np.abs(at_low), np.abs(at_high))
    open_ = np.flatnonzero((best > _SMALL) & (high - low > _SHORT_S))
    for turn in range(1, 400):
        if not open_.size:
            break
        a, b, fa, fb = low[open_], high[open_], at_low[open_], at_high[open_]
        x = (a + b) / 2.0 if turn % 4 == 0 else b - fb * (b - a) / (fb - fa)
        x = np.clip(x, a, b)
        fx = function(row[open_], x)
        roots[open_] = x
        left = (fx >= 0.0) == (fa >= 0.0)
        low[open_], high[open_] = np.where(left, x, a), np.where(left, b, x)
        at_low[open_] = np.where(left, fx, fa / 2.0)
        at_high[open_] = np.where(left, fb / 2.0, fx)
        open_ = open_[(np.abs(fx) > _SMALL) & (high[open_] - low[open_] > _SHORT_S)]
    return roots


def _paired(
    row: Rows,
    roots: Floats,
    rises: np.ndarray,
    first: np.ndarray,
    last: np.ndarray,
    window: tuple[float, float],
) -> Intervals:
    """Intervals from roots; the window's ends close those that it cuts."""
    early, late = np.flatnonzero(first), np.flatnonzero(last)
    begin_row = np.concatenate([early, row[rises]])
    begin = np.concatenate([np.full(early.size, window[0]), roots[rises]])
    end_row = np.concatenate([row[~rises], late])
    end = np.concatenate([roots[~rises], np.full(late.size, window[1])])
    cut_begin, cut_end = (
        np.arange(begin.size) < early.size,
        np.arange(end.size) >= end.size - late.size,
    )
    by_begin, by_end = np.lexsort((begin, begin_row)), np.lexsort((end, end_row))
    return Intervals(
        begin_row[by_begin], begin[by_begin], end[by_end], cut_begin[by_begin], cut_end[by_end]
    )


def intersection(one: Floats, other: Floats) -> Floats:
    """Where two lists of intervals overlap, shape ``(n, 2)``; each is ordered and without overlaps.

    Examples:
        >>> one, other = np.array([[0.0, 5.0], [7.0, 9.0]]), np.array([[1.0, 2.0], [4.0, 8.0]])
        >>> intersection(one, other).tolist()
        [[1.0, 2.0], [4.0, 5.0], [7.0, 8.0]]
    """
    found, j = [], 0
    for begin, end in one:
        while j < len(other) and other[j, 1] <= begin:
            j += 1
        k = j
        while k < len(other) and other[k, 0] < end:
            found.append((max(begin, other[k, 0]), min(end, other[k, 1])))
            k += 1
    return np.array(found, dtype=float).reshape(-1, 2)


def covered(intervals: Floats, pause_s: float = 0.0) -> Floats:
    """The union of intervals, ordered and without overlaps, shape ``(n, 2)``.

    Args:
        intervals: In any order, shape ``(n, 2)``.
        pause_s: Pauses of so many seconds and less are covered as well.

    Examples:
        >>> covered(np.array([[4.0, 6.0], [0.0, 1.0], [5.0, 9.0]])).tolist()
        [[0.0, 1.0], [4.0, 9.0]]
    """
    if not len(intervals):
        return np.empty((0, 2))
    ordered = intervals[np.argsort(intervals[:, 0], kind="stable")]
    reach = np.maximum.accumulate(ordered[:, 1])
    opens = np.append(True, ordered[1:, 0] > reach[:-1] + pause_s)
    closes = np.append(opens[1:], True)
    return np.column_stack([ordered[opens, 0], reach[closes]])
