"""Measurement patterns: computations by measuring a graph state, qubit after qubit.

The order of the measurements, and what each outcome changes later, come from a causal flow
(V. Danos and E. Kashefi, Phys. Rev. A 74, 052310 (2006), doi:10.1103/PhysRevA.74.052310); brickwork
states are those of A. Broadbent, J. Fitzsimons and E. Kashefi, arXiv:0807.4154.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from qnet.errors import ParameterError, check_integer

__all__ = ["STEPS_OF_A_TURN", "Pattern", "brickwork", "brickwork_edges"]

#: Angles are whole multiples of a turn's eighth part, pi/4.
STEPS_OF_A_TURN = 8


@dataclass(frozen=True, kw_only=True)
class Pattern:
    r"""A graph state, the angle at which each vertex is measured, and where its outcome goes.

    Every vertex starts in :math:`|+\rangle`; an edge is a controlled Z. A vertex i that is measured
    has an angle and a successor f(i), with an edge between them. Outcome 1 of it asks for X on f(i)
    and Z on all other neighbours of f(i): the flow. A later angle takes them in as
    :math:`\phi' = (-1)^{s_X} \phi + s_Z \pi`.

    Args:
        edges: Pairs of vertices, numbered from 0.
        angles: Vertex -> angle in units of pi/4, of each one that is measured.
        flow: Vertex -> successor, of each one that is measured.
        outputs: The other vertices, in the order of the answer; all must be named.

    Raises:
        ParameterError: If a vertex is missing, or the flow is none.

    Examples:
        >>> line = Pattern(edges=((0, 1), (1, 2)), angles={0: 1, 1: 0}, flow={0: 1, 1: 2},
        ...                outputs=(2,))
        >>> line.x_from(2), line.z_from(2)
        ((1,), (0,))
    """

    edges: tuple[tuple[int, int], ...]
    angles: Mapping[int, int]
    flow: Mapping[int, int]
    outputs: tuple[int, ...]
    _order: tuple[int, ...] = field(init=False, repr=False, default=())

    def __post_init__(self) -> None:
        for vertex, steps in self.angles.items():
            check_integer(f"angles[{vertex}]", steps, -(10**6))
        self._check_vertices()
        for vertex, successor in self.flow.items():
            if successor not in self.neighbours[vertex]:
                hint = "the successor takes over what the measured vertex held"
                raise ParameterError("flow", "follow edges", (vertex, successor), hint)
        if len(set(self.flow.values())) < len(self.flow):
            raise ParameterError("flow", "be one to one", dict(self.flow), "one successor each")
        object.__setattr__(self, "_order", self._ordered())

    def _check_vertices(self) -> None:
        measured, outputs = set(self.angles), set(self.outputs)
        if measured != set(self.flow):
            hint = "give an angle and a successor of each vertex that is measured"
            raise ParameterError("flow", "name the measured vertices", sorted(self.flow), hint)
        named = sorted(measured | outputs)
        if measured & outputs or len(outputs) < len(self.outputs) or not outputs:
            hint = "an output is not measured by the pattern"
            raise ParameterError("outputs", "be vertices without angle, once each", outputs, hint)
        if named != list(range(len(named))):
            hint = "number them 0, 1, 2 and so on"
            raise ParameterError("angles, outputs", "name all vertices", named, hint)
        for edge in self.edges:
            if len(set(edge)) != 2 or not set(edge) <= set(named):
                raise ParameterError("edges", "join two vertices each", edge, "count from 0")
        if len({frozenset(edge) for edge in self.edges}) < len(self.edges):
            raise ParameterError("edges", "be given once each", self.edges, "CZ twice is nothing")

    def _ordered(self) -> tuple[int, ...]:
        found = sorted(self.angles, key=lambda vertex: (self.layers[vertex], vertex))
        return tuple(found)

    @property
    def vertices(self) -> int:
        """Number of vertices: of qubits that one computation takes."""
        return len(self.angles) + len(self.outputs)

    @property
    def order(self) -> tuple[int, ...]:
        """Measured vertices in the order in which they are."""
        return self._order

    @cached_property
    def neighbours(self) -> tuple[frozenset[int], ...]:
        """Neighbours of each vertex."""
        found: list[set[int]] = [set() for _ in range(self.vertices)]
        for one, other in self.edges:
            found[one].add(other)
            found[other].add(one)
        return tuple(frozenset(each) for each in found)

    def x_from(self, vertex: int) -> tuple[int, ...]:
        """Vertices whose outcomes turn the sign of the angle here."""
        return tuple(i for i in sorted(self.flow) if self.flow[i] == vertex)

    def z_from(self, vertex: int) -> tuple[int, ...]:
        """Vertices whose outcomes add half a turn here."""
        near = self.neighbours
        return tuple(i for i in sorted(self.flow) if vertex in near[self.flow[i]] and i != vertex)

    @cached_property
    def layers(self) -> tuple[int, ...]:
        """Layer of each vertex: those of one layer are measured at once; outputs come last.

        Raises:
            ParameterError: If outcomes would have to be known before they are there.
        """
        needed = {
            vertex: {*self.x_from(vertex), *self.z_from(vertex)} for vertex in range(self.vertices)
        }
        found: dict[int, int] = {}
        while len(found) < self.vertices:
            ready = [v for v in needed if v not in found and needed[v] <= set(found)]
            if not ready:
                hint = "a vertex would depend on its own outcome"
                raise ParameterError("flow", "have an order", dict(self.flow), hint)
            for vertex in ready:
                found[vertex] = 1 + max((found[each] for each in needed[vertex]), default=-1)
        last = max(found.values())
        return tuple(last if v in self.outputs else found[v] for v in range(self.vertices))

    def colours(self) -> tuple[int, ...]:
        """A colour of each vertex, no two neighbours alike: two where two suffice, else greedily.

        Examples:
            >>> brickwork([[0, 0, 0, 0], [0, 0, 0, 0]]).colours()
            (0, 1, 1, 0, 0, 1, 1, 0, 0, 1)
        """
        return self._two_colours() or self._greedy_colours()

    def _two_colours(self) -> tuple[int, ...]:
        """Two colours; empty where a cycle is odd."""
        found: dict[int, int] = {}
        for start in range(self.vertices):
            waiting = [] if start in found else [start]
            found.setdefault(start, 0)
            while waiting:
                vertex = waiting.pop()
                for each in sorted(self.neighbours[vertex]):
                    if each not in found:
                        found[each] = 1 - found[vertex]
                        waiting.append(each)
        odd = any(found[one] == found[other] for one, other in self.edges)
        return () if odd else tuple(found[vertex] for vertex in range(self.vertices))

    def _greedy_colours(self) -> tuple[int, ...]:
        found: list[int] = []
        for vertex in range(self.vertices):
            taken = {found[each] for each in self.neighbours[vertex] if each < vertex}
            found.append(next(c for c in range(self.vertices) if c not in taken))
        return tuple(found)


def brickwork_edges(rows: int, columns: int) -> tuple[tuple[int, int], ...]:
    """Edges of a brickwork state; vertex (row, column) has the number ``column*rows + row``.

    Columns 3 and 5 of every eight (counted from 1) join rows 1-2, 3-4 and so on, columns 7 and 9
    rows 2-3, 4-5 and so on.

    Examples:
        >>> brickwork_edges(2, 3)
        ((0, 2), (1, 3), (2, 4), (3, 5), (4, 5))
    """
    edges = [(k, k + rows) for k in range(rows * (columns - 1))]
    for column in range(1, columns + 1):
        first = {3: 0, 5: 0, 7: 1, 1: 1}[column % 8] if column % 2 and column > 1 else None
        if first is not None:
            start = (column - 1) * rows
            edges += [(start + row, start + row + 1) for row in range(first, rows - 1, 2)]
    return tuple(edges)


def brickwork(angles: Sequence[Sequence[int]]) -> Pattern:
    """A pattern on a brickwork state, the same for every computation of its size.

    Args:
        angles: One sequence for each row: angles of its measured vertices in units of pi/4, first
            column first; the last column is the output.

    Raises:
        ParameterError: If rows differ in length.

    Examples:
        >>> brickwork([[0, 1, 2, 3]]).vertices
        5
    """
    rows = len(angles)
    lengths = {len(row) for row in angles}
    if len(lengths) != 1 or 0 in lengths:
        hint = "one angle for each column but the last"
        raise ParameterError("angles", "have rows of one length", sorted(lengths), hint)
    (measured,) = lengths
    return Pattern(
        edges=brickwork_edges(rows, measured + 1),
        angles={c * rows + r: angles[r][c] for c in range(measured) for r in range(rows)},
        flow={k: k + rows for k in range(rows * measured)},
        outputs=tuple(range(rows * measured, rows * (measured + 1))),
    )
