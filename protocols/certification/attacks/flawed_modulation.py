"""Flawed modulation: states at wrong angles, seen where the bases differ."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import ClassVar

from protocols.certification.attacks.model import AttackEffect, AttackModel
from protocols.certification.device import DeviceUnderTest
from protocols.qkd.bb84 import BB84
from qnet.errors import ParameterError

__all__ = ["FlawedModulationAttack"]


class FlawedModulationAttack(AttackModel):
    """States that lie ``(pi + d)/2`` apart on the Bloch sphere, not a right angle.

    Examples:
        >>> attack = FlawedModulationAttack()
        >>> effect = attack.effect(0.126, attack.example())
        >>> round(effect.honest, 6), round(effect.attacked, 6)
        (0.5, 0.531479)
    """

    name: ClassVar[str] = "flawed-modulation"
    title: ClassVar[str] = "flawed modulation"
    sub_layer: ClassVar[str] = "Q3 drivers and calibration"
    strength_means: ClassVar[str] = "the error of a turn by pi, in rad"
    most: ClassVar[float] = math.pi / 2.0
    default: ClassVar[float] = 0.126
    statistic: ClassVar[str] = "mismatched-bases"
    also: ClassVar[tuple[str, ...]] = ("qber",)
    reason: ClassVar[str] = "the QBER grows as the square of the error only"
    response: ClassVar[str] = (
        "the loss-tolerant estimate takes the phase error from events of different bases; a proof "
        "that takes preparation as described gives no key"
    )
    breaks: ClassVar[tuple[str, ...]] = ("trusted-devices",)
    references: ClassVar[tuple[str, ...]] = ("Tamaki2014",)

    def apply(self, device: DeviceUnderTest, strength: float) -> DeviceUnderTest:
        """With other states."""
        protocol = device.protocol
        if not isinstance(protocol, BB84):
            hint = "take bb84 or decoy-bb84"
            raise ParameterError("device", "have a modulator", protocol.name, hint)
        flawed = replace(protocol, modulation_error_rad=self.check(strength))
        return replace(device, protocol=flawed)

    def effect(self, strength: float, device: DeviceUnderTest) -> AttackEffect:
        """``(1 + sin(phi + d/2))/2`` of single photons, the analyser turned by ``phi``."""
        d = self.check(strength)
        turned = 2.0 * math.asin(math.sqrt(device.protocol.line.misalignment))
        return AttackEffect(
            honest=(1.0 + math.sin(turned)) / 2.0,
            attacked=(1.0 + math.sin(turned + d / 2.0)) / 2.0,
        )
