"""Repetition code against bit flips, of any number of qubits."""

from __future__ import annotations

from qnet.codes.code import StabilizerCode, check_size
from qnet.errors import check_integer

__all__ = ["repetition_code"]


def repetition_code(n: int) -> StabilizerCode:
    """The repetition code of n qubits: |0...0> and |1...1>.

    It corrects (n - 1) / 2 flips X, and no Z at all: as a quantum code its distance is 1, and it
    survives no loss.

    Args:
        n: Number of qubits, 2 or more.

    Raises:
        ParameterError: If ``n`` is not a whole number of 2 or more, or beyond 1000.

    References:
        A. Peres, Phys. Rev. A 32, 3266 (1985), doi:10.1103/PhysRevA.32.3266.

    Examples:
        >>> repetition_code(3).stabilizers
        ('ZZI', 'IZZ')
    """
    check_integer("n", n, minimum=2)
    check_size(f"repetition-{n}", n)
    return StabilizerCode(
        name=f"repetition-{n}",
        stabilizers=tuple("I" * i + "ZZ" + "I" * (n - i - 2) for i in range(n - 1)),
        logical_x=("X" * n,),
        logical_z=("Z" + "I" * (n - 1),),
        distance=1,
        title=f"repetition code of {n} qubits, against bit flips",
        references=("Peres1985",),
        family="repetition",
        sizes=(n,),
    )
