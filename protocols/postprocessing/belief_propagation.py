"""Belief propagation: decode many words of a quasi-cyclic code at once from their syndromes.

The checks are visited block by block; each tells its bits what the others say, with the sign that
satisfies the check. What they say is, by the normalised min-sum rule, the smallest of their
magnitudes times a factor (J. Chen, M. P. C. Fossorier, IEEE Trans. Commun. 50, 406 (2002),
doi:10.1109/26.990903); by the sum-product rule, ``g(sum of g(magnitudes))`` with ``g(x) =
-log tanh(x/2)``, which is exact on a tree, takes twice as long, and is what codes of a low rate
need (T. Richardson, R. Urbanke, IEEE Trans. Inf. Theory 47, 599 (2001), doi:10.1109/18.910577).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from protocols.postprocessing.bits import Bits
from protocols.postprocessing.codes import Code
from qnet.errors import check_one_of

__all__ = ["RULES", "decode"]

Beliefs = NDArray[np.float32]
SIGN = np.uint32(0x80000000)
FACTOR = np.float32(0.82)
#: Range of magnitudes in which single precision holds ``g``, and one.
LEAST, MOST, ONE = np.float32(1e-5), np.float32(15.0), np.float32(1.0)


def decode(
    code: Code,
    beliefs: Beliefs,
    syndrome: Bits,
    *,
    iterations: int = 60,
    rule: str = "min-sum",
) -> tuple[Bits, Beliefs, NDArray[np.bool_]]:
    """Find the words with these syndromes.

    Args:
        code: The code.
        beliefs: Shape (bits, frames): logarithm of P(0)/P(1) of each bit.
        syndrome: Shape (checks, frames).
        iterations: Most visits to all checks.
        rule: What a check tells: ``"min-sum"`` or ``"sum-product"``.

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
    answer = RULES[check_one_of("rule", rule, RULES)]
    final = beliefs.copy()
    active = np.arange(beliefs.shape[1])
    done = np.zeros(active.size, bool)
    state = beliefs.copy()
    wanted, signs = syndrome, _signs(code, syndrome)
    told = [np.zeros((*row.shape, active.size), np.float32) for row in code.rows]
    for iteration in range(iterations):
        for row, messages, sign in zip(code.rows, told, signs, strict=True):
            _visit(row, messages, sign, state, answer)
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


def _visit(
    row: NDArray[np.int64],
    told: Beliefs,
    sign: NDArray[np.uint32],
    state: Beliefs,
    rule: Callable[[Beliefs], Beliefs],
) -> None:
    """One block of checks: shapes (degree, Z, frames) for what they hear and tell."""
    heard = state[row]
    heard -= told
    bits = heard.view(np.uint32)
    negative = bits & SIGN
    answer = rule(np.abs(heard))
    negative ^= np.bitwise_xor.reduce(negative, axis=0) ^ sign
    np.bitwise_xor(answer.view(np.uint32), negative, out=told.view(np.uint32))
    heard += told
    state[row] = heard


def _min_sum(magnitude: Beliefs) -> Beliefs:
    """Smallest magnitude of the others, times the factor."""
    least = magnitude[0].copy()
    second = np.full_like(least, np.inf)
    for each in magnitude[1:]:
        np.minimum(second, np.maximum(least, each), out=second)
        np.minimum(least, each, out=least)
    return np.where(magnitude == least, second * FACTOR, least * FACTOR)


def _sum_product(magnitude: Beliefs) -> Beliefs:
    """``g(sum of g over the others)``; never negative."""
    told = _doubt(magnitude)
    told = told.sum(axis=0) - told
    return _doubt(told)


def _doubt(magnitude: Beliefs) -> Beliefs:
    """``g(x) = -log tanh(x/2) = log((1 + e^-x)/(1 - e^-x))``, its own inverse."""
    faded = np.exp(-np.clip(magnitude, LEAST, MOST))
    doubt: Beliefs = np.log((ONE + faded) / (ONE - faded))
    return doubt


#: What a check tells its bits, by name: magnitudes, shape (degree, Z, frames), to magnitudes.
RULES: Mapping[str, Callable[[Beliefs], Beliefs]] = MappingProxyType(
    {"min-sum": _min_sum, "sum-product": _sum_product}
)
