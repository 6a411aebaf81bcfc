"""Ways to make one delivered pair out of elementary pairs, the cheapest at given prices.

A way says how many pairs of each edge a delivered pair takes on average. Flow programmes have one
column for each; there are too many to list, and only those that pay at the prices of the moment are
found: over paths whose swaps are all tried together, and over any order of swaps with storage.
"""

from __future__ import annotations

import heapq
import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qnet.network.bounds.fidelity_losses import FidelityLosses
from qnet.network.network import Network
from qnet.network.routing.path_search import relays
from qnet.states.pauli import Array

__all__ = ["FlowColumn", "FlowDemand", "PathColumns", "SwapColumns", "WaysToDeliver"]

#: A path that is built up: price of its edges; nodes; factor, hops, losses; edges.
_Label = tuple[float, tuple[int, ...], tuple[float, ...], tuple[int, ...]]

#: Sums that differ by less than this share are equal.
_SAME = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowDemand:
    """Two nodes between which pairs are wanted.

    Args:
        ends: Their numbers.
        minimum_fidelity: Least fidelity of a delivered pair, where the ways keep account of it.
        most_hops: Most edges of a path, where the ways are paths.
    """

    ends: tuple[int, int]
    minimum_fidelity: float = 0.0
    most_hops: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class FlowColumn:
    """A way to make a delivered pair.

    Args:
        usage: Pairs of each edge per delivered pair, (edges,).
        nodes: Numbers of the nodes that it leads over, end to end.
        swaps: Where its swaps may be tried one by one, (i, k, j) for each at k; None where all are
            tried together.
    """

    usage: Array
    nodes: tuple[int, ...]
    swaps: tuple[tuple[int, int, int], ...] | None = None


class WaysToDeliver(ABC):
    """The ways of a kind, and the cheapest at given prices.

    Args:
        network: Nodes and edges.
        usable: Whether each edge may be used.
    """

    def __init__(self, network: Network, usable: Sequence[bool]) -> None:
        self.network = network
        number = network.node_number
        self.ends = [(number[e.ends[0]], number[e.ends[1]]) for e in network.edges]
        self.usable = usable
        self.relays = relays(network)
        self.swap_success = np.array(
            [node.station.success_probability for node in network.nodes], dtype=float
        )

    @abstractmethod
    def cheapest(self, prices: Array, demands: Sequence[FlowDemand]) -> list[FlowColumn | None]:
        """The cheapest way of each demand, None where there is none.

        Args:
            prices: Of a pair of each edge (edges,), all above 0.
            demands: What is to be delivered.
        """


class PathColumns(WaysToDeliver):
    """Paths whose swaps are all tried together: q^-(hops - 1) pairs of each edge per delivery.

    The price of a path is a sum over its edges times a product over its inner nodes, so that the
    cheapest is one of those that no other path beats in both (and in fidelity, where one is asked
    for); these are built up node by node.
    """

    def __init__(self, network: Network, usable: Sequence[bool]) -> None:
        super().__init__(network, usable)
        self.losses = FidelityLosses(network)
        self.steps: list[list[tuple[int, int]]] = [[] for _ in network.nodes]
        for k, (one, two) in enumerate(self.ends):
            if usable[k]:
                self.steps[one].append((two, k))
                self.steps[two].append((one, k))

    def cheapest(self, prices: Array, demands: Sequence[FlowDemand]) -> list[FlowColumn | None]:
        """The cheapest path of each demand."""
        known: dict[FlowDemand, FlowColumn | None] = {}
        for demand in demands:
            if demand not in known:
                known[demand] = self._cheapest(prices.tolist(), demand)
        return [known[demand] for demand in demands]

    def _cheapest(self, prices: list[float], demand: FlowDemand) -> FlowColumn | None:
        source, target = demand.ends
        counted = demand.minimum_fidelity > 0.25
        best = math.inf
        found: tuple[tuple[int, ...], tuple[int, ...], float] | None = None
        kept: dict[int, list[tuple[float, ...]]] = {}
        heap: list[_Label] = [(0.0, (source,), (1.0, 0.0) + (0.0,) * 3 * counted, ())]
        while heap:
            cost, nodes, more, edges = heapq.heappop(heap)
            node, factor = nodes[-1], more[0]
            if cost * factor >= best * (1.0 - _SAME):
                continue
            judged = more if counted or demand.most_hops is not None else more[:1]
            if _is_beaten(judged, kept.setdefault(node, [])):
                continue
            kept[node].append(judged)
            if node == target:
                best, found = cost * factor, (nodes, edges, factor)
                continue
            if node != source:
                if not self.relays[node] or self.swap_success[node] == 0.0:
                    continue
                factor /= float(self.swap_success[node])
            for other, k in self.steps[node]:
                further = self._further(demand, more, (factor, node if node != source else -1, k))
                if other not in nodes and further is not None:
                    ahead = (cost + prices[k], (*nodes, other), further, (*edges, k))
                    heapq.heappush(heap, ahead)
        if found is None:
            return None
        usage = np.zeros(len(prices))
        usage[list(found[1])] = found[2]
        return FlowColumn(usage, found[0])

    def _further(
        self, demand: FlowDemand, more: tuple[float, ...], step: tuple[float, int, int]
    ) -> tuple[float, ...] | None:
        """Factor, hops and losses one edge further; None where no path is allowed any more."""
        factor, node, edge = step
        hops = more[1] + 1.0
        if demand.most_hops is not None and hops > demand.most_hops:
            return None
        if len(more) == 2:
            return factor, hops
        losses = self.losses.after(more[2:], node, edge)
        if not self.losses.reach(losses, demand.minimum_fidelity):
            return None
        return factor, hops, *losses


