"""Checks of a network whose routes are reserved: what their sessions need is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.engines.forecast import check_feasible
from qnet.errors import ParameterError

if TYPE_CHECKING:
    from qnet.network.case import NetworkCase
    from qnet.network.network import NetworkEdge

__all__ = ["check_reserved"]

_SHARE = 'take controller.allocation = "share"'


def check_reserved(case: NetworkCase) -> None:
    """Check that the chain of a route alone says when the pairs of its sessions come.

    Args:
        case: What is to be played.

    Raises:
        ParameterError: If pairs come in a way that only shared pairs can, if a session takes more
            memories than any of its routes has, or sessions would take memories without end.
        InfeasiblePlanError: If no pair would come along a route in a reasonable time.
    """
    if case.any_pair:
        rule = "be share where a switch serves any users"
        raise ParameterError("controller.allocation", rule, case.controller.allocation, _SHARE)
    if (often := case.network.purification.probability) > 0.0:
        rule = "be never where routes are reserved"
        raise ParameterError("controller.purify", rule, often, _SHARE)
    for number in range(len(case.demands)):
        _check_demand(case, number)
    used = {edge for k in range(len(case.demands)) for edge in _edges(case, k)}
    for number in sorted(used):
        _check_edge(case.network.edges[number])
    for plan in {case.plan(route) for k in range(len(case.demands)) for route in case.routes(k)}:
        check_feasible(plan, 1)


def _edges(case: NetworkCase, demand: int) -> set[int]:
    return {edge for route in case.routes(demand) for edge in case.network.edges_of(route)}


def _check_edge(edge: NetworkEdge) -> None:
    rule = f"be left out where routes are reserved, as over {edge.ends[0]}-{edge.ends[1]}"
    if edge.generation_rate_hz is not None:
        raise ParameterError("link.rate_hz", rule, edge.generation_rate_hz, _SHARE)
    if edge.pair_loss_rate_hz:
        raise ParameterError("memory.pair_loss_rate_hz", rule, edge.pair_loss_rate_hz, _SHARE)
    at_once, memories = edge.attempts_at_once, edge.memories
    if at_once is not None and (memories is None or at_once < memories):
        raise ParameterError("link.attempts_at_once", rule, at_once, _SHARE)


def _check_demand(case: NetworkCase, number: int) -> None:
    demand, place = case.demands[number], f"demand[{number}]."
    if len(demand.ends) > 2:
        rule = "be two where a route is reserved"
        raise ParameterError(place + "ends", rule, demand.ends, _SHARE)
    if demand.together:
        rule = "be left out where routes are reserved"
        raise ParameterError(place + "together", rule, value=True, hint=_SHARE)
    most = [_memories(case, route) for route in case.routes(number)]
    if demand.is_backlog and float("inf") in most:
        rule = "be other than backlog where memories are unlimited"
        hint = "give the nodes of its route a number of memories"
        raise ParameterError(place + "arrivals", rule, demand.arrivals, hint)
    if most and max(most) < demand.memories:
        rule, ends = f"be at most {max(most):.0f}", " to ".join(demand.ends)
        hint = f"no route from {ends} has more at each of its edges: give its nodes more"
        raise ParameterError(place + "memories", rule, demand.memories, hint)


def _memories(case: NetworkCase, route: tuple[str, ...]) -> float:
    """How many memories every edge of a route has."""
    limits = [case.network.edges[edge].memories for edge in case.network.edges_of(route)]
    return min(float("inf") if limit is None else limit for limit in limits)
