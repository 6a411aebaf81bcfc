"""Linear algebra over two elements, on rows that are whole numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["rank", "solve"]


def rank(rows: Iterable[int]) -> int:
    """Rank over two elements.

    Args:
        rows: Vectors, bit i of the number is component i.

    Examples:
        >>> rank([0b110, 0b011, 0b101])
        2
    """
    basis: dict[int, int] = {}
    for row in rows:
        left = row
        while left:
            pivot = left.bit_length() - 1
            if pivot not in basis:
                basis[pivot] = left
                break
            left ^= basis[pivot]
    return len(basis)


def solve(columns: Sequence[int], wanted: int) -> list[int]:
    """Positions of columns whose sum is a wanted vector.

    Args:
        columns: Vectors that span the wanted one.
        wanted: The vector.

    Raises:
        ValueError: If the columns do not span it.

    Examples:
        >>> solve([0b110, 0b011, 0b001], 0b100)
        [0, 1, 2]
    """
    basis: dict[int, tuple[int, int]] = {}

    def reduced(vector: int, used: int) -> tuple[int, int]:
        while vector and vector.bit_length() - 1 in basis:
            row, parts = basis[vector.bit_length() - 1]
            vector, used = vector ^ row, used ^ parts
        return vector, used

    for position, column in enumerate(columns):
        left, used = reduced(column, 1 << position)
        if left:
            basis[left.bit_length() - 1] = left, used
    left, used = reduced(wanted, 0)
    if left:
        raise ValueError("the columns do not span the vector")
    return [position for position in range(len(columns)) if used >> position & 1]
