"""Networks as data for a map: nodes with places and roles, fibres with lengths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from qnet.errors import ParameterError, check_non_negative, check_one_of, check_real

__all__ = ["ROLES", "MapFibre", "MapNode", "check_network"]

#: What a node can be, with its marker.
ROLES = {
    "end user": "o",
    "trusted node": "s",
    "repeater station": "D",
    "ground station": "^",
    "node": ".",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MapNode:
    """A node of a map, placed on the Earth or on a plane.

    Args:
        name: Its name, different from all others.
        latitude_deg: Latitude in degrees, north positive; with ``longitude_deg``.
        longitude_deg: Longitude in degrees from -180 to 180, east positive.
        x_km: Place to the right in km, instead; with ``y_km``.
        y_km: Place upwards in km.
        role: ``end user``, ``trusted node``, ``repeater station``, ``ground station`` (of a
            satellite) or ``node``.

    Raises:
        ParameterError: If a coordinate is missing, no finite number or out of range, if both kinds
            are given, or if the role is unknown.

    Examples:
        >>> MapNode(name="Hannover", latitude_deg=52.37, longitude_deg=9.73).is_on_earth
        True
    """

    name: str
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    x_km: float | None = None
    y_km: float | None = None
    role: str = "node"

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise ParameterError("node.name", "be a text", self.name, "name the node")
        check_one_of("node.role", self.role, ROLES)
        names = ("latitude_deg", "longitude_deg", "x_km", "y_km")
        given = {name: value for name in names if (value := getattr(self, name)) is not None}
        if tuple(given) not in (names[:2], names[2:]):
            rule = "have latitude_deg and longitude_deg, or x_km and y_km"
            hint = f"place {self.name!r} on the Earth or on a plane"
            raise ParameterError("node", rule, sorted(given), hint)
        for field, value in given.items():
            check_real(f"node.{field}", value)
        if self.latitude_deg is not None and self.longitude_deg is not None:
            _check_on_earth(self.latitude_deg, self.longitude_deg)

    @property
    def is_on_earth(self) -> bool:
        """Whether it has a latitude and a longitude."""
        return self.latitude_deg is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class MapFibre:
    """A fibre between two nodes of a map.

    Args:
        left: Name of the node at one end.
        right: Name of the node at the other.
        length_km: Its length in km; None shows the straight distance of its ends, on the Earth the
            great circle, which no fibre undercuts.
        value: A number to show as the fibre's width, such as its key rate; None draws it plain.

    Raises:
        ParameterError: If it joins a node with itself, or a number is negative or not finite.

    Examples:
        >>> sorted(MapFibre(left="Hannover", right="Braunschweig", length_km=79.0).ends)
        ['Braunschweig', 'Hannover']
    """

    left: str
    right: str
    length_km: float | None = None
    value: float | None = None

    def __post_init__(self) -> None:
        if self.left == self.right:
            raise ParameterError("fibre", "join two different nodes", self.left, "name another end")
        for field in ("length_km", "value"):
            if getattr(self, field) is not None:
                check_non_negative(f"fibre.{field}", getattr(self, field))

    @property
    def ends(self) -> frozenset[str]:
        """The names of both ends, without order."""
        return frozenset((self.left, self.right))


def _check_on_earth(latitude_deg: float, longitude_deg: float) -> None:
    north, east = ("latitude_deg", latitude_deg, 90.0), ("longitude_deg", longitude_deg, 180.0)
    for field, value, limit in (north, east):
        if abs(check_real(field, value)) > limit:
            rule = f"lie in [-{limit:g}, {limit:g}]"
            raise ParameterError(field, rule, value, "give degrees, south and west negative")


def check_network(
    nodes: Sequence[MapNode], fibres: Sequence[MapFibre], route: Sequence[str]
) -> None:
    """Raise a ParameterError unless fibres join the nodes, and the route follows fibres."""
    if not nodes:
        raise ParameterError("nodes", "be one or more", 0, "give a MapNode for every node")
    if len({node.is_on_earth for node in nodes}) > 1:
        hint = "give latitude and longitude for all nodes, or x_km and y_km"
        raise ParameterError("nodes", "have places of one kind", "both kinds", hint)
    names = [node.name for node in nodes]
    _check_once("nodes", names, "give every node a name of its own")
    for fibre in fibres:
        check_one_of("fibre", fibre.left, names)
        check_one_of("fibre", fibre.right, names)
    joined = [fibre.ends for fibre in fibres]
    _check_once("fibres", [tuple(sorted(ends)) for ends in joined], "draw parallel fibres as one")
    for name in route:
        check_one_of("route", name, names)
    if len(route) == 1:
        raise ParameterError("route", "have two nodes or more", tuple(route), "add where it leads")
    for step in pairwise(route):
        if frozenset(step) not in joined:
            raise ParameterError("route", "follow fibres", step, "add the fibre, or another step")


def _check_once(field: str, things: Sequence[object], hint: str) -> None:
    twice = [thing for k, thing in enumerate(things) if thing in things[:k]]
    if twice:
        raise ParameterError(field, "be there once each", twice[0], hint)
