"""Shortest spanning tree: the shortest edges that join all sites.

Its edges are taken by their length unless they close a circle (Kruskal's algorithm), which is
exact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import rustworkx

from protocols.planning.siting.answer import SitingAnswer
from protocols.planning.siting.siting_case import SitingCase
from protocols.planning.technologies.hops import fewest_hops

__all__ = ["apart", "relays_along", "spanning_tree"]


def spanning_tree(case: SitingCase) -> SitingAnswer:
    """The shortest edges that join all sites.

    Raises:
        ParameterError: If there are no edges, or one has no length.
    """
    lengths = case.lengths_km
    reason = apart(case, range(len(case.graph.sites)))
    if reason:
        return case.without("infeasible", reason)
    network = case.network(range(len(lengths)))
    edges = rustworkx.minimum_spanning_edges(network, weight_fn=lambda span: lengths[span])
    taken = sorted(int(span) for _, _, span in edges)
    length = sum(lengths[span] for span in taken)
    return SitingAnswer(
        question=case.table.question,
        status="optimal",
        objective=length,
        bound=length,
        edges=case.edge_names(taken),
        more={
            "longest_edge_km": max((lengths[span] for span in taken), default=0.0),
            **relays_along(case, taken),
        },
    )


def apart(case: SitingCase, terminals: Sequence[int]) -> str:
    """Why sites cannot be joined: a sentence that names two; empty where they can."""
    part = case.parts(range(len(case.ends)))
    first = terminals[0] if terminals else 0
    other = next((k for k in terminals if part[k] != part[first]), None)
    if other is None:
        return ""
    one, two = case.names([first, other])
    return f"no edges lead from {one!r} to {two!r}: add some, or more neighbours"


def relays_along(case: SitingCase, spans: Sequence[int]) -> Mapping[str, Any]:
    """How many relays stand on edges whose hops have a longest length of fibre; none without it."""
    longest = case.table.maximum_hop_km
    if longest is None and case.technology:
        longest = case.technology[0].maximum_hop_km
    if longest is None:
        return {}
    fibres = [case.graph.spans[span].length_km or 0.0 for span in spans]
    hops = [fewest_hops(fibre, longest) for fibre in fibres]
    return {"relays": sum(hops) - len(hops)}
