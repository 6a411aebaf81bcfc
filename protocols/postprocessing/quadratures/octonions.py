"""Octonions: rotations of eight quadratures at once, for multidimensional reconciliation.

A non-zero octonion ``a`` multiplies eight-dimensional vectors as a rotation times its norm, and for
any two vectors ``y`` and ``u`` there is one with ``a y = u |y|^2``: ``a = u conj(y)``, as octonions
are alternative. A. Leverrier, R. Alleaume, J. Boutros, G. Zemor, P. Grangier, Phys. Rev. A 77,
042325 (2008), arXiv:0712.3823; J. C. Baez, Bull. Amer. Math. Soc. 39, 145 (2002),
arXiv:math/0105155.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["DIMENSION", "conjugate", "multiply"]

#: Quadratures that are rotated together: no larger dimension has such rotations.
DIMENSION = 8

FloatArray = NDArray[np.float64]


def conjugate(octonions: FloatArray) -> FloatArray:
    """The octonions with their imaginary parts negated, shape (n, 8).

    Examples:
        >>> conjugate(np.ones((1, 8)))[0, :3].tolist()
        [1.0, -1.0, -1.0]
    """
    return np.concatenate([octonions[:, :1], -octonions[:, 1:]], axis=1)


def multiply(left: FloatArray, right: FloatArray) -> FloatArray:
    """Products of octonions, or quaternions, complex or real numbers, row by row.

    By Cayley and Dickson: ``(a, b)(c, d) = (a c - conj(d) b, d a + b conj(c))``.

    Args:
        left: Shape (n, d), d a power of two up to 8.
        right: Shape (n, d).

    Returns:
        Shape (n, d).

    Examples:
        >>> multiply(np.array([[0.0, 1.0]]), np.array([[0.0, 1.0]])).tolist()  # i i = -1
        [[-1.0, 0.0]]
    """
    size = left.shape[1]
    if size == 1:
        return left * right
    half = size // 2
    a, b, c, d = left[:, :half], left[:, half:], right[:, :half], right[:, half:]
    return np.concatenate(
        [
            multiply(a, c) - multiply(conjugate(d), b),
            multiply(d, a) + multiply(b, conjugate(c)),
        ],
        axis=1,
    )
