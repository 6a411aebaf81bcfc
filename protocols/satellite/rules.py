"""Rules for the key of a satellite scenario, from its tables of source, receiver and security."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from protocols.key_rates import DecoySettings, channel_of
from protocols.key_rates.decoy import ENDLESS_MODELS
from protocols.key_rates.proofs import DECOY_PROOFS
from protocols.qkd.tables import EXAMPLE
from protocols.repeaters import Swapping
from protocols.satellite.downlink import DecoyBlocks, EndlessPulses
from protocols.satellite.dual import PairBlocks
from protocols.satellite.heralded import HeraldedPairs
from protocols.satellite.key_rule import KeyRule
from protocols.satellite.link_passes import SlotPlans
from qnet.errors import ParameterError
from qnet.hardware import Detectors, Line
from qnet.schema import missing
from qnet.schema.values import renamed

if TYPE_CHECKING:
    from protocols.satellite.scenario import SatelliteScenario

__all__ = ["background_clicks", "rule_of"]

_TWO_DECOYS, _ONE_DECOY = EXAMPLE, [0.5, 0.15]

#: How many intensities a model takes, where it does not take any number.
_NUMBER = {
    **{name: proof.intensities for name, proof in DECOY_PROOFS.items()},
    "vacuum-weak": 2,
    "one-decoy": 2,
}

#: Fields of sources, lines and settings that the file calls otherwise.
_CALLED = {
    "intensities": "source.intensities",
    "probabilities": "source.probabilities",
    "basis_bias": "security.basis_bias",
    "misalignment": "detector.misalignment",
    "dark_count_probability": "detector.dark_count_probability",
    "background_yield": "detector.background_yield",
    "afterpulse_probability": "detector.afterpulse_probability",
}

#: Noise clicks per detector and gate from which the sky blinds them. The model of two detectors
#: ends at a half; at this value the error rate is 45 % and more for all that a satellite sends.
_BLINDING = 0.45

#: Coincidence window where there is no [background] that has a gate.
_WINDOW_S = 1e-9


def rule_of(scenario: SatelliteScenario) -> KeyRule:
    """The rule of a scenario's pulses or pairs.

    Raises:
        ParameterError: If something is missing, or does not go together.
    """
    with renamed(_CALLED, "", {}):
        return _RULES[scenario.protocol](scenario)


def _heralded(scenario: SatelliteScenario) -> KeyRule:
    link, rules, source = scenario.link, scenario.security, scenario.source
    if link is None:
        raise missing("link.preset", "ideal")
    if source.weak or source.clock_hz is not None or source.pair_rate_hz is not None:
        hint = "the source of heralded pairs is [link.source], or a memory"
        raise ParameterError("source", "be left out of heralded pairs", "given", hint)
    memory = scenario.memory.over() if scenario.memory is not None else None
    segment = link.segment(None, {}, memory)
    gates = segment.preset.node.gates if segment.preset is not None else None
    rule = scenario.cutoff.rules if scenario.cutoff is not None else None
    if isinstance(rule, tuple):
        hint = "a memory on board is the only one that waits for another"
        raise ParameterError("cutoff.time_s", "be one number", list(rule), hint)
    return HeraldedPairs(
        maker=SlotPlans(
            segment=segment,
            optics=scenario.light,
            sky=scenario.background,
            station=(scenario.swap or Swapping()).station(gates),
            cutoff=rule,
        ),
        engine=scenario.engine or "exact",
        seed=scenario.seed,
        model=rules.model_of_pairs(),
        security=rules.security,
        basis_bias=0.9 if rules.basis_bias is None else rules.basis_bias,
        sifting=0.5 if rules.sifting is None else rules.sifting,
    )


def background_clicks(scenario: SatelliteScenario) -> float:
    """Probability that light of the sky clicks in a gate, in either detector."""
    sky = scenario.background
    if sky is None:
        return 0.0
    return sky.click_probability(
        wavelength_nm=scenario.light.wavelength_nm,
        area_m2=scenario.light.receiver_area_m2,
        efficiency=_detectors(scenario).efficiency,
    )


def _detectors(scenario: SatelliteScenario) -> Detectors:
    """The two detectors of every station, equally efficient."""
    return scenario.detector.both.over()


def _noisy(detectors: Detectors, sky: float) -> Detectors:
    """Detectors that click for the sky too, half of it in each."""
    if detectors.background_yield is not None:
        either = 1.0 - (1.0 - detectors.background_yield) * (1.0 - sky)
        return replace(detectors, background_yield=either)
    own = detectors.dark_count_probability
    dark = 1.0 - (1.0 - own) * math.sqrt(1.0 - sky)
    if own < _BLINDING <= dark:
        # Every gate has a click that says nothing, and room for no afterpulse: there is no key.
        return replace(detectors, dark_count_probability=0.5, afterpulse_probability=0.0)
    return replace(detectors, dark_count_probability=dark)


def _pulses(scenario: SatelliteScenario) -> KeyRule:
    source, rules = scenario.source, scenario.security
    if source.pair_rate_hz is not None:
        hint = 'write protocol = "bbm92" at the top, or leave it out'
        rule = "come with protocol = 'bbm92'"
        raise ParameterError("source.pair_rate_hz", rule, source.pair_rate_hz, hint)
    if source.clock_hz is None:
        raise missing("source.clock_hz", 5e8)
    settings = pulse_settings(scenario)
    line = Line(
        detectors=_noisy(_detectors(scenario), background_clicks(scenario)),
        misalignment=scenario.detector.misalignment,
    )
    channel = channel_of(line)
    model = rules.model_of_pulses(len(settings.intensities))
    if model not in DECOY_PROOFS:
        return EndlessPulses(
            channel=channel,
            settings=settings,
            clock_hz=source.clock_hz,
            model=model,
            error_correction_efficiency=rules.security.error_correction_efficiency,
            sifting=0.5 if rules.sifting is None else rules.sifting,
        )
    proof, is_axial = DECOY_PROOFS[model], scenario.orbit.geometry == "satquma"
    bound = rules.bound or ("chernoff" if is_axial and proof.has_bounds else "hoeffding")
    if bound != "hoeffding" and not proof.has_bounds:
        rule = f"be 'hoeffding' with model {model}"
        raise ParameterError("security.bound", rule, bound, "leave it out, or take lim2014")
    return DecoyBlocks(
        channel=channel,
        settings=settings,
        clock_hz=source.clock_hz,
        proof=proof,
        security=rules.security,
        bound=bound,
        negative_limits=is_axial if rules.negative_limits is None else rules.negative_limits,
        errors=rules.errors or ("shared" if is_axial else "own"),
    )


def pulse_settings(scenario: SatelliteScenario) -> DecoySettings:
    """Intensities, their probabilities and the bias of the bases, as the file has them.

    Raises:
        ParameterError: If they are missing, or not those of the model.
    """
    source, rules = scenario.source, scenario.security
    weak, bias = source.weak, 0.5 if rules.basis_bias is None else rules.basis_bias
    given = tuple(weak["intensities"]) if "intensities" in weak else None
    if given is None and source.optimise:
        two = rules.model == "rusca2018"
        given = (0.5, 0.15) if two else (0.5, 0.15, 0.0)
        shares: tuple[float, ...] = (0.7, 0.3) if two else (0.6, 0.25, 0.15)
        return DecoySettings(intensities=given, probabilities=shares, basis_bias=max(bias, 0.7))
    if given is None:
        wanted = _NUMBER.get(rules.model or "lim2014", 3)
        raise missing("source.intensities", _ONE_DECOY if wanted == 2 else _TWO_DECOYS)
    model = rules.model_of_pulses(len(given))
    wanted = _NUMBER.get(model, len(given))
    if len(given) != wanted:
        rule = f"be {wanted} with model {model}"
        hint = f"write intensities = {_ONE_DECOY if wanted == 2 else _TWO_DECOYS}"
        raise ParameterError("source.intensities", rule, list(given), hint)
    if model in DECOY_PROOFS:
        DECOY_PROOFS[model].check_intensities(given)
    elif model in ENDLESS_MODELS and given[-1] < 1e-6:
        hint = "an empty pulse is measured anyway, or tells nothing of single photons"
        rule = f"be at least 1e-6 with model {model}"
        raise ParameterError("source.intensities", rule, list(given), hint)
    shares = weak.get("probabilities") or (1.0,)
    if len(given) > 1 and "probabilities" not in weak:
        raise missing("source.probabilities", [0.7, 0.2, 0.1] if len(given) == 3 else [0.7, 0.3])
    return DecoySettings(intensities=given, probabilities=shares, basis_bias=bias)


def _pairs(scenario: SatelliteScenario) -> KeyRule:
    source, rules, sky = scenario.source, scenario.security, scenario.background
    if source.pair_rate_hz is None:
        raise missing("source.pair_rate_hz", 5.9e6)
    if source.weak or source.clock_hz is not None or source.optimise:
        given = next(filter(source.weak.get, ("intensities", "probabilities")), "optimise")
        field = f"source.{'clock_hz' if source.clock_hz is not None else given}"
        hint = "a source of pairs has pair_rate_hz alone"
        raise ParameterError(field, "be left out of pairs", "given", hint)
    detectors = _detectors(scenario)
    window = _WINDOW_S if sky is None else sky.gate_s
    own = scenario.detector.noise_hz
    if own is None:
        # Two detectors behind the analyser of each station.
        dark = -2.0 * math.log1p(-min(detectors.dark_probability, 1.0 - 1e-16)) / window
        own = dark
    each = own if isinstance(own, tuple) else (own, own)
    light = -math.log1p(-min(background_clicks(scenario), 1.0 - 1e-16)) / window
    return PairBlocks(
        pair_rate_hz=source.pair_rate_hz,
        efficiencies=(detectors.efficiency, detectors.efficiency),
        noise_hz=(each[0] + light, each[1] + light),
        window_s=window,
        misalignment=scenario.detector.misalignment,
        model=rules.model_of_pairs(),
        security=rules.security,
        basis_bias=0.5 if rules.basis_bias is None else rules.basis_bias,
        sifting=0.5 if rules.sifting is None else rules.sifting,
    )


#: How the rule of each protocol comes of the tables.
_RULES: dict[str, Callable[[SatelliteScenario], KeyRule]] = {
    "decoy-bb84": _pulses,
    "bbm92": _pairs,
    "heralded-pairs": _heralded,
}
