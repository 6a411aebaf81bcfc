"""Exact binomial tests of one rate: thresholds, size, power, and how many trials they take.

An exact test does not gain power with every trial: where one more trial raises the threshold, the
power drops. The first number of trials that reaches a power and the number from which every larger
one does are therefore two numbers, and both are given; the second one is proven, not sought up to
some limit: beyond Chernoff's bound every number of trials will do, and up to it all are looked at.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qnet.errors import (
    ParameterError,
    check_integer,
    check_one_of,
    check_probability,
    check_real,
)

__all__ = [
    "TAILS",
    "BinomialTest",
    "SampleSizes",
    "binomial_test",
    "check_level",
    "normal_sample_size",
    "sample_sizes",
]

#: Which way an alarm goes: more events than expected, fewer, or either.
TAILS = ("more", "fewer", "either")

#: Most thresholds that are looked at one by one.
_MOST = 300_000

#: Steps between those that are sought on their own, and how near to their line the others lie.
_STRIDE, _NEAR = 64, 3.0

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


def check_level(field: str, value: object) -> float:
    """Return an error probability of a test as a float strictly between 0 and 1, or raise.

    Examples:
        >>> check_level("alpha", 1e-3)
        0.001
    """
    number = check_real(field, value, "1e-3 is usual")
    if not 0.0 < number < 1.0:
        raise ParameterError(field, "lie strictly between 0 and 1", value, "1e-3 is usual")
    return number


def _more_than(count: ArrayLike, n: ArrayLike, p: float) -> Numbers:
    """``P(X > count)`` of the binomial distribution."""
    from scipy.special import betainc

    k, trials = np.asarray(count, dtype=float), np.asarray(n, dtype=float)
    inside = (k >= 0.0) & (k < trials)
    found = betainc(np.where(inside, k + 1.0, 1.0), np.where(inside, trials - k, 1.0), p)
    return np.where(inside, found, (k < 0.0).astype(float))


def _at_most(count: ArrayLike, n: ArrayLike, p: float) -> Numbers:
    """``P(X <= count)`` of the binomial distribution."""
    from scipy.special import betaincc

    k, trials = np.asarray(count, dtype=float), np.asarray(n, dtype=float)
    inside = (k >= 0.0) & (k < trials)
    found = betaincc(np.where(inside, k + 1.0, 1.0), np.where(inside, trials - k, 1.0), p)
    return np.where(inside, found, (k >= trials).astype(float))


@dataclass(frozen=True, slots=True, kw_only=True)
class BinomialTest:
    """Alarm where the events among ``n`` trials are more than one number, or fewer than another.

    Args:
        n: Trials.
        above: Alarm where there are more events; ``n`` for never.
        below: Alarm where there are fewer events; 0 for never.

    Examples:
        >>> test = BinomialTest(n=47, above=5)
        >>> test.alarms(6), round(test.power(0.02), 12), round(test.power(0.26), 9)
        (True, 0.000340052915, 0.991581276)
    """

    n: int
    above: int
    below: int = 0

    def alarms(self, events: int) -> bool:
        """Whether so many events raise the alarm."""
        return events > self.above or events < self.below

    def power(self, rate: float) -> float:
        """Probability of an alarm where an event has this chance; the size at the honest rate."""
        p = check_probability("rate", rate)
        more = float(_more_than(self.above, self.n, p))
        return min(1.0, more + float(_at_most(self.below - 1, self.n, p)))


def binomial_test(n: int, rate: float, alpha: float, tail: str = "more") -> BinomialTest:
    """The most powerful alarm whose rate is at most ``alpha`` where an event has the honest chance.

    Args:
        n: Trials.
        rate: Honest chance of an event.
        alpha: Largest rate of false alarms; an alarm either way takes half of it each way.
        tail: ``"more"``, ``"fewer"`` or ``"either"``.

    Raises:
        ParameterError: If a number is out of its range.
        UnknownNameError: If the tail does not exist.

    Examples:
        >>> binomial_test(47, 0.02, 1e-3)
        BinomialTest(n=47, above=5, below=0)
        >>> binomial_test(1000, 0.5, 1e-3, "either")
        BinomialTest(n=1000, above=552, below=448)
    """
    trials, p = check_integer("n", n), check_probability("rate", rate)
    level = check_level("alpha", alpha)
    check_one_of("tail", tail, TAILS)
    share = level / 2.0 if tail == "either" else level
    above = below = None
    if tail != "fewer":
        above = _least(lambda c: _more_than(c, trials, p) <= share, 0, trials)
    if tail != "more":
        # Fewer than c: at most c - 1.
        below = _least(lambda c: _at_most(c, trials, p) > share, 0, trials)
    return BinomialTest(n=trials, above=trials if above is None else above, below=below or 0)


def _least(holds: Callable[[Numbers], Flags], low: int, high: int) -> int:
    """Smallest whole number at which a condition holds that stays true; it does at ``high``."""
    return int(_least_of(holds, np.array([float(low)]), np.array([float(high)]))[0])


def _least_of(holds: Callable[[Numbers], Flags], low: Numbers, high: Numbers) -> Numbers:
    """Smallest whole numbers, elementwise; ``high`` where it holds nowhere below."""
    low, high = low.copy(), high.copy()
    while np.any(low < high):
        middle = np.floor((low + high) / 2.0)
        # Above 2**53 floats are further apart than 1: each step still narrows the span.
        middle = np.where(middle >= high, low, middle)
        found = np.asarray(holds(middle), dtype=bool)
        high = np.where(found, middle, high)
        above = np.maximum(middle + 1.0, np.nextafter(middle, np.inf))
        low = np.where(found | (low >= high), low, above)
        low = np.minimum(low, high)
    return high


def _staircase(
    holds: Callable[[Numbers, Numbers], Flags], steps: Numbers, low: Numbers, high: Numbers
) -> Numbers:
    """Smallest whole number of each step, where they rise almost evenly with the steps.

    Every 64th is sought; the others lie near the line between, which is checked, or are sought too.
    """
    if len(steps) <= 4 * _STRIDE:
        return _least_of(lambda n: holds(n, steps), low, high)
    nodes = np.unique(np.append(np.arange(0, len(steps), _STRIDE), len(steps) - 1))
    found = _least_of(lambda n: holds(n, steps[nodes]), low[nodes], high[nodes])
    line = np.interp(np.arange(len(steps)), nodes, found)
    near = np.clip(np.floor(line) - _NEAR, low, high)
    far = np.clip(np.ceil(line) + _NEAR, low, high)
    inside = (near <= low) | ~holds(near - 1.0, steps)
    inside &= (far >= high) | holds(far, steps)
    answer = _least_of(lambda n: holds(n, steps), near, far)
    rest = np.flatnonzero(~inside)
    answer[rest] = _least_of(lambda n: holds(n, steps[rest]), low[rest], high[rest])
    return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSizes:
    """How many trials tell one rate from another.

    Args:
        n_first: Smallest number of trials whose test has the power.
        n_safe: Smallest number from which every larger one has it too.
        threshold: Of the test with ``n_first`` trials: alarm where events are more, or fewer.
        size: Its rate of false alarms.
        power: Its probability of an alarm under attack.
        tail: Which way the alarm goes; ``"either"`` alarms on both sides, and its threshold is that
            of the side of the attacked rate.
        method: ``"exact"``, or ``"normal"`` for the normal approximation.

    Examples:
        >>> sizes = sample_sizes(0.02, 0.26, alpha=1e-3, beta=1e-2)
        >>> sizes.n_first, sizes.threshold, sizes.method
        (47, 5, 'exact')
    """

    n_first: int
    n_safe: int
    threshold: float
    size: float
    power: float
    tail: str = "more"
    method: str = "exact"


def sample_sizes(
    honest: float, attacked: float, *, alpha: float, beta: float, tail: str | None = None
) -> SampleSizes:
    """How many trials an exact test takes to tell an attacked rate from the honest one.

    With the threshold between the rates at which both of Chernoff's bounds fall to what is asked
    after equally many trials, ``N D(t|p0) = ln 1/alpha`` and ``N D(t|p1) = ln 1/beta``, every
    number of trials from N on will do. Below, the power rises with n while the threshold stays
    (falls, where fewer events alarm), so that one look at each threshold sees every n.

    Args:
        honest: Honest chance of an event.
        attacked: Its chance under attack.
        alpha: Largest rate of false alarms.
        beta: Largest probability to miss the attack.
        tail: Which way the alarm goes; the way of the attacked rate unless given. ``"either"``
            takes half of ``alpha`` each way, and counts on the side of the attacked rate alone.

    Raises:
        ParameterError: If the rates are equal, the alarm goes the other way, or a number is out
            of its range.

    Examples:
        >>> sizes = sample_sizes(0.02, 0.068, alpha=1e-3, beta=1e-2)
        >>> sizes.n_first, sizes.n_safe, sizes.threshold
        (481, 499, 20)
    """
    p0, p1 = check_probability("honest", honest), check_probability("attacked", attacked)
    a, b = check_level("alpha", alpha), check_level("beta", beta)
    if p0 == p1:
        hint = "an attack that moves nothing is never noticed"
        raise ParameterError("attacked", "differ from the honest rate", attacked, hint)
    way = "more" if p1 > p0 else "fewer"
    side = check_one_of("tail", way if tail is None else tail, TAILS)
    if side not in (way, "either"):
        hint = f"leave it out, or take {way!r}"
        raise ParameterError("tail", "be the side of the attacked rate", side, hint)
    level = a / 2.0 if side == "either" else a
    found = _first_and_safe(p0, p1, level, b, way)
    if found is None:
        return _normal_sizes(p0, p1, level, b, side, way)
    n_first, n_safe = found
    test = binomial_test(n_first, p0, a, side)
    return SampleSizes(
        n_first=n_first,
        n_safe=n_safe,
        threshold=test.above if way == "more" else test.below,
        size=test.power(p0),
        power=test.power(p1),
        tail=side,
    )


def _first_and_safe(
    p0: float, p1: float, alpha: float, beta: float, way: str
) -> tuple[int, int] | None:
    """The first number of trials and the safe one; None where there are too many thresholds."""
    if p0 in (0.0, 1.0):
        # Not one event (or not one miss) is honest: the threshold never moves.
        still = p1 if p0 == 1.0 else 1.0 - p1
        n = 1 if still == 0.0 else max(1, math.ceil(math.log(beta) / math.log(still) - 1e-12))
        return n, n
    bound = _chernoff(p0, p1, alpha, beta)
    least = _fewest(p0, p1, alpha, beta)
    low = binomial_test(least, p0, alpha, way)
    high = binomial_test(bound, p0, alpha, way)
    first, last = (low.above, high.above) if way == "more" else (low.below, high.below)
    if last - first > _MOST:
        return None
    thresholds = np.arange(max(first, 0), last + 1, dtype=float)
    spans = _spans_more if way == "more" else _spans_fewer
    begins, ends, good_from, good_to = spans(thresholds, p0, p1, alpha, beta, float(bound))
    start = np.maximum(begins, good_from)
    stop = np.minimum(ends, good_to)
    has_good = start <= stop
    n_first = int(start[has_good].min())
    # What is bad of each span: before its good ones, or after.
    before = (begins < good_from) & (begins <= ends)
    after = (good_to < ends) & (begins <= ends)
    bad = np.concatenate(
        [np.minimum(ends, good_from - 1.0)[before], ends[after], [float(least) - 1.0]]
    )
    return n_first, max(n_first, int(bad.max()) + 1)


def _spans_more(
    c: Numbers, p0: float, p1: float, alpha: float, beta: float, bound: float
) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """First and last n with each threshold, and first and last n at which it has the power."""
    far = np.full(len(c) + 1, bound + 1.0)
    steps = np.append(c, c[-1] + 1.0)
    # The threshold is c from the first n on at which c - 1 alarms too often.
    begins = _staircase(
        lambda n, k: _more_than(k - 1.0, n, p0) > alpha, steps, np.maximum(steps, 1.0), far
    )
    begins[0] = 1.0 if c[0] == 0.0 else begins[0]
    good = _staircase(lambda n, k: _more_than(k, n, p1) >= 1.0 - beta, c, c + 1.0, far[:-1])
    return begins[:-1], np.minimum(begins[1:] - 1.0, bound), good, np.full(len(c), bound)


def _spans_fewer(
    c: Numbers, p0: float, p1: float, alpha: float, beta: float, bound: float
) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """As `_spans_more`, for alarms of too few events: the power falls with n."""
    far = np.full(len(c) + 1, bound + 1.0)
    steps = np.append(c, c[-1] + 1.0)
    begins = _staircase(
        lambda n, k: _at_most(k - 1.0, n, p0) <= alpha, steps, np.maximum(steps, 1.0), far
    )
    begins[0] = 1.0 if c[0] == 0.0 else begins[0]
    lost = _staircase(
        lambda n, k: _at_most(k - 1.0, n, p1) < 1.0 - beta, c, np.ones(len(c)), far[:-1]
    )
    return begins[:-1], np.minimum(begins[1:] - 1.0, bound), np.ones(len(c)), lost - 1.0


def _divergence(t: float, p: float) -> float:
    """Relative entropy of two coins in nats, ``p f(t/p - 1) + q f(...)`` as nothing cancels."""
    if (p == 0.0 and t > 0.0) or (p == 1.0 and t < 1.0):
        return math.inf
    moved = ((p, t - p), (1.0 - p, p - t))
    return math.fsum(part * _excess(step / part) for part, step in moved if part > 0.0)


def _excess(x: float) -> float:
    """``(1 + x) ln(1 + x) - x``, which is ``x^2/2`` near zero."""
    if abs(x) < 1e-4:
        return x * x * (1.0 / 2.0 - x * (1.0 / 6.0 - x * (1.0 / 12.0 - x / 20.0)))
    return -x if x <= -1.0 else (1.0 + x) * math.log1p(x) - x


def _chernoff(p0: float, p1: float, alpha: float, beta: float) -> int:
    """Number of trials from which every larger one will do, by Chernoff's bounds."""
    from scipy.optimize import brentq

    asked = math.log(1.0 / alpha), math.log(1.0 / beta)
    if p1 in (0.0, 1.0):
        return max(1, math.ceil(asked[0] / _divergence(p1, p0))) + 1

    def surplus(t: float) -> float:
        return _divergence(t, p0) / asked[0] - _divergence(t, p1) / asked[1]

    t = float(brentq(surplus, min(p0, p1), max(p0, p1), xtol=1e-300, rtol=1e-14))
    # The root is rounded: what both bounds need of it, and one more.
    needed = max(asked[0] / _divergence(t, p0), asked[1] / _divergence(t, p1))
    return math.ceil(needed * (1.0 + 1e-12)) + 1


