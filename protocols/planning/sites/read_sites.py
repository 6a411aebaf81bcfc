"""Reader of the sites of a plan: from a list or a file to a graph of sites and spans."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from protocols.planning.design.case import PlanSite
from protocols.planning.sites.csv_rows import csv_rows, number_in
from protocols.planning.sites.site_graph import SiteGraph, SiteSpan
from protocols.planning.sites.site_table import (
    LATITUDE,
    LONGITUDE,
    GivenEdge,
    GivenSite,
    SitesTable,
)
from qnet.errors import ParameterError, check_non_negative, check_one_of
from qnet.network import Topology, parse_topology
from qnet.network.topologies.formats.read import file_text
from qnet.schema.shipped import find_data

__all__ = ["credits_of", "site_graph"]

#: Sources that the comments of a file of sites may name -> their keys in the bibliography.
_CREDITS = {"GeoNames": "GeoNames2026"}

#: Other names of the columns of a CSV.
_ALIASES = {
    "latitude": ("latitude", "latitude_deg", "lat"),
    "longitude": ("longitude", "longitude_deg", "lon", "lng"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """Sites, edges and demands as a file or a list gives them."""

    sites: tuple[GivenSite, ...]
    edges: tuple[GivenEdge, ...] = ()
    traffic: tuple[tuple[str, str, float], ...] = ()
    notes: tuple[str, ...] = ()


def site_graph(table: SitesTable, folder: str = "") -> SiteGraph:
    """Sites and spans as [sites] describes them.

    Args:
        table: The table.
        folder: Where its file is looked for.

    Raises:
        ParameterError: If the file cannot be read, a site is there twice or has no place where one
            is needed, or an edge joins a site that is not there.

    Examples:
        >>> table = SitesTable(listed=[["A", 0, 0], ["B", 0, 1], ["C", 0, 3]], neighbours=1)
        >>> [(span.ends, round(span.siting_km, 1)) for span in site_graph(table).spans]
        [((0, 1), 111.2), ((1, 2), 222.4)]
    """
    found = _read(table, folder)
    if table.listed is None and table.file is None:
        names = dict.fromkeys(end for edge in table.edges for end in edge.ends)
        found = _Read(sites=tuple(GivenSite(name=name) for name in names))
    relays = _relays(table, [site.name for site in found.sites])
    bare = SiteGraph(
        sites=tuple(
            PlanSite(
                name=site.name,
                relays=site.name in relays,
                latitude=site.latitude,
                longitude=site.longitude,
                population=site.population,
            )
            for site in found.sites
        ),
        route_factor=table.route_factor,
        traffic=found.traffic,
        notes=found.notes,
    )
    return SiteGraph(
        sites=bare.sites,
        spans=tuple(_spans(table, bare, found.edges)),
        route_factor=bare.route_factor,
        traffic=bare.traffic,
        notes=bare.notes,
    )


def credits_of(table: SitesTable, folder: str = "") -> Iterator[str]:
    """Keys of the bibliography of the sources that the comments of a file of sites name.

    Args:
        table: The table.
        folder: Where its file is looked for.

    Examples:
        >>> list(credits_of(SitesTable(file="capitals.csv")))
        ['GeoNames2026']
    """
    if table.file is None:
        return
    text = file_text("sites.file", find_data(table.file, folder))
    comments = [line for line in text.splitlines() if line.startswith("#")]
    for source, key in _CREDITS.items():
        if any(source in line for line in comments):
            yield key


def _relays(table: SitesTable, names: Sequence[str]) -> set[str]:
    if table.relays == "all":
        return set(names)
    for k, name in enumerate(table.relays):
        check_one_of(f"sites.relays[{k}]", name, names)
    return set(table.relays)


def _spans(table: SitesTable, graph: SiteGraph, of_file: Sequence[GivenEdge]) -> Iterator[SiteSpan]:
    """Spans that the table asks for."""
    joined = table.joined_by or ("file" if of_file else "nearest")
    if joined == "file" and not of_file:
        hint = 'it names sites alone: write graph = "nearest" or "complete"'
        raise ParameterError("sites.graph", "come with a file that has edges", "file", hint)
    if joined in ("file", "edges"):
        edges = of_file if joined == "file" else table.edges
        for k, edge in enumerate(edges):
            yield _span(graph, edge, f"sites.edges[{k}]")
        return
    graph.check_places(f'graph = "{joined}"')
    for ends in _nearest(graph, table.neighbours) if joined == "nearest" else _all(graph):
        names = graph.sites[ends[0]].name, graph.sites[ends[1]].name
        yield _span(graph, GivenEdge(ends=names), "sites.graph")


def _span(graph: SiteGraph, edge: GivenEdge, field: str) -> SiteSpan:
    one, other = (graph.number[check_one_of(field, end, graph.number)] for end in edge.ends)
    length, straight = edge.length_km, float(graph.distances_km[one, other])
    known = not np.isnan(straight)
    return SiteSpan(
        ends=(one, other),
        siting_km=length if length is not None else (straight if known else None),
        length_km=length
        if length is not None
        else (straight * graph.route_factor if known else None),
        key_rate_hz=edge.key_rate_hz,
    )


def _all(graph: SiteGraph) -> Iterator[tuple[int, int]]:
    return combinations(range(len(graph.sites)), 2)


def _nearest(graph: SiteGraph, neighbours: int) -> list[tuple[int, int]]:
    """Each site with so many nearest ones, the union of all; of equally near ones the first."""
    found = set()
    for k, row in enumerate(graph.distances_km):
        order = [int(j) for j in np.argsort(row, kind="stable") if j != k]
        found |= {(min(k, j), max(k, j)) for j in order[:neighbours]}
    return sorted(found)


def _read(table: SitesTable, folder: str) -> _Read:
    if table.file is None:
        return _Read(sites=table.listed or ())
    path = find_data(table.file, folder)
    text = file_text("sites.file", path)
    if _is_csv(path, text):
        return _Read(sites=tuple(_csv_sites(table, text)))
    if table.columns is not None:
        hint = "a file of another format has names of its own"
        raise ParameterError("sites.columns", "stand beside a CSV", dict(table.columns), hint)
    try:
        topology = parse_topology(text, route_factor=None, coordinates=table.coordinates or "auto")
    except ParameterError as error:
        error.field = error.field.replace("topology.", "sites.")
        raise
    return _of_topology(topology)


def _is_csv(path: Path, text: str) -> bool:
    """Whether a text is a CSV: so says its name, or the marks of its first line."""
    if path.suffix.lower() in (".csv", ".tsv"):
        return True
    lines = (line for line in text.splitlines() if line.strip() and line.lstrip()[0] != "#")
    first = next(lines, "").lstrip()
    return (
        any(mark in first for mark in ",;\t")
        and not first.startswith(("<", "{", "?"))
        and "[" not in first
    )


def _of_topology(topology: Topology) -> _Read:
    """Sites and edges of a file with a graph."""
    return _Read(
        sites=tuple(
            GivenSite(
                name=site.name,
                latitude=site.latitude_deg,
                longitude=site.longitude_deg,
                population=site.population,
            )
            for site in topology.sites
        ),
        edges=tuple(GivenEdge(ends=span.ends, length_km=span.length_km) for span in topology.spans),
        traffic=tuple((*each.ends, each.volume) for each in topology.traffic),
        notes=topology.assumptions,
    )


def _csv_sites(table: SitesTable, text: str) -> Iterator[GivenSite]:
    """Sites of a CSV."""
    seen: set[str] = set()
    used: dict[str, str] = {}
    for where, row in csv_rows("sites.file", text):
        used = used or _used_columns(table, list(row))
        values = {name: row[column] for name, column in used.items()}
        name = values["name"]
        if not name or not name.isprintable():
            raise ParameterError(where, "name its site", name or "nothing", "write its name")
        if name in seen:
            raise ParameterError(where, "name each site once", name, "rename or drop one")
        seen.add(name)
        checks: dict[str, Callable[[str, object], float]]
        checks = {"latitude": LATITUDE, "longitude": LONGITUDE, "population": check_non_negative}
        numbers = {
            key: check(f"{where}, {used[key]}", number_in(f"{where}, {used[key]}", values[key]))
            for key, check in checks.items()
            if values.get(key)
        }
        if ("latitude" in numbers) != ("longitude" in numbers):
            hint = "give both, or neither"
            raise ParameterError(where, "have latitude and longitude", name, hint)
        yield GivenSite(name=name, **numbers)


def _used_columns(table: SitesTable, header: Sequence[str]) -> dict[str, str]:
    """The column of the file that holds each value."""
    found = {}
    asked = dict(table.columns or {})
    for name in ("name", "latitude", "longitude", "population"):
        if name in asked:
            column = asked[name].strip().lower()
            check_one_of(f"sites.columns.{name}", column, header)
            found[name] = column
            continue
        known = next((each for each in _ALIASES.get(name, (name,)) if each in header), None)
        if known is not None:
            found[name] = known
        elif name == "name":
            hint = f'its columns are {", ".join(header)}: say columns = {{ name = "{header[0]}" }}'
            raise ParameterError("sites.file", "have a column called name", "none", hint)
    return found
