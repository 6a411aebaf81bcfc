"""Flows of pairs through a network: over paths, and by stationary swapping with storage."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from qnet.errors import ParameterError, check_one_of
from qnet.network.bounds.fibre import edges_between, max_flow
from qnet.network.bounds.flow_columns import (
    FlowDemand,
    PathColumns,
    SwapColumns,
    WaysToDeliver,
)
from qnet.network.bounds.programme import FlowProgramme, Flows
from qnet.network.network import Network
from qnet.states.pauli import Array

__all__ = ["WAYS", "flow_programme", "nodes_between", "path_flow", "stationary_flow", "sure_flow"]

#: Ways to deliver pairs by name.
WAYS: dict[str, type[WaysToDeliver]] = {"path": PathColumns, "stationary": SwapColumns}


def flow_programme(
    network: Network,
    ends: Sequence[Sequence[str]],
    ways: str = "stationary",
    *,
    minimum_fidelity: Sequence[float] | float = 0.0,
    most_hops: int | None = None,
) -> FlowProgramme:
    """The flow programme of demands for pairs that share a network's links.

    Args:
        network: Nodes and edges; an edge makes ``NetworkEdge.pair_rate_hz`` at most.
        ends: Two names of nodes for each demand.
        ways: ``stationary`` (any order of swaps, with ideal storage) or ``path`` (all swaps of a
            path at once, no storage).
        minimum_fidelity: Of ``path``: least fidelity of a demand's pairs when nothing is stored.
        most_hops: Of ``path``: most edges of a path.

    Raises:
        ParameterError: If a demand has other than two different ends, or the ways are unknown.

    Examples:
        >>> from qnet.network.network import NetworkEdge, NetworkNode
        >>> from qnet.plans import Link, Station
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.1, attempt_time_s=0.1, state=werner(0.98))
        >>> half = Station(success_probability=0.5, perfect=True)
        >>> steps = [("A", "B"), ("B", "C"), ("C", "D"), ("D", "E")]
        >>> network = Network(
        ...     nodes=tuple(NetworkNode(name=name, station=half) for name in "ABCDE"),
        ...     edges=tuple(NetworkEdge(ends=ends, link=link) for ends in steps),
        ... )
        >>> stationary = flow_programme(network, ["AE"]).most_in_total()
        >>> path = flow_programme(network, ["AE"], "path").most_in_total()
        >>> stationary.total_hz, path.total_hz
        (0.25, 0.125)
    """
    check_one_of("ways", ways, WAYS)
    count = len(ends)
    least = np.broadcast_to(np.asarray(minimum_fidelity, dtype=float), (count,)).tolist()
    demands = []
    for pair, fidelity in zip(ends, least, strict=True):
        if len(pair) != 2 or pair[0] == pair[1]:
            raise ParameterError("ends", "be two different nodes", tuple(pair), "name two nodes")
        one, two = (network.node_number[end] for end in pair)
        demands.append(FlowDemand(ends=(one, two), minimum_fidelity=fidelity, most_hops=most_hops))
    capacities = np.array([edge.pair_rate_hz for edge in network.edges])
    usable = _usable(network, capacities, demands, ways)
    return FlowProgramme(WAYS[ways](network, usable.tolist()), capacities, demands)


def _usable(
    network: Network, capacities: Array, demands: Sequence[FlowDemand], ways: str
) -> npt.NDArray[np.bool_]:
    """Which edges may be used: those that make pairs; of one demand, those between its ends."""
    usable = capacities > 0.0
    if len(demands) == 1 and (ways == "path" or _swaps_alike(network)):
        # Only with equal swaps a detour with a stop-over never pays.
        between = np.zeros(len(usable), dtype=bool)
        between[edges_between(network, *demands[0].ends)] = True
        usable &= between
    return usable


def sure_flow(network: Network, ends: Sequence[str]) -> float | None:
    """Most pairs/s between two nodes where every swap succeeds: the maximum flow of the links.

    No swap loses a pair across a cut, nor makes one: all flows are then those of the links.

    Args:
        network: Nodes and edges.
        ends: Names of two nodes.

    Returns:
        Pairs/s; None if some swap may fail.
    """
    if any(n.station.success_probability < 1.0 for n in network.nodes if n.kind != "user"):
        return None
    number = network.node_number
    source, target = (number[end] for end in ends)
    links = [network.edges[k] for k in edges_between(network, source, target)]
    rates = {(number[e.ends[0]], number[e.ends[1]]): e.pair_rate_hz for e in links}
    return max_flow(rates, source, target)


def nodes_between(network: Network, source: int, target: int) -> int:
    """Number of nodes that count in the stationary flow between two."""
    if not _swaps_alike(network):
        return len(network.nodes)
    edges = edges_between(network, source, target)
    return len({end for k in edges for end in network.edges[k].ends})


def _swaps_alike(network: Network) -> bool:
    chances = {n.station.success_probability for n in network.nodes if n.kind != "user"}
    return len(chances) <= 1


def stationary_flow(network: Network, ends: Sequence[str]) -> Flows:
    """Most pairs/s between two nodes that any controller can deliver which makes pairs by swapping.

    The rates at which pairs of nodes i and j are made, swapped and delivered balance (W. Dai,
    T. Peng, M. Z. Win, IEEE J. Sel. Areas Commun. 38, 540 (2020)):
    c_ij + sum over k of q_k s_ikj >= what swaps consume of them + what is delivered, for any
    storage.

    Args:
        network: Nodes and edges.
        ends: Names of two nodes.

    Raises:
        ParameterError: If the ends are not two different nodes.
    """
    return flow_programme(network, [ends]).most_in_total()


def path_flow(
    network: Network,
    ends: Sequence[str],
    *,
    minimum_fidelity: float = 0.0,
    most_hops: int | None = None,
) -> Flows:
    """Most pairs/s between two nodes where all swaps of a path are tried at once.

    A path of n links takes 1/(q_1 ... q_(n-1)) pairs of each per delivered pair, as in K.
    Chakraborty, D. Elkouss, B. Rijsman, S. Wehner, IEEE Trans. Quantum Eng. 1, 4101321 (2020),
    doi:10.1109/TQE.2020.3028172. What is stored between swaps can do better: no bound.

    Args:
        network: Nodes and edges.
        ends: Names of two nodes.
        minimum_fidelity: Least fidelity of the pairs, swapped when fresh: it limits the paths.
        most_hops: Most edges of a path.

    Raises:
        ParameterError: If the ends are not two different nodes.
    """
    programme = flow_programme(
        network, [ends], "path", minimum_fidelity=minimum_fidelity, most_hops=most_hops
    )
    return programme.most_in_total()
