"""Rows of a study: picked and grouped by their columns, and drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["StudyRow", "column", "grouped", "known", "line", "positive", "where"]

#: What was found at a point: estimates, numbers, texts, flags and None.
StudyRow = Mapping[str, Any]


def grouped(rows: Sequence[StudyRow], *names: str) -> dict[Any, list[StudyRow]]:
    """Rows by the value of a column, or by those of several, in the order of their first.

    Examples:
        >>> rows = [{"n": 2, "x": 1}, {"n": 4, "x": 1}, {"n": 2, "x": 3}]
        >>> grouped(rows, "n")[2]
        [{'n': 2, 'x': 1}, {'n': 2, 'x': 3}]
        >>> list(grouped(rows, "n", "x"))
        [(2, 1), (4, 1), (2, 3)]
    """
    found: dict[Any, list[StudyRow]] = {}
    for row in rows:
        values = tuple(row[name] for name in names)
        found.setdefault(values if len(names) > 1 else values[0], []).append(row)
    return found


def column(rows: Sequence[StudyRow], name: str) -> list[Any]:
    """The values of a column.

    Examples:
        >>> column([{"x": 1}, {"x": 3}], "x")
        [1, 3]
    """
    return [row[name] for row in rows]


def where(rows: Sequence[StudyRow], **wanted: object) -> list[StudyRow]:
    """The rows with these values in these columns.

    Examples:
        >>> where([{"n": 2, "x": 1}, {"n": 4, "x": 1}, {"n": 2, "x": 3}], n=2, x=3)
        [{'n': 2, 'x': 3}]
    """
    return [row for row in rows if all(row.get(name) == wanted[name] for name in wanted)]


def known(rows: Sequence[StudyRow], name: str) -> list[StudyRow]:
    """The rows in which this was found.

    Examples:
        >>> known([{"x": None}, {"x": 0.0}, {}], "x")
        [{'x': 0.0}]
    """
    return [row for row in rows if row.get(name) is not None]


def positive(rows: Sequence[StudyRow], name: str) -> list[StudyRow]:
    """The rows in which an estimate or number is known and above zero.

    Examples:
        >>> positive([{"rate": 0.0}, {"rate": None}, {"rate": 2.0}], "rate")
        [{'rate': 2.0}]
    """
    return [row for row in known(rows, name) if float(row[name]) > 0.0]


def line(
    axes: Axes,
    rows: Sequence[StudyRow],
    x: str,
    y: str,
    draw: Callable[..., Axes] | None = None,
    /,
    **how: Any,  # noqa: ANN401 - options of Matplotlib
) -> None:
    """Draw one column over another: as a plain line, or by a function of `qnet.figures`.

    Args:
        axes: Where to draw.
        rows: Left to right; also none, for the legend names a line that has no points.
        x: Column of the places.
        y: Column of the values.
        draw: ``curve``, ``points``, ``theory`` or ``bound``.
        how: Options of Matplotlib.
    """
    (draw or type(axes).plot)(axes, column(rows, x), column(rows, y), **how)
