"""Look-up decoders: the correction of every syndrome, of least weight."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from qnet.codes.code import LETTERS, StabilizerCode, product
from qnet.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = [
    "DETECTION",
    "LOOK_UP",
    "LOOK_UP_APART",
    "MOST_SYNDROME_BITS",
    "LookUpTable",
    "look_up",
    "residual",
    "seen_rows",
]

#: Names of the decoders of this file.
LOOK_UP = "look-up (least weight)"
LOOK_UP_APART = "look-up (least weight, X and Z apart)"
DETECTION = "post-selection on the trivial syndrome"

#: Largest table: this many stabilizers that the errors at hand can flip.
MOST_SYNDROME_BITS = 14

#: Most qubits whose words fit into the whole numbers of a search.
_MOST_LETTERS = 28


@dataclass(frozen=True, eq=False)
class LookUpTable:
    """The correction of every syndrome.

    Args:
        name: Of the decoder.
        code: The code.
        rows: Positions of the stabilizers whose bits make the index of a syndrome, lowest first.
        words: Correction of each syndrome, (2**len(rows), n) digits of I, X, Y, Z; a row of no
            meaning where the syndrome is not accepted.
        accepted: Whether a state of this syndrome is kept, (2**len(rows),).
    """

    name: str
    code: StabilizerCode
    rows: tuple[int, ...]
    words: NDArray[np.int64]
    accepted: NDArray[np.bool_]

    @cached_property
    def labels(self) -> NDArray[np.int64]:
        """Logical part of each correction's signature (see `StabilizerCode.signatures`)."""
        signatures = self.code.signatures & (4**self.code.k - 1)
        picked = signatures.astype(np.int64)[np.arange(self.code.n)[None, :], self.words]
        return np.asarray(np.bitwise_xor.reduce(picked, axis=1))

    def correction(self, syndrome: int) -> str | None:
        """Correction of a syndrome as a Pauli word, None where the state is thrown away.

        Args:
            syndrome: Bit i is 1 where stabilizer ``rows[i]`` changed its sign.

        Examples:
            >>> from qnet.codes.catalogue import code_of
            >>> look_up(code_of("513")).correction(code_of("513").syndrome("IIYII"))
            'IIYII'
        """
        if not self.accepted[syndrome]:
            return None
        return "".join(LETTERS[digit] for digit in self.words[syndrome])


def seen_rows(code: StabilizerCode, letters: str) -> tuple[int, ...]:
    """Stabilizers that errors of some letters can flip.

    Args:
        code: The code.
        letters: Of the errors: some of X, Y, Z.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> seen_rows(code_of("steane"), "X")
        (3, 4, 5)
    """
    return tuple(
        row
        for row, word in enumerate(code.stabilizers)
        if any(mine not in ("I", letter) for mine in set(word) for letter in letters)
    )


