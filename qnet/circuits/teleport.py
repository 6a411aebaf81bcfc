"""Teleportation of a state, and of a CNOT gate, through a Bell pair."""

from __future__ import annotations

from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister

from qnet.circuits._classical import correct_x, correct_z, wait
from qnet.circuits.swap import bell_measurement
from qnet.errors import ParameterError

__all__ = ["teleportation", "teleported_cnot"]


def teleportation(
    state_preparation: QuantumCircuit | None = None,
    *,
    latency_s: float = 0.0,
    frame: bool = False,
) -> QuantumCircuit:
    """Teleport the qubit ``message`` from Alice to Bob's half of their pair.

    Alice makes a Bell measurement of the message and her half; Bob corrects X when ``bsm[0]`` is
    1 and Z when ``bsm[1]`` is 1. The pair (``alice``, ``bob``) comes in as an input:
    ``with_bell_pairs(teleportation(), ("alice", "bob"))`` puts an ideal one there.

    Args:
        state_preparation: A circuit of one qubit, applied to ``message`` first; it may have
            parameters. None takes the message as an input.
        latency_s: Travel time of the two bits in seconds; ``bob`` idles so long before he corrects.
        frame: True leaves the correction, and the wait, to the classical controller
            (:func:`~qnet.circuits.pauli_frame` of ``bsm``).

    Returns:
        A circuit on ``message``, ``alice``, ``bob``, one qubit each, with two bits ``bsm``.

    Raises:
        ParameterError: If ``state_preparation`` is not a circuit of one qubit without classical
            bits, or ``latency_s`` is negative or not finite.

    References:
        C. H. Bennett et al., Phys. Rev. Lett. 70, 1895 (1993), doi:10.1103/PhysRevLett.70.1895.

    Examples:
        >>> from qnet.circuits import with_bell_pairs
        >>> plus = QuantumCircuit(1)
        >>> _ = plus.h(0)
        >>> circuit = with_bell_pairs(teleportation(plus), ("alice", "bob"))
        >>> [register.name for register in circuit.qregs]
        ['message', 'alice', 'bob']
    """
    message, alice, bob = (QuantumRegister(1, name) for name in ("message", "alice", "bob"))
    bsm = ClassicalRegister(2, "bsm")
    circuit = QuantumCircuit(message, alice, bob, bsm, name="teleportation")
    if state_preparation is not None:
        _check_one_qubit(state_preparation)
        circuit.compose(state_preparation, message, inplace=True)
    circuit.compose(bell_measurement(), [message[0], alice[0]], bsm, inplace=True)
    if not frame:
        wait(circuit, latency_s, bob[0])
        correct_x(circuit, bsm[0], bob[0])
        correct_z(circuit, bsm[1], bob[0])
    return circuit


def _check_one_qubit(circuit: QuantumCircuit) -> None:
    """Refuse a state preparation that does not fit on the message."""
    if circuit.num_qubits != 1 or circuit.num_clbits != 0:
        field, rule = "state_preparation", "act on one qubit and no classical bit"
        size = f"{circuit.num_qubits} qubits, {circuit.num_clbits} bits"
        raise ParameterError(field, rule, size, "give the circuit that prepares the message")


def teleported_cnot(*, latency_s: float = 0.0, frame: bool = False) -> QuantumCircuit:
    """Apply a CNOT between two nodes at the price of one Bell pair.

    Alice copies the control's Z value into the pair (CNOT, then Z measurement of her half), Bob
    passes it on to the target (CNOT, then X measurement of his). The bits cross: Bob applies X to
    ``target`` when ``alice_bit`` is 1, and Alice applies Z to ``control`` when ``bob_bit`` is 1.
    The pair (``alice``, ``bob``) comes in as an input. With a Werner pair of fidelity F the
    process fidelity is F and the average gate fidelity (4 F + 1)/5.

    Args:
        latency_s: Travel time of the bits in seconds; ``control`` and ``target`` idle so long.
        frame: True leaves the corrections, and the wait, to the classical controller.

    Returns:
        A circuit on ``control``, ``alice``, ``bob``, ``target``, one qubit each, with the
        classical registers ``alice_bit`` and ``bob_bit`` of one bit.

    Raises:
        ParameterError: If ``latency_s`` is negative or not finite.

    References:
        D. Gottesman and I. L. Chuang, Nature 402, 390 (1999), doi:10.1038/46503;
        J. Eisert et al., Phys. Rev. A 62, 052317 (2000), doi:10.1103/PhysRevA.62.052317.

    Examples:
        >>> circuit = teleported_cnot(latency_s=1e-5)
        >>> [register.name for register in circuit.qregs]
        ['control', 'alice', 'bob', 'target']
        >>> [register.name for register in circuit.cregs]
        ['alice_bit', 'bob_bit']
    """
    names = "control", "alice", "bob", "target"
    bits = ClassicalRegister(1, "alice_bit"), ClassicalRegister(1, "bob_bit")
    circuit = QuantumCircuit(
        *(QuantumRegister(1, name) for name in names), *bits, name="teleported_cnot"
    )
    control, alice, bob, target = circuit.qubits
    alice_bit, bob_bit = circuit.clbits
    circuit.cx(control, alice)
    circuit.cx(bob, target)
    circuit.h(bob)
    circuit.measure(alice, alice_bit)
    circuit.measure(bob, bob_bit)
    if not frame:
        wait(circuit, latency_s, control, target)
        correct_x(circuit, alice_bit, target)
        correct_z(circuit, bob_bit, control)
    return circuit
