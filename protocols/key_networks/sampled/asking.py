"""Demands of a replica: what each needs, which ways its keys can go now, and what it got."""

from __future__ import annotations

from collections.abc import Sequence

from protocols.key_networks.case import KeyNetworkCase, RoutedDemand
from protocols.key_networks.routes import RouteFinder, Routes
from protocols.key_networks.sampled.levels import EdgeLevel

__all__ = ["DEMAND_COUNTS", "Asking", "Waiting"]

#: What is counted of a demand, by the block in which a request came: requests, those without a
#: route, that were refused for want of key, gave up, lost their route while they waited, were
#: served, were served at once; seconds that the served ones waited, bits delivered, bits delivered
#: over an edge with a spy on it that had not been noticed; looks at whether a request would be
#: served, and those that found it would.
DEMAND_COUNTS = (
    "asked",
    "no_route",
    "short",
    "gave_up",
    "lost",
    "served",
    "at_once",
    "waiting_s",
    "bits",
    "spied_bits",
    "looks",
    "ready",
)

#: Part of a request that rounding may lack.
_SLACK = 1e-9

Way = tuple[EdgeLevel, ...]


class Asking:
    """A demand in a replica.

    Args:
        case: What is played.
        number: Number of the demand.
        levels: The levels of all edges.
        finder: Finds ways round edges that may not be used.
    """

    def __init__(
        self, case: KeyNetworkCase, number: int, levels: Sequence[EdgeLevel], finder: RouteFinder
    ) -> None:
        self.case, self.number, self.levels, self.finder = case, number, levels, finder
        self.routed: RoutedDemand = case.demands[number]
        self.demand = self.routed.demand
        self.need = float(self.demand.key_bits)
        self.least = self.need * (1.0 - _SLACK)
        self.waits = self.demand.on_shortage == "wait"
        self.picks = case.relay.metric == "load"
        self.needed = case.relay.needed
        #: Bits that went over which routes together, up to now, and in the measured time.
        self.uses: dict[Routes, float] = {}
        self._planned = {k for route in self.routed.routes for k in case.edges_of(route)}
        self._found: dict[frozenset[int], Routes] = {}
        self.go(self.routed.routes)

    def go(self, routes: Routes) -> None:
        """From now on keys take these routes."""
        self.routes = routes
        self.ways: tuple[Way, ...] = tuple(
            tuple(self.levels[k] for k in self.case.edges_of(route)) for route in routes
        )
        wide = [min(s.capacity - s.reserve for s in way) >= self.need for way in self.ways]
        #: Whether a full store of enough routes holds a key.
        self.fits = sum(wide) >= self.needed
        ways = self.ways[:1] if self.picks else self.ways
        if ways and len(ways) == self.needed:
            ways = (tuple(store for way in ways for store in way),)
        #: Stores that a stream drains together: of all ways where it needs all of them.
        self.drained = tuple(frozenset(way) for way in ways)
        single = len(self.ways) == 1 and self.needed == 1
        #: The one way, where there is no choice.
        self.way: Way | None = self.ways[0] if single else None

    def reroute(self, shut: frozenset[int], failed: frozenset[int]) -> bool:
        """Find ways round edges; whether they are others than before.

        Args:
            shut: Numbers of edges that may not be used.
            failed: Numbers of edges that make no key now, and are used only where there is no way
                round.
        """
        routes = self._routes(shut | failed) or self._routes(shut)
        if routes == self.routes:
            return False
        self.go(routes)
        return True

    def _routes(self, without: frozenset[int]) -> Routes:
        if self._planned.isdisjoint(without):
            return self.routed.routes
        if without not in self._found:
            self._found[without] = self.finder.of_demand(self.demand, without)[0]
        return self._found[without]

    def candidates(self, time: float) -> tuple[Way, ...]:
        """The ways that a request would take now: all, or the one with most key.

        Args:
            time: Now, in s.
        """
        if not self.picks or len(self.ways) < 2:
            return self.ways
        for way in self.ways:
            for store in way:
                store.advance(time)
        return (max(self.ways, key=lambda way: min(s.level - s.reserve for s in way)),)

    def names(self, ways: Sequence[Way]) -> Routes:
        """Names of the nodes of ways."""
        return tuple(self.routes[self.ways.index(way)] for way in ways)


class Waiting:
    """A request that waits.

    Args:
        asking: Whose it is.
        time: When it came, in s.
        row: Where it is counted; None outside the measured time.
        ways: Its ways.
    """

    __slots__ = ("asking", "gone", "row", "time", "token", "ways")

    def __init__(
        self, asking: Asking, time: float, row: list[float] | None, ways: tuple[Way, ...]
    ) -> None:
        self.asking, self.time, self.row, self.ways = asking, time, row, ways
        self.gone = False
        #: Number of the wake-up that it waits for.
        self.token = 0

    @property
    def stores(self) -> tuple[EdgeLevel, ...]:
        """The stores of its ways, each once."""
        return tuple(dict.fromkeys(store for way in self.ways for store in way))
