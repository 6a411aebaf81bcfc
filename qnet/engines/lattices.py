"""Probabilities that a cut-off lets links meet, from the lattices on which their pairs arrive.

A link succeeds at whole multiples of its attempt time, so two links whose attempts have different
durations can be ready together hardly ever, or never: no law of continuous waiting times sees that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qnet.plans import Cutoff, Plan
from qnet.states.pauli import Array

__all__ = ["Lattice", "lattice_of", "passed_on_lattices"]

#: Times closer than this share of themselves count as equal, as in the engines.
_TOLERANCE = 1e-12

#: Most arrivals that are gone through one by one.
_MOST_ARRIVALS = 1 << 20

#: Weights below exp(-this) are nothing in double precision.
_NOTHING = 700.0

#: Beyond this exponent nothing matters where arrivals are looked at in blocks.
_NEGLIGIBLE = 40.0

#: Blocks of arrivals, and how many of each are looked at.
_BLOCKS = 1 << 10


@dataclass(frozen=True, slots=True)
class Lattice:
    """Arrivals at ``k * step_s``, k = 1, 2, ..., with probability ``chance (1 - chance)^(k - 1)``.

    Args:
        chance: Success probability of an attempt, above 0.
        step_s: Duration of an attempt in s.
    """

    chance: float
    step_s: float

    @property
    def decay(self) -> float:
        """Exponent by which the weight falls from one arrival to the next."""
        return -math.log1p(-self.chance) if self.chance < 1.0 else 2.0 * _NOTHING

    def before(self, steps: float) -> float:
        """Probability of an arrival within this number of steps."""
        return -math.expm1(-self.decay * max(steps, 0.0))


def lattice_of(plan: Plan) -> Lattice | None:
    """The arrivals of a link, or of several links of which the first counts; None of others.

    Examples:
        >>> from qnet import Link, Multiplex
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.5, attempt_time_s=1.5, state=werner(0.98))
        >>> lattice_of(Multiplex(pair=link, copies=2))
        Lattice(chance=0.75, step_s=1.5)
    """
    chance, step_s = plan.attempts or (0.0, 0.0)
    return Lattice(chance, step_s) if chance > 0.0 else None


def passed_on_lattices(cutoff: Cutoff, parts: list[Lattice], order: str) -> float | None:
    """Probability that a cut-off lets a round of links through.

    Sums of geometric laws over the arrivals that lie within the cut-off, complete up to what double
    precision can hold: 0 says that no round ever passes. Only where the links are so rare that more
    than 2^20 arrivals count, blocks of them stand for all.

    Args:
        cutoff: The rule; a link's pair is fresh, so that ``age`` is ``difference``.
        parts: Two links, or copies of one.
        order: ``parallel`` or ``sequential``.

    Returns:
        The probability, or None where there is no such sum.

    Examples:
        Two links that must succeed in the same attempt do so with probability p / (2 - p):

        >>> same = Cutoff(kind="difference", time_s=0.0)
        >>> round(passed_on_lattices(same, [Lattice(0.5, 1.0)] * 2, "parallel"), 12)
        0.333333333333
        >>> passed_on_lattices(same, [Lattice(0.1, 1.0), Lattice(0.1, 1.41421356)], "parallel")
        0.0
    """
    limit = cutoff.time_s * (1.0 + _TOLERANCE)
    if order == "sequential":
        later = parts if cutoff.kind == "total" else parts[1:]
        return _sum_within(later, limit)
    if cutoff.kind == "total":
        return math.prod(part.before(_whole(limit / part.step_s)) for part in parts)
    if len(set(parts)) == 1:
        return _copies_within(parts[0], len(parts), _whole(limit / parts[0].step_s))
    if len(parts) != 2:
        return None
    one, two = parts
    if _arrivals(two, one, limit, _NOTHING) < _arrivals(one, two, limit, _NOTHING):
        one, two = two, one
    return _meet(one, two, limit)


def _sum_within(parts: list[Lattice], limit: float) -> float | None:
    """Probability that arrivals one after the other take no longer than ``limit``."""
    if len(set(parts)) == 1:
        return _successes(parts[0], len(parts), _whole(limit / parts[0].step_s))
    one, two = parts
    count = limit / one.step_s
    if count > _MOST_ARRIVALS:
        return None
    at = np.arange(1, math.floor(count) + 1)
    left = np.floor((limit - at * one.step_s) / two.step_s * (1.0 + _TOLERANCE))
    within = -np.expm1(-two.decay * np.maximum(left, 0.0))
    return float((one.chance * np.exp(-one.decay * (at - 1)) * within).sum())


def _successes(part: Lattice, wanted: int, trials: float) -> float:
    """Probability of so many successes or more: one less the binomial chances of fewer.

    Where these leave nothing, that of exactly so many, which is less.
    """
    if trials < wanted:
        return 0.0
    if part.decay * trials > _NOTHING:
        return 1.0
    terms = [math.exp(-part.decay * trials)]
    odds = part.chance / (1.0 - part.chance)
    for k in range(wanted):
        terms.append(terms[-1] * (trials - k) * odds / (k + 1))
    return max(1.0 - sum(terms[:-1]), terms[-1])


def _whole(steps: float) -> float:
    """The whole steps of a number of them that may be infinite."""
    return float(np.floor(steps))


def _copies_within(part: Lattice, copies: int, steps: float) -> float:
    """Probability that the first and the last of equal links lie at most so many steps apart.

    Summed over the step of the first one: all within the window that begins there, less all after
    its first step.
    """
    alone = math.exp(-part.decay)
    window = part.before(steps + 1)
    rest = alone * part.before(steps)
    return float((window**copies - rest**copies) / -math.expm1(-copies * part.decay))


def _pace(one: Lattice, two: Lattice) -> float:
    """Exponent by which the weight of a meeting falls from one arrival of ``one`` to the next."""
    return one.decay + two.decay * one.step_s / two.step_s


def _arrivals(one: Lattice, two: Lattice, limit: float, exponent: float) -> float:
    """Number of arrivals of ``one`` after which a meeting's weight has fallen by an exponent.

    Those within ``limit`` may meet the first arrival of ``two``; of later ones both must be late.
    """
    both = limit / one.step_s + exponent / _pace(one, two)
    return 1.0 + min(both, exponent / one.decay)


def _meet(one: Lattice, two: Lattice, limit: float) -> float:
    """Probability that two links arrive within ``limit`` of each other."""
    count = _arrivals(one, two, limit, _NOTHING)
    if count <= _MOST_ARRIVALS:
        return float(_meetings(one, two, limit, np.arange(1.0, math.floor(count) + 1)).sum())
    length = max(_arrivals(one, two, limit, _NEGLIGIBLE) / _BLOCKS, float(_BLOCKS))
    total = 0.0
    for block in range(_BLOCKS):
        at = math.floor(block * length) + np.arange(1.0, _BLOCKS + 1)
        pace = one.decay if at[0] * one.step_s <= limit else _pace(one, two)
        share = -math.expm1(-pace * length) / -math.expm1(-pace * _BLOCKS)
        total += share * float(_meetings(one, two, limit, at).sum())
    if total > 0.0:
        return total
    # None of the arrivals looked at: as many as where the lattices lie at random.
    near = limit + _TOLERANCE * one.step_s / _pace(one, two)
    return one.chance * two.chance * 2.0 * near / two.step_s / -math.expm1(-_pace(one, two))


def _meetings(one: Lattice, two: Lattice, limit: float, at: Array) -> Array:
    """Probability that ``one`` arrives at each of these steps and ``two`` within ``limit``."""
    time = at * one.step_s
    first = np.maximum(np.ceil((time * (1.0 - _TOLERANCE) - limit) / two.step_s), 1.0)
    last = np.floor((time * (1.0 + _TOLERANCE) + limit) / two.step_s)
    wide = np.maximum(last - first + 1.0, 0.0)
    exponent = one.decay * (at - 1.0) + two.decay * (first - 1.0)
    return np.asarray(one.chance * np.exp(-exponent) * -np.expm1(-two.decay * wide))
