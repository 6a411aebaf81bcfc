"""Switches that swap the pairs of any two users: what all solvers of them ask for and report."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import ClassVar

from qnet.errors import EngineError
from qnet.estimate import Estimate
from qnet.network.case import NetworkCase
from qnet.network.exact.figures import GhzFigures, PairFigures, demand_result, edge_results
from qnet.network.exact.pair_states import (
    NO_RATES,
    AgeLaw,
    decays_exponentially,
    stored_mean,
    swapped,
)
from qnet.network.exact.solver import NetworkSolver, exact_network_result, refusal_of_all
from qnet.network.network import NetworkEdge
from qnet.network.result import DemandResult, NetworkResult, SwitchResult
from qnet.plans import Station
from qnet.states.pauli import Array

__all__ = ["Star", "SwitchFlow", "SwitchSolver", "Users", "counts_refusal"]

#: Users by the numbers of their edges.
Users = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Star:
    """Users around a switch, by the numbers of their edges.

    Args:
        hub: Name of the switch.
        users: Name of each user.
        edges: Edge of each user.
        station: What swaps, or fuses, their pairs.
    """

    hub: str
    users: tuple[str, ...]
    edges: tuple[NetworkEdge, ...]
    station: Station

    @property
    def rates(self) -> list[float]:
        """Pairs per second that come at random times on each edge."""
        return [edge.generation_rate_hz or 0.0 for edge in self.edges]

    @property
    def losses(self) -> list[float]:
        """Rate in 1/s at which each stored pair is lost, by its edge."""
        return [edge.pair_loss_rate_hz for edge in self.edges]

    @classmethod
    def of(cls, case: NetworkCase) -> Star | None:
        """The star of a network; None where it is none."""
        edges = case.network.edges
        hubs = set(edges[0].ends).intersection(*(edge.ends for edge in edges)) if edges else set()
        if len(edges) < 2 or len(hubs) != 1 or len(case.network.nodes) != len(edges) + 1:
            return None
        hub = hubs.pop()
        users = tuple(next(end for end in edge.ends if end != hub) for edge in edges)
        station = case.network.station(hub)
        return cls(hub=hub, users=users, edges=edges, station=station)


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchFlow:
    """What a switch does in the steady state.

    Args:
        rates: Swaps that are tried per second, by the numbers of their users, ascending.
        stored: Mean number of stored pairs of each user.
        made_hz: Pairs per second that each user's edge makes.
        ages: By a stored pair's user and the other one: the law of its age at the swap, its value
            at 0 the number of such swaps per second.
        fresh: Swaps per second of two fresh pairs, by their users, ascending.
    """

    rates: Mapping[Users, float]
    stored: tuple[float, ...]
    made_hz: tuple[float, ...]
    ages: Mapping[Users, AgeLaw] = field(default_factory=dict)
    fresh: Mapping[Users, float] = field(default_factory=dict)


class SwitchSolver(NetworkSolver):
    """A star whose users' pairs are swapped, or fused, at once, whoever's they are."""

    plays: ClassVar[str]

    #: Whether pairs come at random times, not by attempts.
    is_continuous: ClassVar[bool]

    def is_near(self, case: NetworkCase) -> bool:
        """Whether any users' pairs are swapped, and pairs come in its way."""
        rates = [edge.generation_rate_hz is not None for edge in case.network.edges]
        if not (case.any_pair and case.controller.allocation == "share"):
            return False
        return any(rates) if self.is_continuous else not all(rates)

    def refusal(self, case: NetworkCase) -> str:
        """Why it cannot play the case, a clause."""
        star = Star.of(case)
        if star is None:
            return "this network is no star"
        if len({edge.generation_rate_hz is None for edge in star.edges}) > 1:
            return "some edges make pairs by attempts, others at random times"
        if why := refusal_of_all(case):
            return why
        if case.network.purification.probability:
            return "here pairs are purified"
        if star.station.duration_s:
            return "swaps take their time"
        if case.controller.sharing != "statistical":
            return f"pairs are shared by {case.controller.sharing}"
        if any(not demand.is_backlog for demand in case.demands):
            return "sessions come one by one"
        return self.demand_refusal(case, star) or self.switch_refusal(case, star)

    def demand_refusal(self, case: NetworkCase, star: Star) -> str:
        """Why it cannot serve the demands, a clause."""
        asked = {frozenset(demand.ends) for demand in case.demands}
        users = {frozenset(each) for each in combinations(star.users, case.controller.ghz or 2)}
        if asked != users or len(case.demands) > len(users):
            return "the demands are not any users that it may serve, once each"
        return ""

    @abstractmethod
    def switch_refusal(self, case: NetworkCase, star: Star) -> str:
        """Why it cannot play a switch, a clause; empty where it can."""

    @abstractmethod
    def flow(self, case: NetworkCase, star: Star) -> SwitchFlow:
        """The steady state of a switch."""

    def solve(self, case: NetworkCase) -> NetworkResult:
        """The figures of all users."""
        star = Star.of(case)
        if star is None:  # refused before
            raise EngineError(self.refusal(case))
        flow = self.flow(case, star)
        demands = tuple(self._figures(case, star, flow, k) for k in range(len(case.demands)))
        success = star.station.success_probability
        rates = {users: success * rate for users, rate in sorted(flow.rates.items())}
        stored = {k: Estimate.exact(n) for k, n in enumerate(flow.stored)}
        switch = None
        if case.any_pair:
            switch = SwitchResult(
                swap_rate_hz=Estimate.exact(sum(rates.values())),
                stored=Estimate.exact(sum(flow.stored)),
                pairs=tuple(
                    (tuple(star.users[k] for k in users), Estimate.exact(rate))
                    for users, rate in rates.items()
                ),
            )
        edges = edge_results(
            case,
            used=stored,
            made_hz={k: Estimate.exact(rate) for k, rate in enumerate(flow.made_hz)},
            stored=stored,
        )
        notes = tuple(note for demand in demands for note in demand.notes)
        return exact_network_result(case, demands, edges, switch=switch, warnings=notes)

    def _figures(
        self, case: NetworkCase, star: Star, flow: SwitchFlow, number: int
    ) -> DemandResult:
        ends = case.demands[number].ends
        users = [star.users.index(end) for end in ends]
        rate = star.station.success_probability * flow.rates.get(tuple(sorted(users)), 0.0)
        found: PairFigures | GhzFigures | str = ""
        if rate > 0.0:
            found = NO_RATES
            if decays_exponentially([star.edges[k].link for k in users]):
                found = self.states(case, star, flow, ends)
        return demand_result(
            case,
            number,
            **_session_times(case, number, rate),
            pair_rate_hz=Estimate.exact(rate),
            pairs=None if isinstance(found, str) else found,
            why_no_state=found if isinstance(found, str) else "",
        )

    def states(
        self, case: NetworkCase, star: Star, flow: SwitchFlow, ends: tuple[str, ...]
    ) -> PairFigures | GhzFigures | str:
        """Figures of the mean state that some users get, or why it is not known."""
        total = _total_state(case, star, flow, ends)
        if total[0, 0] <= 0.0:
            return "more stored pairs would have to be followed than this solver does"
        return PairFigures.of_state(total / total[0, 0], case.key)


