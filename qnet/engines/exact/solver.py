"""The joint distribution of delivery time and state, node by node, on the time grid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from qnet.engines.exact.grid import Grid
from qnet.engines.exact.representation import Carrier, aged, waiting
from qnet.engines.exact.rounds import completed_rounds, one_after_the_other
from qnet.engines.exact.series import convolve, delayed, renew, survival
from qnet.engines.exact.steps import step_of
from qnet.engines.exact.swap_asap import solve_swap_asap
from qnet.plans import Distill, Link, Multiplex, Plan, Pump, Swap, SwapAsap
from qnet.plans.maps import distill_map
from qnet.states.pauli import Array

__all__ = ["Delivery", "Solver"]


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
class RoundLaw:
    """One round of a step.

    Args:
        delivered: (k, n): what a round delivers at each step; or (1, n), the probability.
        failed: Probability (n,) that a round fails at each step.
        step: The step on the sequences of its parts.
        finish: What follows it: success of the step, and storage while its result travels.
    """

    delivered: Array
    failed: Array
    step: Callable[[Sequence[Array]], Array]
    finish: Callable[[Array], Array]


class Solver:
    """Works out the deliveries of nodes on one grid; equal nodes once.

    Args:
        carrier: How states are carried.
        grid: The time grid.
    """

    def __init__(self, carrier: Carrier, grid: Grid) -> None:
        self.carrier, self.grid = carrier, grid
        self._known: dict[Plan, Delivery] = {}
        self._laws: dict[Plan, RoundLaw] = {}
        self.by_age: dict[tuple[Plan, int], Array] = {}
        self._waiting: dict[tuple[Plan, int | None], Array] = {}

    def solve(self, plan: Plan) -> Delivery:
        """The deliveries of ``plan``."""
        if plan not in self._known:
            if type(plan) in _ROUNDS:
                law = _ROUNDS[type(plan)](self, plan)
                sequence = renew(law.delivered, law.failed)
                # Of what is delivered, probabilities are enough from here on.
                self._laws[plan] = replace(law, delivered=law.delivered[:1].copy())
            else:
                sequence = _SOLVE[type(plan)](self, plan)
            self._known[plan] = Delivery(sequence)
        return self._known[plan]

    def rounds(self, plan: Plan) -> RoundLaw:
        """How one round of a swap or a distillation goes; of what it delivers, the probability."""
        self.solve(plan)
        return self._laws[plan]

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


def _link(solver: Solver, link: Link) -> Array:
    """One attempt after the other: ``P (1 - P)^(k - 1)`` at the end of attempt k."""
    p, every = link.round_success_probability, solver.grid.steps(link.attempt_time_s)
    mass = np.zeros(solver.grid.size)
    attempts = np.arange((solver.grid.size - 1) // every)
    with np.errstate(under="ignore"):
        mass[every::every] = p * np.exp(attempts * np.log1p(-p)) if p < 1.0 else attempts == 0
    return np.outer(solver.carrier.link(link.fano), mass)


def _in_rounds(solver: Solver, plan: Plan) -> RoundLaw:
    """Rounds of: all pairs, the cut-off, the step."""
    step = step_of(solver.carrier, plan)
    late = solver.grid.steps(step.overhead_s)

    def count(pairs: Sequence[Array]) -> Array:
        return np.asarray(np.prod([pair[:1] for pair in pairs], axis=0))

    def finish(sequence: Array) -> Array:
        return step.finish(solver.carrier, sequence)

    rule = (solver, step.parts, step.cutoff, step.order)
    completed, dropped = completed_rounds(*rule, step.join)
    tried = completed if step.chance is not None else completed_rounds(*rule, count)[0]
    solver.forget(step.parts)
    failed = dropped + delayed(step.failing(tried[0], completed[0]), late)
    completed = delayed(completed, late)
    return RoundLaw(finish(completed), failed, step.join, finish)


def _pump(solver: Solver, pump: Pump) -> Array:
    """A first pair, then fresh ones one by one; a failed comparison ends the round."""
    step = distill_map("dejmps", pump.gates)
    overhead = solver.grid.steps(pump.overhead_s)
    fresh = solver.solve(pump.pair)
    kept, failed = fresh.sequence, np.zeros(solver.grid.size)
    for _ in range(pump.steps):
        tried = convolve(kept[0], fresh.mass)
        kept = one_after_the_other(
            solver, kept, fresh.sequence, pump, lambda pair: solver.carrier.distill(pair, step)
        )
        failed += delayed(tried - kept[0], overhead)
        kept = solver.aged(delayed(kept, overhead), pump, pump.overhead_s)
    return renew(kept, failed)


def _multiplex(solver: Solver, multiplex: Multiplex) -> Array:
    """The first of independent copies, in the mean state of one that comes then."""
    one = solver.solve(multiplex.pair)
    after = one.survival
    before = np.concatenate([[1.0], after[:-1]])
    # P(first = t) / P(one = t) = sum over k of before^k after^(M - 1 - k)
    powers = np.arange(multiplex.copies)
    factor = sum(before**k * after ** (multiplex.copies - 1 - k) for k in powers)
    return one.sequence * factor


_ROUNDS: dict[type[Plan], Callable[..., RoundLaw]] = dict.fromkeys((Swap, Distill), _in_rounds)

_SOLVE: dict[type[Plan], Callable[..., Array]] = {
    Link: _link,
    SwapAsap: solve_swap_asap,
    Pump: _pump,
    Multiplex: _multiplex,
}
