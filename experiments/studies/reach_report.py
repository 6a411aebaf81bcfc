"""Report of the demonstration: key rates as a table, the answer in two sentences, the figure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from experiments.studies.rows import StudyRow, column, known
from protocols.repeaters.platforms import CLOCK_HZ, HARDWARE, Platform
from qnet.figures.style import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

__all__ = ["Series", "answer", "draw", "series_of", "table"]

#: Distances that the table shows.
SHOWN_KM = (100.0, 300.0, 500.0)

#: What all parameter sets but the target are, in text.
MODELS = "models of today's hardware"

_TARGET, _X = "blueprint", "length_km"

#: Lowest rate shown in bit/s (about a bit a day) and per mode; zeros are marked below it.
_FLOOR_HZ, _FLOOR_PER_MODE = 1e-5, 1e-9

#: Height in decades of the strip of zeros, and of the marks in it by number of segments.
_STRIP, _MARK = 2.0, {1: 0.4, 2: 0.8, 4: 1.2, 8: 1.6}

_LOOK = {2: (COLOURS[3], "s"), 4: (COLOURS[2], "^"), 8: (COLOURS[0], "o")}
_DASH = {"nested": (0, (4, 2)), "swap-asap": "-"}
_GREY = "0.55"

_STRATEGY = {"direct": "bare fibre", "nested": "nested", "swap-asap": "swap-ASAP"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The rows of one strategy on one hardware, by distance.

    Args:
        hardware: The hardware.
        strategy: ``direct``, ``nested`` or ``swap-asap``.
        segments: Number of segments.
        rows: Row by distance in km, in ascending order.
    """

    hardware: Platform
    strategy: str
    segments: int
    rows: Mapping[float, StudyRow]

    @property
    def title(self) -> str:
        """What to call it."""
        if self.strategy == "direct":
            return _STRATEGY["direct"]
        if self.segments == 2:  # one station: the strategies are the same
            return "2 segments"
        return f"{self.segments} segments, {_STRATEGY[self.strategy]}"

    def key_rate(self, length_km: float) -> float:
        """Secret-key rate in bit/s; zero where it is not known."""
        rate = self.rows.get(length_km, {}).get("secret_key_rate_hz")
        return 0.0 if rate is None else float(rate)

    @property
    def look(self) -> dict[str, Any]:
        """Colour, marker and dashes."""
        if self.strategy == "direct":
            return {"color": "0.0", "marker": "", "ls": "-"}
        colour, marker = _LOOK[self.segments]
        return {"color": colour, "marker": marker, "ls": _DASH[self.strategy]}

    @property
    def has_key(self) -> bool:
        """Whether there is a key over any distance."""
        return any(self.key_rate(length) > 0.0 for length in self.rows)


def series_of(rows: Iterable[StudyRow]) -> list[Series]:
    """The rows, sorted into series; hardware in the order of the rows."""
    found: dict[tuple[Platform, str, int], dict[float, StudyRow]] = {}
    for row in rows:
        hardware = Platform(name=row["hardware"], improvement=row["improvement"])
        own = found.setdefault((hardware, row["strategy"], row["segments"]), {})
        own[row["length_km"]] = row
    return [
        Series(hardware=hardware, strategy=strategy, segments=count, rows=dict(sorted(own.items())))
        for (hardware, strategy, count), own in found.items()
    ]


def table(rows: Sequence[StudyRow]) -> str:
    """Key rates in bit/s with 95 % intervals; zeros with the letter of their reason."""
    lines = ["Secret-key rate in bit/s, with 95 % intervals", ""]
    lengths_km = [length for length in SHOWN_KM if any(row["length_km"] == length for row in rows)]
    head = f"  {'':<24}" + "".join(f"{f'{length:g} km':>24}" for length in lengths_km)
    notes: dict[str, str] = {}
    shown = [one for one in series_of(rows) if (one.strategy, one.segments) != ("swap-asap", 2)]
    for hardware in dict.fromkeys(one.hardware for one in shown):
        group = [one for one in shown if one.hardware == hardware]
        lines += [hardware.title, head, *_lines(group, lengths_km, notes), ""]
    lines += [f"({letter}) {reason}" for reason, letter in notes.items()]
    if any(_is_today(one.hardware) for one in shown):
        lines += ["", f"All but the target parameters are {MODELS}, whose links are more likely"]
        lines[-1] += " or more faithful than the published ones (qnet presets NAME compares)."
    return "\n".join(lines)


