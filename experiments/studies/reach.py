"""Reach of repeater chains against bare fibre: the demonstration.

Question: can a 500 km repeater chain beat bare fibre?

Answer: with target parameters yes, 58 bit/s where bare fibre gives no key; with models of today's
hardware no. That is by eight segments that swap as soon as possible; no repeaterless link of the
clock of the bare fibre gives more than 0.29 bit/s. This chain wins from 350 km on. Improved twenty
times, most platforms give a key over 500 km, and it is a small one.

How: secret-key rates over 50 to 600 km of bare fibre, and of chains of 2, 4 and 8 segments on the
sampled engine, with models of today's platforms, as they are and improved, and with target
parameters, all with the choices of ``protocols/repeaters/platforms.py``; 95 % intervals. Bounds: S.
Pirandola et al., Nat. Commun. 8, 15043 (2017); S. Pirandola, Commun. Phys. 2, 51 (2019).

Run: ``make demo``, or ``qnet study reach [--quick] [--out DIR]``, a minute on one core.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from experiments.studies.rows import StudyRow, grouped, known, line
from experiments.studies.study import Study, StudyPoint
from protocols.repeaters.platforms import CLOCK_HZ, HARDWARE, IMPROVEMENT, KEY, Platform
from qnet import Estimate, InfeasiblePlanError, Plan, play
from qnet.engines.forecast import forecast
from qnet.engines.result import ChainResult, SampledResult
from qnet.engines.sampled import play_sampled
from qnet.figures.curves import curve
from qnet.figures.style import COLOURS
from qnet.progress import duration

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

__all__ = ["FIGURES", "STUDY", "Series", "series_of"]

LENGTHS_KM = tuple(float(length) for length in range(50, 601, 50))
QUICK_LENGTHS_KM = (100.0, 300.0, 500.0)
QUESTION_KM = 500.0

#: Bare fibre, and chains; with one station the strategies are the same.
WAYS = (
    ("direct", 1),
    *(("nested", 2), ("nested", 4), ("swap-asap", 4), ("nested", 8), ("swap-asap", 8)),
)

#: Most samples of a point, in a full run and in a quick one.
_SHOTS, _QUICK = 20_000, 500

#: Estimates in a row, in this order.
FIGURES = (
    *("secret_key_rate_hz", "secret_key_per_mode", "rate_hz", "fidelity", "qber_x", "qber_z"),
    "secret_key_fraction",
)

_DAY_S = 86400.0

#: Shares of the usual cut-off that are tried in turn, until there is a key.
_CUTOFF_SHARES = (1.0, 0.25, 0.0625)

#: Elementary pairs that the samples of a point may cost in all, by strategy, and fewest samples.
_BUDGET, _FEWEST_SHOTS = {"nested": 5e6, "swap-asap": 5e5}, 200

#: Without a key, rate and errors are for information: not worth more links per pair, or samples.
_MOST_DRAWS_FOR_NO_KEY, _MOST_SHOTS_FOR_NO_KEY = 50.0, 1000

#: Forecasts of a delivery time are good to this factor.
_FORECAST_FACTOR = 3.0

#: What all parameter sets but the target are, in text.
_MODELS = "models of today's hardware"

#: Lowest rate shown in bit/s (about a bit a day) and per mode; zeros are marked below it.
_FLOOR_HZ, _FLOOR_PER_MODE = 1e-5, 1e-9

#: Height in decades of the strip of zeros, and of the marks in it by number of segments.
_STRIP, _MARK = 2.0, {1: 0.4, 2: 0.8, 4: 1.2, 8: 1.6}

_LOOK = {2: (COLOURS[3], "s"), 4: (COLOURS[2], "^"), 8: (COLOURS[0], "o")}
_DASH, _GREY = {"nested": (0, (4, 2)), "swap-asap": "-"}, "0.55"


def points(quick: bool) -> list[StudyPoint]:
    """Everything that is compared: each hardware as it is and improved, each way."""
    return [
        {
            "hardware": name,
            "improvement": improvement,
            "strategy": strategy,
            "segments": segments,
            "length_km": length,
            "most_shots": _QUICK if quick else _SHOTS,
        }
        for name in HARDWARE
        for improvement in ((1.0,) if name == "blueprint" else (1.0, IMPROVEMENT))
        for strategy, segments in WAYS
        for length in (QUICK_LENGTHS_KM if quick else LENGTHS_KM)
    ]


def work(point: StudyPoint, seed: int) -> StudyRow:
    """The figures of a point as far as they are known, why there is no key, and its bounds."""
    hardware = Platform(name=point["hardware"], improvement=point["improvement"])
    segments, length_km = point["segments"], point["length_km"]
    if point["strategy"] == "direct":
        link, optical_modes = hardware.direct(length_km), 2
        bound = hardware.direct_bound(length_km)
        found = _figures(play(link, engine="exact", key=KEY), ", from dark counts")
    else:
        link, optical_modes = hardware.link(length_km / segments, segments), hardware.optical_modes
        bound = hardware.chain_bound(segments, length_km)
        chain = _ReachChain(hardware, point["strategy"], segments, length_km, seed)
        found = chain.found(point["most_shots"])
    modes_hz = optical_modes * link.modes / link.attempt_time_s
    key = found["secret_key_rate_hz"]
    if key is not None:
        found["secret_key_per_mode"] = key * (1.0 / modes_hz)
    return {
        **{name: found.get(name) for name in (*FIGURES, "reason", "cutoff_s")},
        "shots": found.get("shots", 0),
        "bound_per_mode": bound,
        "bound_hz": bound * modes_hz,
    }


@dataclass(frozen=True, slots=True)
class _ReachChain:
    """One strategy on one hardware over one distance, with the seed of its samples."""

    hardware: Platform
    strategy: str
    segments: int
    length_km: float
    seed: int

    def found(self, shots: int) -> dict[str, Any]:
        """With the cut-off; where there can be no key, without it, and with the reason.

        Args:
            shots: Most samples.
        """
        try:
            ideal = self.without_storage(herald_wait=True)
            if ideal.secret_key_fraction.best == 0.0:
                return self.no_key(ideal, shots)
            found: dict[str, Any] = {}
            for share in _CUTOFF_SHARES:
                shorter = self.with_cutoff(share * self.hardware.cutoff_s(self.segments), shots)
                if "shots" not in shorter:
                    return found or shorter
                found = shorter
                if not found["reason"]:
                    break
            return found
        except InfeasiblePlanError as error:
            zero = Estimate.exact(0.0)
            return {"secret_key_rate_hz": zero, "rate_hz": zero, "reason": str(error)}

    def plan(self, cutoff_s: float | None = None) -> Plan:
        way = self.strategy, self.segments, self.length_km
        return self.hardware.chain(*way, cutoff_s=cutoff_s).plan()

    def played(self, plan: Plan, shots: int) -> SampledResult:
        return play_sampled(plan, shots=shots, seed=self.seed, key=KEY)

    def without_storage(self, *, herald_wait: bool) -> SampledResult:
        """If no qubit had to wait for a partner: one sample tells, as all pairs are alike.

        How often a swap succeeds does not matter to them.
        """
        how = {"storage": False, "herald_wait": herald_wait}
        chain = self.hardware.chain(self.strategy, self.segments, self.length_km, **how)
        sure = replace(self.hardware.station, success_probability=1.0)
        return self.played(replace(chain, swap=sure).plan(), 1)

    def without_cutoff(self, shots: int) -> SampledResult | None:
        """With few samples, as there is no key; None if they cost too much."""
        plan = self.plan()
        if forecast(plan).draws > _MOST_DRAWS_FOR_NO_KEY:
            return None
        return self.played(plan, min(shots, _MOST_SHOTS_FOR_NO_KEY))

    def no_key(self, ideal: SampledResult, shots: int) -> dict[str, Any]:
        """Where no key is possible, from what there is if no qubit waits for another."""
        reason = f"QBER too high: {_worst_qber(ideal):.0%} even if no qubit waits for another"
        if self.without_storage(herald_wait=False).secret_key_fraction.best > 0.0:
            reason = f"memory lost while waiting for the herald: QBER {_worst_qber(ideal):.0%}"
        free = self.without_cutoff(shots)
        if free is None:
            return {"secret_key_rate_hz": Estimate.exact(0.0), "reason": reason}
        return {**_figures(free), "reason": reason, "shots": free.shots}

    def with_cutoff(self, cutoff_s: float, shots: int) -> dict[str, Any]:
        """Samples with this cut-off, or why there are none: then the row says no ``shots``."""
        plan = self.plan(cutoff_s)
        expected = forecast(plan)
        pairs = f"in {duration(expected.delivery_s)}"
        if expected.delivery_s > _DAY_S:
            # No samples of the rate, only what the forecast allows at most.
            reason, free = f"fewer than one pair a day (one {pairs})", self.without_cutoff(shots)
            if free is not None:
                reason += f" within the cut-off; without it QBER {_worst_qber(free):.0%}"
            most = Estimate(0.0, 0.0, _FORECAST_FACTOR / expected.delivery_s)
            return {"secret_key_rate_hz": most, "rate_hz": most, "reason": reason}
        affordable = int(_BUDGET[self.strategy] / expected.draws)
        if affordable < _FEWEST_SHOTS:
            reason = f"not sampled, too rare: one pair {pairs}, made of {expected.draws:.1g} links"
            return {"secret_key_rate_hz": None, "reason": reason}
        result = self.played(plan, min(shots, affordable))
        return {**_figures(result), "cutoff_s": cutoff_s, "shots": result.shots}


def _figures(result: ChainResult, whence: str = "") -> dict[str, Any]:
    """The figures of a result, and why there is no key."""
    lost = result.secret_key_rate_hz.best == 0.0
    figures = {name: getattr(result, name) for name in FIGURES if hasattr(result, name)}
    reason = f"QBER too high: {_worst_qber(result):.0%}{whence}" if lost else ""
    return {**figures, "reason": reason}


def _worst_qber(result: ChainResult) -> float:
    """The larger of the error rates in the two bases of the key protocol."""
    return max(result.qber_x.best, result.qber_z.best)


@dataclass(frozen=True, slots=True)
class Series:
    """The rows of one way on one hardware, by distance.

    Args:
        hardware: The hardware.
        strategy: ``direct``, ``nested`` or ``swap-asap``.
        segments: Number of segments.
        rows: Row by distance in km.
    """

    hardware: Platform
    strategy: str
    segments: int
    rows: Mapping[float, StudyRow]

    @property
    def title(self) -> str:
        """What to call it."""
        if self.segments <= 2:
            return "bare fibre" if self.segments == 1 else "2 segments"
        return f"{self.segments} segments, {self.strategy.replace('asap', 'ASAP')}"

    @property
    def is_direct(self) -> bool:
        """Whether it is bare fibre."""
        return self.strategy == "direct"

    @property
    def is_today(self) -> bool:
        """Whether the hardware is a model of a platform of today."""
        return self.hardware.improvement == 1.0 and self.hardware.name != "blueprint"

    @property
    def has_key(self) -> bool:
        """Whether there is a key over any distance."""
        return any(self.key_rate(length) > 0.0 for length in self.rows)

    @property
    def look(self) -> dict[str, Any]:
        """Colour, marker and dashes; with one station the strategies are the same."""
        if self.is_direct:
            return {"color": "0.0", "marker": "", "ls": "-"}
        colour, marker = _LOOK[self.segments]
        dashes = _DASH["swap-asap" if self.segments == 2 else self.strategy]
        return {"color": colour, "marker": marker, "ls": dashes}

    def key_rate(self, length_km: float) -> float:
        """Secret-key rate in bit/s; zero where it is not known."""
        rate = self.rows[length_km]["secret_key_rate_hz"]
        return 0.0 if rate is None else float(rate)


def series_of(rows: Sequence[StudyRow]) -> list[Series]:
    """The rows, sorted into series, in the order of the rows."""
    found = []
    for way, own in grouped(rows, "hardware", "improvement", "strategy", "segments").items():
        name, improvement, strategy, segments = way
        by_length = {row["length_km"]: row for row in own}
        hardware = Platform(name=name, improvement=improvement)
        found.append(Series(hardware, strategy, segments, by_length))
    return found


def table(rows: Sequence[StudyRow]) -> str:
    """Key rates with 95 % intervals; zeros with the letter of their reason.

    Chains that give no key anywhere share a line.
    """
    lines = ["Secret-key rate in bit/s, with 95 % intervals", ""]
    head = f"  {'':<24}" + "".join(f"{f'{length:g} km':>24}" for length in QUICK_LENGTHS_KM)
    notes: dict[str, str] = {}
    for own in grouped(rows, "hardware", "improvement").values():
        direct, *chains = series_of(own)
        shown = {one.title: one for one in (direct, *chains)}
        if not any(one.has_key for one in chains):
            shown = {direct.title: direct, "all chains": chains[0]}
        lines += [direct.hardware.title, head]
        for title, one in shown.items():
            cells = [f"{_cell(one.rows[length], notes):>24}" for length in QUICK_LENGTHS_KM]
            lines.append(f"  {title:<24}{''.join(cells)}")
        lines.append("")
    lines += [f"({letter}) {reason}" for reason, letter in notes.items()]
    lines += ["", f"All but the target parameters are {_MODELS}, whose links are more likely"]
    lines[-1] += " or more faithful than the published ones (qnet presets NAME compares)."
    return "\n".join(lines)


def _cell(row: StudyRow, notes: dict[str, str]) -> str:
    """The key rate; without one a zero, or a dash where it is unknown, with its reason's letter."""
    rate = row["secret_key_rate_hz"]
    if rate is not None and rate.best > 0.0:
        return _interval(rate)
    kind = row["reason"].split(":")[0].split(" (")[0]
    letter = notes.setdefault(kind, "abcdefghijklmnopqrstuvwxyz"[len(notes) % 26])
    return ("-" if rate is None else "0") + f" ({letter})"


