"""Measurement patterns played on noisy qubits: the exact state of outputs, outcome by outcome.

A qubit exists from the moment when its first neighbour is measured until it is itself; outcomes are
axes of the same array for as long as a later angle depends on them. So the array stays small
although no outcome is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from protocols.applications.blind.hiding import HiddenQubits
from qnet.errors import ParameterError
from qnet.states.pauli import Array

if TYPE_CHECKING:
    from protocols.applications.blind.pattern import Pattern

__all__ = ["LARGEST_ARRAY", "first_layers", "output_states", "pattern_size", "traps_pass"]

#: Most components of the array that one row of deliveries takes.
LARGEST_ARRAY = 1 << 22

#: Components that are worked on at once.
_BLOCK = 1 << 23

#: Signs of I, X, Y, Z under X and under Z: (4, 2), second index the bit that asks for it.
_SIGNS = {
    "x": np.array([[1.0, 1.0], [1.0, 1.0], [1.0, -1.0], [1.0, -1.0]]),
    "z": np.array([[1.0, 1.0], [1.0, -1.0], [1.0, -1.0], [1.0, 1.0]]),
}

_Label = tuple[str, int]

#: Vertices whose qubits may be correlated, and their joint Pauli vectors (rows, 4**vertices).
Arrived = tuple[tuple[int, ...], Array]


@dataclass
class _Live:
    """Joint state of live qubits (axes of 4) and remembered outcomes (axes of 2), in rows."""

    array: Array
    labels: list[_Label] = field(default_factory=list)

    def _axis(self, kind: str, vertex: int) -> int:
        return 1 + self.labels.index((kind, vertex))

    def add(self, fresh: Arrived) -> None:
        """Fresh qubits, those that may be correlated together."""
        vertices, vectors = fresh
        new = (4,) * len(vertices)
        mine = self.array.reshape(self.array.shape + (1,) * len(new))
        self.array = mine * vectors.reshape((len(vectors),) + (1,) * len(self.labels) + new)
        self.labels += [("qubit", vertex) for vertex in vertices]

    def need(self, vertex: int, arrived: Sequence[Arrived]) -> None:
        """A fresh qubit, unless it came with others before."""
        if ("qubit", vertex) not in self.labels:
            self.add(next(each for each in arrived if vertex in each[0]))

    def act(self, matrix: Array, vertices: Sequence[int]) -> None:
        """A map of some qubits."""
        axes = [self._axis("qubit", vertex) for vertex in vertices]
        tensor = matrix.reshape((4,) * (2 * len(axes)))
        inner = list(range(len(axes), 2 * len(axes)))
        moved = np.tensordot(self.array, tensor, axes=(axes, inner))
        self.array = np.moveaxis(moved, range(-len(axes), 0), axes)

    def wait(self, matrix: Array, vertices: Sequence[int]) -> None:
        """The same map of each of some qubits."""
        for vertex in vertices:
            self.act(matrix, [vertex])

    def correct(self, vertex: int, pauli: str, source: int) -> None:
        """A Pauli on a qubit wherever a remembered outcome is 1."""
        qubit, bit = self._axis("qubit", vertex), self._axis("outcome", source)
        signs = _SIGNS[pauli] if qubit < bit else _SIGNS[pauli].T
        shape = [1] * self.array.ndim
        shape[qubit], shape[bit] = 4, 2
        self.array = self.array * signs.reshape(shape)

    def measure(self, vertex: int, effects: Array) -> None:
        """A qubit becomes an outcome."""
        axis = self._axis("qubit", vertex)
        found = np.tensordot(self.array, effects, axes=([axis], [1]))
        self.array = np.moveaxis(found, -1, axis)
        self.labels[axis - 1] = ("outcome", vertex)

    def contract(self, vertex: int, effect: Array) -> None:
        """A qubit ends in one outcome, (4,), which is not remembered."""
        axis = self._axis("qubit", vertex)
        self.array = np.tensordot(self.array, effect, axes=([axis], [0]))
        self.labels.remove(("qubit", vertex))

    def forget(self, vertex: int) -> None:
        """An outcome that nothing depends on any more."""
        self.array = self.array.sum(axis=self._axis("outcome", vertex))
        self.labels.remove(("outcome", vertex))


def _plan(pattern: Pattern) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Operations in their order: ``add``, ``join``, ``wait``, ``measure``, ``forget``, ``end``."""
    sequence = (*pattern.order, *pattern.outputs)
    place = {vertex: k for k, vertex in enumerate(sequence)}
    last_use = {i: max(_users(pattern, i), key=place.__getitem__) for i in pattern.angles}
    live: set[int] = set()
    layer = 0
    for vertex in sequence:
        now = pattern.layers[vertex]
        if now > layer:
            yield "wait", (now - layer, *sorted(live))
            layer = now
        later = sorted(w for w in pattern.neighbours[vertex] if place[w] > place[vertex])
        for each in (vertex, *later):
            if each not in live:
                live.add(each)
                yield "add", (each,)
        for each in later:
            yield "join", (vertex, each)
        if vertex in pattern.angles:
            yield "measure", (vertex,)
            live.discard(vertex)
        else:
            yield "end", (vertex,)
        for source in [i for i, last in last_use.items() if last == vertex]:
            yield "forget", (source,)


