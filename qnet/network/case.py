"""Case of a network: who asks for what, over which routes, under which controller."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from qnet.engines.result import Key
from qnet.network.demand import Demand
from qnet.network.network import Network
from qnet.network.routing.routes import RouteChoice, choose_routes
from qnet.network.settings import ControllerSettings, Fault, RunTimes
from qnet.network.signalling import with_latency
from qnet.plans import Plan

__all__ = ["NetworkCase"]


@dataclass(frozen=True, kw_only=True)
class NetworkCase:
    """All that a network is played with.

    Args:
        network: Nodes and edges.
        demands: Who asks for pairs.
        run: Measured time and replicas.
        controller: How pairs are given to those who ask.
        faults: What fails.
        seed: Seed of the run.
        key: How a secret key is taken from the pairs.
        any_pair: Whether the demands stand for any two users (or ``ghz`` of them) that a switch may
            serve; a pair is then counted for the demand of its ends.
    """

    network: Network
    demands: tuple[Demand, ...]
    run: RunTimes
    controller: ControllerSettings = field(default_factory=ControllerSettings)
    faults: tuple[Fault, ...] = ()
    seed: int = 1
    key: Key = field(default_factory=Key)
    any_pair: bool = False

    @cached_property
    def choices(self) -> tuple[RouteChoice, ...]:
        """The routes that were considered for each demand, and those that it takes."""
        return choose_routes(self.network, self.demands, self.controller, self.key, self.seed)

    @cached_property
    def _plans(self) -> dict[tuple[str, ...], Plan]:
        return {}

    def plan(self, route: tuple[str, ...]) -> Plan:
        """The plan of a route; its results travel where messages do."""
        if route not in self._plans:
            plan = self.network.plan(route)
            is_slow = self.controller.signalling == "fibre"
            self._plans[route] = with_latency(plan) if is_slow else plan
        return self._plans[route]

    def routes(self, demand: int) -> Sequence[tuple[str, ...]]:
        """The routes that a demand takes, best first, as names of nodes."""
        return self.choices[demand].routes
