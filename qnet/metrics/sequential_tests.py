"""Tests of a rate while it is watched: several looks, one overall rate of false alarms.

The rate of false alarms is spent over the looks as a function of the share of the trials that have
been seen, and the thresholds follow from it: K. K. G. Lan and D. L. DeMets, Biometrika 70, 659
(1983), doi:10.1093/biomet/70.3.659. Probabilities are exact: the law of the number of events of
runs without an alarm so far is carried from look to look.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from qnet.errors import (
    ParameterError,
    check_integer,
    check_non_negative,
    check_one_of,
    check_positive,
    check_probability,
)
from qnet.metrics.binomial_tests import BinomialTest, binomial_test, check_level

__all__ = ["SPENDING", "SequentialTest", "WatchedLink", "sequential_test"]

#: Least probability of a number of events that is carried on.
_TAIL = 1e-18


def _pocock(share: float, alpha: float) -> float:
    return alpha * math.log1p((math.e - 1.0) * share)


def _obrien_fleming(share: float, alpha: float) -> float:
    from scipy.special import ndtr, ndtri

    if share <= 0.0:
        return 0.0
    return 2.0 * float(ndtr(float(ndtri(alpha / 2.0)) / math.sqrt(share)))


def _even(share: float, alpha: float) -> float:
    return alpha * share


#: Rate of false alarms that is spent, of the share of the trials that are seen and the whole rate.
SPENDING: Mapping[str, Callable[[float, float], float]] = MappingProxyType(
    {"pocock": _pocock, "obrien-fleming": _obrien_fleming, "even": _even}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SequentialTest:
    """Alarm at the first look at which the events so far are more than its threshold.

    Args:
        looks: Trials so far at each look, rising.
        thresholds: One per look; as many as the trials for never.

    Examples:
        >>> test = SequentialTest(looks=(100, 200), thresholds=(8, 12))
        >>> test.alarms([9, 10]), test.alarms([3, 12])
        (0, None)
    """

    looks: tuple[int, ...]
    thresholds: tuple[int, ...]

    def alarms(self, events: Sequence[int]) -> int | None:
        """Number of the first look that alarms, from 0; None for no alarm.

        Args:
            events: Events so far at each look.
        """
        pairs = enumerate(zip(events, self.thresholds, strict=False))
        return next((k for k, (count, limit) in pairs if count > limit), None)

    def alarm_probabilities(
        self, rate: float, *, later: float | None = None, since: int = 0
    ) -> NDArray[np.float64]:
        """Probability of an alarm by each look: exact, by dynamic programming.

        Args:
            rate: Chance of an event.
            later: The chance from some look on, where an attack begins; the same unless given.
            since: Looks that are over by then.

        Returns:
            Shape (looks,), rising; the last one is the size at the honest rate.

        Examples:
            >>> test = SequentialTest(looks=(1, 2), thresholds=(1, 0))
            >>> test.alarm_probabilities(0.5).round(12).tolist()
            [0.0, 0.75]
        """
        first = check_probability("rate", rate)
        second = first if later is None else check_probability("later", later)
        law, offset, seen, total, found = np.ones(1), 0, 0, 0.0, []
        for k, (trials, limit) in enumerate(zip(self.looks, self.thresholds, strict=True)):
            law, offset = _after(law, offset, trials - seen, second if k >= since else first)
            alarm = max(limit + 1 - offset, 0)
            total += float(law[alarm:].sum())
            law, seen = law[:alarm], trials
            found.append(total)
        return np.minimum(np.array(found), 1.0)


def _after(
    law: NDArray[np.float64], offset: int, trials: int, rate: float
) -> tuple[NDArray[np.float64], int]:
    """The law of a number of events, and where it begins, after more trials."""
    if not law.size:
        return law, offset
    first, chances = _events(trials, rate)
    # Sums of positive products: no digits are lost, as they would be in a Fourier transform.
    return np.convolve(law, chances), offset + first


def _events(trials: int, rate: float) -> tuple[int, NDArray[np.float64]]:
    from scipy.stats import binom

    law = binom(trials, rate)
    low, high = max(int(law.ppf(_TAIL)), 0), min(int(law.isf(_TAIL)) + 1, trials)
    return low, np.asarray(law.pmf(np.arange(low, high + 1)), dtype=np.float64)


def sequential_test(
    looks: Sequence[int], rate: float, alpha: float, spending: str = "pocock"
) -> SequentialTest:
    """Thresholds for looks at a rate, with one overall rate of false alarms.

    Args:
        looks: Trials so far at each look, rising.
        rate: Honest chance of an event.
        alpha: Largest rate of false alarms, over all looks.
        spending: One of ``SPENDING``: how much of it may be used up by when.

    Raises:
        ParameterError: If the looks do not rise, or a number is out of its range.
        UnknownNameError: If there is no such spending.

    Examples:
        >>> test = sequential_test([100, 200, 300], 0.02, 1e-3)
        >>> test.thresholds, float(test.alarm_probabilities(0.02)[-1]) <= 1e-3
        ((8, 12, 15), True)
    """
    places = [check_integer("looks", look) for look in looks]
    if not places or any(b <= a for a, b in itertools.pairwise(places)):
        hint = "give trials so far, such as (1000, 2000, 3000)"
        raise ParameterError("looks", "be rising numbers of trials", list(looks), hint)
    p, level = check_probability("rate", rate), check_level("alpha", alpha)
    spend = SPENDING[check_one_of("spending", spending, SPENDING)]
    law, offset, seen, spent = np.ones(1), 0, 0, 0.0
    thresholds: list[int] = []
    for trials in places:
        law, offset = _after(law, offset, trials - seen, p)
        allowed = spend(trials / places[-1], level) - spent
        tails = np.cumsum(law[::-1])[::-1]
        # Smallest threshold whose alarms are within what may be spent.
        fits = np.flatnonzero(np.append(tails, 0.0) <= allowed)
        alarm = int(fits[0])
        spent += float(tails[alarm]) if alarm < len(tails) else 0.0
        thresholds.append(offset + alarm - 1)
        law, seen = law[:alarm], trials
    return SequentialTest(looks=tuple(places), thresholds=tuple(thresholds))


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedLink:
    """A running link whose bits are compared block by block, with one rate of false alarms.

    Every block of compared bits is tested by itself. The level of a block is what makes an honest
    link alarm with ``false_alarm`` at most within the horizon.

    Args:
        compared_rate_hz: Bits that are compared per second.
        block: Compared bits of a block.
        honest: Honest error rate.
        false_alarm: Largest rate of false alarms within the horizon.
        horizon_s: How long the link runs, in s.

    Raises:
        ParameterError: If a number is out of its range, or no block is over within the horizon.

    Examples:
        >>> link = WatchedLink(compared_rate_hz=1e3, block=500, honest=0.02, false_alarm=0.01,
        ...     horizon_s=86_400.0)
        >>> link.blocks, link.test.above
        (172800, 30)
        >>> f"{link.miss(5.0, 0.045):.3f} {link.time_to_notice(0.045, 0.01):.1f} s"
        '0.616 48.0 s'
    """

    compared_rate_hz: float
    block: int
    honest: float
    false_alarm: float = 0.01
    horizon_s: float = 86_400.0

    def __post_init__(self) -> None:
        check_positive("compared_rate_hz", self.compared_rate_hz)
        check_integer("block", self.block)
        check_probability("honest", self.honest)
        check_level("false_alarm", self.false_alarm)
        check_positive("horizon_s", self.horizon_s)
        if self.blocks < 1:
            hint = "take smaller blocks, or a longer horizon"
            raise ParameterError("block", "be over within the horizon", self.block, hint)

    @property
    def blocks(self) -> int:
        """Blocks within the horizon."""
        return math.floor(self.horizon_s * self.compared_rate_hz / self.block * (1.0 + 1e-12))

    @property
    def test(self) -> BinomialTest:
        """The test of a block."""
        level = -math.expm1(math.log1p(-self.false_alarm) / self.blocks)
        return binomial_test(self.block, self.honest, level)

    @property
    def false_alarms(self) -> float:
        """Probability of an alarm within the horizon without a spy: exact."""
        return self._any(self.test.power(self.honest), self.blocks)

    def miss(self, time_s: float, attacked: float) -> float:
        """Probability that a spy is not noticed within a time from the beginning of a block.

        Args:
            time_s: How long the spy has been there, in s.
            attacked: Error rate under attack.
        """
        time = check_non_negative("time_s", time_s)
        over = math.floor(time * self.compared_rate_hz / self.block * (1.0 + 1e-12))
        return 1.0 - self._any(self.test.power(attacked), over)

    def time_to_notice(self, attacked: float, miss: float) -> float:
        """Time in s after which a spy is missed with a probability of at most ``miss``.

        Args:
            attacked: Error rate under attack.
            miss: The probability.

        Returns:
            Whole blocks; infinite where no block ever alarms.
        """
        level, power = check_level("miss", miss), self.test.power(attacked)
        if power <= 0.0:
            return math.inf
        blocks = 1 if power >= 1.0 else math.ceil(math.log(level) / math.log1p(-power) - 1e-12)
        return max(blocks, 1) * self.block / self.compared_rate_hz

    @staticmethod
    def _any(chance: float, times: int) -> float:
        if chance >= 1.0:
            return float(times > 0)
        return -math.expm1(times * math.log1p(-chance))
