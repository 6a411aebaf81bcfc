"""Flow programmes: rates of demands that links allow together, by linear programming.

The ways to deliver are the columns of the programme; those that pay at the prices of the solution
are added until none does (column generation: L. R. Ford, D. R. Fulkerson, Manage. Sci. 5, 97
(1958), doi:10.1287/mnsc.5.1.97).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qnet.errors import EngineError
from qnet.network.bounds.activities import Activities, FlowGoal, FlowOptimum
from qnet.network.bounds.flow_columns import FlowDemand, WaysToDeliver
from qnet.states.pauli import Array

__all__ = ["FlowProgramme", "Flows"]

#: A way pays if it costs less than it brings by more than this share.
_PAYS = 1e-9

#: Prices are raised by so much of the value, so that what is free is not wasted.
_RAISED = 1e-10

#: Rates that are held may fall by this share, so that rounding leaves a solution.
_SLACK = 1e-9

#: Most times that ways are added.
_MOST_ROUNDS = 2000


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Flows:
    """A solution.

    Args:
        rates_hz: Rate of each demand in pairs/s; infinite where only unlimited links are needed.
        prices: What one more pair/s of each edge adds to what was maximised, (edges,).
        ways: Number of the demand, nodes, pairs/s, of each path whose swaps are tried together.
        swaps: Nodes i, k, j and rate in 1/s of the swaps at k that are tried one by one.
    """

    rates_hz: tuple[float, ...]
    prices: Array
    ways: tuple[tuple[int, tuple[int, ...], float], ...] = ()
    swaps: tuple[tuple[int, int, int, float], ...] = ()

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
        capacities = np.asarray(capacities, dtype=float)
        self.activities = Activities(ways, capacities, self.demands)
        self.capacities, self.limited = capacities, self.activities.limited
        scarcity = np.zeros(len(capacities))
        scarcity[self.limited] = 1.0 / capacities[self.limited]
        least = float(scarcity[self.limited].min(initial=1.0))
        limited, self._unlimited = [], []
        #: Rate of each demand by its first way alone, in pairs/s.
        self._alone_hz = np.zeros(len(self.demands))
        for d, column in enumerate(ways.cheapest(scarcity + _RAISED * least, self.demands)):
            if column is None:
                continue
            most = float((column.usage * scarcity).max(initial=0.0))
            if most == 0.0:
                self._unlimited.append(d)
                continue
            limited.append(d)
            self._alone_hz[d] = 1.0 / most
            self.activities.add(d, column)
        self._limited = limited

    def _marked(self, demands: Sequence[int], value: float = 1.0) -> Array:
        found = np.zeros(len(self.demands))
        found[list(demands)] = value
        return found

    def most_in_total(self) -> Flows:
        """The largest sum of all rates."""
        nothing = self._marked([])
        goal = FlowGoal(gains=self._marked(self._limited), rising=nothing, floors=nothing)
        found = self._solve(goal)
        return self._flows(found.rates, found)

    def most_alike(self, weights: Sequence[float] | None = None) -> Flows:
        """The largest rates in a given proportion, equal unless said: concurrent flow.

        Args:
            weights: Of each demand, above 0; a demand without any way makes all rates 0.
        """
        nothing = self._marked([])
        shares = nothing + 1.0 if weights is None else np.array(weights, dtype=float)
        rising = np.where(self._marked(self._limited) > 0.0, shares, 0.0)
        if len(self._limited) + len(self._unlimited) < len(self.demands):
            rising = nothing
        found = self._solve(FlowGoal(gains=nothing, rising=rising, floors=nothing))
        return self._flows(found.value * rising, found, all_of_them=bool(rising.any()))

    def fair(self) -> Flows:
        """Max-min fair rates: none can be raised but at the cost of one that is not larger.

        By progressive filling: all rates rise together until some can rise no more, which stay; the
        others rise on (D. Bertsekas, R. Gallager, Data Networks, 2nd ed., Prentice Hall 1992,
        section 6.5.2). Prices are those of the smallest rate.
        """
        nothing = self._marked([])
        floors, rising = nothing.copy(), self._marked(self._limited)
        first = last = self._solve(FlowGoal(gains=nothing, rising=rising, floors=floors))
        while rising.any():
            # What holds a rate down has a price in every solution.
            held = np.flatnonzero((rising > 0.0) & (last.holds > 1e-7 * last.holds.max()))
            floors[held], rising[held] = last.value, 0.0
            if rising.any():
                slack = floors * (1.0 - _SLACK)
                last = self._solve(FlowGoal(gains=nothing, rising=rising, floors=slack))
        return self._flows(floors, last, prices=first.prices)

    def _flows(
        self,
        rates: Array,
        found: FlowOptimum,
        *,
        prices: Array | None = None,
        all_of_them: bool = True,
    ) -> Flows:
        """Rates of all demands, those without a limit included, and the ways in their measure."""
        by = found.rates
        ways = [(d, path, float(rates[d]) / by[d] * flow) for d, path, flow in found.ways]
        shown = rates + (self._marked(self._unlimited, math.inf) if all_of_them else 0.0)
        return Flows(
            rates_hz=tuple(shown.tolist()),
            prices=found.prices if prices is None else prices,
            ways=tuple(ways),
            swaps=found.swaps,
        )

    def _solve(self, goal: FlowGoal) -> FlowOptimum:
        """The best of all ways.

        Raises:
            EngineError: If HiGHS finds no optimum.
        """
        wanted = goal.wanted
        some = [self.demands[d] for d in wanted]
        nothing = self._marked([])
        none = np.zeros(len(self.capacities))
        if not wanted:
            return FlowOptimum(
                value=0.0, rates=nothing, prices=none, holds=nothing, ways=(), swaps=()
            )
        rising = self._alone_hz[goal.rising > 0.0]
        unit_hz = float(rising.min() if len(rising) else self._alone_hz[wanted].max())
        for _ in range(_MOST_ROUNDS):
            found = self.activities.optimum(goal, unit_hz)
            even = _RAISED * found.value / (len(self.limited) * self.capacities[self.limited])
            raised = np.full(len(none), even.min())
            raised[self.limited] = found.prices[self.limited] + even
            # What a pair of a demand brings, against what its cheapest way costs.
            brings = goal.gains + found.holds
            new = False
            for d, column in zip(wanted, self.ways.cheapest(raised, some), strict=True):
                if column is not None:
                    cost = float(found.prices @ column.usage)
                    if cost < brings[d] - _PAYS * float(brings.max()):
                        new = self.activities.add(d, column) or new
            if not new:
                return found
        message = f"the flow programme has no optimum after {_MOST_ROUNDS} rounds"
        raise EngineError(message)
