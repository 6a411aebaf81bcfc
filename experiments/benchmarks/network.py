"""Benchmark of networks on one core: ``python -m experiments.benchmarks network``.

Reserved sessions are drawn in batches from their route's chain. A line of many pairs a session is a
ratio against playing as many pairs of the same chain alone; a line of one pair a session is a ratio
against pushing three events of each session on a heap and popping them again. Both are run beside
it, so that the ratios hold on any machine; the numbers per second are this machine's, by the time
of the processor. Peers, measured on a core of this class: SeQUeNCe 20 to 46 s for 0.3 s of a star
of four routers, MQNS two minutes for 3 s of seven nodes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from heapq import heappop, heappush
from itertools import combinations, pairwise
from time import process_time

from experiments.benchmarks.timing import best_of, show
from qnet import Fibre, Link, Memory, Station, play
from qnet.network import (
    ControllerSettings,
    Demand,
    Network,
    NetworkCase,
    NetworkEdge,
    NetworkNode,
    RunTimes,
    play_network,
)
from qnet.network.topologies.shapes import shape_topology
from qnet.states import werner
from qnet.states.typed import fano_rows

#: A link with memories of a second.
LINK = Link(
    success_probability=0.1,
    attempt_time_s=1e-3,
    state=fano_rows(werner(0.98)),
    left=Memory(depolarizing_time_s=1.0),
    right=Memory(depolarizing_time_s=1.0),
)


def network(names: Sequence[str], edges: Sequence[NetworkEdge]) -> Network:
    """A network whose nodes swap without errors."""
    perfect = Station(perfect=True)
    nodes = tuple(NetworkNode(name=name, memories=None, station=perfect) for name in names)
    return Network(nodes=nodes, edges=tuple(edges))


def line(hops: int, memories: int) -> Network:
    """A line of equal links."""
    names = [str(k) for k in range(hops + 1)]
    each = [NetworkEdge(ends=ends, link=LINK, memories=memories) for ends in pairwise(names)]
    return network(names, each)


def case(described: Network, demands: Sequence[Demand], duration_s: float) -> NetworkCase:
    """One replica of a case."""
    run = RunTimes(duration_s=duration_s, warm_up_s=duration_s / 100.0, replicas=1)
    return NetworkCase(network=described, demands=tuple(demands), run=run)


def timed(name: str, played: NetworkCase, what: str) -> tuple[float, float]:
    """Play a case, and print its line; number of what was counted, and the seconds it took."""
    count = sum(demand.counts[what] for demand in play_network(played).demands)
    seconds = best_of(3, lambda: play_network(played), process_time)
    show(name, f"{count / seconds:>12,.0f} {what}/s")
    return count, seconds


def report_pairs(pairs: int, memories: int, duration_s: float) -> None:
    """Sessions of many pairs along three links, one after the other."""
    described = line(3, memories)
    demand = Demand(ends=("0", "3"), arrivals="backlog", pairs=pairs, memories=memories)
    name = f"{pairs} pairs a session, {memories} memories"
    count, seconds = timed(name, case(described, [demand], duration_s), "pairs")
    chain = described.plan(("0", "1", "2", "3"))
    alone = best_of(3, lambda: play(chain, shots=max(1, round(count)), seed=1), process_time)
    show("", f"{seconds / alone:>12.2f} x the chain alone")


def report_sessions(duration_s: float) -> float:
    """Sessions of one pair along three links, of which ten go on at once; seconds a session."""
    demand = Demand(ends=("0", "3"), rate_hz=350.0)
    count, seconds = timed("1 pair a session", case(line(3, 10), [demand], duration_s), "served")

    def push_and_pop() -> None:
        heap: list[tuple[float, int, int]] = []
        for number in range(int(count)):
            for phase in range(3):
                heappush(heap, (float(number), phase, number))
            for _ in range(3):
                heappop(heap)

    alone = best_of(3, push_and_pop, process_time)
    show("", f"{seconds / alone:>12.2f} x its events on a heap")
    return seconds / count


def report_slots(duration_s: float) -> None:
    """Sessions of one pair along three links, several in each second slot of a frame."""
    demands = [Demand(ends=("0", "3"), rate_hz=rate_hz) for rate_hz in (20.0, 1e-3)]
    settings = ControllerSettings(allocation="tdma", frame_slots=2, slot_s=0.5)
    played = replace(case(line(3, 1), demands, duration_s), controller=settings)
    timed("1 pair a session, in slots", played, "served")


def all_pairs(duration_s: float, nodes: int) -> NetworkCase:
    """A random geometric network in which every two nodes ask once in 1,000 s, as in a country."""
    topology = shape_topology("random-geometric", nodes=nodes, side_km=300.0, reach_km=75.0, seed=2)
    fibre = Fibre(loss_db_per_km=0.2)
    edges = []
    for span in topology.spans:
        length = float(span.length_km or 0.0)
        chance = 0.5 * replace(fibre, length_km=length).transmission
        link = replace(LINK, success_probability=chance, length_km=length)
        edges.append(NetworkEdge(ends=span.ends, link=link, length_km=length, memories=4))
    described = network(topology.names, edges)
    demands = [
        Demand(ends=ends, rate_hz=1e-3, pairs=10) for ends in combinations(topology.names, 2)
    ]
    settings = ControllerSettings(metric="length")
    return replace(case(described, demands, duration_s), controller=settings)


def main(*, quick: bool = False) -> None:
    """Print the table; quick, of a hundredth of the time: shows that everything runs."""
    share = 100.0 if quick else 1.0
    report_pairs(100, 1, 8000.0 / share)
    report_pairs(100, 4, 2000.0 / share)
    base = report_sessions(200.0 / share)
    show("  four times as long", f"{report_sessions(800.0 / share) / base:>12.2f} x the time each")
    report_slots(2000.0 / share)
    nodes = 10 if quick else 50
    name = f"{nodes * (nodes - 1) // 2} demands of {nodes} nodes, an hour"
    _, seconds = timed(name, all_pairs(3600.0 / share, nodes), "arrived")
    show("", f"{seconds:>12.2f} s")
