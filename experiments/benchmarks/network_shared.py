"""Benchmark of shared pairs on one core: ``python -m experiments.benchmarks network_shared``.

Seven nodes with fifty memories on every link, two flows that share the middle, pairs made all the
time. An event is an elementary pair that is made, with all that becomes of it: swaps, a delivery
with its state, a loss, and the begin of the next attempts. Every line is also a ratio against a
heap of so many numbers, pushed and popped one by one, run beside it, so that it holds on any
machine; the events per second are this machine's. The processor's time counts. MQNS takes two
minutes for three seconds of such a network.
"""

from __future__ import annotations

import time
from dataclasses import replace
from heapq import heappop, heappush

import numpy as np

from experiments.benchmarks.network import LINK
from experiments.benchmarks.timing import best_of, show
from qnet import Cutoff, Station
from qnet.network import (
    ControllerSettings,
    Demand,
    Network,
    NetworkCase,
    NetworkEdge,
    NetworkNode,
    RunTimes,
)
from qnet.network.replica import Replica

EDGES = (("A", "C"), ("B", "C"), ("C", "D"), ("D", "E"), ("E", "F"), ("E", "G"))
MEMORIES = 50

#: Attempt times in s: on one grid, and on none.
SLOTTED = (1e-3,) * 6
UNEQUAL = (1e-3, 1.1e-3, 0.9e-3, 1.23e-3, 0.77e-3, 1.01e-3)


def network(
    times: tuple[float, ...],
    duration_s: float,
    *,
    chance: float = 0.02,
    cutoff_s: float | None = None,
    sharing: str = "statistical",
) -> NetworkCase:
    """Seven nodes, two flows A-F and B-G."""
    station = Station(success_probability=0.9, perfect=True)
    edges = tuple(
        NetworkEdge(
            ends=ends,
            memories=MEMORIES,
            link=replace(LINK, success_probability=chance, attempt_time_s=attempt_s),
        )
        for ends, attempt_s in zip(EDGES, times, strict=True)
    )
    nodes = tuple(NetworkNode(name=n, memories=MEMORIES, station=station) for n in "ABCDEFG")
    cutoff = None if cutoff_s is None else Cutoff(kind="age", time_s=cutoff_s)
    return NetworkCase(
        network=Network(nodes=nodes, edges=edges, cutoff=cutoff),
        demands=(
            Demand(ends=("A", "F"), arrivals="backlog"),
            Demand(ends=("B", "G"), arrivals="backlog"),
        ),
        run=RunTimes(duration_s=duration_s, replicas=1),
        controller=ControllerSettings(allocation="share", sharing=sharing),
    )


def heap_time(count: int) -> float:
    """Time in s of the processor to push and pop so many numbers on a heap of 300."""
    numbers = np.random.default_rng(1).random(count).tolist()

    def work() -> None:
        heap = sorted(numbers[:300])
        for number in numbers:
            heappush(heap, number)
            heappop(heap)

    return best_of(3, work, time.process_time)


def report(name: str, case: NetworkCase) -> float:
    """Play one replica, print its line, and return its events per second."""
    made = 0

    def work() -> None:
        nonlocal made
        made = int(Replica(case, 0).play().edges[..., 0].sum())

    seconds = best_of(3, work, time.process_time)
    ratio = seconds / heap_time(max(made, 1))
    show(name, f"{made / seconds:>12,.0f} pairs made/s", f"{ratio:>8.1f} x heap")
    return made / seconds


def main(*, quick: bool = False) -> None:
    """Print the table; quick, of a twentieth of the time: shows that everything runs."""
    duration_s = 0.5 if quick else 10.0
    report("attempts on one grid", network(SLOTTED, duration_s))
    report("attempts on no grid", network(UNEQUAL, duration_s))
    report("cut-off of 20 ms", network(SLOTTED, duration_s, cutoff_s=0.02))
    report("no grid, cut-off of 20 ms", network(UNEQUAL, duration_s, cutoff_s=0.02))
    for sharing in ("buffer-space", "dynamic"):
        report(sharing, network(SLOTTED, duration_s, cutoff_s=0.02, sharing=sharing))
    short = report("one run", network(UNEQUAL, duration_s))
    long = report("four times as long", network(UNEQUAL, 4.0 * duration_s))
    show("cost of an event, long over short", f"{short / long:>12.2f}")
