"""Histories of shared pairs in batches, as deliveries of the plan that made them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from qnet.engines.sampled import Deliveries, Sampler
from qnet.network.ghz import Fusion
from qnet.network.reservation.slots import Numbers
from qnet.network.sharing.pairs import ElementaryPair
from qnet.network.sharing.purification import pumped, pumped_parts
from qnet.plans import Link, Plan, Station, Stored, SwapAsap
from qnet.states.pauli import Array

if TYPE_CHECKING:
    from qnet.network.replica import Replica

__all__ = ["DeliveryBatch"]

#: Delivered pairs that are handed over at a time.
_BATCH = 4096

#: Plans of purified pairs that are kept: each number of purifications of each link is another.
_PLANS = 256

#: Elementary pairs, when the stations between them measured, when it was delivered, and to which
#: session.
_History = tuple[tuple[ElementaryPair, ...], tuple[float, ...], float, int]


class DeliveryBatch:
    """Delivered pairs of one route, or GHZ states of the same ends, handed over many at a time.

    Args:
        replica: The replica.
        demand: Number of the demand.
        route: The nodes of the route; of a GHZ state its ends.
        links: The links along it; of a GHZ state from each end to the switch.
        stations: The stations between them; of a GHZ state the switch.
        fused: Whether it is a GHZ state.
    """

    def __init__(
        self,
        replica: Replica,
        demand: int,
        route: tuple[str, ...],
        links: Sequence[Link],
        stations: Sequence[Station],
        *,
        fused: bool = False,
    ) -> None:
        self.replica, self.demand, self.route = replica, demand, route
        self.links, self.stations, self.fused = tuple(links), tuple(stations), fused
        self._fibre = replica.case.controller.signalling == "fibre"
        self._samplers: dict[tuple[int, ...], Sampler] = {}
        #: Of each pair: when it was delivered, to which session, and its history.
        self._rows: list[float] = []
        self._count = 0
        #: Histories with purified pairs, by how often each was purified.
        self._purified: dict[tuple[int, ...], list[_History]] = {}

    def plan(self, kinds: tuple[int, ...] = ()) -> Plan:
        """The plan that its pairs follow.

        Args:
            kinds: How often the pair of each link was purified; never unless given.
        """
        pairs: tuple[Plan, ...] = self.links
        if any(kinds):
            step = self.replica.case.network.purification
            pairs = tuple(
                pumped(step, link, count) for link, count in zip(pairs, kinds, strict=True)
            )
        if self.fused:
            return Fusion(pairs=pairs, station=self.stations[0])
        if len(pairs) == 1:
            return Stored(pair=pairs[0])
        return SwapAsap(segments=pairs, stations=self.stations, classical_latency=self._fibre)

    def add(
        self,
        parts: tuple[ElementaryPair, ...],
        swaps: tuple[float, ...],
        time: float,
        session: int = -1,
    ) -> None:
        """A pair is delivered.

        Args:
            parts: Its elementary pairs, along the route.
            swaps: When the stations between them measured, in s.
            time: When it was delivered, in s.
            session: Number of the session that takes it; -1 for none.
        """
        self._count += 1
        if self._count > _BATCH:
            self.flush()
            self._count = 1
        row = self._rows
        for part in parts:
            if part.fresh is not None:
                kinds = tuple(len(each.made) - 1 for each in parts)
                self._purified.setdefault(kinds, []).append((parts, swaps, time, session))
                return
        row.append(time)
        row.append(session)
        for part in parts:
            row.append(part.begun)
            row.append(part.born)
        row.extend(swaps)

    def flush(self) -> None:
        """Hand over what has come together."""
        self._count = 0
        hops, swaps = len(self.links), 1 if self.fused else len(self.stations)
        if self._rows:
            table = np.array(self._rows).reshape(-1, 2 + 2 * hops + swaps)
            self._rows = []
            begun, born = table[:, 2 : 2 * hops + 1 : 2], table[:, 3 : 2 * hops + 2 : 2]
            parts = [
                Deliveries(link, born[:, k] - begun[:, k]) for k, link in enumerate(self.links)
            ]
            numbers = table[:, 1].astype(np.intp)
            self._hand_over((), table[:, 0], numbers, begun, born, table[:, 2 * hops + 2 :], parts)
        purified, self._purified = self._purified, {}
        for kinds, histories in purified.items():
            rows, measured, times, sessions = zip(*histories, strict=True)
            begun = np.array([[part.begun for part in row] for row in rows])
            born = np.array([[part.born for part in row] for row in rows])
            plan = self._sampler(kinds).plan
            parts = [
                pumped_parts(each, [row[k] for row in rows], self._sampler(kinds).algebra)
                for k, each in enumerate(plan.children)
            ]
            shape = np.array(measured).reshape(len(rows), swaps)
            numbers = np.array(sessions, dtype=np.intp)
            self._hand_over(kinds, np.array(times), numbers, begun, born, shape, parts)

    def _sampler(self, kinds: tuple[int, ...]) -> Sampler:
        if len(self._samplers) > _PLANS:
            self._samplers.clear()
        if kinds not in self._samplers:
            self._samplers[kinds] = Sampler(self.plan(kinds))
        return self._samplers[kinds]

    def _hand_over(
        self,
        kinds: tuple[int, ...],
        times: Array,
        sessions: Numbers,
        begun: Array,
        born: Array,
        swaps: Array,
        parts: Sequence[Deliveries],
    ) -> None:
        """Hand over pairs of one plan; arrays are (n,) or (n, links) or (n, stations)."""
        sampler, begin = self._sampler(kinds), begun.min(axis=1)
        data = {f"ready_{k}": born[:, k] - begin for k in range(born.shape[1])}
        data |= {f"swap_{k}": swaps[:, k] - begin for k in range(swaps.shape[1])}
        draw = Deliveries(sampler.plan, times - begin, data, tuple(parts))
        self.replica.deliver(self.demand, self.route, times, draw, sampler, sessions)
        if self.replica.case.any_pair:
            self.replica.tally.add_served(self.demand, times)
