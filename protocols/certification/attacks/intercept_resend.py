"""Intercept and resend: QBER ``e + x (1 - 2 e)/4``."""

from __future__ import annotations

from typing import ClassVar

from protocols.certification.attacks.model import AttackEffect, AttackModel
from protocols.certification.device import DeviceUnderTest
from protocols.certification.observables import OBSERVABLES
from protocols.qkd.eve import InterceptResend

__all__ = ["InterceptResendAttack"]


class InterceptResendAttack(AttackModel):
    """Measure a share of the photons in Z or X, and send on what was found.

    Examples:
        >>> round(InterceptResendAttack().effect(0.3, DeviceUnderTest()).qber, 2)
        0.09
    """

    name: ClassVar[str] = "intercept-resend"
    title: ClassVar[str] = "intercept and resend"
    sub_layer: ClassVar[str] = "Q1 optics"
    strength_means: ClassVar[str] = "the share of the photons that are measured"
    response: ClassVar[str] = (
        "the error rate is estimated, and privacy amplification takes out what it allows Eve to "
        "know; above 11 % there is no key"
    )
    references: ClassVar[tuple[str, ...]] = ("BennettBrassard1984",)

    def apply(self, device: DeviceUnderTest, strength: float) -> DeviceUnderTest:
        """With Eve on the line."""
        return device.attacked_by(InterceptResend(fraction=self.check(strength)))

    def effect(self, strength: float, device: DeviceUnderTest) -> AttackEffect:
        """Half of what she measures is in the wrong basis, and errs half of the time."""
        x, e = self.check(strength), OBSERVABLES["qber"].rate(device)
        seen = e + x * (1.0 - 2.0 * e) / 4.0
        return AttackEffect(honest=e, attacked=seen, qber=seen, figures={"known": x / 2.0})
