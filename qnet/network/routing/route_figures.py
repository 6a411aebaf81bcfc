"""Figures of routes: what the chain along a route delivers by itself, played by the engine."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

from qnet.engines.exact import time_step
from qnet.engines.forecast import forecast
from qnet.engines.play import play
from qnet.engines.result import Key
from qnet.errors import EngineError, InfeasiblePlanError, ParameterError
from qnet.estimate import Estimate
from qnet.network.network import Network
from qnet.plans import Plan

__all__ = ["RouteFigures", "RoutePlayer"]

#: The exact engine plays a route on a grid of at most so many steps; where swaps of three links or
#: more may fail, of fewer.
_MOST_STEPS, _MOST_FAILING_STEPS = 1 << 18, 1 << 13

#: Deliveries that are drawn where it does not, and the elementary draws that they may cost.
_SHOTS, _FEWEST_SHOTS, _MOST_DRAWS = 20_000, 1_000, 2e7

#: The mean delivery takes so many times less than the time that the exact engine follows.
_FOLLOWED = 31.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteFigures:
    """A route and what the chain along it delivers by itself, one memory at every end of a link.

    Args:
        route: Names of its nodes.
        length_km: Its length; None where an edge has none.
        delivery_time_s: Mean time to a pair; None where it was not asked for, or there is none.
        fidelity: Mean fidelity of its pairs.
        secret_key_rate_hz: Secret bits per second.
        reason: Why it has no figures, a sentence; empty where it has them, or none was asked for.
    """

    route: tuple[str, ...]
    length_km: float | None = None
    delivery_time_s: Estimate | None = None
    fidelity: Estimate | None = None
    secret_key_rate_hz: Estimate | None = None
    reason: str = ""

    @property
    def hops(self) -> int:
        """Number of its edges."""
        return len(self.route) - 1

    @property
    def is_played(self) -> bool:
        """Whether its figures are known, or why they are not."""
        return self.fidelity is not None or bool(self.reason)


class RoutePlayer:
    """Plays the chains along routes: exactly where that is quick, else by draws with a seed.

    What was played is kept, by plan: routes over equal links are played once, in one direction.

    Args:
        network: Nodes and edges.
        key: How a secret key is taken from the pairs.
        seed: Seed of what is drawn.
    """

    def __init__(self, network: Network, key: Key, seed: int) -> None:
        self.network, self.key, self.seed = network, key, seed
        self._known: dict[tuple[str, ...], RouteFigures] = {}

    def bare(self, route: tuple[str, ...]) -> RouteFigures:
        """Hops and length of a route; nothing is played."""
        return RouteFigures(route=route, length_km=self.network.length_km(route))

    def figures(self, route: tuple[str, ...]) -> RouteFigures:
        """A route with its figures."""
        if route not in self._known:
            self._known[route] = self._figures(route)
        return self._known[route]

    def _figures(self, route: tuple[str, ...]) -> RouteFigures:
        network, bare = self.network, self.bare(route)
        edges = [network.edges[k] for k in network.edges_of(route)]
        if any(edge.generation_rate_hz is not None for edge in edges):
            reason = "a link makes its pairs at random times, without attempts: no chain plays it"
            return replace(bare, reason=reason)
        number = network.node_number
        forward = number[route[0]] <= number[route[-1]]
        try:
            plan = network.plan(route if forward else route[::-1])
            time_s, fidelity, key_rate = _played(plan, self.key, self.seed)
        except InfeasiblePlanError as why:
            return replace(bare, reason=f"it does not deliver: {why.hint}")
        except ParameterError as why:  # such as a strategy for another number of links
            return replace(bare, reason=f"no chain plays it: {why}")
        return replace(bare, delivery_time_s=time_s, fidelity=fidelity, secret_key_rate_hz=key_rate)


@lru_cache(maxsize=65536)
def _played(plan: Plan, key: Key, seed: int) -> tuple[Estimate, Estimate, Estimate]:
    """Delivery time in s, fidelity and secret bits per second of a plan.

    Raises:
        InfeasiblePlanError: If no pair would come in a reasonable time.
    """
    if _is_quickly_exact(plan):
        try:
            found = play(plan, engine="exact", key=key)
        except EngineError:
            found = None  # it is beyond that engine: drawn instead
        if found is not None:
            return found.delivery_time_s, found.fidelity, found.secret_key_rate_hz
    draws = max(1.0, forecast(plan).draws)
    shots = _SHOTS
    if math.isfinite(draws):
        shots = int(min(_SHOTS, max(_FEWEST_SHOTS, _MOST_DRAWS / draws)))
    drawn = play(plan, engine="sampled", shots=shots, seed=seed, key=key)
    return drawn.delivery_time_s, drawn.fidelity, drawn.secret_key_rate_hz


def _is_quickly_exact(plan: Plan) -> bool:
    """Whether the exact engine plays a plan in some tenths of a second, by the size of its grid."""
    try:
        step_s = time_step(plan)
    except EngineError:
        return False
    is_certain = all(
        station.success_probability == 1.0 for node in plan.nodes() for station in node.stations
    )
    failing = not is_certain and sum(1 for _ in plan.links()) > 2
    steps = _FOLLOWED * forecast(plan).delivery_s / step_s
    return steps <= (_MOST_FAILING_STEPS if failing else _MOST_STEPS)
