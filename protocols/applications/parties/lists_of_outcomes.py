"""Lists of outcomes that back an order: how often they misfit, and how long they must be."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from qnet.states.pauli import Array

__all__ = ["LONGEST_LIST", "OUTCOMES", "agreement_failure", "misfits", "shortest_list"]

#: Outcomes of the general's two qubits and of the two lieutenants, first qubit first.
OUTCOMES = tuple("".join(bits) for bits in product("01", repeat=4))

#: Lists longer than this are not looked for.
LONGEST_LIST = 10_000


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


def agreement_failure(
    length: int, honest: float, false: float, tolerated: int | None = None
) -> float:
    """Larger probability of the two failures of a list: refused if honest, believed if false.

    Args:
        length: Its rounds.
        honest: Probability that a round of an honest list does not fit.
        false: The same of a false list.
        tolerated: Rounds that may not fit; the best number when None.

    Examples:
        >>> round(agreement_failure(1, 0.0, 1.0 / 3.0), 12)
        0.666666666667
    """
    # Local import: it takes long to load.
    from scipy.stats import binom

    counts = np.arange(length) if tolerated is None else np.array([tolerated])
    worst = np.maximum(binom.sf(counts, length, honest), binom.cdf(counts, length, false))
    return float(worst.min())


def shortest_list(honest: float, false: float, target: float) -> int:
    """Fewest rounds of a list whose failures are no more likely than a target.

    Args:
        honest: Probability that a round of an honest list does not fit.
        false: The same of a false list.
        target: Failure probability.

    Returns:
        Number of rounds; the longest that is looked for where none reaches the target.

    Examples:
        >>> shortest_list(0.0, 1.0 / 3.0, 1e-6)
        35
    """
    # Local import: it takes long to load.
    from scipy.stats import binom

    lengths = np.arange(1, LONGEST_LIST + 1)
    # The most misfits that may be tolerated before a false list is believed too often ...
    most = binom.ppf(target, lengths, false)
    most = most - (binom.cdf(most, lengths, false) > target)
    # ... must be enough for an honest one.
    enough = (most >= 0) & (binom.sf(most, lengths, honest) <= target)
    return int(lengths[enough][0]) if enough.any() else LONGEST_LIST
