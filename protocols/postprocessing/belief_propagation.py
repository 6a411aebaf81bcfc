"""Belief propagation: decode many words of a quasi-cyclic code at once from their syndromes.

Layered normalised min-sum (J. Chen, M. P. C. Fossorier, IEEE Trans. Commun. 50, 406 (2002),
doi:10.1109/26.990903): the checks are visited block by block; each tells its bits what the others
say, the smallest of their magnitudes times a factor, with the sign that satisfies the check.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from protocols.postprocessing.bits import Bits
from protocols.postprocessing.codes import Code

__all__ = ["decode"]

Beliefs = NDArray[np.float32]
SIGN = np.uint32(0x80000000)
FACTOR = np.float32(0.82)


def decode(
    code: Code, beliefs: Beliefs, syndrome: Bits, *, iterations: int = 60
) -> tuple[Bits, Beliefs, NDArray[np.bool_]]:
    """Find the words with these syndromes.

    Args:
        code: The code.
        beliefs: Shape (bits, frames): logarithm of P(0)/P(1) of each bit.
        syndrome: Shape (checks, frames).
        iterations: Most visits to all checks.

    Returns:
        The words, shape (bits, frames); the beliefs after decoding; and which frames succeeded,
        that is, have words of the given syndrome.

    Examples:
        >>> from protocols.postprocessing.codes import build_code
        >>> code = build_code(16, 16)
        >>> beliefs = np.full((code.bits, 1), 4.0, np.float32)
        >>> beliefs[100] = -4.0  # one wrong bit of the word of zeros
        >>> words, _, done = decode(code, beliefs, np.zeros((code.checks, 1), np.uint8))
        >>> bool(done[0]), int(words.sum())
        (True, 0)
    """
    final = beliefs.copy()
    active = np.arange(beliefs.shape[1])
    done = np.zeros(active.size, bool)
    state = beliefs.copy()
    wanted, signs = syndrome, _signs(code, syndrome)
    told = [np.zeros((*row.shape, active.size), np.float32) for row in code.rows]
    for iteration in range(iterations):
        for row, messages, sign in zip(code.rows, told, signs, strict=True):
            _visit(row, messages, sign, state)
        if iteration < 3 and iteration + 1 < iterations:
            continue
        right = np.all(code.syndrome(_hard(state)) == wanted, axis=0)
        if right.any() or iteration + 1 == iterations:
            final[:, active] = state
            done[active[right]] = True
            if right.all():
                break
            keep = ~right
            active, state = active[keep], np.ascontiguousarray(state[:, keep])
            wanted, told = wanted[:, keep], [np.ascontiguousarray(m[..., keep]) for m in told]
            signs = _signs(code, wanted)
    return _hard(final), final, done


def _hard(beliefs: Beliefs) -> Bits:
    return np.signbit(beliefs).view(np.uint8)


def _signs(code: Code, syndrome: Bits) -> list[NDArray[np.uint32]]:
    lift = code.rows[0].shape[1]
    blocks = syndrome.reshape(len(code.rows), lift, -1)
    return list(blocks.astype(np.uint32) << np.uint32(31))


def _visit(row: NDArray[np.int64], told: Beliefs, sign: NDArray[np.uint32], state: Beliefs) -> None:
    """One block of checks: shapes (degree, Z, frames) for what they hear and tell."""
    heard = state[row]
    heard -= told
    bits = heard.view(np.uint32)
    negative = bits & SIGN
    magnitude = np.abs(heard)
    least = magnitude[0].copy()
    second = np.full_like(least, np.inf)
    for each in magnitude[1:]:
        np.minimum(second, np.maximum(least, each), out=second)
        np.minimum(least, each, out=least)
    answer = np.where(magnitude == least, second * FACTOR, least * FACTOR)
    negative ^= np.bitwise_xor.reduce(negative, axis=0) ^ sign
    np.bitwise_xor(answer.view(np.uint32), negative, out=told.view(np.uint32))
    heard += told
    state[row] = heard
