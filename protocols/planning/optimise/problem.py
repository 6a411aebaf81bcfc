"""Problems of the optimiser: hardware and a distance, or links; a candidate makes them a plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from protocols.planning.optimise.space import AS_GIVEN, Candidate, SearchSpace
from protocols.repeaters.chain import Chain
from protocols.repeaters.encode_table import EncodeTable
from protocols.repeaters.platforms import Platform
from protocols.repeaters.segment import Segment
from protocols.repeaters.strategies import STRATEGIES
from protocols.repeaters.tables import Distillation
from qnet.engines.result import Key
from qnet.errors import ParameterError
from qnet.hardware import Gates, Preset
from qnet.plans import Cutoff, Link, Plan, Station
from qnet.schema import NOTHING

__all__ = ["Problem", "given_plan", "improvable", "own_space"]

Builder = Callable[[int, float | None], Sequence[Plan]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is given, and what is done with a candidate.

    Args:
        links: The links of a chain, from its number of segments and the bright-state population
            (None for the hardware's own).
        identity: A text that tells this setting's links from all others; it goes into the log.
        station: The Bell measurement between any two segments; a perfect one unless given.
        gates: Gates of distillation at both ends.
        scheme: Distillation scheme.
        classical_latency: Whether results of swaps and distillation travel at the speed of light in
            the fibre.
        key: How a secret key is taken.
        cutoff_kind: Kind of all cut-offs.
        given: A plan of the candidate ``as-given``.
        encode: The code of the memories.
        variant: The same with the code and the spacing of a candidate.

    Examples:
        >>> from qnet.hardware import preset
        >>> setting = Problem.of_hardware(preset("trapped-ion"), 50.0)
        >>> len(list(setting.plan(Candidate(segments=2)).links()))
        2
    """

    links: Builder = field(compare=False)
    identity: str
    station: Station = field(default_factory=partial(Station, perfect=True))
    gates: Gates = field(default_factory=Gates)
    scheme: str = "dejmps"
    classical_latency: bool = False
    key: Key = field(default_factory=Key)
    cutoff_kind: str = "difference"
    given: Plan | None = None
    encode: EncodeTable | None = None
    variant: Callable[[Candidate], Problem] | None = field(default=None, compare=False)

    @classmethod
    def of_hardware(
        cls,
        hardware: Preset,
        length_km: float,
        *,
        scheme: str = "dejmps",
        **others: Any,  # noqa: ANN401 - those of a chain
    ) -> Problem:
        """Nodes of one preset at equal distances.

        Args:
            hardware: The preset; its gates are those of swaps and distillation.
            length_km: Distance between the two ends.
            scheme: Distillation scheme.
            **others: What else a `Chain` says: ``swap``, ``classical_latency``, ``key``.
        """
        chain = Chain(segments=1, length_km=length_km, link=hardware, **others)
        return replace(cls.of_chain(chain), gates=hardware.node.gates, scheme=scheme)

    @classmethod
    def of_links(
        cls,
        links: Link | Sequence[Link],
        **others: Any,  # noqa: ANN401 - those of a problem
    ) -> Problem:
        """Links given outright: one for a chain of any number, or those of one chain.

        Args:
            links: One link, which every segment is; or a list of links, left to right.
            **others: What else a problem says: ``station``, ``gates``, ``scheme``, ``key``...

        Examples:
            >>> from qnet.states import werner
            >>> link = Link(success_probability=0.1, attempt_time_s=1.0, state=werner(0.9))
            >>> Problem.of_links([link] * 3).links(2, None)
            Traceback (most recent call last):
            ...
            qnet.errors.ParameterError: segments must equal the number of links (got 2); there are \
3 links: search over segments = [3]
        """

        def build(segments: int, bright: float | None) -> Sequence[Link]:
            if bright is not None:
                hint = "search it with the hardware of single-click links"
                raise ParameterError(
                    "bright_state_population", "be left out with links given", bright, hint
                )
            if isinstance(links, Link):
                return [links] * segments
            if len(links) != segments:
                hint = f"there are {len(links)} links: search over segments = [{len(links)}]"
                raise ParameterError("segments", "equal the number of links", segments, hint)
            return links

        return cls(links=build, identity=repr(links), **others)

    @classmethod
    def of_chain(cls, chain: Chain, parts: Sequence[Segment] | None = None) -> Problem:
        """The links of a chain, in as many segments as wanted, and what surrounds them.

        Args:
            chain: The chain.
            parts: Its segments, unless as described.

        Examples:
            >>> import qnet
            >>> chain = qnet.load("experiments/scenarios/best-500-km.toml")
            >>> Problem.of_chain(chain).links(2, None)[0].length_km
            250.0
        """
        own = chain.parts if parts is None else tuple(parts)

        def links(count: int, bright: float | None) -> Sequence[Plan]:
            total, segments = chain.length_km, own
            if count != chain.segments:
                length_km = None if total is None else total / count
                segments = (replace(own[0], length_km=length_km),) * count
            return [_lit(segment, bright).build() for segment in segments]

        station = chain.physical_station
        if isinstance(station, tuple):
            hint = "give one station for all"
            raise ParameterError("swap", "be the same at every inner node", len(station), hint)
        rule = chain.distill
        return cls(
            links=links,
            identity=repr((own, chain.length_km)),
            station=station,
            gates=station.gates if rule is None else chain.distillation_gates,
            scheme="dejmps" if rule is None else rule.scheme,
            classical_latency=chain.classical_latency,
            key=chain.key,
            encode=None if chain.encode is None else chain.encode.of_given_pairs,
            variant=partial(_variant, chain, parts),
        )

    @classmethod
    def of_platform(cls, platform: Platform, length_km: float, key: Key | None = None) -> Problem:
        """The chains of a platform over ``length_km``, whose users measure at once.

        Args:
            platform: The hardware, and the choices that go with it.
            length_km: Length of the whole chain.
            key: How a secret key is taken.
        """

        def build(segments: int, _bright: float | None) -> list[Link]:
            return platform.with_users([platform.link(length_km / segments, segments)] * segments)

        return cls(
            links=build,
            identity=f"{platform!r} over {length_km!r} km, measured at once by the users",
            station=platform.station,
            gates=platform.preset.node.gates,
            classical_latency=True,
            key=key or Key(),
        )

    @property
    def full_identity(self) -> str:
        """Everything about the setting, as a text."""
        rest = (self.station, self.gates, self.scheme, self.classical_latency)
        coded = () if self.encode is None else (self.encode,)
        return repr((self.identity, *rest, self.key, self.cutoff_kind, self.given, *coded))

    def with_cutoff_kind(self, kind: str) -> Problem:
        """The same with another kind of cut-offs."""
        return replace(self, cutoff_kind=kind)

    def plan(self, candidate: Candidate) -> Plan:
        """The plan of a candidate.

        Raises:
            ParameterError: If the links do not allow it, or no plan is given.
        """
        if candidate.strategy == AS_GIVEN:
            if self.given is None:
                hint = "give the setting a plan, or take another strategy"
                raise ParameterError("given", "be a plan", None, hint)
            return self.given
        if candidate.code is not None or candidate.spacing_km is not None:
            return self._varied(candidate).plan(replace(candidate, code=None, spacing_km=None))
        rules = tuple(
            None if time is None else Cutoff(kind=self.cutoff_kind, time_s=time)
            for time in candidate.cutoffs_s
        )
        rounds, level = candidate.distill_rounds, candidate.distill_level
        better = Distillation(scheme=self.scheme, rounds=rounds, level=level, gates=self.gates)
        chain = Chain(
            links=tuple(self.links(candidate.segments, candidate.bright_state_population)),
            # One segment has no strategy.
            strategy=candidate.strategy if candidate.segments > 1 else "nested",
            classical_latency=self.classical_latency,
            swap=self.station if self.encode is None else self.encode.swapping(self.station),
            encode=self.encode,
            cutoff=rules[0] if len(rules) == 1 else rules or None,
            distill=better if rounds else None,
        )
        return chain.plan()

    def _varied(self, candidate: Candidate) -> Problem:
        """The problem with the code and the spacing of a candidate.

        Raises:
            ParameterError: If the links have neither.
        """
        if self.variant is None:
            raise _no_choice(candidate.code, candidate.spacing_km)
        return replace(self.variant(candidate), cutoff_kind=self.cutoff_kind, key=self.key)


