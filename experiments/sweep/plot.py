"""Plot of a figure of merit over an axis of a sweep, with intervals, bounds and measurements."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from experiments.sweep.fixed import fixed_parameters, fixed_text, words_of
from experiments.sweep.measured import MeasuredPoints
from experiments.sweep.result_rows import ResultRow, unit_of_figure
from qnet.errors import ParameterError
from qnet.figures.curves import bound, curve, log_where_wide, points
from qnet.figures.style import axis_label
from qnet.schema.entries import unit_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw"]

#: Most lines that a legend names; of more the title says what tells them apart.
_MOST_LABELS = 24

#: Markers of measured points, open so that a model shows behind them.
_MEASURED = ("o", "s", "^", "D", "v", "P")


def draw(
    axes: Axes,
    rows: Sequence[ResultRow],
    *,
    x: str,
    y: str,
    by: Sequence[str] | None = None,
    text: str = "",
    measured: Sequence[MeasuredPoints] = (),
    width: int = 90,
) -> int:
    """Draw points, joined where the axis is one of numbers; the title says what is not varied.

    Where ``y`` is the key rate per mode, the PLOB bound is drawn too.

    Args:
        axes: Matplotlib axes.
        rows: What `results` gives.
        x: Axis or other column.
        y: Figure of merit.
        by: A line for each value of these; all axes that do not go in step with ``x`` when None.
        text: The file of the sweep; without it only axes with one value are known as fixed.
        measured: Points that are drawn beside the model, black and open.
        width: Letters in a line of the title.

    Returns:
        Number of rows that have no such figure, and are left out.

    Raises:
        ParameterError: If a name is unknown, several rows share one place of one line, or there
            are measured points and the axis is not one of numbers.
    """
    others = _independent(rows, x) if by is None else list(by)
    for row in rows:
        for name in (x, *others):
            row.value(name)
    kept = [row for row in rows if row.figure(y) is not None]
    if not kept:
        hint = "run qnet sweep first, or see qnet results for why there is nothing"
        raise ParameterError("--y", "have been found at some point", y, hint)
    lines: dict[tuple[str, ...], list[ResultRow]] = {}
    for row in kept:
        lines.setdefault(tuple(_label(row.value(name)) for name in others), []).append(row)
    places = _places(kept, x)
    for labels, line in lines.items():
        _check_places(line, x, rows, others)
        _line(axes, line, places, x, y, ", ".join(labels))
    if y == "secret_key_rate_per_mode":
        _bound(axes, kept, places, x)
    _draw_measured(axes, kept, x, measured)
    log_where_wide(axes, "y")
    _label_axes(
        axes, kept, places, x, y, ", ".join(map(words_of, others)) if len(lines) > 1 else ""
    )
    _say_fixed(axes, fixed_text(fixed_parameters(rows, text, without=[x, *others]), width=width))
    return len(rows) - len(kept)


def _independent(rows: Sequence[ResultRow], x: str) -> list[str]:
    """Axes with more than one value that vary while ``x`` stays the same."""
    names = dict.fromkeys(name for row in rows for name in row.axes)
    varying = [name for name in names if len({_label(row.axes.get(name)) for row in rows}) > 1]
    pairs = {name: {(_text(r.value(x)), _text(r.axes.get(name))) for r in rows} for name in varying}
    places = len({_text(row.value(x)) for row in rows})
    return [name for name in pairs if len(pairs[name]) > places]


def _label(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _places(rows: Sequence[ResultRow], x: str) -> dict[str, float]:
    """Where a value lies on the horizontal axis: a number at itself, the others side by side."""
    values = {_text(row.value(x)): row.value(x) for row in rows}
    if all(map(_is_number, values.values())):
        return {text: float(value) for text, value in values.items()}
    return {text: float(place) for place, text in enumerate(values)}


def _text(value: object) -> str:
    return json.dumps(value)


def _check_places(
    line: Sequence[ResultRow], x: str, rows: Sequence[ResultRow], by: Sequence[str]
) -> None:
    values = [_text(row.value(x)) for row in line]
    if len(set(values)) < len(values):
        missing = [name for name in _independent(rows, x) if name not in by] or ["sweep"]
        hint = f"add {' '.join(missing)} to it"
        raise ParameterError("--by", f"tell rows at the same {x} apart", list(by), hint)


def _line(
    axes: Axes, line: Sequence[ResultRow], places: dict[str, float], x: str, y: str, label: str
) -> None:
    ordered = sorted(line, key=lambda row: places[_text(row.value(x))])
    at = [places[_text(row.value(x))] for row in ordered]
    found = [figure for row in ordered if (figure := row.figure(y)) is not None]
    joined = all(_is_number(row.value(x)) for row in ordered)
    (curve if joined else points)(axes, at, found, label=label)


def _bound(axes: Axes, rows: Sequence[ResultRow], places: dict[str, float], x: str) -> None:
    """Draw the PLOB bound where it is known."""
    bounds = {places[_text(row.value(x))]: row.facts.get("plob_bits_per_use") for row in rows}
    known = {place: value for place, value in sorted(bounds.items()) if value is not None}
    if known:
        bound(axes, list(known), list(known.values()), label="PLOB bound")


def _label_axes(
    axes: Axes, rows: Sequence[ResultRow], places: dict[str, float], x: str, y: str, title: str
) -> None:
    if all(_is_number(row.value(x)) for row in rows):
        log_where_wide(axes, "x")
    else:
        axes.set_xticks(list(places.values()), [text.strip('"') for text in places])
    axes.set_xlabel(axis_label(words_of(x), unit_of(x)))
    axes.set_ylabel(axis_label(_merit_words(y, _notion(rows)), unit_of_figure(y)))
    labels = axes.get_legend_handles_labels()[1]
    if len(labels) > _MOST_LABELS:
        axes.set_title(f"{len(labels)} lines: {title}", fontsize="small")
    elif labels and any(labels):
        axes.legend(title=title or None, fontsize="small")


def _notion(rows: Sequence[ResultRow]) -> str:
    """In which sense the keys of all rows are secret; empty where it is not the same one."""
    claims = [claim for row in rows if (claim := row.security) is not None]
    notions = {claim.notion for claim in claims if claim.notion != "none"}
    return notions.pop() if len(notions) == 1 else ""


def _merit_words(name: str, notion: str) -> str:
    """A figure of merit in words, with the sense in which its bits are secret."""
    return words_of(name).replace("secret key", f"{notion} secret-key".lstrip())


def _draw_measured(
    axes: Axes, rows: Sequence[ResultRow], x: str, measured: Sequence[MeasuredPoints]
) -> None:
    """Draw measured points with their bars, black and open.

    Raises:
        ParameterError: If the axis is not one of numbers.
    """
    if measured and not all(_is_number(row.value(x)) for row in rows):
        raise ParameterError("--data", "stand over an axis of numbers", x, "choose another --x")
    for number, each in enumerate(measured):
        marker = _MEASURED[number % len(_MEASURED)]
        how = {"fmt": marker, "color": "black", "mfc": "white", "ls": "", "zorder": 3.0}
        points(axes, each.x, each.y, label=each.name, **how)


def _say_fixed(axes: Axes, fixed: str) -> None:
    """Say above the figure what is the same at all points, below what the title says already."""
    if fixed:
        title = "\n".join(filter(None, [axes.get_title(), fixed]))
        axes.set_title(title, fontsize="small", loc="center", parse_math=False)
