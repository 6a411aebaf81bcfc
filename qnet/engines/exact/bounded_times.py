r"""Sums of delivery times that lie on no time grid, between certain bounds.

A time that is listed exactly is split between the two steps next to it, so that its mean stays. The
n errors of a sum are then independent, of mean zero, and each within an interval of one step h: but
for a probability delta their sum stays within :math:`h \sqrt{n \ln(2 / \delta) / 2}` (W. Hoeffding,
J. Am. Stat. Assoc. 58, 13 (1963)). Where a delivery is itself a sum of too many rounds to be
listed, two laws bound it from below and above in distribution, and so do their sums.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qnet.engines.exact.atoms import Atoms
from qnet.engines.exact.renewal import Times
from qnet.engines.exact.result import DeliveryLaw
from qnet.engines.exact.split import SplitGrid
from qnet.estimate import Estimate
from qnet.pairs.fano import Array

__all__ = ["BoundedTimes", "times_of"]

#: Steps of the grid on which listed times are split.
_STEPS = 1 << 16

#: Probability that the sum of the errors leaves its bracket.
_DELTA = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BoundedTimes:
    """Independent delivery times, all of one distribution that two on a grid bound.

    Args:
        early: Times that come no later, or split times.
        late: Times that come no earlier, or the same split times.
        error_s: Step of split times in s; 0 where nothing was split.

    Examples:
        >>> one = Times(dt=1.0, mass=np.array([0.0, 1.0, 0.0]))
        >>> two = Times(dt=1.0, mass=np.array([0.0, 0.0, 1.0]))
        >>> print(BoundedTimes(early=one, late=two, error_s=0.0).within(2, 3.0))
        1 [0, 1]
    """

    early: Times
    late: Times
    error_s: float

    @property
    def dt(self) -> float:
        """Step of the grid in s."""
        return self.early.dt

    @property
    def mass(self) -> Array:
        """Shape (n,): probability of each step, of those that come no earlier."""
        return self.late.mass

    @property
    def mean_s(self) -> float:
        """Mean time in s of those that are tracked, between the two bounds."""
        return (self.early.mean_s + self.late.mean_s) / 2.0

    def method(self, pairs: int, time_s: float) -> str:
        """``rounded``, or ``normal`` where that is closer."""
        how = self.early.method(pairs, time_s)
        return "rounded" if how == "exact" else how

    def within(self, pairs: int, time_s: float) -> Estimate:
        """Probability that ``pairs`` deliveries, one after the other, take at most ``time_s``."""
        slack = self.error_s * math.sqrt(pairs * math.log(2.0 / _DELTA) / 2.0)
        lowest = self.late.within(pairs, max(0.0, time_s - slack)).low - _DELTA
        highest = self.early.within(pairs, time_s + slack).high + _DELTA
        low, high = max(0.0, lowest), min(1.0, highest)
        best = self.early.within(pairs, time_s).best
        return Estimate(low, min(max(best, low), high), max(low, high))


def times_of(law: DeliveryLaw) -> Times | BoundedTimes:
    """What is needed for sums of delivery times.

    Args:
        law: When one pair is delivered.
    """
    if law.step_s > 0.0 and law.is_exact:
        return Times(dt=law.step_s, mass=law.early)
    if law.step_s > 0.0:
        early, late = (Times(dt=law.step_s, mass=mass) for mass in (law.early, law.late))
        return BoundedTimes(early=early, late=late, error_s=0.0)
    step_s = float(law.times[-1]) / (_STEPS - 2)
    keys = np.empty((0, len(law.times)), dtype=np.int64)
    mass = SplitGrid(step_s, _STEPS).put(Atoms(law.times, law.early[None], keys))[0]
    split = Times(dt=step_s, mass=mass)
    return BoundedTimes(early=split, late=split, error_s=step_s)
