"""Base of the protocols on entangled pairs: the source of the pairs, detections at both ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister

from protocols.qkd.bases import measure, measure_of_three
from protocols.qkd.eve import Action
from protocols.qkd.outcome_table import OutcomeTable, compile_settings
from protocols.qkd.protocol import QkdProtocol
from protocols.qkd.pulses import detect_one_photon
from qnet.circuits.bell import bell_pair
from qnet.errors import ParameterError
from qnet.hardware import Line
from qnet.states import FanoRows, read_state

__all__ = ["EntangledPairs", "checked_pair", "pair_circuit"]


def pair_circuit(
    basis_alice: str | float,
    basis_bob: str | float,
    action: Action | None = None,
    *,
    prepare_pair: bool = True,
    misalignment: tuple[float, float] = (0.0, 0.0),
    three: bool = False,
) -> QuantumCircuit:
    """One round: a pair, of which Bob's half travels, and two measurements.

    Args:
        basis_alice: Alice's basis: a name, or an angle in degrees from Z to X.
        basis_bob: Bob's basis.
        action: What Eve does to Bob's half.
        prepare_pair: Whether the circuit makes a Phi+ pair; else the pair is an input.
        misalignment: Of Alice's and of Bob's analyser, which are turned as one: bases at right
            angles stay so.
        three: Whether the bases are three: Z, X and Y.

    Returns:
        A circuit on ``alice`` and ``bob``, with the bits ``bit_alice`` and ``bit_bob``.

    Examples:
        >>> pair_circuit("X", "Z").count_ops()["cx"]
        1
    """
    alice, bob = QuantumRegister(1, "alice"), QuantumRegister(1, "bob")
    bits = ClassicalRegister(1, "bit_alice"), ClassicalRegister(1, "bit_bob")
    circuit = QuantumCircuit(alice, bob, *bits, name="pair")
    if prepare_pair:
        circuit.compose(bell_pair(), [alice[0], bob[0]], inplace=True)
    circuit.barrier()
    circuit.id(bob[0])
    if action is not None and action.attack is not None:
        action.attack(circuit, bob[0], "bit_eve")
    circuit.barrier()
    for end, (qubit, bit, basis) in enumerate(
        ((alice[0], bits[0][0], basis_alice), (bob[0], bits[1][0], basis_bob))
    ):
        if three:
            wrong = misalignment[end]
            measure_of_three(circuit, qubit, bit, str(basis), wrong, mirrored=end == 0)
        else:
            measure(circuit, qubit, bit, basis, misalignment[end], rigid=True)
    return circuit


@dataclass(frozen=True, slots=True, kw_only=True)
class EntangledPairs(QkdProtocol):
    """A protocol on entangled pairs.

    Args:
        pair: Fano matrix (4, 4) of the pairs, Alice's qubit first: that of a repeater, say
            (`qnet.states`). ``None``: every circuit makes its own Phi+ pair.
        line_alice: From the source to Alice; ``line`` is the one to Bob.

    Raises:
        ParameterError: If ``pair`` is no state of two qubits, or a detector has a dead time,
            afterpulses or a mismatch (those are Bob's of prepare-and-measure protocols).
    """

    pair: Any = None
    line_alice: Line = field(default_factory=Line)

    def __post_init__(self) -> None:
        QkdProtocol.__post_init__(self)
        if self.pair is not None:
            object.__setattr__(self, "pair", checked_pair(self.pair))
        for line in (self.line, self.line_alice):
            detectors = line.detectors
            refused = {
                "dead_gates": detectors.dead_gates > 0,
                "afterpulse_probability": detectors.afterpulse_probability > 0.0,
                "efficiency_mismatch": detectors.efficiency_mismatch < 1.0,
            }
            for name, given in refused.items():
                if given:
                    hint = "leave it out: coincidences are modelled without it"
                    raise ParameterError(name, "not be given", getattr(detectors, name), hint)

    @property
    def _measuring(self) -> tuple[Line, ...]:
        return self.line_alice, self.line

    def round_circuit(
        self, basis_alice: str | float, basis_bob: str | float, *, three: bool = False
    ) -> Callable[[Action], QuantumCircuit]:
        """The circuit of a round in these bases, given what Eve does; see `pair_circuit`."""
        return partial(
            pair_circuit,
            basis_alice,
            basis_bob,
            prepare_pair=self.pair is None,
            misalignment=(self.line_alice.misalignment, self.line.misalignment),
            three=three,
        )

    def table(self) -> OutcomeTable:
        """Compile each circuit once; then loss and detectors on both sides."""
        inputs = () if self.pair is None else ("alice", "bob")
        table = compile_settings(self.settings(), self.noise, inputs=inputs, state=self.pair)
        if self.line.is_lossless and self.line_alice.is_lossless:
            return table
        table = detect_one_photon(table, "alice", self.line_alice)
        return detect_one_photon(table, "bob", self.line)


def checked_pair(pair: Any) -> FanoRows:  # noqa: ANN401
    """A state of two qubits, as the rows of its Fano matrix; see `qnet.states.read_state`.

    Raises:
        ParameterError: If it is no state of two qubits.
    """
    return read_state("pair", pair)
