"""Power curves: the probability that a test notices an attack, over the amount of data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from qnet.errors import ParameterError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["power_curve"]


def power_curve(
    ax: Axes,
    trials: ArrayLike,
    powers: ArrayLike,
    *,
    wanted: float | None = None,
    first: int | None = None,
    safe: int | None = None,
    label: str = "power",
) -> Axes:
    """Draw the power of a test over its number of trials, with what is asked of it.

    The power of an exact test is a saw: where one more trial raises the threshold, it drops.

    Args:
        ax: Where to draw.
        trials: Numbers of trials, shape (n,).
        powers: Probability of an alarm under attack, shape (n,).
        wanted: Power that is asked for: a dashed line.
        first: First number of trials that has it: a dotted line.
        safe: Number from which every larger one has it: another.
        label: Of the curve.

    Raises:
        ParameterError: If there are not as many powers as numbers of trials.

    Examples:
        >>> from matplotlib.figure import Figure
        >>> ax = power_curve(Figure().subplots(), [1, 2], [0.1, 0.2], wanted=0.9, first=9, safe=11)
        >>> len(ax.lines), ax.get_ylabel()
        (4, 'probability of an alarm')
    """
    places, values = np.asarray(trials, dtype=float), np.asarray(powers, dtype=float)
    if places.shape != values.shape:
        rule = "have as many powers as numbers of trials"
        raise ParameterError("powers", rule, values.shape, f"give {places.size} of them")
    ax.plot(places, values, marker="", linestyle="-", label=label)
    if wanted is not None:
        ax.axhline(wanted, color="0.0", ls="--", marker="", lw=1.1, label=f"wanted: {wanted:g}")
    for name, place, dashes in (("first", first, ":"), ("safe", safe, "-.")):
        if place is not None:
            text = f"{name} n: {place}"
            ax.axvline(place, color="0.4", ls=dashes, marker="", lw=1.1, label=text)
    ax.set_ylim(0.0, 1.02)
    ax.set_ylabel("probability of an alarm")
    ax.legend(loc="lower right")
    return ax
