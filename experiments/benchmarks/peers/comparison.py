"""Comparison with a peer: paired runs in turn, the ratio of their times, differences of results."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.benchmarks.peers.environment import PeerEnvironment
from qnet.errors import ParameterError
from qnet.estimate import Estimate
from qnet.metrics import proportion_estimate

__all__ = ["PeerComparison", "PeerWork", "compare", "difference", "figure_of", "median_estimate"]

#: Quantile of the normal distribution of an interval of 95 %.
_NORMAL = 1.959963984540054


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerWork:
    """A work that a peer and this project play alike.

    Args:
        name: What to ask for on the command line.
        peer: Name of the peer.
        work: Name of the work of its worker.
        title: What is played, in a few words.
        settings: Parameters, as the worker takes them.
        counted: What the work is counted in.
        ours: Plays so many of these here, from a seed: what is timed.
        expected: What this project says of the figures.
        unequal: What could not be made equal, in whole sentences.
    """

    name: str
    peer: str
    work: str
    title: str
    settings: Mapping[str, Any]
    counted: str
    ours: Callable[[Mapping[str, Any], int, int], object]
    expected: Callable[[Mapping[str, Any]], Mapping[str, Estimate]]
    unequal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerComparison:
    """What came out beside a peer.

    Args:
        work: What was played.
        versions: Of the peer, of its Python, of what it computes with.
        count: How much was played, all runs together.
        seconds: Time in s of the processor that the peer took for this.
        ratio: The peer's time over this project's: median of the paired runs and its interval.
        theirs: Figures of the peer.
        ours: The same of this project.
        reason: Why there is nothing of this, in one sentence.
    """

    work: PeerWork
    versions: Mapping[str, str]
    count: int = 0
    seconds: float = 0.0
    ratio: Estimate | None = None
    theirs: Mapping[str, Estimate]
    ours: Mapping[str, Estimate]
    reason: str = ""

    def differences(self) -> dict[str, Estimate]:
        """Theirs less ours, of every figure."""
        return {name: difference(found, self.ours[name]) for name, found in self.theirs.items()}


def compare(
    work: PeerWork, environment: PeerEnvironment, *, runs: int, seed: int
) -> PeerComparison:
    """Play a work in turn there and here.

    Args:
        work: What is played.
        environment: That of the peer.
        runs: Paired runs; the interval of the median needs six.
        seed: Seed of the first; the others have the next ones.
    """
    reason = environment.made()
    tallies: dict[str, list[float]] = {}
    versions: dict[str, str] = {}
    ratios: list[float] = []
    count, seconds = 0, 0.0
    for run in range(runs):
        if reason:
            break
        answer = environment.answer(work.work, work.settings, seed + run)
        if answer.found is None:
            reason = answer.reason
            break
        found = answer.found
        if run == 0:
            work.ours(work.settings, found["count"], seed)  # compiles what later runs share
        start = time.process_time()
        work.ours(work.settings, found["count"], seed + run)
        ratios.append(found["seconds"] / (time.process_time() - start))
        count, seconds = count + found["count"], seconds + found["seconds"]
        versions = found["versions"]
        for name, tally in found["figures"].items():
            before = tallies.get(name, [0.0] * len(tally))
            tallies[name] = [a + b for a, b in zip(before, tally, strict=True)]
    if reason:
        return PeerComparison(work=work, versions={}, theirs={}, ours={}, reason=reason)
    return PeerComparison(
        work=work,
        versions=versions,
        count=count,
        seconds=seconds,
        ratio=median_estimate(ratios),
        theirs={name: figure_of(tally) for name, tally in tallies.items()},
        ours=work.expected(work.settings),
    )


def figure_of(tally: Sequence[float]) -> Estimate:
    """A figure with its interval: a mean of (count, sum, sum of squares), a share of (hits, of).

    Examples:
        >>> print(figure_of([100, 50.0, 26.0]))
        0.500 [0.480, 0.520]
        >>> figure_of([20, 100]).best
        0.2
    """
    if len(tally) == 2:
        return proportion_estimate(int(tally[0]), int(tally[1]))
    n, total, squares = tally
    mean = total / n
    spread = math.sqrt(max(0.0, squares / n - mean * mean) / (n - 1.0))
    return Estimate(mean - _NORMAL * spread, mean, mean + _NORMAL * spread, int(n))


def difference(theirs: Estimate, ours: Estimate) -> Estimate:
    """The difference of two figures that were sampled apart from each other.

    Each side of the interval is the root of the sum of squares of the sides that lead there: G. Y.
    Zou and A. Donner, Stat. Med. 27, 1693 (2008).

    Examples:
        >>> print(difference(Estimate(1.7, 2.0, 2.3, 10), Estimate(0.6, 1.0, 1.4, 10)))
        1.00 [0.50, 1.50]
    """
    best = theirs.best - ours.best
    below = math.hypot(theirs.best - theirs.low, ours.high - ours.best)
    above = math.hypot(theirs.high - theirs.best, ours.best - ours.low)
    return Estimate(best - below, best, best + above, theirs.n)


def median_estimate(values: Sequence[float]) -> Estimate:
    """The median, and an interval of order statistics that holds it in 95 % of cases or more.

    The interval from the k-th smallest to the k-th largest of n misses the median with probability
    ``2 sum_(i<k) C(n, i) / 2^n``; all of them are needed from six values on, and below six the
    interval covers less.

    Raises:
        ParameterError: If there is no value.

    Examples:
        >>> print(median_estimate([3.0, 1.0, 2.0, 5.0, 4.0, 7.0, 6.0]))
        4.0 [1.0, 7.0]
        >>> median_estimate(list(map(float, range(21)))).low
        5.0
    """
    ordered = sorted(values)
    n = len(ordered)
    if n == 0:
        raise ParameterError("values", "be one or more", 0, "play a run at least")
    left_out = 0
    while 2 * sum(math.comb(n, i) for i in range(left_out + 2)) <= 0.05 * 2**n:
        left_out += 1
    middle = (ordered[(n - 1) // 2] + ordered[n // 2]) / 2.0
    return Estimate(ordered[left_out], middle, ordered[n - 1 - left_out], n)
