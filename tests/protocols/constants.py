"""Binary expansions of e and pi, from integers alone: strings with published values."""

from __future__ import annotations

from functools import cache
from math import isqrt, lgamma, log

import numpy as np

from protocols.postprocessing.bits import Bits, unpack


@cache
def e_bits(count: int) -> Bits:
    """First bits of e = 10.101101..., integer part included, by the series of 1/k!."""

    def split(low: int, high: int) -> tuple[int, int]:
        """Numerator and denominator of the sum of low!/k! over low < k <= high."""
        if high - low == 1:
            return 1, high
        middle = (low + high) // 2
        p_left, q_left = split(low, middle)
        p_right, q_right = split(middle, high)
        return p_left * q_right + p_right, q_left * q_right

    terms = 10
    while lgamma(terms + 1) / log(2) < count + 64:
        terms *= 2
    numerator, denominator = split(0, terms)
    return _bits(((numerator + denominator) << count) // denominator, count)


@cache
def pi_bits(count: int) -> Bits:
    """First bits of pi = 11.001001..., integer part included, by the series of the Chudnovskys."""

    def split(low: int, high: int) -> tuple[int, int, int]:
        if high - low == 1:
            p = (6 * low - 5) * (2 * low - 1) * (6 * low - 1) if low else 1
            q = low**3 * (640320**3 // 24) if low else 1
            sign = -1 if low % 2 else 1
            return p, q, sign * p * (13591409 + 545140134 * low)
        middle = (low + high) // 2
        p_left, q_left, t_left = split(low, middle)
        p_right, q_right, t_right = split(middle, high)
        return p_left * p_right, q_left * q_right, t_left * q_right + p_left * t_right

    _, q, t = split(0, count // 47 + 3)
    root = isqrt(10005 << 2 * (count + 64))
    return _bits(426880 * root * q // t, count)


def _bits(number: int, count: int) -> Bits:
    """The first bits of a number whose first bit is a one."""
    number >>= number.bit_length() - count
    wide = (number << (-count % 8)).to_bytes((count + 7) // 8, "big")
    return np.asarray(unpack(wide, count))
