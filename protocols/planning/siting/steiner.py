r"""Steiner tree: the shortest edges that join terminals, over other sites where that is shorter.

One terminal sends a unit of flow to every other one, over edges that are bought; each direction of
an edge is a column, which makes the relaxation as tight as directed cuts.
"""

from __future__ import annotations

from protocols.planning.design.model import IntegerProgramme
from protocols.planning.siting.answer import SitingAnswer
from protocols.planning.siting.siting_case import SitingCase
from protocols.planning.siting.spanning_tree import apart, relays_along

__all__ = ["steiner_tree"]


def steiner_tree(case: SitingCase) -> SitingAnswer:
    """The shortest tree that joins the terminals.

    Raises:
        ParameterError: If a terminal is not there, or an edge has no length.
    """
    terminals, lengths = case.terminals(), case.lengths_km
    reason = apart(case, terminals)
    if reason:
        return case.without("infeasible", reason)
    arcs = [(one, other, k) for k, (one, other) in enumerate(case.ends)]
    arcs += [(other, one, k) for one, other, k in arcs]
    programme = IntegerProgramme()
    bought = [programme.column(lengths[k], 1.0, whole=True) for *_, k in arcs]
    for k in range(len(lengths)):
        programme.row([(bought[k], 1.0), (bought[k + len(lengths)], 1.0)], high=1.0)
    root = terminals[0]
    for terminal in terminals[1:]:
        flow = [programme.column(0.0, 1.0) for _ in arcs]
        for column, paid in zip(flow, bought, strict=True):
            programme.row([(column, 1.0), (paid, -1.0)], high=0.0)
        for site in range(len(case.graph.sites)):
            leaves = float(site == root) - float(site == terminal)
            entries = [(flow[a], 1.0) for a, arc in enumerate(arcs) if arc[0] == site]
            entries += [(flow[a], -1.0) for a, arc in enumerate(arcs) if arc[1] == site]
            programme.row(entries, leaves, leaves)
    found = case.solved(programme)
    if found.values is None:
        return case.without(found.status, bound=found.bound)
    taken = sorted({arc[2] for arc, k in zip(arcs, bought, strict=True) if found.values[k] > 0.5})
    length = sum(lengths[span] for span in taken)
    joined = {end for span in taken for end in case.ends[span]}
    passed = sorted(joined - set(terminals))
    return case.answered(
        found.status,
        length,
        found.bound,
        chosen=case.names(passed),
        edges=case.edge_names(taken),
        more=relays_along(case, taken),
    )
