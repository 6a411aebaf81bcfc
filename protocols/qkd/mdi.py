"""Measurement-device-independent key distribution: an untrusted relay makes the Bell measurement.

H.-K. Lo, M. Curty, B. Qi, Phys. Rev. Lett. 108, 130503 (2012), arXiv:1109.1473.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from typing import Any, ClassVar

import numpy as np
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister

from protocols.qkd.bases import prepare
from protocols.qkd.eve import Action
from protocols.qkd.outcome_table import Columns, OutcomeTable, compile_settings
from protocols.qkd.protocol import Choice, QkdProtocol, SiftedKey, check_bias, two_bases
from protocols.qkd.scenario import QkdScenario
from protocols.qkd.secrecy import Evidence, bb84_fraction
from qnet.circuits.swap import bell_measurement
from qnet.coexistence import Coexistence
from qnet.errors import ParameterError
from qnet.estimate import Estimate
from qnet.hardware import Fibre, Line
from qnet.schema import Part, key

__all__ = ["MDI", "MdiScenario", "mdi_circuit"]

#: Values of ``bsm`` that linear optics can tell: Psi+ and Psi-.
PSI_PLUS, PSI_MINUS = 0b01, 0b11


def mdi_circuit(
    bit_alice: int,
    bit_bob: int,
    basis_alice: str,
    basis_bob: str,
    action: Action | None = None,
    *,
    misalignment: tuple[float, float] = (0.0, 0.0),
) -> QuantumCircuit:
    """One round: both send a photon to the relay, which measures in the Bell basis.

    Args:
        bit_alice: Alice's bit.
        bit_bob: Bob's bit.
        basis_alice: Her basis.
        basis_bob: His basis.
        action: What Eve does to Bob's photon.
        misalignment: Of Alice's and of Bob's photon at the relay.

    Returns:
        A circuit on ``alice`` and ``bob`` with the two bits ``bsm``.

    Examples:
        >>> mdi_circuit(0, 1, "Z", "Z").count_ops()["measure"]
        2
    """
    alice, bob = QuantumRegister(1, "alice"), QuantumRegister(1, "bob")
    bsm = ClassicalRegister(2, "bsm")
    circuit = QuantumCircuit(alice, bob, bsm, name="mdi")
    prepare(circuit, alice[0], bit_alice, basis_alice)
    prepare(circuit, bob[0], bit_bob, basis_bob)
    circuit.barrier()
    circuit.id(alice[0])
    circuit.id(bob[0])
    if action is not None and action.attack is not None:
        action.attack(circuit, bob[0], "bit_eve")
    for qubit, wrong in zip((alice[0], bob[0]), misalignment, strict=True):
        if wrong > 0.0:
            circuit.ry(2.0 * math.asin(math.sqrt(wrong)), qubit)
    circuit.barrier()
    circuit.compose(bell_measurement(), [alice[0], bob[0]], bsm, inplace=True)
    return circuit


@dataclass(frozen=True, slots=True, kw_only=True)
class MDI(QkdProtocol):
    """MDI-QKD with single photons and a relay of linear optics, which tells Psi+ from Psi-.

    A round counts when two of the relay's four detectors click as Psi+ or Psi-. Dark counts that
    stand in for a missing photon give a random one: two of the pairs of detectors with either
    outcome fit one photon, each with the dark count probability of the missing click; without any
    photon four pairs fit.

    Args:
        line_alice: From Alice to the relay (``line`` is Bob's); detectors are those of ``line``.
        key_basis_probability: How often each party chooses Z.

    Raises:
        ParameterError: If a number is out of its range, or a device is given that the relay does
            not have.

    Examples:
        >>> result = MDI().run(100_000, seed=1)
        >>> result.qber.best, abs(result.sifted_bits.best / 100_000 - 0.25) < 0.01
        (0.0, True)
    """

    name: ClassVar[str] = "mdi"
    references: ClassVar[tuple[str, ...]] = ("Lo2012", "ShorPreskill2000")
    sends_photons: ClassVar[bool] = True

    line_alice: Line = field(default_factory=Line)
    key_basis_probability: float = 0.5

    def __post_init__(self) -> None:
        QkdProtocol.__post_init__(self)
        check_bias("key_basis_probability", self.key_basis_probability)
        detectors = self.line.detectors
        refused = {
            "efficiency_1": detectors.efficiency_1 not in (None, detectors.efficiency),
            "afterpulse_probability": detectors.afterpulse_probability > 0.0,
            "efficiency_mismatch": detectors.efficiency_mismatch < 1.0,
            "dead_gates": detectors.dead_gates > 0,
        }
        for name, given in refused.items():
            if given:
                hint = "leave it out: the relay's four detectors are equal"
                raise ParameterError(name, "not be given", getattr(detectors, name), hint)

    @property
    def _measuring(self) -> tuple[Line, ...]:
        """Nobody: the relay is not trusted."""
        return ()

    def choices(self) -> Iterator[Choice]:
        """Both bits, both bases."""
        chance = two_bases(self.key_basis_probability)
        wrong = (self.line_alice.misalignment, self.line.misalignment)
        for bit_alice, bit_bob, a, b in product((0, 1), (0, 1), "ZX", "ZX"):
            yield Choice(
                labels={
                    "bit_alice": bit_alice,
                    "bit_bob": bit_bob,
                    "basis_alice": "ZX".index(a),
                    "basis_bob": "ZX".index(b),
                },
                probability=0.25 * chance[a] * chance[b],
                circuit=partial(mdi_circuit, bit_alice, bit_bob, a, b, misalignment=wrong),
            )

    def table(self) -> OutcomeTable:
        """Compile each circuit once; then arrivals at the relay and its dark counts."""
        table = compile_settings(self.settings(), self.noise)
        detectors = self.line.detectors
        arrive_a = self.line_alice.transmission * detectors.efficiency
        arrive_b = self.line.transmission * detectors.efficiency
        dark = detectors.dark_probability
        both = arrive_a * arrive_b * (1.0 - dark) ** 2
        one = arrive_a * (1.0 - arrive_b) + (1.0 - arrive_a) * arrive_b
        false = 2.0 * one * dark * (1.0 - dark) ** 2
        false += 4.0 * (1.0 - arrive_a) * (1.0 - arrive_b) * dark**2 * (1.0 - dark) ** 2
        bsm, chances = table.columns["bsm"], table.probabilities
        told = (bsm == PSI_PLUS) | (bsm == PSI_MINUS)
        true = np.where(told, both * chances, 0.0)
        invented = [np.full_like(bsm, value) for value in (PSI_PLUS, PSI_MINUS)]
        names = [name for name in table.columns if name != "bsm"]
        columns = {name: np.tile(table.columns[name], 4) for name in names}
        columns["bsm"] = np.concatenate([bsm, *invented, np.zeros_like(bsm)])
        rest = np.maximum(chances * (1.0 - false) - true, 0.0)
        return OutcomeTable(
            columns=columns,
            probabilities=np.concatenate([true, *[chances * (false / 2.0)] * 2, rest]),
            undetected=np.concatenate(
                [~told, np.zeros(2 * len(bsm), bool), np.ones(len(bsm), bool)]
            ),
        )

    def sift(self, columns: Columns) -> SiftedKey:
        """Keep announced rounds in equal bases; Bob flips, but not in X after Psi+."""
        same = columns["basis_alice"] == columns["basis_bob"]
        told = (columns["bsm"] == PSI_PLUS) | (columns["bsm"] == PSI_MINUS)
        flip = (columns["basis_bob"] == 0) | (columns["bsm"] == PSI_MINUS)
        return SiftedKey(
            kept=np.asarray(same & told),
            basis=columns["basis_alice"],
            alice=columns["bit_alice"],
            bob=np.asarray(columns["bit_bob"] ^ flip),
        )

    def _fraction(self, evidence: Evidence) -> tuple[Estimate | None, str]:
        return bb84_fraction(evidence, self.error_correction_efficiency)


@dataclass(frozen=True, kw_only=True)
class MdiScenario(QkdScenario):
    """Measurement-device-independent key distribution with single photons.

    Args:
        fibre: From Bob to the relay.
        detector: The relay's detectors, and the misalignment of Bob's photons.
        fibre_alice: From Alice to the relay.
        coexistence_alice: Classical channels on that fibre.
    """

    kind: ClassVar[str] = "mdi"

    fibre_alice: Part[Fibre] | None = key(None, only=("length_km", "loss_db_per_km"))
    coexistence_alice: Coexistence | None = None

    def _stray_counts(self, end: str, efficiency: float) -> float | None:
        """Counts of noise light in a gate, of two of the relay's four detectors, of both fibres."""
        found = [self._noise(each, efficiency) for each in ("", "_alice")]
        counts = [noise.counts_per_gate for noise in found if noise is not None]
        return sum(counts) / 2.0 if counts else None

    def make(self, **common: Any) -> MDI:  # noqa: ANN401 - arguments of the protocol
        """The protocol with both lines."""
        return MDI(**common, line_alice=self.line("_alice"), **self._bias())
