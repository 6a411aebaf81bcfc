r"""Circuits of blind computing: one step by itself, and a whole pattern with hidden angles.

With an input :math:`|\psi\rangle` a step gives :math:`X^{b \oplus r} H Z(-\phi) |\psi\rangle`,
whatever theta and r were (A. Broadbent, J. Fitzsimons and E. Kashefi, arXiv:0807.4154).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import pi
from typing import TYPE_CHECKING, Any

from protocols.applications.blind.hiding import hidden_qubit
from protocols.applications.blind.pattern import STEPS_OF_A_TURN, Pattern

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

__all__ = ["blind_circuit", "blind_step"]


def blind_step(phi: float, theta: float, flip: int) -> QuantumCircuit:
    r"""One step of blind computing on a qubit whose state comes in.

    The client hides the qubit ``carrier`` by Z(theta); the server joins it to ``next`` in
    :math:`|+\rangle` by a controlled Z, and measures it at :math:`\delta = \phi + \theta + r \pi`.

    Args:
        phi: The angle of the computation, in rad.
        theta: The hidden angle, in rad.
        flip: The hidden flip r.

    Returns:
        A circuit on ``carrier`` and ``next`` with the reported bit ``b``.

    Examples:
        >>> blind_step(0.3, 1.2, 1).count_ops()["cz"]
        1
    """
    from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister

    carrier, successor = QuantumRegister(1, "carrier"), QuantumRegister(1, "next")
    circuit = QuantumCircuit(carrier, successor, ClassicalRegister(1, "b"))
    circuit.rz(theta, carrier[0])
    circuit.h(successor[0])
    circuit.cz(carrier[0], successor[0])
    circuit.rz(-(phi + theta + flip * pi), carrier[0])
    circuit.h(carrier[0])
    circuit.measure(carrier[0], 0)
    return circuit


def blind_circuit(
    pattern: Pattern, thetas: Sequence[int], flips: Sequence[int], preparation: str = "remote"
) -> QuantumCircuit:
    """A whole blind computation, on pairs that come in: a client, a server, and their messages.

    Outcomes of earlier vertices turn a later angle; as a circuit that is X and Z before the
    measurement, by feed-forward. Outputs are measured at angle 0, and hidden like all others.

    Args:
        pattern: The pattern.
        thetas: Hidden angle of each vertex, in units of pi/4.
        flips: Hidden flip of each vertex.
        preparation: How qubits get to the server: see ``hidden_qubit``.

    Returns:
        A circuit with the registers ``alice`` and ``bob``, a half of each vertex's pair each, and
        ``outcomes``, bit v what the server reports of vertex v: the outcome, flipped where r is 1.
    """
    from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister

    count = pattern.vertices
    alice, bob = QuantumRegister(count, "alice"), QuantumRegister(count, "bob")
    outcomes = ClassicalRegister(count, "outcomes")
    circuit = QuantumCircuit(alice, bob, outcomes)
    for vertex in range(count):
        _arrive(circuit, vertex, hidden_qubit(preparation, thetas[vertex]))
    for edge in pattern.edges:
        circuit.cz(*(bob[vertex] for vertex in edge))
    for vertex in (*pattern.order, *pattern.outputs):
        for pauli, sources in ((circuit.x, pattern.x_from), (circuit.z, pattern.z_from)):
            for source in sources(vertex):
                with circuit.if_test((outcomes[source], 1 - flips[source])):
                    pauli(bob[vertex])
        steps = pattern.angles.get(vertex, 0) + flips[vertex] * STEPS_OF_A_TURN // 2
        circuit.rz(-2.0 * pi * steps / STEPS_OF_A_TURN, bob[vertex])
        circuit.h(bob[vertex])
        circuit.measure(bob[vertex], outcomes[vertex])
    return circuit


def _arrive(circuit: QuantumCircuit, vertex: int, prepared: QuantumCircuit) -> None:
    """The preparation of one vertex, in place."""
    from qiskit import ClassicalRegister, QuantumRegister

    from qnet.circuits import join

    places: list[Any] = []
    for register in prepared.qregs:
        if register.name in ("alice", "bob"):
            places.append(next(r for r in circuit.qregs if r.name == register.name)[vertex])
        else:
            extra = QuantumRegister(1, f"{register.name}_{vertex}")
            circuit.add_register(extra)
            places.append(extra[0])
    bits = ClassicalRegister(prepared.num_clbits, f"client_{vertex}")
    circuit.add_register(bits)
    join(circuit, prepared, places, list(bits))
