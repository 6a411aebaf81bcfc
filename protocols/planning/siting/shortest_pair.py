"""Shortest pair of ways between two terminals that share no edge, or no site on the way.

Two units of flow of least length, one over each edge (and through each site) at most: the flow is
whole without being asked to be (J. W. Suurballe, Networks 4, 125 (1974),
doi:10.1002/net.3230040204, finds the same by two shortest paths).
"""

from __future__ import annotations

from collections.abc import Sequence

import rustworkx

from protocols.planning.design.model import IntegerProgramme
from protocols.planning.siting.answer import SitingAnswer
from protocols.planning.siting.siting_case import SitingCase
from protocols.planning.siting.spanning_tree import apart

__all__ = ["shortest_pair"]

#: A directed edge: tail, head and number of the span; -1 for the way through a site.
_Arc = tuple[int, int, int]


def shortest_pair(case: SitingCase) -> SitingAnswer:
    """The two ways between two terminals that share nothing and are shortest together.

    Raises:
        ParameterError: If not two terminals are named, one is not there, or an edge has no length.
    """
    first, last = case.terminals(most=2)
    lengths = case.lengths_km
    arcs = _arcs(case)
    programme = IntegerProgramme()
    for *_, span in arcs:
        programme.column(lengths[span] if span >= 0 else 0.0, 1.0, whole=True)
    through = len(case.graph.sites) if case.by == "nodes" else 0
    for k in range(len(lengths)):
        # One of both directions: two ways that cross on an edge are shorter without it.
        programme.row([(k, 1.0), (k + len(lengths), 1.0)], high=1.0)
    start, end = first + through, last
    for node in range(len(case.graph.sites) + through):
        leaves = 2.0 * (float(node == start) - float(node == end))
        entries = [(a, 1.0) for a, arc in enumerate(arcs) if arc[0] == node]
        entries += [(a, -1.0) for a, arc in enumerate(arcs) if arc[1] == node]
        if node not in (first, last + through) or not through:
            programme.row(entries, leaves, leaves)
    found = case.solved(programme)
    if found.values is None:
        reason = _why(case, first, last) if found.status == "infeasible" else ""
        return case.without(found.status, reason, bound=found.bound)
    used = [arc for arc, value in zip(arcs, found.values, strict=True) if value > 0.5]
    ways = _ways(used, start, end, through)
    spans = sorted({span for way in ways for span in way})
    length = sum(lengths[span] for span in spans)
    routes = [_route(case, way, first) for way in ways]
    passed = sorted({site for route in routes for site in route[1:-1]})
    return case.answered(
        found.status,
        length,
        found.bound,
        chosen=case.names(passed),
        edges=case.edge_names(spans),
        more={
            "ways": [list(case.names(route)) for route in routes],
            "ways_km": [sum(lengths[span] for span in way) for way in ways],
            "shortest_km": _shortest_km(case, first, last),
        },
    )


def _arcs(case: SitingCase) -> list[_Arc]:
    """Both directions of each span, then the way through each site where nodes are not shared."""
    through = len(case.graph.sites) if case.by == "nodes" else 0
    arcs = [(one + through, other, k) for k, (one, other) in enumerate(case.ends)]
    arcs += [(other + through, one, k) for k, (one, other) in enumerate(case.ends)]
    return arcs + [(site, site + through, -1) for site in range(through)]


def _ways(used: Sequence[_Arc], start: int, end: int, through: int) -> list[list[int]]:
    """Spans of each of the two ways; circles of no length are left out."""
    leaving: dict[int, list[_Arc]] = {}
    for arc in used:
        leaving.setdefault(arc[0], []).append(arc)
    ways = []
    for _ in range(2):
        node, spans, at = start, [], {start: 0}
        while node != end:
            _, node, span = leaving[node].pop()
            spans += [span] if span >= 0 else []
            if node in at:
                del spans[at[node] :]
            at[node] = len(spans)
        ways.append(spans)
    return ways


def _route(case: SitingCase, spans: Sequence[int], first: int) -> list[int]:
    """Sites of a way, from its first on."""
    route = [first]
    for span in spans:
        one, other = case.ends[span]
        route.append(other if route[-1] == one else one)
    return route


def _shortest_km(case: SitingCase, first: int, last: int) -> float:
    """Length of the shortest single way."""
    network, lengths = case.network(range(len(case.ends))), case.lengths_km
    found = rustworkx.dijkstra_shortest_path_lengths(
        network, first, lambda span: lengths[span], goal=last
    )
    return float(found[last])


def _why(case: SitingCase, first: int, last: int) -> str:
    """What all ways between the terminals share: an edge, or a site."""
    reason = apart(case, (first, last))
    if reason:
        return reason
    one, two = case.names([first, last])
    every = range(len(case.ends))
    for span in case.bridges(every):
        part = case.parts([k for k in every if k != span])
        if part[first] != part[last]:
            name = " - ".join(case.edge_names([span])[0])
            return f"every way from {one!r} to {two!r} goes over {name}"
    for site in range(len(case.graph.sites)):
        part = case.parts(every, without=site)
        if site not in (first, last) and part[first] != part[last]:
            name = case.graph.sites[site].name
            return f"every way from {one!r} to {two!r} goes through {name!r}"
    return f"no two ways from {one!r} to {two!r} share nothing"
