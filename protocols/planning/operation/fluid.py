r"""Fluid queue of a store: filled and emptied at rates that a Markov chain sets, exactly solved.

Let F(x) be the row of probabilities that the level is at most x and the chain is in each state.
With generator Q and net rates R = diag(r) it obeys F'(x) R = F(x) Q for 0 < x < B, so

.. math:: F(x) = \sum_k a_k e^{T_k x} L_k,

where the rows of L_k span left invariant subspaces of Q R^-1. There is no mass at 0 in states that
fill, and none at B in those that empty: these are as many conditions as there are coefficients
(D. Anick, D. Mitra, M. M. Sondhi, Bell Syst. Tech. J. 61, 1871 (1982),
doi:10.1002/j.1538-7305.1982.tb03089.x; of finite stores D. Mitra, Adv. Appl. Probab. 20, 646
(1988), doi:10.1017/S000186780001819X). Subspaces in place of single eigenvectors, growing ones
written from the upper end, keep this stable for large stores and for supplies as large as the use.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qnet.errors import ParameterError, check_positive

__all__ = ["FluidLaw", "chain_law", "fluid_law"]

Array = NDArray[np.float64]
_Complex = NDArray[np.complex128]

#: Exponents over the whole store up to which a mode neither grows nor decays.
_LEVEL = 1.0

#: The same as a share of the largest exponent, for stores so large that digits would be lost.
_ROUNDING = 1e-11


@dataclass(frozen=True, slots=True, kw_only=True)
class FluidLaw:
    """The law of the level of a store in the long run.

    Args:
        states: Probability of each state of the chain.
        empty: Probability of each state together with an empty store; 0 where it fills.
        full: Probability of each state together with a full store; 0 where it empties.
    """

    states: Array
    empty: Array
    full: Array


def chain_law(generator: Array) -> Array:
    """Stationary law of a Markov chain in continuous time.

    Args:
        generator: Rates from state to state, rows summing up to 0. Shape (states, states).

    Returns:
        Shape (states,).

    Raises:
        ParameterError: If it is no generator, or has several laws.

    Examples:
        >>> chain_law(np.array([[-1.0, 1.0], [3.0, -3.0]])).round(12).tolist()
        [0.75, 0.25]
    """
    rates = np.asarray(generator, dtype=np.float64)
    hint = "give rates from state to state, and minus their sum on the diagonal"
    if rates.ndim != 2 or rates.shape[0] != rates.shape[1] or not rates.size:
        raise ParameterError("generator", "be a square matrix", rates.shape, hint)
    scale = float(np.abs(rates).max(initial=0.0))
    off = rates - np.diag(np.diag(rates))
    if off.min(initial=0.0) < 0.0 or np.abs(rates.sum(axis=1)).max() > 1e-9 * max(scale, 1e-300):
        raise ParameterError("generator", "have rows that sum up to 0", rates.tolist(), hint)
    size = len(rates)
    system = np.vstack([rates.T / (scale or 1.0), np.ones(size)])
    law, _, rank, _ = np.linalg.lstsq(system, np.append(np.zeros(size), 1.0), rcond=1e-14)
    if rank < size:
        hint = "join the states that never meet"
        raise ParameterError("generator", "have one stationary law", rates.tolist(), hint)
    return np.maximum(law, 0.0) / np.maximum(law, 0.0).sum()


def fluid_law(generator: Array, net_rates: Sequence[float] | Array, size: float) -> FluidLaw:
    """The law of a store whose net rate of filling depends on the state of a Markov chain.

    Args:
        generator: Rates of the chain. Shape (states, states).
        net_rates: What fills it less what empties it in each state. Shape (states,).
        size: The most that it holds.

    Raises:
        ParameterError: If the generator is none, or the size not above 0.

    Examples:
        A device that fails each 1000 h for 12 h, makes 3 and is used at 1, with a store of 24:

        >>> law = fluid_law(np.array([[-1e-3, 1e-3], [1 / 12, -1 / 12]]), [2.0, -1.0], 24.0)
        >>> round(float(law.empty.sum()), 10), round(float(law.full.sum()), 7)
        (0.0016157224, 0.9830213)
    """
    check_positive("size", size)
    rates = np.asarray(net_rates, dtype=np.float64)
    states = chain_law(generator)
    chain = np.asarray(generator, dtype=np.float64)
    empty, full = np.zeros(len(rates)), np.zeros(len(rates))
    moving = rates != 0.0
    if not moving.any():
        hint = "then its level stays as it is"
        raise ParameterError("net_rates", "not all be 0", rates.tolist(), hint)
    if (rates[moving] > 0.0).all() or (rates[moving] < 0.0).all():
        (full if rates[moving][0] > 0.0 else empty)[:] = states
        return FluidLaw(states=states, empty=empty, full=full)
    still = ~moving
    censored: Array = chain[np.ix_(moving, moving)]
    into: Array = np.zeros((int(moving.sum()), 0))
    if still.any():
        # Times in states without a net rate, for each visit from the others.
        visits = np.linalg.solve(chain[np.ix_(still, still)].T, -chain[np.ix_(moving, still)].T)
        into = np.asarray(visits.T, dtype=np.float64)
        censored = censored + into @ chain[np.ix_(still, moving)]
    low, high = _ends(censored, rates[moving], states[moving], size)
    empty[moving], full[moving] = low, high
    empty[still], full[still] = low @ into, high @ into
    return FluidLaw(states=states, empty=empty, full=full)


def _ends(chain: Array, rates: Array, states: Array, size: float) -> tuple[Array, Array]:
    """Masses at the two ends, where no rate is 0."""
    from scipy.linalg import expm, schur

    unit = float(np.abs(rates).max())
    motion = (chain * (size / unit)) / (rates / unit)  # Q R^-1, in lengths of the store
    exponents = np.linalg.eigvals(motion)
    flat = max(_LEVEL, _ROUNDING * float(np.abs(exponents).max()))
    choices: tuple[Callable[[complex], bool], ...] = (
        lambda z: abs(z) <= flat,
        lambda z: abs(z) > flat and z.real <= 0.0,
        lambda z: abs(z) > flat and z.real > 0.0,
    )
    at_zero: list[_Complex] = []
    at_size: list[_Complex] = []
    for k, choice in enumerate(choices):
        form, vectors, count = schur(motion.T, output="complex", sort=choice)
        rows = vectors[:, :count].T
        change = expm((-1.0 if k == 2 else 1.0) * form[:count, :count].T)
        at_zero.append(change @ rows if k == 2 else rows)
        at_size.append(rows if k == 2 else change @ rows)
    low, high = np.vstack(at_zero), np.vstack(at_size)
    if low.shape[0] != len(rates):
        message = "the modes of a store are not told apart; take another size"
        raise ParameterError("size", "tell the modes apart", size, message)
    up = rates > 0.0
    system = np.hstack([low[:, up], high[:, ~up]]).T
    wanted = np.concatenate([np.zeros(int(up.sum())), states[~up]])
    weights = np.linalg.solve(system, wanted.astype(np.complex128))
    empty = np.where(up, 0.0, np.maximum((weights @ low).real, 0.0))
    full = np.where(up, np.maximum(states - (weights @ high).real, 0.0), 0.0)
    return empty, full
