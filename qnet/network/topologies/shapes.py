"""Shapes of networks: line, ring, star, grid, complete and random geometric graphs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from typing import Any

import numpy as np

from qnet.errors import (
    ParameterError,
    check_integer,
    check_non_negative,
    check_one_of,
    check_positive,
)
from qnet.network.topologies.topology import FibreSpan, Site, Topology
from qnet.schema import missing

__all__ = ["SHAPES", "shape_topology"]

#: Most nodes and most edges of a shape.
_MOST_NODES, _MOST_EDGES = 10_000, 50_000

#: Places of nodes in units of the edge's length, and pairs of nodes that are joined.
_Drawn = tuple[dict[str, tuple[float, float]], list[tuple[str, str]]]


def shape_topology(
    shape: str,
    *,
    nodes: int | None = None,
    leaves: int | None = None,
    rows: int | None = None,
    columns: int | None = None,
    length_km: float | None = None,
    side_km: float | None = None,
    reach_km: float | None = None,
    route_factor: float | None = None,
    seed: int | None = None,
) -> Topology:
    """A topology of a regular or random shape.

    Args:
        shape: ``line``, ``ring`` or ``complete`` (all pairs joined) of ``nodes`` named "1" to "N";
            ``star`` of users, the ``leaves``, named "1" to "N" around "hub"; ``grid`` of ``rows``
            and ``columns``, named "r,c" from "1,1"; ``random-geometric`` of ``nodes`` named "1" to
            "N", at random in a square of ``side_km``, joined if at most ``reach_km`` apart (E. N.
            Gilbert, J. SIAM 9, 533 (1961)).
        nodes: How many nodes.
        leaves: How many leaves a star has.
        rows: Rows of a grid.
        columns: Columns of a grid.
        length_km: Length of every edge in km, but of a random shape; None where it is not known.
        side_km: Side of the square, of a random shape.
        reach_km: Longest straight distance that is joined, of a random shape.
        route_factor: Length of a fibre over the straight distance, of a random shape; 1 if left
            out.
        seed: Seed of a random shape, 1 if left out; the same seed gives the same places.

    Raises:
        ParameterError: If the shape is unknown, a number is missing, or does not belong to it.

    Examples:
        >>> shape_topology("star", leaves=3, length_km=10.0).names
        ['hub', '1', '2', '3']
        >>> [span.ends for span in shape_topology("grid", rows=2, columns=2).spans]
        [('1,1', '1,2'), ('1,1', '2,1'), ('1,2', '2,2'), ('2,1', '2,2')]
    """
    check_one_of("topology.shape", shape, SHAPES)
    given: dict[str, Any] = {"nodes": nodes, "leaves": leaves, "rows": rows, "columns": columns}
    given |= {"length_km": length_km, "side_km": side_km, "reach_km": reach_km}
    given |= {"route_factor": route_factor, "seed": seed}
    recipe = SHAPES[shape]
    for name, value in given.items():
        field = f"topology.{name}"
        if value is None and name in recipe.needs:
            raise missing(field, recipe.needs[name])
        if value is not None and name not in (*recipe.needs, *recipe.takes):
            rule = f"be left out with shape = {shape!r}"
            raise ParameterError(field, rule, value, "remove it, or take another shape")
        if value is not None and name in _LEAST:
            check_integer(field, value, recipe.least or _LEAST[name])
        elif value is not None and name in ("length_km", "route_factor"):
            check_non_negative(field, value)
        elif value is not None:
            check_positive(field, value)
    return recipe.build(**{name: value for name, value in given.items() if value is not None})


@dataclass(frozen=True, slots=True)
class _Shape:
    """How a shape is built, of the keys that it needs, each with an example, and that it takes.

    ``least`` is the least of its whole numbers, where that is another than 1.
    """

    build: Callable[..., Topology]
    needs: dict[str, float]
    takes: tuple[str, ...] = ("length_km",)
    least: int | None = None


def _built(drawn: _Drawn, length_km: float | None, *, to_scale: bool = True) -> Topology:
    """The topology of a drawing; ``to_scale`` where every edge of it has the length 1."""
    places, pairs = drawn
    sites = []
    for name, (x, y) in places.items():
        if to_scale and length_km:
            sites.append(Site(name=name, x_km=x * length_km, y_km=y * length_km))
        else:
            sites.append(Site(name=name, drawn_at=(x, y)))
    spans = tuple(FibreSpan(ends=ends, length_km=length_km) for ends in pairs)
    return Topology(sites=tuple(sites), spans=spans)


def _check_size(nodes: int, edges: int) -> None:
    for what, number, most in (("nodes", nodes, _MOST_NODES), ("edges", edges, _MOST_EDGES)):
        if number > most:
            rule, hint = f"have at most {most:,} {what}", "take a smaller one"
            raise ParameterError("topology", rule, number, hint)


def _numbered(nodes: int) -> Sequence[str]:
    return [str(k) for k in range(1, nodes + 1)]


def _line(nodes: int, length_km: float | None = None) -> Topology:
    _check_size(nodes, nodes - 1)
    names = _numbered(nodes)
    places = {name: (float(k), 0.0) for k, name in enumerate(names)}
    return _built((places, list(pairwise(names))), length_km)


def _on_circle(nodes: int, radius: float) -> dict[str, tuple[float, float]]:
    """From the top, clockwise."""
    turns = [2.0 * math.pi * k / nodes for k in range(nodes)]
    places = [(radius * math.sin(turn), radius * math.cos(turn)) for turn in turns]
    return dict(zip(_numbered(nodes), places, strict=True))


def _ring(nodes: int, length_km: float | None = None) -> Topology:
    _check_size(nodes, nodes)
    places = _on_circle(nodes, 0.5 / math.sin(math.pi / nodes))
    return _built((places, list(pairwise([*places, "1"]))), length_km)


def _complete(nodes: int, length_km: float | None = None) -> Topology:
    _check_size(nodes, math.comb(nodes, 2))
    places = _on_circle(nodes, 1.0)
    return _built((places, list(combinations(places, 2))), length_km, to_scale=False)


def _star(leaves: int, length_km: float | None = None) -> Topology:
    _check_size(leaves + 1, leaves)
    places = _on_circle(leaves, 1.0)
    drawn = {"hub": (0.0, 0.0), **places}
    found = _built((drawn, [("hub", name) for name in places]), length_km)
    sites = (found.sites[0], *(replace(site, kind="user") for site in found.sites[1:]))
    return replace(found, sites=sites)


def _grid(rows: int, columns: int, length_km: float | None = None) -> Topology:
    _check_size(rows * columns, 2 * rows * columns - rows - columns)
    if rows * columns < 2:
        raise ParameterError("topology.rows", "make two nodes or more", rows, "add a row")
    cells = [(row, column) for row in range(1, rows + 1) for column in range(1, columns + 1)]
    places = {f"{row},{column}": (float(column - 1), float(1 - row)) for row, column in cells}
    steps = [
        (f"{row},{column}", f"{row + down},{column + right}")
        for row, column in cells
        for down, right in ((0, 1), (1, 0))
    ]
    return _built((places, [step for step in steps if step[1] in places]), length_km)


def _random_geometric(
    nodes: int, side_km: float, reach_km: float, route_factor: float = 1.0, seed: int = 1
) -> Topology:
    # Local import to reduce the cost of importing this module.
    from scipy.spatial import cKDTree

    _check_size(nodes, 0)
    places = np.random.default_rng(seed).uniform(0.0, side_km, (nodes, 2))
    tree = cKDTree(places)
    _check_size(nodes, (int(tree.count_neighbors(tree, reach_km)) - nodes) // 2)
    names = _numbered(nodes)
    sites = tuple(
        Site(name=name, x_km=x, y_km=y) for name, (x, y) in zip(names, places.tolist(), strict=True)
    )
    spans = tuple(
        FibreSpan(ends=(names[a], names[b])) for a, b in sorted(tree.query_pairs(reach_km))
    )
    said = f"the places are random, from the seed {seed}"
    found = Topology(sites=sites, spans=spans, assumptions=(said,)).with_lengths(route_factor)
    if len(parts := found.parts) == 1:
        return found
    said = f"the random graph is not connected: it has {len(parts)} parts, the largest of "
    said += f"{len(parts[0])} nodes"
    return replace(found, assumptions=(*found.assumptions, said))


#: Whole numbers that shapes are made of, and the least of each.
_LEAST = {"nodes": 2, "leaves": 1, "rows": 1, "columns": 1, "seed": 0}

#: Every shape by name.
SHAPES = {
    "line": _Shape(_line, {"nodes": 3}),
    "ring": _Shape(_ring, {"nodes": 6}, least=3),
    "complete": _Shape(_complete, {"nodes": 4}),
    "star": _Shape(_star, {"leaves": 4}),
    "grid": _Shape(_grid, {"rows": 3, "columns": 3}),
    "random-geometric": _Shape(
        _random_geometric,
        {"nodes": 20, "side_km": 100.0, "reach_km": 30.0},
        takes=("route_factor", "seed"),
    ),
}
