"""Eavesdroppers. Each says what it does, as circuits or to photon numbers, and the trace it leaves.

An attack on the qubit adds gates to the circuit of a round between sender and receiver. An attack
on the photon number decides how many photons of a pulse go on, and through what. The trace on the
qubit is the matrix M by which the mean Bloch vector shrinks: the error rate in the basis along
``u`` becomes ``(1 - u.M u)/2``, and correlators of pairs change by M on Bob's side. Attacks
compose:
``Combined(attacks=(InterceptResend(fraction=0.1), BeamSplitting()))``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from protocols.qkd.bases import direction, turn_back, turn_to_z
from qnet.errors import ParameterError, check_probability

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.circuit import Qubit

    from qnet.hardware import Detectors

    Attack = Callable[[QuantumCircuit, Qubit, str], None]

__all__ = [
    "Action",
    "BeamSplitting",
    "EntanglingProbe",
    "Eve",
    "FakedStates",
    "Forwarded",
    "InterceptResend",
    "PhotonNumberSplitting",
    "Combined",
    "resend",
]

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One of the things that Eve may do to a qubit.

    Args:
        probability: How often she does it.
        attack: Adds her gates: called with the circuit, the photon and the name of her bit.
        fakes: Whether she times the photon such that the detector opposite to her bit is
            disfavoured.
        favours: The detector, 0 or 1, that she times every photon for; ``None`` for neither.
        blinds: Number of the basis in which alone blinded detectors answer, with her bit; ``None``
            where they see single photons.
    """

    probability: float
    attack: Attack | None = None
    fakes: bool = False
    favours: int | None = None
    blinds: int | None = None

    @property
    def steers_detectors(self) -> bool:
        """Whether it acts on the detectors, not on the qubit alone."""
        return self.fakes or self.favours is not None or self.blinds is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarded:
    """What becomes of a pulse.

    Args:
        probability: How often.
        photons: How many photons go on.
        transmission: Of the way that is left to them.
        knows: Whether Eve has kept a photon to measure once the basis is announced.
    """

    probability: float
    photons: int
    transmission: float
    knows: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Eve:
    """Nobody: the base of all attacks.

    Examples:
        >>> Eve().bloch_matrix().tolist() == np.eye(3).tolist()
        True
    """

    #: Keys, in ``qnet.references.REFERENCES``, of the works on it.
    references: ClassVar[tuple[str, ...]] = ()

    def actions(self) -> Sequence[Action]:
        """What may happen to a qubit; the probabilities sum to one."""
        return (Action(probability=1.0),)

    def forward(self, photons: int, transmission: float) -> Sequence[Forwarded]:
        """What may become of a pulse on a line with this transmission."""
        return (Forwarded(probability=1.0, photons=photons, transmission=transmission),)

    def bloch_matrix(self) -> Matrix:
        """Matrix (3, 3) by which Bob's mean Bloch vector shrinks; rows and columns X, Y, Z."""
        return np.eye(3)

    def breaks(self, multi_photon: float, detectors: Detectors) -> tuple[str, ...]:
        """Names (of `qnet.metrics.security.ASSUMPTIONS`) of what no error rate shows to be false.

        Args:
            multi_photon: Probability of pulses of several photons that no decoys bound.
            detectors: What Bob detects with.
        """
        return ()

    def error_rate(self, basis: str) -> float:
        """Predicted QBER in a basis, ``"X"``, ``"Y"`` or ``"Z"``."""
        u = direction(basis)
        return float((1.0 - u @ self.bloch_matrix() @ u) / 2.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class InterceptResend(Eve):
    """Measure some of the photons and send on what was found.

    QBER ``f (1 - (u.v)^2)/2`` in a basis ``u`` for Eve's basis ``v``: 1/4 for BB84 with Z and X,
    1/3 for six states with Z, X and Y. CHSH ``2 sqrt 2 (1 - f/2)`` with Z and X.

    Args:
        fraction: Share ``f`` of the photons.
        bases: One of these with equal probability: ``"X"``, ``"Y"``, ``"Z"``, or an angle in
            degrees from Z to X on the Bloch sphere (45 is the Breidbart basis).

    Raises:
        ParameterError: If the fraction is no probability, or there is no basis.

    Examples:
        >>> eve = InterceptResend()
        >>> eve.error_rate("X"), eve.error_rate("Z")
        (0.25, 0.25)
    """

    fraction: float = 1.0
    bases: tuple[str | float, ...] = ("Z", "X")

    def __post_init__(self) -> None:
        check_probability("fraction", self.fraction)
        object.__setattr__(self, "bases", tuple(self.bases))
        if not self.bases:
            raise ParameterError("bases", "be one or more", (), "give bases such as ('Z', 'X')")
        for basis in self.bases:
            direction(basis)

    def actions(self) -> Sequence[Action]:
        """Nothing, or a measurement in one of the bases."""
        share = self.fraction / len(self.bases)
        measured = [Action(probability=share, attack=resend(basis)) for basis in self.bases]
        return [Action(probability=1.0 - self.fraction), *measured]

    def bloch_matrix(self) -> Matrix:
        """``(1 - f) 1 + f <v v^T>``."""
        projections = np.mean([np.outer(direction(b), direction(b)) for b in self.bases], axis=0)
        return (1.0 - self.fraction) * np.eye(3) + self.fraction * projections


def resend(basis: str | float) -> Attack:
    """Measure in a basis, and send on what was found."""

    def attack(circuit: QuantumCircuit, photon: Qubit, bit: str) -> None:
        turn_to_z(circuit, photon, basis)
        _record(circuit, photon, bit)
        turn_back(circuit, photon, basis)

    return attack


def _record(circuit: QuantumCircuit, qubit: Qubit, bit: str) -> None:
    from qiskit import ClassicalRegister

    register = ClassicalRegister(1, bit)
    circuit.add_register(register)
    circuit.measure(qubit, register[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class EntanglingProbe(Eve):
    """Individual attack with one entangling gate: the Fuchs-Peres-Brandt probe.

    Eve's probe starts in ``sqrt(1 - 2 E)|0> + sqrt(2 E)|1>`` and, where it is 1, turns the photon
    about the axis between Z and X. The error rate is E in both Z and X; she measures the probe in X
    and knows each error-free sifted bit with probability ``(1 + sin a)/2``, where
    ``cos a = (1 - 3 E)/(1 - E)``: everything at E = 1/3.

    H. E. Brandt, Phys. Rev. A 71, 042312 (2005); J. H. Shapiro and F. N. C. Wong, Phys. Rev. A 73,
    012315 (2006).

    Args:
        strength: The error rate E that she causes, 0 to 1/3.

    Raises:
        ParameterError: If the strength is out of its range.

    Examples:
        >>> round(EntanglingProbe(strength=1 / 3).guessing_probability, 9)
        1.0
    """

    references: ClassVar[tuple[str, ...]] = ("Brandt2005", "ShapiroWong2006")

    strength: float

    def __post_init__(self) -> None:
        if not 0.0 <= check_probability("strength", self.strength) <= 1.0 / 3.0 + 1e-12:
            hint = "at 1/3 she knows every bit"
            raise ParameterError("strength", "lie in [0, 1/3]", self.strength, hint)

    def actions(self) -> Sequence[Action]:
        """The probe."""
        return (Action(probability=1.0, attack=self._attack),)

    def bloch_matrix(self) -> Matrix:
        """``(1 - 2 E) 1 + 2 E H`` with the Hadamard gate's H: x to z, z to x, y to -y."""
        hadamard = np.array([[0.0, 0.0, 1.0], [0.0, -1.0, 0.0], [1.0, 0.0, 0.0]])
        return (1.0 - 2.0 * self.strength) * np.eye(3) + 2.0 * self.strength * hadamard

    @property
    def guessing_probability(self) -> float:
        """Probability that her guess of a sifted bit without error is right."""
        cosine = (1.0 - 3.0 * self.strength) / (1.0 - self.strength)
        return (1.0 + math.sqrt(max(0.0, 1.0 - cosine**2))) / 2.0

    def _attack(self, circuit: QuantumCircuit, photon: Qubit, bit: str) -> None:
        from qiskit import QuantumRegister

        register = QuantumRegister(1, bit.replace("bit", "probe"))
        circuit.add_register(register)
        probe = register[0]
        circuit.ry(2.0 * math.asin(math.sqrt(2.0 * self.strength)), probe)
        # The controlled Hadamard gate.
        circuit.ry(-math.pi / 4.0, photon)
        circuit.cz(probe, photon)
        circuit.ry(math.pi / 4.0, photon)
        circuit.h(probe)
        _record(circuit, probe, bit)


@dataclass(frozen=True, slots=True, kw_only=True)
class FakedStates(Eve):
    """Intercept, then send the opposite bit in the opposite basis, timed to favour her own bit.

    Uses a mismatch r of the detectors' efficiencies in time (``Detectors.efficiency_mismatch``).
    Bob then clicks mostly when his basis is Eve's, with her bit: the QBER ``2 r / (1 + 3 r)``
    vanishes with r, and she knows the key.

    V. Makarov, A. Anisimov, J. Skaar, Phys. Rev. A 74, 022313 (2006),
    doi:10.1103/PhysRevA.74.022313.

    Args:
        fraction: Share of the photons.

    Raises:
        ParameterError: If the fraction is no probability.

    Examples:
        >>> FakedStates.predicted_qber(0.1)
        0.15384615384615385
    """

    references: ClassVar[tuple[str, ...]] = ("Makarov2006",)

    fraction: float = 1.0

    def __post_init__(self) -> None:
        check_probability("fraction", self.fraction)

    def actions(self) -> Sequence[Action]:
        """Nothing, or the attack in Z or in X."""
        share = self.fraction / 2.0
        attacks = [
            Action(probability=share, attack=_fake(basis), fakes=True) for basis in ("Z", "X")
        ]
        return [Action(probability=1.0 - self.fraction), *attacks]

    def breaks(self, multi_photon: float, detectors: Detectors) -> tuple[str, ...]:
        """Equal detectors, where their timing differs."""
        works = self.fraction > 0.0 and detectors.efficiency_mismatch < 1.0
        return ("equal-detectors",) if works else ()

    def bloch_matrix(self) -> Matrix:
        """Trace without mismatch: a bit in one basis becomes the opposite one in the other."""
        crossed = np.array([[0.0, 0.0, -0.5], [0.0, 0.0, 0.0], [-0.5, 0.0, 0.0]])
        return (1.0 - self.fraction) * np.eye(3) + self.fraction * crossed

    @staticmethod
    def predicted_qber(mismatch: float) -> float:
        """``2 r / (1 + 3 r)`` for BB84 when every photon is attacked."""
        r = check_probability("mismatch", mismatch)
        return 2.0 * r / (1.0 + 3.0 * r)


def _fake(basis: str) -> Attack:
    def attack(circuit: QuantumCircuit, photon: Qubit, bit: str) -> None:
        turn_to_z(circuit, photon, basis)
        _record(circuit, photon, bit)
        circuit.x(photon)
        turn_back(circuit, photon, "X" if basis == "Z" else "Z")

    return attack


@dataclass(frozen=True, slots=True, kw_only=True)
class BeamSplitting(Eve):
    """Put a beam splitter in place of the lossy line, keep the reflected photons.

    No trace at all: yields and error rates are those of the line. Of the pulses of mean ``mu`` that
    Bob detects she holds a photon of a share ``1 - exp(-mu (1 - t))``.

    Examples:
        >>> [(f.photons, round(f.probability, 3), f.knows) for f in BeamSplitting().forward(1, 0.1)]
        [(0, 0.9, True), (1, 0.1, False)]
    """

    def forward(self, photons: int, transmission: float) -> Sequence[Forwarded]:
        """Each photon goes on with the transmission of the line, then nothing is lost."""
        t, n = transmission, photons
        return [
            Forwarded(
                probability=math.comb(n, k) * t**k * (1.0 - t) ** (n - k),
                photons=k,
                transmission=1.0,
                knows=k < n,
            )
            for k in range(n + 1)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotonNumberSplitting(Eve):
    """Count the photons; keep one of two or more, and block single ones to hide the surplus.

    Single photons that pass, and what is left of the others, go through a line without loss. No
    error, but yields that no lossy line has: decoy intensities show them.

    G. Brassard, N. Lutkenhaus, T. Mor, B. C. Sanders, Phys. Rev. Lett. 85, 1330 (2000),
    doi:10.1103/PhysRevLett.85.1330.

    Args:
        pass_single: Probability that a single photon passes.
        pass_multiple: Probability that a pulse of two or more passes.

    Raises:
        ParameterError: If a number is no probability.

    Examples:
        >>> PhotonNumberSplitting(pass_single=0.0).forward(3, 0.1)[0].photons
        2
    """

    references: ClassVar[tuple[str, ...]] = ("Brassard2000",)

    pass_single: float = 0.0
    pass_multiple: float = 1.0

    def __post_init__(self) -> None:
        check_probability("pass_single", self.pass_single)
        check_probability("pass_multiple", self.pass_multiple)

    @classmethod
    def hidden(
        cls, mean_photon_number: float, transmission: float, efficiency: float
    ) -> PhotonNumberSplitting:
        """The attack that leaves the gain of one intensity as it was, ``1 - exp(-t eta mu)``.

        Examples:
            >>> PhotonNumberSplitting.hidden(0.48, 0.01, 0.045).pass_single
            0.0
        """
        mu, eta = mean_photon_number, check_probability("efficiency", efficiency)
        wanted = -math.expm1(-transmission * eta * mu)
        # Sum over n >= 2 of P(n) (1 - (1 - eta)^(n - 1)).
        many = -math.expm1(-mu) - mu * math.exp(-mu)
        miss = 1.0 - eta
        lost = 0.0
        if miss > 0.0:
            lost = (math.exp(-mu * eta) - math.exp(-mu) * (1.0 + mu * miss)) / miss
        multiple = max(many - lost, 0.0)
        if multiple >= wanted:
            return cls(pass_single=0.0, pass_multiple=wanted / multiple)
        single = (wanted - multiple) / (mu * math.exp(-mu) * eta)
        return cls(pass_single=min(single, 1.0))

    def breaks(self, multi_photon: float, detectors: Detectors) -> tuple[str, ...]:
        """Single photons, where no decoys bound the others."""
        return ("single-photons",) if multi_photon > 0.0 else ()

    def forward(self, photons: int, transmission: float) -> Sequence[Forwarded]:
        """Vacuum as it is; one photon or the rest of several, without loss, or nothing."""
        if photons == 0:
            return (Forwarded(probability=1.0, photons=0, transmission=1.0),)
        chance = self.pass_single if photons == 1 else self.pass_multiple
        sent, knows = (1, False) if photons == 1 else (photons - 1, True)
        return (
            Forwarded(probability=chance, photons=sent, transmission=1.0, knows=knows),
            Forwarded(probability=1.0 - chance, photons=0, transmission=1.0),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Combined(Eve):
    """Several attacks, one after the other.

    Args:
        attacks: The first one stands next to the sender.

    Raises:
        ParameterError: If more than one of them acts on the photon number, or on the detectors.

    Examples:
        >>> both = Combined(attacks=(InterceptResend(fraction=0.5), BeamSplitting()))
        >>> both.error_rate("Z")
        0.125
    """

    attacks: tuple[Eve, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "attacks", tuple(self.attacks))
        split = BeamSplitting | PhotonNumberSplitting
        steering = [any(a.steers_detectors for a in each.actions()) for each in self.attacks]
        for count, what in (
            (sum(isinstance(each, split) for each in self.attacks), "acts on the photon number"),
            (sum(steering), "fakes states or steers detectors"),
        ):
            if count > 1:
                rule = f"hold at most one that {what}"
                raise ParameterError("attacks", rule, count, "leave the others out")

    def actions(self) -> Sequence[Action]:
        """Every combination of what each may do."""
        return [_joined(choice) for choice in product(*(each.actions() for each in self.attacks))]

    def forward(self, photons: int, transmission: float) -> Sequence[Forwarded]:
        """That of the one that acts on the photon number."""
        for each in self.attacks:
            if isinstance(each, BeamSplitting | PhotonNumberSplitting):
                return each.forward(photons, transmission)
        return Eve.forward(self, photons, transmission)

    def breaks(self, multi_photon: float, detectors: Detectors) -> tuple[str, ...]:
        """Whatever one of them breaks."""
        found = (name for each in self.attacks for name in each.breaks(multi_photon, detectors))
        return tuple(dict.fromkeys(found))

    def bloch_matrix(self) -> Matrix:
        """The product of theirs."""
        total = np.eye(3)
        for each in self.attacks:
            total = each.bloch_matrix() @ total
        return total


def _joined(choice: Sequence[Action]) -> Action:
    def attack(circuit: QuantumCircuit, photon: Qubit, bit: str) -> None:
        for index, each in enumerate(choice):
            if each.attack is not None:
                # The bit that steers the detectors keeps its plain name.
                own = bit if each is steering or not (index or steering) else f"{bit}_{index + 1}"
                each.attack(circuit, photon, own)

    steering = next((each for each in choice if each.steers_detectors), None)
    probability = math.prod(each.probability for each in choice)
    return replace(steering or Action(probability=1.0), probability=probability, attack=attack)
