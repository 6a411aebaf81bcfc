"""Sampled numbers in figures: never without their interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from qnet.estimate import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["error_bars"]


def error_bars(
    ax: Axes,
    x: ArrayLike,
    estimates: Sequence[Estimate],
    **how: Any,  # noqa: ANN401 - options of Matplotlib
) -> None:
    """Draw estimates as points with their intervals as bars.

    Args:
        ax: Where to draw.
        x: Their places.
        estimates: As many.
        how: Options of ``Axes.errorbar``.

    Examples:
        >>> from matplotlib.figure import Figure
        >>> ax = Figure().subplots()
        >>> error_bars(ax, [1.0], [Estimate(1.0, 2.0, 4.0, 10)])
        >>> ax.containers[0].get_label()
        '95 %'
    """
    best = np.array([estimate.best for estimate in estimates])
    ends = np.array([[estimate.low, estimate.high] for estimate in estimates]).T
    bars = np.abs(ends - best)
    ax.errorbar(x, best, yerr=bars, **{"fmt": "o", "capsize": 3, "label": "95 %", **how})
