"""Sampled engine of key networks: replicas with their own seeds, on any number of processes."""

from __future__ import annotations

from protocols.key_networks.case import KeyNetworkCase
from protocols.key_networks.result import KeyNetworkResult
from protocols.key_networks.sampled.counts import KeyTally
from protocols.key_networks.sampled.estimates import key_network_result
from protocols.key_networks.sampled.replica import play_key_replica
from qnet.network.sampled import map_replicas
from qnet.progress import ProgressCallback

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

    Raises:
        ParameterError: If a number breaks its rule, or worker after worker is lost.
    """
    return map_replicas(play_key_replica, case, case.run.replicas, workers, progress)
