"""Independent oracle: repeater trees by enumeration of what can happen, up to a last step.

Every pair of arrival times (and ages) of the two parts of a swap is followed clock tick by clock
tick, with its probability; failed rounds are put one after the other by the renewal equation, term
by term. Time and age count attempts. Nothing is transformed, tilted or cut in blocks.
"""

from __future__ import annotations

import math
from collections import defaultdict

#: What comes after the last step.
NEVER = (math.inf, 0)


def link(p, last):
    """Delivery (time, age) -> [probability, probability times Werner parameter]."""
    law = {(t, 0): [p * (1 - p) ** (t - 1)] * 2 for t in range(1, last + 1)}
    law[NEVER] = [(1 - p) ** last] * 2
    return law


def one_round(left, right, kind, limit, last):
    """Clock tick by clock tick: ``("ready", clock)``, ``("dropped", clock)``, or ``None``."""
    times, ages = (left[0], right[0]), (left[1], right[1])
    for clock in range(1, last + 1):
        present = [clock >= time for time in times]
        waited = [clock - time for time in times]
        if kind == "total":
            over = clock >= limit and not all(present)
        elif kind == "difference":
            over = not all(present) and any(
                p and w >= limit for p, w in zip(present, waited, strict=True)
            )
        elif kind == "age":
            old = [a + w for a, w in zip(ages, waited, strict=True)]
            over = any(
                p and (o > limit or (o == limit and not all(present)))
                for p, o in zip(present, old, strict=True)
            )
        else:
            over = False
        if over:
            return "dropped", clock
        if all(present):
            return "ready", clock
    return None


def swap(left, right, q, cutoff, coherence, last):
    """The same law for the pair after the swap."""
    kind, limit = cutoff or (None, 0)
    ready, failed = defaultdict(lambda: [0.0, 0.0]), [0.0] * (last + 1)
    for one, (p1, w1) in left.items():
        for two, (p2, w2) in right.items():
            outcome = one_round(one, two, kind, limit, last)
            if outcome is None:
                continue
            what, clock = outcome
            if what == "dropped":
                failed[clock] += p1 * p2
                continue
            failed[clock] += (1 - q) * p1 * p2
            stored = math.exp(-(2 * clock - one[0] - two[0]) / coherence)
            entry = ready[clock, max(one[1] + clock - one[0], two[1] + clock - two[0])]
            entry[0] += q * p1 * p2
            entry[1] += q * w1 * w2 * stored
    law = defaultdict(lambda: [0.0, 0.0])
    # A delivery at t is a first round, or a failure at u and then a delivery at t - u.
    by_time = defaultdict(list)
    for t in range(1, last + 1):
        found = defaultdict(lambda: [0.0, 0.0])
        for (clock, age), (p, w) in ready.items():
            if clock == t:
                found[age][0] += p
                found[age][1] += w
        for u in range(1, t):
            for age, p, w in by_time[t - u]:
                found[age][0] += failed[u] * p
                found[age][1] += failed[u] * w
        by_time[t] = [(age, p, w) for age, (p, w) in found.items()]
        for age, (p, w) in found.items():
            law[t, age] = [p, w]
    rest = 1.0 - math.fsum(p for p, _ in law.values())
    law[NEVER] = [rest, rest]
    return dict(law)


def nested(ps, q, cutoffs, coherence, last):
    """Balanced tree over links with these probabilities, one cut-off per level."""
    level = [link(p, last) for p in ps]
    for cutoff in cutoffs:
        level = [
            swap(left, right, q, cutoff, coherence, last)
            for left, right in zip(level[::2], level[1::2], strict=True)
        ]
    return level[0]


def by_step(law, last):
    """Probability, and probability times Werner parameter, of delivery at each step."""
    probability, weighed = [0.0] * (last + 1), [0.0] * (last + 1)
    for (time, _age), (p, w) in law.items():
        if time <= last:
            probability[time] += p
            weighed[time] += w
    return probability, weighed
