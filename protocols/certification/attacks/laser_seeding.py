"""Laser seeding and damage: all intensities are higher than the users know."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import ClassVar

from protocols.certification.attacks.light import weak_pulses
from protocols.certification.attacks.model import AttackEffect, AttackModel
from protocols.certification.device import DeviceUnderTest
from protocols.certification.observables import OBSERVABLES
from qnet.errors import ParameterError
from qnet.hardware import WeakPulses

__all__ = ["LaserSeedingAttack"]


class LaserSeedingAttack(AttackModel):
    """Make all pulses brighter by one factor, and the line lossier by it.

    Gains and errors of each intensity stay as they were, but the pulses hold more photons than the
    users' decoy bounds presume. A damaged attenuator does the same.

    Examples:
        >>> attack = LaserSeedingAttack()
        >>> effect = attack.effect(1.5, attack.example())
        >>> f"{effect.honest:.5f} {effect.attacked:.5f}"
        '0.03713 0.05505'
    """

    name: ClassVar[str] = "laser-seeding"
    title: ClassVar[str] = "laser seeding, or damage of the attenuator"
    sub_layer: ClassVar[str] = "Q1 optics"
    strength_means: ClassVar[str] = "the factor on all intensities"
    least: ClassVar[float] = 1.0
    most: ClassVar[float] = 10.0
    default: ClassVar[float] = 1.5
    statistic: ClassVar[str] = "power-monitor"
    reason: ClassVar[str] = "the plain QBER and all gains stay as they were"
    response: ClassVar[str] = (
        "decoy bounds over an interval of intensities hold it; with the stated intensities the "
        "yield of single photons is over-estimated"
    )
    breaks: ClassVar[tuple[str, ...]] = ("decoys",)
    references: ClassVar[tuple[str, ...]] = ("Huang2019",)

    def example(self, error: float = 0.0) -> DeviceUnderTest:
        """Signal 0.5 and decoy 0.1 over a line of 10 dB."""
        return weak_pulses(error)

    def apply(self, device: DeviceUnderTest, strength: float) -> DeviceUnderTest:
        """With brighter pulses on a lossier line."""
        k, source = self.check(strength), getattr(device.protocol, "source", None)
        if not isinstance(source, WeakPulses):
            hint = "give [source] intensities or mean_photon_number"
            raise ParameterError("device", "send weak pulses", device.protocol.name, hint)
        brighter = tuple(k * mean for mean in source.intensities)
        line = device.protocol.line
        protocol = replace(
            device.protocol,
            source=replace(source, intensities=brighter),
            line=replace(line, transmission=line.transmission / k),
        )
        return replace(device, protocol=protocol)

    def effect(self, strength: float, device: DeviceUnderTest) -> AttackEffect:
        """Power monitor ``1 - (1 - d) <exp(-m k mu)>``; the QBER stays."""
        k, watch = self.check(strength), device.monitors
        shares = getattr(device.protocol.source, "probabilities", (1.0,))
        means = zip(shares, device.intensities, strict=True)
        quiet = math.fsum(share * math.exp(-watch.power_tap * k * mean) for share, mean in means)
        return AttackEffect(
            honest=OBSERVABLES["power-monitor"].rate(device),
            attacked=1.0 - (1.0 - watch.power_dark_probability) * quiet,
            qber=OBSERVABLES["qber"].rate(device),
        )
