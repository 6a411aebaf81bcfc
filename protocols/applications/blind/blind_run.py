"""Runs of a blind pattern on delivered pairs: output states, answers, and the traps of tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from protocols.applications.blind.hiding import HiddenQubits
from protocols.applications.blind.pattern import STEPS_OF_A_TURN, Pattern
from protocols.applications.blind.played_pattern import (
    LARGEST_ARRAY,
    Arrived,
    first_layers,
    output_states,
    pattern_size,
    traps_pass,
)
from protocols.applications.delivered import Delivered, ideal_states, of_vectors
from protocols.applications.needs import Need
from qnet.errors import ParameterError

if TYPE_CHECKING:
    from qnet.states.pauli import Array

__all__ = ["BlindRun", "classical_pairs"]


@dataclass(frozen=True, kw_only=True, eq=False)
class BlindRun:
    """One pattern between a client and a server, a pair for each vertex.

    Args:
        pattern: The pattern.
        hidden: How qubits are hidden, and under which noise.
        step_s: Time of one layer of measurements and messages, in s.

    Raises:
        ParameterError: If the pattern is too wide to be played exactly.
    """

    pattern: Pattern
    hidden: HiddenQubits
    step_s: float = 0.0

    def __post_init__(self) -> None:
        size = pattern_size(self.pattern)
        if size > LARGEST_ARRAY:
            hint = "fewer rows, or a flow that holds fewer qubits at once"
            raise ParameterError("pattern", f"hold at most {LARGEST_ARRAY} numbers", size, hint)

    @property
    def needs(self) -> tuple[Need, ...]:
        """A pair for each vertex."""
        return (Need(parties=("client", "server"), number=self.pattern.vertices),)

    def outputs(self, delivered: Delivered) -> Array:
        """States of the outputs, (rows, 4**outputs)."""
        maps = [self.hidden.equator(wait) for wait in self._waits()]
        return output_states(self.pattern, _arrived(delivered, maps), self.hidden, self.step_s)

    def _waits(self) -> list[float]:
        """How long each vertex waits by itself, in s."""
        return [layer * self.step_s for layer in first_layers(self.pattern)]

    def traps_pass(self, delivered: Delivered, colour: int, attacked: int | None = None) -> Array:
        """Probability (rows,) that a test run passes whose traps are the vertices of a colour.

        Args:
            delivered: A pair for each vertex.
            colour: The colour of the traps, one of ``pattern.colours()``.
            attacked: A vertex on which the server plays Z, which flips what it reports.
        """
        traps = {v for v, each in enumerate(self.pattern.colours()) if each == colour}
        maps = [
            self.hidden.equator(wait) if vertex in traps else self.hidden.dummy(wait)
            for vertex, wait in enumerate(self._waits())
        ]
        if attacked is not None:
            maps[attacked] = np.diag([1.0, -1.0, -1.0, 1.0]) @ maps[attacked]
        arrived = _arrived(delivered, maps)
        return traps_pass(self.pattern, arrived, traps, self.hidden, self.step_s)

    def answers(self, outputs: Array) -> Array:
        """Probabilities (rows, 2**outputs) of the answers: outputs measured in X, hidden."""
        one = self.hidden.effects(0)
        effects: Array = np.ones((1, 1))
        for _ in self.pattern.outputs:
            effects = np.asarray(np.kron(effects, one))
        return np.asarray(outputs @ effects.T)

    @cached_property
    def wanted(self) -> Array:
        """The outputs of a perfect run, (4**outputs,)."""
        perfect = BlindRun(pattern=self.pattern, hidden=HiddenQubits())
        return np.asarray(perfect.outputs(ideal_states(self.needs))[0])

    @cached_property
    def right(self) -> tuple[int, ...]:
        """The answers that a perfect run gives most often."""
        perfect = BlindRun(pattern=self.pattern, hidden=HiddenQubits())
        chances = perfect.answers(self.wanted[None])[0]
        return tuple(int(k) for k in np.flatnonzero(chances > chances.max() - 1e-9))

    def fidelity(self, outputs: Array) -> Array:
        """Fidelity (rows,) with the outputs of a perfect run, which are a pure state."""
        return np.asarray(outputs @ self.wanted) / 2 ** len(self.pattern.outputs)

    def success(self, outputs: Array) -> Array:
        """Probability (rows,) of a right answer."""
        return np.asarray(self.answers(outputs)[:, list(self.right)].sum(axis=1))


def _arrived(delivered: Delivered, maps: Sequence[Array]) -> list[Arrived]:
    """Hidden qubits of all vertices, those of pairs that waited together in one array.

    Args:
        delivered: A pair for each vertex.
        maps: Map (4, 16) of each vertex's pair.
    """
    found = []
    for group in delivered.groups:
        vertices = tuple(qubit // 2 for qubit in group.qubits[::2])
        rows = len(group.vectors)
        whole = group.vectors.reshape((rows,) + (16,) * len(vertices))
        for axis, vertex in enumerate(vertices, start=1):
            whole = np.moveaxis(np.tensordot(whole, maps[vertex], axes=([axis], [1])), -1, axis)
        found.append((vertices, whole.reshape(rows, -1)))
    return found


def classical_pairs(needs: Sequence[Need]) -> Delivered:
    """The best that a client without entanglement can share with a server in place of pairs.

    Both hold one of eight states of the equator, the same as a perfect measurement would have left;
    no separable state is closer to what the hidden angles take.

    Examples:
        >>> next(classical_pairs((Need(),)).states()).reshape(4, 4).diagonal().round(12) + 0.0
        array([ 1. ,  0.5, -0.5,  0. ])
    """
    turns = 2.0 * np.pi * np.arange(STEPS_OF_A_TURN) / STEPS_OF_A_TURN
    zero = np.zeros_like(turns)
    client = np.stack([zero + 1.0, np.cos(turns), np.sin(turns), zero], axis=1)
    server = client * [1.0, 1.0, -1.0, 1.0]
    vector = np.einsum("ka,kb->ab", client, server).reshape(16) / STEPS_OF_A_TURN
    return of_vectors(needs, [vector for need in needs for _ in range(need.number)])
