"""Pumping as the exact engine plays it: a first pair, then fresh ones one by one."""

from __future__ import annotations

import math

import numpy as np

from qnet.engines.exact.atom_rounds import in_sequence
from qnet.engines.exact.atom_solver import AtomSolver
from qnet.engines.exact.atoms import Atoms
from qnet.engines.exact.laws import Law, RoundLaw
from qnet.engines.exact.representation import Carrier, aged
from qnet.engines.exact.round_step import bilinear_table
from qnet.engines.exact.rounds import one_after_the_other
from qnet.engines.exact.series import Join, convolve, delayed, renew
from qnet.engines.exact.solver import Solver
from qnet.engines.exact.steps import ExactStep
from qnet.engines.exact.table import STEPS
from qnet.engines.exact.transforms import Interval, Transforms
from qnet.plans import Pump
from qnet.states.pauli import Array

__all__: list[str] = []


@STEPS.plays(Pump)
class _ExactPump(ExactStep[Pump]):
    """A first pair, then fresh ones one by one; a failed comparison ends the round."""

    #: What has come so far is compared again and again.
    arrays = 8.0

    def sequence(self, solver: Solver, step: Pump) -> Array:
        join, overhead = _join(solver.carrier, step), solver.grid.steps(step.overhead_s)
        fresh = solver.solve(step.pair)
        kept, failed = fresh.sequence, np.zeros(solver.grid.size)
        for _ in range(step.steps):
            tried = convolve(kept[0], fresh.mass)
            kept = one_after_the_other(solver, kept, fresh.sequence, step, join)
            failed += delayed(tried - kept[0], overhead)
            kept = solver.aged(delayed(kept, overhead), step, step.overhead_s)
        return renew(kept, failed)

    def law(self, solver: AtomSolver, step: Pump) -> Law:
        carrier, key = solver.carrier, solver.units.key(step.overhead_s)
        table = bilinear_table(carrier, step.ends, _join(carrier, step))
        fresh = solver.law(step.pair)
        kept, failed = fresh.atoms, []
        moved = []
        for _ in range(step.steps):
            moved += [solver.lattice.concentration(each) for each in (kept, fresh.atoms)]
            kept, tried = in_sequence(solver, kept, fresh.atoms, step, table)
            failing = np.maximum(tried - kept.mass, 0.0)[None]
            failed.append(kept.with_sequence(failing).later(step.overhead_s, key))
            kept = kept.with_sequence(aged(carrier, kept.sequence, step.ends, step.overhead_s))
            kept = kept.later(step.overhead_s, key)
        chance = float(kept.mass.sum())
        gone = sum(float(each.mass.sum()) for each in failed)
        lost = max(0.0, 1.0 - chance - gone)
        for concentration in moved:
            solver.note(step, 1.0 / max(chance, 1e-300), concentration)
        return solver.renewed(step, RoundLaw(kept, Atoms.joined(failed), lost, fresh.last_s, 0.0))

    def transform(self, transforms: Transforms, step: Pump, rate: float) -> Array:
        kept, failed = _pumped(transforms, step, rate)
        return kept[-1] / (1.0 - failed)

    def mean_s(self, transforms: Transforms, step: Pump) -> Interval:
        """Bounds in s from those of a fresh pair, and from how often each comparison is tried."""
        kept, _ = _pumped(transforms, step, 0.0)
        made = transforms.mean_s(step.pair)
        if kept[-1][0] <= 0.0:
            return made[0], math.inf
        alive = sum(float(each[0] / kept[0][0]) for each in kept[:-1])
        chance = float(kept[-1][0] / kept[0][0])
        low, high = (m + alive * (m + step.overhead_s) for m in made)
        lost = (step.steps + 1) * (1.0 - min(1.0, float(kept[0][0])))
        return low / (chance + lost), high * (1.0 + lost) / chance


def _join(carrier: Carrier, step: Pump) -> Join:
    compiled = step.compiled()
    return lambda pair: carrier.distill(pair, compiled)


def _pumped(transforms: Transforms, step: Pump, rate: float) -> tuple[list[Array], float]:
    """What is kept after each step, and all that ends in a failed comparison."""
    carrier = transforms.carrier
    table = bilinear_table(carrier, step.ends, _join(carrier, step))
    decay = math.exp(-rate * step.overhead_s)
    kept, failed = [transforms.of(step.pair, rate)], 0.0
    for _ in range(step.steps):
        tried = float(kept[-1][0] * transforms.of(step.pair, rate)[0])
        joined = transforms.pair(kept[-1], step.pair, step, table, rate)
        failed += decay * (tried - float(joined[0]))
        after = aged(carrier, decay * joined[:, None], step.ends, step.overhead_s)
        kept.append(after[:, 0])
    return kept, failed
