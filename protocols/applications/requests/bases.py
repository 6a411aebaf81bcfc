"""Measurement bases of link layers: which are drawn, and what is measured of a delivered pair."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from qnet.instrument import compile

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from qnet.noise import Noise
    from qnet.states.pauli import Array

__all__ = ["BASES", "RANDOM_BASES", "joint_outcomes", "prepared_states"]

_HALF, _QUARTER = math.pi / 2.0, math.pi / 4.0

#: Bases by name: angles in rad of turns about X, Y and X again before Z is measured.
BASES: dict[str, tuple[float, float, float]] = {
    "Z": (0.0, 0.0, 0.0),
    "X": (0.0, -_HALF, 0.0),
    "Y": (_HALF, 0.0, 0.0),
    "ZPLUSX": (0.0, -_QUARTER, 0.0),
    "ZMINUSX": (0.0, _QUARTER, 0.0),
}

#: Sets of bases that one is drawn from, evenly; none is drawn of ``NONE``.
RANDOM_BASES: dict[str, tuple[str, ...]] = {
    "NONE": (),
    "XZ": ("X", "Z"),
    "XYZ": ("X", "Y", "Z"),
    "CHSH": ("ZPLUSX", "ZMINUSX"),
}

Angles = tuple[float, ...]


def joint_outcomes(local: Angles, remote: Angles, noise: Noise | None = None) -> Array:
    """Effects (4, 16) of measuring both qubits of a pair after their turns.

    Row ``2 local + remote`` times the pair's Pauli vector is the probability of the two bits.

    Args:
        local: Angles in rad at the first qubit.
        remote: Angles at the second.
        noise: Noise of gates and readout.

    Examples:
        >>> from protocols.applications.needs import ideal_vector
        >>> (joint_outcomes(BASES["X"], BASES["X"]) @ ideal_vector("pair", 2)).round(12) + 0.0
        array([0.5, 0. , 0. , 0.5])
    """
    circuit = _measured(local, remote)
    instrument = compile(circuit, noise, inputs=circuit.qubits, outputs=[])
    rows = np.zeros((4, 16))
    for k, outcome in enumerate(instrument.outcomes()):
        rows[2 * int(outcome["local"]) + int(outcome["remote"])] = instrument.matrix(k)[0]
    return rows


def prepared_states(local: Angles, noise: Noise | None = None) -> Array:
    """Maps (2, 4, 16) from a pair to what the second qubit is when the first gave a bit.

    The first component of what comes out is the probability of the bit.

    Args:
        local: Angles in rad at the first qubit, which is measured.
        noise: Noise of gates and readout.

    Examples:
        >>> from protocols.applications.needs import ideal_vector
        >>> (prepared_states(BASES["Z"])[1] @ ideal_vector("pair", 2)).round(12) + 0.0
        array([ 0.5,  0. ,  0. , -0.5])
    """
    circuit = _measured(local, None)
    instrument = compile(circuit, noise, inputs=circuit.qubits, outputs=circuit.qubits[1:])
    maps = np.zeros((2, 4, 16))
    for k, outcome in enumerate(instrument.outcomes()):
        maps[int(outcome["local"])] = instrument.matrix(k)
    return maps


def _measured(local: Angles, remote: Angles | None) -> QuantumCircuit:
    from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister

    circuit = QuantumCircuit(QuantumRegister(2, "pair"))
    for qubit, (name, angles) in enumerate((("local", local), ("remote", remote))):
        if angles is None:
            continue
        register = ClassicalRegister(1, name)
        circuit.add_register(register)
        for turn, angle in zip((circuit.rx, circuit.ry, circuit.rx), angles, strict=True):
            if angle:
                turn(angle, qubit)
        circuit.measure(qubit, register[0])
    return circuit
