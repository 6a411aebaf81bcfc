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
from qnet.codes.erasure import is_correctable
from qnet.errors import ParameterError, check_probability, check_type
from qnet.states.maps import JoinMap
from qnet.states.pauli import Array, fano_from_correlators

__all__ = ["MOST_QUBITS", "LogicalCorrelators", "check_code", "logical_correlators"]

#: Most physical qubits of a block: syndromes are looked up in a table.
MOST_QUBITS = 13

#: The same where qubits may be lost: every pattern of lost ones has a table of its own.
MOST_WITH_LOSS = 9

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
    code: StabilizerCode,
    factors: tuple[float, float, float] = (1.0, 1.0, 1.0),
    loss: float = 0.0,
) -> LogicalCorrelators:
    """The map from n pairs to the pair of a code's first logical qubit, by look-up decoding.

    Args:
        code: The code, of at most `MOST_QUBITS` qubits. One that only detects keeps a pair where
            no check fails.
        factors: On XX, -YY and ZZ of every pair before the code acts.
        loss: Probability that a pair's qubit is lost, and known to be, before it is read. Where the
            others cannot make up for what is lost, the logical pair is given up.

    Raises:
        ParameterError: If the code is too large for a table, or, with loss, for one of every
            pattern of lost qubits.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> logical_correlators(code_of("422")).always_accepts
        False
        >>> found = logical_correlators(code_of("steane"), loss=0.1)
        >>> found.linear_correlators([np.ones((4, 1))] * 7)[0].round(7)
        array([0.9931896])
    """
    check_code("code", code)
    check_probability("loss", loss)
    if loss and code.n > MOST_WITH_LOSS:
        rule = f"have at most {MOST_WITH_LOSS} qubits where some may be lost"
        hint = "every pattern of lost qubits has a table of its own; take a smaller code"
        raise ParameterError("code", rule, f"{code.name}, {code.n} qubits", hint)
    letters = _words(code)
    rows = np.zeros(letters.shape[:2])
    for pattern in range(1 << code.n) if loss else (0,):
        lost = [qubit for qubit in range(code.n) if pattern >> qubit & 1]
        if lost and not is_correctable(code, lost):
            continue
        chance = loss ** len(lost) * (1.0 - loss) ** (code.n - len(lost))
        table = look_up(code, "XYZ", lost)
        found = np.array([_coefficients(table, word) for word in _logicals(code)])
        # Nothing is known of a qubit that is lost: what it comes back as has no correlators.
        rows += chance * found * ~letters[:, :, lost].any(axis=2)
    return _collected(rows, letters, np.array(factors))


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


def _logicals(code: StabilizerCode) -> tuple[str, str, str, str]:
    """Words of I, X, Y and Z of the first logical qubit, without signs."""
    x_word, z_word = code.logical_x[0], code.logical_z[0]
    return "I" * code.n, x_word, product(x_word, z_word), z_word


def _words(code: StabilizerCode) -> npt.NDArray[np.uint8]:
    """Each of I, X, Y and Z times every element of the stabilizer group, (4, 2^(n - k), n).

    Bit j of an element's number says whether generator j is in it.
    """
    numbers = np.arange(1 << len(code.stabilizers))[:, None]
    chosen = numbers >> np.arange(len(code.stabilizers)) & 1
    group = chosen @ code.symplectic % 2
    found = []
    for word in _logicals(code):
        x = group[:, : code.n] ^ np.array([letter in "XY" for letter in word], dtype=np.uint8)
        z = group[:, code.n :] ^ np.array([letter in "YZ" for letter in word], dtype=np.uint8)
        found.append(np.where(x & z, 2, x + 3 * z))
    return np.array(found, dtype=np.uint8)


def _coefficients(table: LookUpTable, logical: str) -> Array:
    """Transform of the sign that each syndrome's correction gives to a logical operator."""
    digits = np.array([LETTERS.index(letter) for letter in logical])
    differ = (table.words != digits) & (table.words > 0) & (digits > 0)
    signs = 1.0 - 2.0 * (np.count_nonzero(differ, axis=1) % 2)
    return walsh_hadamard(signs * table.accepted) / len(signs)


def _collected(rows: Array, letters: npt.NDArray[np.uint8], factors: Array) -> LogicalCorrelators:
    """All terms as words, each once, from coefficients (4, 2^r) of words (4, 2^r, n)."""
    component, kept = np.nonzero(np.abs(rows) > _TOLERANCE)
    words, places = np.unique(letters[component, kept], axis=0, return_inverse=True)
    coefficients = np.zeros((4, len(words)))
    np.add.at(coefficients, (component, places.ravel()), rows[component, kept])
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
