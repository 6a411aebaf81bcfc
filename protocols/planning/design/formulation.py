"""Design of a network as an integer programme: what is built, and how key flows over it.

Columns: pairs of devices of each option and whether it is built, relays, equipment, units of shared
sources, and the share of each commodity along each line in each direction. Beside the rows that a
plan must keep stand some that every plan keeps and that bring the programme near to whole numbers:
a commodity goes only over what is built, in its measure.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from protocols.planning.design.case import PlanCase
from protocols.planning.design.flows import (
    Arc,
    Commodity,
    SpanLine,
    commodities,
    pairs_for,
    span_lines,
)
from protocols.planning.design.model import IntegerProgramme

__all__ = ["DesignProgramme"]


class DesignProgramme:
    """Programme of a case over some of its options.

    Args:
        case: The case.
        options: Numbers of the options that may be built.
        strong: Whether the rows that every plan keeps anyhow are added.
    """

    def __init__(self, case: PlanCase, options: Sequence[int], *, strong: bool = True) -> None:
        self.case, self.options, self.strong = case, tuple(options), strong
        self.model = IntegerProgramme()
        self.commodities: tuple[Commodity, ...] = commodities(case)
        self.lines: tuple[SpanLine, ...] = span_lines(case, options)
        self.arcs: list[Arc] = []
        #: All that flows once, in bit/s.
        self.most_hz = sum(d.key_rate_hz for d in case.demands) * case.require.disjoint_paths
        self._devices()
        self._relays()
        self._flows()
        self._balances()
        self._capacities()
        self._disjoint()
        self._trusted()

    def _devices(self) -> None:
        """Pairs of devices, options that are built, equipment and units."""
        model, case = self.model, self.case
        self.pairs: dict[int, int] = {}
        self.built: dict[int, int] = {}
        for k in self.options:
            option = case.options[k]
            most = pairs_for(self.most_hz, option.rate_hz.best)
            if option.most_pairs is not None:
                most = min(most, option.most_pairs)
            self.pairs[k] = model.column(option.pair_cost, most, whole=True)
            self.built[k] = model.column(option.fixed_cost, 1.0, whole=True)
            model.row([(self.pairs[k], 1.0), (self.built[k], -float(most))], high=0.0)
            model.row([(self.pairs[k], 1.0), (self.built[k], -1.0)], low=0.0)
        together: dict[tuple[int, str], list[int]] = {}
        for k in self.options:
            together.setdefault((case.options[k].span, case.options[k].technology), []).append(k)
        for group in together.values():
            if len(group) > 1:
                model.row([(self.built[k], 1.0) for k in group], high=1.0)
        self.equipment: dict[int, int] = {}
        for number, each in enumerate(case.equipment):
            needs = [k for k in self.options if number in case.options[k].equipment]
            if needs:
                column = self.equipment[number] = model.column(each.cost, 1.0, whole=True)
                for k in needs:
                    model.row([(column, 1.0), (self.built[k], -1.0)], low=0.0)
        self.units = [
            model.column(each.unit_cost, each.most_units, whole=True) for each in case.sources
        ]

    def _relays(self) -> None:
        """Sites that relay, once for each cost that the technologies built there may have."""
        model, case = self.model, self.case
        #: Of each site: costs ascending, and the column that pays from the last to this one.
        self.relays: dict[int, list[tuple[float, int]]] = {}
        for number, site in enumerate(case.sites):
            lines = [line for line in self.lines if number in line.ends]
            if not site.relays or not lines:
                continue
            costs = sorted({0.0 if site.source is not None else line.relay_cost for line in lines})
            columns = []
            for last, cost in zip([0.0, *costs], costs, strict=False):
                columns.append((cost, model.column(cost - last, 1.0, whole=True)))
            self.relays[number] = columns
            for (_, lower), (cost, upper) in itertools.pairwise(columns):
                model.row([(lower, 1.0), (upper, -1.0)], low=0.0)
                for k in (k for line in lines if line.relay_cost >= cost for k in line.options):
                    model.row(
                        [(upper, 1.0), (columns[0][1], -1.0), (self.built[k], -1.0)], low=-1.0
                    )

    def _flows(self) -> None:
        """Shares of each commodity along the lines."""
        self.columns: list[int] = []
        self.by: dict[tuple[int, int], list[int]] = {}
        self.leaving: dict[tuple[int, int], list[int]] = {}
        self.reaching: dict[tuple[int, int], list[int]] = {}
        for c, commodity in enumerate(self.commodities):
            for e, line in enumerate(self.lines):
                for tail, head in (line.ends, line.ends[::-1]):
                    starts = tail == commodity.source or tail in self.relays
                    stops = head in commodity.wanted or head in self.relays
                    if head == commodity.source or not starts or not stops:
                        continue
                    if len(commodity.wanted) == 1 and tail in commodity.wanted:
                        continue
                    arc = len(self.arcs)
                    self.arcs.append(Arc(c, e, tail, head))
                    self.columns.append(self.model.column(0.0, 1.0, whole=commodity.whole))
                    self.by.setdefault((c, e), []).append(arc)
                    self.leaving.setdefault((c, tail), []).append(arc)
                    self.reaching.setdefault((c, head), []).append(arc)

    def _balances(self) -> None:
        """What reaches a site stays there or leaves it, and what leaves it is relayed there."""
        model = self.model
        for c, commodity in enumerate(self.commodities):
            total = commodity.total_hz
            leaving = self.leaving.get((c, commodity.source), [])
            model.row([(self.columns[a], 1.0) for a in leaving], commodity.ways, commodity.ways)
            for site in range(len(self.case.sites)):
                inward = self.reaching.get((c, site), [])
                outward = self.leaving.get((c, site), [])
                if site == commodity.source or not (inward or outward or site in commodity.wanted):
                    continue
                share = commodity.wanted.get(site, 0.0) / total * commodity.ways
                row = [(self.columns[a], 1.0) for a in inward]
                row += [(self.columns[a], -1.0) for a in outward]
                model.row(row, share, share)
                if outward:
                    self._relayed(c, site, outward, commodity.ways - share)

    def _relayed(self, c: int, site: int, outward: list[int], most: float) -> None:
        """Relays of a site for what leaves it over lines of each cost."""
        ground = self.case.sites[site].source is None
        for cost, column in self.relays[site]:
            dear = [
                (self.columns[a], 1.0)
                for a in outward
                if not ground or self.lines[self.arcs[a].line].relay_cost >= cost
            ]
            if dear:
                self.model.row([*dear, (column, -most)], high=0.0)

    def _capacities(self) -> None:
        """Loads of lines and of shared sources, and flows only over what is built."""
        model, case = self.model, self.case
        times: list[list[tuple[int, float]]] = [[] for _ in case.sources]
        for e, line in enumerate(self.lines):
            unit = max(case.options[k].rate_hz.best for k in line.options)
            load = [
                (self.columns[a], commodity.total_hz / unit)
                for c, commodity in enumerate(self.commodities)
                for a in self.by.get((c, e), [])
            ]
            carries = [(self.pairs[k], -case.options[k].rate_hz.best / unit) for k in line.options]
            model.row([*load, *carries], high=0.0)
            if line.source is not None:
                times[line.source] += load
            for c in range(len(self.commodities)) if self.strong else ():
                arcs = self.by.get((c, e), [])
                if arcs:
                    row = [(self.columns[a], 1.0) for a in arcs]
                    model.row([*row, *((self.built[k], -1.0) for k in line.options)], high=0.0)
        for column, time in zip(self.units, times, strict=True):
            model.row([*time, (column, -1.0)], high=0.0)

    def _disjoint(self) -> None:
        """At most the demand on each span, and at each site, of what goes over disjoint ways."""
        spans: dict[int, list[int]] = {}
        for e, line in enumerate(self.lines):
            spans.setdefault(line.span, []).append(e)
        for c, commodity in enumerate(self.commodities):
            if commodity.ways == 1 and not commodity.whole:
                continue
            for lines in spans.values():
                arcs = [a for e in lines for a in self.by.get((c, e), [])]
                if arcs:
                    self.model.row([(self.columns[a], 1.0) for a in arcs], high=1.0)
            if self.case.require.by == "nodes" or commodity.whole:
                most = 1.0 if self.case.require.by == "nodes" else float(commodity.ways)
                for site in self.relays:
                    arcs = self.reaching.get((c, site), [])
                    if arcs and site not in commodity.wanted:
                        self.model.row([(self.columns[a], 1.0) for a in arcs], high=most)

    def _trusted(self) -> None:
        """Trusted nodes of each demand, each counted once on all its ways."""
        most = self.case.require.maximum_trusted_nodes
        if most is None:
            return
        model = self.model
        for c, commodity in enumerate(self.commodities):
            nodes: list[tuple[int, float]] = []
            for e, line in enumerate(self.lines):
                arcs, n = self.by.get((c, e), []), self.case.options[line.options[0]].nodes
                if arcs and n > 0:
                    used = model.column(0.0, 1.0, whole=True)
                    model.row([(self.columns[a], 1.0) for a in arcs] + [(used, -1.0)], high=0.0)
                    nodes.append((used, float(n)))
            for site in self.relays:
                arcs = self.leaving.get((c, site), [])
                if arcs and site != commodity.source:
                    used = model.column(0.0, 1.0, whole=True)
                    for a in arcs:
                        model.row([(self.columns[a], 1.0), (used, -1.0)], high=0.0)
                    nodes.append((used, 1.0))
            model.row(nodes, high=float(most))

    def flow(self, values: npt.NDArray[np.float64], c: int) -> dict[tuple[int, int, int], float]:
        """Flow of a commodity in bit/s, on the option of each line that is built.

        Args:
            values: Of the columns.
            c: Number of the commodity.
        """
        found: dict[tuple[int, int, int], float] = {}
        for (number, e), arcs in self.by.items():
            if number != c:
                continue
            line = self.lines[e]
            option = max(line.options, key=lambda k: (values[self.built[k]], -k))
            for a in arcs:
                share = float(values[self.columns[a]])
                if share > 0.0:
                    arc = self.arcs[a]
                    rate = share * self.commodities[c].total_hz
                    found[option, arc.tail, arc.head] = rate
        return found

    def fixed(self, values: npt.NDArray[np.float64]) -> None:
        """Hold all whole numbers at those of a solution."""
        for column, whole in enumerate(self.model.whole):
            if whole and math.isfinite(values[column]):
                number = float(round(values[column]))
                self.model.lows[column] = self.model.highs[column] = number
