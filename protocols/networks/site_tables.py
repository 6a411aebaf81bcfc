"""Sites of a network as a scenario describes them: [topology], [node] and [[nodes]]."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from qnet.errors import ParameterError, check_integer, check_non_negative, check_positive
from qnet.network import Topology, edge_list_topology, read_topology, shape_topology
from qnet.network.network import NODE_KINDS
from qnet.network.topologies.shapes import SHAPES
from qnet.schema import Description, Whole, Within, check_fields, key, missing

__all__ = ["UNLIMITED", "NamedNode", "NodeTable", "TopologyTable"]

#: What a node with as many memories as are asked for says.
UNLIMITED = "unlimited"

#: Most memories of an edge: each is kept apart.
_MOST_MEMORIES = 100_000

_LATITUDE = Within(low=-90.0, high=90.0, rule="lie in [-90, 90]", hint="south is negative")
_LONGITUDE = Within(low=-180.0, high=180.0, rule="lie in [-180, 180]", hint="west is negative")


def _memories(field: str, value: Any) -> int | str:  # noqa: ANN401
    """A number of memories, or ``unlimited``."""
    hint = f'give a whole number, 1 or more, or "{UNLIMITED}"'
    if isinstance(value, str):
        if value != UNLIMITED:
            raise ParameterError(field, "be a whole number or unlimited", value, hint)
        return value
    if check_integer(field, value, 1, hint) > _MOST_MEMORIES:
        raise ParameterError(field, f"be at most {_MOST_MEMORIES}", value, hint)
    return int(value)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class NodeTable(Description):
    """What nodes have unless they say otherwise: [node].

    Args:
        memories: Memories for each edge of a node, at each of its ends; or ``unlimited``.
        kind: ``user``, ``repeater`` or ``switch``.
    """

    memories: int | str = key(1, read=_memories, range={"minimum": 1, "maximum": _MOST_MEMORIES})
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
    memories: int | str | None = key(
        None, read=_memories, example=4, range={"minimum": 1, "maximum": _MOST_MEMORIES}
    )
    kind: str | None = key(None, choices=NODE_KINDS)
    latitude: float | None = key(None, check=_LATITUDE, example=52.01)
    longitude: float | None = key(None, check=_LONGITUDE, example=4.36)

    def __post_init__(self) -> None:
        check_fields(self)
        for name, other in (("latitude", "longitude"), ("longitude", "latitude")):
            if getattr(self, name) is None and getattr(self, other) is not None:
                raise missing(name, 48.1)


def _edges(field: str, value: Any) -> tuple[tuple[Any, ...], ...]:  # noqa: ANN401
    """Edges as (end, end) or (end, end, length in km), none of them twice."""
    hint = 'write edges = [["A", "S", 10.0], ["B", "S", 10.0]]: ends, and length in km'
    if not isinstance(value, list | tuple) or not value:
        raise ParameterError(field, "be a list of edges", value, hint)
    seen: dict[frozenset[str], int] = {}
    for k, each in enumerate(value):
        place = f"{field}[{k}]"
        if not isinstance(each, list | tuple) or len(each) not in (2, 3):
            raise ParameterError(place, "be two names and a length in km", each, hint)
        twin = seen.setdefault(frozenset(map(repr, each[:2])), k)
        if twin != k:
            hint = "keep one of them; more memories stand for parallel fibres"
            raise ParameterError(place, f"not repeat {field}[{twin}]", each, hint)
    return tuple(map(tuple, value))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TopologyTable(Description):
    """Where nodes are and which of them are joined: [topology], by one of file, edges and shape.

    Args:
        file: A file beside the scenario (GraphML, SNDlib or SeQUeNCe), told by its content.
        coordinates: How a file writes degrees; told by its data unless given.
        route_factor: Length of a fibre over the straight way between its ends, where none is given.
        edges: Edges as ``[end, end, length_km]``; the length may be left out.
        shape: What the network looks like, in place of file and edges.
        nodes: Nodes of a line, a ring or a complete graph, named ``"1"`` to ``"N"``.
        leaves: Users of a star, named ``"1"`` to ``"N"``; its centre is ``"hub"``.
        rows: Rows of a grid, whose nodes are named ``"row,column"``.
        columns: Columns of a grid.
        length_km: Length of every edge of a shape.
        side_km: Side of the square of a random geometric graph.
        reach_km: Longest straight distance that a random geometric graph joins.
        seed: Seed of a random geometric graph.

    Raises:
        ParameterError: If not exactly one of file, edges and shape is given, or what it needs is
            missing.

    Examples:
        >>> TopologyTable(shape="star", leaves=2, length_km=5.0).topology("").names
        ['hub', '1', '2']
    """

    file: str | None = key(None, excludes=("edges", "shape"), example="network.graphml")
    coordinates: str | None = key(None, choices=("auto", "decimal", "degrees.minutes"))
    route_factor: float | None = key(None, check=check_positive, example=1.5)
    edges: Any = key(
        None, read=_edges, excludes=("shape",), example=[["A", "S", 10.0], ["B", "S", 10.0]]
    )
    shape: str | None = key(None, choices=lambda: tuple(SHAPES))
    nodes: int | None = key(None, check=Whole(minimum=1), example=5)
    leaves: int | None = key(None, check=Whole(minimum=1), example=4)
    rows: int | None = key(None, check=Whole(minimum=1), example=3)
    columns: int | None = key(None, check=Whole(minimum=1), example=3)
    length_km: float | None = key(None, check=check_non_negative, example=10.0)
    side_km: float | None = key(None, check=check_positive, example=100.0)
    reach_km: float | None = key(None, check=check_positive, example=30.0)
    seed: int | None = key(None, check=Whole(), example=1)

    def __post_init__(self) -> None:
        check_fields(self)
        if self.file is None and self.edges is None and self.shape is None:
            raise missing("shape", "star")
        own = ("file", "coordinates") if self.file is not None else ("edges",)
        for name in (field.name for field in fields(self)):
            value = getattr(self, name)
            if self.shape is None and value is not None and name not in (*own, "route_factor"):
                hint = "remove it; a shape, a file and edges have keys of their own"
                rule = f"be left out with topology.{own[0]}"
                raise ParameterError(name, rule, value, hint)
        if self.file is None:
            self.topology("")

    def topology(self, folder: str) -> Topology:
        """Sites and fibres.

        Args:
            folder: Where the scenario stands; a file is looked for there.

        Raises:
            ParameterError: If the file cannot be read, or a number does not belong to the shape.
        """
        if self.file is not None:
            return read_topology(
                Path(folder, self.file),
                route_factor=self.route_factor or 1.0,
                coordinates=self.coordinates or "auto",
            )
        if self.edges is not None:
            return edge_list_topology(self.edges)
        without = ("file", "coordinates", "edges", "shape")
        names = [field.name for field in fields(self) if field.name not in without]
        try:
            return shape_topology(str(self.shape), **{name: getattr(self, name) for name in names})
        except ParameterError as error:
            error.field = error.field if "." in error.field else "shape"
            raise

    @property
    def source(self) -> str:
        """The key that says what is joined: ``file``, ``edges`` or ``shape``."""
        return next(n for n in ("file", "edges", "shape") if getattr(self, n) is not None)
