"""Background light against its formula by hand and reference values."""

import math

import pytest

from qnet.errors import ParameterError
from qnet.space.optics import SkyBackground


def test_photons_of_a_night():
    """Oracle: reference values: 812.229035 photons/s, 8.12228705e-07 in a gate of 1 ns."""
    sky = SkyBackground(radiance=1.5e-4, field_of_view_urad=100.0, filter_nm=0.2, gate_s=1e-9)
    seen = {"wavelength_nm": 1550.0, "area_m2": math.pi * 0.375**2}
    assert sky.photons_per_s(**seen) == pytest.approx(812.229035, rel=1e-8)
    assert sky.click_probability(**seen) == pytest.approx(8.12228705e-07, rel=1e-8)


def test_hours_differ_by_orders_of_magnitude():
    """Oracle: classes of radiance: 100 times from night to Moon, 1e5 from Moon to day."""
    seen = {"wavelength_nm": 810.0, "area_m2": 1.0}
    night, moon, day = (
        SkyBackground(radiance=name).photons_per_s(**seen) for name in ("night", "full-moon", "day")
    )
    assert moon / night == pytest.approx(100.0)
    assert day / moon == pytest.approx(1e5)


def test_light_grows_with_everything_that_lets_it_in():
    """Oracle: linear in area, filter, gate and efficiency, quadratic in the field of view."""
    seen = {"wavelength_nm": 810.0, "area_m2": 1.0}
    plain = SkyBackground().photons_per_s(**seen)
    assert SkyBackground(filter_nm=0.4).photons_per_s(**seen) == pytest.approx(2.0 * plain)
    wide = SkyBackground(field_of_view_urad=200.0).photons_per_s(**seen)
    assert wide == pytest.approx(4.0 * plain)
    half = SkyBackground().photons_per_s(**seen, efficiency=0.5)
    assert half == pytest.approx(0.5 * plain)
    bright = SkyBackground(radiance="day", gate_s=1.0)
    assert bright.click_probability(**seen) == 1.0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"radiance": "noon"}, "radiance must be one of 'day', 'full-moon', 'night' (got 'noon')"),
        ({"radiance": -1.0}, "radiance must not be negative (got -1.0)"),
        ({"radiance": True}, "radiance must be a number (got True)"),
        ({"field_of_view_urad": 0.0}, "field_of_view_urad must lie above 0 and below 100000 urad"),
        ({"filter_nm": -0.2}, "filter_nm must lie above 0 and below 1000 nm (got -0.2)"),
        ({"gate_s": 0.0}, "gate_s must be positive (got 0.0)"),
    ],
)
def test_malformed_background(given, message):
    with pytest.raises(ParameterError) as caught:
        SkyBackground(**given)
    assert str(caught.value).startswith(message)
