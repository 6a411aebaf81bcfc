"""``qnet plot``: a figure of merit over an axis of a sweep."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.cli.arguments import add_store, stored_rows
from qnet.errors import ParameterError, check_one_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from experiments.sweep import ResultRow

__all__ = ["SUMMARY", "add_arguments", "execute"]

SUMMARY = "a figure of merit over an axis of a sweep"

_FORMATS = (".png", ".svg", ".pdf")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet plot``."""
    add_store(parser)
    parser.add_argument("--x", required=True, metavar="AXIS", help="such as chain.length_km")
    parser.add_argument("--y", required=True, metavar="FIGURE", help="such as secret_key_rate_hz")
    parser.add_argument(
        "--by", nargs="+", metavar="AXIS", help="a line for each value (default: all other axes)"
    )
    parser.add_argument(
        "--out", type=Path, metavar="PIC.png", help=".png, .svg or .pdf (default: beside the store)"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Draw and save the picture."""
    from experiments.sweep import Store
    from experiments.sweep.database import named
    from qnet.progress import Progress

    out: Path = arguments.out or arguments.store.with_suffix(".png")
    if out.suffix not in _FORMATS:
        raise ParameterError("--out", f"end in {', '.join(_FORMATS)}", str(out), "change the name")
    with Store(arguments.store, read_only=True) as store, named(store.path):
        with Progress("plot", "points") as progress:
            rows = stored_rows(arguments, store, progress)
        check_one_of("--y", arguments.y, {name for row in rows for name in row.figures})
        for row in rows:
            row.figure(arguments.y)
    try:
        left_out = _save(rows, arguments, out)
    except OSError as error:
        hint = f"{(error.strerror or str(error)).lower()}: check the path"
        raise ParameterError("--out", "be writable", str(out), hint) from None
    missing = f" ({left_out} points have no {arguments.y})" if left_out else ""
    print(f"{out}: {len(rows) - left_out} points{missing}")
    return 0


def _save(rows: Sequence[ResultRow], arguments: argparse.Namespace, out: Path) -> int:
    """Draw the rows into a file; the number of those that have no such figure."""
    from matplotlib.figure import Figure

    from experiments.sweep.plot import draw
    from qnet.figures.style import any_letters, style

    with style(), any_letters():
        figure = Figure(figsize=(7.0, 4.6))
        left_out = draw(figure.subplots(), rows, x=arguments.x, y=arguments.y, by=arguments.by)
        figure.savefig(out)
    return left_out
