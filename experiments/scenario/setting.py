"""From a scenario to what the optimiser and the search for requirements are given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from experiments.scenario.reader import NOTHING
from protocols.planning.optimise import Problem, SearchSpace
from protocols.planning.optimise.space import AS_GIVEN, STRATEGIES, Candidate
from qnet.errors import ParameterError
from qnet.hardware import Preset
from qnet.plans import Cutoff, Link

if TYPE_CHECKING:
    from experiments.scenario.links import Segment
    from experiments.scenario.scenario import Scenario

__all__ = ["given_plan", "improvable", "own_space", "setting_of"]


def setting_of(scenario: Scenario) -> Problem:
    """The links of a scenario, in as many segments as wanted, and what surrounds them."""
    built: dict[tuple[Segment, float | None], Link] = {}

    def link(segment: Segment, bright: float | None) -> Link:
        if (segment, bright) not in built:
            built[segment, bright] = _lit(segment, bright).build()
        return built[segment, bright]

    def links(count: int, bright: float | None) -> Sequence[Link]:
        return [link(segment, bright) for segment in _segments(scenario, count)]

    rule = scenario.distillation
    return Problem(
        links=links,
        identity=repr((scenario.segments, scenario.length_km)),
        station=scenario.station,
        gates=scenario.station.gates if rule is None else rule.gates,
        scheme="dejmps" if rule is None else rule.scheme,
        classical_latency=scenario.chain.classical_latency,
        key=scenario.key,
    )


def own_space(scenario: Scenario) -> SearchSpace:
    """The space of [optimize]; without one, the plan that the scenario describes.

    Raises:
        ParameterError: If the scenario's own plan is beyond the search.
    """
    if scenario.search is not None:
        return scenario.search.space
    if scenario.chain.strategy not in STRATEGIES:
        hint = "take strategy nested, sequential or swap-asap"
        raise ParameterError("chain.tree", "be left out here", scenario.chain.tree, hint)
    cutoff, distillation = scenario.cutoff, scenario.distillation
    if isinstance(cutoff, tuple):
        hint = 'give one number, or let [optimize] with cutoff = "per-level" choose'
        raise ParameterError("cutoff.time_s", "be one number here", len(cutoff), hint)
    times = None
    if isinstance(cutoff, Cutoff) and scenario.chain.segments > 1:
        times = (cutoff.time_s, cutoff.time_s)
    return SearchSpace(
        segments=(scenario.chain.segments,),
        strategies=(scenario.chain.strategy,),
        cutoff="none" if times is None else "scalar",
        cutoff_bounds_s=times,
        cutoff_kind="difference" if cutoff is None else cutoff.kind,
        distill_rounds=(0 if distillation is None else distillation.rounds,),
        distill_levels=(0 if distillation is None else distillation.level,),
    )


def given_plan(scenario: Scenario, setting: Problem) -> tuple[Problem, Candidate]:
    """The scenario's own plan: by the parameters of a search where it has such, or as it is."""
    plan, count = scenario.plan(), scenario.chain.segments
    setting, candidate = replace(setting, given=plan), _own_candidate(scenario)
    if scenario.search is not None:
        kind = setting.with_cutoff_kind(scenario.search.space.cutoff_kind)
        if candidate is not None and kind.plan(candidate) == plan:
            return setting, candidate
    return setting, Candidate(segments=count, strategy=AS_GIVEN)


def _own_candidate(scenario: Scenario) -> Candidate | None:
    """What would describe the plan, were all else as in a search; None where nothing does."""
    chain, rule, distillation = scenario.chain, scenario.cutoff, scenario.distillation
    if chain.strategy not in STRATEGIES:
        return None
    times: tuple[float | None, ...] = ()
    if isinstance(rule, Cutoff):
        times = (rule.time_s,)
    elif rule is not None:
        times = tuple(None if each is None else each.time_s for each in rule)
    one = Candidate(
        segments=chain.segments,
        # One segment has no strategy.
        strategy=chain.strategy if chain.segments > 1 else "nested",
        cutoffs_s=times,
        distill_rounds=0 if distillation is None else distillation.rounds,
        distill_level=0 if distillation is None else distillation.level,
    )
    return replace(one, cutoffs_s=()) if one.depth == 0 else one


def improvable(scenario: Scenario) -> tuple[Preset, Callable[[Preset], Problem]]:
    """The hardware of a scenario, and its setting with that hardware improved.

    Raises:
        ParameterError: If the links are not all of one preset.
    """
    kinds = set(scenario.segments)
    preset = next(iter(kinds)).preset
    if len(kinds) != 1 or preset is None:
        value = NOTHING if preset is None else f"{len(kinds)} kinds of links"
        hint = 'give one [link] with preset = "trapped-ion" or another one'
        raise ParameterError("link.preset", "be given, for all segments alike", value, hint)
    segment = scenario.segments[0]
    gates = scenario.station.gates
    node = replace(preset.node, memory=segment.memory, gates=gates)

    def setting(hardware: Preset) -> Problem:
        better = replace(segment, hardware=hardware, memory=hardware.node.memory)
        rule = scenario.distillation
        if rule is not None and rule.gates == gates:
            rule = replace(rule, gates=hardware.node.gates)
        improved = replace(
            scenario,
            segments=(better,) * len(scenario.segments),
            station=replace(scenario.station, gates=hardware.node.gates),
            distillation=rule,
        )
        return setting_of(improved)

    return replace(preset, node=node), setting


def _segments(scenario: Scenario, count: int) -> Sequence[Segment]:
    """The segments of the chain cut into another number of equal ones."""
    if count == scenario.chain.segments:
        return scenario.segments
    total, segment = scenario.length_km, scenario.segments[0]
    return (replace(segment, length_km=None if total is None else total / count),) * count


def _lit(segment: Segment, bright: float | None) -> Segment:
    """A single-click segment with another bright-state population."""
    if bright is None:
        return segment
    if isinstance(segment.hardware, Preset):
        node = segment.hardware.node
        emitter = replace(node.emitter, bright_state_population=bright)
        hardware = replace(segment.hardware, node=replace(node, emitter=emitter))
        return replace(segment, hardware=hardware)
    numbers = {**dict(segment.hardware or ()), "bright_state_population": bright}
    return replace(segment, hardware=tuple(sorted(numbers.items())))