def _interval(rate: Estimate) -> str:
    """Like ``1.85 [1.67, 2.03] e-4``: one power of ten for all three."""
    power = math.floor(math.log10(rate.best))
    if -2 <= power < 5:
        power = 0
    best, low, high = (f"{value / 10.0**power:.3g}" for value in (rate.best, rate.low, rate.high))
    suffix = f" e{power}" if power else ""
    return f"{best}{suffix}" if low == high else f"{best} [{low}, {high}]{suffix}"


def answer(rows: Sequence[StudyRow]) -> str:
    """Whether a chain of this length beats bare fibre, and with which hardware."""

    def rate(one: Series) -> float:
        return one.key_rate(QUESTION_KM)

    series = sorted(series_of(rows), key=rate, reverse=True)
    bare = next(one for one in series if one.is_direct)
    best = next(one for one in series if not one.is_direct)
    gives = f"{rate(bare):.3g} bit/s" if rate(bare) else "no key"
    clock = f"{CLOCK_HZ / 1e9:g} billion single photons a second"
    setting = f"over {QUESTION_KM:g} km, where bare fibre gives {gives} ({clock})"
    if rate(best) <= rate(bare):
        return f"No: no chain that was played beats bare fibre {setting}."
    row, title = best.rows[QUESTION_KM], best.hardware.title
    key, bound = row["secret_key_rate_hz"], bare.rows[QUESTION_KM]["bound_hz"]
    winner = (
        f"{best.title}, with {title[0].lower()}{title[1:]} reach {_interval(key)} bit/s {setting}. "
        f"That is {'more' if key.low > bound else 'no more'} than any repeaterless link of that "
        f"clock can give ({bound:.2g} bit/s)."
    )
    today = max((rate(one) for one in series if one.is_today and not one.is_direct), default=0.0)
    if today > rate(bare):
        return f"Yes, with {_MODELS}, or better: {winner}"
    behind = max((x for x in best.rows if best.key_rate(x) <= bare.key_rate(x)), default=0.0)
    ahead = [x for x in best.rows if x > behind]
    since = f" It wins from {min(ahead):g} km on." if ahead else ""
    none = "beats it" if today else "gives any key there"
    return f"Yes, but not with {_MODELS}: {winner}{since} No chain of {_MODELS} {none}."


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """Key rate over distance, one panel per hardware; the target also in units of the bounds."""
    panels = {name: series_of(own) for name, own in grouped(rows, "hardware").items()}
    target = panels.pop("blueprint")
    grid = figure.add_gridspec(2, 1, height_ratios=[1.45, 1.0])
    left, right = grid[0].subgridspec(1, 2).subplots(squeeze=False)[0]
    _target(left, target)
    _per_mode(right, target)
    below = grid[1].subgridspec(1, len(panels)).subplots(sharey=True, squeeze=False)[0]
    for axes, (name, series), letter in zip(below, panels.items(), "cdefg", strict=True):
        _platform(axes, series)
        axes.set_title(f"({letter}) {HARDWARE[name].lower()}", fontsize=8.4)
        axes.label_outer()


