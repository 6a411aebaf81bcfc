"""Lists of outcomes that back an order: how often they misfit, and how long they must be."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from qnet.states.pauli import Array

__all__ = [
    "LONGEST_LIST",
    "OUTCOMES",
    "FalseList",
    "ListOdds",
    "agreement_failure",
    "list_odds",
    "misfits",
    "shortest_list",
]

#: Outcomes of the general's two qubits and of the two lieutenants, first qubit first.
OUTCOMES = tuple("".join(bits) for bits in product("01", repeat=4))

#: Lists longer than this are not looked for.
LONGEST_LIST = 2000

#: Probability that nothing hangs on.
_NEVER = 1e-40


def misfits(probabilities: Array) -> tuple[Array, Array]:
    """Probability that a round of a list does not fit, of an honest list and of a false one.

    The honest list holds rounds in which the general's bits are equal: a lieutenant must have the
    other value. A traitor who passes on another order lists rounds in which his own bit is what the
    other lieutenant's must be. Where there are no such rounds, the worst is taken: no honest one
    fits, and all false ones do.

    Args:
        probabilities: Shape (..., 16), of the outcomes 0000 to 1111.

    Returns:
        Two arrays (...), the mean over both orders and both lieutenants.

    Examples:
        >>> uniform = np.full(16, 1.0 / 16.0)
        >>> [float(each) for each in misfits(uniform)]
        [0.5, 0.5]
    """
    honest, false = [], []
    for order, lieutenant in product("01", (2, 3)):
        wanted = "1" if order == "0" else "0"
        listed = [k for k, bits in enumerate(OUTCOMES) if bits[:2] == 2 * order]
        wrong = [k for k in listed if OUTCOMES[k][lieutenant] != wanted]
        honest.append(_share(probabilities, wrong, listed, never=1.0))
        traitor = 5 - lieutenant
        made_up = [k for k, bits in enumerate(OUTCOMES) if bits[traitor] == wanted]
        unfit = [k for k in made_up if OUTCOMES[k][lieutenant] != wanted]
        false.append(_share(probabilities, unfit, made_up, never=0.0))
    return np.asarray(np.mean(honest, axis=0)), np.asarray(np.mean(false, axis=0))


def _share(probabilities: Array, some: list[int], of: list[int], never: float) -> Array:
    """Share of some outcomes among others; ``never`` where those do not occur."""
    total = probabilities[..., of].sum(axis=-1)
    part = probabilities[..., some].sum(axis=-1)
    share = np.where(total > 1e-15, part / np.where(total > 1e-15, total, 1.0), never)
    return np.clip(share, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class FalseList:
    """What a lieutenant makes a false list of, who has the general's list of the other order.

    Of rounds that the general does not list, those with one value of the traitor's own bit fit
    better than those with the other. He takes all of the better ones, then worse ones, of which
    there are taken to be enough.

    Args:
        share: Share of the better rounds among them and the rounds that the general lists.
        better: Probability that one of them does not fit.
        worse: The same of the others.
    """

    share: float
    better: float
    worse: float

    def believed(self, length: int, tolerated: int) -> float:
        """Probability that at most some rounds of the list do not fit.

        Args:
            length: Rounds of the general's list, and of the false one.
            tolerated: Rounds that may not fit.
        """
        # Local import: it takes long to load.
        from scipy.stats import binom, nbinom

        if self.share >= 1.0:
            return float(binom.cdf(tolerated, length, self.better))
        better = np.arange(length)
        chances = nbinom.pmf(better, length, 1.0 - self.share)
        better, chances = better[chances > _NEVER], chances[chances > _NEVER]
        wrong = np.arange(min(tolerated, length) + 1)[:, None] if self.better > 0.0 else 0
        fit = binom.pmf(wrong, better, self.better) * binom.cdf(
            tolerated - wrong, length - better, self.worse
        )
        enough = nbinom.sf(length - 1, length, 1.0 - self.share)
        most = enough * binom.cdf(tolerated, length, self.better)
        return float(min((fit @ chances).sum() + most, 1.0))


@dataclass(frozen=True, slots=True)
class ListOdds:
    """How lists fare, for the worst of both orders and both lieutenants.

    Args:
        honest: Probability that a round of an honest list does not fit.
        false: The false lists that a traitor may make up.
    """

    honest: float
    false: tuple[FalseList, ...]

    def refused(self, length: int, tolerated: int) -> float:
        """Probability that an honest list is refused."""
        from scipy.stats import binom

        return float(binom.sf(tolerated, length, self.honest))

    def believed(self, length: int, tolerated: int) -> float:
        """Probability that a false one is believed."""
        return max(each.believed(length, tolerated) for each in self.false)


def list_odds(probabilities: Array) -> ListOdds:
    """Odds of honest and false lists.

    Args:
        probabilities: Shape (16,), of the outcomes 0000 to 1111.

    Examples:
        >>> uniform = np.full(16, 1.0 / 16.0)
        >>> list_odds(uniform).honest
        0.5
    """
    honest, false = [0.0], set[tuple[float, float, float]]()
    for order, lieutenant in product("01", (2, 3)):
        wanted = "1" if order == "0" else "0"
        listed = [k for k, bits in enumerate(OUTCOMES) if bits[:2] == 2 * order]
        wrong = [k for k in listed if OUTCOMES[k][lieutenant] != wanted]
        honest.append(float(_share(probabilities, wrong, listed, never=1.0)))
        ways = []
        for own in "01":
            # The traitor says the other order: there the lieutenant's bit must be the opposite.
            rounds = [
                k
                for k, bits in enumerate(OUTCOMES)
                if k not in listed and bits[5 - lieutenant] == own
            ]
            unfit = [k for k in rounds if OUTCOMES[k][lieutenant] == wanted]
            either = float(_share(probabilities, rounds, [*listed, *rounds], never=1.0))
            ways.append((float(_share(probabilities, unfit, rounds, never=0.0)), either))
        (better, share), (worse, _) = sorted(ways)
        false.add((round(share, 12), round(better, 12), round(worse, 12)))
    return ListOdds(max(honest), tuple(FalseList(*each) for each in sorted(false)))


def agreement_failure(length: int, odds: ListOdds, tolerated: int | None = None) -> float:
    """Larger probability of the two failures of a list: refused if honest, believed if false.

    Args:
        length: Its rounds.
        odds: How its rounds fit.
        tolerated: Rounds that may not fit; the best number when None.

    Examples:
        >>> odds = ListOdds(honest=0.0, false=(FalseList(1.0 / 3.0, 0.0, 1.0 / 3.0),))
        >>> round(agreement_failure(1, odds), 12)  # 1/3 + (2/3) (2/3): a sure round, or a guess
        0.777777777778
    """

    def worse(counted: int) -> float:
        return max(odds.refused(length, counted), odds.believed(length, counted))

    if tolerated is not None:
        return worse(tolerated)
    # The more misfits are tolerated, the more false lists are believed, and honest ones too.
    low, high = -1, length - 1
    while high - low > 1:
        middle = (low + high) // 2
        if odds.believed(length, middle) < odds.refused(length, middle):
            low = middle
        else:
            high = middle
    return min(worse(each) for each in (low, high) if each >= 0)


def shortest_list(odds: ListOdds, target: float) -> int | None:
    """Rounds of a list whose failures are no more likely than a target, found by bisection.

    Args:
        odds: How its rounds fit.
        target: Failure probability.

    Returns:
        Number of rounds, with one fewer of which the target is missed; None where the longest list
        that is looked for misses it.

    Examples:
        >>> odds = ListOdds(honest=0.0, false=(FalseList(1.0 / 3.0, 0.0, 1.0 / 3.0),))
        >>> shortest_list(odds, 1e-6)
        113
    """
    # Local import: it takes long to load.
    from scipy.stats import binom

    def reaches(length: int) -> bool:
        # The fewest misfits that honest lists need to be let pass.
        counts = np.arange(length)
        enough = np.flatnonzero(binom.sf(counts, length, odds.honest) <= target)
        return bool(len(enough)) and odds.believed(length, int(enough[0])) <= target

    high = 1
    while not reaches(high):
        if high == LONGEST_LIST:
            return None
        high = min(2 * high, LONGEST_LIST)
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reaches(middle) else (middle, high)
    return high
