"""Scenario of BB84 with decoy intensities: one file, played or worked out."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from protocols.key_rates import (
    DecoySettings,
    KeyRate,
    PulseChannel,
    Security,
    channel_of,
    endless_block,
)
from protocols.key_rates.channel import BackgroundChannel, StrayLightChannel
from protocols.key_rates.checks import check_clock, check_size
from protocols.key_rates.claims import FORM_REFERENCES
from protocols.key_rates.decoy import ENDLESS_MODELS, ENDLESS_REFERENCES, endless_rate
from protocols.key_rates.intensities import interval_decoy
from protocols.key_rates.proofs import DECOY_PROOFS
from protocols.qkd.decoy import MODELS, DecoyBB84
from protocols.qkd.scenario import PhotonScenario
from protocols.qkd.tables import EXAMPLE, DecoyPulses, SecurityRules
from qnet.errors import ParameterError, check_non_negative, check_one_of
from qnet.hardware import Line, PhotonSource
from qnet.metrics.security import ASSUMPTIONS
from qnet.schema import check_fields, key, missing

__all__ = ["DecoyScenario"]

_EPSILONS = ("epsilon_secrecy", "epsilon_correctness")

#: Keys of [security] that a model of key rates uses, beside its efficiency of error correction.
_FINITE = ("bound", "basis_bias", "block_size", *_EPSILONS, "negative_limits")
_USES = {
    "asymptotic": ("basis_bias",),
    **dict.fromkeys(DECOY_PROOFS, _FINITE),
    **dict.fromkeys(ENDLESS_MODELS, ("sifting",)),
}

#: How many intensities a model of key rates takes, and examples of so many.
_NUMBER = {
    **{name: proof.intensities for name, proof in DECOY_PROOFS.items()},
    "vacuum-weak": 2,
    "one-decoy": 2,
}
_EXAMPLES = {3: EXAMPLE, 2: [0.48, 0.05]}


@dataclass(frozen=True, kw_only=True)
class DecoyRules(SecurityRules):
    """How secret the key must be, and how it is worked out.

    Args:
        model: The security analysis; ``qnet run`` knows the first three.
        negative_limits: Whether lower limits of counts may fall below zero, as published; of key
            rates.
    """

    model: str = key("asymptotic", choices=tuple(_USES))
    negative_limits: bool = False


@dataclass(frozen=True, kw_only=True)
class DecoyScenario(PhotonScenario):
    """BB84 with decoy intensities, to be played or worked out.

    Args:
        source: Weak pulses, the signal first.
        security: How secret the key must be.

    Examples:
        >>> import qnet
        >>> scenario = qnet.load("experiments/scenarios/keyrate/lim2014.toml")
        >>> played = scenario.play().secret_key_rate_per_pulse
        >>> f"{scenario.key_rate().value:.6f}", f"{played.best:.4f}"
        ('0.000815', '0.0008')
    """

    kind: ClassVar[str] = "decoy-bb84"
    worth_of: ClassVar[str] = "secret bits per pulse"

    source: DecoyPulses = key(factory=DecoyPulses)
    security: DecoyRules = key(factory=DecoyRules)

    def __post_init__(self) -> None:
        # Each use checks what it needs before it starts.
        check_fields(self)

    # Played.

    def make(self, **common: Any) -> DecoyBB84:  # noqa: ANN401 - arguments of the protocol
        """The protocol with its source and model."""
        given = {name: getattr(self.security, name) for name in ("bound", *_EPSILONS)}
        given = {name: value for name, value in given.items() if value is not None}
        given["intensity_uncertainty"] = self.source.intensity_uncertainty
        return DecoyBB84(
            **common, source=self.source.light, model=self.model, **given, **self._bias()
        )

    @property
    def _light(self) -> PhotonSource | None:
        """What a pulse holds, once the model is known to be one of runs, with its epsilons."""
        if check_one_of("security.model", self.model, MODELS) in DECOY_PROOFS:
            for name in _EPSILONS:
                if getattr(self.security, name) is None:
                    field = f"security.{name}"
                    raise missing(field, 1e-10)
        return self.source.light

    def _idle_rules(self) -> dict[str, str]:
        reasons = PhotonScenario._idle_rules(self)
        if self.model == "lim2014":
            del reasons["bound"]
        if self.model in DECOY_PROOFS:
            for name in _EPSILONS:
                del reasons[name]
        return reasons | {"negative_limits": "it is of key rates"}

    def cited(self) -> Iterator[str]:
        """Keys of the works behind run and rate, in ``qnet.references.REFERENCES``."""
        if self.model in ENDLESS_MODELS:
            yield from ENDLESS_REFERENCES[self.model]
            if self.coexistence is not None:
                yield from self.coexistence.cited()
            if self.source.intensity_uncertainty > 0.0:
                yield "Wang2008"
        else:
            yield from PhotonScenario.cited(self)

    def _analysis(self) -> Iterator[str]:
        if self.model in DECOY_PROOFS:
            yield from DECOY_PROOFS[self.model].references
            yield from (*FORM_REFERENCES["fixed"], *FORM_REFERENCES["variable"])
        yield from DecoyBB84.references

    # Worked out.

    def key_rate(self) -> KeyRate:
        """The analytic rate of the model.

        Raises:
            ParameterError: If something is missing, out of range, or no part of key rates.
        """
        with self.named():
            self._refuse_drawn()
            model, intensities = self.model, self._intensities()
            if self.clock_hz is not None:
                check_clock("clock_hz", self.clock_hz)
            line = self.line()
            line = replace(line, detectors=line.detectors.thinned)
            drowned = self._drowned(line, intensities)
            if drowned is not None:
                return drowned
            channel = self._channel(line)
            for intensity in intensities:
                channel.gain(intensity)
            if self.source.intensity_uncertainty > 0.0:
                work = self._uncertain
            else:
                work = self._endless if model in ENDLESS_MODELS else self._block
            rate = work(channel, intensities)
        return replace(self._thinned(rate), notes=(*self._rate_notes(intensities), *rate.notes))

    def worth(self) -> float:
        """Secret bits per pulse, below zero where errors take more than there is."""
        return self.key_rate().unclipped

    def _channel(self, line: Line) -> PulseChannel:
        """The model of a line; background is no small one beside classical channels."""
        channel = channel_of(line)
        if self.coexistence is not None and isinstance(channel, BackgroundChannel):
            return StrayLightChannel(line)
        return channel

    def _drowned(self, line: Line, intensities: tuple[float, ...]) -> KeyRate | None:
        """No key where classical channels make more clicks than the models are made for."""
        if self.coexistence is None:
            return None
        detectors = line.detectors
        background = detectors.background_yield
        if background is None:
            background = 2.0 * detectors.dark_probability
        seen = -math.expm1(-line.transmission * detectors.efficiency * max(intensities))
        if background < 0.5 and (1.0 + detectors.afterpulse_probability) * (background + seen) < 1:
            return None
        reason = (
            f"no key: light of the classical channels clicks in {100 * min(background, 1):.3g} % "
            "of the gates; launch less, or filter more"
        )
        return KeyRate(name="secret_key_rate_per_pulse", unclipped=0.0, reason=reason)

    def _block(self, channel: PulseChannel, intensities: tuple[float, ...]) -> KeyRate:
        """The rate of a block, finite or endless, of all intensities."""
        rules = self.security
        if "probabilities" not in self.source.weak:
            even = [round(1.0 / len(intensities), 3)] * len(intensities)
            raise missing("source.probabilities", even)
        settings = DecoySettings(
            intensities=intensities,
            probabilities=self.source.weak["probabilities"],
            basis_bias=0.5 if rules.basis_bias is None else rules.basis_bias,
        )
        given = {name: getattr(rules, name) for name in (*_EPSILONS, "error_correction_efficiency")}
        security = Security(**{name: value for name, value in given.items() if value is not None})
        if self.model not in DECOY_PROOFS:
            efficiency = security.error_correction_efficiency
            return endless_block(channel, settings, error_correction_efficiency=efficiency)
        proof, bound = DECOY_PROOFS[self.model], rules.bound or "hoeffding"
        if rules.block_size is None:
            raise missing("security.block_size", 1e9)
        if bound != "hoeffding" and not proof.has_bounds:
            rule = f"be 'hoeffding' with model {self.model}"
            raise ParameterError("bound", rule, bound, "leave it out, or take lim2014")
        return proof.rate(
            channel,
            settings,
            block_size=check_size("block_size", rules.block_size),
            security=security,
            bound=bound,
            negative_limits=rules.negative_limits,
        )

    def _endless(self, channel: PulseChannel, intensities: tuple[float, ...]) -> KeyRate:
        """The rate of infinitely many pulses."""
        names = ("error_correction_efficiency", "sifting")
        given = {name: getattr(self.security, name) for name in names}
        given = {name: value for name, value in given.items() if value is not None}
        return endless_rate(self.model, channel, intensities, **given)

    def _uncertain(self, channel: PulseChannel, intensities: tuple[float, ...]) -> KeyRate:
        """The rate with intensities that are known roughly; proofs of two models are known."""
        uncertainty = self.source.intensity_uncertainty
        if self.model not in ("vacuum-weak", "one-decoy"):
            reason = (
                f"no key: no proof of model {self.model} is known here for intensities within "
                f"{100 * uncertainty:.3g} %; take vacuum-weak or one-decoy"
            )
            return KeyRate(name="secret_key_rate_per_pulse", unclipped=0.0, reason=reason)
        names = ("error_correction_efficiency", "sifting")
        given = {name: getattr(self.security, name) for name in names}
        return interval_decoy(
            channel,
            signal=intensities[0],
            weak=intensities[1],
            uncertainty=uncertainty,
            has_vacuum=self.model == "vacuum-weak",
            **{name: value for name, value in given.items() if value is not None},
        )

    def _intensities(self) -> tuple[float, ...]:
        """The intensities, as many and as strong as the model takes."""
        model, field = self.model, "source.intensities"
        if "intensities" not in self.source.weak:
            raise missing(field, _EXAMPLES[_NUMBER.get(model, 3)])
        given: tuple[float, ...] = self.source.weak["intensities"]
        for number, intensity in enumerate(given):
            check_non_negative(f"{field}[{number}]", intensity)
        wanted = _NUMBER.get(model, len(given))
        if len(given) != wanted or not given:
            rule = f"be {wanted or 1} with model {model}"
            hint = f"write intensities = {_EXAMPLES.get(wanted, [0.48])}"
            raise ParameterError(field, rule, list(given), hint)
        if any(high <= low for high, low in itertools.pairwise(given)):
            hint = "give the signal first, then weaker ones"
            raise ParameterError(field, "fall", list(given), hint)
        if given[0] > 20.0:
            raise ParameterError(field, "be at most 20", given[0], "weak pulses have below 1")
        is_weak = given[-1] < 1e-6
        if is_weak and (model in ("rusca2018", "vacuum-weak", "one-decoy") or len(given) == 1):
            hint = "an empty pulse is measured anyway, or tells nothing of single photons"
            raise ParameterError(field, f"be at least 1e-6 with model {model}", list(given), hint)
        if model in DECOY_PROOFS:
            DECOY_PROOFS[model].check_intensities(given)
        return given

    def _refuse_drawn(self) -> None:
        """Raise where something is given that key rates do not follow."""
        self._refuse_runs()
        if self.fibre is None and self.free_space is None:
            raise missing("fibre.length_km", 50)

    def _thinned(self, rate: KeyRate) -> KeyRate:
        """The rate with its assumption on the detectors: equal, or thinned in a known ratio."""
        zero, one = self.line().detectors.efficiencies
        if zero == one:
            return rate
        equal, known = ASSUMPTIONS["equal-detectors"], ASSUMPTIONS["known-detectors"]
        assumes = tuple(known if text == equal else text for text in rate.security.assumes)
        return replace(rate, security=replace(rate.security, assumes=assumes))

    def _rate_notes(self, intensities: tuple[float, ...]) -> Iterator[str]:
        """Sentences on thinning, and on keys without effect."""
        model, (zero, one) = self.model, self.line().detectors.efficiencies
        if self.coexistence is not None:
            yield from self.noise().notes
        if zero != one:
            yield (
                f"clicks of the better detector are thinned at random to the efficiency "
                f"{min(zero, one):g} of the other, so that loss does not depend on the bit"
            )
        for name in (*_FINITE, "sifting"):
            if getattr(self.security, name) not in (None, False) and name not in _USES[model]:
                yield f"security.{name} has no effect with model {model}"
        if model in ENDLESS_MODELS and "probabilities" in self.source.weak:
            yield f"source.probabilities has no effect with model {model}"
        if model in ("infinite-decoy", "no-decoy") and len(intensities) > 1:
            yield f"model {model} looks at the first intensity only"
