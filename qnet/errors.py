"""Errors, all in one wording: the field, the rule, the value, the hint.

::

    QnetError
    ├── ParameterError (also a ValueError)    a value breaks a rule
    │   ├── UnknownNameError                  a name that does not exist, with the nearest that does
    │   └── InfeasiblePlanError                 valid, but no pair would come in a reasonable time
    ├── MissingNoiseError (also a ValueError)  a gate has no noise and is not named perfect
    └── EngineError                           this engine cannot play this plan; another can

Catch them together::

    try:
        result = qnet.play(plan, shots=10_000, seed=1)
    except qnet.QnetError as error:
        print(error)
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from numbers import Integral, Real

__all__ = [
    "EngineError",
    "InfeasiblePlanError",
    "ParameterError",
    "QnetError",
    "UnknownNameError",
    "MissingNoiseError",
    "check_at_least",
    "check_duration",
    "check_flag",
    "check_integer",
    "check_non_negative",
    "check_one_of",
    "check_positive",
    "check_probability",
    "check_real",
    "check_type",
]

#: Shortest attempt, and shortest cut-off but none at all, in s.
_SHORTEST_S = 1e-18


class QnetError(Exception):
    """Base class of every error that this package raises on purpose."""


class ParameterError(QnetError, ValueError):
    """A value breaks a rule.

    Args:
        field: Name of the field, with its unit if it has one (``t2_s``).
        rule: What must hold, so that "field must ..." reads as a sentence.
        value: The value that was given.
        hint: What to do about it.

    Examples:
        >>> print(ParameterError("t2_s", "be positive", -1.0, "give the coherence time in seconds"))
        t2_s must be positive (got -1.0); give the coherence time in seconds
    """

    def __init__(self, field: str, rule: str, value: object, hint: str) -> None:
        super().__init__(field, rule, value, hint)
        self.field, self.rule, self.value, self.hint = field, rule, value, hint

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.field, self.rule, self.value, self.hint))

    def __str__(self) -> str:
        return f"{self.field} must {self.rule} (got {self.shown}); {self.hint}"

    @property
    def shown(self) -> str:
        """The value in words, whatever it is.

        Examples:
            >>> ParameterError("seed", "be smaller", 10**10_000, "take another").shown
            'a value that is too large to be shown'
        """
        try:
            return repr(self.value)
        except (ValueError, RecursionError):  # numbers of too many digits, tables in tables
            return "a value that is too large to be shown"


class UnknownNameError(ParameterError):
    """A name that does not exist; the message suggests the nearest one that does.

    Examples:
        >>> print(UnknownNameError("preset", "traped-ion", ["trapped-ion", "siv"]))
        preset must be one of 'siv', 'trapped-ion' (got 'traped-ion'); did you mean 'trapped-ion'?
        >>> print(UnknownNameError("preset", "ion", ["trapped-ion", "luong"]))
        preset must be one of 'luong', 'trapped-ion' (got 'ion'); did you mean 'trapped-ion'?
    """

    def __init__(self, field: str, value: object, known: Iterable[str]) -> None:
        names = sorted(known)
        within = [
            name for name in names if isinstance(value, str) and len(value) > 2 and value in name
        ]
        near = within if len(within) == 1 else difflib.get_close_matches(str(value), names, 1, 0.5)
        hint = f"did you mean {near[0]!r}?" if near else "choose one of these"
        rule = "be one of " + ", ".join(repr(name) for name in names)
        super().__init__(field, rule, value, hint)

    def __reduce__(self) -> tuple[object, ...]:
        return (ParameterError, (self.field, self.rule, self.value, self.hint))


class InfeasiblePlanError(ParameterError):
    """The plan is valid, but no pair would come in a reasonable time."""


class MissingNoiseError(QnetError, ValueError):
    """A gate of the circuit is not named by the noise model, nor declared perfect."""


class EngineError(QnetError):
    """This engine cannot play this plan; the message names one that can."""


def check_real(field: str, value: object, hint: str = "give a finite number") -> float:
    """Return ``value`` as a float, or raise when it is no finite real number.

    Examples:
        >>> check_real("length_km", 5)
        5.0
    """
    try:
        is_number = isinstance(value, Real) and not isinstance(value, bool)
        number = float(value) if is_number else math.nan  # type: ignore[arg-type]
    except OverflowError:  # a whole number of more than 308 digits
        number = math.inf
    if not math.isfinite(number):
        raise ParameterError(field, "be a finite number", value, hint)
    return number


def check_probability(
    field: str, value: object, hint: str = "give a probability between 0 and 1"
) -> float:
    """Return ``value`` as a float in [0, 1], or raise.

    Examples:
        >>> check_probability("efficiency", 1)
        1.0
    """
    number = check_real(field, value, hint)
    if not 0.0 <= number <= 1.0:
        raise ParameterError(field, "lie in [0, 1]", value, hint)
    return number


def check_positive(field: str, value: object, hint: str = "give a number above zero") -> float:
    """Return ``value`` as a float above zero, or raise.

    Examples:
        >>> check_positive("attempt_time_s", 5.5e-6)
        5.5e-06
    """
    number = check_real(field, value, hint)
    if number <= 0.0:
        raise ParameterError(field, "be positive", value, hint)
    return number


def check_non_negative(field: str, value: object, hint: str = "give zero or more") -> float:
    """Return ``value`` as a float, zero or more, or raise.

    Examples:
        >>> check_non_negative("length_km", 0)
        0.0
    """
    number = check_real(field, value, hint)
    if number < 0.0:
        raise ParameterError(field, "not be negative", value, hint)
    return number


def check_at_least(field: str, value: object, minimum: float, hint: str) -> float:
    """Return ``value`` as a float of at least ``minimum``, or raise.

    Examples:
        >>> check_at_least("error_correction_efficiency", 1.16, 1.0, "1 is the Shannon limit")
        1.16
    """
    number = check_real(field, value, hint)
    if number < minimum:
        raise ParameterError(field, f"be at least {minimum:g}", value, hint)
    return number


def check_duration(field: str, time_s: float) -> None:
    """Raise `ParameterError` for a time so short that others cannot be counted in it.

    Examples:
        >>> check_duration("link.attempt_time_s", 1e-6)
    """
    if time_s < _SHORTEST_S:
        hint = "give the time in seconds"
        raise ParameterError(field, f"be at least {_SHORTEST_S:g} s", time_s, hint)


def check_integer(field: str, value: object, minimum: int = 1, hint: str | None = None) -> int:
    """Return ``value`` as an int of at least ``minimum``, or raise.

    Examples:
        >>> check_integer("shots", 1000)
        1000
    """
    advice = hint or f"give a whole number, {minimum} or more"
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise ParameterError(field, "be a whole number", value, advice)
    if value < minimum:
        raise ParameterError(field, f"be at least {minimum}", value, advice)
    return int(value)


def check_flag(field: str, value: object) -> bool:
    """Return ``value`` when it is True or False, or raise.

    Examples:
        >>> check_flag("number_resolving", True)
        True
    """
    if not isinstance(value, bool):
        raise ParameterError(field, "be True or False", value, "give a bool")
    return value


def check_one_of(field: str, value: object, known: Iterable[str]) -> str:
    """Return ``value`` when it is one of the ``known`` names, or raise with the nearest.

    Examples:
        >>> check_one_of("scheme", "abstract", ["abstract", "single-click"])
        'abstract'
    """
    names = list(known)
    if not isinstance(value, str) or value not in names:
        raise UnknownNameError(field, value, names)
    return value


def check_type(field: str, value: object, kind: type) -> None:
    """Raise `ParameterError` when a part of a description is of another type.

    Examples:
        >>> check_type("station.perfect", True, bool)
    """
    if not isinstance(value, kind):
        hint = f"give a {kind.__name__}, not a {type(value).__name__}"
        raise ParameterError(field, f"be a {kind.__name__}", value, hint)
