"""Design of a network as an integer programme: what is built, and how key flows over it.

Columns: the steps of each line (or its pairs of devices), relays, equipment, units of shared
sources, and the share of each commodity along each line in each direction. Beside the rows that a
plan must keep stand some that every plan keeps and that bring the relaxation near to whole numbers:
a commodity goes only over what is built, in its measure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from protocols.planning.design.case import PlanCase
from protocols.planning.design.flows import Arc, Commodity, commodities
from protocols.planning.design.lines import SteppedLine, most_pairs, span_lines
from protocols.planning.design.model import IntegerProgramme

__all__ = ["DesignProgramme"]

#: Column and value of a row.
_Entries = list[tuple[int, float]]


class DesignProgramme:
    """Programme of a case over some of its options.

    Args:
        case: The case.
        options: Numbers of the options that may be built.
        flows: What flows; as `commodities` says unless given.
        strong: Whether flows are held to what is built in their measure, one by one.
    """

    def __init__(
        self,
        case: PlanCase,
        options: Sequence[int],
        flows: Sequence[Commodity] | None = None,
        *,
        strong: bool = True,
    ) -> None:
        self.case, self.options, self.strong = case, tuple(options), strong
        #: Rows of the capacity of each line and source, and of the balance of commodities at sites.
        self.capacity_rows: list[int] = []
        self.time_rows: list[int] = []
        self.balance_rows: dict[tuple[int, int], int] = {}
        self.model = IntegerProgramme()
        self.commodities = commodities(case) if flows is None else tuple(flows)
        #: The most that goes over a line, in bit/s.
        self.most_hz = sum(d.key_rate_hz for d in case.demands)
        self.lines: tuple[SteppedLine, ...] = span_lines(case, options, self.most_hz)
        self.arcs: list[Arc] = []
        self._devices()
        self._shared()
        self._relays()
        self._flows()
        self._balances()
        self._capacities()
        self._disjoint()
        self._trusted()

    def _devices(self) -> None:
        """Steps of lines, or pairs of devices and options that are built."""
        model, case = self.model, self.case
        #: Columns of the steps of each line; each is 1 where the line has grown so far.
        self.steps: list[list[int]] = []
        #: Of counted options: pairs of devices, and whether it is built.
        self.counted: dict[int, tuple[int, int]] = {}
        for line in self.lines:
            costs = [0.0, *(step.cost for step in line.steps)]
            columns = [model.column(b - a, 1.0, whole=True) for a, b in pairwise(costs)]
            for lower, upper in pairwise(columns):
                model.row([(lower, 1.0), (upper, -1.0)], low=0.0)
            self.steps.append(columns)
            for k in () if line.steps else line.options:
                most = most_pairs(case.options[k], self.most_hz)
                pairs = model.column(case.options[k].pair_cost, most, whole=True)
                built = model.column(case.options[k].fixed_cost, 1.0, whole=True)
                model.row([(pairs, 1.0), (built, -float(most))], high=0.0)
                model.row([(pairs, 1.0), (built, -1.0)], low=0.0)
                self.counted[k] = (pairs, built)
        together: dict[tuple[int, str], list[int]] = {}
        for e, line in enumerate(self.lines):
            together.setdefault((line.span, line.technology), []).append(e)
        for group in together.values():
            if len(group) > 1 or not self.steps[group[0]]:
                model.row([entry for e in group for entry in self.built(e)], high=1.0)

    def built(self, e: int, factor: float = 1.0) -> _Entries:
        """Columns that say whether a line is built."""
        if self.steps[e]:
            return [(self.steps[e][0], factor)]
        return [(self.counted[k][1], factor) for k in self.lines[e].options]

    def carried(self, e: int, most_hz: float, factor: float = 1.0) -> _Entries:
        """What a line carries of flows of at most this much, in columns.

        Args:
            e: Number of the line.
            most_hz: The flows together, in bit/s.
            factor: What each entry is multiplied by.
        """
        line = self.lines[e]
        if self.steps[e]:
            caps = [0.0, *(min(step.carries_hz, most_hz) for step in line.steps)]
            grown = zip(self.steps[e], pairwise(caps), strict=True)
            return [(column, factor * (b - a)) for column, (a, b) in grown if b > a]
        found = []
        for k in line.options:
            rate = self.case.options[k].rate_hz.best
            pairs, built = self.counted[k]
            found.append((pairs, factor * rate) if rate < most_hz else (built, factor * most_hz))
        return found

    def _shared(self) -> None:
        """Equipment of sites, and units of shared sources."""
        model, case = self.model, self.case
        self.equipment: dict[int, int] = {}
        for number, each in enumerate(case.equipment):
            needs = [e for e, line in enumerate(self.lines) if number in line.equipment]
            if needs:
                column = self.equipment[number] = model.column(each.cost, 1.0, whole=True)
                for e in needs:
                    model.row([(column, 1.0), *self.built(e, -1.0)], low=0.0)
        self.units = [
            model.column(each.unit_cost, each.most_units, whole=True) for each in case.sources
        ]

    def _relays(self) -> None:
        """Sites that relay, once for each cost that the technologies built there may have."""
        model, case = self.model, self.case
        #: Of each site: costs ascending, and the column that pays from the last to this one.
        self.relays: dict[int, list[tuple[float, int]]] = {}
        for number, site in enumerate(case.sites):
            here = [e for e, line in enumerate(self.lines) if number in line.ends]
            if not site.relays or not here:
                continue
            free = site.source is not None
            costs = sorted({0.0 if free else self.lines[e].relay_cost for e in here})
            columns = [
                (b, model.column(b - a, 1.0, whole=True)) for a, b in pairwise([0.0, *costs])
            ]
            self.relays[number] = columns
            for (_, lower), (cost, upper) in pairwise(columns):
                model.row([(lower, 1.0), (upper, -1.0)], low=0.0)
                for e in (e for e in here if self.lines[e].relay_cost >= cost):
                    row = [(upper, 1.0), (columns[0][1], -1.0), *self.built(e, -1.0)]
                    model.row(row, low=-1.0)

    def _flows(self) -> None:
        """Shares of each commodity along the lines."""
        self.columns: list[int] = []
        self.by: dict[tuple[int, int], list[int]] = {}
        self.leaving: dict[tuple[int, int], list[int]] = {}
        self.reaching: dict[tuple[int, int], list[int]] = {}
        for c, commodity in enumerate(self.commodities):
            alone = len(commodity.wanted) == 1
            for e, line in enumerate(self.lines):
                for tail, head in (line.ends, line.ends[::-1]):
                    starts = tail == commodity.source or tail in self.relays
                    stops = head in commodity.wanted or head in self.relays
                    if head == commodity.source or not starts or not stops:
                        continue
                    if alone and tail in commodity.wanted:
                        continue
                    arc = len(self.arcs)
                    self.arcs.append(Arc(c, e, tail, head))
                    self.columns.append(self.model.column(0.0, 1.0, whole=commodity.whole))
                    self.by.setdefault((c, e), []).append(arc)
                    self.leaving.setdefault((c, tail), []).append(arc)
                    self.reaching.setdefault((c, head), []).append(arc)

    def along(self, arcs: Iterable[int], factor: float = 1.0) -> _Entries:
        """Columns of flows, each times a factor."""
        return [(self.columns[a], factor) for a in arcs]

    def _balances(self) -> None:
        """What reaches a site stays there or leaves it, and what leaves it is relayed there."""
        model = self.model
        for c, commodity in enumerate(self.commodities):
            total, sent = commodity.total_hz, float(commodity.ways)
            leaving = self.along(self.leaving.get((c, commodity.source), []))
            self.balance_rows[c, commodity.source] = model.row(leaving, sent, sent)
            for site in range(len(self.case.sites)):
                inward = self.reaching.get((c, site), [])
                outward = self.leaving.get((c, site), [])
                if site == commodity.source or not (inward or outward or site in commodity.wanted):
                    continue
                share = commodity.wanted.get(site, 0.0) / total * sent
                row = [*self.along(inward), *self.along(outward, -1.0)]
                self.balance_rows[c, site] = model.row(row, share, share)
                if outward:
                    self._relayed(c, site, outward, sent - share)

    def _relayed(self, c: int, site: int, outward: list[int], most: float) -> None:
        """Relays of a site for what leaves it over lines of each cost."""
        ground = self.case.sites[site].source is None
        for cost, column in self.relays[site]:
            dear = [
                a for a in outward if not ground or self.lines[self.arcs[a].line].relay_cost >= cost
            ]
            if dear:
                self.model.row([*self.along(dear), (column, -most)], high=0.0)

    def _capacities(self) -> None:
        """Loads of lines and of shared sources, and flows only over what is built."""
        model, case = self.model, self.case
        times: list[_Entries] = [[] for _ in case.sources]
        for e, line in enumerate(self.lines):
            unit = max(case.options[k].rate_hz.best for k in line.options)
            load: _Entries = []
            for c, commodity in enumerate(self.commodities):
                arcs, total = self.by.get((c, e), []), commodity.total_hz
                load += self.along(arcs, commodity.weight * total / unit)
                if arcs and self.strong:
                    carried = self.carried(e, total, -1.0 / total)
                    model.row([*self.along(arcs), *carried], high=0.0)
                if arcs and (len(commodity.wanted) > 1 or not self.strong):
                    model.row([*self.along(arcs), *self.built(e, -1.0)], high=0.0)
            capacity = model.row([*load, *self.carried(e, np.inf, -1.0 / unit)], high=0.0)
            self.capacity_rows.append(capacity)
            if line.source is not None:
                times[line.source] += load
        for column, time in zip(self.units, times, strict=True):
            self.time_rows.append(model.row([*time, (column, -1.0)], high=0.0))

    def _disjoint(self) -> None:
        """At most the demand on each span, and at each site, of what goes over disjoint ways."""
        spans: dict[int, list[int]] = {}
        for e, line in enumerate(self.lines):
            spans.setdefault(line.span, []).append(e)
        by_nodes = self.case.require.by == "nodes"
        for c, commodity in enumerate(self.commodities):
            if commodity.ways == 1 and not commodity.whole:
                continue
            for lines in spans.values():
                arcs = [a for e in lines for a in self.by.get((c, e), [])]
                if len(arcs) > 1:
                    self.model.row(self.along(arcs), high=1.0)
            for site in self.relays if by_nodes else ():
                arcs = self.reaching.get((c, site), [])
                if len(arcs) > 1 and site not in commodity.wanted:
                    self.model.row(self.along(arcs), high=1.0)

    def _trusted(self) -> None:
        """Trusted nodes of each demand, each counted once on all its ways."""
        most = self.case.require.maximum_trusted_nodes
        if most is None:
            return
        for c, commodity in enumerate(self.commodities):
            nodes: _Entries = []
            for e, line in enumerate(self.lines):
                n = self.case.options[line.options[0]].nodes
                if n > 0 and (c, e) in self.by:
                    nodes.append((self._used([self.by[c, e]]), float(n)))
            for site in self.relays:
                arcs = self.leaving.get((c, site), [])
                if arcs and site != commodity.source:
                    nodes.append((self._used([[a] for a in arcs]), 1.0))
            self.model.row(nodes, high=float(most))

    def _used(self, groups: list[list[int]]) -> int:
        """A column that is 1 where one of the groups of arcs is used."""
        used = self.model.column(0.0, 1.0, whole=True)
        for arcs in groups:
            self.model.row([*self.along(arcs), (used, -1.0)], high=0.0)
        return used

    def chosen(self, values: npt.NDArray[np.float64], e: int) -> tuple[int, int] | None:
        """Option of a line and pairs of devices that a solution builds; None where it is not.

        Args:
            values: Of the columns.
            e: Number of the line.
        """
        line = self.lines[e]
        if self.steps[e]:
            grown = sum(int(values[column] > 0.5) for column in self.steps[e])
            step = line.steps[grown - 1]
            return (step.option, step.pairs) if grown else None
        for k in line.options:
            pairs, built = self.counted[k]
            if values[built] > 0.5:
                return k, round(values[pairs])
        return None
