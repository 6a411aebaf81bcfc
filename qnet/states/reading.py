"""Reading a two-qubit state that someone gives, without guessing what its numbers mean.

A Fano matrix is real with ``R[0, 0] = 1``; a density matrix is Hermitian with trace 1 and has no
negative eigenvalue. An array that is valid in one reading only is read so. Valid in both is a
matrix with 1 in its first entry and 0 elsewhere alone: the pure state 00 as a density matrix (all
of the trace is in one entry), the maximally mixed state as a Fano matrix. It is refused unless its
type says which.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qnet.errors import ParameterError
from qnet.states.pauli import FANO_TOLERANCE, fano_from_density_matrix, is_physical
from qnet.states.typed import FanoMatrix, FanoRows, fano_rows

__all__ = ["fano_matrix", "read_state"]

_HINT = "give a Fano matrix (4, 4) with R[0, 0] = 1, or a two-qubit DensityMatrix"
_WHICH = (
    "say which: fano_from_density_matrix(rho) or DensityMatrix(rho) for the pure state 00, "
    "werner(0.0) or fano_matrix(R) for the maximally mixed state"
)


def fano_matrix(entries: ArrayLike) -> FanoMatrix:
    """An array (4, 4), declared to be a Fano matrix.

    Args:
        entries: ``R[i, j] = Tr(rho sigma_i (x) sigma_j)``; see `qnet.states.pauli`.

    Raises:
        ParameterError: If it is no Fano matrix of a physical state (to 1e-8).

    Examples:
        >>> from qnet import Abstract
        >>> mixed = fano_matrix([[1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]])
        >>> bool((Abstract(success_probability=0.1, state=mixed).link().fano == mixed).all())
        True
    """
    array = _numbers(entries)
    if array is None or array.shape != (4, 4):
        raise ParameterError("fano", "be a real array (4, 4)", entries, _HINT)
    if not _is_fano(array):
        rule = "be a physical state: R[0, 0] = 1, no negative eigenvalue"
        raise ParameterError("fano", rule, array.tolist(), _HINT)
    return np.array(array.real, dtype=float).view(FanoMatrix)


def read_state(field: str, state: Any) -> FanoRows:  # noqa: ANN401 - whatever describes the state
    """The state as the rows of a Fano matrix.

    Args:
        field: What to call it in an error.
        state: A Fano matrix (4, 4), as an array or nested sequences; a density matrix (4, 4); or
            what ``qiskit.quantum_info.DensityMatrix`` accepts, such as a circuit, of two qubits
            whose qubit 0 is A (left).

    Raises:
        ParameterError: If it is no physical state of two qubits (to 1e-8), or an array that is one
            in both readings.

    Examples:
        >>> read_state("state", [[0.5, 0, 0, 0.5], [0] * 4, [0] * 4, [0.5, 0, 0, 0.5]])[3]
        (0.0, 0.0, 0.0, 1.0)
    """
    array = _numbers(state)
    if array is None or array.shape != (4, 4):
        return _of_density(field, state)
    is_fano = _is_fano(array)
    if not isinstance(state, FanoMatrix | FanoRows):
        is_density = _is_density(array)
        if is_fano and is_density:
            rule = "be a density matrix or a Fano matrix, not an array that is valid as both"
            raise ParameterError(field, rule, array.tolist(), _WHICH)
        if is_density:
            return _of_density(field, array)
    if not is_fano:
        rule = "be a physical state: R[0, 0] = 1, no negative eigenvalue"
        raise ParameterError(field, rule, array.tolist(), _HINT)
    return _normalised(array.real)


def _of_density(field: str, state: Any) -> FanoRows:  # noqa: ANN401
    try:
        return _normalised(fano_from_density_matrix(state))
    except ParameterError as error:
        if "two qubits" in error.rule:
            raise ParameterError(field, "be a two-qubit state", state, _HINT) from error
        raise ParameterError(field, error.rule, error.value, _HINT) from error


def _normalised(fano: NDArray[np.float64]) -> FanoRows:
    """Trace one exactly, so that reading what is stored changes no digit."""
    return fano_rows(fano / fano[0, 0])


def _numbers(state: Any) -> NDArray[Any] | None:  # noqa: ANN401
    """The array of what is one already, or nested sequences; None for anything else."""
    if not isinstance(state, np.ndarray | list | tuple):
        return None
    try:
        array = np.asarray(state)
    except ValueError:  # ragged
        return None
    return array if array.dtype.kind in "fiuc" else None


def _is_fano(array: NDArray[Any]) -> bool:
    is_real = bool(np.all(np.abs(np.imag(array)) <= FANO_TOLERANCE))
    return is_real and is_physical(np.real(array), FANO_TOLERANCE)


def _is_density(array: NDArray[Any]) -> bool:
    if not abs(np.trace(array) - 1.0) <= FANO_TOLERANCE:
        return False
    try:
        fano_from_density_matrix(np.asarray(array))
    except ParameterError:
        return False
    return True
