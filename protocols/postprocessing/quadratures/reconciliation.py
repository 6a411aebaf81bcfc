"""Reverse multidimensional reconciliation: Bob's random bits, hidden in the turns of his data.

Bob draws bits ``u``, takes eight quadratures ``y`` at a time, and tells the octonion ``a = u
conj(y)`` that turns the direction of ``y`` into that of ``u = (+-1, ..., +-1)/sqrt(8)``, and a
syndrome of the bits. For Gaussian data the direction is uniform, so that ``a`` alone tells nothing
of ``u``; Alice, who holds ``x`` with ``y = t x + z``, ``z`` of variance ``s2``, turns it likewise,
and has for each bit

    ``log P(0)/P(1) = 2 t (a x)_i/(sqrt(8) s2)``,

exactly, for any amplitude of ``y``, and decodes. A. Leverrier, R. Alleaume, J. Boutros, G. Zemor,
P. Grangier, Phys. Rev. A 77, 042325 (2008), arXiv:0712.3823. As the amplitude fluctuates, this
channel has less information than the quadratures: 98 % of it at a signal-to-noise ratio of 0.1, and
92 % at 1. A word of the right syndrome may still be a wrong one: a cyclic redundancy check of each
word, of 32 bits that leak too, finds these.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from protocols.postprocessing.belief_propagation import decode
from protocols.postprocessing.bits import Bits, pack
from protocols.postprocessing.codes import BASE_COLUMNS, Code, build_code
from protocols.postprocessing.quadratures.multi_edge import MULTI_EDGE, build_multi_edge
from protocols.postprocessing.quadratures.octonions import DIMENSION, conjugate, multiply

__all__ = [
    "EFFICIENCIES",
    "Words",
    "bits_of",
    "checks_of",
    "choose_words",
    "least_ratio",
    "rotations",
]

FloatArray = NDArray[np.float64]

#: Efficiency ``rate/(1/2 log2(1 + ratio))`` at which a code of each rate decodes nine frames of ten
#: and more, as measured for words of 60,000 to 100,000 bits.
EFFICIENCIES = {0.5: 0.81, 0.25: 0.82, 0.1: 0.87, 0.05: 0.89}

#: Bits of the cyclic redundancy check of a word.
_CHECK_BITS = 32

#: Usual bits of a word.
_WORD_BITS = {0.5: 65_536, 0.25: 64_000, 0.1: 102_400, 0.05: 102_400}


def least_ratio(rate: float) -> float:
    """Signal-to-noise ratio from which the code of a rate is used.

    Examples:
        >>> round(least_ratio(0.5), 3)
        1.353
    """
    return float(2.0 ** (2.0 * rate / EFFICIENCIES[rate]) - 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How values are laid out in words of a code.

    Args:
        rate: Rate of the code, a key of `EFFICIENCIES`.
        lift: Length of a block of the code.
        count: Number of words.

    Examples:
        >>> choose_words(1.5, 140_000)
        Words(rate=0.5, lift=1088, count=2)
    """

    rate: float
    lift: int
    count: int

    @property
    def code(self) -> Code:
        """The code, built or taken from the cache."""
        if self.rate in MULTI_EDGE:
            return build_multi_edge(self.rate, self.lift)
        return build_code(round((1.0 - self.rate) * BASE_COLUMNS), self.lift)

    @property
    def word_bits(self) -> int:
        """Bits of a word, and values that they come from."""
        return _columns(self.rate) * self.lift

    @property
    def leaked_bits(self) -> int:
        """Bits that are told of a word: its syndrome, and its check."""
        return self.code.checks + _CHECK_BITS

    def cut(self, values: FloatArray) -> FloatArray:
        """The values in rows of eight, word after word; those left over are dropped."""
        return values[: self.word_bits * self.count].reshape(-1, DIMENSION)

    def words(self, bits: Bits) -> Bits:
        """Bits, word after word, as columns: shape (word_bits, count)."""
        return np.ascontiguousarray(bits.reshape(self.count, self.word_bits).T)


