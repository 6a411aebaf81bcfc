"""Activities of a flow programme as its rows and columns, solved by HiGHS as SciPy brings it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qnet.errors import EngineError
from qnet.network.bounds.flow_columns import FlowColumn, FlowDemand, WaysToDeliver
from qnet.states.pauli import Array

__all__ = ["Activities", "FlowGoal", "FlowOptimum"]

#: HiGHS takes entries of a programme below 1e-9 for zero, and what they stand for would be free.
_LEAST_ENTRY = 1e-8

#: Tolerances of HiGHS, as small as it takes them.
_TOLERANCES = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FlowGoal:
    """What is maximised: gains of the demands, and a level that demands rise with.

    Args:
        gains: Of a pair/s of each demand.
        rising: What each demand gets of the level, at least; all 0 where there is none.
        floors: Least rate of each demand in pairs/s, the level apart.
    """

    gains: Array
    rising: Array
    floors: Array

    @property
    def wanted(self) -> list[int]:
        """Numbers of the demands that it knows of."""
        return np.flatnonzero((self.gains > 0) | (self.rising > 0) | (self.floors > 0)).tolist()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FlowOptimum:
    """A solution.

    Args:
        value: What was maximised.
        rates: Of each demand in pairs/s.
        prices: What one more pair/s of each edge would add, (edges,).
        holds: What one pair/s that a demand need not have would add, (demands,).
        ways: Number of the demand, nodes, pairs/s, of each path whose swaps are tried together.
        swaps: Nodes i, k, j and rate in 1/s of the swaps at k that are tried one by one.
    """

    value: float
    rates: Array
    prices: Array
    holds: Array
    ways: tuple[tuple[int, tuple[int, ...], float], ...]
    swaps: tuple[tuple[int, int, int, float], ...]


class Activities:
    """Ways over paths, swaps, and deliveries: what may be done, with what, as far as it is known.

    A row says of the pairs of an edge, or of two nodes, that no more are used than there are.

    Args:
        ways: What the activities are of.
        capacities: Pairs/s that each edge makes; infinite without a limit.
        demands: What is wanted.
    """

    def __init__(
        self, ways: WaysToDeliver, capacities: Array, demands: Sequence[FlowDemand]
    ) -> None:
        self.success, self.capacities = ways.swap_success, capacities
        self.demands = demands
        self.edge_of = {
            (min(ends), max(ends)): k for k, ends in enumerate(ways.ends) if capacities[k] > 0.0
        }
        self.limited = np.flatnonzero(np.isfinite(capacities) & (capacities > 0.0))
        self._row: dict[tuple[int, int], int] = {
            pair: int(np.searchsorted(self.limited, k))
            for pair, k in self.edge_of.items()
            if np.isfinite(capacities[k])
        }
        #: Of each activity: what it uses (row -> pairs), its demand (-1 for a swap), what it is.
        self._uses: list[tuple[dict[int, float], int, tuple[int, ...]]] = []
        self._seen: dict[tuple[object, ...], int] = {}
        #: Rate of each activity, in pairs/s, if the ways that it is part of stand alone; and of the
        #: pairs of each row: numbers of these sizes are near 1 in the programme.
        self._sizes_hz: list[float] = []
        self._row_sizes_hz: list[float] = self.capacities[self.limited].tolist()

    def add(self, demand: int, column: FlowColumn) -> bool:
        """Add what a way consists of; whether any of it is new."""
        most = (column.usage[self.limited] / self.capacities[self.limited]).max(initial=0.0)
        size_hz = 1.0 / float(most) if most > 0.0 else 1.0
        if column.swaps is None:
            used = {
                k: float(column.usage[edge])
                for k, edge in enumerate(self.limited)
                if column.usage[edge] > 0.0
            }
            what = ("way", demand, *sorted(used.items()))
            return self._new(what, used, (demand, column.nodes), size_hz)
        one, two = sorted(self.demands[demand].ends)
        used = self._used([((one, two), 1.0)], size_hz)
        new = self._new(("pair", demand), used, (demand, ()), size_hz)
        for i, k, j in column.swaps:
            parts = [((i, k), 1.0), ((k, j), 1.0), ((i, j), -float(self.success[k]))]
            used = self._used(parts, size_hz)
            new = self._new(("swap", i, k, j), used, (-1, (i, k, j)), size_hz) or new
        return new

    def _new(
        self,
        what: tuple[object, ...],
        used: dict[int, float],
        of: tuple[int, tuple[int, ...]],
        size_hz: float,
    ) -> bool:
        """Add an activity, if it is new; whether it is."""
        if what in self._seen:
            place = self._seen[what]
            self._sizes_hz[place] = max(self._sizes_hz[place], size_hz)
            return False
        self._seen[what] = len(self._uses)
        self._uses.append((used, *of))
        self._sizes_hz.append(size_hz)
        return True

    def _used(
        self, parts: Sequence[tuple[tuple[int, int], float]], size_hz: float
    ) -> dict[int, float]:
        """Pairs by row; those of an unlimited edge have none."""
        found: dict[int, float] = {}
        for (one, two), amount in parts:
            pair = (min(one, two), max(one, two))
            edge = self.edge_of.get(pair)
            if edge is not None and np.isinf(self.capacities[edge]):
                continue
            row = self._row.setdefault(pair, len(self._row))
            if row == len(self._row_sizes_hz):
                self._row_sizes_hz.append(size_hz)
            found[row] = found.get(row, 0.0) + amount
        return found

    def _least_sizes_hz(self) -> list[float]:
        """Of each row the least size of an activity in it: no amount there is taken for nothing."""
        found = list(self._row_sizes_hz)
        for (used, _, _), size_hz in zip(self._uses, self._sizes_hz, strict=True):
            for row in used:
                if row >= len(self.limited):
                    found[row] = min(found[row], size_hz)
        return found

    def optimum(self, goal: FlowGoal, unit_hz: float) -> FlowOptimum:
        """The best of what is known.

        Args:
            goal: What is maximised.
            unit_hz: Rate of the size that is expected, which all rates are counted in.

        Raises:
            EngineError: If HiGHS finds no optimum.
        """
        from scipy.optimize import linprog
        from scipy.sparse import coo_matrix

        goods, count = len(self._row), len(self._uses)
        sizes = np.append(self._sizes_hz, unit_hz)
        wanted = [d for d in goal.wanted if goal.rising[d] or goal.floors[d]]
        place = {d: goods + k for k, d in enumerate(wanted)}
        demanded = np.zeros(len(wanted))
        entries = [(place[d], count, float(goal.rising[d])) for d in wanted]
        for k, (used, d, _) in enumerate(self._uses):
            entries += [(row, k, amount) for row, amount in used.items()]
            if d in place:
                entries.append((place[d], k, -1.0))
                row = place[d] - goods
                demanded[row] = max(demanded[row], self._sizes_hz[k])
        weight = 1.0 / np.append(self._least_sizes_hz(), demanded)
        right = np.zeros(goods + len(wanted))
        right[: len(self.limited)] = 1.0
        right[goods:] = [-goal.floors[d] for d in wanted] * weight[goods:]
        rows, columns, amounts = np.array(entries, dtype=float).reshape(-1, 3).T
        at = rows.astype(np.intp), columns.astype(np.intp)
        some = amounts != 0.0
        least = _LEAST_ENTRY / np.abs(amounts[some] * weight[at[0][some]])
        np.maximum.at(sizes, at[1][some], least)
        matrix = coo_matrix(
            (amounts * weight[at[0]] * sizes[at[1]], at), shape=(len(right), count + 1)
        )
        gain = [0.0 if d < 0 else -float(goal.gains[d]) for _, d, _ in self._uses]
        aim = np.append(gain, -1.0 if goal.rising.any() else 0.0) * sizes / unit_hz
        for options in (_TOLERANCES, {}):
            found = linprog(aim, A_ub=matrix.tocsr(), b_ub=right, method="highs", options=options)
            if found.status == 0:
                break
        else:
            message = f"HiGHS found no optimum of the flow programme: {found.message}"
            raise EngineError(message)
        duals = np.maximum(-found.ineqlin.marginals, 0.0) * weight * unit_hz
        return self._read(found.x[:-1] * sizes[:-1], -float(found.fun) * unit_hz, duals, place)

    def _read(self, flows: Array, value: float, duals: Array, place: dict[int, int]) -> FlowOptimum:
        """The solution in terms of edges and demands."""
        prices = np.zeros(len(self.capacities))
        prices[self.limited] = duals[: len(self.limited)]
        rates, holds = np.zeros(len(self.demands)), np.zeros(len(self.demands))
        for d, row in place.items():
            holds[d] = duals[row]
        ways, swaps = [], []
        for (_, demand, nodes), flow in zip(self._uses, flows.tolist(), strict=True):
            if demand >= 0:
                rates[demand] += flow
                if nodes and flow > 0.0:
                    ways.append((demand, nodes, flow))
            elif flow > 0.0:
                i, k, j = nodes
                swaps.append((i, k, j, flow))
        return FlowOptimum(
            value=value,
            rates=rates,
            prices=prices,
            holds=holds,
            ways=tuple(ways),
            swaps=tuple(swaps),
        )
