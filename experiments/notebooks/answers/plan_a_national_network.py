"""Answers on the cost, the availability and the trust of a planned network."""

from __future__ import annotations

from itertools import product

import qnet
from experiments.notebooks.kinds import Exercise, NumberExercise
from protocols.key_networks.corrupt import is_known
from protocols.planning.operation.assess import PlanAssessment

__all__ = ["EXERCISES"]


def _line_cost(text: str) -> float:
    line = qnet.loads(text.replace("maximum_hop_km = 120.0\n", ""))
    asked = {"question": "line", "length_km": 500.0, "demand_hz": 10e3}
    return float(line.with_({"site": asked}).answer().objective)


def _share_up() -> float:
    """Five hops and four nodes in a row."""
    hop, node = 8760.0 / 8772.0, 43800.0 / 43804.0
    return float(hop**5 * node**4)


def _both_known() -> float:
    """Probability of all sets of corrupt nodes that know the sum over both ways."""
    ways = [tuple(f"{way}{k}" for k in range(5)) for way in "ab"]
    routes = tuple(("left", *way, "right") for way in ways)
    nodes = [node for way in ways for node in way]
    total = 0.0
    for corrupt in product((False, True), repeat=len(nodes)):
        names = {node for node, bad in zip(nodes, corrupt, strict=True) if bad}
        if is_known(routes, 2, names):
            total += 0.01 ** len(names) * 0.99 ** (len(nodes) - len(names))
    return total


def _per_year(found: PlanAssessment) -> float:
    return float(found.totals.per_year)


EXERCISES: dict[int, Exercise] = {
    1: NumberExercise(_line_cost, "try 4, 5 and 6 hops: the nodes cost, and so do the pairs"),
    2: NumberExercise(
        _share_up,
        "all must work at once: availability is mtbf/(mtbf + mttr)",
        tolerance=1e-6,
    ),
    3: NumberExercise(_per_year, "the annuity of 1 is r/(1 - (1 + r)^-n); then the operation"),
    4: NumberExercise(
        _both_known,
        "one corrupt node on each way: 1 - 0.99^5 for one of them",
        tolerance=1e-6,
    ),
}
