"""Topology of a network: sites with their places, and the fibres between them."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import rustworkx

from qnet.errors import (
    ParameterError,
    check_at_least,
    check_non_negative,
    check_one_of,
    check_real,
)
from qnet.schema.entries import key

__all__ = [
    "EARTH_RADIUS_KM",
    "KINDS_OF_SITE",
    "FibreSpan",
    "Site",
    "Topology",
    "TrafficDemand",
    "distance_km",
    "edge_list_topology",
    "great_circle_km",
]

#: Mean radius of the Earth in whole km; R1 is 6371.0088 km (IUGG; Moritz, J. Geodesy 74, 128
#: (2000)), and the sphere is wrong by a thousand times the difference.
EARTH_RADIUS_KM = 6371.0

#: Kinds of sites.
KINDS_OF_SITE = ("user", "repeater", "switch", "trusted-node", "ground-station", "node")

_LIMITS_DEG = {"latitude_deg": 90.0, "longitude_deg": 180.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A place of a network, on the Earth, on a plane, or nowhere in particular.

    Args:
        name: Its name, different from all others.
        latitude_deg: Latitude in degrees, north positive; with ``longitude_deg``.
        longitude_deg: Longitude in degrees from -180 to 180, east positive.
        x_km: Place to the right in km, instead; with ``y_km``.
        y_km: Place upwards in km.
        kind: One of ``KINDS_OF_SITE``; ``node`` where nothing is said.
        drawn_at: Where it stands on a drawing without a scale, to the right and up; for maps alone,
            lengths are never taken from it.
        population: People who live there, where a file says it.

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
    drawn_at: tuple[float, float] | None = None
    population: float | None = key(None, quiet=True)

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
            _check_degrees(f"node.{field}", value, _LIMITS_DEG.get(field, math.inf))
        if self.drawn_at is not None:
            object.__setattr__(self, "drawn_at", tuple(self.drawn_at))
            for value in self.drawn_at:
                check_real("node.drawn_at", value)
        if self.population is not None:
            check_non_negative("node.population", self.population)

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
        check_ends(self.ends)
        if self.length_km is not None:
            check_non_negative("edge.length_km", self.length_km)


def check_ends(ends: tuple[str, str]) -> None:
    """Raise a `ParameterError` unless an edge joins two different nodes."""
    if ends[0] == ends[1]:
        hint = "name another end"
        raise ParameterError("edge.ends", "join two different nodes", ends[0], hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficDemand:
    """An entry of a traffic matrix: two sites, and how much is asked for between them.

    Args:
        ends: Names of the two sites.
        volume: In the units of the matrix.

    Raises:
        ParameterError: If the volume is negative or not finite.
    """

    ends: tuple[str, str]
    volume: float

    def __post_init__(self) -> None:
        check_non_negative("traffic.volume", self.volume)


@dataclass(frozen=True, kw_only=True)
class Topology:
    """Sites and the fibres between them, as a file or a shape gives them.

    Args:
        sites: The sites, in their order.
        spans: The fibres, in their order.
        traffic: A traffic matrix, where there is one.
        assumptions: What was assumed in reading it, one sentence each.

    Raises:
        ParameterError: If a name is there twice, a fibre leads nowhere, or two join the same sites.

    Examples:
        >>> line = edge_list_topology([["A", "S", 10.0], ["S", "B", 12.5]])
        >>> line.names
        ['A', 'S', 'B']
        >>> line.length_km("B", "S")
        12.5
    """

    sites: tuple[Site, ...]
    spans: tuple[FibreSpan, ...]
    traffic: tuple[TrafficDemand, ...] = ()
    assumptions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for field in ("sites", "spans", "traffic", "assumptions"):
            object.__setattr__(self, field, tuple(getattr(self, field)))
        if not self.sites:
            raise ParameterError("topology", "have a node or more", 0, "name its nodes")
        double = first_double(self.names)
        if double is not None:
            raise ParameterError("node.name", "be there once", double, "give each its own name")
        for span in self.spans:
            for end in span.ends:
                check_known("edge.ends", end, self.site_number)
        double = first_double([tuple(sorted(span.ends)) for span in self.spans])
        if double is not None:
            hint = "draw parallel fibres as one edge with more memories"
            raise ParameterError("edge.ends", "be there once", double, hint)
        for demand in self.traffic:
            for end in demand.ends:
                check_known("traffic.ends", end, self.site_number)

    @property
    def names(self) -> Sequence[str]:
        """Names of the sites, in their order."""
        return [site.name for site in self.sites]

    @cached_property
    def site_number(self) -> dict[str, int]:
        """Number of each site by its name."""
        return {site.name: k for k, site in enumerate(self.sites)}

    @cached_property
    def span_number(self) -> dict[tuple[str, str], int]:
        """Number of each fibre by its two sites, in both directions."""
        return numbers_both_ways([span.ends for span in self.spans])

    @cached_property
    def graph(self) -> rustworkx.PyGraph:
        """Names of sites, and numbers of fibres as weights."""
        return graph_of(self.site_number, [span.ends for span in self.spans])

    @property
    def parts(self) -> list[list[str]]:
        """Names of the sites that are joined with each other, the largest part first."""
        parts = [sorted(part) for part in rustworkx.connected_components(self.graph)]
        parts.sort(key=lambda part: (-len(part), part))
        return [[self.sites[k].name for k in part] for part in parts]

    def length_km(self, one: str, other: str) -> float | None:
        """Length in km of the fibre between two sites; None where it is not known.

        Raises:
            ParameterError: If no fibre joins them.
        """
        if (one, other) not in self.span_number:
            hint = "add the edge, or take another step"
            raise ParameterError("route", "follow edges", (one, other), hint)
        return self.spans[self.span_number[one, other]].length_km

    def with_lengths(self, route_factor: float = 1.0) -> Topology:
        """The same, with lengths from the places of the sites where none was given.

        A fibre is as long as the way straight from end to end, on the Earth along the great circle,
        times a route factor. The factor is assumed, not measured: fibres follow roads and rails.

        Args:
            route_factor: Length of a fibre over that of the straight way, 1 or more.

        Raises:
            ParameterError: If the factor is below 1, which no fibre undercuts.
        """
        hint = "1 is the straight way, which no fibre undercuts"
        check_at_least("topology.route_factor", route_factor, 1.0, hint)
        spans, found, missing = [], 0, 0
        for span in self.spans:
            length = span.length_km
            if length is None:
                one, other = (self.sites[self.site_number[end]] for end in span.ends)
                straight = distance_km(one, other)
                length = None if straight is None else route_factor * straight
                found, missing = found + (length is not None), missing + (length is None)
            spans.append(replace(span, length_km=length))
        said = _about_lengths(route_factor, found, missing, len(spans))
        return replace(self, spans=tuple(spans), assumptions=(*self.assumptions, *said))

    def traffic_rates(self, total_hz: float) -> dict[tuple[str, str], float]:
        """Sessions per second between each two sites, in proportion to the traffic matrix.

        Both directions of a pair of sites are added; entries of nothing are left out.

        Args:
            total_hz: All sessions per second together.

        Examples:
            >>> sites = tuple(Site(name=name) for name in "ABC")
            >>> traffic = tuple(
            ...     TrafficDemand(ends=ends, volume=volume)
            ...     for ends, volume in ((("A", "B"), 1.0), (("B", "A"), 2.0), (("A", "C"), 1.0))
            ... )
            >>> Topology(sites=sites, spans=(), traffic=traffic).traffic_rates(2.0)
            {('A', 'B'): 1.5, ('A', 'C'): 0.5}
        """
        volumes: dict[tuple[str, str], float] = {}
        for demand in self.traffic:
            ends = demand.ends if demand.ends[::-1] not in volumes else demand.ends[::-1]
            volumes[ends] = volumes.get(ends, 0.0) + demand.volume
        total = sum(volumes.values())
        check_non_negative("total_hz", total_hz)
        return {ends: total_hz * volume / total for ends, volume in volumes.items() if volume > 0.0}


def _about_lengths(factor: float, found: int, missing: int, spans: int) -> Iterable[str]:
    """Sentences on where lengths come from."""
    every = f"the length of every fibre is the straight distance of its ends times {factor:g}"
    some = f"the lengths of {found} of {spans} fibres are straight distances times {factor:g}"
    if found:
        yield f"{every if found == spans else some}, the route factor"
    if missing:
        which = "no fibre has a length" if missing == spans else f"{missing} of {spans} have none"
        yield f"lengths that are not given need places of both ends: {which}"


def edge_list_topology(edges: Sequence[Sequence[object]]) -> Topology:
    """A topology from a list of edges: two names, and the length in km if it is known.

    Args:
        edges: Such as ``[["A", "S", 10.0], ["B", "S", 10.0]]``; the nodes come in the order in
            which they are named first.

    Raises:
        ParameterError: If an entry is no edge, joins a node with itself, or is there twice.

    Examples:
        >>> edge_list_topology([["A", "S", 10.0], ["B", "S"]]).spans[1]
        FibreSpan(ends=('B', 'S'), length_km=None)
    """
    if not isinstance(edges, list | tuple):
        hint = 'write [["A", "B", 10.0]]'
        raise ParameterError("topology.edges", "be a list of edges", edges, hint)
    names: dict[str, None] = {}
    spans = []
    for number, entry in enumerate(edges):
        field, hint = f"topology.edges[{number}]", 'write ["A", "B", 10.0]'
        if not isinstance(entry, list | tuple) or len(entry) not in (2, 3):
            raise ParameterError(field, "be two names and a length in km", entry, hint)
        ends = entry[:2]
        for end in ends:
            if not isinstance(end, str) or not end.strip():
                raise ParameterError(field, "name its nodes by texts", end, hint)
        if ends[0] == ends[1]:
            raise ParameterError(field, "join two different nodes", ends[0], "name another end")
        length = check_non_negative(field, entry[2]) if len(entry) == 3 else None
        names |= dict.fromkeys(ends)
        spans.append(FibreSpan(ends=(ends[0], ends[1]), length_km=length))
    if not spans:
        raise ParameterError("topology.edges", "have an edge or more", edges, "list the edges")
    return Topology(sites=tuple(Site(name=name) for name in names), spans=tuple(spans))


def great_circle_km(
    latitude_deg: float, longitude_deg: float, other_latitude_deg: float, other_longitude_deg: float
) -> float:
    """Length in km of the shortest way between two places on the Earth, taken as a sphere.

    The haversine formula, with the mean radius of 6371 km; the flattening of the Earth makes
    it wrong by up to half a per cent.

    Args:
        latitude_deg: Latitude of the one, in degrees.
        longitude_deg: Its longitude.
        other_latitude_deg: Latitude of the other.
        other_longitude_deg: Its longitude.

    Raises:
        ParameterError: If a number is not finite or out of range.

    Examples:
        >>> round(great_circle_km(0.0, 0.0, 90.0, 0.0), 1)  # a quarter of a meridian
        10007.5
    """
    for latitude in (latitude_deg, other_latitude_deg):
        _check_degrees("latitude_deg", latitude, 90.0)
    for longitude in (longitude_deg, other_longitude_deg):
        _check_degrees("longitude_deg", longitude, 180.0)
    south, north = math.radians(latitude_deg), math.radians(other_latitude_deg)
    turn = math.radians(other_longitude_deg - longitude_deg)
    haversine = math.sin((north - south) / 2) ** 2
    haversine += math.cos(south) * math.cos(north) * math.sin(turn / 2) ** 2
    return 2.0 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(haversine, 1.0)))


def distance_km(one: Site, other: Site) -> float | None:
    """Straight distance of two sites in km, on the Earth along the great circle.

    None where one has no place, or one is on the Earth and the other on a plane.

    Examples:
        >>> distance_km(Site(name="A", x_km=0.0, y_km=0.0), Site(name="B", x_km=3.0, y_km=4.0))
        5.0
    """
    places = one.latitude_deg, one.longitude_deg, other.latitude_deg, other.longitude_deg
    known = [value for value in places if value is not None]
    if len(known) == 4:
        return great_circle_km(*known)
    plane = one.x_km, one.y_km, other.x_km, other.y_km
    known = [value for value in plane if value is not None]
    return math.dist(known[:2], known[2:]) if len(known) == 4 else None


def _check_degrees(field: str, value: object, limit: float) -> None:
    if abs(check_real(field, value)) > limit:
        rule = f"lie in [-{limit:g}, {limit:g}]"
        raise ParameterError(field, rule, value, "give degrees, south and west negative")


def check_known(field: str, name: object, known: Collection[str]) -> None:
    """Raise a ParameterError unless a site of this name is there."""
    if not isinstance(name, str) or name not in known:
        check_one_of(field, name, known)


def numbers_both_ways(ends: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Number of each edge by its two ends, in both directions.

    Examples:
        >>> numbers_both_ways([("A", "B")])
        {('B', 'A'): 0, ('A', 'B'): 0}
    """
    both = [(each, k) for k, each in enumerate(ends)]
    return {(b, a): k for (a, b), k in both} | dict(both)


def graph_of(number: Mapping[str, int], ends: Iterable[tuple[str, str]]) -> rustworkx.PyGraph:
    """Names of nodes, and numbers of edges as weights.

    Args:
        number: Number of each node by its name, in this order.
        ends: The names that each edge joins.
    """
    graph = rustworkx.PyGraph(multigraph=False)
    graph.add_nodes_from(list(number))
    graph.add_edges_from([(number[a], number[b], k) for k, (a, b) in enumerate(ends)])
    return graph


def first_double(things: Iterable[object]) -> object | None:
    """The first of these that was there before; None if each is there once."""
    seen = set()
    for thing in things:
        if thing in seen:
            return thing
        seen.add(thing)
    return None
