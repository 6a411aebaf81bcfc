r"""Swap-as-soon-as-possible by runs where stations or messages take unequal time.

Let :math:`d_k` be what passes from the measurement of station k until the farther end knows its
result. The pair is delivered at the largest :math:`T_i + D_i`, with :math:`D_i` the larger d of the
two stations beside segment i; until then the end memories store. So the chain is complete at u when
every :math:`T_i \le u - D_i`: segments do not have the same time to come.

On a grid, a segment is *old* at u when it came before the earliest of these limits, *recent* when
it came after that. Old segments form runs that know no limits (`run_blocks`); recent ones are taken
from left to right, and between two of them lies nothing or one old run. A mark tells histories in
which some segment comes exactly at its limit: these are delivered at u, and nothing is ever
subtracted. A step costs some ``N^3 / 3 + N^2 + N w`` products for a window of w steps.

For atoms at any times the window is the whole past: a chain pass for each delivery time.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qnet.engines.exact.run_tables import RunBlock, run_blocks
from qnet.engines.exact.runs import lattice
from qnet.engines.exact.series import stored
from qnet.states.pauli import Array

__all__ = ["swap_asap_late_atoms", "swap_asap_late_sector"]

#: Numbers that one array of a block of delivery times may hold: 32 MB.
_LARGEST = 1 << 22

Indices = npt.NDArray[np.intp]


def swap_asap_late_sector(
    weights: Array, left: Array, right: Array, joins: Array, late: Indices
) -> Array:
    """Deliveries on a grid of components that mix among themselves only.

    Args:
        weights: Shape (N, n, b, b), as in `swap_asap_sector`, and so are the next three.
        left: Shape (N, b).
        right: Shape (N, b).
        joins: Shape (N - 1, b, b).
        late: Shape (N,): steps :math:`D_i` from when a segment comes to the earliest delivery.

    Returns:
        Shape (n, b, b): what is delivered at each step; both end memories have stored up to then.

    Examples:
        Two links that come at step 0 or 1; the end of the second hears of it a step later.

        >>> link = np.array([0.5, 0.5, 0.0])[None, :, None, None].repeat(2, axis=0)
        >>> rate, late = np.zeros((2, 1)), np.array([0, 1])
        >>> swap_asap_late_sector(link, rate, rate, np.ones((1, 1, 1)), late)[:, 0, 0]
        array([0. , 0.5, 0.5])
    """
    delivered = np.zeros((weights.shape[1], *weights.shape[2:]))
    first, every = lattice(weights, late.tolist())
    earliest = int(late.min())
    reach = len(range(first + earliest, len(delivered), every))
    coming = weights[:, first::every][:, :reach]
    chain = _Chain(coming, left * every, right * every, joins, (late - earliest) // every)
    waits = np.exp(-earliest * (left[0][:, None] + right[-1]))
    for start, found in _deliveries(chain):
        begin = first + earliest + start * every
        delivered[begin : begin + len(found) * every : every] = found * waits
    return delivered


@dataclass(frozen=True, slots=True, eq=False)
class _Chain:
    """The arguments of `swap_asap_late_sector`, the earliest answer being never late."""

    weights: Array
    left: Array
    right: Array
    joins: Array
    late: Indices

    @property
    def latest(self) -> int:
        """Steps from the earliest limit to the latest."""
        return int(self.late.max())


def _deliveries(chain: _Chain) -> Iterator[tuple[int, Array]]:
    """Blocks of delivery steps: the first, and what is delivered at each of them (m, b, b)."""
    count, reach, b, _ = chain.weights.shape
    most = max(1, _LARGEST // (2 * b * b * (chain.latest + 1)))
    # Up to the largest limit no segment is old.
    young = min(chain.latest + 1, reach)
    nothing = np.zeros((1, count, b, b, young))
    blocks = run_blocks(chain.weights, chain.left, chain.right, chain.joins)
    for block in itertools.chain([RunBlock(-young, nothing[0, 0], nothing)], blocks):
        begin = block.start + (young if block.start < 0 else chain.latest + 1)
        for start in range(begin, min(begin + block.table.shape[-1], reach), most):
            stop = min(start + most, begin + block.table.shape[-1], reach)
            old = RunBlock(start, block.delivered, block.table[..., start - begin : stop - begin])
            yield start, _pass(chain, np.arange(start, stop), old)


def _pass(chain: _Chain, steps: Indices, old: RunBlock) -> Array:
    """What is delivered at these steps (m,): (m, b, b); recent segments from left to right.

    Arrays of recent segments are (2, b, b, m, w): not marked and marked, left and right index,
    delivery step, offset of the arrival in the window.
    """
    count, b = chain.left.shape
    since_old, diagonal = np.arange(1.0, chain.latest + 2.0), range(b)
    to_delivery = since_old[::-1] - 1.0
    # starts[:, k]: all that lies to the left of an old run that begins at segment k.
    starts = np.zeros((2, count, b, b, len(steps)))
    starts[0, 0, diagonal, diagonal] = np.exp(-chain.left[0] * (chain.latest + 1.0))[:, None]
    widths = (chain.latest + 1 - chain.late).tolist()
    before = np.zeros((2, b, b, len(steps), widths[0]))
    ends = np.exp(-np.multiply.outer(chain.left[0], to_delivery[: widths[0]]))
    before[0, diagonal, diagonal] = ends[:, None, :]
    recent = _come(before, chain, 0, steps)
    for k, width in enumerate(widths[1:], start=1):
        right, left, join = chain.right[k - 1], chain.left[k], chain.joins[k - 1]
        joined = _times(recent, join)
        decay = np.exp(-np.multiply.outer(left, since_old[: joined.shape[-1]]))
        starts[:, k] = np.einsum("facmw,cw->facm", joined, decay)
        decay = np.exp(-np.multiply.outer(right, since_old[:width]))
        present = _through(starts, old, k - 1)[..., None] * decay[:, None, :]
        present += _until(_wide(recent, width), right)
        before = _times(present, join) + _wide(_after(joined, left), width)
        recent = _come(before, chain, k, steps)
    last = np.exp(-np.multiply.outer(chain.right[-1], to_delivery[: widths[-1]]))
    marked = _through(starts[1:], old, count - 1)[0].transpose(2, 0, 1)
    marked = marked * np.exp(-chain.right[-1] * (chain.latest + 1.0))
    return np.asarray(marked + np.einsum("acmw,cw->mac", recent[1], last))


def _wide(recent: Array, width: int) -> Array:
    """Cut to so many offsets, or filled with zeros."""
    if recent.shape[-1] >= width:
        return recent[..., :width]
    padding = [(0, 0)] * 4 + [(0, width - recent.shape[-1])]
    return np.pad(recent, padding)


def _through(starts: Array, old: RunBlock, last: int) -> Array:
    """(2, b, b, m): everything to the left of an old run that ends at a segment, and that run."""
    return np.einsum("fkacm,kcdm->fadm", starts[:, : last + 1], old.ending_at(last))


def _times(pairs: Array, join: Array) -> Array:
    """Matrix product on the right index with (b, b), or with (b, b, m, w)."""
    if len(join) == 1:
        return pairs if np.ndim(join[0, 0]) == 0 and join[0, 0] == 1.0 else pairs * join[0, 0]
    result = np.zeros_like(pairs)
    # Explicit sums: faster than einsum, whose inner loops would be short.
    for row, column in np.argwhere(join.reshape(*join.shape[:2], -1).any(axis=2)).tolist():
        result[:, :, column] += pairs[:, :, row] * join[row, column]
    return result


def _until(recent: Array, rates: Array) -> Array:
    """Sums over arrivals up to each offset of the window, the right index stored since."""
    rows = np.broadcast_to(rates[:, None], recent.shape[:-1]).reshape(-1)
    return stored(recent.reshape(len(rows), -1), rows).reshape(recent.shape)


def _after(recent: Array, rates: Array) -> Array:
    """Sums over arrivals after each offset, the new segment's left index stored until then."""
    backward = _until(recent[..., ::-1], rates)[..., ::-1]
    result = np.zeros_like(recent)
    result[..., :-1] = backward[..., 1:] * np.exp(-rates)[:, None, None]
    return result


