"""Rounds of an application out of the sessions of a network: their states and durations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from protocols.applications.delivered import Delivered, StateGroup
from protocols.applications.services.made_states import made_of_pairs
from qnet.network.session_records import SessionRecords, kept_until

if TYPE_CHECKING:
    from protocols.applications.application import Application
    from protocols.applications.services.round_pairs import RoundPairs
    from qnet.hardware import Memory
    from qnet.network import NetworkCase
    from qnet.states.pauli import Array

__all__ = ["SessionRounds", "delivered_rounds"]


def delivered_rounds(
    application: Application,
    case: NetworkCase,
    records: Sequence[Sequence[SessionRecords]],
    pairs: RoundPairs,
    *,
    is_fused: bool = False,
) -> Delivered | None:
    """What the sessions of a network deliver to an application; None where none was served.

    Args:
        application: Who asks.
        case: What was played.
        records: Of each replica, the records of each demand that serves the application.
        pairs: The pairs of a round, a chain for each of these demands.
        is_fused: Whether the network fused the GHZ states that are needed.
    """
    own = application.memory
    memory = None if own is None else own.over()
    rounds = [SessionRounds.of(case, each, memory) for each in records]
    if not sum(map(len, rounds)):
        return None
    states = [np.concatenate(parts) for parts in zip(*(r.states for r in rounds), strict=True)]
    made = _fused(application, states) if is_fused else _made(application, pairs, states)
    found = Delivered(
        needs=application.needs,
        groups=tuple(made),
        engine="sampled",
        seed=case.seed,
        units=np.concatenate([each.units for each in rounds]),
    )
    return found.lasting(np.concatenate([each.durations for each in rounds]))


def _fused(application: Application, states: Sequence[Array]) -> Iterator[StateGroup]:
    """GHZ states as a switch made them."""
    size = application.needs[0].size
    for k, vectors in enumerate(states):
        yield StateGroup(qubits=tuple(range(k * size, (k + 1) * size)), vectors=vectors)


def _made(
    application: Application, pairs: RoundPairs, states: Sequence[Array]
) -> Iterator[StateGroup]:
    """The needed states, of the pairs that demands delivered one after the other."""
    order = [number for chain in pairs.chains for number in chain]
    of_pair = dict(zip(order, states, strict=True))
    first = 0
    for state in pairs.states:
        parts = [of_pair[number] for number in state.pairs]
        vectors = made_of_pairs(state, parts, application.noise)
        yield StateGroup(qubits=tuple(range(first, first + state.size)), vectors=vectors)
        first += state.size


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SessionRounds:
    """Rounds of one replica, each made of one session of every demand that serves them.

    Args:
        durations: From the request to the last pair, (n,), in s.
        states: Of each pair, its Pauli vectors (n, 4**ends) when the last was there.
        units: Part of the run of each, (n,).
    """

    durations: Array
    states: tuple[Array, ...]
    units: npt.NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.durations)

    @classmethod
    def of(
        cls, case: NetworkCase, records: Sequence[SessionRecords], memory: Memory | None
    ) -> SessionRounds:
        """The rounds that all demands of the application served.

        Args:
            case: What was played.
            records: Of each of its demands.
            memory: Where pairs wait; None for the memories of the network.
        """
        served = reduce(np.intersect1d, [each.served for each in records])
        ends = np.max([each.ends[served] for each in records], axis=0)
        arrivals = records[0].arrivals[served]
        states: list[Array] = []
        for each in records:
            count = case.demands[each.demand].pairs
            for rows in each.of_sessions(served, count).T:
                waits = np.maximum(ends - each.times[rows], 0.0)
                states.append(kept_until(case, each, rows, waits, memory))
        blocks = np.minimum(arrivals * (case.run.blocks / case.run.duration_s), case.run.blocks - 1)
        units = records[0].replica * case.run.blocks + blocks.astype(np.intp)
        return cls(durations=ends - arrivals, states=tuple(states), units=units)
