"""Storage: a qubit that waits in a memory."""

from __future__ import annotations

from qiskit import QuantumCircuit, QuantumRegister

from qnet.errors import check_non_negative

__all__ = ["idle"]


def idle(duration_s: float, *memories: str) -> QuantumCircuit:
    """Let memory qubits wait.

    The circuit holds one ``delay`` per qubit and no gate: what the wait does to the state is the
    matter of the noise (relaxation, dephasing, depolarisation of the memory of that name).

    Args:
        duration_s: Storage time in seconds, the same for all qubits.
        memories: Names of the one-qubit registers; ``"memory"`` when none is given. Give
            ``"alice", "bob"`` for both halves of a pair.

    Returns:
        A circuit with one register of one qubit per name, in that order.

    Raises:
        ParameterError: If ``duration_s`` is negative or not finite.

    Examples:
        >>> print(idle(0.01, "alice", "bob").draw("text"))
               ┌────────────────┐
        alice: ┤ Delay(0.01[s]) ├
               ├────────────────┤
          bob: ┤ Delay(0.01[s]) ├
               └────────────────┘
    """
    duration_s = check_non_negative("duration_s", duration_s)
    registers = [QuantumRegister(1, name) for name in memories or ("memory",)]
    circuit = QuantumCircuit(*registers, name="idle")
    for register in registers:
        circuit.delay(duration_s, register, unit="s")
    return circuit
