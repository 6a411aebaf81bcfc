"""Markov chains with few states: their states as they are reached, and how often each is met."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, diags_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import spsolve

from qnet.errors import EngineError
from qnet.states.pauli import Array

__all__ = ["MarkovChain", "explored"]

State = TypeVar("State", bound=Hashable)

#: Most states of a chain.
_MOST_STATES = 200_000

#: Up to so many states are solved without differences, and so to the last digit.
_FEW = 300


@dataclass(frozen=True, eq=False)
class MarkovChain(Generic[State]):
    """A chain in continuous time, or in steps.

    Args:
        states: Its states.
        rates: Rates (n, n) from each state (row) to each other; or probabilities of one step.
    """

    states: list[State]
    rates: csr_array

    def stationary(self) -> Array:
        """Share of time, or of steps, (n,) that it spends in each state, from the first one on.

        Few states by elimination without subtractions (W. K. Grassmann, M. I. Taksar, D. P. Heyman,
        Oper. Res. 33, 1107 (1985)), many by sparse LU. States that are left for ever have none.
        """
        found = np.zeros(len(self.states))
        for members, chance in self._closed():
            rates = self.rates[members][:, members]
            solve = _without_differences if len(members) <= _FEW else _by_elimination
            found[members] = chance * solve(rates)
        return found

    def _closed(self) -> list[tuple[npt.NDArray[np.intp], float]]:
        """Sets of states that are never left, and how likely it ends up in each."""
        count, label = connected_components(self.rates, connection="strong")
        rows, columns = self.rates.nonzero()
        left = set(label[rows[label[rows] != label[columns]]].tolist())
        closed = [np.flatnonzero(label == k) for k in range(count) if k not in left]
        if len(closed) == 1:
            return [(closed[0], 1.0)]
        passed = np.flatnonzero(np.isin(label, list(left)))
        away = np.asarray(self.rates.sum(axis=1)).ravel()[passed]
        within = diags_array(away) - self.rates[passed][:, passed]
        return [
            (members, float(spsolve(within.tocsc(), self.rates[passed][:, members].sum(axis=1))[0]))
            for members in closed
        ]


def _by_elimination(rates: csr_array) -> Array:
    away = np.asarray(rates.sum(axis=1)).ravel()
    system = (rates - diags_array(away)).T.tolil()
    # One balance follows from the others; the probabilities adding up takes its place.
    system[0, :] = 1.0
    right = np.zeros(len(away))
    right[0] = 1.0
    found = np.maximum(spsolve(system.tocsc(), right), 0.0)
    return np.asarray(found / found.sum())


def _without_differences(sparse: csr_array) -> Array:
    rates = sparse.toarray().astype(float)
    np.fill_diagonal(rates, 0.0)
    count = len(rates)
    for k in range(count - 1, 0, -1):
        away = rates[k, :k].sum()
        rates[:k, k] /= away
        rates[:k, :k] += np.outer(rates[:k, k], rates[k, :k])
    found = np.zeros(count)
    found[0] = 1.0
    for k in range(1, count):
        found[k] = found[:k] @ rates[:k, k]
    return np.asarray(found / found.sum())


def explored(
    start: State,
    moves: Callable[[State], Iterable[tuple[float, State]]],
) -> MarkovChain[State]:
    """The chain of all states that can be reached from one.

    Args:
        start: The state that it begins in.
        moves: Rates, or probabilities of one step, and the states that they lead to.

    Raises:
        EngineError: If there are more.

    Examples:
        >>> chain = explored(0, lambda k: [(1.0, k + 1)] if k < 2 else [(1.0, 0)])
        >>> chain.stationary().round(6)
        array([0.333333, 0.333333, 0.333333])
    """
    number = {start: 0}
    states = [start]
    rows, columns, rates = [], [], []
    for row, state in enumerate(states):
        for rate, other in moves(state):
            if rate <= 0.0:
                continue
            if other not in number:
                number[other] = len(states)
                states.append(other)
                if len(states) > _MOST_STATES:
                    message = (
                        f"the Markov chain of this network has more than {_MOST_STATES} states; "
                        "use engine='sampled', or fewer memories"
                    )
                    raise EngineError(message)
            rows.append(row)
            columns.append(number[other])
            rates.append(float(rate))
    size = len(states)
    return MarkovChain(states, csr_array((rates, (rows, columns)), shape=(size, size)))
