"""Beam splitting behind a lossless line: no trace, and part of every proof."""

from __future__ import annotations

import math
from typing import ClassVar

from protocols.certification.attacks.light import signal_and_decoy, weak_pulses
from protocols.certification.attacks.model import SILENT, AttackEffect, AttackModel
from protocols.certification.device import DeviceUnderTest
from protocols.qkd.eve_at_photons import BeamSplitting

__all__ = ["BeamSplittingAttack"]


class BeamSplittingAttack(AttackModel):
    """Put a beam splitter and a line without loss in place of the line.

    Examples:
        >>> attack = BeamSplittingAttack()
        >>> round(attack.effect(1.0, attack.example()).figures["known"], 9)
        0.362371848
    """

    name: ClassVar[str] = "beam-splitting"
    title: ClassVar[str] = "beam splitting"
    sub_layer: ClassVar[str] = "Q1 optics"
    strength_means: ClassVar[str] = "the share of the pulses that are tapped"
    statistic: ClassVar[str] = SILENT
    reason: ClassVar[str] = (
        "yields and error rates are those of the line; the proof counts pulses of several photons "
        "as known to Eve"
    )
    response: ClassVar[str] = "privacy amplification takes out all pulses of several photons"
    references: ClassVar[tuple[str, ...]] = ("Lutkenhaus2000",)

    def example(self, error: float = 0.0) -> DeviceUnderTest:
        """Signal 0.5 and decoy 0.1 over a line of 10 dB."""
        return weak_pulses(error)

    def apply(self, device: DeviceUnderTest, strength: float) -> DeviceUnderTest:
        """With Eve on the line."""
        signal_and_decoy(device)
        return device.attacked_by(BeamSplitting(fraction=self.check(strength)))

    def effect(self, strength: float, device: DeviceUnderTest) -> AttackEffect:
        """Of a pulse that Bob detects she holds a photon with ``1 - exp(-(1 - t) mu)``."""
        x, (signal, _) = self.check(strength), signal_and_decoy(device)
        lost = (1.0 - device.protocol.line.transmission) * signal
        return AttackEffect(honest=None, attacked=None, figures={"known": -x * math.expm1(-lost)})
