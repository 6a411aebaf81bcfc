"""Projection of a vector on the simplex of probabilities.

For the eigenvalues of an estimated state: J. A. Smolin et al., Phys. Rev. Lett. 108, 070502 (2012),
doi:10.1103/PhysRevLett.108.070502.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["on_simplex"]


def on_simplex(vectors: ArrayLike) -> NDArray[np.float64]:
    """The nearest probabilities to vectors (..., k), in the Euclidean distance.

    Examples:
        >>> on_simplex([0.98, 0.02, 0.02, -0.02]).round(6)
        array([0.973333, 0.013333, 0.013333, 0.      ])
    """
    given = np.asarray(vectors, dtype=np.float64)
    k = given.shape[-1]
    ordered = -np.sort(-given, axis=-1)
    excess = (np.cumsum(ordered, axis=-1) - 1.0) / np.arange(1, k + 1)
    kept = np.sum(ordered > excess, axis=-1, keepdims=True)
    shift = np.take_along_axis(excess, kept - 1, axis=-1)
    found = np.maximum(given - shift, 0.0)
    return np.asarray(found / found.sum(axis=-1, keepdims=True))
