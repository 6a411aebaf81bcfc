"""``qnet plot``: a figure of merit over an axis of a sweep."""

from __future__ import annotations

import argparse
from pathlib import Path

from qnet.errors import ParameterError, check_one_of

__all__ = ["execute"]

_FORMATS = (".png", ".svg", ".pdf")


def execute(arguments: argparse.Namespace) -> int:
    """Draw and save the picture."""
    from experiments.sweep import Store, results
    from experiments.sweep.counts import FIGURES
    from experiments.sweep.database import named

    check_one_of("--y", arguments.y, FIGURES)
    out: Path = arguments.out or arguments.store.with_suffix(".png")
    if out.suffix not in _FORMATS:
        raise ParameterError("--out", f"end in {', '.join(_FORMATS)}", str(out), "change the name")
    with Store(arguments.store, read_only=True) as store, named(store.path):
        rows = results(store, arguments.sweep)
        for row in rows:
            row.figure(arguments.y)
    # Local import: Matplotlib takes long to load.
    from matplotlib.figure import Figure

    from experiments.sweep.plot import draw
    from qnet.figures import style
    from qnet.figures.style import any_letters

    try:
        with style(), any_letters():
            figure = Figure(figsize=(7.0, 4.6))
            left_out = draw(figure.subplots(), rows, x=arguments.x, y=arguments.y, by=arguments.by)
            figure.savefig(out)
    except OSError as error:
        hint = f"{(error.strerror or str(error)).lower()}: check the path"
        raise ParameterError("--out", "be writable", str(out), hint) from None
    missing = f" ({left_out} points have no {arguments.y})" if left_out else ""
    print(f"{out}: {len(rows) - left_out} points{missing}")
    return 0
