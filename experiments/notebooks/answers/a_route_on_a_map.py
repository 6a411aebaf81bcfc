"""Answers on the costs of routes, on a cost to route by, and on cut fibres."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.notebooks.kinds import (
    CurveExercise,
    Exercise,
    NumberExercise,
    PlayedExercise,
    Verdict,
)
from protocols import Chain
from qnet.hardware import preset
from qnet.network.routing.path_search import PathSearch
from qnet.network.routing.route_figures import RoutePlayer
from qnet.network.routing.route_metrics import edge_costs
from qnet.plans import Link, Station
from qnet.states import fidelity, werner
from qnet.states.typed import fano_rows

if TYPE_CHECKING:
    from qnet.network import Network

__all__ = ["EXERCISES"]

_LENGTHS_KM = (100.0, 110.0, 120.0, 130.0, 140.0, 150.0)

#: Towns between which a cost is tried: first those whose shortest fibre is not the best way.
_TRIED = (
    ("Westend", "Ostrau"),
    ("Mittelstadt", "Ostrau"),
    ("Nordhaven", "Westend"),
    ("Rheinau", "Altmark"),
)

#: How much longer than the best candidate a route may take: what is drawn has errors.
_NEARLY = 1.03


@cache
def _long_pair() -> float:
    """Fidelity of four pairs that are swapped, by the product of their matrices."""
    pair, swapping = werner((4 * 0.994 - 1) / 3), np.diag([1.0, 1.0, -1.0, 1.0])
    joined = pair
    for _ in range(3):
        joined = joined @ swapping @ pair
    return float(fidelity(joined))


@cache
def _both_links() -> float:
    """Time until two links are there, by the exact engine."""
    attempt_s = 1e-4
    perfect = fano_rows(werner(1.0))
    links = tuple(
        Link(success_probability=attempt_s / mean, attempt_time_s=attempt_s, state=perfect)
        for mean in (0.1, 0.3)
    )
    chain = Chain(links=links, swap=Station(perfect=True))
    return float(chain.play(engine="exact").delivery_time_s.best)


@cache
def _times_longer() -> list[float]:
    """Time to a pair of the target hardware, over that at the first length."""
    chains = [Chain(segments=1, length_km=km, link=preset("blueprint")) for km in _LENGTHS_KM]
    times = [chain.play(engine="exact").delivery_time_s.best for chain in chains]
    return [time / times[0] for time in times]


def _routed(cost: Callable[..., Any], scenario: Any) -> Verdict:  # noqa: ANN401 - a network's
    """Route by a cost between four pairs of towns, and play what it finds."""
    network: Network = scenario.network
    costs = [float(cost(edge)) for edge in network.edges]
    if not all(math.isfinite(each) and each >= 0.0 for each in costs):
        return Verdict(False, "a cost is a finite number of at least 0")
    player = RoutePlayer(network, scenario.key, 1)
    known = [edge_costs(network, name, scenario.key) for name in ("hops", "length")]
    known.append(edge_costs(network, "delivery-time", scenario.key))
    for ends in _TRIED:
        route = _first(network, costs, ends)
        others = [_first(network, each, ends) for each in known]
        times = [_time_s(player, each) for each in (route, *others)]
        if times[0] > _NEARLY * min(times[1:]):
            way = " - ".join(route)
            words = f"{way} needs {times[0]:.3f} s to a pair, and another way {min(times):.3f} s"
            return Verdict(False, words)
    return Verdict(True, f"no other way is quicker, between {len(_TRIED)} pairs of towns")


def _first(network: Network, costs: Sequence[float], ends: tuple[str, str]) -> tuple[str, ...]:
    search = PathSearch.of(network, costs)
    one, other = (network.node_number[end] for end in ends)
    found = search.first(one, other)
    assert found is not None, "all towns are joined"
    return search.names(found)


def _time_s(player: RoutePlayer, route: tuple[str, ...]) -> float:
    time_s = player.figures(route).delivery_time_s
    return math.inf if time_s is None else time_s.best


@cache
def _least_cut(network: Network) -> float:
    """Fewest fibres that part two towns: all sets of one, of two, and so on are tried."""
    one, other = (network.node_number[end] for end in _TRIED[0])
    edges = range(len(network.edges))
    for size in edges:
        for cut in combinations(edges, size):
            costs = [math.inf if k in cut else 1.0 for k in edges]
            if PathSearch.of(network, costs).first(one, other) is None:
                return float(size)
    return math.inf


EXERCISES: dict[int, Exercise] = {
    1: NumberExercise(
        _long_pair,
        "the Werner parameters w = (4 F - 1)/3 multiply",
        tolerance=1e-4,
        slips=((0.994, "that is one link"),),
    ),
    2: NumberExercise(
        _both_links,
        "the mean of the later is the sum of both less the mean of the earlier; rates add",
        tolerance=2e-3,
        slips=(
            (0.4, "they try at the same time"),
            (0.3, "the slow one is not always the later"),
        ),
    ),
    3: CurveExercise(
        _LENGTHS_KM,
        _times_longer,
        ("length / km", "time over that of 100 km"),
        "the probability falls by 0.2 dB for each km, and each attempt takes longer, too",
        tolerance=0.05,
    ),
    4: PlayedExercise(
        _routed,
        "of all that adds up, the time to a pair of each link is nearest to the time of the route",
    ),
    5: NumberExercise(
        _least_cut,
        "as many as there are routes that share no fibre; count the fibres of either town first",
    ),
}
