"""Levels of the key stores of edges: exact between events, whatever fills and drains them.

A level is worked out when it is asked for. Between two events it is a line, cut at the capacity;
its integral and the time without key are added up on the way.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Any

from protocols.key_networks.case import KeyEdge
from protocols.key_networks.sampled.ageing import AgedBits
from protocols.key_networks.sampled.conditions import SHUT, EdgeConditions, Spell
from protocols.key_networks.sampled.gains import Gains

__all__ = ["EDGE_COUNTS", "AgeingLevel", "EdgeLevel", "edge_level"]

#: What is counted of an edge: bits made, that did not fit, that were used, that grew too old; bit
#: seconds stored, and seconds without a bit that may be taken.
EDGE_COUNTS = ("made", "dropped", "used", "expired", "bit_s", "dry_s")

#: Bits that are none beside the reserve: what rounding leaves.
NOTHING = 1e-6


class EdgeLevel:
    """The content of the store of an edge, and what became of the bits that were made.

    Args:
        edge: The edge.
        conditions: What befalls it.
        gains: What comes to it in units or blocks.
    """

    __slots__ = (
        "at",
        "attacked",
        "bit_s",
        "capacity",
        "drain",
        "dropped",
        "dry_s",
        "edge",
        "expired",
        "gains",
        "level",
        "made",
        "queue",
        "rate",
        "reserve",
        "short",
        "shut",
        "used",
    )

    def __init__(self, edge: KeyEdge, conditions: EdgeConditions, gains: Gains) -> None:
        store = edge.store
        self.edge, self.gains = edge, gains
        self.at = conditions.spells[0].begin
        self.level = float(store.initial_bits)
        self.capacity = math.inf if store.capacity_bits is None else float(store.capacity_bits)
        self.reserve = float(store.reserve_bits)
        self.made = self.dropped = self.used = self.expired = self.bit_s = self.dry_s = 0.0
        #: Bits per second that streams take.
        self.drain = 0.0
        #: Requests that found too little here.
        self.short = 0
        #: Requests that wait here, first come first.
        self.queue: deque[Any] = deque()
        self.change(conditions.spells[0])

    def change(self, spell: Spell) -> None:
        """From now on the edge is as a spell says; the level has been worked out up to it."""
        fill = self.edge.fill
        self.rate = fill.working_hz * spell.share if fill.kind == "continuous" else 0.0
        self.attacked = spell.attacked
        #: Whether nothing may be taken, whatever is stored.
        self.shut = spell.state == SHUT

    def counts(self) -> tuple[float, ...]:
        """The counts so far, as ``EDGE_COUNTS``."""
        return (self.made, self.dropped, self.used, self.expired, self.bit_s, self.dry_s)

    def advance(self, time: float) -> None:
        """Work out the level at a time in s; what comes at it is in."""
        gains = self.gains
        while gains.next_at <= time:
            if not self._add_many(time):
                if gains.next_at > self.at:
                    self._flow(gains.next_at)
                self._add(gains.next_bits)
                gains.step()
        if time > self.at:
            self._flow(time)

    def _add_many(self, time: float) -> bool:
        """Add what comes up to a time in s where all of it fits, or none; whether it was so."""
        level = self.level
        if level <= self.reserve + NOTHING or self.drain or self.rate or self.shut:
            return False
        stop, last, bits, moment = self.gains.ahead(time)
        if level + bits <= self.capacity:
            self.bit_s += level * (last - self.at) + bits * last - moment
            self.level = level + bits
        elif level == self.capacity:
            self.bit_s += level * (last - self.at)
            self.dropped += bits
        else:
            return False
        self.made += bits
        self.at = last
        self.gains.skip(stop)
        return True

    def _add(self, bits: float) -> None:
        """Bits come at once; what does not fit is dropped."""
        room = self.capacity - self.level
        self.made += bits
        if bits > room:
            self.dropped += bits - room
            self.level = self.capacity
        else:
            self.level += bits

    def _flow(self, time: float) -> None:
        span, level, rate = time - self.at, self.level, self.rate
        self.at = time
        if self.drain:
            self.used += self.drain * span
            net = rate - self.drain
        else:
            net = rate
        if self.shut:
            self.dry_s += span
        elif level <= self.reserve + NOTHING:
            lack = self.reserve - level
            if net * span <= max(lack, 0.0):
                self.dry_s += span
            elif lack > NOTHING:
                self.dry_s += lack / net
        self.made += rate * span
        new = level + net * span
        if new > self.capacity:
            over = new - self.capacity
            self.dropped += over
            self.bit_s += 0.5 * (level + new) * span - 0.5 * over * over / net
            self.level = self.capacity
        else:
            self.bit_s += 0.5 * (level + new) * span
            self.level = new

    def take(self, bits: float) -> None:
        """Take bits that are there."""
        self.level -= bits
        self.used += bits

    def ready_at(self, bits: float) -> float:
        """Time in s at which the level may next be so high, as things are; infinite if never."""
        lack = self.reserve + bits - self.level
        if lack <= 0.0:
            return self.at
        if bits > self.capacity - self.reserve:
            return math.inf
        found, net = min(self.steady_until, self.gains.next_at), self.net
        return min(found, self.at + lack / net) if net > 0.0 else found

    @property
    def net(self) -> float:
        """Bits per second by which the level rises now, where it is not full."""
        return self.rate - self.drain

    @property
    def steady_until(self) -> float:
        """Time in s until which its bits surely age as they do now; infinite where none age."""
        return math.inf

    @property
    def is_dry(self) -> bool:
        """Whether nothing may be taken."""
        return self.level <= self.reserve + NOTHING

    def turns_at(self) -> float:
        """Time in s of the next turn of a store that streams drain: dry or no more, other ages."""
        if self.is_dry:
            return self.gains.next_at
        net = self.net
        dry = self.at + (self.level - self.reserve) / -net if net < 0.0 else math.inf
        return min(self.steady_until, dry)


class AgeingLevel(EdgeLevel):
    """The content of a store whose bits are thrown away at some age; the oldest are used first.

    Args:
        edge: The edge.
        conditions: What befalls it.
        gains: What comes to it in units or blocks.
    """

    __slots__ = ("aged", "life_s")

    def __init__(self, edge: KeyEdge, conditions: EdgeConditions, gains: Gains) -> None:
        super().__init__(edge, conditions, gains)
        self.life_s = edge.store.time_to_live_s or math.inf
        self.aged = AgedBits()
        self.aged.add(self.at, self.level)

    @property
    def _lost(self) -> float:
        """Bits per second that grow too old now, beside those that are taken."""
        return max(self.aged.density_at(self.at - self.life_s) - self.drain, 0.0)

    @property
    def net(self) -> float:
        """Bits per second by which the level rises now, where it is not full."""
        return super().net - self._lost

    @property
    def steady_until(self) -> float:
        """Time in s until which its bits surely age as they do now."""
        return self.at + self.aged.steady_s(self.at - self.life_s, self.drain)

    def _add_many(self, time: float) -> bool:
        return False

    def _add(self, bits: float) -> None:
        before = self.level
        super()._add(bits)
        self.aged.add(self.at, self.level - before)

    def _flow(self, time: float) -> None:
        while self.at < time:
            old = self.aged.expire(self.at - self.life_s)
            self.level -= old
            self.expired += old
            self._step(time)
        old = self.aged.expire(self.at - self.life_s)
        self.level -= old
        self.expired += old

    def _step(self, time: float) -> None:
        """Go on for as long as nothing turns, at most to a time in s."""
        lost = self._lost
        net = super().net - lost
        step = min(time - self.at, self.aged.steady_s(self.at - self.life_s, self.drain))
        room = self.capacity - self.level
        full = room <= NOTHING and net >= 0.0
        if net > 0.0 and not full:
            step = min(step, room / net)
        if net < 0.0 and self.level > NOTHING:
            step = min(step, self.level / -net)
        step = max(step, 1e-12 * max(1.0, abs(self.at)))
        inflow = min(self.rate, self.drain + lost) if full else self.rate
        before, begin = self.level, self.at
        self.at = min(begin + step, time)
        span = self.at - begin
        self.made += self.rate * span
        self.dropped += (self.rate - inflow) * span
        self.used += self.drain * span
        self.aged.pour(begin, self.at, inflow)
        self.aged.take(self.drain * span)
        old = self.aged.expire(self.at - self.life_s)
        self.expired += old
        self.level = before + (inflow - self.drain) * span - old
        self.bit_s += 0.5 * (before + self.level) * span
        if self.shut or max(before, self.level) <= self.reserve + NOTHING:
            self.dry_s += span

    def take(self, bits: float) -> None:
        """Take bits that are there, the oldest first."""
        super().take(bits)
        self.aged.take(bits)


def edge_level(edge: KeyEdge, conditions: EdgeConditions, gains: Gains) -> EdgeLevel:
    """The level of an edge's store: one whose bits age where they do."""
    ages = edge.store.time_to_live_s is not None
    return (AgeingLevel if ages else EdgeLevel)(edge, conditions, gains)
