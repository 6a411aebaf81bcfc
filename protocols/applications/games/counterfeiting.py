r"""Counterfeiting of quantum money: the best channel from one qubit to two, with its certificate.

A channel with Choi operator J passes both tests with :math:`\mathrm{Tr}(Q J)`,
:math:`Q = \sum_k p_k\, E_k \otimes E_k \otimes \rho_k^T`, a semidefinite programme (A. Molina, T.
Vidick, J. Watrous, arXiv:1202.4010). Any channel is a value that is reached, and any Y with
:math:`1 \otimes Y \ge Q` bounds all of them by Tr Y: both are matrices that NumPy checks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from protocols.applications.games.conjugate_states import ComplexArray, ConjugateStates

__all__ = ["Counterfeit", "best_counterfeit", "counterfeit_by_solver", "measure_and_copy"]

#: Steps of the search for a channel; it stops when the bound is as close as rounding allows.
_STEPS = 2000
_CLOSE = 1e-12


@dataclass(frozen=True, kw_only=True, eq=False)
class Counterfeit:
    """The best counterfeit of one qubit, between two certified values.

    Args:
        reached: Probability that both copies pass, of ``choi``.
        bound: No channel passes with more, by ``dual``.
        choi: Choi operator (8, 8) of a channel: first copy, second copy, original.
        dual: Y (2, 2), with 1 (x) Y >= Q.
        chances: Shape (2, 2): probability that the first and the second copy fail (index 1) or
            pass (index 0), of ``choi``.
    """

    reached: float
    bound: float
    choi: ComplexArray
    dual: ComplexArray
    chances: Any


def best_counterfeit(states: ConjugateStates) -> Counterfeit:
    """The best counterfeit of a qubit in one of some states, without a solver.

    Args:
        states: States of the money, and the noise of the bank's tests.

    Examples:
        >>> found = best_counterfeit(ConjugateStates(bases="ZX"))
        >>> round(found.reached, 9), round(found.bound, 9)
        (0.75, 0.75)
    """
    target = _target(states)
    choi: ComplexArray = np.eye(8, dtype=np.complex128) / 4.0
    for _ in range(_STEPS):
        choi = _better(target, choi)
        dual = _feasible(target, choi)
        reached, bound = _value(target, choi), float(np.trace(dual).real)
        if bound - reached < _CLOSE:
            break
    return Counterfeit(
        reached=reached, bound=bound, choi=choi, dual=dual, chances=_chances(states, choi)
    )


def counterfeit_by_solver(states: ConjugateStates) -> float:
    """The same value by a solver of semidefinite programmes (extra ``sdp``).

    Raises:
        EngineError: If cvxpy or Clarabel is not installed.
    """
    from protocols.key_rates.sdp.extra import solver

    cp = solver()
    target = _target(states)
    choi = cp.Variable((8, 8), hermitian=True)
    traced = sum(choi[2 * k : 2 * k + 2, 2 * k : 2 * k + 2] for k in range(4))
    problem = cp.Problem(
        cp.Maximize(cp.real(cp.trace(target @ choi))), [choi >> 0, traced == np.eye(2)]
    )
    problem.solve(solver="CLARABEL")
    return float(problem.value)


def measure_and_copy(states: ConjugateStates) -> float:
    """Probability that both copies pass that a forger makes of one measurement in a random basis.

    Examples:
        >>> round(measure_and_copy(ConjugateStates(bases="ZX")), 12)
        0.625
    """
    total = 0.0
    for basis in states.bases:
        found = [states.density(basis, bit) for bit in (0, 1)]
        copies = [np.kron(np.kron(each, each), each.T) for each in found]
        passed = sum(_value(_target(states), np.asarray(each)) for each in copies)
        total += passed / len(states.bases)
    return total


def _target(states: ConjugateStates) -> ComplexArray:
    """Q (8, 8)."""
    found = np.zeros((8, 8), dtype=complex)
    for basis, bit in states.words:
        test, sent = states.test(basis, bit), states.density(basis, bit)
        found += np.kron(np.kron(test, test), sent.T) / len(states.words)
    return found


def _chances(states: ConjugateStates, choi: ComplexArray) -> Any:  # noqa: ANN401
    found = np.zeros((2, 2))
    for basis, bit in states.words:
        test, sent = states.test(basis, bit), states.density(basis, bit)
        sides: tuple[ComplexArray, ...] = (test, np.asarray(np.eye(2) - test))
        for first, one in enumerate(sides):
            for second, other in enumerate(sides):
                effect = np.asarray(np.kron(np.kron(one, other), sent.T), dtype=np.complex128)
                found[first, second] += _value(effect, choi) / len(states.words)
    return found


def _value(target: ComplexArray, choi: ComplexArray) -> float:
    return float(np.trace(target @ choi).real)


def _original(operator: ComplexArray) -> ComplexArray:
    """What is left on the original, (2, 2), when the copies are traced out."""
    return np.asarray(np.einsum("kakb->ab", operator.reshape(4, 2, 4, 2)))


def _better(target: ComplexArray, choi: ComplexArray) -> ComplexArray:
    """A channel that passes at least as often: Q J Q, made a channel again (iterated filter)."""
    raised = target @ choi @ target
    values, vectors = np.linalg.eigh(_original(raised))
    root = (vectors / np.sqrt(np.maximum(values, 1e-300))) @ vectors.conj().T
    sides = np.kron(np.eye(4), root)
    found = sides @ raised @ sides
    return np.asarray((found + found.conj().T) / 2.0)


def _feasible(target: ComplexArray, choi: ComplexArray) -> ComplexArray:
    """Y with 1 (x) Y >= Q: what Q J leaves on the original, lifted by the eigenvalue missing."""
    part = _original(target @ choi)
    guess = (part + part.conj().T) / 2.0
    missing = np.linalg.eigvalsh(target - np.kron(np.eye(4), guess)).max()
    return np.asarray(guess + max(float(missing), 0.0) * np.eye(2))
