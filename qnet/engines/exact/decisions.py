r"""Brackets of a cut-off at the root, above times that were rounded.

A cut-off is a discontinuity: pairs that came just in time may come too late once their times are
rounded, and no smoothness helps. Let every round of a part be rounded down, by less than a step h.
A delivery that holds K rounds then comes earlier by less than K h, and a pair of deliveries is
judged alike unless their difference is within m h of the cut-off c, or one of them holds more than
m rounds:

.. math:: \eta \le P(c - m h < |\tilde\Delta| \le c + m h) + P(K_L > m) + P(K_R > m)

for every m; the best one is taken. Of a cut-off on the total time c only those are judged
otherwise whose last pair seems to come within m h before c. A round of the root lasts until the
first pair has come and, at most, c more (until c): a function that changes by no more than its
times do. So with P, N and S_k the success probability, mean duration and component of a round of
rounded times, :math:`\delta = h (E[K_L] + E[K_R])`, and a the largest total rate in store because
of a rounded time, at the root and within its parts,

.. math:: \frac{N}{P + \eta} \le E[T] \le \frac{N + \delta}{P - \eta}, \qquad
    \left| r_k - \frac{S_k}{P} \right| \le \frac{a \delta + 2 \eta}{P - \eta},

with eta times the time and the success probability of the step itself where these play a part.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from qnet.engines.exact.atom_solver import AtomSolver
from qnet.engines.exact.atoms import TIE, together
from qnet.engines.exact.bracket import no_bounds, waiting_rate
from qnet.engines.exact.split import SplitGrid
from qnet.engines.exact.table import STEPS
from qnet.plans import Plan

__all__ = ["decided"]

#: Numbers of rounds up to which two deliveries are taken to be judged alike.
_ROUNDS = (0, 1, 2, 3, 4, 6, 8, 11, 16, 23, 32, 45, 64, 91, 128, 256, 512)


@dataclass(frozen=True, slots=True)
class _RoundedTimes:
    """How many times were rounded in a delivery: the mean, and those of each of some parts.

    Args:
        mean: Mean number.
        fall_hz: That times the rates in 1/s at which what waits for them within the part falls.
        parts: For each part of which the one that comes last counts: how many times are rounded in
            each of its rounds, and their success probability.
    """

    mean: float
    fall_hz: float
    parts: tuple[tuple[int, float], ...]

    def beyond(self, count: int) -> float:
        """Bound on the probability that there are more than ``count``."""
        return min(1.0, sum((1.0 - chance) ** (count // each) for each, chance in self.parts))


def decided(solver: AtomSolver, root: Plan, high_s: float) -> tuple[float, float, float]:
    """Bounds for a plan that was solved with its times rounded down.

    Args:
        solver: With the laws of the parts.
        root: The plan.
        high_s: Upper bound on the mean time in s of the rounded plan.

    Returns:
        Bounds on the mean time in s, from below and above; and by how much every element of the
        Fano matrix differs at most.

    Raises:
        EngineError: If the parts are more than one level of rounds deep.
    """
    if root.cutoff is None or not isinstance(solver.lattice, SplitGrid):
        message = "there is nothing to decide"
        raise ValueError(message)
    step_s, limit = solver.lattice.step_s, root.cutoff.time_s
    left, right = (_rounded(solver, part, root) for part in root.children)
    near, later = _within(solver, root), float(root.cutoff.kind != "total")
    eta = 1.0
    for count in _ROUNDS:
        reach = 1.000001 * count * step_s
        slack = (4.0 * TIE * (limit + reach) + 1e-6 * step_s) if count else 0.0
        most = limit + later * reach + slack
        between = near(most) - near(limit - reach - slack) if count else 0.0
        eta = min(eta, max(0.0, between) + left.beyond(count) + right.beyond(count))
    rounds, q = solver.rounds(root), root.likely_success
    delta = step_s * (left.mean + right.mean)
    eta_q, after = q * eta, root.overhead_s * eta
    spent = sum(float(part.times @ part.mass) for part in (rounds.delivered, rounds.failed))
    least = rounds.chance - eta_q
    low = max(0.0, spent - after) / (rounds.chance + rounds.lost + eta_q)
    if least <= 0.0:
        return low, math.inf, 2.0
    high = (high_s * rounds.chance + delta + after) / least
    fall_hz = left.fall_hz + right.fall_hz + waiting_rate(root) * (left.mean + right.mean)
    return low, high, (q * fall_hz * step_s + 2.0 * eta_q) / least


def _within(solver: AtomSolver, root: Plan) -> Callable[[float], float]:
    """Probability that what the cut-off judges is within a limit."""
    laws = [solver.law(part).atoms for part in root.children]
    lists = [law.with_sequence(law.mass[None]) for law in laws]
    times, _, rows = together(lists)
    if root.cutoff is not None and root.cutoff.kind == "total":
        sums = [np.append(0.0, np.cumsum(row[0])) for row in rows]
        product = np.prod(sums, axis=0)
        return lambda limit_s: float(product[np.searchsorted(times, limit_s, side="right")])
    one, sums_of_two = rows[0][0], np.append(0.0, np.cumsum(rows[1][0]))

    def differ_by(limit_s: float) -> float:
        if limit_s < 0.0:
            return 0.0
        before = np.searchsorted(times, times - limit_s, side="left")
        after = np.searchsorted(times, times + limit_s, side="right")
        return float(one @ (sums_of_two[after] - sums_of_two[before]))

    return differ_by


def _rounded(solver: AtomSolver, part: Plan, root: Plan) -> _RoundedTimes:
    """How many times of a delivery of ``part`` were rounded."""
    below = [node for child in part.children for node in child.nodes() if node in solver.splits]
    splits = solver.splits.get(part, [])
    if splits:
        if below:
            raise no_bounds(root, part)
        count = max(per_delivery for per_delivery, _ in splits)
        return _RoundedTimes(len(splits) * count, 0.0, ((len(splits), 1.0 / count),))
    if not below:
        return _RoundedTimes(0.0, 0.0, ())
    if not STEPS.of(part).takes_the_later(part):
        raise no_bounds(root, part)
    sides = [_rounded(solver, child, root) for child in part.children]
    mean = sum(side.mean for side in sides)
    fall_hz = sum(side.fall_hz for side in sides) + waiting_rate(part) * mean
    return _RoundedTimes(mean, fall_hz, tuple(p for side in sides for p in side.parts))
