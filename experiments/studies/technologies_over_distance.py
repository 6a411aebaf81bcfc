"""Technologies over distance: key, trust, availability and cost of one demand over one line.

Question: which technology brings 100 secret bits per second cheapest over a distance, and who must
be trusted?

Answer: a fibre up to 140 km; beyond, trusted nodes and twin-field hops in turn. Where nobody on
the way may learn the key it is a fibre up to 140 km, a twin-field hop up to 377 km, repeaters of
the target parameters up to a thousand, at forty to two hundred times the cost of trusted nodes, and
beyond satellites with pairs, of which it takes 2495 over 1500 km. A trusted satellite costs the
same over any distance, and less than repeaters from 700 km on, but 25 times what fourteen trusted
nodes over 2000 km cost: it would have to be shared by many demands, or bridge a sea.

How: a line of its own for one demand, fibres 1.25 times the great circle at 0.2 dB/km, 4 % interest
over ten years and 12 % of the investment a year for operation; costs in thousands of euros are
assumed, for no price list was found, and the order of the costs is the answer rather than their
size. Trusted nodes, and a fibre in one hop: decoy BB84 with finite blocks and avalanche detectors
(C. C. W. Lim et al., Phys. Rev. A 89, 022307 (2014), arXiv:1311.7129). Twin-field: M. Curty et al.,
npj Quantum Inf. 5, 64 (2019), arXiv:1807.07667, with cooled detectors in a station that needs no
trust and is taken as dear as two trusted nodes. Repeaters: the target parameters (``qnet presets
blueprint``), number of segments and cut-offs by the optimiser, length in steps of 50 km. Satellites
at 500 km on clear nights of a month of autumn, near S.-K. Liao et al., Nature 549, 43 (2017),
doi:10.1038/nature23655: weak pulses at 1 GHz to one ground station after the other, or 1e8
entangled pairs a second to both. The number of hops, of pairs of devices on each and of satellites
is the cheapest, as for the optimal spacing of R. Alléaume et al., New J. Phys. 11, 075002 (2009),
arXiv:0903.0839. Break-even lengths are found by bisection, to 50 km with repeaters.

Run: ``qnet study technologies-over-distance [--quick] [--out DIR]``, half a minute on one core.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

from experiments.studies.rows import StudyRow, grouped, known, line, where
from experiments.studies.study import Study, StudyPoint
from protocols.planning.reports.over_distance import DistanceTable, over_distance
from qnet.figures import curve, plain_numbers
from qnet.figures.style import look
from qnet.schema import load

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from protocols.planning.scenario import PlanScenario

__all__ = ["STUDY", "WAYS", "compared", "work"]

#: What is compared -> what it is called in the tables of a plan.
WAYS = {
    "fibre, direct": "trusted nodes, direct",
    "trusted nodes": "trusted nodes",
    "twin-field": "twin-field",
    "repeaters": "repeaters",
    "satellite, trusted": "trusted satellite",
    "satellite, pairs": "entangled satellite",
}

DISTANCES_KM = (50.0, 100.0, 150.0, 200.0, 300.0, 400.0, 500.0, 700.0, 1000.0, 1500.0, 2000.0)
QUICK_DISTANCES_KM = (50.0, 500.0)

#: Pairs whose break-even length the quick size looks for.
_QUICK_PAIRS = (("fibre, direct", "twin-field"), ("trusted nodes", "twin-field"))

#: Secret bits per second that are needed.
DEMAND_HZ = 100.0

_PLAN = "planning/over-distance"


def points(quick: bool) -> list[StudyPoint]:
    """Every way over every distance, and every two of them."""
    distances = QUICK_DISTANCES_KM if quick else DISTANCES_KM
    pairs = _QUICK_PAIRS if quick else tuple(combinations(WAYS, 2))
    alone: list[StudyPoint] = [
        {"way": way, "other": "", "distance_km": km} for way in WAYS for km in distances
    ]
    both: list[StudyPoint] = [
        {"way": way, "other": other, "distance_km": None} for way, other in pairs
    ]
    return [{**each, "quick": quick} for each in (*alone, *both)]


def compared(ways: Sequence[str], distances_km: Sequence[float]) -> DistanceTable:
    """The comparison of a plan with the technologies of some ways alone.

    Args:
        ways: Names of ``WAYS``.
        distances_km: Distances.
    """
    scenario: PlanScenario = load(_PLAN)
    wanted = {WAYS[way].removesuffix(", direct") for way in ways}
    some = tuple(each for each in scenario.technology if each.name in wanted)
    return over_distance(replace(scenario, technology=some), distances_km, DEMAND_HZ)


def work(point: StudyPoint, seed: int) -> StudyRow:
    """What a way builds over a distance; or where one of two becomes the cheaper one."""
    way, other = point["way"], point["other"]
    if other:
        return _break_even(way, other, QUICK_DISTANCES_KM if point["quick"] else DISTANCES_KM)
    (row,) = compared([way], [point["distance_km"]]).of(WAYS[way])
    if row.pairs is None:
        return {"reason": row.reason, "security": row.security.as_dict()}
    return {
        "key_rate_hz": row.rate_hz,
        "devices": row.pairs,
        "hops": row.hops,
        "trusted": row.trusted,
        "stations": row.stations,
        "availability": row.availability,
        "capital": row.capital,
        "cost_per_bit": row.cost_per_bit,
        "security": row.security.as_dict(),
    }


def _break_even(way: str, other: str, distances_km: Sequence[float]) -> StudyRow:
    """The first length at which the order of two changes, and all such lengths."""
    names = {WAYS[way]: way, WAYS[other]: other}
    found = [
        each
        for each in compared([way, other], distances_km).break_even
        if {each.below, each.above} == set(names)
    ]
    told = [f"{names[each.above]} beyond {each.distance_km:.0f} km" for each in found]
    return {
        "break_even_km": found[0].distance_km if found else None,
        "break_even_cost_per_bit": found[0].cost_per_bit if found else None,
        "break_even": ", ".join(told),
    }


def _cheapest(rows: Sequence[StudyRow], ways: Sequence[str]) -> dict[float, StudyRow]:
    """The row with the cheapest bit at each distance."""
    some = [row for row in known(rows, "cost_per_bit") if row["way"] in ways]
    return {
        km: min(own, key=lambda row: float(row["cost_per_bit"]))
        for km, own in sorted(grouped(some, "distance_km").items())
    }


def _told(best: dict[float, StudyRow]) -> str:
    """Who is the cheapest, with the distances at which it is so."""
    spans = grouped(list(best.values()), "way")
    places = {way: [f"{row['distance_km']:g}" for row in own] for way, own in spans.items()}
    return "; ".join(f"{way} at {', '.join(km)} km" for way, km in places.items())


def answer(rows: Sequence[StudyRow]) -> str:
    """Who is the cheapest where, with and without trust, and where that changes."""
    crossings = [row for row in rows if row.get("break_even")]
    lengths = "; ".join(f"{row['way']} or {row['other']}: {row['break_even']}" for row in crossings)
    return (
        f"Cheapest: {_told(_cheapest(rows, tuple(WAYS)))}. Where nobody on the way may learn the "
        f"key: {_told(_cheapest(_untrusted(rows), tuple(WAYS)))}. Cheaper: {lengths or 'the same'}."
    )


def _untrusted(rows: Sequence[StudyRow]) -> list[StudyRow]:
    return where(rows, trusted=0)


def table(rows: Sequence[StudyRow]) -> str:
    """A row a line: key, trust, availability and cost."""
    head = ("km", "way", "bit/s each", "devices", "hops", "trusted", "available", "cost of a bit")
    lines = [head]
    for row in sorted(where(rows, other=""), key=lambda row: float(row["distance_km"])):
        told: tuple[str, ...] = ("-",) * 6
        if row.get("cost_per_bit") is not None:
            rate, counts = row["key_rate_hz"].best, (row["devices"], row["hops"], row["trusted"])
            up, cost = f"{row['availability']:.6f}", f"{row['cost_per_bit']:.3e}"
            told = (f"{rate:.4g}", *map(str, counts), up, cost)
        lines.append((f"{row['distance_km']:g}", row["way"], *told))
    widths = [max(len(each[k]) for each in lines) for k in range(len(head))]
    return "\n".join(
        "  ".join(text.rjust(width) for text, width in zip(each, widths, strict=True))
        for each in lines
    )


#: Wide, for trusted nodes lie upon it; the sixth line would have its colour.
_COLOURS = {"fibre, direct": {"color": "0.65", "lw": 5, "ms": 9}}


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """Cost of a bit with break-even lengths, key, trust and availability over distance."""
    cost, rate, trust, up = figure.subplots(2, 2, sharex=True).flat
    for number, (way, own) in enumerate(grouped(where(rows, other=""), "way").items()):
        alive, how = known(own, "cost_per_bit"), look(number) | _COLOURS.get(way, {})
        line(cost, alive, "distance_km", "cost_per_bit", label=way, **how)
        line(rate, alive, "distance_km", "key_rate_hz", curve, label="", **how)
        line(trust, alive, "distance_km", "trusted", **how)
        down = [{**row, "down": 1.0 - row["availability"]} for row in alive]
        line(up, down, "distance_km", "down", **how)
    _crossings(cost, rows)
    for axes in (cost, rate, trust, up):
        axes.set_xscale("log")
        axes.set_xticks([50, 100, 200, 500, 1000, 2000])
        plain_numbers(axes.xaxis)
        if axes is not trust:
            axes.set_yscale("log")
        axes.minorticks_off()
    up.set_yticks([0.002, 0.005, 0.01, 0.02], ["0.2 %", "0.5 %", "1 %", "2 %"])
    cost.set(ylabel="cost of a secret bit (1000 euros, assumed)")
    rate.set(ylabel="secret-key rate of each pair of\ndevices or each satellite (bit/s)")
    trust.set(ylabel="trusted nodes on the way", xlabel="great circle (km)")
    up.set(ylabel="share of time without key", xlabel="great circle (km)")
    figure.legend(*cost.get_legend_handles_labels(), loc="outside upper center", ncols=4)


def _crossings(axes: Axes, rows: Sequence[StudyRow]) -> None:
    """Where two ways cost the same: of several lengths the first."""
    found = known(rows, "break_even_km")
    how = {"ls": "", "marker": "o", "ms": 7, "mfc": "none", "mec": "0.0", "zorder": 4}
    line(axes, found, "break_even_km", "break_even_cost_per_bit", label="break-even", **how)


STUDY = Study.of_script(
    __name__,
    f"Which technology brings {DEMAND_HZ:g} secret bits per second cheapest over a distance, and "
    "who must be trusted?",
    keys=("key_rate_hz",),
    table=table,
    fixed=f"demand of {DEMAND_HZ:g} bit/s, fibre 1.25 times the great circle, costs assumed",
    size_in=(9.5, 7.5),
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
