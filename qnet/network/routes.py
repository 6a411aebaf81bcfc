"""Routes of demands: candidates, their figures, and the choice among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qnet.engines.result import Key
from qnet.estimate import Estimate
from qnet.network.demand import Demand
from qnet.network.network import Network
from qnet.network.settings import ControllerSettings

__all__ = ["RouteChoice", "RouteFigures", "choose_routes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteFigures:
    """A route and what it is worth.

    Args:
        route: Names of its nodes.
        length_km: Its length; None where an edge has none.
        delivery_time_s: Mean time to a pair.
        fidelity: Mean fidelity of its pairs.
        secret_key_rate_hz: Secret bits per second.
    """

    route: tuple[str, ...]
    length_km: float | None = None
    delivery_time_s: Estimate | None = None
    fidelity: Estimate | None = None
    secret_key_rate_hz: Estimate | None = None

    @property
    def hops(self) -> int:
        """Number of its edges."""
        return len(self.route) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteChoice:
    """What was considered for a demand, and what it takes.

    Args:
        ends: Names of its ends.
        considered: The candidates.
        routes: Those that it takes, best first; none where it has none.
        reason: Why it has none, a sentence; empty where it has one.
    """

    ends: tuple[str, ...]
    considered: tuple[RouteFigures, ...]
    routes: tuple[tuple[str, ...], ...]
    reason: str = ""


def choose_routes(
    network: Network, demands: Sequence[Demand], controller: ControllerSettings, key: Key
) -> tuple[RouteChoice, ...]:
    """The routes of each demand, found as the controller's settings say."""
    import rustworkx

    found = []
    for demand in demands:
        first, last = (network.node_number[end] for end in (demand.ends[0], demand.ends[-1]))
        paths = rustworkx.dijkstra_shortest_paths(network.graph, first, target=last)
        names = [network.nodes[k].name for k in paths[last]] if last in paths else []
        routes = (tuple(names),) if names else ()
        reason = "" if names else f"no route joins {' and '.join(demand.ends)}"
        figures = tuple(RouteFigures(route=r, length_km=network.length_km(r)) for r in routes)
        found.append(
            RouteChoice(ends=demand.ends, considered=figures, routes=routes, reason=reason)
        )
    return tuple(found)
