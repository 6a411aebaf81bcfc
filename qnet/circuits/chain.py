"""A whole repeater chain as one circuit: to draw, to run, and to check the composed results by."""

from __future__ import annotations

from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Qubit

from qnet.circuits._classical import correct_x, correct_z
from qnet.circuits.bell import bell_pair
from qnet.circuits.swap import bell_measurement
from qnet.errors import check_integer, check_one_of

__all__ = ["repeater_chain"]


def repeater_chain(
    segments: int, *, frame: bool = True, basis: str | None = None
) -> QuantumCircuit:
    """Build Bell pairs on all segments, swap at all stations, and perhaps measure the ends.

    Args:
        segments: Number of elementary segments, 1 or more; there is one station fewer.
        frame: True leaves all corrections to the classical controller: the frame of the chain is
            the :func:`~qnet.circuits.frame_product` of ``pauli_frame(frame_k)`` over its stations.
            False applies them to Bob's qubit by feed-forward.
        basis: ``"X"``, ``"Y"`` or ``"Z"`` measures both ends, None leaves them. In the frame form
            flip Bob's bit when :func:`~qnet.circuits.frame_flips` says so. Then the two bits are
            equal in X and Z and opposite in Y, as for Phi+.

    Returns:
        A circuit of ``2 * segments`` qubits in registers along the line: ``alice`` (1 qubit),
        ``station_1`` (2 qubits: left, right), ..., ``bob`` (1). Classical registers ``frame_1``,
        ... hold the two Bell-measurement bits of each station (bit 0 asks for X, bit 1 for Z);
        ``alice_bit`` and ``bob_bit`` the measured ends.

    Raises:
        ParameterError: If ``segments`` is not a whole number of at least 1.
        UnknownNameError: If ``basis`` is not known.

    Examples:
        >>> circuit = repeater_chain(3, basis="Z")
        >>> [register.name for register in circuit.qregs]
        ['alice', 'station_1', 'station_2', 'bob']
        >>> [register.name for register in circuit.cregs]
        ['frame_1', 'frame_2', 'alice_bit', 'bob_bit']
    """
    numbers = range(1, check_integer("segments", segments))
    stations = [QuantumRegister(2, f"station_{number}") for number in numbers]
    frames = [ClassicalRegister(2, f"frame_{number}") for number in numbers]
    ends = QuantumRegister(1, "alice"), QuantumRegister(1, "bob")
    alice, bob = ends[0][0], ends[1][0]
    circuit = QuantumCircuit(ends[0], *stations, ends[1], *frames, name="repeater_chain")
    for halves in zip(circuit.qubits[0::2], circuit.qubits[1::2], strict=True):
        circuit.compose(bell_pair(), halves, inplace=True)
    for station, bits in zip(stations, frames, strict=True):
        circuit.compose(bell_measurement(), station, bits, inplace=True)
    if not frame:
        for bits in frames:
            correct_x(circuit, bits[0], bob)
            correct_z(circuit, bits[1], bob)
    if basis is not None:
        _measure(circuit, basis, alice, "alice_bit")
        _measure(circuit, basis, bob, "bob_bit")
    return circuit


def _measure(circuit: QuantumCircuit, basis: str, qubit: Qubit, name: str) -> None:
    """Measure ``qubit`` in a Pauli basis into a new one-bit register; 0 means eigenvalue +1."""
    check_one_of("basis", basis, ("X", "Y", "Z"))
    if basis == "Y":
        circuit.sdg(qubit)
    if basis != "Z":
        circuit.h(qubit)
    bit = ClassicalRegister(1, name)
    circuit.add_register(bit)
    circuit.measure(qubit, bit[0])
