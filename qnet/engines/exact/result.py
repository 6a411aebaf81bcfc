"""What the exact engine found: a distribution, and figures of merit with certain bounds."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from qnet.engines.exact.carrier import Carrier
from qnet.engines.exact.grid import Grid
from qnet.engines.result import Figures, Key
from qnet.estimate import Estimate
from qnet.merit import KEY_PROTOCOLS
from qnet.merit.key_statistics import pushed_key_rate
from qnet.pairs.fano import Array
from qnet.plan.tree import Plan

__all__ = ["ExactResult"]

#: Probabilities below this, of the largest or of all, are rounding of the transforms.
_NEGLIGIBLE = 1e-10


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ExactResult(Figures):
    """The joint distribution of delivery time and state on a grid, and the figures it gives.

    What is delivered after the end of the grid is not followed. Its probability, the truncated
    mass, bounds each figure from both sides; the interval holds for certain, not with some
    confidence.

    Args:
        plan: What was played.
        carrier: How states are carried.
        grid: The time grid.
        sequence: Shape (k, n): probability of delivery at each step times the mean state.
        truncated_mass: Probability of delivery after the end of the grid.
        longest_remaining_s: Bound on the mean time, from the end of the grid, to the end of the
            running round.
        key: How a secret key is taken.

    Examples:
        >>> from qnet import Link, play
        >>> from qnet.pairs import werner
        >>> link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(0.98))
        >>> play(link, engine="exact").probability[:4]
        array([0.   , 0.5  , 0.25 , 0.125])
    """

    plan: Plan
    carrier: Carrier
    grid: Grid
    sequence: Array
    truncated_mass: float
    longest_remaining_s: float
    key: Key = field(default_factory=Key)
    engine: str = "exact"
    seed: None = None
    shots: int = 0

    @property
    def time_s(self) -> Array:
        """Times (n,) of the grid in s."""
        return self.grid.times

    @property
    def probability(self) -> Array:
        """Probability (n,) of delivery at each time."""
        # Where none is delivered, transforms leave rounding of either sign.
        return np.maximum(self.sequence[0], 0.0)

    @property
    def cumulative(self) -> Array:
        """Probability (n,) of delivery up to each time."""
        return np.cumsum(self.sequence[0])

    @property
    def states(self) -> Array:
        """Mean Fano matrices (n, 4, 4) of the pairs delivered at each time.

        NaN where none is, or so few (1e-10 of the most likely time) that rounding shows.
        """
        fano = self.carrier.to_fano(self.sequence)
        negligible = max(_NEGLIGIBLE * self.sequence[0].max(initial=0.0), 1e-15)
        chance = np.where(self.sequence[0] > negligible, self.sequence[0], np.nan)
        return fano / chance[:, None, None]

    @property
    def mean_fano(self) -> Array:
        """Fano matrix (4, 4) of the mean state of the deliveries that are followed; NaN if none."""
        total = self.carrier.to_fano(self.sequence.sum(axis=1, keepdims=True))[0]
        return np.asarray(total / (total[0, 0] if total[0, 0] > _NEGLIGIBLE else np.nan))

    @property
    def delivery_time_s(self) -> Estimate:
        """Mean time to a delivered pair, in s.

        Beyond the grid's end: at least at once, at most after the running round and, that failing,
        a fresh delivery; best, a fresh delivery.
        """
        lost, end = self.truncated_mass, float(self.time_s[-1])
        low = float(self.time_s @ self.probability) + lost * end
        if lost >= 1.0:
            return Estimate(low, np.inf, np.inf)
        high = (low + lost * self.longest_remaining_s) / (1.0 - lost)
        return Estimate(low, low / (1.0 - lost), high)

    @property
    def secret_key_fraction(self) -> Estimate:
        """Secret bits per delivered pair, asymptotically and without a sifting factor."""
        return self._key_rate(Estimate.exact(1.0))

    @property
    def secret_key_rate_hz(self) -> Estimate:
        """Secret bits per second."""
        return self._key_rate(self.delivery_time_s)

    def _key_rate(self, time: Estimate) -> Estimate:
        rule = KEY_PROTOCOLS[self.key.protocol]
        box = []
        for row in np.array(rule.coordinates):
            # Coordinates are sums of error rates; the error rates are 1/2 -+ correlators / 2.
            weights = row * np.array([-0.5, 0.5, -0.5])
            box.append(self._linear(weights, 0.5 * float(row.sum()), (0.0, 1.0)))
        return pushed_key_rate(box, time, rule, self.key.error_correction_efficiency)

    def _linear(self, weights: Array, offset: float, bounds: tuple[float, float]) -> Estimate:
        """``offset + weights . (XX, YY, ZZ)`` of the mean state; the rest may be at the bounds."""
        lost = self.truncated_mass
        total = self.carrier.to_fano(self.sequence.sum(axis=1, keepdims=True))[0]
        tracked = offset * total[0, 0] + float(weights @ np.diagonal(total)[1:])
        best = sum(bounds) / 2.0
        if total[0, 0] > _NEGLIGIBLE:
            best = min(max(tracked / total[0, 0], bounds[0]), bounds[1])
        low = max(tracked + lost * bounds[0], bounds[0])
        high = min(tracked + lost * bounds[1], bounds[1])
        return Estimate(min(low, best), best, max(high, best))
