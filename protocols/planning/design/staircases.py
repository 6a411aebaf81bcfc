"""Inequalities of staircases that must carry a load together, as lines out of a set of sites do.

What each of several staircases carries grows in steps; together they must carry a total. A row of
prices, one for each step, of which every choice that carries the total has to pay at least 1, is an
inequality that every plan keeps. The row that a relaxed solution violates most is found by a linear
programme over the prices, with the choices brought in one by one by dynamic programming (local
cuts: D. Applegate, R. Bixby, V. Chvátal, W. Cook, Lect. Notes Comput. Sci. 2241, 261 (2001),
doi:10.1007/3-540-45586-8_7), and lifted in sequence to the steps that the solution does not use.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

__all__ = ["cheapest_levels", "cover_value", "priced_steps"]

_Array = npt.NDArray[np.float64]

#: Share by which less than the total is enough, what a value must exceed, and the sum below which
#: a row is violated.
_SLACK, _USED, _VIOLATED = 1e-7, 1e-7, 0.998

#: Choices at random prices at the beginning, and most that are brought in one by one.
_FIRST, _CHOICES = 6, 12


def cover_value(total: float, stairs: Sequence[_Array], grown: Sequence[_Array]) -> float:
    """The least sum of next steps above levels that carry too little; 1 if it is not below that.

    Below 1 the relaxed solution violates a cover inequality.

    Args:
        total: What must be carried.
        stairs: What each carries at its levels, from 0 upwards.
        grown: Values of the steps of each in the relaxed solution.

    Examples:
        >>> two = [np.array([0.0, 2.0]), np.array([0.0, 2.0])]
        >>> cover_value(3.0, two, [np.array([1.0]), np.array([0.5])])
        0.5
    """
    carried, value = np.zeros(1), np.zeros(1)
    for caps, steps in zip(stairs, grown, strict=True):
        together = (carried[:, None] + caps).ravel()
        paid = (value[:, None] + np.append(steps, 0.0)).ravel()
        short = (together < total * (1.0 - _SLACK)) & (paid < 1.0)
        if not short.any():
            return 1.0
        together, paid = together[short], paid[short]
        order = np.lexsort((together, paid))
        together, paid = together[order], paid[order]
        # The least carried at this value or less can still grow most.
        least = np.minimum.accumulate(together)
        kept = np.ones(len(order), dtype=bool)
        kept[1:] = together[1:] < least[:-1]
        carried, value = together[kept], paid[kept]
    return float(value.min())


def _merged(
    states: tuple[_Array, _Array], caps: _Array, prices: _Array, total: float
) -> tuple[tuple[_Array, _Array], npt.NDArray[np.intp]]:
    """Loads and prices with one staircase more, those alone that no cheaper one carries as much.

    Both ascend; with them the number of the last state times the levels, plus the level.
    """
    carried = np.minimum(states[0][:, None] + caps, total).ravel()
    paid = (states[1][:, None] + prices).ravel()
    order = np.lexsort((paid, -carried))
    least = np.minimum.accumulate(paid[order])
    kept = np.ones(len(order), dtype=bool)
    kept[1:] = paid[order][1:] < least[:-1] - 1e-12
    chosen = order[kept][::-1]
    return (carried[chosen], paid[chosen]), chosen


_NOTHING = (np.zeros(1), np.zeros(1))


def cheapest_levels(
    total: float, stairs: Sequence[_Array], prices: Sequence[_Array]
) -> tuple[float, list[int]]:
    """The cheapest levels that carry a total, and their price; infinite if none do.

    Args:
        total: What must be carried.
        stairs: What each carries at its levels, from 0 upwards.
        prices: What each costs at its levels, ascending.

    Examples:
        >>> caps, costs = np.array([0.0, 2.0, 5.0]), np.array([0.0, 1.0, 3.0])
        >>> price, levels = cheapest_levels(4.0, [caps, caps], [costs, costs])
        >>> float(price), levels
        (2.0, [1, 1])
    """
    states, trace = _NOTHING, []
    for caps, costs in zip(stairs, prices, strict=True):
        states, chosen = _merged(states, caps, costs, total)
        trace.append((chosen, len(caps)))
    k = int(np.searchsorted(states[0], total * (1.0 - _SLACK)))
    if k == len(states[0]):
        return np.inf, []
    price, levels = float(states[1][k]), []
    for chosen, number in reversed(trace):
        k, level = divmod(int(chosen[k]), number)
        levels.append(level)
    return price, levels[::-1]


def priced_steps(
    total: float, stairs: Sequence[_Array], grown: Sequence[_Array]
) -> list[_Array] | None:
    """Prices of steps of which every choice that carries the total pays 1, violated; or None.

    Args:
        total: What must be carried.
        stairs: What each carries at its levels, from 0 upwards.
        grown: Values of the steps of each in the relaxed solution.

    Examples:
        Two lines of 2, one of which stands by half, do not carry 3:

        >>> caps = np.array([0.0, 2.0])
        >>> rows = priced_steps(3.0, [caps, caps], [np.array([1.0]), np.array([0.5])])
        >>> [row.tolist() for row in rows]
        [[0.0], [1.0]]
    """
    if cover_value(total, stairs, grown) >= _VIOLATED:
        return None
    used = [int((np.asarray(steps) > _USED).sum()) for steps in grown]
    inner = _inner_prices(total, stairs, grown, used)
    if inner is None:
        return None
    prices = _lifted(total, stairs, used, inner)
    least, _ = cheapest_levels(total, stairs, prices)
    if not 1e-6 < least < np.inf:
        return None
    rows = [np.diff(each) / least for each in prices]
    paid = sum(float(row @ steps) for row, steps in zip(rows, grown, strict=True))
    return rows if paid < _VIOLATED else None


def _inner_prices(
    total: float, stairs: Sequence[_Array], grown: Sequence[_Array], used: Sequence[int]
) -> list[_Array] | None:
    """Prices at the levels that the solution uses; None where no row is violated."""
    from scipy.optimize import linprog

    support = [i for i, n in enumerate(used) if n]
    goal = np.concatenate([np.zeros(0), *(grown[i][: used[i]] for i in support)])
    starts = np.concatenate([[0], np.cumsum([used[i] for i in support])]).astype(int)
    caps = [stairs[i][: used[i] + 1] for i in support]
    steps, choices = np.zeros(len(goal)), list[_Array]()
    first = np.random.default_rng(len(goal)).uniform(size=(_FIRST, len(goal)))
    for k in range(_FIRST + _CHOICES):
        costs = steps if k >= _FIRST else first[k] * (0.1 + goal)
        prices = [np.append(0.0, np.cumsum(costs[a:b])) for a, b in pairwise(starts)]
        price, levels = cheapest_levels(total, caps, prices)
        if price == np.inf or (k >= _FIRST and price >= 1.0 - 1e-6):
            break
        choice = np.zeros(len(goal))
        for start, level in zip(starts, levels, strict=False):
            choice[start : start + level] = 1.0
        choices.append(choice)
        if k < _FIRST - 1:
            continue
        rows = -np.array(choices)
        found = linprog(goal, A_ub=rows, b_ub=-np.ones(len(rows)), method="highs-ds")
        if found.status != 0 or found.fun >= _VIOLATED:
            return None
        steps = np.maximum(found.x, 0.0)
    inner = [np.zeros(1) for _ in stairs]
    for i, a, b in zip(support, starts, starts[1:], strict=False):
        inner[i] = np.append(0.0, np.cumsum(steps[a:b]))
    return inner


def _lifted(
    total: float, stairs: Sequence[_Array], used: Sequence[int], inner: Sequence[_Array]
) -> list[_Array]:
    """Prices at all levels: each as low as the cheapest rest of the total allows, in sequence."""
    prices = list(inner)
    order = sorted(range(len(stairs)), key=lambda i: -used[i])
    for i in order:
        if len(prices[i]) == len(stairs[i]):
            continue
        states = _NOTHING
        for k in order:
            if k != i and len(prices[k]) > 1:
                states, _ = _merged(states, stairs[k][: len(prices[k])], prices[k], total)
        lacking = total * (1.0 - _SLACK) - stairs[i][len(prices[i]) :]
        rest = np.append(states[1], np.inf)[np.searchsorted(states[0], lacking)]
        new = np.where(lacking <= 0.0, 1.0, np.clip(1.0 - rest, 0.0, 1.0))
        prices[i] = np.maximum.accumulate(np.append(prices[i], new))
    return prices