def answer(rows: Sequence[StudyRow], length_km: float) -> str:
    """Whether a chain of this length beats bare fibre, and with which hardware."""
    chains: list[Series] = []
    fibre: list[Series] = []
    for series in series_of(rows):
        if length_km in series.rows:
            (fibre if series.strategy == "direct" else chains).append(series)
    if not chains or not fibre:
        return f"No chain of {length_km:g} km was worked out beside bare fibre."
    bare = max(fibre, key=lambda one: one.key_rate(length_km))
    bare_rate = bare.key_rate(length_km)
    bound = bare.rows[length_km]["bound_hz"]
    today = [s for s in chains if _is_today(s.hardware) and s.key_rate(length_km) > bare_rate]
    better = [s for s in chains if s.key_rate(length_km) > bare_rate]
    gives = f"{bare_rate:.3g} bit/s" if bare_rate else "no key"
    setting = (
        f"over {length_km:g} km, where bare fibre gives {gives} ({CLOCK_HZ / 1e9:g} billion "
        "single photons a second)"
    )
    if not better:
        return f"No: no chain that was played beats bare fibre {setting}."
    best = max(better, key=lambda one: one.key_rate(length_km))
    row = best.rows[length_km]
    verdict = "more than" if row["secret_key_rate_hz"].low > bound else "no more than"
    winner = (
        f"{best.title}, with {_in_text(best.hardware)} reach {_interval(row)} bit/s {setting}. "
        f"That is {verdict} any repeaterless link of that clock can give ({bound:.2g} bit/s)"
    )
    if today:
        return f"Yes, with models of today's hardware, or better: {winner}."
    modelled = any(_is_today(series.hardware) for series in chains)
    none = f" No chain of {MODELS} gives any key there." if modelled else ""
    if any(s.key_rate(length_km) > 0.0 for s in chains if _is_today(s.hardware)):
        none = f" No chain of {MODELS} beats it."
    crossing = _crossing(best, bare)
    since = "" if crossing is None else f" It wins from {crossing:g} km on."
    return f"Yes, but not with models of today's hardware: {winner}.{since}{none}"


def _crossing(chain: Series, bare: Series) -> float | None:
    """Shortest distance from which on the chain is better at every distance."""
    wins = None
    for length in chain.rows:
        ahead = chain.key_rate(length) > bare.key_rate(length)
        wins = (length if wins is None else wins) if ahead else None
    return wins


def _is_today(hardware: Platform) -> bool:
    """Whether the parameters are those of a model of today's platforms."""
    return hardware.improvement == 1.0 and hardware.name != "blueprint"


def _in_text(hardware: Platform) -> str:
    title = hardware.title
    return title[0].lower() + title[1:]


def _lines(
    group: Sequence[Series], lengths_km: Sequence[float], notes: dict[str, str]
) -> list[str]:
    """One line per series; chains that give no key anywhere share one."""
    chains = [series for series in group if series.strategy != "direct"]
    titles = [(series.title, series) for series in group]
    if len(chains) > 1 and not any(series.has_key for series in chains):
        titles = [(title, series) for title, series in titles if series.strategy == "direct"]
        titles.append(("all chains", min(chains, key=lambda one: one.segments)))
    cells = {
        title: "".join(f"{_cell(series, length, notes):>24}" for length in lengths_km)
        for title, series in titles
    }
    return [f"  {title:<24}{line}" for title, line in cells.items()]


def _cell(series: Series, length_km: float, notes: dict[str, str]) -> str:
    """The key rate; without one a zero, or a dash where it is unknown, with its reason's letter."""
    row = series.rows.get(length_km)
    if row is None:
        return ""
    if series.key_rate(length_km):
        return _interval(row)
    kind = row["reason"].split(":")[0].split(" (")[0]
    letter = notes.setdefault(kind, "abcdefghijklmnopqrstuvwxyz"[len(notes) % 26])
    return ("-" if row["secret_key_rate_hz"] is None else "0") + f" ({letter})"


def _interval(row: StudyRow) -> str:
    """Like ``1.85 [1.67, 2.03] e-4``: one power of ten for all three."""
    rate = row["secret_key_rate_hz"]
    power = math.floor(math.log10(rate.best))
    if -2 <= power < 5:
        power = 0
    best, low, high = (f"{value / 10.0**power:.3g}" for value in (rate.best, rate.low, rate.high))
    suffix = f" e{power}" if power else ""
    return f"{best}{suffix}" if low == high else f"{best} [{low}, {high}]{suffix}"


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """Key rate over distance, one panel per hardware; the target also in units of the bounds."""
    panels: dict[str, list[Series]] = {name: [] for name in HARDWARE}
    for one in series_of(rows):
        panels[one.hardware.name].append(one)
    target = panels.pop(_TARGET)
    small = [name for name, series in panels.items() if series]
    both = bool(target and small)
    figure.set_size_inches(8.8, 6.7 if both else 4.0)
    grid = figure.add_gridspec(1 + both, 1, height_ratios=[1.45, 1.0] if both else [1.0])
    if target:
        left, right = grid[0].subgridspec(1, 2).subplots(squeeze=False)[0]
        _target(left, target)
        _per_mode(right, target)
    if small:
        bottom = grid[-1].subgridspec(1, len(small)).subplots(sharey=True, squeeze=False)[0]
        for axes, name, letter in zip(bottom, small, "cdefg" if both else "abcde", strict=False):
            _platform(axes, panels[name])
            axes.set_title(f"({letter}) {HARDWARE[name].lower()}", fontsize=8.4)
        for axes in bottom[1:]:
            axes.set_ylabel("")


