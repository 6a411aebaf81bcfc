"""Whole numbers as arguments."""

from __future__ import annotations

import argparse
from collections.abc import Callable

__all__ = ["whole"]


def whole(minimum: int, maximum: int = 2**63 - 1) -> Callable[[str], int]:
    """A converter for argparse: a whole number from ``minimum`` to ``maximum``.

    Examples:
        >>> whole(1)("12")
        12
    """

    def convert(text: str) -> int:
        span = f"{minimum} or more" if maximum >= 2**63 - 1 else f"from {minimum} to {maximum}"
        message = f"must be a whole number, {span} (got {text!r}); write it in digits"
        if not text.strip().isdecimal() or not minimum <= int(text) <= maximum:
            raise argparse.ArgumentTypeError(message)
        return int(text)

    return convert
