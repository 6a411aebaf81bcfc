"""Code capacity by enumeration: all Pauli patterns of a small code, through its look-up table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from qnet.codes.decoders import LOOK_UP_APART, LookUpTable, look_up
from qnet.codes.erasure import is_correctable
from qnet.codes.hadamard_frames import css_frame
from qnet.codes.logical import (
    LogicalMap,
    PauliChannel,
    map_of_classes,
    operator_kinds,
    per_qubit,
)
from qnet.codes.polynomials import PatternCounts
from qnet.errors import EngineError, ParameterError, check_probability

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qnet.codes.code import StabilizerCode

__all__ = [
    "apart_map",
    "by_class",
    "distribution",
    "look_up_counts",
    "look_up_map",
    "look_up_with_loss",
]

#: Largest distribution over syndromes and logical operators: this many bits.
_MOST_BITS = 22

#: Most qubits of a code whose losses and errors are counted together.
_MOST_LOST = 10


def look_up_map(
    code: StabilizerCode,
    channel: PauliChannel | Sequence[PauliChannel],
    *,
    erased: Sequence[int] = (),
    apart: bool = True,
) -> LogicalMap:
    """The exact logical map of a code under independent Pauli errors, by look-up decoding.

    Qubit by qubit, the distribution over syndromes and logical operators is convolved with the
    errors of that qubit: all 4**n patterns are counted, in about n 2**(n + k) steps.

    Args:
        code: The code.
        channel: The errors of every qubit, or one channel for each.
        erased: Qubits that are known to be lost: they come back maximally mixed, and the decoder
            knows which they are.
        apart: See `look_up`.

    Raises:
        EngineError: If the code is too large for a look-up table.
        ParameterError: If there is not one channel for each qubit.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> steane = look_up_map(code_of("steane"), PauliChannel(x=0.01))
        >>> round(steane.logical_x, 11), steane.logical_z, steane.accept
        (0.00200407497, 0.0, 1.0)
    """
    channels = per_qubit(code, channel)
    for qubit in erased:
        channels[qubit] = PauliChannel(0.25, 0.25, 0.25)
    letters = "".join(letter for letter in "XYZ" if any(letter in c.letters for c in channels))
    table = look_up(code, letters, erased, apart=apart)
    weights = np.array([each.weights for each in channels])
    spread = distribution(code, table, weights[:, :, None])[:, :, 0]
    classes = by_class(table, spread[:, :, None])[:, 0].astype(np.float64)
    return map_of_classes(code, classes, table.name)


def look_up_counts(
    code: StabilizerCode, letters: str = "XYZ", *, apart: bool = True
) -> PatternCounts:
    """Numbers of error patterns by weight, and what becomes of them: exact polynomials.

    Args:
        code: The code.
        letters: Errors that occur, each as likely as the others: ``"X"`` for flips alone, ``"XYZ"``
            for depolarising.
        apart: See `look_up`.

    Raises:
        EngineError: If the code is too large for a look-up table.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> look_up_counts(code_of("steane"), "X").failing
        (0, 0, 21, 7, 28, 0, 7, 1)
        >>> look_up_counts(code_of("513")).failing
        (0, 0, 90, 210, 270, 198)
    """
    if not letters or set(letters) - set("XYZ") or len(set(letters)) < len(letters):
        raise ParameterError("letters", "be some of X, Y and Z", letters, "such as 'X' or 'XYZ'")
    table = look_up(code, letters, apart=apart)
    steps = np.zeros((code.n, 4, 2), dtype=np.int64)
    steps[:, 0, 0] = 1
    steps[:, ["IXYZ".index(letter) for letter in letters], 1] = 1
    counts = by_class(table, distribution(code, table, steps))
    kinds = operator_kinds(code.k)
    sums = [tuple(int(c) for c in counts[kinds == kind].sum(axis=0)) for kind in range(4)]
    return PatternCounts(code.name, table.name, letters, code.n, *sums)


def look_up_with_loss(
    code: StabilizerCode, channel: PauliChannel | Sequence[PauliChannel], loss: float
) -> tuple[float, LogicalMap]:
    """Probability of recovery from loss, and the logical map of what is recovered.

    Every correctable set of lost qubits (by symplectic ranks) is decoded by a look-up table of its
    own, in which lost qubits weigh nothing.

    Args:
        code: The code.
        channel: The errors of every qubit, or one channel for each.
        loss: Probability to lose a qubit, and to know it.

    Raises:
        EngineError: If the code has more than 10 qubits.
        ParameterError: If the loss is no probability, or there is not one channel for each qubit.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> found = look_up_with_loss(code_of("steane"), PauliChannel(x=0.01), 0.1)
        >>> round(found[0], 7), found[1].logical_x < 0.02
        (0.9931896, True)
    """
    check_probability("loss", loss)
    if code.n > _MOST_LOST:
        message = (
            f"{code.name} with losses and errors at once has 2**{code.n} tables to look up, more "
            f"than 2**{_MOST_LOST}; parity codes are decoded by majority at any size"
        )
        raise EngineError(message)
    recovery, kept = 0.0, np.zeros(4**code.k)
    name = ""
    for lost in range(2**code.n):
        erased = [qubit for qubit in range(code.n) if lost >> qubit & 1]
        chance = loss ** len(erased) * (1.0 - loss) ** (code.n - len(erased))
        if chance > 0.0 and is_correctable(code, erased):
            found = look_up_map(code, channel, erased=erased)
            recovery += chance
            kept += chance * found.accept * np.array(found.classes)
            name = name or found.decoder
    shares = kept / recovery if recovery > 0.0 else np.eye(1, 4**code.k)[0]
    return min(recovery, 1.0), map_of_classes(code, shares, name)


def apart_map(code: StabilizerCode, channel: PauliChannel) -> LogicalMap:
    """The exact map of a code too large for one table, flips X and Z decoded by two, alike errors.

    With f and g = -1 where the correction of X, of Z, leaves a logical operator, the mean of f g is
    a sum over the Walsh-Hadamard transforms of both, each pair of terms weighed by the mean sign of
    the errors of all qubits: 4**12 terms for the surface code of distance 5.

    Args:
        code: A code of one logical qubit whose checks are of X alone or of Z alone.
        channel: The errors of every qubit.

    Raises:
        EngineError: If the code is another, or a table of half its checks would be too large.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> found = apart_map(code_of("surface-5"), PauliChannel.depolarising(0.03))
        >>> found.decoder, found.failure < 0.01
        ('look-up (least weight, X and Z apart)', True)
    """
    if css_frame(code) != (frozenset(), False) or code.k != 1:
        message = f"{code.name} is not decoded apart; look_up decodes codes of up to 13 qubits"
        raise EngineError(message)
    _, x, y, z = channel.weights
    means = [_flip_mean(code, letter, p + y) for letter, p in (("X", x), ("Z", z))]
    sides = [_transform(code, letter) for letter in "XZ"]
    factors = [1.0 - 2.0 * p for p in (x + y, z + y, x + z)]
    powers = [factor ** np.arange(code.n + 1) for factor in factors]
    masks_z, values_z = sides[1]
    both = 0.0
    for mask, value in zip(*sides[0], strict=True):
        shared = np.bitwise_count(masks_z & mask)
        alone_x, alone_z = np.bitwise_count(mask) - shared, np.bitwise_count(masks_z) - shared
        terms = powers[0][alone_x] * powers[1][alone_z] * powers[2][shared]
        both += float(value) * float(terms @ values_z)
    signs = np.array([[1, 1, 1], [-1, 1, -1], [-1, -1, 1], [1, -1, -1]])
    classes = (1.0 + signs @ np.array([*means, both])) / 4.0
    return map_of_classes(code, np.maximum(classes, 0.0), LOOK_UP_APART)


def _flip_mean(code: StabilizerCode, letter: str, probability: float) -> float:
    """Mean sign of what the correction of flips of one letter leaves."""
    flips = {letter.lower(): probability}
    return 1.0 - 2.0 * look_up_map(code, PauliChannel(**flips)).failure


def _transform(code: StabilizerCode, letter: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Walsh-Hadamard transform of the sign that is left by syndrome and logical operator.

    Returns:
        For each term that has the logical operator: the qubits whose flips change its sign, as a
        mask, and its coefficient.
    """
    table = look_up(code, letter)
    bit = 1 if letter == "X" else 2
    signs = np.where(table.labels & bit, -1.0, 1.0)
    size = len(signs)
    step = 1
    while step < size:
        pairs = signs.reshape(-1, 2, step)
        signs = np.stack([pairs[:, 0] + pairs[:, 1], pairs[:, 0] - pairs[:, 1]], axis=1).reshape(-1)
        step *= 2
    digit = "IXYZ".index(letter)
    seen = [int(code.signatures[qubit][digit]) for qubit in range(code.n)]
    logical = sum(1 << qubit for qubit, bits in enumerate(seen) if bits & bit)
    mask = np.full(size, logical, dtype=np.int64)
    for index, row in enumerate(table.rows):
        flipped = sum(1 << q for q, bits in enumerate(seen) if bits >> 2 * code.k + row & 1)
        mask[np.arange(size) >> index & 1 == 1] ^= flipped
    return mask, signs / size


