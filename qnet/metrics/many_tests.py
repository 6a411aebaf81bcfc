"""Many tests at once: levels of the single ones, and the computed size of all together."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from qnet.errors import ParameterError, check_at_least, check_one_of, check_probability
from qnet.metrics.binomial_tests import check_level

__all__ = ["CORRECTIONS", "alarm_numbers", "exact_level", "holm", "suite_size", "level_of_each"]

#: Corrections for many tests by name, and what each says.
CORRECTIONS: Mapping[str, str] = MappingProxyType(
    {
        "bonferroni": "alpha/m each: holds whatever the tests have in common",
        "sidak": "1 - (1 - alpha)^(1/m) each: of independent tests",
        "holm": "alpha/(m - k) for the next smallest p-value: holds whatever they have in common",
    }
)


def level_of_each(alpha: float, tests: int, correction: str = "bonferroni") -> float:
    """Level of each of many tests, so that all together alarm falsely with ``alpha`` at most.

    Holm's first step is Bonferroni's, and it alone decides whether anything alarms where all is
    honest.

    Args:
        alpha: Largest rate of false alarms, of all together.
        tests: How many there are.
        correction: One of ``CORRECTIONS``.

    Raises:
        ParameterError: If a number is out of its range.
        UnknownNameError: If there is no such correction.

    Examples:
        >>> level_of_each(0.05, 20), round(level_of_each(0.05, 20, "sidak"), 9)
        (0.0025, 0.002561379)
    """
    level, count = check_level("alpha", alpha), check_at_least("tests", tests, 1, "give a number")
    if check_one_of("correction", correction, CORRECTIONS) == "sidak":
        return -math.expm1(math.log1p(-level) / count)
    return level / count


def holm(p_values: Sequence[float], alpha: float) -> tuple[bool, ...]:
    """Which tests alarm by Holm's step-down procedure (S. Holm, Scand. J. Stat. 6, 65 (1979)).

    Args:
        p_values: One per test.
        alpha: Largest rate of false alarms, of all together.

    Examples:
        >>> holm([0.01, 0.04, 0.03, 0.005], 0.05)
        (True, False, False, True)
    """
    level = check_level("alpha", alpha)
    values = [check_probability("p_values", value) for value in p_values]
    order = sorted(range(len(values)), key=values.__getitem__)
    found = [False] * len(values)
    for rank, place in enumerate(order):
        if values[place] > level / (len(values) - rank):
            break
        found[place] = True
    return tuple(found)


def suite_size(sizes: Sequence[float], *, independent: bool = True) -> float:
    """Rate of false alarms of a suite, from those that its tests really have.

    Exact tests of counts alarm less often than their level, so that a corrected suite does too:
    ``1 - prod (1 - s_i)`` of independent tests, at most ``sum s_i`` of others.

    Args:
        sizes: Size of each test, as it is.
        independent: Whether the tests look at different rounds.

    Examples:
        >>> round(suite_size([0.01, 0.02]), 9), suite_size([0.01, 0.02], independent=False)
        (0.0298, 0.03)
    """
    each = [check_probability("sizes", size) for size in sizes]
    if not independent:
        return min(1.0, math.fsum(each))
    if any(size == 1.0 for size in each):
        return 1.0
    return -math.expm1(math.fsum(math.log1p(-size) for size in each))


def alarm_numbers(sizes: Sequence[float]) -> NDArray[np.float64]:
    """Probability of 0, 1, 2, ... alarms of independent tests: the convolution of their coins.

    Args:
        sizes: Chance of an alarm of each test.

    Returns:
        Shape (tests + 1,).

    Examples:
        >>> alarm_numbers([0.5, 0.5]).tolist()
        [0.25, 0.5, 0.25]
    """
    found = np.ones(1)
    for size in sizes:
        chance = check_probability("sizes", size)
        found = np.convolve(found, [1.0 - chance, chance])
    return found


def exact_level(sizes_at: Callable[[float], Sequence[float]], alpha: float) -> float:
    """The largest common level at which a suite of independent tests still holds ``alpha``.

    Discrete tests leave some of a corrected level unused; this one gives it back. The size of a
    suite is a staircase of the level, which is halved until the step is found to 1e-9.

    Args:
        sizes_at: The sizes of all tests at a common level.
        alpha: Largest rate of false alarms, of all together.

    Raises:
        ParameterError: If even tests at Bonferroni's level alarm more often.

    Examples:
        >>> round(exact_level(lambda level: [level, level], 0.0199), 6)
        0.01
    """
    level = check_level("alpha", alpha)
    count = max(len(sizes_at(level)), 1)
    low, high = level / count, level
    if suite_size(sizes_at(low)) > level:
        hint = "a test must not alarm more often than its level"
        raise ParameterError("sizes_at", "hold the level that it is given", low, hint)
    if suite_size(sizes_at(high)) <= level:
        return high
    while high - low > 1e-9 * high:
        middle = (low + high) / 2.0
        low, high = (middle, high) if suite_size(sizes_at(middle)) <= level else (low, middle)
    return low
