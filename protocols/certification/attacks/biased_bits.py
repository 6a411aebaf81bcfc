"""Biased random bits: Alice's choices are not even."""

from __future__ import annotations

import math
from typing import ClassVar

from protocols.certification.attacks.model import AttackEffect, AttackModel
from protocols.certification.device import DeviceUnderTest
from protocols.qkd.eve_at_states import BiasedBits
from qnet.metrics.key_rate import binary_entropy

__all__ = ["BiasedBitsAttack"]


class BiasedBitsAttack(AttackModel):
    """A generator whose bits are 1 with probability ``1/2 + b``.

    Examples:
        >>> attack = BiasedBitsAttack()
        >>> figures = attack.effect(0.01, attack.example()).figures
        >>> round(figures["min_entropy"], 9), round(figures["shannon_entropy"], 9)
        (0.971430848, 0.999711442)
    """

    name: ClassVar[str] = "biased-bits"
    title: ClassVar[str] = "biased random bits"
    sub_layer: ClassVar[str] = "Q4 operation cycle"
    strength_means: ClassVar[str] = "the bias b of bits that are 1 with probability 1/2 + b"
    most: ClassVar[float] = 0.5
    default: ClassVar[float] = 0.01
    statistic: ClassVar[str] = "ones"
    reason: ClassVar[str] = "the QBER stays as it was"
    response: ClassVar[str] = (
        "health tests stop the generator, and a bias that is stated beforehand is hashed out; a "
        "test of the bits never proves entropy"
    )
    breaks: ClassVar[tuple[str, ...]] = ("trusted-devices",)
    references: ClassVar[tuple[str, ...]] = ("Turan2018",)

    def apply(self, device: DeviceUnderTest, strength: float) -> DeviceUnderTest:
        """With the biased generator."""
        return device.attacked_by(BiasedBits(bias=self.check(strength)))

    def effect(self, strength: float, device: DeviceUnderTest) -> AttackEffect:
        """Ones come with ``1/2 + b``."""
        b = self.check(strength)
        return AttackEffect(
            honest=0.5,
            attacked=0.5 + b,
            figures={
                "min_entropy": -math.log2(0.5 + b),
                "shannon_entropy": float(binary_entropy(0.5 + b)),
            },
        )
