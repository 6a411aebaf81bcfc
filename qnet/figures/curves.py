"""Curves of numbers over a parameter: intervals as bands or bars, theory dashed, bounds grey.

Each function takes axes and returns them, so that panels can be put together freely. Options are
those of Matplotlib.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from qnet.errors import ParameterError, check_one_of
from qnet.estimate import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "bound",
    "curve",
    "is_empty",
    "log_where_wide",
    "plain_numbers",
    "points",
    "say_empty",
    "theory",
]

#: Positive values that span more than this factor are drawn on a logarithmic axis.
WIDE = 30.0


def curve(ax: Axes, x: ArrayLike, values: Sequence[Estimate], **how: Any) -> Axes:  # noqa: ANN401
    """Draw estimates as a line, and their intervals as a band; exact ones have no band.

    Args:
        ax: Where to draw.
        x: Their places, shape (n,).
        values: As many estimates.
        how: Options of ``Axes.plot``, such as ``label``.

    Raises:
        ParameterError: If there are not as many places as values.

    Examples:
        >>> from matplotlib.figure import Figure
        >>> ax = curve(Figure().subplots(), [1.0, 2.0], [Estimate(1.0, 2.0, 4.0, 9)] * 2)
        >>> len(ax.lines), len(ax.collections)
        (1, 1)
    """
    places, low, best, high = _columns(x, values)
    (line,) = ax.plot(places, best, **how)
    if np.any(low < high):
        ax.fill_between(places, low, high, color=line.get_color(), alpha=0.25, linewidth=0.0)
    return ax


def points(ax: Axes, x: ArrayLike, values: Sequence[Estimate], **how: Any) -> Axes:  # noqa: ANN401
    """Draw estimates as points, and their intervals as bars.

    Args:
        ax: Where to draw.
        x: Their places, shape (n,).
        values: As many estimates.
        how: Options of ``Axes.errorbar``, such as ``label`` (``"95 %"`` unless said).

    Raises:
        ParameterError: If there are not as many places as values.

    Examples:
        >>> from matplotlib.figure import Figure
        >>> ax = points(Figure().subplots(), [1.0], [Estimate(1.0, 2.0, 4.0, 10)])
        >>> ax.containers[0].get_label()
        '95 %'
    """
    places, low, best, high = _columns(x, values)
    with np.errstate(invalid="ignore"):  # an infinite estimate has no bar
        bars = np.array([best - low, high - best])
    ax.errorbar(places, best, yerr=bars, **{"fmt": "o", "capsize": 3, "label": "95 %", **how})
    return ax


def theory(ax: Axes, x: ArrayLike, y: ArrayLike, **how: Any) -> Axes:  # noqa: ANN401
    """Draw a formula: a dashed line in black, behind what was played.

    Args:
        ax: Where to draw.
        x: Places, shape (n,).
        y: Values, shape (n,).
        how: Options of ``Axes.plot``, such as ``label``.

    Examples:
        >>> from matplotlib.figure import Figure
        >>> ax = theory(Figure().subplots(), [0.0, 1.0], [1.0, 0.5])
        >>> ax.lines[0].get_linestyle()
        '--'
    """
    look = {"color": "0.0", "ls": "--", "marker": "", "lw": 1.1, "zorder": 1.8}
    ax.plot(x, y, **{**look, **how})
    return ax


def bound(ax: Axes, x: ArrayLike, y: ArrayLike, **how: Any) -> Axes:  # noqa: ANN401
    """Draw what no link of a kind can pass, such as the PLOB bound: a thick grey line.

    Args:
        ax: Where to draw.
        x: Places, shape (n,).
        y: Values, shape (n,); those that are not finite are left out.
        how: Options of ``Axes.plot``, such as ``label``.

    Examples:
        >>> from matplotlib.figure import Figure
        >>> from qnet.metrics import plob
        >>> eta = [0.1, 0.01]
        >>> bound(Figure().subplots(), [50, 100], plob(eta), label="PLOB").lines[0].get_color()
        '0.6'
    """
    values = np.asarray(y, dtype=float)
    values = np.where(np.isfinite(values), values, np.nan)
    look = {"color": "0.6", "ls": "-", "marker": "", "lw": 2.5, "zorder": 1.0}
    ax.plot(x, values, **{**look, **how})
    return ax


def log_where_wide(ax: Axes, which: str = "both") -> Axes:
    """Give logarithmic scales to axes on which positive values span decades.

    Zeros are left out of the lines then: a line ends where its value vanishes.

    Args:
        ax: Axes with lines or points.
        which: ``x``, ``y`` or ``both``.

    Raises:
        UnknownNameError: If ``which`` is something else.

    Examples:
        >>> from matplotlib.figure import Figure
        >>> ax = theory(Figure().subplots(), [1.0, 2.0], [1.0, 1e-6])
        >>> log_where_wide(ax).get_xscale(), ax.get_yscale()
        ('linear', 'log')
    """
    check_one_of("which", which, ("x", "y", "both"))
    for name in "xy" if which == "both" else which:
        drawn = [np.asarray(getattr(line, f"get_{name}data")(), dtype=float) for line in ax.lines]
        values = np.concatenate([*drawn, np.empty(0)])
        values = values[np.isfinite(values)]
        positive = values[values > 0.0]
        if positive.size and np.all(values >= 0.0) and positive.max() > WIDE * positive.min():
            # Clipped, so that a band goes on down to the edge where its lower end vanishes.
            getattr(ax, f"set_{name}scale")("log", nonpositive="clip")
            for line, own in zip(ax.lines, drawn, strict=True):
                getattr(line, f"set_{name}data")(np.where(own > 0.0, own, np.nan))
    return ax


def is_empty(ax: Axes) -> bool:
    """Whether no value is drawn: no line, bar or area but those across the whole panel.

    Examples:
        >>> from matplotlib.figure import Figure
        >>> ax = Figure().subplots()
        >>> _ = ax.axvline(1.0)
        >>> is_empty(ax), is_empty(theory(ax, [1.0], [2.0]))
        (True, False)
    """
    if ax.collections or ax.images or any(getattr(each, "patches", ()) for each in ax.containers):
        return False
    own = [line for line in ax.lines if line.get_transform() is ax.transData]
    return not any(np.isfinite(line.get_xydata()).all(axis=1).any() for line in own)


def say_empty(figure: Figure, words: str = "no point has a value here") -> None:
    """Say it in every panel of a figure in which no value is drawn.

    Args:
        figure: What is drawn.
        words: What is said.

    Examples:
        >>> from matplotlib.figure import Figure
        >>> figure = Figure()
        >>> ax = figure.subplots()
        >>> say_empty(figure)
        >>> ax.texts[0].get_text()
        'no point has a value here'
    """
    for ax in figure.axes:
        if is_empty(ax):
            how: dict[str, Any] = {"ha": "center", "va": "center", "color": "0.4"}
            ax.text(0.5, 0.5, words, transform=ax.transAxes, **how)


def plain_numbers(axis: Any) -> None:  # noqa: ANN401 - an axis of Matplotlib
    """Write 2, 4, 8 at the ticks of a logarithmic axis, not powers; no ticks between.

    Args:
        axis: Such as ``ax.xaxis``.

    Examples:
        >>> from matplotlib.figure import Figure
        >>> ax = Figure().subplots()
        >>> plain_numbers(ax.xaxis)
        >>> ax.xaxis.get_major_formatter()(16.0)
        '16'
    """
    # Local import: Matplotlib takes long to load.
    from matplotlib.ticker import FuncFormatter, NullLocator

    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_locator(NullLocator())


def _columns(
    x: ArrayLike, values: Sequence[Estimate]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Places, and the ends and middles of the intervals; an endless side is not drawn."""
    places = np.atleast_1d(np.asarray(x))
    if len(places) != len(values):
        hint = "give one place for each value"
        raise ParameterError("x", "have as many places as there are values", len(places), hint)
    low, best, high = (
        np.array([getattr(value, name) for value in values], dtype=float)
        for name in ("low", "best", "high")
    )
    low, high = (np.where(np.isfinite(ends), ends, best) for ends in (low, high))
    return places, low, best, high
