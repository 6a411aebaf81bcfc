"""Shor's code and its family: quantum parity codes QPC(n, m), n blocks of m qubits."""

from __future__ import annotations

from dataclasses import replace

from qnet.codes.code import StabilizerCode, check_size
from qnet.errors import check_integer

__all__ = ["SHOR", "parity_code"]


def parity_code(n: int, m: int) -> StabilizerCode:
    """The quantum parity code QPC(n, m): n blocks of m qubits each.

    Logical ``|+>`` and ``|->`` are n copies of ``|0...0> + |1...1>`` and ``|0...0> - |1...1>`` of a
    block. A logical Z is a Z in every block, a logical X is X on all qubits of one block, so that
    the distance is the smaller of n and m. It recovers from loss where one block is whole and no
    block is lost altogether.

    Args:
        n: Number of blocks.
        m: Qubits of a block.

    Raises:
        ParameterError: If they are not whole numbers of 1 or more, with 2 to 1000 qubits in all.

    References:
        T. C. Ralph, A. J. F. Hayes and A. Gilchrist, Phys. Rev. Lett. 95, 100501 (2005),
        doi:10.1103/PhysRevLett.95.100501.

    Examples:
        >>> parity_code(2, 2).stabilizers
        ('ZZII', 'IIZZ', 'XXXX')
        >>> parity_code(10, 4).parameters
        (40, 1, 4)
    """
    check_integer("n", n)
    check_integer("m", m, minimum=2 if n == 1 else 1)
    total = n * m
    check_size(f"qpc-{n}-{m}", total)

    def word(letter: str, first: int, length: int) -> str:
        return "I" * first + letter * length + "I" * (total - first - length)

    pairs = [word("Z", b * m + i, 2) for b in range(n) for i in range(m - 1)]
    return StabilizerCode(
        name=f"qpc-{n}-{m}",
        stabilizers=(*pairs, *(word("X", b * m, 2 * m) for b in range(n - 1))),
        logical_x=(word("X", 0, m),),
        logical_z=(("Z" + "I" * (m - 1)) * n,),
        distance=min(n, m),
        title=f"quantum parity code of {n} blocks of {m} qubits",
        references=("Ralph2005",),
        family="qpc",
        sizes=(n, m),
    )


#: P. W. Shor, Phys. Rev. A 52, R2493 (1995), with the names of X and Z as in QPC(3, 3): flips X
#: that are not corrected make a logical X. In Shor's own words, that is a logical Z.
SHOR = replace(
    parity_code(3, 3),
    name="shor",
    title="Shor's code, three blocks of three qubits",
    references=("Shor1995", "Ralph2005"),
)