def _variant(chain: Chain, parts: Sequence[Segment] | None, candidate: Candidate) -> Problem:
    """The problem of a chain with another code, or other distances between its stations.

    Raises:
        ParameterError: If no table of the chain has what is to be another.
    """
    code, spacing_km = candidate.code, candidate.spacing_km
    if code is not None and (chain.encode or chain.one_way) is None:
        raise _no_choice(code, None)
    if spacing_km is not None and (chain.one_way or chain.all_photonic) is None:
        raise _no_choice(None, spacing_km)
    changes: dict[str, Any] = {"optimize": None}
    if chain.encode is not None and code is not None:
        changes["encode"] = replace(chain.encode, code=code)
    if chain.one_way is not None:
        changes["one_way"] = chain.one_way.varied(code, spacing_km)
    if chain.all_photonic is not None and spacing_km is not None:
        changes["all_photonic"] = replace(chain.all_photonic, n=None, spacing_km=spacing_km)
    return Problem.of_chain(replace(chain, **changes), parts if chain.encode is not None else None)


def _no_choice(code: str | None, spacing_km: float | None) -> ParameterError:
    """The error of a code, or else of a spacing, that no table of the links has."""
    value: object
    field, value, tables = "codes", code, "[encode] or [one_way]"
    if code is None:
        field, value, tables = "spacings_km", spacing_km, "[one_way] or [all_photonic]"
    hint = f"take the problem of a chain with {tables}"
    return ParameterError(field, "be left out here", value, hint)


