"""Transforms of delivery times: pairs made one after the other, and the root, in closed form.

With w_k(t) the probability of a delivery at t times component k of its state, a parent that stores
another pair meanwhile, at a rate r, needs no more of it than ``E_k(r) = sum of w_k(t) exp(-r t)``.
A link's is a geometric series; one after the other multiplies, ``S_k(r) = L_k(r) R_k(r + a_k)``,
a_k the rate at which the left pair falls; failed rounds are ``S / (1 - F)``. So trees of pairs that
are made in sequence take no list of times at all, and at the root, where r = 0, rounds of any kind
are scalars: the probability P that one delivers, how long it takes, E[T] = E[D] / P.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from qnet.engines.exact.atom_solver import AtomSolver
from qnet.engines.exact.laws import RoundLaw
from qnet.engines.exact.round_step import RoundStep, bilinear_table
from qnet.engines.exact.table import STEPS
from qnet.plans import Plan
from qnet.states.pauli import Array

__all__ = ["Interval", "Transforms", "is_sequential"]

Interval = tuple[float, float]


class Transforms:
    """Transforms and mean times of nodes.

    Args:
        solver: Gives laws and rounds where transforms do not suffice.
    """

    def __init__(self, solver: AtomSolver) -> None:
        self.solver, self.carrier = solver, solver.carrier
        self.of = cache(self._of)
        self.mean_s = cache(self._mean_s)

    def _of(self, plan: Plan, rate: float) -> Array:
        """Components (k,) of the mean of ``exp(-rate T)`` times the state of a delivery."""
        return np.asarray(STEPS.of(plan).transform(self, plan, rate))

    def renewed(self, rounds: RoundLaw, rate: float) -> Array:
        """``S / (1 - F)``, 1 - F as the sum of what a round does not spend on failing."""
        spent = float(rounds.failed.transform(rate, but_one=True)[0])
        rest = rounds.chance + rounds.lost + spent
        return rounds.delivered.transform(rate) / max(rest, 1e-300)

    def pair(self, first: Array, second: Plan, kept: Plan, table: Array, rate: float) -> Array:
        """Two pairs one after the other, of the first its transform."""
        inside = self.carrier.to_stored(first[:, None], kept.ends)[:, 0]
        rates = self.carrier.rates(kept.ends)
        rows = [table[:, a] @ self.of(second, rate + float(rates[a])) for a in range(len(rates))]
        return np.asarray(np.array(rows).T @ inside)

    def _after(self, step: RoundStep, rate: float) -> tuple[Array, float, float]:
        """Of a round in sequence: what is joined, its probability, and what ends otherwise."""
        first, second = step.parts
        table = bilinear_table(self.carrier, first.ends, step.join)
        left = self.of(first, rate)
        if step.cutoff is None:
            joined = self.pair(left, second, first, table, rate)
            return joined, float(left[0] * self.of(second, rate)[0]), 0.0
        window = step.cutoff.time_s
        law = self.solver.law_upto(second, window)
        kept = np.arange(len(law.atoms.times)) < len(law.atoms.upto(window).times)
        inside = self.carrier.to_stored(left[:, None], first.ends)[:, 0]
        rates = self.carrier.rates(first.ends)
        coming = law.atoms.sequence[:, kept]
        decays = np.exp(-np.outer(law.atoms.times[kept], rate + rates))
        joined = np.einsum("oab,ba,a->o", table, coming @ decays, inside)
        tried = float(left[0] * (coming[0] @ np.exp(-rate * law.atoms.times[kept])))
        late = float(law.atoms.mass[~kept].sum()) + law.untracked
        return joined, tried, float(left[0]) * late * math.exp(-rate * window)

    def in_sequence(self, step: RoundStep, rate: float) -> Array:
        """Components (k,) of a step on two pairs made one after the other."""
        joined, tried, dropped = self._after(step, rate)
        decay = math.exp(-rate * step.overhead_s)
        delivered = decay * step.finish(self.carrier, joined[:, None])[:, 0]
        chance = step.chance
        failing = tried - joined[0] if chance is None else (1.0 - chance) * tried
        if rate > 0.0:
            rest = 1.0 - decay * failing - dropped
        else:
            # The same, without losing what is left of it where next to no round delivers.
            rest = float(delivered[0]) + max(0.0, 1.0 - tried - dropped)
        return np.asarray(delivered / max(rest, 1e-300))

    def _mean_s(self, plan: Plan) -> Interval:
        """Bounds on the mean delivery time in s; infinite where none is delivered."""
        bounds: Interval = STEPS.of(plan).mean_s(self, plan)
        return bounds

    def mean_of_law(self, plan: Plan) -> Interval:
        """Bounds in s where deliveries are listed."""
        law = self.solver.law(plan)
        tracked, lost = float(law.atoms.times @ law.atoms.mass), law.untracked
        if lost >= 1.0:
            return tracked, math.inf
        return tracked, (tracked + lost * (law.last_s + self.remaining_s(plan))) / (1.0 - lost)

    def mean_in_sequence(self, step: RoundStep) -> Interval:
        """Bounds in s of a step on two pairs made one after the other."""
        first, second = (self.mean_s(part) for part in step.parts)
        joined, tried, _ = self._after(step, 0.0)
        whole = float(self.of(step.parts[0], 0.0)[0])
        if whole <= 0.0:
            return first[0], math.inf
        tried = tried / whole
        chance = float(joined[0]) / whole if step.chance is None else step.chance * tried
        waits = second
        if step.cutoff is not None:
            window = step.cutoff.time_s
            law = self.solver.law_upto(step.parts[1], window)
            wait = float(np.minimum(law.atoms.times, window) @ law.atoms.mass)
            beyond = law.untracked * window
            waits = wait + beyond * (law.complete_s >= window), wait + beyond
        if chance <= 0.0:
            return first[0], math.inf
        low, high = (f + w + tried * step.overhead_s for f, w in zip(first, waits, strict=True))
        # What is not followed of either part may succeed, or not.
        lost = sum(1.0 - min(1.0, float(self.of(part, 0.0)[0])) for part in step.parts)
        return low / (chance + lost), (high + lost * step.overhead_s) / chance

    def mean_of_rounds(self, plan: Plan, rounds: RoundLaw) -> Interval:
        """``E[D] / P``; rounds that are not listed last no time, or as long as can be.

        At worst every part is as far from its own delivery as can be, one after the other; the step
        then fails, and everything starts anew.
        """
        parts = (rounds.delivered, rounds.failed)
        tracked = sum(float(part.times @ part.mass) for part in parts)
        chance, lost = rounds.chance, rounds.lost
        if chance <= 0.0:
            return (tracked / lost if lost > 0.0 else math.inf), math.inf
        if lost == 0.0:
            return tracked / chance, tracked / chance
        high = (tracked + lost * (rounds.last_s + self.remaining_s(plan))) / chance
        return tracked / (chance + lost), high

    def remaining_s(self, plan: Plan) -> float:
        """Bound in s on the mean time to the end of a running round of ``plan``."""

        def anew(part: Plan) -> float:
            rest = self.remaining_s(part)
            return rest if part.is_elementary else rest + self.mean_s(part)[1]

        return plan.round_bound_s(anew)


def is_sequential(step: RoundStep) -> bool:
    """Whether a step needs no more of its parts than their transforms."""
    return (
        step.order == "sequential"
        and len(step.parts) == 2
        and (
            step.cutoff is None
            or step.cutoff.kind == "difference"
            or (step.cutoff.kind == "age" and step.is_of_links)
        )
    )
