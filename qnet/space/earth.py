"""Earth's size, gravity and rotation, and the time of day at Greenwich.

Positions are in kilometres in one frame of the equator that keeps its direction among the stars;
times are seconds after a start. The Earth turns in it at a steady rate, and stands at the start as
``sidereal_deg`` says: the right ascension of Greenwich's meridian, 0 where no date matters.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qnet.errors import ParameterError

__all__ = [
    "EARTH_RADIUS_KM",
    "EQUATOR_RADIUS_KM",
    "GRAVITY_KM3_PER_S2",
    "OBLATENESS",
    "ROTATION_RAD_PER_S",
    "WGS84_FLATTENING",
    "YEAR_S",
    "Floats",
    "julian_days",
    "sidereal_deg",
    "turned_frame",
    "utc",
    "utc_text",
]

Floats = NDArray[np.float64]

#: Radius of the sphere in km, from which the altitude of an orbit is counted.
EARTH_RADIUS_KM = 6371.0

#: Equatorial radius of WGS 84 in km, and what its poles lack of it.
EQUATOR_RADIUS_KM = 6378.137
WGS84_FLATTENING = 1.0 / 298.257223563

#: Gravitational parameter of the Earth in km^3/s^2.
GRAVITY_KM3_PER_S2 = 398600.4418

#: Coefficient J2 of the Earth's gravity field.
OBLATENESS = 1.08262668e-3

#: Rotation of the Earth against the stars in rad/s.
ROTATION_RAD_PER_S = 7.2921150e-5

#: Tropical year in s.
YEAR_S = 365.2422 * 86_400.0

_J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)


def utc(field: str, value: object) -> datetime:
    """A moment in UTC, from an aware ``datetime`` or an ISO 8601 text with its time zone.

    Raises:
        ParameterError: If it is no moment, has no time zone, or lies outside the years 1950 to
            2150, where the Sun and the Moon are known well enough.

    Examples:
        >>> utc("start", "2026-06-01T02:00:00+02:00").isoformat()
        '2026-06-01T00:00:00+00:00'
    """
    hint = 'write "2026-06-01T00:00:00Z"'
    moment = value
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
    if not isinstance(moment, datetime):
        raise ParameterError(field, "be a moment in ISO 8601", value, hint)
    if moment.tzinfo is None:
        raise ParameterError(field, "have a time zone", value, f"{hint}, Z for UTC")
    if not 1950 <= moment.year < 2150:
        hint = "the Sun, the Moon and the Earth's rotation are not known well enough there"
        raise ParameterError(field, "lie in the years 1950 to 2149", value, hint)
    return moment.astimezone(UTC)


def utc_text(start: datetime, time_s: float) -> str:
    """The moment so many seconds after the start, in ISO 8601 to the millisecond.

    Examples:
        >>> utc_text(datetime(2026, 6, 1, tzinfo=UTC), 502.94084)
        '2026-06-01T00:08:22.941Z'
    """
    moment = start + timedelta(milliseconds=round(1e3 * time_s))
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def julian_days(start: datetime, times_s: ArrayLike = 0.0) -> Floats:
    """Days in UTC after noon of 1 January 2000, Julian date 2451545.0.

    Args:
        start: The start.
        times_s: Seconds after it, any shape.
    """
    days = (start - _J2000) / timedelta(days=1)
    return days + np.asarray(times_s, dtype=float) / 86_400.0


def sidereal_deg(start: datetime, ut1_minus_utc_s: float = 0.0) -> float:
    """Right ascension of Greenwich's meridian in degrees: mean sidereal time of 1982 (Aoki 1982).

    Args:
        start: The moment.
        ut1_minus_utc_s: How much the Earth is ahead of UTC, in s, as the IERS announces it: within
            0.9 s, or 0.004 degrees.

    Examples:
        >>> round(sidereal_deg(datetime(1992, 8, 20, 12, 14, tzinfo=UTC)), 6)
        152.578788
    """
    return math.degrees(float(greenwich_rad(julian_days(start, ut1_minus_utc_s)))) % 360.0


def greenwich_rad(days: Floats) -> Floats:
    """Mean sidereal time at Greenwich in rad, of days after J2000; not reduced to a turn."""
    century = days / 36_525.0
    seconds = (
        67_310.54841
        + (876_600.0 * 3600.0 + 8_640_184.812866) * century
        + 0.093104 * century**2
        - 6.2e-6 * century**3
    )
    return np.asarray(np.deg2rad(seconds / 240.0))


def equinox_rad(start: datetime, times_s: ArrayLike) -> Floats:
    """How far the equinox of date has moved since the start, in rad: 50 arc seconds in a year.

    Right ascensions of date less this are those of the frame, which stands still.
    """
    times = np.asarray(times_s, dtype=float)
    turned = greenwich_rad(julian_days(start, times)) - greenwich_rad(julian_days(start))
    return turned - ROTATION_RAD_PER_S * times


def turned_frame(x: Floats, y: Floats, angle_rad: Floats) -> tuple[Floats, Floats]:
    """Components along x and y in a frame that has turned about the Earth's axis, eastwards.

    Args:
        x: Components in the frame itself, any shape.
        y: Those along y.
        angle_rad: How far the other one has turned, broadcast against them.

    Examples:
        >>> x, y = turned_frame(np.ones(1), np.zeros(1), np.full(1, np.pi / 2))
        >>> round(float(x[0]), 9), float(y[0])
        (0.0, -1.0)
    """
    cos, sin = np.cos(angle_rad), np.sin(angle_rad)
    return cos * x + sin * y, cos * y - sin * x
