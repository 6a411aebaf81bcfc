"""Reserved routes whose sessions contend: what all solvers of them ask for, and put together."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import ClassVar

from qnet.estimate import Estimate
from qnet.network.case import NetworkCase
from qnet.network.exact.figures import demand_result, edge_results, multiplied, summed
from qnet.network.exact.service import ServiceLaw, service_law
from qnet.network.exact.solver import NetworkSolver, exact_network_result, refusal_of_all
from qnet.network.result import DemandResult, EdgeResult, NetworkResult

__all__ = [
    "ServedFlow",
    "ReservedSolver",
    "edges_held",
    "no_route_result",
    "one_at_a_time",
    "reserved_edges",
    "reserved_refusal",
]

_ZERO = Estimate.exact(0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedFlow:
    """Sessions of a demand in the steady state.

    Args:
        law: Their service.
        sessions_hz: How many arrive per second.
        refused: Share of them that is refused.
        waiting_s: Mean wait of those that are served, in s.
    """

    law: ServiceLaw
    sessions_hz: Estimate
    refused: Estimate = _ZERO
    waiting_s: Estimate = _ZERO


class ReservedSolver(NetworkSolver):
    """Sessions that hold memories along their routes; demands without a common edge are apart.

    The law of a session's service is that of its route's plan, from the chain's exact engine.
    """

    #: Whether sessions wait for memories; otherwise those that do not fit are refused.
    lets_wait: ClassVar[bool]

    def is_near(self, case: NetworkCase) -> bool:
        """Whether memories are reserved, and sessions wait for them or not as it knows."""
        waits = case.controller.discipline != "drop"
        waits = waits and not all(demand.patience == 0.0 for demand in case.demands)
        return case.controller.allocation == "reserve" and waits == self.lets_wait

    def refusal(self, case: NetworkCase) -> str:
        """Why it cannot play the case, a clause."""
        found = reserved_refusal(case) or self.patience_refusal(case)
        for members in _contending(case):
            found = found or self.group_refusal(case, members)
        return found

    def patience_refusal(self, case: NetworkCase) -> str:
        """Why it cannot play sessions that wait for a while only, a clause."""
        for demand in case.demands:
            if demand.patience is not None:
                return f"sessions of {' and '.join(demand.ends)} lose their patience"
        return ""

    @abstractmethod
    def group_refusal(self, case: NetworkCase, members: Sequence[int]) -> str:
        """Why it cannot play demands that share edges, a clause; empty where it can."""

    @abstractmethod
    def flows(
        self, case: NetworkCase, members: Sequence[int], laws: Sequence[ServiceLaw]
    ) -> list[ServedFlow]:
        """The steady state of demands that share edges."""

    def solve(self, case: NetworkCase) -> NetworkResult:
        """The figures of all demands and edges."""
        found: dict[int, ServedFlow] = {}
        known: dict[tuple[object, ...], ServiceLaw] = {}

        def law(number: int) -> ServiceLaw:
            asked, plan = case.demands[number], case.plan(case.routes(number)[0])
            alike = plan, asked.pairs, asked.memories, asked.is_backlog
            if alike not in known:
                known[alike] = service_law(case, number)
            return known[alike]

        for members in _contending(case):
            laws = [law(k) for k in members]
            found |= dict(zip(members, self.flows(case, members, laws), strict=True))
        demands = tuple(_figures(case, k, found.get(k)) for k in range(len(case.demands)))
        busy = {
            k: multiplied(demands[k]["served_hz"], flow.law.mean_s) for k, flow in found.items()
        }
        return exact_network_result(case, demands, reserved_edges(case, demands, busy))


def reserved_refusal(case: NetworkCase) -> str:
    """Why no exact solver plays reserved routes of a case, a clause; empty where one may.

    What no engine plays has been refused before: see ``check_reserved``.
    """
    if why := refusal_of_all(case):
        return why
    for number, demand in enumerate(case.demands):
        if len(case.routes(number)) > 1:
            return f"{' and '.join(demand.ends)} have several routes"
    return ""


def edges_held(case: NetworkCase, demand: int) -> tuple[int, ...]:
    """Numbers of the edges along the first route of a demand; none without a route."""
    routes = case.routes(demand)
    return case.network.edges_of(routes[0]) if routes else ()


def _contending(case: NetworkCase) -> list[list[int]]:
    """Numbers of the demands with a route, in groups that share no edge with each other."""
    groups: list[tuple[list[int], set[int]]] = []
    for number in range(len(case.demands)):
        held = set(edges_held(case, number))
        if not held:
            continue
        members = [number]
        for group in [group for group in groups if group[1] & held]:
            groups.remove(group)
            members, held = group[0] + members, held | group[1]
        groups.append((sorted(members), held))
    return [members for members, _ in sorted(groups, key=lambda group: group[0])]


def one_at_a_time(case: NetworkCase, members: Sequence[int]) -> str:
    """Why two sessions of a group could be served at the same time, a clause; empty if none."""
    edges = case.network.edges
    held = {k: set(edges_held(case, k)) for k in members}
    for first, second in combinations_with_replacement(members, 2):
        wanted = case.demands[first].memories + case.demands[second].memories
        if all((edges[k].memories or wanted) >= wanted for k in held[first] & held[second]):
            ends = [" and ".join(case.demands[k].ends) for k in dict.fromkeys((first, second))]
            who = f"two of {ends[0]}" if len(ends) == 1 else f"those of {ends[0]} and of {ends[1]}"
            return f"sessions can be served at the same time: {who}"
    return ""


def no_route_result(case: NetworkCase, number: int) -> DemandResult:
    """What a demand without a route got: all of its sessions are refused."""
    rate = case.demands[number].session_rate_hz
    return demand_result(
        case,
        number,
        sessions_hz=None if rate is None else Estimate.exact(rate),
        refused_fraction=Estimate.exact(1.0),
        served_hz=_ZERO,
        pair_rate_hz=_ZERO,
    )


def _figures(case: NetworkCase, number: int, flow: ServedFlow | None) -> DemandResult:
    if flow is None:
        return no_route_result(case, number)
    return demand_result(
        case,
        number,
        sessions_hz=flow.sessions_hz,
        refused_fraction=flow.refused,
        waiting_time_s=flow.waiting_s,
        service_time_s=flow.law.mean_s,
        pairs=flow.law.pairs,
    )


def reserved_edges(
    case: NetworkCase, demands: Sequence[DemandResult], busy: Mapping[int, Estimate]
) -> tuple[EdgeResult, ...]:
    """Use of the edges, and pairs made there: one for each that is delivered.

    Args:
        case: What was played.
        demands: What each demand got.
        busy: Mean number of sessions that are served at a time, by number of the demand; none of
            one without a route.
    """
    used: dict[int, Estimate] = {}
    made: dict[int, Estimate] = {}
    for number, sessions in busy.items():
        taken = sessions * case.demands[number].memories
        for k in edges_held(case, number):
            used[k] = summed(used.get(k, _ZERO), taken)
            made[k] = summed(made.get(k, _ZERO), demands[number]["pair_rate_hz"])
    return edge_results(case, used=used, made_hz=made)
