"""Preparing and measuring a qubit in a basis: the gates that every protocol here shares."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qnet.errors import ParameterError, check_one_of

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.circuit import Clbit, Qubit

__all__ = ["BASES", "direction", "measure", "measure_of_three", "prepare", "turn_back", "turn_to_z"]

#: Numbers of the bases in the columns of rounds: 0 is Z, 1 is X, 2 is Y.
BASES = "ZXY"


def direction(basis: str | float) -> NDArray[np.float64]:
    """Unit vector (x, y, z) of a basis on the Bloch sphere.

    Args:
        basis: ``"X"``, ``"Y"``, ``"Z"``, or an angle in degrees from Z to X.

    Raises:
        ParameterError: If it is neither.

    Examples:
        >>> direction(90.0).round(12)
        array([1., 0., 0.])
    """
    if isinstance(basis, str):
        return np.eye(3)["XYZ".index(check_one_of("basis", basis, "XYZ"))]
    if isinstance(basis, bool) or not isinstance(basis, int | float) or not math.isfinite(basis):
        hint = "give 'X', 'Y', 'Z', or an angle in degrees from Z to X"
        raise ParameterError("basis", "be a basis", basis, hint)
    angle = math.radians(basis)
    return np.array([math.sin(angle), 0.0, math.cos(angle)])


def turn_to_z(circuit: QuantumCircuit, qubit: Qubit | int, basis: str | float) -> None:
    """Turn the states of a basis into 0 and 1."""
    if basis == "X":
        circuit.h(qubit)
    elif basis == "Y":
        circuit.sdg(qubit)
        circuit.h(qubit)
    elif basis != "Z":
        circuit.ry(-math.radians(float(basis)), qubit)


def turn_back(circuit: QuantumCircuit, qubit: Qubit | int, basis: str | float) -> None:
    """Turn 0 and 1 into the states of a basis."""
    if basis == "X":
        circuit.h(qubit)
    elif basis == "Y":
        circuit.h(qubit)
        circuit.s(qubit)
    elif basis != "Z":
        circuit.ry(math.radians(float(basis)), qubit)


def prepare(circuit: QuantumCircuit, qubit: Qubit | int, bit: int, basis: str | float) -> None:
    """Prepare the state of a bit in a basis, from 0.

    Examples:
        >>> from qiskit import QuantumCircuit
        >>> circuit = QuantumCircuit(1)
        >>> prepare(circuit, 0, 1, "X")
        >>> [each.operation.name for each in circuit.data]
        ['x', 'h']
    """
    if bit:
        circuit.x(qubit)
    turn_back(circuit, qubit, basis)


def measure(
    circuit: QuantumCircuit,
    qubit: Qubit | int,
    bit: Clbit | int,
    basis: str | float,
    misalignment: float = 0.0,
    *,
    rigid: bool = False,
) -> None:
    """Measure in a basis, with an analyser that is turned a little.

    Args:
        circuit: Gets the gates.
        qubit: What is measured.
        bit: Where the outcome goes.
        basis: The basis.
        misalignment: Probability of the wrong outcome for a state of the basis.
        rigid: Whether Z and X turn the same way and stay at right angles, else towards each other.
            Only at right angles an error rate in one says what Eve can know of the other, where
            nobody else prepares or measures as described.

    Examples:
        >>> from qiskit import QuantumCircuit
        >>> circuit = QuantumCircuit(1, 1)
        >>> measure(circuit, 0, 0, "X", 0.01)
        >>> [each.operation.name for each in circuit.data]
        ['h', 'ry', 'measure']
    """
    turn_to_z(circuit, qubit, basis)
    if misalignment > 0.0:
        # The Hadamard gate of X turns the sense of a rotation round.
        sense = -1.0 if rigid and basis == "X" else 1.0
        circuit.ry(sense * 2.0 * math.asin(math.sqrt(misalignment)), qubit)
    circuit.measure(qubit, bit)


def measure_of_three(
    circuit: QuantumCircuit,
    qubit: Qubit | int,
    bit: Clbit | int,
    basis: str,
    misalignment: float,
    *,
    mirrored: bool = False,
) -> None:
    """Measure in one of three bases that stay at right angles when the analyser is turned.

    A turn by ``phi`` about the diagonal of X, Y and Z, with ``(1 + 2 cos phi)/3 = 1 - 2 m``, errs
    with m in each basis; above one half it errs with ``1 - m``, and the detectors are swapped.

    Args:
        circuit: Gets the gates.
        qubit: What is measured.
        bit: Where the outcome goes.
        basis: ``"Z"``, ``"X"`` or ``"Y"``.
        misalignment: Probability ``m`` of the wrong outcome for a state of the basis.
        mirrored: Whether to turn as the other half of a Phi+ pair must, so that equal turns at both
            ends cancel.

    Examples:
        >>> from qiskit import QuantumCircuit
        >>> circuit = QuantumCircuit(1, 1)
        >>> measure_of_three(circuit, 0, 0, "X", 0.01)
        >>> [each.operation.name for each in circuit.data]
        ['rv', 'h', 'measure']
    """
    if misalignment > 0.0:
        phi = math.acos(1.0 - 3.0 * min(misalignment, 1.0 - misalignment)) / math.sqrt(3.0)
        circuit.rv(*((-phi, phi, -phi) if mirrored else (phi, phi, phi)), qubit)
    turn_to_z(circuit, qubit, basis)
    if misalignment > 0.5:
        circuit.x(qubit)
    circuit.measure(qubit, bit)
