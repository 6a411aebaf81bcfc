"""Attacks on implementations: emulated effects against closed forms and the reference."""

import math
from dataclasses import replace

import numpy as np
import pytest

from protocols.certification import (
    ATTACKS,
    OBSERVABLES,
    DeviceUnderTest,
    Monitors,
    detection_power,
    power_at,
    powers_at,
    statistic_of,
)
from protocols.certification.attacks.light import lossy, mismatched, weak_pulses
from protocols.qkd import (
    DecoyBB84,
    PhaseRemapping,
    SixState,
)
from qnet.errors import ParameterError, UnknownNameError
from qnet.hardware import Detectors, Line, WeakPulses
from qnet.metrics.binomial_tests import binomial_test
from qnet.metrics.security import ASSUMPTIONS
from qnet.metrics.statistics import proportion_estimate
from qnet.references import REFERENCES

SHOWN = [name for name, each in ATTACKS.items() if not each.is_silent]
COUNTED = [name for name in SHOWN if ATTACKS[name].statistic in OBSERVABLES]

#: Real detectors: closed forms hold for two that are equal, whatever their darkness.
REAL = Detectors(efficiency=0.3, dark_count_probability=1e-4)


def strengths(attack):
    """No attack, a weak one, the usual one and the strongest (of a factor: three)."""
    most = min(attack.most, 3.0)
    return (attack.least, (attack.least + attack.default) / 2.0, attack.default, most)


@pytest.mark.parametrize("error", [0.0, 0.02])
@pytest.mark.parametrize("name", SHOWN)
def test_emulated_effects_are_those_of_the_closed_form(name, error):
    """Oracle: the closed form of each attack, against circuits, pulses and detectors."""
    attack = ATTACKS[name]
    device, seen = attack.example(error), statistic_of(attack.statistic)
    for strength in strengths(attack):
        effect, attacked = attack.effect(strength, device), attack.apply(device, strength)
        assert seen.rate(device) == pytest.approx(effect.honest, rel=1e-9, abs=1e-12)
        still = name == "splitter-colour" and strength == 0.0
        assert still or seen.rate(attacked) == pytest.approx(effect.attacked, rel=1e-9, abs=1e-12)
        if effect.qber is not None:
            qber = OBSERVABLES["qber"].rate(attacked)
            assert qber == pytest.approx(effect.qber, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    "name",
    [
        "photon-number-splitting",
        "unambiguous-discrimination",
        "laser-seeding",
        "blinding",
        "after-gate",
        "trojan-horse",
        "intercept-resend",
        "biased-bits",
    ],
)
def test_closed_forms_hold_with_real_detectors_too(name):
    """Oracle: the closed form, with dark counts, an efficiency and a second threshold."""
    attack, device = ATTACKS[name], weak_pulses(0.01, 0.02)
    line = replace(device.protocol.line, detectors=replace(REAL, bright_threshold_1=1.4))
    device = replace(device, protocol=replace(device.protocol, line=line))
    seen = statistic_of(attack.statistic)
    for strength in strengths(attack):
        effect, attacked = attack.effect(strength, device), attack.apply(device, strength)
        assert seen.rate(attacked) == pytest.approx(effect.attacked, rel=1e-9, abs=1e-12)
        if effect.qber is not None and name != "laser-seeding":
            qber = OBSERVABLES["qber"].rate(attacked)
            assert qber == pytest.approx(effect.qber, rel=1e-7)


@pytest.mark.parametrize("name", COUNTED)
def test_drawn_counts_lie_about_the_exact_rates(name):
    """Oracle: the binomial law, 4.5 standard errors."""
    attack, rng = ATTACKS[name], np.random.default_rng(11)
    seen = OBSERVABLES[attack.statistic]
    honest = attack.example(0.02)
    for device in (honest, attack.apply(honest, attack.default)):
        rate = seen.rate(device)
        events, trials = seen.observe(device, 2_000_000, rng)
        assert abs(events - trials * rate) <= 4.5 * math.sqrt(trials * rate * (1.0 - rate)) + 1e-9


@pytest.mark.parametrize("name", COUNTED)
def test_attacks_are_found_as_often_as_was_said_and_honest_devices_alarm_as_seldom(name):
    """Oracle: size and power said beforehand; Clopper-Pearson intervals of runs hold both."""
    attack, rng, runs = ATTACKS[name], np.random.default_rng(7), 3000
    found = detection_power(name, alpha=0.02, beta=0.1, device=attack.example(0.02))
    sizes = found.sizes
    assert sizes.size <= 0.02
    assert sizes.power >= 0.9
    for rate, chance in ((found.honest, sizes.size), (found.attacked, sizes.power)):
        counts = rng.binomial(sizes.n_first, rate, size=runs)
        more = counts > sizes.threshold
        if sizes.tail == "either":
            other = detection_threshold(found)
            alarms = more | (counts < other)
        else:
            alarms = more if sizes.tail == "more" else counts < sizes.threshold
        interval = proportion_estimate(int(alarms.sum()), runs, confidence=1.0 - 1e-5)
        assert interval.low <= chance <= interval.high


def alarms(name, device, rounds, runs, alpha, rng):
    """How many runs of a device alarm, each on counts that its circuits and detectors give."""
    attack = ATTACKS[name]
    seen, honest = OBSERVABLES[attack.statistic], attack.example(0.02)
    rate, table = seen.rate(honest), device.protocol.table()
    count = 0
    for _ in range(runs):
        events, trials = seen.read(device, table.count(rounds, rng), rng)
        count += binomial_test(trials, rate, alpha, seen.tail).alarms(events)
    return count


