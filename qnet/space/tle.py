"""Orbits of two-line elements, by SGP4."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from qnet.errors import ParameterError
from qnet.space.earth import Floats, equinox_rad, turned_frame, utc

__all__ = ["TleOrbit", "checksum", "elements"]

#: Distance in km by which short-period motion and drag may leave the mean ellipse, and the share of
#: the semi-major axis by which the Sun and the Moon may change that of a distant satellite.
_MARGIN_KM = 40.0
_DISTANT = 0.02

#: Distance from the centre of the Earth in km below which a satellite has decayed.
_DECAYED_KM = 6460.0

#: Meanings of the error numbers of SGP4 (Vallado 2006).
_FAILURES = {
    1: "its mean eccentricity has left the range 0 to 1",
    2: "its mean motion is negative",
    3: "its eccentricity has left the range 0 to 1",
    4: "its orbit has no size",
    6: "it has decayed",
}

_LENGTH = 69

#: Columns that a line must fill with digits.
_COLUMNS = {
    "epoch": (18, 32),
    "inclination": (8, 16),
    "node": (17, 25),
    "eccentricity": (26, 33),
    "perigee": (34, 42),
    "mean anomaly": (43, 51),
    "mean motion": (52, 63),
}


def checksum(line: str) -> int:
    """Last digit of the sum of a line's digits, each minus sign counted as one.

    Examples:
        >>> checksum("1 25544U 98067A   19343.69339541  .00001764  00000-0  38792-4 0  999")
        1
    """
    return sum(int(c) if c.isdigit() else c == "-" for c in line[: _LENGTH - 1]) % 10


def elements(field: str, value: object) -> tuple[str, str]:
    """Two lines of elements, checked: their numbers, length, checksums, and that they belong.

    Raises:
        ParameterError: If they are no two lines of elements.

    Examples:
        >>> elements("tle", ["1 25544U", "2 25544"])
        Traceback (most recent call last):
        ...
        qnet.errors.ParameterError: tle[0] must have 69 characters (got 8); copy the whole line
    """
    lines = list(value) if isinstance(value, list | tuple) else []
    if len(lines) != 2 or not all(isinstance(line, str) for line in lines):
        raise ParameterError(field, "be two lines of text", value, 'write tle = ["1 ...", "2 ..."]')
    one, two = (str(line).rstrip() for line in lines)
    for number, line in enumerate((one, two)):
        _check_line(f"{field}[{number}]", line, number + 1)
    second = f"{field}[1]"
    if one[2:7] != two[2:7]:
        hint = f"line 1 is of satellite {one[2:7].strip()}"
        raise ParameterError(second, "be of the same satellite", two[2:7].strip(), hint)
    for name, (begin, end) in _COLUMNS.items():
        where, columns = (field + "[0]", one) if name == "epoch" else (second, two)
        if not re.fullmatch(r" *\d[\d. ]*", columns[begin:end]):
            rule = f"hold its {name} in columns {begin + 1} to {end}"
            raise ParameterError(where, rule, columns[begin:end], "copy the whole line")
    return one, two


def _check_line(field: str, line: str, number: int) -> None:
    """Raise unless a line has its length, number and checksum."""
    if len(line) != _LENGTH or not line.isascii():
        raise ParameterError(field, "have 69 characters", len(line), "copy the whole line")
    if not line.startswith(f"{number} "):
        hint = "line 1 comes first, without the name of the satellite above it"
        raise ParameterError(field, f"begin with {number}", line[:8], hint)
    if line[-1] != str(checksum(line)):
        hint = "a character of the line is wrong: copy it again"
        raise ParameterError(field, f"end with its checksum {checksum(line)}", line[-1], hint)


@dataclass(frozen=True)
class TleOrbit:
    """An orbit of two-line elements, propagated by SGP4 (Vallado 2006).

    SGP4 gives positions in the true equator and mean equinox of date (TEME), which is the frame of
    :mod:`qnet.space.earth` at the start; the motion of the equinox since then is taken out. Errors
    grow by one to three kilometres a day from the epoch of the elements. Needs the package
    ``sgp4``: ``pip install "qnet-emulator[satellite]"``.

    Args:
        line1: First line of the elements.
        line2: Second line.
        start: The moment of time 0, aware of its time zone.

    Raises:
        ParameterError: If the lines are no elements, or ``sgp4`` is missing.

    Examples:
        >>> orbit = TleOrbit(
        ...     "1 25544U 98067A   19343.69339541  .00001764  00000-0  38792-4 0  9991",
        ...     "2 25544  51.6439 211.2001 0007417  17.6667  85.6398 15.50103472202482",
        ...     datetime(2019, 12, 9, 20, 42, tzinfo=UTC),
        ... )
        >>> orbit.positions_km(0.0).round(6).tolist()
        [-6088.922358, -936.136748, -2866.440878]
    """

    line1: str
    line2: str
    start: datetime

    def __post_init__(self) -> None:
        one, two = elements("tle", (self.line1, self.line2))
        object.__setattr__(self, "line1", one)
        object.__setattr__(self, "line2", two)
        object.__setattr__(self, "start", utc("start", self.start))
        if self._satellite.error:
            raise ParameterError(
                "tle[1]", "hold orbital elements", two, _FAILURES.get(self._satellite.error, "")
            )

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.line1, self.line2, self.start))

    @cached_property
    def _satellite(self) -> Any:  # noqa: ANN401 - sgp4's Satrec
        try:
            from sgp4.api import Satrec
        except ImportError:
            hint = 'install it: pip install "qnet-emulator[satellite]"'
            raise ParameterError("tle", "be read by the package sgp4", "no sgp4", hint) from None
        return Satrec.twoline2rv(self.line1, self.line2)

    @property
    def period_s(self) -> float:
        """Time of a revolution of the mean motion in s."""
        return 120.0 * np.pi / float(self._satellite.no_kozai)

    @property
    def inclination_deg(self) -> float:
        """Inclination of the elements in degrees."""
        return float(np.rad2deg(self._satellite.inclo))

    @property
    def epoch(self) -> datetime:
        """The moment of the elements."""
        days = self._satellite.jdsatepoch - 2_451_545.0 + self._satellite.jdsatepochF
        return datetime(2000, 1, 1, 12, tzinfo=UTC) + timedelta(days=days)

    def age_days(self, time_s: float) -> float:
        """Days from the epoch of the elements to a time in s."""
        return ((self.start - self.epoch).total_seconds() + time_s) / 86_400.0

    @property
    def _semi_major_km(self) -> float:
        return float(self._satellite.a * self._satellite.radiusearthkm)

    @property
    def _margin_km(self) -> float:
        is_distant = self._satellite.method == "d"
        return _DISTANT * self._semi_major_km if is_distant else _MARGIN_KM

    @property
    def lowest_km(self) -> float:
        """Distance from the centre of the Earth in km that it never comes below."""
        lowest = self._semi_major_km * (1.0 - float(self._satellite.ecco)) - self._margin_km
        return max(lowest, _DECAYED_KM)

    @property
    def highest_km(self) -> float:
        """Distance from the centre of the Earth in km that it never goes beyond."""
        return self._semi_major_km * (1.0 + float(self._satellite.ecco)) + self._margin_km

    def positions_km(self, times_s: ArrayLike) -> Floats:
        """Positions in km at times in s, shape ``(..., 3)``.

        Raises:
            ParameterError: If the satellite has decayed by then.
        """
        times = np.asarray(times_s, dtype=float)
        flat = np.ascontiguousarray(times).reshape(-1)
        midnight = self.start.replace(hour=0, minute=0, second=0, microsecond=0)
        days = (midnight - datetime(2000, 1, 1, tzinfo=UTC)).days + 2_451_544.5
        fraction = ((self.start - midnight).total_seconds() + flat) / 86_400.0
        errors, found, _ = self._satellite.sgp4_array(np.full(flat.shape, days), fraction)
        if errors.any():
            first = int(np.flatnonzero(errors)[0])
            moment = self.start + timedelta(seconds=float(flat[first]))
            rule = f"hold until {moment:%Y-%m-%dT%H:%M:%SZ}"
            hint = _FAILURES.get(int(errors[first]), "SGP4 fails there")
            raise ParameterError("tle", rule, self.line1, f"{hint}; take newer elements")
        x, y = turned_frame(found[:, 0], found[:, 1], equinox_rad(self.start, flat))
        return np.column_stack([x, y, found[:, 2]]).reshape(*times.shape, 3)
