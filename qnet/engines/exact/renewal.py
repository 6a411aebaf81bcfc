r"""The time to the n-th of successive deliveries: sums of independent times, with certain bounds.

Deliveries begin anew one after the other, so :math:`S_n` is a sum of n independent times of one
law. Its distribution function is found in a window that holds the sum but for a probability below
1e-13 on each side (H. Chernoff's bound, Ann. Math. Stat. 23, 493 (1952)): there the n-fold
convolution modulo the window's length is the n-th power of a discrete Fourier transform. The window
grows as the square root of n, so that a day of short deliveries fits.

``exact``
    The times lie on a grid that the window fits.
``rounded``
    Every time is rounded to the nearest multiple of a coarser step h. The n rounding errors are
    independent and bounded; Chernoff's bound, with their own distribution, says how far their sum
    is from its mean, but for a probability of 1e-12.

What a law leaves untracked comes after its end: at once for the upper bound. For the lower one, its
mean time to come is below some H from any state, so (A. A. Markov's inequality, again and again) it
comes within ``k e H`` but for a share of ``exp(-k)``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from qnet.estimate import Estimate
from qnet.states.pauli import Array

__all__ = ["LONGEST", "Times"]

#: Longest window of a convolution, in steps.
LONGEST = 1 << 21

#: Steps of the window of a single time on no grid.
_FEW_PAIRS = 1 << 15

#: Probability that the sum leaves the window, on each side.
_OUTSIDE = 1e-13

#: Probability that the sum of rounding errors leaves its bracket, on each side.
_DELTA = 1e-12

#: Bound on all rounding of a power of a transform whose logarithm has kept its digits.
_NUMERICAL = 1e-10

#: The same for each power of a transform as the fast algorithm gives it.
_EACH_POWER = 2e-14

#: Exponent below which a power of the transform adds nothing: exp(-60) is 9e-27.
_NEGLIGIBLE = 60.0

#: Most products of a transform term by term.
_TERM_BY_TERM = 1 << 24

#: Share of what is untracked that may be dropped in the end.
_NOTHING = 1e-40

#: Exponents of Chernoff's bound, in units of one over the standard deviation.
_TILTS = 1e-6 * 1.3 ** np.arange(66.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Times:
    """Independent delivery times, all of one law.

    Args:
        times_s: Shape (n,): times in s, ascending. What is untracked comes after the last.
        mass: Shape (n,): their probabilities, zero or more; they may sum to less than one.
        step_s: Step in s of which all times are multiples; 0 if there is none.
        remaining_s: Bound in s on the mean time to a delivery that is still to come at the end of
            what is tracked, from any state; infinite if unknown.

    Examples:
        >>> times = Times.on_grid(1.0, np.array([0.0, 0.5, 0.25, 0.125, 0.125]))
        >>> times.mean_s
        1.875
        >>> round(times.within(2, 3.0).best, 9)
        0.5
    """

    times_s: Array
    mass: Array
    step_s: float = 0.0
    remaining_s: float = math.inf
    _laws: dict[str, _Law] = field(default_factory=dict, repr=False)

    @classmethod
    def on_grid(cls, dt: float, mass: Array, remaining_s: float = math.inf) -> Times:
        """The law on a grid: ``mass[k]`` is the probability of the time ``k dt``."""
        possible = np.flatnonzero(mass)
        # What is untracked comes after the last step, whether or not that is a possible time.
        possible = np.append(possible[possible < len(mass) - 1], len(mass) - 1)
        return cls(
            times_s=np.asarray(possible * dt),
            mass=mass[possible],
            step_s=dt,
            remaining_s=remaining_s,
        )

    @property
    def untracked(self) -> float:
        """Probability that is missing."""
        return max(0.0, 1.0 - float(self.mass.sum()))

    @property
    def mean_s(self) -> float:
        """Mean time in s of those that are tracked."""
        total = float(self.mass.sum())
        return float(self.times_s @ self.mass) / total if total > 0.0 else math.inf

    @property
    def shortest_s(self) -> float:
        """Shortest time in s that is possible; zero or more."""
        possible = np.flatnonzero(self.mass)
        first = self.times_s[possible[0]] if len(possible) else self.times_s[-1] + self.step_s
        return max(0.0, float(first))

    @property
    def latest_s(self) -> float:
        """Longest time in s that is told apart from never."""
        if self.untracked > 0.0 and math.isfinite(self.remaining_s):
            return float(self._late()[0][-1])
        return float(self.times_s[-1])

    def method(self, pairs: int, time_s: float) -> str:
        """How the probability of so many pairs in that time is found: ``exact`` or ``rounded``."""
        return "exact" if self._law("early").is_exact(pairs, time_s) else "rounded"

    def within(self, pairs: int, time_s: float) -> Estimate:
        """Probability that ``pairs`` deliveries, one after the other, take at most ``time_s``.

        Examples:
            >>> times = Times.on_grid(1.0, np.array([0.0, 0.5, 0.25, 0.125]), remaining_s=2.0)
            >>> print(times.within(2, 3.0))
            0.5
        """
        if pairs == 0:
            return Estimate.exact(1.0)
        if pairs * self.shortest_s > time_s * (1.0 + 1e-12):
            return Estimate.exact(0.0)
        _, best, high = self._law("early").below(pairs, time_s)
        low = later = 0.0
        if self.mass.any() or math.isfinite(self.remaining_s):
            low, later, _ = self._law("late").below(pairs, time_s)
        best = (best + later) / 2.0
        low, high = max(0.0, low), min(1.0, high)
        low = min(low, high)
        return Estimate(low, min(max(best, low), high), high)

    def _law(self, which: str) -> _Law:
        if which not in self._laws:
            times, mass = self.times_s, self.mass
            if self.untracked > 0.0:
                extra_times, extra = self._early() if which == "early" else self._late()
                times, mass = np.append(times, extra_times), np.append(mass, extra)
            self._laws[which] = _Law(times, mass, self.step_s)
        return self._laws[which]

    def _early(self) -> tuple[Array, Array]:
        """What is untracked, at once."""
        return self.times_s[-1:] + self.step_s, np.array([self.untracked])

    def _late(self) -> tuple[Array, Array]:
        """What is untracked, as late as may be."""
        if not math.isfinite(self.remaining_s):
            return np.empty(0), np.empty(0)
        stride = math.e * self.remaining_s
        if self.step_s:
            stride = math.ceil(stride / self.step_s) * self.step_s
        count = max(1, math.ceil(math.log(self.untracked / _NOTHING)))
        rounds = np.arange(1.0, count + 1.0)
        share = np.exp(1.0 - rounds) * -math.expm1(-1.0)
        return self.times_s[-1] + stride * rounds, self.untracked * share


class _Law:
    """Sums of independent times of one law, none of it untracked but what never comes."""

    def __init__(self, times: Array, mass: Array, step_s: float) -> None:
        times, mass = times[mass > 0.0], mass[mass > 0.0]
        self.times, self.mass, self.step_s = times, mass, step_s
        # Of a law that was completed, rounding makes no certain pair uncertain.
        self.total = float(mass.sum())
        self.total = 1.0 if abs(self.total - 1.0) < 1e-15 * max(len(mass), 8) else self.total
        self.mean = float(times @ mass) / float(mass.sum())
        self.sigma = math.sqrt(float((times - self.mean) ** 2 @ mass) / float(mass.sum()))
        unit = self.sigma or max(abs(self.mean), 1e-300)
        self.tilts = _TILTS / unit
        # Logarithms of the moment generating function, about the mean, for either sign.
        self.upper = _cumulants(times - self.mean, mass / mass.sum(), self.tilts)
        self.lower = _cumulants(self.mean - times, mass / mass.sum(), self.tilts)
        self._rounded: dict[float, _Rounded] = {}

    def is_exact(self, pairs: int, time_s: float) -> bool:
        """Whether no time needs rounding."""
        up, down = self._tails(pairs, time_s)
        return min(up, down) < _OUTSIDE or self._step(pairs) == self.step_s

    def below(self, pairs: int, time_s: float) -> tuple[float, float, float]:
        """``P(S_n <= t)``: low, best, high."""
        sure = self.total**pairs
        if pairs == 1:
            met = self.times <= time_s * (1.0 + 1e-12) + 1e-9 * self.step_s
            return (min(float(self.mass[met].sum()), 1.0),) * 3
        up, down = self._tails(pairs, time_s)
        if up < _OUTSIDE:
            return sure * (1.0 - up), sure * (1.0 - up), sure
        if down < _OUTSIDE:
            return 0.0, 0.0, sure * down
        step = self._step(pairs)
        if step not in self._rounded:
            self._rounded = {step: _Rounded(self.times, self.mass / self.mass.sum(), step)}
        law = self._rounded[step]
        low, best, high = law.below(pairs, time_s, *self._window(pairs))
        low, high = max(low, 1.0 - up), min(high, down)
        return sure * low, sure * min(max(best, low), high), sure * high

    def _tails(self, pairs: int, time_s: float) -> tuple[float, float]:
        """Bounds on ``P(S_n > t)`` and on ``P(S_n <= t)`` of what comes."""
        away = time_s - pairs * self.mean
        # A time that is met but for rounding is met.
        slack = 1e-9 * self.step_s + 1e-12 * abs(time_s)
        up = float(np.min(pairs * self.upper - self.tilts * (away - slack)))
        down = float(np.min(pairs * self.lower + self.tilts * (away + slack)))
        if pairs * self.times[-1] <= time_s + slack:
            up = -math.inf
        return math.exp(min(up, 0.0)), math.exp(min(down, 0.0))

    def _window(self, pairs: int) -> tuple[float, float]:
        """Times that the sum lies between, but for little."""
        away = (pairs * self.upper - math.log(_OUTSIDE)) / self.tilts
        before = (pairs * self.lower - math.log(_OUTSIDE)) / self.tilts
        low = max(pairs * (self.mean) - float(before.min()), pairs * float(self.times[0]))
        high = min(pairs * (self.mean) + float(away.min()), pairs * float(self.times[-1]))
        return low, high

    def _step(self, pairs: int) -> float:
        """Step in s of the convolution: a power of two of the law's own, or of a second."""
        low, high = self._window(pairs)
        width = max(high - low, 1e-12 * high)
        if self.step_s:
            coarse = width / (LONGEST - 8) / self.step_s
            return self.step_s * 2.0 ** max(0, math.ceil(math.log2(coarse)))
        # The bracket widens as the step against one time, the window as the sum.
        steps = min(_FEW_PAIRS * math.sqrt(pairs), LONGEST / 2)
        return float(2.0 ** math.ceil(math.log2(width / steps)))


