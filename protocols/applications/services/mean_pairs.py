r"""Mean states of pairs that wait for one another, from the joint law of times and states.

Storage multiplies every component a of a stored pair by :math:`e^{-r_a t}`. With
:math:`w_a(t)` the probability of a delivery at t times that component of its state, pairs that one
chain delivers one after the other wait for those behind them, and so

.. math:: E[R_{a_1} \cdots R_{a_k}] = \prod_j \sum_t w_{a_j}(t)\, e^{-(r_{a_1} + \dots +
    r_{a_{j-1}}) t};

pairs of chains side by side wait for the slowest: the sum over t and over which of them comes last,
those before it having come earlier, those behind it up to then. The pairs are correlated by their
common wait; memories with a fixed point other than the maximally mixed state are first brought into
coordinates in which their storage is diagonal.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from qnet.engines.exact import Carrier, ExactResult, FullCarrier, running
from qnet.errors import EngineError
from qnet.estimate import Estimate
from qnet.hardware import Memory
from qnet.states.pauli import Array

__all__ = ["MOST_MEAN_PAIRS", "MeanPairs", "mean_pairs"]

#: Most pairs of a round whose joint mean state is worked out: a vector of 4**10 components.
MOST_MEAN_PAIRS = 5

#: Most products of basis vectors, of pairs in turn and side by side.
_MOST_PRODUCTS = {False: 1 << 20, True: 1 << 12}

#: Most numbers of a law on a time grid, components times steps.
_MOST_NUMBERS = 1 << 25

#: Numbers that are worked on at once.
_BLOCK = 1 << 22

#: Largest trace distance that is let pass.
_FARTHEST = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class MeanPairs:
    """The mean joint state of the pairs of a round.

    Args:
        weights: Shape (c, ..., c): what each product of basis vectors has of it, an axis a pair.
        basis: Shape (c, 16): Pauli vectors.
        duration: Mean time until all of them are there, in s.
        distance: Bound on its trace distance from the true mean.
    """

    weights: Array
    basis: Array
    duration: Estimate
    distance: float

    @property
    def vector(self) -> Array:
        """Its Pauli vector (16**pairs,), pair by pair."""
        return self.of([self.basis] * self.weights.ndim)

    def products(self, count: int) -> list[Array]:
        """All products of basis vectors of so many pairs: rows (c**count, 16) of each pair."""
        places = np.indices((len(self.basis),) * count).reshape(count, -1)
        return [self.basis[place] for place in places]

    def of(self, made: Sequence[Array]) -> Array:
        """The mean of a product of states.

        Args:
            made: Of each state, what comes of all products of basis vectors of its pairs: rows
                (c**pairs, n); states in the order of their pairs.
        """
        found = self.weights.reshape(-1)
        for rows in made:
            found = np.tensordot(found.reshape(len(rows), -1), rows, axes=(0, 0))
        return np.asarray(found.reshape(-1))


def mean_pairs(
    result: ExactResult, ends: tuple[Memory, Memory], count: int, *, in_parallel: bool = False
) -> MeanPairs:
    """The mean joint state of several pairs of equal chains, when the last of them is there.

    Args:
        result: What the exact engine found of one chain.
        ends: The memories in which pairs wait for the others.
        count: Number of pairs.
        in_parallel: Whether each has a chain of its own, all of them started together; else one
            chain delivers them one after the other.

    Raises:
        EngineError: If the joint law is not known; the message names an engine that needs none.

    Examples:
        >>> from qnet import Link, play
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(0.9))
        >>> two = mean_pairs(play(link, engine="exact"), link.ends, 2, in_parallel=True)
        >>> print(two.duration)
        2.66667
    """
    distance = count * result.state_distance
    if distance > _FARTHEST:
        message = (
            f"the exact engine knows the mean state of this round only to a trace distance of "
            f"{distance:.2g}; lower chain.exact.width or chain.exact.tolerance, or take "
            "engine='sampled'"
        )
        raise EngineError(message)
    if count == 1:
        basis = result.mean_fano.reshape(1, 16)
        return MeanPairs(np.ones(1), basis, result.delivery_time_s, distance)
    carrier, turned = _components(result, ends)
    if count > MOST_MEAN_PAIRS or carrier.size**count > _MOST_PRODUCTS[in_parallel]:
        raise _too_many(count)

    def stored(sequence: Array) -> Array:
        return carrier.to_stored(sequence if turned is None else turned @ sequence, ends)

    rates = carrier.rates(ends)
    back = carrier.to_fano(carrier.from_stored(np.eye(carrier.size), ends)).reshape(-1, 16)
    if in_parallel:
        times, sequence = result.timed_states()
        if sequence.size > _MOST_NUMBERS:
            raise _too_many(count)
        inside = stored(sequence)
        weights = _last_to_come(inside, *running(inside, rates, times), count)
        duration = _slowest(times, sequence[0], result.delivery_law.remaining_s, count)
    else:
        weights = _in_turn(lambda rate: stored(result.transform(rate)[:, None])[:, 0], rates, count)
        duration = result.delivery_time_s * float(count)
    return MeanPairs(weights / weights.flat[0], back, duration, distance)


def _components(result: ExactResult, ends: tuple[Memory, Memory]) -> tuple[Carrier, Array | None]:
    """Components that these memories keep apart, and what makes them of those of the result."""
    carrier = result.carrier
    if carrier.size == 16 or all(memory.is_bell_diagonal for memory in ends):
        return carrier, None
    return FullCarrier(), carrier.to_fano(np.eye(carrier.size)).reshape(carrier.size, 16).T


def _too_many(count: int) -> EngineError:
    message = (
        f"the joint mean state of {count} pairs of this chain that wait for one another has too "
        "many components to be worked out; take engine='sampled'"
    )
    return EngineError(message)


def _in_turn(transform: Callable[[float], Array], rates: Array, count: int) -> Array:
    """Weights (c, ..., c) of pairs that come one after the other."""
    weights, total = transform(0.0), rates
    for _ in range(count - 1):
        different, place = np.unique(total, return_inverse=True)
        decayed = np.array([transform(float(rate)) for rate in different])
        weights = weights[..., None] * decayed[place.reshape(total.shape)]
        total = total[..., None] + rates
    return weights


def _last_to_come(arriving: Array, before: Array, present: Array, count: int) -> Array:
    """Weights (c, ..., c) of pairs that wait for the last of them."""
    size = len(arriving)
    weights = np.zeros((size,) * count)
    block = max(1, _BLOCK // size ** (count - 1))
    for start in range(0, arriving.shape[1], block):
        some = slice(start, start + block)
        for last in range(count):
            order = [before] * last + [arriving] + [present] * (count - 1 - last)
            weights += _product([each[:, some] for each in order])
    return weights


def _product(parts: Sequence[Array]) -> Array:
    """Sum over all steps of the product of sequences (c, n), an axis each."""
    first, *others, last = parts
    whole = first
    for part in others:
        whole = (whole[:, None, :] * part[None, :, :]).reshape(-1, whole.shape[-1])
    return np.asarray((whole @ last.T).reshape([len(part) for part in parts]))


def _slowest(times: Array, mass: Array, remaining_s: float, count: int) -> Estimate:
    """Mean time in s until the last of so many independent deliveries."""
    within = np.minimum(np.cumsum(mass), 1.0) ** count
    beyond = 1.0 - float(within[-1])
    low = float(times @ np.diff(within, prepend=0.0)) + beyond * float(times[-1])
    if beyond <= 0.0:
        return Estimate.exact(low)
    high = low + beyond * count * remaining_s if math.isfinite(remaining_s) else math.inf
    return Estimate(low, low, high)
