"""The Fano (Pauli correlation) form of two-qubit states, and conversions to it.

A state of qubits A (left) and B (right) is the real matrix ``R[i, j] = Tr(rho sigma_i (x)
sigma_j)``, with ``sigma = (I, X, Y, Z)``, ``i`` for A and ``j`` for B, and ``R[0, 0] = 1`` (U.
Fano, Rev. Mod. Phys. 29, 74 (1957)). A batch of n states is an array (n, 4, 4). The four Bell
states are diagonal::

    Phi+ = diag(1, 1, -1, 1)     Psi+ = diag(1, 1, 1, -1)
    Psi- = diag(1, -1, -1, -1)   Phi- = diag(1, -1, 1, 1)

A Bell-diagonal state is kept as its three correlators ``t = (XX, -YY, ZZ)``, so that Phi+ is (1, 1,
1) and an ideal swap is an elementwise product.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qnet.errors import ParameterError
from qnet.states.typed import FanoMatrix

if TYPE_CHECKING:
    from qiskit.quantum_info import DensityMatrix

__all__ = [
    "BELL_CORRELATORS",
    "BELL_NAMES",
    "FANO_TOLERANCE",
    "PAULIS",
    "bell_weights",
    "correlators_from_weights",
    "density_matrices",
    "fano_from_correlators",
    "fano_from_density_matrix",
    "fano_from_weights",
    "is_bell_diagonal",
    "is_physical",
    "to_density_matrix",
    "weights_from_correlators",
    "werner",
]

Array = NDArray[np.float64]

#: Bell states in the order of their weights everywhere in the project.
BELL_NAMES = ("phi+", "psi+", "psi-", "phi-")

#: Correlators (XX, -YY, ZZ) of Phi+, Psi+, Psi-, Phi-, one row each.
BELL_CORRELATORS: Array = np.array(
    [[1.0, 1.0, 1.0], [1.0, -1.0, -1.0], [-1.0, 1.0, -1.0], [-1.0, -1.0, 1.0]]
)

#: I, X, Y, Z.
PAULIS: NDArray[np.complex128] = np.array(
    [[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]], dtype=complex
)

_TOLERANCE = 1e-9

#: How far rounding may push trace, Hermiticity and eigenvalues of a state that is taken as valid.
FANO_TOLERANCE = 1e-8


def correlators_from_weights(weights: ArrayLike) -> Array:
    """Correlators (..., 3) of Bell-diagonal states from their Bell weights (..., 4).

    Args:
        weights: Probabilities of Phi+, Psi+, Psi-, Phi-, last axis of length 4.

    Raises:
        ParameterError: If the weights are not four probabilities that sum to one.

    Examples:
        >>> correlators_from_weights([1, 0, 0, 0])
        array([1., 1., 1.])
    """
    p = np.asarray(weights, dtype=float)
    hint = "give the probabilities of phi+, psi+, psi-, phi-"
    if p.ndim == 0 or p.shape[-1] != 4:
        raise ParameterError("bell_diagonal", "hold four numbers", weights, hint)
    if not np.all(np.isfinite(p)) or np.any(p < -_TOLERANCE):
        raise ParameterError("bell_diagonal", "hold probabilities", weights, hint)
    if np.any(np.abs(p.sum(axis=-1) - 1.0) > _TOLERANCE):
        raise ParameterError("bell_diagonal", "sum to 1", weights, hint)
    return np.asarray(p @ BELL_CORRELATORS)


def weights_from_correlators(t: ArrayLike) -> Array:
    """Bell weights (..., 4) from correlators (XX, -YY, ZZ) (..., 3)."""
    return np.asarray((1.0 + np.asarray(t, dtype=float) @ BELL_CORRELATORS.T) / 4.0)


def fano_from_correlators(t: ArrayLike) -> Array:
    """Fano matrices (..., 4, 4) of Bell-diagonal states from correlators (XX, -YY, ZZ) (..., 3)."""
    t = np.asarray(t, dtype=float)
    fano = np.zeros((*t.shape[:-1], 4, 4))
    fano[..., 0, 0] = 1.0
    for axis, sign in ((1, 1.0), (2, -1.0), (3, 1.0)):
        fano[..., axis, axis] = sign * t[..., axis - 1]
    return fano.view(FanoMatrix)


def fano_from_weights(weights: ArrayLike) -> Array:
    """Fano matrices (..., 4, 4) of Bell-diagonal states from their weights (..., 4).

    Examples:
        >>> fano_from_weights([1, 0, 0, 0]).diagonal()
        array([ 1.,  1., -1.,  1.])
    """
    return fano_from_correlators(correlators_from_weights(weights))


def werner(w: float) -> Array:
    """Fano matrix (4, 4) of the Werner state ``w Phi+ + (1 - w) I/4`` (R. F. Werner, 1989).

    Args:
        w: Werner parameter, in [-1/3, 1]; the fidelity is ``(1 + 3 w) / 4``.

    Raises:
        ParameterError: If ``w`` is outside [-1/3, 1].

    Examples:
        >>> werner(0.5).diagonal()
        array([ 1. ,  0.5, -0.5,  0.5])
    """
    if not -1.0 / 3.0 <= w <= 1.0:
        raise ParameterError("werner", "lie in [-1/3, 1]", w, "w = (4 F - 1) / 3")
    return fano_from_correlators(np.full(3, float(w)))


def bell_weights(fano: ArrayLike) -> Array:
    """Fidelities (..., 4) of states (..., 4, 4) to Phi+, Psi+, Psi-, Phi-.

    Examples:
        >>> bell_weights(werner(1.0))
        array([1., 0., 0., 0.])
    """
    r = np.asarray(fano, dtype=float)
    t = np.stack([r[..., 1, 1], -r[..., 2, 2], r[..., 3, 3]], axis=-1)
    return np.asarray((r[..., 0, 0, None] + t @ BELL_CORRELATORS.T) / 4.0)


def is_bell_diagonal(fano: ArrayLike, tolerance: float = 1e-12) -> bool:
    """Whether every state of the batch is diagonal in the Bell basis (to ``tolerance``)."""
    r = np.asarray(fano, dtype=float)
    return bool(np.all(np.abs(r - r * np.eye(4)) <= tolerance))


def is_physical(fano: ArrayLike, tolerance: float = FANO_TOLERANCE) -> bool:
    """Whether every state (..., 4, 4) has trace one and no negative eigenvalue (to ``tolerance``).

    Examples:
        >>> is_physical(2.0 * np.eye(4))
        False
    """
    r = np.asarray(fano, dtype=float)
    if not np.all(np.isfinite(r)) or np.any(np.abs(r[..., 0, 0] - 1.0) > tolerance):
        return False
    return bool(np.all(np.linalg.eigvalsh(density_matrices(r)) >= -tolerance))


def density_matrices(fano: ArrayLike) -> NDArray[np.complex128]:
    """Density matrices (..., 4, 4) in Qiskit's order (qubit 0 = A) of states (..., 4, 4)."""
    r = np.asarray(fano, dtype=float)
    return np.einsum("...ij,jbd,iac->...badc", r, PAULIS, PAULIS).reshape(r.shape) / 4.0


