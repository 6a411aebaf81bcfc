"""Types that say "this is a Fano matrix": an array, and its rows as a tuple.

The maximally mixed state as a Fano matrix, diag(1, 0, 0, 0), holds the same numbers as the density
matrix of the pure state 00. A type tells them apart where numbers cannot.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["FanoMatrix", "FanoRows", "fano_rows"]


class FanoMatrix(np.ndarray[Any, np.dtype[np.float64]]):
    """An array that is known to be a Fano matrix; in everything else a NumPy array, shown as one.

    What makes Fano matrices (`qnet.states.werner`, `qnet.states.fano_matrix`, ``Link.fano``)
    returns it, and so do views, transposes and products of it.

    Examples:
        >>> from qnet.states import werner
        >>> isinstance(werner(0.0), FanoMatrix)
        True
    """

    def __repr__(self) -> str:
        return repr(np.asarray(self))

    def __str__(self) -> str:
        return str(np.asarray(self))


class FanoRows(tuple[tuple[float, ...], ...]):
    """The rows of a Fano matrix, hashable: what plans and protocols keep of a state.

    Equal to the plain tuple of the same numbers, and shown as one, but for the maximally mixed
    state, which a plain tuple would leave open.

    Examples:
        >>> from qnet import Abstract
        >>> Abstract(success_probability=0.5, fidelity=0.25).link().state
        fano_matrix(((1.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0), \
(0.0, 0.0, 0.0, 0.0)))
    """

    __slots__ = ()

    def __repr__(self) -> str:
        plain = super().__repr__()
        # Only states this close to the mixed one can be read in both ways.
        return f"fano_matrix({plain})" if abs(np.trace(self) - 1.0) < 1e-6 else plain


def fano_rows(fano: npt.ArrayLike) -> FanoRows:
    """The rows of a Fano matrix (4, 4).

    Examples:
        >>> from qnet.states import werner
        >>> fano_rows(werner(1.0))[2]
        (0.0, 0.0, -1.0, 0.0)
    """
    return FanoRows(tuple(float(x) + 0.0 for x in row) for row in np.asarray(fano, dtype=float))
