"""Corrupt nodes: which of a demand's key bits relays can compute, and how likely a key is known.

Every relay of a route learns what is carried over it, whichever scheme passes it on: hop by hop it
holds the key itself, and with announced sums its own two link keys open every other of the route.
A route without a corrupt relay tells nothing, as its link keys are one-time pads. A key whose
shares go over n routes, k of which give it back, is therefore known to a set of nodes if and only
if they are relays of k routes or more: with k = n the shares are summands, with k < n those of
A. Shamir, Commun. ACM 22, 612 (1979), doi:10.1145/359168.359176, which tell k - 1 holders nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise, product

import numpy as np
import numpy.typing as npt

from protocols.key_networks.case import KeyNetworkCase, RoutedDemand
from protocols.key_networks.routes import Routes
from qnet.errors import EngineError
from qnet.network import Fault

__all__ = [
    "arrival_probability",
    "corrupt_node_learns",
    "fraction_learnt",
    "is_known",
    "known_probability",
    "route_chances",
    "routes_hit",
]

#: Most things that several routes share, all of whose states are gone through.
_MOST_SHARED = 16


def is_known(routes: Routes, shares_needed: int, nodes: Collection[str]) -> bool:
    """Whether a set of nodes can compute a key whose shares went over these routes.

    Args:
        routes: Names of the nodes of each route, from end to end.
        shares_needed: How many of the shares give the key back.
        nodes: Names of the corrupt nodes; the ends of the routes do not count.

    Examples:
        >>> routes = (("A", "B", "D"), ("A", "C", "D"))
        >>> is_known(routes, 2, {"B"}), is_known(routes, 2, {"B", "C"}), is_known(routes, 1, {"B"})
        (False, True, True)
    """
    bad = set(nodes)
    return sum(not bad.isdisjoint(route[1:-1]) for route in routes) >= shares_needed


def fraction_learnt(
    uses: Mapping[Routes, float], shares_needed: int, nodes: Collection[str]
) -> float:
    """Fraction of a demand's key bits that a set of nodes can compute.

    Args:
        uses: How many bits went over which routes together.
        shares_needed: How many of the shares give a key back.
        nodes: Names of the corrupt nodes.

    Examples:
        >>> fraction_learnt({(("A", "B", "D"),): 3.0, (("A", "C", "D"),): 1.0}, 1, {"B"})
        0.75
    """
    total = sum(uses.values())
    if total <= 0.0:
        return 0.0
    known = sum(bits for routes, bits in uses.items() if is_known(routes, shares_needed, nodes))
    return known / total


def corrupt_node_learns(uses: Mapping[Routes, float], shares_needed: int) -> dict[str, float]:
    """Fraction of a demand's key bits that each relay alone can compute, by its name.

    Args:
        uses: How many bits went over which routes together.
        shares_needed: How many of the shares give a key back.

    Examples:
        >>> corrupt_node_learns({(("A", "B", "D"), ("A", "C", "D")): 1.0}, 2)
        {'B': 0.0, 'C': 0.0}
    """
    relays = dict.fromkeys(node for routes in uses for route in routes for node in route[1:-1])
    return {node: fraction_learnt(uses, shares_needed, {node}) for node in relays}


def routes_hit(
    routes: Sequence[Collection[Hashable]], chances: Mapping[Hashable, float]
) -> npt.NDArray[np.float64]:
    """Probability that 0, 1, ... of some routes are hit, where independent things hit them.

    What lies on one route alone is multiplied out; all states of what several share are gone
    through. The law of the number is carried from route to route.

    Args:
        routes: What may hit each.
        chances: Probability of each thing; 0 where none is given.

    Returns:
        Shape (routes + 1,).

    Raises:
        EngineError: If the routes share too much to go through.

    Examples:
        >>> routes_hit([{"B"}, {"C"}], {"B": 0.5, "C": 0.5}).tolist()
        [0.25, 0.5, 0.25]
    """
    sets = [{thing for thing in route if chances.get(thing, 0.0) > 0.0} for route in routes]
    shared = [
        thing
        for thing in dict.fromkeys(thing for each in routes for thing in each)
        if sum(thing in each for each in sets) > 1
    ]
    if len(shared) > _MOST_SHARED:
        message = f"the routes share {len(shared)} things that fail, and at most {_MOST_SHARED} do"
        raise EngineError(message)
    own = [
        1.0 - float(np.prod([1.0 - chances[thing] for thing in each.difference(shared)]))
        for each in sets
    ]
    law = np.zeros(len(sets) + 1)
    for states in product((False, True), repeat=len(shared)):
        bad = {thing for thing, state in zip(shared, states, strict=True) if state}
        weight = np.prod([chances[t] if t in bad else 1.0 - chances[t] for t in shared])
        hit = [1.0 if each & bad else p for each, p in zip(sets, own, strict=True)]
        law += float(weight) * _number_of(hit)
    return law


def _number_of(chances: Sequence[float]) -> npt.NDArray[np.float64]:
    """Law of the number of independent events that happen."""
    law = np.ones(1)
    for chance in chances:
        law = np.convolve(law, [1.0 - chance, chance])
    return law


def known_probability(case: KeyNetworkCase, routed: RoutedDemand) -> float:
    """Probability that corrupt nodes together know a key of a demand; 0 without a route.

    Each node is corrupt with its ``corrupt_probability``, independently, and all corrupt ones work
    together. Where one of several routes is taken at a time, the first stands for them.

    Args:
        case: The network.
        routed: The demand with its routes.
    """
    routes, needed = _carrying(case, routed)
    if not routes:
        return 0.0
    chances: dict[Hashable, float] = {n.name: n.corrupt_probability for n in case.node_tables}
    return float(routes_hit([route[1:-1] for route in routes], chances)[needed:].sum())


def arrival_probability(case: KeyNetworkCase, routed: RoutedDemand) -> float:
    """Probability that enough of a demand's shares find their edges up, in the long run.

    Faults that come by chance are independent, each down for mttr/(mtbf + mttr) of the time; those
    at given times are gone through, over the measured time.

    Args:
        case: The network.
        routed: The demand with its routes.
    """
    routes, needed = _carrying(case, routed)
    if not routes:
        return 0.0
    down_with = [
        {k for k, fault in enumerate(case.faults) if _stops(case, fault, route)} for route in routes
    ]
    by_chance: dict[Hashable, float] = {
        k: (fault.mttr_s or 0.0) / ((fault.mtbf_s or 0.0) + (fault.mttr_s or 0.0))
        for k, fault in enumerate(case.faults)
        if fault.down_s is None
    }
    found = 0.0
    for share, down in _spells(case):
        law = routes_hit(down_with, by_chance | dict.fromkeys(down, 1.0))
        found += share * float(law[: len(routes) - needed + 1].sum())
    return found


def route_chances(case: KeyNetworkCase, routed: RoutedDemand) -> dict[str, float | None]:
    """`known_probability` and `arrival_probability` of a demand by name, as results have them.

    None where no node has a chance to be corrupt, where nothing fails, or where the routes share
    more than can be gone through.

    Args:
        case: The network.
        routed: The demand with its routes.
    """
    given = {
        "known_probability": any(node.corrupt_probability > 0.0 for node in case.node_tables),
        "arrival_probability": bool(case.faults),
    }
    works = {"known_probability": known_probability, "arrival_probability": arrival_probability}
    found: dict[str, float | None] = dict.fromkeys(works)
    for name, work in works.items():
        if given[name]:
            with suppress(EngineError):
                found[name] = work(case, routed)
    return found


def _carrying(case: KeyNetworkCase, routed: RoutedDemand) -> tuple[Routes, int]:
    """The routes that carry shares at the same time, and how many of them are needed."""
    at_once = 1 if case.relay.metric == "load" else len(routed.routes)
    return routed.routes[:at_once], case.relay.needed


def _stops(case: KeyNetworkCase, fault: Fault, route: tuple[str, ...]) -> bool:
    """Whether a route is down with this fault."""
    if fault.node is not None:
        return fault.node in (route[1:-1] if fault.relay_only else route)
    one, two = fault.edge or ("", "")
    return case.edge_number[one, two] in case.edges_of(route)


def _spells(case: KeyNetworkCase) -> Iterator[tuple[float, set[int]]]:
    """Shares of the measured time, and the faults at given times that are down in each."""
    end = case.run.duration_s
    spells = {k: fault.down_s for k, fault in enumerate(case.faults) if fault.down_s is not None}
    times = {min(t, end) for each in spells.values() for spell in each for t in spell}
    for begin, stop in pairwise(sorted({0.0, end} | times)):
        down = {k for k, each in spells.items() if any(a <= begin < b for a, b in each)}
        yield (stop - begin) / end, down
