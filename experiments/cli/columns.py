"""Tables of text in columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["columns"]


def columns(rows: Iterable[Sequence[str]]) -> list[str]:
    """Rows as lines whose cells stand below each other.

    Args:
        rows: Cells, equally many in each row.

    Examples:
        >>> columns([("pair", "step"), ("0", "link")])
        ['pair  step', '0     link']
    """
    lines = list(rows)
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]
