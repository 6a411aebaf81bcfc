"""Pointing errors of Gaussian beams against closed forms and simulation."""

import math

import numpy as np
import pytest

from qnet.errors import ParameterError
from qnet.space.optics import GaussianPointing, TruncatedBeam
from qnet.space.optics.diffraction import pointing_blur


def test_mean_and_outage():
    """Oracle: b / (b + 1) and q^(1/b), b = (t / 2s)^2; in dB 0.6446 and 3.2."""
    beam = GaussianPointing(divergence_urad=5.0, jitter_urad=1.0)
    assert beam.mean == pytest.approx(6.25 / 7.25, rel=1e-9)
    assert beam.quantile(0.01) == pytest.approx(0.478630092, rel=1e-8)
    assert -10.0 * math.log10(beam.mean) == pytest.approx(0.644579892, rel=1e-8)
    assert -10.0 * math.log10(beam.quantile(0.01)) == pytest.approx(3.2, rel=1e-9)


def test_boresight():
    """Oracle: t^2 / (t^2 + 4 s^2) exp(-2 B^2 / (t^2 + 4 s^2))."""
    beam = GaussianPointing(divergence_urad=5.0, jitter_urad=1.0, boresight_urad=2.0)
    assert beam.mean == pytest.approx(0.654239312, rel=1e-8)
    for jitter, error in ((0.0, 1.0), (3.0, 7.0), (20.0, 2.0), (500.0, 100.0), (0.001, 3.0)):
        beam = GaussianPointing(divergence_urad=5.0, jitter_urad=jitter, boresight_urad=error)
        wide = 25.0 + 4.0 * jitter**2
        expected = 25.0 / wide * math.exp(-2.0 * error**2 / wide)
        assert beam.mean == pytest.approx(expected, rel=1e-9)


def test_bound_on_the_capacity_of_a_fading_link():
    """Oracle: the series sum_k eta0^k / (k ln 2 (1 + 4 k s^2 / t^2)); above that of the mean."""
    beam = GaussianPointing(divergence_urad=1.0, jitter_urad=0.2)
    found = beam.expectation(lambda share: -np.log2(1.0 - 0.3 * share))
    series = sum(0.3**k / (k * math.log(2.0) * (1.0 + 0.16 * k)) for k in range(1, 80))
    assert found == pytest.approx(series, rel=1e-9)
    assert found == pytest.approx(0.433355239, rel=1e-8)
    of_mean = -math.log2(1.0 - 0.3 * beam.mean)
    assert of_mean == pytest.approx(0.43171624, rel=1e-7)
    assert of_mean < found < -math.log2(0.7)


def test_samples_have_the_law():
    """Oracle: distribution function I^b; five standard errors of 200,000."""
    beam = GaussianPointing(divergence_urad=5.0, jitter_urad=1.5)
    drawn = beam.sample(200_000, np.random.default_rng(3))
    power = (5.0 / 3.0) ** 2
    for level in (0.2, 0.5, 0.9):
        share = level**power
        error = math.sqrt(share * (1.0 - share) / drawn.size)
        assert abs(np.mean(drawn < level) - share) < 5.0 * error
    points, weights = np.polynomial.legendre.leggauss(60)
    area = 0.5 * np.sum(weights * beam.density(0.5 * (points + 1.0)))
    assert area == pytest.approx(1.0, rel=1e-6)


def test_beams_of_telescopes_have_the_gaussian_limit():
    """Oracle: the closed form, for a wide telescope and a small receiver."""
    beam = TruncatedBeam(radius_m=0.6, waist_m=0.08)
    divergence = 1e6 * 810e-9 / (math.pi * 0.08)
    steady = beam.collected(3000.0, wavelength_nm=810.0, radius_m=0.05)
    for jitter, error in ((1.0, 0.0), (1.0, 2.0), (0.0, 1.5), (4.0, 1.0)):
        blur = pointing_blur(1e-6 * jitter, 1e-6 * error, 2.0 * math.pi / 810e-9)
        shaken = beam.collected(
            3000.0, wavelength_nm=810.0, radius_m=0.05, blur=lambda s, b=blur: b(s)[None]
        )
        small = GaussianPointing(
            divergence_urad=divergence, jitter_urad=jitter, boresight_urad=error
        )
        assert float(shaken / steady) == pytest.approx(small.mean, rel=1e-4)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, math.nan])
def test_outages_are_probabilities(share):
    beam = GaussianPointing(divergence_urad=5.0, jitter_urad=1.0)
    with pytest.raises(ParameterError, match="probability must"):
        beam.quantile(share)


def test_power_laws_are_of_jitter_alone():
    with pytest.raises(ParameterError, match=r"boresight_urad must be 0 for this"):
        GaussianPointing(divergence_urad=5.0, jitter_urad=1.0, boresight_urad=1.0).quantile(0.1)
    with pytest.raises(ParameterError, match=r"jitter_urad must be positive for this"):
        GaussianPointing(divergence_urad=5.0).density(0.5)
