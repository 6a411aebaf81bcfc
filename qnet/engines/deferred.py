"""Algebra of pairs whose storage is not exponential: decay follows from the whole time in a memory.

Storage for t and then for u is not storage for t + u where decay is not exponential. So a pair
keeps, for either qubit, how long it has been stored; what that does to it is worked out when the
qubit is measured or distilled, or the pair is looked at. Until then only the Pauli corrections of
swaps act on it, which storage without relaxation commutes with.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from qnet.engines.algebra import Ends, General
from qnet.errors import EngineError
from qnet.hardware.memory import Memory
from qnet.states.maps import DistillMap, FrameMap, SwapMap
from qnet.states.pauli import Array

__all__ = ["DeferredStorage", "StoredPairs"]

_PERFECT = Memory()


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
    """Batches of `StoredPairs`.

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

    def distill(self, pairs: list[StoredPairs], step: DistillMap) -> tuple[Array, StoredPairs]:
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
