"""A single pass over a station that stands still, in the geometry of SatQuMA."""

from __future__ import annotations

import math

import numpy as np

from qnet.errors import check_positive
from qnet.space.earth import EARTH_RADIUS_KM, Floats
from qnet.space.orbits import ALTITUDE
from qnet.space.stations import ELEVATION, LookAngles

__all__ = ["axial_pass"]

#: Gravitational parameter of the Earth in km^3/s^2 as SatQuMA takes it: G times the mass.
_GRAVITY_KM3_PER_S2 = 6.67430e-11 * 5.9724e24 * 1e-9


def axial_pass(
    altitude_km: float, theta_max_deg: float, half_window_s: float
) -> tuple[Floats, LookAngles]:
    """Times in s, and elevation and distance at them, of a circular orbit over a sphere at rest.

    The pass of SatQuMA (Sidhu 2022): the station stands on the axis of a sphere of 6371 km, and the
    orbit is offset from it by the angle xi,
    ``cos xi = [R cos^2 th + sin th sqrt((R+h)^2 - R^2 cos^2 th)]/(R+h)``, so that it culminates at
    the elevation th at time 0. Slots are a second apart, from ``-half_window_s`` to
    ``half_window_s``. Azimuth is counted from the plane of the culmination.

    Args:
        altitude_km: Height above the sphere.
        theta_max_deg: Greatest elevation.
        half_window_s: Time before and after it; slots are at whole seconds.

    Raises:
        ParameterError: If a number is out of its range.

    Examples:
        >>> times, seen = axial_pass(500.0, 60.0, 160.0)
        >>> len(times), round(float(seen.elevation_deg[160]), 6), round(float(seen.range_km[0]), 3)
        (321, 60.0, 1302.989)
    """
    ALTITUDE("altitude_km", altitude_km)
    highest = math.radians(ELEVATION("theta_max_deg", theta_max_deg))
    slots = math.floor(check_positive("half_window_s", half_window_s))
    place, radius = EARTH_RADIUS_KM, EARTH_RADIUS_KM + altitude_km
    level = place * math.cos(highest)
    offset = level * math.cos(highest) + math.sin(highest) * math.sqrt(radius**2 - level**2)
    cosine = min(offset / radius, 1.0)
    times = np.arange(-slots, slots + 1, dtype=float)
    along = math.sqrt(_GRAVITY_KM3_PER_S2 / radius**3) * times
    height = radius * cosine * np.cos(along) - place
    beside = radius * math.sqrt(1.0 - cosine**2) * np.cos(along)
    ahead = radius * np.sin(along)
    flat = np.hypot(beside, ahead)
    azimuth = np.rad2deg(np.arctan2(ahead, beside)) % 360.0
    elevation = np.rad2deg(np.arctan2(height, flat))
    return times, LookAngles(elevation, azimuth, np.hypot(height, flat))
