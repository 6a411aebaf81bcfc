"""Figures of merit of two-qubit states in Fano form (..., 4, 4): each returns an array (...).

What is no Fano matrix, a density matrix above all, is refused; `fano_from_density_matrix` reads it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from qnet.errors import ParameterError, check_one_of
from qnet.states.pauli import BELL_NAMES, PAULIS, Array, bell_weights, density_matrices

__all__ = ["chsh", "chsh_maximum", "concurrence", "fidelity", "outcome_probabilities", "qber"]


#: Errors of rounding of a correlation.
_ROUNDING = 1e-12


def fidelity(fano: ArrayLike, bell_state: str = "phi+") -> Array:
    """Fidelity <B|rho|B> to a Bell state (squared convention).

    Args:
        fano: States (..., 4, 4).
        bell_state: ``phi+``, ``psi+``, ``psi-`` or ``phi-``.

    Examples:
        >>> from qnet.states import werner
        >>> fidelity(werner(0.6)).item()
        0.7
    """
    index = BELL_NAMES.index(check_one_of("bell_state", bell_state, BELL_NAMES))
    return np.asarray(bell_weights(_fano(fano))[..., index])


def qber(fano: ArrayLike, basis: str) -> Array:
    """Probability that both parties' bits disagree when both measure in ``basis``.

    The reference is Phi+, which correlates in X and Z and anticorrelates in Y; there Bob flips his
    bit, so that every error rate of a perfect pair is zero.

    Args:
        fano: States (..., 4, 4).
        basis: ``x``, ``y`` or ``z``.

    Examples:
        >>> from qnet.states import werner
        >>> round(qber(werner(0.9), "z").item(), 12)
        0.05

        Rounding of a perfect correlation does not lead below 0:

        >>> qber(np.diag([1.0, 1.0, -1.0, 1.0 + 4e-16]), "z").item()
        0.0
    """
    axis = 1 + "xyz".index(check_one_of("basis", basis, "xyz"))
    sign = -1.0 if axis == 2 else 1.0
    rate = np.asarray((1.0 - sign * _fano(fano)[..., axis, axis]) / 2.0)
    return np.where((rate < 0.0) & (rate > -_ROUNDING), 0.0, rate)


def outcome_probabilities(fano: ArrayLike, left_axis: ArrayLike, right_axis: ArrayLike) -> Array:
    """Joint probabilities (..., 2, 2) of the outcomes (left, right) of two projective measurements.

    Args:
        fano: States (..., 4, 4).
        left_axis: Bloch vector (3,) of A's measurement; outcome 0 is the state along it. Normalised
            here.
        right_axis: Bloch vector (3,) of B's measurement.

    Examples:
        >>> from qnet.states import werner
        >>> outcome_probabilities(werner(1.0), [0, 0, 1], [0, 0, 1])
        array([[0.5, 0. ],
               [0. , 0.5]])
    """
    effects = []
    for axis in (left_axis, right_axis):
        unit = np.asarray(axis, dtype=float)
        unit = unit / np.linalg.norm(unit)
        effects.append(np.stack([np.r_[1.0, unit], np.r_[1.0, -unit]]))
    return np.einsum("ai,...ij,bj->...ab", effects[0], _fano(fano), effects[1]) / 4.0


def chsh(fano: ArrayLike) -> Array:
    """CHSH value at the settings that are optimal for Phi+.

    A measures Z or X, B (Z + X)/sqrt2 or (Z - X)/sqrt2: ``S = sqrt2 (R_xx + R_zz)``; above 2 no
    local model holds (Clauser, Horne, Shimony, Holt, Phys. Rev. Lett. 23, 880 (1969)).

    Examples:
        >>> from qnet.states import werner
        >>> round(chsh(werner(1.0)).item(), 6)
        2.828427
    """
    r = _fano(fano)
    return np.asarray(np.sqrt(2.0) * (r[..., 1, 1] + r[..., 3, 3]))


def chsh_maximum(fano: ArrayLike) -> Array:
    """Largest CHSH value over all settings: ``2 sqrt(m1 + m2)``.

    ``m1, m2`` are the two largest eigenvalues of ``T^T T``, ``T`` the 3x3 block of the correlations
    (Horodecki, Horodecki, Horodecki, Phys. Lett. A 200, 340 (1995)).

    Examples:
        >>> from qnet.states import werner
        >>> round(chsh_maximum(werner(2 ** -0.5)).item(), 12)
        2.0
    """
    block = _fano(fano)[..., 1:, 1:]
    singular = np.linalg.svd(block, compute_uv=False)
    return np.asarray(2.0 * np.sqrt(singular[..., 0] ** 2 + singular[..., 1] ** 2))


def concurrence(fano: ArrayLike) -> Array:
    """Concurrence: 0 for separable states, 1 for maximally entangled ones.

    W. K. Wootters, Phys. Rev. Lett. 80, 2245 (1998).

    Examples:
        >>> from qnet.states import werner
        >>> round(concurrence(werner(0.6)).item(), 12)
        0.4
    """
    weights, vectors = np.linalg.eigh(density_matrices(_fano(fano)))
    root = vectors * np.sqrt(np.clip(weights, 0.0, None))[..., None, :]
    # The concurrence's lambdas are the singular values of root^T (Y (x) Y) root.
    overlap = np.swapaxes(root, -1, -2) @ np.kron(PAULIS[2], PAULIS[2]) @ root
    lambdas = np.linalg.svd(overlap, compute_uv=False)
    return np.asarray(np.clip(lambdas[..., 0] - lambdas[..., 1:].sum(axis=-1), 0.0, 1.0))


def _fano(fano: ArrayLike) -> Array:
    """States (..., 4, 4) with ``R[0, 0] = 1``; what was never delivered (NaN) passes."""
    r = np.asarray(fano)
    hint = "fano_from_density_matrix(rho) makes one of a density matrix"
    if r.shape[-2:] != (4, 4) or r.dtype.kind not in "fiu":
        raise ParameterError("fano", "be real arrays (..., 4, 4)", (r.shape, str(r.dtype)), hint)
    first = r[..., 0, 0].astype(float)
    if np.any(np.abs(first - 1.0) > 1e-6):
        raise ParameterError("fano", "be Fano matrices, R[0, 0] = 1", first.tolist(), hint)
    return np.asarray(r, dtype=float)
