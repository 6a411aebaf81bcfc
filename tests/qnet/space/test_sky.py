"""The Sun, the Moon, nights and shadows against the Astronomical Almanac, Meeus and grids."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from qnet.space import (
    CircularOrbit,
    GroundStation,
    TleOrbit,
    eclipse_fraction,
    moon_illumination,
    moon_positions_km,
    moon_seen,
    nights,
    shadows,
    sun_directions,
    sun_elevation_deg,
)
from qnet.space.earth import equinox_rad, sidereal_deg, utc_text
from tests.qnet.space.test_orbits import ISS

MATERA = GroundStation(name="Matera", latitude_deg=40.649, longitude_deg=16.704, altitude_m=537.0)
DAY_S = 86_400.0

#: Terrestrial time less universal time in 1992, in s.
LATE_1992 = timedelta(seconds=59)


def right_ascension(vector):
    """Right ascension and declination in degrees."""
    x, y, z = vector / np.linalg.norm(vector)
    return np.rad2deg(np.arctan2(y, x)) % 360.0, np.rad2deg(np.arcsin(z))


def test_the_sun_stands_where_meeus_says():
    # Oracle: Meeus 1998, example 25.a: 1992 October 13.0 TD, 198.38083 and -7.78507 degrees.
    moment = datetime(1992, 10, 13, tzinfo=UTC) - LATE_1992
    right, declination = right_ascension(sun_directions(moment, 0.0))
    assert right == pytest.approx(198.38083, abs=0.01)
    assert declination == pytest.approx(-7.78507, abs=0.01)


def test_the_moon_stands_where_meeus_says():
    # Oracle: Meeus 1998, examples 47.a and 48.a: 1992 April 12.0 TD, 134.688470 and 13.768368
    # degrees, 368409.7 km, 0.6786 of its disc lit. The short series are good to 0.3 degrees.
    moment = datetime(1992, 4, 12, tzinfo=UTC) - LATE_1992
    place = moon_positions_km(moment, 0.0)
    right, declination = right_ascension(place)
    assert right == pytest.approx(134.688470, abs=0.3)
    assert declination == pytest.approx(13.768368, abs=0.3)
    assert np.linalg.norm(place) == pytest.approx(368409.7, rel=3e-3)
    assert moon_illumination(moment, 0.0) == pytest.approx(0.6786, abs=4e-3)


def test_the_moon_is_lit_as_its_angle_to_the_sun_says():
    # Oracle: half the cosine, (1 - cos angle)/2, but for the Sun's finite distance.
    start, times = datetime(2026, 1, 1, tzinfo=UTC), np.arange(0.0, 60.0 * DAY_S, DAY_S / 4)
    place = moon_positions_km(start, times)
    place = place / np.linalg.norm(place, axis=1)[:, None]
    cosine = np.sum(place * sun_directions(start, times), axis=1)
    lit = moon_illumination(start, times)
    assert lit == pytest.approx((1.0 - cosine) / 2.0, abs=2e-3)
    assert lit.min() < 0.01
    assert lit.max() > 0.99


def test_the_moon_has_its_parallax():
    # Oracle: the angle at the Moon, at most R/d, between the lines from centre and station.
    start, times = datetime(2026, 3, 1, tzinfo=UTC), np.arange(0.0, 3.0 * DAY_S, 3600.0)
    seen = moon_seen(MATERA, start, times)
    place, up = moon_positions_km(start, times), MATERA.up(times, sidereal_deg(start))
    distance = np.linalg.norm(place, axis=1)
    true = np.rad2deg(np.arcsin(np.sum(place * up, axis=1) / distance))
    lowered = np.rad2deg(np.arcsin(6371.537 / distance * np.cos(np.deg2rad(seen.elevation_deg))))
    assert true - seen.elevation_deg == pytest.approx(lowered, abs=1e-9)


def test_dark_hours_of_a_year():
    # Oracle: P-K6, on a grid of a minute: 730 twilights of which each may err by half a minute.
    start = datetime(2026, 1, 1, tzinfo=UTC)
    wanted = {0.0: 4362.48, "civil": 3944.87, "nautical": 3518.52, "astronomical": 3071.47}
    for limit, hours in wanted.items():
        dark = nights(MATERA, start, end_s=365.0 * DAY_S, below_deg=limit)
        assert np.sum(dark.end_s - dark.begin_s) / 3600.0 == pytest.approx(hours, rel=1e-4)
        assert len(dark.row) == 366
        assert (dark.cut_begin[0], dark.cut_end[-1]) == (True, True)


def test_nights_end_where_the_sun_crosses_the_limit():
    # Oracle: the elevation itself. Far in the north, a midsummer has no night and a midwinter no
    # day; twilight that the window cuts is marked.
    places = [MATERA, GroundStation(name="Vardo", latitude_deg=70.37, longitude_deg=31.1)]
    june, window = datetime(2026, 6, 1, tzinfo=UTC), 30.0 * DAY_S
    dark = nights(places, june, end_s=window, below_deg="nautical")
    assert np.all(dark.row == 0)
    inner = np.concatenate([dark.begin_s[~dark.cut_begin], dark.end_s[~dark.cut_end]])
    assert sun_elevation_deg(MATERA, june, inner) == pytest.approx(-12.0, abs=1e-6)
    winter = nights(places[1], datetime(2026, 12, 10, tzinfo=UTC), end_s=window, below_deg=0.0)
    assert winter.of(0).tolist() == [[0.0, window]]


def test_the_highest_sun_of_the_year():
    # Oracle: 90 degrees less the latitude, and the obliquity of 23.436 degrees, at the solstice.
    noon = datetime(2026, 6, 21, 10, 55, tzinfo=UTC)
    found = sun_elevation_deg(MATERA, noon, np.arange(-600.0, 600.0, 10.0)).max()
    assert found == pytest.approx(90.0 - 40.649 + 23.436, abs=0.01)


@pytest.mark.parametrize(("altitude", "fraction"), [(500.0, 0.377817325), (35_786.0, 0.0482898)])
def test_eclipses_at_the_equinox(altitude, fraction):
    # Oracle: P-K5 (35.6920524 minutes), and arcsin(R/(R+h))/pi at beta = 0. The Sun's
    # right ascension grows by 1.84e-7 rad/s at an equinox, so that it lasts a little longer.
    assert eclipse_fraction(altitude) == pytest.approx(fraction, rel=2e-4)
    orbit = CircularOrbit(altitude_km=altitude, inclination_deg=0.0, precession=False)
    start = datetime(2026, 3, 20, 14, 46, tzinfo=UTC) - timedelta(seconds=orbit.period_s / 2.0)
    dark = shadows(orbit, start, end_s=orbit.period_s)
    longer = 1.0 / (1.0 - 1.84e-7 * orbit.period_s / (2.0 * np.pi))
    found = (dark.end_s - dark.begin_s)[0] / orbit.period_s
    assert found == pytest.approx(eclipse_fraction(altitude) * longer, rel=5e-5)


def test_minutes_of_eclipse():
    # Oracle: P-K5.
    assert eclipse_fraction(500.0) == pytest.approx(0.377817325, abs=5e-10)
    period = CircularOrbit(altitude_km=500.0, inclination_deg=0.0).period_s
    assert eclipse_fraction(500.0) * period / 60.0 == pytest.approx(35.6920524, rel=1e-8)


def test_an_orbit_along_the_terminator_is_never_dark():
    # Oracle: beta = 90 degrees at an equinox, and what is left at 60 degrees by the closed form.
    equinox = datetime(2026, 3, 20, 14, 46, tzinfo=UTC)
    for node, fraction in ((90.0, 0.0), (60.0, eclipse_fraction(500.0, 60.0))):
        orbit = CircularOrbit(
            altitude_km=500.0, inclination_deg=90.0, node_deg=node, precession=False
        )
        dark = shadows(orbit, equinox, end_s=orbit.period_s)
        found = np.sum(dark.end_s - dark.begin_s) / orbit.period_s
        assert found == pytest.approx(fraction, abs=2e-3)


def test_shadows_of_elements_are_those_of_a_dense_grid():
    # Oracle: behind the Earth, and within 6371 km of the axis of the shadow.
    start = datetime(2019, 12, 9, tzinfo=UTC)
    orbit = TleOrbit(*ISS, start)
    dark = shadows(orbit, start, end_s=DAY_S).of(0)
    times = np.arange(0.0, DAY_S, 10.0)
    place, sun = orbit.positions_km(times), sun_directions(start, times)
    along = np.sum(place * sun, axis=1)
    aside = np.linalg.norm(place - along[:, None] * sun, axis=1)
    inside = np.zeros(len(times), dtype=bool)
    for begin, end in dark:
        inside |= (times >= begin) & (times <= end)
    clear = np.abs(aside - 6371.0) > 1e-4
    assert np.array_equal(inside[clear], ((along < 0.0) & (aside < 6371.0))[clear])
    assert 14 <= len(dark) <= 17


def test_the_equinox_moves_by_fifty_arc_seconds_a_year():
    # Oracle: precession in right ascension, 4612 arc seconds in a century, and what is rounded off
    # in 7.2921150e-5 rad/s of the 7.292115146707e-5 of the IERS: 9.55 arc seconds in a year.
    year = equinox_rad(datetime(2026, 1, 1, tzinfo=UTC), 365.25 * DAY_S)
    assert np.rad2deg(year) * 3600.0 == pytest.approx(46.12 + 9.55, abs=0.05)


def test_moments_are_rounded_to_the_millisecond():
    start = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert utc_text(start, 0.9996) == "2027-01-01T00:00:00.000Z"
