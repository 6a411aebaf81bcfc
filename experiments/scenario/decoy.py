"""``kind = "decoy-bb84"`` for ``qnet keyrate``: [source], [fibre], [detector] and [security]."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from experiments.scenario.reader import Reader, missing, within
from protocols.key_rates import (
    DecoySettings,
    KeyRate,
    PulseChannel,
    Security,
    channel_of,
    endless_block,
    infinite_decoy,
    lim2014,
    no_decoy,
    one_decoy,
    rusca2018,
    vacuum_weak,
)
from protocols.key_rates.channel import check_misalignment
from protocols.key_rates.finite_size import BOUNDS, LEAST
from qnet.errors import (
    ParameterError,
    check_at_least,
    check_non_negative,
    check_positive,
    check_probability,
)
from qnet.hardware import Detectors, Fibre, Line
from qnet.metrics.security import ASSUMPTIONS

__all__ = ["MODELS", "check_clock", "check_epsilon", "check_size", "read_decoy"]

Work = Callable[[], KeyRate]

_BLOCKS = ("asymptotic", "lim2014", "rusca2018")
_ENDLESS = ("infinite-decoy", "vacuum-weak", "one-decoy", "no-decoy")
#: The models of ``[security] model``.
MODELS = (*_BLOCKS, *_ENDLESS)

_SOURCE = ("intensities", "probabilities", "clock_hz")
_FIBRE = ("length_km", "loss_db_per_km")
_DETECTOR = (
    "efficiency",
    "efficiency_1",
    "dark_count_probability",
    "background_yield",
    "afterpulse_probability",
    "misalignment",
)
_SECURITY = (
    "model",
    "bound",
    "basis_bias",
    "block_size",
    "sifting",
    "epsilon_secrecy",
    "epsilon_correctness",
    "error_correction_efficiency",
    "negative_limits",
)
#: Keys of [security] that a model uses, beside ``model`` and ``error_correction_efficiency``.
_FINITE = (
    "bound",
    "basis_bias",
    "block_size",
    "epsilon_secrecy",
    "epsilon_correctness",
    "negative_limits",
)
_USES = {
    "asymptotic": ("basis_bias",),
    "lim2014": _FINITE,
    "rusca2018": _FINITE,
    **dict.fromkeys(_ENDLESS, ("sifting",)),
}
#: How many intensities a model takes.
_NUMBER = {"lim2014": 3, "rusca2018": 2, "vacuum-weak": 2, "one-decoy": 2}
_EXAMPLES = {3: [0.5, 0.1, 2e-4], 2: [0.48, 0.05]}


def read_decoy(values: Mapping[str, Any]) -> tuple[str, float | None, Work, list[str]]:
    """Model, clock rate, work and notes.

    Args:
        values: The tables of the file.

    Raises:
        ParameterError: If something in them is wrong.
    """
    tables = {"source": _SOURCE, "fibre": _FIBRE, "detector": _DETECTOR, "security": _SECURITY}
    places = {key: f"[{table}]" for table, keys in tables.items() for key in keys}
    root = Reader(values, "", tables, places)
    source, fibre, detector, security = (
        root.table(table, keys, {key: places[key] for key in places if key not in keys})
        for table, keys in tables.items()
    )
    model = security.choice("model", MODELS, "asymptotic")
    intensities = _intensities(source, model)
    channel = _channel(fibre, detector, intensities)
    finite = model in _BLOCKS
    notes = [*_thinned(detector)]
    notes += [
        f"security.{key} has no effect with model {model}"
        for key in security.values
        if key not in ("model", "error_correction_efficiency", *_USES[model])
    ]
    if not finite and "probabilities" in source:
        notes.append(f"source.probabilities has no effect with model {model}")
    if model in ("infinite-decoy", "no-decoy") and len(intensities) > 1:
        notes.append(f"model {model} looks at the first intensity only")
    efficiency = security.number("error_correction_efficiency", _shannon, 1.16 if finite else 1.22)
    rules = _security(security, efficiency)
    clock_hz = source.number("clock_hz", check_clock, None)
    if not finite:
        sifting = security.number("sifting", check_probability, 0.5)
        common = {"error_correction_efficiency": efficiency, "sifting": sifting}
        work = _endless(model, channel, intensities, common)
        return model, clock_hz, _known(work, detector), notes
    settings = _settings(source, security, intensities)
    work = _block(model, channel, settings, security, rules)
    return model, clock_hz, _known(work, detector), notes


def _efficiency(detector: Reader) -> tuple[float, float]:
    """Of the detectors of bit 0 and bit 1; the same when only one is given."""
    zero = detector.number("efficiency", check_probability, 1.0)
    return zero, detector.number("efficiency_1", check_probability, zero)


def _thinned(detector: Reader) -> list[str]:
    """A note where the detectors are unequal."""
    zero, one = _efficiency(detector)
    if zero == one:
        return []
    return [
        f"clicks of the better detector are thinned at random to the efficiency {min(zero, one):g} "
        "of the other, so that loss does not depend on the bit"
    ]


def _known(work: Work, detector: Reader) -> Work:
    """The analysis with its assumption on the detectors: equal, or thinned in a known ratio."""
    if not _thinned(detector):
        return work

    def thinned() -> KeyRate:
        rate = work()
        equal, known = ASSUMPTIONS["equal-detectors"], ASSUMPTIONS["known-detectors"]
        assumes = tuple(known if text == equal else text for text in rate.security.assumes)
        return replace(rate, security=replace(rate.security, assumes=assumes))

    return thinned


def _intensities(source: Reader, model: str) -> tuple[float, ...]:
    if "intensities" not in source:
        raise missing("source.intensities", _EXAMPLES[_NUMBER.get(model, 3)])
    given = source.numbers("intensities", check_non_negative)
    field = source.field("intensities")
    wanted = _NUMBER.get(model, len(given))
    if len(given) != wanted or not given:
        rule = f"be {wanted or 1} with model {model}"
        hint = f"write intensities = {_EXAMPLES.get(wanted, [0.48])}"
        raise ParameterError(field, rule, list(given), hint)
    if any(high <= low for high, low in itertools.pairwise(given)):
        raise ParameterError(field, "fall", list(given), "give the signal first, then weaker ones")
    if given[0] > 20.0:
        raise ParameterError(field, "be at most 20", given[0], "weak pulses have below 1")
    if given[-1] < 1e-6 and (model in ("rusca2018", "vacuum-weak", "one-decoy") or len(given) == 1):
        hint = "an empty pulse is measured anyway, or tells nothing of single photons"
        raise ParameterError(field, f"be at least 1e-6 with model {model}", list(given), hint)
    if model == "lim2014" and given[0] <= given[1] + given[2]:
        rule = "have the first above the sum of the others"
        hint = "raise the signal or lower the decoys"
        raise ParameterError(field, rule, list(given), hint)
    return given


def _channel(fibre: Reader, detector: Reader, intensities: tuple[float, ...]) -> PulseChannel:
    """The channel of the file, whose gains at these intensities are probabilities."""
    channel = _any_channel(fibre, detector)
    with within("detector"):
        for intensity in intensities:
            channel.gain(intensity)
    return channel


def _any_channel(fibre: Reader, detector: Reader) -> PulseChannel:
    detector.exclude("background_yield", "dark_count_probability")
    detector.exclude("background_yield", "afterpulse_probability")
    channel = Fibre(
        length_km=fibre.number("length_km", check_non_negative, example=50),
        loss_db_per_km=fibre.number("loss_db_per_km", check_non_negative, 0.2),
    )
    zero, one = _efficiency(detector)
    misalignment = detector.number("misalignment", check_misalignment, 0.0)
    numbers = {"efficiency": zero, "efficiency_1": one}
    if "background_yield" in detector:
        numbers["background_yield"] = detector.number("background_yield", check_probability)
    else:
        numbers["dark_count_probability"] = detector.number("dark_count_probability", _half, 0.0)
        after = detector.number("afterpulse_probability", check_probability, 0.0)
        numbers["afterpulse_probability"] = after
    line = Line.through(channel, detectors=Detectors(**numbers), misalignment=misalignment)
    return channel_of(line)


def _settings(source: Reader, security: Reader, intensities: tuple[float, ...]) -> DecoySettings:
    if "probabilities" not in source:
        even = [round(1.0 / len(intensities), 3)] * len(intensities)
        raise missing("source.probabilities", even)
    probabilities = source.numbers("probabilities", _positive_probability)
    field = source.field("probabilities")
    if len(probabilities) != len(intensities):
        rule = f"be one per intensity, {len(intensities)} in all"
        hint = "give as many as there are intensities"
        raise ParameterError(field, rule, list(probabilities), hint)
    if abs(sum(probabilities) - 1.0) > 1e-9:
        hint = "scale them so that they do"
        raise ParameterError(field, "sum to 1", list(probabilities), hint)
    return DecoySettings(
        intensities=intensities,
        probabilities=probabilities,
        basis_bias=security.number("basis_bias", _inside, 0.5),
    )


def _block(
    model: str, channel: PulseChannel, settings: DecoySettings, security: Reader, rules: Security
) -> Work:
    if model == "asymptotic":
        efficiency = rules.error_correction_efficiency
        return lambda: endless_block(channel, settings, error_correction_efficiency=efficiency)
    bound = security.choice("bound", BOUNDS, "hoeffding")
    size = security.number("block_size", check_size, example=1e9)
    common: dict[str, Any] = {
        "block_size": size,
        "security": rules,
        "negative_limits": security.flag("negative_limits", False),
    }
    if model == "lim2014":
        return lambda: lim2014(channel, settings, bound=bound, **common)
    if bound != "hoeffding":
        rule = "be 'hoeffding' with model rusca2018"
        raise ParameterError(security.field("bound"), rule, bound, "leave it out, or take lim2014")
    return lambda: rusca2018(channel, settings, **common)


def _endless(
    model: str,
    channel: PulseChannel,
    intensities: tuple[float, ...],
    common: Mapping[str, float],
) -> Work:
    if model in ("infinite-decoy", "no-decoy"):
        rule = infinite_decoy if model == "infinite-decoy" else no_decoy
        return lambda: rule(channel, intensity=intensities[0], **common)
    bound = vacuum_weak if model == "vacuum-weak" else one_decoy
    signal, weak = intensities
    return lambda: bound(channel, signal=signal, weak=weak, **common)


def _security(table: Reader, efficiency: float) -> Security:
    return Security(
        epsilon_secrecy=table.number("epsilon_secrecy", check_epsilon, 1e-10),
        epsilon_correctness=table.number("epsilon_correctness", check_epsilon, 1e-15),
        error_correction_efficiency=efficiency,
    )


def _shannon(field: str, value: object) -> float:
    return check_at_least(field, value, 1.0, "1 is the Shannon limit, 1.05 to 1.2 is usual")


def _inside(field: str, value: object) -> float:
    hint = "both bases are needed: one for the key, one to test"
    if not LEAST <= check_probability(field, value, hint) <= 1.0 - LEAST:
        raise ParameterError(field, "lie in (0, 1)", value, hint)
    return check_probability(field, value)


def check_epsilon(field: str, value: object) -> float:
    """A probability of failure."""
    if not 1e-100 <= check_probability(field, value) < 1.0:
        hint = "give a small probability, such as 1e-10"
        raise ParameterError(field, "lie in [1e-100, 1)", value, hint)
    return check_probability(field, value)


def check_size(field: str, value: object) -> float:
    """A number of bits or symbols."""
    size = check_at_least(field, value, 1.0, "1e9 is usual")
    if size > 1e18:
        hint = "that takes 30 years at 1 Gbit/s; take a model of endless blocks"
        raise ParameterError(field, "be at most 1e18", value, hint)
    return size


def check_clock(field: str, value: object) -> float:
    """A clock rate."""
    if check_positive(field, value) > 1e15:
        raise ParameterError(field, "be at most 1e15", value, "give it in Hz")
    return check_positive(field, value)


def _half(field: str, value: object) -> float:
    if check_probability(field, value) > 0.5:
        raise ParameterError(field, "be at most 0.5", value, "it counts for each of two detectors")
    return check_probability(field, value)


def _positive_probability(field: str, value: object) -> float:
    if check_probability(field, value) < LEAST:
        hint = "leave out an intensity that is hardly ever sent"
        raise ParameterError(field, f"be at least {LEAST:g}", value, hint)
    return check_probability(field, value)
