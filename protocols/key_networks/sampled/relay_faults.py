"""Relays of a replica that fail: they pass on no keys of others, and their own keys go on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from functools import lru_cache

from protocols.key_networks.case import KeyNetworkCase
from protocols.key_networks.sampled.conditions import numbered_faults, spells_of

__all__ = ["RelayFaults"]


class RelayFaults:
    """When nodes do not relay.

    Args:
        case: What is played.
        replica: Number of the replica.
        horizon: Time in s up to which it is drawn.
    """

    def __init__(self, case: KeyNetworkCase, replica: int, horizon: float) -> None:
        changes = [
            (time, step, str(fault.node))
            for fault, number in numbered_faults(case)
            if fault.relay_only
            for spell in spells_of(case, fault, number, replica, horizon)
            for time, step in zip(spell, (1, -1), strict=True)
        ]
        self._changes = sorted(changes)
        self._next = 0
        self._down: Counter[str] = Counter()
        self._edges = {
            node: frozenset(k for k, edge in enumerate(case.edges) if node in edge.ends)
            for node in {node for _, _, node in changes}
        }
        self._closed = lru_cache(maxsize=1 << 12)(self._closed_edges)

    @property
    def times(self) -> set[float]:
        """Times in s at which something changes."""
        return {time for time, _, _ in self._changes}

    def go(self, now: float) -> None:
        """From now on, a time in s, it is as at that time."""
        while self._next < len(self._changes) and self._changes[self._next][0] <= now:
            _, step, node = self._changes[self._next]
            self._down[node] += step
            self._next += 1

    def closed_to(self, ends: Collection[str]) -> frozenset[int]:
        """Numbers of the edges that keys between two nodes cannot take now."""
        if not self._changes:
            return frozenset()
        return self._closed(frozenset(n for n, k in self._down.items() if k > 0 and n not in ends))

    def _closed_edges(self, nodes: frozenset[str]) -> frozenset[int]:
        return frozenset().union(*(self._edges[node] for node in nodes))
