"""Flow programmes: rates of demands that links allow together, by linear programming.

The ways to deliver are the columns of the programme; those that pay at the prices of the solution
are added until none does (column generation: L. R. Ford, D. R. Fulkerson, Manage. Sci. 5, 97
(1958), doi:10.1287/mnsc.5.1.97). Solved by HiGHS, as SciPy brings it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qnet.errors import EngineError
from qnet.network.bounds.flow_columns import FlowColumn, FlowDemand, WaysToDeliver
from qnet.states.pauli import Array

__all__ = ["FlowProgramme", "Flows"]

#: A way pays if it costs less than it brings by more than this share.
_PAYS = 1e-10

#: Prices are raised by so much of the value, so that what is free is not wasted.
_RAISED = 1e-11

#: Most times that ways are added.
_MOST_ROUNDS = 2000


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Flows:
    """A solution.

    Args:
        rates_hz: Rate of each demand in pairs/s; infinite where only unlimited links are needed.
        prices: What one more pair/s of each edge adds to what was maximised, (edges,).
        ways: Number of the demand, nodes of the path, rate in pairs/s, of each way that is used.
    """

    rates_hz: tuple[float, ...]
    prices: Array
    ways: tuple[tuple[int, tuple[int, ...], float], ...]

    @property
    def total_hz(self) -> float:
        """All rates together in pairs/s."""
        return sum(self.rates_hz)


class FlowProgramme:
    """Demands that share the pairs of edges.

    Args:
        ways: How a pair may be delivered; its unusable edges are those that make no pairs.
        capacities: Pairs/s that each edge makes (edges,); infinite without a limit.
        demands: What is wanted.
    """

    def __init__(
        self, ways: WaysToDeliver, capacities: Array, demands: Sequence[FlowDemand]
    ) -> None:
        self.ways, self.demands = ways, tuple(demands)
        self.capacities = np.asarray(capacities, dtype=float)
        self.limited = np.flatnonzero(np.isfinite(self.capacities) & (self.capacities > 0.0))
        self.columns: list[list[FlowColumn]] = [[] for _ in self.demands]
        self._seen: set[tuple[int, bytes]] = set()
        self._used: list[tuple[int, tuple[int, ...], float]] = []
        first = np.zeros(len(self.capacities))
        first[self.limited] = 1.0 / self.capacities[self.limited]
        raised = first + 1e-9 * (first.min(initial=np.inf, where=first > 0.0) if first.any() else 1)
        self.unlimited = [False] * len(self.demands)
        for d, column in enumerate(ways.cheapest(raised, self.demands)):
            if column is None:
                continue
            self.unlimited[d] = not (column.usage[self.limited] > 0.0).any()
            self._add(d, column)

    def _add(self, demand: int, column: FlowColumn) -> bool:
        same = (demand, column.usage.round(12).tobytes())
        if same in self._seen:
            return False
        self._seen.add(same)
        self.columns[demand].append(column)
        return True

    @property
    def _open(self) -> list[int]:
        """Demands that have a way and a limit."""
        every = range(len(self.demands))
        return [d for d in every if self.columns[d] and not self.unlimited[d]]

    def most_in_total(self) -> Flows:
        """The largest sum of all rates."""
        gains = np.zeros(len(self.demands))
        gains[self._open] = 1.0
        return self._flows(*self._solve(gains, np.zeros(len(gains)), np.zeros(len(gains)))[:2])

    def most_alike(self, weights: Sequence[float] | None = None) -> Flows:
        """The largest rates in a given proportion, equal unless said: concurrent flow.

        Args:
            weights: Of each demand, above 0; a demand without any way makes all rates 0.
        """
        shares = np.ones(len(self.demands)) if weights is None else np.array(weights, dtype=float)
        if not all(self.columns):
            return self._flows([], np.zeros(len(self.capacities)))
        shares[self.unlimited] = 0.0
        if not self._open:
            return self._flows([], np.zeros(len(self.capacities)))
        nothing = np.zeros(len(shares))
        rates, prices, _ = self._solve(nothing, shares, nothing)
        level = min(rates[d] / shares[d] for d in self._open)
        return self._flows((level * shares).tolist(), prices, rates)

    def fair(self) -> Flows:
        """Max-min fair rates: none can be raised but at the cost of one that is not larger.

        By progressive filling: all rates rise together until some can rise no more, which stay; the
        others rise on (D. Bertsekas, R. Gallager, Data Networks, 2nd ed., Prentice Hall 1992,
        section 6.5.2). Prices are those of the smallest rate.
        """
        nothing = np.zeros(len(self.demands))
        floors, rising = nothing.copy(), nothing.copy()
        rising[self._open] = 1.0
        prices, rates = None, [0.0] * len(floors)
        while rising.any():
            rates, found, holds = self._solve(nothing, rising, floors)
            prices = found if prices is None else prices
            level = min(rates[d] for d in np.flatnonzero(rising))
            held = np.flatnonzero((rising > 0.0) & (holds > 1e-7 * holds.max()))
            floors[held], rising[held] = level, 0.0
        zero = np.zeros(len(self.capacities))
        return self._flows(floors.tolist(), zero if prices is None else prices, rates)

    def _flows(
        self, rates: Sequence[float], prices: Array, solved: Sequence[float] | None = None
    ) -> Flows:
        """Rates of all demands, those without a limit included, and the ways in their measure."""
        shown = list(rates) or [0.0] * len(self.demands)
        by = shown if solved is None else solved
        used = [(d, path, shown[d] * rate / by[d]) for d, path, rate in self._used if by[d] > 0.0]
        shown = [math.inf if u else r for u, r in zip(self.unlimited, shown, strict=True)]
        return Flows(rates_hz=tuple(shown), prices=prices, ways=tuple(used))

    # The programme: rates r of ways and the common level z, at least 0.

    def _solve(
        self, gains: Array, rising: Array, floors: Array
    ) -> tuple[list[float], Array, Array]:
        """Maximise the gains, and the level z, with rates of at least ``rising z + floors``.

        Args:
            gains: Of a pair/s of each demand.
            rising: What each demand gets of the level; all 0 where there is none.
            floors: Least rate of each demand in pairs/s.

        Returns:
            Rates of the demands; prices of the edges; prices of the rows of the demands.

        Raises:
            EngineError: If HiGHS finds no optimum.
        """
        self._used = []
        wanted = [d for d in self._open if gains[d] or rising[d] or floors[d]]
        if not wanted:
            return [0.0] * len(gains), np.zeros(len(self.capacities)), np.zeros(len(gains))
        for _ in range(_MOST_ROUNDS):
            value, found = self._optimum(wanted, gains, rising, floors)
            rates, prices, holds = found
            even = _RAISED * value / (len(self.limited) * self.capacities[self.limited])
            raised = np.full(len(prices), even.min())
            raised[self.limited] = prices[self.limited] + even
            # What a pair of a demand brings, against what its cheapest way costs.
            brings = gains + holds
            some = [self.demands[d] for d in wanted]
            new = False
            for d, column in zip(wanted, self.ways.cheapest(raised, some), strict=True):
                if column is not None:
                    cost = float(prices @ column.usage)
                    if cost < brings[d] - _PAYS * max(brings.max(), cost):
                        new = self._add(d, column) or new
            if not new:
                return rates, prices, holds
        message = f"the flow programme has no optimum after {_MOST_ROUNDS} rounds"
        raise EngineError(message)

    def _optimum(
        self, wanted: Sequence[int], gains: Array, rising: Array, floors: Array
    ) -> tuple[float, tuple[list[float], Array, Array]]:
        """Optimum over the ways that are known."""
        from scipy.optimize import linprog
        from scipy.sparse import csr_matrix

        ways = [(d, column) for d in wanted for column in self.columns[d]]
        limits = self.capacities[self.limited]
        usage = np.array([column.usage[self.limited] / limits for _, column in ways])
        alone = 1.0 / usage.max(axis=1)  # rate of each way by itself
        common = rising.any()
        scale = float(alone.max())
        gain = np.array([gains[d] for d, _ in ways]) * alone / scale
        matrix = (usage * alone[:, None]).T
        rows, right = [], [1.0] * len(limits)
        demanded = [d for d in wanted if rising[d] or floors[d]]
        if demanded:
            place = np.array([d for d, _ in ways])
            for d in demanded:
                most = float(alone[place == d].max())
                row = np.where(place == d, -alone / most, 0.0)
                rows.append(np.append(row, rising[d] * scale / most))
                right.append(-floors[d] / most)
        matrix = np.hstack([matrix, np.zeros((len(limits), 1))])
        whole = np.vstack([matrix, *rows]) if rows else matrix
        goal = -np.append(gain, 1.0 if common else 0.0)
        found = linprog(goal, A_ub=csr_matrix(whole), b_ub=right, method="highs")
        if found.status != 0:
            message = f"HiGHS found no optimum of the flow programme: {found.message}"
            raise EngineError(message)
        duals = -found.ineqlin.marginals * scale
        prices = np.zeros(len(self.capacities))
        prices[self.limited] = np.maximum(duals[: len(limits)], 0.0) / limits
        holds = np.zeros(len(gains))
        for k, d in enumerate(demanded):
            most = max(a for a, (other, _) in zip(alone, ways, strict=True) if other == d)
            holds[d] = max(0.0, duals[len(limits) + k]) / most
        flows = found.x[:-1] * alone
        rates = [0.0] * len(gains)
        for (d, _), flow in zip(ways, flows, strict=True):
            rates[d] += float(flow)
        self._used = [
            (d, column.nodes, float(flow))
            for (d, column), flow in zip(ways, flows, strict=True)
            if flow > 1e-12 * scale
        ]
        return -float(found.fun) * scale, (rates, prices, holds)
