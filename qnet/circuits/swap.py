"""Entanglement swapping: two pairs that meet in a station become one longer pair.

Reference: M. Żukowski et al., Phys. Rev. Lett. 71, 4287 (1993), doi:10.1103/PhysRevLett.71.4287.

The two bits of a Bell measurement, everywhere in this package:

===========  ==================  ============================  ===========================
bit          measured qubit      parity it tells               correction on the far end
===========  ==================  ============================  ===========================
``bsm[0]``   ``right``           Z Z (Phi or Psi)              X when 1
``bsm[1]``   ``left``            X X (plus or minus)           Z when 1
===========  ==================  ============================  ===========================
"""

from __future__ import annotations

from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister

from qnet.circuits._classical import correct_x, correct_z, wait

__all__ = ["bell_measurement", "swap_feed_forward", "swap_pauli_frame"]


def bell_measurement() -> QuantumCircuit:
    """Measure two qubits in the Bell basis.

    Returns:
        A circuit on ``left`` and ``right``, one qubit each, with the classical register ``bsm``.
        Printed as Qiskit does (``bsm[1]`` first) Phi+, Psi+, Phi-, Psi- give 00, 01, 10, 11.

    Examples:
        >>> print(bell_measurement().draw("text"))  # doctest: +NORMALIZE_WHITESPACE
                    ┌───┐┌─┐
         left: ──■──┤ H ├┤M├
               ┌─┴─┐└┬─┬┘└╥┘
        right: ┤ X ├─┤M├──╫─
               └───┘ └╥┘  ║
        bsm: 2/═══════╩═══╩═
                      0   1
    """
    left, right = QuantumRegister(1, "left"), QuantumRegister(1, "right")
    bsm = ClassicalRegister(2, "bsm")
    circuit = QuantumCircuit(left, right, bsm, name="bell_measurement")
    circuit.cx(left, right)
    circuit.h(left)
    circuit.measure(right[0], bsm[0])
    circuit.measure(left[0], bsm[1])
    return circuit


def swap_pauli_frame() -> QuantumCircuit:
    """Swap two pairs and leave the correction to the classical controller.

    After the outcome ``bits`` the long pair is Phi+ with ``pauli_frame(bits)`` on its far end.

    Returns:
        A circuit on the registers of :func:`swap_feed_forward`; ``far_end`` is not touched.

    Examples:
        >>> swap_pauli_frame().count_ops()["measure"]
        2
    """
    left, right = QuantumRegister(1, "left"), QuantumRegister(1, "right")
    far_end, bsm = QuantumRegister(1, "far_end"), ClassicalRegister(2, "bsm")
    circuit = QuantumCircuit(left, right, far_end, bsm, name="swap_pauli_frame")
    circuit.compose(bell_measurement(), [left[0], right[0]], bsm, inplace=True)
    return circuit


def swap_feed_forward(latency_s: float = 0.0) -> QuantumCircuit:
    """Swap two pairs, send the outcome to the far end of the right pair, and correct there.

    Args:
        latency_s: Travel time of the message in seconds; ``far_end`` idles so long, before (and
            outside) the conditional gates.

    Returns:
        A circuit on three registers of one qubit: ``left``, the station's half of the left pair;
        ``right``, its half of the right pair; ``far_end``, the other half of the right pair. The
        other half of the left pair takes no part. Classical register: ``bsm``.

    Raises:
        ParameterError: If ``latency_s`` is negative or not finite.

    Examples:
        >>> circuit = swap_feed_forward(latency_s=50e-6)
        >>> [register.name for register in circuit.qregs]
        ['left', 'right', 'far_end']
        >>> circuit.count_ops()["if_else"], circuit.count_ops()["delay"]
        (2, 1)
    """
    circuit = swap_pauli_frame()
    circuit.name = "swap_feed_forward"
    far_end, (x_bit, z_bit) = circuit.qubits[2], circuit.clbits
    wait(circuit, latency_s, far_end)
    correct_x(circuit, x_bit, far_end)
    correct_z(circuit, z_bit, far_end)
    return circuit
