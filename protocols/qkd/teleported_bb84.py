"""BB84 whose photons are teleported over a pair, such as one that a repeater delivers.

C. H. Bennett et al., Phys. Rev. Lett. 70, 1895 (1993), doi:10.1103/PhysRevLett.70.1895.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any, ClassVar

import numpy as np
from qiskit import ClassicalRegister, QuantumCircuit

from protocols.qkd.bases import measure, prepare
from protocols.qkd.eve import Action
from protocols.qkd.outcome_table import Columns, OutcomeTable, compile_settings
from protocols.qkd.pairs import checked_pair
from protocols.qkd.protocol import Choice, QkdProtocol, SiftedKey, check_bias, two_bases
from protocols.qkd.secrecy import Evidence, bb84_fraction
from qnet.circuits.bell import with_bell_pairs
from qnet.circuits.teleport import teleportation
from qnet.errors import ParameterError
from qnet.estimate import Estimate

__all__ = ["TeleportedBB84", "teleported_bb84_circuit"]


def teleported_bb84_circuit(
    bit_alice: int,
    basis_alice: str,
    basis_bob: str,
    action: Action | None = None,
    *,
    prepare_pair: bool = True,
    misalignment: float = 0.0,
) -> QuantumCircuit:
    """One round: prepare, teleport (the correction is left to Bob's controller), measure.

    Args:
        bit_alice: Alice's bit.
        basis_alice: Her basis.
        basis_bob: Bob's basis.
        action: What Eve does to Bob's half of the pair.
        prepare_pair: Whether the circuit makes a Phi+ pair; else (``alice``, ``bob``) is an input.
        misalignment: Of Bob's analyser.

    Returns:
        A circuit on ``message``, ``alice``, ``bob`` with the bits ``bsm`` and ``bit_bob``.

    Examples:
        >>> [register.name for register in teleported_bb84_circuit(0, "X", "X").cregs]
        ['bsm', 'bit_bob']
    """
    preparation = QuantumCircuit(1)
    prepare(preparation, 0, bit_alice, basis_alice)
    circuit = teleportation(preparation, frame=True)
    if prepare_pair:
        circuit = with_bell_pairs(circuit, ("alice", "bob"))
    bob = circuit.qubits[2]
    bit_bob = ClassicalRegister(1, "bit_bob")
    circuit.add_register(bit_bob)
    circuit.id(bob)
    if action is not None and action.attack is not None:
        action.attack(circuit, bob, "bit_eve")
    measure(circuit, bob, bit_bob[0], basis_bob, misalignment)
    return circuit


@dataclass(frozen=True, slots=True, kw_only=True)
class TeleportedBB84(QkdProtocol):
    """BB84 over teleportation; the QBER is that of the pair.

    Args:
        pair: Fano matrix (4, 4) of the pair, Alice's qubit first; ``None`` is Phi+.
        key_basis_probability: How often each party chooses Z.

    Raises:
        ParameterError: If ``pair`` is no state of two qubits, or the line is lossy: a pair is there
            when it is used.

    Examples:
        >>> from qnet.states import werner
        >>> result = TeleportedBB84(pair=werner(0.94)).run(10**7, seed=1)
        >>> abs(result.qber.best - 0.03) < 0.001
        True
    """

    name: ClassVar[str] = "teleported-bb84"
    references: ClassVar[tuple[str, ...]] = (
        "Bennett1993",
        "BennettBrassard1984",
        "ShorPreskill2000",
    )

    pair: Any = None
    key_basis_probability: float = 0.5

    def __post_init__(self) -> None:
        QkdProtocol.__post_init__(self)
        check_bias("key_basis_probability", self.key_basis_probability)
        if self.pair is not None:
            object.__setattr__(self, "pair", checked_pair(self.pair))
        if not self.line.is_lossless:
            hint = "describe losses in the plan that delivers the pairs"
            raise ParameterError("line", "be lossless", self.line.transmission, hint)

    def choices(self) -> Iterator[Choice]:
        """Alice's bit and basis, Bob's basis."""
        chance = two_bases(self.key_basis_probability)
        circuit = partial(
            teleported_bb84_circuit,
            prepare_pair=self.pair is None,
            misalignment=self.line.misalignment,
        )
        for bit, a, b in product((0, 1), "ZX", "ZX"):
            yield Choice(
                labels={
                    "bit_alice": bit,
                    "basis_alice": "ZX".index(a),
                    "basis_bob": "ZX".index(b),
                },
                probability=0.5 * chance[a] * chance[b],
                circuit=partial(circuit, bit, a, b),
            )

    def table(self) -> OutcomeTable:
        """Compile each circuit once."""
        inputs = () if self.pair is None else ("alice", "bob")
        return compile_settings(self.settings(), self.noise, inputs=inputs, state=self.pair)

    def sift(self, columns: Columns) -> SiftedKey:
        """Keep equal bases; Bob flips where the Pauli frame anticommutes with his basis.

        ``bsm[0]`` asks for X, which flips outcomes in Z; ``bsm[1]`` for Z, which flips those in X.
        """
        same = columns["basis_alice"] == columns["basis_bob"]
        flip = (columns["bsm"] >> columns["basis_bob"]) & 1
        return SiftedKey(
            kept=np.asarray(same),
            basis=columns["basis_alice"],
            alice=columns["bit_alice"],
            bob=np.asarray(columns["bit_bob"] ^ flip),
        )

    def _fraction(self, evidence: Evidence) -> tuple[Estimate | None, str]:
        return bb84_fraction(evidence, self.error_correction_efficiency)
