"""Scenario of a key-distribution protocol: its tables, and how it is played.

A protocol's own scenario stands beside it: its tables, and ``make``, which builds the protocol from
them. One line in the table of kinds (`qnet.schema.KINDS`, or `qnet.schema.register_kind` from
outside) lets ``qnet run``, ``--set``, ``qnet schema`` and ``qnet.load`` know it.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

from protocols.key_rates.report import SAMPLED, check_engine, run_report
from protocols.qkd.protocol import QkdProtocol
from protocols.qkd.result import QkdResult
from protocols.qkd.tables import (
    ATTACKS,
    MOST,
    Attack,
    Clock,
    Photons,
    Pulses,
    Receiver,
    SecurityRules,
    large,
)
from qnet.coexistence import CHANNELS, Coexistence, FibreNoise, noisy_detectors
from qnet.errors import ParameterError
from qnet.hardware import Fibre, FreeSpace, Line, PhotonSource
from qnet.metrics.report import Report
from qnet.schema import Part, Scenario, Whole, check_fields, key, missing, paths
from qnet.schema.values import renamed

__all__ = ["PairScenario", "PhotonScenario", "QkdScenario"]

#: Rounds of a run, unless the file says how many or gives a block to be filled.
_PULSES = 1_000_000_000

#: Keys of [detector] that runs alone follow, where they differ from these.
_DRAWN = {"afterpulses": "same-setting", "efficiency_mismatch": 1.0}

#: Fields of protocols and devices that a file calls otherwise.
_CALLED = {"key_basis_probability": "security.basis_bias", "dead_gates": "detector.dead_time_s"}


@dataclass(frozen=True, kw_only=True)
class QkdScenario(Scenario):
    """A protocol of key distribution with its devices, and what a run of it needs.

    Args:
        name: What to call it: the name of its file.
        seed: Seed of the run.
        pulses: Rounds that are played.
        rounds: The same by another name.
        source: What is sent, and how often.
        fibre: From the source to Bob.
        coexistence: Classical channels on that fibre.
        detector: Bob's analyser and detectors.
        security: How secret the key must be.
        eve: Who listens.

    Raises:
        ParameterError: If something is missing, out of range, or does not go together.
    """

    kind: ClassVar[str]

    name: str = key("scenario", hidden=True, compare=False)
    seed: int = key(1, check=Whole())
    pulses: int | None = key(
        None,
        read=large,
        excludes=("rounds",),
        range={"minimum": 1, "maximum": MOST},
        example=1000000,
    )
    rounds: int | None = key(
        None, read=large, range={"minimum": 1, "maximum": MOST}, example=1000000
    )
    source: Clock = key(factory=Clock)
    fibre: Part[Fibre] | None = key(
        None, only=("length_km", "loss_db_per_km", "switch_loss_db"), excludes=("free_space",)
    )
    coexistence: Coexistence | None = None
    detector: Receiver = key(factory=Receiver)
    security: SecurityRules = key(factory=SecurityRules)
    eve: Attack | None = None

    def __post_init__(self) -> None:
        check_fields(self)
        self.protocol  # noqa: B018 - checked here

    @abstractmethod
    def make(self, **common: Any) -> QkdProtocol:  # noqa: ANN401 - arguments of the protocol
        """The protocol.

        Args:
            common: What all protocols have: line, eavesdropper, efficiency of error correction.
        """

    @cached_property
    def protocol(self) -> QkdProtocol:
        """The protocol with its devices and eavesdropper."""
        with self.named():
            light, line = self._light, self.line()
            common: dict[str, Any] = {"line": line}
            if self.security.error_correction_efficiency is not None:
                common["error_correction_efficiency"] = self.security.error_correction_efficiency
            if self.eve is not None:
                self.eve.check_source(light)
                efficiency = line.detectors.efficiency
                common["eve"] = self.eve.eve(light, line.transmission, efficiency)
            return self.make(**common)

    @property
    def model(self) -> str:
        """The security analysis."""
        return self.security.model

    @property
    def clock_hz(self) -> float | None:
        """Pulses per second, if they are known."""
        return self.source.clock_hz

    @property
    def _light(self) -> PhotonSource | None:
        """What a pulse of a source of photons holds; None is one photon, or a source of pairs."""
        return None

    def named(self) -> AbstractContextManager[None]:
        """Errors of protocol and devices with the fields called as in the file."""
        own = {path.rpartition(".")[2]: path for path in reversed(paths(type(self)))}
        return renamed({**own, **_CALLED}, "", {})

    def line(self, end: str = "") -> Line:
        """From the source to one party.

        Args:
            end: ``"_alice"`` for Alice's line; Bob's unless given.
        """
        table = f"detector{end}"
        own: Receiver | None = getattr(self, table, None)
        receiver, table = (self.detector, "detector") if own is None else (own, table)
        detectors = receiver.detectors(self.clock_hz, table)
        counts = self._stray_counts(end, max(detectors.efficiencies))
        if counts is not None:
            detectors = noisy_detectors(detectors, counts)
        return Line(
            transmission=self._transmission(end),
            detectors=detectors,
            misalignment=0.0 if own is None else own.misalignment,
        )

    @property
    def lit_fibre(self) -> Fibre:
        """Bob's fibre, which classical channels share."""
        return self._fibre_of("")

    def noise(self) -> FibreNoise:
        """Noise light of classical channels on Bob's fibre.

        Raises:
            ParameterError: If there is none, or no fibre.
        """
        detectors = self.detector.detectors(self.clock_hz)
        found = self._noise("", max(detectors.efficiencies))
        if found is None:
            raise missing("coexistence.channels", CHANNELS)
        return found

    def _stray_counts(self, end: str, efficiency: float) -> float | None:
        """Counts of noise light in a gate, of two detectors; None without classical channels."""
        noise = self._noise(end, efficiency)
        return None if noise is None else noise.counts_per_gate

    def _noise(self, end: str, efficiency: float) -> FibreNoise | None:
        """Noise light on the fibre of a party; None without classical channels."""
        beside: Coexistence | None = getattr(self, f"coexistence{end}", None)
        if beside is None:
            return None
        return beside.noise(self._fibre_of(end), efficiency=efficiency)

    def _fibre_of(self, end: str) -> Fibre:
        """The fibre of a party, which must be described."""
        fibre: Part[Fibre] | None = getattr(self, f"fibre{end}", None)
        if fibre is None or "length_km" not in fibre:
            field = f"fibre{end}.length_km"
            raise missing(field, 50)
        return fibre.over()

    def _transmission(self, end: str) -> float:
        """Of a fibre, or of free space; one where neither is given."""
        beam: FreeSpace | None = None if end else getattr(self, "free_space", None)
        if beam is not None:
            return beam.transmission
        if getattr(self, f"fibre{end}", None) is None:
            return 1.0
        return self._fibre_of(end).transmission

    def cited(self) -> Iterator[str]:
        """Keys of the works behind the run, in ``qnet.references.REFERENCES``."""
        yield from self._analysis()
        for end in ("", "_alice"):
            beside: Coexistence | None = getattr(self, f"coexistence{end}", None)
            if beside is not None:
                yield from beside.cited()
        if self.eve is not None:
            yield from ATTACKS[self.eve.attack].references
        yield from ("Qiskit", "QiskitAer")

    def _analysis(self) -> Iterator[str]:
        """Keys of the works on the protocol and on its key."""
        yield from self.protocol.references

    def play(
        self,
        *,
        engine: str = SAMPLED,
        shots: int | None = None,
        seed: int | None = None,
        **_: object,
    ) -> QkdResult:
        r"""Play the rounds.

        Args:
            engine: The sampled one: there is no other.
            shots: Rounds, unless as described.
            seed: Seed, unless as described.

        Raises:
            ParameterError: If the block cannot be filled, or another engine is asked for.

        Examples:
            >>> import qnet
            >>> qnet.loads('kind = "bb84"\npulses = 1000').play().qber.best
            0.0
        """
        check_engine(engine)
        count, notes = self._filling() if shots is None else (shots, self._unfilled())
        result = self.protocol.run(count, seed=self.seed if seed is None else seed)
        return replace(result, notes=(*notes, *self._idle(), *result.notes))

    def report(self, result: QkdResult, **_: object) -> Report:
        """What is shown of a result."""
        return run_report(self, result)

    @property
    def _given(self) -> int | None:
        return self.rounds if self.pulses is None else self.pulses

    @property
    def planned_pulses(self) -> int:
        """Rounds of a run: as the file says, or as many as fill the block on average."""
        return self._filling()[0]

    def _filling(self) -> tuple[int, tuple[str, ...]]:
        """Rounds: as the file says, or as many as fill the block on average."""
        if self._given is not None:
            return self._given, ()
        if self.security.block_size is None:
            return _PULSES, ()
        block = large("security.block_size", self.security.block_size)
        table = self.protocol.table()
        sifted = self.protocol.sift(table.columns)
        share = float(table.probabilities[sifted.kept & (sifted.basis == 0)].sum())
        if share * MOST < block:
            hint = "shorten the fibre, or give a smaller block or pulses"
            raise ParameterError("security.block_size", "be reached", block, hint)
        count = math.ceil(block / share)
        return count, (f"pulses = {count} fill a block of {block:.6g} key-basis bits on average",)

    def _unfilled(self) -> tuple[str, ...]:
        """What becomes of the block where the number of pulses is given anew."""
        if self._given is not None or self.security.block_size is None:
            return ()
        return ("[security] block_size plays no part: the number of pulses is given",)

    def _idle(self) -> Iterator[str]:
        """A sentence for each key that is right in itself but plays no part in this run."""
        detector, counted = self.detector.both, self._given is not None
        reasons = self._idle_rules()
        if counted:
            reasons["block_size"] = "the number of pulses is given"
        for name, reason in reasons.items():
            if getattr(self.security, name, None) not in (None, False):
                yield f"[security] {name} plays no part in a run of {self.kind}: {reason}"
        if "afterpulses" in detector and not detector.get("afterpulse_probability"):
            yield "[detector] afterpulses plays no part: afterpulse_probability is zero"
        shifts = self.eve is not None and self.eve.shifts_arrival
        if detector.get("efficiency_mismatch", 1.0) < 1.0 and not shifts:
            reason = "no attack shifts the time of arrival"
            yield f"[detector] efficiency_mismatch plays no part: {reason}"

    def _idle_rules(self) -> dict[str, str]:
        """Keys of [security] that play no part, and why."""
        return {
            "sifting": "the bases that are drawn decide",
            "bound": "it is of the model lim2014",
            **dict.fromkeys(
                ("epsilon_secrecy", "epsilon_correctness"), f"the model {self.model} has no epsilon"
            ),
        }

    def _refuse_runs(self, *names: str) -> None:
        """Raise where something is given that runs alone follow, and key rates do not.

        Args:
            names: Further keys of [detector] that this key rate does not follow.
        """
        both = self.detector.both
        found = {f"detector.{name}": both[name] for name in (*_DRAWN, *names) if name in both}
        found["detector.dead_time_s"] = self.detector.dead_time_s
        found["eve.attack"] = None if self.eve is None else self.eve.attack
        for field, value in found.items():
            if value not in (None, _DRAWN.get(field.partition(".")[2], 0.0)):
                hint = "key rates do not follow it; qnet run does"
                raise ParameterError(field, "be left out of a key rate", value, hint)

    def _refuse_bias(self) -> None:
        """Raise where a basis bias is given: all settings are equally likely."""
        bias = self.security.basis_bias
        if bias is not None:
            hint = f"leave it out: the settings of {self.kind} are even"
            raise ParameterError("security.basis_bias", "not be given", bias, hint)

    def _bias(self) -> dict[str, Any]:
        """The probability of the key basis, where it is given."""
        bias = self.security.basis_bias
        return {} if bias is None else {"key_basis_probability": bias}


