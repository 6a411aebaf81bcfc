"""Shot-noise calibration: shot noise is taken too high, and excess noise disappears."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from protocols.certification.attacks.model import AttackEffect, AttackModel
from protocols.certification.device import DeviceUnderTest

__all__ = ["ShotNoiseAttack"]


class ShotNoiseAttack(AttackModel):
    """Intercept and resend all, and make the users calibrate the shot noise too high.

    Examples:
        >>> attack = ShotNoiseAttack()
        >>> figures = attack.effect(1.1, attack.example()).figures
        >>> round(figures["transmission_seen"], 9), round(figures["excess_noise_seen"], 9)
        (0.090909091, 0.25)
    """

    name: ClassVar[str] = "shot-noise-calibration"
    title: ClassVar[str] = "calibration of the shot noise"
    sub_layer: ClassVar[str] = "Q3 drivers and calibration"
    strength_means: ClassVar[str] = "the shot noise as calibrated over the true one"
    least: ClassVar[float] = 1.0
    most: ClassVar[float] = 2.0
    default: ClassVar[float] = 1.1
    statistic: ClassVar[str] = "shot-noise"
    reason: ClassVar[str] = "the excess noise that is seen falls, to zero at some factor"
    response: ClassVar[str] = (
        "shot noise is measured live, with the signal blocked at random; otherwise the key is that "
        "of a noise that is not there"
    )
    breaks: ClassVar[tuple[str, ...]] = ("trusted-devices",)
    references: ClassVar[tuple[str, ...]] = ("Jouguet2013",)

    #: Excess noise that measuring both quadratures and resending adds, at the channel's input.
    added_noise: ClassVar[float] = 2.0

    def apply(self, device: DeviceUnderTest, strength: float) -> DeviceUnderTest:
        """With noise that the calibration hides."""
        g = self.check(strength)
        noise = self.added_noise if g > 1.0 else 0.0
        receiver = replace(device.quadratures.receiver, shot_noise_factor=g)
        attacked = replace(device.quadratures, receiver=receiver, added_noise=noise)
        return replace(device, quadratures=attacked)

    def effect(self, strength: float, device: DeviceUnderTest) -> AttackEffect:
        """``T/g``, and ``xi = (noise/g - 1 - v_el)/(eta T/g)`` of homodyne detection."""
        g, link = self.check(strength), device.quadratures.link
        slope = link.efficiency * link.transmission
        xi = link.excess_noise + (self.added_noise if g > 1.0 else 0.0)
        dark = 1.0 + link.electronic_noise
        return AttackEffect(
            honest=dark,
            attacked=dark / g,
            figures={
                "transmission_seen": link.transmission / g,
                "excess_noise_seen": ((dark + slope * xi) / g - dark) / (slope / g),
                "hiding_factor": (dark + slope * xi) / dark,
            },
        )
