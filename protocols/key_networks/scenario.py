"""Scenario of a key network: edges that make key, stores, relays, and who asks for keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from protocols.key_networks.build import case_of, parts_of
from protocols.key_networks.case import KeyNetworkCase
from protocols.key_networks.check import check_case, check_scenario
from protocols.key_networks.demand import KeyDemand
from protocols.key_networks.service_tables import KmeTable, SaeTable
from protocols.key_networks.shared_devices import SharedDevice
from protocols.key_networks.tables import (
    AlarmTable,
    InterceptTable,
    KeyEdgeTable,
    KeyLink,
    KeyNodeTable,
    RelayTable,
    StoreTable,
)
from protocols.networks import TopologyTable
from protocols.networks.check_names import check_no_shots
from protocols.networks.link_tables import channels_cited
from protocols.repeaters.segment import FIBRE_KEYS
from qnet import schema
from qnet.coexistence import Coexistence
from qnet.errors import ParameterError
from qnet.hardware import Fibre
from qnet.network import Fault, RunTimes, Topology
from qnet.schema import Part, Whole, canonical

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from protocols.key_networks.report import KeyNetworkReport
    from protocols.key_networks.result import KeyNetworkResult

__all__ = ["KeyNetworkScenario"]


@dataclass(frozen=True, kw_only=True, repr=False)
class KeyNetworkScenario(schema.Scenario):
    """A network of nodes that share keys over their edges, relay them, and serve those who ask.

    Args:
        name: What to call it: the name of its file.
        folder: Where its file stands; the files that it names are looked for there.
        seed: Seed of the run.
        engine: What plays it: ``sampled``, or ``exact`` where the law is known.
        run: How long it is played, and how often; left out, it can be served but not played.
        topology: Where nodes are, and which are joined.
        link: How every edge makes its key.
        fibre: What differs from the fibre of the file that a rate is worked out from.
        coexistence: Classical channels on the fibre of every edge, in place of those of the file.
        store: The key store of each edge.
        relay: How keys get over trusted nodes.
        edge: Edges that differ from the others.
        nodes: Nodes that differ from the others.
        demand: Who asks for keys.
        alarm: When an edge stops for its error rate.
        attack: Spies on edges.
        fault: What fails.
        shared: Devices that edges have in turn.
        sae: Who asks the KMEs of a network that is served.
        kme: The key management entities of a network that is served.

    Raises:
        ParameterError: If something is missing, out of range, or does not go together.

    Examples:
        >>> scenario = KeyNetworkScenario(
        ...     run=RunTimes(duration_s=100.0),
        ...     topology=TopologyTable(edges=[["A", "B"], ["B", "C"]]),
        ...     link=KeyLink(key_rate_hz=1000.0),
        ...     demand=(KeyDemand(ends=("A", "C"), rate_hz=2.0),),
        ... )
        >>> [routed.routes for routed in scenario.case.demands]
        [(('A', 'B', 'C'),)]
    """

    kind: ClassVar[str] = "key-network"

    #: Keys of other kinds -> where they belong.
    elsewhere: ClassVar[Mapping[str, str]] = {
        "shots": "a file of a chain; a network has run.duration_s and run.replicas",
        "controller": 'a file of kind = "network"; a key network has [relay]',
        "memory": 'a file of kind = "network"; a key network has [store]',
    }

    #: What its progress counts.
    unit: ClassVar[str] = "replicas"

    #: Tables of the same file that a command of its own reads: name -> class.
    beside: ClassVar[Mapping[str, str]] = {"sweep": "experiments.sweep.read:SweepTable"}

    name: str = schema.key("scenario", hidden=True, compare=False)
    folder: str = schema.key("", hidden=True, compare=False)
    seed: int = schema.key(1, check=Whole())
    engine: str = schema.key("sampled", choices=("sampled", "exact"))
    run: RunTimes | None = None
    topology: TopologyTable
    link: Part[KeyLink] | KeyLink | None = None
    fibre: Part[Fibre] | Fibre | None = schema.key(None, only=FIBRE_KEYS)
    coexistence: Coexistence | None = None
    store: Part[StoreTable] | StoreTable | None = None
    relay: RelayTable = schema.key(factory=RelayTable)
    edge: tuple[KeyEdgeTable, ...] = ()
    nodes: tuple[KeyNodeTable, ...] = ()
    demand: tuple[KeyDemand, ...] = ()
    alarm: AlarmTable = schema.key(factory=AlarmTable)
    attack: tuple[InterceptTable, ...] = ()
    fault: tuple[Fault, ...] = ()
    shared: tuple[SharedDevice, ...] = ()
    sae: tuple[SaeTable, ...] = ()
    kme: KmeTable = schema.key(factory=KmeTable)

    def __post_init__(self) -> None:
        parts_of(self)
        schema.check_fields(self)
        check_scenario(self)

    @cached_property
    def sites(self) -> Topology:
        """The sites and fibres, as the topology gives them."""
        return self.topology.topology(self.folder)

    @cached_property
    def case(self) -> KeyNetworkCase:
        """All that the engines play: rates are worked out, routes are found."""
        return case_of(self)

    def check(self) -> None:
        """Raise when it cannot be played: there is no time, or nobody who asks.

        Raises:
            ParameterError: With what to add; or if the rate of an edge cannot be worked out.
        """
        if self.run is None:
            raise schema.missing("run.duration_s", 1000.0)
        if not self.demand:
            hint = 'add [[demand]] with ends = ["A", "C"] and rate_hz = 10.0'
            raise ParameterError("demand", "say who asks for keys", schema.NOTHING, hint)
        check_case(self)

    def play(
        self,
        *,
        engine: str | None = None,
        shots: int | None = None,
        seed: int | None = None,
        expect: Callable[..., None] | None = None,
        **how: Any,  # noqa: ANN401 - what the engine takes
    ) -> KeyNetworkResult:
        """Play the network in simulated time.

        Args:
            engine: ``sampled`` or ``exact``; that of the file unless given.
            shots: No network has a number of pairs: left out.
            seed: Seed, unless as described.
            expect: Of a chain's run; it is not called.
            how: What else the engine takes, such as ``workers`` and ``progress``.

        Raises:
            ParameterError: If ``shots`` is given, or there is no time to play or nobody who asks.
            EngineError: If the engine cannot play the case; the message names one that can.
        """
        from protocols.key_networks.play import play_key_network

        check_no_shots(shots)
        self.check()
        case = self.case if seed is None else replace(self.case, seed=seed)
        return play_key_network(case, engine=self.engine if engine is None else engine, **how)

    def report(self, result: KeyNetworkResult, *, distribution: bool = False) -> KeyNetworkReport:
        """What is shown of a result of this network.

        Args:
            result: What an engine found.
            distribution: No network has one: left out.
        """
        from protocols.key_networks.report import key_network_report

        return key_network_report(self, result)

    def overview(self, **how: Any) -> Figure:  # noqa: ANN401
        """Its map with the use of its edges' key (`protocols.key_networks.overview`).

        Args:
            how: ``replicas``, ``workers`` and ``progress``.

        Raises:
            ParameterError: If it cannot be played.
            EngineError: If the engine cannot play the case.
        """
        from protocols.key_networks.overview import key_network_overview

        return key_network_overview(self, **how)

    def cited(self) -> Iterator[str]:
        """Keys of the bibliography that its answer rests on, most specific first."""
        if self.relay.routes > 1:
            yield from ("Suurballe1974", "Menger1927")
            if self.relay.shares_needed != self.relay.routes:
                yield "Shamir1979"
        if self.attack:
            yield "BennettBrassard1984"
        if self.shared:
            yield "Martin2024"
        yield from channels_cited(self.coexistence, self.edge)
        yield from ("ShorPreskill2000", "Salvail2010")

    def canonical(self) -> dict[str, Any]:
        """All that changes an answer, as JSON types: what came of the topology, not its file.

        Seed, engine and what is only served are not in it.
        """
        case = self.case
        names = ("node_tables", "edges", "demands", "relay", "alarm", "attacks", "faults", "run")
        return {name: canonical(getattr(case, name)) for name in names}
