"""Diffraction of truncated beams against double quadrature and the far field's closed forms."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import j0, j1

from qnet.errors import ParameterError
from qnet.hardware import FreeSpace
from qnet.space.optics import TruncatedBeam, aperture_gain_db, best_truncation, gain_factor


def fraunhofer(beam, range_m, wavelength_m, radius, dark=0.0):
    """Share of the power, by two quadratures one in the other: the field, then its power."""
    number = 2.0 * math.pi / wavelength_m
    points, weights = np.polynomial.legendre.leggauss(220)
    low, high = beam.obscuration_m, beam.radius_m
    x = low + 0.5 * (high - low) * (points + 1.0)
    w = 0.5 * (high - low) * weights
    field = np.exp(-(x**2 - low**2) / beam.waist_m**2)
    sent = np.sum(w * x * field**2)
    r = dark + 0.5 * (radius - dark) * (points + 1.0)
    v = 0.5 * (radius - dark) * weights
    far = (w * x * field) @ j0(number * np.outer(x, r) / range_m)
    return (number / range_m) ** 2 * np.sum(v * r * far**2) / sent


@pytest.mark.parametrize(
    ("sent", "dark", "waist", "wavelength", "range_km", "got", "shade"),
    [
        (0.15, 0.0, 0.15, 810.0, 500.0, 0.6, 0.0),
        (0.15, 0.03, 0.15, 810.0, 500.0, 0.6, 0.15),
        (0.15, 0.0, 0.02, 810.0, 500.0, 0.6, 0.15),
        (0.15, 0.14, 0.02, 810.0, 800.0, 0.6, 0.0),
        (0.5, 0.1, 0.4, 810.0, 500.0, 3.0, 0.3),
        (0.075, 0.0, 5.0, 1550.0, 2000.0, 0.4, 0.0),
        (0.04, 0.039, 1.0, 1550.0, 900.0, 0.4, 0.1),
    ],
)
def test_shares_are_those_of_two_quadratures(sent, dark, waist, wavelength, range_km, got, shade):
    """Oracle: the Fraunhofer integral of the field, squared and integrated over the receiver."""
    beam = TruncatedBeam(radius_m=sent, obscuration_m=dark, waist_m=waist)
    found = beam.collected(range_km, wavelength_nm=wavelength, radius_m=got, obscuration_m=shade)
    expected = fraunhofer(beam, 1e3 * range_km, 1e-9 * wavelength, got, shade)
    assert float(found) == pytest.approx(expected, rel=1e-9)


def test_reference_values():
    """Oracle: published SatQuMA value, and a value with obscurations of independent code."""
    bare = TruncatedBeam(radius_m=0.15, waist_m=0.15)
    found = bare.collected(500.0, wavelength_nm=810.0, radius_m=0.6)
    assert float(found) == pytest.approx(0.368667574, rel=2e-9)
    dark = TruncatedBeam(radius_m=0.15, waist_m=0.15, obscuration_m=0.03)
    found = dark.collected(500.0, wavelength_nm=810.0, radius_m=0.6, obscuration_m=0.15)
    assert float(found) == pytest.approx(0.32457899, rel=2e-8)


def test_coherence_is_the_autocorrelation():
    """Oracle: the overlap of two rings on a grid, and that of two discs in closed form."""
    beam = TruncatedBeam(radius_m=0.15, waist_m=0.1, obscuration_m=0.05)
    axis = np.linspace(-0.4, 0.4, 1601)
    x, y = np.meshgrid(axis, axis)

    def amplitude(shift):
        square = (x - shift) ** 2 + y**2
        return np.where((square < 0.15**2) & (square > 0.05**2), np.exp(-square / 0.1**2), 0.0)

    here = amplitude(0.0)
    for apart in (0.02, 0.09, 0.1, 0.17, 0.25):
        overlap = np.sum(here * amplitude(apart)) / np.sum(here**2)
        assert float(beam.coherence(apart)) == pytest.approx(overlap, abs=2e-3)
    even = TruncatedBeam(radius_m=1.0, waist_m=1e6)
    for apart in (0.1, 0.9, 1.7):
        half = 0.5 * apart
        lens = 2.0 / math.pi * (math.acos(half) - half * math.sqrt(1.0 - half**2))
        assert float(even.coherence(apart)) == pytest.approx(lens, rel=1e-8)


def test_wide_telescopes_have_the_untruncated_beam():
    """Oracle: the closed form of a Gaussian beam far away, and the class of simple beams."""
    beam = TruncatedBeam(radius_m=0.5, waist_m=0.06)
    simple = FreeSpace(length_km=2000.0, wavelength_nm=810.0, waist_m=0.06, receiver_radius_m=0.7)
    found = float(beam.collected(2000.0, wavelength_nm=810.0, radius_m=0.7))
    width = 2e6 * 810e-9 / (math.pi * 0.06)
    assert found == pytest.approx(-math.expm1(-2.0 * 0.7**2 / width**2), rel=1e-9)
    assert found == pytest.approx(simple.transmission, rel=1e-4)


@pytest.mark.parametrize("ratio", [0.0, 0.2, 0.6])
@pytest.mark.parametrize("truncation", [0.4, 1.12, 2.5])
def test_small_receivers_see_the_gain_on_the_axis(ratio, truncation):
    """Oracle: gain of the transmitter, loss of free space, gain of the receiver.

    The gain counts the power that comes into the telescope, the share what leaves it.
    """
    radius, wavelength, distance, small = 0.1, 810e-9, 3e6, 0.01
    beam = TruncatedBeam(radius_m=radius, obscuration_m=ratio * radius, waist_m=radius / truncation)
    found = float(beam.collected(1e-3 * distance, wavelength_nm=810.0, radius_m=small))
    square = truncation**2
    left = math.exp(-2.0 * ratio**2 * square) - math.exp(-2.0 * square)
    gains = aperture_gain_db(radius, 810.0) + aperture_gain_db(small, 810.0)
    space = 20.0 * math.log10(4.0 * math.pi * distance / wavelength)
    linked = 10.0 ** (0.1 * (gains - space)) * gain_factor(truncation, ratio)
    assert found * left == pytest.approx(linked, rel=1e-4)


def test_best_truncation():
    """Oracle: reference values, and the published series near no obscuration."""
    assert best_truncation() == pytest.approx((1.120906, 0.8145288), rel=1e-6)
    assert best_truncation(0.2) == pytest.approx((1.074461, 0.7088064), rel=1e-6)
    for ratio in (0.0, 0.1, 0.2, 0.3, 0.4):
        series = 1.12 - 1.30 * ratio**2 + 2.12 * ratio**4
        assert best_truncation(ratio)[0] == pytest.approx(series, rel=1.5e-2)
    best, gain = best_truncation(0.5)
    assert gain >= max(gain_factor(best + step, 0.5) for step in (-1e-3, 1e-3))


def test_everything_is_collected_by_a_huge_receiver():
    """Oracle: conservation of energy; the far rings of a sharp rim fall like 1 / radius."""
    beam = TruncatedBeam(radius_m=0.1, waist_m=0.06)
    shares = [
        float(beam.collected(500.0, wavelength_nm=810.0, radius_m=radius))
        for radius in (5.0, 20.0, 80.0, 320.0)
    ]
    assert shares == sorted(shares)
    assert 0.999 < shares[-1] <= 1.0


def test_many_ranges_are_those_one_by_one():
    """Oracle: single ranges, each by its own integral."""
    beam = TruncatedBeam(radius_m=0.15, waist_m=0.1, obscuration_m=0.04)
    ranges = np.linspace(450.0, 2300.0, 2000).reshape(2, 1000)
    many = beam.collected(ranges, wavelength_nm=785.0, radius_m=0.9, obscuration_m=0.2)
    assert many.shape == (2, 1000)
    for place in ((0, 0), (0, 517), (1, 3), (1, 999)):
        one = beam.collected(ranges[place], wavelength_nm=785.0, radius_m=0.9, obscuration_m=0.2)
        assert many[place] == pytest.approx(float(one), rel=1e-10)
    assert np.all(np.diff(many.ravel()) < 0.0)
    assert beam.collected([], wavelength_nm=785.0, radius_m=0.9).shape == (0,)


def test_power_of_an_even_disc_is_that_of_the_airy_pattern():
    """Oracle: 1 - J0^2 - J1^2 of the Airy pattern (Rayleigh 1881), by quadrature of it."""
    beam = TruncatedBeam(radius_m=0.1, waist_m=1e5)
    k, z, radius = 2.0 * math.pi / 810e-9, 6e5, 4.0
    edge = k * 0.1 * radius / z
    power, _ = quad(lambda v: 2.0 * j1(v) ** 2 / v, 0.0, edge, epsabs=1e-13)
    assert power == pytest.approx(1.0 - j0(edge) ** 2 - j1(edge) ** 2, rel=1e-10)
    found = beam.collected(600.0, wavelength_nm=810.0, radius_m=radius)
    assert float(found) == pytest.approx(power, rel=1e-9)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"obscuration_m": 0.15}, "obscuration_m must be below the radius (got 0.15)"),
        ({"waist_m": -0.1}, "waist_m must be positive (got -0.1)"),
        ({"radius_m": 0.0}, "radius_m must be positive (got 0.0)"),
    ],
)
def test_beams_that_are_none(given, message):
    with pytest.raises(ParameterError) as caught:
        TruncatedBeam(**{"radius_m": 0.15, "waist_m": 0.1, **given})
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("range_km", [0.0, 0.05, -500.0, math.nan, math.inf])
def test_receivers_near_by_are_refused(range_km):
    beam = TruncatedBeam(radius_m=0.15, waist_m=0.1)
    with pytest.raises(ParameterError, match=r"range_km must be finite and 0\.06 km or more"):
        beam.collected(range_km, wavelength_nm=810.0, radius_m=0.6)


def test_gain_factor_checks_its_arguments():
    with pytest.raises(ParameterError, match=r"obscuration must lie in \[0, 1\)"):
        gain_factor(1.0, 1.0)
    with pytest.raises(ParameterError, match=r"truncation must be positive"):
        gain_factor(0.0)