@pytest.mark.parametrize("name", ["intercept-resend", "photon-number-splitting", "time-shift"])
def test_played_runs_alarm_when_they_should(name):
    """Oracle: power and level said beforehand, Clopper-Pearson intervals of 400 played runs."""
    attack, rng = ATTACKS[name], np.random.default_rng(17)
    strength = 0.5 if name != "time-shift" else 0.02
    found = detection_power(name, strength, alpha=0.05, beta=0.2, device=attack.example(0.02))
    rounds = math.ceil(1.3 * found.pulses) + 100
    honest = alarms(name, attack.example(0.02), rounds, 400, 0.05, rng)
    assert proportion_estimate(honest, 400, confidence=1.0 - 1e-5).low <= 0.05
    attacked = attack.apply(attack.example(0.02), strength)
    noticed = alarms(name, attacked, rounds, 400, 0.05, rng)
    assert proportion_estimate(noticed, 400, confidence=1.0 - 1e-5).high >= 0.8
    assert noticed > 0.7 * 400


def detection_threshold(found):
    """The lower threshold of a test either way, of an attack that moves its rate up."""
    assert found.attacked > found.honest
    return binomial_test(found.sizes.n_first, found.honest, 0.02, "either").below


@pytest.mark.parametrize("name", SHOWN)
def test_power_rises_with_the_strength(name):
    """Oracle: a stronger attack is seen no less; no attack is seen as often as none."""
    attack = ATTACKS[name]
    values = np.linspace(attack.least, min(attack.most, 2.0 * attack.default), 5)
    powers = [power_at(300, name, float(value))[2] for value in values[1:]]
    assert np.all(np.diff(powers) >= -1e-12)
    reason = detection_power(name, attack.least).reason
    assert "shows it" in reason or "other way" in reason


def test_every_row_of_the_catalogue_says_what_it_is():
    """Oracle: the seven sub-layers, and the names of assumptions."""
    assert len(ATTACKS) == 17
    for name, attack in ATTACKS.items():
        assert attack.name == name
        assert attack.sub_layer[:2] in {f"Q{k}" for k in range(1, 8)}
        assert set(attack.breaks) <= set(ASSUMPTIONS)
        assert set(attack.references) <= set(REFERENCES)
        assert attack.response
        assert attack.is_silent or statistic_of(attack.statistic).name == attack.statistic
        assert all(statistic_of(each) for each in attack.also)
        assert attack.reason or attack.statistic == "qber"


def test_power_curves_are_those_of_single_tests():
    """Oracle: `power_at`."""
    places = [10, 100, 1000]
    for name in ("intercept-resend", "shot-noise-calibration"):
        curve = powers_at(places, name)
        assert curve == [power_at(n, name)[2] for n in places]


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: detection_power("blindin"), "did you mean 'blinding'"),
        (lambda: detection_power("blinding", 1.5), "lie in \\[0, 1\\] for blinding"),
        (lambda: detection_power("laser-seeding", 0.5), "lie in \\[1, 10\\]"),
        (lambda: detection_power("blinding", alpha=1.0), "alpha must"),
        (lambda: detection_power("blinding", statistic="qbr"), "did you mean 'qber'"),
        (lambda: power_at(10, "beam-splitting"), "be given for beam-splitting"),
        (lambda: detection_power("photon-number-splitting", device=lossy()), "send weak pulses"),
        (lambda: detection_power("laser-seeding", device=mismatched()), "send weak pulses"),
        (lambda: OBSERVABLES["decoy-yield"].rate(lossy()), "have decoy intensities"),
        (lambda: DeviceUnderTest(protocol=SixState()), "have two bases and four states"),
        (lambda: SixState(eve=PhaseRemapping()), "leave the states alone"),
        (lambda: Monitors(couplings=[0.5]), "be two"),
    ],
)
def test_what_is_wrong_is_said(call, text):
    with pytest.raises((ParameterError, UnknownNameError), match=text):
        call()


@pytest.mark.parametrize("factor", [1.001, 1.5, 3.0])
def test_the_decoy_stays_the_same_when_all_pulses_are_brighter(factor):
    """Oracle: laser seeding leaves every gain: a nearly empty pulse is no decoy at any factor."""
    light = WeakPulses(intensities=(0.5, 0.1, 1e-3), probabilities=(0.6, 0.3, 0.1))
    device = DeviceUnderTest(protocol=DecoyBB84(source=light, line=Line(transmission=0.02)))
    found = detection_power("laser-seeding", factor, device=device, statistic="decoy-yield")
    assert found.honest == pytest.approx(-math.expm1(-0.1 * 0.02))
    assert found.attacked == pytest.approx(found.honest)


@pytest.mark.parametrize("empty", [0.0, 1e-3, 2e-3])
def test_the_closed_form_and_the_counts_are_of_the_same_decoy(empty):
    """Oracle: the table of rounds; a pulse that is nearly empty is a decoy for neither."""
    light = WeakPulses(intensities=(0.5, 0.1, empty), probabilities=(0.6, 0.3, 0.1))
    device = DeviceUnderTest(protocol=DecoyBB84(source=light, line=Line(transmission=0.1)))
    found = detection_power("photon-number-splitting", 1.0, device=device)
    effect = ATTACKS["photon-number-splitting"].effect(1.0, device)
    assert effect.attacked == pytest.approx(found.attacked, rel=1e-9)
    assert effect.honest == pytest.approx(found.honest, rel=1e-9)
    assert found.honest == pytest.approx(-math.expm1(-0.01))
