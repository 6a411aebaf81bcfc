"""Correlators of a logical pair as polynomials of those of the physical pairs that it is made of.

n pairs whose right halves are read as one block of a stabilizer code err by a Pauli operator e.
The syndrome of e chooses a correction, and what is left acts on the logical qubit. With omega the
commutation sign of two Pauli operators, g(sigma) that of a logical operator L and the correction
that syndrome sigma chooses, and s the elements of the stabilizer group S::

    <L L> = sum over e of P(e) omega(L, e) g(syndrome of e)
          = sum over s in S of c(s) prod over i of <(L s)_i (L s)_i>

where c is the Walsh-Hadamard transform of g over the syndromes: the logical correlator is a
polynomial, linear in the correlators of every pair, with 2^(n - k) terms at most (D. Gottesman,
arXiv:quant-ph/9705052, for the group; the transform is that of its characters). The same with
g = 1 where a syndrome is accepted and 0 where it is not gives the probability of acceptance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from qnet.codes.code import LETTERS, StabilizerCode, product
from qnet.codes.decoders import LookUpTable, look_up
from qnet.errors import ParameterError, check_type
from qnet.states.maps import JoinMap
from qnet.states.pauli import Array, fano_from_correlators

__all__ = ["MOST_QUBITS", "LogicalCorrelators", "check_code", "logical_correlators"]

#: Most physical qubits of a block: syndromes are looked up in a table.
MOST_QUBITS = 13

#: Numbers of all terms that are worked out at once: bounds the memory to some tens of megabytes.
_MOST_NUMBERS = 1 << 22

_TOLERANCE = 1e-14


@dataclass(frozen=True, slots=True, eq=False)
class LogicalCorrelators(JoinMap):
    """What n Bell-diagonal pairs become as one logical pair: its acceptance and its correlators.

    Args:
        words: Pauli words (m, n) of the terms, 0 to 3 for I, X, Y, Z.
        coefficients: Shape (4, m): of the terms in the probability of acceptance and in that
            probability times XX, -YY and ZZ of the logical pair.
        factors: Factors (3,) on XX, -YY and ZZ of every pair before the code acts: errors of the
            operations that read it.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> found = logical_correlators(code_of("steane"))
        >>> found.linear_correlators([np.array([[1.0], [0.98], [0.98**2], [0.98]])] * 7)[3].round(6)
        array([0.995992])
    """

    words: npt.NDArray[np.uint8]
    coefficients: Array
    factors: Array

    @property
    def pairs(self) -> int:
        """Number n of pairs that one logical pair takes."""
        return self.words.shape[1]

    @property
    def always_accepts(self) -> bool:
        """Whether every syndrome is corrected, none rejected."""
        unit = ~self.words.any(axis=1)
        return bool(np.abs(self.coefficients[0] - unit).max() < 1e-12)

    def linear_correlators(self, pairs: Sequence[Array]) -> Array:
        """Acceptance and correlators times it, (4, rows), of components (4, rows) of every pair."""
        rows = max(pair.shape[1] for pair in pairs)
        scale = np.concatenate([[1.0], self.factors])[:, None]
        result = np.empty((4, rows))
        length = max(1, _MOST_NUMBERS // max(1, len(self.words)))
        for start in range(0, rows, length):
            block = slice(start, start + length)
            parts = [scale * (pair[:, block] if pair.shape[1] == rows else pair) for pair in pairs]
            result[:, block] = self.coefficients @ self._products(parts)
        return result

    def linear(self, pairs: Sequence[Array]) -> Array:
        """The same for Fano matrices (n, 4, 4): only their diagonals count.

        All pairs are twirled by the same random Pauli operator at both ends, in the Pauli frame,
        which takes no gate: what is not Bell-diagonal in them averages out.
        """
        signs = np.array([1.0, 1.0, -1.0, 1.0])[:, None]
        diagonals = [np.einsum("nii->in", pair.reshape(-1, 4, 4)) * signs for pair in pairs]
        found = self.linear_correlators(diagonals)
        fano = fano_from_correlators(found[1:].T)
        fano[:, 0, 0] = found[0]
        return fano.reshape(-1, 16)

    def _products(self, pairs: Sequence[Array]) -> Array:
        """Products (m, rows) of every word; words that begin alike share what they begin with."""
        values = np.ones((1, 1))
        places = np.zeros(len(self.words), dtype=np.intp)
        for letters, pair in zip(self.words.T, pairs, strict=True):
            distinct, places = np.unique(4 * places + letters, return_inverse=True)
            values = values[distinct // 4] * pair[distinct % 4]
        return np.asarray(values[places])


@lru_cache(maxsize=256)
def logical_correlators(
    code: StabilizerCode, factors: tuple[float, float, float] = (1.0, 1.0, 1.0)
) -> LogicalCorrelators:
    """The map from n pairs to the pair of a code's first logical qubit, by look-up decoding.

    Args:
        code: The code, of at most `MOST_QUBITS` qubits. One that only detects keeps a pair where
            no check fails.
        factors: On XX, -YY and ZZ of every pair before the code acts.

    Raises:
        ParameterError: If the code is too large for a table.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> logical_correlators(code_of("422")).always_accepts
        False
    """
    check_code("code", code)
    table = look_up(code)
    group = _group(code)
    rows = []
    for logical in (None, code.logical_x[0], product(code.logical_x[0], code.logical_z[0])):
        rows.append(_coefficients(table, logical))
    rows.append(_coefficients(table, code.logical_z[0]))
    return _collected(np.array(rows), group, code, np.array(factors))


def check_code(field: str, code: object) -> None:
    """Raise unless something is a code small enough to look its syndromes up.

    Args:
        field: Name of the argument, for the error.
        code: What is given.

    Raises:
        ParameterError: If it is not.
    """
    check_type(field, code, StabilizerCode)
    if isinstance(code, StabilizerCode) and code.n > MOST_QUBITS:
        hint = "its syndromes are looked up in a table; take a smaller code"
        value = f"{code.name}, {code.n} qubits"
        raise ParameterError(field, f"have at most {MOST_QUBITS} qubits", value, hint)


def _group(code: StabilizerCode) -> npt.NDArray[np.uint8]:
    """All elements of the stabilizer group, (2^(n - k), 2 n): bit j says if generator j is in."""
    numbers = np.arange(1 << len(code.stabilizers))[:, None]
    chosen = numbers >> np.arange(len(code.stabilizers)) & 1
    return np.asarray(chosen @ code.symplectic % 2, dtype=np.uint8)


def _coefficients(table: LookUpTable, logical: str | None) -> Array:
    """Transform of the sign that each syndrome's correction gives to a logical operator."""
    signs = np.ones(len(table.words))
    if logical is not None:
        digits = np.array([LETTERS.index(letter) for letter in logical])
        differ = (table.words != digits) & (table.words > 0) & (digits > 0)
        signs = 1.0 - 2.0 * (np.count_nonzero(differ, axis=1) % 2)
    return walsh_hadamard(signs * table.accepted) / len(signs)