def _users(pattern: Pattern, source: int) -> list[int]:
    """Vertices whose angles depend on an outcome."""
    successor = pattern.flow[source]
    return [successor, *(v for v in pattern.neighbours[successor] if v != source)]


def first_layers(pattern: Pattern) -> tuple[int, ...]:
    """Layer before which each vertex is first needed: until then it waits by itself."""
    near = pattern.neighbours
    return tuple(
        min(pattern.layers[each] for each in (v, *near[v])) for v in range(pattern.vertices)
    )


def pattern_size(pattern: Pattern) -> int:
    """Most components that the array of one row has while a pattern is played.

    Examples:
        >>> from protocols.applications.blind.pattern import brickwork
        >>> pattern_size(brickwork([[0, 0, 0, 0]]))
        64
    """
    size = largest = 1
    for step, vertices in _plan(pattern):
        size *= 4 if step == "add" else 1
        largest = max(largest, size)
        if step in ("measure", "forget"):
            size //= 2 ** len(vertices)
    return largest


def output_states(
    pattern: Pattern, arrived: Sequence[Arrived], hidden: HiddenQubits, step_s: float = 0.0
) -> Array:
    """Pauli vectors of a pattern's outputs, corrected, averaged over all outcomes.

    Args:
        pattern: The pattern.
        arrived: Each vertex when it is first needed, angle undone: alone, or with those with which
            it may be correlated.
        hidden: What the server does.
        step_s: Time from one layer to the next, in s: joined qubits wait so long.

    Returns:
        Shape (rows, 4**outputs), first output most significant.

    Raises:
        ParameterError: If the pattern is too wide to be played exactly.
    """
    size = pattern_size(pattern) * max(4 ** (len(vertices) - 1) for vertices, _ in arrived)
    if size > LARGEST_ARRAY:
        hint = "take fewer rows, or an order that holds fewer qubits at once"
        raise ParameterError("pattern", f"need at most {LARGEST_ARRAY} numbers", size, hint)
    step = max(1, _BLOCK // size)
    blocks = [
        _played(pattern, _rows(arrived, slice(start, start + step)), hidden, step_s)
        for start in range(0, len(arrived[0][1]), step)
    ]
    return np.concatenate(blocks)


def _rows(arrived: Sequence[Arrived], rows: slice) -> list[Arrived]:
    return [(vertices, vectors[rows]) for vertices, vectors in arrived]


def traps_pass(
    pattern: Pattern,
    arrived: Sequence[Arrived],
    traps: Collection[int],
    hidden: HiddenQubits,
    step_s: float = 0.0,
) -> Array:
    """Probability that all traps of a test run give what the client expects.

    Traps are hidden qubits among dummies, joined and measured as in a computation; what dummies
    report is ignored.

    Args:
        pattern: The pattern of the computation, whose edges and layers the test has as well.
        arrived: Each vertex when it is first needed, undone: traps by ``HiddenQubits.equator``, the
            others by ``HiddenQubits.dummy``.
        traps: The vertices that are traps, no two of them neighbours.
        hidden: What the server does.
        step_s: Time from one layer to the next, in s.

    Returns:
        Shape (rows,).
    """
    right, ignored = hidden.effects(0)[0], np.array([1.0, 0.0, 0.0, 0.0])
    state = _Live(np.ones(len(arrived[0][1])))
    for step, vertices in _plan(pattern):
        if step == "add":
            state.need(vertices[0], arrived)
        elif step == "join":
            state.act(hidden.joined, vertices)
        elif step == "wait" and step_s:
            state.wait(hidden.idle(vertices[0] * step_s), vertices[1:])
        elif step in ("measure", "end"):
            state.contract(vertices[0], right if vertices[0] in traps else ignored)
    return state.array


def _played(
    pattern: Pattern, arrived: Sequence[Arrived], hidden: HiddenQubits, step_s: float
) -> Array:
    state = _Live(np.ones(len(arrived[0][1])))
    for step, vertices in _plan(pattern):
        if step == "add":
            state.need(vertices[0], arrived)
        elif step == "join":
            state.act(hidden.joined, vertices)
        elif step == "wait" and step_s:
            state.wait(hidden.idle(vertices[0] * step_s), vertices[1:])
        elif step in ("measure", "end"):
            for pauli, sources in (("x", pattern.x_from), ("z", pattern.z_from)):
                for source in sources(vertices[0]):
                    state.correct(vertices[0], pauli, source)
        if step == "measure":
            state.measure(vertices[0], hidden.effects(pattern.angles[vertices[0]]))
        elif step == "forget":
            state.forget(vertices[0])
    order = [1 + state.labels.index(("qubit", vertex)) for vertex in pattern.outputs]
    return np.ascontiguousarray(state.array.transpose([0, *order])).reshape(len(state.array), -1)
