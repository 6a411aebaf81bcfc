"""Checks of a network's scenario: everything is refused that cannot be meant, before any work."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import rustworkx

from protocols.networks.build import EdgePart, edge_parts
from protocols.networks.demands import ALL_PAIRS, centre_of, users_of
from qnet.errors import ParameterError, UnknownNameError
from qnet.network import Demand, NetworkCase
from qnet.schema import NOTHING

if TYPE_CHECKING:
    from protocols.networks.scenario import NetworkScenario

__all__ = ["check_routes", "check_scenario"]

#: Most sessions, pairs or stored pairs of a run: beyond them it takes more than a day.
_MOST = 1e10


def check_scenario(scenario: NetworkScenario) -> None:
    """Raise for what the tables of a scenario say that does not go together; compiles nothing.

    Raises:
        ParameterError: With the field, the rule, the value and a hint.
    """
    for check in _CHECKS:
        check(scenario)


def _known(field: str, name: str, names: Sequence[str]) -> None:
    """Raise when no node has this name; the message names the nearest."""
    if name in names:
        return
    error = UnknownNameError(field, name, names)
    few = len(names) <= 12
    rule = error.rule if few else f"be one of the {len(names)} nodes of the topology"
    hint = error.hint if few or "mean" in error.hint else f"the first are {', '.join(names[:5])}"
    raise ParameterError(field, rule, name, hint)


def _check_sites(scenario: NetworkScenario) -> None:
    names = scenario.sites.names
    seen: dict[str, int] = {}
    for k, node in enumerate(scenario.nodes):
        _known(f"nodes[{k}].name", node.name, names)
        if node.name in seen:
            rule = f"not repeat nodes[{seen[node.name]}]"
            raise ParameterError(f"nodes[{k}].name", rule, node.name, "keep one of them")
        seen[node.name] = k
    joined = {frozenset(span.ends) for span in scenario.sites.spans}
    tables: dict[frozenset[str], int] = {}
    for k, edge in enumerate(scenario.edge):
        for end in edge.ends:
            _known(f"edge[{k}].ends", end, names)
        ends = frozenset(edge.ends)
        if ends not in joined:
            near = [span.ends for span in scenario.sites.spans if ends & {*span.ends}]
            hint = f"those of {edge.ends[0]} and {edge.ends[1]} are {near[:5]}"
            raise ParameterError(f"edge[{k}].ends", "be an edge of the topology", edge.ends, hint)
        if ends in tables:
            rule = f"not repeat edge[{tables[ends]}]"
            raise ParameterError(f"edge[{k}].ends", rule, edge.ends, "keep one of them")
        tables[ends] = k


def _graph(
    names: Sequence[str], edges: Sequence[tuple[str, str]]
) -> tuple[rustworkx.PyGraph, dict[str, int]]:
    graph = rustworkx.PyGraph(multigraph=False)
    number = dict(zip(names, graph.add_nodes_from(names), strict=True))
    graph.add_edges_from_no_data([(number[a], number[b]) for a, b in edges])
    return graph, number


def _check_islands(scenario: NetworkScenario) -> None:
    sites = scenario.sites
    graph, _ = _graph(sites.names, [span.ends for span in sites.spans])
    parts = sorted(rustworkx.connected_components(graph), key=len)
    if len(parts) > 1:
        island = sorted(sites.names[k] for k in parts[0])
        shown = island if len(island) <= 6 else [*island[:6], "..."]
        hint = "join the island to the others by an edge, or leave its nodes out"
        raise ParameterError("topology", "hang together", shown, hint)


def _check_demands(scenario: NetworkScenario) -> None:
    names = scenario.sites.names
    if isinstance(scenario.demand, str):
        _check_all_pairs(scenario)
        return
    if not scenario.demand:
        hint = 'add [[demand]] with ends = ["A", "B"] and rate_hz = 0.05'
        raise ParameterError("demand", "be given", NOTHING, hint)
    for k, demand in enumerate(scenario.demand):
        for end in demand.ends:
            _known(f"demand[{k}].ends", end, names)
        if len(demand.ends) > 2:
            _check_fusion(scenario, k, demand)


def _check_all_pairs(scenario: NetworkScenario) -> None:
    if scenario.controller.allocation != "share":
        hint = f'demand = "{ALL_PAIRS}" is of a switch, which shares: write allocation = "share"'
        found = scenario.controller.allocation
        raise ParameterError("controller.allocation", "be share", found, hint)
    if centre_of(scenario.sites) is None:
        hint = 'take shape = "star", or write [[demand]] for each pair'
        rule = "be of a star, whose centre is the switch"
        raise ParameterError("demand", rule, ALL_PAIRS, hint)
    _check_size(scenario)


def _check_size(scenario: NetworkScenario) -> None:
    ghz, users = scenario.controller.ghz, len(users_of(scenario.sites))
    if ghz == 1:
        hint = "0 swaps the pairs of two users, 3 or more fuse those of so many"
        raise ParameterError("controller.ghz", "be 0, or 2 or more", ghz, hint)
    if ghz > users:
        hint = "fuse fewer, or add users"
        raise ParameterError("controller.ghz", f"be at most {users}, the users", ghz, hint)


def _check_fusion(scenario: NetworkScenario, k: int, demand: Demand) -> None:
    """A demand for GHZ states needs a switch that fuses so many."""
    field, ghz = f"demand[{k}].ends", scenario.controller.ghz
    if scenario.controller.allocation != "share" or centre_of(scenario.sites) is None:
        hint = 'GHZ states are made by a switch: a star with allocation = "share" and ghz'
        raise ParameterError(field, "be two nodes here", demand.ends, hint)
    _check_size(scenario)
    if len(demand.ends) != ghz:
        hint = f"write ghz = {len(demand.ends)} under [controller]"
        raise ParameterError(field, f"be as many as controller.ghz = {ghz}", demand.ends, hint)
    if centre_of(scenario.sites) in demand.ends:
        raise ParameterError(field, "be users of the switch", demand.ends, "name users only")


def _check_controller(scenario: NetworkScenario) -> None:
    controller = scenario.controller
    if controller.place is not None:
        _known("controller.place", controller.place, scenario.sites.names)
    if controller.ghz:
        if controller.allocation != "share" or centre_of(scenario.sites) is None:
            hint = 'only a switch fuses pairs: a star with allocation = "share"'
            raise ParameterError("controller.ghz", "be 0 here", controller.ghz, hint)
        _check_size(scenario)
    if controller.allocation != "share":
        _check_reserved(scenario)
        return
    if controller.strategy != "swap-asap":
        hint = "shared pairs are swapped as soon as possible: leave strategy out"
        rule = "be swap-asap where pairs are shared"
        raise ParameterError("controller.strategy", rule, controller.strategy, hint)
    cutoff = scenario.cutoff
    if cutoff is not None and cutoff.kind != "age":
        hint = 'write kind = "age": a shared pair is given up at that age'
        raise ParameterError("cutoff.kind", "be age where pairs are shared", cutoff.kind, hint)
    if cutoff is not None and isinstance(cutoff.time_s, tuple):
        hint = "shared pairs have no nesting levels"
        raise ParameterError("cutoff.time_s", "be one number", cutoff.time_s, hint)


def _check_reserved(scenario: NetworkScenario) -> None:
    from protocols.repeaters.strategies import STRATEGIES
    from qnet.errors import check_one_of

    controller = scenario.controller
    check_one_of("controller.strategy", controller.strategy, STRATEGIES)
    if controller.purify:
        hint = 'take allocation = "share", or distil by [distill]'
        raise ParameterError("controller.purify", "be never here", controller.purify, hint)
    hint = 'take allocation = "share", or give success_probability and attempt_time_s'
    shared_only: tuple[tuple[str, Callable[[EdgePart], float | None], str], ...] = (
        ("link.rate_hz", lambda edge: edge.rate_hz, hint),
        ("link.attempts_at_once", lambda edge: edge.attempts_at_once, 'take allocation = "share"'),
        (
            "memory.pair_loss_rate_hz",
            lambda edge: edge.pair_loss_rate_hz or None,
            'take allocation = "share", or a [cutoff]',
        ),
    )
    for field, of, advice in shared_only:
        value = next((found for edge in edge_parts(scenario) if (found := of(edge))), None)
        if value is not None:
            rule = f"be left out with allocation = {controller.allocation!r}"
            raise ParameterError(field, rule, value, advice)


def _joined(
    scenario: NetworkScenario, ends: Sequence[str], fits: Callable[[int | None], bool]
) -> bool:
    """Whether a route joins two nodes whose edges all have memories that fit."""
    edges = [edge.ends for edge in edge_parts(scenario) if fits(edge.memories)]
    graph, number = _graph(scenario.sites.names, edges)
    return bool(rustworkx.has_path(graph, number[ends[0]], number[ends[-1]]))


def _check_memories(scenario: NetworkScenario) -> None:
    if scenario.controller.allocation == "share":
        for edge in edge_parts(scenario):
            if edge.memories is None and edge.rate_hz is None and edge.attempts_at_once is None:
                hint = "give [link] rate_hz or attempts_at_once, or a number of memories"
                rule = f"be a number: all of {edge.ends} would try at once"
                raise ParameterError("node.memories", rule, "unlimited", hint)
        return
    if isinstance(scenario.demand, str):
        return
    for k, demand in enumerate(scenario.demand):
        wanted = demand.memories
        if not _joined(scenario, demand.ends, lambda limit: limit is None or limit >= wanted):  # noqa: B023
            most = max(edge.memories or 0 for edge in edge_parts(scenario))
            rule = f"fit some route between {demand.ends[0]} and {demand.ends[-1]}"
            hint = f"no edge has more than {most}: raise node.memories, or take fewer"
            raise ParameterError(f"demand[{k}].memories", rule, wanted, hint)
        if demand.arrivals == "backlog" and _joined(
            scenario, demand.ends, lambda limit: limit is None
        ):
            hint = "give the nodes of its route a number of memories, or take other arrivals"
            rule = "not be backlog where memories are unlimited: endless sessions would start"
            raise ParameterError(f"demand[{k}].arrivals", rule, "backlog", hint)


def _check_faults(scenario: NetworkScenario) -> None:
    names = scenario.sites.names
    joined = {frozenset(span.ends) for span in scenario.sites.spans}
    for k, fault in enumerate(scenario.fault):
        for end in fault.edge or (fault.node,):
            _known(f"fault[{k}].{'node' if fault.edge is None else 'edge'}", str(end), names)
        if fault.edge is not None and frozenset(fault.edge) not in joined:
            hint = "name the ends of an edge of the topology"
            raise ParameterError(f"fault[{k}].edge", "be an edge", fault.edge, hint)


def _check_length(scenario: NetworkScenario) -> None:
    """A run that takes more than a day is refused."""
    run = scenario.run
    seconds = (run.duration_s + run.warm_up_s) * run.replicas
    hint = "lower it, or run.duration_s or run.replicas"
    rule = f"give at most {_MOST:g} in the whole run"
    if isinstance(scenario.demand, str) or scenario.controller.allocation == "share":
        for edge in edge_parts(scenario):
            rate, field = edge.rate_hz or 0.0, "link.rate_hz"
            if rate * seconds > _MOST:
                raise ParameterError(field, rule, rate, hint)
    for k, demand in enumerate(() if isinstance(scenario.demand, str) else scenario.demand):
        sessions = (demand.rate_hz or 0.0) * seconds
        if sessions > _MOST:
            raise ParameterError(f"demand[{k}].rate_hz", rule, demand.rate_hz, hint)
        if max(sessions, 1.0) * demand.pairs > _MOST:
            raise ParameterError(f"demand[{k}].pairs", rule, demand.pairs, hint)
        beyond = [t for t in demand.at_s or () if t > run.duration_s]
        if beyond:
            field, late = f"demand[{k}].at_s", "lengthen run.duration_s, or leave the time out"
            raise ParameterError(field, "lie in the measured time", beyond[0], late)
    if not math.isfinite(seconds) or seconds > 1e15:
        hint = "give the time in seconds"
        raise ParameterError("run.duration_s", "be at most 1e15 s in all", run.duration_s, hint)


_CHECKS: tuple[Callable[[NetworkScenario], None], ...] = (
    _check_sites,
    _check_islands,
    _check_demands,
    edge_parts,  # type: ignore[assignment]
    _check_controller,
    _check_memories,
    _check_faults,
    _check_length,
)


def check_routes(case: NetworkCase) -> None:
    """Raise when a demand has no route that is good enough, with the best there is.

    Raises:
        ParameterError: If it has none, or strategy and cut-offs do not fit its length.
    """
    for k, (demand, choice) in enumerate(zip(case.demands, case.choices, strict=True)):
        if choice.routes or case.any_pair:
            continue
        value = demand.minimum_fidelity
        raise ParameterError(
            f"demand[{k}].minimum_fidelity",
            f"be reached by a route between {' and '.join(demand.ends)}",
            value,
            choice.reason,
        )
