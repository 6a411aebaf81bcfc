"""Linear complexity test: how long a shift register does every block need?

SP 800-22 revision 1a, section 2.10; the register comes from the algorithm of Berlekamp and Massey
(J. L. Massey, IEEE Trans. Inf. Theory 15, 122 (1969)).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc

from protocols.postprocessing.bits import Bits
from protocols.randomness.statistic import Statistic, blocks_of, needs

__all__ = ["linear_complexity", "linear_complexities"]

#: Probabilities of the seven classes of T, exact: 1/96, 1/32, 1/8, ...
_CLASSES = np.array([1 / 96, 1 / 32, 1 / 8, 1 / 2, 1 / 4, 1 / 16, 1 / 48])


def linear_complexity(bits: Bits, block: int = 500) -> Statistic:
    """Linear complexities of the blocks against their law, chi-squared with 6 degrees.

    Args:
        bits: Shape (n,).
        block: Bits M of a block, 500 to 5,000 in the standard.

    Raises:
        NotApplicableError: If there is no whole block.

    Examples:
        >>> from protocols.postprocessing.randomness import Randomness
        >>> 0 < linear_complexity(Randomness.reproducible(1).bits(10**5)).p_value < 1
        True
    """
    needs(bits, block)
    found = linear_complexities(blocks_of(bits, block))
    sign = 1 - 2 * (block % 2)
    mean = block / 2 + (9 - sign) / 36 - (block / 3 + 2 / 9) * 2.0**-block
    place = sign * (found - mean) + 2 / 9
    classes = np.searchsorted(np.arange(-2.5, 3.0), place, side="left")
    counts = np.bincount(classes, minlength=7)
    expected = found.size * _CLASSES
    distance = float(((counts - expected) ** 2 / expected).sum())
    return Statistic(distance, {"linear_complexity": float(gammaincc(3, distance / 2))})


def linear_complexities(blocks: Bits) -> NDArray[np.int64]:
    """Shortest shift register of each row, by Berlekamp and Massey on all rows at once.

    Args:
        blocks: Shape (rows, length).

    Returns:
        Shape (rows,).

    Examples:
        >>> from protocols.postprocessing.bits import bits_from_text
        >>> linear_complexities(bits_from_text("1101011110001")[None]).tolist()
        [4]
    """
    rows, length = blocks.shape
    register = np.zeros((length + 1, rows), np.uint8)
    register[0] = 1
    kept = np.zeros_like(register)
    kept[1] = 1  # the register before the last change, moved by one for every bit since
    size = np.zeros(rows, np.int64)
    latest = np.zeros((length, rows), np.uint8)  # bits so far, the last one first
    for place in range(length):
        latest[length - 1 - place] = blocks[:, place]
        past = latest[length - 1 - place :]
        wrong = np.bitwise_xor.reduce(register[: place + 1] & past, axis=0)
        grows = (wrong == 1) & (2 * size <= place)
        before = register[: place + 1].copy() if grows.any() else None
        register[: place + 2] ^= kept[: place + 2] & wrong
        if before is not None:
            kept[: place + 1, grows] = before[:, grows]
            kept[place + 1, grows] = 0
            size[grows] = place + 1 - size[grows]
        kept[1 : place + 3] = kept[: place + 2][: register.shape[0] - 1].copy()
        kept[0] = 0
    return size
