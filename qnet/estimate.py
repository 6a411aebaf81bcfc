"""A value with its interval."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from typing import Any

from qnet.errors import ParameterError, check_integer

__all__ = ["Estimate"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number, the interval it lies in (95 % unless said), and its sample size.

    An exact number has ``low = best = high`` and ``n = 0``: nothing was sampled.

    As text, what is left where numbers near 1 cancel is 0: whole multiples of 2^-56 below 2^-48,
    such as 5.55e-17 for an error rate. A small number that was not left over has more digits than
    that, and is shown as it is. ``repr``, ``as_dict`` and JSON keep every number as it is.

    Arithmetic with numbers keeps the interval. That of two estimates is refused unless one of them
    is exact: how they depend on each other is not known here. ``<`` and ``>`` are true where the
    whole interval is on that side, so that both may be false.

    Args:
        low: Lower end of the interval.
        best: The estimate.
        high: Upper end of the interval; may be ``inf``.
        n: Number of samples behind it; 0 for an exact number.

    Raises:
        ParameterError: If not ``low <= best <= high``, or ``n`` is negative.

    Examples:
        >>> print(Estimate(0.80, 0.82, 0.84, 1000))
        0.820 [0.800, 0.840]
        >>> print(Estimate.exact(0.25))
        0.25
        >>> print(Estimate.exact(1.0 - 0.9 - 0.1))
        0
        >>> rate = Estimate(1.0, 2.0, 4.0, 10)
        >>> print(1.0 - rate / 10.0, f"{rate:.1f}", rate > 0.5, rate > 1.5, rate <= 1.5)
        0.80 [0.60, 0.90] 2.0 [1.0, 4.0] True False False
        >>> Estimate(1.0, 2.0, 4.0, 10).inverse()
        Estimate(low=0.25, best=0.5, high=1.0, n=10)
    """

    low: float
    best: float
    high: float
    n: int = 0

    def __post_init__(self) -> None:
        for name in ("low", "best", "high"):
            object.__setattr__(self, name, float(getattr(self, name)))
        if not self.low <= self.best <= self.high:
            value = (self.low, self.best, self.high)
            hint = "give the ends of the interval in order, and no NaN"
            raise ParameterError("low, best, high", "be in ascending order", value, hint)
        object.__setattr__(self, "n", check_integer("n", self.n, 0))

    @classmethod
    def exact(cls, value: float) -> Estimate:
        """A number that was computed, not sampled."""
        return cls(value, value, value, 0)

    @property
    def is_exact(self) -> bool:
        """Whether the interval has no width."""
        return self.low == self.best == self.high

    def map(self, monotone: Callable[[float], float]) -> Estimate:
        """The estimate of a function of this number that only rises, or only falls.

        Examples:
            >>> print(Estimate(0.9, 0.95, 0.98, 10).map(lambda fidelity: 1.0 - fidelity))
            0.050 [0.020, 0.100]
        """
        low, high = sorted((monotone(self.low), monotone(self.high)))
        return Estimate(low, monotone(self.best), high, self.n)

    def inverse(self) -> Estimate:
        """The estimate of one over this positive number (0 maps to ``inf`` and back)."""

        def one_over(x: float) -> float:
            return math.inf if x == 0.0 else 1.0 / x

        return Estimate(one_over(self.high), one_over(self.best), one_over(self.low), self.n)

    # Arithmetic with a number, or with an exact estimate, keeps the interval; that of two numbers
    # with intervals is refused: how they depend on each other is not known here.

    def __add__(self, other: float | Estimate) -> Estimate:
        return self._moved(other, lambda x, c: x + c)

    __radd__ = __add__

    def __sub__(self, other: float | Estimate) -> Estimate:
        return self._moved(other, lambda x, c: x - c)

    def __rsub__(self, other: float) -> Estimate:
        return self._moved(other, lambda x, c: c - x)

    def __mul__(self, factor: float | Estimate) -> Estimate:
        return self._moved(factor, lambda x, c: x * c)

    __rmul__ = __mul__

    def __truediv__(self, other: float | Estimate) -> Estimate:
        return self._moved(other, lambda x, c: x / c)

    def __rtruediv__(self, other: float) -> Estimate:
        if self.low <= 0.0 <= self.high:
            hint = "one over an interval around 0 is no interval: take .best"
            raise ParameterError("estimate", "not contain 0 as a divisor", str(self), hint)
        return self._moved(other, lambda x, c: c / x)

    def __neg__(self) -> Estimate:
        return Estimate(-self.high, -self.best, -self.low, self.n)

    def _moved(
        self,
        other: Any,  # noqa: ANN401
        monotone: Callable[[float, float], float],
    ) -> Estimate:
        """The estimate of a function of this number and another one without an interval."""
        if isinstance(other, Estimate):
            if not other.is_exact and not self.is_exact:
                hint = "whether they depend on each other is not known: take .best of one"
                raise ParameterError("estimate", "be exact beside another", str(other), hint)
            if not other.is_exact:
                return other._moved(self.best, lambda x, c: monotone(c, x))
        elif not isinstance(other, Real):
            return NotImplemented
        number = float(other)
        return self.map(lambda x: monotone(x, number))

    # An order is told where the whole interval is on one side: both "<" and ">=" may be false.

    def __lt__(self, other: float | Estimate) -> bool:
        return self.high < _low_of(other)

    def __le__(self, other: float | Estimate) -> bool:
        return self.high <= _low_of(other)

    def __gt__(self, other: float | Estimate) -> bool:
        return self.low > _high_of(other)

    def __ge__(self, other: float | Estimate) -> bool:
        return self.low >= _high_of(other)

    def __format__(self, form: str) -> str:
        """The estimate with its interval, each number in a form: ``f"{rate:.2f}"``."""
        if not form:
            return str(self)
        low, best, high = (format(each, form) for each in (self.low, self.best, self.high))
        return best if self.is_exact else f"{best} [{low}, {high}]"

    def __float__(self) -> float:
        return self.best

    def as_dict(self) -> dict[str, float | int]:
        """The form that goes into JSON: keys ``low``, ``best``, ``high``, ``n``."""
        return {"low": self.low, "best": self.best, "high": self.high, "n": self.n}

    def __str__(self) -> str:
        low, best, high = map(_without_noise, (self.low, self.best, self.high))
        if low == best == high:
            return f"{best:.6g}"
        half = (high - low) / 2.0
        if half <= 1e-7 * abs(best):
            return f"{best:.8g}"
        if not math.isfinite(half):
            return f"{best:.3g} [{low:.3g}, {high:.3g}]"
        largest = max(abs(low), abs(high))
        digits = max(2, 2 + math.floor(math.log10(largest)) - math.floor(math.log10(half)))
        if 1e-4 <= largest < 1e6:
            decimals = max(0, digits - 1 - math.floor(math.log10(largest)))
            return f"{best:.{decimals}f} [{low:.{decimals}f}, {high:.{decimals}f}]"
        form = f".{digits - 1}e"
        return f"{best:{form}} [{low:{form}}, {high:{form}}]"

    def _repr_html_(self) -> str:
        low, best, high = map(_without_noise, (self.low, self.best, self.high))
        return f"<b>{best:.5g}</b> <small>[{low:.5g}, {high:.5g}]</small>"


def _low_of(other: float | Estimate) -> float:
    return other.low if isinstance(other, Estimate) else float(other)


def _high_of(other: float | Estimate) -> float:
    return other.high if isinstance(other, Estimate) else float(other)


#: Spacing of what is left where numbers near 1 cancel, and how much of it is taken for that.
_SPACING, _NOISE = 2.0**-56, 2.0**-48


def _without_noise(value: float) -> float:
    """The number, or 0 where it is rounding that was left over."""
    is_noise = abs(value) < _NOISE and (value / _SPACING).is_integer()
    return 0.0 if is_noise else value
