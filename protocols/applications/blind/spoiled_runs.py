"""Spoiled runs of verified computations: the worst attack, and the chances of an honest server.

Test and computation runs in random order, as in D. Leichtle et al., PRX Quantum 2, 040302 (2021),
arXiv:2109.04042: the server does not know which is which, so what it spoils is spread over both as
by drawing without replacement. The answer is that of most computation runs; it is accepted when at
most w test runs fail.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qnet.errors import ParameterError

__all__ = ["LARGEST_RUNS", "RunsOfAVerification"]

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: Most runs of both sorts together.
LARGEST_RUNS = 2000


@dataclass(frozen=True, kw_only=True)
class RunsOfAVerification:
    """Numbers of runs, and how many failing tests are let pass.

    Args:
        test_runs: Number of test runs.
        computation_runs: Number of computation runs.
        allowed_failures: The result is accepted with at most so many failing tests.

    Raises:
        ParameterError: If there are too many runs to go through all attacks.

    Examples:
        >>> runs = RunsOfAVerification(test_runs=50, computation_runs=50, allowed_failures=5)
        >>> probability, spoiled = runs.worst_attack(caught=0.5)
        >>> print(f"{probability:.9f}", spoiled)
        0.005424698 45
    """

    test_runs: int
    computation_runs: int
    allowed_failures: int

    def __post_init__(self) -> None:
        if self.test_runs + self.computation_runs > LARGEST_RUNS:
            rule = f"be at most {LARGEST_RUNS} with the computation runs"
            raise ParameterError("test_runs", rule, self.test_runs, "all attacks are gone through")

    def accepted_wrong(self, spoiled: int, caught: float, inherent: float = 0.0) -> float:
        """Probability that a wrong answer is accepted when the server spoils some runs.

        Args:
            spoiled: Number of runs in which it spoils a qubit.
            caught: Probability that a spoiled test run fails.
            inherent: Probability that a computation run that nobody spoils is wrong.
        """
        return float(self._accepted_wrong(np.array([spoiled]), caught, inherent)[0])

    def _accepted_wrong(self, numbers: IntArray, caught: float, inherent: float) -> Array:
        """The same for several numbers of spoiled runs, (k,)."""
        from scipy.stats import binom

        spoiled = numbers[:, None]
        runs = self.test_runs + self.computation_runs
        wrong = np.arange(self.computation_runs + 1)
        shares = _without_replacement(wrong, runs, self.computation_runs, spoiled)
        # More than half of the computation runs are wrong: spoiled ones, and others by themselves.
        missing = self.computation_runs // 2 - wrong
        majority = binom.sf(missing, self.computation_runs - wrong, inherent)
        tests = np.maximum(spoiled - wrong, 0)
        passed = binom.cdf(self.allowed_failures, np.arange(runs + 1), caught)[tests]
        found = np.sum(shares * np.where(missing < 0, 1.0, majority) * passed, axis=1)
        return np.asarray(found)

    def worst_attack(self, caught: float, inherent: float = 0.0) -> tuple[float, int]:
        """Largest probability that a wrong answer is accepted, and how many runs are spoiled then.

        Args:
            caught: Probability that a spoiled test run fails.
            inherent: Probability that a computation run that nobody spoils is wrong.
        """
        numbers = np.arange(self.test_runs + self.computation_runs + 1)
        chances = self._accepted_wrong(numbers, caught, inherent)
        best = int(np.argmax(chances))
        return float(chances[best]), best

    def acceptance(self, failure: float) -> float:
        """Probability that an honest server is accepted whose tests fail with some probability."""
        from scipy.stats import binom

        return float(binom.cdf(self.allowed_failures, self.test_runs, failure))

    def right_majority(self, success: float) -> float:
        """Probability that at most half of the computation runs are wrong."""
        from scipy.stats import binom

        half = self.computation_runs // 2
        return float(binom.cdf(half, self.computation_runs, 1.0 - success))

    def least_allowed(self, failure: float, rejection: float) -> int:
        """Fewest failures to allow so that an honest server is rejected at most so often.

        Args:
            failure: Probability that an honest test run fails.
            rejection: Largest probability to reject it.
        """
        from scipy.stats import binom

        return int(binom.isf(rejection, self.test_runs, failure))


def _without_replacement(hit: IntArray, whole: int, marked: int, drawn: IntArray) -> Array:
    """Probability that some of those that are drawn are marked: hypergeometric, by factorials.

    Args:
        hit: How many are marked.
        whole: Number of all.
        marked: Number of the marked.
        drawn: How many are drawn; broadcasts with ``hit``.
    """
    from scipy.special import gammaln

    logs = gammaln(np.arange(whole + 1) + 1.0)

    def choose(number: int, some: IntArray) -> Array:
        inside = (some >= 0) & (some <= number)
        kept = np.clip(some, 0, number)
        return np.where(inside, logs[number] - logs[kept] - logs[number - kept], -np.inf)

    both = choose(marked, hit) + choose(whole - marked, drawn - hit)
    return np.asarray(np.exp(both - choose(whole, drawn)))
