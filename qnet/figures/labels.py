"""Places of labels on a figure, so that they cover neither each other nor what is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Annotation

__all__ = ["Labels", "covered", "whole_figure"]

Array = npt.NDArray[np.float64]

#: Costs of a place for a text, in square points of another text that it would cover: of a point of
#: line below it, of every better choice passed over, and of every point of distance by which it
#: misses to be this much nearer to its own place than to another.
_LINE, _CHOICE, _AMBIGUOUS, _NEARER_PT = 4.0, 3.0, 6.0, 6.0


class Labels:
    """Puts texts on axes one after the other, each where it covers least.

    Args:
        ax: Where to; its limits and its size must be those of the finished figure.
        points: Places (n, 2) in data coordinates that should stay free, this many points around.
        lines: Pairs of places (m, 2, 2) in data coordinates with lines between them.
        radius_pt: How much around the points.
    """

    def __init__(self, ax: Axes, points: Array, lines: Array, radius_pt: float = 6.0) -> None:
        self.ax = ax
        self.centres = self.in_points(points)
        self.taken = [(*centre - radius_pt, *centre + radius_pt) for centre in self.centres]
        self.lines = self.in_points(lines.reshape(-1, 2)).reshape(-1, 2, 2)

    def put(
        self,
        text: str,
        anchor: tuple[float, float],
        offsets_pt: Iterable[npt.ArrayLike],
        *,
        centred: bool = False,
        most_covered: float = np.inf,
        **how: Any,  # noqa: ANN401 - options of Matplotlib
    ) -> Annotation | None:
        """Write a text beside a place.

        Args:
            text: What.
            anchor: The place, in data coordinates.
            offsets_pt: Where its nearest edge or corner may lie from there, in points, best first.
            centred: Whether the offsets are those of its middle, and lines may pass below it.
            most_covered: Largest part of the text that may cover other texts or points.
            how: Options of ``Axes.annotate``.

        Returns:
            The text; None where there is no room for it.
        """
        note = self.ax.annotate(
            text, anchor, xytext=(0, 0), textcoords="offset points",
            ha="center", va="center", **how,
        )  # fmt: skip
        extent = note.get_window_extent(_renderer(self.ax))
        half = np.array([extent.width, extent.height]) * 36.0 / whole_figure(self.ax).dpi
        place = self.in_points(np.array([anchor], dtype=float))[0]
        offsets = [np.asarray(offset, dtype=float) for offset in offsets_pt]
        shifts = [o + (0.0 if centred else np.sign(o)) * half for o in offsets]
        boxes = [(*(place + shift - half), *(place + shift + half)) for shift in shifts]
        own = None if centred else place
        costs = [_CHOICE * k + self._cost(box, own) for k, box in enumerate(boxes)]
        best = int(np.argmin(costs))
        if costs[best] - _CHOICE * best > most_covered * 4.0 * half[0] * half[1]:
            note.remove()
            return None
        note.set_position(tuple(shifts[best]))
        self.taken.append(boxes[best])
        return note

    def in_points(self, places: npt.ArrayLike) -> Array:
        """Data coordinates in points of the figure."""
        pixels = self.ax.transData.transform(places)
        return np.asarray(pixels, dtype=float) * 72.0 / whole_figure(self.ax).dpi

    def _cost(self, box: tuple[float, ...], own: Array | None) -> float:
        """What a box covers, and, beside a place of its own, whose text it may be taken for."""
        cost = sum(covered(box, other) for other in self.taken)
        frame = self.ax.get_window_extent(_renderer(self.ax))
        inside = np.array(frame.extents) * 72.0 / whole_figure(self.ax).dpi
        area = (box[2] - box[0]) * (box[3] - box[1])
        cost += area - covered(box, tuple(inside))
        if own is not None:
            cost += _LINE * sum(_inside(box, line) for line in self.lines)
            others = self.centres[np.hypot(*(self.centres - own).T) > 1e-6]
            gaps = _gaps(box, others) - _gaps(box, own[None])
            cost += _AMBIGUOUS * float(np.maximum(_NEARER_PT - gaps, 0.0).sum())
        return float(cost)


def whole_figure(ax: Axes) -> Any:  # noqa: ANN401 - a Figure, which mypy takes for a part of one
    """The figure that holds axes, or the part of a figure that holds them."""
    part: Any = ax.figure
    return part.canvas.figure


def covered(box: Sequence[float], other: Sequence[float]) -> float:
    """Area that two boxes (left, bottom, right, top) share.

    Examples:
        >>> covered((0, 0, 2, 2), (1, 1, 3, 3)), covered((0, 0, 1, 1), (1, 0, 2, 1))
        (1, 0)
    """
    width = min(box[2], other[2]) - max(box[0], other[0])
    height = min(box[3], other[3]) - max(box[1], other[1])
    return max(width, 0) * max(height, 0)


def _gaps(box: Sequence[float], places: Array) -> Array:
    """Distances of places (n, 2) from a box, 0 inside."""
    low, high = np.array(box[:2]), np.array(box[2:])
    beyond = np.maximum(np.maximum(low - places, places - high), 0.0)
    return np.asarray(np.hypot(beyond[:, 0], beyond[:, 1]))


def _inside(box: Sequence[float], line: Array) -> float:
    """Length of a line from one place to another that lies in a box (Liang and Barsky)."""
    begun, ended = 0.0, 1.0
    way = line[1] - line[0]
    for axis in (0, 1):
        near, far = box[axis] - line[0, axis], box[axis + 2] - line[0, axis]
        if way[axis] == 0.0:
            if near > 0.0 or far < 0.0:
                return 0.0
            continue
        first, last = sorted((near / way[axis], far / way[axis]))
        begun, ended = max(begun, first), min(ended, last)
    return max(ended - begun, 0.0) * float(np.hypot(*way))


def _renderer(ax: Axes) -> Any:  # noqa: ANN401 - Matplotlib's
    # Local import: Matplotlib takes long to load.
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    return FigureCanvasAgg(whole_figure(ax)).get_renderer()
