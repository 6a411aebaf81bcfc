"""Result of a certification run: every check, every attack, and what they say together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from protocols.certification.check_result import CheckResult, Decision, overall
from protocols.certification.suite import AttackPlayed

__all__ = ["Certification"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Certification:
    """Evidence for, or against, a system doing what its security proof presumes.

    Args:
        name: Of the scenario.
        digest: Of the scenario.
        seed: Seed of the run.
        pulses: How many were sent, in the honest run and in each attacked one.
        false_alarm: Probability at most that a device as described raises any alarm.
        miss: Probability at most that an attack may be missed with.
        size: Probability that it does, from the exact sizes of all checks.
        checks: What each check found.
        attacks: What was played, and whether it was found.
    """

    name: str
    digest: str
    seed: int
    pulses: int
    false_alarm: float
    miss: float
    size: float
    checks: tuple[CheckResult, ...]
    attacks: tuple[AttackPlayed, ...]

    @property
    def decision(self) -> Decision:
        """The worst of all: attacks that no check claims to find do not count."""
        claimed = [each.result for each in self.attacks if each.result.power is not None]
        found = overall(list(self.checks), claimed)
        weak = [each for each in claimed if (each.power or 0.0) < 1.0 - self.miss]
        return "inconclusive" if found == "met" and weak else found

    @property
    def remarks(self) -> tuple[str, ...]:
        """Sentences on the run as a whole."""
        weak = [
            f"{each.result.name} of strength {each.result.strength:g} is found with "
            f"probability {each.result.power:.4g} alone: send more pulses, or count what it changes"
            for each in self.attacks
            if each.result.power is not None and each.result.power < 1.0 - self.miss
        ]
        size = (
            f"a device as described raises any alarm with probability {self.size:.4g} (at most "
            f"{self.false_alarm:g} was asked)"
        )
        return (size, *weak)

    def as_dict(self) -> dict[str, Any]:
        """The form that goes into JSON, without evidence and versions."""
        return {
            "decision": self.decision,
            "checks": [each.as_dict() for each in self.checks],
            "attacks": [each.result.as_dict() for each in self.attacks],
        }
