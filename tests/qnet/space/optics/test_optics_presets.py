"""Presets of optics: their sources, and what their papers say of their loss."""

import math
from dataclasses import replace

import numpy as np
import pytest

from qnet.errors import ParameterError
from qnet.references import REFERENCES
from qnet.space.optics import OPTICS, SkyBackground, aperture_gain_db, optics_preset


def slant_km(elevation_deg, altitude_km):
    """Distance of a satellite on a circular orbit, on the sphere."""
    angle = math.radians(elevation_deg)
    flat, up = 6371.0 * math.cos(angle), 6371.0 * math.sin(angle)
    return math.sqrt((6371.0 + altitude_km) ** 2 - flat**2) - up


@pytest.mark.parametrize("name", [*OPTICS])
def test_every_value_has_its_source(name):
    preset = OPTICS[name]
    assert preset.name == name
    assert set(preset.sources) == set(preset.values())
    assert preset.references
    assert set(preset.references) <= set(REFERENCES)
    for text in preset.sources.values():
        key, _, why = text.partition(": ")
        assert key in REFERENCES or (key == "assumed" and why)
    assert len(preset.describe().splitlines()) == 2 + len(preset.values())


def test_chain_of_giggenbach():
    """Oracle: the closed chain in dBm at 5, 10, 15, 20 degrees; printed 0.26 dB lower.

    1 W; scintillation 5, 3.5, 2.5, 1.7 dB and air 8, 4, 3, 2 dB are what the paper adds.
    """
    link = optics_preset("giggenbach2016").link
    levels = np.array([5.0, 10.0, 15.0, 20.0])
    ranges = np.array([1804.0, 1439.0, 1175.0, 984.0])
    assert ranges == pytest.approx([slant_km(level, 400.0) for level in levels], abs=1.0)
    added = np.array([13.0, 7.5, 5.5, 3.7])
    found = 30.0 - link.budget(levels, ranges).total_db - added
    assert found == pytest.approx([-36.9453, -29.4818, -25.7214, -22.3805], abs=5e-3)
    assert found - [-37.21, -29.75, -25.98, -22.64] == pytest.approx(0.26, abs=0.02)
    assert aperture_gain_db(0.02, 1550.0) == pytest.approx(98.19, abs=0.02)


def test_micius():
    """Oracle: published: about 22 dB of diffraction at 1200 km (beam of 12 m, telescope of 1 m).

    Counted there as the ratio of the areas; a Gaussian is 3 dB denser on its axis.
    """
    budget = optics_preset("micius").link.budget(20.0, 1200.0)
    assert float(budget.diffraction_db) == pytest.approx(22.0 - 3.0, abs=1.0)
    assert 0.0 < float(budget.pointing_db) < 3.0
    assert 0.8 < float(budget.atmosphere_db) < 8.0


def test_wallnoefer():
    """Oracle: the untruncated beam of 3 urad and its jitter, to some per cent."""
    link = optics_preset("wallnoefer2022").link
    width = math.hypot(0.0827605704, 4e5 * 3e-6)
    expected = -math.expm1(-2.0 * 0.25 / (width**2 + 4.0 * 0.4**2)) * 0.8
    assert float(link.transmission(90.0, 400.0)) == pytest.approx(expected, rel=0.05)


def test_ntanos_background():
    """Oracle: the reference value of a telescope of 0.75 m, by the area of 2.3 m."""
    preset = optics_preset("ntanos2021")
    sky, link = preset.background, preset.link
    rate = sky.photons_per_s(wavelength_nm=1550.0, area_m2=link.receiver_area_m2)
    assert rate == pytest.approx(812.229035 * (2.3 / 0.75) ** 2, rel=1e-7)


def test_works_behind_links():
    """Oracle: by eye: a work for each model that is used, and all of them in the bibliography."""
    plain = optics_preset("wallnoefer2022")
    assert plain.link.references == plain.background.references == ()
    full = replace(plain.link, turbulence="hv57", cloud_fraction=0.4)
    known = ("Fried1966", "AndrewsPhillips2005", "KauthPenquite1967")
    assert full.references == known
    assert optics_preset("satquma").link.references == ("Sidhu2021",)
    assert SkyBackground(radiance="day").references == ("Miao2005",)
    assert {*known, "Sidhu2021", "Miao2005"} <= set(REFERENCES)


def test_presets_that_do_not_exist():
    with pytest.raises(ParameterError, match="did you mean 'micius'"):
        optics_preset("micus")
