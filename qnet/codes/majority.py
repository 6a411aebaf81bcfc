"""Majority decoding of parity codes, block by block, exact at any size.

In QPC(n, m) the checks Z see flips X inside each block, and the majority of the block decides; the
checks X compare the parities of flips Z of neighbouring blocks, and the majority of the blocks
decides. Blocks are alike, so that probabilities, or numbers of patterns, of one block are worked
out and n of them put together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from qnet.codes.logical import LogicalMap, PauliChannel, map_of_classes, per_qubit
from qnet.codes.polynomials import PatternCounts, PatternTally
from qnet.errors import EngineError, check_probability

if TYPE_CHECKING:
    from qnet.codes.code import StabilizerCode

__all__ = ["MAJORITY", "majority_counts", "majority_map", "majority_with_loss"]

#: Name of the decoder.
MAJORITY = "majority in blocks, and of blocks"

#: A probability, or a polynomial of numbers of patterns as one whole number.
_Weight = Any

#: Weights of I, X, Y, Z and of a loss, of one qubit.
_Letters = tuple[_Weight, _Weight, _Weight, _Weight, _Weight]

#: What becomes of a block: whether it is whole, its X left over, the parity of its Z.
_Block = dict[tuple[bool, int, int], _Weight]


def majority_map(
    code: StabilizerCode, channel: PauliChannel | Sequence[PauliChannel]
) -> LogicalMap:
    """The exact logical map of a parity code, or of a repetition code, by majority.

    Where as many qubits of a block err as do not, its first qubit is believed; where as many blocks
    do, the first block: the rule of `look_up`, whose decoder this one is.

    Args:
        code: A parity code, or a repetition code (one block).
        channel: The errors of every qubit, or one channel for each.

    Raises:
        EngineError: If the code is of another family.
        ParameterError: If there is not one channel for each qubit.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> round(majority_map(code_of("repetition-5"), PauliChannel(x=0.1)).logical_x, 6)
        0.00856
    """
    _, found = majority_with_loss(code, channel, 0.0)
    return found


def majority_with_loss(
    code: StabilizerCode, channel: PauliChannel | Sequence[PauliChannel], loss: float
) -> tuple[float, LogicalMap]:
    """Probability of recovery from loss, and the logical map of what is recovered.

    The majority is that of the qubits which are left, and of the blocks which are whole; a block
    that is lost altogether, or no block that is whole, is no recovery.

    Args:
        code: A parity code, or a repetition code.
        channel: The errors of every qubit that is not lost, or one channel for each.
        loss: Probability to lose a qubit, and to know it.

    Raises:
        EngineError: If the code is of another family.
        ParameterError: If the loss is no probability, or there is not one channel for each qubit.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> found = majority_with_loss(code_of("qpc-23-5"), PauliChannel.depolarising(1e-3), 0.1)
        >>> round(found[0], 9), found[1].logical_x < 0.02
        (0.999770024, True)
    """
    check_probability("loss", loss)
    size = _block_size(code)
    letters: list[_Letters] = []
    for each in per_qubit(code, channel):
        i, x, y, z = ((1.0 - loss) * weight for weight in each.weights)
        letters.append((i, x, y, z, loss))
    starts = range(0, code.n, size)
    blocks = [_block(tuple(letters[start : start + size])) for start in starts]
    classes = np.array(_joined(blocks), dtype=float)
    recovery = float(classes.sum())
    shares = classes / recovery if recovery > 0.0 else np.eye(1, 4)[0]
    return min(recovery, 1.0), map_of_classes(code, shares, MAJORITY)


def majority_counts(code: StabilizerCode, letters: str = "XYZ") -> PatternCounts:
    """Numbers of error patterns by weight, and what becomes of them: exact polynomials.

    Args:
        code: A parity code, or a repetition code.
        letters: Errors that occur, each as likely as the others.

    Raises:
        EngineError: If the code is of another family.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> majority_counts(code_of("repetition-5"), "X").failing
        (0, 0, 0, 10, 5, 1)
    """
    size, tally = _block_size(code), PatternTally(code.n, letters=1 + len(letters))
    x, y, z = (tally.lost if letter in letters else 0 for letter in "XYZ")
    block = _block(((tally.present, x, y, z, 0),) * size)
    sums = [tally.patterns(total) for total in _joined([block] * (code.n // size))]
    return PatternCounts(code.name, MAJORITY, letters, code.n, *sums)


def _block_size(code: StabilizerCode) -> int:
    if code.family not in ("qpc", "repetition"):
        message = f"{code.name} has no blocks to take majorities in; look_up decodes small codes"
        raise EngineError(message)
    return code.sizes[-1]


def _block(letters: Iterable[_Letters]) -> _Block:
    """What becomes of a block of qubits with these weights; nothing where all are lost."""
    # Qubits left, X among them, X on the first of them, parity of Z, whether none is lost.
    states: dict[tuple[int, int, int, int, bool], _Weight] = {(0, 0, 0, 0, True): 1}
    for qubit in letters:
        after: dict[tuple[int, int, int, int, bool], _Weight] = defaultdict(int)
        for (left, flips, first, parity, whole), weight in states.items():
            for (x, z), letter in zip(((0, 0), (1, 0), (1, 1), (0, 1)), qubit[:4], strict=True):
                if letter:
                    believed = x if left == 0 else first
                    after[left + 1, flips + x, believed, parity ^ z, whole] += weight * letter
            if qubit[4]:
                after[left, flips, first, parity, False] += weight * qubit[4]
        states = after
    found: _Block = defaultdict(int)
    for (left, flips, first, parity, whole), weight in states.items():
        if left:
            wrong = int(2 * flips > left or (2 * flips == left and first))
            found[whole, wrong, parity if whole else 0] += weight
    return found


def _joined(blocks: Iterable[_Block]) -> list[_Weight]:
    """Weights of I, X, Y and Z that are left of the code, of what is recovered."""
    # X of all blocks, whole blocks, those of odd Z, whether the first whole one is odd.
    states: dict[tuple[int, int, int, int], _Weight] = {(0, 0, 0, 0): 1}
    for block in blocks:
        after: dict[tuple[int, int, int, int], _Weight] = defaultdict(int)
        for (flip, wholes, odd, first), weight in states.items():
            for (whole, wrong, parity), share in block.items():
                believed = parity if whole and wholes == 0 else first
                key = (flip ^ wrong, wholes + whole, odd + parity, believed)
                after[key] += weight * share
        states = after
    classes: list[_Weight] = [0, 0, 0, 0]
    for (flip, wholes, odd, first), weight in states.items():
        if wholes:
            wrong = 2 * odd > wholes or (2 * odd == wholes and first)
            classes[(2 if flip else 3) if wrong else (1 if flip else 0)] += weight
    return classes
