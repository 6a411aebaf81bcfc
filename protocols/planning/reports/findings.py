"""Findings on a plan: the plan, its assessment, and what was played, varied and compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from protocols.planning.design.plan import NetworkPlan
from protocols.planning.design.robustness import PlanRobustness, ShadowPrice, robustness
from protocols.planning.operation.assess import AssessedStore, PlanAssessment, assess
from protocols.planning.operation.failures import FailureEffect
from protocols.planning.playing.failures import ReplayedFailure, replay_failures
from protocols.planning.playing.play import PlayedPlan, play_plan
from protocols.planning.reports.assumptions import assumptions, cost_unit
from protocols.planning.reports.over_distance import DistanceTable, over_distance
from protocols.planning.reports.plan_json import plan_as_dict
from protocols.planning.reports.variants import PlanVariant, plan_variants
from protocols.planning.trust.detection import WatchedSpan, watched_spans
from protocols.planning.trust.learners import DemandSecrecy, key_secrecy
from qnet.progress import Progress, phase

if TYPE_CHECKING:
    from protocols.planning.scenario import PlanScenario

__all__ = ["PlanFindings", "plan_findings"]


@dataclass(frozen=True, kw_only=True)
class PlanFindings:
    """All that is known of a plan.

    Args:
        scenario: What was to be planned.
        plan: The plan.
        asked: ``gap`` and ``time_limit_s`` of its search.
        assessment: What follows from it in operation.
        played: What the network was found to give; None where it was not played.
        replayed: Every single failure as an event; empty where they were not replayed.
        variants: The same with one requirement more or less.
        robustness: What becomes of it at the low ends of its rates; None where it was not asked
            for.
        distances: Technologies over distance; None where it was not asked for.
        with_failures: Whether single failures were asked for.
    """

    scenario: PlanScenario
    plan: NetworkPlan
    asked: Mapping[str, float] = field(default_factory=dict)
    assessment: PlanAssessment
    played: PlayedPlan | None = None
    replayed: tuple[ReplayedFailure, ...] = ()
    variants: tuple[PlanVariant, ...] = ()
    robustness: PlanRobustness | None = None
    distances: DistanceTable | None = None
    with_failures: bool = False

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What its reader must know, one sentence each."""
        said = [*assumptions(self.scenario), *self.plan.warnings, *self.assessment.warnings]
        if self.played is not None:
            said += self.played.warnings
            if not self.played.holds:
                said.append("the plan was played, and does not hold all that it promises")
        said += [
            f"the failure of {each.name} was replayed, and does other than the plan's ways foretell"
            for each in self.replayed
            if not each.agrees
        ]
        return tuple(dict.fromkeys(said))

    @property
    def unit(self) -> str:
        """The unit of all costs."""
        return cost_unit(self.scenario)

    @cached_property
    def failures(self) -> tuple[FailureEffect, ...]:
        """Single failures, the worst first."""
        return tuple(
            sorted(
                self.assessment.failures,
                key=lambda each: (-sum(each.lost_rerouted), -sum(each.lost)),
            )
        )

    @cached_property
    def secrecy(self) -> tuple[DemandSecrecy, ...]:
        """Who learns the keys of each demand."""
        return key_secrecy(self.plan)

    @cached_property
    def watched(self) -> tuple[WatchedSpan, ...]:
        """How soon an eavesdropper is noticed on each span."""
        return watched_spans(self.plan, self.scenario.detection)

    def as_dict(self) -> dict[str, Any]:
        """The form that goes into JSON."""
        found = plan_as_dict(self.plan, self.assessment)
        found["stores"] = [_store(each) for each in self.assessment.stores]
        if self.with_failures:
            found["failures"] = [_effect(each) for each in self.assessment.failures]
            found["replayed_failures"] = [each.as_dict() for each in self.replayed]
            found["trust"] = [_secrecy(each) for each in self.secrecy]
            found["detection"] = [
                {"ends": list(each.ends), "unseen": each.unseen, "sentence": each.sentence}
                for each in self.watched
            ]
        if self.played is not None:
            found["played"] = self.played.as_dict()
        if self.variants:
            found["variants"] = [each.as_dict() for each in self.variants]
        if self.robustness is not None:
            found["robustness"] = _robust(self.robustness)
        if self.distances is not None:
            found["over_distance"] = self.distances.as_dict()
        return {**found, "warnings": list(self.warnings)}


