"""Two ways to carry a batch of states through a plan: Fano matrices or Bell-diagonal correlators.

Both offer the same steps, and give the same numbers where both apply. The Bell-diagonal one adds up
storage exponents along the tree and takes one exponential at the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from qnet.hardware.memory import Memory
from qnet.states.maps import PAULI_CHARACTERS, DistillMap, FrameMap, SwapMap
from qnet.states.pauli import Array

__all__ = ["Algebra", "BellDiagonal", "General"]

S = TypeVar("S")
Ends = tuple[Memory, Memory]


class Algebra(Protocol[S]):
    """The steps on a batch of states of type S."""

    def link(self, fano: Array) -> S:
        """The state (4, 4) of a fresh pair."""

    def idle(self, state: S, ends: Ends, left: Array | float, right: Array | float) -> S:
        """Store the two qubits in their memories for these times in s, (n,) or one for all."""

    def swap(self, left: S, right: S, step: SwapMap) -> S:
        """Swap with correction."""

    def frame_chain(self, pairs: list[S], steps: list[FrameMap], corrections: Array) -> S:
        """Swap a row of pairs; ``corrections`` (4, 4, 4) undo the Pauli frame at its right end."""

    def distill(self, pairs: list[S], step: DistillMap) -> tuple[Array, S]:
        """Acceptance probabilities (n,), and the kept pairs."""

    def to_array(self, state: S, count: int) -> Array:
        """The batch as an array (count, ...) that ``from_array`` takes back."""

    def from_array(self, array: Array) -> S:
        """The batch again."""


class General:
    """States as Fano matrices (n, 4, 4), or (4, 4) for one that all share."""

    def link(self, fano: Array) -> Array:
        """The state of a fresh pair."""
        return fano

    def idle(self, state: Array, ends: Ends, left: Array | float, right: Array | float) -> Array:
        """Multiply by the memories' Pauli-transfer matrices."""
        state = _stored(state, ends[0], np.asarray(left), rows=True)
        return _stored(state, ends[1], np.asarray(right), rows=False)

    def swap(self, left: Array, right: Array, step: SwapMap) -> Array:
        """Swap with correction."""
        return step.apply(left, right)

    def frame_chain(self, pairs: list[Array], steps: list[FrameMap], corrections: Array) -> Array:
        """Sum over all frames at once, by the characters of the Pauli group.

        With chi the four characters, G_chi = sum_m chi(m) E_m and C_chi = sum_f chi(f) C_f / 4, the
        sum over the outcomes of all stations of ``R_1 E_m1 R_2 E_m2 ... C_f^T``, f the product of
        the m, is ``sum_chi R_1 G_chi R_2 G_chi ... R_N C_chi^T``.
        """
        total: Array | float = 0.0
        for character, correction in enumerate(_character_transform(corrections)):
            chain = pairs[0]
            for pair, step in zip(pairs[1:], steps, strict=True):
                chain = (chain @ step.characters[character]) @ pair
            total = total + chain @ correction.T
        return np.asarray(total)

    def distill(self, pairs: list[Array], step: DistillMap) -> tuple[Array, Array]:
        """Acceptance probabilities, and the kept pairs."""
        return step.apply(pairs)

    def to_array(self, state: Array, count: int) -> Array:
        """The Fano matrices (count, 4, 4)."""
        return np.broadcast_to(state, (count, 4, 4))

    def from_array(self, array: Array) -> Array:
        """The Fano matrices."""
        return array


@dataclass(frozen=True, slots=True, eq=False)
class Correlators:
    """Bell-diagonal states ``base * exp(-(transverse, transverse, longitudinal))``.

    Args:
        base: Correlators (XX, -YY, ZZ), (3,) or (n, 3).
        transverse: Storage exponent of XX and -YY, (n,) or one for all.
        longitudinal: Storage exponent of ZZ; None when it is the same as ``transverse``.
    """

    base: Array
    transverse: Array | float = 0.0
    longitudinal: Array | float | None = None


