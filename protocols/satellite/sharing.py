"""Key of a trusted satellite shared among pairs of stations: linear programmes over its stores.

A satellite that holds a key with each of two stations announces their exclusive or; both stations
then have a key in common, and the two keys on board are used up. With ``K_i`` bits for station
``i``, pairs get ``x_ij >= 0`` with ``sum_j x_ij <= K_i``: a fractional matching. Keys of different
satellites do not meet on board, so each satellite has such limits of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from qnet.errors import EngineError, ParameterError
from qnet.space.earth import Floats

__all__ = ["SharedKey", "common_factor", "largest_total"]

#: Tolerances of HiGHS, as small as it takes them, in units of the largest store.
_TOLERANCES = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}

Pairs = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedKey:
    """What pairs of stations get of the stores of satellites.

    Args:
        factor: How many times its demand each pair gets; None where the sum is maximised.
        bits: Bits of each pair, shape ``(pairs,)``.
        by_satellite: Those through each satellite, shape ``(satellites, pairs)``.
        tight: Satellite and station of the stores of which more would help.
    """

    factor: float | None
    bits: Floats
    by_satellite: Floats
    tight: tuple[tuple[int, int], ...]


def common_factor(stores: Floats, pairs: Pairs, wanted: Sequence[float]) -> SharedKey:
    """The largest factor by which the demands of all pairs are met together.

    Solved by HiGHS (Q. Huangfu, J. A. J. Hall, Math. Program. Comput. 10, 119 (2018),
    doi:10.1007/s12532-017-0130-5).

    Args:
        stores: Bits of each satellite with each station, shape ``(stations,)`` or ``(satellites,
            stations)``.
        pairs: Numbers of the two stations of each demand.
        wanted: Bits that each asks for.

    Raises:
        EngineError: If HiGHS finds no optimum.
        ParameterError: If nothing is asked for.

    Examples:
        >>> common_factor(np.array([30.0, 30.0, 10.0]), [(0, 1), (0, 2)], [1.0, 1.0]).factor
        10.0
    """
    if not len(pairs) or min(wanted) <= 0.0:
        hint = "each pair asks for a number of bits"
        raise ParameterError("wanted", "be above zero", list(wanted), hint)
    return _solved(stores, pairs, np.asarray(wanted, dtype=float))


def largest_total(stores: Floats, pairs: Pairs | None = None) -> SharedKey:
    """The most key that pairs of stations get in all, whichever they are.

    Args:
        stores: Bits of each satellite with each station, as for :func:`common_factor`.
        pairs: Numbers of the stations of each pair; any two unless given.

    Raises:
        EngineError: If HiGHS finds no optimum.

    Examples:
        >>> float(largest_total(np.array([10.0, 20.0, 90.0])).bits.sum())
        30.0
    """
    number = np.atleast_2d(stores).shape[1]
    return _solved(stores, list(combinations(range(number), 2)) if pairs is None else pairs, None)


def _solved(stores: Floats, pairs: Pairs, wanted: Floats | None) -> SharedKey:
    """The programme in units of the largest store; with demands for their common factor."""
    from scipy.optimize import linprog

    held = np.atleast_2d(np.asarray(stores, dtype=float))
    satellites, stations = held.shape
    unit, count = float(held.max(initial=0.0)), satellites * len(pairs)
    nothing = np.zeros((satellites, len(pairs)))
    if unit <= 0.0 or not count:
        factor = None if wanted is None else 0.0
        return SharedKey(factor=factor, bits=nothing.sum(0), by_satellite=nothing, tight=())
    limits, goal, equal = _limits(satellites, stations, pairs), -np.ones(count), {}
    if wanted is not None:
        shares = wanted / wanted.sum()
        equal = {"A_eq": _balance(satellites, shares), "b_eq": np.zeros(len(pairs))}
        goal = np.append(np.zeros(count), -1.0)
        limits = _with_empty_column(limits)
    found = linprog(
        goal, A_ub=limits, b_ub=held.ravel() / unit, **equal, method="highs", options=_TOLERANCES
    )
    if found.status != 0:
        message = f"HiGHS finds no sharing of the stores: {found.message}"
        raise EngineError(message)
    parts: Floats = unit * np.maximum(found.x[:count], 0.0).reshape(satellites, len(pairs))
    prices = -found.ineqlin.marginals
    near = np.flatnonzero(prices > 1e-7 * max(float(prices.max(initial=0.0)), 1e-300))
    tight = tuple((int(k) // stations, int(k) % stations) for k in near)
    factor = None if wanted is None else unit * float(found.x[count]) / float(wanted.sum())
    return SharedKey(factor=factor, bits=parts.sum(axis=0), by_satellite=parts, tight=tight)


def _limits(satellites: int, stations: int, pairs: Pairs) -> object:
    """Row of each store, and a column of each satellite's share for each pair."""
    from scipy.sparse import csr_array

    rows, columns = [], []
    for satellite in range(satellites):
        for number, ends in enumerate(pairs):
            rows += [satellite * stations + end for end in ends]
            columns += [satellite * len(pairs) + number] * 2
    shape = (satellites * stations, satellites * len(pairs))
    return csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)


def _with_empty_column(matrix: object) -> object:
    """The matrix with a column for the factor, which no store limits."""
    from scipy.sparse import csr_array, hstack

    return hstack([matrix, csr_array((matrix.shape[0], 1))])  # type: ignore[attr-defined]


def _balance(satellites: int, shares: Floats) -> object:
    """What all satellites give a pair, less the factor times its share of the demand."""
    from scipy.sparse import csr_array, hstack, identity

    return hstack([*[identity(len(shares))] * satellites, csr_array(-shares[:, None])])
