"""Service in slots: what a route's chain delivers within them, drawn in batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from qnet.engines.sampled import Deliveries, Sampler, batch_size, concatenate
from qnet.errors import InfeasiblePlanError
from qnet.network.slots import NEAR_SLOT, OwnSlots
from qnet.states.pauli import Array

if TYPE_CHECKING:
    from qnet.network.replica import Replica

__all__ = ["SlotLeg", "SlotService", "slot_deliveries"]

Numbers = npt.NDArray[np.intp]

#: Slots of the first batch, how much larger each further one is, and how many may bring nothing.
_FIRST, _GROWTH, _BARREN = 16, 4, 1 << 26


def slot_deliveries(
    sampler: Sampler, slots: int, copies: int, slot_s: float, rng: np.random.Generator
) -> tuple[Numbers, Array, Deliveries]:
    """What chains deliver within slots, at whose begin all start anew.

    Args:
        sampler: Of the route's plan.
        slots: Number of slots.
        copies: Chains in each slot, side by side; each delivers one pair after the other.
        slot_s: Duration of a slot in s.
        rng: Source of random numbers.

    Returns:
        Number of the slot of each pair, its time in s from there, and its history, in this order.
    """
    latest = slot_s * (1.0 + NEAR_SLOT)
    chains, begun = np.arange(slots * copies), np.zeros(slots * copies)
    where, when, draws = [], [], []
    while len(chains):
        draw = sampler.draw(sampler.plan, len(chains), rng)
        times = begun + draw.time
        rows = np.flatnonzero(times <= latest)
        chains, begun = chains[rows], times[rows]
        where.append(chains // copies)
        when.append(begun)
        draws.append(draw.take(rows))
    slot, within = np.concatenate(where), np.concatenate(when)
    order = np.lexsort((within, slot))
    return slot[order], within[order], concatenate(draws).take(order)


class _SlotBatch:
    """What some slots brought, until all sessions that took of it are over."""

    def __init__(self, slots: int, found: tuple[Numbers, Array, Deliveries]) -> None:
        self.slots, (self.slot, self.within, self.draw) = slots, found
        #: First slot that nobody has had, and when each pair was delivered, if it was.
        self.next = 0
        self.times = np.full(len(self.slot), np.nan)
        self.open = 0


class SlotLeg:
    """A stretch of a session's service: pairs of some of its demand's slots, one after the other.

    Args:
        begin_slot: Number of the first own slot.
    """

    def __init__(self, begin_slot: int) -> None:
        self.first = self.last = begin_slot
        self.pieces: list[tuple[_SlotBatch, int, int]] = []
        self.end = 0.0
        self.is_cut = False


class SlotService:
    """Serves the sessions of one demand in its own slots.

    Args:
        replica: The replica.
        demand: Number of the demand.
        route: Names of the nodes.
        own: Its slots.
        name: What tells its stream of random numbers from those of other demands.
    """

    def __init__(
        self,
        replica: Replica,
        demand: int,
        route: tuple[str, ...],
        own: OwnSlots,
        name: object,
    ) -> None:
        self.replica, self.demand, self.route, self.own = replica, demand, route, own
        self.copies = replica.case.demands[demand].memories
        self.sampler = replica.sampler(route)
        self._edges = replica.case.network.edges_of(route)
        self._rng = replica.stream("service", name, route)
        self._most = max(1, batch_size(self.sampler.plan) // self.copies)
        self._size = min(_FIRST, self._most)
        self._batch: _SlotBatch | None = None
        self._using: list[_SlotBatch] = []

    def begin(self, slot: int, pairs: int) -> SlotLeg:
        """Begin a service of so many pairs with an own slot.

        Raises:
            InfeasiblePlanError: If slots bring nothing for too long.
        """
        leg, number, barren = SlotLeg(slot), slot, 0
        while pairs:
            batch = self._batch
            if batch is None or batch.next == batch.slots:
                batch = self._drawn()
            low = int(np.searchsorted(batch.slot, batch.next))
            high = min(low + pairs, len(batch.slot))
            if high > low:
                numbers = number + batch.slot[low:high] - batch.next
                batch.times[low:high] = self.own.begins(numbers) + batch.within[low:high]
                batch.open += 1
                leg.pieces.append((batch, low, high))
                leg.end, leg.last = float(batch.times[high - 1]), int(numbers[-1])
                pairs -= high - low
            following = batch.slots if pairs else int(batch.slot[high - 1]) + 1
            number += following - batch.next
            barren = 0 if high > low else barren + following - batch.next
            batch.next = following
            if barren > _BARREN:
                rule, hint = "be long enough for pairs to come", "take longer slots"
                raise InfeasiblePlanError("controller.slot_s", rule, self.own.slot_s, hint)
        return leg

    def _drawn(self) -> _SlotBatch:
        size, self._size = self._size, min(self._most, self._size * _GROWTH)
        found = slot_deliveries(self.sampler, size, self.copies, self.own.slot_s, self._rng)
        batch = self._batch = _SlotBatch(size, found)
        self._using.append(batch)
        self._using = [each for each in self._using if each is batch or not self._is_over(each)]
        return batch

    def _is_over(self, batch: _SlotBatch) -> bool:
        """Whether all that took of it are over: it is handed over then."""
        if batch.open:
            return False
        self._hand_over(batch)
        return True

    def cut(self, leg: SlotLeg, time: float) -> int:
        """A fault ends a service at a time in s; number of the pairs that came before."""
        leg.is_cut = True
        kept = 0
        for batch, low, high in leg.pieces:
            came = int(np.searchsorted(batch.times[low:high], time, side="right"))
            batch.times[low + came : high] = np.nan
            kept += came
        self.end(leg)
        return kept

    def end(self, leg: SlotLeg) -> None:
        """A service is over."""
        for batch, _, _ in leg.pieces:
            batch.open -= 1

    def finish(self) -> None:
        """Hand over what is still there."""
        for batch in self._using:
            self._hand_over(batch)
        self._using.clear()

    def _hand_over(self, batch: _SlotBatch) -> None:
        rows = np.flatnonzero(~np.isnan(batch.times))
        if len(rows):
            times = batch.times[rows]
            self.replica.tally.count_made(self._edges, times)
            self.replica.deliver(self.demand, self.route, times, batch.draw.take(rows))
