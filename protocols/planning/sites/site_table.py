"""Sites of a plan as a scenario describes them: [sites]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qnet.errors import ParameterError, check_non_negative, check_positive, check_real
from qnet.schema import Description, FrozenMapping, Whole, Within, check_fields, key, missing

__all__ = ["COLUMNS", "GRAPHS", "LATITUDE", "LONGITUDE", "GivenEdge", "GivenSite", "SitesTable"]

#: What joins sites.
GRAPHS = ("nearest", "complete", "file", "edges")

#: What a column of a CSV of sites may hold.
COLUMNS = ("name", "latitude", "longitude", "population")

LATITUDE = Within(
    low=-90.0, high=90.0, rule="lie in [-90, 90]", hint="give degrees, south negative"
)
LONGITUDE = Within(
    low=-180.0, high=180.0, rule="lie in [-180, 180]", hint="give degrees, west negative"
)

_FACTOR = Within(
    low=1.0, rule="be at least 1", hint="1 is the great circle, which no fibre undercuts"
)

#: Largest route factor, and longest fibre in km.
_MOST_FACTOR, _LONGEST_KM = 100.0, 1e5


def _factor(field: str, value: object) -> float:
    factor = _FACTOR(field, value)
    if factor > _MOST_FACTOR:
        hint = "it is the length of the fibre over the great circle: 1.25 is usual"
        raise ParameterError(field, f"be at most {_MOST_FACTOR:g}", value, hint)
    return factor


def _fibre_km(field: str, value: object) -> float:
    length = check_positive(field, value)
    if length > _LONGEST_KM:
        raise ParameterError(field, f"be at most {_LONGEST_KM:g} km", value, "give it in km")
    return length


_LIST_HINT = 'write list = [["A", 52.5, 13.4], ["B", 48.9, 2.3]]: name, latitude, longitude'
_EDGE_HINT = 'write edges = [["A", "B", 80.0], ["A", "t1", { key_rate_hz = 20e3 }]]'


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenSite:
    """A site as a list or a file gives it.

    Args:
        name: Its name.
        latitude: Degrees north.
        longitude: Degrees east.
        population: People.
    """

    name: str
    latitude: float | None = None
    longitude: float | None = None
    population: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenEdge:
    """An edge as a list or a file gives it.

    Args:
        ends: Names of its sites.
        length_km: Length of its fibre.
        key_rate_hz: Secret bits per second of a pair of devices over it.
    """

    ends: tuple[str, str]
    length_km: float | None = None
    key_rate_hz: float | None = None


def _name(field: str, value: object, hint: str) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ParameterError(field, "be the name of a site", value, hint)
    return value


def _listed(field: str, value: Any) -> tuple[GivenSite, ...]:  # noqa: ANN401
    """Sites as ``["A"]``, ``["A", latitude, longitude]`` or with the population behind it."""
    if not isinstance(value, list | tuple) or not value:
        raise ParameterError(field, "be a list of sites", value, _LIST_HINT)
    found: dict[str, GivenSite] = {}
    for k, each in enumerate(value):
        place = f"{field}[{k}]"
        if isinstance(each, GivenSite):
            site = each
        elif not isinstance(each, list | tuple) or len(each) not in (1, 3, 4):
            rule = "be a name, or a name with latitude, longitude and perhaps population"
            raise ParameterError(place, rule, each, _LIST_HINT)
        else:
            site = GivenSite(
                name=_name(place, each[0], _LIST_HINT),
                latitude=LATITUDE(f"{place}[1]", each[1]) if len(each) > 1 else None,
                longitude=LONGITUDE(f"{place}[2]", each[2]) if len(each) > 1 else None,
                population=check_non_negative(f"{place}[3]", each[3]) if len(each) > 3 else None,
            )
        if site.name in found:
            raise ParameterError(place, "name each site once", site.name, "rename or drop one")
        found[site.name] = site
    return tuple(found.values())


def _edges(field: str, value: Any) -> tuple[GivenEdge, ...]:  # noqa: ANN401
    """Edges as ``["A", "B"]``, with a length in km, or with a table of what is known."""
    if not isinstance(value, list | tuple) or not value:
        raise ParameterError(field, "be a list of edges", value, _EDGE_HINT)
    found: dict[frozenset[str], GivenEdge] = {}
    for k, each in enumerate(value):
        place = f"{field}[{k}]"
        edge = each if isinstance(each, GivenEdge) else _edge(place, each)
        if frozenset(edge.ends) in found:
            hint = "keep one of them: several pairs of devices share an edge"
            raise ParameterError(place, "join its two sites once", edge.ends, hint)
        found[frozenset(edge.ends)] = edge
    return tuple(found.values())


def _edge(place: str, each: object) -> GivenEdge:
    if not isinstance(each, list | tuple) or len(each) not in (2, 3):
        rule = "be two names and perhaps a length in km or a table"
        raise ParameterError(place, rule, each, _EDGE_HINT)
    one, other = (_name(place, end, _EDGE_HINT) for end in each[:2])
    if one == other:
        raise ParameterError(place, "join two different sites", one, "name another end")
    known = each[2] if len(each) == 3 else {}
    if not isinstance(known, Mapping):
        return GivenEdge(ends=(one, other), length_km=_fibre_km(f"{place}[2]", known))
    odd = next((name for name in known if name not in ("length_km", "key_rate_hz")), None)
    if odd is not None:
        hint = "it may have length_km and key_rate_hz"
        part = f"{place}[2].{odd}"
        raise ParameterError(part, "be a key of an edge", known[odd], hint)
    checks = {"length_km": _fibre_km, "key_rate_hz": check_positive}
    numbers = {name: checks[name](f"{place}[2].{name}", known[name]) for name in known}
    return GivenEdge(ends=(one, other), **numbers)


def _written(value: Any) -> Any:  # noqa: ANN401
    """A site or an edge as its list has it; anything else as it is."""
    if isinstance(value, GivenSite):
        values = (value.name, value.latitude, value.longitude, value.population)
        return [each for each in values if each is not None]
    if isinstance(value, GivenEdge):
        numbers = {"length_km": value.length_km, "key_rate_hz": value.key_rate_hz}
        known = {name: number for name, number in numbers.items() if number is not None}
        rest: list[Any] = [value.length_km] if known.keys() == {"length_km"} else [known]
        return [*value.ends, *(rest if known else [])]
    return value


def _columns(field: str, value: Any) -> FrozenMapping:  # noqa: ANN401
    """Names of columns by what they hold."""
    hint = 'write columns = { population = "country_population" }'
    if not isinstance(value, Mapping):
        raise ParameterError(field, "be a table of names of columns", value, hint)
    for name, column in value.items():
        if name not in COLUMNS:
            told = f"it may have {', '.join(COLUMNS)}"
            part = f"{field}.{name}"
            raise ParameterError(part, "be a column of sites", column, told)
        if not isinstance(column, str) or not column.strip():
            part = f"{field}.{name}"
            raise ParameterError(part, "name a column of the file", column, hint)
    return FrozenMapping(value)


def _relays(field: str, value: Any) -> str | tuple[str, ...]:  # noqa: ANN401
    """``all``, or the names of the sites that may relay."""
    hint = 'write relays = "all", or relays = ["A", "B"]'
    if value == "all":
        return "all"
    if not isinstance(value, list | tuple):
        raise ParameterError(field, 'be "all" or a list of names', value, hint)
    return tuple(_name(f"{field}[{k}]", each, hint) for k, each in enumerate(value))


@dataclass(frozen=True, kw_only=True, repr=False)
class SitesTable(Description):
    """Where the sites of a plan are, and which of them can be joined: [sites].

    Args:
        file: A file beside the scenario, or one of the package by its name: CSV, GraphML, GML,
            GeoJSON or SNDlib.
        columns: Columns of a CSV that are named otherwise than ``name``, ``latitude``,
            ``longitude`` and ``population``.
        coordinates: How a file writes degrees; told by its data unless given.
        listed: Sites as ``[name, latitude, longitude, population]``, in place of a file; what is
            not known is left out from the end.
        route_factor: Length of a fibre over the great circle, where it has no length of its own.
        graph: Which sites can be joined: each with its nearest, any two, those that the file joins,
            or those that ``edges`` names. Unless given, the edges that there are count, or the
            nearest.
        neighbours: How many nearest sites each is joined with.
        edges: Edges as ``[end, end]``, ``[end, end, length_km]``, or with a table of ``length_km``
            and ``key_rate_hz``: the key of a pair of devices over it.
        relays: Sites that may pass on key of others, by their names, or ``all``.

    Raises:
        ParameterError: If there are no sites, both file and list, or a number is out of range.

    Examples:
        >>> SitesTable(edges=[["A", "B", 80.0]]).joined_by
        'edges'
    """

    file: str | None = key(None, example="capitals.csv")
    columns: Any = key(
        None, read=_columns, inline=True, example={"population": "country_population"}
    )
    coordinates: str | None = key(None, choices=("auto", "decimal", "degrees.minutes"))
    listed: Any = key(
        None,
        name="list",
        read=_listed,
        write=_written,
        excludes=("file",),
        example=[["A", 52.5, 13.4], ["B", 48.9, 2.3]],
    )
    route_factor: float = key(1.25, check=_factor, range={"minimum": 1, "maximum": _MOST_FACTOR})
    graph: str | None = key(None, choices=GRAPHS)
    neighbours: int = key(4, check=Whole(minimum=1))
    edges: Any = key(None, read=_edges, write=_written, example=[["A", "B", 80.0]])
    relays: Any = key("all", read=_relays, example=["A", "B"])

    def __post_init__(self) -> None:
        check_fields(self)
        check_real("route_factor", self.route_factor)
        if self.file is None and self.listed is None and self.edges is None:
            raise missing("file", "capitals.csv")
        for name in ("columns", "coordinates"):
            if self.file is None and getattr(self, name) is not None:
                hint = "it says how a file is read: add file"
                raise ParameterError(name, "stand beside file", getattr(self, name), hint)
        if self.edges is not None and self.graph not in (None, "edges"):
            hint = "leave it out, or remove edges"
            raise ParameterError("graph", 'be "edges" where edges are given', self.graph, hint)
        if self.graph == "edges" and self.edges is None:
            raise missing("edges", [["A", "B", 80.0]])
        if self.graph == "file" and self.file is None:
            raise missing("file", "network.graphml")

    @property
    def joined_by(self) -> str | None:
        """What says which sites are joined; None where the file decides it."""
        if self.edges is not None:
            return "edges"
        return self.graph if self.graph is not None or self.file is not None else "nearest"
