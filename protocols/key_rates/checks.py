"""Checks of the numbers of key rates: efficiencies, epsilons, blocks, clocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qnet.errors import ParameterError, check_at_least, check_positive, check_real
from qnet.schema import number, numbers, ranged

__all__ = ["check_clock", "check_epsilon", "check_shannon", "check_size", "pair_of", "up_to"]


def pair_of(
    check: Callable[[str, object], float], *, or_one: bool = False
) -> Callable[[str, Any], Any]:
    """A reader of two numbers, one per party.

    Args:
        check: What each must pass.
        or_one: Whether one number stands for both.

    Examples:
        >>> from qnet.errors import check_probability
        >>> pair_of(check_probability)("transmission", [0.2, 0.1])
        (0.2, 0.1)
    """

    def read_pair(field: str, value: Any) -> Any:  # noqa: ANN401
        if or_one and not isinstance(value, list | tuple):
            return number(field, value, check)
        found = numbers(field, value, check)
        if len(found) != 2:
            hint = f"write {field.rpartition('.')[2]} = [Alice, Bob]"
            raise ParameterError(field, "be two numbers", list(found), hint)
        return found

    return read_pair


def up_to(most: float, hint: str) -> Callable[[str, object], float]:
    """A check: above zero, and not absurdly large.

    Examples:
        >>> up_to(20.0, "weak pulses have below 1")("intensity", 0.5)
        0.5
    """

    @ranged(exclusiveMinimum=0, maximum=most)
    def check(field: str, value: object) -> float:
        if check_positive(field, value) > most:
            raise ParameterError(field, f"be at most {most:g}", value, hint)
        return check_positive(field, value)

    return check


@ranged(minimum=1)
def check_shannon(field: str, value: object) -> float:
    """An efficiency of error correction."""
    return check_at_least(field, value, 1.0, "1 is the Shannon limit, 1.05 to 1.2 is usual")


@ranged(minimum=1, maximum=1e18)
def check_size(field: str, value: object) -> float:
    """A number of bits or symbols."""
    size = check_at_least(field, value, 1.0, "1e9 is usual")
    if size > 1e18:
        hint = "that takes 30 years at 1 Gbit/s; take a model of endless blocks"
        raise ParameterError(field, "be at most 1e18", value, hint)
    return size


@ranged(exclusiveMinimum=0, maximum=1e15)
def check_clock(field: str, value: object) -> float:
    """A clock rate."""
    if check_positive(field, value) > 1e15:
        raise ParameterError(field, "be at most 1e15", value, "give it in Hz")
    return check_positive(field, value)


@ranged(minimum=1e-100, exclusiveMaximum=1)
def check_epsilon(field: str, value: object) -> float:
    """A probability of failure.

    Examples:
        >>> check_epsilon("epsilon_secrecy", 1e-10)
        1e-10
    """
    epsilon = check_real(field, value)
    if not 1e-100 <= epsilon < 1.0:
        hint = "give a small probability, such as 1e-10"
        raise ParameterError(field, "lie in [1e-100, 1)", value, hint)
    return epsilon
