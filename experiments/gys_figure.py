"""The figure of `experiments.gys`: key rate against distance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qnet.figures.style import COLOURS, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from experiments.gys import Curve

__all__ = ["draw"]

_ENDLESS = {
    "infinite-decoy": {"color": "0.0", "ls": "-"},
    "vacuum-weak": {"color": "0.0", "ls": "--"},
    "no-decoy": {"color": "0.0", "ls": ":"},
}
_TITLES = {"lim2014": "two decoys (Lim 2014)", "rusca2018": "one decoy (Rusca 2018)"}
_FLOOR = 1e-8


def draw(
    curves: Sequence[Curve], rows: Sequence[Mapping[str, object]], paths: Sequence[Path]
) -> None:
    """Draw the curves and save the figure.

    Args:
        curves: The lines, in the order of the legend.
        rows: Rates by curve and distance.
        paths: Where to; the ending says in which form.
    """
    from matplotlib import pyplot, rc_context

    fixed = {"svg.hashsalt": "gys", "svg.fonttype": "none", "font.size": 9.0}
    with style(), rc_context(fixed):
        figure, panels = pyplot.subplots(1, 2, figsize=(8.8, 4.0), sharey=True)
        for axes, model, letter in zip(panels, _TITLES, "ab", strict=True):
            _panel(axes, [c for c in curves if c.model in (model, *_ENDLESS)], rows)
            axes.set_title(f"({letter}) finite blocks with {_TITLES[model]}")
        panels[0].set_ylabel("secret bits per pulse")
        for path in paths:
            plain = {"Date": None} if path.suffix == ".svg" else None
            figure.savefig(path, metadata=plain)
        pyplot.close(figure)


def _panel(axes: Axes, curves: Sequence[Curve], rows: Sequence[Mapping[str, object]]) -> None:
    sizes = sorted({c.block_size for c in curves if c.block_size is not None}, reverse=True)
    for curve in curves:
        own = [
            (row["distance_km"], row["secret_key_rate_per_pulse"])
            for row in rows
            if row["curve"] == curve.name and float(str(row["secret_key_rate_per_pulse"])) > 0.0
        ]
        look: dict[str, Any] = {"marker": "", "lw": 1.3, "label": curve.label}
        if curve.block_size is None:
            look |= _ENDLESS[curve.model]
        else:
            place = sizes.index(curve.block_size)
            look |= {"color": COLOURS[place], "marker": "os^Dv"[place], "ls": "-", "ms": 4.0}
            look["markevery"] = max(1, len(own) // 12)
        xs, ys = zip(*own, strict=True) if own else ((), ())
        axes.plot(xs, ys, **look)
    axes.set(yscale="log", xlabel="distance (km)", xlim=(0.0, 150.0), ylim=(_FLOOR, 3e-2))
    lines = axes.get_lines()
    endless = [line for line, curve in zip(lines, curves, strict=True) if curve.block_size is None]
    blocks = [line for line in lines if line not in endless][::-1]
    first = axes.legend(handles=endless, loc="upper right", fontsize=7.5, handlelength=2.6)
    axes.add_artist(first)
    axes.legend(handles=blocks, loc="lower left", fontsize=7.5, title="block", title_fontsize=7.5)
