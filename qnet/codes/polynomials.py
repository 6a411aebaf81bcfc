"""Exact polynomials: numbers of patterns by weight, and what they say at a probability."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from qnet.errors import check_probability

__all__ = ["LossCounts", "PatternCounts", "PatternTally", "power_coefficients", "weight_sum"]


def weight_sum(counts: Sequence[int], probability: float, letters: int = 1) -> float:
    """Probability of the counted patterns: sum of a_w (p/m)**w (1-p)**(n-w).

    All terms are positive, so that nothing is lost by cancellation.

    Args:
        counts: a_w, numbers of patterns of weight w = 0 to n.
        probability: p, of an error of one qubit.
        letters: m, errors among which it is shared.

    Examples:
        >>> round(weight_sum((0, 0, 3, 1), 0.1), 12)
        0.028
    """
    n = len(counts) - 1
    each = probability / letters
    terms = (
        float(count) * each**weight * (1.0 - probability) ** (n - weight)
        for weight, count in enumerate(counts)
        if count
    )
    return math.fsum(terms)


def power_coefficients(counts: Sequence[int], letters: int = 1) -> tuple[int, ...]:
    """The same as a polynomial in q = p/m: sum of a_w q**w (1 - m q)**(n - w), exact.

    Args:
        counts: a_w, numbers of patterns of weight w = 0 to n.
        letters: m.

    Returns:
        Whole coefficients of q**0 to q**n.

    Examples:
        >>> power_coefficients((0, 0, 3, 1))
        (0, 0, 3, -2)
    """
    found: list[int] = []
    for count in counts:  # Horner's scheme in 1 - m q: the sum so far times it, and the next power
        found = [a - letters * b for a, b in zip([*found, 0], [0, *found], strict=True)]
        found[-1] += count
    return tuple(found)


@dataclass(frozen=True)
class PatternCounts:
    """Error patterns by weight, 0 to n, and which logical operator is left of them.

    Args:
        code: Name of the code.
        decoder: Name of the decoder.
        letters: Errors that occur, all as likely.
        n: Number of qubits.
        good: Patterns that are kept, and leave no logical error.
        logical_x: Patterns that are kept, and leave X alone; of several logical qubits as in
            `LogicalMap`.
        logical_y: The same of Y.
        logical_z: The same of Z.

    Examples:
        >>> counts = PatternCounts("bit-flip", "majority", "X", 3, (1, 3, 0, 0), (0, 0, 3, 1),
        ...                        (0, 0, 0, 0), (0, 0, 0, 0))
        >>> counts.polynomial
        (0, 0, 3, -2)
        >>> round(counts.failure(0.1), 12), counts.accept(0.1)
        (0.028, 1.0)
    """

    code: str
    decoder: str
    letters: str
    n: int
    good: tuple[int, ...]
    logical_x: tuple[int, ...]
    logical_y: tuple[int, ...]
    logical_z: tuple[int, ...]

    @cached_property
    def failing(self) -> tuple[int, ...]:
        """Patterns by weight that are kept and leave a logical error."""
        parts = zip(self.logical_x, self.logical_y, self.logical_z, strict=True)
        return tuple(map(sum, parts))

    @cached_property
    def kept(self) -> tuple[int, ...]:
        """Patterns by weight that are kept: all, for a code that corrects."""
        return tuple(map(sum, zip(self.good, self.failing, strict=True)))

    @property
    def polynomial(self) -> tuple[int, ...]:
        """Whole coefficients of the probability to fail and be kept, in q = p / letters."""
        return power_coefficients(self.failing, len(self.letters))

    def accept(self, probability: float) -> float:
        """Probability that the state is kept, at p for an error of one qubit."""
        check_probability("probability", probability)
        every = [
            math.comb(self.n, w) * len(self.letters) ** w - kept for w, kept in enumerate(self.kept)
        ]
        return 1.0 - weight_sum(every, probability, len(self.letters))

    def failure(self, probability: float) -> float:
        """Probability of a logical error given that the state is kept."""
        accept = self.accept(probability)
        failing = weight_sum(self.failing, probability, len(self.letters))
        return failing / accept if accept > 0.0 else 0.0


@dataclass(frozen=True)
class LossCounts:
    """Loss patterns by weight, 0 to n, from which a decoder recovers the qubit.

    Args:
        code: Name of the code.
        decoder: Name of the decoder.
        n: Number of qubits.
        patterns: Patterns of each weight that are recovered.

    Examples:
        >>> five = LossCounts("513", "ranks", 5, (1, 5, 10, 0, 0, 0))
        >>> round(five.recovery(0.1), 12), round(five.break_even, 12)
        (0.99144, 0.5)
    """

    code: str
    decoder: str
    n: int
    patterns: tuple[int, ...]

    @property
    def polynomial(self) -> tuple[int, ...]:
        """Whole coefficients of the probability of recovery, in the loss."""
        return power_coefficients(self.patterns)

    @cached_property
    def failing(self) -> tuple[int, ...]:
        """Loss patterns by weight that are not recovered."""
        return tuple(math.comb(self.n, w) - good for w, good in enumerate(self.patterns))

    def recovery(self, loss: float) -> float:
        """Probability to recover the qubit where each of its parts is lost with a probability.

        Raises:
            ParameterError: If the loss is no probability.
        """
        return weight_sum(self.patterns, check_probability("loss", loss))

    @cached_property
    def break_even(self) -> float | None:
        """Largest loss below which the code does better than a bare qubit; None if at no loss.

        The least root of recovery = 1 - loss above zero, by bisection.
        """

        def gain(loss: float) -> float:
            return loss - weight_sum(self.failing, loss)

        grid = [step / 1024 for step in range(1, 1024)]
        below = next((i for i, loss in enumerate(grid) if gain(loss) > 0.0), None)
        if below is None:
            return None
        above = next((i for i in range(below, len(grid)) if gain(grid[i]) <= 0.0), None)
        if above is None:
            return 1.0
        low, high = grid[above - 1], grid[above]
        while high - low > 1e-15:
            middle = (low + high) / 2.0
            if middle in (low, high):
                break
            low, high = (middle, high) if gain(middle) > 0.0 else (low, middle)
        return high


class PatternTally:
    """Polynomials that count loss patterns by weight, each as one whole number.

    The coefficient of the w-th power stands in its own slot of bits, so that sums and products of
    the numbers are those of the polynomials: a product counts patterns of two disjoint sets of
    qubits together (Kronecker's substitution).

    Args:
        n: Most qubits.
        letters: Things that may befall a qubit; no coefficient exceeds letters**n.

    Examples:
        >>> tally = PatternTally(3)
        >>> tally.patterns(tally.all_of(3) - tally.lost**3)
        (1, 3, 3, 0)
    """

    def __init__(self, n: int, letters: int = 2) -> None:
        self.n, self._bits = n, (letters**n).bit_length() + 1
        #: A qubit that is there, and one that is lost.
        self.present, self.lost = 1, 1 << self._bits

    def all_of(self, qubits: int) -> int:
        """All patterns of so many qubits."""
        return int((self.present + self.lost) ** qubits)

    def patterns(self, number: int) -> tuple[int, ...]:
        """Numbers of patterns of weight 0 to n."""
        slot = (1 << self._bits) - 1
        return tuple(number >> weight * self._bits & slot for weight in range(self.n + 1))
