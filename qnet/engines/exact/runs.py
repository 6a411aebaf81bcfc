r"""Swap-as-soon-as-possible by runs of ready segments: exact for any number of segments.

Every station measures when both of its pairs are there, every swap succeeds, nothing is given up.
Let segment i deliver at time :math:`T_i`, and let Q[i, m] at time t be the mean of

    [segments i .. m have all come by t] x their correlators x what the memories at the stations
    between them cost x storage of the outer memories of i and m up to t.

Between segments that are not ready, runs are independent. When segment k comes in the state
:math:`R_k`, the run that ends at k - 1 and the run that begins at k + 1 join with it:

.. math:: Q_{im} \mathrel{+}= A_{ik} R_k B_{km}, \qquad
    A_{ik} = Q_{i,k-1} G_{k-1} + \delta_{ik}, \quad B_{km} = \delta_{km} + G_k Q_{k+1,m},

with :math:`G_k` the Bell measurement between k and k + 1. Segments that come at the same time may
be taken one after the other, in any order: the last to come splits a run into two complete ones,
and each history is counted once. All of a step at once are the triangular system
:math:`(1 - P G) Q' = Q + P`, :math:`P = (1 + Q G) R`, G above the diagonal. So N (N + 1) / 2 runs
replace the 2^N sets of ready segments, and nothing is ever subtracted. (Moments of chains of up to
25 segments, distributions of up to 10: K. Goodenough, T. Coopmans, D. Towsley, arXiv:2404.07146.)

States are held in coordinates in which storage is diagonal ("stored" coordinates of the carrier):
numbers where components do not mix (Bell-diagonal states, b = 1), else small blocks b x b.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from qnet.pairs.fano import Array

__all__ = [
    "RunBlock",
    "RunTable",
    "lattice",
    "last_of_all",
    "run_blocks",
    "swap_asap_atoms",
    "swap_asap_grid",
    "swap_asap_sector",
    "swap_asap_sector_atoms",
]

#: Exponent of storage up to which atoms share one origin of time.
_SCALED = 30.0

#: Largest N b up to which working through the lengths beats triangular solves.
_SHORT = 32

#: How many numbers an array of runs may hold, if a step has not more: 16 MB.
_NUMBERS = 1 << 21

#: Most arrivals of one step that are joined one by one.
_FEW = 3


def swap_asap_atoms(
    times: Array,
    segment: npt.NDArray[np.intp],
    weights: Array,
    left_rates: Array,
    right_rates: Array,
) -> Array:
    """Deliveries of a chain whose segments deliver at any times: no grid, no rounding of times.

    Component 0 is usually the probability (rates zero), the others probability times correlator.
    The cost is one rank-one update of the runs for every atom, (N / 2)^2 products each at most; the
    memory k N^2.

    Args:
        times: Shape (n,): the times of all segments' atoms, in ascending order, in s.
        segment: Shape (n,): the segment, 0 to N - 1 from left to right, that each belongs to. Atoms
            of different segments at equal times may stand in any order.
        weights: Shape (k, n): components of the atom's segment in stored coordinates.
        left_rates: Shape (N, k): rates in 1/s at which each component of a stored pair falls by its
            left memory.
        right_rates: Shape (N, k): the same by its right memory.

    Returns:
        Shape (k, n): what is delivered at each atom, when its segment is the last to come. Both end
        memories have stored up to then; what stations do to the state is not in it.

    Examples:
        Two links, p = 1/2: the second attempt of one waits for nobody.

        >>> swap_asap_atoms(
        ...     np.array([1.0, 1.0, 2.0, 2.0]),
        ...     np.array([0, 1, 0, 1]),
        ...     np.array([[0.5, 0.5, 0.25, 0.25]]),
        ...     np.zeros((2, 1)),
        ...     np.zeros((2, 1)),
        ... )
        array([[0.    , 0.25  , 0.125 , 0.1875]])
    """
    count, n = len(left_rates), len(times)
    left, right = np.asarray(left_rates, dtype=float).T, np.asarray(right_rates, dtype=float).T
    # runs[c, i, j]: segments i .. j - 1, times exp(passed x rates of its ends) since the origin.
    runs = np.zeros((len(weights), count + 1, count + 1))
    delivered = np.zeros((len(weights), n))
    fastest = float((left.max(initial=0.0) + right.max(initial=0.0)) or 1.0)
    outer = left[:, :, None] + right[:, None, :]
    origin = float(times[0]) if n else 0.0
    for atom, (time, k) in enumerate(zip(times.tolist(), segment.tolist(), strict=True)):
        passed = time - origin
        if passed * fastest > _SCALED:
            with np.errstate(under="ignore"):
                runs[:, :-1, 1:] *= np.exp(-passed * outer)
            origin, passed = time, 0.0
        # An empty run at k is one, whatever its origin; others fall by the memory that is read now.
        head = runs[:, : k + 1, k] * np.exp(-passed * right[:, max(k - 1, 0), None])
        tail = runs[:, k + 1, k + 1 :] * np.exp(-passed * left[:, min(k + 1, count - 1), None])
        head[:, k], tail[:, 0] = np.exp(passed * left[:, k]), np.exp(passed * right[:, k])
        head *= weights[:, atom, None]
        runs[:, : k + 1, k + 1 :] += head[:, :, None] * tail[:, None, :]
        full = runs[:, 0, count]
        delivered[:, atom] = full * np.exp(-passed * (left[:, 0] + right[:, -1]))
        full[:] = 0.0
    return delivered


def swap_asap_grid(sequences: Array, dt: float, left_rates: Array, right_rates: Array) -> Array:
    """The same where all segments deliver on one time grid.

    A step costs some N^3 / 3 products for each component that differs from the others, and N^2 / 2
    for equal segments, of which all runs of one length are equal.

    Args:
        sequences: Shape (N, k, n): components of each segment's deliveries at every step.
        dt: Length of a step in s.
        left_rates: Shape (N, k), in 1/s, as in `swap_asap_atoms`.
        right_rates: Shape (N, k), in 1/s.

    Returns:
        Shape (k, n): what is delivered at each step.

    Examples:
        >>> link = np.array([[[0.0, 0.5, 0.25, 0.125]]])
        >>> swap_asap_grid(link.repeat(3, axis=0), 1.0, np.zeros((3, 1)), np.zeros((3, 1)))
        array([[0.        , 0.125     , 0.296875  , 0.24804688]])
    """
    count, size, n = sequences.shape
    left, right = (
        np.broadcast_to(left_rates, (count, size)),
        np.broadcast_to(right_rates, (count, size)),
    )
    delivered = np.zeros((size, n))
    for row in range(size):
        same = next((k for k in range(row) if _equal(sequences, left, right, k, row)), None)
        if same is not None:
            delivered[row] = delivered[same]
            continue
        weights, rates = sequences[:, row], (left[:, row] * dt, right[:, row] * dt)
        if not (rates[0].any() or rates[1].any()):
            delivered[row] = last_of_all(weights)
        else:
            blocks = weights[:, :, None, None]
            joins = np.ones((count - 1, 1, 1))
            one = swap_asap_sector(blocks, rates[0][:, None], rates[1][:, None], joins)
            delivered[row] = one[:, 0, 0]
    return delivered


def swap_asap_sector(weights: Array, left: Array, right: Array, joins: Array) -> Array:
    """Deliveries on a grid of components that mix among themselves only.

    Args:
        weights: Shape (N, n, b, b): each segment's deliveries, left index first.
        left: Shape (N, b): decay per step of the left index.
        right: Shape (N, b): decay per step of the right index.
        joins: Shape (N - 1, b, b): G of each station, between the right index of the segment on its
            left and the left index of that on its right.

    Returns:
        Shape (n, b, b).

    Examples:
        >>> link = np.array([0.0, 0.5, 0.25])[None, :, None, None].repeat(2, axis=0)
        >>> rate = np.full((2, 1), np.log(2.0))
        >>> swap_asap_sector(link, rate, rate, np.ones((1, 1, 1)))[:, 0, 0]
        array([0.   , 0.25 , 0.125])
    """
    delivered = np.zeros((weights.shape[1], *weights.shape[2:]))
    first, every = lattice(weights)
    weights, left, right = weights[:, first::every], left * every, right * every
    for block in run_blocks(weights, left, right, joins, keep=False):
        begin = first + block.start * every
        end = begin + block.delivered.shape[-1] * every
        delivered[begin:end:every] = block.delivered.transpose(2, 0, 1)
    return delivered


def lattice(weights: Array, late: Sequence[int] = ()) -> tuple[int, int]:
    """The first step at which a segment comes, and the longest stride that meets all others.

    Args:
        weights: Shape (N, n, b, b).
        late: Steps by which answers are late; their differences are multiples of the stride, too.

    Examples:
        >>> lattice(np.array([[0.0, 0.0, 0.5, 0.0, 0.5]])[:, :, None, None])
        (2, 2)
    """
    come = np.flatnonzero(weights.any(axis=(0, 2, 3)))
    if not len(come):
        return 0, 1
    first = int(come[0])
    stride = math.gcd(*(come - first).tolist(), *(steps - min(late) for steps in late))
    return first, stride or 1


def swap_asap_sector_atoms(
    times: Array,
    segment: npt.NDArray[np.intp],
    weights: Array,
    left_rates: Array,
    right_rates: Array,
    joins: Array,
) -> Array:
    """The same for deliveries at any times; `swap_asap_atoms` for components that mix.

    Args:
        times: Shape (n,): the times of all segments' atoms, in ascending order, in s.
        segment: Shape (n,): the segment that each belongs to.
        weights: Shape (n, b, b): the atom's components, left index first.
        left_rates: Shape (N, b), in 1/s: how the left index falls in storage.
        right_rates: Shape (N, b), in 1/s: how the right index does.
        joins: Shape (N - 1, b, b): the Bell measurement of each station.

    Returns:
        Shape (n, b, b): what is delivered at each atom.

    Examples:
        >>> swap_asap_sector_atoms(
        ...     np.array([1.0, 1.0, 2.0, 2.0]),
        ...     np.array([0, 1, 0, 1]),
        ...     np.array([0.5, 0.5, 0.25, 0.25])[:, None, None],
        ...     np.zeros((2, 1)),
        ...     np.zeros((2, 1)),
        ...     np.ones((1, 1, 1)),
        ... )[:, 0, 0]
        array([0.    , 0.25  , 0.125 , 0.1875])
    """
    table = RunTable(left_rates, right_rates, joins)
    delivered = np.zeros_like(weights)
    before = float(times[0]) if len(times) else 0.0
    for atom, (time, k) in enumerate(zip(times.tolist(), segment.tolist(), strict=True)):
        if time > before:
            table.store(time - before)
        table.join(k, weights[atom])
        delivered[atom] = table.take_full()
        before = time
    return delivered


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
        self._trsm: Any = _blas_trsm()

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


def last_of_all(weights: Array) -> Array:
    """When the last of independent segments comes, where nothing is lost by waiting.

    Args:
        weights: Shape (N, n): one component of each segment's deliveries at every step.

    Returns:
        Shape (n,): the sum over which is the last; those before it in the chain came earlier.

    Examples:
        >>> last_of_all(np.array([[0.0, 0.5, 0.25], [0.0, 0.5, 0.25]]))
        array([0.    , 0.25  , 0.3125])
    """
    total = weights[0].copy()
    present = np.cumsum(weights[0])
    for weight in weights[1:]:
        up_to = np.cumsum(weight)
        earlier = np.append(0.0, present[:-1])
        total = total * up_to + earlier * weight
        present = present * up_to
    return total


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
                    behind[0, length + 1] = _product(_from_left(coming[0], joins[0]), run)
                elif i:
                    behind[i - 1, j] = _product(_from_left(coming[i - 1], joins[i - 1]), run)
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


_from_left = _joined


def _equal(sequences: Array, left: Array, right: Array, one: int, two: int) -> bool:
    """Whether two components have equal weights and rates."""
    pairs = ((sequences[:, one], sequences[:, two]), (left[:, one], left[:, two]))
    return all(np.array_equal(a, b) for a, b in (*pairs, (right[:, one], right[:, two])))


def _blas_trsm() -> Any:  # noqa: ANN401
    # Local import: only chains need it.
    from scipy.linalg.blas import dtrsm

    return dtrsm
