"""Media of figures: a column or the width of a page of a journal, and slides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qnet.errors import check_one_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["MEDIA", "Medium", "figure_for", "finish", "medium_named"]

_MM_PER_IN = 25.4

#: Panels narrower than this many letters cannot hold their labels side by side: they are stacked.
_NARROW_LETTERS = 26.0

#: Height of a stacked panel over its width.
_PANEL_ASPECT = 0.68

#: Least and largest letters, and the thinnest line, over those of the medium.
_LETTERS = (0.8, 1.2)
_THINNEST = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Medium:
    """Where a figure is shown: its width there, and the letters and lines that suit it.

    Args:
        name: How it is asked for.
        width_mm: Width of a figure, its margins included.
        font_pt: Size of letters.
        line_pt: Width of lines.
        marker_pt: Size of markers.
        tallest_mm: Most height.
        flattest: Least height over width: labels need it in a narrow figure.
        fills: Whether a figure always has the most height.
    """

    name: str
    width_mm: float
    font_pt: float
    line_pt: float
    marker_pt: float
    tallest_mm: float
    flattest: float = 0.0
    fills: bool = False

    @property
    def letters(self) -> int:
        """Number of small letters in a line as wide as the panel of a figure."""
        return int(0.85 * self.width_mm / _MM_PER_IN * 72.0 / (0.44 * self.font_pt))

    @property
    def settings(self) -> dict[str, Any]:
        """Settings of Matplotlib; fonts are embedded whole, as journals ask."""
        thin = 0.6 * self.line_pt
        return {
            "font.size": self.font_pt,
            "axes.titlesize": "medium",
            "lines.linewidth": self.line_pt,
            "lines.markersize": self.marker_pt,
            "axes.linewidth": thin,
            "patch.linewidth": thin,
            **{f"{axis}tick.major.width": thin for axis in ("x", "y")},
            **{f"{axis}tick.minor.width": 0.75 * thin for axis in ("x", "y")},
            "legend.fontsize": "small",
            # Small panels leave no room beside their lines: a legend shines over them.
            "legend.frameon": True,
            "legend.framealpha": 0.75,
            "legend.edgecolor": "none",
            "legend.borderpad": 0.2,
            "legend.handlelength": 2.4,
            "pdf.fonttype": 42,
            "ps.fonttype": 42,
        }

    def size_in(self, width_in: float, height_in: float) -> tuple[float, float]:
        """Width and height in inches of a figure that was thought of in another size.

        Examples:
            >>> width, height = MEDIA["column"].size_in(7.0, 4.2)
            >>> round(width * 25.4, 6), round(height / width, 3)
            (86.0, 0.68)
        """
        height_mm = self.width_mm * max(height_in / width_in, self.flattest)
        height_mm = self.tallest_mm if self.fills else min(height_mm, self.tallest_mm)
        return self.width_mm / _MM_PER_IN, height_mm / _MM_PER_IN


#: Widths are those of one and of two columns of Physical Review; slides are of 16 by 9.
MEDIA: Mapping[str, Medium] = {
    medium.name: medium
    for medium in (
        Medium(
            name="column",
            width_mm=86.0,
            font_pt=8.0,
            line_pt=1.0,
            marker_pt=3.0,
            tallest_mm=230.0,
            flattest=_PANEL_ASPECT,
        ),
        Medium(
            name="page", width_mm=178.0, font_pt=8.0, line_pt=1.2, marker_pt=3.5, tallest_mm=230.0
        ),
        Medium(
            name="slides",
            width_mm=254.0,
            font_pt=15.0,
            line_pt=2.4,
            marker_pt=7.0,
            tallest_mm=142.875,
            fills=True,
        ),
    )
}


def medium_named(name: str) -> Medium:
    """The medium of this name.

    Raises:
        UnknownNameError: If there is none.

    Examples:
        >>> medium_named("page").width_mm
        178.0
    """
    return MEDIA[check_one_of("medium", name, MEDIA)]


def figure_for(medium: Medium, width_in: float, height_in: float) -> Figure:
    """An empty figure of a medium; panels that would be too narrow side by side are stacked.

    Args:
        medium: Where it is shown; draw within ``style(medium.name)``.
        width_in: Width that the figure was thought of in, in inches.
        height_in: Height of the same, in inches.

    Examples:
        >>> panels = figure_for(MEDIA["column"], 9.0, 4.0).subplots(1, 2)
        >>> panels[0].get_subplotspec().get_gridspec().get_geometry()
        (2, 1)
    """
    # Local import: Matplotlib takes long to load, and only figures need it.
    from matplotlib.figure import Figure

    class MediumFigure(Figure):
        """A figure whose panels are stacked where they have too little width."""

        stacked: Any = None

        def subplots(self, nrows: int = 1, ncols: int = 1, **how: Any) -> Any:  # noqa: ANN401
            """Panels in rows and columns, or all below each other, in the same array."""
            letters = medium.width_mm / _MM_PER_IN * 72.0 / (0.6 * medium.font_pt * ncols)
            alone = nrows == 1 if medium.flattest else True
            if medium.fills or (letters > _NARROW_LETTERS and (ncols > 1 or alone)):
                return super().subplots(nrows, ncols, **how)
            return _stacked(self, medium, nrows, ncols, how)

    return MediumFigure(figsize=medium.size_in(width_in, height_in), layout="constrained")


def finish(figure: Figure, medium: Medium) -> None:
    """Fit what is drawn to a medium: legible letters and lines, titles and legends within it.

    Args:
        figure: A figure of `figure_for`, drawn.
        medium: Where it is shown.
    """
    # Local imports: Matplotlib takes long to load, and only figures need it.
    from matplotlib.lines import Line2D
    from matplotlib.text import Text

    _label_all(getattr(figure, "stacked", None))
    for text in figure.findobj(Text):
        least, most = (share * medium.font_pt for share in _LETTERS)
        text.set_fontsize(min(max(text.get_fontsize(), least), most))
    for line in figure.findobj(Line2D):
        line.set_linewidth(max(line.get_linewidth(), _THINNEST * medium.line_pt))
    figure.draw_without_rendering()
    for axes in figure.axes:
        axes.title.set_wrap(True)
        _break(axes.xaxis.label, axes.get_window_extent().width)
        _break(axes.yaxis.label, axes.get_window_extent().height)
    for legend in list(figure.legends):
        _narrow(figure, legend)


def _break(label: Any, room: float) -> None:  # noqa: ANN401
    """Put a label that is longer than its axis into two lines, then into smaller letters."""
    box, text = label.get_window_extent(), label.get_text()
    if max(box.width, box.height) > 1.02 * room and "\n" not in text:
        spaces = [place for place, letter in enumerate(text) if letter == " "]
        # The unit, in brackets, stays in one line.
        allowed = [k for k in spaces if text.count("(", 0, k) == text.count(")", 0, k)]
        if allowed:
            middle = min(allowed, key=lambda place: abs(2 * place - len(text)))
            label.set_text(f"{text[:middle]}\n{text[middle + 1 :]}")
            box = label.get_window_extent()
    share = room / max(box.width, box.height, room)
    label.set_fontsize(max(share, _LETTERS[0]) * label.get_fontsize())


def _label_all(stacked: Any) -> None:  # noqa: ANN401
    """Label all panels of a stack: what was said once for a row, or a column, of panels."""
    if stacked is None:
        return
    for row, column in ((each, k) for each in stacked for k in range(len(each))):
        panel, below = row[column], stacked[-1][column]
        if panel.get_shared_y_axes().joined(panel, row[0]):
            panel.set_ylabel(panel.get_ylabel() or row[0].get_ylabel())
        if panel.get_shared_x_axes().joined(panel, below):
            panel.set_xlabel(panel.get_xlabel() or below.get_xlabel())
        panel.tick_params(labelbottom=True, labelleft=True)


def _narrow(figure: Any, legend: Any) -> None:  # noqa: ANN401
    """Put a legend above all panels, in as many columns as the figure is wide."""
    handles, labels = legend.legend_handles, [text.get_text() for text in legend.get_texts()]
    how = {"title": legend.get_title().get_text() or None, "fontsize": "small"}
    columns = len(labels)
    while columns > 1 and legend.get_window_extent().width > 0.98 * figure.bbox.width:
        legend.remove()
        columns -= 1
        legend = figure.legend(handles, labels, loc="outside upper center", ncols=columns, **how)
        figure.draw_without_rendering()


def _stacked(figure: Any, medium: Medium, nrows: int, ncols: int, how: dict[str, Any]) -> Any:  # noqa: ANN401
    """Panels below each other, in an array of the shape that was asked for."""
    # Local import: Matplotlib takes long to load.
    import numpy as np
    from matplotlib.figure import Figure

    count = nrows * ncols
    width = medium.width_mm / _MM_PER_IN
    tallest = medium.tallest_mm / _MM_PER_IN
    figure.set_size_inches(width, min(count * _PANEL_ASPECT * width, tallest))
    column = Figure.subplots(figure, count, 1, squeeze=False)[:, 0]
    panels = np.asarray(column, dtype=object).reshape(nrows, ncols)
    for axis in "xy":
        _share(panels, axis, how.get(f"share{axis}", False))
    figure.stacked = panels
    if how.get("squeeze", True):
        return panels[0] if nrows == 1 else panels
    return panels


def _share(panels: Any, axis: str, shared: bool | str) -> None:  # noqa: ANN401
    """Give panels one range of an axis: all of them, those of a row or those of a column."""
    groups = {"row": list(panels), "col": list(panels.T), True: [panels.ravel()]}
    for group in groups.get("row" if shared == "row" else "col" if shared == "col" else shared, []):
        for other in group[1:]:
            getattr(other, f"share{axis}")(group[0])
