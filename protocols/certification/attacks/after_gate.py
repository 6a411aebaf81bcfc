"""After-gate attack: bright pulses where detectors answer to power alone."""

from __future__ import annotations

from typing import ClassVar

from protocols.certification.attacks.bright_light import bright_effect
from protocols.certification.attacks.model import AttackEffect, AttackModel
from protocols.certification.device import DeviceUnderTest
from protocols.qkd.eve_at_detectors import AfterGate

__all__ = ["AfterGateAttack"]


class AfterGateAttack(AttackModel):
    """Send bright trigger pulses just after the gate of the detectors.

    Examples:
        >>> attack = AfterGateAttack()
        >>> effect = attack.effect(1.0, attack.example())
        >>> effect.qber, effect.figures["click_probability"]
        (0.0, 0.5)
    """

    name: ClassVar[str] = "after-gate"
    title: ClassVar[str] = "after-gate pulses"
    sub_layer: ClassVar[str] = "Q2 analogue electronics"
    strength_means: ClassVar[str] = "the share of the pulses that are replaced by bright ones"
    statistic: ClassVar[str] = "attenuated-clicks"
    also: ClassVar[tuple[str, ...]] = ("double-clicks",)
    reason: ClassVar[str] = "the plain QBER is silent but for dark counts in the gate"
    response: ClassVar[str] = (
        "nothing in the bits tells it: a block with an alarm of the attenuator or of the "
        "photocurrent is thrown away"
    )
    breaks: ClassVar[tuple[str, ...]] = ("no-blinding",)
    references: ClassVar[tuple[str, ...]] = ("Wiechers2011",)

    #: Power of the trigger pulse, in units of the threshold of detector 0.
    power: ClassVar[float] = 1.5

    def apply(self, device: DeviceUnderTest, strength: float) -> DeviceUnderTest:
        """With Eve on the line."""
        return device.attacked_by(AfterGate(fraction=self.check(strength), power=self.power))

    def effect(self, strength: float, device: DeviceUnderTest) -> AttackEffect:
        """Clicks where the whole pulse, or half of it, passes a threshold."""
        return bright_effect(self.check(strength), device, self.power, gated=True)
