"""Lower bound of a plan's cost by Lagrangian relaxation, for cases too large for the programme.

Each line, site and demand has its own copy of which demands go over it, and the copies are asked to
agree by prices (M. Guignard, S. Kim, Math. Program. 39, 215 (1987), doi:10.1007/BF02592954). At
given prices the problem falls apart into cheapest ways of the demands, the best filling of each
staircase of a line or a constellation, relays by themselves, and a spanning tree of the lines that
are built; the sum is a bound at any prices. A subgradient raises it (M. Held, P. Wolfe, H. P.
Crowder, Math. Program. 6, 62 (1974), doi:10.1007/BF01580223).
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from protocols.planning.design.case import PlanCase
from protocols.planning.design.flows import ways_of
from protocols.planning.design.lines import SteppedLine, span_lines

__all__ = ["LagrangianBound", "lagrangian_bound"]

#: Most steps of a line here, and rounds without progress before the steps of prices are shortened.
_MOST_STEPS, _PATIENCE = 4000, 9

#: Length of a step at which a search ends, its factor when nothing is gained, and the length with
#: which the search goes on as long as it gains.
_SHORTEST, _SHORTER, _AGAIN = 0.005, 0.7, 0.25

#: Share of the last direction that a new one keeps.
_INERTIA = 0.7

#: Cost per way of what is nearly free, so that no way has circles.
_FREE = 1e-9

_Array = npt.NDArray[np.float64]


def lagrangian_bound(
    case: PlanCase, options: Sequence[int], upper: float, *, gap: float, deadline: float
) -> float | None:
    """A cost that no plan is below; None where demands need disjoint ways, or staircases are long.

    Args:
        case: The case.
        options: Numbers of the options that may be built.
        upper: Cost of a known plan.
        gap: Relative gap to it at which the search ends.
        deadline: Time of the monotonic clock at which it ends.
    """
    if any(ways_of(case, d) > 1 for d in range(len(case.demands))):
        return None
    most = sum(demand.key_rate_hz for demand in case.demands)
    lines = span_lines(case, options, most, most_steps=_MOST_STEPS)
    if not all(line.steps for line in lines):
        return None
    relaxed = LagrangianBound(case, lines)
    length, stalled, last = 1.0, 0, 0.0
    while time.monotonic() < deadline and upper - relaxed.best > gap * abs(upper):
        before = relaxed.best
        relaxed.round(upper, length)
        stalled = 0 if relaxed.best > before + 5e-4 * abs(before) else stalled + 1
        if stalled > _PATIENCE:
            length, stalled = length * _SHORTER, 0
        if length < _SHORTEST:
            if relaxed.best < last + 1e-3 * abs(last):
                break
            length, last = _AGAIN, relaxed.best
    return relaxed.best


class LagrangianBound:
    """Relaxation of a case over lines that have steps.

    Args:
        case: The case; each demand takes one way, or several that share no requirement.
        lines: The lines.
    """

    def __init__(self, case: PlanCase, lines: Sequence[SteppedLine]) -> None:
        self.case, self.lines = case, tuple(lines)
        self.rates = np.array([demand.key_rate_hz for demand in case.demands])
        total = float(self.rates.sum())
        self.stairs = [self._stairs(line) for line in lines]
        self.slopes = np.array([self._slope(line) for line in lines])
        self.nodes = [self._node_stairs(site) for site in range(len(case.sites))]
        cheap = [float(np.min(cost / np.minimum(caps, total))) for caps, cost in self.stairs]
        #: Prices of each demand on each line and at each site, and of each line for the tree.
        self.prices = np.outer(self.rates, np.array(cheap) + self.slopes)
        self.passing = np.zeros((len(self.rates), len(case.sites)))
        self.joining = np.zeros(len(lines))
        self.best = 0.0
        self._direction: tuple[_Array, _Array, _Array] | None = None
        self._arcs()

    def _stairs(self, line: SteppedLine) -> tuple[_Array, _Array]:
        """What steps of a line carry, and their cost with its share of the equipment."""
        extra = 0.0
        for number in line.equipment:
            users = sum(number in other.equipment for other in self.lines)
            extra += self.case.equipment[number].cost / users
        caps = np.array([step.carries_hz for step in line.steps])
        return caps, np.array([step.cost for step in line.steps]) + extra

    def _slope(self, line: SteppedLine) -> float:
        """Cost per bit/s of units of a source that is no site."""
        if line.source is None or any(site.source == line.source for site in self.case.sites):
            return 0.0
        rate = self.case.options[line.options[0]].rate_hz.best
        return self.case.sources[line.source].unit_cost / rate

    def _node_stairs(self, site: int) -> tuple[_Array, _Array]:
        """What a site passes on by steps, and their cost: units of a constellation, or a relay."""
        source, total = self.case.sites[site].source, float(self.rates.sum())
        here = [line for line in self.lines if site in line.ends]
        if source is None or not here:
            cost = min((line.relay_cost for line in here), default=0.0)
            return np.array([total]), np.array([cost])
        units = self.case.sources[source]
        # Key comes in and goes out, each for its time.
        rate = max(self.case.options[line.options[0]].rate_hz.best for line in here) / 2.0
        last = min(units.most_units, int(np.ceil(total / rate)) + 1)
        numbers = np.arange(1.0, max(last, 1) + 1.0)
        return numbers * rate, numbers * units.unit_cost

    def _arcs(self) -> None:
        """Lines in both directions, and those that reach each site, filled up to equal numbers."""
        ends = np.array([line.ends for line in self.lines])
        self._tails = np.concatenate([ends[:, 0], ends[:, 1]])
        self._heads = np.concatenate([ends[:, 1], ends[:, 0]])
        self._numbers = np.tile(np.arange(len(self.lines)), 2)
        reaching = [np.flatnonzero(self._heads == site) for site in range(len(self.case.sites))]
        self._reaching = np.full((len(reaching), max(map(len, reaching))), len(self._tails))
        for site, arcs in enumerate(reaching):
            self._reaching[site, : len(arcs)] = arcs
        self._sources = np.array([demand.ends[0] for demand in self.case.demands])
        self._targets = np.array([demand.ends[1] for demand in self.case.demands])
        relays = np.array([site.relays for site in self.case.sites])
        #: Arcs that leave a site that does not relay, which is not the source.
        self._shut = ~relays[self._tails] & (self._tails != self._sources[:, None])

    def round(self, upper: float, length: float) -> None:
        """The bound at the prices as they are, and a step to better ones.

        Args:
            upper: Cost of a known plan.
            length: Length of the step, from 2 downwards.
        """
        bound, over, through = self._ways()
        for site, (caps, cost) in enumerate(self.nodes):
            value, filled, _ = self._filled(self.passing[:, site], caps, cost)
            bound += value
            through[:, site] -= filled
        built = np.zeros(len(self.lines))
        for e, (caps, cost) in enumerate(self.stairs):
            worth = self.prices[:, e] - self.slopes[e] * self.rates
            value, filled, used = self._filled(worth, caps, cost - self.joining[e])
            bound += value
            over[:, e] -= filled
            built[e] = used
        tree, value = self._tree()
        bound += value - _FREE * len(self.rates) * len(self.case.sites)
        self.best = max(self.best, bound)
        self._step(over, through, tree - built, length * max(upper - bound, 0.0))

    def _step(self, over: _Array, through: _Array, joined: _Array, size: float) -> None:
        """Prices further in the direction of what does not agree."""
        scale = np.sqrt(self.rates / self.rates.mean())[:, None]
        wanted = (over * scale, through * scale, joined * 3.0)
        last = self._direction
        if last is not None:
            one, two, three = (
                _INERTIA * old + (1.0 - _INERTIA) * new
                for old, new in zip(last, wanted, strict=True)
            )
            wanted = one, two, three
        self._direction = wanted
        norm = sum(float((each**2).sum()) for each in wanted)
        if norm > 0.0:
            step = size / norm
            self.prices = np.maximum(0.0, self.prices + step * scale * wanted[0])
            self.passing = np.maximum(0.0, self.passing + step * scale * wanted[1])
            self.joining = np.maximum(0.0, self.joining + 3.0 * step * wanted[2])

    def _ways(self) -> tuple[float, _Array, _Array]:
        """Cost of the cheapest ways at these prices, the lines and the sites that they go over.

        All demands at once, by the rounds of Bellman and Ford.
        """
        over, through = np.zeros_like(self.prices), np.zeros_like(self.passing)
        every = np.arange(len(self.rates))
        last = self._heads == self._targets[:, None]
        weights = self.prices[:, self._numbers] + _FREE
        weights += np.where(last, 0.0, self.passing[:, self._heads])
        weights[self._shut] = np.inf
        far = np.full(through.shape, np.inf)
        far[every, self._sources] = 0.0
        none = np.full((len(every), 1), np.inf)
        while True:
            reached = np.hstack([far[:, self._tails] + weights, none])
            nearer = np.minimum(far, reached[:, self._reaching].min(axis=2))
            if np.array_equal(nearer, far):
                break
            far = nearer
        site = self._targets.copy()
        left = every
        while len(left):
            arcs = self._reaching[site[left]]
            best = reached[left[:, None], arcs].argmin(axis=1)
            arc = arcs[np.arange(len(left)), best]
            over[left, self._numbers[arc]] += 1.0
            site[left] = self._tails[arc]
            left = left[site[left] != self._sources[left]]
            through[left, site[left]] += 1.0
        return float(far[every, self._targets].sum()), over, through

    def _filled(self, worth: _Array, caps: _Array, costs: _Array) -> tuple[float, _Array, float]:
        """The best step of a staircase: its cost less the worth of what fills it, if below 0."""
        gains = np.maximum(worth, 0.0)
        order = np.argsort(-gains / self.rates, kind="stable")
        load = np.concatenate([[0.0], np.cumsum(self.rates[order])])
        value = np.concatenate([[0.0], np.cumsum(gains[order])])
        costs = costs - np.interp(caps, load, value)
        k = int(costs.argmin())
        filled = np.zeros(len(worth))
        if costs[k] >= 0.0:
            return 0.0, filled, 0.0
        shares = np.clip((caps[k] - load[:-1]) / self.rates[order], 0.0, 1.0)
        filled[order] = np.where(gains[order] > 0.0, shares, 0.0)
        return float(costs[k]), filled, 1.0

    def _tree(self) -> tuple[_Array, float]:
        """The cheapest lines that join all sites with a demand, as far as the demands do.

        A site without a demand, and a group of sites that no demand joins with the others, hang on
        the tree for nothing.
        """
        root = list(range(len(self.case.sites)))

        def top(site: int) -> int:
            while root[site] != site:
                root[site] = root[root[site]]
                site = root[site]
            return site

        group = list(range(len(root)))
        for _ in group:
            for demand in self.case.demands:
                least = min(group[end] for end in demand.ends)
                for end in demand.ends:
                    group[end] = least
        first = min((group[d.ends[0]] for d in self.case.demands), default=0)
        for site in sorted(set(group)):
            root[top(site)] = top(first)
        tree, cost = np.zeros(len(self.lines)), 0.0
        for e in np.argsort(self.joining, kind="stable").tolist():
            one, two = (top(end) for end in self.lines[e].ends)
            if one != two:
                root[one] = two
                tree[e] = 1.0
                cost += float(self.joining[e])
        return tree, cost
