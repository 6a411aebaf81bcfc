"""Table of an application's figures for people: title, value, ideal, without entanglement."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING

from qnet.estimate import Estimate

if TYPE_CHECKING:
    from protocols.applications.result import AppFigure

__all__ = ["HEAD", "figure_cells", "figure_lines"]

#: Names of the columns.
HEAD = ("", "value", "ideal", "without entanglement")

#: Width of a line for people.
_WIDTH = 100

#: Several numbers that take more than this many characters stand below each other.
_LIST = 24

_BOUNDS = {"lower": ", at least", "upper": ", at most"}


def figure_cells(figure: AppFigure) -> tuple[str, str, str, str]:
    """The cells of one figure: its title with bound and unit, and its values.

    Args:
        figure: Any figure of an application.
    """
    value, ideal, without = (
        ", ".join(_numbers(each))
        for each in (figure.value, figure.ideal, figure.without_entanglement)
    )
    return _title(figure), value, ideal, without


def figure_lines(figures: Iterable[AppFigure]) -> list[str]:
    """The table as lines, of 100 columns at most where the values allow it.

    What has no value in any column is left out. Long titles are broken, and several numbers that
    do not fit side by side stand below each other.

    Args:
        figures: The figure of merit first.

    Examples:
        >>> from protocols.applications.result import AppFigure
        >>> chsh = AppFigure(name="chsh", value=Estimate.exact(2.5), title="CHSH value", ideal=2.8)
        >>> for line in figure_lines([chsh]):
        ...     print(line)
                    value  ideal  without entanglement
        CHSH value  2.5    2.8    -
    """
    found = [each for each in figures if _is_known(each)]
    values = [[[name] for name in HEAD[1:]]]
    values += [
        [_lines(each.value), _lines(each.ideal), _lines(each.without_entanglement)]
        for each in found
    ]
    widths = [max(len(line) for row in values for line in row[k]) for k in range(len(HEAD) - 1)]
    left = max(_LIST, _WIDTH - sum(widths) - 2 * len(widths))
    titles = [[HEAD[0]]]
    titles += [textwrap.wrap(_title(each), left, subsequent_indent="  ") for each in found]
    widths = [max(len(line) for lines in titles for line in lines), *widths]
    return [
        "  ".join(map(str.ljust, line, widths)).rstrip()
        for title, others in zip(titles, values, strict=True)
        for line in itertools.zip_longest(title, *others, fillvalue="")
    ]


def _is_known(figure: AppFigure) -> bool:
    said = (figure.value, figure.ideal, figure.without_entanglement)
    return any(each is not None for each in said)


def _title(figure: AppFigure) -> str:
    unit = f" ({figure.unit})" if figure.unit else ""
    return f"{figure.title or figure.name}{_BOUNDS.get(figure.bound, '')}{unit}"


def _lines(value: object) -> list[str]:
    """The lines of a cell."""
    numbers = _numbers(value)
    joined = ", ".join(numbers)
    return [joined] if len(joined) <= _LIST else numbers


def _numbers(value: object) -> list[str]:
    """One number, or several; once, where all are equal."""
    if isinstance(value, tuple):
        found = [each for part in value for each in _numbers(part)]
        return [f"{found[0]} each"] if len(found) > 1 and len(set(found)) == 1 else found
    if isinstance(value, float):
        return [str(Estimate.exact(value))]
    return ["-" if value is None else str(value)]