def own_space(chain: Chain) -> SearchSpace:
    """The space of [optimize]; without one, the plan that the chain describes.

    Args:
        chain: The chain.

    Raises:
        ParameterError: If the chain's own plan is beyond the search.
    """
    if chain.optimize is not None:
        space: SearchSpace = chain.optimize.space(chain)
        return space
    if chain.strategy not in STRATEGIES:
        hint = "take strategy nested, sequential or swap-asap"
        raise ParameterError("chain.tree", "be left out here", chain.tree, hint)
    cutoff, distill = chain.cutoffs, chain.distill
    if isinstance(cutoff, tuple):
        hint = 'give one number, or let [optimize] with cutoff = "per-level" choose'
        raise ParameterError("cutoff.time_s", "be one number here", len(cutoff), hint)
    times = None if cutoff is None or chain.segments == 1 else (cutoff.time_s, cutoff.time_s)
    return SearchSpace(
        segments=(chain.segments,),
        strategies=(chain.strategy,),
        cutoff="none" if times is None else "scalar",
        cutoff_bounds_s=times,
        cutoff_kind="difference" if cutoff is None else cutoff.kind,
        distill_rounds=(0 if distill is None else distill.rounds,),
        distill_levels=(0 if distill is None else distill.level,),
    )


def given_plan(chain: Chain, problem: Problem) -> tuple[Problem, Candidate]:
    """The chain's own plan: by the parameters of a search where it has such, or as it is.

    Args:
        chain: The chain.
        problem: The problem that comes of it.
    """
    plan = chain.plan()
    problem, candidate = replace(problem, given=plan), _own_candidate(chain)
    if chain.optimize is not None and candidate is not None:
        kind = problem.with_cutoff_kind(chain.optimize.space(chain).cutoff_kind)
        if kind.plan(candidate) == plan:
            return problem, candidate
    return problem, Candidate(segments=chain.segments, strategy=AS_GIVEN)


def _own_candidate(chain: Chain) -> Candidate | None:
    """What would describe the plan, were all else as in a search; None where nothing does."""
    rule, distill = chain.cutoffs, chain.distill
    if chain.strategy not in STRATEGIES:
        return None
    rules = rule if isinstance(rule, tuple) else () if rule is None else (rule,)
    one = Candidate(
        segments=chain.segments,
        # One segment has no strategy.
        strategy=chain.strategy if chain.segments > 1 else "nested",
        cutoffs_s=tuple(None if each is None else each.time_s for each in rules),
        distill_rounds=0 if distill is None else distill.rounds,
        distill_level=0 if distill is None else distill.level,
    )
    return replace(one, cutoffs_s=()) if one.depth == 0 else one


def improvable(chain: Chain) -> tuple[Preset, Callable[[Preset], Problem]]:
    """The hardware of a chain, and its problem with that hardware improved.

    Args:
        chain: The chain.

    Raises:
        ParameterError: If the links are not all of one preset.
    """
    kinds = set(chain.parts)
    segment = next(iter(kinds))
    preset = segment.preset
    if len(kinds) != 1 or preset is None:
        value = NOTHING if preset is None else f"{len(kinds)} kinds of links"
        hint = 'give one [link] with preset = "trapped-ion" or another one'
        raise ParameterError("link.preset", "be given, for all segments alike", value, hint)
    problem = Problem.of_chain(chain)
    gates = problem.station.gates
    node = replace(preset.node, memory=segment.memory, gates=gates)

    def improved(hardware: Preset) -> Problem:
        better = replace(segment, hardware=hardware, memory=hardware.node.memory)
        return replace(
            Problem.of_chain(chain, (better,) * chain.segments),
            station=replace(problem.station, gates=hardware.node.gates),
            gates=hardware.node.gates if problem.gates == gates else problem.gates,
        )

    return replace(preset, node=node), improved


def _lit(segment: Segment, bright: float | None) -> Segment:
    """A single-click segment with another bright-state population."""
    if bright is None:
        return segment
    if segment.scheme != "single-click":
        hint = "remove it; it is a setting of single-click links"
        raise ParameterError(
            "bright_state_population", "belong to single-click links", bright, hint
        )
    if isinstance(segment.hardware, Preset):
        node = segment.hardware.node
        emitter = replace(node.emitter, bright_state_population=bright)
        hardware = replace(segment.hardware, node=replace(node, emitter=emitter))
        return replace(segment, hardware=hardware)
    numbers: Any = segment.hardware or ()
    numbers = {**dict(numbers), "bright_state_population": bright}
    return replace(segment, hardware=tuple(sorted(numbers.items())))
