"""What was found, for people: a table, and the answer in two sentences."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from experiments.studies.reach.rows import number
from protocols.repeaters.platforms import CLOCK_HZ, Platform

__all__ = ["Series", "answer", "series_of", "table"]

#: What all parameter sets but the target are, in text.
MODELS = "models of today's hardware"


ReachRow = Mapping[str, str]

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
    rows: Mapping[float, ReachRow]

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
        row = self.rows.get(length_km)
        return 0.0 if row is None else number(row, "secret_key_rate_hz_best") or 0.0

    @property
    def has_key(self) -> bool:
        """Whether there is a key over any distance."""
        return any(self.key_rate(length) > 0.0 for length in self.rows)


def series_of(rows: Iterable[ReachRow]) -> list[Series]:
    """The rows, sorted into series; hardware in the order of the rows."""
    found: dict[tuple[str, str, str, str], dict[float, ReachRow]] = {}
    for row in rows:
        key = row["hardware"], row["improvement"], row["strategy"], row["segments"]
        found.setdefault(key, {})[float(row["length_km"])] = row
    return [
        Series(
            hardware=Platform(name=name, improvement=float(improvement)),
            strategy=strategy,
            segments=int(segments),
            rows=dict(sorted(by_length.items())),
        )
        for (name, improvement, strategy, segments), by_length in found.items()
    ]


def table(rows: Sequence[ReachRow], lengths_km: Sequence[float]) -> str:
    """Key rates in bit/s with 95 % intervals; zeros with the letter of their reason.

    Args:
        rows: Rows of a run.
        lengths_km: Distances to show.
    """
    lines = ["Secret-key rate in bit/s, with 95 % intervals", ""]
    head = f"  {'':<24}" + "".join(f"{f'{length:g} km':>24}" for length in lengths_km)
    notes: dict[str, str] = {}
    hardware = None
    group: list[Series] = []
    all_series = [s for s in series_of(rows) if (s.strategy, s.segments) != ("swap-asap", 2)]
    for series in [*all_series, None]:
        if group and (series is None or series.hardware != hardware):
            lines += [group[0].hardware.title, head]
            lines += _lines(group, lengths_km, notes)
            lines.append("")
            group = []
        if series is not None:
            hardware = series.hardware
            group.append(series)
    lines += [f"({letter}) {reason}" for reason, letter in notes.items()]
    if any(_is_today(one.hardware) for one in all_series):
        lines += ["", f"All but the target parameters are {MODELS}, whose links are more likely"]
        lines[-1] += " or more faithful than the published ones (qnet presets NAME compares)."
    return "\n".join(lines)


def answer(rows: Sequence[ReachRow], length_km: float) -> str:
    """Whether a chain of this length beats bare fibre, and with which hardware.

    Args:
        rows: Rows of a run.
        length_km: The length.
    """
    chains: list[Series] = []
    fibre: list[Series] = []
    for series in series_of(rows):
        if length_km in series.rows:
            (fibre if series.strategy == "direct" else chains).append(series)
    if not chains or not fibre:
        return f"No chain of {length_km:g} km was worked out beside bare fibre."
    bare = max(fibre, key=lambda one: one.key_rate(length_km))
    bare_rate = bare.key_rate(length_km)
    bound = number(bare.rows[length_km], "bound_hz") or 0.0
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
    low = number(row, "secret_key_rate_hz_low") or 0.0
    verdict = "more than" if low > bound else "no more than"
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
    if len(chains) > 1 and not any(series.has_key for series in chains):
        shown = [series for series in group if series.strategy == "direct"]
        least = min(chains, key=lambda one: one.segments)
        shown_lines = [_line(series, lengths_km, notes) for series in shown]
        cells = "".join(f"{_zero(least.rows.get(length), notes):>24}" for length in lengths_km)
        return [*shown_lines, f"  {'all chains':<24}{cells}"]
    return [_line(series, lengths_km, notes) for series in group]


def _line(series: Series, lengths_km: Sequence[float], notes: dict[str, str]) -> str:
    cells = []
    for length in lengths_km:
        row = series.rows.get(length)
        rate = None if row is None else number(row, "secret_key_rate_hz_best")
        cells.append(_zero(row, notes) if not rate or row is None else _interval(row))
    return f"  {series.title:<24}" + "".join(f"{cell:>24}" for cell in cells)


def _interval(row: ReachRow) -> str:
    """Like ``1.85 [1.67, 2.03] e-4``: one power of ten for all three."""
    values = [number(row, f"secret_key_rate_hz_{part}") or 0.0 for part in ("best", "low", "high")]
    power = math.floor(math.log10(values[0]))
    if -2 <= power < 5:
        power = 0
    best, low, high = (f"{value / 10.0**power:.3g}" for value in values)
    suffix = f" e{power}" if power else ""
    return f"{best}{suffix}" if low == high else f"{best} [{low}, {high}]{suffix}"


def _zero(row: ReachRow | None, notes: dict[str, str]) -> str:
    """A zero, or a dash where nothing was worked out, with the letter of its reason."""
    if row is None:
        return ""
    kind = row["reason"].split(":")[0].split(" (")[0]
    letter = notes.setdefault(kind, "abcdefghijklmnopqrstuvwxyz"[len(notes) % 26])
    return ("0" if row["secret_key_rate_hz_best"] else "-") + f" ({letter})"
