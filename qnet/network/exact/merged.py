"""Merged deliveries of copies of a chain that play side by side, on its time grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import fftconvolve

from qnet.engines.exact import GridResult
from qnet.errors import EngineError
from qnet.estimate import Estimate
from qnet.network.reservation.slots import NEAR_SLOT
from qnet.states.pauli import Array

__all__ = ["MergedDeliveries", "SlotDeliveries", "merged_deliveries", "slot_deliveries"]

#: Most numbers that are kept at once, and most products of laws.
_MOST_NUMBERS, _MOST_PRODUCTS = 1 << 25, 1 << 30

#: Chance of more pairs in a slot that is left out.
_NEGLIGIBLE = 1e-13


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
    _check_size(size, pairs, copies)
    mass = np.zeros(size)
    mass[: result.grid.size] = result.probability
    times = _powers(mass, pairs)
    wanted = np.zeros(pairs)
    wanted[-1] = 1.0
    taken = _taken(result, times, _others(*_one_copy(times, pairs), copies), wanted, copies)
    return _moments(result, _fewer(times, pairs, copies)[-1], taken, pairs, each * copies)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SlotDeliveries:
    """What m copies of a chain deliver within a slot that begins with all of them.

    Args:
        result: The law of one copy, up to the end of the slot.
        copies: m.
        fewer: Shape (n,): probability that fewer than 1, 2, ... n pairs come within the slot; more
            hardly ever do.
        time_s: Shape (n,): mean of the time in s of the 1st to n-th pair, where it comes within it,
            and zero where it does not.
        at_end: Shape (n + 1,): probability that just 0 to n come, some of them at its very end.
        laws: Laws (n + 2, size) of the k-th delivery of one copy, from k = 0 on.
    """

    result: GridResult
    copies: int
    fewer: Array
    time_s: Array
    at_end: Array
    laws: Array

    @property
    def counts(self) -> Array:
        """Probabilities (n + 1,) that 0 to n pairs come."""
        return np.maximum(np.diff(self.fewer, prepend=0.0, append=1.0), 0.0)

    def fano(self, wanted: Array) -> Array:
        """Sum of the Fano matrices (4, 4) of the pairs that come and are wanted, in the mean.

        Args:
            wanted: Probabilities (n,) that 1 to n - 1, and n or more pairs are wanted.
        """
        others = _others(*_one_copy(self.laws, len(wanted)), self.copies)
        taken = _taken(self.result, self.laws, others, wanted, self.copies)
        return np.asarray(self.result.carrier.to_fano(taken[:, None])[0])


def slot_deliveries(result: GridResult, copies: int, slot_s: float) -> SlotDeliveries:
    """Deliveries of m copies within a slot, which is as long as their grid.

    Args:
        result: The law of one copy, up to the end of the slot.
        copies: m.
        slot_s: Duration of the slot in s.

    Raises:
        EngineError: If the laws would take too much memory or time.
    """
    dt, last = result.grid.dt, result.grid.size - 1
    laws = _laws_within(result, copies)
    pairs = len(laws) - 2
    fewer = _fewer(laws, pairs, copies)
    # The mean of T 1(T <= L) is the sum of P(t < T <= L) over the steps.
    times = dt * (fewer[:, :-1].sum(axis=1) - last * fewer[:, -1])
    counts = np.diff(fewer[:, -1], prepend=0.0, append=1.0)
    # Of one copy: just so many come before the end, and none at it.
    upto = np.cumsum(laws, axis=1)
    earlier = np.maximum(upto[:-1, -2] - upto[1:, -1], 0.0)
    at_end = np.maximum(counts - _convolved(earlier, copies)[: pairs + 1], 0.0)
    return SlotDeliveries(
        result=result,
        copies=copies,
        fewer=fewer[:, -1],
        time_s=times,
        at_end=at_end if last * dt > slot_s * (1.0 - NEAR_SLOT) else np.zeros(pairs + 1),
        laws=laws,
    )


def _convolved(law: Array, copies: int) -> Array:
    """Law of the sum of independent whole numbers."""
    found = law
    for _ in range(copies - 1):
        found = np.convolve(found, law)
    return found


def _laws_within(result: GridResult, copies: int) -> Array:
    """Laws (n + 2, size) of the k-th delivery of a copy, where all make more than n hardly ever."""
    size, mass = result.grid.size, result.probability
    laws = [np.zeros(size), mass]
    laws[0][0] = 1.0
    while laws[-1].sum() > _NEGLIGIBLE and len(laws) <= size:
        _check_size(size, (len(laws) - 1) * copies, copies, in_slot=True)
        laws.append(_following(laws[-1], mass))
    upto = np.array([law.sum() for law in laws])
    counts = _convolved(np.maximum(upto[:-1] - upto[1:], 0.0), copies)
    more = counts[::-1].cumsum()[::-1]
    pairs = max(1, int(np.flatnonzero(more > _NEGLIGIBLE)[-1]))
    found = np.zeros((pairs + 2, size))
    found[: len(laws)] = laws[: pairs + 2]
    return found


def _check_size(size: int, pairs: int, copies: int, *, in_slot: bool = False) -> None:
    """Refuse laws that would take too much memory or time."""
    numbers = size * (pairs + 1) * copies
    if numbers > _MOST_NUMBERS or numbers * pairs * copies > _MOST_PRODUCTS:
        where, fewer = (
            ("in a slot", "shorter slots") if in_slot else ("side by side", "fewer pairs a session")
        )
        message = (
            f"{pairs} pairs of {copies} copies of a chain {where} would take laws of "
            f"{numbers} numbers; use engine='sampled', {fewer}, or one memory"
        )
        raise EngineError(message)


def _following(law: Array, mass: Array) -> Array:
    """Law of a delivery from that of the one before it."""
    return np.asarray(np.maximum(fftconvolve(law, mass)[: len(mass)], 0.0))


def _powers(mass: Array, pairs: int) -> Array:
    """Law (n + 2, size) of the k-th delivery of one copy, from k = 0 on."""
    size = len(mass)
    times = np.zeros((pairs + 2, size))
    times[0, 0] = 1.0
    for k in range(1, pairs + 2):
        times[k] = _following(times[k - 1], mass) if k > 1 else mass
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


def _taken(result: GridResult, times: Array, others: Array, wanted: Array, copies: int) -> Array:
    """Components (k,) of the mean states of all pairs that are taken, times their number.

    Args:
        result: The law of one copy.
        times: Laws of the k-th delivery of one copy.
        others: What the other copies made before a step, and at it.
        wanted: Probabilities (n,) that 1 to n pairs are taken.
        copies: Number of copies.
    """
    size, most = times.shape[1], len(wanted)
    # Chance to be taken after so many others, beside so many at the same step.
    left = np.arange(1, most + 1)[None, :] - np.arange(most)[:, None]
    besides = np.arange(1, copies + 1)[:, None, None]
    share = np.clip(left / besides, 0.0, 1.0) @ wanted
    total = np.zeros(len(result.sequence))
    for k in range(most):
        # Of this copy's k + 1st pair: what the others may have made for it to be taken.
        chance = np.einsum("da,dat->t", share[:, k:], others[:, : most - k])
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
