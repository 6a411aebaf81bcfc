"""Statistics of quadratures: what users watch of their homodyne receiver, by name."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from protocols.certification.device import DeviceUnderTest, QuadratureLink
from protocols.key_rates.gg02_emulation import draw_quadratures
from qnet.errors import ParameterError, check_integer
from qnet.metrics.binomial_tests import SampleSizes, check_level

__all__ = ["QUADRATURES", "QuadratureStatistic", "draw_results"]


def draw_results(
    quadratures: QuadratureLink, symbols: int, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Alice's modulation and Bob's results as his users see them, in their shot-noise units.

    Args:
        quadratures: The link, with what Eve does to it.
        symbols: How many coherent states are sent.
        rng: Source of randomness.

    Returns:
        Two arrays of shape (values,).

    Examples:
        >>> x, y = draw_results(DeviceUnderTest().quadratures, 100_000, np.random.default_rng(1))
        >>> abs(float(np.var(y)) - 1.35) < 0.02
        True
    """
    sent, got = draw_quadratures(quadratures.attacked, symbols, rng)
    return sent, quadratures.receiver.response(got)


@dataclass(frozen=True, kw_only=True)
class QuadratureStatistic(ABC):
    """A statistic of normal quantities.

    Args:
        name: Its name.
        event: What it is.
        trial: Of what.
        tail: Which way an attack moves it.
    """

    name: str
    event: str
    trial: str
    tail: str

    @abstractmethod
    def rate(self, device: DeviceUnderTest) -> float:
        """Its expectation, as the users see it."""

    @abstractmethod
    def threshold(self, n: int, device: DeviceUnderTest, alpha: float) -> float:
        """Value from which on the users of the honest device alarm."""

    @abstractmethod
    def power(self, n: int, device: DeviceUnderTest, true: DeviceUnderTest, alpha: float) -> float:
        """Probability of an alarm with n values of another device than the users believe in."""

    @abstractmethod
    def observe(self, device: DeviceUnderTest, n: int, rng: np.random.Generator) -> float:
        """Its value of n drawn values."""

    def sizes(
        self, honest: DeviceUnderTest, attacked: DeviceUnderTest, *, alpha: float, beta: float
    ) -> SampleSizes:
        """How many values tell an attacked device: the power rises with n.

        Raises:
            ParameterError: If 10^12 values do not.
        """
        level, wanted = check_level("alpha", alpha), 1.0 - check_level("beta", beta)
        high = 2
        while self.power(high, honest, attacked, level) < wanted:
            high *= 2
            if high > 10**12:
                hint = "take a stronger attack: nothing moves"
                rule = f"move the {self.event}"
                raise ParameterError("strength", rule, self.rate(attacked), hint)
        low = high // 2
        while high - low > 1:
            middle = (low + high) // 2
            enough = self.power(middle, honest, attacked, level) >= wanted
            low, high = (low, middle) if enough else (middle, high)
        if self.power(1, honest, attacked, level) >= wanted:
            high = 1
        return SampleSizes(
            n_first=high,
            n_safe=high,
            threshold=self.threshold(high, honest, level),
            size=level,
            power=self.power(high, honest, attacked, level),
            tail=self.tail,
            method=self._method,
        )

    @property
    def _method(self) -> str:
        return "exact"


@dataclass(frozen=True, kw_only=True)
class VacuumVariance(QuadratureStatistic):
    """Variance of results while the signal is blocked, about the mean that is known to be zero.

    The sum of n squares is chi-squared with n degrees of freedom: the test is exact, and most
    powerful, so that its power rises with n.
    """

    def rate(self, device: DeviceUnderTest) -> float:
        """``(1 + v_el)/g``."""
        link, receiver = device.quadratures.link, device.quadratures.receiver
        return (1.0 + link.electronic_noise) / receiver.shot_noise_factor

    def threshold(self, n: int, device: DeviceUnderTest, alpha: float) -> float:
        """Alarm below it."""
        from scipy.special import chdtri

        return self.rate(device) * float(chdtri(n, 1.0 - alpha)) / n

    def power(self, n: int, device: DeviceUnderTest, true: DeviceUnderTest, alpha: float) -> float:
        """Probability that the variance lies below the threshold."""
        from scipy.special import chdtr

        return float(chdtr(n, n * self.threshold(n, device, alpha) / self.rate(true)))

    def observe(self, device: DeviceUnderTest, n: int, rng: np.random.Generator) -> float:
        """Drawn from a receiver that gets no light."""
        deviation = math.sqrt(self.rate(device))
        return float(np.mean(rng.normal(0.0, deviation, check_integer("n", n)) ** 2))


@dataclass(frozen=True, kw_only=True)
class QuadratureMean(QuadratureStatistic):
    """Mean of the results, which is zero of honest signals; by the normal approximation."""

    @property
    def _method(self) -> str:
        return "normal"

    @staticmethod
    def _moments(device: DeviceUnderTest) -> tuple[float, float]:
        link, receiver = device.quadratures.attacked, device.quadratures.receiver
        slope = link.efficiency * link.transmission
        noise = 1.0 + link.electronic_noise
        return receiver.moments(0.0, noise + slope * (link.modulation_variance + link.excess_noise))

    def rate(self, device: DeviceUnderTest) -> float:
        """The mean, of clipped results."""
        return self._moments(device)[0]

    def threshold(self, n: int, device: DeviceUnderTest, alpha: float) -> float:
        """Alarm where the mean is farther from the honest one, either way."""
        from scipy.special import ndtri

        return -float(ndtri(alpha / 2.0)) * math.sqrt(self._moments(device)[1] / n)

    def power(self, n: int, device: DeviceUnderTest, true: DeviceUnderTest, alpha: float) -> float:
        """Probability that the mean lies outside."""
        from scipy.special import ndtr

        limit, centre = self.threshold(n, device, alpha), self.rate(device)
        mean, variance = self._moments(true)
        deviation = math.sqrt(variance / n)
        if deviation == 0.0:
            return float(abs(mean - centre) > limit)
        above = float(ndtr((mean - centre - limit) / deviation))
        return above + float(ndtr((centre - limit - mean) / deviation))

    def observe(self, device: DeviceUnderTest, n: int, rng: np.random.Generator) -> float:
        """Of drawn results."""
        return float(np.mean(draw_results(device.quadratures, n, rng)[1]))


#: Statistics of quadratures by name.
QUADRATURES: Mapping[str, QuadratureStatistic] = MappingProxyType(
    {
        each.name: each
        for each in (
            VacuumVariance(
                name="shot-noise",
                event="variance with the signal blocked",
                trial="calibration results",
                tail="fewer",
            ),
            QuadratureMean(
                name="quadrature-mean",
                event="mean of the results",
                trial="results",
                tail="either",
            ),
        )
    }
)
