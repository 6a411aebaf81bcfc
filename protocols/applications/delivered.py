"""Deliveries to an application: the states of its rounds, and when they were there."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from protocols.applications.needs import Need, separable_vector, state_names
from qnet.errors import ParameterError
from qnet.estimate import Estimate
from qnet.metrics.jackknife import jackknife

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike

    from qnet.states.pauli import Array

__all__ = [
    "Delivered",
    "StateGroup",
    "ideal_states",
    "mapped",
    "of_vectors",
    "separable_states",
]

#: Rows that are worked out at once, times components: bounds the memory to some tens of megabytes.
_BLOCK = 1 << 22

#: Blocks of rows behind the interval of a function of means.
_UNITS = 64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StateGroup:
    """Qubits whose joint state is known, in rows.

    Args:
        qubits: Their positions among all delivered qubits, ascending.
        vectors: Shape (rows, 4**len(qubits)): Pauli vectors, first qubit most significant.
    """

    qubits: tuple[int, ...]
    vectors: Array

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2 or self.vectors.shape[1] != 4 ** len(self.qubits):
            rule = f"have the shape (rows, {4 ** len(self.qubits)})"
            raise ParameterError("vectors", rule, self.vectors.shape, "a Pauli vector in each row")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Delivered:
    """What one service handed over for many rounds: a row for each, or one exact mean.

    The delivered qubits are numbered in the order of the needs: all qubits of the first state of
    the first need, by party, then those of the next state. Groups are independent within a row.

    Args:
        needs: What was asked for.
        groups: Who holds what, with all waiting included: together they hold every qubit once.
        duration: Mean time from the begin of a round until all of its states are there, in s.
        engine: What played it: ``given`` states, or an engine.
        seed: Seed of what was drawn; None where nothing was.
        source: Where the states come from, in a few words.
        notes: What a reader should know, one sentence each.
        shares: Shape (rows,): share of the rounds that each row stands for; None: all the same.
        distance: Where the mean state is not known to all digits: bound on the trace distance of
            the one that is given from it.
        units: Shape (rows,): which part of a run each row belongs to, by number, where rows of one
            part depend on one another; None where all are independent.

    Examples:
        >>> ideal = ideal_states((Need(),))
        >>> phi_plus = np.zeros((1, 16))
        >>> phi_plus[0, [0, 5, 10, 15]] = 0.25, 0.25, -0.25, 0.25
        >>> print(ideal.mean(ideal.apply(phi_plus)[:, 0]))
        1
    """

    needs: tuple[Need, ...]
    groups: tuple[StateGroup, ...]
    duration: Estimate | None = None
    engine: str = "given"
    seed: int | None = None
    source: str = "given states"
    notes: tuple[str, ...] = ()
    shares: Array | None = None
    distance: float = 0.0
    units: npt.NDArray[np.intp] | None = None

    def __post_init__(self) -> None:
        held = sorted(qubit for group in self.groups for qubit in group.qubits)
        if held != list(range(self.qubits)):
            rule = f"hold each of the {self.qubits} qubits once"
            raise ParameterError("groups", rule, held, "one group for each state will do")
        rows = {len(group.vectors) for group in self.groups}
        if len(rows) > 1:
            raise ParameterError("groups", "have as many rows each", sorted(rows), "one a round")

    @property
    def qubits(self) -> int:
        """Number of delivered qubits of a round."""
        return sum(need.qubits for need in self.needs)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.groups[0].vectors) if self.groups else 1

    @property
    def is_exact(self) -> bool:
        """Whether nothing was drawn: the one row, or the shares of rows, is the exact mean."""
        return self.seed is None

    def states(self) -> Iterator[Array]:
        """Pauli vectors (rows, 4**size) of each state by itself, in their order.

        What waits together may be correlated: these are what each holds when the others are
        ignored. Where several states are used together, take ``apply``, ``joint`` or the groups.
        """
        first = 0
        for _, size in state_names(self.needs):
            yield self.reduced(range(first, first + size))
            first += size

    def reduced(self, qubits: Sequence[int]) -> Array:
        """Pauli vectors (rows, 4**len(qubits)) of some of the qubits, in their order."""
        chosen = list(qubits)
        found, order = np.ones((self.rows, 1)), list[int]()
        for group in self.groups:
            kept = [qubit for qubit in group.qubits if qubit in chosen]
            if kept:
                # The first component, that of the identity, stands for a qubit that is ignored.
                place = [slice(None) if qubit in kept else 0 for qubit in group.qubits]
                whole = group.vectors.reshape((-1,) + (4,) * len(group.qubits))
                part = whole[(slice(None), *place)].reshape(self.rows, 1, -1)
                found = (found[:, :, None] * part).reshape(self.rows, -1)
                order += kept
        tensor = found.reshape((self.rows,) + (4,) * len(order))
        moved = tensor.transpose([0, *(1 + order.index(qubit) for qubit in chosen)])
        return np.ascontiguousarray(moved).reshape(self.rows, -1)

    def joint(self, rows: slice = slice(None)) -> Array:
        """Pauli vectors (rows, 4**qubits) of all delivered qubits together.

        Args:
            rows: Which rows; all unless given.
        """
        if len(self.groups) == 1:
            return self.groups[0].vectors[rows]
        found = np.ones((len(range(*rows.indices(self.rows))), 1))
        for group in self.groups:
            found = np.einsum("na,nb->nab", found, group.vectors[rows]).reshape(len(found), -1)
        order = [qubit for group in self.groups for qubit in group.qubits]
        tensor = found.reshape((len(found),) + (4,) * self.qubits)
        axes = [0, *(1 + order.index(qubit) for qubit in range(self.qubits))]
        return np.ascontiguousarray(tensor.transpose(axes)).reshape(len(found), -1)

    def after(self, maps: Sequence[Array | None]) -> Delivered:
        """The same after a map of each qubit, such as a gate or a wait.

        Args:
            maps: Pauli transfer matrix (4, 4) for each qubit; None leaves it as it is.
        """
        groups = [
            replace(each, vectors=mapped(each.vectors, [maps[qubit] for qubit in each.qubits]))
            for each in self.groups
        ]
        return replace(self, groups=tuple(groups))

    def apply(self, matrix: ArrayLike) -> Array:
        """A linear map of the joint state of all delivered qubits, such as probabilities.

        Args:
            matrix: Shape (k, 4**qubits): rows of ``Instrument.matrix``, say, whose inputs are the
                delivered qubits in their order.

        Returns:
            Shape (rows, k).

        Raises:
            ParameterError: If the matrix is for another number of qubits.
        """
        array = np.atleast_2d(np.asarray(matrix, dtype=float))
        if array.shape[1] != 4**self.qubits:
            rule = f"have {4**self.qubits} columns for {self.qubits} qubits"
            raise ParameterError("matrix", rule, array.shape, "inputs are the delivered qubits")
        if not self.groups:
            return array[:, 0][None]
        order = [qubit for group in self.groups for qubit in group.qubits]
        whole = array.reshape((len(array),) + (4,) * self.qubits)
        tensor: Array = whole.transpose([0, *(1 + qubit for qubit in order)])
        step = max(1, _BLOCK // array.size)
        found = [
            self._block(tensor, slice(start, start + step)) for start in range(0, self.rows, step)
        ]
        return np.concatenate(found)

    def _block(self, tensor: Array, rows: slice) -> Array:
        found: Array | None = None
        for group in self.groups:
            vectors = group.vectors[rows]
            if found is None:
                whole = tensor.reshape(len(tensor), vectors.shape[1], -1)
                found = np.einsum("kgr,ng->nkr", whole, vectors, optimize=True)
            else:
                rest = found.reshape(len(vectors), len(tensor), vectors.shape[1], -1)
                found = np.einsum("nkgr,ng->nkr", rest, vectors, optimize=True)
        assert found is not None  # there is a group
        return found[..., 0]

    def lasting(self, times_s: ArrayLike) -> Delivered:
        """The same with the mean duration of rounds of these times (rows,) in s."""
        return replace(self, duration=self.mean(times_s, low=0.0))

    def over_rounds(self, values: Array) -> Array:
        """Means (k,) over all rounds of what each row gives, (rows, k)."""
        return np.asarray(values.mean(axis=0) if self.shares is None else self.shares @ values)

    def mean(self, values: ArrayLike, low: float = -np.inf, high: float = np.inf) -> Estimate:
        """Estimate of the mean over all rounds of a number that each row gives.

        Args:
            values: Shape (rows,).
            low: No smaller value is possible, of any state.
            high: No larger one.
        """
        column = np.asarray(values, dtype=float).reshape(self.rows, 1)
        found = self.estimate(lambda means: means[..., 0], column, low=low, high=high)
        if not (self.distance and math.isfinite(high - low)):
            return found
        # What measures a number between two bounds tells states apart by their trace distance.
        half = self.distance * (high - low)
        ends = max(found.low - half, low), min(found.high + half, high)
        return Estimate(ends[0], found.best, ends[1], found.n)

    def estimate(
        self,
        function: Callable[[Array], Array],
        values: ArrayLike,
        *,
        low: float = -np.inf,
        high: float = np.inf,
    ) -> Estimate:
        """Estimate of a function of means over all rounds, such as a key fraction.

        Args:
            function: Takes means (..., k), and gives a value for each, (...).
            values: Shape (rows, k).
            low: No smaller value is possible.
            high: No larger one.

        Returns:
            Exact where nothing was drawn; else with Student's interval from the jackknife.
        """
        array = np.asarray(values, dtype=float).reshape(self.rows, -1)
        if self.is_exact:
            shares = np.full(self.rows, 1.0 / self.rows) if self.shares is None else self.shares
            value = float(np.asarray(function(shares @ array)))
            return Estimate.exact(min(max(value, low), high))
        parts = np.array_split(np.arange(self.rows), min(_UNITS, self.rows))
        if self.units is not None:
            parts = [np.flatnonzero(self.units == each) for each in np.unique(self.units)]
        columns = np.array([[*array[part].sum(axis=0), float(len(part))] for part in parts])
        found = jackknife(lambda x: function(x[..., :-1] / x[..., -1:]), columns)
        clipped = [min(max(each, low), high) for each in found]
        return Estimate(clipped[0], clipped[1], clipped[2], self.rows)


def mapped(vectors: Array, maps: Sequence[Array | None]) -> Array:
    """Pauli vectors (..., 4**n) after a map of each qubit.

    Args:
        vectors: Before.
        maps: Pauli transfer matrix (4, 4) for each of the n qubits; None leaves it as it is.

    Examples:
        >>> mapped(np.array([1.0, 1.0, 0.0, 0.0]), [np.diag([1.0, 0.9, 0.9, 1.0])])
        array([1. , 0.9, 0. , 0. ])
    """
    tensor = vectors.reshape((-1,) + (4,) * len(maps))
    for axis, matrix in enumerate(maps, start=1):
        if matrix is not None:
            tensor = np.moveaxis(np.tensordot(tensor, matrix, axes=([axis], [1])), -1, axis)
    return np.ascontiguousarray(tensor).reshape(vectors.shape)


def of_vectors(needs: Sequence[Need], vectors: Sequence[Array]) -> Delivered:
    """Exact states, one Pauli vector for each of the needed states in their order."""
    groups, first = [], 0
    for (_, size), vector in zip(state_names(needs), vectors, strict=True):
        qubits = tuple(range(first, first + size))
        groups.append(StateGroup(qubits=qubits, vectors=np.asarray(vector, dtype=float)[None]))
        first += size
    return Delivered(needs=tuple(needs), groups=tuple(groups))


def ideal_states(needs: Sequence[Need]) -> Delivered:
    """What a perfect network delivers."""
    return of_vectors(needs, [need.ideal() for need in needs for _ in range(need.number)])


def separable_states(needs: Sequence[Need]) -> Delivered:
    """What parties without entanglement have instead: the same states with all coherence lost."""
    return of_vectors(needs, [separable_vector(*each) for each in state_names(needs)])
