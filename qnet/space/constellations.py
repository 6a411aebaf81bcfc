"""Constellations of satellites, and how much of the time at least one of them stands above."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np

from qnet.errors import ParameterError, check_integer, check_real
from qnet.schema import Whole
from qnet.space.earth import EARTH_RADIUS_KM, Floats
from qnet.space.intervals import covered
from qnet.space.orbits import ALTITUDE, INCLINATION, CircularOrbit
from qnet.space.passes import Pass
from qnet.space.stations import ELEVATION

__all__ = ["fraction_of_time", "half_angle_deg", "time_covered_s", "walker"]


def walker(
    *,
    satellites: int,
    planes: int,
    phasing: int = 0,
    altitude_km: float,
    inclination_deg: float,
    node_deg: float = 0.0,
    phase_deg: float = 0.0,
    precession: bool = True,
) -> tuple[CircularOrbit, ...]:
    """The orbits of a Walker delta constellation i:T/P/F, plane by plane (Walker 1984).

    Plane p has its node at ``360 p/P`` degrees, and its satellite s stands at the argument of
    latitude ``360 s P/T + 360 F p/T``. Satellites of one constellation are not seen independently
    of each other: use :func:`time_covered_s` on their passes together.

    Args:
        satellites: How many in all, T.
        planes: How many planes, P; divides T.
        phasing: Steps of 360/T degrees from a plane to the next, F: 0 to P - 1.
        altitude_km: Height above the sphere.
        inclination_deg: Inclination to the equator.
        node_deg: Node of the first plane, as in :class:`CircularOrbit`.
        phase_deg: Argument of latitude of its first satellite.
        precession: Whether nodes drift.

    Raises:
        ParameterError: If the planes do not divide the satellites, or a number is out of range.

    Examples:
        >>> orbits = walker(
        ...     satellites=6, planes=3, phasing=1, altitude_km=600.0, inclination_deg=53.0
        ... )
        >>> [(orbit.node_deg, orbit.phase_deg) for orbit in orbits]
        [(0.0, 0.0), (0.0, 180.0), (120.0, 60.0), (120.0, 240.0), (240.0, 120.0), (240.0, 300.0)]
    """
    Whole(minimum=1, maximum=10_000)("satellites", satellites)
    check_integer("planes", planes, 1)
    check_integer("phasing", phasing, 0)
    if satellites % planes:
        rule = f"divide satellites = {satellites}"
        raise ParameterError("planes", rule, planes, "each plane has the same number of satellites")
    if phasing >= planes:
        rule = f"be below planes = {planes}"
        raise ParameterError("phasing", rule, phasing, "a plane more closes the circle")
    each = satellites // planes
    return tuple(
        CircularOrbit(
            altitude_km=altitude_km,
            inclination_deg=inclination_deg,
            node_deg=node_deg + 360.0 * plane / planes,
            phase_deg=phase_deg + (360.0 * place / each + 360.0 * phasing * plane / satellites),
            precession=precession,
        )
        for plane in range(planes)
        for place in range(each)
    )


def time_covered_s(passes: Sequence[Pass]) -> float:
    """Time in s during which at least one of the passes goes on.

    Examples:
        >>> both = [
        ...     Pass(rise_s=t, set_s=t + 60.0, culmination_s=t, maximum_elevation_deg=30.0)
        ...     for t in (0.0, 40.0)
        ... ]
        >>> time_covered_s(both)
        100.0
    """
    union = covered(np.array([(each.rise_s, each.set_s) for each in passes]).reshape(-1, 2))
    return float(np.sum(union[:, 1] - union[:, 0]))


def half_angle_deg(altitude_km: float, elevation_deg: float) -> float:
    """Angle in degrees at the Earth's centre from a station to a satellite at this elevation.

    ``L = arccos(R cos el / (R + h)) - el``, on the sphere of 6371 km.

    Examples:
        >>> round(half_angle_deg(500.0, 20.0), 8)
        9.38858994
    """
    ALTITUDE("altitude_km", altitude_km)
    elevation = math.radians(ELEVATION("elevation_deg", elevation_deg))
    ratio = EARTH_RADIUS_KM / (EARTH_RADIUS_KM + altitude_km)
    return math.degrees(math.acos(ratio * math.cos(elevation)) - elevation)


def fraction_of_time(
    altitude_km: float, inclination_deg: float, latitude_deg: float, elevation_deg: float
) -> float:
    """Long-run share of the time that a circular orbit's satellite is above an elevation.

    The Earth's rotation makes the node uniform over the station's sky, unless the periods of both
    have a ratio of small whole numbers. The mean over the orbit of the arc of nodes at which the
    satellite, at declination D, is within the circle of visibility L:
    ``(1/pi) arccos[(cos L - sin p sin D)/(cos p cos D)]`` with ``sin D = sin i sin u``.

    Args:
        altitude_km: Height above the sphere of 6371 km.
        inclination_deg: Inclination to the equator.
        latitude_deg: Latitude of the station.
        elevation_deg: Least elevation.

    Examples:
        >>> round(fraction_of_time(500.0, 97.4018075, 40.649, 20.0), 11)
        0.00573866242
    """
    tilt = math.radians(INCLINATION("inclination_deg", inclination_deg))
    latitude = math.radians(check_real("latitude_deg", latitude_deg))
    reach = math.cos(math.radians(half_angle_deg(altitude_km, elevation_deg)))

    def share(along: Floats) -> Floats:
        sine = math.sin(tilt) * np.sin(along)
        across = math.cos(latitude) * np.sqrt(np.maximum(1.0 - sine**2, 0.0))
        lacking = reach - math.sin(latitude) * sine
        within = np.where(lacking <= 0.0, -1.0, 1.0)
        ratio = np.divide(lacking, across, out=within, where=across > 1e-15)
        return np.asarray(np.arccos(np.clip(ratio, -1.0, 1.0)) / math.pi)

    ends = _ends(math.sin(tilt), latitude, math.acos(reach))
    total = sum(_integral(share, low, high) for low, high in itertools.pairwise(ends))
    return total / math.pi


def _ends(sine_tilt: float, latitude: float, reach: float) -> list[float]:
    """Arguments of latitude from -90 to 90 degrees where the circle of visibility ends."""
    ends = {-math.pi / 2.0, math.pi / 2.0}
    for edge in (latitude - reach, latitude + reach):
        sine = math.sin(edge)
        if abs(sine) < sine_tilt:
            ends.add(math.asin(sine / sine_tilt))
    return sorted(ends)


def _integral(function: Callable[[Floats], Floats], low: float, high: float) -> float:
    """Integral of a function with square-root ends: Gauss and Legendre in t, u = (1 - cos t)/2."""
    nodes, weights = np.polynomial.legendre.leggauss(96)
    angle = (nodes + 1.0) * math.pi / 2.0
    place = low + (high - low) * (1.0 - np.cos(angle)) / 2.0
    values = function(place) * np.sin(angle)
    return float(weights @ values) * (high - low) * math.pi / 4.0
