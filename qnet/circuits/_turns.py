"""Turns of a qubit that another one controls, of gates that noise models name."""

from __future__ import annotations

from qiskit import QuantumCircuit
from qiskit.circuit import Qubit

__all__ = ["controlled_ry"]


def controlled_ry(circuit: QuantumCircuit, angle: float, control: Qubit, target: Qubit) -> None:
    """Turn ``target`` about Y by ``angle`` where ``control`` is 1: two turns and two CNOTs."""
    circuit.ry(angle / 2.0, target)
    circuit.cx(control, target)
    circuit.ry(-angle / 2.0, target)
    circuit.cx(control, target)
