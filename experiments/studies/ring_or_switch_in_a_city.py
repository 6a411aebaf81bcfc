"""Ring of repeaters or central switch in a city: what each pair of users gets.

Question: does a city of users share better over a ring of repeaters, or over one central switch?

Answer: four users share better around the ring; from six on the middle gives more, with twelve
twice the key. Four users around 82 km get 7488 bit/s a pair around the ring and 5424 through the
middle, twelve 659 and 1446 (around 130 km 326 and 795), for 1.9 times the fibre. The farthest of
twelve on the ring have pairs of fidelity 0.955, through the middle all have 0.987. A switch that
serves any two as pairs come gives between 2 % more and 15 % less than reserving through the middle
does, where all users always want pairs.

How: users evenly around a circle, as long as the fibre of Madrid's network (130 km, nine nodes;
arXiv:2409.01069) or as the longest path of Berlin's (82 km in version 1 of arXiv:2504.08927, which
is taken here; version 2 says 60 km): lengths alone are taken from there. Either the circle is a
ring of fibres, every user a repeater for the others, or every user has a fibre to the middle. All
links have the target parameters (``qnet presets blueprint``), four memories of each fibre at each
end, which makes as many memories in all for both.
Any two users always want pairs. The switch swaps any two users' pairs as soon as they are there
(the entanglement switch of G. Vardoyan et al., arXiv:1903.04420); on the ring, and beside it over
the star, sessions of 100 pairs reserve one memory of each fibre of the shortest way, first come,
first served. Results and messages take the fibre's time. Sampled, with 95 % intervals; the bound is
the largest rate that all pairs of users can have at once by any controller that swaps pairs, from a
linear programme (W. Dai, T. Peng, M. Z. Win, IEEE J. Sel. Areas Commun. 38, 540 (2020)).

Run: ``qnet study ring-or-switch-in-a-city [--quick] [--out DIR]``, two minutes on one core.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

from experiments.studies.network_runs import played
from experiments.studies.rows import StudyRow, grouped, line, where
from experiments.studies.study import Study, StudyPoint
from protocols.networks import NetworkScenario, NodeTable, TopologyTable
from protocols.repeaters import LinkDescription
from qnet.figures import curve
from qnet.figures.style import look
from qnet.network import ControllerSettings, Demand, RunTimes
from qnet.network.bounds import joint_bounds

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["CIRCLES_KM", "STUDY", "city", "work"]

#: Length of the circle in km.
CIRCLES_KM = {"Madrid": 130.0, "Berlin": 82.0}

#: What is compared: shape and allocation.
DESIGNS = {
    "switch": ("star", "share"),
    "star, reserved": ("star", "reserve"),
    "ring, reserved": ("ring", "reserve"),
}

USERS = (4, 6, 8, 10, 12)
QUICK_USERS = (4, 6)

#: Pairs of a session.
PAIRS = 100

#: Measured and warming-up time of a replica in s, and replicas; of the quick size too.
_TIMES = {False: (0.5, 0.1, 10), True: (0.1, 0.01, 2)}


def points(quick: bool) -> list[StudyPoint]:
    """Every design with every number of users, in both cities."""
    return [
        {"city": name, "design": design, "users": users, "quick": quick}
        for name in CIRCLES_KM
        for design in DESIGNS
        for users in (QUICK_USERS if quick else USERS)
    ]


def city(
    circle_km: float, design: str, users: int, seed: int, *, quick: bool = False
) -> NetworkScenario:
    """A city's network.

    Examples:
        >>> ring = city(80.0, "ring, reserved", 8, seed=1)
        >>> ring.topology.length_km, len(ring.demands)
        (10.0, 28)
    """
    shape, allocation = DESIGNS[design]
    duration, warm_up, replicas = _TIMES[quick]
    length = circle_km / users if shape == "ring" else circle_km / (2.0 * math.pi)
    size: dict[str, Any] = {"nodes": users} if shape == "ring" else {"leaves": users}
    pairs = combinations([str(k + 1) for k in range(users)], 2)
    demands = tuple(Demand(ends=ends, arrivals="backlog", pairs=PAIRS) for ends in pairs)
    return NetworkScenario(
        seed=seed,
        run=RunTimes(duration_s=duration, warm_up_s=warm_up, replicas=replicas),
        topology=TopologyTable(shape=shape, length_km=length, **size),
        link=LinkDescription(preset="blueprint"),
        node=NodeTable(memories=4),
        controller=ControllerSettings(allocation=allocation, signalling="fibre"),
        demand="all-pairs" if design == "switch" else demands,
    )


def work(point: StudyPoint, seed: int) -> StudyRow:
    """What a pair of users gets on average, and at worst."""
    circle_km = CIRCLES_KM[point["city"]]
    scenario = city(circle_km, point["design"], point["users"], seed, quick=point["quick"])
    run = played(scenario)
    found, totals = run.result.demands, run.result.totals
    pairs, key = totals["pair_rate_hz"], totals["secret_key_rate_hz"]
    bounds: Any = joint_bounds(scenario.case)
    fidelities = [each["fidelity"] for each in found if each["fidelity"] is not None]
    return {
        "fibre_km": sum(edge.length_km or 0.0 for edge in scenario.network.edges),
        "pair_rate_hz": None if pairs is None else pairs * (1.0 / len(found)),
        "secret_key_rate_hz": None if key is None else key * (1.0 / len(found)),
        "worst_fidelity": min(fidelities, key=float),
        "best_fidelity": max(fidelities, key=float),
        "fairness": run.fairness(),
        "most_each_hz": bounds.equal_hz,
    }


def answer(rows: Sequence[StudyRow]) -> str:
    """Key of each pair of users by switch and by ring, with few and with many users."""
    told = []
    for name, own in grouped(rows, "city").items():
        users = sorted({row["users"] for row in own})
        for count in (users[0], users[-1]):
            switch, star, ring = (
                where(own, users=count, design=design)[0]["secret_key_rate_hz"].best
                for design in DESIGNS
            )
            told.append(
                f"{count} users around {CIRCLES_KM[name]:g} km ({name}): {switch:.0f} bit/s by the "
                f"switch, {star:.0f} by reserving through the middle, {ring:.0f} around the ring"
            )
    last = where(rows, users=max(row["users"] for row in rows))
    worst = min(where(last, design="ring, reserved"), key=_worst)
    best = min(where(last, design="switch"), key=_worst)
    return (
        f"Each pair of users gets, with {'; '.join(told)}. The farthest users of the ring then "
        f"have pairs of fidelity {worst['worst_fidelity'].best:.3f}, those of the switch all "
        f"{best['worst_fidelity'].best:.3f}."
    )


def _worst(row: StudyRow) -> float:
    return float(row["worst_fidelity"].best)


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """Key of a pair of users, and the worst fidelity, over the number of users."""
    panels = figure.subplots(2, len(CIRCLES_KM), sharex=True, sharey="row")
    for (keys, fidelities), (name, own) in zip(
        panels.T, grouped(rows, "city").items(), strict=True
    ):
        for number, design in enumerate(DESIGNS):
            some = where(own, design=design)
            how = {"label": design, **look(number)}
            line(keys, some, "users", "secret_key_rate_hz", curve, **how)
            line(fidelities, some, "users", "worst_fidelity", curve, **how)
        _bounds(keys, own)
        keys.set(yscale="log", title=f"{name}-like: {CIRCLES_KM[name]:g} km around")
        fidelities.set(xlabel="users")
        fidelities.set_xticks(sorted({row["users"] for row in own}))
    panels[0, 0].set(ylabel="asymptotic secret-key rate\nof each pair of users (bit/s)")
    panels[1, 0].set(ylabel="fidelity of the pair of users\nfor whom it is least")
    panels[0, 0].legend(fontsize=8)


def _bounds(axes: Axes, rows: Sequence[StudyRow]) -> None:
    """Pairs per second that no controller can exceed for all, in grey."""
    for design, dashes in (("star, reserved", "-"), ("ring, reserved", ":")):
        shape = design.partition(",")[0]
        how = {"color": "0.6", "lw": 2.0, "ls": dashes, "marker": "", "zorder": 1.0}
        how["label"] = f"pairs at most, {shape}"
        line(axes, where(rows, design=design), "users", "most_each_hz", **how)


STUDY = Study.of_script(
    __name__,
    "Does a city of users share better over a ring of repeaters, or over one central switch?",
    keys=("secret_key_rate_hz",),
    fixed="links of target parameters, four memories of each fibre at each end",
    size_in=(9.0, 6.4),
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
