"""BB84: two bases, four states.

C. H. Bennett and G. Brassard, Proc. IEEE Int. Conf. Computers, Systems and Signal Processing,
Bangalore, 175 (1984); Theor. Comput. Sci. 560, 7 (2014), doi:10.1016/j.tcs.2014.05.025.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from protocols.qkd.bases import measure, measure_of_three, prepare
from protocols.qkd.eve import Action
from protocols.qkd.outcome_table import Columns
from protocols.qkd.protocol import (
    Choice,
    PrepareAndMeasure,
    SiftedKey,
    check_bias,
    detected,
    two_bases,
)
from protocols.qkd.scenario import PhotonScenario
from protocols.qkd.secrecy import Evidence, bb84_fraction
from qnet.estimate import Estimate

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

__all__ = ["BB84", "Bb84Scenario", "EqualBases", "bb84_circuit"]


def bb84_circuit(
    bit_alice: int,
    basis_alice: str,
    basis_bob: str,
    action: Action | None = None,
    *,
    misalignment: float = 0.0,
    three: bool = False,
) -> QuantumCircuit:
    """One round: prepare, send, measure.

    Args:
        bit_alice: Alice's bit.
        basis_alice: Her basis, ``"Z"``, ``"X"`` or ``"Y"``.
        basis_bob: Bob's basis.
        action: What Eve does on the way.
        misalignment: Of Bob's analyser.
        three: Whether there are three bases, which stay at right angles then: that three error
            rates are those of one state presumes it.

    Returns:
        A circuit on ``photon``, with the bit ``bit_bob``.

    Examples:
        >>> print(bb84_circuit(1, "X", "X").draw("text"))  # doctest: +NORMALIZE_WHITESPACE
                   ┌───┐┌───┐ ░ ┌───┐ ░ ┌───┐┌─┐
           photon: ┤ X ├┤ H ├─░─┤ I ├─░─┤ H ├┤M├
                   └───┘└───┘ ░ └───┘ ░ └───┘└╥┘
        bit_bob: 1/═══════════════════════════╩═
                                              0
    """
    # Local import: key rates, which need no circuit, shall not wait for it.
    from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister

    photon, bit_bob = QuantumRegister(1, "photon"), ClassicalRegister(1, "bit_bob")
    circuit = QuantumCircuit(photon, bit_bob, name="bb84")
    # Alice prepares.
    prepare(circuit, photon[0], bit_alice, basis_alice)
    circuit.barrier(photon)
    # The photon travels; Eve may be there.
    circuit.id(photon[0])
    if action is not None and action.attack is not None:
        action.attack(circuit, photon[0], "bit_eve")
    circuit.barrier(photon)
    # Bob measures.
    analyser = measure_of_three if three else measure
    analyser(circuit, photon[0], bit_bob[0], basis_bob, misalignment)
    return circuit


@dataclass(frozen=True, slots=True, kw_only=True)
class EqualBases(PrepareAndMeasure):
    """Alice sends a bit in one of the bases, Bob measures in one; equal bases give the key."""

    bases: ClassVar[str] = "ZX"

    @abstractmethod
    def basis_probabilities(self) -> dict[str, float]:
        """How often each party chooses each basis."""

    def choices(self) -> Iterator[Choice]:
        """Alice's bit and basis, Bob's basis."""
        chance, wrong = self.basis_probabilities(), self.line.misalignment
        three = len(self.bases) == 3
        for bit, a, b in product((0, 1), self.bases, self.bases):
            yield Choice(
                labels={
                    "bit_alice": bit,
                    "basis_alice": self.bases.index(a),
                    "basis_bob": self.bases.index(b),
                },
                probability=0.5 * chance[a] * chance[b],
                circuit=partial(bb84_circuit, bit, a, b, misalignment=wrong, three=three),
            )

    def sift(self, columns: Columns) -> SiftedKey:
        """Keep detected rounds in which the bases agree."""
        return SiftedKey(
            kept=np.asarray((columns["basis_alice"] == columns["basis_bob"]) & detected(columns)),
            basis=columns["basis_alice"],
            alice=columns["bit_alice"],
            bob=columns["bit_bob"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BB84(EqualBases):
    """BB84 with any source, line and eavesdropper.

    Args:
        key_basis_probability: How often each party chooses Z.

    Raises:
        ParameterError: If a number is out of its range.

    Examples:
        >>> from protocols.qkd import InterceptResend
        >>> result = BB84(eve=InterceptResend()).run(1_000_000, seed=1)
        >>> abs(result.qber.best - 0.25) < 0.003
        True
    """

    name: ClassVar[str] = "bb84"
    references: ClassVar[tuple[str, ...]] = ("BennettBrassard1984", "ShorPreskill2000")

    key_basis_probability: float = 0.5

    def __post_init__(self) -> None:
        EqualBases.__post_init__(self)
        check_bias("key_basis_probability", self.key_basis_probability)

    def basis_probabilities(self) -> dict[str, float]:
        """Z as often as stated."""
        return two_bases(self.key_basis_probability)

    def _fraction(self, evidence: Evidence) -> tuple[Estimate | None, str]:
        """Key from both bases; pulses of several photons count as known to Eve."""
        return bb84_fraction(evidence, self.error_correction_efficiency)


@dataclass(frozen=True, kw_only=True)
class Bb84Scenario(PhotonScenario):
    r"""BB84, with any source of photons.

    Examples:
        >>> import qnet
        >>> qnet.loads('kind = "bb84"\n[eve]\nattack = "intercept-resend"').protocol.eve
        InterceptResend(fraction=1.0, bases=('Z', 'X'))
    """

    kind: ClassVar[str] = "bb84"

    def make(self, **common: Any) -> BB84:  # noqa: ANN401 - arguments of the protocol
        """The protocol with its source."""
        return BB84(**common, source=self.source.light, **self._bias())
