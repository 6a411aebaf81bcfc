"""With or without satellites: the cheapest networks of 27 capitals and of one country.

Question: does a network of key for a continent, or for a country, get cheaper with satellites?

Answer: not at the prices assumed; for the continent, and for little key, at a tenth of them. For
100 bit/s in all, the capitals are joined by fibre for 17.1 million euros, 111 trusted nodes and up
to 58 for a demand, and by a satellite for 104; at a tenth of its price for 10.4 with one node to
trust, or 10.3 where two of the 27 are joined by fibre. A country costs 3.1 by fibre, 82 by
satellite, and 8.2 at a tenth: it is too small. Each further satellite brings 650 to 1100 bit/s to
one station; a pair of devices on a hop of 120 km brings tens of times that for a thousandth of the
money.

How: the 27 capitals of the European Union (``planning/europe``) and sixteen German cities
(``planning/national``), each joined with its nearest by fibre 1.25 or 1.3 times the great circle;
demands by population and distance, 100 bit/s in all. Trusted nodes: decoy
BB84 with finite blocks (C. C. W. Lim et al., Phys. Rev. A 89, 022307 (2014), arXiv:1311.7129).
Satellites at 500 km on clear nights of a month of autumn, near those of S.-K. Liao et al., Nature
549, 43 (2017), doi:10.1038/nature23655, with a source of 1 GHz; each serves one station after the
other, and is trusted. Costs are assumed: a trusted node 100, a pair of devices
50, a ground station 2000 and a satellite 50 000, in thousands of euros; satellites and stations are
also taken at a tenth of that. The search ends 12 % above a bound that no plan of the programme
beats, from HiGHS (Q. Huangfu, J. A. J. Hall, Math. Program. Comput. 10, 119 (2018)). Fibres to
islands are taken like any other.

Run: ``qnet study with-or-without-satellites [--quick] [--out DIR]``, half a minute on one core.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from experiments.studies.rows import StudyRow, grouped, known, where
from experiments.studies.study import Study, StudyPoint
from protocols.planning.operation.assess import assess
from protocols.planning.trust.learners import network_claim
from qnet.figures import plain_numbers
from qnet.figures.style import look
from qnet.metrics.security import SecurityClaim
from qnet.schema import load

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from protocols.planning.scenario import PlanScenario

__all__ = ["NETWORKS", "STUDY", "TOTAL_HZ", "WAYS", "network", "work"]

#: Network -> its plan.
NETWORKS: Mapping[str, str] = {
    "27 capitals": "planning/europe",
    "a country": "planning/national",
}

#: Secret bits per second of all demands together.
TOTAL_HZ = 100.0

#: What is allowed, and the price of satellites and ground stations over what is assumed.
WAYS: Mapping[str, tuple[tuple[str, ...], float]] = {
    "fibre": (("trusted-nodes",), 1.0),
    "satellites": (("satellite",), 1.0),
    "both": (("trusted-nodes", "satellite"), 1.0),
    "satellites, a tenth of the price": (("satellite",), 0.1),
    "both, a tenth of the price": (("trusted-nodes", "satellite"), 0.1),
}

#: How far above the bound a plan may be; the search ends there, so that a run is repeated exactly.
_GAP = 0.12

#: Long enough for the gap; a plan that ends here says so.
_TIME_LIMIT_S = 3000.0

#: Sites of the country in the quick size.
_QUICK_SITES = 8

_MOST_SATELLITES = 20_000


def points(quick: bool) -> list[StudyPoint]:
    """Every way with every demand of every network; the quick size has a part of the country."""
    return [
        {"network": name, "way": way, "total_key_hz": TOTAL_HZ, "quick": quick}
        for name in NETWORKS
        if name == "a country" or not quick
        for way in WAYS
    ]


def network(
    name: str, way: str, total_key_hz: float, *, most_sites: int | None = None
) -> PlanScenario:
    """The plan of a network with what is allowed.

    Args:
        name: A name of ``NETWORKS``.
        way: One of ``WAYS``.
        total_key_hz: Secret bits per second of all demands together.
        most_sites: So many of the listed sites alone.
    """
    scenario: PlanScenario = load(NETWORKS[name])
    satellite = next(t for t in load("planning/europe").technology if t.kind == "satellite")
    fibres = [t for t in scenario.technology if t.kind == "trusted-nodes"]
    kinds, price = WAYS[way]
    sold = replace(
        satellite,
        satellite="planning/leo",
        node_cost=price * satellite.costs.node,
        pair_cost=price * satellite.costs.pair,
        maximum_satellites=_MOST_SATELLITES,
    )
    sites, demands = scenario.sites, scenario.demands
    assert sites is not None
    assert demands is not None
    if most_sites is not None and sites.listed is not None:
        sites = replace(sites, listed=sites.listed[:most_sites])
    return replace(
        scenario,
        sites=sites,
        technology=tuple(t for t in (*fibres, sold) if t.kind in kinds),
        demands=replace(demands, total_key_hz=total_key_hz),
        require=replace(scenario.require, disjoint_paths=1),
    )


def work(point: StudyPoint, seed: int) -> StudyRow:
    """Cost of the plan with its bound, what is built, and who must be trusted."""
    some = _QUICK_SITES if point["quick"] else None
    scenario = network(point["network"], point["way"], point["total_key_hz"], most_sites=some)
    plan = scenario.plan(gap=_GAP, time_limit_s=_TIME_LIMIT_S)
    if plan.objective is None:
        return {
            "status": plan.status,
            "reason": plan.reason,
            "security": SecurityClaim.none(plan.reason).as_dict(),
        }
    found = assess(plan, scenario.money, scenario.staff, reroute=False)
    stations = sum(plan.case.options[each.option].source is not None for each in plan.built)
    return {
        "status": plan.status,
        "capital": found.totals.capital,
        "bound": plan.bound,
        "key_rate_hz": sum(each.key_rate_hz for each in plan.case.demands),
        "trusted_nodes": found.totals.nodes,
        "device_pairs": found.totals.pairs,
        "satellites": sum(plan.units),
        "ground_stations": stations,
        "most_trusted": max(each.trusted_nodes for each in found.demands),
        "least_available": min(each.availability for each in found.demands),
        "security": network_claim(plan).as_dict(),
    }


def answer(rows: Sequence[StudyRow]) -> str:
    """What each network costs with and without satellites, and what is built."""
    told = []
    for name, own in grouped(rows, "network").items():
        costs = ", ".join(f"{row['way']} {_cost(row)}" for row in own)
        told.append(f"{name}, {TOTAL_HZ:g} bit/s: {costs}")
    return f"In millions of euros, assumed: {'; '.join(told)}."


def _cost(row: StudyRow) -> str:
    if row.get("capital") is None:
        return "impossible"
    units = row["satellites"]
    space = f" with {units} satellite{'s' if units != 1 else ''}" if units else ""
    return f"{row['capital'] / 1e3:.4g}{space}"


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """Cost of each network by what is allowed, with the bound that no plan beats."""
    names = list(grouped(rows, "network"))
    panels = figure.subplots(len(names), 1, sharex=True, squeeze=False)[:, 0]
    ways = list(grouped(rows, "way"))
    for axes, name in zip(panels, names, strict=True):
        own = known(where(rows, network=name), "capital")
        _costs(axes, own, [ways.index(row["way"]) for row in own])
        axes.set(xscale="log", title=f"{name}: {TOTAL_HZ:g} bit/s for all demands")
        axes.set_yticks(range(len(ways)), ways)
        axes.set_ylim(len(ways) - 0.5, -0.5)
        axes.set_xlim(2.0, 400.0)
        axes.set_xticks([2, 5, 10, 20, 50, 100, 200])
        plain_numbers(axes.xaxis)
        axes.minorticks_off()
    panels[-1].set_xlabel("capital (million euros, assumed); bars reach down to the bound")


def _costs(axes: Axes, rows: Sequence[StudyRow], places: Sequence[float]) -> None:
    """Costs of some plans with their bounds, and how many satellites there are."""
    costs, bounds = ([row[name] / 1e3 for row in rows] for name in ("capital", "bound"))
    how: dict[str, Any] = look(0) | {"linestyle": ""}
    axes.hlines(places, bounds, costs, color=how["color"], lw=5, alpha=0.35)
    axes.plot(costs, places, **how)
    for row, cost, place in zip(rows, costs, places, strict=True):
        at: dict[str, Any] = {"xytext": (8, 0), "textcoords": "offset points"}
        space = f", {row['satellites']} in space" if row["satellites"] else ""
        text = f"trusted: {row['trusted_nodes']}{space}"
        axes.annotate(text, (cost, place), va="center", fontsize=8, **at)


STUDY = Study.of_script(
    __name__,
    "Does a network of key for a continent, or for a country, get cheaper with satellites?",
    keys=("key_rate_hz",),
    fixed=f"{TOTAL_HZ:g} bit/s in all; fibre 1.25 or 1.3 times the great circle; costs assumed",
    fits_column=False,
    size_in=(9.5, 5.4),
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
