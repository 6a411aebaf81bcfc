"""Exact tests of a share of events: thresholds, size and power of a binomial number.

Given how many trials there were, the number of events is binomial, with the chance that the
described device has. The number of clicks of detectors with a dead time is not; its law is that of
`protocols.qkd.detections`: at least k clicks come when k successes fall within ``n - (k - 1) d``
independent gates.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from qnet.errors import check_integer, check_non_negative, check_one_of, check_probability
from qnet.metrics.binomial_tests import TAILS

__all__ = ["ShareTest"]


@dataclass(frozen=True, kw_only=True)
class ShareTest:
    """Whether a number of events among trials is that of the described device.

    Args:
        trials: How many trials there were.
        chance: Of an event per trial, of the described device.
        alpha: Size at most; half of it on either side where the tail is ``"either"``.
        tail: ``"more"``, ``"fewer"`` or ``"either"``.
        dead_gates: Trials after each event in which there can be none.
        tolerance: Relative uncertainty of the described chance: the device may have any chance
            within it.

    Raises:
        ParameterError: If a number is out of its range.

    Examples:
        >>> test = ShareTest(trials=47, chance=0.02, alpha=1e-3, tail="more")
        >>> test.highest, round(test.size, 9), round(test.power(0.26), 9)
        (5, 0.000340053, 0.991581276)
    """

    trials: int
    chance: float
    alpha: float
    tail: str = "more"
    dead_gates: int = 0
    tolerance: float = 0.0

    def __post_init__(self) -> None:
        check_integer("trials", self.trials, 0)
        check_probability("chance", self.chance)
        check_probability("alpha", self.alpha)
        check_one_of("tail", self.tail, TAILS)
        check_integer("dead_gates", self.dead_gates, 0)
        check_non_negative("tolerance", self.tolerance)

    @property
    def _side(self) -> float:
        return self.alpha / 2.0 if self.tail == "either" else self.alpha

    @cached_property
    def highest(self) -> int:
        """Most events without an alarm: the least c with ``P(K > c) <= alpha``."""
        if self.tail == "fewer":
            return self.trials
        chance = min(self.chance * (1.0 + self.tolerance), 1.0)
        low, high = -1, self.trials  # more than ``high`` never come
        while high - low > 1:
            middle = (low + high) // 2
            is_rare = self._above(middle, chance) <= self._side
            low, high = (low, middle) if is_rare else (middle, high)
        return high

    @cached_property
    def lowest(self) -> int:
        """Fewest events without an alarm: the greatest c with ``P(K < c) <= alpha``."""
        if self.tail == "more":
            return 0
        chance = self.chance * max(1.0 - self.tolerance, 0.0)
        low, high = 0, self.trials + 1
        while high - low > 1:
            middle = (low + high) // 2
            is_rare = self._below(middle, chance) <= self._side
            low, high = (middle, high) if is_rare else (low, middle)
        return low

    @property
    def limits(self) -> str:
        """Numbers of events that raise no alarm, in words.

        Examples:
            >>> ShareTest(trials=47, chance=0.02, alpha=1e-3).limits
            'at most 5'
        """
        if self.tail == "more":
            return f"at most {self.highest}"
        if self.tail == "fewer":
            return f"at least {self.lowest}"
        return f"{self.lowest} to {self.highest}"

    def alarms(self, events: int) -> bool:
        """Whether this number of events raises the alarm."""
        high = min(self.chance * (1.0 + self.tolerance), 1.0)
        low = self.chance * max(1.0 - self.tolerance, 0.0)
        many = self.tail != "fewer" and self._above(events - 1, high) <= self._side
        return many or (self.tail != "more" and self._below(events + 1, low) <= self._side)

    @cached_property
    def size(self) -> float:
        """Probability that the device as described raises the alarm."""
        return self.power(self.chance)

    def power(self, chance: float) -> float:
        """Probability that a device with another chance of an event raises the alarm."""
        many = self._above(self.highest, chance) if self.highest < self.trials else 0.0
        few = self._below(self.lowest, chance) if self.lowest > 0 else 0.0
        return min(many + few, 1.0)

    def _above(self, number: int, chance: float) -> float:
        """Probability of more events than this."""
        from scipy.special import betainc

        trials = self.trials - number * self.dead_gates
        if number < 0 or chance >= 1.0:
            return float(number < 0 or number < trials)
        if number >= trials or chance <= 0.0:
            return 0.0
        return float(betainc(number + 1.0, trials - number, chance))

    def _below(self, number: int, chance: float) -> float:
        """Probability of fewer events than this."""
        from scipy.special import betainc

        trials = self.trials - (number - 1) * self.dead_gates
        if number <= 0 or chance >= 1.0:
            return float(number > 0 and number - 1 >= trials)
        if number > trials or chance <= 0.0:
            return 1.0
        return float(betainc(trials - number + 1.0, number, 1.0 - chance))
