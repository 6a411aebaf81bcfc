"""GHZ states: prepared in one place, or fused from pairs that meet in a station."""

from __future__ import annotations

from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister

from qnet.circuits._classical import correct_x, wait
from qnet.errors import check_integer

__all__ = ["ghz", "ghz_fusion"]


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
