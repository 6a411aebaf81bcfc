"""Shared pairs of one flow with one memory per edge, on at most two edges: its own chain."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import ClassVar

from qnet.engines.exact import play_exact
from qnet.estimate import Estimate
from qnet.network.case import NetworkCase
from qnet.network.exact.figures import PairFigures, demand_result, edge_results, rising
from qnet.network.exact.shared import SharedSolver, edges_asked, in_slots
from qnet.network.exact.solver import exact_network_result
from qnet.network.network import swap_asap_plan
from qnet.network.result import NetworkResult
from qnet.plans import Plan, SwapAsap

__all__ = ["SharedLine"]


class SharedLine(SharedSolver):
    """A backlog of sessions on one edge, or on two whose node between swaps at once.

    With one memory per edge both edges are free again after a swap, and their pairs are made anew:
    rounds of the chain, from its exact engine. A pair that is given up at its age leaves the other
    edge trying as it did; attempts being alike this is the chain's new round, where they end
    together.
    """

    plays: ClassVar[str] = "a backlog on one or two edges with one memory each"

    def is_asked(self, case: NetworkCase) -> bool:
        """Whether there is always another session."""
        return all(demand.arrivals == "backlog" for demand in case.demands)

    def demand_refusal(self, case: NetworkCase, demand: int) -> str:
        """Why it cannot play a demand with edges of its own, a clause."""
        asked, edges = case.demands[demand], [edge for _, edge in edges_asked(case, demand)]
        name, cutoff = " and ".join(asked.ends), case.network.cutoff
        if asked.together and asked.pairs > 1:
            return f"sessions of {name} take their pairs together"
        if len(edges) > 2:
            return f"{name} are more than two edges apart"
        if any(edge.memories != 1 for edge in edges):
            return f"an edge between {name} has more than one memory"
        if any(edge.generation_rate_hz is not None for edge in edges):
            return f"pairs between {name} come at random times, not by attempts"
        if any(edge.pair_loss_rate_hz for edge in edges):
            return f"stored pairs between {name} are lost at random times"
        if case.network.purification.probability:
            return "pairs are purified"
        if any(s.duration_s for s in case.network.stations_of(case.routes(demand)[0])):
            return "swaps take their time"
        if len(edges) == 1 or cutoff is None:
            return ""
        slots = {edge.link.attempt_time_s for edge in edges}
        if len(slots) > 1 or in_slots(cutoff.time_s, slots.pop()) is None:
            return "the cut-off is no multiple of a common attempt"
        return ""

    def solve(self, case: NetworkCase) -> NetworkResult:
        """The figures of all demands and edges.

        Raises:
            EngineError: If a chain is beyond its exact engine.
        """
        demands = []
        made_hz: dict[int, Estimate | None] = {}
        stored: dict[int, Estimate | None] = {}
        for number, asked in enumerate(case.demands):
            plan = _plan(case, number)
            result = play_exact(plan, key=case.key)
            each = result.delivery_time_s
            session = each * asked.pairs
            demands.append(
                demand_result(
                    case,
                    number,
                    sessions_hz=session.inverse(),
                    waiting_time_s=session,
                    service_time_s=each * (asked.pairs - 1),
                    pairs=PairFigures.of_chain(result),
                )
            )
            made, taken = _edges(case, number, plan, each)
            made_hz |= made
            stored |= taken
        edges = edge_results(case, used=stored, made_hz=made_hz, stored=stored)
        return exact_network_result(case, tuple(demands), edges)


def _edges(
    case: NetworkCase, demand: int, plan: Plan, each: Estimate
) -> tuple[dict[int, Estimate | None], dict[int, Estimate | None]]:
    """Pairs made per second and mean stored pairs of the edges of a demand, from its mean time.

    Without a cut-off every edge makes a pair for each swap that is tried, and stores it for the
    rest of the time that the next one takes. With one the chain's engine does not count them.
    """
    numbers = edges_asked(case, demand)
    if plan.cutoff is not None:
        nothing: dict[int, Estimate | None] = {k: None for k, _ in numbers}
        return nothing, dict(nothing)
    tried = each * math.prod(station.success_probability for station in plan.stations)
    made: dict[int, Estimate | None] = {}
    stored: dict[int, Estimate | None] = {}
    for k, edge in numbers:
        mean_s = edge.link.attempt_time_s / edge.link.round_success_probability
        made[k] = tried.inverse()
        stored[k] = rising(_rest, tried, Estimate.exact(mean_s))
    return made, stored


def _rest(time_s: float, part_s: float) -> float:
    """Share of a time that is left beside a part of it."""
    return max(0.0, 1.0 - part_s / time_s)


def _plan(case: NetworkCase, demand: int) -> Plan:
    network, route = case.network, case.routes(demand)[0]
    plan = swap_asap_plan(network.links_of(route), network.stations_of(route))
    return replace(plan, cutoff=network.cutoff) if isinstance(plan, SwapAsap) else plan
