"""Heuristics of a design: spanning tree, shortest paths, greedy removal, and a local search.

Each finds ways over some lines, and sizes what they need with whole devices at least cost. The
local search prices lines by what they cost per bit that they carry (slope scaling, after D. Kim and
P. M. Pardalos), and takes lines in and out.
"""

from __future__ import annotations

import math
import random
import time
from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from protocols.planning.design.case import PlanCase
from protocols.planning.design.flows import CEIL_SLACK, pairs_for, ways_of
from protocols.planning.design.lines import SteppedLine, option_cost
from protocols.planning.design.routes import LineRoutes, Route

__all__ = ["Heuristics", "RoutedDesign"]

#: Rounds of slope scaling, starts of the local search, and how many of them exchange lines.
_ROUNDS, _STARTS, _EXCHANGED = 12, 24, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutedDesign:
    """Ways of all demands and what they cost.

    Args:
        name: Name of the heuristic.
        cost: The cost; infinite if devices or units are too few.
        on: Numbers of the lines that are used.
        routes: Ways of each demand.
        loads: Secret bits per second over each line that is used.
    """

    name: str
    cost: float
    on: frozenset[int]
    routes: tuple[tuple[Route, ...], ...]
    loads: dict[int, float]


class Heuristics:
    """Heuristics of a case over lines.

    Args:
        case: The case.
        lines: The lines.
        deadline: Time of the monotonic clock at which they stop.
    """

    def __init__(self, case: PlanCase, lines: Sequence[SteppedLine], deadline: float) -> None:
        self.case, self.lines, self.deadline = case, tuple(lines), deadline
        self.search = LineRoutes(case, lines)
        self.caps = [[step.carries_hz * (1.0 + CEIL_SLACK) for step in e.steps] for e in lines]
        self.first = [self.line_cost(e, 0.0) for e in range(len(lines))]
        total = sum(d.key_rate_hz for d in case.demands)
        mean = total / max(1, len(case.demands))
        #: What a line costs per bit/s as long as nothing is known of its load.
        self.slopes = [self.line_cost(e, min(5.0 * mean, total)) for e in range(len(lines))]
        self.single = all(ways_of(case, d) == 1 for d in range(len(case.demands)))
        self.no_passing = [0.0] * len(case.sites)

    def line_cost(self, e: int, load_hz: float) -> float:
        """What a line costs that carries a load, equipment and its share of units included."""
        line = self.lines[e]
        if line.steps:
            k = bisect_left(self.caps[e], load_hz)
            cost = line.steps[k].cost if k < len(line.steps) else math.inf
        else:
            cost = min(option_cost(self.case.options[k], load_hz) for k in line.options)
        cost += sum(self.case.equipment[n].cost for n in line.equipment)
        if line.source is not None:
            rate = self.case.options[line.options[0]].rate_hz.best
            cost += self.case.sources[line.source].unit_cost * load_hz / rate
        return cost

    def routed(
        self,
        on: Collection[int],
        slopes: Sequence[float],
        passing: Sequence[float],
        name: str = "local search",
    ) -> RoutedDesign | None:
        """All demands over the cheapest ways; None if one has none.

        Args:
            on: Numbers of the lines that may be used.
            slopes: Cost of each line per bit/s.
            passing: Cost of passing each site per bit/s.
            name: Name of the heuristic.
        """
        case = self.case
        if self.single:
            single = self.search.single(case.demands, on, slopes, passing)
            return None if single is None else self._measured(single, name)
        routes = []
        for d, demand in enumerate(case.demands):
            ways = ways_of(case, d)
            together = self.search.disjoint(demand.ends, ways, on, slopes, passing)
            if together is None:
                return None
            routes.append(together)
        return self._measured(routes, name)

    def _measured(self, routes: list[tuple[Route, ...]], name: str) -> RoutedDesign | None:
        """The cost of given ways; None if they have too many trusted nodes."""
        case = self.case
        loads: dict[int, float] = {}
        relays: set[int] = set()
        most = case.require.maximum_trusted_nodes
        for demand, ways in zip(case.demands, routes, strict=True):
            inner = {site for sites, _ in ways for site in sites[1:-1]}
            if most is not None:
                nodes = {e for _, lines in ways for e in lines}
                count = sum(case.options[self.lines[e].options[0]].nodes for e in nodes)
                if len(inner) + count > most:
                    return None
            relays |= inner
            for _, lines in ways:
                for e in lines:
                    loads[e] = loads.get(e, 0.0) + demand.key_rate_hz
        return RoutedDesign(
            name=name,
            cost=self._cost(loads, relays),
            on=frozenset(loads),
            routes=tuple(routes),
            loads=loads,
        )

    def _cost(self, loads: dict[int, float], relays: set[int]) -> float:
        """Capital of lines with their loads, and of relays."""
        case = self.case
        cost, equipment = 0.0, set[int]()
        times = [0.0] * len(case.sources)
        dearest: dict[int, float] = {}
        together: set[tuple[int, str]] = set()
        for e, load in loads.items():
            line = self.lines[e]
            if (line.span, line.technology) in together:
                return math.inf
            together.add((line.span, line.technology))
            cost += self.line_cost(e, load)
            equipment.update(line.equipment)
            cost -= sum(case.equipment[n].cost for n in line.equipment)
            if line.source is not None:
                time_share = load / case.options[line.options[0]].rate_hz.best
                times[line.source] += time_share
                cost -= case.sources[line.source].unit_cost * time_share
            for site in line.ends:
                dearest[site] = max(dearest.get(site, 0.0), line.relay_cost)
        cost += sum(case.equipment[n].cost for n in equipment)
        for source, used in zip(case.sources, times, strict=True):
            units = pairs_for(used, 1.0) if used > 0.0 else 0
            if units > source.most_units:
                return math.inf
            cost += units * source.unit_cost
        return cost + sum(dearest[s] for s in relays if case.sites[s].source is None)

    def shortest_paths(self) -> RoutedDesign | None:
        """Each demand over its cheapest way, as if it were alone."""
        every = range(len(self.lines))
        return self.routed(set(every), self.slopes, self.no_passing, "shortest paths")

    def spanning_tree(self) -> RoutedDesign | None:
        """All demands over the cheapest tree; sites that do not relay are its leaves."""
        root = list(range(len(self.case.sites)))

        def top(site: int) -> int:
            while root[site] != site:
                site = root[site]
            return site

        chosen = set()
        relays = self.search.relays
        order = sorted(range(len(self.lines)), key=lambda e: (self.first[e], e))
        for leaves in (0, 1):
            for e in order:
                one, two = self.lines[e].ends
                if sum(not relays[site] for site in (one, two)) == leaves and top(one) != top(two):
                    root[top(one)] = top(two)
                    chosen.add(e)
        return self.routed(chosen, self.slopes, self.no_passing, "spanning tree")

    def greedy_removal(self) -> RoutedDesign | None:
        """Lines taken out one by one, the dearest per bit first, while that saves."""
        start = self.shortest_paths()
        return None if start is None else self._removed(start, self.slopes, "greedy removal")

    def _removed(self, design: RoutedDesign, slopes: Sequence[float], name: str) -> RoutedDesign:
        """The design without the lines that do not pay."""
        saves = True
        while saves and time.monotonic() < self.deadline:
            saves = False
            by_worth = sorted(
                design.on, key=lambda e: (-self.line_cost(e, design.loads[e]) / design.loads[e], e)
            )
            for e in by_worth:
                if e not in design.on:
                    continue
                other = self.routed(design.on - {e}, slopes, self.no_passing, name)
                if other is not None and other.cost < design.cost - 1e-9:
                    design, saves = other, True
                if time.monotonic() > self.deadline:
                    break
        return design

    def local_search(self, starts: Sequence[RoutedDesign], seed: int = 0) -> RoutedDesign | None:
        """The best of slope scaling, removal and exchange of lines, from several starts.

        Args:
            starts: Designs to start from.
            seed: Seed of the disturbed prices of lines.
        """
        numbers = random.Random(seed)
        found = list(starts)
        technologies = sorted({line.technology for line in self.lines})
        for k in range(_STARTS):
            dearer = {name: 3.0 ** numbers.uniform(-1.0, 2.0) for name in technologies}
            if k < len(technologies) > 1:
                dearer[technologies[k]] = 1e6
            slopes = [
                slope * (dearer[line.technology] * numbers.uniform(0.5, 2.0) if k else 1.0)
                for slope, line in zip(self.slopes, self.lines, strict=True)
            ]
            design = self._scaled(slopes)
            if design is not None:
                found.append(self._removed(design, slopes, "local search"))
            if time.monotonic() > self.deadline:
                break
        found.sort(key=lambda each: each.cost)
        better = [self._exchanged(each, numbers) for each in found[:_EXCHANGED]]
        return min(better, key=lambda each: each.cost, default=None)

    def improved(self, on: Collection[int], seed: int = 0) -> RoutedDesign | None:
        """The design over some lines, and what removal and exchange of lines make of it.

        Args:
            on: Numbers of the lines.
            seed: Seed of the order of exchanges.
        """
        found = self.routed(on, self.slopes, self.no_passing)
        if found is None:
            return None
        found = self._removed(found, self.slopes, "local search")
        return self._exchanged(found, random.Random(seed))

    def _scaled(self, slopes: Sequence[float]) -> RoutedDesign | None:
        """The best of some rounds in which lines are priced by what they carry."""
        every = set(range(len(self.lines)))
        passing = list(self.no_passing)
        prices, best = list(slopes), None
        for _ in range(_ROUNDS):
            found = self.routed(every, prices, passing)
            if found is None:
                return best
            if best is None or found.cost < best.cost - 1e-9:
                best = found
            through = [0.0] * len(passing)
            for demand, ways in zip(self.case.demands, found.routes, strict=True):
                for site in (site for sites, _ in ways for site in sites[1:-1]):
                    through[site] += demand.key_rate_hz
            for e, load in found.loads.items():
                cost = self.line_cost(e, load)
                prices[e] = cost / load if math.isfinite(cost) else prices[e] * 4.0
        return best

    def _exchanged(self, design: RoutedDesign, numbers: random.Random) -> RoutedDesign:
        """Lines taken in, or in for one that goes out, as long as that saves."""
        slopes = [
            self.line_cost(e, design.loads[e]) / design.loads[e] if e in design.loads else s
            for e, s in enumerate(self.slopes)
        ]
        saves = True
        while saves:
            saves = False
            off = [e for e in range(len(self.lines)) if e not in design.on]
            moves = [(e, None) for e in off] + [(e, out) for e in off for out in sorted(design.on)]
            numbers.shuffle(moves)
            for into, out in moves:
                if time.monotonic() > self.deadline:
                    return design
                if into in design.on or (out is not None and out not in design.on):
                    continue
                other = self.routed((design.on | {into}) - {out}, slopes, self.no_passing)
                if other is not None and other.cost < design.cost - 1e-9:
                    design, saves = self._removed(other, slopes, "local search"), True
        return design
