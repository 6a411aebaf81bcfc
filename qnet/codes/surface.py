"""Rotated surface code on a square of d by d qubits."""

from __future__ import annotations

from qnet.codes.code import StabilizerCode, check_size
from qnet.errors import check_integer

__all__ = ["surface_code"]


def surface_code(d: int) -> StabilizerCode:
    """The rotated surface code of distance d, on d * d qubits in rows.

    Checks of four qubits as on a chessboard, and of two at the edges: X above and below, Z left and
    right. Logical X is the first column, logical Z the first row.

    Args:
        d: Distance, 2 to 31.

    Raises:
        ParameterError: If it is not such a whole number.

    References:
        H. Bombin and M. A. Martin-Delgado, Phys. Rev. A 76, 012305 (2007),
        doi:10.1103/PhysRevA.76.012305.

    Examples:
        >>> surface_code(3).stabilizers[:4]
        ('IXXIIIIII', 'XXIXXIIII', 'IIIIXXIXX', 'IIIIIIXXI')
    """
    check_integer("d", d, minimum=2)
    check_size(f"surface-{d}", d * d)
    return StabilizerCode(
        name=f"surface-{d}",
        stabilizers=(*_checks(d, "X"), *_checks(d, "Z")),
        logical_x=(_word(d, "X", [(row, 0) for row in range(d)]),),
        logical_z=(_word(d, "Z", [(0, column) for column in range(d)]),),
        distance=d,
        title=f"rotated surface code of distance {d}",
        references=("Bombin2007", "Kitaev2003", "Stace2009"),
        family="surface",
        sizes=(d,),
    )


def _word(d: int, letter: str, places: list[tuple[int, int]]) -> str:
    qubits = {row * d + column for row, column in places}
    return "".join(letter if qubit in qubits else "I" for qubit in range(d * d))


def _checks(d: int, letter: str) -> list[str]:
    """Checks of one letter, each named by the place of its upper left qubit."""
    inside = range(d - 1)
    words = []
    for row in range(-1, d):
        for column in range(-1, d):
            is_x = (row + column) % 2 == 0
            wanted = (column in inside) if is_x else (row in inside)
            if is_x != (letter == "X") or not wanted:
                continue
            corners = [(row + i, column + j) for i in (0, 1) for j in (0, 1)]
            places = [(r, c) for r, c in corners if 0 <= r < d and 0 <= c < d]
            words.append(_word(d, letter, places))
    return words
