"""Checks of quadratures: noise, transmission and modulation against the described receiver.

With Alice's modulation ``x`` known, Bob's results are ``y = t x + z`` with ``t = sqrt(eta T)`` and
noise of variance ``s2 = 1 + v_el + eta T xi``, in shot-noise units (for heterodyne, half of the
light). The sum of n squares of a normal quantity is chi-squared, and the least-squares ``t`` is
normal given ``x``: sizes and powers are those of these laws. Clipping by the receiver is left out
of the powers; it is far away at the described settings.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from protocols.certification.device import DeviceUnderTest
from protocols.certification.quadratures import QUADRATURES, QuadratureStatistic, draw_results

__all__ = ["CV_CHECKS", "interval_of"]


def _slope_and_noise(device: DeviceUnderTest) -> tuple[float, float]:
    """``t`` and ``s2`` as the users see them, what Eve does included."""
    link = device.quadratures.attacked
    ports = 1.0 if link.detection == "homodyne" else 2.0
    power = link.efficiency * link.transmission / ports
    noise = 1.0 + link.electronic_noise + power * link.excess_noise
    factor = device.quadratures.receiver.shot_noise_factor
    return math.sqrt(power / factor), noise / factor


@dataclass(frozen=True, kw_only=True)
class Variance(QuadratureStatistic):
    """A mean of squares that is too large: n times it is chi-squared."""

    @abstractmethod
    def seen_by(self, device: DeviceUnderTest, true: DeviceUnderTest) -> float:
        """Its expectation of a true device, computed with what the users believe of theirs."""

    def rate(self, device: DeviceUnderTest) -> float:
        """Its expectation."""
        return self.seen_by(device, device)

    def threshold(self, n: int, device: DeviceUnderTest, alpha: float) -> float:
        """Alarm above it."""
        from scipy.special import chdtri

        return self.rate(device) * float(chdtri(n, alpha)) / n

    def power(self, n: int, device: DeviceUnderTest, true: DeviceUnderTest, alpha: float) -> float:
        """Probability that it lies above the threshold."""
        from scipy.special import chdtrc

        limit = n * self.threshold(n, device, alpha)
        return float(chdtrc(n, limit / self.seen_by(device, true)))


@dataclass(frozen=True, kw_only=True)
class ResidualNoise(Variance):
    """Mean square of ``y - t x``, with the described t: it holds the excess noise."""

    def seen_by(self, device: DeviceUnderTest, true: DeviceUnderTest) -> float:
        """``s2`` and what another transmission leaves of the modulation."""
        (believed, _), (slope, noise) = _slope_and_noise(device), _slope_and_noise(true)
        return noise + (slope - believed) ** 2 * true.quadratures.link.modulation_variance

    def observe(self, device: DeviceUnderTest, n: int, rng: np.random.Generator) -> float:
        """Of drawn results of the device as it believes itself to be."""
        return self.of(device, device, n, rng)

    def of(
        self, device: DeviceUnderTest, true: DeviceUnderTest, n: int, rng: np.random.Generator
    ) -> float:
        """Of drawn results of a true device, with the slope that the users believe in."""
        sent, got = draw_results(true.quadratures, n, rng)
        return float(np.mean((got - _slope_and_noise(device)[0] * sent) ** 2))


@dataclass(frozen=True, kw_only=True)
class ModulationVariance(Variance):
    """Mean square of what Alice sends, by a monitor of hers."""

    def seen_by(self, device: DeviceUnderTest, true: DeviceUnderTest) -> float:
        """``V`` of the true device."""
        return true.quadratures.link.modulation_variance

    def observe(self, device: DeviceUnderTest, n: int, rng: np.random.Generator) -> float:
        """Of drawn values."""
        return float(np.mean(draw_results(device.quadratures, n, rng)[0] ** 2))


@dataclass(frozen=True, kw_only=True)
class Slope(QuadratureStatistic):
    """Least-squares ``t``: its deviation is ``sqrt(s2/(n V))``, of many symbols."""

    @property
    def _method(self) -> str:
        return "normal"

    def deviation(self, n: int, device: DeviceUnderTest) -> float:
        """Standard deviation."""
        noise = _slope_and_noise(device)[1]
        return math.sqrt(noise / (n * device.quadratures.link.modulation_variance))

    def rate(self, device: DeviceUnderTest) -> float:
        """``t``."""
        return _slope_and_noise(device)[0]

    def threshold(self, n: int, device: DeviceUnderTest, alpha: float) -> float:
        """Alarm where it is farther from the described one, either way."""
        from scipy.special import ndtri

        return -float(ndtri(alpha / 2.0)) * self.deviation(n, device)

    def power(self, n: int, device: DeviceUnderTest, true: DeviceUnderTest, alpha: float) -> float:
        """Probability that it lies outside."""
        from scipy.special import ndtr

        limit, moved = self.threshold(n, device, alpha), self.rate(true) - self.rate(device)
        deviation = self.deviation(n, true)
        return float(ndtr((moved - limit) / deviation) + ndtr((-moved - limit) / deviation))

    def observe(self, device: DeviceUnderTest, n: int, rng: np.random.Generator) -> float:
        """Of drawn results."""
        sent, got = draw_results(device.quadratures, n, rng)
        return float(np.dot(sent, got) / np.dot(sent, sent))


def interval_of(value: float, n: int, is_variance: bool, deviation: float) -> tuple[float, float]:
    """Ends of the 95 % interval of a variance (chi-squared) or of a mean (normal).

    Examples:
        >>> [round(end, 4) for end in interval_of(1.0, 1000, True, 0.0)]
        [0.9178, 1.0938]
    """
    from scipy.special import chdtri

    if is_variance:
        return value * n / float(chdtri(n, 0.025)), value * n / float(chdtri(n, 0.975))
    return value - 1.959963984540054 * deviation, value + 1.959963984540054 * deviation


#: Checks of quadratures by name: those of the attacks, and more.
CV_CHECKS: Mapping[str, QuadratureStatistic] = MappingProxyType(
    {
        **QUADRATURES,
        **{
            each.name: each
            for each in (
                ResidualNoise(
                    name="residual-noise",
                    event="noise about the described slope",
                    trial="disclosed results",
                    tail="more",
                ),
                ModulationVariance(
                    name="modulation-variance",
                    event="variance of the modulation",
                    trial="symbols",
                    tail="more",
                ),
                Slope(
                    name="slope",
                    event="slope of results on symbols",
                    trial="disclosed results",
                    tail="either",
                ),
            )
        },
    }
)
