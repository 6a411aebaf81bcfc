"""Decay of random sequences: ``A p^m + B`` by least squares.

For a given p the best A and B are linear; p is found by halving brackets of the sum of squares, for
many sets of data at once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["fitted_survival"]

Array = NDArray[np.float64]

#: Coarse grid of the logarithm of p, and steps of the golden section within two of its cells.
_GRID, _STEPS = 64, 50

#: Least and greatest decay 1 - p that is looked for.
_LEAST, _MOST = 1e-7, 0.9


def fitted_survival(lengths: Array, shares: Array, shots: Array) -> tuple[Array, Array]:
    """Decay parameter p, and the fitted curve.

    Args:
        lengths: Lengths (k,) of the sequences.
        shares: Shares (s, k) of sequences that kept the state, in s sets of data.
        shots: Number (k,) of sequences of each length.

    Returns:
        p (s,), and the fitted shares (s, k), clipped to [0, 1].

    Examples:
        >>> m = np.array([1.0, 10.0, 30.0, 80.0])
        >>> p, _ = fitted_survival(m, 0.7 * 0.98 ** m[None, :] + 0.25, np.full(4, 1000.0))
        >>> p.round(6)
        array([0.98])
    """
    weights = np.sqrt(shots / shots.sum())
    grid = np.log(np.geomspace(_LEAST, _MOST, _GRID))
    sums = np.stack([_squares(lengths, shares, weights, np.full(len(shares), x))[0] for x in grid])
    place = np.argmin(sums, axis=0)
    low = grid[np.maximum(place - 1, 0)]
    high = grid[np.minimum(place + 1, _GRID - 1)]
    golden = (np.sqrt(5.0) - 1.0) / 2.0
    for _ in range(_STEPS):
        inner = high - golden * (high - low), low + golden * (high - low)
        left, right = (_squares(lengths, shares, weights, each)[0] for each in inner)
        low = np.where(left > right, inner[0], low)
        high = np.where(left > right, high, inner[1])
    middle = (low + high) / 2.0
    return 1.0 - np.exp(middle), np.clip(_squares(lengths, shares, weights, middle)[1], 0.0, 1.0)


def _squares(lengths: Array, shares: Array, weights: Array, logs: Array) -> tuple[Array, Array]:
    """Weighted sum of squares (s,) of the best A and B for each p, and the curve (s, k)."""
    decay = np.exp(np.log1p(-np.exp(logs))[:, None] * lengths)
    total = weights**2 / np.sum(weights**2)
    mean_d, mean_y = decay @ total, shares @ total
    centred, own = decay - mean_d[:, None], shares - mean_y[:, None]
    slope = np.sum(total * centred * own, axis=1) / np.sum(total * centred**2, axis=1)
    curve = mean_y[:, None] + slope[:, None] * centred
    return np.asarray(np.sum(total * (shares - curve) ** 2, axis=1)), np.asarray(curve)
