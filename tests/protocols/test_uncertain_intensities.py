"""Intensities that are known roughly, or raised by an attacker."""

from __future__ import annotations

import math

import numpy as np
import pytest

from protocols.key_rates import (
    BackgroundChannel,
    SeededChannel,
    infinite_decoy,
    interval_decoy,
    least_single_photon_yield,
    most_single_photon_errors,
    one_decoy,
    vacuum_weak,
)
from protocols.key_rates.intensities import poisson_range
from qnet.errors import ParameterError
from qnet.hardware import Detectors, Fibre, Line

DETECTORS = Detectors(efficiency=0.045, background_yield=1.7e-6)
FIBRE = Fibre(length_km=50.0, loss_db_per_km=0.21)
GYS = BackgroundChannel(Line.through(FIBRE, detectors=DETECTORS, misalignment=0.033))
SIGNAL, WEAK = 0.48, 0.05


def poisson(n, mean):
    return math.exp(-mean) * mean**n / math.factorial(n)


def closed(share):
    """The closed bound with the worst end of each interval."""
    up, down = 1.0 + share, 1.0 - share
    y0 = GYS.gain(0.0)
    weak = GYS.gain(WEAK) - poisson(0, WEAK * down) * y0
    signal = GYS.gain(SIGNAL) - poisson(0, SIGNAL * up) * y0
    p2 = poisson(2, SIGNAL * down), poisson(2, WEAK * up)
    p1 = poisson(1, SIGNAL * down), poisson(1, WEAK * up)
    return (p2[0] * weak - p2[1] * signal) / (p1[1] * p2[0] - p1[0] * p2[1])


@pytest.mark.parametrize("share", [0.0, 0.005, 0.02, 0.1])
def test_the_programme_finds_the_closed_bound(share):
    """Oracle: the published closed form; at two per cent 0.00384622566."""
    gains = [GYS.gain(SIGNAL), GYS.gain(WEAK)]
    found = least_single_photon_yield(gains, [SIGNAL, WEAK], share, GYS.gain(0.0))
    assert found == pytest.approx(closed(share), rel=1e-6)
    if share == 0.02:
        assert found == pytest.approx(0.00384622566, rel=1e-6)


def test_published_rates():
    """Oracle: published values of the GYS experiment, and of one whose intensities are 1.5 times
    what its users believe."""
    honest = vacuum_weak(GYS, signal=SIGNAL, weak=WEAK)
    names = ("single_photon_yield", "single_photon_error")
    found = [*(honest.figures[name] for name in names), honest.value]
    assert found == pytest.approx([0.0039548066, 0.0353984926, 0.000209624994], rel=1e-6)
    seeded = vacuum_weak(SeededChannel.of(GYS, 1.5), signal=SIGNAL, weak=WEAK)
    found = [*(seeded.figures[name] for name in names), seeded.value]
    assert found == pytest.approx([0.00593155313, 0.0353271762, 0.000316122891], rel=1e-6)
    assert seeded.figures["single_photon_yield"] > GYS.photon_yield(1)
    truth = infinite_decoy(GYS, intensity=1.5 * SIGNAL)
    # The published number does not count a background click beside a photon's twice.
    assert truth.value == pytest.approx(0.000184728275, rel=1e-5)


def test_without_uncertainty_the_rate_is_that_of_the_plain_analysis():
    """Oracle: vacuum and weak decoy; errors of both intensities can only sharpen it a little."""
    plain = vacuum_weak(GYS, signal=SIGNAL, weak=WEAK)
    found = interval_decoy(GYS, signal=SIGNAL, weak=WEAK, uncertainty=0.0)
    assert plain.value <= found.value < 1.001 * plain.value
    rates = [
        interval_decoy(GYS, signal=SIGNAL, weak=WEAK, uncertainty=share).value
        for share in (0.0, 0.01, 0.05, 0.2)
    ]
    assert rates == sorted(rates, reverse=True)
    assert (
        "intensities known within 30 %"
        in interval_decoy(GYS, signal=SIGNAL, weak=WEAK, uncertainty=0.3).reason
    )


def test_one_decoy_alone():
    """Oracle: the closed analysis without uncertainty, whose bound of the errors is looser, and
    the channel's own single photons."""
    plain = one_decoy(GYS, signal=SIGNAL, weak=WEAK)
    found = interval_decoy(GYS, signal=SIGNAL, weak=WEAK, uncertainty=0.0, has_vacuum=False)
    names = ("single_photon_yield", "single_photon_error")
    assert found.figures[names[0]] == pytest.approx(plain.figures[names[0]], rel=1e-6)
    true = GYS.photon_error_yield(1) / GYS.photon_yield(1)
    assert true < found.figures[names[1]] <= plain.figures[names[1]]


@pytest.mark.parametrize("seed", range(5))
def test_no_yields_and_intensities_within_the_ranges_break_the_bounds(seed):
    """Oracle: gains of yields and of intensities that are drawn at random."""
    rng = np.random.default_rng(seed)
    for _ in range(10):
        share = rng.uniform(0.0, 0.2)
        real = np.array([0.5, 0.1]) * (1.0 + rng.uniform(-share, share, 2))
        yields = np.sort(rng.uniform(0.0, rng.uniform(0.01, 1.0), 40))
        errors = yields * rng.uniform(0.0, 0.5, 40)
        shares = np.array([[poisson(n, mean) for n in range(40)] for mean in real])
        found = least_single_photon_yield(shares @ yields, [0.5, 0.1], share, yields[0])
        assert found <= yields[1] * (1.0 + 1e-9)
        most = most_single_photon_errors(shares @ errors, [0.5, 0.1], share, errors[0])
        assert most >= errors[1] * (1.0 - 1e-9)


def test_ranges_of_poisson_probabilities_hold_every_mean():
    """Oracle: the probabilities at means in between."""
    low, high = poisson_range(1.1, 0.3, 5)
    for mean in np.linspace(1.1 * 0.7, 1.1 * 1.3, 101):
        own = np.array([poisson(n, mean) for n in range(5)])
        own = np.append(own, 1.0 - own.sum())
        assert (low <= own + 1e-12).all()
        assert (own <= high + 1e-12).all()


def test_gains_that_nothing_explains_are_refused():
    """Oracle: a gain above what all pulses give."""
    with pytest.raises(ParameterError, match="be explained by some yields"):
        least_single_photon_yield([1.5, 0.1], [0.5, 0.1], 0.02, 0.0)
    with pytest.raises(ParameterError, match="below the signal"):
        interval_decoy(GYS, signal=0.1, weak=0.2, uncertainty=0.0)
    with pytest.raises(ParameterError, match="below 1"):
        interval_decoy(GYS, signal=0.5, weak=0.1, uncertainty=1.0)
