"""Networks: nodes with memories, edges whose links are compiled, and plans of their routes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise

import rustworkx

from qnet.errors import ParameterError, check_integer, check_one_of
from qnet.network.topologies.topology import (
    FibreSpan,
    Site,
    Topology,
    check_ends,
    check_known,
    first_double,
    graph_of,
    numbers_both_ways,
)
from qnet.plans import Cutoff, Link, Plan, Station, SwapAsap

__all__ = ["NODE_KINDS", "Network", "NetworkEdge", "NetworkNode", "Purification", "swap_asap_plan"]

#: What a node can be: only users are ends of demands, only a switch swaps any two of its edges.
NODE_KINDS = ("user", "repeater", "switch")

#: The plan of a route, from its links and the stations between them.
RoutePlanner = Callable[[Sequence[Plan], Sequence[Station]], Plan]


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkNode:
    """A node: its memories, and how it swaps.

    Args:
        name: Its name.
        kind: ``user``, ``repeater`` or ``switch``.
        memories: Memories for each of its edges; None for as many as are asked for.
        station: Its Bell measurement.
        site: Where it is, if that is known.
    """

    name: str
    kind: str = "repeater"
    memories: int | None = 1
    station: Station = field(default_factory=lambda: Station(perfect=True))
    site: Site | None = None

    def __post_init__(self) -> None:
        check_one_of("node.kind", self.kind, NODE_KINDS)
        if self.memories is not None:
            check_integer("node.memories", self.memories)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkEdge:
    """An edge: how its pairs are made, and how many may be stored.

    Args:
        ends: Names of its nodes; the link's left memory is at the first.
        link: Its compiled link, for one memory at each end.
        length_km: Length of its fibre; None where none is given.
        loss_db_per_km: Attenuation of its fibre in dB/km, for the bounds of the bare fibre; None
            where it has none.
        memories: Memories of it at either end, the smaller number of the two; None for as many as
            are asked for.
        generation_rate_hz: Rate of pairs in Hz where they come at random times (a Poisson process)
            while a memory is free, in place of attempts of every free memory.
        attempts_at_once: How many of its memories try at the same time; None for all.
        pair_loss_rate_hz: Rate in Hz at which each stored pair is lost.
    """

    ends: tuple[str, str]
    link: Link
    length_km: float | None = None
    loss_db_per_km: float | None = None
    memories: int | None = 1
    generation_rate_hz: float | None = None
    attempts_at_once: int | None = None
    pair_loss_rate_hz: float = 0.0

    @property
    def travel_time_s(self) -> float:
        """One way along its fibre, in s."""
        return (self.length_km or 0.0) / self.link.speed_km_per_s

    @property
    def pair_rate_hz(self) -> float:
        """Pairs per second that its memories make at most, together; infinite without a limit.

        Memories times success probability over attempt time, or the rate of generation.
        """
        if self.generation_rate_hz is not None:
            return self.generation_rate_hz
        at_once = [n for n in (self.memories, self.attempts_at_once) if n is not None]
        each = self.link.round_success_probability / self.link.attempt_time_s
        return min(at_once) * each if at_once else float("inf")

    @property
    def transmission(self) -> float | None:
        """Probability that a photon passes its fibre; None without a length or an attenuation."""
        if self.length_km is None or self.loss_db_per_km is None:
            return None
        return float(10.0 ** (-self.loss_db_per_km * self.length_km / 10.0))

    def directed(self, start: str) -> Link:
        """Its link as seen from one of its ends: the left memory is there."""
        if start == self.ends[0]:
            return self.link
        return self.link.mirrored


@dataclass(frozen=True, slots=True, kw_only=True)
class Purification:
    """How a stored pair is purified with a fresh one of the same edge.

    Args:
        probability: How often: 0 never, 1 whenever a fresh pair comes.
        plan: The step on two pairs of a link, such as ``lambda pair: Distill(pair=pair)``.
    """

    probability: float = 0.0
    plan: Callable[[Plan], Plan] | None = None


def swap_asap_plan(links: Sequence[Plan], stations: Sequence[Station]) -> Plan:
    """The plan of a route whose nodes swap as soon as both of their pairs are there."""
    if len(links) == 1:
        return links[0]
    return SwapAsap(segments=tuple(links), stations=tuple(stations))


@dataclass(frozen=True, kw_only=True, repr=False)
class Network:
    """Nodes and edges; each distinct edge's link was compiled once.

    Args:
        nodes: The nodes, in their order.
        edges: The edges, in their order.
        planner: The plan of a route, from its directed links and the stations between them.
        cutoff: When a stored pair is given up where pairs are shared (``age``).
        purification: Whether pairs of one edge are purified where pairs are shared.
        assumptions: What was assumed about it, one sentence each.

    Raises:
        ParameterError: If a name is there twice, an edge leads nowhere or to itself, or two join
            the same nodes.
    """

    nodes: tuple[NetworkNode, ...]
    edges: tuple[NetworkEdge, ...]
    planner: RoutePlanner = swap_asap_plan
    cutoff: Cutoff | None = None
    purification: Purification = field(default_factory=Purification)
    assumptions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "nodes", tuple(self.nodes))
        object.__setattr__(self, "edges", tuple(self.edges))
        twice = first_double([node.name for node in self.nodes])
        if twice is not None:
            raise ParameterError("node.name", "be there once", twice, "give each node its own name")
        for edge in self.edges:
            for end in edge.ends:
                check_known("edge.ends", end, self.node_number)
            check_ends(edge.ends)
        if len(self.edge_number) < 2 * len(self.edges):
            ends = [frozenset(edge.ends) for edge in self.edges]
            double = next(edge for k, edge in enumerate(self.edges) if ends[k] in ends[:k])
            hint = "draw parallel fibres as one edge with more memories"
            raise ParameterError("edge.ends", "be there once", double.ends, hint)

    def __repr__(self) -> str:
        return f"<Network: {len(self.nodes)} nodes, {len(self.edges)} edges>"

    def __str__(self) -> str:
        """Its nodes, and its edges with their lengths and the pairs that they make per second."""
        lines = [repr(self)[1:-1], ", ".join(node.name for node in self.nodes)]
        for edge in self.edges:
            length = "" if edge.length_km is None else f", {edge.length_km:g} km"
            rate = edge.pair_rate_hz
            made = "" if math.isinf(rate) else f", up to {rate:.3g} pairs/s"
            lines.append(f"{' - '.join(edge.ends)}{length}{made}")
        return "\n".join(lines)

    @cached_property
    def node_number(self) -> dict[str, int]:
        """Number of each node by its name."""
        return {node.name: k for k, node in enumerate(self.nodes)}

    @cached_property
    def edge_number(self) -> dict[tuple[str, str], int]:
        """Number of each edge by its two nodes, in both directions."""
        return numbers_both_ways([edge.ends for edge in self.edges])

    @cached_property
    def graph(self) -> rustworkx.PyGraph:
        """Node names, and numbers of edges as weights."""
        return graph_of(self.node_number, [edge.ends for edge in self.edges])

    @cached_property
    def topology(self) -> Topology:
        """Its sites and fibres, for maps and graph figures; sites are of the kinds of the nodes."""
        sites = [
            replace(node.site or Site(name=node.name), name=node.name, kind=node.kind)
            for node in self.nodes
        ]
        spans = [FibreSpan(ends=edge.ends, length_km=edge.length_km) for edge in self.edges]
        return Topology(sites=tuple(sites), spans=tuple(spans), assumptions=self.assumptions)

    def edges_of(self, route: Sequence[str]) -> tuple[int, ...]:
        """Numbers of the edges along a route, given by the names of its nodes.

        Raises:
            ParameterError: If two neighbours are not joined.
        """
        for step in pairwise(route):
            if step not in self.edge_number:
                raise ParameterError("route", "follow edges", step, "add the edge, or another step")
        return tuple(self.edge_number[step] for step in pairwise(route))

    def station(self, name: str) -> Station:
        """The Bell measurement of a node."""
        return self.nodes[self.node_number[name]].station

    def stations_of(self, route: Sequence[str]) -> tuple[Station, ...]:
        """The stations between the links of a route."""
        return tuple(map(self.station, route[1:-1]))

    def links_of(self, route: Sequence[str]) -> tuple[Link, ...]:
        """The links along a route, each with its left memory at the node that comes first."""
        edges = self.edges_of(route)
        return tuple(self.edges[e].directed(start) for e, start in zip(edges, route, strict=False))

    def plan(self, route: Sequence[str]) -> Plan:
        """The plan of a route: a pair from its first to its last node."""
        return self.planner(self.links_of(route), self.stations_of(route))

    def length_km(self, route: Sequence[str]) -> float | None:
        """Length of a route in km; None where an edge has none."""
        lengths = [self.edges[e].length_km for e in self.edges_of(route)]
        known = [length for length in lengths if length is not None]
        return sum(known) if len(known) == len(lengths) else None