def _target(axes: Axes, series: Sequence[Series]) -> None:
    """Bits per second of the target parameters."""
    _rates(axes, series)
    for one in series:
        if one.strategy == "swap-asap":
            _bound(axes, one, "bound_hz", _FLOOR_HZ)
    axes.set(title="(a) target parameters: key per second")
    axes.legend(handles=_legend(), loc="upper right", ncols=2, fontsize=7.2, handlelength=2.6)


def _platform(axes: Axes, series: Sequence[Series]) -> None:
    """Bits per second of one platform: lines improved, crosses and full markers as it is today."""
    improved = [s for s in series if s.hardware.improvement != 1.0 and s.strategy != "direct"]
    today = [s for s in series if s.hardware.improvement == 1.0 and s.strategy != "direct"]
    bare = [s for s in series if s.hardware.improvement == 1.0 and s.strategy == "direct"]
    _rates(axes, bare + improved, top=3e12)
    for one in today:
        keys = [
            (length, rate) for length in one.rows if (rate := one.key_rate(length)) >= _FLOOR_HZ
        ]
        if keys:
            axes.plot(*zip(*keys, strict=True), **one.look | {"ls": ""}, ms=6.0)
    factor = improved[0].hardware.improvement if improved else 1.0
    any_key = any(one.has_key for one in today)
    now = "large marker: model of today" if any_key else "model of today: no key"
    note = f"{now}\nlines: improved {factor:g} times"
    axes.text(0.99, 0.99, note, transform=axes.transAxes, ha="right", va="top", fontsize=6.8)
    axes.set_xticks(range(0, 601, 200))


def _rates(axes: Axes, series: Sequence[Series], top: float = 3e9) -> None:
    """Key rates in bit/s, beside bare fibre and its bound."""
    for one in series:
        if one.strategy == "direct":
            _bound(axes, one, "bound_hz", _FLOOR_HZ)
        _curve(axes, one, "secret_key_rate_hz", _FLOOR_HZ)
    axes.set(ylabel="asymptotic secret-key rate (bit/s)")
    _scales(axes, _FLOOR_HZ, top)


def _per_mode(axes: Axes, series: Sequence[Series]) -> None:
    """Bits per mode of light, beside the capacities."""
    for one in series:
        _curve(axes, one, "secret_key_per_mode", _FLOOR_PER_MODE)
        if one.strategy != "nested":
            _bound(axes, one, "bound_per_mode", _FLOOR_PER_MODE)
    axes.set(ylabel="asymptotic secret key (bit per mode of light)")
    axes.set(title="(b) target parameters: key per channel use")
    _scales(axes, _FLOOR_PER_MODE, 3.0)


def _curve(axes: Axes, one: Series, name: str, floor: float) -> None:
    """A figure with its 95 % band; zeros as crosses at the bottom edge."""
    rows = known(list(one.rows.values()), name)
    shown = [row for row in rows if float(row[name]) >= floor]
    if shown:
        figures = column(shown, name)
        best = [float(figure) for figure in figures]
        low, high = [max(each.low, floor) for each in figures], [each.high for each in figures]
        axes.plot(column(shown, _X), best, **one.look, lw=1.3, ms=4.0, mec="w", mew=0.4)
        colour = one.look["color"]
        axes.fill_between(column(shown, _X), low, high, color=colour, alpha=0.25, lw=0)
    zeros = [row[_X] for row in rows if row not in shown]
    height = floor / 10.0 ** _MARK[one.segments]
    cross = one.look | {"ls": "", "marker": "x", "ms": 3.5, "mew": 0.9}
    axes.plot(zeros, [height] * len(zeros), **cross)


def _scales(axes: Axes, floor: float, top: float) -> None:
    """Scales of a panel, with a strip below the lowest rate, where zeros are marked."""
    bottom = floor / 10.0**_STRIP
    axes.set(yscale="log", xlabel="distance (km)", xlim=(0.0, 625.0), ylim=(bottom, top))
    axes.axhspan(bottom, floor, color="0.93", lw=0, zorder=0)
    powers = range(round(math.log10(floor)), math.floor(math.log10(top)) + 1, 2)
    ticks = [floor / 10.0 ** (_STRIP / 2.0), *(10.0**power for power in powers)]
    axes.set_yticks(ticks, ["0", *(f"$10^{{{power}}}$" for power in powers)])
    axes.minorticks_off()


def _bound(axes: Axes, one: Series, name: str, floor: float) -> None:
    """A bound, down to the lowest rate shown."""
    values = [row[name] if row[name] >= floor else math.nan for row in one.rows.values()]
    dashes = "--" if one.strategy == "direct" else ":"
    look = one.look | {"ls": dashes, "marker": "", "lw": 1.0, "alpha": 0.8}
    axes.plot(list(one.rows), values, **look)


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
