"""Records of a network's sessions: when each came and had its pairs, and what these are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from qnet.engines.sampled import Sampler
from qnet.network.controllers import controller_class
from qnet.network.ghz import Fusion, fused_states
from qnet.network.history import HandOver, Recorder
from qnet.network.replica import Replica
from qnet.network.sampled import map_replicas
from qnet.network.sharing.flows import hub_of
from qnet.states.pauli import Array

if TYPE_CHECKING:
    from qnet.hardware import Memory
    from qnet.network.case import NetworkCase
    from qnet.network.network import Network
    from qnet.network.session import Session
    from qnet.progress import ProgressCallback

__all__ = ["SessionRecords", "end_memories", "kept_until", "play_sessions"]

Numbers = npt.NDArray[np.intp]

#: Correlators (XX, -YY, ZZ) of Bell-diagonal pairs -> places and signs in a Pauli vector.
_PLACES, _SIGNS = (5, 10, 15), (1.0, -1.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SessionRecords:
    """Sessions of one demand in one replica, in the order in which they came.

    Args:
        replica: Number of the replica.
        demand: Number of the demand.
        arrivals: When each came, (n,), in s of the run.
        starts: When its service began, (n,); not a number where it never did.
        ends: When it had its last pair, or was given up, (n,); not a number where the run was ended
            before.
        reasons: Why each was not served (``no_route``, ``refused``, ``gave_up``), or nothing.
        owners: Place of the session of each delivered state, (m,), ascending.
        times: When each state was delivered, (m,), in s of the run; ascending for each session.
        states: Pauli vectors (m, 4**ends) of the states when they were delivered.
        routes: The nodes that each state came along; of a GHZ state its ends.
    """

    replica: int
    demand: int
    arrivals: Array
    starts: Array
    ends: Array
    reasons: tuple[str, ...]
    owners: Numbers
    times: Array
    states: Array
    routes: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.arrivals)

    @property
    def served(self) -> Numbers:
        """Places of the sessions that got all that they asked for."""
        done = np.isfinite(self.ends) & np.array([not why for why in self.reasons], dtype=bool)
        return np.flatnonzero(done)

    @property
    def measured(self) -> SessionRecords:
        """Those of the measured time."""
        first = int(np.searchsorted(self.arrivals, 0.0, side="right"))
        row = int(np.searchsorted(self.owners, first))
        return replace(
            self,
            arrivals=self.arrivals[first:],
            starts=self.starts[first:],
            ends=self.ends[first:],
            reasons=self.reasons[first:],
            owners=self.owners[row:] - first,
            times=self.times[row:],
            states=self.states[row:],
            routes=self.routes[row:],
        )

    def of_sessions(self, places: Numbers, count: int) -> Numbers:
        """Places (n, count) of the states of some served sessions.

        Args:
            places: Of the sessions.
            count: How many states each has.
        """
        first = np.searchsorted(self.owners, places)
        return np.asarray(first[:, None] + np.arange(count), dtype=np.intp)


class _SessionRecorder(Recorder):
    """Keeps all sessions, and all that is delivered to them."""

    follows_sessions: ClassVar[bool] = True

    def __init__(self, demands: Sequence[int], most: int | None) -> None:
        super().__init__()
        self.sessions: list[Session] = []
        #: By demand: how many sessions are still to come before the run can end.
        self._missing = dict.fromkeys(demands, 0 if most is None else most + 1)
        self._waits_for = 0 if most is None else len(self._missing)
        if self._waits_for:
            self.enough = lambda: not self._waits_for

    def came(self, session: Session) -> None:
        """A session has come."""
        self.sessions.append(session)
        missing = self._missing.get(session.demand, 0)
        if session.block >= 0 and missing:
            self._missing[session.demand] = missing - 1
            self._waits_for -= missing == 1


def play_sessions(
    case: NetworkCase,
    *,
    demands: Sequence[int] | None = None,
    most: int | None = None,
    warm_up: bool = False,
    workers: int = 1,
    progress: ProgressCallback | None = None,
) -> list[list[SessionRecords]]:
    """Play the replicas of a case on the sampled engine, and keep what each session got.

    Every session that comes in the measured time is followed to its end.

    Args:
        case: What is played.
        demands: Numbers of the demands that are looked at; all unless given.
        most: How many sessions of each demand and replica are kept: the first ones; all unless
            given.
        warm_up: Whether sessions that came before the measured time are kept as well.
        workers: Number of processes; the result does not depend on it.
        progress: Called with the number of replicas done and wanted.

    Returns:
        A list for each replica, with the records of each demand in turn.

    Raises:
        ParameterError: If the controller cannot play the case.
        EngineError: If states of the case are not worked out.
    """
    controller_class(case.controller.allocation).check(case)
    chosen = range(len(case.demands)) if demands is None else demands
    play = partial(_play_replica, demands=tuple(chosen), most=most, warm_up=warm_up)
    return map_replicas(play, case, case.run.replicas, workers, progress)


def _play_replica(
    case: NetworkCase,
    number: int,
    progress: ProgressCallback | None = None,
    *,
    demands: tuple[int, ...],
    most: int | None,
    warm_up: bool,
) -> list[SessionRecords]:
    # Of sessions that come in turn all are over when another comes: the run can end.
    in_turn = all(case.demands[each].arrivals == "in-turn" for each in demands)
    recorder = _SessionRecorder(demands, most if in_turn else None)
    replica = Replica(case, number, recorder, progress)
    replica.play()
    came = [each for each in recorder.sessions if warm_up or each.block >= 0]
    return [
        _records(replica, [each for each in came if each.demand == demand][:most], demand)
        for demand in demands
    ]


def _records(replica: Replica, sessions: Sequence[Session], demand: int) -> SessionRecords:
    assert replica.recorder is not None  # the sessions are of it
    numbers = np.array([each.number for each in sessions], dtype=np.intp)
    of_number = np.full(int(numbers.max(initial=-1)) + 2, -1, dtype=np.intp)
    of_number[numbers] = np.arange(len(numbers))
    owners, times, states, routes = [], [], [], []
    for batch in replica.recorder.batches:
        if batch.demand != demand or batch.sessions is None:
            continue
        # What no session that is kept took goes to the last place, which is -1.
        owner = of_number[np.minimum(batch.sessions, len(of_number) - 1)]
        rows = np.flatnonzero(owner >= 0)
        if len(rows):
            owners.append(owner[rows])
            times.append(batch.times[rows])
            states.append(_vectors(replica, batch, rows))
            routes += [batch.route] * len(rows)
    size = 4 ** len(replica.case.demands[demand].ends)
    owner = np.concatenate(owners) if owners else np.zeros(0, dtype=np.intp)
    time = np.concatenate(times) if times else np.zeros(0)
    order = np.lexsort((time, owner))
    return SessionRecords(
        replica=replica.number,
        demand=demand,
        arrivals=np.array([each.arrival for each in sessions]),
        starts=_times([each.started for each in sessions]),
        ends=_times([each.ended for each in sessions]),
        reasons=tuple(each.why for each in sessions),
        owners=owner[order],
        times=time[order],
        states=(np.concatenate(states) if states else np.zeros((0, size)))[order],
        routes=tuple(routes[place] for place in order),
    )


def _times(found: Sequence[float | None]) -> Array:
    return np.array([np.nan if each is None else each for each in found], dtype=float)


def _vectors(replica: Replica, batch: HandOver, rows: Numbers) -> Array:
    """Pauli vectors of some deliveries of a batch."""
    draw = batch.draw.take(rows)
    if isinstance(draw.plan, Fusion):
        return fused_states(draw).reshape(len(rows), -1)
    sampler = Sampler(draw.plan) if draw.plan != replica.case.plan(batch.route) else None
    found = replica.states(batch.route, draw, sampler)
    if found.shape[1:] != (3,):
        return found.reshape(len(rows), -1)
    vectors = np.zeros((len(rows), 16))
    vectors[:, 0] = 1.0
    for place, sign, column in zip(_PLACES, _SIGNS, found.T, strict=True):
        vectors[:, place] = sign * column
    return vectors


def end_memories(network: Network, route: Sequence[str], fused_at: str = "") -> tuple[Memory, ...]:
    """Memories in which the ends of a route keep their qubits of what it delivered.

    Args:
        network: The network.
        route: Its nodes; of a GHZ state its ends.
        fused_at: Of a GHZ state, the node that fused its pairs.
    """
    if fused_at:
        return tuple(network.links_of((end, fused_at))[0].ends[0] for end in route)
    links = network.links_of(route)
    return links[0].ends[0], links[-1].ends[1]


def kept_until(
    case: NetworkCase,
    records: SessionRecords,
    rows: Numbers,
    waits_s: Array,
    memory: Memory | None = None,
) -> Array:
    """Pauli vectors (rows, 4**ends) of some states after their ends kept them for a while.

    Args:
        case: What was played.
        records: What was delivered.
        rows: Places of the states.
        waits_s: How long each is kept, in s.
        memory: Where; in the memories of the network at its ends unless given.
    """
    states = records.states[rows]
    groups: dict[tuple[str, ...], list[int]] = {}
    for k, row in enumerate(rows.tolist()):
        groups.setdefault(records.routes[row], []).append(k)
    hub = ""
    if len(case.demands[records.demand].ends) > 2:
        hub = hub_of(case.network, [asked.ends for asked in case.demands])
    for route, places in groups.items():
        memories = end_memories(case.network, route, hub)
        if memory is not None:
            memories = (memory,) * len(memories)
        states[places] = _kept(states[places], memories, waits_s[places])
    return states


def _kept(vectors: Array, memories: Sequence[Memory], waits_s: Array) -> Array:
    shape = (len(vectors),) + (4,) * len(memories)
    tensor = vectors.reshape(shape)
    for axis, memory in enumerate(memories):
        if not memory.is_perfect:
            moved = np.moveaxis(tensor, 1 + axis, 1).reshape(len(vectors), 4, -1)
            moved = (memory.pauli_transfer(waits_s) @ moved).reshape(shape)
            tensor = np.moveaxis(moved, 1, 1 + axis)
    return np.ascontiguousarray(tensor).reshape(len(vectors), -1)
