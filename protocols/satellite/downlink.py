"""BB84 with decoy intensities from a satellite: mean counts of slots, and the key of a block."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from protocols.key_rates import (
    BasisCounts,
    DecoySettings,
    KeyRate,
    PulseChannel,
    Security,
    endless_block,
)
from protocols.key_rates.decoy import ENDLESS_MODELS, ENDLESS_REFERENCES, endless_rate
from protocols.key_rates.decoy_proof import DecoyProof
from protocols.key_rates.result import DARK
from protocols.satellite.key_rule import KeyRule
from protocols.satellite.slots import SlotTable
from qnet.errors import ParameterError
from qnet.space.earth import Floats

__all__ = ["ERROR_SHARES", "DecoyBlocks", "EndlessPulses", "MeanChannel"]

#: How errors are told apart by intensity: each has its own, or, as SatQuMA counts, the errors of
#: a slot are shared among the intensities by their detections.
ERROR_SHARES = ("own", "shared")


@dataclass(frozen=True, kw_only=True)
class _Downlink(KeyRule):
    """Pulses of several intensities over a channel whose transmission changes with the slot.

    Args:
        channel: The receiver: its efficiency, noise, misalignment; of transmission 1.
        settings: What is sent.
        clock_hz: Pulses per second.
    """

    channel: PulseChannel
    settings: DecoySettings
    clock_hz: float

    def gains(self, slots: SlotTable) -> tuple[Floats, Floats]:
        """``Q`` and ``E Q`` per pulse, each of shape ``(slots, intensities)``."""
        eta = self.channel.transmission * slots.transmission[:, :1]
        caught = -np.expm1(-eta * np.array(self.settings.intensities))
        return self._clicks(caught)

    def _clicks(self, caught: Floats) -> tuple[Floats, Floats]:
        """Detections and wrong ones per pulse, where light is caught so often."""
        # The model's formulas are sums and products: they hold for arrays as they stand.
        detected = np.asarray(self.channel.detected(caught))  # type: ignore[arg-type]
        wrong = np.asarray(self.channel.errors(caught))  # type: ignore[arg-type]
        if detected.size and float(detected.max()) > 1.0 + 1e-12:
            field, value = self.channel.surplus
            hint = "such clicks count beside those of the signal in this model, made for rare ones"
            raise ParameterError(field, "leave every gain at most 1", value, hint)
        return detected, wrong

    def pulses(self, slots: SlotTable) -> Floats:
        """Number of pulses of each slot, shape ``(slots,)``."""
        return self.clock_hz * slots.width_s


@dataclass(frozen=True, kw_only=True)
class DecoyBlocks(_Downlink):
    """Finite blocks of decoy pulses by a proof of ``protocols.key_rates.proofs.DECOY_PROOFS``.

    Args:
        proof: The proof.
        security: Epsilons, and the cost of error correction.
        bound: Bound on counts, where the proof leaves the choice.
        negative_limits: Whether lower limits of counts may fall below zero.
        errors: One of ``ERROR_SHARES``.

    Raises:
        ParameterError: If the intensities are not those of the proof.
    """

    proof: DecoyProof
    security: Security
    bound: str = "hoeffding"
    negative_limits: bool = False
    errors: str = "own"

    @property
    def model(self) -> str:  # type: ignore[override]
        """Name of the proof."""
        return self.proof.name

    @property
    def references(self) -> tuple[str, ...]:  # type: ignore[override]
        """The works on the proof."""
        return self.proof.references

    def counts(self, slots: SlotTable) -> Floats:
        """Detections and errors of each intensity before sifting, bases equal or not."""
        gains, wrong = self.gains(slots)
        sent = self.pulses(slots)[:, None] * np.array(self.settings.probabilities)
        events, errors = sent * gains, sent * wrong
        if self.errors == "shared":
            # SatQuMA: afterpulses err half the time and have afterpulses of their own.
            after = self.channel.line.detectors.afterpulse_probability
            errors = errors + 0.5 * after**2 / (1.0 + after) * events
            total = events.sum(axis=1, keepdims=True)
            share = errors.sum(axis=1, keepdims=True) / np.where(total > 0.0, total, 1.0)
            errors = events * share
        return np.stack([events, errors], axis=1)

    def key(self, counts: Floats) -> KeyRate:
        """The key of one block; there are no more errors of single photons than errors."""
        key, test = (self._basis(counts, bias) for bias in self._biases)
        if key.total <= 0.0:
            return KeyRate(name="secret_bits", unclipped=0.0, reason=DARK)
        return self.proof.length(
            key,
            test,
            self.settings,
            security=self.security,
            bound=self.bound,
            form="variable",
            negative_limits=self.negative_limits,
            capped_errors=True,
        )

    def sifted_bits(self, counts: Floats) -> Floats:
        """Detections with both in the key basis."""
        found: Floats = self._biases[0] ** 2 * counts[..., 0, :].sum(axis=-1)
        return found

    def wrong_bits(self, counts: Floats) -> Floats:
        """Errors of these."""
        found: Floats = self._biases[0] ** 2 * counts[..., 1, :].sum(axis=-1)
        return found

    @property
    def _biases(self) -> tuple[float, float]:
        return self.settings.basis_bias, 1.0 - self.settings.basis_bias

    @staticmethod
    def _basis(counts: Floats, bias: float) -> BasisCounts:
        events, errors = (tuple((bias**2 * row).tolist()) for row in counts)
        return BasisCounts(events=events, errors=errors)


@dataclass(frozen=True, slots=True)
class MeanChannel(PulseChannel):
    """A channel whose gains are the means over the slots of a block.

    Args:
        line: The receiver.
        gains: ``Q`` and ``E Q`` of each intensity, by the intensity.
        yields: ``Y_n`` and ``e_n Y_n`` of none and of one photon.

    Examples:
        >>> from qnet.hardware import Line
        >>> mean = MeanChannel(Line(), {0.5: (0.01, 1e-4)}, ((0.0, 0.0), (0.02, 2e-4)))
        >>> mean.gain(0.5), mean.photon_yield(1)
        (0.01, 0.02)
    """

    gains: dict[float, tuple[float, float]]
    yields: tuple[tuple[float, float], ...]

    @property
    def surplus(self) -> tuple[str, float]:
        """Nothing: the means are those of a channel that has been checked."""
        return "gain", 0.0

    def detected(self, caught: float) -> float:
        """As if nothing changed: with the background of the block, and its light."""
        dark = self.yields[0][0]
        return dark + (1.0 - dark) * caught

    def errors(self, caught: float) -> float:
        """Half of the background errs."""
        return self.yields[0][1] + self.line.misalignment * caught

    def gain(self, intensity: float) -> float:
        """The mean gain of an intensity; without light, the background."""
        return self.yields[0][0] if intensity == 0.0 else self.gains[intensity][0]

    def error_gain(self, intensity: float) -> float:
        """The mean of its errors."""
        return self.yields[0][1] if intensity == 0.0 else self.gains[intensity][1]

    def photon_yield(self, photons: int) -> float:
        """The mean yield of none or one photon."""
        return self.yields[photons][0]

    def photon_error_yield(self, photons: int) -> float:
        """The mean of its errors."""
        return self.yields[photons][1]


@dataclass(frozen=True, kw_only=True)
class EndlessPulses(_Downlink):
    """Blocks without end: the rate of the mean channel of the pulses that a block holds.

    Args:
        model: ``asymptotic``, or a name of `protocols.key_rates.decoy.ENDLESS_MODELS`.
        error_correction_efficiency: Bits disclosed per Shannon bit.
        sifting: Share of the detections that are kept, of all models but ``asymptotic``.
    """

    model: str
    error_correction_efficiency: float = 1.16
    sifting: float = 0.5

    @property
    def references(self) -> tuple[str, ...]:  # type: ignore[override]
        """The works on the model."""
        return ENDLESS_REFERENCES.get(self.model, ("Ma2005",))

    def counts(self, slots: SlotTable) -> Floats:
        """Columns: detections if all pulses had each intensity, no photon, one; and all pulses."""
        gains, wrong = self.gains(slots)
        eta = self.channel.transmission * slots.transmission[:, :1]
        yields, bad = self._clicks(np.concatenate([np.zeros_like(eta), eta], axis=1))
        ones = np.ones((len(eta), 1))
        table = np.stack(
            [np.hstack([gains, yields, ones]), np.hstack([wrong, bad, 0.0 * ones])], axis=1
        )
        found: Floats = self.pulses(slots)[:, None, None] * table
        return found

    def key(self, counts: Floats) -> KeyRate:
        """The rate of the mean channel times the pulses."""
        pulses = float(counts[0, -1])
        if pulses <= 0.0:
            return KeyRate(name="secret_bits", unclipped=0.0, reason=DARK)
        means = [(float(q), float(e)) for q, e in (counts[:, :-1] / pulses).T]
        intensities = self.settings.intensities
        channel = MeanChannel(
            self.channel.line, dict(zip(intensities, means, strict=False)), tuple(means[-2:])
        )
        efficiency = self.error_correction_efficiency
        if self.model in ENDLESS_MODELS:
            rate = endless_rate(
                self.model,
                channel,
                intensities,
                error_correction_efficiency=efficiency,
                sifting=self.sifting,
            )
        else:
            rate = endless_block(channel, self.settings, error_correction_efficiency=efficiency)
        return replace(rate, name="secret_bits", unclipped=rate.unclipped * pulses)

    def sifted_bits(self, counts: Floats) -> Floats:
        """Detections that are kept: of all intensities in the key basis, or of the signal."""
        return self._kept(counts[..., 0, :])

    def wrong_bits(self, counts: Floats) -> Floats:
        """Errors of these."""
        return self._kept(counts[..., 1, :])

    def _kept(self, row: Floats) -> Floats:
        if self.model in ENDLESS_MODELS:
            found: Floats = self.sifting * row[..., 0]
            return found
        shares = np.array(self.settings.probabilities)
        found = self.settings.basis_bias**2 * (row[..., : len(shares)] @ shares)
        return found
