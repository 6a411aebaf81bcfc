"""Exact comparison of two rates, conditional on all events together: Fisher's test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qnet.errors import ParameterError, check_integer, check_one_of, check_probability
from qnet.metrics.binomial_tests import TAILS, check_level

__all__ = ["RateComparison"]

#: Probability beyond which counts are left out when a power is summed up, at each end.
_TAIL = 1e-13

#: How much more likely a table may be by rounding and still count as equally likely.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class RateComparison:
    """Test of whether events are as frequent among ``n`` trials as among ``reference`` others.

    Given all events together, those among the first ``n`` trials are hypergeometric whatever the
    rate is (R. A. Fisher, J. R. Stat. Soc. 98, 39 (1935)): the alarm rate is
    at most ``alpha`` for every common rate.

    Args:
        n: Trials that are tested.
        reference: Trials that are compared with.
        alpha: Largest rate of false alarms.
        tail: ``"more"``: events are more frequent among the tested; ``"fewer"``; or ``"either"``,
            half of ``alpha`` each way.

    Raises:
        ParameterError: If a number is out of its range.

    Examples:
        >>> test = RateComparison(n=10, reference=10, alpha=0.05)
        >>> round(test.p_value(8, 2), 9), test.alarms(8, 2)
        (0.011507069, True)
        >>> test.power(0.2, 0.2) < 0.05 < test.power(0.9, 0.2)
        True
    """

    n: int
    reference: int
    alpha: float
    tail: str = "more"

    def __post_init__(self) -> None:
        check_integer("n", self.n)
        check_integer("reference", self.reference)
        check_level("alpha", self.alpha)
        check_one_of("tail", self.tail, TAILS)

    def p_value(self, events: int, reference_events: int) -> float:
        """Probability of a table at least as extreme, if both rates are one.

        Args:
            events: Among the trials that are tested.
            reference_events: Among the others.

        Raises:
            ParameterError: If there are more events than trials.
        """
        for name, count, trials in (
            ("events", events, self.n),
            ("reference_events", reference_events, self.reference),
        ):
            if check_integer(name, count, 0) > trials:
                hint = "count each trial once"
                raise ParameterError(name, f"be at most {trials}, the trials", count, hint)
        law = self._law(events + reference_events)
        more = float(law.sf(events - 1))
        fewer = float(law.cdf(events))
        sides = {"more": more, "fewer": fewer, "either": min(1.0, 2.0 * min(more, fewer))}
        return sides[self.tail]

    def alarms(self, events: int, reference_events: int) -> bool:
        """Whether the p-value is at most ``alpha``."""
        return self.p_value(events, reference_events) <= self.alpha * (1.0 + _ROUNDING)

    def power(self, rate: float, reference_rate: float) -> float:
        """Probability of an alarm: summed over all tables; the size where the rates are equal."""
        from scipy.stats import binom

        tested = binom(self.n, check_probability("rate", rate))
        other = binom(self.reference, check_probability("reference_rate", reference_rate))
        first, last = (int(tested.ppf(_TAIL)), int(tested.isf(_TAIL)))
        low, high = (int(other.ppf(_TAIL)), int(other.isf(_TAIL)))
        events = np.arange(max(first, 0), last + 1)
        total = 0.0
        for count in range(max(low, 0), high + 1):
            alarm = self._alarm(events, events + count)
            total += float(other.pmf(count)) * float(tested.pmf(events) @ alarm)
        return min(total, 1.0)

    def _alarm(self, events: NDArray[np.int64], all_events: NDArray[np.int64]) -> NDArray[np.bool_]:
        law, limit = self._law(all_events), self.alpha * (1.0 + _ROUNDING)
        more, fewer = law.sf(events - 1), law.cdf(events)
        if self.tail == "either":
            return np.asarray(2.0 * np.minimum(more, fewer) <= limit)
        return np.asarray((more if self.tail == "more" else fewer) <= limit)

    def _law(self, all_events: int | NDArray[np.int64]) -> Any:  # noqa: ANN401 - SciPy's
        from scipy.stats import hypergeom

        return hypergeom(self.n + self.reference, all_events, self.n)
