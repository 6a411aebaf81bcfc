"""Encoded pair whose logical errors are given outright, not worked out from a code."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qnet.codes.correlators import LogicalCorrelators
from qnet.errors import check_probability
from qnet.plans.encoded import EncodedPair

__all__ = ["GivenPair"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenPair(EncodedPair):
    """A logical pair out of as many physical pairs as a code has qubits, with errors of its own.

    The physical pairs take the time that they take; what they are does not matter, for X and Z of
    the logical pair are flipped apart, each with one probability that is known.

    Args:
        logical_error: Probability of an X on the logical pair, and the same of a Z.

    Examples:
        >>> from qnet import Link, play
        >>> from qnet.codes.catalogue import code_of
        >>> from qnet.states import werner
        >>> link = Link(success_probability=1.0, attempt_time_s=1.0, state=werner(0.5))
        >>> pair = GivenPair(pair=link, code=code_of("steane"), logical_error=0.01)
        >>> print(play(pair, engine="exact").qber_x)
        0.01
    """

    logical_error: float = 0.0

    def __post_init__(self) -> None:
        EncodedPair.__post_init__(self)
        check_probability("encoded.logical_error", self.logical_error)

    @property
    def states_decide(self) -> bool:
        """Errors are known, none is detected."""
        return False

    @property
    def likely_success(self) -> float:
        """It succeeds once its pairs are there."""
        return 1.0

    def compiled(self) -> LogicalCorrelators:
        """The map that gives the same logical pair whatever the physical ones are."""
        kept = 1.0 - 2.0 * self.logical_error
        coefficients = np.array([[1.0], [kept], [kept * kept], [kept]])
        words = np.zeros((1, self.takes), dtype=np.uint8)
        return LogicalCorrelators(words, coefficients, np.ones(3))
