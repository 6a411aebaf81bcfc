"""Maps of what was found when a network was played: how its fibres were used, and the routes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from qnet.errors import ParameterError
from qnet.figures.network_map import network_map
from qnet.network.network import Network
from qnet.network.result import NetworkResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["load_map"]

#: Routes of more demands than this are not drawn unless they are asked for: they would hide one
#: another.
_FEW = 6


def load_map(
    network: Network,
    result: NetworkResult,
    *,
    demands: Iterable[int] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a network as a map, with the loads that were found and the routes of demands.

    Loads are the use of each edge's memories. Where no edge has a limited number of memories,
    widths show the pairs made per second instead.

    Args:
        network: What was played.
        result: What was found.
        demands: Numbers of the demands whose routes are shown, of two ends each. Unless given all
            of them where they are few, and none where they are many or a switch serves any two.
        ax: Where to draw; a new figure when None.

    Raises:
        ParameterError: If there is no demand of such a number.

    Examples:
        >>> from qnet import Link
        >>> from qnet.network import *
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.1, attempt_time_s=1.0, state=werner(0.98))
        >>> ends = ("A", "S"), ("S", "B")
        >>> network = Network(
        ...     nodes=tuple(NetworkNode(name=name) for name in "ASB"),
        ...     edges=tuple(NetworkEdge(ends=each, link=link) for each in ends),
        ... )
        >>> demand = Demand(ends=("A", "B"), arrivals="poisson", rate_hz=0.01)
        >>> run = RunTimes(duration_s=1000.0)
        >>> result = play_network(NetworkCase(network=network, demands=(demand,), run=run))
        >>> ax = load_map(network, result)
        >>> [text.get_text() for text in ax.get_legend().get_texts()][:3]
        ['repeater', 'A to B', 'use of memories']
    """
    uses = {edge.ends: edge.use.best for edge in result.edges if edge.use is not None}
    rates = {e.ends: e.pair_rate_hz.best for e in result.edges if e.pair_rate_hz is not None}
    count = len(result.demands)
    few = count <= _FEW and result.switch is None
    chosen = range(count if few else 0) if demands is None else list(demands)
    for number in chosen:
        if not 0 <= number < count:
            hint = f"there are {count}, counted from 0"
            raise ParameterError("demands", "be numbers of demands", number, hint)
    pairs = [result.demands[k] for k in chosen if len(result.demands[k].ends) == 2]
    return network_map(
        network.topology,
        routes=[route for demand in pairs for route in demand.routes],
        loads={ends: min(use, 1.0) for ends, use in uses.items()},
        load_label="use of memories",
        values=None if uses else rates,
        value_label="pairs made / 1/s",
        ax=ax,
    )
