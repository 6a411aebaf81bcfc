"""Report of a link's end: what it has made, how many errors it sees, why it stands still."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from protocols.key_management.link.alarms import LinkAlarm
from qnet.estimate import Estimate
from qnet.metrics.security import SecurityClaim

__all__ = ["LinkReport"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkReport:
    """How an end of a link is; nothing in it is secret.

    Args:
        edge: Name of the edge.
        state: What it does: ``starting``, ``running``, ``waiting``, ``alarm`` or ``stopped``.
        sentence: The state in words.
        expected_qber: Error rate of the undisturbed edge.
        qber: That of the compared bits of the last run; None before the first.
        runs: Runs that were begun.
        blocks: Blocks that both ends have, of this process.
        key_bits: Their bits.
        bits_per_s: Bits per second of the last runs, pauses included.
        aborted: Runs without key, by reason.
        secrets_left: Authentication secrets that are left.
        missed: Fraction of the pulses that a spy might intercept -> probability that the last run
            would have passed her unnoticed.
        alarm: What stopped it, or None.
        security: What the last block claims; its epsilon counts the runs whose secrets it rests on.
    """

    edge: str
    state: str
    sentence: str
    expected_qber: float
    qber: Estimate | None
    runs: int
    blocks: int
    key_bits: int
    bits_per_s: float
    aborted: dict[str, int]
    secrets_left: int
    missed: dict[float, float]
    alarm: LinkAlarm | None
    security: SecurityClaim

    def as_dict(self) -> dict[str, Any]:
        """The form that goes into JSON."""
        found = asdict(self)
        if self.qber is not None:
            found["qber"] = {n: getattr(self.qber, n) for n in ("low", "best", "high", "n")}
        if self.alarm is not None:
            found["alarm"] = asdict(self.alarm) | {"sentence": self.alarm.sentence}
        found["missed"] = {f"{fraction:g}": miss for fraction, miss in self.missed.items()}
        found["security"] = self.security.as_dict()
        return found
