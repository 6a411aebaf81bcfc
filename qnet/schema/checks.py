"""Ranges of numbers: checks that say what they allow, for descriptions and their JSON Schema."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from qnet.errors import (
    ParameterError,
    check_integer,
    check_non_negative,
    check_positive,
    check_probability,
    check_real,
)

__all__ = ["Whole", "Within", "range_of", "ranged"]

Check = TypeVar("Check", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A whole number in a range.

    Args:
        minimum: Least value.
        maximum: Greatest value.

    Examples:
        >>> Whole(maximum=32)("rounds", 33)
        Traceback (most recent call last):
        ...
        qnet.errors.ParameterError: rounds must be at most 32 (got 33); give a smaller whole number
    """

    minimum: int = 0
    maximum: int = 2**63 - 1

    def __call__(self, field: str, value: object) -> int:
        """The value as an int, or an error."""
        count = check_integer(field, value, self.minimum)
        if count > self.maximum:
            given = count if count < 10**20 else "a huge integer"
            rule = f"be at most {self.maximum}"
            raise ParameterError(field, rule, given, "give a smaller whole number")
        return count

    @property
    def range(self) -> dict[str, Any]:
        """In the words of JSON Schema."""
        return {"minimum": self.minimum, "maximum": self.maximum}


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """A number in a range.

    Args:
        low: Lower end; None for none.
        high: Upper end; None for none.
        rule: The range in words, after "must".
        hint: What to do about a number outside it.
        is_open: Whether the ends are outside the range.

    Examples:
        >>> rule = {"rule": "lie in (0, 1)", "hint": "1e-9 is usual"}
        >>> share = Within(low=0.0, high=1.0, is_open=True, **rule)
        >>> share("tolerance", 1e-6)
        1e-06
        >>> share("tolerance", 1)
        Traceback (most recent call last):
        ...
        qnet.errors.ParameterError: tolerance must lie in (0, 1) (got 1); 1e-9 is usual
    """

    low: float | None = None
    high: float | None = None
    rule: str
    hint: str
    is_open: bool = False

    def __call__(self, field: str, value: object) -> float:
        """The value as a float, or an error."""
        number = check_real(field, value)
        if self.low is not None and (number < self.low or (self.is_open and number == self.low)):
            raise ParameterError(field, self.rule, value, self.hint)
        if self.high is not None and (number > self.high or (self.is_open and number == self.high)):
            raise ParameterError(field, self.rule, value, self.hint)
        return number

    @property
    def range(self) -> dict[str, Any]:
        """In the words of JSON Schema."""
        ends = ("exclusiveMinimum", "exclusiveMaximum") if self.is_open else ("minimum", "maximum")
        pairs = zip(ends, (self.low, self.high), strict=True)
        return {end: value for end, value in pairs if value is not None}


_RANGES: dict[Any, dict[str, Any]] = {
    check_probability: {"minimum": 0, "maximum": 1},
    check_positive: {"exclusiveMinimum": 0},
    check_non_negative: {"minimum": 0},
    check_integer: {"minimum": 1},
}


def ranged(**allowed: float) -> Callable[[Check], Check]:
    """Say of a check which numbers it allows, in the words of JSON Schema.

    Examples:
        >>> from qnet.errors import check_probability
        >>> @ranged(minimum=0, maximum=1)
        ... def check_share(field: str, value: object) -> float:
        ...     return check_probability(field, value)
        >>> range_of(check_share)
        {'minimum': 0, 'maximum': 1}
    """

    def told(check: Check) -> Check:
        vars(check)["range"] = allowed
        return check

    return told


def range_of(check: Callable[[str, Any], Any] | None) -> dict[str, Any]:
    """The range of a check in the words of JSON Schema; empty where it is not known.

    Examples:
        >>> range_of(check_probability)
        {'minimum': 0, 'maximum': 1}
    """
    found: dict[str, Any] = getattr(check, "range", None) or _RANGES.get(check, {})
    return dict(found)
