"""Checks of a network's scenario: what cannot be meant is refused, before any work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from protocols.networks.build import EdgePart
from protocols.networks.check_names import (
    MOST,
    check_failures,
    check_faults,
    check_known,
    check_named_edges,
    check_named_nodes,
    check_run,
    refuse,
)
from protocols.networks.demands import ALL_PAIRS, centre_of, users_of
from protocols.repeaters.strategies import STRATEGIES
from qnet.errors import ParameterError, check_one_of
from qnet.network import Demand
from qnet.schema import NOTHING

if TYPE_CHECKING:
    from protocols.networks.scenario import NetworkScenario

__all__ = ["check_scenario"]

#: Names of nodes that a message still lists.
_FEW = 12


def check_scenario(scenario: NetworkScenario) -> None:
    """Raise for what the tables of a scenario say that does not go together; compiles nothing.

    Raises:
        ParameterError: With the field, the rule, the value and a hint.
    """
    check_run(scenario.run)
    check_named_nodes(scenario.nodes, scenario.sites)
    check_named_edges(scenario.edge, scenario.sites)
    _check_islands(scenario)
    _check_demands(scenario)
    parts = scenario.edge_parts
    _check_controller(scenario)
    if scenario.controller.allocation == "share":
        _check_shared(scenario)
    else:
        _check_reserved(scenario, parts)
    check_faults(scenario.fault, scenario.sites)
    for k, fault in enumerate(scenario.fault):
        if fault.relay_only:
            hint = "here pairs are swapped at a node; leave it out for a node that fails"
            refuse(f"fault[{k}]", "relay_only", "be of a key network", True, hint)
    _check_amount(scenario, parts)


def _check_islands(scenario: NetworkScenario) -> None:
    parts = scenario.sites.parts
    if len(parts) > 1:
        smallest = min(parts, key=len)
        island = sorted(smallest)
        shown = island if len(island) <= _FEW else [*island[:_FEW], "..."]
        hint = "join this island to the other nodes by an edge, or leave it out"
        field = f"topology.{scenario.topology.source}"
        raise ParameterError(field, "hang together", shown, hint)


# Demands.


def _check_demands(scenario: NetworkScenario) -> None:
    if isinstance(scenario.demand, str):
        _check_all_pairs(scenario)
        return
    if not scenario.demand and scenario.traffic is None:
        hint = 'add [[demand]] with ends = ["A", "B"] and rate_hz = 0.05'
        raise ParameterError("demand", "be given", NOTHING, hint)
    for k, demand in enumerate(scenario.demand):
        for end in demand.ends:
            check_known(f"demand[{k}].ends", end, scenario.sites.names)
        if len(demand.ends) > 2:
            _check_fused(scenario, k, demand)
        late = [time for time in demand.at_s or () if time > scenario.run.duration_s]
        if late:
            rule = f"lie within run.duration_s = {scenario.run.duration_s:g}"
            hint = "lengthen the run, or leave the time out"
            refuse(f"demand[{k}]", "at_s", rule, late[0], hint)


def _check_all_pairs(scenario: NetworkScenario) -> None:
    if scenario.traffic is not None:
        hint = 'leave out [traffic], or demand = "all-pairs"'
        raise ParameterError("traffic", "be left out here", scenario.traffic, hint)
    found = scenario.controller.allocation
    if found != "share":
        hint = f'demand = "{ALL_PAIRS}" is of a switch, whose users share: allocation = "share"'
        raise ParameterError("controller.allocation", "be share", found, hint)
    if centre_of(scenario.sites) is None:
        hint = 'take shape = "star", or write [[demand]] for each pair of users'
        rule = "be of a star, whose centre is the switch"
        raise ParameterError("demand", rule, ALL_PAIRS, hint)
    _check_ghz(scenario)


def _check_ghz(scenario: NetworkScenario) -> None:
    """What a switch fuses: nothing, or the pairs of three users or more that it has."""
    ghz = scenario.controller.ghz
    if not ghz:
        return
    if scenario.controller.allocation != "share" or centre_of(scenario.sites) is None:
        hint = 'only a switch fuses pairs: a star with allocation = "share"'
        raise ParameterError("controller.ghz", "be 0 here", ghz, hint)
    users = len(users_of(scenario.sites))
    if ghz < 2 or ghz > users:
        hint = "0 swaps the pairs of two users, 3 or more fuse those of so many"
        rule = f"be 0, or from 2 to {users}, the number of users"
        raise ParameterError("controller.ghz", rule, ghz, hint)


def _check_fused(scenario: NetworkScenario, k: int, demand: Demand) -> None:
    """A demand for GHZ states needs a switch that fuses so many."""
    ghz, centre = scenario.controller.ghz, centre_of(scenario.sites)
    if scenario.controller.allocation != "share" or centre is None:
        hint = 'GHZ states are made by a switch: a star with allocation = "share" and ghz'
        refuse(f"demand[{k}]", "ends", "be two nodes here", demand.ends, hint)
    if ghz and len(demand.ends) != ghz:
        hint = f"leave ghz out, or write ghz = {len(demand.ends)} under [controller]"
        refuse(f"demand[{k}]", "ends", f"be as many as controller.ghz = {ghz}", demand.ends, hint)
    if centre in demand.ends:
        refuse(f"demand[{k}]", "ends", "be users of the switch", demand.ends, "leave it out")


# Controllers.


def _check_controller(scenario: NetworkScenario) -> None:
    controller = scenario.controller
    check_one_of("controller.strategy", controller.strategy, STRATEGIES)
    if controller.place is not None:
        check_known("controller.place", controller.place, scenario.sites.names)
    _check_ghz(scenario)


def _check_shared(scenario: NetworkScenario) -> None:
    """Where pairs are shared, they are swapped at once, and given up by their age alone."""
    strategy, cutoff = scenario.controller.strategy, scenario.cutoff
    if strategy != "swap-asap":
        hint = "shared pairs are swapped as soon as both are there: leave strategy out"
        rule = "be swap-asap with allocation = 'share'"
        raise ParameterError("controller.strategy", rule, strategy, hint)
    if cutoff is not None and cutoff.kind != "age":
        hint = 'write kind = "age": a shared pair is given up at that age'
        raise ParameterError("cutoff.kind", "be age with allocation = 'share'", cutoff.kind, hint)
    if cutoff is not None and isinstance(cutoff.time_s, tuple):
        hint = "shared pairs have no nesting levels"
        raise ParameterError("cutoff.time_s", "be one number", cutoff.time_s, hint)


#: What only shared pairs have: the key, its value of an edge, and what to do.
_SHARED: tuple[tuple[str, Callable[[EdgePart], Any], str], ...] = (
    ("link.rate_hz", lambda edge: edge.rate_hz, "give success_probability and attempt_time_s"),
    ("link.attempts_at_once", lambda edge: edge.attempts_at_once, "all memories held try at once"),
    ("memory.pair_loss_rate_hz", lambda edge: edge.pair_loss_rate_hz, "give up pairs by [cutoff]"),
)


def _check_reserved(scenario: NetworkScenario, parts: Sequence[EdgePart]) -> None:
    """Where routes are reserved, a session plays the plan of its route on memories of its own."""
    allocation = scenario.controller.allocation
    if scenario.controller.purify:
        hint = 'take allocation = "share", or distil by [distill]'
        rule = f"be never with allocation = {allocation!r}"
        raise ParameterError("controller.purify", rule, scenario.controller.purify, hint)
    for field, of, advice in _SHARED:
        value = next((found for edge in parts if (found := of(edge))), None)
        if value is not None:
            rule = f"be left out with allocation = {allocation!r}"
            hint = f'{advice}, or take allocation = "share"'
            raise ParameterError(field, rule, value, hint)
    endless = _part_of_nodes(scenario, [edge for edge in parts if edge.memories is None])
    fitting: dict[int, dict[str, int]] = {}
    for k, demand in enumerate(scenario.demands):
        wanted = demand.memories
        if wanted not in fitting:
            fits = [edge for edge in parts if edge.memories is None or edge.memories >= wanted]
            fitting[wanted] = _part_of_nodes(scenario, fits)
        ends = demand.ends[0], demand.ends[-1]
        if fitting[wanted][ends[0]] != fitting[wanted][ends[1]]:
            most = max(edge.memories or 0 for edge in parts)
            rule = f"fit some route between {ends[0]} and {ends[1]}"
            hint = f"edges have at most {most} at either end: raise node.memories, or take fewer"
            refuse(scenario.place_of(k), "memories", rule, wanted, hint)
        if demand.is_backlog and endless[ends[0]] == endless[ends[1]]:
            hint = "give the nodes of its route a number of memories, or take other arrivals"
            rule = "not be backlog where memories are unlimited: endless sessions would start"
            refuse(scenario.place_of(k), "arrivals", rule, "backlog", hint)


def _part_of_nodes(scenario: NetworkScenario, edges: Sequence[EdgePart]) -> dict[str, int]:
    """Nodes that routes over these edges alone join have the same number."""
    kept = {edge.ends for edge in edges}
    spans = tuple(span for span in scenario.sites.spans if span.ends in kept)
    parts = replace(scenario.sites, spans=spans).parts
    return {name: number for number, part in enumerate(parts) for name in part}


def _check_amount(scenario: NetworkScenario, parts: Sequence[EdgePart]) -> None:
    """A run that takes more than a day is refused."""
    run = scenario.run
    seconds = (run.duration_s + run.warm_up_s) * run.replicas
    hint = "lower it, run.duration_s or run.replicas: more takes over a day"
    rule = f"stand for at most {MOST:g} in the whole run"
    for edge in parts:
        if (edge.rate_hz or 0.0) * seconds > MOST:
            raise ParameterError("link.rate_hz", rule, edge.rate_hz, hint)
    check_failures(scenario.fault, seconds)
    for k, demand in enumerate(scenario.demands):
        sessions = (demand.session_rate_hz or 0.0) * seconds
        if sessions > MOST:
            place, rate = scenario.place_of(k), demand.session_rate_hz
            of_all = scenario.traffic if place == "traffic" else None
            key, rate = ("sessions_hz", of_all.sessions_hz) if of_all else ("rate_hz", rate)
            refuse(place, key, rule, rate, hint)
        if max(sessions, 1.0) * demand.pairs > MOST:
            refuse(scenario.place_of(k), "pairs", rule, demand.pairs, hint)
