"""Quantiles behind the intervals."""

from __future__ import annotations

from qnet.errors import ParameterError, check_real

__all__ = ["MANY", "exponential_interval", "significance", "t_quantile"]

MANY = 100
"""From this number of samples on, means of skewed times are taken to be normal."""


def significance(confidence: float) -> float:
    """One minus the confidence.

    Raises:
        ParameterError: If the confidence is not strictly between 0 and 1.

    Examples:
        >>> significance(0.75)
        0.25
    """
    value = check_real("confidence", confidence, "0.95 is usual")
    if not 0.0 < value < 1.0:
        raise ParameterError("confidence", "lie between 0 and 1", confidence, "0.95 is usual")
    return 1.0 - value


def t_quantile(n: int, alpha: float) -> float:
    """Two-sided quantile of Student's t for the mean of ``n`` samples.

    Examples:
        >>> round(t_quantile(11, 0.05), 4)
        2.2281
    """
    from scipy.special import stdtrit

    return float(stdtrit(n - 1, 1.0 - alpha / 2.0))


def exponential_interval(n: int, alpha: float) -> tuple[float, float]:
    """Exact interval of the mean of an exponential variable, in units of the mean of ``n`` samples.

    The sum of the samples is gamma distributed with shape ``n``.

    Examples:
        >>> low, high = exponential_interval(10, 0.05)
        >>> round(low, 4), round(high, 4)
        (0.5853, 2.0853)
    """
    from scipy.special import gammaincinv

    low = n / float(gammaincinv(n, 1.0 - alpha / 2.0))
    return low, n / float(gammaincinv(n, alpha / 2.0))
