"""A photon in two modes (horizontal, vertical) that a memory absorbs, and heralds locally.

A polarised photon is one photon in one of two modes; no photon in either means that it was lost,
so that loss is detected. Absorption takes the polarisation into the memory (horizontal 0, vertical
1) and leaves one qubit that tells whether a photon was there.
"""

from __future__ import annotations

from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Qubit
from qiskit.circuit.library import CXGate, XGate

from qnet.circuits._classical import wait
from qnet.circuits.photonic.elements import passage

__all__ = ["direct_transmission", "midpoint_source"]


def midpoint_source(latency_s: float = 0.0) -> QuantumCircuit:
    """Herald a pair of memories that absorb the two photons of a source half way.

    The source emits the polarisation state Phi+ (label ``"pair"``: its fidelity; ``"source"``:
    attempts without a pair). Reference: C. Jones et al., New J. Phys. 18, 083015 (2016),
    doi:10.1088/1367-2630/18/8/083015.

    Args:
        latency_s: Time in s from absorption until each side knows that the other succeeded too.

    Returns:
        A circuit on ``photon_left`` and ``photon_right`` (two qubits each: horizontal, vertical),
        ``memory_left`` and ``memory_right``. Classical registers: ``herald_left``,
        ``herald_right``; both 1 herald Phi+. Labels: ``"pair"``, ``"encode"``, ``"source"``,
        ``"fibre_left"``, ``"fibre_right"``, ``"absorb"``, ``"herald"``.

    Raises:
        ParameterError: If the latency is negative or not finite.

    Examples:
        >>> circuit = midpoint_source()
        >>> circuit.num_qubits, [register.name for register in circuit.cregs]
        (6, ['herald_left', 'herald_right'])
    """
    left, right = QuantumRegister(2, "photon_left"), QuantumRegister(2, "photon_right")
    memories = [QuantumRegister(1, f"memory_{side}") for side in ("left", "right")]
    heralds = [ClassicalRegister(1, f"herald_{side}") for side in ("left", "right")]
    circuit = QuantumCircuit(left, right, *memories, *heralds, name="midpoint_source")
    circuit.h(left[1])
    circuit.append(CXGate(label="pair"), [left[1], right[1]])
    for photon in (left, right):
        _encode(circuit, photon[1], photon[0])
    circuit.append(passage("source", 4), [*left, *right])
    for side, photon, memory, bit in zip(
        ("left", "right"), (left, right), memories, heralds, strict=True
    ):
        for mode in photon:
            circuit.append(passage(f"fibre_{side}"), [mode])
        _absorb(circuit, photon, memory[0])
        circuit.measure(photon[0], bit[0])
    wait(circuit, latency_s, memories[0][0], memories[1][0])
    return circuit


def direct_transmission(latency_s: float = 0.0) -> QuantumCircuit:
    """Send a photon that is entangled with the sender's memory straight to the receiver.

    Args:
        latency_s: Time in s that light takes from end to end. The photon needs it, and the herald
            needs it to come back: the sender's memory waits twice as long, the receiver's once.

    Returns:
        A circuit on ``sender``, ``photon`` (two qubits: horizontal, vertical) and ``receiver``.
        Classical register: ``herald``; 1 heralds Phi+ of sender and receiver. Labels:
        ``"emission"``, ``"encode"``, ``"fibre"``, ``"absorb"``, ``"herald"``.

    Raises:
        ParameterError: If the latency is negative or not finite.

    Examples:
        >>> circuit = direct_transmission()
        >>> [register.name for register in circuit.qregs]
        ['sender', 'photon', 'receiver']
    """
    sender, photon = QuantumRegister(1, "sender"), QuantumRegister(2, "photon")
    receiver, bit = QuantumRegister(1, "receiver"), ClassicalRegister(1, "herald")
    circuit = QuantumCircuit(sender, photon, receiver, bit, name="direct_transmission")
    circuit.h(sender)
    circuit.append(CXGate(label="emission"), [sender[0], photon[1]])
    _encode(circuit, photon[1], photon[0])
    for mode in photon:
        circuit.append(passage("fibre"), [mode])
    wait(circuit, latency_s, sender[0])
    _absorb(circuit, photon, receiver[0])
    circuit.measure(photon[0], bit[0])
    wait(circuit, latency_s, sender[0], receiver[0])
    return circuit


def _encode(circuit: QuantumCircuit, vertical: Qubit, horizontal: Qubit) -> None:
    """One photon in two modes: horizontal unless vertical."""
    circuit.append(XGate(label="encode"), [horizontal])
    circuit.append(CXGate(label="encode"), [vertical, horizontal])


def _absorb(circuit: QuantumCircuit, photon: QuantumRegister, memory: Qubit) -> None:
    """Take the polarisation into the memory; ``photon[0]`` then tells whether one was there."""
    horizontal, vertical = photon
    circuit.append(CXGate(label="absorb"), [vertical, memory])
    circuit.append(CXGate(label="absorb"), [memory, vertical])
    circuit.append(CXGate(label="herald"), [memory, horizontal])
