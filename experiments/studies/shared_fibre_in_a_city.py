"""Shared or dark fibre in a city: what a metropolitan ring spares, and the key that it loses.

Question: what does a metropolitan network spare with quantum channels beside its data, and what key
does it lose?

Answer: a tenth to a fifth of the cost at little key, and nothing at much. Where every two nodes of
the ring like Madrid share a little, channels beside the data cost 1091 in place of 1214; like
Berlin, 1022 in place of 1288. They lose two fifths of the key of the longest span of 22 km, and two
thirds of one of 41 km: for 10 Mbit/s in all the devices that make up for it cost more than dark
fibre would, 1980 against 1800 and 3201 against 2496. Taking the cheaper of both on each span is
never dearer than either, and shares short spans, but none in the ring like Berlin at 10 Mbit/s.

How: rings with a chord, **like** two networks and not theirs: nine nodes on 130 km of fibre, as
many nodes and as much fibre as MadQCI in Madrid reports (V. Martin et al., npj Quantum Inf. 10, 80
(2024), arXiv:2409.01069; its table of links is not public), and eight with spans of up to 41 km,
the longest twice of which is the longest path of 82 km over which M. Sena et al., arXiv:2504.08927,
sent entangled photons in Berlin. How long each span is, and who needs key, is made up: every two
nodes need the same. Quantum channels in the O band, 1310 nm, beside 400 Gbit/s in the C band at
3 dBm as in ``coexistence/beside-400g`` (Y. Mao et al., Opt. Express 26, 6010 (2018),
arXiv:1709.10046), decoy BB84 at 1 GHz; dark fibres with finite blocks (C. C. W. Lim et al., Phys.
Rev. A 89, 022307 (2014), arXiv:1311.7129). Assumed, in thousands of euros: a node 60, a pair of
devices 50 or, with narrow filters, 55, a kilometre of dark fibre 2, of a shared one 0.5. Two ways
for each demand that share no node; the plan is within 8 % of the cheapest.

Run: ``qnet study shared-fibre-in-a-city [--quick] [--out DIR]``, a minute on two cores.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from experiments.studies.rows import StudyRow, grouped, known, line, where
from experiments.studies.study import Study, StudyPoint
from protocols.planning.operation.assess import assess
from protocols.planning.sites.site_table import SitesTable
from protocols.planning.trust.learners import network_claim
from qnet.figures import plain_numbers
from qnet.figures.style import look
from qnet.metrics.security import SecurityClaim
from qnet.schema import load

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from protocols.planning.scenario import PlanScenario

__all__ = ["CITIES", "STUDY", "WAYS", "ring", "work"]

#: City -> lengths in km of the spans of its ring, in order, and of a chord to a node.
CITIES: Mapping[str, tuple[tuple[float, ...], tuple[int, float]]] = {
    "like Madrid": ((7.0, 12.0, 9.5, 18.0, 22.0, 14.5, 8.0, 11.0, 10.0), (5, 18.0)),
    "like Berlin": ((12.0, 26.0, 41.0, 18.0, 33.0, 22.0, 37.0, 15.0), (4, 29.0)),
}

#: What may be built.
WAYS: Mapping[str, tuple[str, ...]] = {
    "dark": ("dark-fibre",),
    "shared": ("shared-fibre",),
    "either": ("shared-fibre", "dark-fibre"),
}

#: Secret bits per second of all demands together.
TOTALS_HZ = (1e5, 1e6, 1e7)
QUICK_TOTALS_HZ = (1e6,)

_GAP, _TIME_LIMIT_S = 0.08, 600.0


def points(quick: bool) -> list[StudyPoint]:
    """Every city with every total of key, over every fibre."""
    totals = QUICK_TOTALS_HZ if quick else TOTALS_HZ
    return [
        {"city": city, "fibre": way, "total_key_hz": total}
        for city in CITIES
        for way in WAYS
        for total in totals
    ]


def ring(city: str, way: str, total_key_hz: float) -> PlanScenario:
    """The plan of a city.

    Args:
        city: A name of ``CITIES``.
        way: One of ``WAYS``.
        total_key_hz: Secret bits per second of all demands together.
    """
    scenario: PlanScenario = load("planning/ring")
    lengths, (node, chord) = CITIES[city]
    names = [f"node {k + 1}" for k in range(len(lengths))]
    edges = [[*ends, km] for ends, km in zip(pairwise([*names, names[0]]), lengths, strict=True)]
    edges.append([names[0], names[node - 1], chord])
    demands = scenario.demands
    assert demands is not None
    return replace(
        scenario,
        sites=SitesTable(graph="edges", edges=edges),
        demands=replace(demands, total_key_hz=total_key_hz),
        technology=tuple(each for each in scenario.technology if each.name in WAYS[way]),
    )


def work(point: StudyPoint, seed: int) -> StudyRow:
    """What the plan costs, its fibre apart, and how much key a pair of devices has at least."""
    scenario = ring(point["city"], point["fibre"], point["total_key_hz"])
    plan = scenario.plan(gap=_GAP, time_limit_s=_TIME_LIMIT_S)
    if plan.objective is None:
        return {
            "status": plan.status,
            "reason": plan.reason,
            "security": SecurityClaim.none(plan.reason).as_dict(),
        }
    options = [(plan.case.options[each.option], each.pairs) for each in plan.built]
    found = assess(plan, scenario.money, scenario.staff, reroute=False)
    shared = sum(
        option.length_km or 0.0 for option, _ in options if option.technology == "shared-fibre"
    )
    return {
        "status": plan.status,
        "capital": found.totals.capital,
        "bound": plan.bound,
        "device_pairs": found.totals.pairs,
        "fibre_km": found.totals.length_km,
        "shared_km": shared,
        "made_hz": sum(pairs * option.rate_hz.best for option, pairs in options),
        "per_pair_hz": min(option.rate_hz.best for option, _ in options),
        "key_rate_hz": sum(each.key_rate_hz for each in plan.case.demands),
        "security": network_claim(plan).as_dict(),
    }


def answer(rows: Sequence[StudyRow]) -> str:
    """What shared fibres spare, and the least key of a pair of devices."""
    told = []
    for city, own in grouped(rows, "city").items():
        costs = []
        for total, some in grouped(known(own, "capital"), "total_key_hz").items():
            by = {row["fibre"]: row for row in some}
            dark, shared, both = (by[way]["capital"] for way in WAYS)
            costs.append(
                f"{total / 1e6:g} Mbit/s {dark:g} dark, {shared:g} shared, {both:g} with either"
            )
        least = [min(r["per_pair_hz"] for r in where(own, fibre=way)) / 1e6 for way in WAYS]
        told.append(
            f"{city}: {'; '.join(costs)}; a pair of devices has {least[1]:.3g} in place of "
            f"{least[0]:.3g} Mbit/s on the longest span"
        )
    return f"Thousands of euros, assumed: {'. '.join(told)}."


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """Cost, and share of the fibre that is shared, by the key of all demands."""
    panels = figure.subplots(1, len(CITIES), sharey=True)
    for axes, (city, own) in zip(panels, grouped(rows, "city").items(), strict=True):
        for number, (way, some) in enumerate(grouped(own, "fibre").items()):
            alive = [
                {"total": row["total_key_hz"] / 1e6, "cost": row["capital"] / 1e3}
                for row in known(some, "capital")
            ]
            label = f"{way} fibre" if way != "either" else "the cheaper of both on each span"
            line(axes, alive, "total", "cost", label=label, **look(number))
        axes.set(xscale="log", yscale="log", title=city)
        axes.set_xlabel("secret-key rate of all demands (Mbit/s)")
        axes.set_yticks([1, 2, 5])
        plain_numbers(axes.xaxis)
        plain_numbers(axes.yaxis)
    panels[0].set_ylabel("capital (million euros, assumed)")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)


STUDY = Study.of_script(
    __name__,
    "What does a metropolitan network spare with quantum channels beside its data, and what key "
    "does it lose?",
    keys=("key_rate_hz",),
    fixed="quantum channels at 1310 nm beside 400 Gbit/s at 3 dBm",
    size_in=(9.5, 4.4),
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
