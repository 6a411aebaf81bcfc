"""Passes of satellites over ground stations, by the roots of their elevation."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from qnet.errors import ParameterError
from qnet.schema import Within
from qnet.space.earth import GRAVITY_KM3_PER_S2, ROTATION_RAD_PER_S, Floats, turned_frame
from qnet.space.intervals import Intervals, positive_intervals
from qnet.space.orbits import Orbit
from qnet.space.stations import GroundStation

__all__ = ["MASK", "Pass", "find_passes"]

#: Range of the least elevation of a pass in degrees.
MASK = Within(
    low=0.0,
    high=89.9,
    rule="lie in 0 to 89.9 degrees",
    hint="20 degrees above the horizon are usual, and nothing stands above 90",
)

#: Distance in km by which the elevation may depart from its chord in a step of the coarse scan.
_DEPARTURE_KM = 300.0

#: Points of a pass among which its highest is looked for first.
_POINTS = 33

#: Share of a bound that short-period motion, and the drift of the node, may add.
_MARGIN = 1.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """A time during which a satellite stands above the mask of a station.

    Args:
        rise_s: When it rises above the mask, in s; the window's begin if it was above it then.
        set_s: When it sets below it; the window's end if it is still above it then.
        culmination_s: When it stands highest.
        maximum_elevation_deg: How high, in degrees.
        satellite: Number of the satellite, from 0.
        station: Number of the station, from 0.
        cut_begin: Whether the window cuts its begin off.
        cut_end: Whether the window cuts its end off.
    """

    rise_s: float
    set_s: float
    culmination_s: float
    maximum_elevation_deg: float
    satellite: int = 0
    station: int = 0
    cut_begin: bool = False
    cut_end: bool = False

    @property
    def duration_s(self) -> float:
        """How long it lasts within the window, in s."""
        return self.set_s - self.rise_s


def find_passes(
    orbits: Orbit | Sequence[Orbit],
    stations: GroundStation | Sequence[GroundStation],
    *,
    start_s: float = 0.0,
    end_s: float,
    minimum_elevation_deg: float,
    sidereal_deg: float = 0.0,
    earth: str = "sphere",
    shortest_s: float = 0.01,
) -> list[Pass]:
    """All passes of satellites over stations, by the time of their rise.

    ``F(t) = d . up - sin(mask) |d|`` with the line of sight d is positive while a satellite is
    above the mask. Its second derivative is bounded by the orbit's least and greatest distance, so
    that the search of :func:`qnet.space.intervals.positive_intervals` misses no pass that lasts
    longer than ``shortest_s``. Refraction is left out: 0.04 degrees at 20 degrees.

    Args:
        orbits: One orbit, or several.
        stations: One station, or several.
        start_s: Where the window begins, in s.
        end_s: Where it ends.
        minimum_elevation_deg: The mask: least elevation of a pass.
        sidereal_deg: Right ascension of Greenwich's meridian at time 0.
        earth: ``sphere`` or ``wgs84``.
        shortest_s: Duration up to which a grazing pass may be missed.

    Raises:
        ParameterError: If the mask is out of range, the window empty, or a station as high as a
            satellite.

    Examples:
        >>> from qnet.space import CircularOrbit, GroundStation
        >>> orbit = CircularOrbit(
        ...     altitude_km=500.0, inclination_deg=97.4, node_deg=10.0, precession=False
        ... )
        >>> station = GroundStation(name="OGS", latitude_deg=40.649, longitude_deg=0.0)
        >>> day = find_passes(orbit, station, end_s=86_400.0, minimum_elevation_deg=20.0)
        >>> len(day), round(day[0].rise_s, 4), round(day[0].duration_s, 3)
        (3, 502.9408, 291.949)
    """
    MASK("minimum_elevation_deg", minimum_elevation_deg)
    orbits = tuple(orbits) if isinstance(orbits, Sequence) else (orbits,)
    stations = tuple(stations) if isinstance(stations, Sequence) else (stations,)
    sights = _Sights(stations, math.sin(math.radians(minimum_elevation_deg)), sidereal_deg, earth)
    if not stations:
        return []
    found: list[Pass] = []
    for number, orbit in enumerate(orbits):
        curvature = sights.curvature(orbit)
        above = positive_intervals(
            partial(sights.height_km, orbit),
            len(stations),
            start_s=start_s,
            end_s=end_s,
            curvature=curvature,
            step_s=min(math.sqrt(8.0 * _DEPARTURE_KM / curvature), orbit.period_s / 16.0),
            shortest_s=shortest_s,
        )
        found += _passes(sights, orbit, number, above)
    return sorted(found, key=lambda each: (each.rise_s, each.satellite, each.station))


class _Sights:
    """Lines of sight from several stations."""

    def __init__(
        self, stations: Sequence[GroundStation], sine: float, sidereal_deg: float, earth: str
    ) -> None:
        axes = np.array([station.axes_km(earth) for station in stations]).reshape(-1, 2)
        latitude = np.deg2rad([station.latitude_deg for station in stations])
        longitude = np.array([station.longitude_deg for station in stations])
        self.sine = sine
        self._angle = np.deg2rad(sidereal_deg + longitude)
        self._equatorial, self._axial = axes[:, 0], axes[:, 1]
        self._cos, self._sin = np.cos(latitude), np.sin(latitude)
        self._squared = self._equatorial**2 + self._axial**2
        # Height of the station over the plane through the centre that its horizon is parallel to.
        self._own = self._equatorial * self._cos + self._axial * self._sin

    @property
    def farthest_km(self) -> float:
        """Greatest distance of a station from the centre of the Earth in km."""
        return float(np.sqrt(self._squared.max(initial=0.0)))

    def _height_and_range(
        self, orbit: Orbit, rows: np.ndarray, times: Floats
    ) -> tuple[Floats, Floats]:
        """``d . up`` and ``|d|`` in km, of rows and times that are broadcast against each other."""
        position, turned = orbit.positions_km(times), ROTATION_RAD_PER_S * times
        # The satellite's position in a frame that turns with the Earth from its place at time 0.
        x, y = turned_frame(position[..., 0], position[..., 1], turned)
        angle = self._angle[rows]
        outward = np.cos(angle) * x + np.sin(angle) * y
        z, squared = position[..., 2], np.sum(position**2, axis=-1)
        height = self._cos[rows] * outward + self._sin[rows] * z - self._own[rows]
        crossed = self._equatorial[rows] * outward + self._axial[rows] * z
        return height, np.sqrt(squared + self._squared[rows] - 2.0 * crossed)

    def height_km(self, orbit: Orbit, rows: np.ndarray, times: Floats) -> Floats:
        """``d . up - sin(mask) |d|`` in km, of stations and times."""
        height, distance = self._height_and_range(orbit, rows, times)
        return height - self.sine * distance

    def sine_of_elevation(self, orbit: Orbit, rows: np.ndarray, times: Floats) -> Floats:
        """Sine of the elevation, of stations and times."""
        height, distance = self._height_and_range(orbit, rows, times)
        return height / distance

    def curvature(self, orbit: Orbit) -> float:
        """Bound on the second derivative of ``height_km`` in km/s^2.

        ``(d . up)''`` is at most ``|d''| + 2 |d'| w + |d| w^2``, and ``|d|''`` lies between
        ``-|d''|`` and ``|d''| + |d'|^2 / |d|``.
        """
        place, low, high = self.farthest_km, orbit.lowest_km, orbit.highest_km
        if low <= place:
            hint = "a satellite that passes below a station has no elevation mask"
            raise ParameterError("orbit", "stay above every station", f"{low:.6g} km", hint)
        turning = ROTATION_RAD_PER_S
        speed = math.sqrt(GRAVITY_KM3_PER_S2 * (2.0 / low - 2.0 / (low + high))) + turning * place
        pull = GRAVITY_KM3_PER_S2 / low**2 + turning**2 * place
        sight = pull + 2.0 * turning * speed + turning**2 * (high + place)
        return _MARGIN * (sight + self.sine * (pull + speed**2 / (low - place)))


def _passes(sights: _Sights, orbit: Orbit, number: int, above: Intervals) -> Iterator[Pass]:
    """Passes with their highest points."""
    if not above.row.size:
        return
    highest = _highest(sights, orbit, above)
    sine = sights.sine_of_elevation(orbit, above.row, highest)
    elevation = np.rad2deg(np.arcsin(np.clip(sine, -1.0, 1.0)))
    for k, row in enumerate(above.row):
        yield Pass(
            rise_s=float(above.begin_s[k]),
            set_s=float(above.end_s[k]),
            culmination_s=float(highest[k]),
            maximum_elevation_deg=float(elevation[k]),
            satellite=number,
            station=int(row),
            cut_begin=bool(above.cut_begin[k]),
            cut_end=bool(above.cut_end[k]),
        )


def _highest(sights: _Sights, orbit: Orbit, above: Intervals) -> Floats:
    """Times in s of the greatest elevation: the best of a grid, then narrowed around it."""
    longest = float(np.max(above.end_s - above.begin_s))
    points = max(_POINTS, min(4097, int(64.0 * longest / orbit.period_s) + 1))
    low, high = above.begin_s, above.end_s
    while True:
        share = np.linspace(0.0, 1.0, points)
        times = low[:, None] + (high - low)[:, None] * share
        rows = np.broadcast_to(above.row[:, None], times.shape)
        best = np.argmax(sights.sine_of_elevation(orbit, rows, times), axis=1)
        each = np.arange(len(best))
        if np.max(high - low) < 1e-5:
            return times[each, best]
        low = times[each, np.maximum(best - 1, 0)]
        high = times[each, np.minimum(best + 1, points - 1)]
        points = 9
