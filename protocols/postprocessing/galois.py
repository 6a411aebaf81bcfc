"""Arithmetic of bytes: the field of 256 elements, and polynomials over it.

A byte is a polynomial over the bits, reduced by ``x^8 + x^4 + x^3 + x + 1`` (0x11B), as in FIPS
197. A polynomial over the field makes a hash, as those modulo a prime do
(`protocols.postprocessing.hashing`), and shares of a secret (`protocols.postprocessing.sharing`).
"""

from __future__ import annotations

from collections.abc import Iterable

from qnet.errors import ParameterError

__all__ = ["byte_inverse", "byte_product", "evaluate", "polynomial_hash"]

#: What reduces a product of two bytes.
REDUCTION = 0x11B


def _times_three(value: int) -> int:
    """The product with x + 1, whose powers are all elements but 0."""
    doubled = value << 1
    return (doubled ^ REDUCTION if doubled & 0x100 else doubled) ^ value


def _tables() -> tuple[list[int], list[int]]:
    """Powers of x + 1, twice around, and their logarithms."""
    powers, logarithms, value = [0] * 510, [0] * 256, 1
    for exponent in range(255):
        powers[exponent] = powers[exponent + 255] = value
        logarithms[value] = exponent
        value = _times_three(value)
    return powers, logarithms


_POWERS, _LOGARITHMS = _tables()


def byte_product(a: int, b: int) -> int:
    """The product of two elements, each in 0 to 255.

    Examples:
        >>> hex(byte_product(0x57, 0x83))  # FIPS 197, section 4.2
        '0xc1'
    """
    return _POWERS[_LOGARITHMS[a] + _LOGARITHMS[b]] if a and b else 0


def byte_inverse(a: int) -> int:
    """The element whose product with this one is 1.

    Raises:
        ParameterError: If it is 0.

    Examples:
        >>> byte_product(0x53, byte_inverse(0x53))
        1
    """
    if a == 0:
        raise ParameterError("a", "not be 0", a, "0 has no inverse")
    return _POWERS[255 - _LOGARITHMS[a]]


def evaluate(coefficients: Iterable[int], point: int) -> int:
    """The value of a polynomial at a point, its highest coefficient first, by Horner's rule.

    Examples:
        >>> evaluate([2, 1], 0x80)  # 2 x + 1
        26
    """
    value = 0
    for coefficient in coefficients:
        value = byte_product(value, point) ^ coefficient
    return value


def polynomial_hash(message: bytes, key: int) -> int:
    """The hash ``y <- (y xor word) key`` of the bytes of a message.

    It is the polynomial ``w_1 k^l + ... + w_l k``: two messages of at most l bytes have the same
    hash for at most l of the 256 keys. D. R. Stinson, Des. Codes Cryptogr. 4, 369 (1994),
    doi:10.1007/BF01388651.

    Examples:
        >>> hex(polynomial_hash(bytes([1]), 0x57))
        '0x57'
    """
    return evaluate((*message, 0), key)
