"""Feasible sets of semidefinite programmes: states that agree with linear constraints.

Constraints are made orthonormal, so that dependent ones do no harm and contradictions are seen.
*Facial reduction*: where an event of probability zero, or a reduced state of low rank, confines the
states to a face of the cone, the programme is written on that face, in which some state is strictly
positive (H. Hu, J. Im, J. Lin, N. Lutkenhaus, H. Wolkowicz, Quantum 6, 792 (2022),
arXiv:2104.03847).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from protocols.key_rates.sdp.extra import solver
from qnet.errors import EngineError, ParameterError

__all__ = ["FeasibleSet", "Matrix", "face_of", "hermitian", "inner"]

Matrix = NDArray[Any]
Floats = NDArray[np.float64]

#: Probabilities below count as zero: the events never happen.
_NEVER = 1e-14

#: Largest disagreement of statistics with each other.
_CONTRADICTION = 1e-8

#: Norm of an operator, one at first, below which it is zero on the face.
_VANISHING = 1e-9


def hermitian(matrix: Matrix) -> Matrix:
    """The Hermitian part of a matrix."""
    return (matrix + matrix.conj().T) / 2.0


def inner(left: Matrix, right: Matrix) -> float:
    """``Re Tr(left right)`` of Hermitian matrices.

    Examples:
        >>> inner(np.eye(2), np.diag([0.25, 0.75]))
        1.0
    """
    return float(np.vdot(left, right).real)


def face_of(operators: Sequence[Matrix], values: Sequence[float]) -> Matrix:
    """The subspace that states of zero probability for some positive operators are confined to.

    Args:
        operators: Hermitian, shape (n, n) each.
        values: ``Tr(operator state)`` of each.

    Returns:
        An isometry, shape (n, m): its columns span what is left.

    Examples:
        >>> face_of([np.diag([1.0, 0.0])], [0.0]).shape
        (2, 1)
    """
    size = len(operators[0])
    never = np.zeros((size, size), dtype=np.result_type(*operators, float))
    for operator, value in zip(operators, values, strict=True):
        if abs(value) < _NEVER and np.linalg.eigvalsh(operator)[0] > -_NEVER:
            never = never + operator / max(float(np.linalg.norm(operator)), _NEVER)
    weights, vectors = np.linalg.eigh(never)
    return np.asarray(vectors[:, weights < 1e-9])


class FeasibleSet:
    """All positive semidefinite matrices with given values of some Hermitian operators.

    Args:
        operators: Shape (n, n) each, of norm near one.
        values: ``Tr(operator state)`` of each.

    Raises:
        ParameterError: If the values contradict each other, or no state has them.
    """

    def __init__(self, operators: Iterable[Matrix], values: Iterable[float]) -> None:
        stacked = np.array([hermitian(np.asarray(each)) for each in operators])
        self.size = int(stacked.shape[1])
        self.is_real = not np.iscomplexobj(stacked) or float(np.abs(stacked.imag).max()) < 1e-15
        self.operators, self.values = self._orthonormal(stacked, np.array(list(values), float))
        self._programme: tuple[Any, Any, Any, Any] | None = None

    def _orthonormal(self, stacked: Matrix, values: Floats) -> tuple[Floats, Floats]:
        """Orthonormal combinations of the constraints, as real symmetric matrices."""
        rows = np.array([self.real_form(each).ravel() for each in stacked])
        scale = np.linalg.norm(rows, axis=1)
        # Operators that vanish on the face say nothing, unless their values do not.
        told = (scale > _VANISHING) | (np.abs(values) > _CONTRADICTION)
        rows, values, scale = rows[told], values[told], np.maximum(scale[told], _VANISHING)
        left, sizes, right = np.linalg.svd(rows / scale[:, None], full_matrices=False)
        rank = int((sizes > 1e-10 * sizes[0]).sum())
        turned = left.T @ (values / scale)
        if np.abs(turned[rank:]).max(initial=0.0) > _CONTRADICTION:
            gap = float(np.abs(turned[rank:]).max())
            hint = "check the statistics, and that they are those of the described receiver"
            raise ParameterError("statistics", "not contradict each other", gap, hint)
        wide = self.size if self.is_real else 2 * self.size
        return right[:rank].reshape(rank, wide, wide), turned[:rank] / sizes[:rank]

    def real_form(self, matrix: Matrix) -> Floats:
        """A Hermitian matrix as a real symmetric one with the same inner products."""
        if self.is_real:
            return np.asarray(matrix.real, dtype=float)
        re, im = matrix.real, matrix.imag
        return np.block([[re, -im], [im, re]]) / np.sqrt(2.0)

    def _complex_form(self, matrix: Floats) -> Matrix:
        """The Hermitian matrix whose `real_form` this is, or is nearest to this."""
        if self.is_real:
            return matrix
        n = self.size
        re, im = matrix[:n, :n] + matrix[n:, n:], matrix[n:, :n] - matrix[:n, n:]
        return hermitian(re + 1j * im) / np.sqrt(2.0)

    def onto_constraints(self, state: Matrix) -> Matrix:
        """The nearest Hermitian matrix that has all the values exactly."""
        form = self.real_form(state)
        off = np.einsum("kij,ij->k", self.operators, form) - self.values
        return self._complex_form(form - np.einsum("k,kij->ij", off, self.operators))

    @cached_property
    def interior(self) -> tuple[Matrix, float]:
        """The state whose least eigenvalue is largest, and that eigenvalue.

        Raises:
            ParameterError: If no state has the values.
        """
        cp = solver()
        free = cp.Variable(self.operators.shape[1:], symmetric=True)
        least = cp.Variable()
        rows = self.operators.reshape(len(self.values), -1)
        wide = np.eye(self.operators.shape[1]) / (1.0 if self.is_real else np.sqrt(2.0))
        held = [rows @ cp.vec(free, order="C") == self.values, free - least * wide >> 0]
        # A bound that keeps the programme bounded where no constraint fixes the trace.
        problem = cp.Problem(cp.Maximize(least), [*held, least <= 1e3])
        _solve(problem)
        state = self.onto_constraints(self._complex_form(np.asarray(free.value)))
        lowest = float(np.linalg.eigvalsh(state)[0])
        if lowest < -_CONTRADICTION:
            hint = "check the statistics, and that they are those of the described receiver"
            raise ParameterError("statistics", "be those of some quantum state", lowest, hint)
        return state, lowest

    def lowest(self, cost: Matrix, trace: float) -> tuple[float, Matrix]:
        """A proven lower bound of ``Tr(cost state)`` over the set, and a state near the minimum.

        The bound is that of the dual programme, ``max values . y`` with ``S = cost - sum y_i
        operator_i >= 0``. The solver's ``y`` is taken as it is, and what ``S`` lacks to be positive
        is charged: ``Tr(cost state) >= values . y + min(0, least eigenvalue of S) Tr(state)`` holds
        for any ``y`` whatever, hence for any tolerance of the solver.

        Args:
            cost: Hermitian, shape (n, n).
            trace: Largest trace of a state of the set.

        Returns:
            The bound, and the state, which has the values but may be slightly negative.
        """
        matrix, multipliers, positive, problem = self._dual()
        size = max(float(np.linalg.norm(cost)), 1e-300)
        form = self.real_form(cost) / size
        matrix.value = (form + form.T) / 2.0
        _solve(problem)
        y = np.asarray(multipliers.value)
        slack = form - np.einsum("k,kij->ij", y, self.operators)
        least = float(np.linalg.eigvalsh((slack + slack.T) / 2.0)[0])
        # The real form of a complex matrix has its eigenvalues divided by the root of two.
        least *= 1.0 if self.is_real else np.sqrt(2.0)
        bound = float(self.values @ y) + min(0.0, least) * trace
        rounding = 1e-13 * float(np.abs(y) @ np.maximum(np.abs(self.values), 1.0))
        found = np.asarray(positive.dual_value)
        state = self.onto_constraints(self._complex_form((found + found.T) / 2.0))
        return size * (bound - rounding), state

    def _dual(self) -> tuple[Any, Any, Any, Any]:
        """Parameter, multipliers, cone and problem of the dual programme, built once."""
        if self._programme is None:
            cp = solver()
            wide = self.operators.shape[1]
            matrix = cp.Parameter((wide, wide), symmetric=True)
            y = cp.Variable(len(self.values))
            rows = self.operators.reshape(len(self.values), -1)
            combined = cp.reshape(rows.T @ y, (wide, wide), order="C")
            positive = matrix - combined >> 0
            problem = cp.Problem(cp.Maximize(self.values @ y), [positive])
            self._programme = matrix, y, positive, problem
        return self._programme


def _solve(problem: Any) -> None:  # noqa: ANN401
    """Solve to the solver's best; what it lacks is charged by the caller."""
    import warnings

    cp = solver()
    with warnings.catch_warnings():
        # An inaccurate solution is as good as any other: its bound is proven, or it is refused.
        warnings.simplefilter("ignore", UserWarning)
        try:
            problem.solve(solver=cp.CLARABEL)
        except cp.error.SolverError as error:
            message = (
                "Clarabel found no solution of a semidefinite programme, which is ill conditioned: "
                "take an analytic proof, or a device whose states differ more"
            )
            raise EngineError(message) from error
    if problem.status not in ("optimal", "optimal_inaccurate"):
        if problem.status.startswith("infeasible"):
            hint = "check the statistics, and that they are those of the described receiver"
            raise ParameterError("statistics", "be those of some quantum state", "none", hint)
        message = f"Clarabel calls the semidefinite programme {problem.status}"
        raise EngineError(message)
