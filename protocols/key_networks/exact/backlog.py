r"""Backlog of key requests at a store that fills continuously: the law of a dam, step by step.

Requests of one unit come at random, ``rho`` of them in the time in which a unit of key is made. The
backlog u is what the store lacks of being full, in units. Up- and down-crossings of each level
balance (P. H. Brill, M. J. M. Posner, Oper. Res. 25, 662 (1977), doi:10.1287/opre.25.4.662), which
leaves one function for all such stores,

.. math:: H'(u) = \rho (H(u) - H(u - 1)), \\quad H(0) = 1, \\quad H(u < 0) = 0.

Without a limit (requests that wait, rho < 1) the backlog is below u with probability
``(1 - rho) H(u)``, the workload of M/D/1. In a store of K units that refuses what it cannot serve,
the backlog is below u with probability ``H(u)/(1 + rho H(K - 1))`` up to K - 1.

H is smooth between whole numbers. It is carried on from piece to piece by its integral equation,
exact for polynomials of high degree; sums of alternating terms, which lose all digits, are avoided.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from qnet.errors import EngineError

__all__ = ["Backlog", "backlog"]

Array = npt.NDArray[np.float64]

#: Gauss points of a piece, and most units of requests in one.
_POINTS, _LONGEST = 16, 2.0

#: Most pieces that are gone through.
_MOST_PIECES = 4_000_000

#: Relative change below which nothing changes any more.
_SETTLED = 1e-15

#: Units before which nothing is settled, and a share that counts as nothing.
_SETTLING, _NOTHING = 8, 1e-18

#: Where numbers are made smaller, so that they do not overflow.
_LARGE = 1e100


@dataclass(frozen=True, slots=True)
class Backlog:
    """The function H of a load, up to a place u; what would overflow is given as shares of H(u).

    Args:
        inverse: 1/H(u); 0 where H is too large.
        integral: Of H from 0 to u, over H(u).
        moment: Integral of (u - v) H(v) for v from max(u - 1, 0) to u, over H(u).
    """

    inverse: float
    integral: float
    moment: float


@dataclass(frozen=True, slots=True)
class _BacklogPiece:
    """How H is carried over a piece of given length.

    Args:
        nodes: Gauss points, from the beginning of the piece (n,).
        weights: Their weights (n,).
        growth: What the value at the beginning becomes at the nodes, and at the end (n + 1,).
        memory: What H one unit before takes away there (n + 1, n).
    """

    length: float
    nodes: Array
    weights: Array
    growth: Array
    memory: Array


@lru_cache(maxsize=64)
def _piece(rho: float, length: float) -> _BacklogPiece:
    gauss, gauss_weights = np.polynomial.legendre.leggauss(_POINTS)
    inner, inner_weights = np.polynomial.legendre.leggauss(2 * _POINTS)
    places = np.append((gauss + 1.0) / 2.0, 1.0)
    degree = _POINTS - 1
    to_legendre = np.linalg.inv(np.polynomial.legendre.legvander(gauss, degree))
    memory = np.empty((len(places), _POINTS))
    # Integrals of rho exp(rho (v - t)) up to each place v, of polynomials through the nodes.
    for row, place in enumerate(places):
        t = (inner + 1.0) / 2.0 * place
        kernel = rho * length * np.exp(rho * length * (place - t)) * inner_weights / 2.0 * place
        memory[row] = kernel @ np.polynomial.legendre.legvander(2.0 * t - 1.0, degree) @ to_legendre
    return _BacklogPiece(
        length,
        length * places[:-1],
        length * gauss_weights / 2.0,
        np.exp(rho * length * places),
        memory,
    )


def _pieces(rho: float, length: float) -> list[_BacklogPiece]:
    """Equal pieces that make up a part of a unit, none too long for its polynomials."""
    if length <= 1e-12:
        return []
    count = max(math.ceil(rho * length / _LONGEST), 1)
    return [_piece(rho, length / count)] * count


class _Course:
    """H from 0 on, piece by piece: its value, its integral, and its last unit."""

    def __init__(self, rho: float, pieces: int) -> None:
        self.rho = rho
        self.at, self.value, self.integral, self.inverse = 0.0, 1.0, 0.0, 1.0
        nothing = np.zeros(_POINTS)
        #: Of each piece of the last unit: where it begins, the piece, H at its nodes.
        self.last: deque[tuple[float, _BacklogPiece | None, Array]] = deque(
            [(0.0, None, nothing)] * pieces, maxlen=pieces
        )

    def go(self, piece: _BacklogPiece) -> None:
        """Carry it over a piece."""
        found = piece.growth * self.value - piece.memory @ self.last[0][2]
        self.last.append((self.at, piece, found[:-1]))
        self.integral += float(piece.weights @ found[:-1])
        self.at += piece.length
        # Which is found[-1]; but in this form, H(0) and rho times the last unit, nothing drifts.
        last = [float(each.weights @ values) for _, each, values in self.last if each is not None]
        self.value = self.inverse + self.rho * math.fsum(last)
        if self.value > _LARGE:
            self.inverse /= self.value
            self.last = deque(
                [(at, each, values / self.value) for at, each, values in self.last],
                maxlen=self.last.maxlen,
            )
            self.integral, self.value = self.integral / self.value, 1.0

    @property
    def moment(self) -> float:
        """Integral of the distance from here times H, over the last unit."""
        return sum(
            float(piece.weights @ ((self.at - at - piece.nodes) * values))
            for at, piece, values in self.last
            if piece is not None
        )

    def backlog(self) -> Backlog:
        """What is known here."""
        return Backlog(
            self.inverse / self.value, self.integral / self.value, self.moment / self.value
        )


@lru_cache(maxsize=1 << 10)
def backlog(rho: float, end: float) -> Backlog:
    """The function H of a load at a place.

    Args:
        rho: Requests in the time in which the key of one is made; positive.
        end: The place, in units of a request; 0 or more.

    Raises:
        EngineError: If so large a store takes too many steps, which it does near load 1 alone.

    Examples:
        >>> found = backlog(0.9, 4.0)
        >>> refused = (found.inverse + 0.9 - 1.0) / (found.inverse + 0.9)
        >>> f"{refused:.10f}"
        '0.0643618972'
    """
    whole = math.floor(end + 1e-12)
    part = max(end - whole, 0.0)
    first, rest = _pieces(rho, part), _pieces(rho, 1.0 - part)
    unit = [*first, *rest]
    course = _Course(rho, len(unit))
    shares = (0.0, 0.0)
    for number in range(whole):
        if number * len(unit) > _MOST_PIECES:
            message = (
                f"a store of {end:.6g} requests at load {rho:.9g} takes the exact engine too many "
                f"steps; sampled plays it"
            )
            raise EngineError(message)
        start, before = course.value, shares
        for piece in unit:
            course.go(piece)
        if number < _SETTLING:
            continue
        here = course.backlog()
        shares = (here.integral, here.moment)
        if rho < 1.0 and abs(course.value - start) <= _SETTLED * start:
            # Level from here on: only the integral grows.
            return Backlog(here.inverse, here.integral + end - course.at, 0.5)
        is_settled = all(abs(a - b) <= _SETTLED * a for a, b in zip(shares, before, strict=True))
        if rho > 1.0 and is_settled and here.inverse < _NOTHING:
            return Backlog(0.0, *shares)
    for piece in first:
        course.go(piece)
    return course.backlog()
