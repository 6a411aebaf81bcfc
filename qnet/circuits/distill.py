"""Entanglement distillation: spend pairs to learn whether a kept pair is good.

Alice and Bob act on their own qubits only, so each circuit falls into two components, and the
pairs come in as inputs. Both measure the pairs they spend and compare: :func:`accepts` is the rule
of every scheme here, because on Phi+ pairs equal bits mean even parity of Z Z and of X X alike.

======================  ==============================  ===================================
register                qubits                          classical register with its outcome
======================  ==============================  ===================================
``alice_keep``          1, Alice's half of the kept
``alice_spend``         Alice's halves of the others    ``alice``, bit k from qubit k
``bob_keep``            1, Bob's half of the kept
``bob_spend``           Bob's halves of the others      ``bob``, bit k from qubit k
======================  ==============================  ===================================
"""

from __future__ import annotations

from math import pi

from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Qubit

from qnet.errors import ParameterError, check_integer

__all__ = ["accepts", "bbpssw", "dejmps", "double_selection", "entanglement_pumping"]


def accepts(alice_bits: str, bob_bits: str) -> bool:
    """Say whether the kept pair is accepted: every bit of Alice equals that of Bob.

    Args:
        alice_bits: The register ``alice`` as Qiskit prints it.
        bob_bits: The register ``bob``, as long.

    Returns:
        True when all parities are even.

    Raises:
        ParameterError: If these are not bit strings of equal length.

    Examples:
        >>> accepts("1", "1"), accepts("01", "11")
        (True, False)
    """
    for field, bits in (("alice_bits", alice_bits), ("bob_bits", bob_bits)):
        if not bits or set(bits) - {"0", "1"}:
            raise ParameterError(field, "be a string of 0 and 1", bits, "give a measured register")
    if len(alice_bits) != len(bob_bits):
        field, both = "alice_bits and bob_bits", (alice_bits, bob_bits)
        raise ParameterError(field, "be equally long", both, "compare one run of one scheme")
    return alice_bits == bob_bits


def bbpssw() -> QuantumCircuit:
    r"""Distil one pair out of two in Werner form (Bennett et al. 1996).

    A CNOT on each side from the kept to the spent pair, then a Z measurement of the spent pair,
    finds X and Y errors. For two Werner pairs with fidelity F to Phi+ the pair is accepted with
    probability :math:`p = F^2 + 2F(1-F)/3 + 5((1-F)/3)^2` and has then
    :math:`F' = (F^2 + ((1-F)/3)^2)/p`; it is no Werner pair any more, so twirl it before the next
    round (:func:`~qnet.circuits.werner_twirl`).

    Returns:
        A circuit on ``alice_keep``, ``alice_spend``, ``bob_keep``, ``bob_spend``, one qubit each,
        with classical bits ``alice`` and ``bob``.

    References:
        C. H. Bennett et al., Phys. Rev. Lett. 76, 722 (1996), doi:10.1103/PhysRevLett.76.722.

    Examples:
        >>> [register.name for register in bbpssw().qregs]
        ['alice_keep', 'alice_spend', 'bob_keep', 'bob_spend']
        >>> dict(bbpssw().count_ops())
        {'cx': 2, 'measure': 2}
    """
    circuit = _two_parties("bbpssw", spent=1)
    for keep, spend, bits in _parties(circuit):
        circuit.cx(keep, spend[0])
        circuit.measure(spend, bits)
    return circuit


def dejmps() -> QuantumCircuit:
    r"""Distil one pair out of two (Deutsch et al. 1996).

    Like BBPSSW with a rotation before: Rx(pi/2) by Alice and Rx(-pi/2) by Bob swap Psi- and Phi-.
    With :math:`(A, B, C, D)` the weights of (Phi+, Psi-, Psi+, Phi-) in two equal pairs, the pair
    is accepted with probability :math:`N = (A+B)^2 + (C+D)^2` and has then the weights
    :math:`(A^2+B^2,\; 2CD,\; C^2+D^2,\; 2AB)/N`.

    Returns:
        A circuit on ``alice_keep``, ``alice_spend``, ``bob_keep``, ``bob_spend``, one qubit each,
        with classical bits ``alice`` and ``bob``.

    References:
        D. Deutsch et al., Phys. Rev. Lett. 77, 2818 (1996), doi:10.1103/PhysRevLett.77.2818.

    Examples:
        >>> circuit = dejmps()
        >>> circuit.num_connected_components(unitary_only=True)
        2
        >>> [register.name for register in circuit.qregs]
        ['alice_keep', 'alice_spend', 'bob_keep', 'bob_spend']
    """
    circuit = _two_parties("dejmps", spent=1)
    for angle, (keep, spend, bits) in zip((pi / 2, -pi / 2), _parties(circuit), strict=True):
        circuit.rx(angle, [keep, spend[0]])
        circuit.cx(keep, spend[0])
        circuit.measure(spend, bits)
    return circuit


