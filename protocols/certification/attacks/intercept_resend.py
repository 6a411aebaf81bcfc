"""Intercept and resend: QBER ``e + x (1 - 2 e)/4``."""

from __future__ import annotations

from typing import ClassVar

from protocols.certification.attacks.model import AttackEffect, AttackModel
from protocols.certification.device import DeviceUnderTest
from protocols.certification.observables import OBSERVABLES
from protocols.qkd.eve import InterceptResend
from qnet.errors import ParameterError, check_probability
from qnet.metrics.statistics import proportion_estimate

__all__ = ["InterceptResendAttack", "intercepted_fraction_bound"]


class InterceptResendAttack(AttackModel):
    """Measure a share of the photons in Z or X, and send on what was found.

    Examples:
        >>> round(InterceptResendAttack().effect(0.3, DeviceUnderTest()).qber, 2)
        0.09
    """

    name: ClassVar[str] = "intercept-resend"
    title: ClassVar[str] = "intercept and resend"
    sub_layer: ClassVar[str] = "Q1 optics"
    strength_means: ClassVar[str] = "the share of the photons that are measured"
    response: ClassVar[str] = (
        "the error rate is estimated, and privacy amplification takes out what it allows Eve to "
        "know; above 11 % there is no key"
    )
    references: ClassVar[tuple[str, ...]] = ("BennettBrassard1984",)

    def apply(self, device: DeviceUnderTest, strength: float) -> DeviceUnderTest:
        """With Eve on the line."""
        return device.attacked_by(InterceptResend(fraction=self.check(strength)))

    def effect(self, strength: float, device: DeviceUnderTest) -> AttackEffect:
        """Half of what she measures is in the wrong basis, and errs half of the time."""
        x, e = self.check(strength), OBSERVABLES["qber"].rate(device)
        seen = e + x * (1.0 - 2.0 * e) / 4.0
        return AttackEffect(honest=e, attacked=seen, qber=seen, figures={"known": x / 2.0})


def intercepted_fraction_bound(
    errors: int, compared: int, *, honest: float = 0.0, confidence: float = 0.99
) -> float:
    """Upper bound of the intercepted fraction, from errors among compared bits.

    ``4 (q - e)/(1 - 2 e)``, with Clopper and Pearson's one-sided bound q of the error rate.

    Args:
        errors: How many there are.
        compared: Compared sifted bits.
        honest: Error rate ``e`` without Eve, below one half.
        confidence: Of the bound.

    Returns:
        Between 0 and 1.

    Raises:
        ParameterError: If a number is out of its range.

    Examples:
        >>> round(intercepted_fraction_bound(0, 1000), 9)
        0.018378331
    """
    if check_probability("honest", honest) >= 0.5:
        raise ParameterError("honest", "be below one half", honest, "0.02 is usual")
    if not 0.5 < check_probability("confidence", confidence) < 1.0:
        rule = "lie between one half and one"
        raise ParameterError("confidence", rule, confidence, "0.99 is usual")
    # A two-sided interval whose upper end is the one-sided bound.
    high = proportion_estimate(errors, compared, confidence=2.0 * confidence - 1.0).high
    return min(max(4.0 * (high - honest) / (1.0 - 2.0 * honest), 0.0), 1.0)
