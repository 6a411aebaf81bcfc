"""Qiskit's matrices as real Pauli vectors: digits I X Y Z, FIRST qubit most significant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["choi_to_transfer", "pauli_columns", "pauli_vector", "state_matrix"]

_PAULIS = np.array(
    [[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]], dtype=complex
)


def pauli_vector(rho: NDArray[np.complex128]) -> NDArray[np.float64]:
    """Pauli components Tr(ρ P) of density matrices.

    Args:
        rho: Shape (..., 2**n, 2**n) in Qiskit's order (first qubit least significant).

    Returns:
        Shape (..., 4**n), first qubit most significant.

    Examples:
        >>> pauli_vector(np.diag([1.0, 0.0]).astype(complex))
        array([1., 0., 0., 1.])
    """
    batch = rho.shape[:-2]
    n = rho.shape[-1].bit_length() - 1
    tensor = rho.reshape(-1, *(2,) * (2 * n))
    # Axes after the batch: n row bits, then n column bits, the last qubit first. The last qubit is
    # contracted # first and its digit goes to the end, so that the digits come out last qubit
    # first; then they are reversed.
    for left in range(n, 0, -1):
        tensor = np.tensordot(tensor, _PAULIS, axes=([1, 1 + left], [2, 1]))
    order = (0, *range(n, 0, -1))
    return np.ascontiguousarray(tensor.transpose(order).real).reshape(*batch, 4**n)


def state_matrix(vector: NDArray[np.float64]) -> NDArray[np.complex128]:
    """Density matrices from Pauli components, with the first qubit most significant in both.

    Args:
        vector: Shape (..., 4**n).

    Returns:
        Shape (..., 2**n, 2**n).

    Examples:
        >>> state_matrix(np.array([1.0, 0.0, 0.0, 1.0])).real
        array([[1., 0.],
               [0., 0.]])
    """
    batch = vector.shape[:-1]
    n = (vector.shape[-1].bit_length() - 1) // 2
    tensor = vector.reshape(-1, *(4,) * n).astype(complex)
    # Each contraction takes the first digit left and puts a row and a column bit at the end.
    for _ in range(n):
        tensor = np.tensordot(tensor, _PAULIS / 2.0, axes=([1], [0]))
    rows = range(1, 2 * n, 2)
    order = (0, *rows, *(1 + row for row in rows))
    return np.ascontiguousarray(tensor.transpose(order)).reshape(*batch, 2**n, 2**n)


def choi_to_transfer(rho: NDArray[np.complex128], n_in: int) -> NDArray[np.float64]:
    """Pauli-transfer matrix of a channel that acted on halves of |Phi+>.

    ``T[i, j] = 2**-n_in Tr(P_i Λ(P_j)) = Tr[(P_i ⊗ P_j^T) ρ]``, and only Y changes sign under
    transposition.

    Args:
        rho: Shape (..., d, d): outputs first (least significant), then the references of the
            inputs.
        n_in: Number of inputs.

    Returns:
        Shape (..., 4**n_out, 4**n_in).

    Examples:
        >>> phi_plus = np.zeros((4, 4), dtype=complex)
        >>> phi_plus[::3, ::3] = 0.5
        >>> np.diag(choi_to_transfer(phi_plus, 1))
        array([1., 1., 1., 1.])
    """
    vector = pauli_vector(rho)
    transfer = vector.reshape(*vector.shape[:-1], -1, 4**n_in)
    return transfer * _transposition_signs(n_in)


def pauli_columns(n: int) -> NDArray[np.complex128]:
    """All Pauli operators of n qubits as vectors.

    Args:
        n: Number of qubits.

    Returns:
        Shape (4**n, 4**n): column j is the column-stacked P_j (first qubit least significant in the
        matrix, most significant in j).

    Examples:
        >>> pauli_columns(1)[:, 3].real
        array([ 1.,  0.,  0., -1.])
    """
    operators = np.ones((1, 1, 1), dtype=complex)
    for _ in range(n):
        size = 2 * operators.shape[1]
        # The next qubit is more significant in the matrix and less significant in the digit.
        operators = np.einsum("jab,pcd->jpcadb", operators, _PAULIS).reshape(-1, size, size)
    return operators.transpose(2, 1, 0).reshape(4**n, 4**n)


def _transposition_signs(n: int) -> NDArray[np.float64]:
    signs: NDArray[np.float64] = np.ones(1)
    for _ in range(n):
        signs = np.kron(signs, np.array([1.0, 1.0, -1.0, 1.0]))
    return signs
