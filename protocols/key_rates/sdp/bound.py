"""Bounds on the key entropy of a described device, from above and proven from below.

From above: the algorithm of Frank and Wolfe on ``f`` over the states that agree with the
statistics, every step of which solves one semidefinite programme, and then takes the best mixture
of all states found so far (its fully corrective form). From below: ``f(sigma) >= Tr(grad f(rho)
sigma)`` for every state ``sigma``, and the dual of ``min Tr(grad f(rho) sigma)`` proves its least
value: A. Winick, N. Lutkenhaus, P. J. Coles, Quantum 2, 77 (2018), arXiv:1710.05511. Two things
differ from there, both on the safe side: the gradient is taken at a state mixed with a little white
noise, which need not have the statistics (any positive matrix gives a valid bound), and what the
dual solution lacks to be feasible is charged with the largest trace of a state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from protocols.key_rates.sdp.entropy import KeyEntropy
from protocols.key_rates.sdp.extra import solver
from protocols.key_rates.sdp.feasible import FeasibleSet, Matrix, face_of, hermitian, inner
from qnet.errors import EngineError, ParameterError

__all__ = ["EntropyBounds", "KeyProblem", "entropy_bounds"]

#: Steps without a tenth of progress after which rounding is taken to be all that is left.
_PATIENCE = 4

#: Shares of white noise in the point where the gradient is taken, until a programme is solved.
_MIXED = (1e-8, 1e-7, 1e-6, 1e-5)

#: Negative eigenvalue of a known state, relative to its trace, that is rounding.
_ROUNDING = 1e-13


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeyProblem:
    """A protocol as a programme over the state that Alice and Bob share before they measure.

    Args:
        entropy: What is minimised.
        operators: Hermitian operators whose mean values are known, shape (n, n) each: products of
            POVM elements (fine-grained statistics), and those that fix Alice's reduced state.
        values: The mean values.
        trace: Largest trace of a matrix ``sigma`` of the programme; 1 for normalised states.
        frame: ``F``, shape (n, m): the programme is solved for ``sigma`` with ``rho = F sigma
            F^dagger``, whose parts are then of one size, also where little arrives; its columns
            span the support of every state. None is the identity.

        state: A state that has the statistics, shape (n, n), where one is known, such as that of a
            described channel: where the search begins.

    Raises:
        ParameterError: If shapes do not match, or a number is not finite.
    """

    entropy: KeyEntropy
    operators: tuple[Matrix, ...]
    values: tuple[float, ...]
    trace: float = 1.0
    frame: Matrix | None = field(default=None)
    state: Matrix | None = field(default=None)

    def __post_init__(self) -> None:
        size = self.entropy.kraus[0].shape[1]
        if len(self.operators) != len(self.values) or not self.operators:
            hint = "give one mean value for each operator"
            raise ParameterError("values", "be one per operator", len(self.values), hint)
        for operator in self.operators:
            if operator.shape != (size, size) or not np.isfinite(operator).all():
                hint = f"the Kraus operators act on dimension {size}"
                rule = f"be finite matrices of shape ({size}, {size})"
                raise ParameterError("operators", rule, operator.shape, hint)
        if not np.isfinite(self.values).all():
            raise ParameterError("values", "be finite", list(self.values), "check the statistics")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EntropyBounds:
    """What the key bits hold that Eve does not know, in bits a round.

    Args:
        lower: Proven lower bound, whatever the solver's tolerance.
        upper: Value of ``f`` at a state that has the statistics: no bound can exceed it.
        steps: Semidefinite programmes solved; with none, the lower bound is the trivial one, 0.
        dimension: Of the face that the states were reduced to.
    """

    lower: float
    upper: float
    steps: int
    dimension: int


def entropy_bounds(
    problem: KeyProblem, *, tolerance: float = 2e-6, max_steps: int = 60
) -> EntropyBounds:
    """Bound the least key entropy over all states that agree with the statistics.

    Args:
        problem: The protocol and its statistics.
        tolerance: Difference of the bounds to stop at, relative to the upper one.
        max_steps: Most semidefinite programmes; the bounds hold wherever it stops.

    Raises:
        ParameterError: If no state has the statistics.
        EngineError: If cvxpy or Clarabel is missing.
    """
    solver()
    states, entropy, start = _reduced(problem)
    centre, least = start
    atoms, weights = [centre], np.array([1.0])
    state, upper, lower = centre, entropy.value(centre), 0.0
    gaps = list[float]()
    for _ in range(max_steps):
        proven = _from_below(states, entropy, state, problem.trace)
        if proven is None:
            break
        lower = max(lower, proven[0])
        gaps.append(upper - lower)
        stalled = len(gaps) > _PATIENCE and gaps[-1] > 0.9 * gaps[-1 - _PATIENCE]
        if gaps[-1] <= tolerance * upper or stalled:
            break
        atoms.append(_positive(proven[1], centre, least))
        atoms, weights = _best_mixture(entropy, atoms, weights)
        state = _mixture(atoms, weights)
        upper = min(upper, entropy.value(state))
    return EntropyBounds(
        lower=min(lower, upper), upper=upper, steps=len(gaps), dimension=states.size
    )


def _from_below(
    states: FeasibleSet, entropy: KeyEntropy, state: Matrix, trace: float
) -> tuple[float, Matrix] | None:
    """A proven lower bound and a state that it points to; None where the solver finds neither.

    Next to the boundary the gradient is steep, and the programme ill conditioned: more white noise
    makes it milder, and the bound a little lower.
    """
    even = float(np.trace(state).real) / states.size * np.eye(states.size)
    for share in _MIXED:
        gradient, error = entropy.gradient((1.0 - share) * state + share * even)
        try:
            bound, found = states.lowest(gradient, trace)
        except (EngineError, ParameterError):
            # A state is known, so that what looks impossible is rounding of the solver.
            continue
        return bound - error * trace, found
    return None


def _reduced(problem: KeyProblem) -> tuple[FeasibleSet, KeyEntropy, tuple[Matrix, float]]:
    """The programme on the smallest face that is known, and a state of it to begin with."""
    size = len(problem.operators[0])
    frame = np.eye(size) if problem.frame is None else problem.frame
    operators = [hermitian(frame.conj().T @ each @ frame) for each in problem.operators]
    sizes = [max(float(np.linalg.norm(each)), 1e-300) for each in operators]
    operators = [each / norm for each, norm in zip(operators, sizes, strict=True)]
    values = [value / norm for value, norm in zip(problem.values, sizes, strict=True)]
    face = face_of(operators, values)
    states = FeasibleSet([hermitian(face.conj().T @ each @ face) for each in operators], values)
    frame = frame @ face
    entropy = problem.entropy.restricted(frame)
    if problem.state is not None:
        back = np.linalg.pinv(frame)
        known = hermitian(back @ problem.state @ back.conj().T)
        state = states.onto_constraints(known)
        least = float(np.linalg.eigvalsh(state)[0])
        if least < -_ROUNDING * float(np.trace(state).real):
            state, least = known, 0.0
        return states, entropy, (state, least)
    return states, entropy, states.interior


def _positive(state: Matrix, centre: Matrix, least: float) -> Matrix:
    """The state with so much of the interior one that no eigenvalue is negative."""
    lowest = float(np.linalg.eigvalsh(state)[0])
    if lowest >= 0.0:
        return state
    share = min(1.0, -lowest * (1.0 + 1e-9) / (max(least, 0.0) - lowest) + 1e-15)
    return (1.0 - share) * state + share * centre


def _mixture(atoms: Sequence[Matrix], weights: Matrix) -> Matrix:
    return np.asarray(np.einsum("k,kij->ij", weights, np.array(atoms)))


def _best_mixture(
    entropy: KeyEntropy, atoms: list[Matrix], weights: Matrix
) -> tuple[list[Matrix], Matrix]:
    """The mixture of the states in which ``f`` is least; those without weight are dropped."""
    # Local import: it takes long to load.
    from scipy.optimize import minimize

    even = np.eye(len(atoms[0])) * float(np.trace(atoms[0]).real) / len(atoms[0])

    unit = max(entropy.value(_mixture(atoms[:-1], weights)), 1e-300)

    def value_and_slope(shares: Matrix) -> tuple[float, Matrix]:
        mixed = _mixture(atoms, np.maximum(shares, 0.0) + 1e-14)
        gradient, _ = entropy.gradient((1.0 - 1e-10) * mixed + 1e-10 * even)
        slopes = np.array([inner(gradient, atom) for atom in atoms])
        return entropy.value(mixed) / unit, slopes / unit

    start = np.append(weights * 0.9, 0.1)
    found = minimize(
        value_and_slope,
        start,
        jac=True,
        bounds=[(0.0, 1.0)] * len(atoms),
        constraints={"type": "eq", "fun": lambda s: s.sum() - 1.0, "jac": np.ones_like},
        method="SLSQP",
        options={"ftol": 1e-13, "maxiter": 200},
    )
    shares = np.maximum(found.x, 0.0)
    shares = shares / shares.sum()
    # Next to the boundary steps are tiny, and a line search finds what the other overlooks.
    tried = [shares, _line_search(entropy, atoms, weights)]
    shares = min(tried, key=lambda each: entropy.value(_mixture(atoms, each)))
    # The most interior state stays first: later gradients are taken next to it.
    kept = [k for k in range(len(atoms)) if k == 0 or shares[k] > 1e-14]
    left = shares[kept]
    return [atoms[k] for k in kept], left / left.sum()


def _line_search(entropy: KeyEntropy, atoms: list[Matrix], weights: Matrix) -> Matrix:
    """The best point between the mixture so far and the newest state."""
    from scipy.optimize import minimize_scalar

    old, new = _mixture(atoms[:-1], weights), atoms[-1]
    found = minimize_scalar(
        lambda t: entropy.value((1.0 - t) * old + t * new),
        bounds=(0.0, 1.0),
        method="bounded",
        options={"xatol": 1e-12},
    )
    share = float(found.x) if found.fun < entropy.value(old) else 0.0
    return np.append(weights * (1.0 - share), share)