class _Rounded:
    """A law on multiples of a step, with what rounding to them does to sums."""

    def __init__(self, times: Array, mass: Array, step: float) -> None:
        self.step = step
        places = np.rint(times / step)
        self.centre = int(np.rint(places @ mass))
        first = int(places.min())
        folded = np.bincount((places - first).astype(np.intp), weights=mass)
        possible = np.flatnonzero(folded)
        self.offsets, self.mass = possible + (first - self.centre), folded[possible]
        error = times - step * places
        error[np.abs(error) < 1e-7 * step] = 0.0
        self.error = float(error @ mass)
        self.rounds = bool(error.any())
        if self.rounds:
            self.tilts = 10.0 ** np.linspace(-6.0, 1.5, 90) / step
            self.upper = _cumulants(error - self.error, mass, self.tilts)
            self.lower = _cumulants(self.error - error, mass, self.tilts)
        self._transforms: dict[int, tuple[Any, Any]] = {}

    def below(
        self, pairs: int, time_s: float, begin_s: float, end_s: float
    ) -> tuple[float, float, float]:
        """``P(S_n <= t)`` where the sum lies between two times: low, best, high."""
        under = over = 0.0
        if self.rounds:
            over = float(((pairs * self.upper - math.log(_DELTA)) / self.tilts).min())
            under = float(((pairs * self.lower - math.log(_DELTA)) / self.tilts).min())
        middle = time_s - pairs * self.error
        # Sums of multiples of the step, about n times the centre.
        origin = pairs * self.centre
        begin = math.floor((begin_s - pairs * self.error - over) / self.step) - origin - 1
        end = math.ceil((end_s - pairs * self.error + under) / self.step) - origin + 1
        allowed = 1e-9 + 1e-12 * abs(time_s) / self.step
        ends = [
            math.floor((middle + shift) / self.step + allowed) - origin
            for shift in (-over, 0.0, under)
        ]
        size = 2 ** math.ceil(math.log2(end - begin + 2))
        *chances, error = self._cumulative(pairs, size, begin, ends)
        error += 2.0 * _OUTSIDE + (_DELTA if self.rounds else 0.0)
        return chances[0] - error, chances[1], chances[2] + error

    def _cumulative(self, pairs: int, size: int, begin: int, ends: list[int]) -> list[float]:
        """``P(begin <= sum <= end)`` for each end, modulo the size, and a bound on the error."""
        logarithm, known = self._logarithm(size)
        kept = np.flatnonzero(pairs * logarithm.real > -_NEGLIGIBLE)[1:]
        rough = kept[~known[kept]]
        error = _NUMERICAL
        if len(rough) * len(self.mass) <= _TERM_BY_TERM:
            logarithm[rough] = self._term_by_term(rough, size)
            known[rough] = True
        else:
            error += _EACH_POWER * pairs
        turn = 2.0 * np.pi / size
        factors = np.exp(pairs * logarithm[kept] + 1j * turn * ((kept * begin) % size))
        # Frequencies come in conjugate pairs, but for the highest.
        factors *= np.where(2 * kept == size, 1.0, 2.0) / size / np.expm1(1j * turn * kept)
        chances = []
        for end in ends:
            count = min(max(end - begin + 1, 0), size)
            swing = np.expm1(1j * turn * ((kept * count) % size))
            chances.append(min(max(count / size + float((factors * swing).real.sum()), 0.0), 1.0))
        return [*chances, error]

    def _logarithm(self, size: int) -> tuple[Any, Any]:
        """Logarithm of the transform modulo ``size``, and which values have all their digits."""
        from scipy.fft import rfft

        if size not in self._transforms:
            folded = np.bincount(self.offsets % size, weights=self.mass, minlength=size)
            with np.errstate(divide="ignore"):
                logarithm = np.log(rfft(folded))
            self._transforms = {size: (logarithm, np.zeros(len(logarithm), dtype=bool))}
        return self._transforms[size]

    def _term_by_term(self, frequencies: Any, size: int) -> Any:  # noqa: ANN401
        """The same, to all digits where it is near zero."""
        turn = 2.0 * np.pi / size
        result = np.empty(len(frequencies), dtype=complex)
        rows = max(1, (1 << 18) // max(len(self.mass), 1))
        for first in range(0, len(frequencies), rows):
            some = frequencies[first : first + rows, None]
            turns = (some * self.offsets) % size
            turns = np.where(2 * turns > size, turns - size, turns)
            away = np.expm1(-1j * turn * turns) @ self.mass
            # NumPy's own log1p of complex numbers loses digits near zero.
            square = away.real * (2.0 + away.real) + away.imag**2
            angle = np.arctan2(away.imag, 1.0 + away.real)
            with np.errstate(divide="ignore"):
                result[first : first + rows] = 0.5 * np.log1p(square) + 1j * angle
        return result


def _cumulants(times: Array, mass: Array, tilts: Array) -> Array:
    """Logarithms of the moment generating function."""
    result = np.empty(len(tilts))
    for k, tilt in enumerate(tilts.tolist()):
        exponents = tilt * times
        largest = float(np.abs(exponents).max())
        if largest < 1.0:
            result[k] = math.log1p(float(mass @ np.expm1(exponents)))
        else:
            top = float(exponents.max())
            with np.errstate(under="ignore"):
                result[k] = top + math.log(float(mass @ np.exp(exponents - top)))
    return result
