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
        ParameterError: If pairs come in a way that only shared pairs can, or sessions would take
            memories without end.
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
    if demand.window_s is not None and (
        demand.memories > 1 or case.faults or case.controller.allocation != "reserve"
    ):
        rule = "be left out with several memories, faults or slots"
        hint = 'take memories = 1 and allocation = "reserve"; or "share" with together = true'
        raise ParameterError(place + "window_s", rule, demand.window_s, hint)
    if demand.is_backlog and any(_is_unlimited(case, route) for route in case.routes(number)):
        rule = "be other than backlog where memories are unlimited"
        hint = "give the nodes of its route a number of memories"
        raise ParameterError(place + "arrivals", rule, demand.arrivals, hint)


def _is_unlimited(case: NetworkCase, route: tuple[str, ...]) -> bool:
    """Whether every edge of a route has as many memories as are asked for."""
    edges = case.network.edges
    return all(edges[edge].memories is None for edge in case.network.edges_of(route))
