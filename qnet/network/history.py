"""Histories of delivered pairs of a network: which are kept, and what they were made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np

from qnet.engines.sampled import Deliveries
from qnet.engines.timeline import PairRecord, TracedDelivery, records
from qnet.network.ghz import Fusion, fused_states
from qnet.network.reservation.slots import Numbers
from qnet.network.session import Session
from qnet.states.pauli import Array

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

__all__ = ["HandOver", "DeliveredPair", "Recorder", "TracedFusion"]


@dataclass(frozen=True, kw_only=True, eq=False)
class TracedFusion(TracedDelivery):
    """A GHZ state with its history, to be told and drawn."""

    is_pair = False

    def nodes(self, record: PairRecord) -> str:
        """The nodes of a pair by name, or all ends of the GHZ state."""
        *ends, _ = self.names
        return "-".join(ends) if record.step == self.draw.plan.step_name else super().nodes(record)

    def circuit(self, max_qubits: int = 64) -> QuantumCircuit:
        """Its whole history as one joint dynamic circuit.

        Raises:
            EngineError: If it has more qubits than these.
        """
        # Local import: it brings Qiskit.
        from qnet.network.joint import build_fusion

        return build_fusion(self.draw, max_qubits=max_qubits).circuit


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DeliveredPair:
    """A delivered pair of a network, or GHZ state, with all that it was made of.

    Args:
        replica: Number of the replica.
        demand: Number of the demand.
        route: The nodes that it came along; of a GHZ state its ends.
        time_s: When it was delivered, in s of the run.
        draw: Its history, one delivery of the route's plan.
        switch: Of a GHZ state, the node that fused its pairs.
    """

    replica: int
    demand: int
    route: tuple[str, ...]
    time_s: float
    draw: Deliveries
    switch: str = "switch"

    @property
    def is_ghz(self) -> bool:
        """Whether it is a GHZ state of three ends or more."""
        return isinstance(self.draw.plan, Fusion)

    @property
    def begun_s(self) -> float:
        """When its history begins, in s of the run."""
        return self.time_s - float(self.draw.time[0])

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the nodes by the numbers that `records` gives them."""
        return (*self.route, self.switch) if self.is_ghz else self.route

    def records(self, pair: str = "0") -> tuple[PairRecord, ...]:
        """Every pair that it was made of, the delivered one last; times in s of the run.

        The number of a node is its place in ``names``. A GHZ state is from its first to its last
        end.

        Args:
            pair: Its identity; those of its parts begin with it.
        """
        if not self.is_ghz:
            return tuple(records(self.draw, pair=pair, begun_s=self.begun_s))
        return tuple(self._fused(pair))

    def _fused(self, pair: str) -> Iterator[PairRecord]:
        draw, begun, ends = self.draw, self.begun_s, len(self.route)
        (swap,) = draw.swap_times()
        measured = begun + float(swap[0])
        for k, (part, birth) in enumerate(zip(draw.parts, draw.births(), strict=True)):
            name = f"{pair}.{k}"
            start = begun + float(birth[0]) - float(part.time[0])
            *within, last = records(part, pair=name, begun_s=start)
            for record in (*within, last):
                moved = replace(record, left_node=k, right_node=ends)
                if record is last:
                    moved = replace(moved, left_until_s=self.time_s, right_until_s=measured)
                yield moved
        yield PairRecord(
            pair=pair,
            step=draw.plan.step_name,
            left_node=0,
            right_node=ends - 1,
            begun_s=begun,
            ready_s=self.time_s,
            left_until_s=self.time_s,
            right_until_s=self.time_s,
            attempts=None,
            made_of=tuple(f"{pair}.{k}" for k in range(ends)),
        )

    def traced(self, title: str, pair: str = "0") -> TracedDelivery:
        """It with its timeline, to be told and drawn.

        Args:
            title: What it is called.
            pair: Its identity.
        """
        kind = TracedFusion if self.is_ghz else TracedDelivery
        return kind(title=title, draw=self.draw, records=self.records(pair), names=self.names)

    def composed_state(self) -> Array:
        """Its state from the compiled steps: a Fano matrix (4, 4), or a Pauli vector (4, ..., 4).

        Of a GHZ state it is that of all its ends.
        """
        if self.is_ghz:
            return np.asarray(fused_states(self.draw)[0])
        # Local import: it brings Qiskit.
        from qnet.engines.agree import composed_state

        return composed_state(self.draw)

    def joint_state(self) -> Array:
        """Its state from the joint circuit of its whole history on Aer, as `composed_state`.

        Raises:
            EngineError: If the circuit needs too many qubits at once.
        """
        # Local import: it brings Qiskit.
        from qnet.network.joint import delivery_state

        return delivery_state(self.draw)

    @property
    def deviation(self) -> float:
        """Largest difference of any component between the two."""
        return float(np.abs(self.composed_state() - self.joint_state()).max())


class HandOver(NamedTuple):
    """Deliveries that a controller handed over together."""

    demand: int
    route: tuple[str, ...]
    times: Array
    draw: Deliveries
    sessions: Numbers | None = None


class Recorder:
    """Keeps what is delivered in the measured time, with its history.

    Args:
        demand: Number of the only demand that is looked at; None for all.
    """

    #: Whether it also keeps who got what, and what is delivered after the measured time.
    follows_sessions: ClassVar[bool] = False

    #: Whether it has all that it wants, so that the run can end; None where it wants it all.
    enough: Callable[[], bool] | None = None

    def __init__(self, demand: int | None = None) -> None:
        self.demand = demand
        #: What was handed over together, in this order.
        self.batches: list[HandOver] = []

    def came(self, session: Session) -> None:
        """A session has come."""

    def keep(
        self,
        demand: int,
        route: tuple[str, ...],
        times: Array,
        draw: Deliveries,
        sessions: Numbers | None = None,
    ) -> None:
        """Keep deliveries, with the numbers of the sessions that took them."""
        if self.demand in (None, demand):
            self.batches.append(HandOver(demand, route, times, draw, sessions))

    def by_demand(self) -> list[tuple[int, list[HandOver]]]:
        """What each demand got, in the order of demands; those that got nothing are left out."""
        demands = sorted({batch.demand for batch in self.batches})
        return [(d, [batch for batch in self.batches if batch.demand == d]) for d in demands]

    def pairs(self, replica: int, *, most: int, skip: int = 0) -> list[DeliveredPair]:
        """Some of the deliveries of each demand, all in the order of time.

        Args:
            replica: Number of the replica that was played.
            most: How many of each demand.
            skip: How many of each demand are let go before.
        """
        found = []
        for demand, batches in self.by_demand():
            times = np.concatenate([batch.times for batch in batches])
            rows = [(k, row) for k, batch in enumerate(batches) for row in range(len(batch.times))]
            for place in np.argsort(times, kind="stable")[skip : skip + most]:
                k, row = rows[place]
                found.append(
                    DeliveredPair(
                        replica=replica,
                        demand=demand,
                        route=batches[k].route,
                        time_s=float(times[place]),
                        draw=batches[k].draw.take(np.array([row])),
                    )
                )
        return sorted(found, key=lambda pair: pair.time_s)