def distribution(
    code: StabilizerCode, table: LookUpTable, steps: NDArray[np.generic]
) -> NDArray[np.generic]:
    """Distribution over syndromes and logical operators, by the weight of the pattern.

    Args:
        code: The code.
        table: The decoder, which says which stabilizers count.
        steps: (n, 4, s): weight of each letter on each qubit, by how much it adds to the weight of
            the pattern (0 to s - 1).

    Returns:
        (syndromes, 4**k, 1 + n (s - 1)), logical operators by their bits.
    """
    bits = len(table.rows) + 2 * code.k
    most = 1 + code.n * (steps.shape[2] - 1)
    if bits > _MOST_BITS:
        message = (
            f"the distribution of {code.name} over 2**{bits} syndromes and operators is too "
            "large; sample Pauli frames"
        )
        raise EngineError(message)
    logical = (code.signatures & (4**code.k - 1)).astype(np.int64)
    moves = logical.copy()
    for bit, row in enumerate(table.rows):
        seen = (code.signatures >> (2 * code.k + row) & 1).astype(np.int64)
        moves |= seen << (2 * code.k + bit)
    index = np.arange(2**bits)
    state = np.zeros((most, 2**bits), dtype=steps.dtype)
    state[0, 0] = 1
    for qubit in range(code.n):
        after = np.zeros_like(state)
        for digit, shift in np.argwhere(steps[qubit]):
            moved = state[:, index ^ moves[qubit, digit]] * steps[qubit, digit, shift]
            after[shift:] += moved[: most - shift]
        state = after
    return state.T.reshape(2 ** len(table.rows), 4**code.k, most)


def by_class(table: LookUpTable, spread: NDArray[np.generic]) -> NDArray[np.generic]:
    """What is left after the correction: (4**k, weights), in the order I, X, Y, Z."""
    size = spread.shape[1]
    after = np.zeros(spread.shape[1:], dtype=spread.dtype)
    for label in np.unique(table.labels[table.accepted]):
        chosen = (table.labels == label) & table.accepted
        after[np.arange(size) ^ label] += spread[chosen].sum(axis=0)
    return after[_letter_order(table.code.k)]


def _letter_order(k: int) -> NDArray[np.int64]:
    """Bits of the logical operator for each index in the order I, X, Y, Z of its letters."""
    digits = np.arange(4**k)[:, None] // 4 ** np.arange(k - 1, -1, -1) % 4
    bits = np.array([0, 1, 3, 2])[digits]
    return np.asarray((bits * 4 ** np.arange(k - 1, -1, -1)).sum(axis=1))
