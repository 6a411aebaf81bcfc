"""Chain of repeaters: the one description of its links, strategy, cut-offs and distillation."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, ClassVar

from protocols.repeaters.all_photonic_table import AllPhotonicTable
from protocols.repeaters.chain_canonical import canonical_chain
from protocols.repeaters.chain_link import ChainLink, as_link, has_generations
from protocols.repeaters.chain_notes import chain_notes, other_meanings
from protocols.repeaters.distillation import recurrence
from protocols.repeaters.encode_table import EncodeTable
from protocols.repeaters.nested import by_tree, frozen_tree
from protocols.repeaters.one_way_table import OneWayTable
from protocols.repeaters.own_link import OwnLink
from protocols.repeaters.report import chain_report
from protocols.repeaters.satellite_link import checked_receivers
from protocols.repeaters.segment import (
    FIBRE_KEYS,
    LinkDescription,
    Segment,
    decay_of,
    described,
    segment_of,
)
from protocols.repeaters.shared_fibre import SharedFibre, lit
from protocols.repeaters.strategies import STRATEGIES
from protocols.repeaters.strategy import Improve, Strategy
from protocols.repeaters.tables import CutoffTimes, Distillation, Exact, Swapping
from protocols.repeaters.trace import TracedChain
from qnet import schema
from qnet.coexistence import Coexistence
from qnet.engines import DEFAULT_ENGINE, ENGINES, ChainResult, Key
from qnet.errors import ParameterError, check_non_negative, check_one_of
from qnet.hardware import Fibre, Gates, Memory, Preset
from qnet.links import LinkScheme
from qnet.metrics.bounds import plob
from qnet.metrics.report import Report
from qnet.plans import Cutoff, Link, Plan, Station
from qnet.schema import Part, Whole, conflict, in_python, missing, within
from qnet.schema.values import flag
from qnet.states import werner
from qnet.states.typed import fano_rows

__all__ = ["Chain"]

#: Most segments: beyond this a plan no longer fits comfortably into memory.
MOST_SEGMENTS = 1 << 14


@dataclass(frozen=True, kw_only=True, repr=False)
class Chain(TracedChain, SharedFibre, schema.Scenario):
    """A chain of repeaters between two users, and how to run it.

    In a file, ``segments`` to ``classical_latency`` stand in [chain], the rest in tables of their
    names. In Python the tables may also be ready parts: a preset, a link or a list of links, a
    station or one for each inner node, cut-offs.

    Args:
        name: What to call it: the name of its file.
        seed: Seed of the run.
        shots: Number of delivered pairs.
        segments: Number of segments; that of the lengths or links unless given.
        length_km: Length of the whole chain, in equal segments.
        segment_lengths_km: Length of each segment, left to right.
        strategy: How the pairs of the segments are joined.
        tree: Numbers of the links in nested pairs, such as ``[[0, 1], 2]``, in place of a strategy.
        classical_latency: Whether results of swaps and distillation travel at the fibre's speed.
        link: How every segment makes its pairs.
        links: How each segment makes its pairs, left to right; each of any generation.
        fibre: What differs from the preset's or standard fibre.
        coexistence: Classical channels on the fibre of every segment, launched anew at each node.
        memory: How stored qubits decay, in place of the preset's memory.
        swap: Bell measurement between any two segments: with the gates of the links' preset, or
            perfect, unless given.
        cutoff: When to give up waiting.
        distill: Which pairs are distilled.
        encode: In which code the memories hold their qubits; without a link, also how physical
            pairs are made.
        one_way: One-way stations, in place of a link.
        all_photonic: Sources of graph states, in place of a link.
        key: How a secret key is taken from the pairs.
        exact: How far the exact engine follows the deliveries.
        optimize: Among which plans ``qnet optimize`` looks for the best.
        improve: What is done to the pairs of a nesting level, by level, in place of ``distill``.

    Raises:
        ParameterError: If something is missing, out of range, or does not go together.

    Examples:
        >>> chain = Chain(segments=2, length_km=50, link=LinkDescription(preset="trapped-ion"))
        >>> len(list(chain.plan().links()))
        2
        >>> chain.with_(length_km=20).length_km
        20.0
        >>> chain.with_(cutoff=CutoffTimes(kind="age", time_s=0.1)).to_toml().splitlines()[-2:]
        ['kind = "age"', 'time_s = 0.1']
    """

    kind: ClassVar[str] = "chain"

    #: Tables of the same file that a command of its own reads: name -> class.
    beside: ClassVar[Mapping[str, str]] = {"sweep": "experiments.sweep.read:SweepTable"}

    name: str = schema.key("scenario", hidden=True, compare=False)
    seed: int = schema.key(1, check=Whole())
    shots: int = schema.key(100_000, check=Whole(minimum=1))
    segments: int = schema.key(
        None, table="chain", check=Whole(minimum=1, maximum=MOST_SEGMENTS), example=2
    )
    length_km: float | None = schema.key(
        None,
        table="chain",
        check=check_non_negative,
        excludes=("segment_lengths_km",),
        example=200.0,
    )
    segment_lengths_km: tuple[float, ...] | None = schema.key(
        None, table="chain", check=check_non_negative, example=[50.0, 70.0, 60.0]
    )
    strategy: str = schema.key(
        "nested", table="chain", choices=lambda: tuple(STRATEGIES), excludes=("tree",)
    )
    tree: Any = schema.key(
        None, table="chain", read=lambda _, value: frozen_tree(value), example=[[0, 1], 2]
    )
    classical_latency: bool = schema.key(False, table="chain", check=flag)
    link: LinkDescription | Preset | Plan | LinkScheme | None = schema.key(
        None,
        excludes=("links", "one_way", "all_photonic"),
        hint="write [link] for equal segments, or [[links]] for one table per segment",
    )
    links: tuple[ChainLink | LinkDescription | Preset | Plan | LinkScheme, ...] | None = schema.key(
        None, excludes=("one_way", "all_photonic")
    )
    fibre: Part[Fibre] | Fibre | None = schema.key(None, only=FIBRE_KEYS)
    coexistence: Coexistence | None = None
    memory: Part[Memory] | Memory | None = schema.key(None, without=("modes", "efficiency"))
    swap: Swapping | Station | tuple[Station, ...] | None = None
    cutoff: CutoffTimes | Cutoff | tuple[Cutoff | None, ...] | None = None
    distill: Distillation | None = None
    encode: EncodeTable | None = schema.key(None, excludes=("one_way", "all_photonic"))
    one_way: OneWayTable | None = schema.key(None, excludes=("all_photonic",))
    all_photonic: AllPhotonicTable | None = None
    key: Key = schema.key(factory=Key)
    exact: Exact = schema.key(factory=Exact)
    optimize: Any = schema.key(None, of="protocols.planning.optimise.request:SearchRequest")
    improve: Improve | None = schema.key(None, hidden=True, hashed=False)

    def __post_init__(self) -> None:
        self._set(link=as_link(self.link))
        if isinstance(self.links, list | tuple):
            self._set(links=tuple(as_link(each, of_list=True) for each in self.links))
        if self.tree is not None:
            if self.strategy not in ("nested", "tree"):
                raise conflict("strategy", self.strategy, "chain.tree")
            self._set(strategy="nested")
        schema.check_fields(self, derived=("length_km",))
        if type(self.swap) is Station:
            self._set(swap=Swapping.of(self.swap))
        self._check_own_link()
        self._set(segments=self._count())
        self._set_lengths()
        if self.tree is not None:
            self._set(strategy="tree")
        self._describe_parts()
        improve: Any = self.improve
        if improve is not None and not isinstance(improve, Mapping):
            hint = "give {0: a function from plan to plan}"
            raise ParameterError("improve", "be a mapping", improve, hint)
        if self.improve is not None and self.distill is not None:
            raise conflict("improve", self.improve, "distill")
        level = None if self.distill is None else self.distill.level
        self.way.check(segments=self.segments, cutoffs=self.cutoffs, distill_level=level)
        if any(segment.scheme != "given" for segment in self.parts):
            # Tree, cut-offs and level are checked by building the plan of links that cost nothing.
            free = Link(success_probability=1.0, attempt_time_s=1.0, state=_PERFECT)
            self.assemble([free] * self.segments)
        if self.optimize is not None:
            self.optimize.check(self)

    def _set(self, **values: object) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @property
    def has_generations(self) -> bool:
        """Whether single links are of a generation of their own.

        Raises:
            ParameterError: If another table says what these do.
        """
        names = ("swap", "coexistence", "distill", "encode", "optimize")
        return has_generations(self.links, **{name: getattr(self, name) for name in names})

    @property
    def own_link(self) -> OwnLink | None:
        """The table that makes the links in place of [link], if there is one."""
        own = self.encode if self.link is None and self.links is None else None
        return own or self.one_way or self.all_photonic

    def _check_own_link(self) -> None:
        """Make one link of a way from end to end; refuse what is said twice."""
        if self.has_generations:
            return
        if self.encode is not None:
            links = (self.link,) if self.links is None else self.links
            self.encode.check_beside(self.swap, links)
        if self.coexistence is not None and self.own_link is not None:
            raise conflict("coexistence", self.coexistence, self.own_link.table)
        hops = None
        if self.one_way is not None and self.length_km is not None:
            hops = self.one_way.hops(self.length_km)
        if self.one_way is not None or self.all_photonic is not None:
            lengths = self.segment_lengths_km
            if lengths is None and self.links is None and self.segments in (None, hops):
                self._set(segments=1)

    def _count(self) -> int:
        lengths = self.segment_lengths_km
        counts = {
            "chain.segments": self.segments,
            "chain.segment_lengths_km": None if lengths is None else len(lengths),
            "the number of [[links]]": None if self.links is None else len(self.links),
        }
        known = {name: count for name, count in counts.items() if count is not None}
        if not known:
            raise missing("chain.segments", 2)
        (first, count), *others = known.items()
        for other, differing in others:
            if differing != count:
                hint = f"{other} is {differing}: one entry per segment"
                if other == "chain.segment_lengths_km":
                    hint = f"{other} has {differing} entries: give one per segment"
                raise ParameterError(first, f"equal {other}", count, hint)
        if not 1 <= count <= MOST_SEGMENTS:
            hint = "give one entry per segment"
            raise ParameterError(first, f"lie in 1 to {MOST_SEGMENTS}", count, hint)
        return count

    def _set_lengths(self) -> None:
        if self.segment_lengths_km is None:
            return
        total = sum(self.segment_lengths_km)
        if self.length_km is not None and self.length_km != total:
            raise conflict("length_km", self.length_km, "chain.segment_lengths_km")
        self._set(length_km=total)

    def _describe_parts(self) -> None:
        """Ready parts as the tables that say the same, where there are such."""
        if isinstance(self.link, Preset):
            found = described(self.link)
            if found is not None:
                link, memory, fibre = found
                self._set(link=link)
                self._set(memory=memory if self.memory is None else self.memory)
                self._set(fibre=fibre if self.fibre is None else self.fibre)
        if isinstance(self.fibre, Fibre):
            if type(self.fibre) is not Fibre:
                raise ParameterError("fibre", "be a Fibre or a table", self.fibre, _FIBRE)
            self._set(fibre=Part(Fibre, {key: getattr(self.fibre, key) for key in FIBRE_KEYS}))
        if isinstance(self.memory, Memory):
            self._set(memory=_decay(self.memory))
        self._set(cutoff=CutoffTimes.of(self.cutoff))
        for name in ("fibre", "memory"):
            part: Any = getattr(self, name)
            if isinstance(part, Part):
                with within(name):
                    part.over()

    # What comes of it.

    @cached_property
    def lengths_km(self) -> tuple[float, ...] | None:
        """Length of each segment, or None when none is given."""
        if self.segment_lengths_km is not None or self.length_km is None:
            return self.segment_lengths_km
        return (self.length_km / self.segments,) * self.segments

    @cached_property
    def parts(self) -> tuple[Segment, ...]:
        """The segments, left to right.

        Raises:
            ParameterError: If there is no link, or a preset has no length.
        """
        lengths = self.lengths_km or (None,) * self.segments
        fibre: Any = self.fibre or {}
        memory: Any = self.memory.over() if isinstance(self.memory, Part) else self.memory
        links: Any = self.links
        if links is None:
            links = (self.link or self.own_link,) * self.segments
        own: dict[tuple[int, float | None], Segment] = {}
        for link, length in zip(links, lengths, strict=True):
            if link is None:
                raise missing("link.scheme", "abstract")
            if (id(link), length) not in own:
                segment = segment_of(link, length, fibre, memory)
                own[id(link), length] = lit(segment, self.coexistence)
        named = zip(map(id, links), lengths, strict=True)
        return checked_receivers(tuple(own[each] for each in named))

    @property
    def preset(self) -> Preset | None:
        """The hardware of all segments, if all have one and the same."""
        presets = {segment.preset for segment in self.parts}
        return presets.pop() if len(presets) == 1 else None

    @property
    def preset_gates(self) -> Gates | None:
        """The gates that the presets of the links bring, if all of them bring the same."""
        if self.has_generations:
            return None
        gates = {s.preset.node.gates if s.preset is not None else None for s in self.parts}
        return gates.pop() if len(gates) == 1 else None

    @property
    def physical_station(self) -> Station | tuple[Station, ...]:
        """The Bell measurement of two physical qubits at every inner node, or one for each."""
        if isinstance(self.swap, Station | tuple):
            return self.swap
        swap = self.swap if isinstance(self.swap, Swapping) else Swapping()
        return swap.station(self.preset_gates)

    @property
    def station(self) -> Station | tuple[Station, ...]:
        """The Bell measurement at every inner node, or one for each."""
        station = self.physical_station
        if self.encode is None or isinstance(station, tuple):
            return station
        return self.encode.station(station)

    @property
    def stations(self) -> tuple[Station, ...]:
        """The Bell measurement at each inner node, left to right."""
        station = self.station
        return station if isinstance(station, tuple) else (station,) * (self.segments - 1)

    @property
    def cutoffs(self) -> Cutoff | tuple[Cutoff | None, ...] | None:
        """When to give up waiting: one rule for all levels, one per level, or none."""
        return self.cutoff.rules if isinstance(self.cutoff, CutoffTimes) else self.cutoff

    @property
    def distillation_gates(self) -> Gates:
        """Gates of distillation at both ends; those of the stations' preset unless given."""
        return (self.distill or Distillation()).gates_or(self.preset_gates)

    @property
    def way(self) -> Strategy:
        """How the pairs of the segments are joined."""
        return STRATEGIES[self.strategy] if self.tree is None else by_tree(self.tree)

    def plan(self) -> Plan:
        """The plan; compiles the circuits of photonic links."""
        return self.assemble([segment.build() for segment in self.parts])

    def assemble(self, links: Sequence[Plan]) -> Plan:
        """The plan of these links, joined as the chain says.

        Raises:
            ParameterError: If the tree, the cut-offs or the level of distillation do not fit the
                number of segments.
        """
        return self.way.join(
            links,
            stations=self.station,
            cutoffs=self.cutoffs,
            classical_latency=self.classical_latency,
            improve=self._improvements(),
        )

    def _improvements(self) -> Improve:
        """What is done to the pairs of a nesting level, by level."""
        found = dict(self.improve or self._distillation())
        if self.encode is not None:
            gates: Any = self.physical_station
            found[0] = partial(self.encode.joined, better=found.get(0), gates=gates.gates)
        return found

    def _distillation(self) -> Improve:
        """Distillation at its level."""
        rule = self.distill
        if rule is None:
            return {}
        gates, latency = self.distillation_gates, self.classical_latency

        def distilled(pair: Plan) -> Plan:
            return recurrence(
                pair,
                scheme=rule.scheme,
                rounds=rule.rounds,
                gates=gates,
                classical_latency=latency,
            )

        return {rule.level: distilled}

    def play(
        self,
        *,
        engine: str = DEFAULT_ENGINE,
        shots: int | None = None,
        seed: int | None = None,
        expect: Callable[[Plan, int], None] | None = None,
        **options: Any,  # noqa: ANN401 - those of the engine
    ) -> ChainResult:
        """Play the chain.

        Args:
            engine: Which engine plays it (``qnet.play``); its options are those of the table of
                its name, such as [exact].
            shots: Number of delivered pairs, unless as described.
            seed: Seed, unless as described.
            expect: Called with the plan and the number of pairs before any is drawn.
            options: What else ``qnet.play`` takes, such as ``workers`` or ``width``.

        Raises:
            InfeasiblePlanError: If no pair would come in a reasonable time.
            EngineError: If the engine cannot play the plan.

        Examples:
            >>> import qnet
            >>> chain = qnet.load("experiments/scenarios/two-segments.toml")
            >>> f"{chain.play(engine='exact').delivery_time_s.best:.4f}"
            '29.4737'
        """
        plan, chosen = self.plan(), ENGINES[check_one_of("engine", engine, ENGINES)]
        shots = self.shots if shots is None else shots
        if expect is not None and chosen.draws:
            expect(plan, shots)
        options = {**chosen.options_of(self), **options}
        seed = self.seed if seed is None else seed
        return chosen.play(plan, shots=shots, seed=seed, key=self.key, **options)

    def report(self, result: ChainResult, *, distribution: bool = False) -> Report:
        """What is shown of a result of this chain.

        Args:
            result: What an engine found.
            distribution: Whether to show the distribution of the delivery time, if it is known.
        """
        return chain_report(self, result, distribution=distribution)

    @property
    def plob_bits_per_use(self) -> float | None:
        """Capacity of the bare fibre over the total length; None without one, may be inf."""
        if self.lengths_km is None or any(each.satellite for each in self.parts):
            return None
        spans = zip(self.parts, self.lengths_km, strict=True)
        loss_db = sum(segment.fibre.loss_db_per_km * length for segment, length in spans)
        return plob(math.exp(-loss_db * math.log(10.0) / 10.0))

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the result should know, one sentence each."""
        return tuple(chain_notes(self))

    @property
    def other_meanings(self) -> tuple[str, ...]:
        """A sentence for each given key that version 0.1 read otherwise."""
        return other_meanings(self)

    def canonical(self) -> dict[str, Any]:
        """All that changes an answer, as JSON types; equal segments in a row stand once.

        Seed, shots and the time grid of the exact engine are not in it.

        Raises:
            ParameterError: If ``improve`` is given: a function has no canonical form.
        """
        if self.improve is not None:
            raise in_python("improve", self.improve)
        return canonical_chain(self)


_FIBRE = "give another channel to the scheme of a link, such as SingleClick(preset, channel)"
_PERFECT = fano_rows(werner(1.0))


def _decay(memory: Memory) -> Part[Memory] | Memory:
    """How a memory decays, as a table; one of another decay stays as it is.

    Raises:
        ParameterError: If it says what belongs to the link.
    """
    for name in ("efficiency", "modes"):
        if getattr(memory, name) != 1:
            hint = "give it to the link or its preset: [memory] is how stored qubits decay"
            field = f"memory.{name}"
            raise ParameterError(field, "be 1", getattr(memory, name), hint)
    return decay_of(memory) if type(memory) is Memory else memory
