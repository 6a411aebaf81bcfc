"""Picture of a result: when pairs are delivered, or its figures of merit with their intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from qnet.errors import ParameterError
from qnet.estimate import Estimate
from qnet.figures.style import COLOURS, axis_label, new_axes, style, time_unit
from qnet.metrics.figures import Figure as FigureOfMerit, rows_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

    from qnet.metrics.figures import Value
    from qnet.states.pauli import Array

__all__ = ["draw_distribution", "draw_figures", "draw_result"]

#: Deliveries later than all but this share of them are left out of a picture.
_TAIL = 1e-3

_WIDTH_IN, _HEIGHT_IN = 7.0, 4.2


class TableOfFigures(Protocol):
    """A result with a table of figures of merit."""

    def table(self, place: str | None = None) -> dict[FigureOfMerit, Value]:
        """The figures that are shown in a place; all of them when None."""


def draw_result(result: TableOfFigures, ax: Axes | None = None) -> Axes:
    """Draw a result: the distribution of its delivery time where it has one, else its figures.

    Args:
        result: What an engine found, or a run of key distribution.
        ax: Where to draw; a new figure when None. A table of figures has axes of its own beside.

    Examples:
        >>> from matplotlib.figure import Figure
        >>> from qnet import Abstract, play
        >>> link = Abstract(success_probability=0.5).link()
        >>> draw_result(play(link, engine="exact"), Figure().subplots()).get_ylabel()
        'probability'
    """
    found: Mapping[str, Array] = getattr(result, "distribution", dict)()
    title = getattr(result, "provenance", "")
    with style():
        ax = new_axes(_WIDTH_IN, _HEIGHT_IN) if ax is None else ax
        if found:
            draw_distribution(ax, found, getattr(result, "delivery_time_s", Estimate.exact(np.inf)))
        else:
            draw_figures(ax, result.table("text"))
        ax.set_title(title, fontsize="small", wrap=True, parse_math=False)
    return ax


def draw_distribution(ax: Axes, found: Mapping[str, Array], mean: Estimate) -> Axes:
    """Draw the probability of delivery by a time, and the mean time with its interval.

    Args:
        ax: Where to draw.
        found: Times in s as ``time_s`` and probabilities up to each as ``cumulative``, shape (n,).
        mean: Mean delivery time in s.

    Examples:
        >>> from matplotlib.figure import Figure
        >>> law = {"time_s": np.array([1.0, 2.0]), "cumulative": np.array([0.5, 1.0])}
        >>> draw_distribution(Figure().subplots(), law, Estimate.exact(1.5)).get_xlabel()
        'time to a delivered pair (s)'
    """
    times, upto = found["time_s"], found["cumulative"]
    last = int(np.searchsorted(upto, upto[-1] * (1.0 - _TAIL))) + 1
    length, symbol = time_unit(float(times[min(last, len(times)) - 1]))
    at, share = times[:last] / length, upto[:last]
    ax.step(at, share, where="post", color=COLOURS[0], marker="", label="delivered by then")
    if np.isfinite(mean.best):
        ax.axvline(mean.best / length, color=COLOURS[2], ls="--", marker="", label="mean")
        if mean.low < mean.high < np.inf:
            ends = mean.low / length, mean.high / length
            ax.axvspan(*ends, color=COLOURS[2], alpha=0.25, lw=0.0)
    ax.set(xlim=(0.0, None), ylim=(0.0, 1.02))
    ax.set_xlabel(axis_label("time to a delivered pair", symbol))
    ax.set_ylabel("probability")
    ax.legend(loc="lower right", fontsize="small")
    return ax


def draw_figures(ax: Axes, table: Mapping[FigureOfMerit, Value]) -> Axes:
    """Draw figures of merit below each other: bars over their best values, in per cent of them.

    Figures of different units share no axis: each has its value and unit beside its name, and the
    axis shows how wide its interval is. Those that are zero, not known or endless are left out.

    Args:
        ax: Where to draw.
        table: As a result gives it.

    Raises:
        ParameterError: If there is nothing to draw.

    Examples:
        >>> from matplotlib.figure import Figure
        >>> from qnet.metrics.figures import FIGURES
        >>> table = {FIGURES["rate_hz"]: Estimate(9.0, 10.0, 12.0, 50)}
        >>> ax = draw_figures(Figure().subplots(), table)
        >>> [label.get_text() for label in ax.get_yticklabels()]
        ['rate: 10.0 [9.0, 12.0] Hz']
    """
    shown = []
    for figure, title, value in rows_of(table):
        found = value if isinstance(value, Estimate) else Estimate.exact(value)
        if found.best != 0.0 and np.isfinite([found.low, found.best, found.high]).all():
            shown.append((" ".join(filter(None, [f"{title}: {found}", figure.unit])), found))
    if not shown:
        hint = "look at result.reason"
        raise ParameterError("the result", "have a figure that is not zero", "none", hint)
    for place, (_, found) in enumerate(shown):
        relative = [100.0 * (end / found.best - 1.0) for end in (found.low, found.high)]
        low, high = sorted(relative)
        how: dict[str, Any] = {"fmt": "o", "color": COLOURS[0], "capsize": 3}
        ax.errorbar([0.0], [place], xerr=[[-low], [high]], **how)
    ax.axvline(0.0, color="0.6", lw=0.8, ls="-", marker="", zorder=0.5)
    ax.set_yticks(range(len(shown)), [words for words, _ in shown])
    ax.set_ylim(len(shown) - 0.5, -0.5)
    ax.set_xlabel(axis_label("interval about the value", "%"))
    return ax
