"""Key entropy as a convex function of the shared state, and its gradient.

``f(rho) = D(G(rho) || Z(G(rho)))`` in bits: the entropy of the key bit given Eve, who holds the
purification, times the probability that the round is kept. ``G(rho) = sum K rho K^dagger`` is what
sifting keeps, ``Z`` the pinching in the key. P. J. Coles, E. M. Metodiev, N. Lutkenhaus, Nat.
Commun. 7, 11712 (2016), arXiv:1510.01294.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from protocols.key_rates.sdp.feasible import Matrix, hermitian

__all__ = ["KeyEntropy"]

#: Weights below are rounding: zero in the entropy.
_ZERO = 1e-300


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeyEntropy:
    """The function ``f``, of Kraus operators and projectors of the key.

    Args:
        kraus: ``K``, shape (m, n) each; a sum over them is a public announcement that Eve hears,
            so that each has an entropy of its own.
        projectors: Of the key, shape (m, m) each; they sum to one.

    Examples:
        >>> bell = np.outer([1.0, 0, 0, 1.0], [1.0, 0, 0, 1.0]) / 2.0
        >>> key = (np.diag([1.0, 1, 0, 0]), np.diag([0.0, 0, 1, 1]))
        >>> round(KeyEntropy(kraus=(np.eye(4),), projectors=key).value(bell), 12)
        1.0
    """

    kraus: tuple[Matrix, ...]
    projectors: tuple[Matrix, ...]

    def restricted(self, isometry: Matrix) -> KeyEntropy:
        """The same function of states ``V sigma V^dagger``."""
        return KeyEntropy(kraus=tuple(k @ isometry for k in self.kraus), projectors=self.projectors)

    def value(self, state: Matrix) -> float:
        """``f``, in bits; positive semidefinite matrices of any trace are allowed."""
        total = 0.0
        for k in self.kraus:
            kept = hermitian(k @ state @ k.conj().T)
            total += _entropy(self._pinched(kept)) - _entropy(kept)
        return max(total, 0.0)

    def gradient(self, state: Matrix) -> tuple[Matrix, float]:
        """``sum K^dagger (log2 G - log2 Z(G)) K``, and how far rounding may have moved it.

        As ``f(c rho) = c f(rho)``, ``f(rho) = Tr(gradient rho)``, and by convexity ``f(sigma) >=
        Tr(gradient sigma)`` for every state ``sigma``.

        Args:
            state: Strictly positive, shape (n, n).

        Returns:
            The gradient, and a bound of the error of its eigenvalues.
        """
        gradient = np.zeros(state.shape, dtype=np.result_type(state, *self.kraus))
        error = 0.0
        for k in self.kraus:
            kept = hermitian(k @ state @ k.conj().T)
            own, own_error = _log2(kept)
            pinched, pinched_error = _log2(self._pinched(kept))
            gradient = gradient + k.conj().T @ (own - pinched) @ k
            error += (own_error + pinched_error) * float(np.linalg.norm(k, 2)) ** 2
        return hermitian(gradient), error

    def _pinched(self, kept: Matrix) -> Matrix:
        return hermitian(_sum([p @ kept @ p for p in self.projectors]))


def _sum(matrices: Sequence[Matrix]) -> Matrix:
    return np.asarray(np.sum(matrices, axis=0))


def _entropy(state: Matrix) -> float:
    weights = np.linalg.eigvalsh(state)
    weights = weights[weights > _ZERO]
    return float(-(weights @ np.log2(weights)))


def _log2(state: Matrix) -> tuple[Matrix, float]:
    """Logarithm on the support, and the error that rounding of the least eigenvalue makes."""
    weights, vectors = np.linalg.eigh(state)
    inside = weights > 1e-13 * max(weights[-1], _ZERO)
    logs = np.log2(weights[inside])
    kept = vectors[:, inside]
    error = 2.0 * np.finfo(float).eps * weights[-1] / weights[inside][0] / np.log(2.0)
    return (kept * logs) @ kept.conj().T, float(error)
