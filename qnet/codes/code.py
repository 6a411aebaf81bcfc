"""Stabilizer code as data: Pauli words of its stabilizers and its logical operators."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from qnet.codes.binary import rank
from qnet.errors import ParameterError, check_integer

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["LETTERS", "MOST_QUBITS", "StabilizerCode", "check_size", "masks", "product"]

#: The Pauli letters, by the digit that stands for each.
LETTERS = "IXYZ"

#: Most qubits of a code: the number of loss patterns of one weight stays below 1e308.
MOST_QUBITS = 1000


def check_size(code: str, qubits: int) -> None:
    """Raise when a code has too many qubits, before its words are written.

    Args:
        code: Its name.
        qubits: How many it has.

    Raises:
        ParameterError: If they are more than `MOST_QUBITS`.

    Examples:
        >>> check_size("surface-3", 9)
    """
    if qubits > MOST_QUBITS:
        rule, value = f"have at most {MOST_QUBITS} qubits", f"{code}, {qubits} qubits"
        raise ParameterError("code", rule, value, "take a smaller code")


def masks(word: str) -> tuple[int, int]:
    """Masks of the X part and of the Z part of a Pauli word, bit i for qubit i.

    Args:
        word: One letter I, X, Y or Z a qubit, qubit 0 first.

    Examples:
        >>> masks("XYZ")
        (3, 6)
    """
    x_part = sum(1 << qubit for qubit, letter in enumerate(word) if letter in "XY")
    z_part = sum(1 << qubit for qubit, letter in enumerate(word) if letter in "YZ")
    return x_part, z_part


def product(one: str, other: str) -> str:
    """Product of two Pauli words, without its sign.

    Examples:
        >>> product("XXI", "ZIZ")
        'YXZ'
    """
    bits = {"I": 0, "X": 1, "Z": 2, "Y": 3}
    return "".join("IXZY"[bits[a] ^ bits[b]] for a, b in zip(one, other, strict=True))


@dataclass(frozen=True)
class StabilizerCode:
    """A stabilizer code [[n, k, d]]: n qubits that carry k logical ones.

    All stabilizers have the value +1 in the code. A Pauli word has a letter for each qubit, qubit 0
    first.

    Args:
        name: By what ``code_of`` finds it.
        stabilizers: n - k independent Pauli words that commute.
        logical_x: k words: X of each logical qubit.
        logical_z: k words: Z of each logical qubit.
        distance: d, the least weight of a logical operator.
        title: The name in words.
        references: Keys of the bibliography.
        family: Its family in the catalogue, and so the decoders of its own.
        sizes: The whole numbers in its name.
        is_detecting: Whether errors are detected, and then thrown away with the state, rather than
            corrected.

    Raises:
        ParameterError: If the words do not make a code.

    References:
        D. Gottesman, "Stabilizer codes and quantum error correction" (1997),
        arXiv:quant-ph/9705052.

    Examples:
        >>> code = StabilizerCode("bit-flip", ("ZZI", "IZZ"), ("XXX",), ("ZII",), distance=1)
        >>> code.n, code.k, code.is_css
        (3, 1, True)
        >>> code.syndrome("IXI")
        3
    """

    name: str
    stabilizers: tuple[str, ...]
    logical_x: tuple[str, ...]
    logical_z: tuple[str, ...]
    distance: int
    title: str = ""
    references: tuple[str, ...] = ()
    family: str = ""
    sizes: tuple[int, ...] = ()
    is_detecting: bool = False

    def __post_init__(self) -> None:
        check_integer("distance", self.distance)
        for field in ("stabilizers", "logical_x", "logical_z"):
            for word in getattr(self, field):
                self._check_word(field, word)
        if len(self.logical_x) != len(self.logical_z) or not self.logical_x:
            hint = "give X and Z of every logical qubit"
            numbers = (len(self.logical_x), len(self.logical_z))
            raise ParameterError("logical_z", "have one word for each of logical_x", numbers, hint)
        self._check_products()
        rows = [x_part | z_part << self.n for x_part, z_part in map(masks, self.stabilizers)]
        if len(rows) != self.n - self.k or rank(rows) < len(rows):
            hint = "leave out the products of others"
            rule = f"be n - k = {self.n - self.k} independent words"
            raise ParameterError("stabilizers", rule, self.stabilizers, hint)

    @property
    def n(self) -> int:
        """Number of qubits."""
        return len(self.logical_x[0])

    @property
    def k(self) -> int:
        """Number of logical qubits."""
        return len(self.logical_x)

    @property
    def parameters(self) -> tuple[int, int, int]:
        """n, k and d."""
        return self.n, self.k, self.distance

    @property
    def is_css(self) -> bool:
        """Whether every stabilizer is made of X alone or of Z alone (Calderbank, Shor, Steane)."""
        return all(set(word) <= {"I", "X"} or set(word) <= {"I", "Z"} for word in self.stabilizers)

    @cached_property
    def symplectic(self) -> NDArray[np.uint8]:
        """Rows of the stabilizers, (n - k, 2n): X part, then Z part (1 for Y in both).

        Examples:
            >>> StabilizerCode("pair", ("XX",), ("XI",), ("ZZ",), distance=1).symplectic
            array([[1, 1, 0, 0]], dtype=uint8)
        """
        words = self.stabilizers
        both = [[letter in part for part in ("XY", "YZ") for letter in word] for word in words]
        return np.array(both, dtype=np.uint8).reshape(len(words), 2 * self.n)

    @cached_property
    def signatures(self) -> NDArray[np.int64]:
        """Signature of every Pauli letter on every qubit, (n, 4) for I, X, Y, Z.

        Bits 0 to 2k - 1 say how the operator acts on the logical qubits, two bits each (the last
        logical qubit lowest): 1 for X, 2 for Z, 3 for Y. The bits above are the syndrome, first
        stabilizer lowest. The signature of a product is the exclusive or of the signatures. They
        are Python's own whole numbers where 64 bits do not hold them.
        """
        observers = [
            word for j in reversed(range(self.k)) for word in (self.logical_z[j], self.logical_x[j])
        ]
        observers += self.stabilizers
        table: list[list[int]] = []
        for qubit in range(self.n):
            z_seen = sum(1 << bit for bit, word in enumerate(observers) if word[qubit] in "YZ")
            x_seen = sum(1 << bit for bit, word in enumerate(observers) if word[qubit] in "XY")
            table.append([0, z_seen, z_seen ^ x_seen, x_seen])
        return np.array(table, dtype=np.int64 if len(observers) < 63 else object)

    def signature(self, word: str) -> int:
        """Signature of a Pauli word: see ``signatures``."""
        self._check_word("word", word)
        total = 0
        for qubit, letter in enumerate(word):
            total ^= int(self.signatures[qubit][LETTERS.index(letter)])
        return total

    def syndrome(self, word: str) -> int:
        """Syndrome of a Pauli error: bit i is 1 where stabilizer i changes its sign.

        Raises:
            ParameterError: If it is not a word of n letters.
        """
        return self.signature(word) >> 2 * self.k

    def logical(self, word: str) -> str:
        """Action of a Pauli word of trivial syndrome on the logical qubits, one letter each.

        Raises:
            ParameterError: If it is not a word of n letters, or some stabilizer sees it.

        Examples:
            >>> code = StabilizerCode("bit-flip", ("ZZI", "IZZ"), ("XXX",), ("ZII",), distance=1)
            >>> code.logical("YXX"), code.logical("ZZI")
            ('Y', 'I')
        """
        bits = self.signature(word)
        if bits >> 2 * self.k:
            hint = "multiply it by the correction of its syndrome"
            raise ParameterError("word", "commute with every stabilizer", word, hint)
        return "".join("IXZY"[bits >> 2 * (self.k - 1 - j) & 3] for j in range(self.k))

    def _check_word(self, field: str, word: object) -> None:
        length = len(self.logical_x[0]) if self.logical_x else 0
        if not isinstance(word, str) or len(word) != length or set(word) - set(LETTERS):
            hint = "write I, X, Y or Z for every qubit, qubit 0 first"
            raise ParameterError(field, f"be Pauli words of {length} letters", word, hint)
        if not 1 <= length <= MOST_QUBITS:
            hint = "take a smaller code"
            raise ParameterError(field, f"have 1 to {MOST_QUBITS} qubits", length, hint)

    def _check_products(self) -> None:
        """Raise unless stabilizers commute with all, and X_i anticommutes with Z_i alone."""
        words = [*self.stabilizers, *self.logical_x, *self.logical_z]
        x_parts, z_parts = (
            np.array([[letter in part for letter in word] for word in words], dtype=float)
            for part in ("XY", "YZ")
        )
        # Whole numbers up to 2n, exact, and faster as floating-point ones.
        product = (x_parts @ z_parts.T + z_parts @ x_parts.T) % 2
        wanted = np.zeros_like(product)
        first = len(self.stabilizers)
        for j in range(self.k):
            wanted[first + j, first + self.k + j] = wanted[first + self.k + j, first + j] = 1
        wrong = np.argwhere(product != wanted)
        if len(wrong):
            pair = tuple(words[index] for index in wrong[0])
            rule = "commute, but X and Z of the same logical qubit, which anticommute"
            raise ParameterError("stabilizers and logical operators", rule, pair, "mend these two")
