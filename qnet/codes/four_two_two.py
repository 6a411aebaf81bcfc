"""Four-qubit code [[4, 2, 2]], which detects any single error."""

from __future__ import annotations

from qnet.codes.code import StabilizerCode

__all__ = ["FOUR_TWO_TWO"]

#: Detection of one error: L. Vaidman, L. Goldenberg and S. Wiesner, Phys. Rev. A 54, R1745 (1996);
#: loss of one qubit: M. Grassl, Th. Beth and T. Pellizzari, Phys. Rev. A 56, 33 (1997).
FOUR_TWO_TWO = StabilizerCode(
    name="422",
    stabilizers=("XXXX", "ZZZZ"),
    logical_x=("XXII", "XIXI"),
    logical_z=("ZIZI", "ZZII"),
    distance=2,
    title="four-qubit code, which detects one error and corrects one loss",
    references=("Vaidman1996", "Grassl1997"),
    family="422",
    is_detecting=True,
)
