"""Demands of a plan: [demands], by gravity, for each pair, from a list or from a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from protocols.planning.design.case import PlanDemand
from protocols.planning.sites.csv_rows import csv_rows, number_in
from protocols.planning.sites.site_graph import SiteGraph
from qnet.errors import ParameterError, check_non_negative, check_one_of, check_positive
from qnet.network import parse_topology
from qnet.network.topologies.formats.read import file_text
from qnet.schema import NOTHING, Description, check_fields, key, missing
from qnet.schema.shipped import find_data

__all__ = ["MODELS", "DemandsTable", "plan_demands"]

#: What says who needs how much key.
MODELS = ("gravity", "mesh", "file", "list")

_HINT = 'write list = [["A", "B", 10e3]]: two sites, and secret bits a second'

#: Largest key rate of a demand, in bit/s; beyond it no number of devices is to speak of.
_MOST_HZ = 1e15
_RANGE = {"exclusiveMinimum": 0, "maximum": _MOST_HZ}


def _key_rate(field: str, value: object) -> float:
    """Secret bits per second of a demand."""
    rate = check_positive(field, value)
    if rate > _MOST_HZ:
        hint = "it is in secret bits a second"
        raise ParameterError(field, f"be at most {_MOST_HZ:g}", value, hint)
    return rate


#: Largest power of the distance: beyond it the nearest two sites have all demand.
_MOST_EXPONENT = 20.0


def _exponent(field: str, value: object) -> float:
    power = check_non_negative(field, value)
    if power > _MOST_EXPONENT:
        hint = "1 and 2 are usual"
        raise ParameterError(field, f"be at most {_MOST_EXPONENT:g}", value, hint)
    return power


#: Names of two sites and the key rate between them.
_Row = tuple[str, str, float]


def _rows(field: str, value: Any) -> tuple[_Row, ...]:  # noqa: ANN401
    """Demands as two names and a rate."""
    if not isinstance(value, list | tuple) or not value:
        raise ParameterError(field, "be a list of demands", value, _HINT)
    found = []
    for k, each in enumerate(value):
        place = f"{field}[{k}]"
        if not isinstance(each, list | tuple) or len(each) != 3:
            raise ParameterError(place, "be two sites and a key rate", each, _HINT)
        one, other, rate = each
        for end in (one, other):
            if not isinstance(end, str) or not end.strip():
                raise ParameterError(place, "name its sites", end, _HINT)
        found.append((one, other, _key_rate(f"{place}[2]", rate)))
    return tuple(found)


@dataclass(frozen=True, kw_only=True, repr=False)
class DemandsTable(Description):
    """Who needs how much key: [demands].

    Args:
        model: ``gravity``: in proportion to the product of populations over a power of the distance
            along the great circle; ``mesh``: any two sites alike; ``file``: the matrix of a file;
            or ``list``.
        exponent: Power of the distance.
        splittable: Whether the key of a demand may be split over several routes.
        total_key_hz: Secret bits per second of all demands together. A file has its own numbers
            unless this is given.
        file: A file of demands beside the scenario: a CSV of ``from``, ``to`` and ``rate``, or
            SNDlib; the matrix of the sites' own file unless given.
        listed: Demands as ``[end, end, secret bits a second]``.

    Raises:
        ParameterError: If something is missing, out of range, or belongs to another model.

    Examples:
        >>> DemandsTable(listed=[["A", "B", 10e3]]).model
        'list'
    """

    model: str | None = key(None, choices=MODELS)
    exponent: float = key(1.0, check=_exponent, range={"minimum": 0, "maximum": _MOST_EXPONENT})
    splittable: bool = True
    total_key_hz: float | None = key(None, check=_key_rate, range=_RANGE, example=1e6)
    file: str | None = key(None, example="demands.csv")
    listed: Any = key(
        None,
        name="list",
        read=_rows,
        excludes=("file",),
        example=[["A", "B", 10e3]],
    )

    def __post_init__(self) -> None:
        check_fields(self)
        if self.model is None:
            told = "list" if self.listed is not None else "file" if self.file is not None else None
            if told is None:
                raise missing("model", "gravity")
            object.__setattr__(self, "model", told)
        for name, owner in (("listed", "list"), ("file", "file")):
            if getattr(self, name) is not None and self.model != owner:
                hint = f'write model = "{owner}", or remove it'
                raise ParameterError(owner, f'come with model = "{owner}"', self.model, hint)
        if self.model == "list" and self.listed is None:
            raise missing("list", [["A", "B", 10e3]])
        if self.model in ("gravity", "mesh") and self.total_key_hz is None:
            raise missing("total_key_hz", 1e6)
        if self.model == "list" and self.total_key_hz is not None:
            hint = "each demand of the list has its key rate"
            raise ParameterError("total_key_hz", "be left out with a list", self.total_key_hz, hint)


def plan_demands(table: DemandsTable, graph: SiteGraph, folder: str = "") -> tuple[PlanDemand, ...]:
    """The demands of a plan, each two sites once.

    Args:
        table: What describes them.
        graph: The sites.
        folder: Where its file is looked for.

    Raises:
        ParameterError: If a site is not there, has no population or place where it needs one, or
            two sites are named twice.

    Examples:
        >>> from protocols.planning.sites.read_sites import site_graph
        >>> from protocols.planning.sites.site_table import SitesTable
        >>> sites = [["A", 0, 0, 2e6], ["B", 0, 1, 1e6], ["C", 0, 3, 1e6]]
        >>> graph = site_graph(SitesTable(listed=sites))
        >>> table = DemandsTable(model="gravity", total_key_hz=19.0)
        >>> [(each.ends, round(each.key_rate_hz, 6)) for each in plan_demands(table, graph)]
        [((0, 1), 12.0), ((0, 2), 4.0), ((1, 2), 3.0)]
    """
    if table.model == "list":
        return _of_rows(graph, [(f"demands.list[{k}]", *row) for k, row in enumerate(table.listed)])
    if table.model == "file":
        return _scaled(_of_rows(graph, list(_file_rows(table, graph, folder))), table.total_key_hz)
    if len(graph.sites) < 2:
        hint = "add another site"
        raise ParameterError("demands.model", "have two sites or more", table.model, hint)
    pairs = list(combinations(range(len(graph.sites)), 2))
    weights = [1.0] * len(pairs)
    if table.model == "gravity":
        weights = _gravity(graph, pairs, table.exponent)
    found = [
        PlanDemand(ends=ends, key_rate_hz=weight)
        for ends, weight in zip(pairs, weights, strict=True)
        if weight > 0.0
    ]
    return _scaled(tuple(found), table.total_key_hz)


def _gravity(graph: SiteGraph, pairs: list[tuple[int, int]], exponent: float) -> list[float]:
    """Product of populations over a power of the distance."""
    for site in graph.sites:
        if site.population is None:
            hint = "add a population, say which column it is in, or take another model"
            raise ParameterError(
                "demands.model", "have the population of every site", site.name, hint
            )
    if exponent > 0.0:
        graph.check_places('model = "gravity"')
    weights = []
    for one, other in pairs:
        distance = float(graph.distances_km[one, other]) if exponent > 0.0 else 1.0
        if distance == 0.0:
            hint = f"{graph.sites[one].name!r} has the same place: move or join them"
            name = graph.sites[other].name
            raise ParameterError("demands.model", "have sites apart", name, hint)
        people = (graph.sites[one].population or 0.0) * (graph.sites[other].population or 0.0)
        weights.append(people / distance**exponent)
    if not sum(weights) > 0.0:
        hint = "two sites or more need people"
        raise ParameterError("demands.model", "have people at its sites", "none", hint)
    return weights


def _scaled(demands: tuple[PlanDemand, ...], total_hz: float | None) -> tuple[PlanDemand, ...]:
    """The demands with another sum; as they are where none is given."""
    total = sum(each.key_rate_hz for each in demands)
    if total_hz is None:
        return demands
    return tuple(
        PlanDemand(ends=each.ends, key_rate_hz=total_hz * each.key_rate_hz / total)
        for each in demands
    )


def _of_rows(graph: SiteGraph, rows: list[tuple[str, str, str, float]]) -> tuple[PlanDemand, ...]:
    """Demands of rows of a list or a CSV, each two sites once."""
    found: dict[frozenset[int], PlanDemand] = {}
    for where, one, other, rate in rows:
        a, b = (graph.number[check_one_of(where, end, graph.number)] for end in (one, other))
        if a == b:
            raise ParameterError(where, "join two different sites", one, "name another end")
        if frozenset((a, b)) in found:
            hint = "add its key rates up in one entry"
            raise ParameterError(where, "name two sites once", [one, other], hint)
        found[frozenset((a, b))] = PlanDemand(ends=(a, b), key_rate_hz=rate)
    return tuple(found.values())


def _file_rows(
    table: DemandsTable, graph: SiteGraph, folder: str
) -> Iterator[tuple[str, str, str, float]]:
    """Rows of the file of demands, or of the sites' own; both directions are added."""
    if table.file is None:
        if not graph.traffic:
            hint = "name a file of demands, such as a CSV of from, to, rate"
            raise ParameterError("demands.file", "be given", NOTHING, hint)
        yield from _matrix(graph.traffic)
        return
    path = find_data(table.file, folder)
    text = file_text("demands.file", path)
    is_matrix = path.suffix.lower() != ".csv" and "DEMANDS" in text
    if is_matrix:
        try:
            topology = parse_topology(text, route_factor=None)
        except ParameterError as error:
            error.field = error.field.replace("topology.", "demands.")
            raise
        yield from _matrix(tuple((*each.ends, each.volume) for each in topology.traffic))
        return
    for where, row in csv_rows("demands.file", text):
        for name in ("from", "to", "rate"):
            if name not in row:
                hint = f"its columns are {', '.join(row)}"
                raise ParameterError("demands.file", f"have a column called {name}", "none", hint)
        rate = _key_rate(f"{where}, rate", number_in(f"{where}, rate", row["rate"]))
        yield where, row["from"], row["to"], rate


def _matrix(traffic: tuple[_Row, ...]) -> Iterator[tuple[str, str, str, float]]:
    volumes: dict[tuple[str, str], float] = {}
    for one, other, volume in traffic:
        ends = (one, other) if (other, one) not in volumes else (other, one)
        volumes[ends] = volumes.get(ends, 0.0) + volume
    if not sum(volumes.values()) > 0.0:
        hint = "give a file whose demands are above zero"
        raise ParameterError("demands.file", "have demands", "none", hint)
    for (one, other), volume in volumes.items():
        if volume > 0.0:
            yield "demands.file", one, other, volume