def _target(axes: Axes, series: Sequence[Series]) -> None:
    """Bits per second of the target parameters."""
    _rates(axes, series)
    for one in {one.segments: one for one in series if not one.is_direct}.values():
        _bound(axes, one, "bound_hz", _FLOOR_HZ)
    axes.set(title="(a) target parameters: key per second")
    axes.legend(handles=_legend(), loc="upper right", ncols=2, fontsize=7.2, handlelength=2.6)


def _platform(axes: Axes, series: Sequence[Series]) -> None:
    """Bits per second of one platform: lines improved, crosses and full markers as it is today."""
    today = [one for one in series if one.is_today and not one.is_direct]
    _rates(axes, [one for one in series if one.is_direct == one.is_today], top=3e12)
    for one in today:
        keys = {x: rate for x in one.rows if (rate := one.key_rate(x)) >= _FLOOR_HZ}
        axes.plot(list(keys), list(keys.values()), **one.look | {"ls": ""}, ms=6.0)
    any_key = any(one.has_key for one in today)
    now = "large marker: model of today" if any_key else "model of today: no key"
    note = f"{now}\nlines: improved {IMPROVEMENT:g} times"
    axes.text(0.99, 0.99, note, transform=axes.transAxes, ha="right", va="top", fontsize=6.8)
    axes.set_xticks(range(0, 601, 200))


