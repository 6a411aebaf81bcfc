"""Photon-number splitting that keeps the gain of the signal: decoys get too few clicks."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from protocols.certification.attacks.light import (
    gain,
    hidden_in_gain,
    signal_and_decoy,
    split_gain,
    weak_pulses,
)
from protocols.certification.attacks.model import AttackEffect, AttackModel
from protocols.certification.device import DeviceUnderTest
from protocols.qkd.eve_at_photons import PhotonNumberSplitting

__all__ = ["PhotonNumberSplittingAttack"]


class PhotonNumberSplittingAttack(AttackModel):
    """Block single photons, keep one of several and send on the rest without loss.

    Examples:
        >>> attack = PhotonNumberSplittingAttack()
        >>> effect = attack.effect(1.0, attack.example())
        >>> f"{effect.honest:.6f} {effect.attacked:.6f}"
        '0.009950 0.002530'
    """

    name: ClassVar[str] = "photon-number-splitting"
    title: ClassVar[str] = "photon-number splitting that keeps the gain of the signal"
    sub_layer: ClassVar[str] = "Q1 optics"
    strength_means: ClassVar[str] = "the share of the pulses that are counted and split"
    statistic: ClassVar[str] = "decoy-yield"
    reason: ClassVar[str] = "the QBER and the gain of the signal stay as they were"
    response: ClassVar[str] = (
        "decoy intensities bound the yield of single photons, and the key shrinks with it; without "
        "decoys all pulses of several photons count as known"
    )
    breaks: ClassVar[tuple[str, ...]] = ("single-photons",)
    references: ClassVar[tuple[str, ...]] = ("Brassard2000",)

    def example(self, error: float = 0.0) -> DeviceUnderTest:
        """Signal 0.5 and decoy 0.1 over a line of 10 dB."""
        return weak_pulses(error)

    def _eve(self, device: DeviceUnderTest) -> PhotonNumberSplitting:
        return hidden_in_gain(device, PhotonNumberSplitting.hidden)

    def apply(self, device: DeviceUnderTest, strength: float) -> DeviceUnderTest:
        """With Eve on the line, hidden in the gain of the signal."""
        eve = replace(self._eve(device), fraction=self.check(strength))
        return device.attacked_by(eve)

    def effect(self, strength: float, device: DeviceUnderTest) -> AttackEffect:
        """The gain of the decoy, and what Eve knows of the sifted bits of the signal."""
        x, eve = self.check(strength), self._eve(device)
        signal, decoy = signal_and_decoy(device)
        honest, known = gain(device, decoy), split_gain(device, signal, 0.0, eve.pass_multiple)
        attacked = split_gain(device, decoy, eve.pass_single, eve.pass_multiple, dark=True)
        figures = {"known": x * known / gain(device, signal)}
        return AttackEffect(
            honest=honest, attacked=(1.0 - x) * honest + x * attacked, figures=figures
        )
