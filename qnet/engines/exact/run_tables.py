"""The runs of ready segments of a chain, at one time and over blocks of steps; see ``runs``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from qnet.states.pauli import Array

__all__ = ["RunBlock", "RunTable", "run_blocks"]

#: Largest N b up to which working through the lengths beats triangular solves.
_SHORT = 32

#: How many numbers an array of runs may hold, if a step has not more: 16 MB.
_NUMBERS = 1 << 21

#: Most arrivals of one step that are joined one by one.
_FEW = 3


class RunTable:
    """The runs of ready segments at one time.

    Args:
        left: Shape (N, b): decay per step of the left index of a run, by its first segment.
        right: Shape (N, b): decay per step of its right index, by its last segment.
        joins: Shape (N - 1, b, b): G of each station.
    """

    def __init__(self, left: Array, right: Array, joins: Array) -> None:
        self.count, self.block = left.shape
        self.joins = joins
        # columns[m, :, i * b + a]: run i .. m; transposed, so that BLAS takes it without a copy.
        self.columns = np.zeros((self.count, self.block, self.count * self.block))
        self._rates = right[:, :, None] + left.reshape(-1)
        self._decay: tuple[float, Array] = (1.0, np.exp(-self._rates))
        # Local import: only chains need it.
        from scipy.linalg.blas import dtrsm

        self._trsm: Any = dtrsm

    def store(self, steps: float) -> None:
        """Let all outer memories store for so many steps, or so long where rates are in 1/s."""
        if steps != self._decay[0]:
            with np.errstate(under="ignore"):
                self._decay = steps, np.exp(-steps * self._rates)
        self.columns *= self._decay[1]

    def arrive(self, weights: Array) -> None:
        """Let segments come in the states (N, b, b), zero for those that do not come."""
        coming = np.flatnonzero(weights.any(axis=(1, 2)))
        if len(coming) <= _FEW:
            for k in coming.tolist():
                self.join(k, weights[k])
        else:
            self._join_all(weights)

    def take_full(self) -> Array:
        """The run of all segments (b, b), which is delivered: it is gone afterwards."""
        full = self.columns[-1, :, : self.block]
        delivered = full.T.copy()
        full[:] = 0.0
        return delivered

    def runs(self) -> Array:
        """Shape (N, N, b, b): run i .. m at [i, m], left index first; zero where i > m."""
        b = self.block
        return self.columns.reshape(self.count, b, self.count, b).transpose(2, 0, 3, 1)

    def join(self, k: int, weight: Array) -> None:
        """One segment comes."""
        b, reach = self.block, (k + 1) * self.block
        head = np.zeros((b, reach))
        if k:
            head[:, : reach - b] = (self.joins[k - 1] @ weight).T @ self.columns[
                k - 1, :, : reach - b
            ]
        head[:, reach - b :] = weight.T
        self.columns[k, :, :reach] += head
        if k + 1 < self.count:
            inside = self.columns[k + 1 :, :, reach : reach + b]
            tail = inside @ self.joins[k].T
            self.columns[k + 1 :, :, :reach] += tail @ head

    def _join_all(self, weights: Array) -> None:
        """All come at once: one triangular solve."""
        count, b = self.count, self.block
        size = count * b
        arriving = np.zeros((count, b, size))
        if b == 1:
            factors = self.joins[:, 0, 0, None]
            arriving[1:, 0] = self.columns[:-1, 0] * (factors * weights[1:, 0])
        else:
            through = np.swapaxes(self.joins @ weights[1:], 1, 2)
            arriving[1:] = through @ self.columns[:-1]
        blocks = np.arange(count)
        view = arriving.reshape(count, b, count, b)
        view[blocks, :, blocks] += np.swapaxes(weights, 1, 2)
        system = np.zeros((count, b, size))
        if b == 1:
            np.multiply(arriving[:-1, 0], -factors, out=system[1:, 0])
        else:
            np.matmul(-np.swapaxes(self.joins, 1, 2), arriving[:-1], out=system[1:])
        self.columns += arriving
        a, right_side = system.reshape(size, size).T, self.columns.reshape(size, size).T
        solved = self._trsm(1.0, a, right_side, diag=1, overwrite_b=1)
        self.columns = solved.T.reshape(count, b, size)


@dataclass(frozen=True, slots=True, eq=False)
class RunBlock:
    """All runs of a chain over consecutive steps.

    Args:
        start: The first of the m steps.
        delivered: Shape (b, b, m): what the full chain delivers at each step.
        table: Shape (N, N, b, b, m): run i .. j at [i, j]; (1, N, b, b, m) by length less one where
            all segments are equal. The full run is delivered, and zero here. Empty if not kept.
    """

    start: int
    delivered: Array
    table: Array

    def ending_at(self, last: int) -> Array:
        """Shape (last + 1, b, b, m): the runs that end at a segment, by their first segment."""
        return self.table[0, last::-1] if len(self.table) == 1 else self.table[: last + 1, last]


def run_blocks(
    weights: Array, left: Array, right: Array, joins: Array, *, keep: bool = True
) -> Iterator[RunBlock]:
    """Work out all runs, block by block of steps.

    Args:
        weights: Shape (N, n, b, b), as in `swap_asap_sector`.
        left: Shape (N, b).
        right: Shape (N, b).
        joins: Shape (N - 1, b, b).
        keep: Whether the runs are wanted, or only what is delivered.
    """
    count, block = left.shape
    equal = all(
        array.strides[0] == 0 or (array == array[:1]).all()
        for array in (left, right, joins, weights)
    )
    if equal or count * block <= _SHORT:
        return _by_length(weights, left, right, joins, equal=equal)
    return _by_solves(weights, left, right, joins, keep=keep)


def _by_solves(
    weights: Array, left: Array, right: Array, joins: Array, *, keep: bool
) -> Iterator[RunBlock]:
    """Step by step, one triangular solve each."""
    table = RunTable(left, right, joins)
    most = max(1, _NUMBERS // table.columns.size)
    for start in range(0, weights.shape[1], most):
        coming = weights[:, start : start + most].transpose(1, 0, 2, 3)
        delivered, kept = np.zeros(coming[:, 0].shape), []
        for row, arriving in enumerate(coming):
            table.store(1)
            table.arrive(arriving)
            delivered[row] = table.take_full()
            if keep:
                kept.append(table.runs().copy())
        runs = np.stack(kept, axis=-1) if keep else np.empty((0, 0))
        yield RunBlock(start, delivered.transpose(1, 2, 0), runs)


def _by_length(
    weights: Array, left: Array, right: Array, joins: Array, *, equal: bool
) -> Iterator[RunBlock]:
    """From the short runs to the long ones, for many steps at once.

    Of the segments that complete a run at the same step the leftmost counts as the last: the run to
    its left came earlier, that to its right by now. Storage is then a recursive filter over the
    steps. N^3 / 6 products a step; N^2 / 2 where all segments are equal.
    """
    # Local import: scipy.signal takes longer to load than most plans to solve.
    from scipy.signal import lfilter

    count, n, b, _ = weights.shape
    firsts = 1 if equal else count
    decay = np.exp(-(left[:firsts, None, :, None] + right[None, :, None, :]))
    carried = np.zeros((firsts, count, b, b))
    most = max(1, _NUMBERS // (firsts * count * b * b))
    for start in range(0, n, most):
        coming = np.ascontiguousarray(weights[:firsts, start : start + most].transpose(0, 2, 3, 1))
        shape = (firsts, count, b, b, coming.shape[-1])
        table, earlier, behind = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        delivered = np.zeros(shape[2:])
        for length in range(count):
            for i in range(1 if equal else count - length):
                j = i + length
                if length == 0:
                    behind[i, i] = coming[i]
                source = behind[i, j]
                if length:
                    after = behind[0, length - 1 :: -1] if equal else behind[i + 1 : j + 1, j]
                    source = source + _summed(earlier[i, i:j], after)
                if length == count - 1:
                    delivered = source
                    continue
                run, stored = table[i, j], carried[i, j] * decay[i, j]
                for row, column in np.ndindex(b, b):
                    fall, at = decay[i, j, row, column], (row, column)
                    run[at], _ = lfilter([1.0], [1.0, -fall], source[at], zi=stored[at][None])
                before = earlier[i, j]
                before[..., 0] = stored
                np.multiply(run[..., :-1], decay[i, j][..., None], out=before[..., 1:])
                if j + 1 < count:
                    earlier[i, j] = _joined(before, joins[j])
                if equal:
                    behind[0, length + 1] = _product(_joined(coming[0], joins[0]), run)
                elif i:
                    behind[i - 1, j] = _product(_joined(coming[i - 1], joins[i - 1]), run)
        carried = table[..., -1].copy()
        yield RunBlock(start, delivered, table)


def _summed(left: Array, right: Array) -> Array:
    """Sum of the matrix products of (k, b, b, m) with (k, b, b, m)."""
    if left.shape[1] == 1:
        return np.einsum("kt,kt->t", left[:, 0, 0], right[:, 0, 0])[None, None]
    return np.einsum("kabt,kbct->act", left, right)


def _product(left: Array, right: Array) -> Array:
    return left * right if len(left) == 1 else np.einsum("abt,bct->act", left, right)


def _joined(left: Array, join: Array) -> Array:
    return left * join[0, 0] if len(join) == 1 else np.einsum("abt,bc->act", left, join)
