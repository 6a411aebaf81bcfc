"""Results of checks and of attacks that must be found: the rows of a report and of its evidence."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from qnet.errors import ParameterError, check_one_of
from qnet.estimate import Estimate

__all__ = ["DECISIONS", "AttackResult", "CheckResult", "Decision", "overall", "worst"]

Decision = Literal["met", "fell short", "inconclusive", "not applicable"]

#: What a check decides, and what that means.
DECISIONS: dict[Decision, str] = {
    "met": "the statistic is on the right side of the threshold",
    "fell short": "the statistic is beyond the threshold",
    "inconclusive": "the data, or the software that is installed, do not suffice to decide",
    "not applicable": "the device has nothing that the requirement is about",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What one check found.

    Args:
        id: Of the requirement.
        title: The requirement in a few words.
        pointer: Document and topic that ask for it.
        sub_layer: Of the system, by the flow of information: ``Q1`` to ``Q7``.
        statistic: What was computed, with its unit.
        value: The statistic with its interval.
        threshold: What it is compared with; None where nothing is compared.
        alpha: Probability at most that a device as it should be falls short.
        power: Probability at least that one which is not, as the check says, falls short; None
            where no such device was named.
        n: How many events were looked at; 0 where the statistic was computed.
        decision: One of `DECISIONS`.
        sentence: What that says, for people.

    Raises:
        ParameterError: If the decision is none of these, or a probability is none.

    Examples:
        >>> result = CheckResult(
        ...     id="QBER-1", title="few errors", pointer="own", sub_layer="Q5",
        ...     statistic="errors", value=Estimate(3, 3, 3, 100), threshold=5.0, alpha=1e-3,
        ...     power=0.99, n=100, decision="met", sentence="3 errors of 100, at most 5",
        ... )
        >>> result.as_dict()["value"]
        {'low': 3.0, 'best': 3.0, 'high': 3.0}
    """

    id: str
    title: str
    pointer: str
    sub_layer: str
    statistic: str
    value: Estimate
    threshold: float | None
    alpha: float
    power: float | None
    n: int
    decision: Decision
    sentence: str

    def __post_init__(self) -> None:
        check_one_of("decision", self.decision, list(DECISIONS))
        _check_probabilities(self.alpha, self.power)

    def as_dict(self) -> dict[str, Any]:
        """The form that goes into JSON; a number that is not finite becomes None."""
        ends = {end: _finite(getattr(self.value, end)) for end in ("low", "best", "high")}
        plain = {name: getattr(self, name) for name in self.__slots__ if name != "value"}
        found = {"value": ends, **plain, "threshold": _finite(self.threshold)}
        return {name: found[name] for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class AttackResult:
    """Whether an attack that must be found was found.

    Args:
        name: Of the attack.
        strength: How much of it was played.
        detected: Whether a statistic raised the alarm.
        statistic: Which one, or "none".
        n: How many events were looked at.
        power: Probability, known beforehand, that it raises the alarm; None where none is claimed.

    Examples:
        >>> AttackResult(
        ...     name="intercept-resend", strength=0.1, detected=True, statistic="errors", n=100,
        ...     power=0.99,
        ... ).as_dict()["detected"]
        True
    """

    name: str
    strength: float
    detected: bool
    statistic: str
    n: int
    power: float | None

    def __post_init__(self) -> None:
        _check_probabilities(self.power)

    @property
    def decision(self) -> Decision:
        """As of a check; an attack that no statistic claims to find is not held against it."""
        if self.power is None and not self.detected:
            return "not applicable"
        return "met" if self.detected else "fell short"

    def as_dict(self) -> dict[str, Any]:
        """The form that goes into JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


def _check_probabilities(*values: float | None) -> None:
    if not all(value is None or 0.0 <= value <= 1.0 for value in values):
        hint = "alpha and power are probabilities, power may be None"
        raise ParameterError("alpha, power", "lie in 0 to 1", values, hint)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def overall(checks: list[CheckResult], attacks: list[AttackResult] | None = None) -> Decision:
    """The decision of all checks and attacks together: the worst of them.

    Examples:
        >>> overall([])
        'not applicable'
    """
    found = [check.decision for check in checks]
    return worst([*found, *(attack.decision for attack in attacks or [])])


def worst(decisions: Iterable[Decision]) -> Decision:
    """The worst of some decisions.

    Examples:
        >>> worst(["met", "inconclusive", "not applicable"])
        'inconclusive'
    """
    found = set(decisions)
    order: tuple[Decision, ...] = ("fell short", "inconclusive", "met")
    return next((each for each in order if each in found), "not applicable")
