r"""Quantiles of deliveries: how many pairs, and how many secret bits, come by when for certain.

Deliveries follow one another: when a pair is delivered, everything starts anew. The time to the
n-th pair, :math:`S_n`, is then a sum of n independent delivery times, and the number of pairs N(t)
within a time t is n or more exactly when :math:`S_n \le t`: renewal theory (W. Feller, An
Introduction to Probability Theory and Its Applications, vol. 2). Every number comes with bounds
that hold for certain; how they are found stands at the head of ``qnet.engines.exact.renewal``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from qnet.engines.exact.bounded_times import BoundedTimes, times_of
from qnet.engines.exact.renewal import Times
from qnet.engines.exact.result import ExactResult
from qnet.errors import ParameterError, check_integer, check_non_negative, check_real
from qnet.estimate import Estimate

__all__ = [
    "PairCount",
    "Promise",
    "pairs_within",
    "promised_bits",
    "promised_bits_of",
    "promised_pairs",
    "time_for",
]

#: One law of delivery times, or two that bound it.
AnyTimes = Times | BoundedTimes

_ENDS = ("low", "best", "high")

#: Step of the time to the n-th pair where the law has none, in mean times.
_FINE = 1e-9

#: Most deliveries that are counted.
_MOST = 1 << 52


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What can be promised.

    Args:
        time_s: The time there is, in s.
        probability: How certain the promise is.
        pairs: Largest number of pairs that come within that time with that probability. The low end
            of its interval is safe; more than its high end cannot be promised.
        bits: Secret bits of that many pairs.
        method: How the distribution was found: ``exact`` or ``rounded``.

    Examples:
        >>> Promise(
        ...     time_s=60.0,
        ...     probability=0.99,
        ...     pairs=Estimate.exact(20.0),
        ...     bits=Estimate.exact(15.0),
        ...     method="exact",
        ... ).bits.best
        15.0
    """

    time_s: float
    probability: float
    pairs: Estimate
    bits: Estimate
    method: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairCount:
    """The distribution of the number of pairs delivered within a time; see `pairs_within`.

    Args:
        times: The distribution of one delivery time.
        time_s: The time there is, in s.

    Examples:
        >>> import numpy as np
        >>> coin = Times.on_grid(1.0, 0.5 ** np.arange(60.0) * (np.arange(60) > 0))
        >>> print(PairCount(times=coin, time_s=3.0).at_least(1))
        0.875
    """

    times: AnyTimes
    time_s: float

    def at_least(self, pairs: int) -> Estimate:
        """Probability that so many pairs or more are delivered.

        Raises:
            ParameterError: If ``pairs`` is no whole number, zero or more.
        """
        return self.times.within(check_integer("pairs", pairs, 0), self.time_s)

    def method(self, pairs: int) -> str:
        """How that probability is found: ``exact`` or ``rounded``."""
        return self.times.method(check_integer("pairs", pairs), self.time_s)

    def quantile(self, probability: float) -> Estimate:
        """Largest number of pairs that are delivered with at least this probability.

        Raises:
            ParameterError: If the probability does not lie between 0 and 1.
        """
        wanted = _check_chance(probability)
        known = cache(self.at_least)
        most = _most(self.times, self.time_s)
        guess = min(most, int(self.time_s / self.times.mean_s))

        def largest(end: str) -> int:
            return _largest(lambda n: float(getattr(known(n), end)) >= wanted, guess, most)

        return Estimate(largest("low"), largest("best"), largest("high"))


def pairs_within(result: ExactResult | AnyTimes, time_s: float) -> PairCount:
    """The distribution of the number of pairs N(t) delivered within a time.

    Args:
        result: What the exact engine found, or a law of delivery times.
        time_s: The time there is, in s.

    Returns:
        ``.at_least(n)`` is P(N >= n); ``.quantile(q)`` the number that comes with probability q.

    Raises:
        ParameterError: If the time is negative or not finite.

    Examples:
        >>> from qnet import Link, play
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(0.98))
        >>> count = pairs_within(play(link, engine="exact"), 10.0)
        >>> round(count.at_least(5).best, 6)  # five successes or more in ten tosses
        0.623047
    """
    return PairCount(times=_times(result), time_s=check_non_negative("time_s", time_s))


