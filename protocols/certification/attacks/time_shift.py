"""Time shift: photons are moved to where one detector is less efficient."""

from __future__ import annotations

from typing import ClassVar

from protocols.certification.attacks.light import mismatched
from protocols.certification.attacks.model import AttackEffect, AttackModel
from protocols.certification.device import DeviceUnderTest
from protocols.qkd.eve_at_detectors import TimeShift
from qnet.metrics.key_rate import binary_entropy

__all__ = ["TimeShiftAttack"]


class TimeShiftAttack(AttackModel):
    """Shift photons in time, at random, in favour of one detector.

    Examples:
        >>> attack = TimeShiftAttack()
        >>> round(attack.effect(1.0, attack.example()).figures["key_left"], 9)
        0.721928095
    """

    name: ClassVar[str] = "time-shift"
    title: ClassVar[str] = "time shift"
    sub_layer: ClassVar[str] = "Q2 analogue electronics"
    strength_means: ClassVar[str] = "the share of the photons that are shifted"
    statistic: ClassVar[str] = "late-clicks"
    reason: ClassVar[str] = "the QBER stays as it was"
    response: ClassVar[str] = (
        "clicks outside the central time bin are dropped; with a known mismatch the key is "
        "shorter, and a proof that takes detectors as equal gives none"
    )
    breaks: ClassVar[tuple[str, ...]] = ("equal-detectors",)
    references: ClassVar[tuple[str, ...]] = ("Qi2007",)

    def example(self, error: float = 0.0) -> DeviceUnderTest:
        """Detectors of which one is four times as efficient off the centre."""
        return mismatched(error)

    def apply(self, device: DeviceUnderTest, strength: float) -> DeviceUnderTest:
        """With Eve on the line."""
        return device.attacked_by(TimeShift(fraction=self.check(strength)))

    def effect(self, strength: float, device: DeviceUnderTest) -> AttackEffect:
        """Of clicks of single photons, ``x (1 + r)/2`` are shifted against ``1 - x`` others."""
        x, late = self.check(strength), device.monitors.late_share
        r = device.protocol.line.detectors.efficiency_mismatch
        shifted = x * (1.0 + r) / 2.0
        share = shifted / (shifted + 1.0 - x)
        left = 1.0 - share * (1.0 - float(binary_entropy(r / (1.0 + r))))
        return AttackEffect(
            honest=late,
            attacked=share + (1.0 - share) * late,
            figures={"key_left": left, "guess": 1.0 / (1.0 + r)},
        )
