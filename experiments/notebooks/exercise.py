"""Answers to exercises, checked."""

from __future__ import annotations

import math
from types import EllipsisType

from qnet.estimate import Estimate

__all__ = ["check"]


def check(
    answer: float | EllipsisType,
    expected: float | Estimate,
    *,
    tolerance: float = 1e-3,
    hint: str = "",
) -> None:
    """Compare an answer with what is expected, and say so.

    Args:
        answer: The answer; three dots stand for one that is still to come.
        expected: The right value, or an estimate: the answer has to lie in the interval of what was
            sampled, or within the tolerance of what was computed.
        tolerance: Largest relative difference from the right value.
        hint: What may help; told with a wrong answer.

    Raises:
        AssertionError: If the answer is wrong.

    Examples:
        >>> check(..., 0.25)
        Not answered yet: replace the three dots.
        >>> check(0.25, 0.25)
        Right: 0.25
        >>> check(0.2, Estimate(0.24, 0.25, 0.26, 1000))
        Traceback (most recent call last):
        ...
        AssertionError: 0.2 is not the answer yet
        >>> check(0.2, 0.25, hint="count both ends")
        Traceback (most recent call last):
        ...
        AssertionError: 0.2 is not the answer yet: count both ends
    """
    if isinstance(answer, EllipsisType):
        print("Not answered yet: replace the three dots.")
        return
    value = float(answer)
    if isinstance(expected, Estimate) and expected.n > 0:
        right = expected.low <= value <= expected.high
    else:
        right = math.isclose(value, float(expected), rel_tol=tolerance)
    if not right:
        message = f"{value:.6g} is not the answer yet{': ' if hint else ''}{hint}"
        raise AssertionError(message)
    print(f"Right: {value:.6g}")
