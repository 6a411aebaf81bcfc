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
from qnet.engines.exact.representation import aged
from qnet.engines.exact.steps import RoundStep, bilinear_table, step_of
from qnet.plans import Distill, Link, Multiplex, Plan, Pump, Swap, SwapAsap
from qnet.plans.maps import distill_map
from qnet.states.pauli import Array

__all__ = ["Transforms"]

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
        if isinstance(plan, Link):
            return self._link(plan, rate)
        if isinstance(plan, Pump):
            return self._pump(plan, rate)
        if isinstance(plan, Multiplex):
            return self.solver.law(plan).atoms.transform(rate)
        if isinstance(plan, Swap | Distill):
            step = step_of(self.carrier, plan)
            if _is_sequential(step):
                return self._in_sequence(plan, step, rate)
        return self._renewed(self.solver.rounds(plan), rate)

    def _link(self, link: Link, rate: float) -> Array:
        p = link.round_success_probability
        decay = math.exp(-rate * link.attempt_time_s)
        # 1 - (1 - p) decay, without losing what is left of it where p and the rate are small.
        rest = p * decay - math.expm1(-rate * link.attempt_time_s)
        return self.carrier.link(link.fano) * (p * decay / rest)

    def _renewed(self, rounds: RoundLaw, rate: float) -> Array:
        """``S / (1 - F)``, 1 - F as the sum of what a round does not spend on failing."""
        spent = float(rounds.failed.transform(rate, but_one=True)[0])
        rest = rounds.chance + rounds.lost + spent
        return rounds.delivered.transform(rate) / max(rest, 1e-300)

    def _pair(self, first: Array, second: Plan, kept: Plan, table: Array, rate: float) -> Array:
        """Two pairs one after the other, of the first its transform."""
        inside = self.carrier.to_stored(first[:, None], kept.ends)[:, 0]
        rates = self.carrier.rates(kept.ends)
        rows = [table[:, a] @ self.of(second, rate + float(rates[a])) for a in range(len(rates))]
        return np.asarray(np.array(rows).T @ inside)

    def _after(self, plan: Plan, step: RoundStep, rate: float) -> tuple[Array, float, float]:
        """Of a round in sequence: what is joined, its probability, and what ends otherwise."""
        first, second = step.parts
        table = bilinear_table(self.carrier, first.ends, step.join)
        left = self.of(first, rate)
        if step.cutoff is None:
            joined = self._pair(left, second, first, table, rate)
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

    def _in_sequence(self, plan: Plan, step: RoundStep, rate: float) -> Array:
        joined, tried, dropped = self._after(plan, step, rate)
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

    def _pump(self, pump: Pump, rate: float) -> Array:
        kept, failed = self._pumped(pump, rate)
        return kept[-1] / (1.0 - failed)

    def _pumped(self, pump: Pump, rate: float) -> tuple[list[Array], float]:
        """What is kept after each step, and all that ends in a failed comparison."""
        compiled, carrier = distill_map("dejmps", pump.gates), self.carrier
        table = bilinear_table(carrier, pump.ends, lambda pair: carrier.distill(pair, compiled))
        decay = math.exp(-rate * pump.overhead_s)
        kept, failed = [self.of(pump.pair, rate)], 0.0
        for _ in range(pump.steps):
            tried = float(kept[-1][0] * self.of(pump.pair, rate)[0])
            joined = self._pair(kept[-1], pump.pair, pump, table, rate)
            failed += decay * (tried - float(joined[0]))
            after = aged(carrier, decay * joined[:, None], pump.ends, pump.overhead_s)
            kept.append(after[:, 0])
        return kept, failed

    def _mean_s(self, plan: Plan) -> Interval:
        """Bounds on the mean delivery time in s; infinite where none is delivered."""
        if isinstance(plan, Link):
            mean = plan.attempt_time_s / plan.round_success_probability
            return mean, mean
        if isinstance(plan, Pump):
            kept, _ = self._pumped(plan, 0.0)
            if kept[-1][0] <= 0.0:
                return self.mean_s(plan.pair)[0], math.inf
            alive = sum(float(each[0] / kept[0][0]) for each in kept[:-1])
            made = [self.mean_s(plan.pair)[end] for end in (0, 1)]
            chance = float(kept[-1][0] / kept[0][0])
            low, high = (m + alive * (m + plan.overhead_s) for m in made)
            lost = (plan.steps + 1) * (1.0 - min(1.0, float(kept[0][0])))
            return low / (chance + lost), high * (1.0 + lost) / chance
        if isinstance(plan, Multiplex):
            return self._mean_of_law(plan)
        if isinstance(plan, Swap | Distill):
            step = step_of(self.carrier, plan)
            if _is_sequential(step):
                return self._mean_in_sequence(plan, step)
        return self._mean_of_rounds(plan, self.solver.rounds(plan))

    def _mean_of_law(self, plan: Plan) -> Interval:
        law = self.solver.law(plan)
        tracked, lost = float(law.atoms.times @ law.atoms.mass), law.untracked
        if lost >= 1.0:
            return tracked, math.inf
        return tracked, (tracked + lost * (law.last_s + self.remaining_s(plan))) / (1.0 - lost)

    def _mean_in_sequence(self, plan: Plan, step: RoundStep) -> Interval:
        first, second = (self.mean_s(part) for part in step.parts)
        joined, tried, _ = self._after(plan, step, 0.0)
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

    def _mean_of_rounds(self, plan: Plan, rounds: RoundLaw) -> Interval:
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
            return rest if isinstance(part, Link) else rest + self.mean_s(part)[1]

        match plan:
            case Link():
                return plan.attempt_time_s / plan.round_success_probability
            case Multiplex():
                return anew(plan.pair)
            case Swap():
                return sum(map(anew, plan.children)) + plan.overhead_s
            case Distill():
                return plan.copies * anew(plan.pair) + plan.overhead_s
            case Pump():
                return (plan.steps + 1) * (anew(plan.pair) + plan.overhead_s)
            case SwapAsap():
                slowest = max(station.duration_s for station in plan.stations)
                return sum(map(anew, plan.segments)) + slowest + plan.signal_time_s
        message = f"no bound for {type(plan).__name__}"
        raise TypeError(message)


def _is_sequential(step: RoundStep) -> bool:
    """Whether a step needs no more of its parts than their transforms."""
    links = all(not part.children for part in step.parts)
    return (
        step.order == "sequential"
        and len(step.parts) == 2
        and (
            step.cutoff is None
            or step.cutoff.kind == "difference"
            or (step.cutoff.kind == "age" and links)
        )
    )
