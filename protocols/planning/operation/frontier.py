"""Frontier of a failing graph: the law of how its nodes are joined, edge after edge.

The frontier is the nodes with edges that are gone through and edges that are not. Of all that was
gone through, only which of them are up and joined matters for what follows, so states with the same
frontier are merged: factoring of a network with equal subnetworks worked out once (J. Carlier,
C. Lucet, Discrete Appl. Math. 65, 141 (1996), doi:10.1016/0166-218X(95)00032-M).
"""

from __future__ import annotations

import heapq
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Elements", "connected_mass"]

#: An edge: its ends, its probability to work, its shared risks.
Edge = tuple[tuple[Hashable, Hashable], float, frozenset[Hashable]]

#: Blocks of the frontier: a node that is down; those of the two ends; the first of all others.
_DOWN, _SOURCE, _TARGET, _OTHER = -1, 0, 1, 2

#: Blocks of the nodes of the frontier, then the states of the open risks.
_State = tuple[int, ...]

#: First nodes that are tried for an order of the edges.
_MOST_STARTS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Elements:
    """What a graph is made of.

    Args:
        edges: The edges.
        nodes: Probability that each node works; 1 where none is given.
        risks: Probability that each shared risk does not happen; 1 where none is given.
    """

    edges: Sequence[Edge]
    nodes: Mapping[Hashable, float]
    risks: Mapping[Hashable, float]


def connected_mass(
    elements: Elements, source: Hashable, target: Hashable, most_states: int
) -> tuple[float, float]:
    """Probability that two nodes are joined, and that of the states that were left out.

    Args:
        elements: The graph.
        source: One of the two nodes.
        target: The other.
        most_states: Most states that are gone on with, the most probable ones.

    Examples:
        >>> edges = ((("s", "a"), 0.9, frozenset()), (("a", "t"), 0.8, frozenset()))
        >>> mass, left = connected_mass(Elements(edges=edges, nodes={}, risks={}), "s", "t", 10)
        >>> round(mass, 12), left
        (0.72, 0.0)
    """
    ends = {end for edge in elements.edges for end in edge[0]}
    if source not in ends or target not in ends:
        return 0.0, 0.0
    return _Sweep(elements, source, target).run(most_states)


class _Sweep:
    """A walk over the edges, with the law of the frontier.

    Args:
        elements: The graph.
        source: One of the two nodes.
        target: The other.
    """

    def __init__(self, elements: Elements, source: Hashable, target: Hashable) -> None:
        self.elements = elements
        self.edges = _best_order(elements.edges, source)
        self.blocks = {source: _SOURCE, target: _TARGET}
        self.last: dict[Hashable, int] = {}
        for k, (ends, _, risks) in enumerate(self.edges):
            self.last |= dict.fromkeys([("node", end) for end in ends], k)
            self.last |= dict.fromkeys([("risk", risk) for risk in risks], k)
        #: Things of the frontier, in the order of a state.
        self.open: list[tuple[str, Hashable]] = []
        self.law: dict[_State, float] = {(): 1.0}
        self.joined = self.left = 0.0

    def run(self, most_states: int) -> tuple[float, float]:
        """Probability that the ends are joined, and of what was left out."""
        for k, edge in enumerate(self.edges):
            self._enter(edge)
            self._pass(edge)
            self._leave(k)
            if len(self.law) > most_states:
                kept = heapq.nlargest(most_states, self.law.items(), key=lambda item: item[1])
                self.left += sum(self.law.values()) - sum(mass for _, mass in kept)
                self.law = dict(kept)
        return self.joined, self.left

    def _enter(self, edge: Edge) -> None:
        """Factor on what comes into the frontier with an edge."""
        for place in [("node", end) for end in edge[0]] + [("risk", risk) for risk in edge[2]]:
            if place in self.open:
                continue
            self.open.append(place)
            kind, name = place
            chances = self.elements.nodes if kind == "node" else self.elements.risks
            up = chances.get(name, 1.0)
            # A new block has a number that no other has: labels are made canonical on leaving.
            block = self.blocks.get(name, _OTHER + len(self.open)) if kind == "node" else 1
            down = _DOWN if kind == "node" else 0
            law: dict[_State, float] = {}
            for state, mass in self.law.items():
                if up > 0.0:
                    law[(*state, block)] = mass * up
                if up < 1.0:
                    law[(*state, down)] = mass * (1.0 - up)
            self.law = law

    def _pass(self, edge: Edge) -> None:
        """Factor on the state of an edge."""
        ends, up, risks = edge
        one, two = (self.open.index(("node", end)) for end in ends)
        needed = [self.open.index(("risk", risk)) for risk in risks]
        is_node = [kind == "node" for kind, _ in self.open]
        law: dict[_State, float] = {}
        for state, mass in self.law.items():
            a, b = sorted((state[one], state[two]))
            if a in (_DOWN, b) or not all(state[k] for k in needed):
                law[state] = law.get(state, 0.0) + mass
                continue
            if up < 1.0:
                law[state] = law.get(state, 0.0) + mass * (1.0 - up)
            if (a, b) == (_SOURCE, _TARGET):
                self.joined += mass * up
                continue
            met = tuple(
                a if node and block == b else block
                for block, node in zip(state, is_node, strict=True)
            )
            law[met] = law.get(met, 0.0) + mass * up
        self.law = law

    def _leave(self, k: int) -> None:
        """Forget what no later edge needs, and states that can no longer join the ends."""
        stays = [self.last[place] > k for place in self.open]
        is_node = [kind == "node" for kind, _ in self.open]
        seen = {
            self.blocks[name] for kind, name in self.open if name in self.blocks and kind == "node"
        }
        self.open = [place for place, stay in zip(self.open, stays, strict=True) if stay]
        nodes = [node for node, stay in zip(is_node, stays, strict=True) if stay]
        law: dict[_State, float] = {}
        for state, mass in self.law.items():
            short = [value for value, stay in zip(state, stays, strict=True) if stay]
            there = {value for value, node in zip(short, nodes, strict=True) if node}
            if not seen <= there:
                continue
            key = _canonical(short, nodes)
            law[key] = law.get(key, 0.0) + mass
        self.law = law