def fano_from_density_matrix(state: Any) -> Array:  # noqa: ANN401
    """Fano matrix (4, 4) of a two-qubit state.

    Args:
        state: Anything ``qiskit.quantum_info.DensityMatrix`` accepts, of two qubits. Qubit 0, the
            rightmost letter in Qiskit's order, is A (left).

    Raises:
        ParameterError: If the state is not one of two qubits: it must be finite and Hermitian, have
            trace 1 and no negative eigenvalue, each to 1e-8, which leaves room for rounding.

    Examples:
        >>> from qnet.circuits import bell_pair
        >>> fano_from_density_matrix(bell_pair()).diagonal().round(12)
        array([ 1.,  1., -1.,  1.])
    """
    # Qiskit's matrix index is (B, A): qubit 0 is the least significant.
    tensor = _checked_density(state).reshape(2, 2, 2, 2)
    fano = np.einsum("badc,jdb,ica->ij", tensor, PAULIS, PAULIS).real
    return fano.view(FanoMatrix)


def _checked_density(state: Any) -> NDArray[np.complex128]:  # noqa: ANN401
    """The density matrix (4, 4) of a state of two qubits."""
    from qiskit.quantum_info import DensityMatrix

    hint = "give a density matrix (4, 4), or what DensityMatrix accepts, of two qubits"
    if isinstance(state, FanoMatrix):
        rule = "be a density matrix"
        raise ParameterError("state", rule, state.tolist(), "it is a Fano matrix already")
    try:
        given = DensityMatrix(state)
        rho = np.asarray(given.data, dtype=complex)
    except Exception as error:  # Qiskit's own errors share no useful base with ours
        raise ParameterError("state", "be a state of two qubits", state, hint) from error
    if given.dim != 4:
        raise ParameterError("state", "be of two qubits", given.dims(), "trace the others out")
    if not np.all(np.isfinite(rho)):
        raise ParameterError("state", "hold finite numbers", rho.tolist(), hint)
    trace = complex(np.trace(rho))
    if abs(trace - 1.0) > FANO_TOLERANCE:
        raise ParameterError("state", "have trace 1", trace, "divide it by its trace")
    if np.any(np.abs(rho - rho.conj().T) > FANO_TOLERANCE):
        raise ParameterError("state", "be Hermitian", rho.tolist(), hint)
    least = float(np.linalg.eigvalsh(rho)[0])
    if least < -FANO_TOLERANCE:
        raise ParameterError("state", "have no negative eigenvalue", least, hint)
    return rho


def to_density_matrix(fano: ArrayLike) -> DensityMatrix:
    """The ``qiskit.quantum_info.DensityMatrix`` of one state (4, 4); qubit 0 is A.

    Examples:
        >>> to_density_matrix(werner(1.0)).is_valid()
        True
    """
    from qiskit.quantum_info import DensityMatrix

    r = np.asarray(fano, dtype=float)
    if r.shape != (4, 4):
        raise ParameterError("fano", "be one 4 x 4 matrix", r.shape, "convert a batch one by one")
    return DensityMatrix(density_matrices(r))
