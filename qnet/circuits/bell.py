"""Bell pairs: the four of them, and how to put ideal ones in front of any circuit."""

from __future__ import annotations

from qiskit import QuantumCircuit, QuantumRegister

from qnet.errors import ParameterError, check_one_of

__all__ = ["BELL_KINDS", "bell_pair", "with_bell_pairs"]

_PAULI_ON_BOB = {"phi+": "id", "psi+": "x", "psi-": "y", "phi-": "z"}

#: The Bell states in the order used everywhere: Phi+ with I, X, Y, Z on one half.
BELL_KINDS: tuple[str, ...] = tuple(_PAULI_ON_BOB)


def bell_pair(kind: str = "phi+") -> QuantumCircuit:
    """Prepare a Bell pair from two qubits in state 0.

    Hadamard and CNOT give Phi+; a Pauli gate on Bob's half then gives the others: X gives Psi+,
    Y gives Psi- (up to a global phase) and Z gives Phi-.

    Args:
        kind: ``"phi+"``, ``"psi+"``, ``"psi-"`` or ``"phi-"``.

    Returns:
        A circuit on the registers ``alice`` and ``bob``, one qubit each.

    Raises:
        UnknownNameError: If ``kind`` is none of the four.

    Examples:
        >>> print(bell_pair("psi+").draw("text"))  # doctest: +NORMALIZE_WHITESPACE
               ┌───┐
        alice: ┤ H ├──■───────
               └───┘┌─┴─┐┌───┐
          bob: ─────┤ X ├┤ X ├
                    └───┘└───┘
    """
    pauli = _PAULI_ON_BOB[check_one_of("kind", kind, BELL_KINDS)]
    alice, bob = QuantumRegister(1, "alice"), QuantumRegister(1, "bob")
    circuit = QuantumCircuit(alice, bob, name=f"bell_pair {kind}")
    circuit.h(alice)
    circuit.cx(alice, bob)
    if pauli != "id":
        getattr(circuit, pauli)(bob)
    return circuit


def with_bell_pairs(circuit: QuantumCircuit, *pairs: tuple[str, str]) -> QuantumCircuit:
    """Return ``circuit`` preceded by Phi+ pairs, so that it runs by itself.

    The circuits of protocol steps take their pairs as inputs. This puts ideal pairs there.

    Args:
        circuit: Any circuit; it is left as it is.
        pairs: Names of two registers of equal size. Qubit k of the first is entangled with
            qubit k of the second.

    Returns:
        A new circuit on the same registers.

    Raises:
        UnknownNameError: If a register does not exist.
        ParameterError: If two registers differ in size.

    Examples:
        >>> from qnet.circuits import dejmps
        >>> pairs = ("alice_keep", "bob_keep"), ("alice_spend", "bob_spend")
        >>> with_bell_pairs(dejmps(), *pairs).count_ops()["cx"]
        4
    """
    registers = {register.name: register for register in circuit.qregs}
    prepared = circuit.copy_empty_like()
    for pair in pairs:
        first, second = (registers[check_one_of("register", name, registers)] for name in pair)
        if len(first) != len(second):
            field, rule = "pairs", "name registers of equal size"
            raise ParameterError(field, rule, pair, "give both halves of each pair")
        for qubits in zip(first, second, strict=True):
            prepared.compose(bell_pair(), qubits, inplace=True)
    return prepared.compose(circuit, circuit.qubits, circuit.clbits)
