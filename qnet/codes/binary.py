"""Linear algebra over two elements, on rows that are whole numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["is_anticommuting", "pivot_rows", "rank"]


def pivot_rows(rows: Iterable[int]) -> dict[int, int]:
    """A basis of the span of rows, each by its highest bit, fully reduced.

    Args:
        rows: Vectors over two elements, bit i of the number is component i.

    Returns:
        Position of the pivot -> row, no other row having that bit.

    Examples:
        >>> pivot_rows([0b110, 0b011])
        {2: 5, 1: 3}
    """
    basis: dict[int, int] = {}
    for row in rows:
        left = row
        for pivot, other in basis.items():
            if left >> pivot & 1:
                left ^= other
        if left:
            pivot = left.bit_length() - 1
            basis = {at: old ^ left if old >> pivot & 1 else old for at, old in basis.items()}
            basis[pivot] = left
    return basis


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


def is_anticommuting(one: Sequence[int], other: Sequence[int]) -> bool:
    """Whether two Pauli operators anticommute: their symplectic product.

    Args:
        one: Its mask of X (X and Y) and its mask of Z (Z and Y), bit i for qubit i.
        other: The same of the other one.

    Examples:
        >>> is_anticommuting((0b1, 0b0), (0b0, 0b1))
        True
    """
    return ((one[0] & other[1]).bit_count() + (one[1] & other[0]).bit_count()) % 2 == 1
