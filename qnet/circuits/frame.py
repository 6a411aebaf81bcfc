"""The Pauli frame: corrections that a classical controller remembers instead of applying.

A Bell measurement leaves a known Pauli operator on the far end. A Pauli operator only flips later
measurement outcomes, so the controller may keep its name (I, X, Y or Z; phases do not matter) and
flip the bits at the end. No qubit waits for a message, and no feed-forward is needed.

Reference: E. Knill, Nature 434, 39 (2005), doi:10.1038/nature03350.
"""

from __future__ import annotations

from functools import reduce
from operator import xor

from qnet.errors import check_one_of

__all__ = ["frame_flips", "frame_product", "pauli_frame"]

_PAULIS = ("I", "X", "Z", "Y")  # index = the two outcome bits read as a number, Z bit first


def pauli_frame(bits: str) -> str:
    """Return the Pauli operator that the outcome of a Bell measurement leaves on the far end.

    Args:
        bits: The register ``bsm`` as Qiskit prints it, ``bsm[1]`` first: bit 0 (on the right)
            asks for X, bit 1 (on the left) asks for Z.

    Returns:
        ``"I"``, ``"X"``, ``"Y"`` or ``"Z"``; applying it again corrects the state.

    Raises:
        UnknownNameError: If ``bits`` is not a string of two bits.

    Examples:
        >>> [pauli_frame(bits) for bits in ("00", "01", "10", "11")]
        ['I', 'X', 'Z', 'Y']
    """
    return _PAULIS[int(check_one_of("bits", bits, ("00", "01", "10", "11")), base=2)]


def frame_product(*paulis: str) -> str:
    """Multiply Pauli operators, without their phase.

    The frame of a chain of swaps is the product of the frames of its stations, in any order.

    Args:
        paulis: Letters ``"I"``, ``"X"``, ``"Y"``, ``"Z"``; none gives ``"I"``.

    Returns:
        The letter of the product.

    Raises:
        UnknownNameError: If a letter is none of the four.

    Examples:
        >>> frame_product("X", "Z")
        'Y'
        >>> frame_product("X", "Y", "Z")
        'I'
    """
    indices = (_PAULIS.index(check_one_of("pauli", pauli, _PAULIS)) for pauli in paulis)
    return _PAULIS[reduce(xor, indices, 0)]


def frame_flips(pauli: str, basis: str) -> bool:
    """Say whether a frame flips the bit measured in a basis.

    Args:
        pauli: The frame, ``"I"``, ``"X"``, ``"Y"`` or ``"Z"``.
        basis: The basis of the measurement, ``"X"``, ``"Y"`` or ``"Z"``.

    Returns:
        True when the two operators anticommute.

    Raises:
        UnknownNameError: If a letter is not known.

    Examples:
        >>> frame_flips("X", "Z"), frame_flips("Z", "Z")
        (True, False)
    """
    check_one_of("pauli", pauli, _PAULIS)
    check_one_of("basis", basis, ("X", "Y", "Z"))
    return pauli not in ("I", basis)
