"""Sums of delivery times of which two laws on a grid are known, one early and one late.

Where a delivery is itself a sum of too many rounds to be listed, every round is rounded down for
the one law and up for the other. They bound the delivery time in distribution, and so do their
sums.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qnet.engines.exact.renewal import Times
from qnet.engines.exact.result import DeliveryLaw
from qnet.estimate import Estimate

__all__ = ["BoundedTimes", "times_of"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BoundedTimes:
    """Independent delivery times, all of one distribution that two others bound.

    Args:
        early: Times that come no later.
        late: Times that come no earlier.

    Examples:
        >>> one = Times.on_grid(1.0, np.array([0.0, 1.0, 0.0]))
        >>> two = Times.on_grid(1.0, np.array([0.0, 0.0, 1.0]))
        >>> BoundedTimes(early=one, late=two).within(2, 3.0)
        Estimate(low=0.0, best=0.5, high=1.0, n=0)
    """

    early: Times
    late: Times

    @property
    def step_s(self) -> float:
        """Of no step all times are multiples."""
        return 0.0

    @property
    def mean_s(self) -> float:
        """Mean time in s of those that are tracked, between the two bounds."""
        return (self.early.mean_s + self.late.mean_s) / 2.0

    @property
    def shortest_s(self) -> float:
        """Shortest time in s that is possible; zero or more."""
        return self.early.shortest_s

    @property
    def latest_s(self) -> float:
        """Longest time in s that is told apart from never."""
        return self.late.latest_s

    def method(self, pairs: int, time_s: float) -> str:
        """How probabilities are found: always ``rounded``."""
        return "rounded"

    def within(self, pairs: int, time_s: float) -> Estimate:
        """Probability that ``pairs`` deliveries, one after the other, take at most ``time_s``."""
        most, least = (law.within(pairs, time_s) for law in (self.early, self.late))
        low, high = min(least.low, most.high), most.high
        return Estimate(low, min(max((least.best + most.best) / 2.0, low), high), high)


def times_of(law: DeliveryLaw) -> Times | BoundedTimes:
    """What is needed for sums of delivery times.

    Args:
        law: When one pair is delivered.
    """
    early, late = (_times(law, mass) for mass in (law.early, law.late))
    return early if law.is_exact else BoundedTimes(early=early, late=late)


def _times(law: DeliveryLaw, mass: np.ndarray) -> Times:
    if law.step_s > 0.0:
        return Times.on_grid(law.step_s, mass, law.remaining_s)
    return Times(times_s=law.times, mass=mass, remaining_s=law.remaining_s)