def counts_refusal(case: NetworkCase, star: Star) -> str:
    """Why numbers of stored pairs make no chain with few states, a clause; empty where they do."""
    if case.network.cutoff is not None:
        return "pairs have a cut-off"
    if any(edge.memories is None for edge in star.edges):
        return "memories have no limit"
    return ""


def _session_times(case: NetworkCase, number: int, rate_hz: float) -> dict[str, Estimate]:
    """Sessions per second, their wait and service.

    What a switch makes of any users' pairs is used at once, and each pair is a session. Of given
    demands there is always a session that waits for the last pair of the one before.
    """
    pairs = case.demands[number].pairs
    each_s = math.inf if rate_hz == 0.0 else 1.0 / rate_hz
    wait, service = pairs * each_s, (pairs - 1) * each_s if pairs > 1 else 0.0
    if case.any_pair:
        pairs, wait, service = 1, 0.0, 0.0
    return {
        "sessions_hz": Estimate.exact(rate_hz / pairs),
        "waiting_time_s": Estimate.exact(wait),
        "service_time_s": Estimate.exact(service),
    }


def _total_state(case: NetworkCase, star: Star, flow: SwitchFlow, ends: tuple[str, ...]) -> Array:
    """Fano matrix (4, 4) of the pairs of two users, added up over a second."""
    network, route = case.network, (ends[0], star.hub, ends[1])
    left, right = network.links_of(route)
    first, second = (star.users.index(end) for end in ends)
    ages = flow.ages
    total = swapped(network, route, left.fano, right.fano)
    total = total * flow.fresh.get((min(first, second), max(first, second)), 0.0)
    if (first, second) in ages:
        kept = stored_mean(left, ages[first, second])
        total = total + swapped(network, route, kept, right.fano)
    if (second, first) in ages:
        kept = stored_mean(right, ages[second, first])
        total = total + swapped(network, route, left.fano, kept)
    return total
