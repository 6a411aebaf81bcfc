"""Case of a network: who asks for what, over which routes, under which controller."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from qnet.engines.result import Key
from qnet.network.demand import Demand
from qnet.network.network import Network
from qnet.network.reservation.slots import max_min_schedule
from qnet.network.routing.routes import RouteChoice, choose_routes
from qnet.network.settings import ControllerSettings, Fault, RunTimes
from qnet.network.signalling import Signalling, with_latency
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

    @cached_property
    def signalling(self) -> Signalling:
        """Travel times of the messages of a reserving controller.

        Raises:
            ParameterError: If they cannot reach the controller, or there is no such place.
        """
        return Signalling(self)

    @cached_property
    def frame_schedule(self) -> list[list[int]]:
        """Slots of the frame that each demand has, on the first of its routes.

        See `qnet.network.reservation.slots.max_min_schedule`.
        """
        paths, edges = [], self.network.edges
        for number in range(len(self.demands)):
            routes = self.routes(number)
            paths.append(self.network.edges_of(routes[0]) if routes else ())
        memories = [float("inf") if edge.memories is None else edge.memories for edge in edges]
        needs = [demand.memories for demand in self.demands]
        return max_min_schedule(paths, needs, memories, self.controller.frame_slots or 1)

    def routes(self, demand: int) -> Sequence[tuple[str, ...]]:
        """The routes that a demand takes, best first, as names of nodes."""
        return self.choices[demand].routes
