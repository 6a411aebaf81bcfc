"""Clocks of progress: the time that passes, the computing time of this process, and their words."""

from __future__ import annotations

import time

__all__ = ["duration", "now_s", "used_s"]


def now_s() -> float:
    """A clock that never goes back, in s."""
    return time.monotonic()


def used_s() -> float:
    """Computing time of this process, in s."""
    return time.process_time()


def duration(seconds: float) -> str:
    """A time for people.

    Examples:
        >>> duration(90.0), duration(7200.0)
        ('90 s', '2 hours')
    """
    units = (("years", 365.25 * 86400.0), ("days", 86400.0), ("hours", 3600.0), ("minutes", 60.0))
    for unit, size in units:
        if seconds >= 2.0 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"
