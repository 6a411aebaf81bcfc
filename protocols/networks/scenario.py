"""Scenario of a network: nodes, edges, demands and a controller, and how to run it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from protocols.networks.build import EdgePart, NodePart, edge_parts, network_of, node_parts, placed
from protocols.networks.check import check_scenario
from protocols.networks.check_names import check_no_shots
from protocols.networks.check_routes import check_routes
from protocols.networks.demands import all_pairs, read_demands
from protocols.networks.link_tables import ENCODED, EdgeTable, NetworkLink, NetworkMemory, as_part
from protocols.networks.pass_edges import between_passes
from protocols.networks.route_chain import RouteChain
from protocols.networks.site_tables import NamedNode, NodeTable, TopologyTable
from protocols.networks.trace import TracedNetwork
from protocols.networks.traffic_table import TrafficTable
from protocols.repeaters import Chain, CutoffTimes, Distillation, Exact, LinkDescription, Swapping
from protocols.repeaters.segment import FIBRE_KEYS
from qnet import schema
from qnet.coexistence import Coexistence
from qnet.engines import Key
from qnet.hardware import Fibre, Memory
from qnet.network import (
    ControllerSettings,
    Demand,
    Fault,
    Network,
    NetworkCase,
    NetworkResult,
    RunTimes,
    Topology,
    play_network,
)
from qnet.network.play import NETWORK_ENGINES
from qnet.schema import Part, Whole, canonical

if TYPE_CHECKING:
    from protocols.networks.report import NetworkReport

__all__ = ["NetworkScenario"]

#: Tables that may be given as they are made in Python, and what their keys are read into.
_IN_PYTHON: tuple[tuple[str, type, type], ...] = (
    ("link", LinkDescription, NetworkLink),
    ("fibre", Fibre, Fibre),
    ("memory", Memory, NetworkMemory),
)


@dataclass(frozen=True, kw_only=True, repr=False)
class NetworkScenario(TracedNetwork, schema.Scenario):
    """A network of users, repeaters and switches, who asks it for pairs, and how to run it.

    Args:
        name: What to call it: the name of its file.
        folder: Where its file stands; the topology's file is looked for there.
        seed: Seed of the run.
        engine: What plays it: ``sampled``, ``exact`` or ``circuit``.
        run: How long it is played, and how often.
        topology: Where nodes are, and which are joined.
        link: How every edge makes its pairs.
        fibre: What differs from the preset's or standard fibre.
        coexistence: Classical channels on the fibre of every edge, from its first end.
        memory: How stored qubits decay, in place of the preset's memory, and how pairs are lost.
        swap: Bell measurement of every node: with the gates of the links' preset, or perfect,
            unless given.
        cutoff: When to give up waiting.
        distill: Which pairs are distilled; where pairs are shared, how they are purified.
        edge: Edges that differ from the others.
        node: What nodes have unless they say otherwise.
        nodes: Nodes that differ from the others.
        controller: How pairs are given to those who ask.
        fault: What fails, and when.
        demand: Who asks for pairs; or ``"all-pairs"``, of a star that shares its pairs: any two
            users (any ``ghz`` of them), always.
        traffic: Who else asks for pairs: many nodes at once.
        key: How a secret key is taken from the pairs.
        exact: How far the exact engine follows the deliveries.

    Raises:
        ParameterError: If something is missing, out of range, or does not go together.

    Examples:
        >>> from protocols.repeaters import PairState
        >>> scenario = NetworkScenario(
        ...     run=RunTimes(duration_s=100.0),
        ...     topology=TopologyTable(shape="line", nodes=3, length_km=10.0),
        ...     link=LinkDescription(
        ...         scheme="abstract", success_probability=0.1, attempt_time_s=1.0,
        ...         state=PairState(werner=0.98),
        ...     ),
        ...     demand=(Demand(ends=("1", "3"), rate_hz=0.01),),
        ... )
        >>> len(scenario.network.edges), scenario.chain(("1", "2", "3")).segments
        (2, 2)
    """

    kind: ClassVar[str] = "network"

    #: Keys of other kinds -> where they belong.
    elsewhere: ClassVar[Mapping[str, str]] = {
        "encode": ENCODED,
        "one_way": "[link], or the link of an [[edge]]",
        "all_photonic": "[link], or the link of an [[edge]]",
        "shots": "a file of a chain; a network has run.duration_s and run.replicas",
        "chain": "a file of a chain; a network has [topology] and [controller]",
        "links": "a file of a chain; a network has [[edge]]",
    }

    #: What its progress counts.
    unit: ClassVar[str] = "replicas"

    #: Tables of the same file that a command of its own reads: name -> class.
    beside: ClassVar[Mapping[str, str]] = {"sweep": "experiments.sweep.read:SweepTable"}

    name: str = schema.key("scenario", hidden=True, compare=False)
    folder: str = schema.key("", hidden=True, compare=False)
    seed: int = schema.key(1, check=Whole())
    engine: str = schema.key("sampled", choices=lambda: tuple(NETWORK_ENGINES))
    run: RunTimes
    topology: TopologyTable
    link: Part[NetworkLink] | LinkDescription | None = None
    fibre: Part[Fibre] | Fibre | None = schema.key(None, only=FIBRE_KEYS)
    coexistence: Coexistence | None = None
    memory: Part[NetworkMemory] | Memory | None = schema.key(None, without=("modes", "efficiency"))
    swap: Swapping | None = None
    cutoff: CutoffTimes | None = None
    distill: Distillation | None = None
    edge: tuple[EdgeTable, ...] = ()
    node: NodeTable = schema.key(factory=NodeTable)
    nodes: tuple[NamedNode, ...] = ()
    controller: ControllerSettings = schema.key(factory=ControllerSettings)
    fault: tuple[Fault, ...] = ()
    demand: tuple[Demand, ...] | str = schema.key(
        (), read=lambda field, value: read_demands(field, value)
    )
    traffic: TrafficTable | None = None
    key: Key = schema.key(factory=Key)
    exact: Exact = schema.key(factory=Exact)

    def __post_init__(self) -> None:
        for name, made, of in _IN_PYTHON:
            if isinstance(value := getattr(self, name), made):
                object.__setattr__(self, name, as_part(value, of))
        schema.check_fields(self)
        check_scenario(self)

    # What comes of it.

    @cached_property
    def sites(self) -> Topology:
        """The sites and fibres: as the topology gives them, nodes moved as [[nodes]] say."""
        return placed(self.topology.topology(self.folder), self)

    @cached_property
    def node_parts(self) -> tuple[NodePart, ...]:
        """The nodes as their tables describe them."""
        return node_parts(self)

    @cached_property
    def edge_parts(self) -> tuple[EdgePart, ...]:
        """The edges as their tables describe them: nothing of them is compiled."""
        return edge_parts(self)

    @cached_property
    def is_any_pair(self) -> bool:
        """Whether any two users, or any ``ghz`` of them, always want pairs."""
        return isinstance(self.demand, str)

    @cached_property
    def demands(self) -> tuple[Demand, ...]:
        """Who asks for pairs: all pairs of users, or each demand, then those of [traffic]."""
        if isinstance(self.demand, str):
            return all_pairs(self)
        if self.traffic is None:
            return self.demand
        kinds = {part.site.name: part.kind for part in self.node_parts}
        return (*self.demand, *self.traffic.demands(self.sites, kinds))

    def place_of(self, demand: int) -> str:
        """Where a demand stands in the file, such as ``demand[0]``."""
        if isinstance(self.demand, str):
            return "demand"
        return f"demand[{demand}]" if demand < len(self.demand) else "traffic"

    @cached_property
    def network(self) -> Network:
        """The network; compiles the circuits of photonic links, once per distinct edge."""
        return network_of(self)

    @cached_property
    def case(self) -> NetworkCase:
        """All that the engines play."""
        return NetworkCase(
            network=self.network,
            demands=self.demands,
            run=self.run,
            controller=self.controller,
            faults=(*self.fault, *between_passes(self)),
            seed=self.seed,
            key=self.key,
            any_pair=self.is_any_pair,
        )

    def chain(self, route: Sequence[str]) -> Chain:
        """The chain of a route, given by the names of its nodes; a session plays its plan.

        Raises:
            ParameterError: If two neighbours are not joined.
        """
        network = self.network
        lengths = [network.edges[e].length_km for e in network.edges_of(route)]
        known = [length for length in lengths if length is not None]
        planner: RouteChain = network.planner  # type: ignore[assignment]
        return planner.chain(
            network.links_of(route),
            network.stations_of(route),
            known if len(known) == len(lengths) else None,
            name="-".join(route),
        )

    def check(self) -> None:
        """Raise when a demand has no route that is good enough, or hardly ever gets its pairs.

        Compiles photonic links, and builds the plan of every route that is taken.

        Raises:
            ParameterError: If a demand has no route, or one whose plan cannot be built.
            InfeasiblePlanError: If none is good enough, or a session would hardly ever end.
        """
        check_routes(self.case, self.place_of)

    def play(
        self,
        *,
        engine: str | None = None,
        shots: int | None = None,
        seed: int | None = None,
        expect: Callable[..., None] | None = None,
        **how: Any,  # noqa: ANN401 - what the engine takes
    ) -> NetworkResult:
        """Play the network.

        Args:
            engine: Which engine plays it (`qnet.network.play_network`); that of the file unless
                given.
            shots: No network has a number of pairs: left out.
            seed: Seed, unless as described.
            expect: Of a chain's run; it is not called.
            how: What else the engine takes, such as ``workers`` and ``progress``.

        Raises:
            ParameterError: If a demand has no route that is good enough, or ``shots`` is given.
            EngineError: If the engine cannot play the case; the message names one that can.
        """
        check_no_shots(shots)
        case = self.case if seed is None else replace(self.case, seed=seed)
        check_routes(case, self.place_of)
        return play_network(case, engine=self.engine if engine is None else engine, **how)

    def report(self, result: NetworkResult, *, distribution: bool = False) -> NetworkReport:
        """What is shown of a result of this network.

        Args:
            result: What an engine found.
            distribution: No network has one: left out.
        """
        from protocols.networks.report import network_report

        return network_report(self, result)

    def canonical(self) -> dict[str, Any]:
        """All that changes an answer, as JSON types: what came of the topology, not its file.

        Seed, engine and its options are not in it.
        """
        plain = ("swap", "cutoff", "distill", "controller", "fault", "run", "key")
        return {
            "nodes": canonical(self.node_parts),
            "edges": canonical(self.edge_parts),
            "demand": canonical(self.demand if self.traffic is None else self.demands),
            **{name: canonical(getattr(self, name)) for name in plain},
        }
