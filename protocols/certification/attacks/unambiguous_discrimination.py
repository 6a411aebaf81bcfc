"""Unambiguous state discrimination of pulses of three photons or more."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import ClassVar

from protocols.certification.attacks.light import (
    gain,
    hidden_in_gain,
    signal_and_decoy,
    weak_pulses,
)
from protocols.certification.attacks.model import AttackEffect, AttackModel
from protocols.certification.device import DeviceUnderTest
from protocols.qkd.eve_at_photons import UnambiguousDiscrimination

__all__ = ["UnambiguousDiscriminationAttack"]


class UnambiguousDiscriminationAttack(AttackModel):
    """Tell the four states apart without error where a pulse allows it, and block the rest.

    Examples:
        >>> attack = UnambiguousDiscriminationAttack()
        >>> effect = attack.effect(0.5, attack.example())
        >>> effect.attacked < effect.honest
        True
    """

    name: ClassVar[str] = "unambiguous-discrimination"
    title: ClassVar[str] = "unambiguous discrimination of several photons"
    sub_layer: ClassVar[str] = "Q1 optics"
    strength_means: ClassVar[str] = "the share of the pulses that are measured"
    statistic: ClassVar[str] = "decoy-yield"
    reason: ClassVar[str] = "there are no errors, and in high loss the gain of the signal stays"
    response: ClassVar[str] = (
        "decoy intensities bound the yield of single photons; a random phase is assumed, and a "
        "block whose phases are not random gives no key"
    )
    breaks: ClassVar[tuple[str, ...]] = ("single-photons",)
    references: ClassVar[tuple[str, ...]] = ("CheflesBarnett1998", "Dusek2000")

    def example(self, error: float = 0.0) -> DeviceUnderTest:
        """Signal 0.5 and decoy 0.1 over a line of 20 dB."""
        return weak_pulses(error, 0.01)

    def _eve(self, device: DeviceUnderTest) -> UnambiguousDiscrimination:
        return hidden_in_gain(device, UnambiguousDiscrimination.hidden)

    def apply(self, device: DeviceUnderTest, strength: float) -> DeviceUnderTest:
        """With Eve on the line, hidden in the gain of the signal where she is able to."""
        eve = replace(self._eve(device), fraction=self.check(strength))
        return device.attacked_by(eve)

    def effect(self, strength: float, device: DeviceUnderTest) -> AttackEffect:
        """``p e^-mu (G(mu) - G(mu (1 - eta)))``, ``G = e^z - sqrt2 sinh z/sqrt2 - ... + 1``."""
        x, eve = self.check(strength), self._eve(device)
        signal, decoy = signal_and_decoy(device)
        detectors = device.protocol.line.detectors
        stays = (1.0 - detectors.dark_probability) ** 2

        def told(mean: float) -> float:
            left = mean * (1.0 - max(detectors.efficiencies))
            clicks = math.exp(-mean) * (_told(mean) - _told(left))
            return eve.pass_probability * clicks

        honest = gain(device, decoy)
        attacked = 1.0 - stays * (1.0 - told(decoy))
        seen = (1.0 - x) * gain(device, signal) + x * (1.0 - stays * (1.0 - told(signal)))
        return AttackEffect(
            honest=honest,
            attacked=(1.0 - x) * honest + x * attacked,
            figures={"known": x * told(signal) / seen, "signal_gain": seen},
        )


def _told(z: float) -> float:
    """``sum z^n/n! (1 - 2^-floor((n-1)/2))``, n from 1 on."""
    root = math.sqrt(2.0)
    return math.exp(z) - root * math.sinh(z / root) - 2.0 * math.cosh(z / root) + 1.0
