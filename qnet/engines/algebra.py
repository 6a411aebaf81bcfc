"""Algebras of a batch of states that a plan acts on: Fano matrices, or Bell-diagonal correlators.

All offer the same steps, and give the same numbers where they apply. The Bell-diagonal one adds up
storage exponents along the tree and takes one exponential at the end; a third one adds up storage
times, for memories whose decay is not exponential.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

import numpy as np

from qnet.errors import EngineError
from qnet.hardware.memory import Memory
from qnet.plans import Plan
from qnet.plans.maps import character_transform, frame_factors
from qnet.states.maps import FrameMap, JoinMap, SwapMap
from qnet.states.pauli import Array

__all__ = [
    "Algebra",
    "BellDiagonal",
    "DeferredStorage",
    "General",
    "StoredPairs",
    "choose_algebra",
]

S = TypeVar("S")
Ends = tuple[Memory, Memory]

_PERFECT = Memory()


class Algebra(Protocol[S]):
    """The steps on a batch of states of type S."""

    def link(self, fano: Array) -> S:
        """The states of fresh pairs from Fano matrices (n, 4, 4), or (4, 4) for one of all."""

    def idle(self, state: S, ends: Ends, left: Array | float, right: Array | float) -> S:
        """Store the two qubits in their memories for these times in s, (n,) or one for all."""

    def swap(self, left: S, right: S, step: SwapMap) -> S:
        """Swap with correction."""

    def frame_chain(self, pairs: list[S], steps: list[FrameMap], corrections: Array) -> S:
        """Swap a row of pairs; ``corrections`` (4, 4, 4) undo the Pauli frame at its right end."""

    def distill(self, pairs: list[S], step: JoinMap) -> tuple[Array, S]:
        """Acceptance probabilities (n,), and the kept pairs."""

    def to_array(self, state: S, count: int) -> Array:
        """The batch as an array (count, ...) that ``from_array`` takes back."""

    def from_array(self, array: Array) -> S:
        """The batch again."""


class General:
    """States as Fano matrices (n, 4, 4), or (4, 4) for one that all share."""

    def link(self, fano: Array) -> Array:
        """The states of fresh pairs."""
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
        for character, correction in enumerate(character_transform(corrections)):
            chain = pairs[0]
            for pair, step in zip(pairs[1:], steps, strict=True):
                chain = (chain @ step.characters[character]) @ pair
            total = total + chain @ correction.T
        return np.asarray(total)

    def distill(self, pairs: list[Array], step: JoinMap) -> tuple[Array, Array]:
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
        """The correlators of fresh pairs."""
        base = np.stack([fano[..., 1, 1], -fano[..., 2, 2], fano[..., 3, 3]], axis=-1)
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

    def distill(self, pairs: list[Correlators], step: JoinMap) -> tuple[Array, Correlators]:
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


@dataclass(frozen=True, slots=True, eq=False)
class StoredPairs:
    """Pairs, and how long their qubits have been stored since.

    Args:
        fano: Fano matrices (4, 4) or (n, 4, 4) at the begin of storage.
        ends: The memories.
        left: Storage time in s of the left qubits, (n,) or one for all.
        right: Storage time in s of the right qubits.
    """

    fano: Array
    ends: Ends = (_PERFECT, _PERFECT)
    left: Array | float = 0.0
    right: Array | float = 0.0


class DeferredStorage:
    """Batches of `StoredPairs`, whose decay follows from the whole time in a memory.

    Storage for t and then for u is not storage for t + u where decay is not exponential. So a pair
    keeps, for either qubit, how long it has been stored; what that does to it is worked out when
    the qubit is measured or distilled, or the pair is looked at. Until then only the Pauli
    corrections of swaps act on it, which storage without relaxation commutes with.

    Args:
        memories: Every memory of the plan.

    Raises:
        EngineError: If one without decay rates has relaxation.
    """

    def __init__(self, memories: Iterable[Memory]) -> None:
        self._matrices = General()
        for memory in memories:
            if memory.rates is None and not memory.is_bell_diagonal:
                message = (
                    f"{memory!r} has relaxation (t1_s) but no decay rates: how it acts before and "
                    "after a correction is not defined; give it one of the two"
                )
                raise EngineError(message)

    def link(self, fano: Array) -> StoredPairs:
        """Fresh pairs."""
        return StoredPairs(fano)

    def idle(
        self, state: StoredPairs, ends: Ends, left: Array | float, right: Array | float
    ) -> StoredPairs:
        """Add to the storage times; what decays exponentially decays at once."""
        times, deferred = (left, right), [memory.rates is None for memory in ends]
        now = [0.0 if later else time for later, time in zip(deferred, times, strict=True)]
        more = [time if later else 0.0 for later, time in zip(deferred, times, strict=True)]
        fano = self._matrices.idle(state.fano, ends, *now)
        return StoredPairs(fano, ends, state.left + more[0], state.right + more[1])

    def swap(self, left: StoredPairs, right: StoredPairs, step: SwapMap) -> StoredPairs:
        """Swap what the storage of the two inner qubits left; that of the outer ones goes on."""
        left, right = self._decayed(left, right=True), self._decayed(right, left=True)
        ends = left.ends[0], right.ends[1]
        fano = self._matrices.swap(left.fano, right.fano, step)
        return StoredPairs(fano, ends, left.left, right.right)

    def frame_chain(
        self, pairs: list[StoredPairs], steps: list[FrameMap], corrections: Array
    ) -> StoredPairs:
        """Swap a row of pairs; the storage of the two outermost qubits goes on."""
        last = len(pairs) - 1
        pairs = [self._decayed(p, left=k > 0, right=k < last) for k, p in enumerate(pairs)]
        fano = self._matrices.frame_chain([pair.fano for pair in pairs], steps, corrections)
        ends = pairs[0].ends[0], pairs[-1].ends[1]
        return StoredPairs(fano, ends, pairs[0].left, pairs[-1].right)

    def distill(self, pairs: list[StoredPairs], step: JoinMap) -> tuple[Array, StoredPairs]:
        """Acceptance probabilities, and the kept pairs, whose storage begins anew."""
        decayed = [self._decayed(pair, left=True, right=True).fano for pair in pairs]
        probability, kept = self._matrices.distill(decayed, step)
        return probability, StoredPairs(kept)

    def to_array(self, state: StoredPairs, count: int) -> Array:
        """The Fano matrices (count, 4, 4) after storage."""
        return self._matrices.to_array(self._decayed(state, left=True, right=True).fano, count)

    def from_array(self, array: Array) -> StoredPairs:
        """Pairs whose storage begins now."""
        return StoredPairs(array)

    def _decayed(
        self, state: StoredPairs, *, left: bool = False, right: bool = False
    ) -> StoredPairs:
        """The pairs after what storage has done up to now to the qubits of these sides."""
        times = (state.left if left else 0.0), (state.right if right else 0.0)
        fano = self._matrices.idle(state.fano, state.ends, *times)
        return replace(
            state,
            fano=fano,
            left=0.0 if left else state.left,
            right=0.0 if right else state.right,
        )


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


def choose_algebra(plan: Plan) -> Algebra[Any]:
    """Bell-diagonal where every state, memory and step of the plan is; full matrices otherwise.

    Storage is deferred where a memory has no decay rates.
    """
    memories = plan.memories
    if any(memory.rates is None for memory in memories):
        return DeferredStorage(memories)
    if all(node.is_bell_diagonal for node in set(plan.nodes())):
        return BellDiagonal(isotropic=all(map(_is_isotropic, memories)))
    return General()


def _is_isotropic(memory: Memory) -> bool:
    """Whether storage shrinks the Bloch vector evenly."""
    return memory.transverse_rate_hz == memory.longitudinal_rate_hz and memory.is_unital
