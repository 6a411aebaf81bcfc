"""Rates of keys that applications make of delivered states: secret bits per second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocols.applications.result import AppFigure
from qnet.estimate import Estimate

if TYPE_CHECKING:
    from protocols.applications.delivered import Delivered

__all__ = ["secret_rate"]


def secret_rate(
    fraction: Estimate, delivered: Delivered, share: float = 1.0
) -> tuple[AppFigure, ...]:
    """Secret bits per second, if nearly all rounds are key rounds; nothing of given states.

    Args:
        fraction: Secret bits per key round.
        delivered: What was delivered, with the mean time of a round.
        share: Share of the rounds that are kept.

    Returns:
        One figure, or none. Its interval holds if those of the fraction and of the time do.

    Examples:
        >>> from protocols.applications.delivered import ideal_states
        >>> secret_rate(Estimate.exact(1.0), ideal_states(()))
        ()
    """
    time = delivered.duration
    if time is None or time.low <= 0.0:
        return ()
    rate = Estimate(
        share * max(fraction.low, 0.0) / time.high,
        share * fraction.best / time.best,
        share * fraction.high / time.low,
        fraction.n,
    )
    meaning = "if the rounds of the test are few"
    figure = AppFigure(
        name="secret_key_rate", value=rate, title="secret-key rate", unit="bit/s", meaning=meaning
    )
    return (figure,)