def _fewest(p0: float, p1: float, alpha: float, beta: float) -> int:
    """Number of trials below which no test will do: alarms cannot differ more than the trials."""
    if alpha >= 1.0 - beta:
        return 1
    told = _divergence(1.0 - beta, alpha), _divergence(alpha, 1.0 - beta)
    each = _divergence(p1, p0), _divergence(p0, p1)
    bounds = [a / b for a, b in zip(told, each, strict=True) if 0.0 < b < math.inf]
    return max(1, math.floor(max(bounds, default=1.0) * (1.0 - 1e-9)))


def normal_sample_size(honest: float, attacked: float, *, alpha: float, beta: float) -> float:
    """Trials by the normal approximation of both binomials: not whole, and not a bound.

    ``((z_alpha s_0 + z_beta s_1)/(p_1 - p_0))^2`` with ``s^2 = p (1 - p)``.

    Args:
        honest: Honest chance of an event.
        attacked: Its chance under attack.
        alpha: Rate of false alarms, one way.
        beta: Probability to miss the attack.

    Examples:
        >>> round(normal_sample_size(0.02, 0.068, alpha=1e-3, beta=1e-2), 1)
        450.0
    """
    from scipy.special import ndtri

    p0, p1 = check_probability("honest", honest), check_probability("attacked", attacked)
    z0 = -float(ndtri(check_level("alpha", alpha)))
    z1 = -float(ndtri(check_level("beta", beta)))
    if p0 == p1:
        hint = "an attack that moves nothing is never noticed"
        raise ParameterError("attacked", "differ from the honest rate", attacked, hint)
    spread = z0 * math.sqrt(p0 * (1.0 - p0)) + z1 * math.sqrt(p1 * (1.0 - p1))
    return (spread / (p1 - p0)) ** 2


def _normal_sizes(
    p0: float, p1: float, level: float, beta: float, side: str, way: str
) -> SampleSizes:
    """Sizes by the normal approximation; the test itself is exact still."""
    n = math.ceil(normal_sample_size(p0, p1, alpha=level, beta=beta))
    test = binomial_test(n, p0, 2.0 * level if side == "either" else level, side)
    return SampleSizes(
        n_first=n,
        n_safe=n,
        threshold=test.above if way == "more" else test.below,
        size=test.power(p0),
        power=test.power(p1),
        tail=side,
        method="normal",
    )
