"""Representation of states on the grid: components that decay each at its own rate.

At every step the sequence holds ``probability x mean state`` as a column of k components, the
probability first. Bell-diagonal states need four: 1, XX, -YY, ZZ. Full ones need sixteen, in
coordinates in which storage is diagonal: with relaxation the z component is taken from its fixed
point.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from qnet.engines.algebra import BellDiagonal, choose_algebra
from qnet.engines.exact.series import stored_within
from qnet.hardware.memory import Memory
from qnet.plans import Plan
from qnet.states.maps import JoinMap, SwapMap
from qnet.states.pauli import Array

__all__ = ["BellCarrier", "Carrier", "FullCarrier", "aged", "carrier_of", "index_rates", "waiting"]

Ends = tuple[Memory, Memory]


def index_rates(memory: Memory) -> Array:
    """Decay rates (4,) in 1/s of I, X, Y, Z of a qubit in a memory."""
    xy = memory.transverse_rate_hz
    return np.array([0.0, xy, xy, memory.longitudinal_rate_hz])


class Carrier(Protocol):
    """Steps on sequences (k, n) of probability times mean state."""

    size: int

    def link(self, fano: Array) -> Array:
        """Components (k,) of a state (4, 4)."""

    def rates(self, ends: Ends) -> Array:
        """Decay rates (k,) in 1/s of the stored components."""

    def to_stored(self, sequence: Array, ends: Ends) -> Array:
        """The sequence in coordinates in which storage in these memories is diagonal."""

    def from_stored(self, sequence: Array, ends: Ends) -> Array:
        """Back from them."""

    def swap(self, left: Array, right: Array, step: SwapMap) -> Array:
        """Swap, step by step: (k, n) and (k, n) to (k, n)."""

    def distill(self, pairs: Sequence[Array], step: JoinMap) -> Array:
        """Accepted part of a distillation, step by step."""

    def to_fano(self, sequence: Array) -> Array:
        """Fano matrices (n, 4, 4), times the probabilities."""


class BellCarrier:
    """Four components: 1, XX, -YY, ZZ."""

    size = 4

    def link(self, fano: Array) -> Array:
        """Components of a Bell-diagonal state."""
        return np.array([1.0, fano[1, 1], -fano[2, 2], fano[3, 3]])

    def rates(self, ends: Ends) -> Array:
        """Both memories' rates, added."""
        return index_rates(ends[0]) + index_rates(ends[1])

    def to_stored(self, sequence: Array, ends: Ends) -> Array:
        """Unital storage is diagonal as it is."""
        return sequence

    def from_stored(self, sequence: Array, ends: Ends) -> Array:
        """Unital storage is diagonal as it is."""
        return sequence

    def swap(self, left: Array, right: Array, step: SwapMap) -> Array:
        """Multiply the correlators."""
        factors = step.correlator_factors
        if factors is None:
            message = "this swap does not keep Bell-diagonal states so"
            raise ValueError(message)
        result = left * right
        result[1:] *= factors[:, None]
        return result

    def distill(self, pairs: Sequence[Array], step: JoinMap) -> Array:
        """Multilinear in the Bell weights."""
        return step.linear_correlators(pairs)

    def to_fano(self, sequence: Array) -> Array:
        """Diagonal matrices."""
        n = sequence.shape[1]
        fano = np.zeros((n, 4, 4))
        for axis, sign in enumerate((1.0, 1.0, -1.0, 1.0)):
            fano[:, axis, axis] = sign * sequence[axis]
        return fano


class FullCarrier:
    """Sixteen components: the Fano matrix, row by row."""

    size = 16

    def link(self, fano: Array) -> Array:
        """The Fano matrix."""
        return fano.reshape(16).copy()

    def rates(self, ends: Ends) -> Array:
        """Sum of the rates of the component's row and column."""
        return np.add.outer(*map(index_rates, ends)).reshape(16)

    def to_stored(self, sequence: Array, ends: Ends) -> Array:
        """Subtract the fixed points of the z components."""
        return _shifted(sequence, ends, -1.0)

    def from_stored(self, sequence: Array, ends: Ends) -> Array:
        """Add them again."""
        return _shifted(sequence, ends, 1.0)

    def swap(self, left: Array, right: Array, step: SwapMap) -> Array:
        """The compiled swap, step by step."""
        n = left.shape[1]
        result = step.apply(left.T.reshape(n, 4, 4), right.T.reshape(n, 4, 4))
        return np.ascontiguousarray(result.reshape(n, 16).T)

    def distill(self, pairs: Sequence[Array], step: JoinMap) -> Array:
        """The compiled distillation, step by step."""
        return step.linear([pair.T.reshape(-1, 4, 4) for pair in pairs]).T

    def to_fano(self, sequence: Array) -> Array:
        """The matrices themselves."""
        return np.ascontiguousarray(sequence.T).reshape(-1, 4, 4)


def _shifted(sequence: Array, ends: Ends, sign: float) -> Array:
    """``V_left R V_right^T``, V adding ``sign`` times the fixed point to z."""
    if all(memory.is_unital for memory in ends):
        return sequence
    matrices = []
    for memory in ends:
        shift = np.eye(4)
        if not memory.is_unital:
            shift[3, 0] = sign / (memory.t1_s * memory.longitudinal_rate_hz)
        matrices.append(shift)
    return np.kron(matrices[0], matrices[1]) @ sequence


def waiting(
    carrier: Carrier, sequence: Array, ends: Ends, dt: float, window: int | None = None
) -> Array:
    """What has come up to each step (within the window), decayed to it: (k, n)."""
    rates = carrier.rates(ends) * dt
    inside = carrier.to_stored(sequence, ends)
    within = inside.shape[1] if window is None else window
    return carrier.from_stored(stored_within(inside, rates, within), ends)


def aged(carrier: Carrier, sequence: Array, ends: Ends, time: float | Array) -> Array:
    """Every step's state after storage for ``time`` in s, one for all or one per step."""
    if np.ndim(time) == 0 and time == 0.0:
        return sequence
    decay = np.exp(-np.multiply.outer(carrier.rates(ends), time))
    if decay.ndim == 1:
        decay = decay[:, None]
    return carrier.from_stored(carrier.to_stored(sequence, ends) * decay, ends)


def carrier_of(plan: Plan) -> Carrier:
    """Four components where every state, memory and step is Bell-diagonal; sixteen otherwise.

    Raises:
        EngineError: If a memory has no decay rates.
    """
    for memory in plan.memories:
        _ = memory.transverse_rate_hz  # refuses a memory without them
    return BellCarrier() if isinstance(choose_algebra(plan), BellDiagonal) else FullCarrier()
