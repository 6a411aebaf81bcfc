"""Statements on a plan that a board can read: trust, detection, failures and availability.

Every number is rounded to the safe side: shares of key that are lost and times without key up,
probabilities to be noticed down.
"""

from __future__ import annotations

import math

from protocols.planning.operation.assess import AssessedDemand, PlanAssessment
from protocols.planning.operation.failures import FailureEffect
from protocols.planning.trust.detection import WatchedSpan, watched_spans
from protocols.planning.trust.detection_table import DetectionTable
from protocols.planning.trust.learners import key_secrecy

__all__ = ["plan_statements"]

#: How a failure of each kind begins a sentence.
_OPENINGS = {
    "span": "If the cable {name} is cut",
    "node": "If a node on the way of {name} fails",
    "site": "If the site {name} fails",
    "unit": "If one satellite of {name} fails",
}

#: Share of the key that counts as lost.
_LOST = 1e-6


def plan_statements(
    assessment: PlanAssessment,
    detection: DetectionTable | None = None,
    *,
    corrupt_probability: float = 0.01,
) -> dict[str, tuple[str, ...]]:
    """Sentences by topic: trust, detection, failures, availability.

    Args:
        assessment: The plan in operation.
        detection: Who listens, and how the ends watch; as assumed unless given.
        corrupt_probability: Probability that a node is corrupt, each independently.
    """
    plan = assessment.plan
    watched = watched_spans(plan, detection)
    return {
        "trust": tuple(each.sentence for each in key_secrecy(plan, corrupt_probability)),
        "detection": (*(each.sentence for each in watched), *_false_alarms(assessment, watched)),
        "failures": _failures(assessment),
        "availability": tuple(_availability(each) for each in assessment.demands),
    }


def _false_alarms(assessment: PlanAssessment, watched: tuple[WatchedSpan, ...]) -> tuple[str, ...]:
    """How often all pairs of devices together raise a false alarm."""
    pairs = assessment.totals.pairs
    if not watched or not pairs:
        return ()
    years = 1.0 / (watched[0].detection.false_alarm * pairs * 365.25)
    often = (
        f"at most once in {_down(years)} years"
        if years >= 2.0
        else "more often than every two years, if their level is used up"
    )
    who, verb = ("The one pair", "raises") if pairs == 1 else (f"All {pairs} pairs", "raise")
    return (f"{who} of devices, undisturbed, {verb} a false alarm {often}.",)


def _down(number: float) -> str:
    """A number with two digits, rounded down."""
    unit = 10.0 ** max(math.floor(math.log10(number)) - 1, 0)
    return f"{math.floor(number / unit) * unit:.0f}"


def _percent_up(share: float) -> str:
    """Percent with two digits, rounded up."""
    if share <= 0.0:
        return "0 %"
    percent = 100.0 * share
    unit = 10.0 ** (math.floor(math.log10(percent)) - 1)
    return f"{min(math.ceil(percent / unit - 1e-6) * unit, 100.0):.6g} %"


def _failures(assessment: PlanAssessment) -> tuple[str, ...]:
    """What each failure costs that costs anything, and what no failure does."""
    demands = assessment.plan.demands
    ends = [assessment.plan.case.demands[each.demand].ends for each in demands]
    names = [" - ".join(each.ends) for each in assessment.demands]
    said, harmless = [], dict.fromkeys(_OPENINGS, 0)
    for effect in assessment.failures:
        own = {k for k, each in enumerate(ends) if effect.failure.site in each}
        sentence = _failure(effect, own, names)
        if sentence:
            said.append(sentence)
        else:
            harmless[effect.failure.kind] += 1
    for kind, words in (("span", "cable"), ("node", "node on the way"), ("site", "site")):
        count = sum(effect.failure.kind == kind for effect in assessment.failures)
        if count and harmless[kind] == count:
            besides = ", those that end there apart" if kind == "site" else ""
            said.insert(0, f"No single {words} takes key from any demand{besides}.")
    return tuple(said)


def _failure(effect: FailureEffect, own: set[int], names: list[str]) -> str:
    """What others than the demands of a site itself lose; empty where it is nothing."""
    lost = {
        names[k]: share
        for k, share in enumerate(effect.lost_rerouted)
        if share > _LOST and k not in own
    }
    if not lost:
        return ""
    opening = _OPENINGS[effect.failure.kind].format(name=effect.failure.name)
    shares = ", ".join(f"{name} {_percent_up(share)}" for name, share in lost.items())
    return f"{opening}, this share of key is lost after rerouting: {shares}."


def _availability(demand: AssessedDemand) -> str:
    minutes = math.ceil(demand.downtime_min_per_year - 1e-9)
    name = " - ".join(demand.ends)
    if minutes >= 525_600:
        return f"{name} gets no key."
    said = (
        f"In the long run {name} lacks at most {_percent_up(1.0 - demand.availability)} of its key "
        f"before its stores help, as much as in {minutes} minutes of a year"
    )
    if demand.lacks_with_stores is None:
        return f"{said}."
    return f"{said}; with the stores of the plan at most {_percent_up(demand.lacks_with_stores)}."
