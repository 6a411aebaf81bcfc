"""Turbulence against moments in closed form, the names of the profiles, and other quadratures."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import j1

from qnet.errors import ParameterError
from qnet.space.optics import PROFILES, HufnagelValley
from qnet.space.optics.turbulence import turbulence, wander_rad


@pytest.mark.parametrize("power", [0.0, 5.0 / 6.0, 5.0 / 3.0, 2.0])
def test_moments(power):
    """Oracle: Int e^(-h/s) h^p = s^(p+1) Gamma(p+1)."""
    profile = PROFILES["hv57"]
    expected = (
        profile.ground * 100.0 ** (power + 1.0) * math.gamma(power + 1.0)
        + profile.middle * 1500.0 ** (power + 1.0) * math.gamma(power + 1.0)
        + profile.high * 1000.0 ** (power + 11.0) * math.gamma(power + 11.0)
    )
    assert profile.moment(power) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(
    ("name", "length_cm", "angle_urad", "called"),
    [
        ("hv57", 4.96073, 6.89749, (5, 7)),
        ("hv1010", 10.3366, 10.1597, (10, 10)),
        ("hv1512", 14.8158, 11.888, (15, 12)),
    ],
)
def test_profiles_are_what_they_are_called(name, length_cm, angle_urad, called):
    """Oracle: reference values, and the name of each profile: r0 in cm, angle in urad, 500 nm."""
    profile = PROFILES[name]
    length = 100.0 * float(profile.coherence_m(90.0, wavelength_nm=500.0))
    angle = float(profile.isoplanatic_urad(90.0, wavelength_nm=500.0))
    assert (length, angle) == pytest.approx((length_cm, angle_urad), rel=1e-5)
    assert (round(length), round(angle)) == called


def test_values_of_hv57():
    """Oracle: reference values, and the strength at 500 m that Qrackling checks."""
    profile = PROFILES["hv57"]
    assert float(profile.strength(500.0)) == pytest.approx(3.0801e-16, rel=2e-5)
    lengths = profile.coherence_m([90.0, 30.0], wavelength_nm=810.0)
    assert 100.0 * lengths == pytest.approx([8.850412, 5.839095], rel=1e-6)
    assert 100.0 * float(profile.coherence_m(90.0, wavelength_nm=1550.0)) == pytest.approx(
        19.28322, rel=1e-6
    )
    assert float(profile.rytov(90.0, wavelength_nm=810.0)) == pytest.approx(0.1338552, rel=1e-6)
    assert float(profile.scintillation(90.0, wavelength_nm=810.0)) == pytest.approx(
        0.1316372, rel=1e-6
    )


def test_scintillation_is_the_rytov_variance_where_it_is_weak():
    """Oracle: the limits: weak fluctuations, and a point receiver."""
    weak = HufnagelValley(ground=1e-18, middle=1e-20, high=1e-57)
    variance = float(weak.rytov(90.0, wavelength_nm=1550.0))
    assert float(weak.scintillation(90.0, wavelength_nm=1550.0)) == pytest.approx(
        variance, rel=1e-3
    )
    small = weak.scintillation(90.0, wavelength_nm=1550.0, receiver_radius_m=1e-6)
    assert float(small) == pytest.approx(variance, rel=1e-3)


@pytest.mark.parametrize("radius", [0.1, 0.3])
def test_receivers_average_scintillation(radius):
    """Oracle: the weak variance of the power in a disc, from the spectrum of the turbulence.

    ``16 pi^2 k^2 0.033 Int Cn2 dh Int kappa^(-8/3) sin^2(kappa^2 h / 2k) [2 J1(x) / x]^2 dkappa``,
    ``x = kappa radius`` (Tatarskii); the formula that averages is an approximation to some 30 %.
    """
    profile, number = PROFILES["hv57"], 2.0 * math.pi / 1550e-9
    kappa = np.geomspace(1e-2, 3e3, 6000)
    heights = np.geomspace(1.0, 4e4, 500)
    disc = (2.0 * j1(kappa * radius) / (kappa * radius)) ** 2
    fresnel = np.sin(np.outer(heights, kappa**2) / (2.0 * number)) ** 2
    inner = np.trapezoid(kappa ** (-8.0 / 3.0) * fresnel * disc, kappa, axis=1)
    outer = np.trapezoid(profile.strength(heights) * inner, heights)
    expected = 16.0 * math.pi**2 * number**2 * 0.033 * outer
    found = profile.scintillation(90.0, wavelength_nm=1550.0, receiver_radius_m=radius)
    assert float(found) == pytest.approx(expected, rel=0.4)
    assert float(found) < 0.5 * float(profile.scintillation(90.0, wavelength_nm=1550.0))


def test_the_spectrum_gives_the_rytov_variance():
    """Oracle of the oracle above: without a disc it is the Rytov variance."""
    profile, number = PROFILES["hv57"], 2.0 * math.pi / 1550e-9
    constant, _ = quad(lambda x: x ** (-8.0 / 3.0) * math.sin(x**2) ** 2, 0.0, 60.0, limit=4000)
    constant += 0.5 * 60.0 ** (-5.0 / 3.0) * 0.6
    whole = 16.0 * math.pi**2 * number**2 * 0.033 * constant
    expected = whole * (1.0 / (2.0 * number)) ** (5.0 / 6.0) * profile.moment(5.0 / 6.0)
    assert float(profile.rytov(90.0, wavelength_nm=1550.0)) == pytest.approx(expected, rel=5e-3)


def test_coherence_over_the_transmitter():
    """Oracle: the weights of layers by quadrature in the height; reciprocity with a plane wave."""
    profile, number = PROFILES["hv57"], 2.0 * math.pi / 810e-9
    secant = 1.0 / math.sin(math.radians(40.0))
    for direction, weight in (
        ("uplink", lambda h: 1.0 - h * secant / 7e5),
        ("downlink", lambda h: h * secant / 7e5),
    ):
        summed = sum(
            quad(
                lambda h, w=weight: float(profile.strength(h)) * w(h) ** (5.0 / 3.0),
                *ends,
                epsabs=0.0,
                limit=200,
            )[0]
            for ends in ((0.0, 1e3), (1e3, 5e3), (5e3, 2e4), (2e4, 6e4))
        )
        expected = (0.423 * number**2 * secant * summed) ** -0.6
        found = profile.spherical_coherence_m(40.0, 700.0, wavelength_nm=810.0, direction=direction)
        assert float(found) == pytest.approx(expected, rel=1e-7)
    far = profile.spherical_coherence_m(90.0, 4e5, wavelength_nm=810.0, direction="uplink")
    plane = profile.coherence_m(90.0, wavelength_nm=810.0)
    assert float(far) == pytest.approx(float(plane), rel=1e-3)


def test_wander_is_the_tilt_of_a_wave_front():
    """Oracle: Tyler's tilt of a round telescope, 0.182 (lambda / D)^2 (D / r0)^(5/3), within 5 %.

    Fried's short exposure takes 0.174 away, which is its approximation.
    """
    tilt = math.sqrt(0.182 * (810e-9 / 0.3) ** 2 * (0.3 / 0.08) ** (5.0 / 3.0))
    assert float(wander_rad(0.08, 0.15, wavelength_nm=810.0)) == pytest.approx(tilt, rel=0.05)


def test_no_turbulence():
    still = HufnagelValley(ground=0.0, middle=0.0, high=0.0)
    assert float(still.coherence_m(30.0, wavelength_nm=810.0)) == math.inf
    assert float(still.scintillation(30.0, wavelength_nm=810.0, receiver_radius_m=0.3)) == 0.0
    assert turbulence("none") is None


def test_wind_gives_the_profile_of_that_name():
    """Oracle: 21 m/s is the wind of HV 5/7."""
    assert HufnagelValley.of_wind(21.0).high == pytest.approx(3.59e-53, rel=1e-3)


def test_paths_below_the_horizon_and_names_that_do_not_exist():
    with pytest.raises(ParameterError, match=r"elevation_deg must lie above 0 and up to 90"):
        PROFILES["hv57"].coherence_m([20.0, -1.0], wavelength_nm=810.0)
    with pytest.raises(ParameterError, match=r"turbulence must be one of .*did you mean 'hv57'"):
        turbulence("hv75")
