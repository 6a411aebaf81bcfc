r"""Dominance of line designs: those that may be the cheapest for some flow of key are kept.

A design with fixed cost f, cost c of a pair on every hop and rate R costs :math:`f + c \lceil x/R
\rceil` for a flow x. Let d be the cheapest for some flow x up to X, and x' the end of its step
there: the next multiple of R, or X. From x to x' its cost does not change, and those of the others
do not fall, so d is cheapest at x', too; and what else costs as little at x' costs as little at x.
It is therefore enough to look at the ends of the steps of every design: for each flow up to X, one
that is as cheap as any is among the winners there, and what never wins is left out.

Steps of a design at which another costs less whatever the rounding need no look: it does not win
there. Where fewer nodes may be worth a higher cost, the same is done among designs of at most n
nodes and stations, for every n.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from protocols.planning.technologies.line import SLACK, LineDesign
from qnet.states.pauli import Array

__all__ = ["undominated"]

#: Most steps that are looked at; designs are kept unseen beyond.
_MOST_STEPS = 400_000


def undominated(
    designs: Sequence[LineDesign], most_key_hz: float, *, few_nodes: bool = False
) -> tuple[LineDesign, ...]:
    """The designs that are the cheapest for some flow of key.

    Of equally cheap designs the one with fewer nodes is kept, then the one that comes first.

    Args:
        designs: The designs of a line.
        most_key_hz: Largest flow.
        few_nodes: Whether, for every number n, the cheapest with at most n nodes and stations are
            kept as well.

    Examples:
        >>> from qnet.estimate import Estimate
        >>> from qnet.metrics.security import SecurityClaim
        >>> claim = SecurityClaim.none("an example")
        >>> two = [
        ...     LineDesign(
        ...         hops=h, nodes=h - 1, rate_hz=Estimate.exact(10.0**h), security=claim,
        ...         fixed_cost=100.0 * (h - 1), pair_cost=50.0 * h,
        ...     )
        ...     for h in (1, 2)
        ... ]
        >>> [len(undominated(two, flow)) for flow in (40.0, 41.0)]
        [1, 2]
    """
    usable = sorted((each for each in designs if each.rate_hz.best > 0.0), key=_nodes)
    near = [each for k, each in enumerate(usable) if not _hidden(each, usable[:k], most_key_hz)]
    if not few_nodes:
        near = [
            each
            for k, each in enumerate(near)
            if not _hidden(each, near[:k] + near[k + 1 :], most_key_hz, strictly=True)
        ]
    steps = [_steps(each, near, most_key_hz, few_nodes=few_nodes) for each in near]
    if sum(len(each) for each in steps) > _MOST_STEPS:
        return tuple(near)
    flows = np.unique(np.concatenate([*steps, [most_key_hz]])) if near else np.zeros(0)
    costs = np.array([_costs(each, flows) for each in near])
    winners: set[int] = set()
    for last in range(1, len(near) + 1) if few_nodes else [len(near)]:
        head = costs[:last]
        best = head.argmin(axis=0)
        winners |= {int(k) for k in np.unique(best[np.isfinite(head.min(axis=0))])}
    return tuple(near[k] for k in sorted(winners))


def _nodes(design: LineDesign) -> tuple[int, int]:
    """Nodes and stations on the way, which must be trusted or may fail, and hops."""
    return design.nodes + design.stations, design.hops


def _costs(design: LineDesign, flows: Array) -> Array:
    """Costs of a design for many flows, infinite beyond its most pairs."""
    pairs = np.maximum(np.ceil(flows / design.rate_hz.best * (1.0 - SLACK)), 1.0)
    most = math.inf if design.most_pairs is None else design.most_pairs
    costs = design.fixed_cost + design.pair_cost * pairs
    return np.where(pairs <= most, costs, math.inf)


def _lines(design: LineDesign, flow: float) -> tuple[float, float]:
    """Least and most that a flow may cost, whatever the rounding."""
    share = flow / design.rate_hz.best
    low = design.fixed_cost + design.pair_cost * max(1.0, share * (1.0 - SLACK))
    if design.most_pairs is not None and share * (1.0 - SLACK) > design.most_pairs - 1:
        return low, math.inf
    return low, design.fixed_cost + design.pair_cost * (share + 1.0)


def _hidden(
    design: LineDesign, others: Sequence[LineDesign], most: float, *, strictly: bool = False
) -> bool:
    """Whether one of the others costs no more for any flow.

    The least cost of a flow is the larger of two straight lines and the most cost of another a
    straight line, so their difference is smallest at one of the ends or at the corner.
    """
    corner = min(most, design.rate_hz.best)
    for other in others:
        gaps = [_lines(design, flow)[0] - _lines(other, flow)[1] for flow in (0.0, corner, most)]
        if all(gap > 0.0 if strictly else gap >= 0.0 for gap in gaps):
            return True
    return False


def _steps(
    design: LineDesign, all_: Sequence[LineDesign], most: float, *, few_nodes: bool
) -> Array:
    """Flows at the ends of the steps of a design, up to where another is cheaper for certain."""
    rate, end = design.rate_hz.best, most
    slope = design.pair_cost / rate
    for other in all_:
        if (few_nodes and _nodes(other) > _nodes(design)) or other.most_pairs is not None:
            continue
        steeper = slope - other.pair_cost / other.rate_hz.best
        if steeper > 0.0:
            ahead = other.fixed_cost + other.pair_cost - design.fixed_cost
            end = min(end, max(rate, 2.0 * ahead / steeper))
    count = min(end / rate, math.inf if design.most_pairs is None else design.most_pairs)
    if count > _MOST_STEPS:
        return np.zeros(_MOST_STEPS + 1)
    flows: Array = rate / (1.0 - SLACK) * np.arange(1.0, math.ceil(count) + 1.0)
    flows[-1] = min(flows[-1], most)
    return flows
