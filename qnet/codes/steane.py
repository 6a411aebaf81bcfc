"""Steane's code [[7, 1, 3]], made of the Hamming code for X and for Z."""

from __future__ import annotations

from qnet.codes.code import StabilizerCode

__all__ = ["STEANE"]

#: Qubit i (counted from 1) is seen by the checks that are the binary digits of i.
_CHECKS = ("IIIPPPP", "IPPIIPP", "PIPIPIP")

#: A. M. Steane, Proc. R. Soc. A 452, 2551 (1996). X and Z of all qubits are its logical X and Z;
#: H, S and CNOT qubit by qubit are the logical ones (S up to its sign).
STEANE = StabilizerCode(
    name="steane",
    stabilizers=tuple(word.replace("P", letter) for letter in "XZ" for word in _CHECKS),
    logical_x=("X" * 7,),
    logical_z=("Z" * 7,),
    distance=3,
    title="Steane's code, of the Hamming code for X and for Z",
    references=("Steane1996", "Gottesman1997"),
    family="steane",
)
