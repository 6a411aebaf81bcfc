"""Sites of a network as a scenario describes them: [topology], [node] and [[nodes]]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qnet.errors import ParameterError, check_integer, check_non_negative, check_positive
from qnet.network.network import NODE_KINDS
from qnet.network.topology import FibreSpan, Site, Topology
from qnet.schema import Description, Whole, Within, check_fields, key, missing

__all__ = ["SHAPES", "UNLIMITED", "NamedNode", "NodeTable", "TopologyTable"]

#: What a node with as many memories as are asked for says.
UNLIMITED = "unlimited"

#: Shapes, and the keys that each needs.
SHAPES = {
    "line": ("nodes",),
    "ring": ("nodes",),
    "complete": ("nodes",),
    "star": ("leaves",),
    "grid": ("rows", "columns"),
}

_MOST_NODES = 10_000

_LATITUDE = Within(low=-90.0, high=90.0, rule="lie in [-90, 90]", hint="south is negative")
_LONGITUDE = Within(low=-180.0, high=180.0, rule="lie in [-180, 180]", hint="west is negative")


def _memories(field: str, value: Any) -> int | str:  # noqa: ANN401
    """A number of memories, or ``unlimited``."""
    hint = f'give a whole number, 1 or more, or "{UNLIMITED}"'
    if isinstance(value, str):
        if value != UNLIMITED:
            raise ParameterError(field, "be a whole number or unlimited", value, hint)
        return value
    return check_integer(field, value, 1, hint)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class NodeTable(Description):
    """What nodes have unless they say otherwise: [node].

    Args:
        memories: Memories for each edge of a node, at each of its ends; or ``unlimited``.
        kind: ``user``, ``repeater`` or ``switch``.
    """

    memories: int | str = key(1, read=_memories)
    kind: str = key("repeater", choices=NODE_KINDS)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class NamedNode(Description):
    """A node of its own: [[nodes]].

    Args:
        name: Its name in the topology.
        memories: Memories for each of its edges, or ``unlimited``.
        kind: ``user``, ``repeater`` or ``switch``.
        latitude: Degrees north; with ``longitude``.
        longitude: Degrees east.

    Raises:
        ParameterError: If only one coordinate is given.
    """

    name: str = key(example="S")
    memories: int | str | None = key(None, read=_memories)
    kind: str | None = key(None, choices=NODE_KINDS)
    latitude: float | None = key(None, check=_LATITUDE)
    longitude: float | None = key(None, check=_LONGITUDE)

    def __post_init__(self) -> None:
        check_fields(self)
        for name, other in (("latitude", "longitude"), ("longitude", "latitude")):
            if getattr(self, name) is None and getattr(self, other) is not None:
                raise missing(name, 48.1)


def _edges(field: str, value: Any) -> tuple[tuple[Any, ...], ...]:  # noqa: ANN401
    """Edges as (end, end) or (end, end, length in km)."""
    hint = 'write edges = [["A", "S", 10.0], ["B", "S", 10.0]]: ends, and length in km'
    if not isinstance(value, list | tuple) or not value:
        raise ParameterError(field, "be a list of edges", value, hint)
    found: list[tuple[Any, ...]] = []
    for k, each in enumerate(value):
        place = f"{field}[{k}]"
        if not isinstance(each, list | tuple) or len(each) not in (2, 3):
            raise ParameterError(place, "be [end, end, length_km]", each, hint)
        for end in each[:2]:
            if not isinstance(end, str) or not end.strip():
                raise ParameterError(place, "name its ends by texts", each, hint)
        if each[0] == each[1]:
            rule = "join two different nodes"
            raise ParameterError(place, rule, each, "name another end, or leave it out")
        twin = next((n for n, other in enumerate(found) if {*other[:2]} == {*each[:2]}), None)
        if twin is not None:
            hint = "keep one of them; more memories stand for parallel fibres"
            raise ParameterError(place, f"not repeat {field}[{twin}]", each, hint)
        length = [check_non_negative(f"{place}[2]", each[2])] if len(each) == 3 else []
        found.append((each[0], each[1], *length))
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TopologyTable(Description):
    """Where nodes are and which of them are joined: [topology], by one of file, edges and shape.

    Args:
        file: A file beside the scenario; its format is told by its content.
        route_factor: Length of a fibre over the great circle between its ends, of a file.
        edges: Edges as ``[end, end, length_km]``; the length may be left out.
        shape: ``line``, ``ring``, ``complete``, ``star`` or ``grid``.
        nodes: Nodes of a line, a ring or a complete graph, named ``"1"`` to ``"N"``.
        leaves: Users of a star, named ``"1"`` to ``"N"``; its centre is ``"hub"``.
        rows: Rows of a grid, whose nodes are named ``"row,column"``.
        columns: Columns of a grid.
        length_km: Length of every edge of a shape.

    Raises:
        ParameterError: If not exactly one of file, edges and shape is given, or what it needs is
            missing.

    Examples:
        >>> TopologyTable(shape="star", leaves=2, length_km=5.0).topology("").names
        ['hub', '1', '2']
    """

    file: str | None = key(None, excludes=("edges", "shape"), example="network.graphml")
    route_factor: float = key(1.0, check=check_positive)
    edges: Any = key(None, read=_edges, excludes=("shape",))
    shape: str | None = key(None, choices=tuple(SHAPES))
    nodes: int | None = key(None, check=Whole(minimum=2, maximum=_MOST_NODES), example=5)
    leaves: int | None = key(None, check=Whole(minimum=1, maximum=_MOST_NODES), example=4)
    rows: int | None = key(None, check=Whole(minimum=1, maximum=_MOST_NODES), example=3)
    columns: int | None = key(None, check=Whole(minimum=1, maximum=_MOST_NODES), example=3)
    length_km: float | None = key(None, check=check_non_negative)

    def __post_init__(self) -> None:
        check_fields(self)
        if self.file is None and self.edges is None and self.shape is None:
            raise missing("shape", "star")
        needed = SHAPES.get(self.shape or "", ())
        for name in ("nodes", "leaves", "rows", "columns"):
            value = getattr(self, name)
            if name in needed and value is None:
                raise missing(name, 4)
            if name not in needed and value is not None:
                rule = f"be left out of a {self.shape}" if self.shape else "come with a shape"
                raise ParameterError(name, rule, value, "remove it, or take another shape")
        if self.length_km is not None and self.shape is None:
            hint = "give each edge its length, or override it in [[edge]]"
            raise ParameterError("length_km", "come with a shape", self.length_km, hint)

    def topology(self, folder: str) -> Topology:
        """Sites and fibres.

        Args:
            folder: Where the scenario stands; a file is looked for there.
        """
        if self.edges is not None:
            names = dict.fromkeys(end for edge in self.edges for end in edge[:2])
            spans = [
                FibreSpan(ends=edge[:2], length_km=edge[2] if len(edge) == 3 else None)
                for edge in self.edges
            ]
            return Topology(sites=tuple(Site(name=name) for name in names), spans=tuple(spans))
        return self._shaped()

    def _shaped(self) -> Topology:
        sites, ends = _shape(self)
        spans = tuple(FibreSpan(ends=each, length_km=self.length_km) for each in ends)
        return Topology(sites=tuple(sites), spans=spans)


def _shape(table: TopologyTable) -> tuple[list[Site], list[tuple[str, str]]]:
    names = [str(k + 1) for k in range(table.nodes or table.leaves or 0)]
    if table.shape == "star":
        sites = [Site(name="hub"), *(Site(name=name, kind="user") for name in names)]
        return sites, [("hub", name) for name in names]
    if table.shape == "grid":
        rows, columns = range(1, (table.rows or 1) + 1), range(1, (table.columns or 1) + 1)
        ends = [(f"{r},{c}", f"{r},{c + 1}") for r in rows for c in columns if c + 1 in columns]
        ends += [(f"{r},{c}", f"{r + 1},{c}") for r in rows for c in columns if r + 1 in rows]
        return [Site(name=f"{r},{c}") for r in rows for c in columns], ends
    ends = list(zip(names, names[1:], strict=False))
    if table.shape == "ring" and len(names) > 2:
        ends.append((names[-1], names[0]))
    if table.shape == "complete":
        ends = [(a, b) for k, a in enumerate(names) for b in names[k + 1 :]]
    return [Site(name=name) for name in names], ends
