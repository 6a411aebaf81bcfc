"""Faked states: the opposite bit in the opposite basis, timed for Eve's bit."""

from __future__ import annotations

import math
from typing import ClassVar

from protocols.certification.attacks.light import mismatched
from protocols.certification.attacks.model import AttackEffect, AttackModel
from protocols.certification.device import DeviceUnderTest
from protocols.certification.observables import OBSERVABLES
from protocols.qkd.eve import FakedStates

__all__ = ["FakedStatesAttack"]


class FakedStatesAttack(AttackModel):
    """Intercept, and send what clicks mostly where Bob's basis is Eve's, with her bit.

    Examples:
        >>> attack = FakedStatesAttack()
        >>> round(attack.effect(1.0, attack.example()).qber, 9)
        0.285714286
    """

    name: ClassVar[str] = "faked-states"
    title: ClassVar[str] = "faked states"
    sub_layer: ClassVar[str] = "Q2 analogue electronics"
    strength_means: ClassVar[str] = "the share of the photons that are replaced"
    also: ClassVar[tuple[str, ...]] = ("late-clicks",)
    reason: ClassVar[str] = "the QBER vanishes with the mismatch of the detectors"
    response: ClassVar[str] = (
        "clicks outside the central time bin are dropped; a proof that takes detectors as equal "
        "gives no key"
    )
    breaks: ClassVar[tuple[str, ...]] = ("equal-detectors",)
    references: ClassVar[tuple[str, ...]] = ("Makarov2006",)

    def example(self, error: float = 0.0) -> DeviceUnderTest:
        """Detectors of which one is four times as efficient off the centre."""
        return mismatched(error)

    def apply(self, device: DeviceUnderTest, strength: float) -> DeviceUnderTest:
        """With Eve on the line."""
        return device.attacked_by(FakedStates(fraction=self.check(strength)))

    def effect(self, strength: float, device: DeviceUnderTest) -> AttackEffect:
        """``2 r/(1 + 3 r)`` of perfect single photons that are all replaced."""
        x, e = self.check(strength), OBSERVABLES["qber"].rate(device)
        line = device.protocol.line
        r, m = line.detectors.efficiency_mismatch, line.misalignment
        # An analyser that is turned favours her bit where the bases of the resent state differ.
        hers = 0.5 + math.sqrt(m * (1.0 - m))
        crossed = (r + m * (1.0 - r)) / 2.0
        wrong = (1.0 - hers) * r / 2.0 + crossed / 2.0
        clicks = (hers + (1.0 - hers) * r) / 2.0 + crossed
        seen = ((1.0 - x) * e + x * wrong) / (1.0 - x + x * clicks)
        return AttackEffect(honest=e, attacked=seen, qber=seen)
