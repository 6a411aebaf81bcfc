"""Steps on pairs as exact small matrices, applied to batches of states.

Each class holds what a compiled circuit says (see ``qnet.plans.maps``) and applies it, to full Fano
batches (n, 4, 4) or, where the step keeps Bell-diagonal states Bell-diagonal, to their correlators
(n, 3).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from qnet.states.pauli import (
    BELL_CORRELATORS,
    Array,
    fano_from_correlators,
)

__all__ = ["DistillMap", "FrameMap", "JoinMap", "SwapMap"]

_TOLERANCE = 1e-12

#: Rows of a step on several pairs that are worked out at once: bounds its memory.
_BLOCK = 2048


@dataclass(frozen=True, eq=False)
class SwapMap:
    """A swap with its correction: the right pair becomes a channel on the left pair's far qubit.

    Args:
        tensor: ``W[a, b, c, j]`` (4, 4, 4, 4): Pauli component j of the far end for components a of
            the station's half of the left pair, b of its half of the right pair and c of the far
            end; ``R_out[i, j] = sum R_left[i, a] R_right[b, c] W[a, b, c, j]``.
    """

    tensor: Array

    @cached_property
    def correlator_factors(self) -> Array | None:
        """Factors (3,) by which this swap multiplies the product of correlators, or None.

        For Bell-diagonal pairs an ideal swap multiplies the correlators XX, -YY, ZZ elementwise;
        noise that is diagonal in the Pauli basis scales the products. None when this swap does
        anything else.
        """
        # On diagonal inputs only W[i, l, l, j] counts; it must vanish unless i = l = j.
        diagonal = np.einsum("illj->ilj", self.tensor)
        factors = np.einsum("iii->i", diagonal)
        rest = diagonal.copy()
        rest[range(4), range(4), range(4)] = 0.0
        if np.abs(rest).max() > _TOLERANCE:
            return None
        # diag R = (1, XX, YY, ZZ) with YY = -t_y on both sides and in the result.
        return np.asarray(factors[1:] * np.array([1.0, -1.0, 1.0]))

    def apply(self, left: Array, right: Array) -> Array:
        """Swap Fano batches (n, 4, 4) or single states (4, 4)."""
        channel = right.reshape(*right.shape[:-2], 16) @ self._channel_matrix
        return left @ channel.reshape(*right.shape[:-2], 4, 4)

    @cached_property
    def _channel_matrix(self) -> Array:
        return np.ascontiguousarray(self.tensor.transpose(1, 2, 0, 3).reshape(16, 16))


@dataclass(frozen=True, eq=False)
class FrameMap:
    """A swap without correction, its outcome kept in the Pauli frame.

    Args:
        effects: ``E[m, k, l]`` (4, 4, 4): for the frame m = I, X, Y, Z, the component k of the
            station's half of the left pair and l of its half of the right pair; ``R_out = R_left @
            E[m] @ R_right``, whose [0, 0] element is the probability of m.
    """

    effects: Array

    @cached_property
    def characters(self) -> Array:
        """``G[c] = sum_m chi_c(m) E[m]`` (4, 4, 4), with the characters chi of the Pauli group."""
        return np.einsum("cm,mkl->ckl", PAULI_CHARACTERS, self.effects)


#: chi_c(m): +1 where the Pauli operators c and m (I, X, Y, Z) commute, -1 where they anticommute.
PAULI_CHARACTERS: Array = np.array(
    [[1, 1, 1, 1], [1, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]], dtype=float
)


#: Characters of the Pauli group on the components (1, XX, -YY, ZZ): the Bell weights times four.
_HADAMARD: Array = np.hstack([np.ones((4, 1)), BELL_CORRELATORS])


class JoinMap(ABC):
    """A step that makes one pair out of several, and keeps it with some probability.

    It is linear in every pair; the first component of what it gives is the probability.
    """

    @abstractmethod
    def linear(self, pairs: Sequence[Array]) -> Array:
        """Kept pairs (n, 16) times their acceptance probabilities, from k batches (n, 4, 4)."""

    @abstractmethod
    def linear_correlators(self, pairs: Sequence[Array]) -> Array:
        """The same for components (1, XX, -YY, ZZ) of Bell-diagonal states, (4, n) each."""

    @property
    def keeps_bell_diagonal(self) -> bool:
        """Whether Bell-diagonal pairs become a Bell-diagonal one."""
        return True

    def apply(self, pairs: Sequence[Array]) -> tuple[Array, Array]:
        """Acceptance probabilities (n,) and kept pairs (n, 4, 4), from k batches (n, 4, 4)."""
        result = self.linear(pairs)
        probability = result[:, 0].copy()
        return probability, (result / _nonzero(probability)[:, None]).reshape(-1, 4, 4)

    def apply_bell(self, pairs: Sequence[Array]) -> tuple[Array, Array]:
        """The same for correlators (n, 3)."""
        count = max(len(pair) for pair in pairs)
        rows = [np.vstack([np.ones(count), np.broadcast_to(p, (count, 3)).T]) for p in pairs]
        result = np.empty((4, count))
        for start in range(0, count, _BLOCK):
            block = slice(start, start + _BLOCK)
            result[:, block] = self.linear_correlators([row[:, block] for row in rows])
        return result[0], (result[1:] / _nonzero(result[0])).T


@dataclass(frozen=True, eq=False)
class DistillMap(JoinMap):
    """A distillation round on k pairs, summed over the outcomes that are accepted.

    Args:
        matrix: (16, 16**k): components (A, B) of the kept pair for those of all pairs, first pair
            slowest; the [0] component of the result is the probability of acceptance.
        copies: k.
    """

    matrix: Array
    copies: int

    @cached_property
    def bell_matrix(self) -> Array | None:
        """The same on Bell weights, (4, 4**k), or None when Bell-diagonal states do not stay so."""
        rows = fano_from_correlators(BELL_CORRELATORS).reshape(4, 16)
        inputs = rows
        for _ in range(self.copies - 1):
            inputs = np.einsum("mx,ny->mnxy", inputs, rows).reshape(inputs.shape[0] * 4, -1)
        result = (inputs @ self.matrix.T).reshape(-1, 4, 4)
        if np.abs(result * (1.0 - np.eye(4))).max() > _TOLERANCE:
            return None
        diagonal = np.einsum("nii->ni", result)
        t = diagonal[:, 1:] * np.array([1.0, -1.0, 1.0])
        return np.asarray((diagonal[:, :1] + t @ BELL_CORRELATORS.T).T / 4.0)

    def linear(self, pairs: Sequence[Array]) -> Array:
        """Kept pairs (n, 16) times their acceptance probabilities, from k batches (n, 4, 4)."""
        return _multilinear(self.matrix, [pair.reshape(-1, 16) for pair in pairs])

    @property
    def keeps_bell_diagonal(self) -> bool:
        """Whether it has a matrix on Bell weights."""
        return self.bell_matrix is not None

    def linear_correlators(self, pairs: Sequence[Array]) -> Array:
        """Multilinear in the Bell weights.

        Raises:
            ValueError: If Bell-diagonal states do not stay so.
        """
        if self.bell_matrix is None:
            message = "this distillation does not keep Bell-diagonal states so"
            raise ValueError(message)
        product = _HADAMARD @ pairs[0] / 4.0
        for pair in pairs[1:]:
            weights = _HADAMARD @ pair / 4.0
            product = (product[:, None, :] * weights[None, :, :]).reshape(-1, pair.shape[1])
        return np.asarray(_HADAMARD.T @ (self.bell_matrix @ product))


def _multilinear(matrix: Array, factors: list[Array]) -> Array:
    """``matrix @ (f_1 (x) f_2 (x) ...)`` row by row, in blocks."""
    count = max(len(factor) for factor in factors)
    factors = [np.broadcast_to(factor, (count, factor.shape[1])) for factor in factors]
    blocks = []
    for start in range(0, count, _BLOCK):
        product = factors[0][start : start + _BLOCK]
        for factor in factors[1:]:
            rows = factor[start : start + _BLOCK]
            product = (product[:, :, None] * rows[:, None, :]).reshape(len(rows), -1)
        blocks.append(product @ matrix.T)
    return np.concatenate(blocks) if blocks else np.empty((0, len(matrix)))


def _nonzero(probability: Array) -> Array:
    return np.where(probability > 0.0, probability, 1.0)
