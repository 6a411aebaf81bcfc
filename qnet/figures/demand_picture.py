"""Picture of the demands of a network: a figure of merit of each, with its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from qnet.errors import ParameterError
from qnet.estimate import Estimate
from qnet.figures.curves import WIDE
from qnet.figures.style import COLOURS, axis_label, new_axes, style
from qnet.metrics.figures import Figure as FigureOfMerit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

__all__ = ["draw_demands"]

_WIDTH_IN, _HEIGHT_IN = 7.0, 4.2


def draw_demands(
    found: Mapping[str, Any],
    figure: FigureOfMerit,
    ax: Axes | None = None,
    *,
    title: str = "",
    most: int = 30,
) -> Axes:
    """Draw a figure of merit of each demand: points below each other, bars for the intervals.

    Where values span decades, their axis is logarithmic, and those that are zero stand at its edge.

    Args:
        found: Name of each demand -> its `Estimate`; what is none, or several numbers, is not
            drawn.
        figure: Which figure of merit it is.
        ax: Where to draw; a new figure when None.
        title: What stands above.
        most: Most demands that are drawn, those with the most first.

    Raises:
        ParameterError: If no demand has a number.

    Examples:
        >>> from matplotlib.figure import Figure
        >>> from qnet.metrics.figures import FIGURES
        >>> rates = {"A - B": Estimate(1.0, 2.0, 3.0, 9), "A - C": None}
        >>> ax = draw_demands(rates, FIGURES["rate_hz"], Figure().subplots())
        >>> ax.get_xlabel(), [label.get_text() for label in ax.get_yticklabels()]
        ('rate (Hz)', ['A - B'])
    """
    known = {
        name: value
        for name, value in found.items()
        if isinstance(value, Estimate) and np.isfinite(value.best)
    }
    if not known:
        hint = "choose another: fidelity and key rate are known where pairs were delivered"
        raise ParameterError("figure", "be known of some demand", figure.name, hint)
    names = list(known)
    if len(names) > most:
        names = sorted(names, key=lambda name: -known[name].best)[:most]
        title += f"; the {most} of {len(known)} demands with the most"
    with style():
        ax = new_axes(_WIDTH_IN, _HEIGHT_IN) if ax is None else ax
        for place, name in enumerate(names):
            value = known[name]
            ends = [[value.best - value.low], [value.high - value.best]]
            bars = np.where(np.isfinite(ends), ends, 0.0)
            how: dict[str, Any] = {"fmt": "o", "color": COLOURS[0], "capsize": 3}
            ax.errorbar([value.best], [place], xerr=bars, **how)
        _scale(ax, [known[name].best for name in names])
        ax.set_yticks(range(len(names)), names)
        ax.set_ylim(len(names) - 0.5, -0.5)
        ax.set_xlabel(axis_label(figure.title, figure.unit))
        ax.set_title(title, fontsize="small", wrap=True, parse_math=False)
    return ax


def _scale(ax: Axes, values: list[float]) -> None:
    """A logarithmic axis where values span decades, else one that begins at zero if it is near."""
    positive = [value for value in values if value > 0.0]
    if len(positive) > 1 and max(positive) > WIDE * min(positive):
        ax.set_xscale("log", nonpositive="clip")
    elif min(values) >= 0.0:
        ax.set_xlim(left=0.0)
