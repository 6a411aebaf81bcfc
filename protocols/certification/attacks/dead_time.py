"""Dead time: one detector is made to click just before the gate."""

from __future__ import annotations

import math
from typing import ClassVar

from protocols.certification.attacks.light import lossy
from protocols.certification.attacks.model import AttackEffect, AttackModel
from protocols.certification.device import DeviceUnderTest
from protocols.certification.observables import OBSERVABLES
from protocols.qkd.eve_at_detectors import DeadTime

__all__ = ["DeadTimeAttack"]


class DeadTimeAttack(AttackModel):
    """Leave one detector alone able to answer, so that the bit of a click is known.

    Examples:
        >>> attack = DeadTimeAttack()
        >>> figures = attack.effect(2 / 11, attack.example()).figures  # a tenth of the sifted bits
        >>> round(figures["known"], 9), round(figures["min_entropy"], 9)
        (0.1, 0.862496476)
    """

    name: ClassVar[str] = "dead-time"
    title: ClassVar[str] = "dead time"
    sub_layer: ClassVar[str] = "Q2 analogue electronics"
    strength_means: ClassVar[str] = "the share of the gates before which a detector is set off"
    statistic: ClassVar[str] = "close-clicks"
    reason: ClassVar[str] = "the QBER stays as it was"
    response: ClassVar[str] = (
        "events within the longest dead time of another one are dropped, and with them all that "
        "she knows"
    )
    breaks: ClassVar[tuple[str, ...]] = ("equal-detectors",)
    references: ClassVar[tuple[str, ...]] = ("Weier2011",)

    def apply(self, device: DeviceUnderTest, strength: float) -> DeviceUnderTest:
        """With Eve on the line."""
        return device.attacked_by(DeadTime(fraction=self.check(strength)))

    def example(self, error: float = 0.0) -> DeviceUnderTest:
        """Single photons over a line of 20 dB."""
        return lossy(error)

    def effect(self, strength: float, device: DeviceUnderTest) -> AttackEffect:
        """Half of the attacked gates click: ``a = x/(2 - x)`` of the bits of single photons."""
        x, honest = self.check(strength), OBSERVABLES["close-clicks"].rate(device)
        a = x / (2.0 - x)
        return AttackEffect(
            honest=honest,
            attacked=a + (1.0 - a) * honest,
            figures={
                "known": a,
                "min_entropy": -math.log2((1.0 + a) / 2.0),
                "shannon_entropy": 1.0 - a,
            },
        )
