"""Case of a key network, resolved: edges that fill stores, demands with routes, faults, spies."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from protocols.key_networks.demand import KeyDemand
from protocols.key_networks.tables import (
    AlarmTable,
    InterceptTable,
    KeyNodeTable,
    RelayTable,
    StoreTable,
)
from qnet.hardware import TimeShare
from qnet.metrics.security import SecurityClaim
from qnet.network import Fault, RunTimes
from qnet.schema import key

__all__ = ["KeyDelivery", "EdgeSpan", "Fill", "KeyEdge", "KeyNetworkCase", "RoutedDemand", "Turn"]


class KeyDelivery(NamedTuple):
    """Key that comes at once, such as that of a satellite's pass.

    Args:
        time_s: When it comes, in s of the measured time.
        bits: How much.
        chance: Probability that it comes at all, each by itself.
    """

    time_s: float
    bits: float
    chance: float = 1.0


@dataclass(frozen=True, slots=True)
class Turn:
    """Turn of an edge at a device that several edges share.

    Args:
        plan: Turns of all of them.
        number: Which one is this edge's.

    Examples:
        >>> Turn(TimeShare((50.0, 50.0), 10.0), 1).share
        0.4
    """

    plan: TimeShare
    number: int

    @property
    def share(self) -> float:
        """Share of the time in which the edge makes key."""
        return self.plan.share(self.number)

    def windows(self, begin: float, end: float) -> Iterator[tuple[float, float]]:
        """Times in s in which the edge makes key."""
        return self.plan.windows(self.number, begin, end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """How key comes to a store.

    Args:
        kind: ``continuous``, ``poisson``, ``blocks`` or ``schedule``.
        rate_hz: Secret bits per second, on average; of a schedule those that come, or can come,
            within the measured time.
        amount_bits: Bits of a unit or a block; 0 of other fills.
        schedule: Of ``schedule``: when key comes, how much, and with which chance.
        turn: When the edge has the device that it shares with others; always unless given.

    Examples:
        >>> Fill(kind="blocks", rate_hz=2.0, amount_bits=10).period_s
        5.0
    """

    kind: str
    rate_hz: float
    amount_bits: int = 0
    schedule: tuple[KeyDelivery, ...] = key((), quiet=True)
    turn: Turn | None = key(None, quiet=True)

    @property
    def working_hz(self) -> float:
        """Secret bits per second while the edge makes key."""
        return self.rate_hz if self.turn is None else self.rate_hz / self.turn.share

    @property
    def period_s(self) -> float:
        """Mean time in s from a unit or block to the next while key is made; 0 of other fills."""
        if self.kind in ("continuous", "schedule"):
            return 0.0
        return math.inf if self.rate_hz == 0.0 else self.amount_bits / self.working_hz


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeSpan:
    """An edge as routes see it, whatever key it makes.

    Args:
        ends: Names of its nodes.
        length_km: Its length; None where none is given.
    """

    ends: tuple[str, str]
    length_km: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEdge(EdgeSpan):
    """An edge, and the store of key that it fills, the same at both ends.

    Args:
        ends: Names of its nodes.
        length_km: Its length; None where none is given.
        fill: How key comes to the store.
        store: Its size and its content at the beginning.
        qber: Error rate of the undisturbed edge.
        test_bits_hz: Bits per second that are compared.
        security: What its bits claim.
    """

    fill: Fill
    store: StoreTable
    qber: float
    test_bits_hz: float
    security: SecurityClaim


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutedDemand:
    """A demand with the routes that its keys take.

    Args:
        demand: Who asks for which keys, when.
        routes: Names of the nodes of each route, node-disjoint; one of several candidates is taken
            at a time where the metric is ``load``.
        reason: Why it has no route; empty otherwise.
    """

    demand: KeyDemand
    routes: tuple[tuple[str, ...], ...]
    reason: str = ""

    @property
    def relays(self) -> tuple[str, ...]:
        """Names of the nodes between its ends, on any of its routes, in order."""
        return tuple(dict.fromkeys(node for route in self.routes for node in route[1:-1]))


@dataclass(frozen=True, kw_only=True)
class KeyNetworkCase:
    """All that the engines play.

    Args:
        node_tables: The nodes.
        edges: The edges.
        demands: The demands with their routes.
        relay: How keys get over trusted nodes.
        alarm: When an edge stops.
        attacks: Spies on edges.
        faults: What fails.
        run: How long it is played, and how often.
        seed: Seed of the run.
    """

    node_tables: tuple[KeyNodeTable, ...]
    edges: tuple[KeyEdge, ...]
    demands: tuple[RoutedDemand, ...]
    relay: RelayTable
    alarm: AlarmTable
    attacks: tuple[InterceptTable, ...]
    faults: tuple[Fault, ...]
    run: RunTimes
    seed: int

    @property
    def nodes(self) -> tuple[str, ...]:
        """Names of the nodes."""
        return tuple(node.name for node in self.node_tables)

    @cached_property
    def edge_number(self) -> dict[tuple[str, str], int]:
        """Number of each edge by its two nodes, in both directions."""
        found = {}
        for k, edge in enumerate(self.edges):
            found[edge.ends] = found[edge.ends[::-1]] = k
        return found

    def edges_of(self, route: tuple[str, ...]) -> tuple[int, ...]:
        """Numbers of the edges of a route."""
        return tuple(self.edge_number[one, two] for one, two in pairwise(route))
