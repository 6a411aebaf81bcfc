"""The style of every figure of this package: readable in black and white, and in small print."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from warnings import catch_warnings, filterwarnings

from qnet.figures.media import medium_named

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "COLOURS",
    "LINES",
    "any_letters",
    "axis_label",
    "look",
    "new_axes",
    "style",
    "time_unit",
]

#: Colours of rising lightness, so that grey print and colour-blind eyes tell them apart, as
#: simulated after Machado et al., IEEE Trans. Vis. Comput. Graph. 15, 1291 (2009).
COLOURS = ("#00204d", "#26507f", "#2f7f7c", "#7f9426", "#ddae36")

#: Dashes that differ, for as many lines as there are colours.
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
_MARKERS = ("o", "s", "^", "D", "v", "P")

#: So many lines differ in colour or marker before they repeat.
_DIFFERENT = len(COLOURS) * len(_MARKERS)

_SETTINGS = {
    "figure.dpi": 100,
    "savefig.dpi": 200,
    "figure.constrained_layout.use": True,
    "font.size": 10.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "axes.titlesize": "medium",
    "legend.frameon": False,
    "lines.linewidth": 1.5,
    "lines.markersize": 4.5,
}

_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))


@contextmanager
def any_letters() -> Iterator[None]:
    """Save what is inside without a word about letters that the font lacks: boxes stand for them.

    Examples:
        >>> from matplotlib.figure import Figure
        >>> figure = Figure()
        >>> _ = figure.suptitle("\N{COLLISION SYMBOL}")
        >>> with any_letters():
        ...     figure.canvas.draw()
    """
    with catch_warnings():
        filterwarnings("ignore", message=r"Glyph \d+", category=UserWarning)
        yield


@contextmanager
def style(medium: str | None = None) -> Iterator[None]:
    """Draw what is inside in the style of this package.

    Lines differ in lightness, dashes and markers; there is no box and no grid.

    Args:
        medium: ``column``, ``page`` or ``slides``: with the letters and lines that suit it.

    Raises:
        UnknownNameError: If there is no such medium.

    Examples:
        >>> import matplotlib
        >>> with style():
        ...     print(matplotlib.rcParams["legend.frameon"])
        False
    """
    # Local imports: Matplotlib takes long to load, and only figures need it.
    from cycler import cycler
    from matplotlib import interactive, is_interactive, rc_context

    settings = _SETTINGS if medium is None else _SETTINGS | medium_named(medium).settings
    looks = [look(number) for number in range(_DIFFERENT)]
    cycle = cycler(**{name: [each[name] for each in looks] for name in looks[0]})
    shows_figures = is_interactive()
    try:
        with rc_context({**settings, "axes.prop_cycle": cycle}):
            try:
                yield
            finally:
                shows_figures = is_interactive()
    finally:
        # The first figure of a notebook switches this on; it must not be undone with the style.
        interactive(shows_figures)


def look(number: int) -> dict[str, object]:
    """Colour, dashes and marker of the line of this number, from 0: so that one thing looks alike.

    Examples:
        >>> look(1)
        {'color': '#26507f', 'linestyle': '--', 'marker': 's'}

        A colour that comes again has other dashes:

        >>> look(5)
        {'color': '#00204d', 'linestyle': '--', 'marker': 'P'}
    """
    again, place = divmod(number, len(COLOURS))
    return {
        "color": COLOURS[place],
        "linestyle": LINES[(place + again) % len(LINES)],
        "marker": _MARKERS[number % len(_MARKERS)],
    }


def new_axes(width_in: float, height_in: float) -> Axes:
    """Axes of a new figure of this size in inches, in the style of this package."""
    # Local import: Matplotlib takes long to load, and only figures need it.
    from matplotlib import pyplot

    return pyplot.subplots(figsize=(width_in, height_in))[1]


def axis_label(words: str, unit: str = "") -> str:
    """What is told along an axis: its words, and the unit in brackets where there is one.

    Examples:
        >>> axis_label("secret-key rate", "bit/s"), axis_label("fidelity")
        ('secret-key rate (bit/s)', 'fidelity')
    """
    return f"{words} ({unit})" if unit else words


def time_unit(span_s: float) -> tuple[float, str]:
    """The unit of time in which a span reads best: its length in s, and its symbol.

    Examples:
        >>> time_unit(0.02)
        (0.001, 'ms')
    """
    for length, symbol in _UNITS:
        if span_s >= length:
            return length, symbol
    return _UNITS[-1] if span_s > 0.0 else _UNITS[0]
