"""Intervals of functions of means by the jackknife.

The interval is that of Student's t with the jackknife's standard error (B. Efron, The Jackknife,
the Bootstrap and Other Resampling Plans, SIAM 1982, doi:10.1137/1.9781611970319).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from qnet.metrics.intervals import t_quantile

__all__ = ["jackknife"]

Array = NDArray[np.float64]

_ALPHA = 0.05

#: Share of a number that sums may be wrong by.
_ROUNDING = 1e-12


def jackknife(of: Callable[[Array], Array], units: Array) -> tuple[float, float, float]:
    """Low, best and high of a function of sums over units.

    Args:
        of: Takes sums (..., k), and gives a value for each.
        units: What each unit counted, (u, k).

    Examples:
        >>> low, best, high = jackknife(lambda x: x[..., 0] / x[..., 1], np.array([[1.0, 2.0]] * 9))
        >>> best, f"{high - low:.0e}"
        (0.5, '1e-12')
    """
    total = units.sum(axis=0)
    best = float(of(total))
    n = len(units)
    if n < 2:
        return -np.inf, best, np.inf
    with np.errstate(divide="ignore", invalid="ignore"):
        without = np.asarray(of(total - units))
    if not np.isfinite(without).all():
        return -np.inf, best, np.inf
    spread = float(np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum()))
    # Sums are rounded: an interval is never narrower than that.
    half = max(t_quantile(n, _ALPHA) * spread, _ROUNDING * abs(best))
    return best - half, best, best + half
