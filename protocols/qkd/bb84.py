"""BB84: two bases, four states.

C. H. Bennett and G. Brassard, Proc. IEEE Int. Conf. Computers, Systems and Signal Processing,
Bangalore, 175 (1984); Theor. Comput. Sci. 560, 7 (2014), doi:10.1016/j.tcs.2014.05.025.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from protocols.key_rates.checks import check_clock
from protocols.key_rates.flawed_states import flawed_angles
from protocols.key_rates.intensities import check_uncertainty, poisson_range
from protocols.key_rates.real_device import (
    METHOD_REFERENCES,
    METHODS,
    QubitDevice,
    proof_of,
    real_bb84,
)
from protocols.key_rates.result import KeyRate
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
from protocols.qkd.tables import RealPhotons, SecurityRules
from qnet.errors import ParameterError, check_non_negative
from qnet.estimate import Estimate
from qnet.hardware import WeakPulses
from qnet.metrics.security import Apparatus
from qnet.schema import key

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

__all__ = ["BB84", "Bb84Scenario", "EqualBases", "bb84_circuit"]

#: Keys of [source] that say what is not as it should be.
_FLAWS = ("modulation_error_rad", "trojan_mean_photons", "intensity_uncertainty")

_EPSILONS = ("epsilon_secrecy", "epsilon_correctness")


def bb84_circuit(
    bit_alice: int,
    basis_alice: str,
    basis_bob: str,
    action: Action | None = None,
    *,
    misalignment: float = 0.0,
    three: bool = False,
    turn: float = 0.0,
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
        turn: Angle by which Alice's state is turned too far, from Z to X on the Bloch sphere.

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
    if action is None or action.step is None:
        prepare(circuit, photon[0], bit_alice, basis_alice)
    else:
        circuit.ry(action.step * ("ZX".index(basis_alice) + 2 * bit_alice), photon[0])
    if turn != 0.0:
        circuit.ry(turn, photon[0])
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
                circuit=partial(
                    bb84_circuit,
                    bit,
                    a,
                    b,
                    misalignment=wrong,
                    three=three,
                    turn=self._turn(bit, a),
                ),
            )

    def _turn(self, bit: int, basis: str) -> float:
        """Angle by which Alice turns a state too far; none, unless her modulator is flawed."""
        return 0.0

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
        modulation_error_rad: ``delta``: Alice's states are at ``theta (1 + delta/pi)`` on the Bloch
            sphere. No key of a run is claimed then: `protocols.key_rates.real_bb84` knows one.
        trojan_mean_photons: Mean photon number of light that leaves the transmitter with the phase
            of its modulator. It changes no outcome; no key of a run is claimed.
        intensity_uncertainty: Largest relative error of the mean photon numbers of weak pulses.

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
    modulation_error_rad: float = 0.0
    trojan_mean_photons: float = 0.0
    intensity_uncertainty: float = 0.0

    def __post_init__(self) -> None:
        EqualBases.__post_init__(self)
        check_bias("key_basis_probability", self.key_basis_probability)
        flawed_angles(self.modulation_error_rad)
        check_non_negative("trojan_mean_photons", self.trojan_mean_photons)
        check_uncertainty("intensity_uncertainty", self.intensity_uncertainty)

    def apparatus(self, pulses: int | None = None) -> Apparatus:
        """What a security proof must know; flawed states and light that leaks break the plain one.

        Args:
            pulses: How many were sent; ``None`` where that plays no part.
        """
        found = EqualBases.apparatus(self, pulses)
        return replace(found, broken=tuple(dict.fromkeys((*found.broken, *self._flawed()))))

    def multi_photon_probability(self) -> float:
        """Largest share of the pulses with two photons or more, which Eve may know."""
        if not isinstance(self.source, WeakPulses) or self.intensity_uncertainty == 0.0:
            return EqualBases.multi_photon_probability(self)
        several = [
            1.0 - poisson_range(mean, self.intensity_uncertainty)[0][:2].sum()
            for mean in self.source.intensities
        ]
        return float(np.dot(self.source.probabilities, several))

    def _flawed(self) -> tuple[str, ...]:
        """Names of what is not as the proof of a run presumes."""
        flawed = self.modulation_error_rad != 0.0 or self.trojan_mean_photons > 0.0
        return ("trusted-devices",) if flawed else ()

    def _turn(self, bit: int, basis: str) -> float:
        """Angle by which Alice's modulator turns a state too far."""
        if self.modulation_error_rad == 0.0:
            return 0.0
        number = 2 * "ZX".index(basis) + bit
        return flawed_angles(self.modulation_error_rad)[number] - flawed_angles(0.0)[number]

    def basis_probabilities(self) -> dict[str, float]:
        """Z as often as stated."""
        return two_bases(self.key_basis_probability)

    def _fraction(self, evidence: Evidence) -> tuple[Estimate | None, str]:
        """Key from both bases; pulses of several photons count as known to Eve."""
        return bb84_fraction(evidence, self.error_correction_efficiency)