@dataclass(frozen=True, kw_only=True)
class PhotonScenario(QkdScenario):
    """Scenario of a protocol that sends photons from Alice to Bob.

    Args:
        source: What Alice's pulses hold.
        free_space: From the source to Bob, in place of a fibre.
    """

    source: Pulses = key(factory=Photons, of="protocols.qkd.tables:Photons")
    free_space: FreeSpace | None = None

    @property
    def _light(self) -> PhotonSource | None:
        return self.source.light

    def _analysis(self) -> Iterator[str]:
        yield from QkdScenario._analysis(self)
        if self.protocol.apparatus().multi_photon > 0.0:
            yield "Gottesman2004"


@dataclass(frozen=True, kw_only=True)
class PairScenario(QkdScenario):
    """Scenario of a protocol on entangled pairs.

    Args:
        pair: The state of the pairs; Phi+ unless given.
        fibre_alice: From the source to Alice.
        coexistence_alice: Classical channels on that fibre.
        detector_alice: Alice's analyser and detectors: as Bob's, without misalignment, unless
            given.
    """

    pair: Any = key(None, of="protocols.repeaters.segment:PairState")
    fibre_alice: Part[Fibre] | None = key(None, only=("length_km", "loss_db_per_km"))
    coexistence_alice: Coexistence | None = None
    detector_alice: Receiver | None = None

    def _pairs(self) -> dict[str, Any]:
        """What the protocols on pairs have beside."""
        return {
            "pair": None if self.pair is None else self.pair.fano,
            "line_alice": self.line("_alice"),
        }
