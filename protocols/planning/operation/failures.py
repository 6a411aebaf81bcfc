"""Failures of a plan one by one: which demands lose how much key, and what rerouting brings back.

What fails is a span (the cable of all its options), a node or station on the way of an option, a
site with all that ends there, or a unit of a shared source such as a satellite.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from protocols.planning.design.case import PlanCase
from protocols.planning.design.flows import CEIL_SLACK
from protocols.planning.design.plan import NetworkPlan, PlannedDemand
from protocols.planning.operation.rerouting import LeftOver, brought_back

__all__ = ["FailureEffect", "PlanFailure", "after_each_failure", "failures_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFailure:
    """A single failure.

    Args:
        kind: ``span``, ``node``, ``site`` or ``unit``.
        name: What fails.
        options: Numbers of the options that are down.
        site: Number of the site that is down; None for none.
        slower: Share of its time that is left of each shared source.
    """

    kind: str
    name: str
    options: frozenset[int] = field(default_factory=frozenset)
    site: int | None = None
    slower: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureEffect:
    """What demands lose by a failure.

    Args:
        failure: What fails.
        lost: Share of the key of each demand that its own ways no longer carry.
        lost_rerouted: The same after the key is rerouted over all that still works.
        cut_off: Numbers of the demands whose ends nothing joins any more.
    """

    failure: PlanFailure
    lost: tuple[float, ...]
    lost_rerouted: tuple[float, ...]
    cut_off: tuple[int, ...]

    @property
    def worst(self) -> float:
        """Largest share that a demand loses after rerouting."""
        return max(self.lost_rerouted, default=0.0)


def failures_of(plan: NetworkPlan) -> tuple[PlanFailure, ...]:
    """Every single failure of what is built: spans, nodes on the way, sites, units.

    Args:
        plan: The plan.
    """
    return (*_spans(plan), *_nodes(plan), *_sites(plan), *_units(plan))


def _built(plan: NetworkPlan) -> list[int]:
    return [each.option for each in plan.built if each.pairs > 0]


def _name(case: PlanCase, option: int) -> str:
    return " - ".join(case.sites[end].name for end in case.options[option].ends)


def _spans(plan: NetworkPlan) -> Iterator[PlanFailure]:
    spans: dict[int, list[int]] = {}
    for k in _built(plan):
        spans.setdefault(plan.case.options[k].span, []).append(k)
    for numbers in spans.values():
        name = _name(plan.case, numbers[0])
        yield PlanFailure(kind="span", name=name, options=frozenset(numbers))


def _nodes(plan: NetworkPlan) -> Iterator[PlanFailure]:
    """Of each option one node: whichever of them fails, the option is down."""
    for k in _built(plan):
        option = plan.case.options[k]
        if option.nodes + option.stations > 0:
            name = f"{_name(plan.case, k)} ({option.technology})"
            yield PlanFailure(kind="node", name=name, options=frozenset({k}))


def _sites(plan: NetworkPlan) -> Iterator[PlanFailure]:
    case, built = plan.case, _built(plan)
    for site in sorted({end for k in built for end in case.options[k].ends}):
        there = frozenset(k for k in built if site in case.options[k].ends)
        if case.sites[site].source is None:
            yield PlanFailure(kind="site", name=case.sites[site].name, options=there, site=site)


def _units(plan: NetworkPlan) -> Iterator[PlanFailure]:
    case, built = plan.case, _built(plan)
    for number, units in enumerate(plan.units):
        mine = [k for k in built if case.options[k].source == number]
        if units < 1 or not mine:
            continue
        yield PlanFailure(
            kind="unit",
            name=case.sources[number].name,
            options=frozenset(mine if units == 1 else ()),
            slower=((number, (units - 1) / units),),
        )


def after_each_failure(plan: NetworkPlan, *, reroute: bool = True) -> tuple[FailureEffect, ...]:
    """What each single failure does.

    Args:
        plan: The plan.
        reroute: Whether to look for other ways; without it, lost key stays lost.

    Raises:
        EngineError: If HiGHS finds no flow.
    """
    return tuple(_effect(plan, failure, reroute) for failure in failures_of(plan))


def _effect(plan: NetworkPlan, failure: PlanFailure, reroute: bool) -> FailureEffect:
    slowed = _slowed(plan, failure)
    lost = tuple(_lost(plan, each, failure, slowed) for each in plan.demands)
    share, cut = 0.0, tuple(k for k, each in enumerate(lost) if each >= 1.0)
    if reroute and any(lost):
        share, cut = brought_back(plan, _left(plan, failure), lost)
    return FailureEffect(
        failure=failure,
        lost=lost,
        lost_rerouted=tuple(
            each if k in cut else each * (1.0 - share) for k, each in enumerate(lost)
        ),
        cut_off=cut if reroute else (),
    )


def _left(plan: NetworkPlan, failure: PlanFailure) -> LeftOver:
    units = {number: float(each) for number, each in enumerate(plan.units)}
    for number, share in failure.slower:
        units[number] *= share
    return LeftOver(
        capacity_hz={
            each.option: each.pairs * plan.case.options[each.option].rate_hz.best
            for each in plan.built
            if each.pairs > 0 and each.option not in failure.options
        },
        relays=frozenset(plan.relays) - {failure.site},
        units=units,
    )


def _slowed(plan: NetworkPlan, failure: PlanFailure) -> dict[int, float]:
    """Share of their key that options keep whose source has less time."""
    left = {number: share * plan.units[number] for number, share in failure.slower}
    times = dict.fromkeys(left, 0.0)
    for demand in plan.demands:
        for part in demand.parts:
            for k in (k for way in part.options for k in way):
                option = plan.case.options[k]
                if option.source in times:
                    times[option.source] += part.key_rate_hz / option.rate_hz.best
    kept = {
        number: min(left[number] / time * (1.0 + CEIL_SLACK), 1.0) if time > 0.0 else 1.0
        for number, time in times.items()
    }
    return {
        k: kept[source]
        for k in _built(plan)
        for source in [plan.case.options[k].source]
        if source is not None and source in kept
    }


def _lost(
    plan: NetworkPlan, planned: PlannedDemand, failure: PlanFailure, slowed: dict[int, float]
) -> float:
    """Share of the key of a demand that none of the ways of its parts carries."""
    if failure.site in plan.case.demands[planned.demand].ends:
        return 1.0
    total = sum(part.key_rate_hz for part in planned.parts)
    if total <= 0.0:
        return 0.0
    lost = 0.0
    for part in planned.parts:
        kept = [
            0.0
            if failure.options.intersection(way)
            else min((slowed.get(k, 1.0) for k in way), default=1.0)
            for way in part.options
        ]
        lost += part.key_rate_hz * (1.0 - max(kept, default=0.0))
    return min(lost / total, 1.0)
