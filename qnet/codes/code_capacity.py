"""Code capacity: the logical map of any code of the catalogue, by the decoder that fits it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qnet.codes.enumeration import apart_map, look_up_counts, look_up_map, look_up_with_loss
from qnet.codes.erasure import erasure_counts
from qnet.codes.logical import LogicalMap, PauliChannel
from qnet.codes.majority import majority_counts, majority_map, majority_with_loss
from qnet.errors import EngineError

if TYPE_CHECKING:
    from qnet.codes.code import StabilizerCode
    from qnet.codes.polynomials import PatternCounts

__all__ = ["MOST_LOOKED_UP", "logical_map", "pattern_counts", "recovered_map"]

#: Largest code that is decoded by look-up.
MOST_LOOKED_UP = 13

#: Largest surface code that is decoded by look-up, X and Z apart.
_LARGEST_SURFACE = 5


def logical_map(code: StabilizerCode, channel: PauliChannel | Sequence[PauliChannel]) -> LogicalMap:
    """The exact logical map of a code under independent Pauli errors.

    By look-up up to 13 qubits; beyond, parity and repetition codes by majority, and surface codes
    up to distance 5 by look-up of X and Z apart. The map names its decoder.

    Args:
        code: The code.
        channel: The errors of every qubit, or one channel for each.

    Raises:
        EngineError: If the code is too large to be decoded exactly.
        ParameterError: If there is not one channel for each qubit.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> logical_map(code_of("qpc-10-4"), PauliChannel.depolarising(1e-3)).decoder
        'majority in blocks, and of blocks'
        >>> round(logical_map(code_of("steane"), PauliChannel(x=0.05)).logical_x, 10)
        0.0414863375
    """
    if code.n <= MOST_LOOKED_UP:
        return look_up_map(code, channel)
    if code.family in ("qpc", "repetition"):
        return majority_map(code, channel)
    if code.family == "surface" and code.sizes[0] <= _LARGEST_SURFACE:
        if isinstance(channel, PauliChannel) and len(channel.letters) > 1:
            return apart_map(code, channel)
        return look_up_map(code, channel)
    raise EngineError(_too_large(code))


def pattern_counts(code: StabilizerCode, letters: str = "XYZ") -> PatternCounts:
    """Numbers of error patterns by weight, and what becomes of them: exact polynomials.

    Args:
        code: The code.
        letters: Errors that occur, each as likely as the others: ``"X"`` for flips alone, ``"XYZ"``
            for depolarising.

    Raises:
        EngineError: If the code is too large to be decoded exactly.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> pattern_counts(code_of("repetition-5"), "X").polynomial
        (0, 0, 0, 10, -15, 6)
    """
    if code.n > MOST_LOOKED_UP and code.family in ("qpc", "repetition"):
        return majority_counts(code, letters)
    is_small_surface = code.family == "surface" and code.sizes[0] <= _LARGEST_SURFACE
    if code.n <= MOST_LOOKED_UP or (is_small_surface and letters in ("X", "Z")):
        return look_up_counts(code, letters)
    raise EngineError(_too_large(code))


def recovered_map(
    code: StabilizerCode, channel: PauliChannel | Sequence[PauliChannel], loss: float
) -> tuple[float, LogicalMap]:
    """Probability of recovery from loss, and the logical map of what is recovered.

    Lost qubits are known. Without errors, the probability is that of `erasure_counts` and nothing
    is wrong with what is recovered; otherwise the decoder takes what is left of the code.

    Args:
        code: The code.
        channel: The errors of every qubit that is not lost, or one channel for each.
        loss: Probability to lose a qubit.

    Raises:
        EngineError: If the code is too large to be decoded exactly.
        ParameterError: If the loss is no probability, or there is not one channel for each qubit.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> recovery, left = recovered_map(code_of("513"), PauliChannel(), 0.1)
        >>> round(recovery, 5), left.failure
        (0.99144, 0.0)
    """
    if channel == PauliChannel():
        counts = erasure_counts(code)
        return counts.recovery(loss), LogicalMap(1.0, 0.0, 0.0, 0.0, counts.decoder, code.name)
    if loss == 0.0:
        return 1.0, logical_map(code, channel)
    if code.family in ("qpc", "repetition"):
        return majority_with_loss(code, channel, loss)
    return look_up_with_loss(code, channel, loss)


def _too_large(code: StabilizerCode) -> str:
    ways = {
        "surface": "matching_map samples surface codes of any distance",
        "tree": "losses of trees are counted at any size, and errors up to 13 photons",
    }
    way = ways.get(code.family, "sampled Pauli frames play larger codes")
    return f"{code.name} has {code.n} qubits, too many to decode all its errors exactly; {way}"