def _store(store: AssessedStore) -> dict[str, Any]:
    return {
        "ends": list(store.ends),
        "technology": store.technology,
        "use_hz": store.use_hz,
        "no_key_without": store.without,
        "bits": store.size.bits,
        "use_h": store.use_h,
        "reason": store.size.reason,
    }


def _effect(effect: FailureEffect) -> dict[str, Any]:
    return {
        "kind": effect.failure.kind,
        "name": effect.failure.name,
        "lost": list(effect.lost),
        "lost_rerouted": list(effect.lost_rerouted),
        "cut_off": list(effect.cut_off),
    }


def _robust(found: PlanRobustness) -> dict[str, Any]:
    def prices(rows: tuple[ShadowPrice, ...]) -> list[dict[str, Any]]:
        return [{"name": row.name, "value": row.value, "unit": row.unit} for row in rows]

    return {
        "holds": found.holds,
        "factor": found.factor,
        "factor_low": found.factor_low,
        "cost_at_low_ends": None if found.low is None else found.low.objective,
        "changes": found.changes,
        "demand_prices": prices(found.demands),
        "span_prices": prices(found.spans),
    }


def _secrecy(found: DemandSecrecy) -> dict[str, Any]:
    return {
        "ends": list(found.ends),
        "alone": dict(found.alone),
        "pairs": [[*places, share] for places, share in found.pairs.items()],
        "known_probability": found.known,
        "sentence": found.sentence,
    }


def plan_findings(
    scenario: PlanScenario,
    plan: NetworkPlan,
    asked: Mapping[str, float],
    *,
    played: bool = False,
    failures: bool = False,
    variants: bool = False,
    distances_km: Sequence[float] = (),
    workers: int = 1,
    progress: Progress | None = None,
) -> PlanFindings:
    """All that is wanted to know of a plan; of no plan, why there is none, and its variants.

    Args:
        scenario: What was planned.
        plan: The plan.
        asked: ``gap`` and ``time_limit_s`` of its search.
        played: Whether to play it.
        failures: Whether to work out and replay every single failure.
        variants: Whether to plan the same with one requirement more or less.
        distances_km: Distances over which to compare the technologies.
        workers: Number of processes that play it.
        progress: Told what is done.

    Raises:
        ParameterError: If a rate cannot be worked out.
        EngineError: If HiGHS finds no flow after a failure.
    """
    stands = plan.objective is not None
    phase(progress, "assessment")
    assessment = assess(plan, scenario.money, scenario.staff, reroute=failures and stands)
    found: PlayedPlan | None = None
    replays: tuple[ReplayedFailure, ...] = ()
    if played and stands:
        phase(progress, "playing the plan", "replicas")
        found = play_plan(
            plan,
            technologies=scenario.technology,
            folder=scenario.folder,
            seed=scenario.seed,
            workers=workers,
            progress=progress,
        )
    if failures and stands:
        phase(progress, "replaying failures", "failures")
        replays = replay_failures(plan, seed=scenario.seed, progress=progress)
    others: tuple[PlanVariant, ...] = ()
    if variants:
        phase(progress, "planning variants", "variants")
        others = plan_variants(
            scenario, gap=asked["gap"], time_limit_s=asked["time_limit_s"], progress=progress
        )
    robust = None
    if variants and stands:
        phase(progress, "the low ends of the rates")
        robust = robustness(plan, gap=asked["gap"], time_limit_s=asked["time_limit_s"])
    table = None
    if distances_km:
        phase(progress, "technologies over distance")
        most = max((demand.key_rate_hz for demand in plan.case.demands), default=1.0)
        table = over_distance(scenario, distances_km, most)
    return PlanFindings(
        scenario=scenario,
        plan=plan,
        asked=dict(asked),
        assessment=assessment,
        played=found,
        replayed=replays,
        variants=others,
        robustness=robust,
        distances=table,
        with_failures=failures and stands,
    )
