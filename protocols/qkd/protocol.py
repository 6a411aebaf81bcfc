"""Base of all protocols: settings to a table, a table to rounds, rounds to figures of merit."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from protocols.qkd.bases import BASES
from protocols.qkd.eve import Action, Eve
from protocols.qkd.outcome_table import (
    Bits,
    Columns,
    Configuration,
    OutcomeCounts,
    OutcomeTable,
    RegisteredRounds,
    compile_settings,
)
from protocols.qkd.pulses import detect_pulses
from protocols.qkd.result import QkdResult, expected_count
from protocols.qkd.secrecy import Evidence, claim_of, judge
from qnet.errors import ParameterError, check_at_least, check_integer
from qnet.estimate import Estimate
from qnet.hardware import Line, PhotonSource
from qnet.metrics.security import Apparatus, SecurityClaim
from qnet.metrics.statistics import proportion_estimate

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.providers import BackendV2
    from qiskit_aer.noise import NoiseModel

    from qnet.noise import Noise

__all__ = ["Choice", "PrepareAndMeasure", "QkdProtocol", "SiftedKey", "detected"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Choice:
    """What the parties may decide before a round.

    Args:
        labels: What is decided: name -> small whole number.
        probability: How often it is decided so.
        circuit: The circuit that it leads to, given what Eve does.
    """

    labels: Mapping[str, int]
    probability: float
    circuit: Callable[[Action], QuantumCircuit]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SiftedKey:
    """What the public discussion makes of rounds (or of classes of rounds).

    Args:
        kept: Which give a bit of the sifted key.
        basis: Number of the basis, 0 for Z, 1 for X, 2 for Y.
        alice: Alice's bit.
        bob: Bob's bit.
    """

    kept: NDArray[np.bool_]
    basis: Bits
    alice: Bits
    bob: Bits

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """Which kept ones differ."""
        return self.kept & (self.alice != self.bob)

    def keys(self) -> tuple[Bits, Bits]:
        """The sifted keys of Alice and of Bob."""
        return self.alice[self.kept], self.bob[self.kept]


@dataclass(frozen=True, slots=True, kw_only=True)
class QkdProtocol(ABC):
    """A key-distribution protocol.

    Args:
        eve: Who listens.
        line: From the source to Bob.
        noise: Noise of the circuits: what `qnet.noise.as_noise` accepts. A photon that travels is
            the gate ``id``: a noise model that names ``id`` is the noise of the channel. A backend
            is taken as the device that the circuits run on: qubit i of a circuit is its qubit i,
            and they are translated to its native gates.
        error_correction_efficiency: Bits announced per Shannon bit, 1 or more.
    """

    name: ClassVar[str]
    #: Keys, in ``qnet.references.REFERENCES``, of the works on it and on the fraction of its key.
    references: ClassVar[tuple[str, ...]] = ()
    #: Whether a party prepares light, whose photon number a proof must know.
    sends_photons: ClassVar[bool] = False

    eve: Eve = field(default_factory=Eve)
    line: Line = field(default_factory=Line)
    noise: Noise | NoiseModel | BackendV2 | None = None
    error_correction_efficiency: float = 1.0

    def __post_init__(self) -> None:
        hint = "1 is the Shannon limit"
        check_at_least("error_correction_efficiency", self.error_correction_efficiency, 1.0, hint)
        steers = any(a.favours is not None or a.blinds is not None for a in self.eve.actions())
        if steers and not isinstance(self, PrepareAndMeasure):
            hint = "take bb84, decoy-bb84, six-state, b92 or sarg04, whose detectors are modelled"
            raise ParameterError("eve", "leave the detectors alone", type(self.eve).__name__, hint)

    @abstractmethod
    def choices(self) -> Iterator[Choice]:
        """Everything that the parties can decide before a round."""

    def settings(self) -> list[Configuration]:
        """Everything that can be decided before a round, what Eve does included: its circuit."""
        return [
            Configuration(
                labels={**choice.labels, "eve": number},
                probability=choice.probability * action.probability,
                circuit=choice.circuit(action),
            )
            for choice in self.choices()
            for number, action in enumerate(self.eve.actions())
            if action.probability > 0.0
        ]

    @abstractmethod
    def sift(self, columns: Columns) -> SiftedKey:
        """The public discussion, of rounds (``rounds.columns``) or classes (``table.columns``)."""

    @abstractmethod
    def table(self) -> OutcomeTable:
        """All classes of rounds with their exact probabilities."""

    @property
    def _measuring(self) -> tuple[Line, ...]:
        """Lines of the parties who measure, Alice's first."""
        return (self.line,)

    def apparatus(self, pulses: int | None = None) -> Apparatus:
        """What a security proof must know of source, detectors and eavesdropper.

        Args:
            pulses: How many were sent; ``None`` where that plays no part.
        """
        return Apparatus(
            pulses=pulses,
            efficiencies=tuple(each.detectors.click_efficiencies for each in self._measuring),
            broken=self.eve.breaks(0.0, self.line.detectors),
        )

    def play(self, rounds: int, *, seed: int) -> RegisteredRounds:
        """Draw rounds one by one.

        Args:
            rounds: How many.
            seed: Seed of the run.
        """
        rng = np.random.default_rng(check_integer("seed", seed, 0))
        return self.table().draw(rounds, rng, dead_gates=self.line.detectors.dead_gates)

    def run(self, rounds: int, *, seed: int) -> QkdResult:
        """Draw how often each class comes, and estimate: any number of rounds at once.

        Args:
            rounds: How many.
            seed: Seed of the run.
        """
        rng = np.random.default_rng(check_integer("seed", seed, 0))
        dead = self.line.detectors.dead_gates
        return self.estimate(self.table().count(rounds, rng, dead_gates=dead), seed=seed)

    def estimate(self, counts: OutcomeCounts, *, seed: int | None = None) -> QkdResult:
        """Figures of merit of rounds that were played.

        Args:
            counts: ``rounds.counts()``, or ``table.count(...)``.
            seed: Seed of the run, to be kept in the result.
        """
        sifted = self.sift(counts.table.columns)
        by_basis, both = {}, []
        for number, basis in enumerate(BASES):
            here = sifted.kept & (sifted.basis == number)
            if counts.among(here):
                wrong = counts.among(here & sifted.wrong)
                by_basis[basis] = proportion_estimate(wrong, counts.among(here))
                both.append((number, counts.among(here), wrong))
        kept = counts.among(sifted.kept)
        qber = proportion_estimate(counts.among(sifted.wrong), kept) if kept else None
        judgement = judge(self, counts)
        fraction, length = judgement.fraction, None
        if fraction is not None:
            length = Estimate(
                fraction.low * kept, fraction.best * kept, fraction.high * kept, counts.total
            )
        yields, errors = _by_intensity(counts, sifted)
        return QkdResult(
            protocol=self.name,
            pulses=counts.total,
            seed=seed,
            qber=qber,
            qber_by_basis=by_basis,
            yields=yields,
            qber_by_intensity=errors,
            sifted_bits=expected_count(kept, counts.total),
            secret_key_fraction=fraction,
            secret_bits=length,
            secret_key_rate_per_pulse=None if length is None else length * (1.0 / counts.total),
            chsh=self.chsh(counts),
            reason=judgement.reason,
            security=judgement.security,
            notes=judgement.notes,
        )

    def chsh(self, counts: OutcomeCounts) -> Estimate | None:
        """The CHSH value, if the protocol measures it."""
        return None

    def _claim(self, evidence: Evidence) -> SecurityClaim:
        """What a key of these rounds claims."""
        return claim_of(self, evidence, "asymptotic")

    def _fraction(self, evidence: Evidence) -> tuple[Estimate | None, str]:
        """Secret bits per sifted bit, and why there is none."""
        return None, f"the key rate of {self.name} is not among those that are known here"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareAndMeasure(QkdProtocol):
    """Alice sends photons, Bob measures them.

    Args:
        source: What her pulses hold; ``None`` is exactly one photon.
    """

    sends_photons: ClassVar[bool] = True

    source: PhotonSource | None = None

    def table(self) -> OutcomeTable:
        """Compile each circuit once; then pulses, loss and detectors."""
        table = compile_settings(self.settings(), self.noise)
        steered = any(action.steers_detectors for action in self.eve.actions())
        passed = all(each.photons == 1 for each in self.eve.forward(1, 1.0) if each.probability)
        if self.source is None and self.line.is_lossless and passed and not steered:
            return table
        return detect_pulses(table, self.source, self.eve, self.line)

    def apparatus(self, pulses: int | None = None) -> Apparatus:
        """What a security proof must know; pulses of several photons are known to Eve."""
        many = self.multi_photon_probability()
        return replace(
            QkdProtocol.apparatus(self, pulses),
            multi_photon=many,
            broken=self.eve.breaks(many, self.line.detectors),
        )

    def multi_photon_probability(self) -> float:
        """Share of the pulses with two photons or more, which Eve may know."""
        if self.source is None:
            return 0.0
        shares = self.source.probabilities
        many = [self.source.photon_numbers(k)[2:].sum() for k in range(len(shares))]
        return float(np.dot(shares, many))


