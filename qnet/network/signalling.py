"""Signalling of a network: how long messages travel between a controller and the nodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import rustworkx

from qnet.errors import ParameterError, check_one_of
from qnet.network.network import Network
from qnet.plans import Plan

if TYPE_CHECKING:
    from qnet.network.case import NetworkCase

__all__ = ["Signalling", "central_node", "travel_times_s", "with_latency"]


def travel_times_s(network: Network, place: str) -> list[float]:
    """Time in s along the shortest fibres from a node to each node; infinite where none leads.

    Examples:
        >>> from qnet import Link
        >>> from qnet.network import Network, NetworkEdge, NetworkNode
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.1, attempt_time_s=1e-3, state=werner(0.98))
        >>> ends = [("A", "B"), ("B", "C")]
        >>> edges = tuple(NetworkEdge(ends=e, link=link, length_km=20.0) for e in ends)
        >>> nodes = tuple(NetworkNode(name=name) for name in "ABC")
        >>> travel_times_s(Network(nodes=nodes, edges=edges), "A")
        [0.0, 0.0001, 0.0002]
    """
    start = network.node_number[check_one_of("controller.place", place, network.node_number)]
    times = [edge.travel_time_s for edge in network.edges]
    graph = network.graph
    found = dict(rustworkx.dijkstra_shortest_path_lengths(graph, start, lambda edge: times[edge]))
    return [0.0 if k == start else found.get(k, float("inf")) for k in range(len(network.nodes))]


def central_node(network: Network) -> str:
    """The node from which the farthest is nearest, by travel time.

    Of several, the one with the least sum of times, then the first.
    """

    def badness(name: str) -> tuple[int, float, float]:
        times = travel_times_s(network, name)
        known = [time for time in times if time < float("inf")]
        return len(times) - len(known), max(known), sum(known)

    return min((node.name for node in network.nodes), key=badness)


def with_latency(plan: Plan) -> Plan:
    """The same plan, all of whose results travel at the fibre's speed."""
    step: Any = plan.mapped(part=with_latency)  # every plan is a dataclass
    has_messages = any(field.name == "classical_latency" for field in fields(step))
    return replace(step, classical_latency=True) if has_messages else step


class Signalling:
    """Travel times of the messages of a reserving controller; none where they are instantaneous.

    A request goes from the first end of its demand to the controller, a grant from there to all
    nodes of the route, and the release from the farther end back.

    Args:
        case: What is played.

    Raises:
        ParameterError: If the controller's place is no node, or is on an island from which a demand
            cannot be reached.
    """

    def __init__(self, case: NetworkCase) -> None:
        network = case.network
        self._number = network.node_number
        self.is_instantaneous = case.controller.signalling == "instantaneous"
        self._times = [0.0] * len(network.nodes)
        if self.is_instantaneous:
            return
        self.place = case.controller.place or central_node(network)
        self._times = travel_times_s(network, self.place)
        for number, demand in enumerate(case.demands):
            if case.routes(number) and self.request_s(demand.ends) == float("inf"):
                rule = f"reach {demand.ends[0]!r}, which asks for pairs"
                hint = "place the controller where fibres lead to every demand"
                raise ParameterError("controller.place", rule, self.place, hint)

    def to_node_s(self, name: str) -> float:
        """Time in s between the controller and a node."""
        return self._times[self._number[name]]

    def request_s(self, ends: Sequence[str]) -> float:
        """Time in s from a session's arrival to when the controller knows of it."""
        return self.to_node_s(ends[0])

    def grant_s(self, route: Sequence[str]) -> float:
        """Time in s from a decision to when all nodes of a route know of it."""
        return max(map(self.to_node_s, route))

    def release_s(self, route: Sequence[str]) -> float:
        """Time in s from a last pair to when the controller knows of it from both ends."""
        return max(self.to_node_s(route[0]), self.to_node_s(route[-1]))

    def news_s(self, ends: Sequence[str]) -> float:
        """Time in s from a fault of an edge, or its repair, to when the controller knows."""
        return min(map(self.to_node_s, ends))
