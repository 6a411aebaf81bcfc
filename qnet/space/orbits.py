"""Orbits of satellites: circular ones with the drift of their node, and what a search needs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from qnet.errors import ParameterError, check_flag, check_real
from qnet.schema import Within
from qnet.space.earth import (
    EARTH_RADIUS_KM,
    EQUATOR_RADIUS_KM,
    GRAVITY_KM3_PER_S2,
    OBLATENESS,
    YEAR_S,
    Floats,
)

__all__ = ["ALTITUDE", "INCLINATION", "CircularOrbit", "Orbit", "sun_synchronous_deg"]

#: Range of the altitude of an orbit in km.
ALTITUDE = Within(
    low=100.0,
    high=1e6,
    rule="lie in 100 to 1000000 km",
    hint="low orbits are at 300 to 2000 km, and air ends one below 100 km",
)

#: Range of the inclination of an orbit in degrees.
INCLINATION = Within(
    low=0.0,
    high=180.0,
    rule="lie in 0 to 180 degrees",
    hint="above 90 degrees a satellite goes west",
)


class Orbit(Protocol):
    """An orbit: where its satellite is, and the limits that a search for passes rests on."""

    @property
    def period_s(self) -> float:
        """Time of a revolution in s."""

    @property
    def inclination_deg(self) -> float:
        """Inclination in degrees."""

    @property
    def lowest_km(self) -> float:
        """Distance from the centre of the Earth in km that it never comes below."""

    @property
    def highest_km(self) -> float:
        """Distance from the centre of the Earth in km that it never goes beyond."""

    def positions_km(self, times_s: ArrayLike) -> Floats:
        """Positions in km in the frame of :mod:`qnet.space.earth`, shape ``(..., 3)``."""


@dataclass(frozen=True, kw_only=True)
class CircularOrbit:
    """A circular orbit, with the drift of its node that the Earth's oblateness makes.

    The satellite moves at Kepler's rate ``n = sqrt(mu / (R + h)^3)``, R = 6371 km. J2 turns the
    node by ``-1.5 n J2 (R_eq / a)^2 cos i`` on average, taken at ``a = R_eq + h`` with its own n,
    so that a sun-synchronous orbit keeps step with the Sun. What J2 does to the rate itself is as
    much as a few kilometres of altitude, and is left out (Vallado 2013).

    Args:
        altitude_km: Height above the sphere of 6371 km.
        inclination_deg: Inclination to the equator.
        node_deg: Right ascension of the ascending node at time 0 in the frame: east of Greenwich's
            meridian at that time if ``sidereal_deg`` is 0 there.
        phase_deg: Argument of latitude at time 0.
        precession: Whether the node drifts.

    Raises:
        ParameterError: If a number is out of its range.

    Examples:
        >>> orbit = CircularOrbit(altitude_km=500.0, inclination_deg=97.4)
        >>> round(orbit.period_s, 3)
        5668.144
        >>> orbit.positions_km(orbit.period_s / 4).round(1).tolist()
        [0.2, -885.0, 6813.8]
    """

    altitude_km: float
    inclination_deg: float
    node_deg: float = 0.0
    phase_deg: float = 0.0
    precession: bool = True

    def __post_init__(self) -> None:
        ALTITUDE("altitude_km", self.altitude_km)
        INCLINATION("inclination_deg", self.inclination_deg)
        check_real("node_deg", self.node_deg)
        check_real("phase_deg", self.phase_deg)
        check_flag("precession", self.precession)

    @property
    def radius_km(self) -> float:
        """Distance from the centre of the Earth in km."""
        return EARTH_RADIUS_KM + self.altitude_km

    lowest_km = radius_km
    highest_km = radius_km

    @property
    def period_s(self) -> float:
        """Time of a revolution in s."""
        return 2.0 * math.pi / _mean_motion(self.radius_km)

    @cached_property
    def node_rate_rad_per_s(self) -> float:
        """Drift of the node in rad/s, eastwards."""
        if not self.precession:
            return 0.0
        return -_drift_scale(self.altitude_km) * math.cos(math.radians(self.inclination_deg))

    def positions_km(self, times_s: ArrayLike) -> Floats:
        """Positions in km at times in s, shape ``(..., 3)``."""
        times = np.asarray(times_s, dtype=float)
        along = math.radians(self.phase_deg) + _mean_motion(self.radius_km) * times
        node = math.radians(self.node_deg) + self.node_rate_rad_per_s * times
        tilt = math.radians(self.inclination_deg)
        forward, up = np.cos(along), np.sin(along)
        cos, sin = np.cos(node), np.sin(node)
        positions = np.empty((*times.shape, 3))
        positions[..., 0] = cos * forward - sin * math.cos(tilt) * up
        positions[..., 1] = sin * forward + cos * math.cos(tilt) * up
        positions[..., 2] = math.sin(tilt) * up
        positions *= self.radius_km
        return positions


def sun_synchronous_deg(altitude_km: float) -> float:
    """Inclination in degrees at which the node of a circular orbit follows the Sun.

    ``cos i = -w_s / (1.5 n J2 (R_eq/a)^2)`` of mean elements, with ``a = R_eq + h`` and w_s a turn
    in a tropical year (Vallado 2013).

    Raises:
        ParameterError: If there is none: above 5,974 km the node drifts too slowly.

    Examples:
        >>> round(sun_synchronous_deg(500.0), 7)
        97.4018075
    """
    ALTITUDE("altitude_km", altitude_km)
    cosine = -2.0 * math.pi / YEAR_S / _drift_scale(altitude_km)
    if cosine < -1.0:
        hint = "higher nodes drift too slowly to follow the Sun"
        rule = "be below 5975 km for a sun-synchronous orbit"
        raise ParameterError("altitude_km", rule, altitude_km, hint)
    return math.degrees(math.acos(cosine))


def _mean_motion(radius_km: float) -> float:
    """Kepler's rate of a circular orbit in rad/s."""
    return math.sqrt(GRAVITY_KM3_PER_S2 / radius_km**3)


def _drift_scale(altitude_km: float) -> float:
    """Drift of the node in rad/s of a circular orbit over the poles, but for -cos i."""
    radius = EQUATOR_RADIUS_KM + altitude_km
    return 1.5 * _mean_motion(radius) * OBLATENESS * (EQUATOR_RADIUS_KM / radius) ** 2
