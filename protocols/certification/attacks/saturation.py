"""Saturation of a homodyne receiver: results are clipped, and their variance falls."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import ClassVar

from protocols.certification.attacks.model import AttackEffect, AttackModel
from protocols.certification.device import DeviceUnderTest

__all__ = ["SaturationAttack", "clipped_moments"]


class SaturationAttack(AttackModel):
    """Displace the signal until the receiver clips it, so that added noise is not seen.

    Examples:
        >>> attack = SaturationAttack()
        >>> effect = attack.effect(5.5, attack.example())
        >>> round(effect.attacked, 3), round(effect.figures["variance_seen"], 3)
        (5.226, 0.758)
    """

    name: ClassVar[str] = "saturation"
    title: ClassVar[str] = "saturation of the homodyne receiver"
    sub_layer: ClassVar[str] = "Q2 analogue electronics"
    strength_means: ClassVar[str] = "the displacement, in square roots of shot noise"
    most: ClassVar[float] = 100.0
    default: ClassVar[float] = 5.5
    statistic: ClassVar[str] = "quadrature-mean"
    reason: ClassVar[str] = "the variance that is seen falls, and the excess noise with it"
    response: ClassVar[str] = (
        "blocks with results near the limit, or with a mean that is not zero, are thrown away"
    )
    breaks: ClassVar[tuple[str, ...]] = ("trusted-devices",)
    references: ClassVar[tuple[str, ...]] = ("Qin2016",)

    #: Excess noise that measuring both quadratures and resending adds, at the channel's input.
    added_noise: ClassVar[float] = 2.0

    def apply(self, device: DeviceUnderTest, strength: float) -> DeviceUnderTest:
        """With a displaced signal, and noise that clipping hides."""
        moved = self.check(strength)
        noise = self.added_noise if moved else 0.0
        receiver = replace(device.quadratures.receiver, displacement=moved)
        attacked = replace(device.quadratures, receiver=receiver, added_noise=noise)
        return replace(device, quadratures=attacked)

    def effect(self, strength: float, device: DeviceUnderTest) -> AttackEffect:
        """Moments of a clipped normal quantity."""
        moved, link = self.check(strength), device.quadratures.link
        slope = link.efficiency * link.transmission
        xi = link.excess_noise + (self.added_noise if moved else 0.0)
        noise = 1.0 + link.electronic_noise + slope * (link.modulation_variance + xi)
        limit = device.quadratures.receiver.saturation or math.inf
        mean, variance = clipped_moments(moved, noise, limit)
        return AttackEffect(honest=0.0, attacked=mean, figures={"variance_seen": variance})


def clipped_moments(mean: float, variance: float, limit: float) -> tuple[float, float]:
    """Mean and variance of a normal quantity that is clipped at both sides.

    Args:
        mean: Of the quantity.
        variance: Of the quantity.
        limit: Largest value; infinite for none.

    Examples:
        >>> [round(value, 6) for value in clipped_moments(5.5, 1.6, 6.0)]
        [5.206455, 0.812953]
    """
    # Local import: it takes long to load.
    from scipy.special import ndtr

    if math.isinf(limit):
        return mean, variance
    deviation = math.sqrt(variance)
    a, b = (-limit - mean) / deviation, (limit - mean) / deviation
    low, high = float(ndtr(a)), float(ndtr(-b))
    inside = float(ndtr(b) - ndtr(a))
    da, db = (math.exp(-z * z / 2.0) / math.sqrt(2.0 * math.pi) for z in (a, b))
    # First and second moments of the normal quantity within, then of the two edges.
    first = inside * mean + deviation * (da - db) + limit * (high - low)
    second = inside * (mean**2 + variance) + 2.0 * mean * deviation * (da - db)
    second += variance * (a * da - b * db) + limit**2 * (high + low)
    return first, second - first**2
