"""The Sun and the Moon over a station, nights and twilight, and the Earth's shadow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

import numpy as np
from numpy.typing import ArrayLike

from qnet.errors import check_one_of, check_real
from qnet.space.earth import (
    EARTH_RADIUS_KM,
    GRAVITY_KM3_PER_S2,
    ROTATION_RAD_PER_S,
    Floats,
    equinox_rad,
    julian_days,
    sidereal_deg,
    turned_frame,
    utc,
)
from qnet.space.intervals import Intervals, positive_intervals
from qnet.space.orbits import ALTITUDE, Orbit
from qnet.space.stations import GroundStation, LookAngles, look_angles

__all__ = [
    "NIGHTS",
    "eclipse_fraction",
    "moon_illumination",
    "moon_positions_km",
    "moon_seen",
    "nights",
    "shadows",
    "sun_directions",
    "sun_elevation_deg",
]

#: Classes of night: elevation of the Sun's centre in degrees that it stays below.
NIGHTS = {"any": 90.0, "civil": -6.0, "nautical": -12.0, "astronomical": -18.0}

#: Astronomical unit in km, and radius of the Earth's equator by which the Moon's parallax is taken.
_UNIT_KM = 149_597_870.7
_PARALLAX_KM = 6378.14

#: Fastest motion of the Sun among the stars in rad/s, with a margin.
_SUN_RAD_PER_S = 2.1e-7


def sun_directions(start: datetime, times_s: ArrayLike) -> Floats:
    """Unit vectors towards the Sun in the frame of :mod:`qnet.space.earth`, shape ``(..., 3)``.

    The low-precision formulas of the Astronomical Almanac (Michalsky 1988), good to 0.01 degrees
    from 1950 to 2050.

    Args:
        start: The moment of time 0.
        times_s: Times in s, any shape.

    Examples:
        >>> from datetime import UTC
        >>> equinox = datetime(2026, 3, 20, 14, 46, tzinfo=UTC)
        >>> abs(sun_directions(equinox, 0.0) - [1.0, 0.0, 0.0]).max() < 2e-4
        np.True_
    """
    return _sun(utc("start", start), times_s)[0]


def _sun(start: datetime, times_s: ArrayLike) -> tuple[Floats, Floats]:
    """Direction of the Sun, and its distance in km."""
    days = julian_days(start, times_s)
    mean = np.deg2rad(280.460 + 0.9856474 * days)
    anomaly = np.deg2rad(357.528 + 0.9856003 * days)
    longitude = mean + np.deg2rad(1.915 * np.sin(anomaly) + 0.020 * np.sin(2.0 * anomaly))
    distance = 1.00014 - 0.01671 * np.cos(anomaly) - 0.00014 * np.cos(2.0 * anomaly)
    direction = _equatorial(start, times_s, longitude, np.zeros_like(longitude))
    return direction, _UNIT_KM * distance


def _equatorial(start: datetime, times_s: ArrayLike, longitude: Floats, latitude: Floats) -> Floats:
    """Unit vectors in the frame, from ecliptic longitudes and latitudes of date in rad."""
    tilt = np.deg2rad(23.439 - 0.0000004 * julian_days(start, times_s))
    x, y = np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude)
    y, z = (
        np.cos(tilt) * y - np.sin(tilt) * np.sin(latitude),
        np.sin(tilt) * y + np.cos(tilt) * np.sin(latitude),
    )
    return np.stack([*turned_frame(x, y, equinox_rad(start, times_s)), z], axis=-1)


def sun_elevation_deg(station: GroundStation, start: datetime, times_s: ArrayLike) -> Floats:
    """Elevation of the Sun's centre in degrees at a station, without refraction.

    Args:
        station: The station.
        start: The moment of time 0.
        times_s: Times in s, any shape.

    Examples:
        >>> from datetime import UTC
        >>> greenwich = GroundStation(name="Greenwich", latitude_deg=51.4779, longitude_deg=0.0)
        >>> noon = datetime(2026, 6, 21, 12, 2, tzinfo=UTC)
        >>> round(float(sun_elevation_deg(greenwich, noon, 0.0)), 1)
        62.0
    """
    start = utc("start", start)
    up = station.up(times_s, sidereal_deg(start))
    sine = np.sum(_sun(start, times_s)[0] * up, axis=-1)
    return np.rad2deg(np.arcsin(np.clip(sine, -1.0, 1.0)))


def nights(
    stations: GroundStation | Sequence[GroundStation],
    start: datetime,
    *,
    start_s: float = 0.0,
    end_s: float,
    below_deg: float | str = "astronomical",
) -> Intervals:
    """Times during which the Sun's centre is below an elevation, a row for each station.

    Args:
        stations: One station, or several.
        start: The moment of time 0.
        start_s: Where the window begins, in s.
        end_s: Where it ends.
        below_deg: Elevation in degrees, or a name of ``NIGHTS``.

    Examples:
        >>> from datetime import UTC
        >>> berlin = GroundStation(name="Berlin", latitude_deg=52.52, longitude_deg=13.405)
        >>> june = datetime(2026, 6, 1, 12, tzinfo=UTC)
        >>> len(nights(berlin, june, end_s=10 * 86400.0).row)  # never astronomical night
        0
        >>> len(nights(berlin, june, end_s=10 * 86400.0, below_deg="nautical").row)
        10
    """
    start = utc("start", start)
    if isinstance(below_deg, str):
        below_deg = NIGHTS[check_one_of("night", below_deg, NIGHTS)]
    limit = math.sin(math.radians(check_real("below_deg", below_deg)))
    places = tuple(stations) if isinstance(stations, Sequence) else (stations,)
    axis = np.array([place.up(0.0, sidereal_deg(start)) for place in places]).reshape(-1, 3)

    def darkness(rows: np.ndarray, times: Floats) -> Floats:
        # The Sun turns back in the frame of the Earth at time 0.
        where, sun = axis[rows], _sun(start, times)[0]
        x, y = turned_frame(sun[..., 0], sun[..., 1], ROTATION_RAD_PER_S * times)
        return limit - (where[..., 0] * x + where[..., 1] * y + where[..., 2] * sun[..., 2])

    return positive_intervals(
        darkness,
        len(places),
        start_s=start_s,
        end_s=end_s,
        curvature=1.01 * (ROTATION_RAD_PER_S + _SUN_RAD_PER_S) ** 2,
        step_s=3600.0,
        shortest_s=1.0,
    )


def shadows(orbit: Orbit, start: datetime, *, start_s: float = 0.0, end_s: float) -> Intervals:
    """Times that a satellite is in the Earth's shadow, a cylinder of 6371 km behind the Earth.

    The satellite at r is in it where ``-r . s - sqrt(|r|^2 - R^2)`` is positive, with the unit
    vector s towards the Sun.

    Args:
        orbit: The orbit.
        start: The moment of time 0.
        start_s: Where the window begins, in s.
        end_s: Where it ends.

    Examples:
        >>> from datetime import UTC
        >>> from qnet.space import CircularOrbit
        >>> orbit = CircularOrbit(altitude_km=500.0, inclination_deg=0.0, precession=False)
        >>> equinox = datetime(2026, 3, 20, 14, 46, tzinfo=UTC)
        >>> dark = shadows(orbit, equinox, end_s=orbit.period_s)
        >>> round(float(dark.end_s[0] - dark.begin_s[0]) / orbit.period_s, 4)
        0.3779
    """
    start = utc("start", start)

    def depth(_: np.ndarray, times: Floats) -> Floats:
        position = orbit.positions_km(times)
        along = np.sum(position * _sun(start, times)[0], axis=-1)
        beyond = np.sum(position**2, axis=-1) - EARTH_RADIUS_KM**2
        return -along - np.sqrt(np.maximum(beyond, 0.0))

    return positive_intervals(
        depth,
        1,
        start_s=start_s,
        end_s=end_s,
        curvature=_shadow_curvature(orbit),
        step_s=orbit.period_s / 16.0,
        shortest_s=0.01,
    )


def _shadow_curvature(orbit: Orbit) -> float:
    """Bound on the second derivative of a satellite's depth in the shadow in km/s^2.

    ``(r . s)''`` is at most ``|r''| + 2 |r'| w + |r| w^2``; with q = sqrt(r^2 - R^2),
    ``q'' = (v^2 + r . r'')/q - (r . r')^2/q^3``.
    """
    low, high = orbit.lowest_km, orbit.highest_km
    energy, turning = GRAVITY_KM3_PER_S2 * 2.0 / (low + high), _SUN_RAD_PER_S
    pull = GRAVITY_KM3_PER_S2 / low**2
    speed = math.sqrt(2.0 * GRAVITY_KM3_PER_S2 / low - energy)
    bound = pull + 2.0 * speed * turning + high * turning**2
    if high > low:
        eccentricity = (high - low) / (high + low)
        root = math.sqrt(max(low**2 - EARTH_RADIUS_KM**2, 1.0))
        radial = eccentricity * math.sqrt(energy / (1.0 - eccentricity**2))
        bound += (GRAVITY_KM3_PER_S2 / low - energy + 0.05 * pull * low) / root
        bound += (high * radial) ** 2 / root**3
    return 1.1 * bound


def eclipse_fraction(altitude_km: float, beta_deg: float = 0.0) -> float:
    """Share of a circular orbit that lies in a cylindrical shadow.

    ``(1/pi) arccos[sqrt(1 - (R/(R+h))^2) / cos beta]``; 0 where the ratio exceeds 1.

    Args:
        altitude_km: Height above the sphere of 6371 km.
        beta_deg: Angle between the Sun and the plane of the orbit.

    Examples:
        >>> round(eclipse_fraction(500.0), 9), eclipse_fraction(500.0, 80.0)
        (0.377817325, 0.0)
    """
    radius = EARTH_RADIUS_KM + ALTITUDE("altitude_km", altitude_km)
    height = math.sqrt(1.0 - (EARTH_RADIUS_KM / radius) ** 2)
    across = abs(math.cos(math.radians(check_real("beta_deg", beta_deg))))
    return math.acos(height / across) / math.pi if height < across else 0.0


#: Terms of the Moon's longitude, latitude and parallax: amplitude, phase, rate per century, in deg.
_LONGITUDE = (
    (6.29, 135.0, 477198.87),
    (-1.27, 259.3, -413335.36),
    (0.66, 235.7, 890534.22),
    (0.21, 269.9, 954397.74),
    (-0.19, 357.5, 35999.05),
    (-0.11, 186.5, 966404.03),
)
_LATITUDE = (
    (5.13, 93.3, 483202.02),
    (0.28, 228.2, 960400.89),
    (-0.28, 318.3, 6003.15),
    (-0.17, 217.6, -407332.21),
)
_PARALLAX = (
    (0.0518, 135.0, 477198.87),
    (0.0095, 259.3, -413335.36),
    (0.0078, 235.7, 890534.22),
    (0.0028, 269.9, 954397.74),
)


def moon_positions_km(start: datetime, times_s: ArrayLike) -> Floats:
    """Positions of the Moon in km in the frame of :mod:`qnet.space.earth`, shape ``(..., 3)``.

    The low-precision formulas of the Astronomical Almanac, page D22, good to 0.3 degrees.

    Args:
        start: The moment of time 0.
        times_s: Times in s, any shape.
    """
    start = utc("start", start)
    century = julian_days(start, times_s) / 36_525.0

    def series(terms: tuple[tuple[float, float, float], ...], lead: float) -> Floats:
        return sum(  # type: ignore[return-value]
            size * np.sin(np.deg2rad(lead + phase + rate * century)) for size, phase, rate in terms
        )

    longitude = np.deg2rad(218.32 + 481267.881 * century + series(_LONGITUDE, 0.0))
    latitude = np.deg2rad(series(_LATITUDE, 0.0))
    parallax = np.deg2rad(0.9508 + series(_PARALLAX, 90.0))
    direction = _equatorial(start, times_s, longitude, latitude)
    return direction * (_PARALLAX_KM / np.sin(parallax))[..., None]


def moon_seen(
    station: GroundStation, start: datetime, times_s: ArrayLike, *, earth: str = "sphere"
) -> LookAngles:
    """Elevation, azimuth and distance of the Moon at a station, its parallax included.

    Args:
        station: The station.
        start: The moment of time 0.
        times_s: Times in s, any shape.
        earth: ``sphere`` or ``wgs84``.
    """
    turned = sidereal_deg(utc("start", start))
    place = station.positions_km(times_s, turned, earth=earth)
    return look_angles(moon_positions_km(start, times_s), place, station.up(times_s, turned))


def moon_illumination(start: datetime, times_s: ArrayLike) -> Floats:
    """Illuminated share of the Moon's disc, 0 at new moon and 1 at full moon.

    ``(1 + cos i)/2`` with the angle i at the Moon between the Sun and the Earth (Meeus 1998).

    Args:
        start: The moment of time 0.
        times_s: Times in s, any shape.

    Examples:
        >>> from datetime import UTC
        >>> full = datetime(2026, 5, 31, 8, 45, tzinfo=UTC)
        >>> round(float(moon_illumination(full, 0.0)), 2)
        1.0
    """
    moon = moon_positions_km(start, times_s)
    direction, distance = _sun(utc("start", start), times_s)
    to_sun = direction * distance[..., None] - moon
    cosine = -np.sum(to_sun * moon, axis=-1)
    cosine = cosine / (np.linalg.norm(to_sun, axis=-1) * np.linalg.norm(moon, axis=-1))
    return np.asarray((1.0 + cosine) / 2.0)