def _is_beaten(judged: tuple[float, ...], kept: Sequence[tuple[float, ...]]) -> bool:
    """Whether another way, which costs no more, is as good in every other respect."""
    return any(
        all(other <= one * (1.0 + _SAME) for one, other in zip(judged, each, strict=True))
        for each in kept
    )


class SwapColumns(WaysToDeliver):
    """Any order of swaps, each tried once both of its pairs are stored.

    The cheapest pair of i and j is one of their edge, or a swap at k of the cheapest pairs of i and
    k, and of k and j: ``D_ij = min(price, min_k (D_ik + D_kj)/q_k)``. A swap costs no less than
    what it is made of, so that the least costs are found as shortest paths are (D. E. Knuth, Inf.
    Process. Lett. 6, 1 (1977), doi:10.1016/0020-0190(77)90002-3).
    """

    def cheapest(self, prices: Array, demands: Sequence[FlowDemand]) -> list[FlowColumn | None]:
        """The cheapest order of swaps of each demand."""
        costs, via = self._pairs(prices)
        edge_of = {tuple(sorted(ends)): k for k, ends in enumerate(self.ends)}
        known: dict[tuple[int, int], FlowColumn | None] = {}
        for demand in demands:
            one, two = demand.ends
            if (one, two) not in known:
                found = None
                if np.isfinite(costs[one, two]):
                    found = self._column(one, two, via, edge_of)
                known[one, two] = found
        return [known[demand.ends] for demand in demands]

    def _pairs(self, prices: Array) -> tuple[Array, Array]:
        """Least cost of a pair of any two nodes (n, n), and where it is swapped; -1 for an edge."""
        size = len(self.network.nodes)
        costs, via = np.full((size, size), np.inf), np.full((size, size), -1)
        for (one, two), price, usable in zip(self.ends, prices, self.usable, strict=True):
            if usable:
                costs[one, two] = costs[two, one] = price
        joined = np.isfinite(costs).any(axis=1)
        relays = [joined[k] and self.relays[k] for k in range(size)]
        nodes = [k for k in range(size) if relays[k] and self.swap_success[k] > 0.0]
        changed = True
        while changed:
            changed = False
            for k in nodes:
                swapped = (costs[:, k, None] + costs[None, k, :]) / self.swap_success[k]
                np.fill_diagonal(swapped, np.inf)
                better = swapped < costs * (1.0 - _SAME)
                if better.any():
                    changed = True
                    costs[better], via[better] = swapped[better], k
        return costs, via

    def _column(
        self, one: int, two: int, via: Array, edge_of: dict[tuple[int, ...], int]
    ) -> FlowColumn:
        usage = np.zeros(len(self.ends))
        nodes, swaps = [one], []
        stack = [(one, two, 1.0)]
        while stack:
            left, right, amount = stack.pop()
            k = int(via[left, right])
            if k < 0:
                usage[edge_of[min(left, right), max(left, right)]] += amount
                nodes.append(right)
            else:
                swaps.append((min(left, right), k, max(left, right)))
                amount /= float(self.swap_success[k])
                stack += [(k, right, amount), (left, k, amount)]
        return FlowColumn(usage, tuple(nodes), tuple(dict.fromkeys(swaps)))
