"""Banded Markov chains: long rows of states, each of which leads to near ones only."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

__all__ = ["band_of", "banded_stationary"]

Array = npt.NDArray[np.float64]

#: Where numbers are made smaller, so that they do not overflow.
_LARGE = 1e200


def band_of(rates: csr_array) -> int:
    """Most places from a state to one that it leads to."""
    found = rates.tocoo()
    return int(np.abs(found.coords[1] - found.coords[0]).max(initial=0))


def banded_stationary(rates: csr_array) -> Array:
    """Share of time (n,) in each state of a chain that leads from every state to every other.

    By elimination without subtractions, from the last state on, which fills no place outside the
    band (W. K. Grassmann, M. I. Taksar, D. P. Heyman, Oper. Res. 33, 1107 (1985)).

    Args:
        rates: Rates (n, n) from each state (row) to each other.

    Examples:
        >>> rates = csr_array([[0.0, 1.0, 0.0], [2.0, 0.0, 1.0], [0.0, 2.0, 0.0]])
        >>> banded_stationary(rates).round(6).tolist()
        [0.571429, 0.285714, 0.142857]
    """
    size, band = rates.shape[0], max(band_of(rates), 1)
    places = rates.tocoo()
    # Row i holds the rates to i - band ... i + band.
    held = np.zeros((size, 2 * band + 1))
    held[places.coords[0], places.coords[1] - places.coords[0] + band] = places.data
    held[:, band] = 0.0
    for k in range(size - 1, 0, -1):
        near = np.arange(max(k - band, 0), k)
        down = held[k, near - k + band]
        into = held[near, k - near + band] / down.sum()
        held[near, k - near + band] = into
        held[near[:, None], near[None, :] - near[:, None] + band] += np.outer(into, down)
    found = np.zeros(size)
    found[0] = 1.0
    for k in range(1, size):
        near = np.arange(max(k - band, 0), k)
        found[k] = found[near] @ held[near, k - near + band]
        if found[k] > _LARGE:
            found[: k + 1] /= found[k]
    return np.asarray(found / found.sum())
