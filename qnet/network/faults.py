"""Faults of a network: when edges and nodes fail, and when they are repaired."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from qnet.network.kernel import MADE
from qnet.network.settings import Fault

if TYPE_CHECKING:
    from qnet.network.network import Network
    from qnet.network.replica import Replica

__all__ = ["edges_that_fail", "fault_spells", "start_faults"]


def edges_that_fail(network: Network, fault: Fault) -> tuple[int, ...]:
    """Numbers of the edges that a fault takes away: one, or all of a node."""
    if fault.edge is not None:
        return (network.edge_number[fault.edge[0], fault.edge[1]],)
    return tuple(k for k, edge in enumerate(network.edges) if fault.node in edge.ends)


class _Failing:
    """A fault as it comes and goes; an edge is down as long as any of its faults is.

    Its times belong to what fails, and to how many faults of the same thing are listed before it.
    """

    def __init__(self, replica: Replica, fault: Fault, number: int, down: list[int]) -> None:
        self.replica, self.down = replica, down
        self.edges = edges_that_fail(replica.case.network, fault)
        begin = -replica.case.run.warm_up_s
        thing = fault.node if fault.edge is None else sorted(fault.edge)
        self._times = fault_spells(fault, begin, replica.stream("fault", thing, number))
        self._schedule()

    def _schedule(self) -> None:
        spell = next(self._times, None)
        if spell is not None:
            self.replica.events.at(spell[0], MADE, self._fail)
            self.replica.events.at(spell[1], MADE, self._repair)

    def _fail(self, _: None) -> None:
        for edge in self.edges:
            self.down[edge] += 1
            if self.down[edge] == 1:
                self.replica.controller.edge_fails(edge)

    def _repair(self, _: None) -> None:
        for edge in self.edges:
            self.down[edge] -= 1
            if self.down[edge] == 0:
                self.replica.controller.edge_works(edge)
        self._schedule()


def fault_spells(
    fault: Fault, begin: float, rng: np.random.Generator
) -> Iterator[tuple[float, float]]:
    """Times in s at which a fault comes and goes, one after the other.

    Args:
        fault: What fails.
        begin: Time in s at which it works for the first time.
        rng: Draws the times, where they come by chance.
    """
    if fault.down_s is not None:
        yield from fault.down_s
        return
    time = begin
    while True:
        time += (fault.mtbf_s or 1.0) * rng.standard_exponential()
        end = time + (fault.mttr_s or 1.0) * rng.standard_exponential()
        yield time, end
        time = end


def start_faults(replica: Replica) -> None:
    """Let the faults of a case come; the replica knows how many hold each edge down."""
    seen: dict[object, int] = {}
    for fault in replica.case.faults:
        thing = fault.node or frozenset(fault.edge or ())
        seen[thing] = seen.get(thing, -1) + 1
        _Failing(replica, fault, seen[thing], replica.down)
