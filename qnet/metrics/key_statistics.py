"""Key rates with intervals, from sample moments.

The key rate is ``r(u)/E[T]``: ``u`` are the error rates or Bell populations of the mean state,
``r`` the fraction before it is clipped at zero, ``T`` the delivery time. Two intervals are at hand:

- The joint **delta method**, where ``r/T`` is as good as linear over the width of the interval. It
  is trusted when there are 100 samples or more, every fluctuating quantity has a spread, and, along
  each principal axis of the covariance of the means, the second-order change of ``r/T`` over the
  half-width is small against the first-order one, the sum below a tenth. Slopes are secants over
  that width.
- **Simultaneous intervals** of all ``u`` and of ``T`` (Bonferroni), pushed through ``r/T``: where
  an error rate is near zero (the entropy has infinite slope there), where samples are few or have
  no spread. The ends are bounds on ``r`` over the states of that box (see ``KeyProtocol``). Wider
  than need be.

Clipping at zero comes last and keeps the confidence, for it is monotone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qnet.errors import ParameterError, check_at_least, check_integer, check_one_of
from qnet.estimate import Estimate
from qnet.metrics.arrays import FloatArray
from qnet.metrics.intervals import MANY, significance, t_quantile
from qnet.metrics.key_rate import KEY_PROTOCOLS, KeyProtocol
from qnet.metrics.moments import Moments, error_rate_weights
from qnet.metrics.statistics import linear_estimate, mean_estimate

__all__ = ["pushed_key_rate", "secret_key_fraction_estimate", "secret_key_rate_estimate"]

_NEARLY_LINEAR = 0.1
"""Largest share of the half-width that curvature may contribute under the delta method."""


def secret_key_fraction_estimate(
    moments: Moments,
    *,
    protocol: str = "bb84",
    error_correction_efficiency: float = 1.0,
    confidence: float = 0.95,
) -> Estimate:
    """Secret bits per delivered pair of the mean state; see `secret_key_fraction`.

    Args:
        moments: Samples in one of the two layouts of `Moments`.
        protocol: A name in ``KEY_PROTOCOLS``.
        error_correction_efficiency: Bits announced per Shannon bit, 1 or more.
        confidence: Confidence of the interval.

    Returns:
        The fraction, between 0 and 1.

    Raises:
        ParameterError: As in `secret_key_rate_estimate`.

    Examples:
        >>> moments = Moments.from_samples([[1.0, 0.9, -0.9, 0.9], [2.0, 0.8, -0.8, 0.8]] * 500)
        >>> print(secret_key_fraction_estimate(moments))
        0.231 [0.220, 0.243]
    """
    without_time = Moments(
        n=moments.n,
        mean=np.concatenate([[1.0], moments.mean[1:]]),
        scatter=np.pad(moments.scatter[1:, 1:], ((1, 0), (1, 0))),
        fixed=(True, *moments.fixed[1:]),
    )
    return secret_key_rate_estimate(
        without_time,
        protocol=protocol,
        error_correction_efficiency=error_correction_efficiency,
        confidence=confidence,
    )


def secret_key_rate_estimate(
    moments: Moments,
    *,
    protocol: str = "bb84",
    error_correction_efficiency: float = 1.0,
    confidence: float = 0.95,
) -> Estimate:
    """Secret bits per second: the fraction of the mean state over the mean delivery time.

    Delta method where it can be trusted, else simultaneous intervals; see the head of this module.

    Args:
        moments: Samples in one of the two layouts of `Moments`; column 0 in seconds.
        protocol: A name in ``KEY_PROTOCOLS``.
        error_correction_efficiency: Bits announced per Shannon bit, 1 or more.
        confidence: Confidence of the interval.

    Returns:
        The key rate in 1/s, zero or more.

    Raises:
        ParameterError: If there is no sample, the layout is unknown, the mean time is not positive,
            or the efficiency is below one.
        UnknownNameError: If the protocol does not exist.

    Examples:
        >>> samples = [[1.0, 0.9, -0.9, 0.9], [2.0, 0.9, -0.9, 0.9]] * 500
        >>> moments = Moments.from_samples(samples, fixed=[False, True, True, True])
        >>> print(secret_key_rate_estimate(moments))
        0.2848 [0.2790, 0.2908]
    """
    alpha = significance(confidence)
    rule = KEY_PROTOCOLS[check_one_of("protocol", protocol, KEY_PROTOCOLS)]
    efficiency = check_at_least(
        "error_correction_efficiency", error_correction_efficiency, 1.0, "1 is the Shannon limit"
    )
    state_is_fixed = all(map(moments.is_fixed, _coordinate_weights(moments, rule)))
    check_integer("n", moments.n, 1, "draw more samples")
    if moments.mean[0] <= 0.0:
        hint = "column 0 is the delivery time"
        raise ParameterError("mean time", "be positive", float(moments.mean[0]), hint)
    interval = None
    if not state_is_fixed:
        interval = _delta_interval(moments, rule, efficiency, alpha)
    if interval is None:
        interval = _simultaneous_interval(moments, rule, efficiency, alpha)
    return interval.map(lambda rate: max(0.0, rate))


def _delta_interval(
    moments: Moments, rule: KeyProtocol, efficiency: float, alpha: float
) -> Estimate | None:
    """The joint delta method for ``r(u)/T``, not clipped; None where it is not trusted."""
    n = moments.n
    if n < MANY:
        return None
    # Quantities: time relative to its mean, then u.
    weights = np.vstack([np.zeros(moments.columns), _coordinate_weights(moments, rule)])
    weights[0, 0] = 1.0 / moments.mean[0]
    weights[[moments.is_fixed(row) for row in weights]] = 0.0
    covariance = weights @ moments.covariance() @ weights.T
    if any(row.any() and moments.deviation(row) == 0.0 for row in weights):
        return None
    u_mean = _coordinate_means(moments, rule)

    def rate(steps: FloatArray) -> FloatArray:
        fraction = rule.unclipped(u_mean + steps[:, 1:], efficiency)
        return fraction / (moments.mean[0] * (1.0 + steps[:, 0]))

    variances, axes = np.linalg.eigh(covariance / n)
    steps = t_quantile(n, alpha) * axes.T * np.sqrt(np.maximum(variances, 0.0))[:, np.newaxis]
    if not rule.contains(np.vstack([u_mean + steps[:, 1:], u_mean - steps[:, 1:]])):
        return None
    best = float(rate(np.zeros((1, len(weights))))[0])
    above, below = rate(steps), rate(-steps)
    half = float(np.linalg.norm(above - below)) / 2.0
    curvature = float(np.abs(above + below - 2.0 * best).sum()) / 2.0
    if curvature > _NEARLY_LINEAR * half:
        return None
    return Estimate(best - half, best, best + half, n)


def _simultaneous_interval(
    moments: Moments,
    rule: KeyProtocol,
    efficiency: float,
    alpha: float,
) -> Estimate:
    """Bonferroni intervals of every ``u`` and of ``T``, pushed through ``r(u)/T``."""
    weights = _coordinate_weights(moments, rule)
    offsets = _coordinate_means(moments, rule) - weights @ moments.mean
    fluctuating = sum(not moments.is_fixed(row) for row in weights) + (not moments.fixed[0])
    confidence = 1.0 - alpha / max(1, fluctuating)
    time = mean_estimate(moments, 0, confidence=confidence)
    box = [
        linear_estimate(moments, row, offset, confidence=confidence)
        for row, offset in zip(weights, offsets, strict=True)
    ]
    n = moments.n if fluctuating else 0
    return pushed_key_rate(box, time, rule, efficiency, n)


def pushed_key_rate(
    box: Sequence[Estimate], time: Estimate, rule: KeyProtocol, efficiency: float, n: int = 0
) -> Estimate:
    """Key rate ``r(u)/T`` from simultaneous intervals of every ``u`` and of ``T``.

    Args:
        box: One estimate per coordinate of the protocol.
        time: The mean delivery time.
        rule: The protocol.
        efficiency: Error-correction efficiency, 1 or more.
        n: Sample size behind the estimates.

    Returns:
        The key rate, zero or more, with an interval that holds whenever those given do.
    """
    best = float(rule.unclipped(np.array([u.best for u in box]), efficiency))
    low_u, high_u = (np.array([getattr(u, end) for u in box]) for end in ("low", "high"))
    # Nothing that is known outright gets a width from rounding.
    known = np.array_equal(low_u, high_u)
    lowest, highest = (best, best) if known else rule.bounds(low_u, high_u, efficiency)
    low, middle, high = (max(0.0, r) for r in (min(lowest, best), best, max(highest, best)))
    per_time = time.inverse()
    return Estimate(
        low * per_time.low,
        middle * per_time.best,
        0.0 if high == 0.0 else high * per_time.high,
        n,
    )


def _coordinate_weights(moments: Moments, rule: KeyProtocol) -> FloatArray:
    """Shape (m, k): the coordinates ``u`` of the protocol, but for a constant."""
    return np.array(rule.coordinates) @ error_rate_weights(moments.columns)


def _coordinate_means(moments: Moments, rule: KeyProtocol) -> FloatArray:
    """Shape (m,): the coordinates ``u`` of the mean state."""
    error_rates = 0.5 + error_rate_weights(moments.columns) @ moments.mean
    u: FloatArray = np.array(rule.coordinates) @ error_rates
    return np.maximum(u, 0.0)