def _collected(
    rows: Array, group: npt.NDArray[np.uint8], code: StabilizerCode, factors: Array
) -> LogicalCorrelators:
    """All terms as words, each once."""
    x_word, z_word = code.logical_x[0], code.logical_z[0]
    letters, numbers, component = [], [], []
    for place, word in enumerate(("I" * code.n, x_word, product(x_word, z_word), z_word)):
        kept = np.flatnonzero(np.abs(rows[place]) > _TOLERANCE)
        x, z = group[kept, : code.n], group[kept, code.n :]
        x = x ^ np.array([letter in "XY" for letter in word], dtype=np.uint8)
        z = z ^ np.array([letter in "YZ" for letter in word], dtype=np.uint8)
        letters.append(np.where(x & z, 2, x + 3 * z).astype(np.uint8))
        numbers.append(rows[place, kept])
        component.append(np.full(len(kept), place))
    words, places = np.unique(np.concatenate(letters), axis=0, return_inverse=True)
    coefficients = np.zeros((4, len(words)))
    np.add.at(coefficients, (np.concatenate(component), places.ravel()), np.concatenate(numbers))
    return LogicalCorrelators(words, coefficients, factors)


def walsh_hadamard(values: Array) -> Array:
    """``sum over sigma of (-1)^(sigma . s) values[sigma]``, for every s."""
    result = values.astype(float)
    half = 1
    while half < len(result):
        pairs = result.reshape(-1, 2, half)
        result = np.stack([pairs[:, 0] + pairs[:, 1], pairs[:, 0] - pairs[:, 1]], axis=1).ravel()
        half *= 2
    return result
