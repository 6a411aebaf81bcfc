"""Eavesdropper and watch that a plan is judged by: [detection]."""

from __future__ import annotations

from dataclasses import dataclass

from qnet.errors import check_positive
from qnet.schema import Description, Within, check_fields, key

__all__ = ["DetectionTable"]

_SHARE = Within(low=0.0, high=1.0, rule="lie in [0, 1]", hint="0.01 is one pulse in a hundred")
_LEVEL = Within(
    low=0.0, high=1.0, is_open=True, rule="lie strictly between 0 and 1", hint="1e-6 is usual"
)
_ERROR = Within(low=0.0, high=0.25, rule="lie in [0, 0.25]", hint="0.02 is two in a hundred")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class DetectionTable(Description):
    """Who listens, and how the ends watch: [detection]. All defaults are assumed.

    Args:
        intercept: Share of the pulses that an eavesdropper measures and sends on.
        time_s: How long that goes on, in s.
        qber: Error rate of an undisturbed hop.
        test_share: Bits that are compared for each secret bit that a hop makes.
        false_alarm: Probability of a false alarm per day and hop.
        notice: Probability to be noticed for which the smallest share of pulses is said.

    Raises:
        ParameterError: If a number is out of its range.

    Examples:
        >>> DetectionTable().intercept
        0.01
    """

    intercept: float = key(0.01, check=_SHARE)
    time_s: float = key(3600.0, check=check_positive)
    qber: float = key(0.02, check=_ERROR)
    test_share: float = key(0.1, check=check_positive)
    false_alarm: float = key(1e-6, check=_LEVEL)
    notice: float = key(0.999, check=_LEVEL)

    def __post_init__(self) -> None:
        check_fields(self)
