"""Queues for tests: links of known service times, sessions, and judgement of what was found."""

from __future__ import annotations

import os
from typing import Any

from qnet.estimate import Estimate
from qnet.network import Demand, Network, NetworkResult, RunTimes, play_network
from tests.qnet.network.described import case, link, network

#: How many times longer the runs are than usual. With QNET_TEST_SIZE=50 in the environment every
#: interval must be narrower than 2 % of the value; the runs then take half an hour.
SIZE = int(os.environ.get("QNET_TEST_SIZE", "1"))

#: Widest interval of 95 % that is accepted, as a share of the value.
WIDTH = 0.14 / SIZE**0.5

#: Quantile of Student's t for twenty values.
T_19 = 2.093

#: Attempts so short that a link's delivery time is as good as exponential.
SHORT = 1e-3


def memoryless(mean_s: float = 1.0):
    """A link whose pairs take an exponential time, but for attempts of a thousandth of it."""
    return link(p=SHORT, attempt_s=SHORT * mean_s)


def sure(duration_s: float = 1.0):
    """A link whose pairs always take as long."""
    return link(p=1.0, attempt_s=duration_s)


def one_link(of, memories: int | None = 1) -> Network:
    """Two users and a link."""
    return network({("A", "B"): of}, memories=memories)


def poisson(rate_hz: float, *ends: str, **fields: Any) -> Demand:
    """Sessions that come at random."""
    return Demand(ends=ends or ("A", "B"), arrivals="poisson", rate_hz=rate_hz, **fields)


def at(times, *ends: str, **fields: Any) -> Demand:
    """Sessions that come at these times in s."""
    return Demand(ends=ends or ("A", "B"), arrivals="list", at_s=tuple(times), **fields)


def played(
    described: Network,
    demands,
    *,
    sessions: int,
    warm_up_s: float = 200.0,
    seed: int = 1,
    **controller: Any,
) -> NetworkResult:
    """Twenty replicas of a case with so many sessions in all, times ``SIZE``."""
    rate = sum(demand.rate_hz for demand in demands)
    run = RunTimes(duration_s=SIZE * sessions / rate / 20.0, warm_up_s=warm_up_s)
    return play_network(case(described, demands, run=run, seed=seed, **controller))


def once(described: Network, demands, *, duration_s: float = 100.0, faults=(), **controller: Any):
    """One replica of a case that is not random, or not to be averaged."""
    run = RunTimes(duration_s=duration_s, replicas=1)
    return play_network(case(described, demands, run=run, faults=faults, **controller))


def is_near(found: Estimate, value: float, width: float = WIDTH) -> bool:
    """Within four standard errors, of an interval that is narrow enough."""
    assert found.high - found.low < width * value, f"{found!r} is too wide for {value}"
    error = (found.high - found.low) / 2.0 / T_19
    return abs(found.best - value) <= 4.0 * error + 1e-9 * value
