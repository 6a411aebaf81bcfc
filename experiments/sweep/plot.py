"""Plot of a figure of merit over an axis of a sweep, with intervals and the bound of key rates."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from experiments.sweep.result_rows import ResultRow, unit_of_figure
from qnet.errors import ParameterError
from qnet.figures.curves import bound, curve, log_where_wide, points

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw"]

#: Most lines that a legend names; of more the title says what tells them apart.
_MOST_LABELS = 24

_UNITS = {"_km": "km", "_hz": "Hz", "_s": "s", "_db_per_km": "dB/km", "_deg": "degrees"}


def draw(
    axes: Axes, rows: Sequence[ResultRow], *, x: str, y: str, by: Sequence[str] | None = None
) -> int:
    """Draw points, joined where the axis is one of numbers.

    Where ``y`` is the key rate per mode, the PLOB bound is drawn too.

    Args:
        axes: Matplotlib axes.
        rows: What `results` gives.
        x: Axis or other column.
        y: Figure of merit.
        by: A line for each value of these; all axes that do not go in step with ``x`` when None.

    Returns:
        Number of rows that have no such figure, and are left out.

    Raises:
        ParameterError: If a name is unknown, or several rows share one place of one line.
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
    log_where_wide(axes, "y")
    _label_axes(axes, kept, places, x, y, ", ".join(others) if len(lines) > 1 else "")
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
    axes.set_xlabel(_with_unit(x, next((u for end, u in _UNITS.items() if x.endswith(end)), "")))
    axes.set_ylabel(_with_unit(y, unit_of_figure(y), _notion(rows)))
    labels = axes.get_legend_handles_labels()[1]
    if len(labels) > _MOST_LABELS:
        axes.set_title(f"{len(labels)} lines: {title}", fontsize="small")
    elif labels:
        axes.legend(title=title or None, fontsize="small")


def _notion(rows: Sequence[ResultRow]) -> str:
    """In which sense the keys of all rows are secret; empty where it is not the same one."""
    claims = [claim for row in rows if (claim := row.security) is not None]
    notions = {claim.notion for claim in claims if claim.notion != "none"}
    return notions.pop() if len(notions) == 1 else ""


def _with_unit(name: str, unit: str, notion: str = "") -> str:
    words = name.rpartition(".")[2]
    for end in _UNITS:
        words = words.removesuffix(end)
    words = words.replace("_", " ").replace("qber", "QBER")
    words = words.replace("secret key", f"{notion} secret-key".lstrip())
    return f"{words} ({unit})" if unit else words
