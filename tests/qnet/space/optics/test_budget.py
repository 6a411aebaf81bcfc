"""Budgets and fading of optical links against integrals, simulation, limits and trends."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import j0

from qnet.errors import ParameterError
from qnet.space.optics import PROFILES, GaussianPointing, OpticalLink, air_transmission
from qnet.space.optics.turbulence import wander_rad

PLAIN = OpticalLink(
    wavelength_nm=810.0,
    transmitter_radius_m=0.15,
    beam_waist_m=0.15,
    receiver_radius_m=0.6,
    atmosphere="none",
)
LEVELS, RANGES = np.array([90.0, 45.0, 20.0]), np.array([500.0, 683.0, 1193.0])


def slant_km(elevation_deg, altitude_km=500.0, radius_km=6371.0):
    """Distance of a satellite on a circular orbit, on the sphere."""
    angle = np.deg2rad(elevation_deg)
    flat, up = radius_km * np.cos(angle), radius_km * np.sin(angle)
    return np.sqrt((radius_km + altitude_km) ** 2 - flat**2) - up


def test_factors_add_up():
    """Oracle: the table of the air, the fixed loss, and the product of everything."""
    link = replace(
        PLAIN, atmosphere="modtran", fixed_loss_db=15.0, jitter_urad=0.7, turbulence="hv57"
    )
    budget = link.budget(LEVELS, RANGES)
    assert [*budget.factors()] == ["diffraction", "turbulence", "pointing", "atmosphere", "fixed"]
    total = sum(budget.factors().values())
    assert budget.total_db == pytest.approx(total, rel=1e-12)
    assert budget.transmission == pytest.approx(10.0 ** (-0.1 * total), rel=1e-12)
    air = air_transmission("modtran", LEVELS, wavelength_nm=810.0)
    assert 10.0 ** (-0.1 * budget.atmosphere_db) == pytest.approx(air, rel=1e-12)
    assert np.all(budget.fixed_db == 15.0)
    assert all(np.all(loss >= 0.0) for loss in budget)
    assert link.transmission(LEVELS, RANGES) == pytest.approx(budget.transmission, rel=1e-15)


def test_reference_value_of_the_whole():
    """Oracle: diffraction 4.33365059 dB, MODTRAN 0.813639 at the zenith, 15 dB."""
    link = replace(PLAIN, atmosphere="modtran", fixed_loss_db=15.0)
    expected = 0.368667574 * 0.813639 * 10.0**-1.5
    assert float(link.transmission(90.0, 500.0)) == pytest.approx(expected, rel=1e-8)


def far_field(link, direction_rad, range_m):
    """Power on the receiver with the beam turned, by the intensity over a grid of the receiver."""
    number = 2.0 * math.pi / (1e-9 * link.wavelength_nm)
    points, weights = np.polynomial.legendre.leggauss(64)
    x = 0.5 * link.transmitter_radius_m * (points + 1.0)
    w = 0.5 * link.transmitter_radius_m * weights * x
    field = np.exp(-((x / link.beam_waist_m) ** 2))
    r = 0.5 * link.receiver_radius_m * (points + 1.0)
    turns = 2.0 * math.pi * (np.arange(32) + 0.5) / 32
    across = np.hypot(
        r[:, None] * np.cos(turns) - direction_rad * range_m, r[:, None] * np.sin(turns)
    )
    far = np.einsum("i,ijk->jk", w * field, j0(number * x[:, None, None] * across / range_m))
    ring = 0.5 * link.receiver_radius_m * weights * r
    power = (number / range_m) ** 2 / (2.0 * math.pi) * 2.0 * math.pi / 32
    return power * float(ring @ np.sum(far**2, axis=1)) / float(np.sum(w * field**2))


@pytest.mark.parametrize("error_urad", [0.5, 3.0, 8.0])
def test_a_turned_beam(error_urad):
    """Oracle: the intensity of the turned pattern, summed over the receiver in two dimensions."""
    link = replace(PLAIN, boresight_urad=error_urad)
    expected = far_field(link, 1e-6 * error_urad, 6e5)
    assert float(link.transmission(60.0, 600.0)) == pytest.approx(expected, rel=1e-6)


def test_jitter_is_the_mean_over_directions():
    """Oracle: the Rayleigh mean of turned beams, each by the sum over the receiver."""
    jitter = 1.3
    link = replace(PLAIN, jitter_urad=jitter)
    points, weights = np.polynomial.legendre.leggauss(48)
    offsets = 4.0 * jitter * (points + 1.0)
    law = offsets / jitter**2 * np.exp(-0.5 * (offsets / jitter) ** 2) * 4.0 * jitter * weights
    expected = sum(
        share * far_field(PLAIN, 1e-6 * each, 6e5) for share, each in zip(law, offsets, strict=True)
    )
    assert float(link.transmission(60.0, 600.0)) == pytest.approx(expected, rel=1e-6)


def test_pointing_of_a_small_receiver_and_a_wide_telescope():
    """Oracle: the closed forms of a Gaussian beam (jitter and boresight)."""
    link = OpticalLink(
        wavelength_nm=810.0,
        transmitter_radius_m=0.6,
        beam_waist_m=0.0515662,
        receiver_radius_m=0.02,
        jitter_urad=1.0,
        boresight_urad=2.0,
        atmosphere="none",
    )
    small = GaussianPointing(
        divergence_urad=1e6 * 810e-9 / (math.pi * 0.0515662), jitter_urad=1.0, boresight_urad=2.0
    )
    found = float(link.budget(90.0, 2000.0).pointing_db)
    assert found == pytest.approx(-10.0 * math.log10(small.mean), rel=1e-5)


@pytest.mark.parametrize("profile", [*PROFILES])
def test_an_uplink_loses_more_than_a_downlink(profile):
    """Oracle: turbulence at the start of a path blurs, at its end it hardly does."""
    down = replace(PLAIN, turbulence=profile)
    up = replace(down, direction="uplink")
    for level, distance in zip(LEVELS, RANGES, strict=True):
        lost = float(down.budget(level, distance).turbulence_db)
        more = float(up.budget(level, distance).turbulence_db)
        assert 0.0 < lost < 0.05
        assert more > 3.0


def test_without_turbulence_both_directions_are_the_same():
    down = replace(PLAIN, jitter_urad=1.0, atmosphere=0.8)
    up = replace(down, direction="uplink")
    assert np.array_equal(down.transmission(LEVELS, RANGES), up.transmission(LEVELS, RANGES))


def test_blur_of_a_wide_uplink_is_that_of_the_coherence_length():
    """Oracle: far beyond r0 the telescope does not matter: power in a small receiver is

    ``(k R / z)^2 / 2 Int exp(-3.44 (s/r0)^(5/3)) s ds``, ``s ds`` up to infinity: a Gamma function.
    """
    link = replace(
        PLAIN,
        transmitter_radius_m=3.0,
        beam_waist_m=100.0,
        receiver_radius_m=0.05,
        turbulence="hv57",
        direction="uplink",
    )
    length = PROFILES["hv57"].spherical_coherence_m(
        90.0, 36_000.0, wavelength_nm=810.0, direction="uplink"
    )
    integral = 0.6 * math.gamma(1.2) * float(length) ** 2 / 3.44**1.2
    number = 2.0 * math.pi / 810e-9
    expected = 0.5 * (number * 0.05 / 3.6e7) ** 2 * integral
    assert float(link.transmission(90.0, 36_000.0)) == pytest.approx(expected, rel=0.05)


def test_kolmogorov_wave_fronts():
    """Oracle: random phases over the telescope with the structure function 6.88 (s / r0)^(5/3).

    The mean power on the axis of the far field is that of a budget with a small receiver, and the
    direction of the beam, its centroid, wanders as `wander_rad` says; five standard errors, and
    some per cent for the grid and for Fried's approximation.
    """
    link = replace(
        PLAIN, receiver_radius_m=0.02, beam_waist_m=50.0, turbulence="hv57", direction="uplink"
    )
    length = float(
        PROFILES["hv57"].spherical_coherence_m(60.0, 570.0, wavelength_nm=810.0, direction="uplink")
    )
    axis = (np.arange(26) - 12.5) * 0.3 / 26
    x, y = (grid.ravel() for grid in np.meshgrid(axis, axis))
    x, y = x[np.hypot(x, y) < 0.15], y[np.hypot(x, y) < 0.15]
    structure = 6.88 * (np.hypot(x[:, None] - x, y[:, None] - y) / length) ** (5.0 / 3.0)
    rows = structure.mean(axis=0)
    covariance = -0.5 * (structure - rows - rows[:, None] + rows.mean())
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    phases = np.random.default_rng(12).standard_normal((4000, x.size)) @ root.T
    power = np.abs(np.exp(1j * phases).mean(axis=1)) ** 2
    error = power.std() / math.sqrt(power.size)
    expected = 10.0 ** (-0.1 * float(link.budget(60.0, 570.0).turbulence_db))
    assert abs(power.mean() - expected) < 5.0 * error + 0.03 * expected
    tilt = phases @ x / np.sum(x**2) / (2.0 * math.pi / 810e-9)
    wander = float(wander_rad(length, 0.15, wavelength_nm=810.0))
    assert tilt.std() == pytest.approx(wander, rel=5.0 / math.sqrt(8000) + 0.04)


def test_trends_of_a_pass():
    """Oracle: loss falls with the elevation, and with less jitter, and with a larger receiver."""
    levels = np.linspace(5.0, 90.0, 400)
    link = replace(PLAIN, atmosphere="modtran", jitter_urad=0.5)
    loss = link.budget(levels, slant_km(levels)).total_db
    assert np.all(np.diff(loss) < 0.0)
    shaky = replace(link, jitter_urad=2.0).budget(levels, slant_km(levels)).total_db
    large = replace(link, receiver_radius_m=1.0).budget(levels, slant_km(levels)).total_db
    dark = replace(link, receiver_obscuration_m=0.3).budget(levels, slant_km(levels)).total_db
    assert np.all(shaky > loss)
    assert np.all(large < loss)
    assert np.all(dark > loss)


def test_many_slots_are_those_one_by_one():
    """Oracle: single slots, each by its own integrals; shapes; nothing below the horizon."""
    levels = np.linspace(20.0, 90.0, 2400).reshape(3, 800)
    for more in ({}, {"turbulence": "hv57", "direction": "uplink"}):
        link = replace(PLAIN, jitter_urad=1.0, **more)
        many = link.transmission(levels, slant_km(levels))
        assert many.shape == (3, 800)
        for place in ((0, 0), (1, 400), (2, 799)):
            one = link.transmission(levels[place], slant_km(levels[place]))
            assert many[place] == pytest.approx(float(one), rel=1e-9)
    found = PLAIN.transmission([-5.0, 0.0, 30.0], [2500.0, 2400.0, 900.0])
    assert np.array_equal(found[:2], [0.0, 0.0])
    assert found[2] > 0.0
    assert PLAIN.transmission([], []).shape == (0,)


@pytest.mark.parametrize(
    "more",
    [
        {"jitter_urad": 1.0},
        {"jitter_urad": 0.5, "boresight_urad": 1.5},
        {"jitter_urad": 0.5, "turbulence": "hv57"},
        {"jitter_urad": 0.5, "turbulence": "hv1010", "direction": "uplink"},
    ],
)
def test_fading_has_the_mean_of_the_budget(more):
    """Oracle: the averaged link, within five standard errors of 100,000 moments."""
    link = replace(PLAIN, atmosphere=0.8, fixed_loss_db=3.0, **more)
    drawn = link.samples(40.0, 740.0, 100_000, np.random.default_rng(8))
    error = drawn.std() / math.sqrt(drawn.size)
    assert abs(drawn.mean() - float(link.transmission(40.0, 740.0))) < 5.0 * error
    assert np.all(drawn >= 0.0)


def test_scintillation_of_samples():
    """Oracle: the index of the profile, of a well pointed downlink; five standard errors."""
    link = replace(PLAIN, receiver_radius_m=0.1, turbulence="hv57")
    drawn = link.samples(30.0, 909.0, 200_000, np.random.default_rng(6))
    index = PROFILES["hv57"].scintillation(30.0, wavelength_nm=810.0, receiver_radius_m=0.1)
    assert drawn.var() / drawn.mean() ** 2 == pytest.approx(float(index), rel=0.03)


def test_outage_differs_from_the_mean():
    """Oracle: the Rayleigh quantile of the offset, at the pattern of the beam."""
    link = replace(PLAIN, jitter_urad=1.0)
    drawn = link.samples(90.0, 500.0, 200_000, np.random.default_rng(7))
    offset = math.sqrt(-2.0 * math.log(0.01))
    expected = float(link.pattern(90.0, 500.0, offset))
    assert np.quantile(drawn, 0.01) == pytest.approx(expected, rel=0.03)
    assert expected < 0.5 * float(link.transmission(90.0, 500.0))
    assert float(link.pattern(90.0, 500.0, 0.0)) == pytest.approx(0.368667574, rel=1e-8)


def test_receivers_near_by_are_refused():
    with pytest.raises(ParameterError, match=r"range_km must be finite and 0\.06 km or more"):
        PLAIN.transmission(90.0, 0.05)


def test_area_and_clouds():
    """Oracle: the ring of the receiver; the probability of a free line of sight."""
    link = replace(PLAIN, receiver_obscuration_m=0.15, cloud_fraction=0.4)
    assert link.receiver_area_m2 == pytest.approx(math.pi * (0.36 - 0.0225))
    assert float(link.clear_probability(20.0)) == pytest.approx(0.419800168, rel=1e-8)
