r"""The time to the n-th of successive deliveries: sums of independent times, with certain bounds.

Three methods give the probability that n deliveries take at most a time t:

``exact``
    The n-fold convolution on the grid of the distribution, as a power of its Fourier transform. The
    sequence is damped by ``exp(-theta s)``, so that what wraps around the circle stays below
    rounding.
``rounded``
    The same on a coarser grid of step h, where the own one would be too long. Every delivery time
    is rounded to the nearest multiple of h. The n rounding errors are independent and within h / 2,
    so their sum stays within ``h sqrt(n ln(2 / delta) / 2)`` of its mean, but for a probability
    delta (W. Hoeffding, J. Am. Stat. Assoc. 58, 13 (1963)).
``normal``
    The normal approximation with the Berry-Esseen bound ``0.4748 rho / (sigma^3 sqrt(n))``, rho the
    third absolute central moment (I. Shevtsova, arXiv:1111.6554).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from qnet.estimate import Estimate
from qnet.pairs.fano import Array

__all__ = ["LONGEST", "Times"]

#: Longest grid of a convolution.
LONGEST = 1 << 20

#: Exponent by which the damping suppresses what wraps around: exp(-27) is 2e-12.
_DAMPING = 27.0

#: Bound on all rounding and wrapping of a power of a transform.
_NUMERICAL = 1e-10

#: Exponent below which a power of the transform adds nothing: exp(-100) is 4e-44.
_NEGLIGIBLE = 100.0

#: Probability that the sum of rounding errors leaves its bracket.
_DELTA = 1e-12

#: Half-width of that bracket in units of ``h sqrt(n)``.
_HOEFFDING = math.sqrt(math.log(2.0 / _DELTA) / 2.0)

_SHEVTSOVA = 0.4748


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Times:
    """Independent delivery times, all of one distribution on a grid.

    Args:
        dt: Step of the grid in s.
        mass: Shape (n,): probability of each step; it may sum to less than one.

    Examples:
        >>> times = Times(dt=1.0, mass=np.array([0.0, 0.5, 0.25, 0.125, 0.125]))
        >>> times.mean_s
        1.875
    """

    dt: float
    mass: Array
    _transforms: dict[tuple[int, int], Array] = field(default_factory=dict, repr=False)

    @property
    def untracked(self) -> float:
        """Probability that is missing."""
        return max(0.0, 1.0 - float(self.mass.sum()))

    @property
    def mean_s(self) -> float:
        """Mean time in s of those that are tracked."""
        return self._moments()[0]

    def method(self, pairs: int, time_s: float) -> str:
        """The method whose bounds are closest: ``exact``, ``rounded`` or ``normal``."""
        if self._steps(pairs, time_s) <= LONGEST:
            return "exact"
        mean, sigma, rho = self._moments()
        if sigma <= 1e-12 * mean:
            return "normal"
        # Half the width of either bracket, as a probability near the middle.
        coarse = 0.4 * _HOEFFDING * self._coarse(pairs, time_s) * self.dt
        berry_esseen = _SHEVTSOVA * rho / sigma**2
        return "rounded" if coarse < berry_esseen else "normal"

    def within(self, pairs: int, time_s: float) -> Estimate:
        """Probability that ``pairs`` deliveries, one after the other, take at most ``time_s``.

        Examples:
            >>> times = Times(dt=1.0, mass=np.array([0.0, 0.5, 0.25, 0.125, 0.125]))
            >>> round(times.within(2, 3.0).best, 9)
            0.5
        """
        if pairs == 0:
            return Estimate.exact(1.0)
        if pairs * self._first > time_s * (1.0 + 1e-12):
            return Estimate.exact(0.0)
        how = {"exact": self._exactly, "rounded": self._rounded, "normal": self._normally}
        low, best, high = how[self.method(pairs, time_s)](pairs, time_s)
        if len(self.mass) * self.dt <= time_s:
            # Sums with a time beyond the end of the grid may still be short enough.
            high += -math.expm1(pairs * math.log1p(-min(self.untracked, 1.0 - 1e-16)))
        low, high = max(0.0, low), min(1.0, high)
        return Estimate(low, min(max(best, low), high), high)

    @property
    def _first(self) -> float:
        """Shortest time in s that is possible."""
        return float(np.flatnonzero(self.mass)[0]) * self.dt if self.mass.any() else math.inf

    def _moments(self) -> tuple[float, float, float]:
        """Mean, standard deviation and third absolute central moment in s, of what is tracked."""
        steps = np.arange(float(len(self.mass)))
        share = self.mass / self.mass.sum()
        mean = float(steps @ share)
        away = np.abs(steps - mean)
        sigma = math.sqrt(float(away**2 @ share))
        return mean * self.dt, sigma * self.dt, float(away**3 @ share) * self.dt**3

    def _steps(self, pairs: int, time_s: float) -> int:
        """Last step up to a time; no further than the last that so many deliveries can reach."""
        steps = math.floor(time_s / self.dt * (1.0 + 1e-12) + 1e-9)
        return min(steps, pairs * (len(self.mass) - 1))

    def _coarse(self, pairs: int, time_s: float) -> int:
        """Steps of the grid to one of the coarser grid."""
        return math.ceil(max(1.0, self._steps(pairs, time_s) / LONGEST))

    def _exactly(self, pairs: int, time_s: float) -> tuple[float, float, float]:
        best = self._power(1, pairs, self._steps(pairs, time_s))
        return best - _NUMERICAL, best, best + _NUMERICAL

    def _rounded(self, pairs: int, time_s: float) -> tuple[float, float, float]:
        lumps = self._coarse(pairs, time_s)
        h = lumps * self.dt
        mean_error = self.mean_s - h * float(_lumped(self.mass, lumps) @ _upto(self.mass, lumps))
        middle, slack = time_s - pairs * mean_error, _HOEFFDING * math.sqrt(pairs) * h
        ends = [math.floor((middle + k * slack) / h) for k in (-1.0, 0.0, 1.0)]
        cumulative = self._cumulative(lumps, pairs, max(ends))
        low, best, high = (float(cumulative[end]) if end >= 0 else 0.0 for end in ends)
        error = _DELTA + _NUMERICAL
        return low - error, best, high + error

    def _normally(self, pairs: int, time_s: float) -> tuple[float, float, float]:
        mean, sigma, rho = self._moments()
        tracked = math.exp(pairs * math.log1p(-self.untracked))
        away = time_s - pairs * mean
        if sigma <= 1e-12 * mean:
            sure = tracked if away >= -1e-9 * time_s else 0.0
            return sure, sure, sure
        best = tracked * 0.5 * math.erfc(-away / (sigma * math.sqrt(2.0 * pairs)))
        error = _SHEVTSOVA * rho / (sigma**3 * math.sqrt(pairs))
        return best - error, best, best + error

    def _power(self, lumps: int, pairs: int, last: int) -> float:
        return float(self._cumulative(lumps, pairs, last)[last])

    def _cumulative(self, lumps: int, pairs: int, last: int) -> Array:
        """``P(S_n <= k)`` for the steps k up to ``last`` of the grid of lumps."""
        from scipy.fft import irfft, next_fast_len, rfft

        room = 2 ** math.ceil(math.log2(last + 2))
        size = next_fast_len(3 * room, real=True)
        damping = np.exp(-_DAMPING / size * np.arange(room))
        if (lumps, room) not in self._transforms:
            self._transforms.clear()
            mass = np.zeros(room)
            lumped = _lumped(self.mass, lumps)[:room]
            mass[: len(lumped)] = lumped
            with np.errstate(divide="ignore"):
                self._transforms[lumps, room] = np.log(rfft(mass * damping, size))
        logarithm: Any = self._transforms[lumps, room]
        powers = np.zeros_like(logarithm)
        kept = pairs * (logarithm.real - logarithm.real[0]) > -_NEGLIGIBLE
        powers[kept] = np.exp(pairs * logarithm[kept])
        return np.cumsum(irfft(powers, size)[: last + 1] / damping[: last + 1])


def _lumped(mass: Array, lumps: int) -> Array:
    """Probabilities of the nearest multiples of ``lumps`` steps."""
    if lumps == 1:
        return mass
    nearest = (np.arange(len(mass)) + lumps // 2) // lumps
    return np.bincount(nearest, weights=mass).astype(float)


def _upto(mass: Array, lumps: int) -> Array:
    """The multiples themselves, over the total probability: for their mean."""
    count = (len(mass) - 1 + lumps // 2) // lumps + 1
    return np.arange(float(count)) / mass.sum()
