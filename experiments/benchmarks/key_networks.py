"""Benchmark of key networks on one core: ``python -m experiments.benchmarks key_networks``.

Each line is a ratio against a plain loop beside it that does the least that its requests take: for
a single store a level, a draw and a comparison for each request; for a network a heap of one event
for each demand, and every hop of its route filled, compared and drained. Neither counts anything.
The numbers per second are this machine's, by the time of the processor.
"""

from __future__ import annotations

from heapq import heapify, heapreplace
from random import Random
from time import process_time

from experiments.benchmarks.timing import best_of, show
from protocols.key_networks import KeyDemand, KeyLink, KeyNetworkScenario, StoreTable
from protocols.key_networks.case import KeyNetworkCase
from protocols.networks import TopologyTable
from qnet.network import RunTimes

__all__ = ["main"]

_KEY_BITS = 256


def single_case(fill: str, duration_s: float) -> KeyNetworkCase:
    """One edge that is asked a hundred times a second, a little more than it makes."""
    return KeyNetworkScenario(
        run=RunTimes(duration_s=duration_s, replicas=1),
        topology=TopologyTable(edges=[["A", "B"]]),
        link=KeyLink(key_rate_hz=90.0 * _KEY_BITS, fill=fill),
        store=StoreTable(capacity_bits=10 * _KEY_BITS),
        demand=(KeyDemand(ends=("A", "B"), rate_hz=100.0),),
    ).case


def city_case(requests: float) -> KeyNetworkCase:
    """A day of 50 nodes in a ring with chords, and 100 demands between any two of them."""
    draw, size, day_s = Random(1), 50, 86_400.0
    names = [f"N{k}" for k in range(size)]
    edges = [[names[k], names[(k + step) % size]] for step in (1, 7) for k in range(size)]
    demands = tuple(
        KeyDemand(ends=tuple(draw.sample(names, 2)), rate_hz=requests / day_s / 100.0)
        for _ in range(100)
    )
    return KeyNetworkScenario(
        run=RunTimes(duration_s=day_s, replicas=1),
        topology=TopologyTable(edges=edges),
        link=KeyLink(key_rate_hz=float(_KEY_BITS)),
        store=StoreTable(capacity_bits=100 * _KEY_BITS),
        demand=demands,
    ).case


def plain_single(rate_hz: float, requests: int) -> int:
    """Refusals of a store that is filled continuously, in a plain loop."""
    draw, level, refused = Random(1).expovariate, 0.0, 0
    for _ in range(requests):
        level = min(level + draw(rate_hz) * 90.0, 10.0)
        if level >= 1.0:
            level -= 1.0
        else:
            refused += 1
    return refused


def plain_city(case: KeyNetworkCase) -> int:
    """Refusals of a network, in a plain loop over a heap of the next request of each demand."""
    draw, refused, end = Random(1).expovariate, 0, case.run.duration_s
    ways = [case.edges_of(each.routes[0]) for each in case.demands]
    rates = [each.demand.request_rate_hz for each in case.demands]
    level, at = [0.0] * len(case.edges), [0.0] * len(case.edges)
    heap = [(draw(rate), k) for k, rate in enumerate(rates)]
    heapify(heap)
    while heap[0][0] <= end:
        time, number = heap[0]
        heapreplace(heap, (time + draw(rates[number]), number))
        for edge in ways[number]:
            level[edge] = min(level[edge] + (time - at[edge]) * _KEY_BITS, 100.0 * _KEY_BITS)
            at[edge] = time
        if all(level[edge] >= _KEY_BITS for edge in ways[number]):
            for edge in ways[number]:
                level[edge] -= _KEY_BITS
        else:
            refused += 1
    return refused


def report_single(fill: str, duration_s: float) -> None:
    """Requests per second of a single store, and the ratio against the plain loop."""
    from protocols.key_networks.play import play_key_network

    case = single_case(fill, duration_s)
    requests = round(play_key_network(case).demands[0].counts["asked"])
    seconds = best_of(3, lambda: play_key_network(case), process_time)
    plain = best_of(3, lambda: plain_single(100.0, requests), process_time)
    show(f"single store, {fill}", f"{requests / seconds:>12,.0f} requests/s")
    show("", f"{seconds / plain:>12.2f} x a plain loop")


def report_city(requests: float) -> None:
    """A day of a network, and the ratio against the plain loop."""
    from protocols.key_networks.play import play_key_network

    case = city_case(requests)
    count = sum(demand.counts["asked"] for demand in play_key_network(case).demands)
    seconds = best_of(2, lambda: play_key_network(case), process_time)
    plain = best_of(2, lambda: plain_city(case), process_time)
    show("a day of 50 nodes, 100 demands", f"{seconds:>12.2f} s for {count:,.0f} requests")
    show("", f"{seconds / plain:>12.2f} x a plain loop")


def main(*, quick: bool = False) -> None:
    """Print one line for each benchmark.

    Args:
        quick: A small size: shows that it runs, too small for ratios.
    """
    for fill in ("continuous", "poisson"):
        report_single(fill, 100.0 if quick else 20_000.0)
    report_city(1e4 if quick else 1e6)