def _by_intensity(
    counts: OutcomeCounts, sifted: SiftedKey
) -> tuple[tuple[Estimate, ...], tuple[Estimate | None, ...]]:
    """Share of detected pulses, and error rate of their sifted bits, per intensity."""
    columns = counts.table.columns
    intensity = columns.get("intensity", np.zeros(len(counts.counts), np.uint8))
    yields: list[Estimate] = []
    errors: list[Estimate | None] = []
    for k in np.unique(intensity):
        here = intensity == k
        sent = counts.among(here)
        if sent == 0:
            yields.append(Estimate(0.0, 0.0, 1.0, 0))
            errors.append(None)
            continue
        yields.append(proportion_estimate(counts.among(here & ~counts.table.undetected), sent))
        kept = counts.among(here & sifted.kept)
        wrong = counts.among(here & sifted.wrong)
        errors.append(proportion_estimate(wrong, kept) if kept else None)
    return tuple(yields), tuple(errors)


def detected(columns: Columns) -> NDArray[np.bool_]:
    """Which rounds, or classes of rounds, have a click at each end that measures.

    Examples:
        >>> detected({"bit_bob": np.array([0, 1]), "click_bob": np.array([1, 0])}).tolist()
        [True, False]
    """
    found = np.ones(len(next(iter(columns.values()))), dtype=bool)
    for name in ("click_alice", "click_bob"):
        if name in columns:
            found &= columns[name] == 1
    return found


def two_bases(key_basis_probability: float) -> dict[str, float]:
    """How often Z and X are chosen, Z being the key basis."""
    return {"Z": key_basis_probability, "X": 1.0 - key_basis_probability}


def check_bias(field_name: str, value: float) -> float:
    """A probability of the key basis, strictly between 0 and 1."""
    number = check_at_least(field_name, value, 0.0, "0.5 is even, 0.9 is usual")
    if not 0.0 < number < 1.0:
        hint = "both bases are needed: 0.5 is even, 0.9 is usual"
        raise ParameterError(field_name, "lie strictly between 0 and 1", value, hint)
    return number
