"""Tests of the random walk of the bits: how far it strays, and how often it comes where.

SP 800-22 revision 1a, sections 2.13 to 2.15.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfc, gammaincc, ndtr

from protocols.postprocessing.bits import Bits
from protocols.randomness.statistic import NotApplicableError, Statistic, needs

__all__ = [
    "cumulative_sums",
    "excursion_law",
    "random_excursions",
    "random_excursions_variant",
]


def _walk(bits: Bits) -> NDArray[np.int64]:
    """Places of the walk after each bit: one step up for a one, one down for a zero."""
    return np.cumsum(2 * bits.astype(np.int64) - 1)


def cumulative_sums(bits: Bits) -> Statistic:
    """Largest distance of the walk from 0, read forward and backward.

    Args:
        bits: Shape (n,).

    Returns:
        Both p-values; the statistic is the larger distance.

    Raises:
        NotApplicableError: If there are no bits.

    Examples:
        >>> from protocols.postprocessing.bits import bits_from_text
        >>> round(cumulative_sums(bits_from_text("1011010111")).p_values["forward"], 6)
        0.411659
    """
    needs(bits, 1)
    farthest = {
        "forward": int(np.abs(_walk(bits)).max()),
        "backward": int(np.abs(_walk(bits[::-1])).max()),
    }
    p_values = {way: _stays_within(far, bits.size) for way, far in farthest.items()}
    return Statistic(float(max(farthest.values())), p_values)


def _stays_within(far: int, n: int) -> float:
    """Probability that a walk of n steps strays so far or farther, by the reflection principle.

    The limits of the sums are those of the standard: truncated towards zero.
    """
    root = math.sqrt(n)
    k = np.arange(int((-n / far + 1) / 4), int((n / far - 1) / 4) + 1)
    inside = (ndtr((4 * k + 1) * far / root) - ndtr((4 * k - 1) * far / root)).sum()
    k = np.arange(int((-n / far - 3) / 4), int((n / far - 1) / 4) + 1)
    reflected = (ndtr((4 * k + 3) * far / root) - ndtr((4 * k + 1) * far / root)).sum()
    return float(min(1.0, max(0.0, 1.0 - inside + reflected)))


def _cycles(bits: Bits, enough: bool) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Walk, number of the cycle of each step, and number of cycles between visits of 0.

    Raises:
        NotApplicableError: If ``enough`` is asked for and there are fewer than 500 cycles, or than
            ``0.005 sqrt(n)``.
    """
    n = needs(bits, 1)
    walk = _walk(bits)
    is_home = walk == 0
    cycle = np.cumsum(is_home) - is_home
    count = int(is_home.sum()) + int(walk[-1] != 0)
    least = max(500, math.ceil(0.005 * math.sqrt(n)))
    if enough and count < least:
        hint = "take a longer string, or do without the tests of excursions"
        raise NotApplicableError("the walk", f"return to 0 at least {least} times", count, hint)
    return walk, cycle, count


def random_excursions(bits: Bits, enough: bool = True) -> Statistic:
    """Visits per cycle of each place -4 ... 4 but 0, chi-squared with 5 degrees for each.

    Args:
        bits: Shape (n,).
        enough: Whether to refuse a walk of fewer than 500 cycles, as the standard does.

    Returns:
        The p-value of each place; the statistic is that of the least.

    Raises:
        NotApplicableError: If there are too few cycles.

    Examples:
        >>> from protocols.postprocessing.bits import bits_from_text
        >>> found = random_excursions(bits_from_text("0110110101"), enough=False)
        >>> round(found.p_values["+1"], 6)
        0.502488
    """
    walk, cycle, count = _cycles(bits, enough)
    p_values, distances = {}, []
    for place in (-4, -3, -2, -1, 1, 2, 3, 4):
        visits = np.bincount(cycle[walk == place], minlength=count)
        counts = np.bincount(np.minimum(visits, 5), minlength=6)
        expected = count * excursion_law(place)
        distances.append(float(((counts - expected) ** 2 / expected).sum()))
        p_values[f"{place:+d}"] = float(gammaincc(2.5, distances[-1] / 2))
    return Statistic(max(distances), p_values)


def excursion_law(place: int) -> NDArray[np.float64]:
    """Probability of 0, 1, ..., 4, and 5 or more visits of a place between two visits of 0.

    The place is reached with probability ``1 / (2 |x|)``, and left for ever with the same.

    Returns:
        Shape (6,).

    Examples:
        >>> excursion_law(1).tolist()
        [0.5, 0.25, 0.125, 0.0625, 0.03125, 0.03125]
    """
    reached = 1 / (2 * abs(place))
    again = 1 - reached
    several = [reached**2 * again**k for k in range(4)]
    return np.array([again, *several, reached * again**4])


def random_excursions_variant(bits: Bits, enough: bool = True) -> Statistic:
    """Visits of each place -9 ... 9 but 0 in all, and their normal p-values.

    Args:
        bits: Shape (n,).
        enough: Whether to refuse a walk of fewer than 500 cycles, as the standard does.

    Returns:
        The p-value of each place; the statistic is the largest deviation in standard deviations.

    Raises:
        NotApplicableError: If there are too few cycles.

    Examples:
        >>> from protocols.postprocessing.bits import bits_from_text
        >>> found = random_excursions_variant(bits_from_text("0110110101"), enough=False)
        >>> round(found.p_values["+1"], 6)
        0.683091
    """
    walk, _, count = _cycles(bits, enough)
    deviations = {}
    for place in (*range(-9, 0), *range(1, 10)):
        visits = int(np.count_nonzero(walk == place))
        deviations[f"{place:+d}"] = abs(visits - count) / math.sqrt(count * (4 * abs(place) - 2))
    p_values = {place: float(erfc(far / math.sqrt(2))) for place, far in deviations.items()}
    return Statistic(max(deviations.values()), p_values)
