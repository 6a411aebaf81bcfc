"""Merged deliveries of copies of a chain that play side by side, on its time grid."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.signal import fftconvolve

from qnet.engines.exact import GridResult
from qnet.errors import EngineError
from qnet.estimate import Estimate
from qnet.states.pauli import Array

__all__ = ["MergedDeliveries", "SlotDeliveries", "merged_deliveries", "slot_deliveries"]

#: Most numbers that are kept at once, and most products of laws.
_MOST_NUMBERS, _MOST_PRODUCTS = 1 << 25, 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MergedDeliveries:
    """The first n deliveries of m copies of a chain, each of which begins anew when it delivers.

    Args:
        mean_s: Mean time of the n-th in s.
        square_s2: Mean square of it in s^2.
        fano: Mean Fano matrix (4, 4) of the n pairs.
        lost: Probability that the n-th comes after the end of the grid.
    """

    mean_s: Estimate
    square_s2: Estimate
    fano: Array
    lost: float


def merged_deliveries(result: GridResult, pairs: int, copies: int) -> MergedDeliveries:
    """The n-th delivery of m renewal processes, and the mean state of all up to it.

    With ``S_k`` the time of a copy's k-th delivery, it has made a at time t with probability
    ``P(S_a <= t) - P(S_(a+1) <= t)``; numbers of independent copies add up. Of pairs that come at
    the same step as the last one that is wanted, each is as likely to be taken.

    Args:
        result: The law of one copy.
        pairs: n.
        copies: m.

    Raises:
        EngineError: If the laws would take too much memory or time.
    """
    each = -(-pairs // copies)
    size = 1 << ((result.grid.size - 1) * each).bit_length()
    fewer, (taken,) = _merged(result, pairs, copies, size, [pairs])
    return _moments(result, fewer[-1], taken, pairs, each * copies)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SlotDeliveries:
    """What m copies of a chain deliver within a slot that begins with all of them.

    Args:
        fewer: Shape (n,): probability that fewer than 1, 2, ... n pairs come within the slot.
        time_s: Shape (n,): mean of the time in s of the 1st to n-th pair, where it comes within it,
            and zero where it does not.
        fano: Shape (n, 4, 4): of those of the first 1 to n pairs that come within it, the sum of
            their Fano matrices in the mean.
    """

    fewer: Array
    time_s: Array
    fano: Array


def slot_deliveries(result: GridResult, pairs: int, copies: int) -> SlotDeliveries:
    """The first n deliveries of m copies within a slot, which is as long as their grid.

    Args:
        result: The law of one copy, up to the end of the slot.
        pairs: n.
        copies: m.

    Raises:
        EngineError: If the laws would take too much memory or time.
    """
    fewer, taken = _merged(result, pairs, copies, result.grid.size, range(1, pairs + 1))
    last = result.grid.size - 1
    # The mean of T 1(T <= L) is the sum of P(t < T <= L) over the steps.
    times = result.grid.dt * (fewer[:, :-1].sum(axis=1) - last * fewer[:, -1])
    fano = [result.carrier.to_fano(each[:, None])[0] for each in taken]
    return SlotDeliveries(fewer=fewer[:, -1], time_s=times, fano=np.array(fano))


def _merged(
    result: GridResult, pairs: int, copies: int, size: int, wanted: Iterable[int]
) -> tuple[Array, list[Array]]:
    """Probability (n, size) of fewer than 1 to n pairs; states of the first pairs, added up."""
    numbers = size * (pairs + 1) * copies
    if numbers > _MOST_NUMBERS or numbers * pairs * copies > _MOST_PRODUCTS:
        message = (
            f"{pairs} pairs of {copies} copies of a chain side by side would take laws of "
            f"{numbers} numbers; use engine='sampled', fewer pairs a session, or one memory"
        )
        raise EngineError(message)
    mass = np.zeros(size)
    mass[: result.grid.size] = result.probability
    times = _powers(mass, pairs)
    others = _others(*_one_copy(times, pairs), copies)
    taken = [_taken(result, times, others, each, copies) for each in wanted]
    return _fewer(times, pairs, copies), taken


def _powers(mass: Array, pairs: int) -> Array:
    """Law (n + 2, size) of the k-th delivery of one copy, from k = 0 on."""
    size = len(mass)
    times = np.zeros((pairs + 2, size))
    times[0, 0] = 1.0
    for k in range(1, pairs + 2):
        times[k] = np.maximum(fftconvolve(times[k - 1], mass)[:size], 0.0) if k > 1 else mass
    return times


def _one_copy(times: Array, pairs: int) -> tuple[Array, Array]:
    """Probabilities (n, size): a deliveries before a step and none at it, and one at it."""
    upto = np.cumsum(times, axis=1)
    earlier = np.zeros_like(upto)
    earlier[:, 1:] = upto[:, :-1]
    now = times[1 : pairs + 1]
    return np.maximum(earlier[:pairs] - earlier[1 : pairs + 1] - now, 0.0), now


def _others(before: Array, now: Array, copies: int) -> Array:
    """Probabilities (m, n, size) that the other copies made a before a step, and d at it."""
    pairs, size = before.shape
    joint = np.zeros((copies, pairs, size))
    joint[0, 0] = 1.0
    for done in range(copies - 1):
        following = np.zeros_like(joint)
        for d in range(done + 1):
            for a in range(pairs):
                rest = joint[d, : pairs - a]
                following[d, a:] += rest * before[a]
                following[d + 1, a:] += rest * now[a]
        joint = following
    return joint


def _taken(result: GridResult, times: Array, others: Array, pairs: int, copies: int) -> Array:
    """Components (k,) of the mean states of all pairs that are taken, times their number."""
    wanted = np.arange(pairs, 0, -1)[None, :] / np.arange(1, copies + 1)[:, None]
    size = times.shape[1]
    total = np.zeros(len(result.sequence))
    for k in range(pairs):
        # Of this copy's k + 1st pair: what the others may have made for it to be taken.
        share = np.minimum(wanted[:, k:], 1.0)
        chance = np.einsum("da,dat->t", share, others[:, : pairs - k])
        # Of a convolution with the law of the k before it, summed against that chance.
        ahead = fftconvolve(chance, times[k][::-1])[size - 1 :] if k else chance
        total += result.sequence @ ahead[: result.grid.size]
    return copies * total


def _fewer(times: Array, pairs: int, copies: int) -> Array:
    """Probability (n, size) that fewer than 1 to n have come up to each step."""
    upto = np.cumsum(times, axis=1)
    one = np.maximum(upto[:pairs] - upto[1 : pairs + 1], 0.0)
    counts = one.copy()
    for _ in range(copies - 1):
        counts = np.stack([(counts[: a + 1] * one[a::-1]).sum(axis=0) for a in range(pairs)])
    return np.cumsum(counts, axis=0)


def _moments(
    result: GridResult, survives: Array, taken: Array, pairs: int, draws: int
) -> MergedDeliveries:
    dt, size = result.grid.dt, len(survives)
    lost = min(1.0, max(0.0, float(survives[-1])))
    end = (size - 1) * dt
    first = dt * float(survives[:-1].sum())
    second = dt * dt * float((2.0 * np.arange(size - 1) + 1.0) @ survives[:-1])
    rest = pairs * result.delivery_law.remaining_s if lost else 0.0
    # Deliveries after the grid of one copy count as none, which makes it seem later.
    missed = draws * result.truncated_mass
    fano = result.carrier.to_fano(taken[:, None])[0]
    return MergedDeliveries(
        mean_s=Estimate(max(0.0, first - missed * end), first, first + lost * rest),
        square_s2=Estimate(
            max(0.0, second - missed * end * end),
            second,
            second + lost * 2.0 * (end * rest + rest * rest),
        ),
        fano=fano / fano[0, 0],
        lost=max(lost, 1.0 - fano[0, 0] / pairs, 0.0),
    )