def _canonical(state: Sequence[int], nodes: Sequence[bool]) -> _State:
    """The state with the blocks numbered in the order in which they come."""
    names: dict[int, int] = {}
    return tuple(
        names.setdefault(value, _OTHER + len(names)) if node and value >= _OTHER else value
        for value, node in zip(state, nodes, strict=True)
    )


def _best_order(edges: Sequence[Edge], source: Hashable) -> list[Edge]:
    """An order of the edges in which few nodes and risks are open at once."""
    at: dict[Hashable, list[int]] = {}
    for k, (ends, _, _) in enumerate(edges):
        for end in ends:
            at.setdefault(end, []).append(k)
    starts = [source, *(node for node in at if node != source)][:_MOST_STARTS]
    orders = [list(_order(edges, at, start)) for start in starts]
    best = min(orders, key=lambda order: _width(edges, order))
    return [edges[k] for k in best]


def _order(
    edges: Sequence[Edge], at: Mapping[Hashable, Sequence[int]], start: Hashable
) -> Iterator[int]:
    """Numbers of the edges when nodes are closed one by one, the cheapest next."""
    passed: set[int] = set()
    open_nodes, closed = {start}, set[Hashable]()
    while len(closed) < len(at):
        if not open_nodes:
            open_nodes.add(next(node for node in at if node not in closed))

        def entered(node: Hashable) -> int:
            ends = {end for k in at[node] if k not in passed for end in edges[k][0]}
            return len(ends - open_nodes)

        node = min(open_nodes, key=lambda node: (entered(node), len(at[node]), str(node)))
        for k in at[node]:
            if k not in passed:
                passed.add(k)
                open_nodes.update(edges[k][0])
                yield k
        open_nodes.discard(node)
        closed.add(node)


def _width(edges: Sequence[Edge], order: Sequence[int]) -> float:
    """About how many states an order opens, in all."""
    last: dict[Hashable, int] = {}
    for place, k in enumerate(order):
        last |= dict.fromkeys([*edges[k][0], *edges[k][2]], place)
    open_things: set[Hashable] = set()
    total = 0.0
    for place, k in enumerate(order):
        open_things.update([*edges[k][0], *edges[k][2]])
        total += 3.0 ** len(open_things)
        open_things = {thing for thing in open_things if last[thing] > place}
    return total
