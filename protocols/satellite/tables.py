"""Orbit and period of a satellite scenario as its file describes them: [orbit] and [period]."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from qnet.errors import ParameterError, check_one_of
from qnet.schema import Description, Whole, Within, check_fields, key, missing, number
from qnet.space import (
    GroundStation,
    Orbit,
    TleOrbit,
    sun_synchronous_deg,
    walker,
)
from qnet.space.earth import sidereal_deg, utc
from qnet.space.orbits import ALTITUDE, INCLINATION
from qnet.space.passes import MASK
from qnet.space.sky import NIGHTS
from qnet.space.stations import EARTHS, ELEVATION
from qnet.space.tle import elements

__all__ = ["GEOMETRIES", "OrbitTable", "PeriodTable"]

#: How a satellite and its stations move: as they do, or as in SatQuMA's single pass.
GEOMETRIES = ("rotating", "satquma")

_SUN_SYNCHRONOUS = "sun-synchronous"

#: Keys of an orbit that elements, and SatQuMA's geometry, say otherwise or have no use for.
_KEPLERIAN = ("node_deg", "phase_deg", "precession", "satellites", "planes", "phasing")
_AXIAL = ("theta_max_deg", "half_window_s")

#: Keys of every circular orbit, of which SatQuMA's geometry makes nothing.
_IDLE = ("inclination_deg", "node_deg", "precession")

_DAYS = Within(
    low=0.0,
    high=3660.0,
    is_open=True,
    rule="lie above 0 and below 3660",
    hint="a year is 365 days",
)
_WINDOW = Within(
    low=0.0,
    high=3600.0,
    is_open=True,
    rule="lie above 0 and below 3600 s",
    hint="a pass of a low orbit lasts some minutes on each side of its culmination",
)


_ANGLE = Within(
    low=-360.0, high=360.0, rule="lie in -360 to 360 degrees", hint="360 degrees are a turn"
)
_UT1 = Within(low=-0.9, high=0.9, rule="lie in -0.9 to 0.9 s", hint="leap seconds keep it so small")


def _inclination(field: str, value: object) -> float | str:
    """Degrees, or that the orbit is sun-synchronous."""
    if isinstance(value, str):
        return check_one_of(field, value, [_SUN_SYNCHRONOUS])
    return number(field, value, INCLINATION)


def _start(field: str, value: object) -> str:
    """A moment in ISO 8601, in UTC."""
    return utc(field, value).isoformat().replace("+00:00", "Z")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class OrbitTable(Description):
    """The orbit of the satellite, or of the first one of a constellation: [orbit].

    Args:
        altitude_km: Height of a circular orbit above the sphere of 6371 km.
        inclination_deg: Its inclination to the equator, or ``sun-synchronous``.
        node_deg: Its ascending node, east of the first station's meridian at the start.
        phase_deg: Argument of latitude at the start.
        precession: Whether the node drifts as J2 makes it.
        satellites: Satellites of a Walker delta constellation in all.
        planes: Its planes, which divide the satellites.
        phasing: Steps of 360 degrees over the satellites, from a plane to the next.
        tle: Two lines of elements, in place of all the above.
        geometry: ``rotating``, or ``satquma``: one pass over a station on the axis of a sphere that
            does not turn, in slots of a second.
        theta_max_deg: Of ``satquma``: the greatest elevation.
        half_window_s: Of ``satquma``: the time before and after it.

    Raises:
        ParameterError: If a key is missing, out of range, or does not go with the others.

    Examples:
        >>> table = OrbitTable(altitude_km=500.0, inclination_deg="sun-synchronous")
        >>> round(table.orbits()[0].inclination_deg, 7)
        97.4018075
    """

    altitude_km: float | None = key(None, check=ALTITUDE, example=500.0)
    inclination_deg: float | str | None = key(
        None, read=_inclination, example=97.4, range={"minimum": 0, "maximum": 180}
    )
    node_deg: float = key(0.0, check=_ANGLE)
    phase_deg: float = key(0.0, check=_ANGLE)
    precession: bool = True
    satellites: int = key(1, check=Whole(minimum=1, maximum=10_000))
    planes: int = key(1, check=Whole(minimum=1, maximum=10_000))
    phasing: int = key(0, check=Whole(maximum=9_999))
    tle: tuple[str, ...] | None = key(
        None,
        read=elements,
        excludes=("altitude_km", "inclination_deg", *_KEPLERIAN),
        example=[
            "1 25544U 98067A   19343.69339541  .00001764  00000-0  38792-4 0  9991",
            "2 25544  51.6439 211.2001 0007417  17.6667  85.6398 15.50103472202482",
        ],
    )
    geometry: str = key("rotating", choices=GEOMETRIES)
    theta_max_deg: float | None = key(None, check=ELEVATION, example=90.0)
    half_window_s: float | None = key(None, check=_WINDOW, example=160.0)

    def __post_init__(self) -> None:
        check_fields(self)
        is_axial = self.geometry == "satquma"
        for name in _AXIAL:
            if not is_axial and getattr(self, name) is not None:
                hint = 'write geometry = "satquma", or leave it out'
                rule = f"be left out with geometry = {self.geometry!r}"
                raise ParameterError(name, rule, getattr(self, name), hint)
        if is_axial:
            self._check_axial()
        elif self.tle is None:
            for name, example in (("altitude_km", 500.0), ("inclination_deg", 97.4)):
                if getattr(self, name) is None:
                    raise missing(name, example)
            self.orbits()

    @property
    def cited(self) -> tuple[str, ...]:
        """Keys of the works behind the orbit, in ``qnet.references.REFERENCES``.

        Examples:
            >>> OrbitTable(altitude_km=500.0, inclination_deg=53.0, satellites=6, planes=3).cited
            ('Vallado2013', 'Walker1984')
        """
        if self.geometry == "satquma":
            return ("Sidhu2022",)
        if self.tle is not None:
            return ("Vallado2006",)
        return ("Vallado2013", *(("Walker1984",) if self.satellites > 1 else ()))

    def _check_axial(self) -> None:
        """Raise unless SatQuMA's geometry has what it needs, and nothing beside."""
        for name, example in (("altitude_km", 500.0), *zip(_AXIAL, (90.0, 160.0), strict=True)):
            if getattr(self, name) is None:
                raise missing(name, example)
        for item in ("tle", *_KEPLERIAN):
            if item not in _IDLE and getattr(self, item) != self._default(item):
                hint = "a pass of this geometry is given by its greatest elevation"
                rule = "be left out with geometry = 'satquma'"
                raise ParameterError(item, rule, getattr(self, item), hint)

    @property
    def idle(self) -> tuple[str, ...]:
        """Keys that are given, but say nothing of SatQuMA's pass over a sphere at rest.

        Examples:
            >>> OrbitTable(
            ...     geometry="satquma", altitude_km=500.0, theta_max_deg=90.0, half_window_s=160.0,
            ...     inclination_deg=97.4,
            ... ).idle
            ('inclination_deg',)
        """
        if self.geometry != "satquma":
            return ()
        return tuple(item for item in _IDLE if getattr(self, item) != self._default(item))

    def _default(self, item: str) -> object:
        return type(self).__dataclass_fields__[item].default

    def orbits(
        self, station: GroundStation | None = None, period: PeriodTable | None = None
    ) -> tuple[Orbit, ...]:
        """Orbits of all satellites in the frame of :mod:`qnet.space.earth`.

        Args:
            station: The first station, east of whose meridian the node is counted; Greenwich's
                unless given.
            period: The period, whose start is time 0; elements need it.

        Raises:
            ParameterError: If elements have no start, or ``sgp4`` is missing.
        """
        if self.tle is not None:
            if period is None:
                raise missing("period.start", "2026-06-01T00:00:00Z")
            one, two = self.tle
            return (TleOrbit(one, two, period.begin),)
        altitude, tilt = self.altitude_km, self.inclination_deg
        if altitude is None or tilt is None:
            hint = 'the orbit of geometry = "satquma" is one pass'
            raise ParameterError("geometry", "be 'rotating' here", self.geometry, hint)
        east = 0.0 if station is None else station.longitude_deg
        turned = 0.0 if period is None else period.sidereal_deg
        return walker(
            satellites=self.satellites,
            planes=self.planes,
            phasing=self.phasing,
            altitude_km=altitude,
            inclination_deg=sun_synchronous_deg(altitude) if isinstance(tilt, str) else tilt,
            node_deg=turned + east + self.node_deg,
            phase_deg=self.phase_deg,
            precession=self.precession,
        )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PeriodTable(Description):
    """The time that is looked at, and which of it can be used: [period].

    Args:
        start: When it begins, in ISO 8601 with a time zone.
        days: How long it lasts, in days of 86400 s.
        minimum_elevation_deg: Least elevation of a pass.
        night: How dark it must be at the station: ``any``, ``civil`` (the Sun 6 degrees below the
            horizon), ``nautical`` (12), or ``astronomical`` (18).
        in_shadow: Whether the satellite must be in the Earth's shadow.
        earth: Shape of the Earth for stations: ``sphere`` of 6371 km, or ``wgs84``.
        ut1_minus_utc_s: How much the Earth's rotation is ahead of UTC, as the IERS announces it.

    Raises:
        ParameterError: If a key is missing or out of range.

    Examples:
        >>> PeriodTable(start="2026-06-01T02:00:00+02:00", days=30).start
        '2026-06-01T00:00:00Z'
    """

    start: str = key(read=_start, example="2026-06-01T00:00:00Z")
    days: float = key(check=_DAYS, example=30)
    minimum_elevation_deg: float = key(20.0, check=MASK)
    night: str = key("any", choices=tuple(NIGHTS))
    in_shadow: bool = False
    earth: str = key("sphere", choices=EARTHS)
    ut1_minus_utc_s: float = key(0.0, check=_UT1)

    @property
    def cited(self) -> tuple[str, ...]:
        """Keys of the works behind sidereal time and the Sun, where they matter."""
        return ("Aoki1982", *(("Michalsky1988",) if self.night != "any" or self.in_shadow else ()))

    @property
    def begin(self) -> datetime:
        """The moment of time 0, in UTC."""
        return utc("start", self.start)

    @property
    def sidereal_deg(self) -> float:
        """Right ascension of Greenwich's meridian at the start, in degrees."""
        return sidereal_deg(self.begin, self.ut1_minus_utc_s)

    @property
    def duration_s(self) -> float:
        """How long it lasts, in s."""
        return 86_400.0 * self.days
