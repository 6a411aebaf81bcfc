"""Trojan horse: light that comes back from Alice's modulator."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import ClassVar

from protocols.certification.attacks.light import weak_pulses
from protocols.certification.attacks.model import AttackEffect, AttackModel
from protocols.certification.device import DeviceUnderTest
from protocols.certification.observables import OBSERVABLES
from protocols.qkd.eve_at_photons import TrojanHorse

__all__ = ["TrojanHorseAttack"]


class TrojanHorseAttack(AttackModel):
    """Shine light into Alice's device and read her setting from what comes back.

    Examples:
        >>> attack = TrojanHorseAttack()
        >>> effect = attack.effect(1e-6, attack.example())
        >>> effect.attacked, f"{effect.figures['coin_imbalance']:.3g}"
        (1.0, '5e-07')
    """

    name: ClassVar[str] = "trojan-horse"
    title: ClassVar[str] = "Trojan horse"
    sub_layer: ClassVar[str] = "Q1 optics"
    strength_means: ClassVar[str] = "the mean photon number per pulse that leaves Alice's device"
    most: ClassVar[float] = 10.0
    default: ClassVar[float] = 1e-6
    statistic: ClassVar[str] = "watchdog"
    reason: ClassVar[str] = "yields and error rates stay as they were"
    response: ClassVar[str] = (
        "the phase error grows by what the light may tell: with a stated mean photon number the "
        "key is shorter, without one there is none"
    )
    breaks: ClassVar[tuple[str, ...]] = ("trusted-devices",)
    references: ClassVar[tuple[str, ...]] = ("Gisin2006", "Lucamarini2015")

    def example(self, error: float = 0.0) -> DeviceUnderTest:
        """Signal 0.5 and decoy 0.1 over a line of 10 dB."""
        return weak_pulses(error)

    def _injected(self, mean: float, device: DeviceUnderTest) -> float:
        """Mean photon number that Eve must send in, through the isolation."""
        return mean * 10.0 ** (device.monitors.isolation_db / 10.0)

    def apply(self, device: DeviceUnderTest, strength: float) -> DeviceUnderTest:
        """With her light in the device, and what it tells her."""
        mean = self.check(strength)
        attacked = device.attacked_by(TrojanHorse(mean_photons=mean))
        return replace(attacked, injected_photons=self._injected(mean, device))

    def effect(self, strength: float, device: DeviceUnderTest) -> AttackEffect:
        """Watchdog ``1 - (1 - d) exp(-eta N)``; what she can tell without error, and the coin."""
        mean, watch = self.check(strength), device.monitors
        dark, seen = watch.watchdog_dark_probability, watch.watchdog_efficiency
        sums = (math.cosh(mean), math.cos(mean)), (math.sinh(mean), math.sin(mean))
        told = min(a + sign * b for a, b in sums for sign in (1.0, -1.0))
        return AttackEffect(
            honest=OBSERVABLES["watchdog"].rate(device),
            attacked=1.0 - (1.0 - dark) * math.exp(-seen * self._injected(mean, device)),
            figures={
                "known": 2.0 * math.exp(-mean) * max(told, 0.0),
                "coin_imbalance": (1.0 - math.exp(-mean) * math.cos(mean)) / 2.0,
            },
        )
