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
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from qnet.engines.exact.run_tables import RunTable, run_blocks
from qnet.states.pauli import Array

__all__ = [
    "lattice",
    "last_of_all",
    "swap_asap_atoms",
    "swap_asap_sector",
    "swap_asap_sector_atoms",
]

#: Exponent of storage up to which atoms share one origin of time.
_SCALED = 30.0


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


def swap_asap_sector(weights: Array, left: Array, right: Array, joins: Array) -> Array:
    """Deliveries on a grid of components that mix among themselves only.

    A step costs some N^3 / 3 products of blocks, and N^2 / 2 for equal segments, of which all runs
    of one length are equal.

    Args:
        weights: Shape (N, n, b, b): each segment's deliveries, left index first.
        left: Shape (N, b): decay per step of the left index.
        right: Shape (N, b): decay per step of the right index.
        joins: Shape (N - 1, b, b): G of each station, from the right index on its left to the left
            index on its right.

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
        left_rates: Shape (N, b), in 1/s; this and what follows as in `swap_asap_sector`.
        right_rates: Shape (N, b), in 1/s.
        joins: Shape (N - 1, b, b).

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
