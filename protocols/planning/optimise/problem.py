"""What is given: the hardware and the distance, or the links; from it and a candidate, a plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from protocols.planning.optimise.space import AS_GIVEN, Candidate
from protocols.repeaters.distillation import recurrence
from protocols.repeaters.nested import nested
from protocols.repeaters.sequential import sequential
from protocols.repeaters.swap_asap import swap_asap
from qnet.engines.result import Key
from qnet.errors import ParameterError, check_non_negative
from qnet.hardware import Gates, Preset
from qnet.links import scheme_of
from qnet.plans.base import Cutoff, Link, Plan, Station

__all__ = ["Problem"]

Builder = Callable[[int, float | None], Sequence[Link]]


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

    @classmethod
    def of_hardware(
        cls,
        hardware: Preset,
        length_km: float,
        *,
        station: Station | None = None,
        classical_latency: bool = False,
        key: Key | None = None,
        scheme: str = "dejmps",
    ) -> Problem:
        """Nodes of one preset at equal distances.

        Args:
            hardware: The preset; its gates are those of swaps and distillation.
            length_km: Distance between the two ends.
            station: The Bell measurement, instead of one that always answers.
            classical_latency: Whether results travel at the speed of light in the fibre.
            key: How a secret key is taken.
            scheme: Distillation scheme.
        """
        length = check_non_negative("length_km", length_km)
        gates = hardware.node.gates

        def build(segments: int, bright: float | None) -> Sequence[Link]:
            options = {} if bright is None else {"bright_state_population": bright}
            return [scheme_of(hardware, length / segments, **options).link()] * segments

        return cls(
            links=build,
            identity=f"{hardware!r} over {length!r} km",
            station=station or Station(gates=gates),
            gates=gates,
            scheme=scheme,
            classical_latency=classical_latency,
            key=key or Key(),
        )

    @classmethod
    def of_links(
        cls,
        links: Link | Sequence[Link],
        *,
        station: Station | None = None,
        gates: Gates | None = None,
        classical_latency: bool = False,
        key: Key | None = None,
        scheme: str = "dejmps",
    ) -> Problem:
        """Links given outright: one for a chain of any number, or those of one chain.

        Args:
            links: One link, which every segment is; or a list of links, left to right.
            station: The Bell measurement between any two segments; a perfect one unless given.
            gates: Gates of distillation.
            classical_latency: Whether results travel at the speed of light in the fibre.
            key: How a secret key is taken.
            scheme: Distillation scheme.

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

        return cls(
            links=build,
            identity=repr(links),
            station=station or Station(perfect=True),
            gates=gates or Gates(),
            scheme=scheme,
            classical_latency=classical_latency,
            key=key or Key(),
        )

    @property
    def full_identity(self) -> str:
        """Everything about the setting, as a text."""
        rest = (self.station, self.gates, self.scheme, self.classical_latency)
        return repr((self.identity, *rest, self.key, self.cutoff_kind, self.given))

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
        links = self.links(candidate.segments, candidate.bright_state_population)
        rules = [
            None if time is None else Cutoff(kind=self.cutoff_kind, time_s=time)
            for time in candidate.cutoffs_s
        ]
        cutoffs = rules[0] if len(rules) == 1 else rules or None
        better = {candidate.distill_level: self._distilled(candidate.distill_rounds)}
        if not candidate.distill_rounds:
            better = {}
        if candidate.strategy == "swap-asap" and candidate.segments > 1:
            parts = [better[0](link) for link in links] if 0 in better else links
            whole = swap_asap(
                parts,
                stations=self.station,
                cutoff=rules[0] if rules else None,
                classical_latency=self.classical_latency,
            )
            return better[1](whole) if 1 in better else whole
        join = sequential if candidate.strategy == "sequential" else nested
        return join(
            links,
            stations=self.station,
            cutoffs=cutoffs,
            classical_latency=self.classical_latency,
            improve=better,
        )

    def _distilled(self, rounds: int) -> Callable[[Plan], Plan]:
        def distil(pair: Plan) -> Plan:
            return recurrence(
                pair,
                scheme=self.scheme,
                rounds=rounds,
                gates=self.gates,
                classical_latency=self.classical_latency,
            )

        return distil