class BellDiagonal:
    """Bell-diagonal states by their correlators.

    Args:
        isotropic: Whether every memory is depolarising only, so that one storage exponent does for
            all three.
    """

    def __init__(self, *, isotropic: bool) -> None:
        self.isotropic = isotropic

    def link(self, fano: Array) -> Correlators:
        """The correlators of a fresh pair."""
        base = np.array([fano[1, 1], -fano[2, 2], fano[3, 3]])
        return Correlators(base, 0.0, None if self.isotropic else 0.0)

    def idle(
        self, state: Correlators, ends: Ends, left: Array | float, right: Array | float
    ) -> Correlators:
        """Add to the storage exponents."""
        (left_memory, right_memory), z = ends, state.longitudinal
        rates = left_memory.transverse_rate_hz, right_memory.transverse_rate_hz
        xy = state.transverse + _exponent(rates, left, right)
        if z is not None:
            rates = left_memory.longitudinal_rate_hz, right_memory.longitudinal_rate_hz
            z = z + _exponent(rates, left, right)
        return Correlators(state.base, xy, z)

    def swap(self, left: Correlators, right: Correlators, step: SwapMap) -> Correlators:
        """Multiply the correlators."""
        return self._product([left, right], step.correlator_factors)

    def frame_chain(
        self, pairs: list[Correlators], steps: list[FrameMap], corrections: Array
    ) -> Correlators:
        """Multiply the correlators of all pairs and the factors of all stations."""
        return self._product(pairs, frame_factors(steps, corrections))

    def distill(self, pairs: list[Correlators], step: DistillMap) -> tuple[Array, Correlators]:
        """Acceptance probabilities, and the kept pairs."""
        probability, kept = step.apply_bell([np.atleast_2d(self.resolve(pair)) for pair in pairs])
        return probability, self.from_array(kept)

    def resolve(self, state: Correlators) -> Array:
        """The correlators (n, 3), or (3,) when all states are the same."""
        xy = np.exp(-np.asarray(state.transverse))
        z = xy if state.longitudinal is None else np.exp(-np.asarray(state.longitudinal))
        base = state.base
        return np.stack(
            np.broadcast_arrays(base[..., 0] * xy, base[..., 1] * xy, base[..., 2] * z), axis=-1
        )

    def to_array(self, state: Correlators, count: int) -> Array:
        """The correlators (count, 3)."""
        return np.broadcast_to(self.resolve(state), (count, 3))

    def from_array(self, array: Array) -> Correlators:
        """Correlators with no exponent yet."""
        return Correlators(array, 0.0, None if self.isotropic else 0.0)

    @staticmethod
    def _product(pairs: list[Correlators], factors: Array | None) -> Correlators:
        if factors is None:
            message = "this swap does not keep Bell-diagonal states so"
            raise ValueError(message)
        base: Array = factors
        xy: Array | float = 0.0
        z: Array | float | None = 0.0
        for pair in pairs:
            base = base * pair.base
            xy = xy + pair.transverse
            z = None if z is None or pair.longitudinal is None else z + pair.longitudinal
        return Correlators(base, xy, z)


def frame_factors(steps: list[FrameMap], corrections: Array) -> Array | None:
    """Factors (3,) on the product of all correlators; None when a step is not Bell-diagonal."""
    transformed = _character_transform(corrections)
    product = np.ones((4, 4))
    for matrix in [*(step.characters for step in steps), transformed]:
        if np.abs(matrix * (1.0 - np.eye(4))).max() > 1e-12:
            return None
        product = product * np.einsum("ckk->ck", matrix)
    diagonal = product.sum(axis=0)
    # Each pair and the result carry YY = -t_y: one sign more than stations.
    signs = np.array([1.0, (-1.0) ** len(steps), 1.0])
    return np.asarray(diagonal[1:] * signs)


def _character_transform(corrections: Array) -> Array:
    return np.einsum("cf,fjk->cjk", PAULI_CHARACTERS, corrections) / 4.0


def _exponent(
    rates: tuple[float, float], left: Array | float, right: Array | float
) -> Array | float:
    if left is right:
        return left * (rates[0] + rates[1])
    return left * rates[0] + right * rates[1]


def _stored(state: Array, memory: Memory, time: Array, *, rows: bool) -> Array:
    """Apply one memory's channel on A (rows) or B (columns): ``P R`` or ``R P^T``."""
    if memory.is_perfect:
        return state
    if memory.rates is None:
        transfer = memory.pauli_transfer(time)
        return transfer @ state if rows else state @ np.swapaxes(transfer, -1, -2)
    xy = np.exp(-time * memory.transverse_rate_hz)
    z = np.exp(-time * memory.longitudinal_rate_hz)
    factors = np.stack([np.ones_like(xy), xy, xy, z], axis=-1)
    if rows:
        result = factors[..., :, None] * state
        if not memory.is_unital:
            result[..., 3, :] += _gain(memory, z)[..., None] * state[..., 0, :]
    else:
        result = factors[..., None, :] * state
        if not memory.is_unital:
            result[..., :, 3] += _gain(memory, z)[..., None] * state[..., :, 0]
    return np.asarray(result)


def _gain(memory: Memory, z: Array) -> Array:
    """What relaxation adds to the z component: its fixed point times ``1 - exp(-g t)``."""
    return np.asarray((1.0 - z) / (memory.t1_s * memory.longitudinal_rate_hz))


def isotropic(memory: Memory) -> bool:
    """Whether storage shrinks the Bloch vector evenly."""
    return memory.transverse_rate_hz == memory.longitudinal_rate_hz and memory.is_unital
