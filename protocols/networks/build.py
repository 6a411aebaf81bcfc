"""Network out of the tables of its scenario: nodes with stations, edges with compiled links."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from protocols.networks.demands import centre_of
from protocols.networks.link_tables import (
    EdgeTable,
    NetworkLink,
    NetworkMemory,
    beside,
    described,
    over,
    placed_at,
)
from protocols.networks.pass_edges import Passes, pass_segment
from protocols.networks.route_chain import PurifiedPair, RouteChain
from protocols.networks.site_tables import UNLIMITED, NamedNode
from protocols.repeaters import Distillation, Swapping
from protocols.repeaters.chain_link import GENERATION_TABLES
from protocols.repeaters.segment import MEMORY_TIMES, Segment
from protocols.repeaters.shared_fibre import lit
from qnet.errors import ParameterError
from qnet.hardware import Fibre, Gates, Memory
from qnet.network import Network, NetworkEdge, NetworkNode, Site, Topology
from qnet.network.network import NODE_KINDS, Purification
from qnet.plans import Cutoff, Link, Station
from qnet.schema import NOTHING, key

if TYPE_CHECKING:
    from protocols.networks.scenario import NetworkScenario

__all__ = ["EdgePart", "NodePart", "edge_parts", "network_of", "node_parts", "placed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePart:
    """A node as its tables describe it.

    Args:
        site: Where it is.
        kind: ``user``, ``repeater`` or ``switch``.
        memories: Memories for each of its edges; None for as many as are asked for.
    """

    site: Site
    kind: str
    memories: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgePart:
    """An edge as its tables describe it: nothing of it is compiled.

    Args:
        ends: Names of its nodes.
        segment: Its link.
        memories: Memories of it at either end, the smaller number; None without a limit.
        rate_hz: Rate of pairs that come at random times, where there is one.
        attempts_at_once: How many memories try at the same time.
        pair_loss_rate_hz: Rate at which each stored pair is lost.
        passes: Of an edge over a satellite: when it is up.
    """

    ends: tuple[str, str]
    segment: Segment
    memories: int | None
    rate_hz: float | None
    attempts_at_once: int | None
    pair_loss_rate_hz: float
    passes: Passes | None = key(None, quiet=True)


def placed(topology: Topology, scenario: NetworkScenario) -> Topology:
    """A topology whose nodes stand where [[nodes]] say; unknown lengths follow from the places."""
    moved = {node.name: node for node in scenario.nodes if node.latitude is not None}
    if not moved:
        return topology
    sites = [
        replace(
            site,
            x_km=None,
            y_km=None,
            drawn_at=None,
            latitude_deg=moved[site.name].latitude,
            longitude_deg=moved[site.name].longitude,
        )
        if site.name in moved
        else site
        for site in topology.sites
    ]
    factor = scenario.topology.route_factor or 1.0
    return replace(topology, sites=tuple(sites)).with_lengths(factor)


def node_parts(scenario: NetworkScenario) -> tuple[NodePart, ...]:
    """The nodes, in the order of the topology."""
    own = {node.name: node for node in scenario.nodes}
    centre = centre_of(scenario.sites) if scenario.is_any_pair else None
    return tuple(_node(scenario, site, own.get(site.name), centre) for site in scenario.sites.sites)


def _node(
    scenario: NetworkScenario, site: Site, own: NamedNode | None, centre: str | None
) -> NodePart:
    kind = site.kind if site.kind in NODE_KINDS else scenario.node.kind
    if site.name == centre:
        kind = "switch"
    memories: Any = scenario.node.memories
    if own is not None:
        kind = own.kind or kind
        memories = memories if own.memories is None else own.memories
    return NodePart(site=site, kind=kind, memories=None if memories == UNLIMITED else memories)


def edge_parts(scenario: NetworkScenario) -> tuple[EdgePart, ...]:
    """The edges, in the order of the topology.

    Raises:
        ParameterError: If the link of one is not whole, or breaks a rule.
    """
    tables = {frozenset(table.ends): k for k, table in enumerate(scenario.edge)}
    memories = {node.site.name: node.memories for node in scenario.node_parts}
    made: dict[Any, Any] = {}
    found = []
    for span in scenario.sites.spans:
        number = tables.get(frozenset(span.ends))
        length = span.length_km
        if number is not None and scenario.edge[number].length_km is not None:
            length = scenario.edge[number].length_km
        if (number, length) not in made:
            made[number, length] = _link(scenario, number, span.ends, length)
        limits = [m for m in (memories[end] for end in span.ends) if m is not None]
        link, loss, segment, passes = made[number, length]
        at_once = None if link is None else link.attempts_at_once
        rate = None if link is None else link.rate_hz
        if not limits and rate is None and scenario.controller.allocation == "share":
            at_once = at_once or 1  # endless memories do not try all at once
        found.append(
            EdgePart(
                ends=span.ends,
                segment=segment,
                memories=min(limits) if limits else None,
                rate_hz=rate,
                attempts_at_once=at_once,
                pair_loss_rate_hz=loss,
                passes=passes,
            )
        )
    return tuple(found)


def _link(
    scenario: NetworkScenario, number: int | None, ends: tuple[str, str], length: float | None
) -> tuple[NetworkLink | None, float, Segment, Passes | None]:
    """Description of a link, rate at which its stored pairs are lost, its segment, its passes."""
    table = EdgeTable(ends=ends) if number is None else scenario.edge[number]
    base: Any = scenario.link
    fibre: Any = scenario.fibre
    stored: Any = scenario.memory
    if number is not None and table.satellite is not None:
        lost: Any = over(stored, table.memory).get("pair_loss_rate_hz", 0.0)
        return None, lost, *pass_segment(table.satellite, scenario.folder, ends, number)
    if any(name in (table.link or {}) for name in GENERATION_TABLES):
        base = None  # stations of its own have nothing of the link of all edges
    link = described(NetworkLink, base, table.link, "link", number)
    described(Fibre, fibre, table.fibre, "fibre", number)
    memory = None
    if stored is not None or table.memory is not None:
        memory = described(NetworkMemory, stored, table.memory, "memory", number)
    if link.base is not None and length is None and link.satellite is None:
        source = scenario.topology.source
        field = f"topology.{'length_km' if source == 'shape' else source}"
        rule = f"give lengths with preset {link.base.name}"
        hint = f"{'-'.join(ends)} has none: add it there, or length_km in an [[edge]]"
        raise ParameterError(field, rule, NOTHING, hint)
    decay = None if memory is None else _decay(memory)
    loss = 0.0 if memory is None else memory.pair_loss_rate_hz
    segment = link.segment(length, over(fibre, table.fibre), decay)
    place = "coexistence" if table.coexistence is None else f"edge[{number}].coexistence"
    with placed_at(place):
        classical = beside(scenario.coexistence, table.coexistence)
    if link.own is not None and classical is not None:
        hint = "their stations have no receiver that classical channels are known to disturb"
        raise ParameterError(place, f"be left out beside {link.own.table}", "given", hint)
    with placed_at(place):
        segment = lit(segment, classical)
    return link, loss, segment, None


def _decay(memory: NetworkMemory) -> Memory:
    return Memory(**{name: getattr(memory, name) for name in MEMORY_TIMES})


def _gates(parts: list[EdgePart]) -> Gates | None:
    """The gates that the presets of edges bring, if all of them bring the same."""
    found = {
        part.segment.preset.node.gates if part.segment.preset is not None else None
        for part in parts
    }
    return found.pop() if len(found) == 1 else None


def _stations(scenario: NetworkScenario, edges: tuple[EdgePart, ...]) -> Iterator[Station]:
    """The Bell measurement of each node, with the gates of its edges' preset unless given."""
    swap = scenario.swap or Swapping()
    at: dict[str, list[EdgePart]] = {name: [] for name in scenario.sites.names}
    for edge in edges:
        for end in edge.ends:
            at[end].append(edge)
    for parts in at.values():
        yield swap.station(_gates(parts))


