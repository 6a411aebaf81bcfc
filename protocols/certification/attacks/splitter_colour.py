"""Wavelength-dependent splitter: Eve's colour decides Bob's basis."""

from __future__ import annotations

from typing import ClassVar

from protocols.certification.attacks.model import AttackEffect, AttackModel
from protocols.certification.device import DeviceUnderTest
from protocols.certification.observables import OBSERVABLES
from protocols.qkd.eve_at_detectors import SplitterColour

__all__ = ["SplitterColourAttack"]


class SplitterColourAttack(AttackModel):
    """Intercept, and resend in the colour that Bob's splitter sends to Eve's basis.

    Examples:
        >>> attack = SplitterColourAttack()
        >>> round(attack.effect(1.0, attack.example()).qber, 9)
        0.005
    """

    name: ClassVar[str] = "splitter-colour"
    title: ClassVar[str] = "wavelength-dependent splitter"
    sub_layer: ClassVar[str] = "Q1 optics"
    strength_means: ClassVar[str] = "the share of the photons that are resent in another colour"
    statistic: ClassVar[str] = "colour-basis"
    also: ClassVar[tuple[str, ...]] = ("qber",)
    reason: ClassVar[str] = "the QBER falls to (1 - c1 + c2)/4"
    response: ClassVar[str] = (
        "a filter takes other colours out; without one a proof that takes measurement as described "
        "gives no key"
    )
    breaks: ClassVar[tuple[str, ...]] = ("trusted-devices",)
    references: ClassVar[tuple[str, ...]] = ("Li2011",)

    def apply(self, device: DeviceUnderTest, strength: float) -> DeviceUnderTest:
        """With Eve on the line."""
        first, second = device.monitors.couplings
        eve = SplitterColour(fraction=self.check(strength), couplings=(first, second))
        return device.attacked_by(eve)

    def effect(self, strength: float, device: DeviceUnderTest) -> AttackEffect:
        """Share of her first colour in Z: ``c1``; QBER of bases that are used evenly."""
        x, e = self.check(strength), OBSERVABLES["qber"].rate(device)
        first, second = device.monitors.couplings
        wrong = (1.0 - first + second) / 4.0
        seen = (1.0 - x) * e + x * (e * (1.0 - 2.0 * wrong) + wrong)
        honest = OBSERVABLES["colour-basis"].rate(device)
        return AttackEffect(honest=honest, attacked=first if x > 0.0 else honest, qber=seen)
