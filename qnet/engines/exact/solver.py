"""Solver on the time grid: the joint distribution of delivery time and state, node by node."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from qnet.engines.exact.grid import Grid
from qnet.engines.exact.representation import Carrier, aged, waiting
from qnet.engines.exact.series import Join, survival
from qnet.engines.exact.solved import SolvedNodes
from qnet.engines.exact.table import STEPS
from qnet.plans import Plan
from qnet.states.pauli import Array

__all__ = ["Delivery", "GridRounds", "Solver"]


@dataclass(frozen=True, eq=False)
class Delivery:
    """Deliveries of one node on the grid.

    Args:
        sequence: (k, n): probability of delivery at each step times the mean state then; row 0 is
            the probability.
    """

    sequence: Array

    @property
    def mass(self) -> Array:
        """Probability (n,) of delivery at each step."""
        return self.sequence[0]

    @cached_property
    def untracked(self) -> float:
        """Probability of delivery after the end of the grid."""
        return max(0.0, 1.0 - float(self.mass.sum()))

    @cached_property
    def survival(self) -> Array:
        """Probability (n,) that nothing is delivered up to each step."""
        return survival(self.mass, self.untracked)


@dataclass(frozen=True, slots=True, eq=False)
class GridRounds:
    """One round of a step.

    Args:
        delivered: (k, n): what a round delivers at each step; or (1, n), the probability.
        failed: Probability (n,) that a round fails at each step.
        step: The step on the sequences of its parts.
        finish: What follows it: success of the step, and storage while its result travels.
    """

    delivered: Array
    failed: Array
    step: Join
    finish: Callable[[Array], Array]


class Solver:
    """Works out the deliveries of nodes on one grid; equal nodes once.

    Args:
        carrier: How states are carried.
        grid: The time grid.
        nodes: Told how many nodes are solved.
    """

    def __init__(self, carrier: Carrier, grid: Grid, nodes: SolvedNodes | None = None) -> None:
        self.carrier, self.grid, self.nodes = carrier, grid, nodes
        self._known: dict[Plan, Delivery] = {}
        self._rounds: dict[Plan, GridRounds] = {}
        self.by_age: dict[tuple[Plan, int], Array] = {}
        self._waiting: dict[tuple[Plan, int | None], Array] = {}

    def solve(self, plan: Plan) -> Delivery:
        """The deliveries of ``plan``."""
        if plan not in self._known:
            self._known[plan] = Delivery(STEPS.of(plan).sequence(self, plan))
            if self.nodes is not None:
                self.nodes.tell(len(self._known))
        return self._known[plan]

    def keep_rounds(self, plan: Plan, rounds: GridRounds) -> None:
        """Keep how one round of a step goes; of what it delivers, probabilities are enough."""
        self._rounds[plan] = replace(rounds, delivered=rounds.delivered[:1].copy())

    def rounds(self, plan: Plan) -> GridRounds:
        """How one round of a step goes; of what it delivers, the probability."""
        self.solve(plan)
        return self._rounds[plan]

    def forget(self, parts: Sequence[Plan]) -> None:
        """Give back the memory of what waits of these parts."""
        for key in [key for key in self._waiting if key[0] in parts]:
            del self._waiting[key]

    def waiting(self, plan: Plan, window: int | None = None) -> Array:
        """What ``plan`` has delivered up to each step (within a window), decayed to it."""
        if (plan, window) not in self._waiting:
            sequence = self.solve(plan).sequence
            self._waiting[plan, window] = waiting(
                self.carrier, sequence, plan.ends, self.grid.dt, window
            )
        return self._waiting[plan, window]

    def aged(self, sequence: Array, plan: Plan, time: float | Array) -> Array:
        """The states of a sequence after storage in the memories of ``plan``'s ends."""
        return aged(self.carrier, sequence, plan.ends, time)