def look_up(
    code: StabilizerCode, letters: str = "XYZ", erased: Sequence[int] = (), *, apart: bool = True
) -> LookUpTable:
    """The look-up decoder: for each syndrome the correction of least weight.

    Of several of the same weight it takes the word that comes first in alphabetical order (I before
    X before Y before Z, qubit 0 first). Qubits that are known to be lost weigh nothing. With
    ``apart``, a code whose checks are made of X alone or of Z alone is decoded as two codes, flips
    X by the checks Z and flips Z by the checks X, as its hardware would do; otherwise a Y counts as
    one error. A code that only detects keeps the trivial syndrome and throws the others away.

    Args:
        code: The code.
        letters: Letters of the errors that occur; where X and Z are decoded apart, checks that none
            of them flips are left out.
        erased: Qubits that are known to be lost.
        apart: Whether to decode X and Z apart where the code allows it.

    Raises:
        EngineError: If the table would have more than 2**14 syndromes, or words over 28 qubits.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> table = look_up(code_of("steane"))
        >>> table.name, table.words.shape
        ('look-up (least weight, X and Z apart)', (64, 7))
        >>> look_up(code_of("422")).accepted
        array([ True, False, False, False])
    """
    is_apart = apart and code.is_css
    # A correction of several letters may flip any check, also those that no error of these flips.
    rows = seen_rows(code, letters if is_apart or code.is_detecting else "XYZ")
    if len(rows) > MOST_SYNDROME_BITS or code.n > _MOST_LETTERS:
        message = (
            f"a look-up table of {code.name} would have 2**{len(rows)} syndromes over {code.n} "
            "qubits; the code's own decoder, or sampling of Pauli frames, plays larger codes"
        )
        raise EngineError(message)
    signatures = _restricted(code, rows)
    if code.is_detecting and not erased:
        words = np.zeros((2 ** len(rows), code.n), dtype=np.int64)
        accepted = np.arange(2 ** len(rows)) == 0
        return LookUpTable(DETECTION, code, rows, words, accepted)
    weights = np.array([qubit not in set(erased) for qubit in range(code.n)], dtype=np.int64)
    if is_apart:
        x_words, z_words = (
            _least_words(signatures, len(rows), weights, digit) for digit in ((1,), (3,))
        )
        words, name = _merged(code, rows, x_words, z_words), LOOK_UP_APART
    else:
        words, name = _least_words(signatures, len(rows), weights, (1, 2, 3))[0], LOOK_UP
    return LookUpTable(name, code, rows, words, np.ones(2 ** len(rows), dtype=bool))


def _restricted(code: StabilizerCode, rows: tuple[int, ...]) -> NDArray[np.int64]:
    """Syndrome of each letter on each qubit, (n, 4), in the bits of some stabilizers."""
    syndromes = code.signatures >> 2 * code.k
    restricted = np.zeros(syndromes.shape, dtype=np.int64)
    for bit, row in enumerate(rows):
        restricted |= ((syndromes >> row & 1) << bit).astype(np.int64)
    return restricted


def _least_words(
    signatures: NDArray[np.int64], bits: int, weights: NDArray[np.int64], digits: tuple[int, ...]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Least word of each syndrome made of some letters, and whether there is one.

    A word is one whole number, its weight first and then its letters, so that the least number is
    the lightest word that comes first in alphabetical order; qubit by qubit, the least number of
    every syndrome is kept.
    """
    n = len(signatures)
    index = np.arange(2**bits)
    none = np.iinfo(np.int64).max // 2
    least = np.full(2**bits, none)
    least[0] = 0
    for qubit in range(n):
        place = 4 ** (n - 1 - qubit)
        before = least
        for digit in digits:
            cost = int(weights[qubit]) * 4**n + digit * place
            least = np.minimum(least, before[index ^ signatures[qubit, digit]] + cost)
    reached = least < none
    places = 4 ** np.arange(n - 1, -1, -1, dtype=np.int64)
    return np.where(reached, least, 0)[:, None] // places % 4, reached


def _merged(
    code: StabilizerCode,
    rows: tuple[int, ...],
    x_found: tuple[NDArray[np.int64], NDArray[np.bool_]],
    z_found: tuple[NDArray[np.int64], NDArray[np.bool_]],
) -> NDArray[np.int64]:
    """Corrections of X and of Z, each by the part of the syndrome that it can flip, as one."""
    z_checks = sum(1 << bit for bit, row in enumerate(rows) if "Z" in code.stabilizers[row])
    index = np.arange(2 ** len(rows))
    x_words, z_words = x_found[0][index & z_checks], z_found[0][index & ~z_checks]
    return np.where(x_words & z_words, 2, x_words | z_words)


def residual(code: StabilizerCode, error: str, table: LookUpTable) -> str | None:
    """Logical operator that is left of an error after its correction, None if it is thrown away.

    Args:
        code: The code.
        error: A Pauli word.
        table: A decoder of all stabilizers of the code.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> steane = code_of("steane")
        >>> residual(steane, "XXIIIII", look_up(steane))
        'X'
    """
    correction = table.correction(code.syndrome(error))
    return None if correction is None else code.logical(product(error, correction))
