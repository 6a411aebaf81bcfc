"""Sequences on the time grid: storage sums, windows, and renewal by Fourier transform.

Everything here acts along the last axis, step by step from step 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from qnet.states.pauli import Array

__all__ = [
    "Join",
    "convolve",
    "delayed",
    "last_to_come",
    "product",
    "renew",
    "stored",
    "stored_within",
    "survival",
    "upto",
]

#: A step on the sequences (k, n) of its parts, linear in each.
Join = Callable[[Sequence[Array]], Array]

#: Means of the delivery time after which nothing above rounding is left, also of slower tails.
_LONGEST = 60.0

#: Probability that may be dropped.
_NOTHING = 1e-18

#: Largest exponent of the tilt over the whole grid: it lifts the rounding of what comes in, too.
_STEEPEST = 18.0

#: Steps that are taken at a time where what is in between would be large.
_BLOCK = 1 << 14

#: Exponent by which a renewal's wrapped-around tail is suppressed: exp(-34.5) is 1e-15.
_SUPPRESSION = 34.5


def stored(sequence: Array, rates: Array) -> Array:
    """Exponentially weighted running sums ``c[t] = sum over s <= t of a[s] exp(-rate (t - s))``.

    Args:
        sequence: Shape (k, n).
        rates: Decay per step of each of the k components, shape (k,).

    Returns:
        Shape (k, n).

    Examples:
        >>> stored(np.array([[1.0, 0.0, 1.0]]), np.array([np.log(2.0)])).round(6).tolist()
        [[1.0, 0.5, 1.25]]
    """
    # Local import: scipy.signal takes longer to load than most plans to solve.
    from scipy.signal import lfilter

    result = np.empty_like(sequence)
    for rate in np.unique(rates):
        rows = np.flatnonzero(rates == rate)
        if rate == 0.0:
            result[rows] = np.cumsum(sequence[rows], axis=-1)
        else:
            result[rows] = lfilter([1.0], [1.0, -np.exp(-rate)], sequence[rows], axis=-1)
    return result


def stored_within(sequence: Array, rates: Array, window: int) -> Array:
    """The same over the last ``window + 1`` steps only, without subtracting: no digit is lost.

    The axis is cut in blocks of that length; every window is the end of one block and the start of
    the next.

    Examples:
        >>> stored_within(np.ones((1, 5)), np.zeros(1), 1)
        array([[1., 2., 2., 2., 2.]])
    """
    count, n = sequence.shape
    length = window + 1
    if length >= n:
        return stored(sequence, rates)
    blocks = -(-n // length)
    padded = np.zeros((count, blocks, length))
    padded.reshape(count, -1)[:, :n] = sequence
    # Sums from the start of a block up to a step, and from a step up to the end of the block.
    heads, tails = np.empty_like(padded), np.empty_like(padded)
    for k, rate in enumerate(rates):
        heads[k] = stored(padded[k], np.full(blocks, rate))
        to_end = np.exp(-rate * np.arange(length - 1, -1, -1.0))
        np.cumsum((padded[k] * to_end)[:, ::-1], axis=1, out=tails[k, :, ::-1])
    # A window that ends inside a block reaches back into the one before, past its position there.
    onward = np.exp(-np.outer(rates, np.arange(1.0, length)))
    heads[:, 1:, :-1] += tails[:, :-1, 1:] * onward[:, None, :]
    return heads.reshape(count, -1)[:, :n]


def survival(mass: Array, untracked: float) -> Array:
    """``P(T > t)`` at every step t, from the masses (n,) and what lies beyond the grid.

    Examples:
        >>> survival(np.array([0.0, 0.5, 0.25]), 0.25)
        array([1.  , 0.5 , 0.25])
    """
    return np.append(np.cumsum(mass[:0:-1])[::-1], 0.0) + untracked


def delayed(sequence: Array, steps: int) -> Array:
    """Shift to later steps; what leaves the grid is dropped."""
    if steps == 0:
        return sequence
    result = np.zeros_like(sequence)
    result[..., steps:] = sequence[..., :-steps]
    return result


def upto(sequence: Array, step: int) -> Array:
    """A copy without what comes after a step; the sequence itself where nothing does.

    Examples:
        >>> upto(np.array([0.5, 0.25, 0.125]), 1)
        array([0.5 , 0.25, 0.  ])
    """
    if step + 1 >= sequence.shape[-1]:
        return sequence
    result = sequence.copy()
    result[..., step + 1 :] = 0.0
    return result


def convolve(one: Array, two: Array) -> Array:
    """First n terms of the convolution of (..., n) with (..., n), by Fourier transform.

    Rows are transformed one by one: the transforms of all would take many times their memory.

    Examples:
        >>> convolve(np.array([0.0, 1.0, 0.0]), np.array([1.0, 2.0, 3.0])).round(12)
        array([0., 1., 2.])
    """
    from scipy.fft import irfft, next_fast_len, rfft

    n = one.shape[-1]
    size = next_fast_len(2 * n - 1, real=True)
    result = np.empty(np.broadcast_shapes(one.shape, two.shape))
    single = rfft(one.reshape(n), size) if one.size == n else None
    for place in np.ndindex(result.shape[:-1]):
        first, second = (np.broadcast_to(each, result.shape)[place] for each in (one, two))
        transform = rfft(first, size) if single is None else single
        result[place] = irfft(transform * rfft(second, size), size)[:n]
    return result


def _lifetime(failure: Array, mean: float) -> float:
    """At least how slowly the tail of a renewal falls: as exp(-t / mean), or slower by this much.

    The rate r of the tail is where the sum of ``f[t] exp(r t)`` reaches one. Where rounds seldom
    fail, but then late, that is below one over the mean.
    """
    seen = np.flatnonzero(failure > 1e-15 * failure.max())
    chances = failure[seen]
    for _ in range(64):
        if chances @ np.exp(np.minimum(seen / mean, 700.0)) < 1.0:
            break
        mean *= 2.0
    return mean


def renew(success: Array, failure: Array, mass: Array | None = None) -> Array:
    """First success of repeated rounds: ``g = s + f * g``, solved as ``g(z) = s(z) / (1 - f(z))``.

    The series are tilted by ``exp(theta t)`` before the transform. Their tails wrap around the
    finite circle; theta is chosen so that they are below rounding there, and as large as that
    allows, so that the far tail of the result keeps its digits.

    Args:
        success: What a round that succeeds at step t contributes, shape (k, n).
        failure: Probability that a round fails at step t, shape (n,).
        mass: Probability that a round succeeds at step t, shape (n,); row 0 of ``success`` when
            not given.

    Returns:
        Shape (k, n).

    Examples:
        >>> half = np.array([0.0, 0.5, 0.0, 0.0])
        >>> renew(half[None], half).round(6)
        array([[0.   , 0.5  , 0.25 , 0.125]])
    """
    from scipy.fft import irfft, next_fast_len, rfft

    if not failure.any():
        return success
    n = len(failure)
    steps = np.arange(n)
    succeeding = success[0] if mass is None else mass
    chance = succeeding.sum()
    mean = (steps @ (succeeding + failure)) / chance if chance > 0.0 else np.inf
    if mean <= 0.0:
        return success  # nothing but rounding
    mean = _lifetime(failure, mean)
    if _LONGEST * mean < n - 1:
        # What lies beyond is below rounding, unless single rounds are as long.
        cut = int(_LONGEST * mean) + 1
        if np.abs(success[:, cut:]).sum() + failure[cut:].sum() < _NOTHING:
            result = np.zeros_like(success)
            result[:, :cut] = renew(success[:, :cut], failure[:cut], succeeding[:cut])
            return result
    size = next_fast_len(2 * n if n > mean else 4 * n, real=True)
    theta = min(1.0 / mean - _SUPPRESSION / size, _STEEPEST / n)
    tilt = np.exp(theta * (steps - n / 2.0))
    centre = np.exp(-theta * n / 2.0)
    with np.errstate(under="ignore"):
        rows, places = _distinct(success)
        resolvent = 1.0 / (1.0 - rfft(failure * (tilt / centre), size))
        result = np.empty_like(success)
        for place, row in enumerate(rows):
            renewed = irfft(rfft(success[row] * tilt, size) * resolvent, size)[:n] / tilt
            result[[k for k, other in enumerate(places) if other == place]] = renewed
    return result


def _distinct(sequence: Array) -> tuple[list[int], list[int]]:
    """Rows that differ, and for each row which of them it is: components are often equal."""
    kept: list[int] = []
    places: list[int] = []
    for row in sequence:
        same = (k for k, other in enumerate(kept) if np.array_equal(row, sequence[other]))
        place = next(same, len(kept))
        if place == len(kept):
            kept.append(len(places))
        places.append(place)
    return kept, places


def last_to_come(
    arriving: Sequence[Array],
    present: Sequence[Array],
    step: Join,
    earlier: Sequence[Array] | None = None,
) -> Array:
    """Sum over which part is the last: those before it came earlier, those after it up to now.

    With A what arrives now and C what is present, the step being linear in every part, this is
    ``step(C, C, ..) - step(C - A, C - A, ..)``; C - A may be given, where digits count.
    """
    n = arriving[0].shape[-1]
    result = np.empty((0, n))
    # Every column stands for itself, and what a step needs in between is many times its parts.
    for start in range(0, n, _BLOCK):
        block = slice(start, start + _BLOCK)
        now, there = ([part[:, block] for part in parts] for parts in (arriving, present))
        before = [part[:, block] for part in earlier] if earlier else []
        before = before or [c - a for a, c in zip(now, there, strict=True)]
        total = step([now[0], *there[1:]])
        for k in range(1, len(now)):
            total = total + step([*before[:k], now[k], *there[k + 1 :]])
        if start == 0:
            result = np.empty((len(total), n))
        result[:, block] = total
    return result


def product(pairs: Sequence[Array]) -> Array:
    """The product of several sequences, step by step."""
    return np.asarray(np.prod(pairs, axis=0))