def choose_words(ratio: float, values: int) -> Words | None:
    """The code of the highest rate that decodes at a signal-to-noise ratio; None below all.

    Args:
        ratio: Variance of ``t x`` over that of the noise.
        values: Values that are to be reconciled.

    Examples:
        >>> choose_words(0.2, 10**6).rate, choose_words(0.001, 10**6)
        (0.1, None)
    """
    for rate in sorted(EFFICIENCIES, reverse=True):
        if ratio >= least_ratio(rate):
            count = max(1, round(values / _WORD_BITS[rate]))
            # Whole rows of eight values.
            lift = values // (count * _columns(rate)) // DIMENSION * DIMENSION
            return Words(rate=rate, lift=lift, count=count) if lift else None
    return None


def checks_of(columns: Bits) -> NDArray[np.uint32]:
    """The cyclic redundancy check of each word, shape (count,).

    Args:
        columns: Shape (word_bits, count).

    Examples:
        >>> checks_of(np.zeros((64, 2), np.uint8)).tolist() == [zlib.crc32(bytes(8))] * 2
        True
    """
    return np.array([zlib.crc32(pack(word)) for word in columns.T], np.uint32)


def _columns(rate: float) -> int:
    return MULTI_EDGE[rate].columns if rate in MULTI_EDGE else BASE_COLUMNS


def rotations(values: FloatArray, bits: Bits) -> NDArray[np.float32]:
    """Bob's octonions ``u conj(y)``, one after the other.

    Args:
        values: Shape (n, 8): his quadratures.
        bits: Shape (8 n,): his random bits.

    Returns:
        Shape (8 n,).

    Examples:
        >>> y = np.eye(8)[:1]  # the octonion 1
        >>> rotations(y, np.zeros(8, np.uint8))[:2].round(3).tolist()  # 1/sqrt(8)
        [0.354..., 0.354...]
    """
    turned = (1.0 - 2.0 * bits.reshape(-1, DIMENSION)) / math.sqrt(DIMENSION)
    told = multiply(np.asarray(turned, np.float64), conjugate(values))
    return told.astype(np.float32).reshape(-1)


def bits_of(
    words: Words,
    values: FloatArray,
    told: NDArray[np.float32],
    syndromes: Bits,
    *,
    slope: float,
    noise: float,
    iterations: int,
) -> tuple[Bits, NDArray[np.bool_]]:
    """Alice's side: Bob's bits, from her data and what he told.

    Args:
        words: Layout and code.
        values: Shape (n, 8): her quadratures.
        told: Shape (8 n,): his octonions.
        syndromes: Shape (checks * count,), word after word.
        slope: ``t``.
        noise: ``s2``.
        iterations: Most iterations of the decoder.

    Returns:
        The words, shape (word_bits, count), and which of them have the syndrome.

    Examples:
        >>> words = choose_words(2.0, 64 * 64)
        >>> y = np.random.default_rng(1).normal(size=(512, 8))
        >>> bits = np.random.default_rng(2).integers(0, 2, 4096).astype(np.uint8)
        >>> syndrome = words.code.syndrome(words.words(bits)).T.reshape(-1)
        >>> found, done = bits_of(
        ...     words, y, rotations(y, bits), syndrome, slope=1.0, noise=0.1, iterations=50
        ... )
        >>> bool(done[0]), bool((found[:, 0] == bits).all())
        (True, True)
    """
    turned = multiply(told.astype(np.float64).reshape(-1, DIMENSION), values)
    scale = 2.0 * slope / (math.sqrt(DIMENSION) * noise)
    beliefs = (scale * turned).astype(np.float32).reshape(words.count, words.word_bits).T
    found, _, done = decode(
        words.code,
        np.ascontiguousarray(beliefs),
        np.ascontiguousarray(syndromes.reshape(words.count, -1).T),
        iterations=iterations,
        rule="sum-product",
    )
    return found, done
