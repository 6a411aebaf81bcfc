"""Flows of shared pairs: the routes of demands as ports, turns and ends."""

from __future__ import annotations

from dataclasses import dataclass

from qnet.network.case import NetworkCase

__all__ = ["Flow", "Flows"]


@dataclass(frozen=True, slots=True)
class Flow:
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


class Flows:
    """All flows of a case.

    Args:
        case: The case.

    Examples:
        >>> # See `qnet.network.controllers.share`.
    """

    def __init__(self, case: NetworkCase) -> None:
        network = case.network
        self.flows: list[Flow] = []
        for demand in range(len(case.demands)):
            for route in case.routes(demand):
                edges = network.edges_of(route)
                ports = tuple(
                    (2 * e, 2 * e + 1) if network.edges[e].ends[0] == start else (2 * e + 1, 2 * e)
                    for e, start in zip(edges, route, strict=False)
                )
                self.flows.append(Flow(len(self.flows), demand, tuple(route), edges, ports))
        #: Flows of each edge.
        self.of_edge = [
            [flow.number for flow in self.flows if e in flow.edges]
            for e in range(len(network.edges))
        ]
        #: By port: the ports that a pair there may be swapped with, and for which flows.
        self.turns: list[tuple[tuple[int, int], ...]] = self._turns(2 * len(network.edges))
        #: By the first and the last port of a pair, in both directions: flows that it serves.
        self.complete: dict[tuple[int, int], int] = {}
        for flow in self.flows:
            first, last = flow.ends
            for ends in ((first, last), (last, first)):
                self.complete[ends] = self.complete.get(ends, 0) | 1 << flow.number

    def _turns(self, ports: int) -> list[tuple[tuple[int, int], ...]]:
        found: list[dict[int, int]] = [{} for _ in range(ports)]
        for flow in self.flows:
            for (_, here), (there, _) in zip(flow.ports, flow.ports[1:], strict=False):
                for one, other in ((here, there), (there, here)):
                    found[one][other] = found[one].get(other, 0) | 1 << flow.number
        return [tuple(each.items()) for each in found]

    def of_mask(self, mask: int) -> list[Flow]:
        """The flows of a mask."""
        found = []
        while mask:
            low = mask & -mask
            found.append(self.flows[low.bit_length() - 1])
            mask ^= low
        return found
