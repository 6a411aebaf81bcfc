"""Health tests of a noise source: cut-offs, alarms in a stream, and exact false-alarm rates.

Repetition count and adaptive proportion of SP 800-90B, section 4.4. The source
that is believed in gives independent bits, the likelier with probability ``2^-H``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

from protocols.postprocessing.bits import Bits
from protocols.randomness.statistic import needs
from qnet.errors import ParameterError, check_positive, check_probability

__all__ = [
    "FALSE_ALARM",
    "WINDOW",
    "HealthRecord",
    "adaptive_proportion",
    "adaptive_proportion_cutoff",
    "longest_repetition_law",
    "repetition_count",
    "repetition_cutoff",
    "window_alarm_probability",
]

#: False-alarm rate that cut-offs are set for: of a symbol, or of a window.
FALSE_ALARM = 2.0**-20

#: Symbols of a window of the adaptive proportion test of bits.
WINDOW = 1024

#: Longest run whose law is computed exactly; longer ones by a union bound.
_LONGEST_EXACT = 200


@dataclass(frozen=True)
class HealthRecord:
    """What a health test saw in a stream.

    Attributes:
        cutoff: Count at which it raises an alarm.
        highest: Highest count seen.
        alarms: How often it raised one, beginning anew after each.
        p_value: Probability that the source that is believed in reaches the highest count.
        false_alarm: Probability that this source raises an alarm in a stream of this length.
    """

    cutoff: int
    highest: int
    alarms: int
    p_value: float
    false_alarm: float


def _likeliest(min_entropy: float) -> float:
    """Probability of the likelier bit.

    Raises:
        ParameterError: If the min-entropy is not above 0, or above 1.
    """
    if check_positive("min_entropy", min_entropy) > 1.0:
        hint = "a bit has at most one bit of entropy"
        raise ParameterError("min_entropy", "be at most 1", min_entropy, hint)
    return float(2.0**-min_entropy)


def _rate(false_alarm: float) -> float:
    if not 0.0 < check_probability("false_alarm", false_alarm) < 1.0:
        hint = "the standard suggests 2^-20 to 2^-40"
        raise ParameterError("false_alarm", "lie between 0 and 1", false_alarm, hint)
    return false_alarm


def repetition_cutoff(min_entropy: float, false_alarm: float = FALSE_ALARM) -> int:
    """Equal symbols in a row that raise an alarm: ``1 + ceil(-log2(alpha) / H)``.

    Args:
        min_entropy: Bits per symbol, believed.
        false_alarm: Rate alpha.

    Raises:
        ParameterError: If one is out of range.

    Examples:
        >>> repetition_cutoff(1.0), repetition_cutoff(0.5)
        (21, 41)
    """
    check_positive("min_entropy", min_entropy)
    return 1 + math.ceil(-math.log2(_rate(false_alarm)) / min_entropy - 1e-12)


def adaptive_proportion_cutoff(
    min_entropy: float, false_alarm: float = FALSE_ALARM, window: int = WINDOW
) -> int:
    """Copies of the first symbol in a window that raise an alarm.

    ``1 + critbinom(W, 2^-H, 1 - alpha)``.

    Args:
        min_entropy: Bits per symbol, believed.
        false_alarm: Rate alpha of a window.
        window: Symbols W: 1,024 for bits, 512 for larger alphabets.

    Raises:
        ParameterError: If one is out of range.

    Examples:
        >>> adaptive_proportion_cutoff(1.0), adaptive_proportion_cutoff(0.5)
        (589, 793)
    """
    check_positive("min_entropy", min_entropy)
    return 1 + int(binom.isf(_rate(false_alarm), window, 2.0**-min_entropy))


def repetition_count(
    bits: Bits, min_entropy: float = 1.0, false_alarm: float = FALSE_ALARM
) -> HealthRecord:
    """Repetition count test over a stream of bits.

    Args:
        bits: Shape (n,).
        min_entropy: Bits per bit, believed.
        false_alarm: Rate that the cut-off is set for.

    Raises:
        NotApplicableError: If there are no bits.
        ParameterError: If a number is out of range.

    Examples:
        >>> repetition_count(np.zeros(50, np.uint8)).alarms
        2
    """
    n, chance = needs(bits, 1), _likeliest(min_entropy)
    cutoff = repetition_cutoff(min_entropy, false_alarm)
    edges = np.flatnonzero(np.concatenate([[True], bits[1:] != bits[:-1], [True]]))
    lengths = np.diff(edges)
    highest = int(lengths.max())
    return HealthRecord(
        cutoff,
        highest,
        int((lengths // cutoff).sum()),
        longest_repetition_law(n, highest, chance),
        longest_repetition_law(n, cutoff, chance),
    )


def longest_repetition_law(n: int, length: int, chance: float = 0.5) -> float:
    """Probability that n independent bits hold a run of ``length`` equal ones or more.

    Exact, by powers of the matrix of a chain over the bit and the length of its run; of runs longer
    than 200, the sum over all places, which is an upper bound.

    Args:
        n: Number of bits.
        length: Length of the run.
        chance: Probability of a one.

    Examples:
        >>> longest_repetition_law(3, 2), longest_repetition_law(3, 3)
        (0.75, 0.25)
    """
    if length <= 1:
        return float(n >= length)
    if length > n:
        return 0.0
    if length > _LONGEST_EXACT:
        places = 1 + (n - length) * np.array([1 - chance, chance])
        return float(min(1.0, places @ np.array([chance, 1 - chance]) ** length))
    size = length - 1
    step = np.zeros((2 * size, 2 * size))  # from column to row; each bit has runs of 1, ..., size
    for base, other, here in ((0, size, chance), (size, 0, 1 - chance)):
        step[base, other : other + size] = here
        step[np.arange(base + 1, base + size), np.arange(base, base + size - 1)] = here
    state = np.zeros(2 * size)
    state[0], state[size] = chance, 1 - chance
    # What is lost is kept in a state of its own: small probabilities are not differences from 1.
    whole = np.zeros((2 * size + 1, 2 * size + 1))
    whole[:-1, :-1] = step
    whole[-1, [size - 1, 2 * size - 1]] = chance, 1 - chance
    whole[-1, -1] = 1.0
    after = np.linalg.matrix_power(whole, n - 1) @ np.append(state, 0.0)
    return float(min(1.0, after[-1]))


def adaptive_proportion(
    bits: Bits, min_entropy: float = 1.0, false_alarm: float = FALSE_ALARM
) -> HealthRecord:
    """Adaptive proportion test over the whole windows of 1,024 bits of a stream.

    Args:
        bits: Shape (n,).
        min_entropy: Bits per bit, believed.
        false_alarm: Rate of a window that the cut-off is set for.

    Raises:
        NotApplicableError: If there is no whole window.
        ParameterError: If a number is out of range.

    Examples:
        >>> adaptive_proportion(np.zeros(2048, np.uint8)).alarms
        2
    """
    chance = _likeliest(min_entropy)
    windows = bits[: needs(bits, WINDOW) // WINDOW * WINDOW].reshape(-1, WINDOW)
    cutoff = adaptive_proportion_cutoff(min_entropy, false_alarm)
    counts = np.count_nonzero(windows == windows[:, :1], axis=1)
    highest = int(counts.max())
    return HealthRecord(
        cutoff,
        highest,
        int(np.count_nonzero(counts >= cutoff)),
        _any(window_alarm_probability(highest, chance), len(windows)),
        _any(window_alarm_probability(cutoff, chance), len(windows)),
    )


def window_alarm_probability(cutoff: int, chance: float, window: int = WINDOW) -> float:
    """Probability that the first of W independent bits comes ``cutoff`` times or more.

    ``sum_a p_a P(1 + Binomial(W - 1, p_a) >= C)``: exact, where the cut-off's own formula is not.

    Examples:
        >>> window_alarm_probability(2, 0.5, window=2)
        0.5
    """
    likely = np.array([chance, 1 - chance])
    return float(likely @ binom.sf(cutoff - 2, window - 1, likely))


def _any(chance: float, windows: int) -> float:
    """Probability of at least one of so many independent events."""
    return 1.0 if chance >= 1.0 else -math.expm1(windows * math.log1p(-chance))