def double_selection() -> QuantumCircuit:
    """Distil one pair out of three, checking the check (Fujii and Yamamoto 2009).

    The first spent pair finds X and Y errors of the kept pair, as in BBPSSW. But Z errors of that
    spent pair travel back through the CNOT to the kept one; the second spent pair, control of a
    further CNOT and measured in X, finds them. A single error on one of the three pairs then
    passes unseen only if it is a Z error of the kept pair.

    Returns:
        A circuit on ``alice_keep`` (1), ``alice_spend`` (2), ``bob_keep`` (1), ``bob_spend`` (2),
        with ``alice`` and ``bob`` of two bits: bit 0 measured in Z, bit 1 in X.

    References:
        K. Fujii and K. Yamamoto, Phys. Rev. A 80, 042308 (2009), arXiv:0811.2639.

    Examples:
        >>> double_selection().num_connected_components(unitary_only=True)
        2
    """
    circuit = _two_parties("double_selection", spent=2)
    for keep, spend, bits in _parties(circuit):
        circuit.cx(keep, spend[0])
        circuit.cx(spend[1], spend[0])
        circuit.h(spend[1])
        circuit.measure(spend, bits)
    return circuit


def entanglement_pumping(steps: int) -> QuantumCircuit:
    """Improve one kept pair by fresh pairs, one after another, each by a step of DEJMPS.

    Every step rotates the kept and one fresh pair, and measures the fresh one. The kept pair is
    good when all steps are accepted; a controller gives up at the first that is not.

    Args:
        steps: Number of fresh pairs, 1 or more. One step is DEJMPS itself.

    Returns:
        A circuit on ``alice_keep`` (1), ``alice_spend`` (``steps``), ``bob_keep`` (1),
        ``bob_spend`` (``steps``), with ``alice`` and ``bob`` of ``steps`` bits; bit k is step k.

    Raises:
        ParameterError: If ``steps`` is not a whole number of at least 1.

    References:
        W. Dür, H.-J. Briegel, J. I. Cirac and P. Zoller, Phys. Rev. A 59, 169 (1999),
        doi:10.1103/PhysRevA.59.169.

    Examples:
        >>> entanglement_pumping(3).num_qubits
        8
    """
    circuit = _two_parties("entanglement_pumping", check_integer("steps", steps))
    (alice_keep, alice_spend, alice), (bob_keep, bob_spend, bob) = _parties(circuit)
    for step in range(steps):
        qubits = [alice_keep, alice_spend[step], bob_keep, bob_spend[step]]
        circuit.compose(dejmps(), qubits, [alice[step], bob[step]], inplace=True)
    return circuit


def _two_parties(name: str, spent: int) -> QuantumCircuit:
    """Return an empty circuit with the registers of Alice and Bob."""
    return QuantumCircuit(
        QuantumRegister(1, "alice_keep"),
        QuantumRegister(spent, "alice_spend"),
        QuantumRegister(1, "bob_keep"),
        QuantumRegister(spent, "bob_spend"),
        ClassicalRegister(spent, "alice"),
        ClassicalRegister(spent, "bob"),
        name=name,
    )


_Party = tuple[Qubit, QuantumRegister, ClassicalRegister]


def _parties(circuit: QuantumCircuit) -> tuple[_Party, _Party]:
    """Return the kept qubit, the spent qubits and the classical bits of Alice, then of Bob."""
    alice_keep, alice_spend, bob_keep, bob_spend = circuit.qregs
    alice, bob = circuit.cregs
    return (alice_keep[0], alice_spend, alice), (bob_keep[0], bob_spend, bob)
