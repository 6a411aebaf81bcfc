"""Phase remapping: the modulator is met at the edge of its signal."""

from __future__ import annotations

import math
from typing import ClassVar

from protocols.certification.attacks.model import AttackEffect, AttackModel
from protocols.certification.device import DeviceUnderTest
from protocols.certification.observables import OBSERVABLES
from protocols.qkd.eve_at_states import PhaseRemapping

__all__ = ["PhaseRemappingAttack"]


class PhaseRemappingAttack(AttackModel):
    """Make Alice's states lie closer together, and intercept them with fewer errors.

    Examples:
        >>> attack = PhaseRemappingAttack()
        >>> round(attack.effect(1.0, attack.example()).qber, 5)
        0.16829
    """

    name: ClassVar[str] = "phase-remapping"
    title: ClassVar[str] = "phase remapping"
    sub_layer: ClassVar[str] = "Q2 analogue electronics"
    strength_means: ClassVar[str] = "the share of the pulses that are remapped and measured"
    also: ClassVar[tuple[str, ...]] = ("mismatched-bases",)
    reason: ClassVar[str] = "the QBER falls from 25 % towards 14.6 %"
    response: ClassVar[str] = (
        "the error rate is estimated and stays above 11 %, where there is no key, if all pulses "
        "are attacked; a share of them escapes a proof that takes preparation as described"
    )
    breaks: ClassVar[tuple[str, ...]] = ("trusted-devices",)
    references: ClassVar[tuple[str, ...]] = ("Fung2007",)

    #: Angle between neighbouring states, in rad.
    step: ClassVar[float] = math.pi / 4.0

    def apply(self, device: DeviceUnderTest, strength: float) -> DeviceUnderTest:
        """With Eve on the line."""
        return device.attacked_by(PhaseRemapping(fraction=self.check(strength), step=self.step))

    def effect(self, strength: float, device: DeviceUnderTest) -> AttackEffect:
        """The least error of a post-selected outcome, weighted by how often it comes."""
        x, e = self.check(strength), OBSERVABLES["qber"].rate(device)
        comes, wrong = self._outcome(device.protocol.line.misalignment)
        seen = ((1.0 - x) * e + x * comes * wrong) / (1.0 - x + x * comes)
        return AttackEffect(honest=e, attacked=seen, qber=seen)

    def _outcome(self, misalignment: float) -> tuple[float, float]:
        """How often the post-selected outcome comes, and its error rate of single photons.

        State k of Alice gives it with ``cos^2 (k delta - a)/2``; of the state of angle b that is
        resent, an analyser turned by phi finds 1 in Z with ``(1 - cos(b + phi))/2``, and in X with
        b mirrored at the diagonal. The mirrored attack errs as often.
        """
        seen, sent = PhaseRemapping(step=self.step).angles
        turned = 2.0 * math.asin(math.sqrt(misalignment))
        ones = [(1.0 - math.cos(b + turned)) / 2.0 for b in (sent, math.pi / 2.0 - sent)]
        shares = [math.cos((k * self.step - seen) / 2.0) ** 2 / 4.0 for k in range(4)]
        errors = (ones[0], ones[1], 1.0 - ones[0], 1.0 - ones[1])
        comes = math.fsum(shares)
        return comes, math.fsum(a * b for a, b in zip(shares, errors, strict=True)) / comes
