"""Fisher information of states and of readouts, and the readout that reaches the bound."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qnet.instrument.pauli import state_matrix

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from qnet.states.pauli import Array

    Complex = NDArray[np.complex128]

__all__ = [
    "fisher_information",
    "logarithmic_derivative",
    "parity_information",
    "phase_generator",
    "quantum_fisher_information",
    "quantum_fisher_matrix",
    "readout_of_bound",
    "turning",
    "vector_fisher_information",
]

#: Sums of eigenvalues below this share of the largest one are rounding.
_RELATIVE = 1e-13

#: Elements below this share of the largest one of a state are rounding.
_NOTHING = 1e-15

#: Distance of a squared parity from one below which its limit is taken.
_CERTAIN = 1e-10


def quantum_fisher_information(state: ArrayLike, slope: ArrayLike) -> float:
    r"""Quantum Fisher information of a parameter: the most that any readout tells about it.

    :math:`F_Q = 2 \sum_{ij} |\langle i|\partial\rho|j\rangle|^2/(\lambda_i + \lambda_j)` over the
    eigenvectors of the state (S. L. Braunstein and C. M. Caves, Phys. Rev. Lett. 72, 3439 (1994)).
    Blocks of a state on which the parameter acts may be given alone: the information is their sum.

    Args:
        state: Density matrix (d, d), or a block of one.
        slope: Its derivative by the parameter, (d, d).

    Returns:
        Per squared unit of the parameter; infinite where the slope leaves the support, as at the
        border of a parameter's range.

    Examples:
        >>> plus = np.full((2, 2), 0.5)
        >>> round(quantum_fisher_information(plus, turning(plus, phase_generator([1.0]))), 12)
        1.0
    """
    found = quantum_fisher_matrix(state, np.asarray(slope)[None])
    return float(found[0, 0])


def quantum_fisher_matrix(state: ArrayLike, slopes: ArrayLike) -> Array:
    r"""Quantum Fisher information matrix of several parameters.

    :math:`F_{ab} = 2 \sum_{ij} \mathrm{Re}(\langle i|\partial_a\rho|j\rangle \langle j|\partial_b
    \rho|i\rangle)/(\lambda_i + \lambda_j)`; parameters whose generators commute can be read
    together.

    Args:
        state: Density matrix (d, d), or a block of one.
        slopes: Derivatives (k, d, d).

    Returns:
        Shape (k, k); infinite where a slope leaves the support of the state.
    """
    rho, changes = np.asarray(state, dtype=complex), np.asarray(slopes, dtype=complex)
    least = _NOTHING * float(np.abs(rho).max())
    changes = np.where(np.abs(changes) > least, changes, 0.0)
    blocks = [(*np.linalg.eigh(block), change) for block, change in _blocks(rho, changes)]
    largest = max(float(values.max()) for values, _, _ in blocks)
    found = np.zeros((len(changes), len(changes)))
    scale = float(np.abs(changes).max(initial=0.0)) ** 2
    for values, vectors, change in blocks:
        inside = vectors.conj().swapaxes(-1, -2) @ change @ vectors
        sums = values[:, :, None] + values[:, None, :]
        known = sums > _RELATIVE * largest
        squares = np.abs(inside) ** 2
        outside = (np.where(known, 0.0, squares) > 1e-9 * scale).any(axis=(1, 2, 3))
        weights = np.where(known, 2.0 / np.where(known, sums, 1.0), 0.0)
        found += np.einsum("amij,bmji,mij->ab", inside, inside, weights, optimize=True).real
        found[outside, outside] = np.inf
    return found


def _blocks(rho: Complex, changes: Complex) -> list[tuple[Complex, Complex]]:
    """Blocks of a state and of its slopes that nothing joins, stacked by size.

    A GHZ state under noise on each qubit falls into blocks of two: much less work than the whole.
    """
    from scipy.sparse.csgraph import connected_components

    joined = np.abs(rho) > _NOTHING * np.abs(rho).max()
    joined |= (changes != 0.0).any(axis=0)
    _, labels = connected_components(joined, directed=False)
    order = np.argsort(labels, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)
    found = []
    for size in {len(each) for each in members}:
        chosen = np.array([each for each in members if len(each) == size])
        rows, columns = chosen[:, :, None], chosen[:, None, :]
        found.append((rho[rows, columns], changes[:, rows, columns]))
    return found


def logarithmic_derivative(state: ArrayLike, slope: ArrayLike) -> Complex:
    r"""Symmetric logarithmic derivative L of a state: :math:`2 \partial\rho = L\rho + \rho L`.

    Args:
        state: Density matrix (d, d).
        slope: Its derivative by the parameter.
    """
    rho, change = np.asarray(state, dtype=complex), np.asarray(slope, dtype=complex)
    values, vectors = np.linalg.eigh(rho)
    inside = vectors.conj().T @ change @ vectors
    sums = values[:, None] + values[None, :]
    known = sums > _RELATIVE * float(values[-1])
    found = np.zeros_like(inside)
    found[known] = 2.0 * inside[known] / sums[known]
    return np.asarray(vectors @ found @ vectors.conj().T)


def readout_of_bound(state: ArrayLike, slope: ArrayLike) -> float:
    """Fisher information of the readout in the eigenbasis of the logarithmic derivative.

    It equals the quantum Fisher information: the bound is reached by a projective readout.

    Examples:
        >>> state = np.array([[0.6, 0.2], [0.2, 0.4]])
        >>> slope = turning(state, phase_generator([1.0]))
        >>> round(readout_of_bound(state, slope) / quantum_fisher_information(state, slope), 9)
        1.0
    """
    _, basis = np.linalg.eigh(logarithmic_derivative(state, slope))
    found = np.einsum("di,de,ei->i", basis.conj(), np.asarray(state), basis).real
    slopes = np.einsum("di,de,ei->i", basis.conj(), np.asarray(slope), basis).real
    return fisher_information(found, slopes)


def fisher_information(probabilities: ArrayLike, slopes: ArrayLike) -> float:
    r"""Fisher information of a readout, :math:`\sum_k (\partial p_k)^2/p_k`.

    Args:
        probabilities: Of the outcomes.
        slopes: Their derivatives by the parameter.

    Examples:
        >>> fisher_information([0.5, 0.5], [0.5, -0.5])
        1.0
    """
    p, d = np.asarray(probabilities, dtype=float), np.asarray(slopes, dtype=float)
    seen = p > _RELATIVE
    if bool((np.abs(d[~seen]) > 1e-6).any()):
        return float("inf")
    return float((d[seen] ** 2 / p[seen]).sum())


def parity_information(parity: Array, slope: Array, curvature: Array) -> Array:
    r"""Fisher information of a readout with the two outcomes +1 and -1.

    :math:`(\partial P)^2/(1 - P^2)` of the mean P; where P is certain, its limit, the curvature.

    Args:
        parity: Mean P, any shape.
        slope: Its first derivative.
        curvature: Its second derivative.
    """
    left = 1.0 - parity**2
    certain = left < _CERTAIN
    found = slope**2 / np.where(certain, 1.0, left)
    return np.asarray(np.where(certain, np.abs(curvature), found))


def phase_generator(exposures: ArrayLike) -> Array:
    r"""Diagonal (2**n,) of the generator :math:`\sum_i t_i Z_i/2` of a phase.

    Args:
        exposures: How much of the phase each qubit takes up, t_i; the first is most significant.

    Examples:
        >>> phase_generator([1.0, 1.0])
        array([ 1.,  0.,  0., -1.])
    """
    found: Array = np.zeros(1)
    for exposure in np.asarray(exposures, dtype=float):
        found = np.add.outer(found, np.array([exposure, -exposure]) / 2.0).reshape(-1)
    return found


def turning(state: ArrayLike, generator: Array) -> Complex:
    r"""Derivative :math:`-i[G, \rho]` of a state that turns under a diagonal generator.

    Args:
        state: Density matrix (d, d).
        generator: Diagonal of G, (d,).
    """
    return np.asarray(-1j * (generator[:, None] - generator[None, :]) * np.asarray(state))


def vector_fisher_information(
    vectors: Array,
    exposures: ArrayLike,
    of: Callable[[Complex, Complex], float] = quantum_fisher_information,
) -> Array:
    """Fisher information of a phase in states that are given by their Pauli vectors.

    Args:
        vectors: Shape (..., 4**n), first qubit most significant.
        exposures: Share of the phase that each qubit takes up, (n,).
        of: Information of a state and its slope: the most there is, unless given.

    Returns:
        Shape (...).

    Examples:
        >>> from protocols.applications.needs import ideal_vector
        >>> round(float(vector_fisher_information(ideal_vector("ghz", 3), [1, 1, 1])), 9)
        9.0
    """
    generator = phase_generator(exposures)
    states = state_matrix(np.asarray(vectors, dtype=float))
    flat = states.reshape(-1, *states.shape[-2:])
    found = [of(each, turning(each, generator)) for each in flat]
    return np.array(found).reshape(states.shape[:-2])