@dataclass(frozen=True, kw_only=True)
class Bb84Rules(SecurityRules):
    """How secret the key must be, and how it is worked out.

    Args:
        method: The proof of a key rate; the best that is known for the device unless given.
    """

    method: str | None = key(None, choices=METHODS, quiet=True)


@dataclass(frozen=True, kw_only=True)
class Bb84Scenario(PhotonScenario):
    r"""BB84, with any source of photons, to be played or worked out.

    Args:
        source: What Alice's pulses hold, and what is not as it should be.
        security: How secret the key must be.

    Examples:
        >>> import qnet
        >>> qnet.loads('kind = "bb84"\n[eve]\nattack = "intercept-resend"').protocol.eve
        InterceptResend(fraction=1.0, bases=('Z', 'X'))
        >>> leaky = 'kind = "bb84"\n[source]\ntrojan_mean_photons = 1e-6'
        >>> qnet.loads(leaky, changes={"detector.misalignment": 0.01}).key_rate().method
        'coin'
    """

    kind: ClassVar[str] = "bb84"

    source: RealPhotons = key(factory=RealPhotons)
    security: Bb84Rules = key(factory=Bb84Rules)

    # Played.

    def make(self, **common: Any) -> BB84:  # noqa: ANN401 - arguments of the protocol
        """The protocol with its source."""
        flaws = {name: getattr(self.source, name) for name in _FLAWS}
        return BB84(**common, source=self.source.light, **self._bias(), **flaws)

    def _analysis(self) -> Iterator[str]:
        """Keys of the works on the protocol and on its key; of flaws where there are any."""
        yield from PhotonScenario._analysis(self)
        device = self.device() if self._has_one_intensity else None
        if device is not None and (device.flaws or self.security.method is not None):
            yield from METHOD_REFERENCES.get(self.security.method or proof_of(device) or "", ())

    def _idle_rules(self) -> dict[str, str]:
        return PhotonScenario._idle_rules(self) | {"method": "it is of key rates"}

    # Worked out.

    def key_rate(self) -> KeyRate:
        """The key per round in the key basis, by a proof that holds for the device.

        Raises:
            ParameterError: If something is out of range, or no part of key rates.
            EngineError: If the proof takes cvxpy and Clarabel, which are not installed.
        """
        with self.named():
            self._refuse_runs("afterpulse_probability", "dead_gates")
            if self.clock_hz is not None:
                check_clock("clock_hz", self.clock_hz)
            efficiency = self.security.error_correction_efficiency
            rate = real_bb84(
                self.device(),
                method=self.security.method,
                error_correction_efficiency=1.0 if efficiency is None else efficiency,
            )
        return replace(rate, notes=(*self._rate_notes(), *rate.notes))

    @property
    def _has_one_intensity(self) -> bool:
        light = self.source.light
        return light is None or len(light.probabilities) == 1

    def device(self) -> QubitDevice:
        """Source, line and receiver, as proofs of key rates take them.

        Raises:
            ParameterError: If the source has several intensities.
        """
        line, light = self.line(), self.source.light
        photons: tuple[float, ...] = (0.0, 1.0)
        if light is not None:
            if not self._has_one_intensity:
                hint = "take kind decoy-bb84"
                given = list(self.source.weak["intensities"])
                rule = "be one in a key rate of this kind"
                raise ParameterError("source.intensities", rule, given, hint)
            found = [float(share) for share in light.photon_numbers(0)]
            photons = tuple([*found, 0.0, 0.0][: max(len(found), 2)])
        return QubitDevice(
            efficiencies=line.detectors.efficiencies,
            dark_count_probability=line.detectors.dark_probability,
            transmission=line.transmission,
            misalignment=self.detector.misalignment,
            modulation_error_rad=self.source.modulation_error_rad,
            trojan_mean_photons=self.source.trojan_mean_photons,
            photons=photons,
            several=self.protocol.apparatus().multi_photon,
        )

    def _rate_notes(self) -> Iterator[str]:
        """A sentence for each key that has no effect on the rate."""
        for name in ("bound", "basis_bias", "block_size", "sifting", *_EPSILONS):
            if getattr(self.security, name) is not None:
                yield f"security.{name} has no effect: the rate is per round in the key basis"
