"""W states: one excitation that n parties share."""

from __future__ import annotations

import math

from qiskit import QuantumCircuit, QuantumRegister

from qnet.circuits._turns import controlled_ry
from qnet.errors import check_integer

__all__ = ["w_state"]


def w_state(n: int) -> QuantumCircuit:
    """Prepare the W state of n qubits, one of them in 1 and nobody knows which.

    The excitation starts on the first qubit; at each step a controlled rotation hands all but the
    right share of it on to the next one.

    Args:
        n: Number of qubits, 2 or more.

    Returns:
        A circuit on the register ``parties`` of ``n`` qubits.

    Raises:
        ParameterError: If ``n`` is not a whole number of at least 2.

    References:
        W. Duer, G. Vidal and J. I. Cirac, Phys. Rev. A 62, 062314 (2000),
        doi:10.1103/PhysRevA.62.062314.

    Examples:
        >>> from qiskit.quantum_info import Statevector
        >>> found = Statevector(w_state(3)).probabilities_dict(decimals=9)
        >>> sorted(map(str, found))
        ['001', '010', '100']
    """
    parties = QuantumRegister(check_integer("n", n, minimum=2), "parties")
    circuit = QuantumCircuit(parties, name="w_state")
    circuit.x(parties[0])
    for k in range(n - 1):
        kept = 1.0 / (n - k)
        controlled_ry(circuit, 2.0 * math.acos(math.sqrt(kept)), parties[k], parties[k + 1])
        circuit.cx(parties[k + 1], parties[k])
    return circuit
