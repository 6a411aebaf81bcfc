"""Sampled runs of a network: replicas with their own seeds, on any number of processes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from qnet.errors import check_integer
from qnet.network.case import NetworkCase
from qnet.network.controllers import controller_class
from qnet.network.estimates import network_result
from qnet.network.replica import play_replica
from qnet.network.result import NetworkResult
from qnet.network.tally import Tally
from qnet.pool import in_order, map_unordered
from qnet.progress import ProgressCallback, note

__all__ = ["map_replicas", "play_replicas", "play_sampled_network"]

#: What a replica gives.
Played = TypeVar("Played")


def play_sampled_network(
    case: NetworkCase,
    *,
    workers: int = 1,
    progress: ProgressCallback | None = None,
) -> NetworkResult:
    """Play the replicas of a case; the result is the same for any number of workers.

    Args:
        case: What is played.
        workers: Number of processes.
        progress: Called with the number of replicas done and wanted.

    Raises:
        ParameterError: If a number breaks its rule, the controller cannot play the case, or worker
            after worker is lost.
    """
    return network_result(case, play_replicas(case, play_replica, workers, progress))


def play_replicas(
    case: NetworkCase,
    play: Callable[..., Tally],
    workers: int,
    progress: ProgressCallback | None = None,
) -> list[Tally]:
    """The tallies of all replicas of a case, in order.

    Args:
        case: What is played.
        play: Plays one replica of a case by its number, and tells a callback how many blocks of its
            time are played; a function of a module, so that it can be sent to a process.
        workers: Number of processes.
        progress: Called with the number of replicas done and wanted.

    Raises:
        ParameterError: If a number breaks its rule, the controller cannot play the case, or worker
            after worker is lost.
    """
    check_integer("workers", workers)
    controller_class(case.controller.allocation).check(case)
    return map_replicas(play, case, case.run.replicas, workers, progress)


def map_replicas(
    play: Callable[..., Played],
    case: object,
    wanted: int,
    workers: int,
    progress: ProgressCallback | None = None,
) -> list[Played]:
    """What all replicas of a case give, in order.

    Args:
        play: Plays one replica of a case by its number, and tells a callback how many blocks of its
            time are played; a function of a module, so that it can be sent to a process.
        case: What is played.
        wanted: Number of replicas.
        workers: Number of processes.
        progress: Called with the number of replicas done and wanted.

    Raises:
        ParameterError: If a number breaks its rule, or worker after worker is lost.
    """
    check_integer("workers", workers)

    def within(blocks: int, of_them: int) -> None:
        note(progress, "" if blocks == of_them else f"{blocks} of {of_them} blocks of the next")

    # A process of its own says nothing before its replica is played.
    here = (within,) if workers == 1 or wanted == 1 else ()
    found: list[Played] = []

    def tell() -> None:
        if progress is not None:
            progress(len(found), wanted)

    tell()
    tasks = {number: (number, *here) for number in range(wanted)}
    for each in in_order(map_unordered(play, tasks, workers, arguments=(case,), pulse=tell)):
        found.append(each)
        tell()
    return found
