"""GHZ states: prepared in one place, or fused from pairs that meet in a station."""

from __future__ import annotations

from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister

from qnet.circuits._classical import correct_x, correct_z, wait
from qnet.errors import check_integer

__all__ = ["ghz", "ghz_fusion", "ghz_measurement", "ghz_swap"]


def ghz(n: int) -> QuantumCircuit:
    """Prepare the GHZ state (all 0 plus all 1) of n qubits that start in state 0.

    Args:
        n: Number of qubits, 2 or more.

    Returns:
        A circuit on the register ``parties`` of ``n`` qubits.

    Raises:
        ParameterError: If ``n`` is not a whole number of at least 2.

    Examples:
        >>> print(ghz(3).draw("text"))  # doctest: +NORMALIZE_WHITESPACE
                   ┌───┐
        parties_0: ┤ H ├──■───────
                   └───┘┌─┴─┐
        parties_1: ─────┤ X ├──■──
                        └───┘┌─┴─┐
        parties_2: ──────────┤ X ├
                             └───┘
    """
    parties = QuantumRegister(check_integer("n", n, minimum=2), "parties")
    circuit = QuantumCircuit(parties, name="ghz")
    circuit.h(parties[0])
    circuit.cx(parties[:-1], parties[1:])
    return circuit


def ghz_fusion(*, latency_s: float = 0.0, frame: bool = False) -> QuantumCircuit:
    """Fuse two Bell pairs that meet in a station into a GHZ state of three nodes.

    A parity check of the station's two halves: CNOT from ``left`` to ``right``, Z measurement of
    ``right``, and X on ``far_end`` when the bit is 1. The GHZ state then lies on the other half of
    the left pair (which takes no part), ``left`` and ``far_end``. With Werner pairs its fidelity is
    F1 F2 + (1 - F1)(1 - F2)/9. With a GHZ state of n nodes in place of the left pair the
    result is one of n + 1.

    Args:
        latency_s: Travel time of the bit in seconds; ``left`` and ``far_end`` idle so long.
        frame: True leaves the correction, and the wait, to the classical controller.

    Returns:
        A circuit on ``left``, ``right``, ``far_end`` (as in a swap), one qubit each, with the
        classical register ``fusion`` of one bit.

    Raises:
        ParameterError: If ``latency_s`` is negative or not finite.

    References:
        D. E. Browne and T. Rudolph, Phys. Rev. Lett. 95, 010501 (2005),
        doi:10.1103/PhysRevLett.95.010501 (the photonic parity check).

    Examples:
        >>> ghz_fusion(frame=True).count_ops()["measure"]
        1
    """
    names = "left", "right", "far_end"
    fusion = ClassicalRegister(1, "fusion")
    circuit = QuantumCircuit(*(QuantumRegister(1, name) for name in names), fusion)
    circuit.name = "ghz_fusion"
    left, right, far_end = circuit.qubits
    circuit.cx(left, right)
    circuit.measure(right, fusion[0])
    if not frame:
        wait(circuit, latency_s, left, far_end)
        correct_x(circuit, fusion[0], far_end)
    return circuit


def ghz_measurement(n: int) -> QuantumCircuit:
    """Measure n qubits in the basis of GHZ states; for two it is the Bell measurement.

    CNOTs from the first qubit to the others, a Hadamard on the first, and the readout of all: bit
    0 tells the parity of all X, bit k that of Z on qubits 0 and k.

    Args:
        n: Number of qubits, 2 or more.

    Returns:
        A circuit on the register ``station`` of ``n`` qubits with the classical register ``ghz``.

    Raises:
        ParameterError: If ``n`` is not a whole number of at least 2.

    Examples:
        >>> ghz_measurement(3).count_ops()["cx"]
        2
    """
    station = QuantumRegister(check_integer("n", n, minimum=2), "station")
    outcome = ClassicalRegister(n, "ghz")
    circuit = QuantumCircuit(station, outcome, name="ghz_measurement")
    for qubit in station[1:]:
        circuit.cx(station[0], qubit)
    circuit.h(station[0])
    circuit.measure(station, outcome)
    return circuit


def ghz_swap(n: int, *, latency_s: float = 0.0, frame: bool = False) -> QuantumCircuit:
    """Fuse n Bell pairs that meet in a station into a GHZ state of their n far ends.

    The station measures its halves in the GHZ basis and keeps none of them; Z on the first far end
    when bit 0 is 1, X on far end k when bit k is 1. With two pairs it is a swap.

    Args:
        n: Number of pairs, 2 or more.
        latency_s: Travel time of the bits in seconds; the far ends idle so long.
        frame: True leaves the corrections, and the wait, to the classical controller.

    Returns:
        A circuit on ``station`` and ``far_end``, n qubits each, with the register ``ghz``.

    Raises:
        ParameterError: If ``n`` is not a whole number of at least 2, or ``latency_s`` is negative
            or not finite.

    References:
        S. Bose, V. Vedral and P. L. Knight, Phys. Rev. A 57, 822 (1998),
        doi:10.1103/PhysRevA.57.822.

    Examples:
        >>> ghz_swap(3).count_ops()["if_else"]
        3
    """
    circuit = ghz_measurement(n)
    circuit.name = "ghz_swap"
    far_end = QuantumRegister(n, "far_end")
    circuit.add_register(far_end)
    if not frame:
        wait(circuit, latency_s, *far_end)
        first, *others = circuit.clbits
        correct_z(circuit, first, far_end[0])
        for bit, qubit in zip(others, far_end[1:], strict=True):
            correct_x(circuit, bit, qubit)
    return circuit
