"""Pace of a link's runs: how many rounds the next one has, and when it begins."""

from __future__ import annotations

from protocols.key_management.link.alarms import LEAST_PERIOD_S
from protocols.key_management.link.plan import LinkPlan
from protocols.postprocessing.result import AbortReason

__all__ = ["RunPace"]

#: Time in s whose key is enough for one run, and how many runs make what is enough altogether.
_WORTH_S, _SHARES = 1.0, 4


class RunPace:
    """Runs begin small, so that a first key is there soon, and grow while more comes of it.

    Finite keys of more bits lose less to the test and to statistics. A link that goes at a rate
    of its own grows only until a run gives the key of a second.

    Args:
        plan: Of the link.
        now: Seconds.

    Examples:
        >>> pace = RunPace(LinkPlan(ends=("A", "B"), first_bits=1000, most_bits=3000), 0.0)
        >>> pace.bits, pace.pause(0.0)
        (1000, 0.0)
        >>> pace.done(100, None, 5.0)
        >>> pace.bits
        2000
    """

    def __init__(self, plan: LinkPlan, now: float) -> None:
        self._plan = plan
        self.bits = plan.first_bits
        self._next = now
        self._begun = now

    def begin(self, now: float) -> None:
        """A run begins."""
        self._begun = now
        self._next = max(self._next, now - _WORTH_S)

    def done(self, key_bits: int, aborted: AbortReason | None, now: float) -> None:
        """A run is over.

        Args:
            key_bits: What it gave.
            aborted: Why it gave nothing.
            now: Seconds.
        """
        rate = self._plan.key_rate_hz
        enough = self._plan.enough_bits / _SHARES
        wanted = key_bits < (enough if rate is None else min(enough, rate * _WORTH_S))
        if aborted is AbortReason.TOO_FEW_BITS or (key_bits > 0 and wanted):
            self.bits = min(2 * self.bits, self._plan.most_bits)
        if rate is not None:
            self._next += key_bits / rate
        self._next = max(self._next, self._begun + LEAST_PERIOD_S)

    def pause(self, now: float) -> float:
        """Time in s until the next run is due."""
        return max(0.0, self._next - now)
