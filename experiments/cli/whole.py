"""Whole numbers as arguments."""

from __future__ import annotations

import argparse
from collections.abc import Callable

__all__ = ["whole"]


def whole(minimum: int) -> Callable[[str], int]:
    """A converter for argparse: a whole number of at least ``minimum``.

    Examples:
        >>> whole(1)("12")
        12
    """

    def convert(text: str) -> int:
        message = f"must be a whole number, {minimum} or more (got {text!r}); write it in digits"
        if not text.strip().isdecimal() or not minimum <= int(text) < 2**63:
            raise argparse.ArgumentTypeError(message)
        return int(text)

    return convert
