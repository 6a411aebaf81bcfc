"""Whole numbers as arguments."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from experiments.cli.failing import one_line

__all__ = ["whole"]


def whole(minimum: int, maximum: int = 2**63 - 1) -> Callable[[str], int]:
    """A converter for argparse: a whole number from ``minimum`` to ``maximum``.

    Examples:
        >>> whole(1)("12")
        12
    """

    def convert(text: str) -> int:
        # Python reads no more digits than some thousands: those of the largest number are enough.
        digits = text.strip()
        few = len(digits.lstrip("0")) <= len(str(maximum))
        if digits.isdecimal() and few and minimum <= int(digits) <= maximum:
            return int(digits)
        large = maximum >= 2**63 - 1
        span = f"{minimum} or more" if large else f"from {minimum} to {maximum}"
        hint = "write it in digits"
        if digits.isdecimal() and large and digits.strip("0"):
            span, hint = f"from {minimum} to {maximum}", "take fewer digits"
        message = f"must be a whole number, {span} (got {one_line(repr(text), 60)}); {hint}"
        raise argparse.ArgumentTypeError(message)

    return convert