def _rates(axes: Axes, series: Sequence[Series], top: float = 3e9) -> None:
    """Key rates in bit/s, beside bare fibre and its bound."""
    for one in series:
        if one.is_direct:
            _bound(axes, one, "bound_hz", _FLOOR_HZ)
        _curve(axes, one, "secret_key_rate_hz", _FLOOR_HZ)
    axes.set(ylabel="asymptotic secret-key rate (bit/s)")
    _scales(axes, _FLOOR_HZ, top)


def _per_mode(axes: Axes, series: Sequence[Series]) -> None:
    """Bits per mode of light, beside the capacities."""
    for one in series:
        _curve(axes, one, "secret_key_per_mode", _FLOOR_PER_MODE)
    for one in {one.segments: one for one in series}.values():
        _bound(axes, one, "bound_per_mode", _FLOOR_PER_MODE)
    axes.set(ylabel="asymptotic secret key (bit/mode)")
    axes.set(title="(b) target parameters: key per channel use")
    _scales(axes, _FLOOR_PER_MODE, 3.0)


def _curve(axes: Axes, one: Series, name: str, floor: float) -> None:
    """A figure with its 95 % band; zeros as crosses at the bottom edge."""
    rows = known(list(one.rows.values()), name)
    shown = [row for row in rows if float(row[name]) >= floor]
    clipped = [{**row, name: replace(row[name], low=max(row[name].low, floor))} for row in shown]
    line(axes, clipped, "length_km", name, curve, **one.look, lw=1.3, ms=4.0, mec="w", mew=0.4)
    zeros = [row["length_km"] for row in rows if row not in shown]
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
    dashes = "--" if one.is_direct else ":"
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


STUDY = Study.of_script(
    __name__,
    f"Can a {QUESTION_KM:g} km repeater chain beat bare fibre?",
    fixed="BB84 with error correction at 1.16; cut-off a share of the coherence time",
    fits_column=False,
    size_in=(8.8, 6.7),
    keys=("secret_key_rate_hz",),
    table=table,
    style={"svg.fonttype": "none", "font.size": 8.5, "axes.titlesize": 9.0},
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
