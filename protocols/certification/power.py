"""Power of the statistics that show attacks: how much data tells an attack, known beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from protocols.certification.attacks.model import AttackModel
from protocols.certification.attacks.table import attack_of
from protocols.certification.device import DeviceUnderTest
from protocols.certification.observables import OBSERVABLES, Observable
from protocols.certification.quadratures import QUADRATURES, QuadratureStatistic
from qnet.errors import ParameterError, check_integer, check_one_of
from qnet.metrics.binomial_tests import (
    SampleSizes,
    binomial_test,
    check_level,
    normal_sample_size,
    sample_sizes,
)

__all__ = [
    "DetectionPower",
    "check_statistic",
    "detection_power",
    "power_at",
    "powers_at",
    "statistic_of",
]

#: Rates of an honest and an attacked device that differ by less are the same, but for rounding.
_SAME = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionPower:
    """How an attack shows in a statistic.

    Args:
        attack: Name of the attack.
        strength: Its strength.
        statistic: Name of the statistic.
        event: What it counts.
        trial: Among what.
        honest: Chance of an event of the honest device, or mean of a normal quantity.
        attacked: The same under attack.
        sizes: How many trials tell one from the other; None where nothing does.
        normal: The same by the normal approximation of counts, not whole; None of quadratures.
        pulses: Pulses that give the safe number of trials on average, under attack; None of
            quadratures.
        reason: Why nothing does, a sentence; empty unless so.

    Examples:
        >>> found = detection_power("beam-splitting", 1.0, alpha=1e-3, beta=1e-2)
        >>> found.sizes is None, found.reason[:38]
        (True, 'no statistic shows beam-splitting: yie')
    """

    attack: str
    strength: float
    statistic: str
    event: str = ""
    trial: str = ""
    honest: float | None = None
    attacked: float | None = None
    sizes: SampleSizes | None = None
    normal: float | None = None
    pulses: float | None = None
    reason: str = ""


def statistic_of(name: str) -> Observable | QuadratureStatistic:
    """The statistic of this name, of counts or of quadratures.

    Examples:
        >>> statistic_of("qber").trial, statistic_of("shot-noise").trial
        ('compared sifted bits', 'calibration results')
    """
    check_statistic(name)
    return QUADRATURES[name] if name in QUADRATURES else OBSERVABLES[name]


def detection_power(
    attack: str | AttackModel,
    strength: float | None = None,
    *,
    alpha: float = 1e-3,
    beta: float = 1e-2,
    device: DeviceUnderTest | None = None,
    statistic: str | None = None,
) -> DetectionPower:
    """How many trials of its statistic tell an attack of this strength.

    Both chances are those of the exact table of the emulated device, honest and attacked.

    Args:
        attack: The attack, or its name.
        strength: Its strength; the attack's default unless given.
        alpha: Largest rate of false alarms.
        beta: Largest probability to miss the attack.
        device: The honest device; one on which the attack works unless given.
        statistic: Another statistic than the attack's first.

    Raises:
        ParameterError: If a number is out of its range, or the device lacks what is attacked.
        UnknownNameError: If there is no such attack.

    Examples:
        >>> found = detection_power("intercept-resend", 1.0)
        >>> found.sizes.n_first, found.sizes.threshold
        (17, 0)
    """
    check_level("alpha", alpha)
    check_level("beta", beta)
    model = attack_of(attack) if isinstance(attack, str) else attack
    power = model.check(model.default if strength is None else strength)
    name = model.statistic if statistic is None else statistic
    if model.is_silent and statistic is None:
        reason = f"no statistic shows {model.name}: {model.reason}"
        return DetectionPower(attack=model.name, strength=power, statistic=name, reason=reason)
    return _compared(model, power, *_pair(model, power, device, statistic), alpha, beta)


def _compared(
    model: AttackModel,
    strength: float,
    seen: Observable | QuadratureStatistic,
    honest: DeviceUnderTest,
    attacked: DeviceUnderTest,
    alpha: float,
    beta: float,
) -> DetectionPower:
    """How many trials of a statistic tell one device from the other."""
    rates = seen.rate(honest), seen.rate(attacked)
    sizes, normal, pulses, reason = None, None, None, ""
    moved = rates[1] - rates[0]
    if abs(moved) <= _SAME:
        reason = f"no number of {seen.trial} shows it: {model.name} of strength {strength:g} "
        reason += f"leaves the {seen.event} as they are"
    elif isinstance(seen, QuadratureStatistic):
        sizes = seen.sizes(honest, attacked, alpha=alpha, beta=beta)
    elif seen.tail != "either" and (moved > 0.0) != (seen.tail == "more"):
        reason = f"{seen.tail} {seen.event} would alarm, but {model.name} of strength "
        reason += f"{strength:g} moves them the other way"
    else:
        way = "either" if seen.tail == "either" else None
        sizes = sample_sizes(*rates, alpha=alpha, beta=beta, tail=way)
        level = alpha / 2.0 if way == "either" else alpha
        normal = normal_sample_size(*rates, alpha=level, beta=beta)
        pulses = sizes.n_safe / seen.trials_per_pulse(attacked)
    return DetectionPower(
        attack=model.name,
        strength=strength,
        statistic=seen.name,
        event=seen.event,
        trial=seen.trial,
        honest=rates[0],
        attacked=rates[1],
        sizes=sizes,
        normal=normal,
        pulses=pulses,
        reason=reason,
    )


def check_statistic(name: str) -> str:
    """Return the name of a statistic, or raise.

    Raises:
        UnknownNameError: If there is none, with the nearest that is.
    """
    return check_one_of("statistic", name, [*OBSERVABLES, *QUADRATURES])


def power_at(
    n: int,
    attack: str | AttackModel,
    strength: float | None = None,
    *,
    alpha: float = 1e-3,
    device: DeviceUnderTest | None = None,
    statistic: str | None = None,
) -> tuple[float, float, float]:
    """Threshold, size and power of the test with so many trials.

    Args:
        n: Trials.
        attack: As in `detection_power`, and so are the others.
        strength: Its strength.
        alpha: Largest rate of false alarms.
        device: The honest device.
        statistic: Another statistic than the attack's first.

    Raises:
        ParameterError: As in `detection_power`, and of an attack that no statistic shows.

    Examples:
        >>> threshold, size, power = power_at(1000, "biased-bits", 0.01)
        >>> threshold, round(size, 5), round(power, 3)
        (552, 0.00089, 0.004)
    """
    level = check_level("alpha", alpha)
    seen, honest, attacked = _pair(attack, strength, device, statistic)
    trials = check_integer("n", n)
    if isinstance(seen, QuadratureStatistic):
        limit = seen.threshold(trials, honest, level)
        return limit, level, seen.power(trials, honest, attacked, level)
    before, after = seen.rate(honest), seen.rate(attacked)
    test = binomial_test(trials, before, level, seen.tail)
    falls = seen.tail == "fewer" or (seen.tail == "either" and after < before)
    return test.below if falls else test.above, test.power(before), test.power(after)


def powers_at(
    trials: Sequence[int],
    attack: str | AttackModel,
    strength: float | None = None,
    *,
    alpha: float = 1e-3,
    device: DeviceUnderTest | None = None,
    statistic: str | None = None,
) -> list[float]:
    """Powers of the tests with these numbers of trials: a power curve.

    Args:
        trials: Numbers of trials.
        attack: As in `power_at`, and so are the others.
        strength: Its strength.
        alpha: Largest rate of false alarms.
        device: The honest device.
        statistic: Another statistic than the attack's first.

    Examples:
        >>> [round(power, 3) for power in powers_at([5, 17], "intercept-resend")]
        [0.763, 0.992]
    """
    level = check_level("alpha", alpha)
    seen, honest, attacked = _pair(attack, strength, device, statistic)
    if isinstance(seen, QuadratureStatistic):
        return [seen.power(n, honest, attacked, level) for n in trials]
    before, after = seen.rate(honest), seen.rate(attacked)
    return [binomial_test(n, before, level, seen.tail).power(after) for n in trials]


def _pair(
    attack: str | AttackModel,
    strength: float | None,
    device: DeviceUnderTest | None,
    statistic: str | None,
) -> tuple[Observable | QuadratureStatistic, DeviceUnderTest, DeviceUnderTest]:
    """The statistic, the honest device and the attacked one."""
    model = attack_of(attack) if isinstance(attack, str) else attack
    strong = model.check(model.default if strength is None else strength)
    if model.is_silent and statistic is None:
        hint = f"none shows it: {model.reason}"
        raise ParameterError("statistic", f"be given for {model.name}", None, hint)
    seen = statistic_of(model.statistic if statistic is None else statistic)
    honest = model.example() if device is None else device
    return seen, honest, model.apply(honest, strong)
