"""Singlet of four qubits: total spin zero, so that it looks the same in every common basis."""

from __future__ import annotations

import math

from qiskit import QuantumCircuit, QuantumRegister

from qnet.circuits._turns import controlled_ry

__all__ = ["four_qubit_singlet"]


def four_qubit_singlet() -> QuantumCircuit:
    """Prepare a state of four qubits that no common turn of all of them changes.

    ``(2|0011> + 2|1100> - |0101> - |0110> - |1001> - |1010>)/sqrt(12)``: the two pairs of qubits
    are spins 1 in their common state of spin 0. One of three labels is prepared on the first qubit
    of each pair and on the second, copied to the other pair, and turned into the states of a spin.

    Returns:
        A circuit on the register ``parties`` of four qubits.

    References:
        A. Cabello, Phys. Rev. A 68, 012304 (2003), doi:10.1103/PhysRevA.68.012304.

    Examples:
        >>> from qiskit.quantum_info import Statevector
        >>> found = Statevector(four_qubit_singlet()).probabilities_dict(decimals=4)
        >>> float(found["0011"]), float(found["0101"]), len(found)
        (0.3333, 0.0833, 6)
    """
    parties = QuantumRegister(4, "parties")
    circuit = QuantumCircuit(parties, name="four_qubit_singlet")
    first, second, third, fourth = parties
    # Labels of the three states of a spin 1, equally likely: 00, 01 and 10.
    circuit.ry(2.0 * math.acos(math.sqrt(2.0 / 3.0)), first)
    circuit.x(first)
    controlled_ry(circuit, math.pi / 2.0, first, second)
    circuit.x(first)
    circuit.cx(first, third)
    circuit.cx(second, fourth)
    circuit.z(third)
    for high, low in ((first, second), (third, fourth)):
        # 00 stays, 01 becomes 11, and 10 becomes (01 + 10)/sqrt(2).
        circuit.cx(low, high)
        circuit.cx(high, low)
        controlled_ry(circuit, -math.pi / 2.0, low, high)
        circuit.cx(high, low)
    circuit.x([third, fourth])
    return circuit
