"""Flows of shared pairs: the routes of demands as ports, turns and ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qnet.errors import ParameterError
from qnet.network.case import NetworkCase
from qnet.network.network import Network

__all__ = ["SharedFlow", "SharedFlows", "hub_of"]


@dataclass(frozen=True, slots=True)
class SharedFlow:
    """A demand along one of its routes.

    Args:
        number: Number of the flow.
        demand: Number of the demand.
        route: Its nodes.
        edges: Numbers of its edges.
        ports: Of each edge, the port at which a qubit of it is held first and last along the route;
            port ``2 edge + side`` is an end of an edge.
    """

    number: int
    demand: int
    route: tuple[str, ...]
    edges: tuple[int, ...]
    ports: tuple[tuple[int, int], ...]

    @property
    def ends(self) -> tuple[int, int]:
        """First and last port."""
        return self.ports[0][0], self.ports[-1][1]


def hub_of(network: Network, ends: Iterable[Sequence[str]]) -> str:
    """The node that is joined to all ends of all demands.

    Raises:
        ParameterError: If there is none.
    """
    wanted = sorted({name for each in ends for name in each})
    for node in sorted(network.nodes, key=lambda node: node.kind != "switch"):
        if all((node.name, name) in network.edge_number for name in wanted):
            return node.name
    hint = "draw a star: one switch with an edge to every end"
    raise ParameterError("demand.ends", "be joined by one switch", tuple(wanted), hint)


class SharedFlows:
    """All flows of a case.

    Args:
        case: The case.
    """

    def __init__(self, case: NetworkCase) -> None:
        network = case.network
        self.flows: list[SharedFlow] = []
        #: Whether pairs are fused into GHZ states, whose legs have no flows.
        self.fused = any(len(demand.ends) > 2 for demand in case.demands)
        #: The switch that fuses them.
        self.hub = hub_of(network, [demand.ends for demand in case.demands]) if self.fused else ""
        for demand in range(len(case.demands)):
            if self.fused:
                self.flows.append(self._legs(network, demand, case.demands[demand].ends))
                continue
            for route in case.routes(demand):
                edges = network.edges_of(route)
                ports = tuple(
                    (2 * e, 2 * e + 1) if network.edges[e].ends[0] == start else (2 * e + 1, 2 * e)
                    for e, start in zip(edges, route, strict=False)
                )
                self.flows.append(SharedFlow(len(self.flows), demand, tuple(route), edges, ports))
        #: Flows of each edge.
        self.of_edge = [
            [flow.number for flow in self.flows if e in flow.edges]
            for e in range(len(network.edges))
        ]
        #: Flows of each demand.
        self.of_demand = [
            [flow.number for flow in self.flows if flow.demand == d]
            for d in range(len(case.demands))
        ]
        #: By port: the ports that a pair there may be swapped with, and for which flows.
        self.turns: list[tuple[tuple[int, int], ...]] = self._turns(2 * len(network.edges))
        #: By the first and the last port of a pair, in both directions: flows that it serves.
        self.complete: dict[tuple[int, int], int] = {}
        for flow in self.flows if not self.fused else ():
            first, last = flow.ends
            for ends in ((first, last), (last, first)):
                self.complete[ends] = self.complete.get(ends, 0) | 1 << flow.number

    def _legs(self, network: Network, demand: int, ends: tuple[str, ...]) -> SharedFlow:
        """The edges from the ends of a GHZ state to the switch."""
        edges = tuple(network.edge_number[end, self.hub] for end in ends)
        ports = tuple(
            (2 * e, 2 * e + 1) if network.edges[e].ends[0] == end else (2 * e + 1, 2 * e)
            for e, end in zip(edges, ends, strict=True)
        )
        return SharedFlow(len(self.flows), demand, ends, edges, ports)

    def _turns(self, ports: int) -> list[tuple[tuple[int, int], ...]]:
        found: list[dict[int, int]] = [{} for _ in range(ports)]
        for flow in self.flows if not self.fused else ():
            for (_, here), (there, _) in zip(flow.ports, flow.ports[1:], strict=False):
                for one, other in ((here, there), (there, here)):
                    found[one][other] = found[one].get(other, 0) | 1 << flow.number
        return [tuple(each.items()) for each in found]

    def of_mask(self, mask: int) -> list[SharedFlow]:
        """The flows of a mask."""
        found = []
        while mask:
            low = mask & -mask
            found.append(self.flows[low.bit_length() - 1])
            mask ^= low
        return found
