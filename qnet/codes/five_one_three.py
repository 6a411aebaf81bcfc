"""Five-qubit code [[5, 1, 3]], the smallest that corrects any single error."""

from __future__ import annotations

from qnet.codes.code import StabilizerCode

__all__ = ["FIVE_ONE_THREE"]

#: R. Laflamme, C. Miquel, J. P. Paz and W. H. Zurek, Phys. Rev. Lett. 77, 198 (1996); stabilizers
#: as in D. Gottesman's thesis, arXiv:quant-ph/9705052.
FIVE_ONE_THREE = StabilizerCode(
    name="513",
    stabilizers=("XZZXI", "IXZZX", "XIXZZ", "ZXIXZ"),
    logical_x=("XXXXX",),
    logical_z=("ZZZZZ",),
    distance=3,
    title="five-qubit code, the smallest that corrects any single error",
    references=("Laflamme1996", "Gottesman1997"),
    family="513",
)
