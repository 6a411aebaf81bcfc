"""Strings of bits as arrays: what every step of the post-processing passes to the next.

A string of bits is a one-dimensional ``uint8`` array of zeros and ones, first bit first; packed
into bytes, the first bit is the most significant one of the first byte.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qnet.errors import ParameterError

__all__ = ["Bits", "as_bits", "bits_from_text", "pack", "text_from_bits", "unpack"]

Bits = NDArray[np.uint8]


def as_bits(field: str, values: ArrayLike) -> Bits:
    """Return the values as a string of bits, or raise.

    Args:
        field: Name of the field, for the error.
        values: Shape (n,): zeros and ones, or booleans.

    Returns:
        Shape (n,), ``uint8``.

    Raises:
        ParameterError: If the values are not a one-dimensional array of zeros and ones.

    Examples:
        >>> as_bits("key", [True, False, True])
        array([1, 0, 1], dtype=uint8)
    """
    hint = "give a one-dimensional array of zeros and ones"
    try:
        array: NDArray[Any] = np.asarray(values)
    except ValueError:
        raise ParameterError(field, "be a string of bits", "a ragged list", hint) from None
    if array.ndim != 1:
        raise ParameterError(field, "be a string of bits", array.shape, hint)
    if array.size == 0:
        return np.zeros(0, np.uint8)
    if array.dtype.kind not in "bui" or array.min() < 0 or array.max() > 1:
        raise ParameterError(field, "be a string of bits", array.dtype.name, hint)
    return array.astype(np.uint8)


def bits_from_text(text: str) -> Bits:
    """The bits written in a text.

    Examples:
        >>> bits_from_text("1010")
        array([1, 0, 1, 0], dtype=uint8)
    """
    return as_bits("text", [int(letter) for letter in text])


def text_from_bits(bits: Bits) -> str:
    """The bits as text.

    Examples:
        >>> text_from_bits(bits_from_text("1010"))
        '1010'
    """
    return (bits + ord("0")).astype(np.uint8).tobytes().decode("ascii")


def pack(bits: Bits) -> bytes:
    r"""Eight bits per byte, first bit first, filled up with zeros.

    Examples:
        >>> pack(bits_from_text("101000001"))
        b'\xa0\x80'
    """
    return np.packbits(bits).tobytes()


def unpack(data: bytes, count: int) -> Bits:
    """The first ``count`` bits of packed bytes.

    Examples:
        >>> unpack(bytes([0xA0, 0x80]), 9)
        array([1, 0, 1, 0, 0, 0, 0, 0, 1], dtype=uint8)
    """
    return np.unpackbits(np.frombuffer(data, np.uint8), count=count)
