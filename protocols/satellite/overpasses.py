"""Passes of a satellite scenario, and the times within them that can be used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from protocols.satellite.tables import OrbitTable, PeriodTable
from qnet.errors import ParameterError
from qnet.schema import missing
from qnet.space import (
    GroundStation,
    Orbit,
    Pass,
    TleOrbit,
    eclipse_fraction,
    find_passes,
    half_angle_deg,
    intersection,
    nights,
    shadows,
)
from qnet.space.earth import EARTH_RADIUS_KM, Floats, utc_text

__all__ = ["Overpass", "Overpasses", "check_stations", "find_overpasses"]

#: Age in days from which two-line elements are some kilometres wrong along the track.
_OLD_DAYS = 14.0


@dataclass(frozen=True, slots=True)
class Overpass:
    """A pass over a station, and the times within it that can be used.

    Args:
        seen: The pass.
        usable_s: Intervals in s that are dark enough, shape ``(n, 2)``.
    """

    seen: Pass
    usable_s: Floats

    @property
    def usable_time_s(self) -> float:
        """Time in s that can be used."""
        return float(np.sum(self.usable_s[:, 1] - self.usable_s[:, 0]))


@dataclass(frozen=True)
class Overpasses:
    """The passes of a period of which at least a part can be used, by the time of their rise.

    Args:
        begin: The moment of time 0.
        period: The period.
        orbits: Orbits of the satellites in the frame of :mod:`qnet.space.earth`.
        stations: The stations.
        passes: The passes.
        unusable: How many more passes there are of which no second can be used.
    """

    begin: datetime
    period: PeriodTable
    orbits: tuple[Orbit, ...]
    stations: tuple[GroundStation, ...]
    passes: tuple[Overpass, ...]
    unusable: int

    @property
    def reason(self) -> str:
        """Why there is no pass; empty where there is one."""
        if self.passes:
            return ""
        period = self.period
        if self.unusable:
            return f"no pass: each of {self.unusable} is in daylight or sunlight, {self._wanted}"
        mask = period.minimum_elevation_deg
        beyond = [self._reach_deg(orbit, mask) for orbit in self.orbits]
        farthest = min(abs(place.latitude_deg) for place in self.stations)
        if farthest > max(beyond) + 0.5:
            return (
                f"no pass: the satellite is seen at {mask:g} degrees from latitudes up to "
                f"{max(beyond):.3g} degrees, and the stations are farther from the equator"
            )
        return (
            f"no pass: in {period.days:g} days from {period.start} no satellite rises above "
            f"{mask:g} degrees; take a longer period, or a lower mask"
        )

    @property
    def _wanted(self) -> str:
        dark = "" if self.period.night == "any" else f"{self.period.night} night at the station"
        shadow = "the satellite in shadow" if self.period.in_shadow else ""
        return f"and {' and '.join(filter(None, (dark, shadow)))} is asked for"

    @staticmethod
    def _reach_deg(orbit: Orbit, mask: float) -> float:
        """Highest latitude in degrees at which a satellite is seen above the mask."""
        tilt = min(orbit.inclination_deg, 180.0 - orbit.inclination_deg)
        return tilt + half_angle_deg(orbit.highest_km - EARTH_RADIUS_KM, mask)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know, a sentence each."""
        found = [self.reason] if self.reason else []
        for orbit in self.orbits:
            if isinstance(orbit, TleOrbit):
                ages = [orbit.age_days(0.0), orbit.age_days(self.period.duration_s)]
                oldest = max(ages, key=abs)
                if abs(oldest) > _OLD_DAYS:
                    found.append(
                        f"the two-line elements are up to {abs(oldest):.0f} days away from their "
                        "epoch, and SGP4 errs by 1 to 3 km a day: take newer ones"
                    )
        return tuple(found)

    def rows(self) -> list[dict[str, Any]]:
        """A mapping for each pass, as JSON types."""
        return [self._row(each) for each in self.passes]

    def _row(self, each: Overpass) -> dict[str, Any]:
        seen = each.seen
        return {
            "station": self.stations[seen.station].name,
            "satellite": seen.satellite,
            "start": utc_text(self.begin, seen.rise_s),
            "end": utc_text(self.begin, seen.set_s),
            "culmination": utc_text(self.begin, seen.culmination_s),
            "duration_s": seen.duration_s,
            "maximum_elevation_deg": seen.maximum_elevation_deg,
            "usable_s": each.usable_time_s,
            "is_cut": seen.cut_begin or seen.cut_end,
        }

    def total(self) -> dict[str, Any]:
        """How many passes there are, how long, and how high, as JSON types."""
        times = [each.seen.duration_s for each in self.passes]
        best = [each.seen.maximum_elevation_deg for each in self.passes]
        return {
            "passes": len(self.passes),
            "seconds": float(sum(times)),
            "usable_s": float(sum(each.usable_time_s for each in self.passes)),
            "longest_s": max(times, default=0.0),
            "best_elevation_deg": max(best, default=None),
            "unusable_passes": self.unusable,
        }

    def orbit(self) -> dict[str, float]:
        """Figures of the first satellite's orbit; the eclipse is that at beta = 0."""
        first = self.orbits[0]
        altitude = (first.lowest_km + first.highest_km) / 2.0 - EARTH_RADIUS_KM
        return {
            "inclination_deg": first.inclination_deg,
            "period_s": first.period_s,
            "eclipse_fraction": eclipse_fraction(altitude),
        }

    def as_dict(self) -> Mapping[str, Any]:
        """All of it as JSON types."""
        return {
            "passes": self.rows(),
            "total": self.total(),
            "orbit": self.orbit(),
            "reason": self.reason or None,
            "warnings": list(self.notes),
        }


