"""Estimates and claims of an answer as plain data, for JSON."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qnet.estimate import Estimate
    from qnet.metrics.security import SecurityClaim

__all__ = ["claimed", "interval"]


def interval(estimate: Estimate | None) -> dict[str, float | None] | None:
    """A figure with its interval; what is not finite is None.

    Examples:
        >>> import math
        >>> from qnet import Estimate
        >>> interval(Estimate(1.0, 2.0, math.inf, 5))
        {'low': 1.0, 'best': 2.0, 'high': None}
    """
    if estimate is None:
        return None
    ends = {"low": estimate.low, "best": estimate.best, "high": estimate.high}
    return {name: value if math.isfinite(value) else None for name, value in ends.items()}


def claimed(claim: SecurityClaim) -> dict[str, Any]:
    """What a key claims, with its sentence for people.

    Examples:
        >>> from qnet.metrics.security import chain_claim
        >>> claimed(chain_claim(1.0, ""))["notion"]
        'asymptotic'
    """
    return {**claim.as_dict(), "sentence": claim.sentence}
