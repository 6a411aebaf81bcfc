"""Exact polynomials in the probabilities of X, Y and Z, of a code whose qubits all err alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from qnet.codes.decoders import look_up
from qnet.codes.enumeration import by_class, distribution
from qnet.codes.logical import LogicalMap, PauliChannel, map_of_classes
from qnet.errors import EngineError

if TYPE_CHECKING:
    from qnet.codes.code import StabilizerCode

__all__ = ["LetterPolynomials", "letter_polynomials"]

#: Most qubits: patterns are kept by three weights, syndrome and logical operator.
_MOST_QUBITS = 10


@dataclass(frozen=True, eq=False)
class LetterPolynomials:
    """Numbers of error patterns by how many X, Y and Z they have, for each logical operator.

    Args:
        code: The code.
        decoder: Name of the decoder.
        terms: (number of X, of Y, of Z) -> numbers of patterns that are kept, one for each of the
            4**k logical operators that are left of them, in the order of `LogicalMap.classes`.
    """

    code: StabilizerCode
    decoder: str
    terms: Mapping[tuple[int, int, int], tuple[int, ...]]

    def map(self, channel: PauliChannel) -> LogicalMap:
        """The logical map where every qubit errs by this channel.

        Each term is a number of patterns times x^a y^b z^c (1 - x - y - z)^(n - a - b - c).
        """
        i, x, y, z = channel.weights
        classes = np.zeros(4**self.code.k)
        for (a, b, c), counts in self.terms.items():
            weight = x**a * y**b * z**c * i ** (self.code.n - a - b - c)
            classes += weight * np.array(counts, dtype=float)
        return map_of_classes(self.code, classes, self.decoder)


def letter_polynomials(code: StabilizerCode, *, apart: bool = True) -> LetterPolynomials:
    """The logical map of a code as exact polynomials in the probabilities of X, Y and Z.

    Args:
        code: A code of at most 10 qubits.
        apart: See `look_up`.

    Raises:
        EngineError: If the code is larger.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> found = letter_polynomials(code_of("513"))
        >>> found.terms[1, 1, 0]
        (0, 10, 10, 0)
        >>> round(found.map(PauliChannel.depolarising(0.01)).failure, 12)
        0.000977955081
    """
    if code.n > _MOST_QUBITS:
        message = (
            f"{code.name} has {code.n} qubits, and polynomials in three letters are counted up to "
            f"{_MOST_QUBITS}; logical_map gives their value at any channel"
        )
        raise EngineError(message)
    table, side = look_up(code, apart=apart), code.n + 1
    steps = np.zeros((code.n, 4, side**2 + 1), dtype=np.int64)
    for digit, shift in enumerate((0, 1, side, side**2)):
        steps[:, digit, shift] = 1
    counts = by_class(table, distribution(code, table, steps))
    terms = {}
    for index in np.flatnonzero(counts.any(axis=0)):
        c, rest = divmod(int(index), side**2)
        b, a = divmod(rest, side)
        terms[a, b, c] = tuple(int(count) for count in counts[:, index])
    return LetterPolynomials(code, table.name, terms)
