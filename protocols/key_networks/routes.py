"""Routes of keys over trusted nodes: the best by a metric, or several that share no relay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import rustworkx

from protocols.key_networks.case import KeyEdge
from protocols.key_networks.demand import KeyDemand

if TYPE_CHECKING:
    from protocols.key_networks.scenario import KeyNetworkScenario

__all__ = ["routes_of"]


def routes_of(
    scenario: KeyNetworkScenario, edges: Sequence[KeyEdge], demand: KeyDemand
) -> tuple[tuple[tuple[str, ...], ...], str]:
    """The routes of a demand, and why it has none."""
    topology = scenario.sites
    ends = [topology.site_number[name] for name in demand.ends]
    found = rustworkx.dijkstra_shortest_paths(topology.graph, ends[0], ends[1])
    if ends[1] not in found:
        return (), f"no route joins {' and '.join(demand.ends)}"
    return (tuple(topology.names[k] for k in found[ends[1]]),), ""
