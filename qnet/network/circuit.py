"""Circuit engine of networks: replicas as sampled, the states of delivered pairs from Aer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from qnet.engines.sampled import Deliveries
from qnet.engines.timeline import TracedDelivery
from qnet.errors import ParameterError, check_integer
from qnet.network.case import NetworkCase
from qnet.network.controllers import controller_class
from qnet.network.estimates import network_result
from qnet.network.ghz import Fusion, ghz_figures
from qnet.network.history import DeliveredPair, HandOver, Recorder
from qnet.network.joint import delivery_state
from qnet.network.replica import Replica
from qnet.network.result import NetworkResult
from qnet.network.sampled import play_replicas
from qnet.network.session_arrivals import stream_names
from qnet.network.sharing.flows import hub_of
from qnet.network.tally import STATE_COLUMNS, Tally
from qnet.progress import ProgressCallback, phase
from qnet.states.pauli import Array

__all__ = [
    "CIRCUIT_PAIRS",
    "delivered_pairs",
    "play_circuit_network",
    "play_circuit_replica",
    "traced_delivery",
]

#: Pairs of each demand and block of a replica whose joint circuit is worked out; tenths of a second
#: each.
CIRCUIT_PAIRS = 10


def delivered_pairs(
    case: NetworkCase,
    *,
    replica: int = 0,
    most: int = 1,
    skip: int = 0,
    demand: int | None = None,
    progress: ProgressCallback | None = None,
) -> Sequence[DeliveredPair]:
    """Delivered pairs of a replica with their histories, by the time of delivery.

    Args:
        case: What is played.
        replica: Number of the replica.
        most: How many of each demand are wanted.
        skip: How many of each demand are let go before.
        demand: Number of the only demand that is looked at; None for all.
        progress: Called with the blocks of the replica played and wanted.

    Raises:
        ParameterError: If a number is out of range, or the controller cannot play the case.
    """
    check_integer("replica", replica, 0)
    check_integer("most", most)
    check_integer("skip", skip, 0)
    controller_class(case.controller.allocation).check(case)
    recorder = Recorder(demand)
    Replica(case, replica, recorder, progress).play()
    found = recorder.pairs(replica, most=most, skip=skip)
    if not any(pair.is_ghz for pair in found):
        return found
    hub = hub_of(case.network, [asked.ends for asked in case.demands])
    return [replace(pair, switch=hub) for pair in found]


def traced_delivery(
    case: NetworkCase,
    number: int,
    *,
    demand: int | None = None,
    replica: int = 0,
    name: str = "network",
    progress: ProgressCallback | None = None,
) -> TracedDelivery:
    """One delivery of a replica in the measured time with its timeline, to be told and drawn.

    Args:
        case: What is played.
        number: Which one by time, from 0: of those of the demand, or of all.
        demand: Number of the demand; None for all.
        replica: Number of the replica.
        name: What the case is called.
        progress: Called with the blocks of the replica played and wanted.

    Raises:
        ParameterError: If there is no such demand, replica or delivery.
    """
    if demand is not None and demand >= len(case.demands):
        hint = "they are numbered from 0 in the order of the file"
        rule = f"be below {len(case.demands)}, the number of demands"
        raise ParameterError("--demand", rule, demand, hint)
    if replica >= case.run.replicas:
        rule = f"be below run.replicas = {case.run.replicas}"
        raise ParameterError("--replica", rule, replica, "they are numbered from 0")
    phase(progress, f"{name}, replica {replica}", "blocks of its time")
    pairs = delivered_pairs(
        case, replica=replica, most=number + 1, demand=demand, progress=progress
    )
    if number >= len(pairs):
        whose = "" if demand is None else f" of demand {demand}"
        rule = f"be below {len(pairs)}, what replica {replica} delivers{whose}"
        raise ParameterError("--shot", rule, number, "take one of these, or play for longer")
    found = pairs[number]
    ends = " ".join(case.demands[found.demand].ends)
    title = f"{name}: delivery {number}, {ends}, replica {replica}, seed {case.seed}"
    return found.traced(title, pair=str(number))


def play_circuit_network(
    case: NetworkCase,
    *,
    workers: int = 1,
    progress: ProgressCallback | None = None,
    circuit_pairs: int = CIRCUIT_PAIRS,
) -> NetworkResult:
    """Play the replicas of a case with the states of delivered pairs from joint circuits on Aer.

    Who gets a pair, when and out of what is drawn as on the sampled engine, from the same seed. Of
    each demand and block of a replica some pairs are chosen at random, and the exact density matrix
    of the joint circuit of each one's whole history stands for the states of all.

    Args:
        case: What is played.
        workers: Number of processes; the result does not depend on it.
        progress: Called with the number of replicas done and wanted.
        circuit_pairs: How many pairs of each demand and block are worked out.

    Raises:
        ParameterError: If a number breaks its rule, the controller cannot play the case, or worker
            after worker is lost.
        EngineError: If a joint circuit needs too many qubits.
    """
    check_integer("circuit_pairs", circuit_pairs)
    play = partial(play_circuit_replica, most=circuit_pairs)
    tallies = play_replicas(case, play, workers, progress)
    result = network_result(case, tallies)
    counts = np.concatenate([tally.pairs[:, :, 0] for tally in tallies])
    warnings = (*result.warnings, *_worked_out(counts, circuit_pairs))
    return replace(result, engine="circuit", warnings=warnings)


def _worked_out(counts: Array, most: int) -> tuple[str, ...]:
    """How many states were worked out, a sentence; none where it is all of them."""
    count, every = np.minimum(counts, most).sum(), counts.sum()
    if round(count) == round(every):
        return ()
    return (
        f"states are those of {count:.0f} of {every:.0f} deliveries, chosen at random of each "
        "demand and run",
    )


def play_circuit_replica(
    case: NetworkCase, number: int, progress: ProgressCallback | None = None, *, most: int
) -> Tally:
    """The tally of one replica of a case, its states from joint circuits.

    Args:
        case: What is played.
        number: Number of the replica.
        progress: Called with the blocks of the replica played and wanted.
        most: How many pairs of each demand and block are worked out; their mean state stands for
            all of these.
    """
    recorder = Recorder()
    replica = Replica(case, number, recorder, progress)
    tally = replica.play()
    names = stream_names(each.ends for each in case.demands)
    for demand, batches in recorder.by_demand():
        rng = replica.stream("circuit", names[demand])
        for block, rows in _chosen(tally, batches, most, rng).items():
            states = np.stack([_row(batches[k].draw.take(np.array([row]))) for k, row in rows])
            tally.pairs[block, demand] = tally.pairs[block, demand, 0] * states.mean(axis=0)
    return tally


def _chosen(
    tally: Tally, batches: Sequence[HandOver], most: int, rng: np.random.Generator
) -> dict[int, list[tuple[int, int]]]:
    """Numbers of batch and row of the pairs that are worked out, by block."""
    blocks: dict[int, list[tuple[int, int]]] = {}
    for k, batch in enumerate(batches):
        for row, time in enumerate(batch.times.tolist()):
            blocks.setdefault(tally.block(time), []).append((k, row))
    return {
        block: rows
        if len(rows) <= most
        else [rows[k] for k in rng.choice(len(rows), most, replace=False)]
        for block, rows in blocks.items()
    }


def _row(draw: Deliveries) -> Array:
    """What the tally adds up of one delivery, from its joint circuit."""
    state = delivery_state(draw)
    if isinstance(draw.plan, Fusion):
        return np.asarray(ghz_figures(state[None])[0])
    return np.asarray(state).reshape(STATE_COLUMNS)
