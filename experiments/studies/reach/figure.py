"""The figure: key rate against distance, one panel per hardware, and one in units of the bounds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.studies.reach.report import Series, series_of
from experiments.studies.reach.rows import number
from protocols.repeaters.platforms import HARDWARE
from qnet.figures.style import COLOURS, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

__all__ = ["draw"]

ReachRow = Mapping[str, str]

_TARGET = "blueprint"

#: Lowest rate shown in bit/s (about a bit a day) and per mode; zeros are marked below it.
_FLOOR_HZ, _FLOOR_PER_MODE = 1e-5, 1e-9

#: Height in decades of the strip of zeros, and of the marks in it by number of segments.
_STRIP, _MARK = 2.0, {1: 0.4, 2: 0.8, 4: 1.2, 8: 1.6}

_LOOK = {2: (COLOURS[3], "s"), 4: (COLOURS[2], "^"), 8: (COLOURS[0], "o")}
_DASH = {"nested": (0, (4, 2)), "swap-asap": "-"}
_GREY = "0.55"


def draw(rows: Sequence[ReachRow], paths: Sequence[Path], *, dpi: int = 200) -> None:
    """Draw the rows of a run and save the figure.

    Args:
        rows: The rows.
        paths: Where to; the ending says in which form.
        dpi: Pixels per inch, for pictures of pixels.
    """
    from matplotlib import pyplot, rc_context

    fixed = {"svg.hashsalt": "reach", "svg.fonttype": "none"}
    with style(), rc_context({**fixed, "font.size": 8.5, "axes.titlesize": 9.0}):
        figure = _figure(series_of(rows))
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
            plain = {"Date": None} if path.suffix == ".svg" else None
            # Pictures of pixels are packed tightly; other forms know no such option.
            pixels: dict[str, Any] = {"pil_kwargs": {"optimize": True}}
            figure.savefig(
                path, dpi=dpi, metadata=plain, **(pixels if path.suffix == ".png" else {})
            )
        pyplot.close(figure)


def _figure(series: Sequence[Series]) -> Figure:
    from matplotlib import pyplot

    names = [name for name in HARDWARE if any(s.hardware.name == name for s in series)]
    small = [name for name in names if name != _TARGET]
    large = _TARGET in names
    both = large and bool(small)
    figure: Figure = pyplot.figure(figsize=(8.8, 6.7 if both else 4.0))
    grid = figure.add_gridspec(1 + both, 1, height_ratios=[1.45, 1.0] if both else [1.0])
    if large:
        chosen = [s for s in series if s.hardware.name == _TARGET]
        top = grid[0].subgridspec(1, 2)
        first = figure.add_subplot(top[0])
        _target(first, chosen)
        _per_mode(figure.add_subplot(top[1]), chosen)
    if small:
        bottom = grid[-1].subgridspec(1, len(small))
        shared: Axes | None = None
        for k, name in enumerate(small):
            axes = figure.add_subplot(bottom[k], sharey=shared)
            shared = shared or axes
            letter = "abcdefg"[k + 2 * large]
            chosen = [s for s in series if s.hardware.name == name]
            _platform(axes, chosen, f"({letter}) {HARDWARE[name].lower()}")
            if k:
                axes.tick_params(labelleft=False)
                axes.set_ylabel("")
    return figure


def _target(axes: Axes, series: Sequence[Series]) -> None:
    """Bits per second of the target parameters."""
    _rates(axes, series)
    for one in series:
        if one.strategy == "swap-asap":
            _line(axes, one, "bound_hz", _LOOK[one.segments][0], ":")
    axes.set(title="(a) target parameters: key per second")
    axes.legend(handles=_legend(), loc="upper right", ncols=2, fontsize=7.2, handlelength=2.6)


def _platform(axes: Axes, series: Sequence[Series], title: str) -> None:
    """Bits per second of one platform: lines improved, crosses and full markers as it is today."""
    improved = [s for s in series if s.hardware.improvement != 1.0]
    today = [s for s in series if s.hardware.improvement == 1.0]
    bare = [s for s in today if s.strategy == "direct"]
    _rates(axes, bare + [s for s in improved if s.strategy != "direct"])
    for one in today:
        if one.strategy == "direct":
            continue
        colour, marker = _LOOK[one.segments]
        rates = {length: one.key_rate(length) for length in one.rows}
        keys = [(length, rate) for length, rate in rates.items() if rate >= _FLOOR_HZ]
        if keys:
            axes.plot(*zip(*keys, strict=True), ls="", marker=marker, color=colour, ms=6.0)
    factor = improved[0].hardware.improvement if improved else 1.0
    any_key = any(s.has_key for s in today if s.strategy != "direct")
    now = "large marker: model of today" if any_key else "model of today: no key"
    note = f"{now}\nlines: improved {factor:g} times"
    axes.text(0.99, 0.99, note, transform=axes.transAxes, ha="right", va="top", fontsize=6.8)
    axes.set(title=title)
    axes.set_xticks(range(0, 601, 200))


def _rates(axes: Axes, series: Sequence[Series]) -> None:
    """Key rates in bit/s, beside bare fibre and its bound."""
    for one in series:
        if one.strategy == "direct":
            _line(axes, one, "bound_hz", "0.0", "--")
        _curve(axes, one, "secret_key_rate_hz", _FLOOR_HZ)
    axes.set(yscale="log", xlabel="distance (km)", ylabel="asymptotic secret-key rate (bit/s)")
    axes.set_xlim(0.0, 625.0)
    axes.set_ylim(_FLOOR_HZ / 10.0**_STRIP, 3e9)
    _strip(axes, _FLOOR_HZ)


def _per_mode(axes: Axes, series: Sequence[Series]) -> None:
    """Bits per mode of light, beside the capacities."""
    for one in series:
        _curve(axes, one, "secret_key_per_mode", _FLOOR_PER_MODE)
        if one.strategy != "nested":
            colour = "0.0" if one.strategy == "direct" else _LOOK[one.segments][0]
            dashes = "--" if one.strategy == "direct" else ":"
            _line(axes, one, "bound_per_mode", colour, dashes, _FLOOR_PER_MODE)
    axes.set(
        yscale="log", xlabel="distance (km)", ylabel="asymptotic secret key (bit per mode of light)"
    )
    axes.set(title="(b) target parameters: key per channel use", xlim=(0.0, 625.0))
    axes.set_ylim(_FLOOR_PER_MODE / 10.0**_STRIP, 3.0)
    _strip(axes, _FLOOR_PER_MODE)


def _curve(axes: Axes, one: Series, figure: str, floor: float) -> None:
    """A figure with its 95 % band; zeros as crosses at the bottom edge."""
    colour, marker = ("0.0", "") if one.strategy == "direct" else _LOOK[one.segments]
    line = "-" if one.strategy == "direct" else _DASH[one.strategy]
    known = {
        length: tuple(number(row, f"{figure}_{part}") or 0.0 for part in ("low", "best", "high"))
        for length, row in one.rows.items()
        if row[f"{figure}_best"]
    }
    shown = {length: values for length, values in known.items() if values[1] >= floor}
    if shown:
        low, best, high = zip(*shown.values(), strict=True)
        axes.plot(
            list(shown),
            best,
            color=colour,
            ls=line,
            marker=marker,
            lw=1.3,
            ms=4.0,
            mec="w",
            mew=0.4,
        )
        axes.fill_between(
            list(shown), [max(x, floor) for x in low], high, color=colour, alpha=0.25, lw=0
        )
    zeros = [length for length in known if length not in shown]
    height = floor / 10.0 ** _MARK[one.segments]
    axes.plot(zeros, [height] * len(zeros), ls="", marker="x", color=colour, ms=3.5, mew=0.9)


def _strip(axes: Axes, floor: float) -> None:
    """The strip below the lowest rate, where zeros are marked."""
    axes.axhspan(floor / 10.0**_STRIP, floor, color="0.93", lw=0, zorder=0)
    bottom, top = math.log10(floor), math.log10(axes.get_ylim()[1])
    powers = range(round(bottom), math.floor(top) + 1, 2)
    ticks = [floor / 10.0 ** (_STRIP / 2.0), *(10.0**power for power in powers)]
    axes.set_yticks(ticks, ["0", *(f"$10^{{{power}}}$" for power in powers)])
    axes.minorticks_off()


def _line(
    axes: Axes, one: Series, column: str, colour: str, dashes: str, floor: float = _FLOOR_HZ
) -> None:
    """A bound, down to the lowest rate shown."""
    found = [number(row, column) or math.nan for row in one.rows.values()]
    values = [value if value >= floor else math.nan for value in found]
    axes.plot(list(one.rows), values, color=colour, ls=dashes, marker="", lw=1.0, alpha=0.8)


def _legend() -> list[Line2D]:
    from matplotlib.lines import Line2D

    def entry(label: str, **look: Any) -> Line2D:  # noqa: ANN401
        return Line2D([], [], label=label, **{"marker": "", "lw": 1.3, "color": "0.0", **look})

    return [
        entry("bare fibre, 1 GHz", ls="-"),
        entry("its bound (PLOB)", ls="--", lw=1.0),
        entry("chain capacity", ls=":", color=_GREY),
        entry("swap-ASAP", ls="-", color=_GREY),
        entry("nested", ls=_DASH["nested"], color=_GREY),
        *(
            entry(f"{segments} segments", ls="", marker=marker, color=colour, ms=5.0)
            for segments, (colour, marker) in _LOOK.items()
        ),
        entry("no key", ls="", marker="x", ms=4.0, color=_GREY),
    ]
