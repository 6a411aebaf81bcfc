"""Topology of a network: sites with their places, and the fibres between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qnet.errors import ParameterError, check_non_negative, check_one_of, check_real

__all__ = ["KINDS_OF_SITE", "FibreSpan", "Site", "Topology", "TrafficDemand"]

#: Kinds of sites.
KINDS_OF_SITE = ("user", "repeater", "switch", "trusted-node", "ground-station", "node")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A place of a network, on the Earth, on a plane, or nowhere in particular.

    Args:
        name: Its name, different from all others.
        latitude_deg: Latitude in degrees, north positive; with ``longitude_deg``.
        longitude_deg: Longitude in degrees from -180 to 180, east positive.
        x_km: Place to the right in km, instead; with ``y_km``.
        y_km: Place upwards in km.
        kind: One of ``KINDS_OF_SITE``.

    Raises:
        ParameterError: If a coordinate is missing, no finite number or out of range, if both kinds
            are given, or if the kind is unknown.

    Examples:
        >>> Site(name="Hannover", latitude_deg=52.37, longitude_deg=9.73).is_on_earth
        True
    """

    name: str
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    x_km: float | None = None
    y_km: float | None = None
    kind: str = "node"

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise ParameterError("node.name", "be a text", self.name, "name the node")
        check_one_of("node.kind", self.kind, KINDS_OF_SITE)
        names = ("latitude_deg", "longitude_deg", "x_km", "y_km")
        given = {name: value for name in names if (value := getattr(self, name)) is not None}
        if tuple(given) not in ((), names[:2], names[2:]):
            rule = "have latitude and longitude, or x_km and y_km, or neither"
            hint = f"place {self.name!r} on the Earth or on a plane"
            raise ParameterError("node", rule, sorted(given), hint)
        for field, value in given.items():
            check_real(f"node.{field}", value)
        for field, value, limit in (
            ("latitude_deg", self.latitude_deg, 90.0),
            ("longitude_deg", self.longitude_deg, 180.0),
        ):
            if value is not None and abs(value) > limit:
                rule, hint = f"lie in [-{limit:g}, {limit:g}]", "south and west are negative"
                place = f"node.{field}"
                raise ParameterError(place, rule, value, f"give degrees: {hint}")

    @property
    def is_on_earth(self) -> bool:
        """Whether it has a latitude and a longitude."""
        return self.latitude_deg is not None

    @property
    def has_place(self) -> bool:
        """Whether it has coordinates of either kind."""
        return self.is_on_earth or self.x_km is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class FibreSpan:
    """A fibre between two sites.

    Args:
        ends: Names of the two sites.
        length_km: Length in km; None where it is not known.

    Raises:
        ParameterError: If it joins a site with itself, or the length is negative or not finite.

    Examples:
        >>> FibreSpan(ends=("Hannover", "Braunschweig"), length_km=79.0).length_km
        79.0
    """

    ends: tuple[str, str]
    length_km: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "ends", tuple(self.ends))
        if self.ends[0] == self.ends[1]:
            hint = "name another end"
            raise ParameterError("edge.ends", "join two different nodes", self.ends[0], hint)
        if self.length_km is not None:
            check_non_negative("edge.length_km", self.length_km)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficDemand:
    """An entry of a traffic matrix: two sites, and how much is asked for between them.

    Args:
        ends: Names of the two sites.
        volume: In the units of the matrix.
    """

    ends: tuple[str, str]
    volume: float


@dataclass(frozen=True, kw_only=True)
class Topology:
    """Sites and the fibres between them, as a file or a shape gives them.

    Args:
        sites: The sites, in their order.
        spans: The fibres, in their order.
        traffic: A traffic matrix, where there is one.
        assumptions: What was assumed in reading it, one sentence each.
    """

    sites: tuple[Site, ...]
    spans: tuple[FibreSpan, ...]
    traffic: tuple[TrafficDemand, ...] = ()
    assumptions: tuple[str, ...] = ()

    @property
    def names(self) -> Sequence[str]:
        """Names of the sites, in their order."""
        return [site.name for site in self.sites]
