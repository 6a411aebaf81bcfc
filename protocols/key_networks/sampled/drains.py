"""Drains of stores by one-time pads: bit after bit, and what they get when key is short."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from protocols.key_networks.sampled.asking import DEMAND_COUNTS, Asking
from protocols.key_networks.sampled.levels import EdgeLevel
from qnet.network.kernel import MADE

if TYPE_CHECKING:
    from protocols.key_networks.sampled.replica import KeyReplica

__all__ = ["Drains", "shares"]

_COUNTED = tuple(
    DEMAND_COUNTS.index(name)
    for name in ("asked", "short", "no_route", "served", "bits", "looks", "ready", "spied_bits")
)

#: A share this close to all is all.
_ALL = 1.0 - 1e-12


def shares(
    flows: list[tuple[float, frozenset[EdgeLevel]]], limits: dict[EdgeLevel, float]
) -> list[float]:
    """Share of its rate that each flow gets: all alike, until a store has no more to give.

    Where a store is dry, what it is filled with is shared in proportion to what is wanted; who is
    held back elsewhere leaves his part to the others.

    Args:
        flows: Rate in bit/s, and the stores that it drains.
        limits: Bits per second that a store can give, of those that are dry.
    """
    found, left = [1.0] * len(flows), dict(limits)
    open_flows = {k for k, (_, stores) in enumerate(flows) if not left.keys().isdisjoint(stores)}
    level = 0.0
    while open_flows:
        wanted = {s: 0.0 for s in left}
        for k in open_flows:
            for store in flows[k][1]:
                if store in wanted:
                    wanted[store] += flows[k][0]
        steps = {s: left[s] / rate for s, rate in wanted.items() if rate > 0.0}
        tight = min(steps, key=lambda s: steps[s], default=None)
        if tight is None or level + steps[tight] >= 1.0:
            break
        step = steps[tight]
        level += step
        for store, rate in wanted.items():
            left[store] = max(left[store] - step * rate, 0.0)
        for k in [k for k in open_flows if tight in flows[k][1]]:
            found[k] = level
            open_flows.discard(k)
    return found


class Drains:
    """The streams of a replica, each with the share of its rate that it gets.

    Args:
        replica: The replica.
    """

    def __init__(self, replica: KeyReplica) -> None:
        self.replica = replica
        self.streams = [each for each in replica.askings if each.demand.is_stream]
        self.share = {each: 0.0 for each in self.streams}
        self._at = replica.events.now
        self._token = 0
        self._is_spied = bool(replica.case.attacks)
        self._drained: set[EdgeLevel] = set()

    def count(self, time: float) -> None:
        """Count what streams got up to a time in s."""
        span, self._at = time - self._at, time
        rows = self.replica.rows
        if rows is None or span <= 0.0:
            return
        for stream in self.streams:
            row, share = rows[stream.number], self.share[stream]
            keys = stream.demand.key_rate_hz * span / stream.need
            spied = self._is_spied and any(
                s.attacked and s.drain > 0.0 for way in stream.ways for s in way
            )
            lost = (1.0 - share) * keys
            values = (
                keys,
                lost if stream.ways else 0.0,
                0.0 if stream.ways else lost,
                share * keys,
                share * keys * stream.need,
                span,
                span * (share >= _ALL),
                share * keys * stream.need * spied,
            )
            for place, value in zip(_COUNTED, values, strict=True):
                row[place] += value
            if stream.routes and share > 0.0:
                names = stream.routes[:1] if stream.picks else stream.routes
                stream.uses[names] = stream.uses.get(names, 0.0) + share * keys * stream.need

    def settle(self, time: float) -> None:
        """Work out what each stream gets from now on.

        Args:
            time: Now, in s.
        """
        if not self.streams:
            return
        self.count(time)
        flows, whose = self._flows()
        stores = {store for _, each in flows for store in each}
        for store in stores | self._drained:
            store.advance(time)
        # Relative to what rounding leaves, a store is dry from a hair above its reserve on.
        limits = {store: store.rate for store in stores if store.is_dry}
        found = shares(flows, limits)
        drains = dict.fromkeys(stores | self._drained, 0.0)
        parts: dict[Asking, list[float]] = {each: [] for each in self.streams}
        for (rate, each), stream, share in zip(flows, whose, found, strict=True):
            parts[stream].append(share)
            for store in each:
                drains[store] += share * rate
        for stream, got in parts.items():
            # One flow stands for all ways where all are needed.
            needed = 1 if len(got) == 1 else stream.needed
            self.share[stream] = sorted(got, reverse=True)[needed - 1] if got else 0.0
        changed = [store for store, drain in drains.items() if store.drain != drain]
        for store, drain in drains.items():
            store.drain = drain
        self._drained = {store for store in stores if store.drain > 0.0}
        self._schedule(stores)
        self.replica.queues.touch(changed)

    def _flows(self) -> tuple[list[tuple[float, frozenset[EdgeLevel]]], list[Asking]]:
        """What drains which stores together: all ways of a stream where it needs all of them."""
        flows, whose = [], []
        for stream in self.streams:
            rate = stream.demand.key_rate_hz
            for stores in stream.drained:
                flows.append((rate, stores))
                whose.append(stream)
        return flows, whose

    def _schedule(self, stores: set[EdgeLevel]) -> None:
        """Settle again when a store runs dry, or is dry no more."""
        self._token += 1
        at = min((store.turns_at() for store in stores), default=math.inf)
        if at <= self.replica.last:
            at = max(at, math.nextafter(self.replica.events.now, math.inf))
            self.replica.events.at(at, MADE, self._again, self._token)

    def _again(self, token: int) -> None:
        if token == self._token:
            self.settle(self.replica.events.now)
