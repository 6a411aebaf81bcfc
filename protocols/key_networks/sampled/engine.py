"""Sampled engine of key networks: replicas with their own seeds, on any number of processes."""

from __future__ import annotations

from protocols.key_networks.case import KeyNetworkCase
from protocols.key_networks.result import KeyNetworkResult
from protocols.key_networks.sampled.counts import KeyTally
from protocols.key_networks.sampled.estimates import key_network_result
from protocols.key_networks.sampled.replica import play_key_replica
from qnet.errors import check_integer
from qnet.pool import in_order, map_unordered
from qnet.progress import ProgressCallback, note

__all__ = ["play_sampled", "play_tallies"]


def play_sampled(
    case: KeyNetworkCase,
    *,
    workers: int = 1,
    progress: ProgressCallback | None = None,
) -> KeyNetworkResult:
    """Play the replicas of a case; the result is the same for any number of workers.

    Args:
        case: What is played.
        workers: Number of processes.
        progress: Called with the number of replicas done and wanted.

    Raises:
        ParameterError: If a number breaks its rule, or worker after worker is lost.
    """
    return key_network_result(case, play_tallies(case, workers, progress))


def play_tallies(
    case: KeyNetworkCase, workers: int = 1, progress: ProgressCallback | None = None
) -> list[KeyTally]:
    """The tallies of all replicas of a case, in order.

    Args:
        case: What is played.
        workers: Number of processes.
        progress: Called with the number of replicas done and wanted.
    """
    check_integer("workers", workers)
    wanted = case.run.replicas

    def within(blocks: int, of_them: int) -> None:
        note(progress, "" if blocks == of_them else f"{blocks} of {of_them} blocks of the next")

    # A process of its own says nothing before its replica is played.
    here = (within,) if workers == 1 or wanted == 1 else ()
    tallies: list[KeyTally] = []

    def tell() -> None:
        if progress is not None:
            progress(len(tallies), wanted)

    tell()
    tasks = {number: (number, *here) for number in range(wanted)}
    arguments = (case,)
    for tally in in_order(
        map_unordered(play_key_replica, tasks, workers, arguments=arguments, pulse=tell)
    ):
        tallies.append(tally)
        tell()
    return tallies