def check_stations(stations: Sequence[GroundStation]) -> None:
    """Raise unless there is a station, and all have names of their own.

    Raises:
        ParameterError: If there is none, or two have one name.
    """
    if not stations:
        hint = "add [[station]] with name, latitude_deg and longitude_deg"
        raise ParameterError("station", "be given", (), hint)
    names = [station.name for station in stations]
    for k, name in enumerate(names):
        field = f"station[{k}].name"
        if not name.strip():
            raise ParameterError(field, "not be empty", name, 'write name = "OGS"')
        if name in names[:k]:
            raise ParameterError(field, "be used once", name, "each station has a name of its own")


def find_overpasses(
    orbit: OrbitTable, stations: Sequence[GroundStation], period: PeriodTable | None
) -> Overpasses:
    """All passes of a period, and which times of them can be used.

    A second is usable while the satellite is above the mask, the Sun as low at the station as
    ``period.night`` wants, and, with ``period.in_shadow``, the satellite in the Earth's shadow.

    Raises:
        ParameterError: If there is no period or station, two stations have one name, elements do
            not last so long, or the geometry is one pass over a sphere at rest.

    Examples:
        >>> orbit = OrbitTable(
        ...     altitude_km=500.0, inclination_deg=97.4, node_deg=10.0, precession=False
        ... )
        >>> station = GroundStation(name="OGS", latitude_deg=40.649, longitude_deg=0.0)
        >>> period = PeriodTable(start="2026-06-01T00:00:00Z", days=30)
        >>> found = find_overpasses(orbit, [station], period)
        >>> total = found.total()
        >>> total["passes"], round(total["seconds"], 3), found.rows()[0]["start"]
        (65, 15010.793, '2026-06-01T00:08:22.941Z')
    """
    if orbit.geometry != "rotating":
        hint = "passes are found over an Earth that turns"
        raise ParameterError("orbit.geometry", "be 'rotating' here", orbit.geometry, hint)
    if period is None:
        raise missing("period.start", "2026-06-01T00:00:00Z")
    check_stations(stations)
    begin, end_s = period.begin, period.duration_s
    orbits = orbit.orbits(stations[0], period)
    found = find_passes(
        orbits,
        stations,
        end_s=end_s,
        minimum_elevation_deg=period.minimum_elevation_deg,
        sidereal_deg=period.sidereal_deg,
        earth=period.earth,
    )
    in_night: list[Floats] = []
    if period.night != "any":
        dark = nights(stations, begin, end_s=end_s, below_deg=period.night)
        in_night = [dark.of(row) for row in range(len(stations))]
    shaded = [shadows(each, begin, end_s=end_s).of(0) for each in orbits if period.in_shadow]
    passes = []
    for seen in found:
        usable = np.array([[seen.rise_s, seen.set_s]])
        if in_night:
            usable = _within(usable, in_night[seen.station])
        if shaded:
            usable = _within(usable, shaded[seen.satellite])
        if len(usable):
            passes.append(Overpass(seen, usable))
    return Overpasses(
        begin, period, orbits, tuple(stations), tuple(passes), len(found) - len(passes)
    )


def _within(intervals: Floats, others: Floats) -> Floats:
    """The intersection with those of many intervals that are near."""
    if not len(intervals):
        return intervals
    first = int(np.searchsorted(others[:, 1], intervals[0, 0]))
    last = int(np.searchsorted(others[:, 0], intervals[-1, 1]))
    return intersection(intervals, others[first:last])
