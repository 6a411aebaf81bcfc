r"""Two-connected network: the shortest edges that keep all joined when one edge or site fails.

Each set of sites that some terminals are in and others are not has two edges that leave it; without
any one site, one edge that leaves it. There are too many such sets to write them all: those that an
answer breaks are added until none is broken (M. Groetschel, C. L. Monma, M. Stoer, Oper. Res. 40,
309 (1992), doi:10.1287/opre.40.2.309). Every answer on the way is a bound.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import rustworkx

from protocols.planning.design.model import IntegerProgramme
from protocols.planning.siting.answer import SitingAnswer
from protocols.planning.siting.siting_case import SitingCase
from protocols.planning.siting.spanning_tree import apart, relays_along
from qnet.errors import ParameterError

__all__ = ["two_connected"]

#: A rule: numbers of spans, and how many of them are needed.
_Cut = tuple[tuple[int, ...], int]


def two_connected(case: SitingCase) -> SitingAnswer:
    """The shortest edges that keep terminals, or all sites, joined when any one thing fails.

    Raises:
        ParameterError: If there are fewer than three terminals, or an edge has no length.
    """
    terminals, lengths = case.terminals(), case.lengths_km
    if len(terminals) < 3:
        hint = "name another site"
        said = case.table.terminals or case.names(terminals)
        raise ParameterError("site.terminals", "be three sites or more", list(said), hint)
    every = list(range(len(lengths)))
    reason = _why(case, terminals)
    if reason:
        return case.without("infeasible", reason)
    programme = IntegerProgramme()
    for length in lengths:
        programme.column(length, 1.0, whole=True)
    for cut in _around(case, terminals):
        programme.row([(span, 1.0) for span in cut[0]], low=cut[1])
    bound, status, kept = 0.0, "time limit", None
    while case.left_s > 0.0:
        found = case.solved(programme)
        bound = max(bound, found.bound or 0.0)
        if found.values is None:
            break
        taken = [k for k in every if found.values[k] > 0.5]
        cuts = list(_broken(case, terminals, taken))
        if not cuts:
            kept, status = taken, found.status
            break
        for spans, least in cuts:
            programme.row([(span, 1.0) for span in spans], low=least)
    if kept is None:
        kept = _thinned(case, terminals, every)
    length = sum(lengths[span] for span in kept)
    joined = {end for span in kept for end in case.ends[span]}
    return case.answered(
        status,
        length,
        bound,
        chosen=case.names(sorted(joined - set(terminals))),
        edges=case.edge_names(kept),
        more=relays_along(case, kept),
    )


def _around(case: SitingCase, terminals: Sequence[int]) -> Iterator[_Cut]:
    """Two edges at each terminal."""
    for site in terminals:
        yield tuple(k for k, ends in enumerate(case.ends) if site in ends), 2


def _broken(case: SitingCase, terminals: Sequence[int], taken: Sequence[int]) -> Iterator[_Cut]:
    """Sets of sites that too few of some edges leave, for each part of what is left."""
    yield from _leaving(case, terminals, case.parts(taken), 2)
    for span in case.bridges(taken):
        rest = [k for k in taken if k != span]
        yield from _leaving(case, terminals, case.parts(rest), 2)
    if case.by == "nodes":
        for site in sorted(rustworkx.articulation_points(case.network(taken))):
            yield from _leaving(case, terminals, case.parts(taken, without=site), 1)


def _leaving(
    case: SitingCase, terminals: Sequence[int], part: Sequence[int], least: int
) -> Iterator[_Cut]:
    """The rule for each part that some terminals are in and others not."""
    parts = sorted({part[k] for k in terminals if part[k] >= 0})
    if len(parts) < 2:
        return
    for inside in parts:
        spans = tuple(
            k
            for k, (one, other) in enumerate(case.ends)
            if (part[one] == inside) != (part[other] == inside)
            and -1 not in (part[one], part[other])
        )
        yield spans, least


def _thinned(case: SitingCase, terminals: Sequence[int], spans: Sequence[int]) -> list[int]:
    """Edges without those that are not needed, the longest taken away first."""
    kept = list(spans)
    for span in sorted(spans, key=lambda k: -case.lengths_km[k]):
        rest = [k for k in kept if k != span]
        if next(_broken(case, terminals, rest), None) is None:
            kept = rest
    return kept


def _why(case: SitingCase, terminals: Sequence[int]) -> str:
    """Why even all edges are not enough: a sentence that names what must not fail."""
    reason = apart(case, terminals)
    if reason:
        return reason
    every = range(len(case.ends))
    for span in case.bridges(every):
        part = case.parts([k for k in every if k != span])
        lost = next(((a, b) for a, b in pairwise(terminals) if part[a] != part[b]), None)
        if lost:
            name = " - ".join(case.edge_names([span])[0])
            one, two = case.names(lost)
            return f"without the edge {name} nothing joins {one!r} and {two!r}"
    if case.by == "nodes":
        for site in sorted(rustworkx.articulation_points(case.network(every))):
            part = case.parts(every, without=site)
            left = [k for k in terminals if k != site]
            lost = next(((a, b) for a, b in pairwise(left) if part[a] != part[b]), None)
            if lost:
                one, two = case.names(lost)
                return f"without {case.graph.sites[site].name!r} nothing joins {one!r} and {two!r}"
    return ""
