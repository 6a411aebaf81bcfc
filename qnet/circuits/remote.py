"""Remote gates: a control copied to another node through a Bell pair, used there, and taken back.

The copy is a cat state: control and copy agree in the Z basis, so every gate that is controlled by
the copy, or diagonal on it, acts as if the control itself were there. One pair serves as many of
them as come before the control is changed.

References: J. Eisert, K. Jacobs, P. Papadopoulos and M. B. Plenio, Phys. Rev. A 62, 052317 (2000),
doi:10.1103/PhysRevA.62.052317; A. Yimsiriwattana and S. J. Lomonaco, arXiv:quant-ph/0402148.
"""

from __future__ import annotations

from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Gate
from qiskit.circuit.library import CCXGate

from qnet.circuits._classical import correct_x, correct_z, wait
from qnet.circuits.plain import in_plain_gates
from qnet.errors import ParameterError, check_one_of

__all__ = ["cat_copy", "cat_uncopy", "remote_controlled_u", "remote_toffoli"]


def cat_copy(*, latency_s: float = 0.0, frame: bool = False) -> QuantumCircuit:
    """Copy a qubit's Z value to another node through a Bell pair.

    CNOT from ``control`` to ``alice``, Z measurement of ``alice``, and X on ``bob`` when the bit is
    1: a|0> + b|1> becomes a|00> + b|11> of ``control`` and ``bob``. The pair (``alice``, ``bob``)
    comes in as an input.

    Args:
        latency_s: Travel time of the bit in seconds; ``control`` and ``bob`` idle so long.
        frame: True leaves the correction, and the wait, to the classical controller.

    Returns:
        A circuit on ``control``, ``alice``, ``bob``, one qubit each, with the bit ``copied``.

    Raises:
        ParameterError: If ``latency_s`` is negative or not finite.

    Examples:
        >>> cat_copy(frame=True).count_ops()["measure"]
        1
    """
    registers = [QuantumRegister(1, name) for name in ("control", "alice", "bob")]
    circuit = QuantumCircuit(*registers, ClassicalRegister(1, "copied"), name="cat_copy")
    control, alice, bob = circuit.qubits
    circuit.cx(control, alice)
    circuit.measure(alice, 0)
    if not frame:
        wait(circuit, latency_s, control, bob)
        correct_x(circuit, circuit.clbits[0], bob)
    return circuit


def cat_uncopy(*, latency_s: float = 0.0, frame: bool = False) -> QuantumCircuit:
    """Take a cat copy back: X measurement of ``copy``, and Z on ``control`` when the bit is 1.

    Args:
        latency_s: Travel time of the bit in seconds; ``control`` idles so long.
        frame: True leaves the correction, and the wait, to the classical controller.

    Returns:
        A circuit on ``control`` and ``copy``, one qubit each, with the bit ``uncopied``.

    Raises:
        ParameterError: If ``latency_s`` is negative or not finite.

    Examples:
        >>> cat_uncopy().count_ops()["if_else"]
        1
    """
    registers = [QuantumRegister(1, name) for name in ("control", "copy")]
    circuit = QuantumCircuit(*registers, ClassicalRegister(1, "uncopied"), name="cat_uncopy")
    control, copy = circuit.qubits
    circuit.h(copy)
    circuit.measure(copy, 0)
    if not frame:
        wait(circuit, latency_s, control)
        correct_z(circuit, circuit.clbits[0], control)
    return circuit


def remote_controlled_u(gate: Gate, *, latency_s: float = 0.0) -> QuantumCircuit:
    """Apply a controlled gate between two nodes at the price of one Bell pair.

    Args:
        gate: What is done to ``target`` where ``control`` is 1: a gate of one qubit.
        latency_s: Travel time of each of the two bits in seconds.

    Returns:
        A circuit on ``control``, ``alice``, ``bob``, ``target``, one qubit each, with the bits
        ``copied`` and ``uncopied``, in plain gates; the pair (``alice``, ``bob``) comes in as an
        input.

    Raises:
        ParameterError: If the gate is not of one qubit, or ``latency_s`` is negative or not finite.

    Examples:
        >>> from qiskit.circuit.library import HGate
        >>> remote_controlled_u(HGate()).count_ops()["measure"]
        2
    """
    if gate.num_qubits != 1:
        rule, hint = "be a gate of one qubit", "such as HGate() of qiskit.circuit.library"
        raise ParameterError("gate", rule, gate.name, hint)
    return _by_copies(gate.control(annotated=False), 1, latency_s, "remote_controlled_u")


def remote_toffoli(remote_controls: int = 1, *, latency_s: float = 0.0) -> QuantumCircuit:
    """Apply a Toffoli gate whose target stands in another node than one or both of its controls.

    Args:
        remote_controls: Controls that are not where the target is, 1 or 2: as many pairs.
        latency_s: Travel time of each bit in seconds.

    Returns:
        A circuit on ``control`` (both, the remote ones first), ``alice`` and ``bob`` (a pair for
        each remote control, as inputs) and ``target``.

    Raises:
        UnknownNameError: If ``remote_controls`` is neither 1 nor 2.
        ParameterError: If ``latency_s`` is negative or not finite.

    Examples:
        >>> remote_toffoli(2).num_qubits
        7
    """
    check_one_of("remote_controls", str(remote_controls), ("1", "2"))
    return _by_copies(CCXGate(), int(remote_controls), latency_s, "remote_toffoli")


def _by_copies(gate: Gate, remote: int, latency_s: float, name: str) -> QuantumCircuit:
    """A gate whose last qubit is its target, and whose first ones are copied to it."""
    control = QuantumRegister(gate.num_qubits - 1, "control")
    alice, bob = QuantumRegister(remote, "alice"), QuantumRegister(remote, "bob")
    target = QuantumRegister(1, "target")
    copied, uncopied = ClassicalRegister(remote, "copied"), ClassicalRegister(remote, "uncopied")
    circuit = QuantumCircuit(control, alice, bob, target, copied, uncopied, name=name)
    for k in range(remote):
        qubits = [control[k], alice[k], bob[k]]
        circuit.compose(cat_copy(latency_s=latency_s), qubits, [copied[k]], inplace=True)
    circuit.append(gate, [*bob, *control[remote:], target[0]])
    for k in range(remote):
        qubits = [control[k], bob[k]]
        circuit.compose(cat_uncopy(latency_s=latency_s), qubits, [uncopied[k]], inplace=True)
    return in_plain_gates(circuit)
