"""Estimates with intervals, from sample moments: times, rates, fidelities, error rates.

Every function returns an `Estimate`; the interval has 95 % confidence unless said. What it rests
on:

- **State quantities** (fidelity, error rates) are bounded and linear in the mean state: Student's
  t. When all samples are equal, a spread of zero proves nothing: the share of samples that differ
  from the common value is at most ``1 - (alpha/2)^(1/n)`` (Clopper-Pearson with zero events), and
  the bounds of the quantity limit what those could do. When the state does not depend on the
  timeline at all, say so (``Moments.fixed``): the number is then exact. With tens of samples,
  Student's t for a skewed quantity falls short of its confidence by a few percent; so it does when
  the spread comes from about ten rare events.
- **Times** are positive and skewed, so Student's t falls shorter still. Below 100 samples, or when
  they are all equal, the interval is the exact one of an exponential distribution, on a logarithmic
  axis stretched by the coefficient of variation where that is above one: nominal for exponential
  times, conservative for less dispersed ones, such as the maximum of geometric ones. Above,
  Student's t.
- **Key rates** have their own module, `qnet.metrics.key_statistics`.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from qnet.errors import ParameterError, check_at_least, check_integer, check_one_of, check_real
from qnet.estimate import Estimate
from qnet.metrics.intervals import MANY, exponential_interval, significance, t_quantile
from qnet.metrics.moments import Moments, correlator_weights, error_rate_weights

__all__ = [
    "fidelity_estimate",
    "linear_estimate",
    "mean_estimate",
    "proportion_estimate",
    "qber_estimate",
    "rate_estimate",
]


def mean_estimate(moments: Moments, column: int = 0, *, confidence: float = 0.95) -> Estimate:
    """Mean of a positive, possibly skewed quantity: a delivery time, a number of attempts.

    Args:
        moments: The samples.
        column: Which column; 0 is the delivery time.
        confidence: Confidence of the interval.

    Returns:
        The mean, in the unit of the column.

    Raises:
        ParameterError: If there is no sample, no such column, or the mean is negative.

    Examples:
        >>> samples = np.random.default_rng(1).exponential(2.0, size=(10_000, 1))
        >>> print(mean_estimate(Moments.from_samples(samples)))
        2.002 [1.963, 2.042]
        >>> print(mean_estimate(Moments.from_samples([[2.0]] * 10)))
        2.0 [1.2, 4.2]
    """
    alpha = significance(confidence)
    n = check_integer("n", moments.n, 1, "draw more samples")
    if not 0 <= column < moments.columns:
        hint = f"there are {moments.columns} columns, counted from 0"
        raise ParameterError("column", "exist", column, hint)
    mean = check_at_least("mean", float(moments.mean[column]), 0.0, "times are not negative")
    if moments.fixed[column]:
        return Estimate.exact(mean)
    if mean == 0.0:
        return Estimate(0.0, 0.0, math.inf, n)
    deviation = moments.deviation(np.eye(moments.columns)[column]) if n > 1 else 0.0
    if n >= MANY and deviation > 0.0:
        half = t_quantile(n, alpha) * deviation / math.sqrt(n)
        return Estimate(max(0.0, mean - half), mean, mean + half, n)
    low, high = exponential_interval(n, alpha)
    stretch = max(1.0, deviation / mean)
    return Estimate(mean * low**stretch, mean, mean * high**stretch, n)


def rate_estimate(moments: Moments, *, confidence: float = 0.95) -> Estimate:
    """Delivery rate: one over the mean delivery time (column 0), in 1/s when the time is in s.

    Args:
        moments: The samples.
        confidence: Confidence of the interval.

    Returns:
        The rate; its interval is the inverse of that of the mean time.

    Raises:
        ParameterError: As in `mean_estimate`.

    Examples:
        >>> print(rate_estimate(Moments.from_samples([[0.5]] * 10, fixed=[True])))
        2
    """
    return mean_estimate(moments, 0, confidence=confidence).inverse()


def linear_estimate(
    moments: Moments,
    weights: ArrayLike,
    offset: float = 0.0,
    *,
    bounds: tuple[float, float] = (0.0, 1.0),
    confidence: float = 0.95,
) -> Estimate:
    """A bounded quantity that is linear in the mean of the columns: ``offset + weights . mean``.

    Args:
        moments: The samples.
        weights: Shape (k,): one weight per column.
        offset: The constant term.
        bounds: Interval in which the quantity lies for every single sample.
        confidence: Confidence of the interval.

    Returns:
        The estimate, clipped to the bounds; one sample says nothing about the interval, which is
        then all of them.

    Raises:
        ParameterError: If there is no sample, or the weights do not fit.

    Examples:
        >>> moments = Moments.from_samples([[1.0, 0.9]] * 1000)
        >>> print(linear_estimate(moments, [0, 1]))
        0.9000 [0.8967, 0.9004]
        >>> fixed = Moments.from_samples([[1.0, 0.9]] * 1000, fixed=[False, True])
        >>> print(linear_estimate(fixed, [0, 1]))
        0.9
    """
    alpha = significance(confidence)
    low, high = bounds
    vector = np.asarray(weights, dtype=np.float64)
    if vector.shape != (moments.columns,):
        hint = f"give one weight for each of the {moments.columns} columns"
        raise ParameterError("weights", "fit the columns", vector.shape, hint)
    exact = moments.is_fixed(vector)
    n = check_integer("n", moments.n, 1, "draw more samples")
    value = min(max(check_real("offset", offset) + float(vector @ moments.mean), low), high)
    if exact:
        return Estimate.exact(value)
    if n == 1:
        return Estimate(low, value, high, 1)
    deviation = moments.deviation(vector)
    if deviation == 0.0:
        differing = 1.0 - (alpha / 2.0) ** (1.0 / n)
        down, up = differing * (value - low), differing * (high - value)
        return Estimate(value - down, value, value + up, n)
    half = t_quantile(n, alpha) * deviation / math.sqrt(n)
    return Estimate(max(low, value - half), value, min(high, value + half), n)


def fidelity_estimate(moments: Moments, *, confidence: float = 0.95) -> Estimate:
    """Mean fidelity with Phi+: ``(1 + R_xx - R_yy + R_zz)/4``.

    Args:
        moments: Samples in one of the two layouts of `Moments`.
        confidence: Confidence of the interval.

    Returns:
        The fidelity, between 0 and 1.

    Raises:
        ParameterError: As in `linear_estimate`, or if the layout is unknown.

    Examples:
        >>> moments = Moments.from_samples([[1.0, 0.9, -0.9, 0.9], [2.0, 0.8, -0.8, 0.8]] * 500)
        >>> print(fidelity_estimate(moments))
        0.8875 [0.8852, 0.8898]
    """
    weights = correlator_weights(moments.columns, [0.25, -0.25, 0.25])
    return linear_estimate(moments, weights, 0.25, confidence=confidence)


def qber_estimate(moments: Moments, basis: str = "Z", *, confidence: float = 0.95) -> Estimate:
    """Mean quantum bit error rate of the pair against Phi+, measured in one basis.

    Args:
        moments: Samples in one of the two layouts of `Moments`.
        basis: ``"X"``, ``"Y"`` or ``"Z"``, on both sides.
        confidence: Confidence of the interval.

    Returns:
        The error rate: ``(1 - R_xx)/2``, ``(1 + R_yy)/2`` or ``(1 - R_zz)/2``.

    Raises:
        ParameterError: As in `linear_estimate`, or if the layout is unknown.
        UnknownNameError: If the basis does not exist.

    Examples:
        >>> moments = Moments.from_samples([[1.0, 0.9, -0.9, 0.9], [2.0, 0.8, -0.8, 0.8]] * 500)
        >>> print(qber_estimate(moments, "X"))
        0.0750 [0.0734, 0.0766]
    """
    axis = "XYZ".index(check_one_of("basis", basis, "XYZ"))
    return linear_estimate(
        moments,
        error_rate_weights(moments.columns)[axis],
        0.5,
        confidence=confidence,
    )


def proportion_estimate(events: int, trials: int, *, confidence: float = 0.95) -> Estimate:
    """A probability from ``events`` among ``trials``: Clopper and Pearson's exact interval.

    Biometrika 26, 404 (1934), doi:10.1093/biomet/26.4.404. Never below its confidence, also at zero
    events.

    Args:
        events: How often it happened.
        trials: How often it could have.
        confidence: Confidence of the interval.

    Returns:
        The probability.

    Raises:
        ParameterError: If there is no trial, or more events than trials.

    Examples:
        >>> print(proportion_estimate(0, 100))
        0.000 [0.000, 0.036]
    """
    alpha = significance(confidence)
    n = check_integer("trials", trials)
    k = check_integer("events", events, 0)
    if k > n:
        raise ParameterError("events", f"be at most {n}, the trials", k, "count each trial once")
    low = 0.0 if k == 0 else _beta_quantile(k, n - k + 1, alpha / 2.0)
    high = 1.0 if k == n else _beta_quantile(k + 1, n - k, 1.0 - alpha / 2.0)
    return Estimate(low, k / n, high, n)


def _beta_quantile(a: int, b: int, probability: float) -> float:
    """Quantile of the beta distribution, held against the distribution itself.

    SciPy's inverse is far off, and says nothing, where one parameter is 1000 and the other above
    10^7.
    """
    from scipy.special import betainc, betaincinv

    found = float(betaincinv(a, b, probability))
    slack = 1e-6 * min(probability, 1.0 - probability)
    if abs(float(betainc(a, b, found)) - probability) <= slack:
        return found
    # The distribution rises: halve, in the logarithm, what is certain to hold the quantile.
    low, high = math.log(math.ulp(0.0)), 0.0
    while high - low > 1e-15 * abs(low):
        middle = (low + high) / 2.0
        if not low < middle < high:
            break
        below = float(betainc(a, b, math.exp(middle))) < probability
        low, high = (middle, high) if below else (low, middle)
    return math.exp(high)
