"""Histories of shared pairs in batches, as deliveries of the plan that made them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qnet.engines.sampled import Deliveries, Sampler
from qnet.network.shared_pairs import Part, SharedPair
from qnet.plans import Hold, Plan, SwapAsap

if TYPE_CHECKING:
    from qnet.network.controllers.shared_flows import Flow
    from qnet.network.replica import Replica

__all__ = ["DeliveryBatch", "shared_plan"]

#: Delivered pairs that are handed over at a time.
_BATCH = 4096


def shared_plan(replica: Replica, flow: Flow, kinds: tuple[int, ...] = ()) -> Plan:
    """The plan that a shared pair of a flow follows: its links, swapped as soon as they are there.

    Args:
        replica: The replica.
        flow: The flow.
        kinds: How often the pair of each link was purified; never unless given.
    """
    network = replica.case.network
    links: list[Plan] = list(network.links_of(flow.route))
    if any(kinds):
        from qnet.network.purification import pumped

        links = [pumped(network, link, steps) for link, steps in zip(links, kinds, strict=True)]
    if len(links) == 1:
        return Hold(pair=links[0])
    fibre = replica.case.controller.signalling == "fibre"
    return SwapAsap(
        segments=tuple(links), stations=network.stations_of(flow.route), classical_latency=fibre
    )


class DeliveryBatch:
    """Delivered pairs of one flow, handed over to the replica many at a time.

    Args:
        replica: The replica.
        flow: The flow.
    """

    def __init__(self, replica: Replica, flow: Flow) -> None:
        self.replica, self.flow = replica, flow
        self._hops = len(flow.edges)
        #: Plans and samplers by how often each link's pair was purified.
        self._samplers: dict[tuple[int, ...], Sampler] = {}
        self._rows: list[float] = []
        self._count = 0
        self._purified: dict[tuple[int, ...], list[tuple[float, list[Part], list[float]]]] = {}

    def add(self, pair: SharedPair, time: float) -> None:
        """A pair is delivered at a time in s."""
        parts, swaps = pair.parts, pair.swaps
        if pair.first != self.flow.ports[0][0]:
            parts, swaps = parts[::-1], swaps[::-1]
        self._count += 1
        if self._count >= _BATCH:
            self.flush()
            self._count = 1
        for part in parts:
            if part.fresh:
                kinds = tuple(max(0, len(each.fresh) - 1) for each in parts)
                self._purified.setdefault(kinds, []).append((time, list(parts), list(swaps)))
                return
        row = self._rows
        row.append(time)
        for part in parts:
            row.append(part.begun)
            row.append(part.born)
        row.extend(swaps)

    def flush(self) -> None:
        """Hand over what has come together."""
        self._count = 0
        if self._rows:
            table = np.array(self._rows).reshape(-1, 3 * self._hops)
            self._rows = []
            links = self.replica.case.network.links_of(self.flow.route)
            sampler = self._sampler((0,) * self._hops)
            begun = table[:, 1 : 2 * self._hops : 2]
            born = table[:, 2 : 2 * self._hops + 1 : 2]
            parts = tuple(
                Deliveries(link, born[:, k] - begun[:, k]) for k, link in enumerate(links)
            )
            self._hand_over(
                sampler, table[:, 0], begun, born, table[:, 2 * self._hops + 1 :], parts
            )
        purified, self._purified = self._purified, {}
        if purified:
            from qnet.network.purification import pumped_parts

            for kinds, histories in purified.items():
                sampler = self._sampler(kinds)
                times = np.array([time for time, _, _ in histories])
                rows = [parts for _, parts, _ in histories]
                begun = np.array([[part.begun for part in parts] for parts in rows])
                born = np.array([[part.born for part in parts] for parts in rows])
                swaps = np.array([each for _, _, each in histories]).reshape(len(times), -1)
                parts = pumped_parts(sampler, rows)
                self._hand_over(sampler, times, begun, born, swaps, parts)

    def _sampler(self, kinds: tuple[int, ...]) -> Sampler:
        if kinds not in self._samplers:
            self._samplers[kinds] = Sampler(shared_plan(self.replica, self.flow, kinds))
        return self._samplers[kinds]

    def _hand_over(
        self,
        sampler: Sampler,
        times: np.ndarray,
        begun: np.ndarray,
        born: np.ndarray,
        swaps: np.ndarray,
        parts: tuple[Deliveries, ...],
    ) -> None:
        begin = begun.min(axis=1)
        data = {f"ready_{k}": born[:, k] - begin for k in range(born.shape[1])}
        data |= {f"swap_{k}": swaps[:, k] - begin for k in range(swaps.shape[1])}
        draw = Deliveries(sampler.plan, times - begin, data, parts)
        self.replica.deliver(self.flow.demand, self.flow.route, times, draw, sampler)