def network_of(scenario: NetworkScenario) -> Network:
    """The network of a scenario; compiles each distinct link once."""
    parts, edges = scenario.node_parts, scenario.edge_parts
    stations = _stations(scenario, edges)
    shared = scenario.controller.allocation == "share"
    gates = _gates(list(edges))
    rules = scenario.cutoff.rules if scenario.cutoff is not None else None
    distill = scenario.distill
    if distill is not None:
        distill = replace(
            distill, cnot_depolarizing=None, readout_flip=None, gates=distill.gates_or(gates)
        )
    return Network(
        nodes=tuple(
            NetworkNode(
                name=part.site.name,
                kind=part.kind,
                memories=part.memories,
                station=station,
                site=part.site,
            )
            for part, station in zip(parts, stations, strict=True)
        ),
        edges=tuple(_built(edge) for edge in edges),
        planner=RouteChain(
            strategy=scenario.controller.strategy,
            cutoff=None if shared else scenario.cutoff,
            distill=None if shared else distill,
            classical_latency=scenario.controller.signalling == "fibre",
            key=scenario.key,
            exact=scenario.exact,
            seed=scenario.seed,
        ),
        cutoff=rules if shared and isinstance(rules, Cutoff) else None,
        purification=_purification(scenario, distill, gates),
        assumptions=scenario.sites.assumptions,
    )


def _purification(
    scenario: NetworkScenario, distill: Distillation | None, gates: Gates | None
) -> Purification:
    probability: Any = scenario.controller.purify
    step = PurifiedPair(
        scheme="bbpssw" if distill is None else distill.scheme,
        gates=Distillation().gates_or(gates) if distill is None else distill.gates_or(gates),
        classical_latency=scenario.controller.signalling == "fibre",
    )
    return Purification(probability=probability, plan=step if probability else None)


def _built(edge: EdgePart) -> NetworkEdge:
    link: Any = edge.segment.build()
    if not isinstance(link, Link):
        raise ParameterError("link", "be one link", link, "describe it by the keys of [link]")
    in_space = edge.segment.satellite is not None or edge.passes is not None
    return NetworkEdge(
        ends=edge.ends,
        link=link,
        length_km=link.length_km if in_space else edge.segment.length_km,
        loss_db_per_km=None if in_space else edge.segment.fibre.loss_db_per_km,
        memories=edge.memories,
        generation_rate_hz=edge.rate_hz,
        attempts_at_once=edge.attempts_at_once,
        pair_loss_rate_hz=edge.pair_loss_rate_hz,
    )
