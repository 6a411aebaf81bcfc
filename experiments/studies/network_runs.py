"""Runs of networks in studies: ways to give out pairs, and what became of all that were made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from qnet.estimate import Estimate
from qnet.figures.style import COLOURS, look
from qnet.metrics.jackknife import jackknife
from qnet.network.estimates import mean, network_result
from qnet.network.replica import play_replica
from qnet.network.sampled import play_replicas
from qnet.network.tally import Tally

if TYPE_CHECKING:
    from protocols.networks import NetworkScenario
    from qnet.network import NetworkResult
    from qnet.states.pauli import Array

__all__ = ["WAYS", "NetworkRun", "look_of", "played"]

#: Ways to give out pairs by name: keys of [controller].
WAYS: Mapping[str, Mapping[str, Any]] = {
    "reserve, fifo": {"allocation": "reserve", "discipline": "fifo"},
    "reserve, drop": {"allocation": "reserve", "discipline": "drop"},
    "tdma": {"allocation": "tdma"},
    "share, statistical": {"allocation": "share", "sharing": "statistical"},
    "share, buffer-space": {"allocation": "share", "sharing": "buffer-space"},
    "share, dynamic": {"allocation": "share", "sharing": "dynamic"},
}


def look_of(way: str) -> dict[str, Any]:
    """How a way is drawn in every figure.

    Examples:
        >>> look_of("tdma")["marker"]
        '^'
    """
    number = list(WAYS).index(way)
    if number < len(COLOURS):
        return look(number)
    return {**look(number), "linestyle": ":", "markerfacecolor": "white", "markersize": 6.5}


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkRun:
    """A network that was played, and its counts by unit: a replica, or a block of one.

    Args:
        result: Its figures.
        pairs: Pairs delivered to each demand, (units, demands).
        hops: Edges of each demand's route, (demands,).
        made: Pairs that all edges made, (units,).
        swaps: Swaps, (units,); zeros where they are not counted one by one.
        done_s: Mean time from the arrival of a served session to its last pair; None without one.
    """

    result: NetworkResult
    pairs: Array
    hops: Array
    made: Array
    swaps: Array
    done_s: Estimate | None

    def fairness(self) -> Estimate | None:
        """Fairness of the demands' pair rates x: (sum x)^2 / (n sum x^2), 1 where all are equal.

        R. K. Jain, D.-M. W. Chiu, W. R. Hawe, A quantitative measure of fairness, DEC Research
        Report TR-301 (1984), arXiv:cs/9809099. None where nothing was delivered.
        """
        if not self.pairs.any():
            return None
        n = self.pairs.shape[1]
        low, best, high = jackknife(
            lambda x: x.sum(axis=-1) ** 2 / (n * (x**2).sum(axis=-1)), self.pairs
        )
        count = round(float(self.pairs.sum()))
        return Estimate(max(low, 1.0 / n), best, min(high, 1.0), count)

    def swaps_kept(self) -> Estimate | None:
        """Share of the swaps that ended in a delivered pair; None where swaps are not counted."""
        return mean(self.pairs @ (self.hops - 1.0), self.swaps, high=1.0)

    def pairs_kept(self) -> Estimate | None:
        """Share of the pairs of edges that ended in a delivered pair; None where not counted."""
        if not self.swaps.any():
            return None
        return mean(self.pairs @ self.hops, self.made, high=1.0)


def played(scenario: NetworkScenario) -> NetworkRun:
    """Play the replicas of a network whose demands have one route each."""
    case = scenario.case
    tallies = play_replicas(case, play_replica, 1)
    hops = [len(case.routes(k)[0]) - 1.0 for k in range(len(case.demands))]
    sessions = np.concatenate([tally.sessions for tally in tallies]).sum(axis=1)
    times = Tally.column(sessions, "waiting_s") + Tally.column(sessions, "service_s")
    return NetworkRun(
        result=network_result(case, tallies),
        pairs=np.concatenate([tally.pairs for tally in tallies])[:, :, 0],
        hops=np.array(hops),
        made=np.concatenate([tally.edges for tally in tallies])[:, :, 0].sum(axis=1),
        swaps=np.concatenate([tally.swaps for tally in tallies]),
        done_s=mean(times, Tally.column(sessions, "served")),
    )