def _come(before: Array, chain: _Chain, k: int, steps: Indices) -> Array:
    """Segment k comes in the window, up to its limit; at its limit histories are marked."""
    when = (steps - chain.latest)[:, None] + np.arange(before.shape[-1])
    weight = chain.weights[k, np.maximum(when, 0)]
    weight[when < 0] = 0.0
    weight = weight.transpose(2, 3, 0, 1)
    come = _times(before, weight)
    come[1, ..., -1] += come[0, ..., -1]
    come[0, ..., -1] = 0.0
    return np.asarray(come)


def swap_asap_late_atoms(
    times: Array,
    segment: Indices,
    weights: Array,
    left_rates: Array,
    right_rates: Array,
    joins: Array,
    late_s: Array,
) -> tuple[Array, Array]:
    """Deliveries of a chain whose segments deliver at any times, where answers come late.

    The cost is some ten products for every pair of atoms.

    Args:
        times: Shape (n,): the times of all segments' atoms in s, ascending within each segment.
        segment: Shape (n,): the segment that each belongs to.
        weights: Shape (n, b, b), as in `swap_asap_sector_atoms`, and so are the next three.
        left_rates: Shape (N, b), in 1/s.
        right_rates: Shape (N, b), in 1/s.
        joins: Shape (N - 1, b, b).
        late_s: Shape (N,): the times :math:`D_i` in s.

    Returns:
        The delivery times (n,) in ascending order, one for each atom, and what is delivered (n, b,
        b) then.

    Examples:
        >>> times, delivered = swap_asap_late_atoms(
        ...     np.array([0.0, 1.0, 0.0, 1.0]),
        ...     np.array([0, 0, 1, 1]),
        ...     np.full((4, 1, 1), 0.5),
        ...     np.zeros((2, 1)),
        ...     np.zeros((2, 1)),
        ...     np.ones((1, 1, 1)),
        ...     np.array([0.0, 1.5]),
        ... )
        >>> times, delivered[:, 0, 0]
        (array([0. , 1. , 1.5, 2.5]), array([0. , 0. , 0.5, 0.5]))
    """
    ends = times + late_s[segment]
    order = np.argsort(ends, kind="stable")
    rank = np.empty(len(order), dtype=np.intp)
    rank[order] = np.arange(len(order))
    delivered = np.zeros((len(order), *weights.shape[1:]))
    members = [np.flatnonzero(segment == k) for k in range(len(left_rates))]
    largest = max(len(atoms) for atoms in members) * 2 * weights[0].size
    most = max(1, _LARGEST // max(largest, 1))
    for first in range(0, len(order), most):
        until = ends[order[first : first + most]]
        chain = _ChainPass(until, first, times, rank, weights)
        recent, stamps = chain.first(members[0], left_rates[0]), times[members[0]]
        for k, join in enumerate(joins, start=1):
            before = _meet(
                recent, stamps, times[members[k]], right_rates[k - 1], join, left_rates[k]
            )
            recent, stamps = chain.come(before, members[k]), times[members[k]]
        waits = np.maximum(until - stamps[:, None], 0.0)
        decay = np.exp(-waits[:, :, None, None] * right_rates[-1])
        delivered[first : first + most] = (recent[:, 1] * decay).sum(axis=0)
    return ends[order], delivered


@dataclass(frozen=True, slots=True, eq=False)
class _ChainPass:
    """One chain pass for delivery times (m,), of ranks ``first`` and following."""

    until: Array
    begin: int
    times: Array
    rank: Indices
    weights: Array

    def first(self, atoms: Indices, rates: Array) -> Array:
        """The first segment, its left memory stored until delivery: (atoms, 2, m, b, b)."""
        waits = np.maximum(self.until - self.times[atoms][:, None], 0.0)
        before = np.zeros((len(atoms), 2, len(self.until), *self.weights.shape[1:]))
        diagonal = range(len(rates))
        before[:, 0, :, diagonal, diagonal] = np.exp(-np.multiply.outer(rates, waits))
        return self.come(before, atoms)

    def come(self, before: Array, atoms: Indices) -> Array:
        """A segment comes; its atom is allowed up to its own rank, and marked there."""
        come = before @ self.weights[atoms][:, None, None]
        for here, place in zip(come, (self.rank[atoms] - self.begin).tolist(), strict=True):
            here[:, : max(place, 0)] = 0.0
            if 0 <= place < len(self.until):
                here[1, place] += here[0, place]
                here[0, place] = 0.0
        return np.asarray(come)


def _meet(
    recent: Array, stamps: Array, times: Array, right: Array, join: Array, left: Array
) -> Array:
    """What stands to the left of each atom of the next segment, the station between measured."""
    result = np.empty((len(times), *recent.shape[1:]))
    at = np.searchsorted(stamps, times, side="right")
    present, now, done = np.zeros(recent.shape[1:]), -np.inf, 0
    for k, (time, earlier) in enumerate(zip(times.tolist(), at.tolist(), strict=True)):
        for j in range(done, earlier):
            present = present * _fallen(right, stamps[j] - now) + recent[j]
            now = float(stamps[j])
        done = earlier
        result[k] = (present * _fallen(right, time - now)) @ join
    future, now, done = np.zeros(recent.shape[1:]), np.inf, len(stamps)
    for k in range(len(times) - 1, -1, -1):
        for j in range(done - 1, int(at[k]) - 1, -1):
            future = future * _fallen(left, now - stamps[j]) + recent[j] @ join
            now = float(stamps[j])
        done = int(at[k])
        result[k] += future * _fallen(left, now - times[k])
    return result


def _fallen(rates: Array, time: float) -> Array:
    """Decay of a (last) index; nothing falls at rate zero, however long."""
    return np.exp(-np.where(rates > 0.0, rates * min(time, 1e300), 0.0))
