"""Logical maps: how often a code passes on its qubit, and with which logical error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from qnet.errors import ParameterError, check_probability

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qnet.codes.code import StabilizerCode

__all__ = ["LogicalMap", "PauliChannel", "map_of_classes", "operator_kinds", "per_qubit"]


#: How far rounding alone keeps a sum from 1.
_ROUNDING = 1e-13


@dataclass(frozen=True)
class PauliChannel:
    """A Pauli error of one qubit: X, Y or Z with these probabilities.

    Args:
        x: Probability of X.
        y: Probability of Y.
        z: Probability of Z.

    Raises:
        ParameterError: If they are not probabilities, or their sum exceeds 1.

    Examples:
        >>> PauliChannel.depolarising(0.03).letters
        'XYZ'
        >>> PauliChannel(x=0.1).then(PauliChannel(z=0.5)).y
        0.05
    """

    x: float = 0.0
    y: float = 0.0
    z: float = 0.0

    def __post_init__(self) -> None:
        for name in ("x", "y", "z"):
            object.__setattr__(self, name, check_probability(name, getattr(self, name)))
        if self.x + self.y + self.z > 1.0 + 1e-12:
            total = self.x + self.y + self.z
            raise ParameterError("x + y + z", "be at most 1", total, "make one of them smaller")

    @classmethod
    def depolarising(cls, probability: float) -> PauliChannel:
        """X, Y and Z with a third of a probability each.

        Aer's depolarising parameter is 4/3 of this probability.
        """
        third = check_probability("probability", probability) / 3.0
        return cls(third, third, third)

    @property
    def letters(self) -> str:
        """The letters that occur."""
        return "".join(name.upper() for name in "xyz" if getattr(self, name) > 0.0)

    @property
    def weights(self) -> tuple[float, float, float, float]:
        """Probabilities of I, X, Y and Z."""
        return max(1.0 - self.x - self.y - self.z, 0.0), self.x, self.y, self.z

    def then(self, other: PauliChannel) -> PauliChannel:
        """This error and then another one."""
        mine, its = self.weights, other.weights
        total = [0.0] * 4
        for i, p in enumerate(mine):
            for j, q in enumerate(its):
                total[_PRODUCTS[i][j]] += p * q
        return PauliChannel(*total[1:])


#: Digit of the product of two letters I, X, Y, Z.
_PRODUCTS = ((0, 1, 2, 3), (1, 0, 3, 2), (2, 3, 0, 1), (3, 2, 1, 0))


@dataclass(frozen=True)
class LogicalMap:
    """The Pauli channel that a code and its decoder make of their errors.

    Args:
        accept: Probability that the state is kept: 1 for a code that corrects.
        logical_x: Probability of a logical X, given that the state is kept.
        logical_y: The same of Y.
        logical_z: The same of Z. With k > 1 logical qubits, ``logical_x`` is the probability of an
            operator of X alone on some of them, ``logical_z`` of Z alone, ``logical_y`` of any
            other but the identity.
        decoder: Name of the decoder.
        code: Name of the code.
        classes: Probabilities of all 4**k logical operators, given that the state is kept, letters
            I, X, Y, Z, the first logical qubit slowest; empty where only the sums are known.

    Raises:
        ParameterError: If the numbers are not such probabilities.

    Examples:
        >>> LogicalMap(accept=1.0, logical_x=0.01, logical_y=0.0, logical_z=0.02).factors
        (0.96, 0.94, 0.98)
    """

    accept: float
    logical_x: float
    logical_y: float
    logical_z: float
    decoder: str = ""
    code: str = ""
    classes: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        for name in ("accept", "logical_x", "logical_y", "logical_z"):
            check_probability(name, getattr(self, name))
        PauliChannel(self.logical_x, self.logical_y, self.logical_z)

    @property
    def failure(self) -> float:
        """Probability of any logical error, given that the state is kept."""
        return self.logical_x + self.logical_y + self.logical_z

    @property
    def channel(self) -> PauliChannel:
        """The logical error as an error of one qubit."""
        return PauliChannel(self.logical_x, self.logical_y, self.logical_z)

    @property
    def factors(self) -> tuple[float, float, float]:
        """Factors on the correlators XX, -YY, ZZ of a pair, one of whose ends has this error."""
        x, y, z = self.logical_x, self.logical_y, self.logical_z
        return 1.0 - 2.0 * (y + z), 1.0 - 2.0 * (x + z), 1.0 - 2.0 * (x + y)

    def of_qubit(self, index: int) -> LogicalMap:
        """The map of one logical qubit of several, whatever befalls the others.

        Raises:
            ParameterError: If there is no such qubit, or only sums are known.
        """
        k = (len(self.classes).bit_length() - 1) // 2
        if not self.classes or not 0 <= index < k:
            hint = "count from 0; the map must know its classes"
            raise ParameterError("index", f"be one of {k} logical qubits", index, hint)
        table = np.reshape(self.classes, (4,) * k)
        axes = tuple(axis for axis in range(k) if axis != index)
        own = tuple(float(value) for value in table.sum(axis=axes))
        _, x, y, z = own
        return LogicalMap(self.accept, x, y, z, self.decoder, self.code, own)


def map_of_classes(code: StabilizerCode, classes: NDArray[np.float64], decoder: str) -> LogicalMap:
    """The map of a distribution over logical operators that sums to the probability of keeping.

    Args:
        code: The code.
        classes: (4**k,) probabilities, letters I, X, Y, Z, the first logical qubit slowest.
        decoder: Name of the decoder.
    """
    accept = float(classes.sum())
    shares = classes / accept if accept > 0.0 else np.eye(1, 4**code.k)[0]
    accept = 1.0 if abs(accept - 1.0) < _ROUNDING else accept
    kinds = operator_kinds(code.k)
    x, y, z = (float(shares[kinds == kind].sum()) for kind in (1, 2, 3))
    whole = tuple(float(share) for share in shares)
    return LogicalMap(min(accept, 1.0), x, y, z, decoder, code.name, whole)


def per_qubit(
    code: StabilizerCode, channel: PauliChannel | Sequence[PauliChannel]
) -> list[PauliChannel]:
    """One channel for each qubit, in a list of its own.

    Raises:
        ParameterError: If there is not one for each.
    """
    if isinstance(channel, PauliChannel):
        return [channel] * code.n
    if len(channel) != code.n:
        hint = "or give one channel for all"
        raise ParameterError("channel", f"have one for each of {code.n} qubits", len(channel), hint)
    return list(channel)


def operator_kinds(k: int) -> NDArray[np.int64]:
    """Kind of every logical operator: 0 identity, 1 X alone, 3 Z alone, 2 any other.

    Args:
        k: Number of logical qubits.

    Returns:
        (4**k,) in the order of `LogicalMap.classes`.
    """
    digits = np.arange(4**k)[:, None] // 4 ** np.arange(k) % 4
    has_x = np.isin(digits, (1, 2)).any(axis=1)
    has_z = np.isin(digits, (2, 3)).any(axis=1)
    return np.where(has_x & has_z, 2, np.where(has_x, 1, np.where(has_z, 3, 0)))
