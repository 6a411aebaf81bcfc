"""Pace of a link's runs: how many rounds the next one has, and when it begins."""

from __future__ import annotations

from protocols.key_management.link.alarms import LEAST_PERIOD_S
from protocols.key_management.link.plan import LinkPlan
from protocols.postprocessing.result import AbortReason

__all__ = ["RunPace"]

#: Time in s whose key is enough for one run, and how many runs make what is enough altogether.
_WORTH_S, _SHARES = 1.0, 4

#: Sifted bits per bit of key, with room to spare.
_SIFTED = 2.5

#: First and longest pause in s after a run without key, and the longest while secrets are few.
_PAUSE_S, _LONG_S, _LONGEST_S = 0.1, 5.0, 60.0

#: Least time in s from the begin of a run of which the store dropped some to the next.
_DROPPED_S = 0.5

#: Secrets that are few.
_FEW = 16


class RunPace:
    """Runs begin small, so that a first key is there soon, and grow while more comes of it.

    Finite keys of more bits lose less to the test and to statistics. A link that goes at a rate
    of its own grows only until a run gives the key of a second. After runs without key the pauses
    grow, for each of them has cost a secret.

    Args:
        plan: Of the link.
        now: Seconds.

    Examples:
        >>> pace = RunPace(LinkPlan(ends=("A", "B"), first_bits=1000, most_bits=3000), 0.0)
        >>> pace.bits(0), pace.pause(0.0)
        (1000, 0.0)
        >>> pace.done(100, None, 5.0)
        >>> pace.bits(0), pace.bits(1 << 21)
        (2000, 1000)
        >>> pace.done(0, AbortReason.TIMEOUT, 5.0)
        >>> round(pace.pause(5.0), 9)
        0.1
    """

    def __init__(self, plan: LinkPlan, now: float) -> None:
        self._plan = plan
        self._bits, self._most = plan.sizes
        self._next = self._begun = now
        self._failures = 0

    def bits(self, level_bits: int) -> int:
        """Sifted bits that the next run is to have, on average.

        Args:
            level_bits: Key that there is: no more is made than is enough.
        """
        lacking = max(0, self._plan.enough_bits - level_bits)
        return min(self._bits, max(self._plan.sizes[0], round(_SIFTED * lacking)))

    def begin(self, now: float) -> None:
        """A run begins."""
        self._begun = now
        self._next = max(self._next, now - _WORTH_S)

    def done(
        self, key_bits: int, aborted: AbortReason | None, now: float, *, secrets_left: int = _FEW
    ) -> None:
        """A run is over.

        Args:
            key_bits: What it gave.
            aborted: Why it gave nothing.
            now: Seconds.
            secrets_left: Authentication secrets that are left.
        """
        rate = self._plan.key_rate_hz
        enough = self._plan.enough_bits / _SHARES
        wanted = key_bits < (enough if rate is None else min(enough, rate * _WORTH_S))
        larger = aborted is AbortReason.TOO_FEW_BITS and self._bits < self._most
        if larger or (key_bits > 0 and wanted):
            self._bits = min(2 * self._bits, self._most)
        if rate is not None:
            self._next += key_bits / rate
        self._next = max(self._next, self._begun + LEAST_PERIOD_S)
        self._failures = 0 if key_bits > 0 or larger else self._failures + 1
        if self._failures:
            self._next = max(self._next, now + self._penalty(secrets_left))

    def dropped(self, key_bits: int) -> None:
        """Of what the last run gave, the store had no room for some: only what it keeps counts.

        A finite block is larger than a small store; its edge still passes on the rate that it has.

        Args:
            key_bits: What was dropped.
        """
        rate = self._plan.key_rate_hz
        if rate is not None and key_bits > 0:
            self._next = max(self._next - key_bits / rate, self._begun + _DROPPED_S)

    def pause(self, now: float) -> float:
        """Time in s until the next run is due."""
        return max(0.0, self._next - now)

    def _penalty(self, secrets_left: int) -> float:
        """Pause in s after so many runs without key."""
        longest = _LONGEST_S if secrets_left < _FEW else _LONG_S
        return float(min(longest, _PAUSE_S * 2.0 ** (min(self._failures, 32) - 1)))
