"""Checks of the routes of a network's demands: good enough, joined, and delivering in time."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from qnet.engines.forecast import check_feasible
from qnet.errors import InfeasiblePlanError, ParameterError
from qnet.network import Demand, NetworkCase
from qnet.network.routing.routes import RouteChoice
from qnet.plans import SwapAsap
from qnet.progress import duration

__all__ = ["check_routes"]

#: A session that is expected to take so many times the measured time is refused.
_LONGEST = 100.0


def check_routes(case: NetworkCase, place: Callable[[int], str] = "demand[{}]".format) -> None:
    """Raise when a demand has no route that is good enough, with the best there is.

    Builds the plan of every route that is taken, and with it compiles photonic links.

    Args:
        case: What is played.
        place: Where a demand of some number stands in the file.

    Raises:
        ParameterError: If a demand has no route, or strategy, cut-offs and distillation do not fit
            one.
        InfeasiblePlanError: If a session would hardly ever end.
    """
    known: dict[tuple[str, ...], float] = {}
    for k, (demand, choice) in enumerate(zip(case.demands, case.choices, strict=True)):
        if case.any_pair:
            continue
        if not choice.routes:
            raise _no_route(place(k), demand, choice)
        if len(demand.ends) > 2:
            continue
        for route in choice.routes:
            if route not in known:
                known[route] = _delivery_s(case, route)
        _check_time(case, k, place(k), min(known[route] for route in choice.routes))


def _delivery_s(case: NetworkCase, route: tuple[str, ...]) -> float:
    """Expected time to a pair of a route; an error names the route."""
    cutoff = case.network.cutoff
    at_random = any(edge.generation_rate_hz is not None for edge in case.network.edges)
    try:
        plan = case.plan(route)
        if cutoff is not None and isinstance(plan, SwapAsap) and not at_random:
            # Where pairs are shared, the network gives them up: more memories only make it easier.
            check_feasible(replace(plan, cutoff=cutoff), 1)
        return check_feasible(plan, 1).delivery_s
    except ParameterError as error:
        error.hint += f" (route {' - '.join(route)})"
        raise


def _no_route(place: str, demand: Demand, choice: RouteChoice) -> ParameterError:
    ends = " and ".join(demand.ends)
    if demand.minimum_fidelity > 0.0:
        field, value = f"{place}.minimum_fidelity", demand.minimum_fidelity
        return InfeasiblePlanError(field, f"be reached by a route of {ends}", value, choice.reason)
    return ParameterError(f"{place}.ends", "be joined by a route", demand.ends, choice.reason)


def _side_by_side(case: NetworkCase, k: int) -> float:
    """How many chains make the pairs of a session at once, at most."""
    demand = case.demands[k]
    if case.controller.allocation != "share":
        return demand.memories
    edges = {edge for route in case.routes(k) for edge in case.network.edges_of(route)}
    memories = [case.network.edges[edge].memories for edge in edges]
    return max(math.inf if count is None else count for count in memories)


def _check_time(case: NetworkCase, k: int, place: str, delivery_s: float) -> None:
    """A session whose pairs hardly ever come is refused."""
    demand, longest = case.demands[k], _LONGEST * case.run.duration_s
    expected = delivery_s * max(1.0, demand.pairs / _side_by_side(case, k))
    if expected <= longest:
        return
    field = f"{place}.pairs"
    rule = f"come within {_LONGEST:g} times run.duration_s = {case.run.duration_s:g}"
    hint = f"a session takes about {duration(expected)}: lengthen the run, or better the links"
    raise InfeasiblePlanError(field, rule, demand.pairs, hint)
