"""Passes, sites and directions against skyfield, which works offline with its built-in time."""

from datetime import UTC, datetime

import numpy as np
import pytest

from qnet.space import GroundStation, TleOrbit, find_passes, look
from qnet.space.earth import sidereal_deg
from tests.qnet.space.test_orbits import ISS

skyfield = pytest.importorskip("skyfield.api")

START = datetime(2019, 12, 9, tzinfo=UTC)
MATERA = GroundStation(name="Matera", latitude_deg=40.649, longitude_deg=16.704, altitude_m=537.0)
WINDOW_S = 10.0 * 86_400.0


@pytest.fixture(scope="module")
def oracle():
    """Time scale of skyfield, and its line of sight from the site to the satellite."""
    scale = skyfield.load.timescale(builtin=True)
    satellite = skyfield.EarthSatellite(*ISS, "ISS", scale)
    site = skyfield.wgs84.latlon(40.649, 16.704, 537.0)
    return scale, satellite, site


@pytest.fixture(scope="module")
def turned(oracle):
    """Sidereal time at the start, by the rotation of the Earth that skyfield knows."""
    return sidereal_deg(START, oracle[0].utc(2019, 12, 9).dut1)


def seconds(scale, times):
    """Moments of skyfield from seconds after the start."""
    return scale.utc(2019, 12, 9, 0, 0, times)


@pytest.fixture(scope="module")
def passes(turned):
    """Passes of ten days."""
    return find_passes(
        TleOrbit(*ISS, START),
        MATERA,
        end_s=WINDOW_S,
        minimum_elevation_deg=20.0,
        sidereal_deg=turned,
        earth="wgs84",
    )


def test_ten_days_of_passes(passes):
    # Oracle: P-K11, by find_events of skyfield: good to a quarter of a second for each event.
    assert len(passes) == 35
    total = sum(each.duration_s for each in passes)
    assert total == pytest.approx(6683.449, abs=0.25 * np.sqrt(70.0))
    best = max(each.maximum_elevation_deg for each in passes)
    assert best == pytest.approx(79.27871, abs=5e-5)
    assert passes[0].rise_s == pytest.approx(36713.25, abs=0.25)


def test_the_same_events_as_skyfield_finds(oracle, passes):
    # Oracle: find_events, whose events are within half a second.
    scale, satellite, site = oracle
    window = seconds(scale, np.array([0.0, WINDOW_S]))
    moments, kinds = satellite.find_events(site, window[0], window[1], altitude_degrees=20.0)
    found = np.array([(each.rise_s, each.culmination_s, each.set_s) for each in passes])
    when = [(moment.utc_datetime() - START).total_seconds() for moment in moments]
    assert kinds.tolist() == [0, 1, 2] * len(passes)
    assert found.ravel() == pytest.approx(np.array(when), abs=0.5)


def test_satellites_rise_and_set_at_the_mask_by_skyfield(oracle, passes):
    # Oracle: altaz of skyfield at the ends, which are found to 1e-5 degrees: a ten-thousandth of
    # a second.
    scale, satellite, site = oracle
    ends = np.array([time for each in passes for time in (each.rise_s, each.set_s)])
    elevation, _, _ = (satellite - site).at(seconds(scale, ends)).altaz()
    assert elevation.degrees == pytest.approx(20.0, abs=1e-5)


def test_look_angles_are_those_of_skyfield(oracle, turned):
    # Oracle: altaz of skyfield, over ten days.
    scale, satellite, site = oracle
    times = np.arange(0.0, WINDOW_S, 3571.0)
    seen = look(TleOrbit(*ISS, START), MATERA, times, sidereal_deg=turned, earth="wgs84")
    elevation, azimuth, distance = (satellite - site).at(seconds(scale, times)).altaz()
    assert seen.elevation_deg == pytest.approx(elevation.degrees, abs=2e-5)
    assert seen.range_km == pytest.approx(distance.km, abs=1e-3)
    apart = (seen.azimuth_deg - azimuth.degrees + 180.0) % 360.0 - 180.0
    assert np.abs(apart * np.cos(np.deg2rad(elevation.degrees))).max() < 2e-5


@pytest.mark.parametrize("latitude", [-90.0, -33.3, 0.0, 61.2, 90.0])
def test_sites_on_the_ellipsoid(latitude):
    # Oracle: skyfield's WGS 84.
    site = skyfield.wgs84.latlon(latitude, -70.5, 2400.0)
    station = GroundStation(name="A", latitude_deg=latitude, longitude_deg=-70.5, altitude_m=2400.0)
    assert station.positions_km(0.0, earth="wgs84") == pytest.approx(site.itrs_xyz.km, abs=1e-6)
