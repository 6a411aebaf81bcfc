"""Measured points beside a model: a CSV file with places, values and their error bars."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

from qnet.errors import ParameterError
from qnet.estimate import Estimate
from qnet.schema import advice

__all__ = ["MeasuredPoints", "read_measured"]

_COLUMNS = ("x", "y", "y_low", "y_high", "error")

_EXAMPLE = "write a first line such as x,y,error and a line of numbers for each point"

#: Most points of a file: a figure shows no more.
_MOST_POINTS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredPoints:
    """Points that were measured: shown with their bars, nothing is worked out of them.

    Args:
        name: What a legend calls them.
        x: Their places, in the unit of the axis.
        y: Their values, with their bars as intervals; in the unit of the figure of merit.
    """

    name: str
    x: tuple[float, ...]
    y: tuple[Estimate, ...]


def read_measured(path: Path) -> MeasuredPoints:
    r"""The points of a CSV file with columns ``x``, ``y`` and ``error``, or ``y_low``, ``y_high``.

    A point without a number in the columns of its bar has none. Lines that begin with ``#`` are
    remarks.

    Args:
        path: The file, named like the points in the legend.

    Raises:
        ParameterError: If it cannot be read, has other columns or no points, or a number is
            missing, not finite, or outside its own bar.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     file = Path(folder) / "mine.csv"
        ...     _ = file.write_text("x,y,error\n50,120,10\n")
        ...     read_measured(file).y
        (Estimate(low=110.0, best=120.0, high=130.0, n=0),)
    """
    lines = _lines(path)
    names = [name.strip() for name in lines[0][1]]
    _check_columns(path, names)
    x, y = [], []
    for number, cells in lines[1:]:
        where = f"line {number} of {path.name}"
        if len(cells) != len(names):
            rule = f"have {len(names)} cells, as the first line has"
            raise ParameterError(where, rule, ",".join(cells), "put one comma between two cells")
        cell = dict(zip(names, map(str.strip, cells), strict=True))
        x.append(_number(where, "x", cell["x"]))
        y.append(_value(where, cell))
    return MeasuredPoints(name=path.stem, x=tuple(x), y=tuple(y))


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    """Number and cells of every line that is neither empty nor a remark."""
    found = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True)
            for cells in reader:
                if any(map(str.strip, cells)) and not cells[0].lstrip().startswith("#"):
                    found.append((reader.line_num, cells))
                if len(found) > _MOST_POINTS + 1:
                    rule = f"have at most {_MOST_POINTS} points"
                    raise ParameterError("--data", rule, str(path), "bin them first")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ParameterError("--data", "be readable", str(path), f"{reason}: check it") from None
    except (UnicodeDecodeError, csv.Error) as error:
        rule = f"be CSV in UTF-8 ({' '.join(str(error).split())})"
        raise ParameterError("--data", rule, str(path), _EXAMPLE) from None
    if len(found) < 2:
        raise ParameterError("--data", "hold at least one point", str(path), _EXAMPLE)
    return found


def _check_columns(path: Path, names: list[str]) -> None:
    field = f"the columns of {path.name}"
    for name in names:
        if name not in _COLUMNS:
            hint = "separate them by commas" if ";" in name else advice(name, _COLUMNS, {})
            raise ParameterError(field, f"be among {', '.join(_COLUMNS)}", name, hint)
        if names.count(name) > 1:
            raise ParameterError(field, "be there once", name, "leave the other one out")
    for name in ("x", "y"):
        if name not in names:
            raise ParameterError(field, f"hold {name}", ",".join(names), _EXAMPLE)
    bars = {"y_low", "y_high", "error"} & set(names)
    if bars not in ({"y_low", "y_high"}, {"error"}, set()):
        rule = "give bars as error, or as y_low and y_high together"
        raise ParameterError(field, rule, ",".join(names), "leave out what does not belong")


def _value(where: str, cell: dict[str, str]) -> Estimate:
    """A value and its bar."""
    best = _number(where, "y", cell["y"])
    if cell.get("error"):
        error = _number(where, "error", cell["error"])
        if error < 0.0:
            hint = "give half the length of the bar"
            field = f"error in {where}"
            raise ParameterError(field, "be 0 or more", error, hint)
        return Estimate(best - error, best, best + error)
    low, high = (
        _number(where, name, cell[name]) if cell.get(name) else best for name in ("y_low", "y_high")
    )
    if not low <= best <= high:
        hint = "y_low and y_high are the ends of the bar, not its lengths"
        field = f"y in {where}"
        raise ParameterError(field, "lie from y_low to y_high", (low, best, high), hint)
    return Estimate(low, best, high)


def _number(where: str, name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        hint = "write it with a decimal point, such as 12.5 or 1e-3"
        field = f"{name} in {where}"
        raise ParameterError(field, "be a finite number", text, hint)
    return value
