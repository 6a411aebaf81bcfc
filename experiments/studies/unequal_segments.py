"""Segments of unequal length: a real route instead of an even one.

Question: how much key do unequal segments cost between Madrid and Barcelona?

Answer: with seven stations more than half (8 bit/s in the best towns, 20 at equal distances), with
nine a third: the longest segment decides. With seven stations at equal distances of 81 km the chain
gives 20.3 bit/s, in the best towns 8.2 (longest segment 107 km), and with three quarters of the
choices less than a tenth of that; with nine, 41.7 at equal distances and 29 in the best towns. The
other segments help: a route gives several times the key of a chain whose segments are all as long
as its longest. Swapping as soon as possible usually gives more than nesting.

How: seven or nine of eleven towns near the way hold stations; all 330 and 55 choices are played by
the sampled engine, 95 % intervals, with the target parameters (``qnet presets blueprint``), results
of swaps at the speed of light in the fibre, users that measure at once, and the cut-off of the
demonstration, a share of the coherence time (`protocols.repeaters.platforms`). Fibre is 1.2 times
as long as the great circle (assumed); places of towns are rounded to hundredths of a degree. Links
of different lengths try at different clocks; swap as soon as possible: L. Kamin et al., Phys. Rev.
Research 5, 023086 (2023), arXiv:2203.10318.

Run: ``qnet study unequal-segments [--quick] [--out DIR]``, a minute on one core.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any

from experiments.studies.rows import StudyRow, grouped, line, where
from experiments.studies.study import Study, StudyPoint
from protocols.repeaters.platforms import Platform
from qnet import play
from qnet.engines.forecast import forecast
from qnet.figures import curve, network_map, points as bars
from qnet.figures.style import COLOURS
from qnet.network import FibreSpan, Site, Topology, great_circle_km
from qnet.plans.base import Plan

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["STUDY", "chain", "lengths_km"]

#: Latitude and longitude in degrees, from west to east.
TOWNS = {
    "Madrid": (40.42, -3.70),
    "Guadalajara": (40.63, -3.16),
    "Sigüenza": (41.07, -2.64),
    "Ariza": (41.31, -2.05),
    "Calatayud": (41.35, -1.64),
    "La Almunia": (41.48, -1.38),
    "Zaragoza": (41.65, -0.88),
    "Bujaraloz": (41.50, -0.15),
    "Fraga": (41.52, 0.35),
    "Lleida": (41.62, 0.62),
    "Tàrrega": (41.65, 1.14),
    "Igualada": (41.58, 1.62),
    "Barcelona": (41.39, 2.16),
}

#: Length of a fibre over that of the great circle between its ends (assumed).
DETOUR = 1.2

HARDWARE = Platform(name="blueprint")
SEGMENTS = (8, 10)
STRATEGIES = {"swap-asap": "swap as soon as possible", "nested": "nested"}

_SHOTS, _QUICK = 5_000, 500

#: Elementary draws that a delivery may cost; more is a chain that hardly ever delivers.
_DRAWS = 1000.0

#: In place of the names of stations: equal segments.
_EVEN = "evenly spaced"

#: Columns of the panels.
_PANEL = ("longest_km", "secret_key_rate_hz")

#: Equal segments in km, beside those of the route.
_EQUAL_KM = (70.0, 90.0, 100.0, 110.0, 120.0)


def lengths_km(stations: Sequence[str]) -> list[float]:
    """Lengths of the fibres from Madrid over these stations to Barcelona.

    Examples:
        >>> [round(length) for length in lengths_km(["Zaragoza"])]
        [328, 306]
    """
    way = ["Madrid", *stations, "Barcelona"]
    return [DETOUR * great_circle_km(*TOWNS[one], *TOWNS[next_]) for one, next_ in pairwise(way)]


def chain(lengths: Sequence[float], strategy: str) -> Plan:
    """The chain over segments of these lengths in km.

    Examples:
        >>> [link.length_km for link in chain([40.0, 60.0], "nested").links()]
        [40.0, 60.0]
    """
    count = len(lengths)
    links = [HARDWARE.link(length, count) for length in lengths]
    return HARDWARE.joined(strategy, links, HARDWARE.cutoff_s(count)).plan()


def even_km(segments: int) -> float:
    """Length of equal segments, together as long as the choice whose longest is shortest.

    Examples:
        >>> round(even_km(8), 1)
        80.9
    """
    best = min(_choices(segments), key=lambda stations: max(lengths_km(stations)))
    return sum(lengths_km(best)) / segments


def _choices(segments: int) -> list[tuple[str, ...]]:
    return list(combinations(list(TOWNS)[1:-1], segments - 1))


def points(quick: bool) -> list[StudyPoint]:
    """Every number of segments and strategy, with equal segments and with all choices of towns."""
    found: list[StudyPoint] = []
    for segments in SEGMENTS:
        equal = [even_km(segments), *(() if quick else _EQUAL_KM)]
        choices = _choices(segments)[:: 25 if quick else 1]
        ways = [(_EVEN, [length] * segments) for length in equal]
        ways += [(", ".join(towns), lengths_km(towns)) for towns in choices]
        found += [
            {
                "segments": segments,
                "strategy": strategy,
                "stations": stations,
                "longest_km": max(lengths),
                "lengths_km": lengths,
                "shots": _QUICK if quick else _SHOTS,
            }
            for strategy in STRATEGIES
            for stations, lengths in ways
        ]
    return found


def work(point: StudyPoint, seed: int) -> StudyRow:
    """Figures of merit with their intervals, or why there are none."""
    plan = chain(point["lengths_km"], point["strategy"])
    if forecast(plan).draws > _DRAWS:
        return {"secret_key_rate_hz": None, "reason": "pairs hardly ever meet within the cut-off"}
    result = play(plan, shots=point["shots"], seed=seed)
    names = ("rate_hz", "fidelity", "secret_key_rate_hz")
    return {name: getattr(result, name) for name in names} | {"reason": ""}


def answer(rows: Sequence[StudyRow]) -> str:
    """The best and the worst choice beside even spacing, for each number of segments."""
    sentences = []
    for segments, own in grouped(rows, "segments").items():
        towns = [row for row in own if row["stations"] != _EVEN]
        best = max(towns, key=_key)
        even = min(
            where(own, stations=_EVEN, strategy=best["strategy"]),
            key=lambda row: abs(row["longest_km"] - even_km(segments)),
        )
        few = sum(_key(row) < 0.1 * _key(best) for row in towns) / len(towns)
        sentences.append(
            f"{segments} segments: {even['secret_key_rate_hz']} bit/s at equal distances of "
            f"{even['longest_km']:.0f} km, {best['secret_key_rate_hz']} with the best towns "
            f"({best['stations']}; longest segment {best['longest_km']:.0f} km; "
            f"{STRATEGIES[best['strategy']]}), less than a tenth of that with {few:.0%} of the "
            "choices."
        )
    return " ".join(sentences)


def _key(row: StudyRow) -> float:
    return 0.0 if row["secret_key_rate_hz"] is None else row["secret_key_rate_hz"].best


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """The best route on the map; below, every choice by its longest segment."""
    by_count = grouped(rows, "segments")
    grid = figure.add_gridspec(2, len(by_count), height_ratios=[1.0, 1.3])
    left: Axes | None = None
    for k, (segments, own) in enumerate(by_count.items()):
        panel = figure.add_subplot(grid[1, k], sharey=left)
        _panel(panel, own)
        panel.set_title(f"{segments} segments")
        if left is None:
            panel.set_ylabel("asymptotic secret-key rate (bit/s)")
        left = left or panel
    panel.legend(fontsize="small")
    best = max((row for row in by_count[SEGMENTS[0]] if row["stations"] != _EVEN), key=_key)
    _map(figure.add_subplot(grid[0, :]), best["stations"].split(", "))


def _panel(axes: Axes, rows: Sequence[StudyRow]) -> None:
    played = [row for row in rows if _key(row) > 0.0]
    for strategy, own in grouped(played, "strategy").items():
        nested, title = strategy == "nested", STRATEGIES[strategy]
        colour = {"color": COLOURS[2 if nested else 0]}
        look: dict[str, Any] = {"fmt": "os"[nested], "ms": 3.0, "capsize": 0, "lw": 0.8, **colour}
        towns = [row for row in own if row["stations"] != _EVEN]
        line(axes, towns, *_PANEL, bars, label=f"{title}, towns", **look)
        equal = sorted(where(own, stations=_EVEN), key=lambda row: row["longest_km"])
        look = {"marker": "", "ls": "--" if nested else "-", **colour}
        line(axes, equal, *_PANEL, curve, label=f"{title}, equal segments", **look)
    axes.set(xlabel="longest segment (km)", yscale="log")


def _map(axes: Axes, stations: Sequence[str]) -> None:
    way = ["Madrid", *stations, "Barcelona"]
    sites = []
    for name in way:
        kind = "repeater" if name in stations else "user"
        latitude, longitude = TOWNS[name]
        sites.append(Site(name=name, kind=kind, latitude_deg=latitude, longitude_deg=longitude))
    lengths = zip(pairwise(way), lengths_km(stations), strict=True)
    spans = [FibreSpan(ends=ends, length_km=length) for ends, length in lengths]
    network_map(Topology(sites=tuple(sites), spans=tuple(spans)), ax=axes)
    axes.set_title("best towns for eight segments")
    if legend := axes.get_legend():
        legend.set_loc("lower right")
        legend.set_bbox_to_anchor(None)


STUDY = Study.of_script(
    __name__,
    "How much key do unequal segments cost between Madrid and Barcelona?",
    keys=("secret_key_rate_hz",),
    fixed=f"target parameters, fibre {DETOUR:g} times the great circle, cut-off a share of T2",
    fits_column=False,
    size_in=(9.0, 7.0),
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
