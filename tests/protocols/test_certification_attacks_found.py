"""Attacks that must be found: each by its check, as often as computed; silent ones are told."""

from dataclasses import replace

import numpy as np
import pytest

from protocols.certification.attacks import ATTACKS
from protocols.certification.catalogue import chosen
from protocols.certification.checks import COUNT_CHECKS
from protocols.certification.cv_checks import CV_CHECKS
from protocols.certification.cv_suite import CvSuite
from protocols.certification.described import Bench, described
from protocols.certification.device import DeviceUnderTest, QuadratureLink
from protocols.certification.suite import Suite
from protocols.key_rates.cv_receiver import HomodyneReceiver
from protocols.key_rates.gg02 import GG02
from protocols.qkd import DecoyBB84
from qnet.hardware import Detectors, Line, WeakPulses

LIGHT = WeakPulses(intensities=(0.5, 0.1, 1e-3), probabilities=(0.6, 0.3, 0.1))
DETECTORS = Detectors(efficiency=0.2, dark_count_probability=1e-6, efficiency_mismatch=0.5)
DEVICE = described(
    DecoyBB84(source=LIGHT, line=Line(transmission=0.1, misalignment=0.01, detectors=DETECTORS))
)
SUITE = Suite(device=DEVICE, false_alarm=1e-3)
PULSES = 10**9

#: Attacks on photons, and the checks that their own statistics are.
SHOWN = {
    name: model for name, model in ATTACKS.items() if model.statistic not in (*CV_CHECKS, "none")
}


@pytest.mark.parametrize("name", SHOWN)
def test_each_attack_is_found_at_its_stated_strength(name):
    """Oracle: the power known beforehand, which is near one; the honest suite stays quiet."""
    played = SUITE.attack(name, SHOWN[name].default, PULSES, np.random.default_rng(5))
    assert played.result.power is not None
    assert played.result.power > 0.99
    assert played.result.detected
    assert played.result.statistic in {row.id for row in SUITE.requirements}
    assert f"alarm of {played.result.statistic}" in played.sentence


@pytest.mark.parametrize(
    ("name", "strength", "pulses"),
    [
        ("intercept-resend", 0.2, 100_000),
        ("time-shift", 0.1, 20_000),
        ("blinding", 0.3, 30_000),
        ("laser-seeding", 1.5, 3_000),
        ("photon-number-splitting", 1.0, 30_000),
    ],
)
def test_a_short_run_finds_an_attack_as_often_as_computed(name, strength, pulses):
    """Oracle: 300 attacked runs; the computed power of the check, averaged over their trials."""
    attacked = ATTACKS[name].apply(DEVICE, strength)
    powers = SUITE.powers(attacked, pulses)
    best = max(powers, key=powers.__getitem__)
    suite = Suite(device=DEVICE, requirements=[r for r in chosen("all") if r.check == best])
    bench, rng = Bench(attacked), np.random.default_rng(9)
    chance, _ = bench.chance(COUNT_CHECKS[best])
    runs = [bench.draw(suite.observables, pulses, rng)[best] for _ in range(300)]
    tests = [suite.test(best, run.trials) for run in runs]
    found = np.mean([test.alarms(run.events) for test, run in zip(tests, runs, strict=True)])
    wanted = np.mean([test.power(chance) for test in tests])
    assert wanted > 0.005
    assert abs(found - wanted) < 4.5 * np.sqrt(max(wanted * (1.0 - wanted), 1e-3) / 300)


@pytest.mark.parametrize("name", ["blinding", "laser-seeding", "after-gate"])
def test_the_plain_error_rate_is_silent_and_the_suite_says_so(name):
    """Oracle: these leave the error rate as it was: the QBER check alone hardly finds them."""
    model = ATTACKS[name]
    strength = 1.0001 if model.least == 1.0 else 1e-3
    played = SUITE.attack(name, model.default, PULSES, np.random.default_rng(5))
    assert "the plain QBER is silent" in played.sentence
    weak = SUITE.powers(model.apply(DEVICE, strength), 10**6)
    assert weak["qber-z"] < 2.0 * SUITE.alpha


def test_an_attack_that_leaves_no_trace_is_told_with_its_reason():
    """Oracle: beam splitting changes no count; nothing is claimed, nothing held against it."""
    played = SUITE.attack("beam-splitting", 1.0, PULSES, np.random.default_rng(5))
    assert (played.result.statistic, played.result.power) == ("none", None)
    assert played.result.decision == "not applicable"
    assert "no check shows beam-splitting" in played.sentence
    assert played.curve == ()


def test_power_rises_with_strength_and_with_pulses():
    """Oracle: more of an attack, or more data, is seen no worse; at none it is the size."""
    powers = [
        SUITE.powers(ATTACKS["intercept-resend"].apply(DEVICE, strength), 10**6)["qber-z"]
        for strength in (0.0, 0.02, 0.05, 0.1, 0.2, 0.5)
    ]
    assert powers == sorted(powers)
    assert powers[0] <= SUITE.alpha < powers[-1]
    assert powers[-1] > 0.99
    curve = SUITE.attack("intercept-resend", 0.1, PULSES, np.random.default_rng(1)).curve
    assert curve[0][1] < 0.01 < 0.99 < curve[-1][1]


# --- quadratures --------------------------------------------------------------------------------

LINK = GG02(
    modulation_variance=5.0,
    transmission=0.3,
    excess_noise=0.02,
    efficiency=0.6,
    electronic_noise=0.05,
)
RECEIVER = DeviceUnderTest(
    quadratures=QuadratureLink(link=LINK, receiver=HomodyneReceiver(saturation=20.0))
)


def other(**changes):
    """The receiver with something else."""
    link = {name: changes.pop(name) for name in list(changes) if hasattr(LINK, name)}
    own = RECEIVER.quadratures
    flaws = {name: changes.pop(name) for name in list(changes) if hasattr(own.receiver, name)}
    receiver = replace(own.receiver, **flaws)
    quadratures = replace(own, link=replace(LINK, **link), receiver=receiver, **changes)
    return replace(RECEIVER, quadratures=quadratures)


@pytest.mark.parametrize(
    ("name", "device"),
    [
        ("CV-1", other(shot_noise_factor=1.02)),
        ("CV-2", other(displacement=0.02)),
        ("CV-3", other(added_noise=0.2)),
        ("CV-4", other(transmission=0.29)),
        ("CV-5", other(modulation_variance=5.1)),
    ],
)
def test_each_check_of_quadratures_finds_a_device_made_for_it(name, device):
    """Oracle: drawn quadratures of another receiver; the honest one stays within."""
    (row,) = chosen([name])
    suite = CvSuite.over(RECEIVER, chosen([name]), 10**6, 1e-4)
    power = CV_CHECKS[row.check].power(suite.values, RECEIVER, device, suite.alpha)
    assert power > 0.999
    assert suite.observe(row.check, device, np.random.default_rng(2))[1]
    assert [each.decision for each in suite.results(np.random.default_rng(3))] == ["met"]


def test_checks_of_quadratures_alarm_as_often_as_computed():
    """Oracle: 4,000 honest draws of each check; four standard errors about the level."""
    rng, alpha, runs = np.random.default_rng(8), 0.05, 4000
    rows = [row for row in chosen("all") if row.check in CV_CHECKS]
    suite = CvSuite(device=RECEIVER, requirements=rows, values=400, alpha=alpha)
    for name in suite.rows:
        alarms = sum(suite.observe(name, RECEIVER, rng)[1] for _ in range(runs))
        assert abs(alarms / runs - alpha) < 4.0 * np.sqrt(alpha * (1.0 - alpha) / runs), name
