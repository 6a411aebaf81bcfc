"""Twirling: bilateral rotations that bring a pair into Werner form."""

from __future__ import annotations

from qiskit import QuantumCircuit, QuantumRegister

__all__ = ["werner_twirl"]

_ALICE_TURNS = ((), ("h", "s"), ("sdg", "h"))  # none, X -> Z -> Y -> X, and its inverse
_BOB_TURNS = ((), ("h", "sdg"), ("s", "h"))  # the complex conjugates
_PAULIS = ((), ("x",), ("y",), ("z",))  # conjugation changes at most a sign


def werner_twirl() -> tuple[QuantumCircuit, ...]:
    r"""Return the twelve bilateral rotations whose average gives the Werner form.

    Alice applies U and Bob its complex conjugate, which leaves Phi+ as it is. U runs through the
    twelve rotations of the tetrahedron: a cyclic permutation of the axes X, Y, Z (none, S H, or
    H S†), then a Pauli gate. The Pauli gates make any state Bell-diagonal, and the permutations
    make its three other weights equal:
    :math:`\frac1{12}\sum_U (U \otimes U^*) \rho (U \otimes U^*)^\dagger =
    F |\Phi^+\rangle\langle\Phi^+| + \frac{1-F}{3}(I - |\Phi^+\rangle\langle\Phi^+|)`
    with :math:`F = \langle\Phi^+|\rho|\Phi^+\rangle`. In use Alice and Bob draw one at random.

    Returns:
        Twelve circuits on the registers ``alice`` and ``bob``, one qubit each; the first is empty.

    References:
        C. H. Bennett et al., Phys. Rev. A 54, 3824 (1996), doi:10.1103/PhysRevA.54.3824.

    Examples:
        >>> rotations = werner_twirl()
        >>> len(rotations)
        12
        >>> print(rotations[5].draw("text"))
               ┌───┐ ┌───┐ ┌───┐
        alice: ┤ H ├─┤ S ├─┤ X ├
               ├───┤┌┴───┴┐├───┤
          bob: ┤ H ├┤ Sdg ├┤ X ├
               └───┘└─────┘└───┘
    """
    return tuple(
        _bilateral((*alice_turn, *pauli), (*bob_turn, *pauli))
        for alice_turn, bob_turn in zip(_ALICE_TURNS, _BOB_TURNS, strict=True)
        for pauli in _PAULIS
    )


def _bilateral(alice_gates: tuple[str, ...], bob_gates: tuple[str, ...]) -> QuantumCircuit:
    """Apply the named gates in order, each party its own."""
    alice, bob = QuantumRegister(1, "alice"), QuantumRegister(1, "bob")
    circuit = QuantumCircuit(alice, bob, name="werner_twirl")
    for register, gates in ((alice, alice_gates), (bob, bob_gates)):
        for gate in gates:
            getattr(circuit, gate)(register)
    return circuit
