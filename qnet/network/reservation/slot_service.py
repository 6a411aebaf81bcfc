"""Service in slots: what a route's chain delivers within them, drawn in batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qnet.engines.sampled import Deliveries, Sampler, batch_size, concatenate
from qnet.errors import InfeasiblePlanError
from qnet.network.reservation.slots import NEAR_SLOT, Numbers, OwnSlots
from qnet.states.pauli import Array

if TYPE_CHECKING:
    from qnet.network.replica import Replica

__all__ = ["SlotLeg", "SlotService", "slot_deliveries"]

#: Slots of the first batch, how much larger each further one is, and how many may bring nothing.
_FIRST, _GROWTH, _BARREN = 16, 4, 1 << 26

#: Most pairs that are drawn at once for chains that go on, and how many for each one expected.
_AT_ONCE, _MARGIN = 1 << 16, 1.1


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
        Number of the slot of each pair, its time in s from there, and its history, in this order;
        of pairs at the same moment first that of the first chain, which is like any other.
    """
    latest = slot_s * (1.0 + NEAR_SLOT)
    chains, begun = np.arange(slots * copies), np.zeros(slots * copies)
    where, when, draws, width = [], [], [], 1
    while len(chains):
        draw = sampler.draw(sampler.plan, len(chains) * width, rng)
        each = draw.time.reshape(len(chains), width)
        times = begun[:, None] + each.cumsum(axis=1)
        inside = times <= latest
        rows = np.flatnonzero(inside)
        where.append(chains[rows // width])
        when.append(times.ravel()[rows])
        draws.append(draw.take(rows))
        goes_on = inside[:, -1]
        chains, begun = chains[goes_on], times[goes_on, -1]
        if len(chains):
            # As many pairs of each chain as may still come, but not too many at once.
            left = _MARGIN * float((latest - begun).mean() / max(each.mean(), latest / _AT_ONCE))
            width = 1 + min(int(left), _AT_ONCE // len(chains))
    chain, within = np.concatenate(where), np.concatenate(when)
    order = np.lexsort((chain, within, chain // copies))
    return chain[order] // copies, within[order], concatenate(draws).take(order)


class _Piece:
    """Pairs of a batch, one after the other, that one session takes."""

    __slots__ = ("high", "later", "low", "session")

    def __init__(self, low: int, high: int, later: int, session: int) -> None:
        self.session = session
        #: Places of the first and after the last, and own slots to add to those of the batch.
        self.low, self.high, self.later = low, high, later


class _SlotBatch:
    """What some slots brought, until all sessions that took of it are over."""

    def __init__(self, slots: int, found: tuple[Numbers, Array, Deliveries]) -> None:
        self.slots, (self.slot, self.within, self.draw) = slots, found
        self.pieces: list[_Piece] = []
        self.open = 0

    def times(self, piece: _Piece, own: OwnSlots) -> Array:
        """When the pairs of a piece come, in s."""
        rows = slice(piece.low, piece.high)
        return own.begins(self.slot[rows] + piece.later) + self.within[rows]


class SlotLeg:
    """A stretch of a session's service: pairs of some of its demand's slots, one after the other.

    Args:
        slot: Number of the own slot in which it begins.
        begin: When it begins, in s.
    """

    __slots__ = ("begin", "end", "first", "is_cut", "last", "pieces")

    def __init__(self, slot: int, begin: float) -> None:
        self.first = self.last = slot
        self.begin = self.end = begin
        self.pieces: list[tuple[_SlotBatch, _Piece]] = []
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
        #: Slot of the batch that is used or was last, and the next pair of the batch.
        self._slot = self._place = 0
        self._using: list[_SlotBatch] = []

    @property
    def has_more(self) -> bool:
        """Whether further pairs come in the slot that is used or was last."""
        batch, place = self._batch, self._place
        return batch is not None and place < len(batch.slot) and batch.slot[place] == self._slot

    def begin(self, slot: int, pairs: int, at: float | None = None, session: int = -1) -> SlotLeg:
        """Begin a service of so many pairs in an own slot.

        Args:
            slot: Number of the slot.
            pairs: How many.
            at: When in the slot, in s: after the last pair of the service before it, whose
                chains go on. Unless given, with the slot, in which all chains start anew.
            session: Number of the session.

        Raises:
            InfeasiblePlanError: If slots bring nothing for too long.
        """
        leg = SlotLeg(slot, self.own.begin(slot) if at is None else at)
        batch = self._batch
        if batch is None:
            batch = self._drawn()
        elif at is None:
            self._slot += 1
            self._place = int(batch.slot.searchsorted(self._slot))
        barren, later = 0, slot - self._slot
        while pairs:
            low, high = self._place, min(self._place + pairs, len(batch.slot))
            if high > low:
                self._take(leg, batch, _Piece(low, high, later, session))
                pairs -= high - low
                barren = 0
            if pairs:
                later, barren = later + batch.slots, barren + batch.slots - self._slot
                if barren > _BARREN:
                    rule, hint = "be long enough for pairs to come", "take longer slots"
                    raise InfeasiblePlanError("controller.slot_s", rule, self.own.slot_s, hint)
                batch = self._drawn()
        return leg

    def _take(self, leg: SlotLeg, batch: _SlotBatch, piece: _Piece) -> None:
        last = piece.high - 1
        batch.pieces.append(piece)
        batch.open += 1
        leg.pieces.append((batch, piece))
        self._slot, self._place = batch.slot.item(last), piece.high
        leg.last = self._slot + piece.later
        leg.end = self.own.begin(leg.last) + batch.within.item(last)

    def _drawn(self) -> _SlotBatch:
        """Further slots; batches of which all that took are over are handed over."""
        size = self._size
        found = slot_deliveries(self.sampler, size, self.copies, self.own.slot_s, self._rng)
        # No more slots at a time than bring as many pairs as a full batch.
        full = max(1, self._most * size // max(size, len(found[0])))
        self._size = max(1, min(full, size * _GROWTH))
        batch = self._batch = _SlotBatch(size, found)
        self._slot = self._place = 0
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
        for batch, piece in leg.pieces:
            came = int(batch.times(piece, self.own).searchsorted(time, side="right"))
            piece.high = piece.low + came
            kept += came
        self.end(leg)
        return kept

    def end(self, leg: SlotLeg) -> None:
        """A service is over."""
        for batch, _ in leg.pieces:
            batch.open -= 1

    def finish(self) -> None:
        """Hand over what is still there."""
        for batch in self._using:
            self._hand_over(batch)
        self._using.clear()

    def _hand_over(self, batch: _SlotBatch) -> None:
        sizes = np.array([piece.high - piece.low for piece in batch.pieces], dtype=np.intp)
        if not sizes.sum():
            return
        lows, later, sessions = (
            np.repeat([getattr(piece, name) for piece in batch.pieces], sizes)
            for name in ("low", "later", "session")
        )
        rows = lows + np.arange(len(lows)) - np.repeat(sizes.cumsum() - sizes, sizes)
        times = self.own.begins(batch.slot[rows] + later) + batch.within[rows]
        self.replica.tally.count_made(self._edges, times)
        draw = batch.draw if len(rows) == len(batch.slot) else batch.draw.take(rows)
        self.replica.deliver(self.demand, self.route, times, draw, sessions=sessions)
