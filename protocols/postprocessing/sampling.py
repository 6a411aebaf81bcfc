"""Bounds of random sampling without replacement: what a test says of the bits that it left.

All bounds hold for any finite numbers, with a failure probability that is given: exact tails of the
hypergeometric and the binomial law, each bounded from above by a geometric series (both laws are
log-concave: ratios of neighbouring terms fall away from the mode), never a normal approximation.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable

from qnet.errors import check_integer, check_probability

__all__ = ["errors_left", "events_at_most", "log_choose", "log_tail", "marked_at_most"]

#: Rounding of sums of logarithms of factorials, per unit of their size.
_ROUNDING = 1e-15


def log_choose(n: int, k: int) -> float:
    """Natural logarithm of the binomial coefficient."""
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def log_tail(total: int, marked: int, drawn: int, found: int) -> float:
    """Logarithm of an upper bound of the chance to find at most ``found`` marked ones.

    ``drawn`` of ``total`` are drawn without replacement, ``marked`` of these are marked. With
    ``p(x) = C(marked, x) C(total - marked, drawn - x)/C(total, drawn)``, below the mean
    ``P[X <= c] <= p(c)/(1 - p(c - 1)/p(c))``; 0 from the mean on.

    Examples:
        >>> round(math.exp(log_tail(10, 5, 4, 0)), 9)  # C(5, 4)/C(10, 4)
        0.023809524
        >>> log_tail(10, 5, 4, 2)
        0.0
    """
    if found < max(0, drawn - (total - marked)):
        return -math.inf
    if found * total >= drawn * marked:
        return 0.0
    # p(c - 1)/p(c), below one before the mode.
    above = found * (total - marked - drawn + found)
    below = (marked - found + 1) * (drawn - found + 1)
    ratio = above / below
    if ratio >= 1.0:
        return 0.0
    log = (
        log_choose(marked, found)
        + log_choose(total - marked, drawn - found)
        - log_choose(total, drawn)
    )
    return min(0.0, log - math.log1p(-ratio) + _rounding(total))


def _rounding(size: int) -> float:
    """Bound of the rounding of a few logarithms of factorials."""
    return 16.0 * _ROUNDING * size * math.log(size + 2.0)


def errors_left(kept: int, tested: int, errors: int, log_failure: float) -> int:
    """Most errors among the bits that were not tested.

    Of ``kept + tested`` bits a random part was tested and showed ``errors``. For every number K of
    errors among all of them, ``P[K - X > errors_left(X)] <= failure``, X the errors that the test
    finds: the largest K for which so few had at least the probability of the failure, less those
    found. This is the exact bound of which R. J. Serfling's (Ann. Statist. 2, 39 (1974),
    doi:10.1214/aos/1176342611) is a simple form.

    Args:
        kept: Bits that were not tested.
        tested: Bits that were.
        errors: Errors found.
        log_failure: Natural logarithm of the failure probability.

    Returns:
        Number of errors, ``kept`` at most.

    Examples:
        >>> errors_left(1000, 1000, 0, math.log(1e-10))
        32
        >>> errors_left(1000, 0, 0, math.log(1e-10))
        1000
    """
    check_integer("kept", kept, 0)
    check_integer("tested", tested, 0)
    total = kept + tested

    def is_rare(left: int) -> bool:
        return log_tail(total, errors + left, tested, errors) < log_failure

    return _least(1, kept + 1, is_rare) - 1  # the tail at 0 is one


def marked_at_most(total: int, marked: int, drawn: int, log_failure: float) -> int:
    """Most marked ones among ``drawn`` of ``total``, of which ``marked`` are marked.

    Args:
        total: All.
        marked: Of these, marked.
        drawn: Drawn without replacement.
        log_failure: Natural logarithm of the probability that there are more.

    Examples:
        >>> marked_at_most(1000, 100, 500, math.log(1e-10))
        79
    """

    # Marked among the drawn = marked - marked among the others.
    def is_rare(more: int) -> bool:
        return log_tail(total, marked, total - drawn, marked - more - 1) <= log_failure

    return _least(0, min(marked, drawn), is_rare)


def events_at_most(trials: int, probability: float, log_failure: float) -> int:
    """Most events among independent trials: the upper quantile of the binomial law.

    With ``p(x)`` the binomial probabilities, ``P[X >= x] <= p(x)/(1 - p(x + 1)/p(x))`` above the
    mean.

    Args:
        trials: Number of trials.
        probability: Of an event in each.
        log_failure: Natural logarithm of the probability that there are more.

    Examples:
        >>> events_at_most(1000, 0.1, math.log(1e-10))
        165
        >>> events_at_most(1000, 0.0, math.log(1e-10))
        0
    """
    check_integer("trials", trials, 0)
    if check_probability("probability", probability) in (0.0, 1.0):
        return trials if probability else 0
    odds = math.log(probability), math.log1p(-probability)

    def is_rare(number: int) -> bool:
        x = number + 1
        ratio = (trials - x) / (x + 1) * probability / (1.0 - probability)
        log = log_choose(trials, x) + x * odds[0] + (trials - x) * odds[1] + _rounding(trials)
        return ratio < 1.0 and log - math.log1p(-ratio) <= log_failure

    return _least(math.ceil(trials * probability), trials, is_rare)


def _least(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """The least of the numbers from ``low`` on for which a condition holds; else ``high``."""
    return low + bisect_left(range(low, high), True, key=holds)
