"""Routing in one slot: every link is tried once, then its ends know all that came, and swap.

Expectations over all outcomes of the links, by enumeration (the setting of M. Pant et al., npj
Quantum Inf. 5, 25 (2019), doi:10.1038/s41534-019-0139-x, with global knowledge).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import rustworkx

from qnet.errors import EngineError
from qnet.network.network import Network
from qnet.network.routing.path_search import PathSearch, relays
from qnet.states.pauli import Array

__all__ = ["OneSlot", "check_outcomes", "one_slot", "outcomes", "pairs_law"]

#: Most outcomes of all links that are enumerated, and those worked out at a time.
_MOST_OUTCOMES, _AT_A_TIME = 1 << 20, 1 << 16

#: Most subsets of nodes that are tried as cuts, and most paths.
_MOST_CUTS, _MOST_PATHS = 1 << 20, 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class OneSlot:
    """What one slot gives two nodes, on average.

    Args:
        connected: Probability that a path of pairs joins them.
        disjoint_paths: Mean number of paths of pairs that share none: with swaps that all succeed,
            the mean number of pairs that can be delivered.
        one_path: Mean number of pairs if one path, that whose swaps succeed most likely (with equal
            stations one of fewest hops), is swapped: the mean of q^(hops - 1).
    """

    connected: float
    disjoint_paths: float
    one_path: float


def one_slot(network: Network, ends: Sequence[str]) -> OneSlot:
    """Routing in one slot between two nodes: every memory of every link makes one attempt.

    Args:
        network: Nodes and edges; pairs of an edge are as many as its memories that herald one.
        ends: Names of two nodes.

    Raises:
        EngineError: If there are too many outcomes to enumerate: more than 20 links of one memory.

    Examples:
        >>> from qnet.network.network import NetworkEdge, NetworkNode
        >>> from qnet.plans import Link
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(0.98))
        >>> steps = [("A", "B"), ("B", "C"), ("A", "C")]
        >>> network = Network(
        ...     nodes=tuple(NetworkNode(name=name) for name in "ABC"),
        ...     edges=tuple(NetworkEdge(ends=ends, link=link) for ends in steps),
        ... )
        >>> one_slot(network, "AC")
        OneSlot(connected=0.625, disjoint_paths=0.75, one_path=0.625)
    """
    source, target = (network.node_number[end] for end in ends)
    laws = [pairs_law(network, k) for k in range(len(network.edges))]
    check_outcomes(laws)
    cuts = _cuts(network, source, target)
    paths, values = _paths(network, source, target)
    sums = np.zeros(3)
    for pairs, chance in outcomes(laws):
        flow = (pairs @ cuts.T).min(axis=1)
        absent = (pairs == 0.0).astype(float) @ paths.T > 0.5
        value = np.where(absent, 0.0, values).max(axis=1, initial=0.0)
        sums += [chance @ (flow > 0.0), chance @ flow, chance @ value]
    return OneSlot(connected=float(sums[0]), disjoint_paths=float(sums[1]), one_path=float(sums[2]))


def check_outcomes(laws: Sequence[Array], most: int = _MOST_OUTCOMES) -> None:
    """Raise an `EngineError` where links have too many outcomes together to enumerate."""
    if math.prod(map(len, laws)) > most:
        message = (
            f"one slot of {len(laws)} links has more than {most} outcomes to enumerate; "
            "take a smaller network, or play slots with engine='sampled' and controller 'share'"
        )
        raise EngineError(message)


def pairs_law(network: Network, edge: int) -> Array:
    """Probabilities of 0, 1, ... pairs of an edge in one slot."""
    found = network.edges[edge]
    if found.memories is None or found.generation_rate_hz is not None:
        message = (
            f"the link {' - '.join(found.ends)} has no number of attempts in a slot; give its "
            "memories and its success probability"
        )
        raise EngineError(message)
    tried = min(n for n in (found.memories, found.attempts_at_once) if n is not None)
    p = found.link.round_success_probability
    return np.array([math.comb(tried, k) * p**k * (1 - p) ** (tried - k) for k in range(tried + 1)])


def outcomes(laws: Sequence[Array]) -> Iterator[tuple[Array, Array]]:
    """Pairs of each edge (outcomes, edges) and probabilities (outcomes,), some at a time."""
    sizes = [len(law) for law in laws]
    count = math.prod(sizes)
    for begin in range(0, count, _AT_A_TIME):
        rest = np.arange(begin, min(count, begin + _AT_A_TIME))
        pairs = np.empty((len(rest), len(laws)))
        chance = np.ones(len(rest))
        for k, law in enumerate(laws):
            rest, number = np.divmod(rest, sizes[k])
            pairs[:, k] = number
            chance *= law[number]
        yield pairs, chance


def _cuts(network: Network, source: int, target: int) -> Array:
    """Which edges each cut between two nodes crosses (cuts, edges).

    A user between the two relays nothing: it stands on either side, whichever is better, so that
    edges to it cross no cut.
    """
    passes = relays(network)
    inner = [
        k
        for k in rustworkx.node_connected_component(network.graph, source)
        if k not in (source, target) and passes[k]
    ]
    if 1 << len(inner) > _MOST_CUTS:
        message = f"a network of {len(inner)} repeaters has too many cuts to enumerate"
        raise EngineError(message)
    sides = np.array(list(product((False, True), repeat=len(inner))), dtype=bool)
    side = np.zeros((len(sides), len(network.nodes)), dtype=bool)
    side[:, inner], side[:, source] = sides, True
    relevant = {source, target, *inner}
    crossed = np.zeros((len(sides), len(network.edges)))
    for k, edge in enumerate(network.edges):
        one, two = (network.node_number[end] for end in edge.ends)
        if one in relevant and two in relevant:
            crossed[:, k] = side[:, one] != side[:, two]
    return _least(np.unique(crossed, axis=0))


def _least(cuts: Array) -> Array:
    """The cuts that hold no other cut."""
    order = np.argsort(cuts.sum(axis=1), kind="stable")
    found: list[Array] = []
    for cut in cuts[order]:
        if not any((other <= cut).all() for other in found):
            found.append(cut)
    return np.array(found)


def _paths(network: Network, source: int, target: int) -> tuple[Array, Array]:
    """Edges of each path (paths, edges), and the probability that all of its swaps succeed."""
    search = PathSearch.of(network, [1.0] * len(network.edges))
    edges, values = [np.zeros(len(network.edges))], [0.0]
    for found in search.each(source, target):
        names = search.names(found)
        row = np.zeros(len(network.edges))
        row[list(network.edges_of(names))] = 1.0
        edges.append(row)
        values.append(
            math.prod(station.success_probability for station in network.stations_of(names))
        )
        if len(edges) > _MOST_PATHS:
            message = f"two nodes with more than {_MOST_PATHS} paths between them are too many"
            raise EngineError(message)
    return np.array(edges), np.array(values)
