"""Estimates of min-entropy per symbol, and the confidence bound that they share."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from protocols.randomness.statistic import NotApplicableError
from qnet.errors import ParameterError

__all__ = ["Z_99", "EntropyEstimate", "Symbols", "from_probability", "needs_symbols", "upper"]

#: Shape (n,): a whole number from 0 for each symbol.
Symbols = NDArray[np.uint8]

#: Quantile of the normal law for one-sided confidence 0.995, as the standard prints it.
Z_99 = 2.576


@dataclass(frozen=True)
class EntropyEstimate:
    """A min-entropy per symbol, with what it was computed from.

    Attributes:
        statistic: What was counted: a share, a mean distance, a largest probability.
        probability: Upper bound of the probability of the likeliest symbol, or of a guess.
        min_entropy: In bits per symbol.
    """

    statistic: float
    probability: float
    min_entropy: float


def upper(share: float, n: int, z: float = Z_99) -> float:
    """Upper confidence bound of a share of n symbols: ``p + z sqrt(p (1 - p) / (n - 1))``.

    Examples:
        >>> round(upper(0.4, 20), 6)
        0.689517
    """
    return min(1.0, share + z * math.sqrt(share * (1 - share) / (n - 1)))


def from_probability(statistic: float, probability: float) -> EntropyEstimate:
    """The estimate whose min-entropy is ``-log2(probability)``.

    Examples:
        >>> from_probability(0.5, 0.5).min_entropy
        1.0
    """
    return EntropyEstimate(statistic, probability, abs(math.log2(probability)))


def needs_symbols(symbols: Symbols, least: int, *, binary: bool = False) -> int:
    """The number of symbols, or raise where the estimator cannot work with them.

    Raises:
        NotApplicableError: If there are fewer than ``least`` symbols.
        ParameterError: If they are no one-dimensional array of ``uint8``, or no bits where bits
            are needed.
    """
    if symbols.ndim != 1 or symbols.dtype != np.uint8:
        shown = f"{symbols.ndim} dimensions of {symbols.dtype.name}"
        raise ParameterError("symbols", "be one string of uint8", shown, "pass an array of them")
    if symbols.size < least:
        rule = f"be at least {least} for this estimator"
        raise NotApplicableError("symbols", rule, symbols.size, "give a longer string")
    if binary and symbols.max() > 1:
        hint = "unpack them into bits first"
        raise ParameterError("symbols", "be bits for this estimator", int(symbols.max()), hint)
    return int(symbols.size)
