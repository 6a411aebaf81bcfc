"""Exponential decay of a contrast over delays: its time constant by weighted least squares of logs.

``ln c(t) = ln c_0 - t/T`` is linear in 1/T, so that its interval is normal, and that of T its
inverse. The weights are the inverse covariance of the logarithms: of the counts, of the readout
errors that all delays share, or of the standard errors that are given.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from protocols.characterisation.measured import MeasuredValue, normal_quantile
from qnet.estimate import Estimate
from qnet.metrics.intervals import t_quantile

__all__ = ["FittedDecay", "fit_decay"]

Array = NDArray[np.float64]

#: Fits, each with the weights that the one before says: a contrast that came out small by chance
#: would else have too little weight.
_ROUNDS = 4

#: No contrast is known better than this, however much is counted.
_LEAST = 1e-6

#: What rounding leaves of a decay where there is none.
_ROUNDING = 1e-10


@dataclass(frozen=True, slots=True)
class FittedDecay:
    """What a fit says of an exponential decay.

    Args:
        rate_hz: Its rate 1/T, zero or below where nothing decays.
        rate_error_hz: Standard error of the rate; None where the data say nothing of it.
        quantile: Two-sided quantile of the interval of the rate, in standard errors.
        start: Contrast at no delay.
    """

    rate_hz: float
    rate_error_hz: float | None
    quantile: float
    start: float

    def time(self, n: int) -> MeasuredValue:
        """The time constant in s; infinite where nothing decays.

        Args:
            n: Number of counts behind it.
        """
        best = _over(self.rate_hz)
        if self.rate_error_hz is None:
            return MeasuredValue(Estimate(0.0, best, math.inf, n), None)
        half = self.quantile * self.rate_error_hz
        ends = Estimate(_over(self.rate_hz + half), best, _over(self.rate_hz - half), n)
        error = self.rate_error_hz * best**2 if math.isfinite(best) else None
        return MeasuredValue(ends, error)

    def drawn_times(self, generator: np.random.Generator, draws: int) -> Array:
        """Time constants (draws,) as repetitions would find them."""
        error = self.rate_error_hz or 0.0
        rates = self.rate_hz + error * generator.standard_normal(draws)
        return np.where(rates > 0.0, 1.0 / np.where(rates > 0.0, rates, 1.0), math.inf)


def _over(rate_hz: float) -> float:
    return 1.0 / rate_hz if rate_hz > 0.0 else math.inf


def fit_decay(
    times_s: Array, contrasts: Array, covariance: Array | None, alpha: float
) -> FittedDecay:
    """Fit an exponential decay to contrasts.

    Args:
        times_s: Delays (k,) in s, at least two of them different.
        contrasts: Contrasts (k,) after them, all positive.
        covariance: Of the contrasts, (k, k); None where nothing is known of their errors: the
            scatter about the fit then says how large they are, if there are three or more.
        alpha: One minus the confidence of the interval.

    Examples:
        >>> pair = np.array([20e-6, 100e-6]), np.array([0.81, 0.55])
        >>> round(1.0 / fit_decay(*pair, None, 0.05).rate_hz, 12)
        0.000206656419
    """
    unit_s = float(np.ptp(times_s))
    design = np.stack([np.ones_like(times_s), -times_s / unit_s], axis=1)
    logs, fitted = np.log(contrasts), contrasts
    least = _LEAST**2 * np.eye(len(logs))
    for _ in range(_ROUNDS):
        known = np.eye(len(logs))
        if covariance is not None:
            known = (covariance + least) / np.outer(fitted, fitted)
        weighted = np.linalg.solve(known, design)
        spread = np.linalg.inv(design.T @ weighted)
        found = spread @ weighted.T @ logs
        fitted = np.exp(design @ found)
    error: float | None = math.sqrt(float(spread[1, 1]))
    quantile = normal_quantile(alpha)
    if covariance is None:
        free = len(logs) - 2
        scatter = float(np.sum((logs - design @ found) ** 2))
        error = None if free == 0 else math.sqrt(float(spread[1, 1]) * scatter / free)
        quantile = t_quantile(free + 1, alpha) if free else math.inf
    rate_error = None if error is None else error / unit_s
    decay = float(found[1]) if abs(found[1]) > _ROUNDING else 0.0
    return FittedDecay(decay / unit_s, rate_error, quantile, math.exp(float(found[0])))
