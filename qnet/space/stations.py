"""Ground stations on a sphere or an ellipsoid, and where a satellite stands in their sky."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from qnet.errors import check_one_of
from qnet.schema import Description, Within, key
from qnet.space.earth import (
    EARTH_RADIUS_KM,
    EQUATOR_RADIUS_KM,
    ROTATION_RAD_PER_S,
    WGS84_FLATTENING,
    Floats,
)
from qnet.space.orbits import Orbit

__all__ = ["EARTHS", "ELEVATION", "GroundStation", "LookAngles", "look", "look_angles"]

#: Shapes of the Earth.
EARTHS = ("sphere", "wgs84")

#: Range of an elevation above the horizon in degrees.
ELEVATION = Within(
    low=0.0,
    high=90.0,
    rule="lie in 0 to 90 degrees",
    hint="90 degrees is the zenith",
)

_LATITUDE = Within(low=-90.0, high=90.0, rule="lie in -90 to 90 degrees", hint="north is positive")
_LONGITUDE = Within(
    low=-180.0, high=360.0, rule="lie in -180 to 360 degrees", hint="east is positive"
)
_ALTITUDE = Within(
    low=-500.0,
    high=9000.0,
    rule="lie in -500 to 9000 m",
    hint="give the height above the sea in metres",
)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class GroundStation(Description):
    """A ground station: [[station]].

    Args:
        name: What to call it.
        latitude_deg: Latitude, north is positive; on WGS 84 the geodetic one.
        longitude_deg: Longitude, east is positive.
        altitude_m: Height above the sphere or the ellipsoid.

    Raises:
        ParameterError: If a number is out of its range.

    Examples:
        >>> station = GroundStation(name="OGS", latitude_deg=40.649, longitude_deg=0.0)
        >>> station.positions_km(0.0).round(3)
        array([4833.77 ,    0.   , 4150.218])
        >>> station.positions_km(0.0, earth="wgs84").round(3)
        array([4846.073,    0.   , 4132.927])
    """

    name: str = key(example="OGS")
    latitude_deg: float = key(check=_LATITUDE, example=40.649)
    longitude_deg: float = key(check=_LONGITUDE, example=0.0)
    altitude_m: float = key(0.0, check=_ALTITUDE)

    def positions_km(
        self, times_s: ArrayLike, sidereal_deg: float = 0.0, *, earth: str = "sphere"
    ) -> Floats:
        """Positions in km, shape ``(..., 3)``.

        Args:
            times_s: Times in s, any shape.
            sidereal_deg: Right ascension of Greenwich's meridian at time 0.
            earth: ``sphere`` of 6371 km, or ``wgs84``.
        """
        equatorial, axial = self.axes_km(earth)
        return self._turned(times_s, sidereal_deg, equatorial, axial)

    def up(self, times_s: ArrayLike, sidereal_deg: float = 0.0) -> Floats:
        """Unit vectors towards the zenith, shape ``(..., 3)``: the normal of the surface."""
        latitude = math.radians(self.latitude_deg)
        return self._turned(times_s, sidereal_deg, math.cos(latitude), math.sin(latitude))

    def axes_km(self, earth: str = "sphere") -> tuple[float, float]:
        """Distances in km from the Earth's axis and from the plane of its equator.

        Raises:
            ParameterError: If there is no such shape of the Earth.
        """
        check_one_of("earth", earth, EARTHS)
        latitude, altitude = math.radians(self.latitude_deg), 1e-3 * self.altitude_m
        radius, shrunk = EARTH_RADIUS_KM, 1.0
        if earth == "wgs84":
            shrunk = (1.0 - WGS84_FLATTENING) ** 2
            across = math.cos(latitude) ** 2 + shrunk * math.sin(latitude) ** 2
            radius = EQUATOR_RADIUS_KM / math.sqrt(across)
        equatorial = (radius + altitude) * math.cos(latitude)
        return equatorial, (shrunk * radius + altitude) * math.sin(latitude)

    def _turned(
        self, times_s: ArrayLike, sidereal_deg: float, equatorial: float, axial: float
    ) -> Floats:
        """Vectors that turn with the Earth, from their components at the equator and along z."""
        times = np.asarray(times_s, dtype=float)
        angle = math.radians(sidereal_deg + self.longitude_deg) + ROTATION_RAD_PER_S * times
        vectors = np.empty((*times.shape, 3))
        vectors[..., 0] = equatorial * np.cos(angle)
        vectors[..., 1] = equatorial * np.sin(angle)
        vectors[..., 2] = axial
        return vectors


class LookAngles(NamedTuple):
    """Where something stands in the sky of a station.

    Args:
        elevation_deg: Angle above the horizon in degrees, without refraction.
        azimuth_deg: Angle from north over east in degrees, 0 to 360.
        range_km: Distance in km.
    """

    elevation_deg: Floats
    azimuth_deg: Floats
    range_km: Floats


def look_angles(satellite_km: Floats, station_km: Floats, up: Floats) -> LookAngles:
    """Elevation, azimuth and distance of a satellite.

    Args:
        satellite_km: Its positions, shape ``(..., 3)``.
        station_km: Those of the station at the same times.
        up: Unit vectors towards its zenith. On a pole, azimuth is counted from the x axis.

    Examples:
        >>> zenith, north = np.array([0.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0])
        >>> place = np.array([6371.0, 0.0, 0.0])
        >>> [float(x) for x in look_angles(place + 500.0 * (zenith + north), place, north)]
        [45.0, 0.0, 707.1067811865476]
    """
    sight = satellite_km - station_km
    distance = np.linalg.norm(sight, axis=-1)
    flat = np.hypot(up[..., 0], up[..., 1])
    level = np.where(flat > 0.0, flat, 1.0)
    sine, cosine = np.where(flat > 0.0, up[..., 1] / level, 0.0), up[..., 0] / level
    cosine = np.where(flat > 0.0, cosine, 1.0)
    east = cosine * sight[..., 1] - sine * sight[..., 0]
    outward = cosine * sight[..., 0] + sine * sight[..., 1]
    north = flat * sight[..., 2] - up[..., 2] * outward
    height = np.sum(sight * up, axis=-1)
    elevation = np.arctan2(height, np.hypot(east, north))
    azimuth = np.rad2deg(np.arctan2(east, north)) % 360.0
    return LookAngles(np.rad2deg(elevation), azimuth, distance)


def look(
    orbit: Orbit,
    station: GroundStation,
    times_s: ArrayLike,
    *,
    sidereal_deg: float = 0.0,
    earth: str = "sphere",
) -> LookAngles:
    """Elevation, azimuth and distance of an orbit's satellite in the sky of a station.

    Args:
        orbit: The orbit.
        station: The station.
        times_s: Times in s, any shape.
        sidereal_deg: Right ascension of Greenwich's meridian at time 0.
        earth: ``sphere`` or ``wgs84``.

    Examples:
        >>> from qnet.space import CircularOrbit
        >>> equator = GroundStation(name="Quito", latitude_deg=0.0, longitude_deg=0.0)
        >>> orbit = CircularOrbit(altitude_km=500.0, inclination_deg=0.0)
        >>> [round(float(x), 6) for x in look(orbit, equator, 0.0)]
        [90.0, 0.0, 500.0]
    """
    return look_angles(
        orbit.positions_km(times_s),
        station.positions_km(times_s, sidereal_deg, earth=earth),
        station.up(times_s, sidereal_deg),
    )
