"""Plans whose durations fit no time grid, for tests."""

from __future__ import annotations

from qnet import Cutoff, Gates, Link, Memory, Station
from qnet.engines.exact.listed import Wish
from qnet.engines.result import Key
from qnet.states import werner


def memory(rate_hz):
    """All correlators of a pair fall at the sum of its memories' rates."""
    return Memory(depolarizing_time_s=1.0 / rate_hz) if rate_hz else Memory()


def link(p, attempt_time_s, left=0.0, right=0.0, w=1.0):
    return Link(
        success_probability=p,
        attempt_time_s=attempt_time_s,
        state=werner(w),
        left=memory(left),
        right=memory(right),
    )


def station(q=1.0, duration_s=0.0):
    return Station(success_probability=q, gates=Gates(readout_time_s=duration_s))


def difference(time_s):
    return Cutoff(kind="difference", time_s=time_s)


def wish(width=1e-3, tolerance=1e-9):
    return Wish(tolerance=tolerance, width=width, key=Key())


def within(estimate, value, slack):
    return estimate.low - slack <= value <= estimate.high + slack
