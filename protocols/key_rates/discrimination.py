"""Unambiguous discrimination: how often a measurement can tell states apart without error.

With the Gram matrix ``G`` of linearly independent states, success probabilities ``d_k`` are
possible where ``G - diag(d)`` is positive semidefinite, and only there: a semidefinite programme.
A. Chefles, Phys. Lett. A 239, 339 (1998), arXiv:quant-ph/9807022; Y. C. Eldar, IEEE Trans. Inf.
Theory 49, 446 (2003), arXiv:quant-ph/0206093. Two states: I. D. Ivanovic (1987), D. Dieks (1988),
A. Peres (1988); with any probabilities G. Jaeger, A. Shimony, Phys. Lett. A 197, 83 (1995).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from protocols.key_rates.sdp.extra import solver
from qnet.errors import ParameterError, check_probability

__all__ = ["coherent_overlap", "unambiguous_discrimination"]


def coherent_overlap(first: Sequence[complex], second: Sequence[complex]) -> complex:
    """``<first|second>`` of coherent states, one amplitude per mode.

    Args:
        first: Amplitudes of the one.
        second: Amplitudes of the other.

    Examples:
        The two bit states of the coherent one-way protocol, a pulse in either of two bins:

        >>> abs(coherent_overlap([0.0, 0.5], [0.5, 0.0])) == math.exp(-0.25)
        True
    """
    a, b = np.asarray(first, dtype=complex), np.asarray(second, dtype=complex)
    exponent = -0.5 * (np.vdot(a, a) + np.vdot(b, b)) + np.vdot(a, b)
    return complex(np.exp(exponent))


def unambiguous_discrimination(
    overlaps: NDArray[Any], probabilities: Sequence[float] | None = None
) -> float:
    """Largest probability to name a state without ever being wrong.

    Args:
        overlaps: Gram matrix ``<j|k>``, shape (n, n), of normalised states.
        probabilities: How often each comes; equally often unless given.

    Returns:
        Between 0 and 1. Two states need no solver, nor do states of equal probability whose Gram
        matrix is circulant; otherwise it is the success of a measurement that exists.

    Raises:
        ParameterError: If the matrix is no Gram matrix of normalised states, or the probabilities
            do not fit.
        EngineError: If a solver is needed, and cvxpy or Clarabel is missing.

    Examples:
        >>> overlap = math.exp(-0.1)
        >>> round(unambiguous_discrimination(np.array([[1.0, overlap], [overlap, 1.0]])), 9)
        0.095162582
    """
    gram = np.asarray(overlaps, dtype=complex)
    count = len(gram)
    shares = np.full(count, 1.0 / count) if probabilities is None else np.array(probabilities)
    _check(gram, shares)
    if count == 2:
        return _two(float(abs(gram[0, 1])), float(shares.min()))
    if np.ptp(shares) == 0.0 and _is_circulant(gram):
        return float(np.clip(np.linalg.eigvalsh(gram)[0], 0.0, 1.0))
    return _programme(gram, shares)


def _check(gram: NDArray[Any], shares: NDArray[np.float64]) -> None:
    """Raise where there is no such set of states."""
    square = gram.ndim == 2 and gram.shape[0] == gram.shape[1] and len(gram) > 1
    ones = square and np.allclose(np.diag(gram), 1.0, atol=1e-12)
    hermitian = square and np.allclose(gram, gram.conj().T, atol=1e-12)
    if not (ones and hermitian) or np.linalg.eigvalsh(gram)[0] < -1e-10:
        rule, hint = "be the Gram matrix of normalised states", "give <j|k> of each pair"
        raise ParameterError("overlaps", rule, gram.shape, hint)
    for share in shares:
        check_probability("probabilities", float(share))
    if len(shares) != len(gram) or abs(float(shares.sum()) - 1.0) > 1e-9:
        hint = "they must sum to one"
        raise ParameterError("probabilities", "be one per state", shares.tolist(), hint)


def _two(overlap: float, rarer: float) -> float:
    """Two states; where one is rare enough, the best measurement never names it."""
    if math.sqrt(rarer) <= overlap * math.sqrt(1.0 - rarer):
        return (1.0 - rarer) * (1.0 - overlap**2)
    return 1.0 - 2.0 * math.sqrt(rarer * (1.0 - rarer)) * overlap


def _is_circulant(gram: NDArray[Any]) -> bool:
    return np.allclose(gram, np.roll(gram, (1, 1), axis=(0, 1)), atol=1e-12)


def _programme(gram: NDArray[Any], shares: NDArray[np.float64]) -> float:
    """The largest mean success, taken down until ``G - diag(d)`` is positive indeed."""
    cp = solver()
    told = cp.Variable(len(gram), nonneg=True)
    re, im = gram.real, gram.imag
    real_form = np.block([[re, -im], [im, re]])
    rest = real_form - cp.diag(cp.hstack([told, told]))
    problem = cp.Problem(cp.Maximize(shares @ told), [rest >> 0])
    problem.solve(solver=cp.CLARABEL)
    found = np.maximum(np.asarray(told.value), 0.0)
    least = float(np.linalg.eigvalsh(gram - np.diag(found))[0])
    return float(shares @ np.maximum(found + min(least, 0.0), 0.0))
