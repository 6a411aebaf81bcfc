"""Scenario of a satellite that makes keys with ground stations: passes, light, weather, blocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from protocols.key_rates.claims import FORM_REFERENCES
from protocols.key_rates.report import SAMPLED, check_engine
from protocols.repeaters import CutoffTimes, LinkDescription, Swapping
from protocols.satellite.downlink import DecoyBlocks
from protocols.satellite.heralded import HeraldedPairs
from protocols.satellite.key_rule import KeyRule
from protocols.satellite.key_tables import PassRules, SatelliteReceiver, SatelliteSource
from protocols.satellite.link_passes import PASS_ENGINES
from protocols.satellite.overpasses import check_stations
from protocols.satellite.pass_edges import PassEdge, pass_edge
from protocols.satellite.relay_tables import RelayDemand, RelayStores, check_demands
from protocols.satellite.rules import rule_of
from protocols.satellite.service import ServiceTable
from protocols.satellite.tables import OrbitTable, PeriodTable
from protocols.satellite.weather import WeatherTable
from qnet.errors import ParameterError, check_positive
from qnet.hardware import Memory
from qnet.schema import NOTHING, Part, Scenario, Whole, check_fields, key, missing
from qnet.space import GroundStation
from qnet.space.optics import OpticalLink, OpticsTable, SkyBackground

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from protocols.satellite.mission import SatelliteResult
    from protocols.satellite.report import SatelliteReport

__all__ = ["SATELLITE_PROTOCOLS", "SatelliteScenario"]

#: Protocols of a satellite.
SATELLITE_PROTOCOLS = ("decoy-bb84", "bbm92", "heralded-pairs")

#: Tables and keys of heralded pairs alone.
_HERALDED = ("link", "memory", "swap", "cutoff", "engine")

#: Longest slot in s of counts, and of links whose circuits are compiled.
_SLOT_S = {"heralded-pairs": 10.0}


@dataclass(frozen=True, kw_only=True, repr=False)
class SatelliteScenario(Scenario):
    """A satellite over ground stations, and the keys that its passes make.

    Args:
        name: What to call it: the name of its file.
        seed: Seed of the weather, and of pairs that are drawn.
        protocol: ``decoy-bb84`` with each station; ``bbm92``: pairs for two stations, which
            measure them at once; or ``heralded-pairs``: links with memories over the satellite, or
            two that a memory on board joins.
        engine: Of heralded pairs: ``exact`` gives their means, ``sampled`` draws every delivery.
        slot_s: Longest time in which nothing changes; 1 s, of heralded pairs 10 s, unless given.
        orbit: The orbit.
        station: The ground stations.
        period: When, and how dark.
        optics: Telescopes, pointing and air, the same to every station.
        background: Light of the sky; left out, there is none.
        weather: Clouds that are sampled; left out, each second counts as often as it is clear.
        source: What the satellite sends.
        detector: What every station has.
        security: How secret the key must be, and which passes make a block.
        link: Of heralded pairs: how they are made.
        memory: How their qubits decay.
        swap: The Bell measurement on board, of ``direct`` links.
        cutoff: When a pair that waits on board is given up.
        service: Who is served when passes overlap; left out, all stations are served at once.
        demand: Stations that use up key which the satellite relays.
        store: How much key satellite and stations hold for them.

    Raises:
        ParameterError: If something is missing, out of range, or does not go together.
    """

    kind: ClassVar[str] = "satellite"

    #: Keys of other kinds -> where they belong.
    elsewhere: ClassVar[Mapping[str, str]] = {
        "fibre": "a file of another kind; a satellite has [optics]",
        "free_space": "a file of another kind; a satellite has [optics]",
        "pulses": "a file of another kind; the passes say how many pulses there are",
        "shots": "[weather], as samples",
    }

    #: What its progress counts.
    unit: ClassVar[str] = "weathers"

    #: Tables of the same file that a command of its own reads: name -> class.
    beside: ClassVar[Mapping[str, str]] = {"sweep": "experiments.sweep.read:SweepTable"}

    name: str = key("scenario", hidden=True, compare=False)
    seed: int = key(1, check=Whole())
    protocol: str = key("decoy-bb84", choices=SATELLITE_PROTOCOLS)
    engine: str | None = key(None, choices=PASS_ENGINES, example="exact")
    slot_s: float | None = key(None, check=check_positive, example=1.0)
    orbit: OrbitTable
    station: tuple[GroundStation, ...] = ()
    period: PeriodTable | None = None
    optics: OpticsTable | None = None
    background: SkyBackground | None = None
    weather: WeatherTable | None = None
    source: SatelliteSource = key(factory=SatelliteSource)
    detector: SatelliteReceiver = key(factory=SatelliteReceiver)
    security: PassRules = key(factory=PassRules)
    link: LinkDescription | None = None
    memory: Part[Memory] | None = key(None, without=("modes", "efficiency"))
    swap: Swapping | None = None
    cutoff: CutoffTimes | None = None
    service: ServiceTable | None = None
    demand: tuple[RelayDemand, ...] = ()
    store: RelayStores | None = None

    def __post_init__(self) -> None:
        check_fields(self)
        self._check_heralded()
        if self.orbit.geometry == "satquma":
            self._check_axial()
            return
        if self.period is None:
            raise missing("period.start", "2026-06-01T00:00:00Z")
        check_stations(self.station)
        self._check_relay()
        if self.protocol != "decoy-bb84" and len(self.station) != 2:
            hint, rule = (
                "pairs are shared by two [[station]] tables",
                f"be two with {self.protocol}",
            )
            raise ParameterError("station", rule, len(self.station), hint)

    def _check_heralded(self) -> None:
        """Raise where links are described that nobody plays, or none that are played."""
        if self.protocol == "heralded-pairs":
            object.__setattr__(self, "engine", self.engine or "exact")
            if self.link is None:
                raise missing("link.preset", "ideal")
            if self.link.satellite is None or not self.link.satellite.is_moving:
                hint = "write [link.satellite] with receiver = 'stores': its passes say the rest"
                raise ParameterError("link.satellite", "have no place of its own", NOTHING, hint)
            return
        for name in _HERALDED:
            if getattr(self, name) is not None:
                hint = 'write protocol = "heralded-pairs", or leave it out'
                raise ParameterError(name, f"be left out of {self.protocol}", "given", hint)

    @property
    def longest_slot_s(self) -> float:
        """Longest slot in s."""
        return _SLOT_S.get(self.protocol, 1.0) if self.slot_s is None else self.slot_s

    def _check_relay(self) -> None:
        """Raise where demands, stores or a service have no keys of single stations."""
        given = {"service": self.service, "demand": self.demand, "store": self.store}
        for name, value in given.items():
            if value and self.protocol != "decoy-bb84":
                hint = "pairs are shared by two stations, and no satellite relays their key"
                raise ParameterError(name, f"be left out with {self.protocol}", "given", hint)
        if self.store is not None and not self.demand:
            hint = "add [[demand]] with ends and bits_per_day, or leave [store] out"
            raise ParameterError("store", "come with [[demand]]", "given", hint)
        check_demands(self.demand, [station.name for station in self.station])

    def _check_axial(self) -> None:
        """Raise where something does not go with a single pass over one station."""
        if self.protocol != "decoy-bb84":
            hint = "its pass is seen by one station"
            raise ParameterError("protocol", "be 'decoy-bb84' with satquma", self.protocol, hint)
        if self.weather is not None:
            hint = "leave [weather] out: its pass is under a clear sky"
            raise ParameterError("weather", "be left out with satquma", "given", hint)
        for name in ("service", "demand", "store"):
            if getattr(self, name):
                hint = "its pass is one pass over one station"
                raise ParameterError(name, "be left out with satquma", "given", hint)

    @property
    def light(self) -> OpticalLink:
        """The optical link.

        Raises:
            ParameterError: If the file has none; its passes can be found without.
        """
        if self.optics is None:
            raise missing("optics.wavelength_nm", 810)
        return self.optics.link

    def check(self) -> None:
        """Raise when no key can be worked out.

        Raises:
            ParameterError: With what to add.
        """
        self.rule  # noqa: B018 - checked here

    @property
    def rule(self) -> KeyRule:
        """How counts become key."""
        self.light  # noqa: B018 - checked here
        return rule_of(self)

    def pass_edge(self, ends: tuple[str, str]) -> PassEdge:
        """The edge of a network that it makes: its mean link, and when it is up.

        Args:
            ends: Names of the edge's nodes.

        Raises:
            ParameterError: If it makes no heralded pairs, or the nodes are not its stations.
        """
        rule = self.rule
        if not isinstance(rule, HeraldedPairs):
            hint = "an edge that makes key has link.satellite, in a file of kind = 'key-network'"
            raise ParameterError("protocol", "be 'heralded-pairs'", self.protocol, hint)
        return pass_edge(self, rule.maker, ends)

    def play(
        self,
        *,
        engine: str | None = None,
        shots: int | None = None,
        seed: int | None = None,
        **_: object,
    ) -> SatelliteResult:
        """Work out the keys of all passes; the weather, where there is some, is drawn.

        Args:
            engine: Of heralded pairs ``exact`` or ``sampled``, that of the file unless given;
                others have no other than the usual one.
            shots: Weathers that are drawn, unless as described.
            seed: Seed of what is drawn, unless as described.

        Raises:
            ParameterError: If something is missing, another engine is asked for, or a number of
                shots where nothing is drawn.
        """
        from protocols.satellite.mission import work_out

        heralded = self.protocol == "heralded-pairs"
        if not heralded:
            check_engine(engine or SAMPLED)
        if shots is not None and self.weather is None:
            hint = "nothing is drawn: add [weather] to sample clouds"
            raise ParameterError("--shots", "come with [weather]", shots, hint)
        self.check()
        return work_out(self, seed=seed, samples=shots, engine=engine if heralded else None)

    def pictures(self, **how: Any) -> Figure:  # noqa: ANN401
        """Its sky map, a pass, the link budget and the key of all passes.

        Args:
            how: ``chosen``, as `protocols.satellite.mission_pictures` has it.
        """
        from protocols.satellite.pictures import mission_pictures

        return mission_pictures(self, **how)

    def report(self, result: SatelliteResult, **_: object) -> SatelliteReport:
        """What is shown of a result."""
        from protocols.satellite.report import satellite_report

        return satellite_report(self, result)

    def canonical(self) -> dict[str, Any]:
        """All that changes an answer, as JSON types; the seed is not in it."""
        return {name: value for name, value in Scenario.canonical(self).items() if name != "seed"}

    def cited(self) -> Iterator[str]:
        """Keys of the works behind its answer, in ``qnet.references.REFERENCES``."""
        rule = self.rule
        yield from rule.references
        if isinstance(rule, DecoyBlocks):
            yield from FORM_REFERENCES["variable"]
        yield from (("DantzigWolfe1960",) if self.service is not None else ())
        yield from (("HuangfuHall2018",) if self.service is not None or self.demand else ())
        yield from self.orbit.cited
        yield from () if self.period is None else self.period.cited
        for table in (self.optics, self.background):
            yield from () if table is None else table.references
