r"""Fewest repeaters: where they must stand such that any two terminals have their ways.

The link-based programme of J. Rabbie, K. Chakraborty, G. Avis, S. Wehner, npj Quantum Inf. 8, 5
(2022), arXiv:2005.14715: minimise the number of repeaters, and of equal numbers the length of all
ways; each two terminals have K ways that share no repeater, each hop is at most so long, each way
passes at most N repeaters, and each repeater serves at most D ways.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import numpy as np

from protocols.planning.design.model import IntegerProgramme
from protocols.planning.siting.answer import SitingAnswer
from protocols.planning.siting.reach import Reach, chain_reach
from protocols.planning.siting.siting_case import SitingCase
from qnet.errors import ParameterError
from qnet.schema.shipped import find_beside, missing_file_hint

if TYPE_CHECKING:
    from protocols.repeaters.chain import Chain
    from qnet.states.pauli import Array

__all__ = ["fewest_repeaters"]

#: Slack of the bound of a whole number, for rounding.
_SLACK = 1e-6

#: Share of a repeater that all ways together count at most, so that length decides between equals.
_LENGTH_SHARE = 0.5

#: A directed hop between two sites.
_Hop = tuple[int, int]


@dataclass
class _Layout:
    """Where hops may go.

    Args:
        terminals: Numbers of the terminals.
        sites: Numbers of the sites where repeaters may stand.
        fibre_km: Shortest fibre between any two sites, (n, n).
        hops_km: Longest hop of a way without repeaters, with one, and so on.
        columns: Columns of each way: pair of terminals, number of the way -> hop -> column.
    """

    terminals: tuple[int, ...]
    sites: tuple[int, ...]
    fibre_km: Array
    hops_km: tuple[float, ...]
    columns: dict[tuple[_Hop, int], dict[_Hop, int]] = field(default_factory=dict)

    @property
    def pairs(self) -> list[_Hop]:
        """Any two terminals."""
        return list(combinations(self.terminals, 2))

    @property
    def repeaters(self) -> int:
        """Most repeaters of a way."""
        return len(self.hops_km) - 1

    def most_beside(self, hop: _Hop) -> int:
        """Most repeaters of a way with a hop; -1 where it is too long for any."""
        return max((n for n, km in enumerate(self.hops_km) if self.fibre_km[hop] <= km), default=-1)

    def hops(self, pair: _Hop) -> list[_Hop]:
        """Hops that a way between two terminals may take within the number of repeaters."""
        first, last = pair
        longest = max(self.hops_km, default=0.0)
        from_first = self._away(first, last, longest)
        to_last = self._away(last, first, longest)
        reached = [first, *self.sites, last]
        return [
            (a, b)
            for a in reached
            for b in reached
            if a != b
            and b != first
            and a != last
            and from_first[a] + to_last[b] <= self.most_beside((a, b))
        ]

    def _away(self, start: int, barred: int, hop_km: float) -> dict[int, float]:
        """Fewest hops of at most a length from a terminal to each site, over repeaters."""
        found = dict.fromkeys((*self.terminals, *self.sites), math.inf)
        found[start] = 0.0
        front = [start]
        while front:
            near = [
                b
                for b in (*self.sites, barred)
                if found[b] == math.inf
                and any(a != barred and self.fibre_km[a, b] <= hop_km for a in front)
            ]
            for b in near:
                found[b] = found[front[0]] + 1.0
            front = near
        return found

    def fewest(self, pair: _Hop, hop_km: float) -> float:
        """Fewest repeaters of a way between two terminals; infinite without any way."""
        return self._away(*pair, hop_km)[pair[1]] - 1.0


def fewest_repeaters(case: SitingCase) -> SitingAnswer:
    """The fewest repeaters with their ways.

    Raises:
        ParameterError: If a terminal is not there, or an edge has no length.
        EngineError: If the exact engine cannot play the chain that the limits follow from.
    """
    layout, reach = _layout(case)
    more = {"limits": _limits(layout, reach)}
    reason = _why(case, layout)
    if reason:
        return case.without("infeasible", reason, unit="repeaters", more=more)
    programme, opened = _programme(case, layout, case.table.ways_per_repeater)
    found = case.solved(programme)
    # What all ways count together is at most half a repeater.
    bound = None
    if found.bound is not None:
        bound = float(max(math.ceil(found.bound - _LENGTH_SHARE - _SLACK), 0))
    if found.values is None:
        crowded = "" if found.status == "time limit" else _crowded(case, layout)
        return case.without(found.status, crowded, unit="repeaters", bound=bound, more=more)
    chosen = [site for site, column in opened.items() if found.values[column] > 0.5]
    ways = {key: _way(key[0], hops, found.values) for key, hops in layout.columns.items()}
    used = {site for way in ways.values() for site in way[1:-1]}
    hops = sorted({(min(hop), max(hop)) for way in ways.values() for hop in _steps(way)})
    names = [site.name for site in case.graph.sites]
    return case.answered(
        found.status,
        float(len(used)),
        bound,
        unit="repeaters",
        chosen=case.names([site for site in chosen if site in used]),
        edges=tuple((names[a], names[b]) for a, b in hops),
        more={
            **more,
            "ways": [list(case.names(way)) for way in ways.values()],
            "ways_km": [sum(float(layout.fibre_km[h]) for h in _steps(w)) for w in ways.values()],
        },
    )


def _steps(way: Sequence[int]) -> list[_Hop]:
    return list(pairwise(way))


def _layout(case: SitingCase) -> tuple[_Layout, Reach | None]:
    """Limits and lengths; the limits are found with a chain where one is given."""
    terminals = case.terminals()
    lengths = _fibre_km(case)
    table, reach = case.table, None
    hops_km = (table.maximum_hop_km or 0.0,) * ((table.maximum_repeaters or 0) + 1)
    if table.chain is not None:
        reach = _reach(case)
        hops_km = tuple(map(float, reach.hops_km))
    sites = tuple(
        k for k, site in enumerate(case.graph.sites) if site.relays and k not in terminals
    )
    return _Layout(terminals, sites, lengths, hops_km), reach


def _limits(layout: _Layout, reach: Reach | None) -> dict[str, object]:
    """Limits of the ways as JSON types; those of a chain by the number of repeaters as well."""
    longest = layout.hops_km[-1] if layout.hops_km else 0.0
    most = max(layout.repeaters, 0)
    found: dict[str, object] = {"maximum_hop_km": longest, "maximum_repeaters": most}
    if reach is None:
        return found
    return {**found, "hops_km": list(reach.hops_km), "chains_played": reach.played}


def _fibre_km(case: SitingCase) -> Array:
    """Shortest fibre between any two sites in km, (n, n)."""
    from scipy.sparse.csgraph import shortest_path

    direct = np.zeros((len(case.graph.sites),) * 2)
    for span in case.graph.spans:
        if span.length_km is None:
            hint = "give its length in km, or places for both ends"
            name = " - ".join(case.names(span.ends))
            raise ParameterError("sites.edges", "have a length each", name, hint)
        direct[span.ends] = direct[span.ends[::-1]] = max(span.length_km, 1e-9)
    found: Array = shortest_path(direct, directed=False)
    return found


def _reach(case: SitingCase) -> Reach:
    from qnet.schema import load

    table = case.table
    path = find_beside(str(table.chain), case.folder)
    if not path.is_file():
        raise ParameterError("site.chain", "exist", table.chain, missing_file_hint(path))
    base: Chain = load(path, kinds=["chain"])

    def chain_of(repeaters: int, hop_km: float) -> Chain:
        changes: dict[str, object] = {
            "chain.segments": repeaters + 1,
            "chain.length_km": hop_km * (repeaters + 1),
        }
        if not repeaters:
            # A single link has nothing to swap, and none to wait for.
            changes |= {"swap": None, "cutoff": None, "distill": None}
        return base.with_(changes)

    return chain_reach(chain_of, table.minimum_fidelity or 0.0, table.minimum_rate_hz or 0.0)


def _programme(
    case: SitingCase, layout: _Layout, most_ways: int | None
) -> tuple[IntegerProgramme, dict[int, int]]:
    """The programme, and the column of each site where a repeater may stand."""
    programme, ways = IntegerProgramme(), case.table.ways
    opened = {site: programme.column(1.0, 1.0, whole=True) for site in layout.sites}
    longest = max(layout.hops_km) * (layout.repeaters + 1) * ways * len(layout.pairs)
    alpha = _LENGTH_SHARE / max(longest, 1e-9)
    served: dict[int, list[int]] = {site: [] for site in layout.sites}
    for pair in layout.pairs:
        hops = layout.hops(pair)
        direct, through = [], {site: list[int]() for site in layout.sites}
        for number in range(ways):
            columns = {
                hop: programme.column(alpha * float(layout.fibre_km[hop]), 1.0, whole=True)
                for hop in hops
            }
            layout.columns[pair, number] = columns
            _add_way(programme, pair, columns, layout)
            direct += [columns[pair]] if pair in columns else []
            for (_, site), column in columns.items():
                if site in through:
                    through[site].append(column)
        if direct:
            programme.row([(column, 1.0) for column in direct], high=1.0)
        for site, entering in through.items():
            programme.row([*((k, 1.0) for k in entering), (opened[site], -1.0)], high=0.0)
            served[site] += entering
    if most_ways is not None:
        for site, entering in served.items():
            row = [*((k, 1.0) for k in entering), (opened[site], -float(most_ways))]
            programme.row(row, high=0.0)
    return programme, opened


def _add_way(
    programme: IntegerProgramme, pair: _Hop, columns: dict[_Hop, int], layout: _Layout
) -> None:
    """A way from end to end of at most so many hops."""
    first, last = pair
    for site in (first, *layout.sites, last):
        leaves = float(site == first) - float(site == last)
        entries = [(column, 1.0) for hop, column in columns.items() if hop[0] == site]
        entries += [(column, -1.0) for hop, column in columns.items() if hop[1] == site]
        programme.row(entries, leaves, leaves)
    every = [(column, 1.0) for column in columns.values()]
    programme.row(every, high=layout.repeaters + 1.0)
    for hop, column in columns.items():
        spare = layout.repeaters - layout.most_beside(hop)
        if spare > 0:
            # A long hop allows fewer repeaters on its way.
            programme.row([*every, (column, float(spare))], high=layout.repeaters + 1.0)


def _way(pair: _Hop, columns: dict[_Hop, int], values: Array) -> list[int]:
    """Sites of a way, from end to end."""
    after = {hop[0]: hop[1] for hop, column in columns.items() if values[column] > 0.5}
    way = [pair[0]]
    while way[-1] != pair[1]:
        way.append(after[way[-1]])
    return way


def _why(case: SitingCase, layout: _Layout) -> str:
    """Which two terminals no repeaters at all would join within the limits; empty for none."""
    if not layout.hops_km:
        return "the chain is not good and fast enough even over 1 km without repeaters"
    longest, shortest = layout.hops_km[0], layout.hops_km[-1]
    for pair in layout.pairs:
        one, two = case.names(pair)
        needed = [layout.fewest(pair, km) for km in layout.hops_km]
        if any(repeaters <= n for n, repeaters in enumerate(needed)):
            continue
        if math.isinf(needed[0]):
            return f"no way leads from {one!r} to {two!r} with hops of at most {longest:g} km"
        if shortest < longest:
            return (
                f"no way from {one!r} to {two!r} is within what the chain reaches: hops of "
                f"{longest:g} km without repeaters, down to {shortest:g} km with {layout.repeaters}"
            )
        return (
            f"with hops of at most {longest:g} km, a way from {one!r} to {two!r} passes "
            f"{needed[-1]:g} repeaters or more, and at most {layout.repeaters} are allowed"
        )
    return ""


def _crowded(case: SitingCase, layout: _Layout) -> str:
    """Why ways are there, but not all that are asked for: between which terminals, or in all."""
    ways, most = case.table.ways, case.table.ways_per_repeater
    for pair in layout.pairs if ways > 1 else ():
        alone = replace(layout, terminals=pair, columns={})
        programme, _ = _programme(case, alone, most_ways=None)
        if case.solved(programme).status == "infeasible":
            one, two = case.names(pair)
            return f"there are no {ways} ways from {one!r} to {two!r} that share no repeater"
    return f"the ways of all terminals do not fit: at most {most} may pass a repeater"
