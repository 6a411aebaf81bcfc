r"""Length of the run of a plan that is played, so that its promises can be told from chance.

A thing that fails with rate :math:`\lambda` and is repaired with rate :math:`\mu` is up in a time T
for a share whose variance is, in the long run, :math:`2 \lambda \mu/((\lambda + \mu)^3 T)` (D. R.
Cox, Renewal Theory, Methuen 1962, alternating renewal processes). Things in series add up at most.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from qnet.network import Fault, RunTimes

__all__ = ["plan_run", "variance_time"]

#: Independent runs, each of which is a value of its own for the intervals.
_REPLICAS = 20

#: Standard error that is wanted, as a share of the time: the intervals of hundreds of demands,
#: which hold together, are then just narrower than a twentieth.
_WANTED = 0.0033

#: Failures that are wanted, so that sums of them are nearly normal, and most that are played.
_FEWEST, _MOST = 2_000.0, 20_000.0

#: Most failures times demands and edges: each failure is worked out for all of them.
_MOST_WORK = 1.5e6

#: Most seconds of a run, all replicas together, and the length where nothing fails.
_LONGEST_S, _QUIET_S = 5e9, 1000.0

#: Times to repair after which it no longer matters that all worked at the beginning.
_SETTLED = 10.0


def variance_time(mtbf_s: float, mttr_s: float) -> float:
    """Variance of the share of time in which a thing is up, times the length of the time, in s.

    Examples:
        >>> round(variance_time(99.0, 1.0), 6)
        0.019602
    """
    fails, mends = 1.0 / mtbf_s, 1.0 / mttr_s
    return 2.0 * fails * mends / (fails + mends) ** 3


def plan_run(faults: Sequence[Fault], ways: Sequence[Sequence[Fault]], edges: int = 0) -> RunTimes:
    """How long, and how often, a plan is played.

    Args:
        faults: All faults of the network.
        ways: Of each way of each demand, its faults.
        edges: Number of edges.
    """
    if not faults:
        return RunTimes(duration_s=_QUIET_S, warm_up_s=100.0, replicas=_REPLICAS)
    rates = sum(1.0 / _cycle(fault) for fault in faults)
    variances = (
        sum(variance_time(each.mtbf_s or 1.0, each.mttr_s or 1.0) for each in way) for way in ways
    )
    precise = max(variances, default=0.0) / _WANTED**2
    rarest = min((sum(1.0 / _cycle(f) for f in way) for way in ways if way), default=rates)
    total = max(precise, min(0.1 * _FEWEST / rarest, 10.0 * _FEWEST / rates), _FEWEST / rates)
    most = max(_MOST_WORK / max(len(ways) + edges, 1) / rates, precise)
    total = min(total, most, _MOST / rates, _LONGEST_S)
    repair = max(fault.mttr_s or 0.0 for fault in faults)
    duration = max(total / _REPLICAS, repair)
    # Whole seconds, so that the file reads well.
    return RunTimes(
        duration_s=float(math.ceil(duration)),
        warm_up_s=float(math.ceil(min(_SETTLED * repair, duration))),
        replicas=_REPLICAS,
    )


def _cycle(fault: Fault) -> float:
    return (fault.mtbf_s or 0.0) + (fault.mttr_s or 0.0)