def time_for(result: ExactResult | AnyTimes, pairs: int, probability: float = 0.5) -> Estimate:
    """Time in s within which so many pairs are delivered with a given probability.

    Args:
        result: What the exact engine found, or a law of delivery times.
        pairs: Number of pairs n.
        probability: Between 0 and 1; one half gives the median of the time to the n-th pair.

    Returns:
        The time. Its high end is infinite where what the result leaves untracked keeps the promise
        open.

    Raises:
        ParameterError: If ``pairs`` is no whole number above zero, or the probability does not lie
            between 0 and 1.

    Examples:
        >>> from qnet import Link, play
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(0.98))
        >>> time_for(play(link, engine="exact"), 2, 0.6).best  # 1/4 after two tosses, 1/2, 11/16
        4.0
    """
    count, wanted = check_integer("pairs", pairs), _check_chance(probability)
    times = _times(result)
    step = times.step_s or _FINE * times.mean_s
    known = cache(lambda steps: times.within(count, steps * step))
    most = int(count * times.latest_s / step) + 1
    guess = int(min(count * times.mean_s / step, most))

    def steps(end: str) -> float:
        too_short = _largest(lambda n: float(getattr(known(n), end)) < wanted, guess, most)
        return (too_short + 1) * step if too_short < most else math.inf

    low, best, high = steps("high"), steps("best"), steps("low")
    # Between steps, the earlier end is safe.
    return Estimate(low if times.step_s else max(0.0, low - step), best, high)


def promised_pairs(result: ExactResult | AnyTimes, time_s: float, probability: float) -> Estimate:
    """Number of pairs that will be delivered within a time, with a given probability.

    Args:
        result: What the exact engine found, or a law of delivery times.
        time_s: The time there is, in s.
        probability: How certain the promise must be.

    Returns:
        The largest n with P(N >= n) at least that probability. The low end of its interval is safe.

    Raises:
        ParameterError: If the time is negative or the probability does not lie between 0 and 1.

    Examples:
        >>> from qnet import Link, play
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(0.98))
        >>> print(promised_pairs(play(link, engine="exact"), 100.0, 0.99))
        38
    """
    return pairs_within(result, time_s).quantile(probability)


def promised_bits(result: ExactResult, time_s: float, probability: float) -> Promise:
    """Secret bits that can be promised within a time: promised pairs times the secret fraction.

    The fraction is the asymptotic one of the mean state: nothing is taken off for sifting, for
    parameter estimation or for the finite length of the key.

    Args:
        result: What the exact engine found.
        time_s: The time there is, in s.
        probability: How certain the promise must be.

    Raises:
        ParameterError: If the time is negative or the probability does not lie between 0 and 1.

    Examples:
        >>> from qnet import Link, play
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(0.9))
        >>> print(promised_bits(play(link, engine="exact"), 100.0, 0.99).bits)
        16.2338
    """
    return promised_bits_of(_times(result), result.secret_key_fraction, time_s, probability)


def promised_bits_of(
    times: AnyTimes, fraction: Estimate, time_s: float, probability: float
) -> Promise:
    """The same from a law of delivery times, on a grid or not, and a secret fraction.

    Args:
        times: The law; what is untracked and how far times may be off widen the bounds.
        fraction: Secret bits per pair.
        time_s: The time there is, in s.
        probability: How certain the promise must be.

    Raises:
        ParameterError: If the time is negative or the probability does not lie between 0 and 1.

    Examples:
        >>> import numpy as np
        >>> clock = Times(times_s=np.array([1.5]), mass=np.ones(1))
        >>> print(promised_bits_of(clock, Estimate.exact(0.5), 100.0, 0.99).bits)
        33
    """
    count = pairs_within(times, time_s)
    pairs = count.quantile(probability)
    low, best, high = (getattr(pairs, end) * getattr(fraction, end) for end in _ENDS)
    return Promise(
        time_s=count.time_s,
        probability=float(probability),
        pairs=pairs,
        bits=Estimate(low, best, high),
        method=count.method(max(1, int(pairs.best))),
    )


def _times(result: ExactResult | AnyTimes) -> AnyTimes:
    return times_of(result.delivery_law) if isinstance(result, ExactResult) else result


def _most(times: AnyTimes, time_s: float) -> int:
    """Most deliveries that a time has room for."""
    if not times.shortest_s > 0.0:
        return _MOST
    if time_s > times.shortest_s * float(_MOST):
        hint = "counts beyond 2^52 pairs are not exact"
        raise ParameterError("time_s", f"have room for at most {_MOST} pairs", time_s, hint)
    return int(time_s / times.shortest_s * (1.0 + 1e-12)) + 1


def _largest(holds: Callable[[int], bool], guess: int, most: int) -> int:
    """Largest whole number up to ``most`` at which a condition holds that holds up to some number.

    Zero counts as holding. From the guess outwards in growing strides, then by halves.
    """
    stride = max(1, math.isqrt(guess))
    low, high = 0, most + 1
    at = min(max(guess, 1), most)
    while low < at < high:
        if holds(at):
            low, at = at, at + stride
        else:
            high, at = at, at - stride
        stride *= 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def _check_chance(probability: float) -> float:
    if not 0.0 < check_real("probability", probability) < 1.0:
        hint = "give how certain the promise must be, such as 0.99"
        raise ParameterError("probability", "lie between 0 and 1", probability, hint)
    return float(probability)
