"""``qnet plot``: a figure of merit over an axis of a sweep."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.cli.arguments import add_medium, add_store, stored_rows
from experiments.cli.results import usual_figures
from qnet.errors import ParameterError, check_one_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from experiments.sweep import ResultRow

__all__ = ["SUMMARY", "add_arguments", "execute"]

SUMMARY = "a figure of merit over an axis of a sweep"

_FORMATS = (".png", ".svg", ".pdf")

#: Width and height of a picture that no medium was named for.
_SIZE_IN = (7.0, 4.6)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet plot``."""
    add_store(parser)
    add = parser.add_argument
    add("--x", metavar="AXIS", help="such as chain.length_km (default: the one with a unit)")
    add("--y", metavar="FIGURE", help="such as fidelity (default: a key rate, or another figure)")
    parser.add_argument(
        "--by", nargs="+", metavar="AXIS", help="a line for each value (default: all other axes)"
    )
    parser.add_argument(
        "--data",
        nargs="+",
        type=Path,
        default=[],
        metavar="MINE.csv",
        help="measured points beside the model: columns x, y and error, or y_low and y_high",
    )
    add_medium(parser)
    parser.add_argument(
        "--out", type=Path, metavar="PIC.png", help=".png, .svg or .pdf (default: beside the store)"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Draw and save the picture."""
    from experiments.sweep import Store
    from experiments.sweep.database import named
    from experiments.sweep.measured import read_measured
    from experiments.sweep.result_rows import chosen_sweeps
    from qnet.progress import Progress

    out: Path = arguments.out or arguments.store.with_suffix(".pdf" if arguments.medium else ".png")
    if out.suffix not in _FORMATS:
        raise ParameterError("--out", f"end in {', '.join(_FORMATS)}", str(out), "change the name")
    measured = [read_measured(path) for path in arguments.data]
    with Store(arguments.store, read_only=True) as store, named(store.path):
        sweeps = chosen_sweeps(store, arguments.sweep)
        with Progress("plot", "points") as progress:
            rows = stored_rows(arguments, store, progress)
        x, y = arguments.x or _usual_axis(rows), arguments.y or _usual_figure(rows)
        check_one_of("--y", y, {name for row in rows for name in row.figures})
        for row in rows:
            row.figure(y)
    what = {"x": x, "y": y, "by": arguments.by, "measured": measured}
    what["text"] = sweeps[0].text if len(sweeps) == 1 else ""
    try:
        left_out = _save(rows, what, out, arguments.medium)
    except OSError as error:
        hint = f"{(error.strerror or str(error)).lower()}: check the path"
        raise ParameterError("--out", "be writable", str(out), hint) from None
    missing = f" ({left_out} points have no {y})" if left_out else ""
    chosen = "" if arguments.x and arguments.y else f"{y} over {x}, "
    print(f"{out}: {chosen}{len(rows) - left_out} points{missing}")
    return 0


def _usual_figure(rows: Sequence[ResultRow]) -> str:
    """The first key rate of the usual figures, else their first.

    Raises:
        ParameterError: If nothing was found yet.
    """
    usual = usual_figures(rows)
    if not usual:
        hint = "nothing is finished: qnet results says why"
        raise ParameterError("--y", "be a figure that was found", None, hint)
    return next((name for name in usual if name.startswith("secret_key")), usual[0])


def _usual_axis(rows: Sequence[ResultRow]) -> str:
    """The axis of numbers, with a unit if there is one, that has the most values.

    Raises:
        ParameterError: If the points are of several sweeps.
    """
    names = list(dict.fromkeys(row.sweep for row in rows))
    if len(names) > 1:
        hint = f"say which: {', '.join(names)}"
        raise ParameterError("--sweep", "be given where a store has several", None, hint)
    values: dict[str, set[str]] = {}
    numbers = set()
    for row in rows:
        for name, value in row.axes.items():
            values.setdefault(name, set()).add(str(value))
            if isinstance(value, int | float) and not isinstance(value, bool):
                numbers.add(name)
    if not values:
        raise ParameterError("--x", "be given where nothing is varied", None, "say --x engine")
    from experiments.sweep.result_rows import unit_of_figure

    def rank(name: str) -> tuple[bool, bool, int]:
        varies = len(values[name]) > 1
        return varies and name in numbers, bool(unit_of_figure(name)), len(values[name])

    return max(values, key=rank)


def _save(rows: Sequence[ResultRow], what: dict[str, Any], out: Path, medium: str | None) -> int:
    """Draw the rows into a file; the number of those that have no such figure."""
    from matplotlib.figure import Figure

    from experiments.sweep.plot import draw
    from qnet.figures.media import MEDIA, figure_for, finish
    from qnet.figures.style import any_letters, style

    with style(medium), any_letters():
        if medium is None:
            figure = Figure(figsize=_SIZE_IN)
            left_out = draw(figure.subplots(), rows, **what)
        else:
            figure = figure_for(MEDIA[medium], *_SIZE_IN)
            width = MEDIA[medium].letters
            left_out = draw(figure.subplots(), rows, width=width, **what)
            finish(figure, MEDIA[medium])
        figure.savefig(out)
    return left_out
